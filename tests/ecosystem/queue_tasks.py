"""What the workers of Celery and RQ run for recipe_queues.py.

Of the environment, KVS_SOCKET is the socket; celeryconfig is found in PYTHONPATH.
"""

import os

import redis
from celery import Celery

SOCKET = os.environ["KVS_SOCKET"]
app = Celery("queue_tasks")
app.config_from_object("celeryconfig")
app.conf.update(broker_connection_retry=False, worker_hijack_root_logger=False, worker_prefetch_multiplier=1)


def counted(key):
    """How often this was called with that key, in a database of its own."""
    with redis.Redis(unix_socket_path=SOCKET, db=12) as connection:
        return connection.incr(key)


@app.task
def add(x, y):
    return x + y


@app.task
def total(numbers):
    return sum(numbers)


@app.task(rate_limit="20/s")
def limited(x):
    return x


@app.task(bind=True, max_retries=3, default_retry_delay=0)
def third_time(self, key):
    """Is done again by Celery until its third time."""
    times = counted(key)
    if times < 3:
        raise self.retry()
    return times


@app.task(acks_late=True)
def stays_the_first_time(key):
    """Whoever runs it for the first time never ends it by himself."""
    times = counted(key)
    if times == 1:
        with redis.Redis(unix_socket_path=SOCKET, db=12) as connection:
            connection.blpop("never")
    return times


# ---- for RQ ----

def double(x):
    return 2 * x


def fails_twice(key):
    times = counted(key)
    if times < 3:
        raise ValueError("the time %d" % times)
    return times
