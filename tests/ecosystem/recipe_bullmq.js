// BullMQ with the lines of docs/recipes.md. Usage: node recipe_bullmq.js QUEUE, a file with the page's lines.
// Prints "ok - claim" or "not ok - claim"; exits with 1 when one failed.
'use strict';

const assert = require('assert');
const fs = require('fs');
const { FlowProducer, Queue, QueueEvents, Worker } = require('bullmq');
const Redis = require('ioredis');
const { claim, exitAfter, Inbox } = require('./claims.js');

const lines = new Function('require', fs.readFileSync(process.argv[2], 'utf8') +
  '\nreturn { connection, queue, worker };')(require);
const { connection } = lines;
let number = 0;

// A queue of its own for each test: test({ queue, events, inboxOf(event), work(process, options) }). All is closed and
// obliterated behind it.
async function withQueue(test) {
  const name = 'queue' + number++;
  const queue = new Queue(name, { connection });
  const events = new QueueEvents(name, { connection, lastEventId: '0-0' });   // from the queue's first one on
  events.setMaxListeners(0);
  queue.setMaxListeners(0);   // each job that is waited for has one
  const workers = [];
  const work = (process, options) => {
    workers.push(new Worker(name, process, { connection, ...options }));
    workers.at(-1).on('error', () => {});   // what fails is claimed by what comes of it
    return workers.at(-1);
  };
  const inboxOf = (event) => {
    const inbox = new Inbox();
    events.on(event, inbox.put);
    return inbox;
  };
  try {
    await events.waitUntilReady();
    await test({ name, queue, events, work, inboxOf });
  } finally {
    await Promise.all(workers.map((worker) => worker.close(true)));
    await queue.obliterate({ force: true });
    await Promise.all([events.close(), queue.close()]);
  }
}

async function jobs() {
  await claim('BullMQ: the page\'s worker does what is added to the page\'s queue', async () => {
    const { queue, worker } = lines;
    const inbox = new Inbox();
    worker.on('completed', inbox.put);
    const job = await queue.add('letter', { to: 'tom' });
    assert.deepStrictEqual([(await inbox.next())[0].id, await job.getState()], [job.id, 'completed']);
    await worker.close();
    await queue.obliterate();
    await queue.close();
  });
  await claim('BullMQ: jobs are done once each by two workers, and their results come back', () =>
    withQueue(async ({ queue, events, work }) => {
      const done = [];
      const process = async (job) => {
        done.push(job.data.number);
        return { double: 2 * job.data.number };
      };
      work(process, { concurrency: 5 });
      work(process, { concurrency: 5 });
      const added = [await queue.add('one', { number: 0 })];
      added.push(...await queue.addBulk(Array.from({ length: 199 }, (_, i) => ({ name: 'more', data: { number: i + 1 } }))));
      const results = await Promise.all(added.map((job) => job.waitUntilFinished(events)));
      assert.deepStrictEqual(results.map((result) => result.double), added.map((job) => 2 * job.data.number));
      assert.deepStrictEqual(done.sort((a, b) => a - b), added.map((job) => job.data.number));
      const { completed, waiting, active, failed } = await queue.getJobCounts();
      assert.deepStrictEqual([completed, waiting, active, failed], [200, 0, 0, 0]);
    }));
  await claim('BullMQ: a job is tried again, each time later, and then has failed', () =>
    withQueue(async ({ queue, events, work, inboxOf }) => {
      const times = [];
      const exhausted = inboxOf('retries-exhausted');
      work(async (job) => {
        times.push(Date.now());
        if (job.data.until > job.attemptsMade) throw new Error('the time ' + job.attemptsMade);
        return job.attemptsMade;
      });
      const options = { attempts: 3, backoff: { type: 'exponential', delay: 50 } };
      assert.strictEqual(await (await queue.add('good', { until: 2 }, options)).waitUntilFinished(events), 2);
      assert(times[1] - times[0] >= 50 && times[2] - times[1] >= 100, times.join());
      const bad = await queue.add('bad', { until: 9 }, options);
      await assert.rejects(bad.waitUntilFinished(events), /the time 2/);
      assert.strictEqual((await exhausted.next())[0].jobId, bad.id);
      const failed = await queue.getJob(bad.id);
      assert.deepStrictEqual([failed.attemptsMade, failed.stacktrace.length, await failed.getState()], [3, 3, 'failed']);
      await failed.updateData({ until: 0 });
      await failed.retry();
      assert.strictEqual(await failed.waitUntilFinished(events), 3);
    }));
  await claim('BullMQ: delayed jobs come in their order, and one that is promoted at once', () =>
    withQueue(async ({ queue, work }) => {
      const inbox = new Inbox();
      const far = await queue.add('far', {}, { delay: 3600000 });
      const began = Date.now();
      await queue.addBulk([300, 100, 200].map((delay) => ({ name: 'after ' + delay, data: {}, opts: { delay } })));
      work(async (job) => inbox.put(job.name, Date.now() - began));
      const came = await inbox.many(3);
      assert.deepStrictEqual(came.map(([name]) => name), ['after 100', 'after 200', 'after 300']);
      came.forEach(([name, after]) => assert(after >= Number(name.split(' ')[1]), name + ' came after ' + after));
      assert.strictEqual(await queue.getDelayedCount(), 1);
      await far.promote();
      assert.strictEqual((await inbox.next())[0], 'far');
    }));
  await claim('BullMQ: a queue that is paused keeps its jobs; those of higher priority come first', () =>
    withQueue(async ({ queue, work, inboxOf }) => {
      const [paused, resumed, inbox] = [inboxOf('paused'), inboxOf('resumed'), new Inbox()];
      await queue.pause();
      await paused.next();
      for (const priority of [3, 1, 2, 0]) await queue.add(String(priority), {}, { priority });
      await queue.add('last first', {}, { lifo: true });
      await (await queue.add('changed', {}, { priority: 7 })).changePriority({ priority: 1 });
      const worker = work(async (job) => inbox.put(job.name), { autorun: false });
      worker.run();
      await worker.waitUntilReady();
      assert((await queue.isPaused()) && inbox.isEmpty);
      assert.deepStrictEqual(await queue.getCountsPerPriority([0, 1, 2, 3]), { 0: 2, 1: 2, 2: 1, 3: 1 });
      await queue.resume();
      await resumed.next();
      assert.deepStrictEqual((await inbox.many(6)).flat(), ['last first', '0', '1', 'changed', '2', '3']);
    }));
  await claim('BullMQ: no more jobs begin than the rate allows', () =>
    withQueue(async ({ queue, work }) => {
      const inbox = new Inbox();
      // what was asked for before the first began, and what is known of one when it has begun
      work(async (job) => inbox.put(job.processedOn, Date.now()), { limiter: { max: 2, duration: 150 }, concurrency: 4 });
      await queue.addBulk(Array.from({ length: 6 }, () => ({ name: 'limited', data: {} })));
      const times = await inbox.many(6);
      const after = times.map(([, begun]) => begun - times[0][0]);
      assert(after[2] >= 145 && after[4] >= 295, after.join());
    }));
}

async function more() {
  await claim('BullMQ: events come in their order, with what they tell', () =>
    withQueue(async ({ queue, events, work }) => {
      const inbox = new Inbox();
      for (const event of ['added', 'waiting', 'active', 'progress', 'completed', 'drained'])
        events.on(event, (what) => inbox.put(event, what.data ?? what.returnvalue ?? what.name));
      await queue.add('told', {});
      work(async (job) => {
        await job.updateProgress({ percent: 50 });
        await job.log('half');
        return 'grüße';
      });
      const came = [];
      while (came.length < 5) {
        const [event, what] = await inbox.next();
        if (event !== 'drained') came.push(event + ' ' + JSON.stringify(what));
      }
      assert.deepStrictEqual(came, ['added "told"', 'waiting undefined', 'active undefined', 'progress {"percent":50}',
        'completed "grüße"']);
      assert.deepStrictEqual((await queue.getJobLogs('1')).logs, ['half']);
    }));
  await claim('BullMQ: a job is repeated as often as it was said, and one more is taken away', () =>
    withQueue(async ({ queue, work }) => {
      const inbox = new Inbox();
      work(async (job) => inbox.put(job.name, job.data));
      await queue.upsertJobScheduler('ticks', { every: 40, limit: 3 }, { name: 'tick', data: { of: 'clock' } });
      assert.deepStrictEqual(await inbox.many(3), Array(3).fill(['tick', { of: 'clock' }]));
      await queue.upsertJobScheduler('nightly', { pattern: '0 0 3 * * *' }, { name: 'night' });
      assert((await queue.getJobSchedulers()).some((scheduler) => scheduler.key === 'nightly'));
      assert.strictEqual(await queue.removeJobScheduler('nightly'), true);
      assert((await queue.getDelayed()).every((job) => job.name !== 'night'));
    }));
  await claim('BullMQ: a job waits for its children and gets their values', () =>
    withQueue(async ({ name, events, work }) => {
      const flows = new FlowProducer({ connection });
      work(async (job) => {
        if (job.name !== 'parent') return job.data.number;
        return Object.values(await job.getChildrenValues()).reduce((a, b) => a + b);
      }, { concurrency: 3 });
      const children = Array.from({ length: 10 }, (_, i) => ({ name: 'child', queueName: name, data: { number: i } }));
      const { job } = await flows.add({ name: 'parent', queueName: name, children });
      assert.strictEqual(await job.waitUntilFinished(events), 45);
      await flows.close();
    }));
  await claim('BullMQ: a job whose worker has gone is done by another', () =>
    withQueue(async ({ queue, events, work, inboxOf }) => {
      const stalled = inboxOf('stalled');
      const job = await queue.add('lost', {});
      const gone = work(null, { lockDuration: 50 });
      assert.strictEqual((await gone.getNextJob('its token')).id, job.id);
      work(async () => 'saved', { stalledInterval: 60 });
      assert.strictEqual((await stalled.next())[0].jobId, job.id);
      assert.strictEqual(await job.waitUntilFinished(events), 'saved');
    }));
  await claim('BullMQ: of jobs that are the same one is kept; jobs are removed, drained and cleaned', () =>
    withQueue(async ({ queue, inboxOf }) => {
      const deduplicated = inboxOf('deduplicated');
      const first = await queue.add('same', {}, { deduplication: { id: 'x' } });
      await queue.add('same', {}, { deduplication: { id: 'x' } });
      assert.strictEqual((await deduplicated.next())[0].jobId, first.id);
      assert.strictEqual(await queue.count(), 1);
      await first.remove();
      await queue.addBulk(Array.from({ length: 50 }, (_, i) => ({ name: 'n', data: i, opts: { delay: i % 2 * 1000000 } })));
      assert.strictEqual((await queue.clean(0, 10, 'wait')).length, 10);
      await queue.drain(true);
      assert.strictEqual(await queue.count(), 0);
    }));
  await claim('BullMQ: nothing of a queue that is obliterated is left', async () => {
    const other = new Queue('stays', { connection });
    const job = await other.add('stays', {});
    const client = new Redis(connection);
    const keys = await client.keys('*');
    assert(keys.length > 0 && keys.every((key) => key.startsWith('bull:stays:')), keys.join());
    await job.remove();
    await other.obliterate();
    assert.deepStrictEqual(await client.keys('*'), []);
    await other.close();
    client.disconnect();
  });
}

exitAfter(jobs().then(more));
