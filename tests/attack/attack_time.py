"""How long others wait: commands that walk the keyspace, that match, that are large, and things of the main thread."""

import contextlib
import fcntl
import multiprocessing
import os
import socket
import time

from kit import MB, PATIENCE, Client, attack, encode

BOTH = (1, 2)


def load_million(client):
    """A million small keys, a thousand a request."""
    for begin in range(0, 1000000, 50000):
        client.pour(b"".join(encode("MSET", *[word for i in range(start, start + 1000) for word in ("key:%d" % i, "v")])
                             for start in range(begin, begin + 50000, 1000)), 50)


def within(client, seconds, *words):
    """Sends a command and waits so long for its reply: milliseconds, or None."""
    began = time.monotonic()
    client.send(*words)
    client.socket.settimeout(seconds)
    try:
        client.read()
    except TimeoutError:
        return None
    finally:
        client.socket.settimeout(PATIENCE)
    return (time.monotonic() - began) * 1000


def tell_reply(case, took, seconds, what=""):
    case.figure(what + "its reply", took or seconds * 1000, unit="ms")
    if took is None:
        case.figures[-1].seen = "none within %d s" % seconds


@attack("KEYS with a pattern of 60,000 a's over a key of 120,000", workers=BOTH, redis=True)
def hostile_keys(case):
    for name, pattern in (("one star", b"*" + b"a" * 60000 + b"b"), ("forty stars", b"*a" * 40 + b"b")):
        server = case.server()
        server.client("write")("SET", b"a" * (120000 if name == "one star" else 3000), "1")
        reader = server.client("read")
        with case.witness(server) as witness:
            took = within(reader, 3, "KEYS", pattern)
        tell_reply(case, took, 3, name + ": ")
        case.waits(witness.seen, name)
        server.stop()


@attack("SCAN MATCH and COMMAND LIST with hostile patterns, from a reader", workers=BOTH, redis=True)
def hostile_elsewhere(case):
    server = case.server()
    server.client("write")("SET", b"a" * 120000, "1")
    stars = b"*?" * 2000 + b"x"
    for words in (("SCAN", "0", "MATCH", b"*" + b"a" * 60000 + b"b", "COUNT", "1000000"),
                  ("COMMAND", "LIST", "FILTERBY", "PATTERN", b"*a" * 20000 + b"x"),
                  ("COMMAND", "LIST", "FILTERBY", "PATTERN", stars)):
        reader = server.client("read")
        with case.witness(server) as witness:
            within(reader, 2, *words)
        case.waits(witness.seen, "%s, %d bytes" % (words[0] if words[0] == "SCAN" else "COMMAND LIST",
                                                 max(len(word) for word in words)))
        reader.close()


@attack("a million keys: KEYS *, SCAN COUNT 10^9, both in pipelines, FLUSHALL", workers=BOTH, redis=True)
def million_keys(case):
    server = case.server()
    admin, reader = server.client(), server.client("read")
    load_million(admin)
    walks = (("KEYS *", reader, encode("KEYS", "*"), 1),
             ("SCAN COUNT 10^9", reader, encode("SCAN", 0, "COUNT", 1000000000), 1),
             ("ten KEYS nothing*", reader, encode("KEYS", "nothing*") * 10, 10),
             ("FLUSHALL", admin, encode("FLUSHALL"), 1))
    for name, client, data, replies in walks:
        with case.witness(server) as witness:
            began = time.monotonic()
            client.raw(data)
            for _ in range(replies):
                client.read()
            took = time.monotonic() - began
        case.figure("%s: its reply" % name, took * 1000, unit="ms")
        case.waits(witness.seen, name)


@attack("300,000 keys that expire at once", workers=BOTH, redis=True)
def expire_at_once(case):
    server = case.server()
    admin = server.client()
    at = int(time.time() * 1000) + 1800
    for begin in range(0, 300000, 50000):
        admin.pour(b"".join(encode("SET", "key:%d" % i, "v", "PXAT", at) for i in range(begin, begin + 50000)), 50000)
    with case.witness(server) as witness:
        time.sleep(max(0, at / 1000 - time.time()) + 1)
    case.waits(witness.seen)


@attack("LCS of two values of 10 kB", workers=BOTH, redis=True)
def long_lcs(case):
    server = case.server()
    writer = server.client("write")
    writer("MSET", "one", "ab" * 5000, "two", "ba" * 5000)
    reader = server.client("read")
    with case.witness(server) as witness:
        took = within(reader, 20, "LCS", "one", "two")
    tell_reply(case, took, 20)
    case.waits(witness.seen)
    case.peak(server, 600 * MB)


@attack("SETRANGE to 512 MB and DEL, three times in a pipeline; a value of 256 MB grows, and a copy is made", workers=BOTH,
        redis=True)
def large_setranges(case):
    server = case.server()
    writer = server.client("write")
    with case.witness(server) as witness:
        writer.pour((encode("SETRANGE", "q", 512 * MB - 1, "x") + encode("DEL", "q")) * 3, 6)
    case.waits(witness.seen, "by a gap")
    writer("SETRANGE", "q", 256 * MB - 1, "x")
    for name, words in (("APPEND", ("APPEND", "q", "x" * 1000)), ("COPY", ("COPY", "q", "r"))):
        with case.witness(server) as witness:
            writer(*words)
        case.waits(witness.seen, name, own_work=True)


@attack("one MSET of 300,000 keys, one MGET and one DEL of them", workers=BOTH, redis=True)
def many_arguments(case):
    server = case.server()
    writer = server.client("write")
    names = ["key:%d" % i for i in range(300000)]
    for words in (["MSET"] + [word for name in names for word in (name, "v")], ["MGET"] + names, ["DEL"] + names):
        data = encode(*words)
        with case.witness(server) as witness:
            writer.raw(data)
            writer.read()
        # one command that is atomic over so many keys holds their shards; docs/threads.md says so
        case.waits(witness.seen, words[0], measured=True)


def writers(path, seconds):
    """Pipelines of SETs for so long, from a process of its own."""
    client = Client(path)
    data = b"".join(encode("SET", "key:%d" % i, "x" * 64) for i in range(50000))
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        client.pour(data, 50000)


@attack("pipelines of 50,000 SETs from two processes for a second", workers=BOTH, redis=True)
def large_pipelines(case):
    server = case.server()
    with case.witness(server) as witness:
        in_processes(writers, 2, server.socket("write"), 1.0)
    case.waits(witness.seen)


def in_processes(function, count, *arguments):
    context = multiprocessing.get_context("fork")
    running = [context.Process(target=function, args=arguments, daemon=True) for _ in range(count)]
    for process in running:
        process.start()
    for process in running:
        process.join(PATIENCE)
        if process.is_alive():
            process.kill()


@attack("500 of a reader's dear commands in a pipeline: INFO, COMMAND DOCS, MEMORY MALLOC-STATS and the like", workers=BOTH,
        redis=True)
def dear_pipelines(case):
    server = case.server()
    for words in (("INFO", "everything"), ("COMMAND", "DOCS"), ("COMMAND",), ("MEMORY", "STATS"),
                  ("MEMORY", "MALLOC-STATS"), ("LATENCY", "HISTOGRAM")):
        reader = server.client("read")
        with case.witness(server) as witness:
            reader.push(encode(*words) * 500, 0.2)
            reader.skim(0.3)
        case.waits(witness.seen, " ".join(words))
        reader.close()


def flood(path, seconds):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with contextlib.suppress(OSError):
            connections = []
            for _ in range(50):
                connection = socket.socket(socket.AF_UNIX)
                connections.append(connection)
                connection.setblocking(False)
                connection.connect(path)
            for connection in connections:
                connection.close()


@attack("a process connects and hangs up as fast as it can for two seconds", workers=BOTH, redis=True)
def connection_flood(case):
    server = case.server()
    with case.witness(server) as witness:
        in_processes(flood, 1, server.socket("read"), 2.0)
    case.waits(witness.seen)


@attack("8,000 connections that come, send a PING each and go at once", workers=BOTH, redis=True)
def many_hang_up(case):
    server = case.server()
    connections = []
    with case.witness(server) as witness:
        for _ in range(8000):
            connections.append(server.client("read"))
        for connection in connections:
            connection.send("PING")
        for connection in connections:
            connection.close()
    case.waits(witness.seen)


@attack("100 values of 4 MB, deleted by one DEL, by a pipeline of DELs, and overwritten", workers=BOTH, redis=True)
def large_deletes(case):
    for how in ("one DEL", "pipeline of DELs", "pipeline of SETs"):
        server = case.server()
        writer = server.client("write")
        writer.pour(b"".join(encode("SETRANGE", "k%d" % i, 4 * MB - 1, "x") for i in range(100)), 100)
        names = ["k%d" % i for i in range(100)]
        data = {"one DEL": encode("DEL", *names), "pipeline of DELs": b"".join(encode("DEL", name) for name in names),
                "pipeline of SETs": b"".join(encode("SET", name, "x") for name in names)}[how]
        with case.witness(server) as witness:
            writer.pour(data, 1 if how == "one DEL" else 100)
        case.waits(witness.seen, how)
        server.stop()


@attack("INFO and CLIENT LIST with as many databases as are allowed; FLUSHALL, SWAPDB", workers=(1,), redis=True)
def many_databases(case):
    server = None
    for databases in (2147483647, 10000000, 1000000, 100000, 10000, 1000):
        server = case.server("--databases", str(databases), answers=False)
        with contextlib.suppress(RuntimeError):
            server.await_answer(2)
            break
        server.stop()
    case.figure("databases that it starts with", databases, unit="")
    case.figure("until it answers", server.await_answer(20) * 1000, 1000, "ms")
    case.peak(server, 64 * MB)
    reader, admin = server.client("read", 10), server.client()
    with case.witness(server) as witness:
        for words in (("INFO",), ("INFO", "keyspace")):
            within(reader, 3, *words)
        for words in (("CLIENT", "LIST"), ("FLUSHALL",), ("SWAPDB", "0", str(databases - 1)), ("MEMORY", "STATS")):
            within(admin, 3, *words)
    case.waits(witness.seen)


@attack("somebody holds flock on the sockets' folder: start with three sockets, CONFIG SET listen of twenty",
        workers=(1,))
def folder_locked(case):
    folder = case.folder()
    held = os.open(folder, os.O_RDONLY)
    fcntl.flock(held, fcntl.LOCK_EX)
    try:
        more = [word for i in range(2) for word in ("--listen", "%s/%d.sock" % (folder, i))]
        began = time.monotonic()
        server = case.server(*more, answers=False)
        server.await_answer(30)
        took = time.monotonic() - began
        case.figure("until it answers", took * 1000, 6000, "ms")
        case.holds("it didn't wait, or says for whom", took < 1 or "pid %d" % os.getpid() in server.log_text())
        admin = server.client()
        with case.witness(server) as witness:
            within(admin, 12, "CONFIG", "SET", "listen", " ".join("%s/more%d.sock access=read" % (folder, i)
                                                                  for i in range(20)))
        case.waits(witness.seen)
    finally:
        os.close(held)


@attack("SIGTERM while KEYS matches a hostile pattern", workers=BOTH, redis=True)
def sigterm_beside(case):
    server = case.server()
    server.client("write")("SET", b"a" * 120000, "1")
    reader = server.client("read")
    reader.send("KEYS", b"*" + b"a" * 60000 + b"b")
    time.sleep(0.2)
    began = time.monotonic()
    server.process.terminate()
    with contextlib.suppress(Exception):
        server.process.wait(4)
    case.figure("it ends within", (time.monotonic() - began) * 1000, 2000, "ms")


@attack("connections in odd states are left alone: half-closed, unread, paused and gone, monitors; CPU of a second",
        redis=True)
def odd_connections(case):
    server = case.server()
    admin = server.client()
    admin("SET", "big", bytes(MB))
    odd = []
    for how in ("half-closed", "half-closed, unread", "unread", "half request, half-closed", "monitor, half-closed",
                "monitor that closes", "paused, half-closed", "paused and gone", "urgent"):
        client = server.client()
        odd.append(client)
        if "monitor" in how:
            client("MONITOR")
        if "unread" in how:
            client.push(encode("GET", "big") * 100, 0.05)
        if "half request" in how:
            client.raw(b"*2\r\n$4\r\nECHO\r\n$100\r\nx")
        if "paused" in how:
            admin("CLIENT", "PAUSE", "2000", "WRITE")
            client.send("SET", "a", "b")
        if how == "urgent":
            with contextlib.suppress(OSError):
                client.socket.send(b"x", socket.MSG_OOB)
        if "half-closed" in how:
            client.socket.shutdown(socket.SHUT_WR)
        if "gone" in how or "closes" in how:
            client.close()
    time.sleep(0.2)
    began = server.cpu()
    time.sleep(1)
    case.figure("CPU of a second", (server.cpu() - began) * 100, 5, "%")


@attack("refused commands, wrong passwords and broken requests for two seconds: lines of the log")
def log_flood(case):
    server = case.server()
    before = server.log_text().count("\n")
    end = time.monotonic() + 2
    reader = server.client("read")
    denied = encode("SET", "a", "b") * 50 + encode("AUTH", "nobody", "x") * 50 + encode("CONFIG", "GET", "x") * 50
    while time.monotonic() < end:
        reader.pour(denied, 150, b"-NOPERM")
        for broken in (b"*1\r\n$-5\r\n", b"*1\r\n!", b"POST / HTTP/1.1\r\nHost: x\r\n\r\n", b"*99999999999\r\n"):
            other = server.client("read")
            other.try_raw(broken)
            other.close()
    case.figure("lines of the log", server.log_text().count("\n") - before, 100, "")
