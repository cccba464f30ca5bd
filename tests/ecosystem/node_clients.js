// node's two Redis clients over a socket file. Usage: node node_clients.js SOCKET; both packages must be installed
// in a node_modules that NODE_PATH names. Prints "ok - claim" or "not ok - claim"; exits with 1 when one failed.
'use strict';

const assert = require('assert');
const { claim, exitAfter } = require('./claims.js');

const path = process.argv[2];

async function withNodeRedis() {
  const { createClient, commandOptions } = require('redis');
  const client = createClient({ socket: { path, reconnectStrategy: false }, name: 'node-redis' });
  client.on('error', () => {});
  await client.connect();
  await claim('node-redis: SET, GET and absent keys', async () => {
    assert.strictEqual(await client.set('k', 'grüße'), 'OK');
    assert.strictEqual(await client.get('k'), 'grüße');
    assert.strictEqual(await client.get('absent'), null);
  });
  await claim('node-redis: SET options and TTL', async () => {
    assert.strictEqual(await client.set('k', 'v', { EX: 100, GET: true }), 'grüße');
    assert.strictEqual(await client.set('k', 'w', { NX: true }), null);
    const ttl = await client.ttl('k');
    assert(ttl > 90 && ttl <= 100, 'ttl ' + ttl);
  });
  await claim('node-redis: buffers are binary safe', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    await client.set(bytes, bytes);
    assert.deepStrictEqual(await client.get(commandOptions({ returnBuffers: true }), bytes), bytes);
  });
  await claim('node-redis: 10,000 promises at once are one pipeline', async () => {
    await client.del('n');
    const replies = await Promise.all(Array.from({ length: 10000 }, () => client.incr('n')));
    assert.deepStrictEqual(replies, Array.from({ length: 10000 }, (_, i) => i + 1));
  });
  await claim('node-redis: execAsPipeline', async () => {
    assert.deepStrictEqual(await client.multi().set('p', '1').incr('p').execAsPipeline(), ['OK', 2]);
  });
  await claim('node-redis: scanIterator meets every key', async () => {
    await client.flushDb();
    await Promise.all(Array.from({ length: 500 }, (_, i) => client.set('scan:' + i, i)));
    const seen = new Set();
    for await (const key of client.scanIterator({ MATCH: 'scan:*', COUNT: 20 })) seen.add(key);
    assert.strictEqual(seen.size, 500);
  });
  await claim('node-redis: error replies reject the promise', async () => {
    await client.set('text', 'abc');
    await assert.rejects(client.incr('text'), /not an integer/);
  });
  await claim('node-redis: CLIENT INFO tells the name', async () => {
    assert.strictEqual((await client.clientInfo()).name, 'node-redis');
  });
  await client.quit();
}

async function withIoredis() {
  const Redis = require('ioredis');
  const client = new Redis({ path, db: 2, connectionName: 'ioredis', retryStrategy: null });
  await claim('ioredis: becomes ready and has selected its database', async () => {
    assert.strictEqual(await client.ping(), 'PONG');
    assert.match(await client.client('LIST'), /name=ioredis.* db=2 /);
  });
  await claim('ioredis: SET, GET and absent keys', async () => {
    assert.strictEqual(await client.set('k', 'v', 'PX', 100000), 'OK');
    assert.strictEqual(await client.get('k'), 'v');
    assert.strictEqual(await client.get('absent'), null);
    assert((await client.pttl('k')) > 90000);
  });
  await claim('ioredis: pipeline', async () => {
    const replies = await client.pipeline().set('a', '1').incr('a').incr('k').get('a').exec();
    assert.deepStrictEqual(replies.map(([error, value]) => (error ? 'error' : value)), ['OK', 2, 'error', '2']);
  });
  await claim('ioredis: multi and watch', async () => {
    assert.deepStrictEqual(await client.multi().set('t', '1').incr('t').exec(), [[null, 'OK'], [null, 2]]);
    const [[, ok], [error]] = await client.multi().set('t', 'text').incr('t').exec();
    assert(ok === 'OK' && /not an integer/.test(error));
    const other = client.duplicate();
    await client.watch('t');
    await other.set('t', '5');
    assert.strictEqual(await client.multi().set('t', 'never').exec(), null);
    await client.watch('t');
    assert.deepStrictEqual(await client.multi({ pipeline: false }) && await client.incr('t'), 'QUEUED');
    assert.deepStrictEqual(await client.exec(), [[null, 6]]);
    other.disconnect();
  });
  await claim('ioredis: buffers are binary safe', async () => {
    const bytes = Buffer.from([0, 13, 10, 255, 36, 42]);
    await client.set('bytes', bytes);
    assert.deepStrictEqual(await client.getBuffer('bytes'), bytes);
  });
  await claim('ioredis: scanStream meets every key', async () => {
    await client.mset(...Array.from({ length: 300 }, (_, i) => ['s:' + i, i]).flat());
    const seen = new Set();
    for await (const keys of client.scanStream({ match: 's:*', count: 10 })) keys.forEach((key) => seen.add(key));
    assert.strictEqual(seen.size, 300);
  });
  await claim('ioredis: a value of 8 MiB', async () => {
    const big = Buffer.alloc(8 << 20, 'ab');
    await client.set('big', big);
    assert((await client.getBuffer('big')).equals(big));
  });
  await client.quit();
}

exitAfter(withNodeRedis().then(withIoredis));
