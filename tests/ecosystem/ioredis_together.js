// ioredis where clients have to do with each other: messages, transactions, waiting and keyspace events.
// Usage: node ioredis_together.js SOCKET, which allows access=admin; `ioredis` must be installed in a node_modules that
// NODE_PATH names. Prints "ok - claim" or "not ok - claim"; exits with 1 when one failed.
'use strict';

const assert = require('assert');
const { once } = require('events');
const Redis = require('ioredis');
const { claim, comesTrue, exitAfter, Inbox } = require('./claims.js');

// Several clients for one test, closed after it.
async function withClients(count, test) {
  const clients = Array.from({ length: count }, () => new Redis(process.argv[2], { db: 3, retryStrategy: null }));
  try {
    await clients[0].flushall();
    await test(...clients);
  } finally {
    clients.forEach((client) => client.disconnect());
  }
}

function inboxOf(client, event) {
  const inbox = new Inbox();
  client.on(event, inbox.put);
  return inbox;
}

async function messages() {
  await claim('ioredis: channels, patterns and shard channels get their messages', () =>
    withClients(2, async (subscriber, publisher) => {
      const [channel, pattern, shard] = ['message', 'pmessage', 'smessage'].map((name) => inboxOf(subscriber, name));
      assert.strictEqual(await subscriber.subscribe('news', 'more'), 2);
      assert.strictEqual(await subscriber.psubscribe('n?ws'), 3);
      assert.strictEqual(await subscriber.ssubscribe('news'), 1);
      assert.strictEqual(await publisher.publish('news', 'grüße'), 2);
      assert.strictEqual(await publisher.spublish('news', '2'), 1);
      assert.deepStrictEqual(await channel.next(), ['news', 'grüße']);
      assert.deepStrictEqual(await pattern.next(), ['n?ws', 'news', 'grüße']);
      assert.deepStrictEqual(await shard.next(), ['news', '2']);
      assert.deepStrictEqual(await publisher.pubsub('NUMSUB', 'news', 'none'), ['news', 1, 'none', 0]);
      await assert.rejects(subscriber.get('k'), /subscriber mode/);
      assert.strictEqual(await subscriber.unsubscribe('news'), 2);
      assert.strictEqual(await publisher.publish('news', '3'), 1);
      assert.deepStrictEqual(await pattern.next(), ['n?ws', 'news', '3']);
      assert.strictEqual(await subscriber.sunsubscribe('news'), 0);
      assert.strictEqual(await subscriber.punsubscribe('n?ws'), 1);
      assert.strictEqual(await subscriber.unsubscribe(), 0);
      assert.strictEqual(await publisher.publish('news', '4'), 0);
      assert.strictEqual(await subscriber.set('after', 'v'), 'OK');
      assert(channel.isEmpty && pattern.isEmpty && shard.isEmpty);
    }));
  await claim('ioredis: messages of a pipeline come all and in order, bytes as they are', () =>
    withClients(2, async (subscriber, publisher) => {
      const inbox = inboxOf(subscriber, 'messageBuffer');
      await subscriber.subscribe('many');
      const bytes = Buffer.from([0, 13, 10, 255, 36, 42]);
      const pipeline = publisher.pipeline();
      for (let i = 0; i < 10000; i++) pipeline.publish('many', String(i));
      const counts = await pipeline.publish('many', bytes).exec();
      assert(counts.length === 10001 && counts.every(([error, count]) => !error && count === 1));
      const got = await inbox.many(10001);
      assert(got.slice(0, 10000).every(([, message], i) => message.toString() === String(i)));
      assert.deepStrictEqual(got[10000][1], bytes);
    }));
  await claim('ioredis: who was disconnected comes back to its channels', () =>
    withClients(1, async (publisher) => {
      const subscriber = new Redis(process.argv[2], { retryStrategy: () => 1 });
      try {
        const inbox = inboxOf(subscriber, 'message');
        subscriber.on('error', () => {});
        await subscriber.subscribe('lasting');
        const again = once(subscriber, 'ready');
        assert.strictEqual(await publisher.client('KILL', 'TYPE', 'pubsub'), 1);
        await again;
        await comesTrue(async () => (await publisher.publish('lasting', 'v')) === 1);
        assert.deepStrictEqual(await inbox.next(), ['lasting', 'v']);
      } finally {
        subscriber.disconnect();
      }
    }));
  await claim('ioredis: keyspace events tell of changes, expiry and what was served to waiting clients', () =>
    withClients(3, async (subscriber, writer, waiter) => {
      await writer.config('SET', 'notify-keyspace-events', 'KEA');
      const events = inboxOf(subscriber, 'pmessage');
      await subscriber.psubscribe('__keyevent@3__:*');
      await writer.multi().set('k', '1').incr('k').pexpire('k', 1).exec();
      const names = async (count) => (await events.many(count)).map(([, event, key]) => event.split(':')[1] + ' ' + key);
      assert.deepStrictEqual(await names(4), ['set k', 'incrby k', 'expire k', 'expired k']);
      const space = inboxOf(subscriber, 'message');
      await subscriber.subscribe('__keyspace@3__:q');
      const served = waiter.blpop('q', 0);
      await comesTrue(async () => /blocked_clients:1\r/.test(await writer.info('clients')));
      await writer.rpush('q', 'v');
      assert.deepStrictEqual(await served, ['q', 'v']);
      assert.deepStrictEqual(await names(3), ['rpush q', 'lpop q', 'del q']);
      assert.deepStrictEqual((await space.many(3)).map(([, event]) => event), ['rpush', 'lpop', 'del']);
      await writer.config('SET', 'notify-keyspace-events', '');
    }));
}

async function transactions() {
  await claim('ioredis: multi() is seen by others as a whole', () =>
    withClients(2, async (client, other) => {
      await client.mset('a', '0', 'b', '0');
      const writes = Promise.all(Array.from({ length: 500 }, () => client.multi().incr('a').incr('b').exec()));
      for (let i = 0; i < 500; i++) {
        const [a, b] = await other.mget('a', 'b');
        assert.strictEqual(a, b);
      }
      assert.deepStrictEqual((await writes)[499], [[null, 500], [null, 500]]);
    }));
  await claim('ioredis: a refused command, discard() and exec() without multi()', () =>
    withClients(1, async (client) => {
      await client.set('t', '1');
      await assert.rejects(client.multi().set('t', '2').call('NOSUCH').exec(), /EXECABORT/);
      client.multi({ pipeline: false });
      assert.strictEqual(await client.set('t', '3'), 'QUEUED');
      assert.strictEqual(await client.discard(), 'OK');
      await assert.rejects(client.call('EXEC'), /EXEC without MULTI/);
      assert.strictEqual(await client.get('t'), '1');
    }));
  await claim('ioredis: a transaction with watch() in a pipeline', () =>
    withClients(2, async (client, other) => {
      await client.set('w', '1');
      await client.pipeline().watch('w').get('w').exec();
      await other.incr('w');
      assert.deepStrictEqual(await client.pipeline().multi().set('w', 'never').exec().exec(),
        [[null, 'OK'], [null, 'QUEUED'], [null, null]]);
      assert.strictEqual(await client.get('w'), '2');
    }));
}

async function waiting() {
  const areWaiting = (client, count) =>
    comesTrue(async () => new RegExp('blocked_clients:' + count + '\r').test(await client.info('clients')));
  await claim('ioredis: blpop, brpoplpush and their like get what another client pushes', () =>
    withClients(2, async (client, other) => {
      const served = async (wait, feed, expected) => {
        const reply = wait();
        await areWaiting(other, 1);
        await feed();
        assert.deepStrictEqual(await reply, expected);
      };
      await served(() => client.blpop('none', 'q', 0), () => other.rpush('q', 'a'), ['q', 'a']);
      await served(() => client.brpop('q', 60), () => other.rpush('q', 'b', 'c'), ['q', 'c']);
      await served(() => client.brpoplpush('p', 'done', 0), () => other.pipeline().lpush('p', 'd').exec(), 'd');
      await served(() => client.blmove('p', 'done', 'LEFT', 'RIGHT', 0), () => other.rename('q', 'p'), 'b');
      await served(() => client.blmpop(0, 1, 'p', 'LEFT', 'COUNT', 5), () => other.rpush('p', 'x', 'y'),
        ['p', ['x', 'y']]);
      await served(() => client.bzpopmax('z', 0), () => other.zadd('z', 1, 'm', 2, 'n'), ['z', 'n', '2']);
      assert.deepStrictEqual(await other.lrange('done', 0, -1), ['d', 'b']);
      assert.strictEqual(await client.blpop('none', 0.01), null);
    }));
  await claim('ioredis: a queue with workers loses nothing and gives nothing twice', () =>
    withClients(5, async (feeder, ...workers) => {
      const counts = workers.map(async (worker) => {
        let count = 0;
        for (;;) {
          const job = await worker.brpoplpush('jobs', 'taken', 0);
          if (job === 'end') return count;
          count++;
        }
      });
      await areWaiting(feeder, 4);
      for (let i = 0; i < 1000; i++) feeder.lpush('jobs', i);
      await feeder.lpush('jobs', 'end', 'end', 'end', 'end');
      assert.strictEqual((await Promise.all(counts)).reduce((a, b) => a + b), 1000);
      assert.strictEqual(new Set(await feeder.lrange('taken', 0, -1)).size, 1001);
    }));
  await claim('ioredis: commands behind a blpop are run once it is served', () =>
    withClients(2, async (client, other) => {
      const replies = Promise.all([client.blpop('q', 0), client.set('k', 'v'), client.get('k')]);
      await areWaiting(other, 1);
      assert.strictEqual(await other.get('k'), null);
      await other.rpush('q', '1');
      assert.deepStrictEqual(await replies, [['q', '1'], 'OK', 'v']);
    }));
}

exitAfter(messages().then(transactions).then(waiting));
