"""Rows on streams: entries added by redis-benchmark, and what an entry occupies, by the server's RSS."""

import random

import clients
from collection_rates import talk
from report import Row, at_least, at_most
from servers import stop_all
from throughput import interleaved

NAMES = ["kvs", "redis"]
REQUESTS = 1000000
ENTRIES = 1000000
BATCH = 500


def _rates(bench):
    rate = Row("XADD mystream * field value, pipeline 16", "requests/s", [at_least(1.8, "redis")])
    cpu = Row("the same", "server CPU us/request", [at_most(1 / 1.8, "redis")], digits=3)
    servers = bench.starter.start_all(NAMES)
    try:
        for _, server in interleaved(servers, bench.rounds):
            talk(server, ["FLUSHALL"])
            run = clients.redis_benchmark_words(server, ["xadd", "mystream", "*", "field", "value"],
                                                REQUESTS // 4 if bench.quick else REQUESTS, 16, 1)
            rate.add(server.name, run.rate)
            cpu.add(server.name, run.server_us())
    finally:
        stop_all(servers)
    bench.rows.extend([rate, cpu])


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
