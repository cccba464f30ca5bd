// ioredis and node-redis with scripts and functions. Usage: node node_scripts.js SOCKET, which allows access=admin;
// `ioredis` and `redis` (5) must be installed in a node_modules that NODE_PATH names. Prints "ok - claim" or
// "not ok - claim"; exits with 1 when one failed.
'use strict';

const assert = require('assert');
const { createHash } = require('crypto');
const Redis = require('ioredis');
const { createClient, defineScript } = require('redis');
const { claim, comesTrue, exitAfter, Inbox } = require('./claims.js');

const SOCKET = process.argv[2];
// Adds to a counter unless that would lead beyond a limit.
const SPEND = `
local now = tonumber(redis.call('GET', KEYS[1]) or '0') + tonumber(ARGV[1])
if now > tonumber(ARGV[2]) then return redis.error_reply('LIMIT ' .. KEYS[1] .. ' would be ' .. now) end
redis.call('SET', KEYS[1], now)
return {now, KEYS[1], ARGV[1]}
`;
const LIBRARY = `#!lua name=spending
redis.register_function('spend', function(keys, args) return redis.call('INCRBY', keys[1], args[1]) end)
redis.register_function{function_name='spent', flags={'no-writes'}, callback=function(keys)
  return redis.call('GET', keys[1])
end}`;

// ---- ioredis ----

async function withIoredis(test) {
  const client = new Redis(SOCKET, { db: 4, keyPrefix: 'shop:', retryStrategy: null, scripts: {
    spend: { lua: SPEND, numberOfKeys: 1 },
    known: { lua: "return redis.call('EXISTS', KEYS[1])", numberOfKeys: 1, readOnly: true } } });
  client.defineCommand('echoes', { lua: 'return {#KEYS, #ARGV, KEYS[1], ARGV[1]}' });
  try {
    await client.flushall();
    await client.script('FLUSH');
    await test(client);
  } finally {
    client.disconnect();
  }
}

async function ioredis() {
  await claim('ioredis: a script that is a command, loaded when it is not there', () =>
    withIoredis(async (client) => {
      const sha = createHash('sha1').update(SPEND).digest('hex');
      assert.deepStrictEqual(await client.spend('a', 3, 10), [3, 'shop:a', '3']);
      assert.deepStrictEqual(await client.spend('a', 7, 10), [10, 'shop:a', '7']);
      assert.deepStrictEqual(await client.script('EXISTS', sha, '0'.repeat(40)), [1, 0]);
      await assert.rejects(client.spend('a', 1, 10), /LIMIT shop:a would be 11/);
      assert.strictEqual(await client.get('a'), '10');
      assert.strictEqual(await client.known('a'), 1);
      assert.deepStrictEqual(await client.echoes(1, 'k', Buffer.from([0, 255])), [1, 1, 'shop:k', '\0\ufffd']);
      assert.deepStrictEqual((await client.echoesBuffer(0, Buffer.from([0, 255]))).slice(0, 2), [0, 1]);
    }));
  await claim('ioredis: a pipeline of scripts, also where they were forgotten', () =>
    withIoredis(async (client) => {
      for (let round = 1; round <= 2; round++) {
        const pipeline = client.pipeline().set('n', 0);
        for (let i = 1; i <= 500; i++) pipeline.spend('n', i, 1e9);
        const replies = await pipeline.known('n').exec();
        assert.strictEqual(replies.find(([error]) => error), undefined);
        assert.deepStrictEqual(replies.slice(-2).map(([, reply]) => reply), [[125250, 'shop:n', '500'], 1]);
        assert.strictEqual(await client.get('n'), '125250');
        await client.script('FLUSH', 'SYNC');
      }
    }));
  await claim('ioredis: scripts in a transaction, one of which fails', () =>
    withIoredis(async (client) => {
      const replies = await client.multi().spend('t', 5, 9).spend('t', 5, 9).spend('t', 4, 9).get('t').exec();
      assert.match(String(replies[1][0]), /LIMIT shop:t would be 10/);
      assert.deepStrictEqual([replies[0][1][0], replies[2][1][0], replies[3][1]], [5, 9, '9']);
    }));
  await claim('ioredis: what many clients spend by a script keeps to the limit', () =>
    withIoredis(async (client) => {
      const others = Array.from({ length: 4 }, () => client.duplicate());
      const outcomes = await Promise.allSettled(others.flatMap((other) =>
        Array.from({ length: 100 }, () => other.spend('m', 1, 250))));
      assert.strictEqual(outcomes.filter(({ status }) => status === 'fulfilled').length, 250);
      assert.strictEqual(await client.get('m'), '250');
      others.forEach((other) => other.disconnect());
    }));
  await claim('ioredis: what a script publishes and pushes comes to those who wait, and functions', () =>
    withIoredis(async (client) => {
      const [subscriber, waiter, inbox] = [client.duplicate(), client.duplicate(), new Inbox()];
      subscriber.on('message', inbox.put);
      await subscriber.subscribe('news');
      const served = waiter.brpop('q', 0);
      await comesTrue(async () => /blocked_clients:1\r/.test(await client.info('clients')));
      assert.strictEqual(await client.eval("redis.call('LPUSH', KEYS[1], ARGV[1])" +
        " return redis.call('PUBLISH', 'news', ARGV[1])", 1, 'q', 'ü'), 1);
      assert.deepStrictEqual([await inbox.next(), await served], [['news', 'ü'], ['shop:q', 'ü']]);
      assert.strictEqual(await client.function('LOAD', 'REPLACE', LIBRARY), 'spending');
      assert.strictEqual(await client.fcall('spend', 1, 'f', 2), 2);
      assert.strictEqual(await client.fcall_ro('spent', 1, 'f'), '2');
      await client.function('FLUSH');
      [subscriber, waiter].forEach((other) => other.disconnect());
    }));
  await claim('ioredis: consumers of a group take each entry once, and over from who has gone', () =>
    withIoredis(async (prefixed) => {
      const [client, ...consumers] = Array.from({ length: 4 }, () => prefixed.duplicate({ keyPrefix: '' }));
      await client.xgroup('CREATE', 's', 'g', '0', 'MKSTREAM');
      await assert.rejects(client.xgroup('CREATE', 's', 'g', '0'), /BUSYGROUP/);
      const taken = consumers.map(async (consumer, number) => {
        const got = [];
        while (got.at(-1) !== 'end') {
          const [[, entries]] = await consumer.xreadgroup('GROUP', 'g', number, 'COUNT', 5, 'BLOCK', 0, 'STREAMS', 's', '>');
          got.push(...entries.map(([, fields]) => fields[1]));
          await consumer.xack('s', 'g', ...entries.map(([id]) => id));
        }
        return got;
      });
      const allWait = () => comesTrue(async () => /blocked_clients:3\r/.test(await client.info('clients')));
      await allWait();
      for (let i = 0; i < 200; i++) client.xadd('s', '*', 'n', i);
      await allWait();
      for (let i = 0; i < 3; i++) await client.xadd('s', '*', 'n', 'end');
      const got = (await Promise.all(taken)).flat().filter((n) => n !== 'end').map(Number);
      assert.deepStrictEqual(got.sort((a, b) => a - b), Array.from({ length: 200 }, (_, i) => i));
      assert.deepStrictEqual((await client.xpending('s', 'g'))[0], 0);
      const id = await client.xadd('s', '*', 'n', 'lost');
      await client.xreadgroup('GROUP', 'g', 'gone', 'STREAMS', 's', '>');
      assert.deepStrictEqual(await client.xautoclaim('s', 'g', 'saver', 0, '0'), ['0-0', [[id, ['n', 'lost']]], []]);
      const [[pending, name, , times]] = await client.xpending('s', 'g', '-', '+', 9);
      assert.deepStrictEqual([pending, name, times], [id, 'saver', 2]);
      [client, ...consumers].forEach((each) => each.disconnect());
    }));
}

// ---- node-redis ----

const scripts = {
  spend: defineScript({
    SCRIPT: SPEND,
    NUMBER_OF_KEYS: 1,
    parseCommand(parser, key, amount, limit) {
      parser.pushKey(key);
      parser.push(String(amount), String(limit));
    },
    transformReply: ([now]) => now,
  }),
};
const functions = {
  spending: {
    spend: {
      NUMBER_OF_KEYS: 1,
      parseCommand(parser, key, amount) {
        parser.pushKey(key);
        parser.push(String(amount));
      },
      transformReply: (reply) => reply,
    },
    spent: {
      NUMBER_OF_KEYS: 1,
      IS_READ_ONLY: true,
      parseCommand: (parser, key) => parser.pushKey(key),
      transformReply: (reply) => reply,
    },
  },
};

async function withNodeRedis(RESP, test) {
  const client = createClient({ socket: { path: SOCKET }, RESP, scripts, functions });
  client.on('error', () => {});   // a command that fails says so itself
  await client.connect();
  try {
    await client.flushAll();
    await client.scriptFlush();
    await client.functionFlush();
    await test(client);
  } finally {
    client.destroy();
  }
}

async function nodeRedis(RESP) {
  const what = 'node-redis, RESP' + RESP + ': ';
  await claim(what + 'scripts by themselves, in transactions and pipelines', () =>
    withNodeRedis(RESP, async (client) => {
      assert.strictEqual(await client.spend('a', 3, 10), 3);
      await assert.rejects(client.spend('a', 8, 10), /LIMIT a would be 11/);
      assert.deepStrictEqual(await client.scriptExists([scripts.spend.SHA1, '0'.repeat(40)]), [1, 0]);
      assert.deepStrictEqual(await client.multi().spend('a', 1, 10).incr('a').spend('a', 5, 10).exec(), [4, 5, 10]);
      await client.scriptFlush();
      assert.deepStrictEqual(await client.multi().set('a', 0).spend('a', 2, 10).execAsPipeline(), ['OK', 2]);
      const spent = await Promise.allSettled(Array.from({ length: 20 }, () => client.spend('a', 1, 10)));
      assert.strictEqual(spent.filter(({ status }) => status === 'fulfilled').length, 8);
    }));
  await claim(what + 'what scripts return', () =>
    withNodeRedis(RESP, async (client) => {
      const returned = async (script) => client.eval(script, { keys: ['k'], arguments: ['a'] });
      assert.deepStrictEqual(await returned("return {1, 2.9, 'x', {KEYS[1], {ARGV[1]}}, false, {ok='FINE'}, nil, 3}"),
        [1, 2, 'x', ['k', ['a']], null, 'FINE']);
      assert.strictEqual(await returned('return nil'), null);
      await assert.rejects(returned("return {err='MINE of my own'}"), /MINE of my own/);
      await assert.rejects(returned("return redis.call('NOSUCH')"), /Unknown Redis command called from script/);
      assert.deepStrictEqual(await returned("redis.setresp(3) return {double=1.5}"), RESP === 3 ? 1.5 : '1.5');
      assert.deepStrictEqual(await returned("return cjson.decode('[1,\"ü\",{\"a\":[]}]')[2]"), 'ü');
      assert.deepStrictEqual(await returned("return {bit.band(6, 3), #cmsgpack.pack({1})," +
        " struct.unpack('>I2', struct.pack('>I2', 513))}"), [2, 2, 513, 3]);
    }));
  await claim(what + 'functions', () =>
    withNodeRedis(RESP, async (client) => {
      assert.strictEqual(await client.functionLoad(LIBRARY, { REPLACE: true }), 'spending');
      assert.strictEqual(await client.spending.spend('f', 5), 5);
      assert.strictEqual(await client.spending.spent('f'), '5');
      assert.deepStrictEqual(await client.multi().spending.spend('f', 1).spending.spent('f').exec(), [6, '6']);
      const [library] = await client.functionListWithCode({ LIBRARYNAME: 'spend*' });
      assert.deepStrictEqual([library.library_name, library.library_code], ['spending', LIBRARY]);
      await client.functionFlush();
      await assert.rejects(client.spending.spend('f', 5), /Function not found/);
    }));
  if (RESP === 3) {   // its own replies for these aren't settled in version 5
    await claim(what + 'a stream is read as a map', () =>
      withNodeRedis(RESP, async (client) => {
        const id = await client.xAdd('s', '*', { n: '1', t: 'grüße' });
        const read = await client.sendCommand(['XREAD', 'STREAMS', 's', 'none', '0', '0']);
        assert.deepStrictEqual({ ...read }, { s: [[id, ['n', '1', 't', 'grüße']]] });
      }));
    return;
  }
  await claim(what + 'streams are read while they are written', () =>
    withNodeRedis(RESP, async (client) => {
      const reader = client.duplicate();
      await reader.connect();
      const reading = (async () => {
        const got = [];
        for (let last = '0'; got.length < 200;) {
          const [{ messages }] = await reader.xRead({ key: 's', id: last }, { BLOCK: 0, COUNT: 30 });
          got.push(...messages.map(({ message }) => message.n));
          last = messages.at(-1).id;
        }
        return got;
      })();
      await comesTrue(async () => /blocked_clients:1\r/.test(await client.info('clients')));
      for (let i = 0; i < 200; i++) client.xAdd('s', '*', { n: String(i), t: 'grüße' });
      assert.deepStrictEqual(await reading, Array.from({ length: 200 }, (_, i) => String(i)));
      const last = await client.xRevRange('s', '+', '-', { COUNT: 1 });
      assert.deepStrictEqual({ ...last[0].message }, { n: '199', t: 'grüße' });
      assert.strictEqual(await client.xTrim('s', 'MAXLEN', 10), 190);
      const info = await client.xInfoStream('s');
      assert.deepStrictEqual([info.length, info['entries-added'], info['last-generated-id']], [10, 200, last[0].id]);
      reader.destroy();
    }));
}

exitAfter(ioredis().then(() => nodeRedis(2)).then(() => nodeRedis(3)));
