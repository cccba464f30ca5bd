"""maxmemory: what writers do to a server that was given little."""

import os
import signal
import threading
import time

from kit import MB, Error, Hung, attack, encode, wait_until

POLICIES = ("noeviction", "allkeys-lru", "allkeys-lfu", "allkeys-random", "volatile-lru", "volatile-lfu",
            "volatile-random", "volatile-ttl")
HUGE = 512 * MB


def fill(client, count, size, prefix="k"):
    """Sets count keys with values of that size."""
    step = 1000
    for begin in range(0, count, step):
        names = range(begin, min(count, begin + step))
        value = b"v" * size
        client.pour(b"".join(encode("SET", "%s%d" % (prefix, i), value) for i in names), len(names))


@attack("40,000 keys of 100 bytes, then sixty SETs of 1,000,000 bytes in a pipeline; maxmemory 10mb, allkeys-lru",
        workers=(1, 2), redis=True)
def large_among_small(case):
    server = case.server("--maxmemory", "10mb", "--maxmemory-policy", "allkeys-lru")
    client = server.client("write")
    with case.witness(server) as witness:
        fill(client, 40000, 100)
        client.pour(b"".join(encode("SET", "big%d" % i, b"x" * 1000000) for i in range(60)), 60)
    case.memory(witness.seen, 10 * MB, 1000000)
    case.waits(witness.seen)


@attack("sixty MSETs of ten values of 100 kB; maxmemory 10mb, noeviction", redis=True)
def msets_refused(case):
    server = case.server("--maxmemory", "10mb")
    client = server.client("write")
    value = b"x" * 100000
    with case.witness(server) as witness:
        data = b"".join(encode("MSET", *[word for j in range(10) for word in ("k%d" % (10 * i + j), value)])
                        for i in range(60))
        refused = client.pour(data, 60)
    case.memory(witness.seen, 10 * MB, 1000000)
    case.figure("MSETs accepted", 60 - refused, 11, "")
    case.holds("what there is room for is accepted", 60 - refused >= 7, 60 - refused)


@attack("eight SETRANGEs to 512 MB in a pipeline, in every policy; maxmemory 100mb", redis=True)
def huge_setranges(case):
    for policy in POLICIES:
        server = case.server("--maxmemory", "100mb", "--maxmemory-policy", policy)
        client = server.client("write")
        with case.witness(server, writes=False) as witness:
            try:
                client.pour(b"".join(encode("SETRANGE", "k%d" % i, HUGE - 1, "x") for i in range(8)), 8)
            except EOFError:
                if not server.killed:
                    raise
        if server.killed:
            case.holds("%s: lives" % policy, False, server.how_it_ended())
        else:
            case.memory(witness.seen, 100 * MB, HUGE, policy)
        server.stop()


@attack("100 MB of keys, then CONFIG SET maxmemory 20mb while nobody writes; allkeys-lru", redis=True, workers=(1, 2))
def lowered_limit(case):
    server = case.server("--maxmemory-policy", "allkeys-lru")
    client = server.client()
    fill(client, 100000, 1000)
    with case.witness(server, writes=False) as witness:
        client("CONFIG", "SET", "maxmemory", "20mb")
        took = wait_until(lambda: int(client.info("memory")["used_memory"]) <= 20 * MB * 1.02 + MB, 3)
    case.figure("evicted within", 99000 if took is None else took * 1000, 1000, "ms")
    case.waits(witness.seen)


@attack("100 MB of keys, then SIGHUP with maxmemory 20mb in the file while nobody writes; allkeys-lru")
def lowered_by_sighup(case):
    server = case.server("--maxmemory-policy", "allkeys-lru", lines=["maxmemory 0"])
    client = server.client()
    fill(client, 100000, 1000)
    with open(server.config, "w", encoding="ascii") as file:
        file.write("maxmemory 20mb\n")
    with case.witness(server, writes=False) as witness:
        os.kill(server.pid, signal.SIGHUP)
        took = wait_until(lambda: int(client.info("memory")["used_memory"]) <= 20 * MB * 1.02 + MB, 3)
    case.figure("evicted within", 99000 if took is None else took * 1000, 1000, "ms")
    case.waits(witness.seen)


@attack("20,000 SETs that are refused; volatile-* and noeviction, no key has a time to live", redis=True)
def refused_writes(case):
    data = b"".join(encode("SET", "x%d" % i, "v") for i in range(20000))
    for policy in ("noeviction", "volatile-lru", "volatile-lfu", "volatile-random", "volatile-ttl"):
        server = case.server("--maxmemory-policy", policy)
        client = server.client()
        fill(client, 40000, 1000)
        client("CONFIG", "SET", "maxmemory", "20mb")
        wait_until(lambda: isinstance(client("SET", "x", "v"), Error), 3)
        began = server.cpu()
        refused = client.pour(data, 20000)
        case.figure("%s: CPU of a refused SET" % policy, (server.cpu() - began) / 20000 * 1e6, 5, "µs")
        case.holds("%s: all are refused" % policy, refused == 20000, refused)
        server.stop()


@attack("400,000 keys of a few bytes; maxmemory 10mb, noeviction", redis=True)
def many_tiny(case):
    server = case.server("--maxmemory", "10mb")
    client = server.client("write")
    with case.witness(server) as witness:
        for begin in range(0, 400000, 50000):
            client.pour(b"".join(encode("SET", "key:%d" % i, "v") for i in range(begin, begin + 50000)), 50000)
    case.memory(witness.seen, 10 * MB, MB)   # one step of a table's growth
    case.waits(witness.seen)


@attack("values that grow: APPEND, SETRANGE and COPY by eight clients; maxmemory 20mb, noeviction and allkeys-lru",
        redis=True)
def growing_values(case):
    piece = b"x" * 100000
    for policy in ("noeviction", "allkeys-lru"):
        server = case.server("--maxmemory", "20mb", "--maxmemory-policy", policy)
        clients = server.clients(8, "write")
        with case.witness(server) as witness:
            for client in clients:
                client("SET", "source%d" % clients.index(client), piece * 5)
            for turn in range(40):
                for number, client in enumerate(clients):
                    client.send("APPEND", "a%d" % number, piece)
                    client.send("SETRANGE", "s%d" % number, 20000 * turn, piece)
                    client.send("COPY", "source%d" % number, "c%d.%d" % (number, turn))
                for client in clients:
                    for _ in range(3):
                        client.read()
        # one value for each worker; what grows is copied, so it stands twice for a moment
        case.memory(witness.seen, 20 * MB, 2 * 4000000 * case.workers, policy)
        server.stop()


@attack("what is freed in the background: FLUSHALL ASYNC and refilling, lazy eviction, lazy overwriting; maxmemory 100mb",
        redis=True)
def garbage_pending(case):
    lazy = ("--lazyfree-lazy-eviction", "yes", "--lazyfree-lazy-server-del", "yes")
    value = b"x" * (2 * MB)
    for how in ("refilling", "eviction", "overwriting"):
        server = case.server("--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru", *lazy)
        client = server.client()
        with case.witness(server) as witness:
            if how == "refilling":
                for _ in range(4):
                    client.pour(b"".join(encode("SET", "k%d" % i, value) for i in range(30)) + encode("FLUSHALL", "ASYNC"), 31)
                client.pour(b"".join(encode("SET", "k%d" % i, value) for i in range(30)), 30)
            elif how == "eviction":
                client.pour(b"".join(encode("SET", "k%d" % i, value) for i in range(200)), 200)
            else:
                client.pour(b"".join(encode("SET", "k%d" % (i % 30), value) for i in range(200)), 200)
        case.memory(witness.seen, 100 * MB, 2 * MB, how, requests=2 * MB)
        # thirty have room: what waits to be freed is not paid for with other keys, but for one or two that come just then
        case.figure("%s: values that were lost needlessly" % how, max(0, 30 - len(client("KEYS", "k*"))), 3, "")
        server.stop()


@attack("a hundred keys with names of 1 MB; maxmemory 20mb, noeviction and allkeys-lru", redis=True)
def long_names(case):
    data = b"".join(encode("SET", b"%d" % i + bytes(MB), "x") for i in range(100))
    for policy in ("noeviction", "allkeys-lru"):
        server = case.server("--maxmemory", "20mb", "--maxmemory-policy", policy)
        client = server.client()
        with case.witness(server) as witness:
            client.pour(data, 100)
        case.memory(witness.seen, 20 * MB, MB, policy, requests=2 * MB)
        server.stop()


@attack("eight clients SET 1 MB values at once; maxmemory 20mb, allkeys-random and noeviction", redis=True)
def writers_at_once(case):
    data = b"".join(encode("SET", "k%d" % (i % 97), b"x" * MB) for i in range(40))
    for policy in ("noeviction", "allkeys-random"):
        server = case.server("--maxmemory", "20mb", "--maxmemory-policy", policy)
        clients = server.clients(8, "write")
        with case.witness(server) as witness:
            at_once(clients, data, 40)
        # a value takes 1.3 MB, its size class; a request that has come in part up to half as much more while it grows
        case.memory(witness.seen, 20 * MB, 4 * MB // 3 * case.workers, policy, requests=16 * MB)
        case.waits(witness.seen, policy)
        server.stop()


def at_once(clients, data, replies):
    """All clients send the same data and read as many replies, each in a thread of its own."""
    threads = [threading.Thread(target=client.pour, args=(data, replies), daemon=True) for client in clients]
    for thread in threads:
        thread.start()
    end = time.monotonic() + 30
    for thread in threads:
        thread.join(max(0, end - time.monotonic()))
        if thread.is_alive():
            raise Hung("a writer has no answer for 30 s")
