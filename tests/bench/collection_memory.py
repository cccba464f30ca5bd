"""Rows on the memory of collections: a whole key with members of 16 bytes, by the server's RSS over many of them."""

from report import Row, at_most
from collection_rates import talk

MEMBER = "m:%014d"
TOTAL = 2000000          # members in all, over as many keys as that takes
COUNTS = (10, 100, 10000, 1000000)


def _words(kind, key, numbers):
    if kind == "list":
        return ["RPUSH", key] + [MEMBER % n for n in numbers]
    if kind == "set":
        return ["SADD", key] + [MEMBER % n for n in numbers]
    if kind == "hash":
        return ["HSET", key] + [word for n in numbers for word in (MEMBER % n, MEMBER % n)]
    return ["ZADD", key] + [word for n in numbers for word in ((n * 7919) % 1000003, MEMBER % n)]


def _bytes_a_member(bench, name, kind, count):
    server = bench.starter.start(name)
    try:
        idle = server.steady_rss_bytes()
        commands = []
        for key in range(TOTAL // count):
            for first in range(0, count, 1000):
                commands.append(_words(kind, f"key:{key:08}", range(first, min(first + 1000, count))))
                if len(commands) == 200:
                    talk(server, *commands)
                    commands = []
        talk(server, *commands)
        return (server.steady_rss_bytes(window=3.0) - idle) / TOTAL
    finally:
        server.stop()


def collections(bench):
    """memory of lists, sets, hashes and sorted sets of 10 to a million members of 16 bytes"""
    for kind, kinds in (("list", "lists"), ("set", "sets"), ("hash", "hashes"), ("sorted set", "sorted sets")):
        for count in COUNTS:
            limit = 0.8 if count <= 100 else 1 if kind == "list" else 0.6
            row = Row(f"{kinds} of {count:,}", "bytes a member", [at_most(limit, "redis")], digits=1)
            for name in ("kvs", "redis"):
                row.add(name, _bytes_a_member(bench, name, kind, count))
            bench.rows.append(row)
