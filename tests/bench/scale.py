"""Rows on what a growing and a large table cost: pauses during inserts, and the rate of reads."""

from report import Row, at_least, at_most
from servers import stop_all
from throughput import interleaved

GROW_KEYS = 10000000
GROW_VALUE_LEN = 32
SMALL, LARGE = 100000, 20000000
READ_VALUE_LEN = 32
READS = 4000000


def _stolen_seconds():
    """Time that the host of a virtual machine gave to others."""
    with open("/proc/stat") as file:
        return int(file.readline().split()[8]) / 100


def growth(bench):
    """pauses during 10 million inserts"""
    bench.loader.touch_memory(3072)
    work = f"{GROW_KEYS:,} inserts"
    own = Row(work, "pauses over 1 ms of the server's own", [at_most(0)])
    own_max = Row(work, "longest of the server's own, ms", digits=2)
    pauses = Row(work, "requests over 1 ms by the clock")
    longest = Row(work, "longest by the clock, ms", digits=2)
    high = Row(work, "p99.9 of a lone insert, us", digits=0)
    stolen = _stolen_seconds()
    for name in ("null", "redis", "kvs"):
        server = bench.starter.start(name)
        try:
            figures = bench.loader.grow(server, GROW_KEYS, GROW_VALUE_LEN).figures
        finally:
            server.stop()
        batch, probe = figures["batch"], figures["probe"]
        own.add(name, batch["own_pauses"])
        own_max.add(name, batch["own_max_us"] / 1e3)
        pauses.add(name, batch["pauses"])
        longest.add(name, batch["max_us"] / 1e3)
        high.add(name, probe["p999_us"])
    bench.rows.extend([own, own_max, pauses, longest, high])
    bench.notes.append("inserts: each was timed in a batch of 16 with a lone one beside it. A pause is the "
                       "server's own when it took over 1 ms by the clock and in the server's CPU time; the "
                       "rest is the scheduler's and the host's. The null server has no table, so its pauses "
                       f"are noise; time stolen by the host meanwhile: {_stolen_seconds() - stolen:.2f} s")


def data_set(bench):
    """rate of GET from 20 million keys against 100 thousand"""
    bench.loader.touch_memory(6144)
    rates = {size: Row(f"GET of {size:,} keys, pipeline 64", "requests/s") for size in (SMALL, LARGE)}
    kept = Row(f"rate kept from {SMALL:,} to {LARGE:,} keys", "share", [at_least(0.70)], digits=2)
    servers = []
    try:
        for name in ("kvs", "redis"):
            for size in (SMALL, LARGE):
                servers.append(bench.starter.start(name))
                servers[-1].keys = size
                bench.loader.load(servers[-1], size, READ_VALUE_LEN)
        for number, server in interleaved(servers, bench.rounds):
            run = bench.loader.random(server, "get", READS, server.keys, READ_VALUE_LEN, number)
            rates[server.keys].add(server.name, run.rate)
    finally:
        stop_all(servers)
    for name in ("kvs", "redis"):
        for small, large in zip(rates[SMALL].figures[name], rates[LARGE].figures[name]):
            kept.add(name, large / small)
    bench.rows.extend([rates[SMALL], rates[LARGE], kept])
