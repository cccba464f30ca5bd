"""Rows on streams: entries that are added, what an entry occupies, by the server's RSS, and one very long stream."""

import os
import random
import statistics
import time

import clients
from collection_rates import talk
from report import Row, at_least, at_most, no_worse
from servers import BenchError, connect, stop_all
from throughput import interleaved

NAMES = ["kvs", "redis"]
REQUESTS = 1000000
ENTRIES = 1000000
BATCH = 500

LONG_ENTRIES = 2000000
LONG_PIPELINE = 500
IDS_A_MS = 200     # as caller.c writes them
FIRST_MS = 1700000000000
REQUESTS_TIMED = 400  # of each kind, in a round
TRIMMED = 100      # entries that one XTRIM takes


def _caller(bench):
    return os.path.join(os.path.dirname(bench.loader.path), "caller")


def _own_client(bench, servers, requests):
    """The kit's own client costs less than redis-benchmark, which adds no more than some half a million a second."""
    rate = Row("the same, own client", "requests/s", [at_least(1.8, "redis")])
    cpu = Row("the same, own client", "server CPU us/request", [at_most(1 / 1.8, "redis")], digits=3)
    shares = {}
    for number, server in interleaved(servers, bench.rounds):
        run = clients.caller(_caller(bench), server, "add", requests, 16, seed=number)
        rate.add(server.name, run.rate)
        cpu.add(server.name, run.server_us())
        shares.setdefault(server.name, []).append(run.client_share)
    bench.rows.extend([rate, cpu])
    return shares


def _note(client, shares):
    used = ", ".join(f"{name} {statistics.median(values):.0%}" for name, values in shares.items())
    return f"XADD: {client} used this much of one core: {used}; near 100 % it, not the server, sets the rate"


def _rates(bench):
    rate = Row("XADD mystream * field value, pipeline 16", "requests/s", [at_least(1.8, "redis")])
    cpu = Row("the same", "server CPU us/request", [at_most(1 / 1.8, "redis")], digits=3)
    requests = REQUESTS // 4 if bench.quick else REQUESTS
    shares = {}
    servers = bench.starter.start_all(NAMES)
    try:
        for _, server in interleaved(servers, bench.rounds):
            talk(server, ["FLUSHALL"])
            run = clients.redis_benchmark_words(server, ["xadd", "mystream", "*", "field", "value"], requests, 16, 1)
            rate.add(server.name, run.rate)
            cpu.add(server.name, run.server_us())
            shares.setdefault(server.name, []).append(run.client_share)
        bench.rows.extend([rate, cpu])
        bench.notes += [_note("redis-benchmark", shares), _note("the own client", _own_client(bench, servers, requests))]
    finally:
        stop_all(servers)


def _entry(kind, number, dice):
    entry = "%d-%d" % (1700000000000 + number // 200, number % 200)
    if kind == "numbers":
        return ["XADD", "s", entry, "temp", dice.randint(-10, 40), "hum", dice.randint(0, 100)]
    if kind == "text":
        return ["XADD", "s", entry, "data", "x" * 100]
    if kind == "names":
        return ["XADD", "s", entry, "field%d" % number, dice.randint(0, 1000)]
    return ["XADD", "s:%d" % number, entry, "temp", dice.randint(-10, 40), "hum", dice.randint(0, 100)]


def _bytes_an_entry(bench, name, kind, count):
    dice = random.Random(1)
    server = bench.starter.start(name)
    try:
        idle = server.steady_rss_bytes()
        for first in range(0, count, BATCH):
            talk(server, *[_entry(kind, number, dice) for number in range(first, first + BATCH)])
        return (server.steady_rss_bytes(window=3.0) - idle) / count
    finally:
        server.stop()


def streams(bench):
    """XADD, and the memory of entries with the same fields, with other ones, and of streams of one entry"""
    _rates(bench)
    for kind, what, count, limit in (("numbers", "an entry of temp and hum, small numbers", ENTRIES, 0.5),
                                     ("text", "an entry of a field of 100 bytes", ENTRIES, 1),
                                     ("names", "an entry of a field that no other has", ENTRIES, 1),
                                     ("single", "a stream of one entry", ENTRIES // 10, 1)):
        row = Row(what, "bytes", [at_most(limit, "redis")], digits=1)
        for name in NAMES:
            row.add(name, _bytes_an_entry(bench, name, kind, count // 4 if bench.quick else count))
        bench.rows.append(row)


# ---- one very long stream ----

class _Timed:
    """The rows of one kind of request: the median and the 99th percentile of a lone one, with the way there and back."""

    def __init__(self, what, *goals):
        self.median = Row(what, "median us", goals, digits=1)
        self.high = Row(what, "p99 us", digits=1)

    def add(self, server, times):
        self.median.add(server.name, statistics.median(times) * 1e6)
        self.high.add(server.name, statistics.quantiles(times, n=100)[98] * 1e6)


def _id(number):
    return "%d-%d" % (FIRST_MS + number // IDS_A_MS, number % IDS_A_MS)


def _request(*words):
    words = [str(word).encode() for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def _ask(connection, request, lines):
    """The seconds until that many lines have come as the reply."""
    start = time.perf_counter()
    connection.sendall(request)
    reply = b""
    while reply.count(b"\n") < lines:
        part = connection.recv(65536)
        if not part or (part[:1] == b"-" and not reply):
            raise BenchError(f"unexpected reply: {part[:100]!r}")
        reply += part
    return time.perf_counter() - start


def _time_requests(server, entries, number, step, rows):
    """A round: reads and deletes here and there in the last three quarters, and trims a part of the first one."""
    dice = random.Random(number)
    numbers = [dice.randrange(entries // 4, entries - 10) for _ in range(REQUESTS_TIMED)]
    with connect(server.path) as connection:
        rows["ping"].add(server, [_ask(connection, _request("PING"), 1) for _ in numbers])
        # An array of 10 entries, each an array of an ID, with its length, and an array of four words with theirs.
        rows["range"].add(server, [_ask(connection, _request("XRANGE", "s", _id(n), "+", "COUNT", 10), 1 + 10 * 12)
                                   for n in numbers])
        rows["delete"].add(server, [_ask(connection, _request("XDEL", "s", _id(n)), 1) for n in numbers])
        first = number * REQUESTS_TIMED + 1
        rows["trim"].add(server, [_ask(connection, _request("XTRIM", "s", "MINID", _id(step * i)), 1)
                                  for i in range(first, first + REQUESTS_TIMED)])


def long_stream(bench):
    """one long stream (--entries): bytes an entry, and XRANGE, XDEL and XTRIM in it"""
    entries = bench.entries or (LONG_ENTRIES // 4 if bench.quick else LONG_ENTRIES)
    step = max(1, min(TRIMMED, entries // 4 // (REQUESTS_TIMED * bench.rounds)))
    size = f"a stream of {entries:,} entries"
    memory = Row(f"{size} of temp and hum, small numbers", "bytes an entry", [at_most(0.5, "redis")], digits=1)
    rate = Row(f"{size} by XADD, pipeline {LONG_PIPELINE}", "requests/s")
    rows = {"ping": _Timed("PING beside them, which is the way there and back"),
            "range": _Timed("XRANGE of ten entries in it", no_worse(False)),
            "delete": _Timed("XDEL of one of them", no_worse(False)),
            "trim": _Timed(f"XTRIM of {step} of them", no_worse(False))}
    half = Row("XTRIM to half of them", "ms", digits=2)
    servers = bench.starter.start_all(NAMES)
    try:
        for server in servers:
            idle = server.steady_rss_bytes()
            rate.add(server.name,
                     clients.caller(_caller(bench), server, "fill", entries, LONG_PIPELINE, connections=1).rate)
            memory.add(server.name, (server.steady_rss_bytes(window=3.0) - idle) / entries)
        for number, server in interleaved(servers, bench.rounds):
            _time_requests(server, entries, number, step, rows)
        for server in servers:
            with connect(server.path) as connection:
                half.add(server.name, _ask(connection, _request("XTRIM", "s", "MAXLEN", entries // 2), 1) * 1e3)
    finally:
        stop_all(servers)
    bench.rows += [memory, rate] + [row for timed in rows.values() for row in (timed.median, timed.high)] + [half]
    bench.notes.append(f"long stream: times of lone requests, {REQUESTS_TIMED} of each kind in a round, by the clock of a "
                       "client in Python, which adds the same to both servers; --entries 100000000 needs some 3 GiB")
