// Bull, Redlock and rate-limiter-flexible, which are made of scripts. Usage: node node_limits.js SOCKET. Prints
// "ok - claim" or "not ok - claim"; exits with 1 when one failed.
'use strict';

const assert = require('assert');
const Bull = require('bull');
const Redis = require('ioredis');
const { RateLimiterRedis } = require('rate-limiter-flexible');
const { default: Redlock } = require('redlock');
const { claim, exitAfter, Inbox } = require('./claims.js');

const connected = () => new Redis(process.argv[2], { db: 7 });

// ---- Bull ----

let number = 0;

async function withQueue(test) {
  const queue = new Bull('bull' + number++, { redis: { path: process.argv[2], db: 7 } });
  queue.setMaxListeners(0);   // each job that is waited for has one
  try {
    await test(queue);
  } finally {
    await queue.obliterate({ force: true });
    await queue.close();
  }
}

async function bull() {
  await claim('Bull: jobs are done once each, and their results come back', () =>
    withQueue(async (queue) => {
      const done = [];
      queue.process(5, async (job) => {
        done.push(job.data.number);
        return 2 * job.data.number;
      });
      const jobs = await queue.addBulk(Array.from({ length: 100 }, (_, i) => ({ data: { number: i } })));
      assert.deepStrictEqual(await Promise.all(jobs.map((job) => job.finished())), jobs.map((job) => 2 * job.data.number));
      assert.deepStrictEqual(done.sort((a, b) => a - b), jobs.map((job) => job.data.number));
    }));
  await claim('Bull: a job is tried again, and then has failed', () =>
    withQueue(async (queue) => {
      const times = [];
      queue.process(async (job) => {
        times.push(Date.now());
        if (job.attemptsMade < job.data.until) throw new Error('the time ' + job.attemptsMade);
        return 'done';
      });
      const options = { attempts: 3, backoff: { type: 'exponential', delay: 50 } };
      assert.strictEqual(await (await queue.add({ until: 2 }, options)).finished(), 'done');
      assert(times[1] - times[0] >= 50, times.join());
      const bad = await queue.add({ until: 9 }, options);
      await assert.rejects(bad.finished(), /the time 2/);
      assert.deepStrictEqual([await queue.getFailedCount(), (await queue.getJob(bad.id)).attemptsMade], [1, 3]);
    }));
  await claim('Bull: a queue that is paused keeps its jobs; priorities, delays and repetition', () =>
    withQueue(async (queue) => {
      const inbox = new Inbox();
      await queue.pause();
      for (const priority of [3, 1, 2]) await queue.add(String(priority), {}, { priority });
      queue.process('*', async (job) => inbox.put(job.name));
      await queue.isReady();
      assert(inbox.isEmpty && (await queue.getPausedCount()) === 3);
      await queue.resume();
      assert.deepStrictEqual((await inbox.many(3)).flat(), ['1', '2', '3']);
      await queue.add('later', {}, { delay: 50 });
      assert.deepStrictEqual(await inbox.next(), ['later']);
      await queue.add('tick', {}, { repeat: { every: 50, limit: 2 } });
      assert.deepStrictEqual((await inbox.many(2)).flat(), ['tick', 'tick']);
    }));
}

// ---- locks and limits ----

async function locks() {
  await claim('Redlock: a lock is taken by one, extended and given back', async () => {
    const [first, second] = [connected(), connected()];
    const locks = new Redlock([first], { retryCount: 0 });
    const others = new Redlock([second], { retryCount: 0 });
    let lock = await locks.acquire(['{a}', '{b}'], 60000);
    await assert.rejects(others.acquire(['{b}'], 60000), /quorum/);
    lock = await lock.extend(120000);
    assert((await second.pttl('{a}')) > 60000);
    await lock.release();
    assert.strictEqual(await second.exists('{a}', '{b}'), 0);
    await (await others.acquire(['{b}'], 60000)).release();
    [first, second].forEach((client) => client.disconnect());
  });
  await claim('Redlock: additions under a lock lose nothing', async () => {
    const clients = [connected(), connected(), connected()];
    await clients[0].set('sum', 0);
    await Promise.all(clients.map(async (client) => {
      const locks = new Redlock([client], { retryCount: -1, retryDelay: 1, retryJitter: 1 });
      for (let i = 0; i < 20; i++) {
        await locks.using(['lock'], 60000, async () => client.set('sum', 1 + Number(await client.get('sum'))));
      }
    }));
    assert.strictEqual(await clients[0].get('sum'), '60');
    clients.forEach((client) => client.disconnect());
  });
  await claim('rate-limiter-flexible: as many as are allowed, from all processes together', async () => {
    const clients = [connected(), connected()];
    const limiters = clients.map((storeClient) => new RateLimiterRedis({ storeClient, points: 5, duration: 3600 }));
    const tries = await Promise.allSettled(Array.from({ length: 20 }, (_, i) => limiters[i % 2].consume('visitor')));
    assert.strictEqual(tries.filter(({ status }) => status === 'fulfilled').length, 5);
    const refused = tries.find(({ status }) => status === 'rejected').reason;
    assert(refused.msBeforeNext > 3500000 && refused.remainingPoints === 0);
    await limiters[0].block('other', 60);
    await assert.rejects(limiters[1].consume('other'));
    await limiters[1].delete('visitor');
    assert.strictEqual((await limiters[0].consume('visitor', 2)).remainingPoints, 3);
    clients.forEach((client) => client.disconnect());
  });
}

exitAfter(bull().then(locks));
