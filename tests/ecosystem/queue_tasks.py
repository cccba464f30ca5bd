"""What the workers of Celery and RQ run for recipe_queues.py. The socket is KVS_SOCKET of the environment."""

import os

from celery import Celery

SOCKET = os.environ["KVS_SOCKET"]
app = Celery("queue_tasks", broker="redis+socket://%s?virtual_host=9" % SOCKET,
             backend="redis+socket://%s?virtual_host=10" % SOCKET)
app.conf.update(broker_connection_retry=False, worker_hijack_root_logger=False)


@app.task
def add(x, y):
    return x + y


@app.task
def total(numbers):
    return sum(numbers)


def mark(path):
    """For RQ."""
    with open(path, "w", encoding="utf-8"):
        pass
