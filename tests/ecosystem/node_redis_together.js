// node-redis 5 where clients have to do with each other: its cache of what it has read, messages, transactions and
// waiting. Usage: node node_redis_together.js SOCKET, which allows access=admin; `redis` must be installed in a
// node_modules that NODE_PATH names. Prints "ok - claim" or "not ok - claim"; exits with 1 when one failed.
'use strict';

const assert = require('assert');
const { once } = require('events');
const { createClient, createClientPool, BasicClientSideCache, BasicPooledClientSideCache, WatchError } =
  require('redis');
const { claim, comesTrue, exitAfter, Inbox } = require('./claims.js');

const socket = { path: process.argv[2], reconnectStrategy: false };

async function connected(options) {
  const client = createClient({ socket, ...options });
  client.on('error', () => {});
  return client.connect();
}

// Several clients for one test, closed after it.
async function withClients(count, options, test) {
  const clients = await Promise.all(Array.from({ length: count }, () => connected(options)));
  try {
    await test(...clients);
  } finally {
    clients.filter((client) => client.isOpen).forEach((client) => client.destroy());
  }
}

// ---- its cache ----

// How often the server has run a command.
async function calls(client, command) {
  const line = new RegExp('^cmdstat_' + command + ':calls=(\\d+)', 'm').exec(await client.info('commandstats'));
  return line ? Number(line[1]) : 0;
}

async function withCache(test) {
  const cache = new BasicClientSideCache();
  const reader = await connected({ RESP: 3, clientSideCache: cache });
  const writer = await connected({ RESP: 3 });
  try {
    await writer.flushAll();
    await reader.ping();   // it was told of that
    await test(reader, writer, cache);
  } finally {
    reader.destroy();
    writer.destroy();
  }
}

async function caches() {
  await claim('node-redis 5: what was read once is read from its own cache', () =>
    withCache(async (reader, writer, cache) => {
      await writer.set('k', 'v');
      const before = await calls(writer, 'get');
      for (let i = 0; i < 100; i++) assert.strictEqual(await reader.get('k'), 'v');
      assert.strictEqual(await calls(writer, 'get') - before, 1);
      assert.deepStrictEqual([cache.stats().hitCount, cache.stats().missCount], [99, 1]);
    }));
  // Each change is made by another client, and `now` is what a read gives after it.
  const changes = [
    ['SET', (writer) => writer.set('k', 'new'), 'new'],
    ['APPEND', (writer) => writer.append('k', '+'), 'v+'],
    ['DEL', (writer) => writer.del('k'), null],
    ['GETDEL', (writer) => writer.getDel('k'), null],
    ['RENAME to it', async (writer) => { await writer.set('o', 'other'); await writer.rename('o', 'k'); }, 'other'],
    ['a transaction', (writer) => writer.multi().set('x', '1').set('k', 'in it').exec(), 'in it'],
    ['expiry', (writer) => writer.pExpire('k', 1).then(() => comesTrue(async () => !(await writer.exists('k')))), null],
    ['FLUSHALL', (writer) => writer.flushAll(), null],
  ];
  for (const [what, change, now] of changes) {
    await claim('node-redis 5: what it keeps goes with ' + what + ' by another client', () =>
      withCache(async (reader, writer, cache) => {
        await writer.set('k', 'v');
        assert.strictEqual(await reader.get('k'), 'v');
        const told = once(cache, 'invalidate');
        await change(writer);
        await told;
        await reader.ping();   // behind all that it was told of
        assert.strictEqual(await reader.get('k'), now);
      }));
  }
  await claim('node-redis 5: hashes, lists, sets and several keys are kept and go in the same way', () =>
    withCache(async (reader, writer) => {
      const read = async () => [{ ...await reader.hGetAll('h') }, await reader.lRange('l', 0, -1),
        (await reader.sMembers('s')).length, await reader.zRange('z', 0, -1), await reader.mGet(['a', 'b'])];
      assert.deepStrictEqual(await read(), [{}, [], 0, [], [null, null]]);
      const hits = await calls(writer, 'hgetall');
      assert.deepStrictEqual(await read(), [{}, [], 0, [], [null, null]]);
      assert.strictEqual(await calls(writer, 'hgetall'), hits);
      await Promise.all([writer.hSet('h', 'f', 'v'), writer.rPush('l', ['1', '2']), writer.sAdd('s', ['p', 'q']),
        writer.zAdd('z', { score: 1, value: 'm' }), writer.set('b', '2')]);
      await reader.ping();
      assert.deepStrictEqual(await read(), [{ f: 'v' }, ['1', '2'], 2, ['m'], [null, '2']]);
    }));
  await claim('node-redis 5: once another client has its reply, a PING later nothing stale is kept', () =>
    withCache(async (reader, writer, cache) => {
      for (let i = 0; i < 500; i++) {
        await writer.set('k', String(i));
        await reader.ping();
        assert.strictEqual(await reader.get('k'), String(i));
        assert.strictEqual(await reader.get('k'), String(i));
      }
      assert(cache.stats().hitCount >= 500);
    }));
  await claim('node-redis 5: while others write, what is kept never goes back, and ends as it is', () =>
    withCache(async (reader, writer, cache) => {
      const keys = Array.from({ length: 20 }, (_, i) => 'n' + i);
      const seen = new Map(keys.map((key) => [key, 0]));
      let writing = true;
      const writes = (async () => {
        for (let i = 0; i < 200; i++) await Promise.all(keys.map((key) => writer.incr(key)));
        writing = false;
      })();
      while (writing) {
        await Promise.all(keys.map(async (key) => {
          const value = Number(await reader.get(key));
          assert(value >= seen.get(key), key + ' went from ' + seen.get(key) + ' to ' + value);
          seen.set(key, value);
        }));
        await new Promise(setImmediate);   // kept values alone would never let the socket be read
      }
      await writes;
      await reader.ping();
      assert.deepStrictEqual(await Promise.all(keys.map((key) => reader.get(key))), keys.map(() => '200'));
      assert(cache.stats().hitCount > 0);
    }));
  await claim('node-redis 5: the clients of a pool share a cache', async () => {
    const cache = new BasicPooledClientSideCache();
    const pool = createClientPool({ socket, RESP: 3 }, { clientSideCache: cache, minimum: 2, maximum: 4 });
    pool.on('error', () => {});
    await pool.connect();
    const writer = await connected();
    try {
      await writer.set('pooled', '1');
      assert.deepStrictEqual(await Promise.all(Array.from({ length: 50 }, () => pool.get('pooled'))),
        Array(50).fill('1'));
      assert.strictEqual(await pool.get('pooled'), '1');
      assert(cache.stats().hitCount > 0);
      const told = once(cache, 'invalidate');
      await writer.set('pooled', '2');
      await told;
      assert.strictEqual(await pool.get('pooled'), '2');
    } finally {
      writer.destroy();
      pool.destroy();
    }
  });
}

// ---- messages ----

async function messages(RESP) {
  const who = 'node-redis 5, RESP' + RESP + ': ';
  await claim(who + 'channels, patterns and shard channels get their messages', () =>
    withClients(2, { RESP }, async (subscriber, publisher) => {
      const channel = new Inbox(), pattern = new Inbox(), shard = new Inbox();
      await subscriber.subscribe(['news', 'more'], channel.put);
      await subscriber.pSubscribe('n?ws', pattern.put);
      await subscriber.sSubscribe('news', shard.put);
      assert.strictEqual(await publisher.publish('news', 'grüße'), 2);
      assert.strictEqual(await publisher.publish('more', '2'), 1);
      assert.strictEqual(await publisher.sPublish('news', '3'), 1);
      assert.deepStrictEqual(await channel.many(2), [['grüße', 'news'], ['2', 'more']]);
      assert.deepStrictEqual(await pattern.next(), ['grüße', 'news']);
      assert.deepStrictEqual(await shard.next(), ['3', 'news']);
      assert.deepStrictEqual({ ...await publisher.pubSubNumSub(['news', 'more', 'none']) },
        { news: 1, more: 1, none: 0 });
      assert.strictEqual(Number(await publisher.pubSubNumPat()), 1);
      await subscriber.unsubscribe('news');
      await subscriber.pUnsubscribe('n?ws');   // without a name it never resolves in RESP2, with Redis either
      await subscriber.sUnsubscribe('news');
      assert.strictEqual(await publisher.publish('news', 'nobody'), 0);
      assert.strictEqual(await publisher.sPublish('news', 'nobody'), 0);
      assert.strictEqual(await publisher.publish('more', '4'), 1);
      assert.deepStrictEqual(await channel.next(), ['4', 'more']);
      await subscriber.unsubscribe('more');
      assert.strictEqual(String(await subscriber.set('after', 'v')), 'OK');
      assert(channel.isEmpty && pattern.isEmpty && shard.isEmpty);
    }));
  await claim(who + 'messages of 10,000 come all and in order, bytes as they are', () =>
    withClients(2, { RESP }, async (subscriber, publisher) => {
      const inbox = new Inbox();
      await subscriber.subscribe('many', inbox.put, true);
      const bytes = Buffer.from([0, 13, 10, 255, 36, 42]);
      const counts = await Promise.all([...Array.from({ length: 10000 }, (_, i) => publisher.publish('many', '' + i)),
        publisher.publish('many', bytes)]);
      assert(counts.every((count) => count === 1));
      const got = await inbox.many(10001);
      assert(got.slice(0, 10000).every(([message], i) => message.toString() === String(i)));
      assert.deepStrictEqual(got[10000][0], bytes);
    }));
  await claim(who + 'keyspace events are messages', () =>
    withClients(2, { RESP }, async (subscriber, writer) => {
      const events = new Inbox();
      await writer.configSet('notify-keyspace-events', 'KEA');
      await subscriber.pSubscribe('__keyevent@0__:*', events.put);
      await writer.set('evented', '1');
      await writer.pExpire('evented', 1);
      const names = (await events.many(3)).map(([key, channel]) => channel.split(':')[1] + ' ' + key);
      assert.deepStrictEqual(names, ['set evented', 'expire evented', 'expired evented']);
      await writer.configSet('notify-keyspace-events', '');
    }));
}

// ---- transactions ----

async function transactions(RESP) {
  const who = 'node-redis 5, RESP' + RESP + ': ';
  await claim(who + 'multi() runs as a whole', () =>
    withClients(1, { RESP }, async (client) => {
      await client.del(['t', 'h']);
      const replies = await client.multi().set('t', '1').incr('t').hSet('h', { f: 'v' }).hGetAll('h').get('none').exec();
      assert.deepStrictEqual([...replies.slice(0, 3), { ...replies[3] }, replies[4]], ['OK', 2, 1, { f: 'v' }, null]);
    }));
  await claim(who + 'an error among the replies of exec() leaves the others', () =>
    withClients(1, { RESP }, async (client) => {
      const error = await client.multi().set('t', 'text').incr('t').set('t', 'after').exec().catch((thrown) => thrown);
      assert.deepStrictEqual(error.errorIndexes, [1]);
      assert.deepStrictEqual([error.replies[0], error.replies[2]], ['OK', 'OK']);
    }));
  await claim(who + 'what can\'t be queued ends the transaction', () =>
    withClients(1, { RESP }, async (client) => {
      await client.set('t', '1');
      await assert.rejects(client.multi().set('t', '2').addCommand(['NOSUCH']).exec(), /unknown command|EXECABORT/);
      assert.strictEqual(await client.get('t'), '1');
    }));
  await claim(who + 'watch() keeps exec() from running over another\'s change', () =>
    withClients(2, { RESP }, async (client, other) => {
      await client.set('w', '1');
      await client.watch('w');
      await other.set('w', '2');
      await assert.rejects(client.multi().set('w', 'never').exec(), WatchError);
      await client.watch('w');
      assert.deepStrictEqual(await client.multi().incr('w').exec(), [3]);
      await client.watch('w');
      await other.set('w', '9');
      await client.unwatch();
      assert.deepStrictEqual(await client.multi().incr('w').exec(), [10]);
    }));
  await claim(who + 'additions under watch() by many at once lose nothing', () =>
    withClients(4, { RESP }, async (...clients) => {
      await clients[0].set('sum', '0');
      let tried = 0;
      await Promise.all(clients.map(async (client) => {
        for (let done = 0; done < 50;) {
          tried++;
          await client.watch('sum');
          const value = Number(await client.get('sum'));
          try {
            await client.multi().set('sum', String(value + 1)).exec();
            done++;
          } catch (error) {
            if (!(error instanceof WatchError)) throw error;
          }
        }
      }));
      assert.strictEqual(await clients[0].get('sum'), '200');
      assert(tried >= 200);
    }));
}

// ---- waiting ----

async function waiting(RESP) {
  const who = 'node-redis 5, RESP' + RESP + ': ';
  const blocked = async (client) => Number(/^blocked_clients:(\d+)/m.exec(await client.info('clients'))[1]);
  const areWaiting = (client, count) => comesTrue(async () => (await blocked(client)) === count);
  await claim(who + 'blPop and its like get what another client pushes', () =>
    withClients(2, { RESP }, async (client, other) => {
      const served = async (wait, feed, expected) => {
        const reply = wait();
        await areWaiting(other, 1);
        await feed();
        assert.deepStrictEqual(await reply, expected);
      };
      await other.del(['q', 'done', 'z']);
      await served(() => client.blPop(['none', 'q'], 0), () => other.rPush('q', 'a'), { key: 'q', element: 'a' });
      await served(() => client.brPop('q', 60), () => other.multi().rPush('q', 'b').rPush('q', 'c').exec(),
        { key: 'q', element: 'c' });
      await served(() => client.blMove('none', 'done', 'LEFT', 'RIGHT', 0), () => other.rPush('none', 'd'), 'd');
      await served(() => client.brPopLPush('none', 'done', 0), () => other.rename('q', 'none'), 'b');
      await served(() => client.blmPop(0, ['q'], 'LEFT', { COUNT: 2 }), () => other.rPush('q', ['x', 'y', 'z']),
        ['q', ['x', 'y']]);
      await served(() => client.bzPopMin('z', 0), () => other.zAdd('z', { score: 1.5, value: 'm' }),
        { key: 'z', value: 'm', score: 1.5 });
      assert.deepStrictEqual(await other.lRange('done', 0, -1), ['b', 'd']);
      assert.strictEqual(await client.blPop('none', 0.01), null);
    }));
  await claim(who + 'who waited first is served first', () =>
    withClients(4, { RESP }, async (feeder, ...waiters) => {
      const replies = [];
      await feeder.del('fair');
      for (const waiter of waiters) {
        replies.push(waiter.blPop('fair', 0));
        await areWaiting(feeder, replies.length);
      }
      await feeder.rPush('fair', ['1', '2', '3']);
      assert.deepStrictEqual((await Promise.all(replies)).map((reply) => reply.element), ['1', '2', '3']);
    }));
  await claim(who + 'a waiting client that goes takes nothing', () =>
    withClients(2, { RESP }, async (client, other) => {
      await other.del('left');
      const reply = client.blPop('left', 0);
      reply.catch(() => {});
      await areWaiting(other, 1);
      client.destroy();
      await areWaiting(other, 0);
      await other.rPush('left', 'v');
      assert.strictEqual(await other.lPop('left'), 'v');
    }));
}

async function tests() {
  await caches();
  for (const RESP of [2, 3]) {
    await messages(RESP);
    await transactions(RESP);
    await waiting(RESP);
  }
}

exitAfter(tests());
