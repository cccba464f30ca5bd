"""Snapshots while everything goes on: how long others wait, and how much memory is needed beside the data set.
ATTACK_KEYS=10000000 ATTACK_SECONDS=900 asks for ten million keys."""

import contextlib
import os
import random
import threading
import time

from kit import attack, encode

KEYS = int(os.environ.get("ATTACK_KEYS", "1000000"))
WRITERS = 2
BATCH = 200                  # requests that a writer sends at once
CALM, CALM_IF_NOISY = 5, 250  # milliseconds
SHARE, SHARE_IF_NOISY = 0.10, 0.25   # of the data set


def load(client):
    """Values of 100 bytes, a thousand a request."""
    for begin in range(0, KEYS, 50000):
        end = min(begin + 50000, KEYS)
        starts = range(begin, end, 1000)
        client.pour(b"".join(encode("MSET", *[word for i in range(start, min(start + 1000, end))
                                              for word in ("key:%d" % i, b"v" * 100)]) for start in starts), len(starts))


def rewrite(client, seed, is_over):
    """Overwrites keys at random until it is told to end."""
    dice = random.Random(seed)
    while not is_over.is_set():
        keys = dice.choices(range(KEYS), k=BATCH)
        client.pour(b"".join(encode("SET", "key:%d" % key, b"w" * 100) for key in keys), BATCH)


@contextlib.contextmanager
def writers(server):
    is_over = threading.Event()
    threads = [threading.Thread(target=rewrite, args=(server.client("write"), seed, is_over), daemon=True)
               for seed in range(WRITERS)]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        is_over.set()
        for thread in threads:
            thread.join()


def save(client):
    """Seconds that a snapshot took."""
    began = time.monotonic()
    client("BGSAVE")
    while client.info("persistence")["rdb_bgsave_in_progress"] == "1":
        time.sleep(0.01)
    return time.monotonic() - began


@attack("BGSAVE of %d keys while writers rewrite all of them at random" % KEYS, redis=True)
def snapshot_of_what_changes(case):
    server = case.server()
    admin = server.client()
    load(admin)
    used = int(admin.info("memory")["used_memory"])
    with writers(server):
        with case.witness(server) as witness:
            time.sleep(1)
        before = witness.seen
        case.figure("before it: a bystander waits", before.longest, unit="ms")
        with case.witness(server) as witness:
            took = save(admin)
    seen = witness.seen
    case.figure("it takes", took * 1000, unit="ms")
    case.figure("a bystander waits", seen.longest, CALM, "ms", CALM_IF_NOISY + seen.late)
    case.figure("a new connection waits", seen.new, CALM, "ms", CALM_IF_NOISY + seen.late)
    case.figure("99.9 % wait at most", seen.p999, unit="ms")
    case.figure("memory beside the data set", (seen.used() - max(used, before.used())) / used * 100, SHARE * 100, "%",
                SHARE_IF_NOISY * 100)
    case.figure("peak RSS", server.peak())
    case.holds("the snapshot was made", admin.info("persistence")["rdb_last_bgsave_status"] == "ok")
    case.holds("it has all keys", os.path.getsize(os.path.join(server.folder, "dump.rdb")) > KEYS * 10)
    with case.witness(server) as witness:
        took = save(admin)
    case.figure("while nobody writes: it takes", took * 1000, unit="ms")
    case.figure("while nobody writes: a bystander waits", witness.seen.longest, CALM, "ms",
                CALM_IF_NOISY + witness.seen.late)
