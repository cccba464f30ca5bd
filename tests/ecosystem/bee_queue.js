// Bee-Queue, which is made of scripts. Usage: node bee_queue.js SOCKET. Prints "ok - claim" or "not ok - claim"; exits
// with 1 when one failed.
'use strict';

const assert = require('assert');
const BeeQueue = require('bee-queue');
const Redis = require('ioredis');
const { claim, exitAfter, Inbox } = require('./claims.js');

const redis = { path: process.argv[2], db: 5 };
let number = 0;

// test(queue, another(options)): both are the same queue, as two processes have it.
async function withQueue(test) {
  const name = 'bees' + number++;
  const queues = [];
  const another = (options) => {
    queues.push(new BeeQueue(name, { redis, activateDelayedJobs: true, stallInterval: 30, ...options }));
    return queues.at(-1);
  };
  try {
    await test(await another({ isWorker: false }).ready(), another);
  } finally {
    await queues[0].destroy();
    await Promise.all(queues.map((queue) => queue.close(0).catch(() => {})));
  }
}

function ended(job) {
  return new Promise((resolve, reject) => {
    job.on('succeeded', resolve);
    job.on('failed', reject);
  });
}

async function tests() {
  await claim('Bee-Queue: jobs are done once each by two workers, and their results come back', () =>
    withQueue(async (queue, another) => {
      const done = [];
      for (const worker of [another(), another()]) {
        worker.process(3, async (job) => {
          done.push(job.data.number);
          return 2 * job.data.number;
        });
      }
      const jobs = Array.from({ length: 100 }, (_, i) => queue.createJob({ number: i }));
      const results = jobs.map(ended);
      await queue.saveAll(jobs);
      assert.deepStrictEqual(await Promise.all(results), jobs.map((job) => 2 * job.data.number));
      assert.deepStrictEqual(done.sort((a, b) => a - b), jobs.map((job) => job.data.number));
      const { waiting, active, succeeded } = await queue.checkHealth();
      assert.deepStrictEqual([waiting, active, succeeded], [0, 0, 100]);
    }));
  await claim('Bee-Queue: a job is tried again, and then has failed', () =>
    withQueue(async (queue, another) => {
      const times = [];
      const retrying = new Inbox();
      queue.on('job retrying', retrying.put);
      const job = queue.createJob({}).retries(2).backoff('exponential', 20);
      const failed = ended(job);
      another().process(async () => {
        times.push(Date.now());
        throw new Error('bad');
      });
      await job.save();
      await assert.rejects(failed, /bad/);
      assert.strictEqual((await retrying.many(2)).length, 2);
      assert(times.length === 3 && times[1] - times[0] >= 20 && times[2] - times[1] >= 40, times.join());
      assert.strictEqual((await queue.checkHealth()).failed, 1);
    }));
  await claim('Bee-Queue: delayed jobs come in their order', () =>
    withQueue(async (queue, another) => {
      const inbox = new Inbox();
      const began = Date.now();
      for (const delay of [400, 200]) await queue.createJob(delay).delayUntil(began + delay).save();
      another().process(async (job) => inbox.put(job.data, Date.now() - began));
      const came = await inbox.many(2);
      assert.deepStrictEqual(came.map(([delay]) => delay), [200, 400]);
      came.forEach(([delay, after]) => assert(after >= delay, delay + ' came after ' + after));
    }));
  await claim('Bee-Queue: progress is told, and a job that is removed does not come', () =>
    withQueue(async (queue, another) => {
      const progress = new Inbox();
      const removed = await queue.createJob('removed').save();
      const job = queue.createJob('done');
      job.on('progress', progress.put);
      const result = ended(job);
      await job.save();
      assert.strictEqual((await queue.getJobs('waiting', { size: 10 })).length, 2);
      await removed.remove();
      another().process(async (each) => {
        each.reportProgress({ page: 3, of: 'grüße' });
        return each.data;
      });
      assert.strictEqual(await result, 'done');
      assert.deepStrictEqual(await progress.next(), [{ page: 3, of: 'grüße' }]);
      assert.strictEqual(await queue.getJob(removed.id), null);
    }));
  await claim('Bee-Queue: a job whose worker has gone is done by another', () =>
    withQueue(async (queue, another) => {
      const job = queue.createJob('lost');
      const result = ended(job);
      await job.save();
      const taker = new Redis(redis.path, { db: redis.db });   // takes it as a worker does, and says no more of it
      assert.strictEqual(await taker.brpoplpush(queue.toKey('waiting'), queue.toKey('active'), 0), job.id);
      taker.disconnect();
      const saver = another();
      const stalled = new Inbox();
      saver.on('stalled', stalled.put);
      saver.process(async () => 'saved');
      saver.checkStalledJobs(30);
      assert.deepStrictEqual(await stalled.next(), [job.id]);
      assert.strictEqual(await result, 'saved');
    }));
}

exitAfter(tests());
