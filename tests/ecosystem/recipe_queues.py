"""Celery and RQ with kvs as their broker.

Usage: recipe_queues.py LINES SOCKET OWN_SOCKET FOLDER: the file celeryconfig.py of docs/recipes.md, in whose folder
PYTHONPATH finds it; a socket that allows access=write, for the programs; one of the same server that allows
access=admin; and a temporary folder. Prints "ok - claim" or "not ok - claim: why" for each test and
exits with 1 when one failed.
"""

import contextlib
import datetime
import os
import signal
import subprocess
import sys
import time
import unittest

import redis
import rq

import claims

SOCKET = OWN_SOCKET = FOLDER = ""
PATIENCE = 60   # seconds


@contextlib.contextmanager
def worker(*words):
    """A worker in a process group of its own, ended with the block; its output goes to the file worker.log."""
    path = os.path.join(FOLDER, "worker.log")
    with open(path, "wb") as log:
        process = subprocess.Popen([sys.executable, "-B", *words], stdin=subprocess.DEVNULL, stdout=log,
                                   stderr=subprocess.STDOUT, cwd=os.path.dirname(os.path.abspath(__file__)),
                                   start_new_session=True)
    try:
        yield process
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def said():
    with open(os.path.join(FOLDER, "worker.log"), encoding="utf-8", errors="replace") as log:
        return log.read()


def wait_until(holds):
    deadline = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > deadline:
            raise AssertionError("it never came true; the worker says: " + said()[-300:])
        time.sleep(0.01)


class Queues(unittest.TestCase):
    def setUp(self):
        self.broker, self.counts = (redis.Redis(unix_socket_path=OWN_SOCKET, db=db) for db in (self.DATABASE, 12))
        self.addCleanup(self.broker.close)
        self.addCleanup(self.counts.close)
        self.broker.flushall()


class Celery(Queues):
    """Its broker is in database 9, its results are in database 10."""

    DATABASE = 9
    WORKER = ("-m", "celery", "-A", "queue_tasks", "worker", "--concurrency", "2", "--without-gossip",
              "--without-mingle", "-l", "info")

    def test_tasks_results_groups_and_chords_of_Celery(self):
        from celery import chain, chord, group
        from queue_tasks import add, limited, third_time, total
        with worker(*self.WORKER):
            results = [add.delay(i, i) for i in range(100)]
            self.assertEqual([r.get(timeout=PATIENCE) for r in results], [2 * i for i in range(100)])
            self.assertEqual(group(add.s(i, 1) for i in range(10))().get(timeout=PATIENCE), list(range(1, 11)))
            self.assertEqual(chord(add.s(i, i) for i in range(10))(total.s()).get(timeout=PATIENCE), 90)
            self.assertEqual(chain(add.s(1, 2), add.s(3), add.s(4))().get(timeout=PATIENCE), 10)
            self.assertRaises(TypeError, add.delay("a", 1).get, timeout=PATIENCE)
            self.assertEqual(third_time.delay("third").get(timeout=PATIENCE), 3)
            began = time.monotonic()
            self.assertEqual(group(limited.s(i) for i in range(20))().get(timeout=PATIENCE), list(range(20)))
            self.assertGreater(time.monotonic() - began, 0.9)   # twenty in a second, the first one at once
            self.assertEqual(add.apply_async((1, 1), countdown=0.1).get(timeout=PATIENCE), 2)
            self.assertEqual(add.app.control.ping(timeout=PATIENCE, limit=1)[0].popitem()[1], {"ok": "pong"})
            self.assertEqual(self.broker.llen("celery"), 0)
            wait_until(lambda: self.broker.zcard("unacked_index") == 0)

    def test_a_task_of_Celery_whose_worker_was_killed_is_done_by_the_next(self):
        """A worker looks for lost messages when it begins, under a lock that it gives back by a script. That the time
        for which a message may stay unacknowledged is over is said here, not waited for."""
        from queue_tasks import stays_the_first_time
        result = stays_the_first_time.delay("stays")
        with worker(*self.WORKER):
            wait_until(lambda: self.counts.get("stays") == b"1")
        lost = self.broker.zrange("unacked_index", 0, -1)
        self.assertEqual(len(lost), 1)
        self.broker.zadd("unacked_index", {lost[0]: 1})
        with worker(*self.WORKER):
            self.assertEqual(result.get(timeout=PATIENCE), 2)
            wait_until(lambda: self.broker.zcard("unacked_index") == 0)
        self.assertEqual(self.broker.exists("unacked_mutex"), 0)


class RQ(Queues):
    """Its worker asks CLIENT LIST for its own address, which needs access=admin."""

    DATABASE = 11

    def work(self, *options):
        return worker("-m", "rq.cli", "worker", "--url", "unix://%s?db=11" % OWN_SOCKET, *options)

    def test_jobs_of_RQ_their_results_retries_and_dependents(self):
        from queue_tasks import double, fails_twice
        queue = rq.Queue(connection=self.broker)
        jobs = [queue.enqueue(double, number) for number in range(3)]
        fails = queue.enqueue(fails_twice, "fails", retry=rq.Retry(max=2))
        given_up = queue.enqueue(fails_twice, "given up", retry=rq.Retry(max=1))
        last = queue.enqueue(double, 10, depends_on=jobs)
        with self.work("--burst") as process:
            self.assertEqual(process.wait(PATIENCE), 0, said()[-300:])
        self.assertEqual([job.latest_result().return_value for job in jobs + [fails, last]], [0, 2, 4, 3, 20])
        self.assertEqual(given_up.get_status(), "failed")
        self.assertIn("the time 2", given_up.latest_result().exc_string)
        self.assertEqual([result.type.name for result in given_up.results()], ["FAILED"])
        self.assertEqual(queue.finished_job_registry.count, 5)

    def test_RQ_schedules_jobs(self):
        from queue_tasks import double
        queue = rq.Queue(connection=self.broker)
        job = queue.enqueue_in(datetime.timedelta(milliseconds=1), double, 21)
        far = queue.enqueue_in(datetime.timedelta(days=1), double, 1)
        self.assertEqual((job.get_status(), len(queue)), ("scheduled", 0))
        with self.work("--with-scheduler"):
            wait_until(lambda: job.get_status() == "finished")
        self.assertEqual((job.latest_result().return_value, far.get_status()), (42, "scheduled"))

    def test_a_queue_of_RQ_is_emptied(self):
        """By a script that deletes keys which it finds in the queue."""
        from queue_tasks import double
        queue = rq.Queue(connection=self.broker)
        job = queue.enqueue_many([rq.Queue.prepare_data(double, (number,)) for number in range(100)])[0]
        self.assertEqual((self.broker.exists(job.key), len(queue)), (1, 100))
        self.assertEqual(queue.empty(), 100)
        self.assertEqual((self.broker.exists(job.key), len(queue)), (0, 0))
        self.assertEqual(queue.delete(), None)


if __name__ == "__main__":
    if len(sys.argv) != 5:
        sys.exit("usage: recipe_queues.py LINES SOCKET OWN_SOCKET FOLDER")
    SOCKET, OWN_SOCKET, FOLDER = sys.argv[2:]
    os.environ["KVS_SOCKET"] = SOCKET
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    claims.run_all("queues")
