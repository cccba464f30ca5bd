"""MULTI, WATCH and EXEC: what is queued without end, watches by the million, and transactions that are long or left."""

import time

from attack_clients import counted, no_price_for_keys
from kit import MB, ROOM, Error, attack, encode, wait_until

BOTH = (1, 2)


@attack("ten clients queue ECHOs of 1 kB without end; client-query-buffer-limit 10mb", workers=BOTH)
def endless_queue(case):
    server = case.server("--client-query-buffer-limit", "10mb")
    admin = server.client()
    readers = server.clients(10, "read")
    with case.witness(server) as witness:
        for reader in readers:
            reader("MULTI")
            reader.push(encode("ECHO", "x" * 1000) * 20000, 0.3)
    case.figure("clients that stay", sum(not reader.is_closed(2) for reader in readers), 0, "")
    case.figure("used_memory", int(admin.info()["used_memory_peak"]), 10 * 15 * MB + ROOM)
    case.waits(witness.seen)


@attack("eight clients queue an ECHO of 500 MB; client-query-buffer-limit 10mb", workers=BOTH)
def huge_queue(case):
    server = case.server("--client-query-buffer-limit", "10mb")
    readers = server.clients(8, "read")
    for reader in readers:
        reader("MULTI")
        reader.push(b"*2\r\n$4\r\nECHO\r\n$500000000\r\n" + b"x" * (14 * MB), 0.3)
    case.figure("clients that stay", sum(not reader.is_closed(2) for reader in readers), 0, "")
    case.peak(server, 8 * 15 * MB + 20 * MB)


@attack("eight clients queue 30 MB each; maxmemory 200mb with 50,000 keys of 1 kB")
def queues_evict(case):
    def send(reader):
        reader("MULTI")
        for _ in range(30):
            reader("ECHO", b"x" * 1000000)
    for policy, _, admin in no_price_for_keys(case, send):
        case.figure("%s: memory that is no client's" % policy,
                    int(admin.info()["used_memory"]) - counted(admin), 100 * MB)


def watch_many(client, count, prefix="w"):
    step = 1000
    for begin in range(0, count, step):
        client("WATCH", *["%s%d" % (prefix, i) for i in range(begin, begin + step)])


@attack("a client watches a million keys, and ends that by UNWATCH, by EXEC and by going", workers=BOTH)
def million_watches(case):
    server = case.server()
    admin = server.client()
    before = int(admin.info()["used_memory"])
    for end in ("UNWATCH", "EXEC", "going"):
        reader = server.client("read")
        with case.witness(server) as witness:
            watch_many(reader, 1000000)
            held = int(admin.info()["used_memory"]) - before
            counts = counted(admin)
            began = time.monotonic()
            if end == "EXEC":
                reader("MULTI")
                reader("PING")
            if end != "going":
                reader(end)
            reader.close()
            wait_until(lambda: int(admin.info()["used_memory"]) < before + 2 * ROOM, 10)
            took = time.monotonic() - began
        case.figure("%s: memory that isn't the client's" % end, held - counts, 0.25 * held)
        case.figure("%s: memory afterwards" % end, int(admin.info()["used_memory"]) - before, 2 * ROOM)
        case.figure("%s: its own time" % end, took * 1000, unit="ms")
        case.waits(witness.seen, end)


@attack("watches of 4 kB names; client-query-buffer-limit 10mb", workers=BOTH)
def long_watches(case):
    server = case.server("--client-query-buffer-limit", "10mb")
    reader = server.client("read")
    try:
        for number in range(4000):
            if isinstance(reader("WATCH", b"%d" % number + b"x" * 4000), Error):
                break
        closed = reader.is_closed(2)
    except (EOFError, OSError):
        closed = True
    case.holds("the client is closed", closed)
    case.figure("used_memory", int(server.client().info()["used_memory_peak"]), 15 * MB + ROOM)


@attack("5,000 clients watch one key, again and again, while it is written", workers=BOTH)
def all_watch_one(case):
    server = case.server()
    readers, writer = server.clients(5000, "read"), server.client("write")
    with case.witness(server) as witness:
        for _ in range(3):
            for reader in readers:
                reader.send("WATCH", "one")
            for reader in readers:
                reader.read()
            writer("INCR", "one")
    readers[0]("MULTI")
    readers[0]("PING")
    case.holds("EXEC runs nothing", readers[0]("EXEC") is None)
    case.waits(witness.seen)


@attack("an EXEC of 100,000 SETs, of one key and of 100,000", workers=BOTH)
def long_exec(case):
    for what, name in (("one key", "k"), ("100,000 keys", "k%d")):
        server = case.server()
        writer = server.client("write")
        with case.witness(server) as witness:
            data = b"".join(encode("SET", name % i if "%" in name else name, "v") for i in range(100000))
            writer.pour(encode("MULTI") + data, 100001, b"-")
            began = time.monotonic()
            replies = writer("EXEC")
            took = time.monotonic() - began
        case.holds("%s: all ran" % what, len(replies) == 100000)
        case.figure("%s: EXEC takes" % what, took * 1000, unit="ms")
        case.waits(witness.seen, what, measured=True)   # it can't be interrupted
        server.stop()


@attack("five hundred transactions of 100 kB are left open: by going, and by CLIENT KILL", workers=BOTH)
def left_open(case):
    server = case.server()
    admin = server.client()
    before = int(admin.info()["used_memory"])
    for way in ("going", "CLIENT KILL"):
        writers = server.clients(500, "write")
        for number, writer in enumerate(writers):
            writer("WATCH", "k", "k%d" % number)
            writer("MULTI")
            writer("SET", "k", b"x" * 100000)
        case.holds("%s: they are counted as clients'" % way, counted(admin) > 40 * MB, counted(admin))
        if way == "going":
            for writer in writers:
                writer.close()
        else:
            admin("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
        wait_until(lambda: int(admin.info()["used_memory"]) < before + 2 * ROOM, 10)
        case.figure("%s: memory afterwards" % way, int(admin.info()["used_memory"]) - before, 2 * ROOM)
    case.holds("nothing was set", admin("EXISTS", "k") == 0)
