"""Celery and RQ with kvs as their broker, as far as they go without scripts and streams.

Usage: recipe_queues.py SOCKET OWN_SOCKET FOLDER: a socket that allows access=write, for the programs; one of the same
server that allows access=admin; and a temporary folder. Prints "ok - claim" or "not ok - claim: why" for each test and
exits with 1 when one failed.
"""

import contextlib
import os
import signal
import subprocess
import sys
import unittest

import redis
import rq

import claims

SOCKET = OWN_SOCKET = FOLDER = ""
PATIENCE = 30   # seconds


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


class Celery(unittest.TestCase):
    """Its broker is in database 9, its results are in database 10."""

    WORKER = ("-m", "celery", "-A", "queue_tasks", "worker", "--concurrency", "2", "--without-gossip",
              "--without-mingle", "-l", "info")

    def setUp(self):
        self.broker = redis.Redis(unix_socket_path=OWN_SOCKET, db=9)
        self.addCleanup(self.broker.close)
        self.broker.flushall()

    def test_tasks_results_groups_and_chords_of_Celery(self):
        """With the lock of restore_visible() held by somebody else, a worker needs no script."""
        from celery import chord, group
        from queue_tasks import add, total
        self.broker.set("unacked_mutex", "held")
        with worker(*self.WORKER):
            results = [add.delay(i, i) for i in range(100)]
            self.assertEqual([r.get(timeout=PATIENCE) for r in results], [2 * i for i in range(100)])
            self.assertEqual(group(add.s(i, 1) for i in range(10))().get(timeout=PATIENCE), list(range(1, 11)))
            self.assertEqual(chord(add.s(i, i) for i in range(10))(total.s()).get(timeout=PATIENCE), 90)
            self.assertRaises(TypeError, add.delay("a", 1).get, timeout=PATIENCE)
            self.assertEqual(add.app.control.ping(timeout=PATIENCE, limit=1)[0].popitem()[1], {"ok": "pong"})
            self.assertEqual(self.broker.llen("celery"), 0)

    def test_a_worker_of_Celery_needs_a_script_to_begin(self):
        """It gives back the lock under which it looks for lost messages."""
        with worker(*self.WORKER) as process:
            process.wait(PATIENCE)
            self.assertIn("unknown command 'EVALSHA'", said())
            self.assertIn("do_release", said())


class RQ(unittest.TestCase):
    """Its worker asks CLIENT LIST for its own address, which needs access=admin."""

    def test_RQ_runs_a_job_and_has_its_result(self):
        from queue_tasks import mark
        with redis.Redis(unix_socket_path=OWN_SOCKET, db=11) as connection:
            path = os.path.join(FOLDER, "mark")
            job = rq.Queue(connection=connection).enqueue(mark, path)
            with worker("-m", "rq.cli", "worker", "--burst", "--url", "unix://%s?db=11" % OWN_SOCKET) as process:
                process.wait(PATIENCE)
            self.assertTrue(os.path.exists(path), said()[-300:])
            self.assertEqual(job.get_status(), "finished")
            self.assertEqual(job.latest_result().type, rq.results.Result.Type.SUCCESSFUL)


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit("usage: recipe_queues.py SOCKET OWN_SOCKET FOLDER")
    SOCKET, OWN_SOCKET, FOLDER = sys.argv[1:]
    os.environ["KVS_SOCKET"] = SOCKET
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    claims.run_all("queues")
