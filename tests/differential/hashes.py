"""Hashes: random commands on few fields, so that they meet; values that are numbers, floats and neither; many at once."""

import generators
from generators import family


def field(g):
    roll = g.random.random()
    return g.pick(["a", "b", "c", "d", "1", "2", "-7", "70000", ""]) if roll < 0.75 else g.value()


def fields(g, most):
    return [field(g) for _ in range(g.random.randint(1, most))]


def value(g):
    roll = g.random.random()
    if roll < 0.25:
        return g.number(-100, 100)
    return g.pick(generators.FLOATS) if roll < 0.35 else g.value()


def fields_with_values(g, most):
    return [part for name in fields(g, most) for part in (name, value(g))]


def many(g):
    """Different fields: from how many on a request makes a hashtable depends on the version if some are the same."""
    first = g.random.randrange(1000)
    return [part for i in range(g.pick([20, 100, 511, 512, 513, 800])) for part in ("f%d" % (first + i), value(g))]


def count(g):
    return g.number(-8, 8) if g.chance(0.85) else g.pick(["600", "-600", "1000", "0", "-0", "", "1.5", "abc",
                                                          "9223372036854775807", "4611686018427387904",
                                                          "-9223372036854775808", "9223372036854775808"])


def scan_options(g):
    options = []
    for _ in range(g.random.randint(0, 2)):
        options += g.pick([["COUNT", "1000"], ["COUNT", count(g)], ["MATCH", g.pick(["*", "a*", "[a-c]", "?", "f*1", ""])],
                           ["COUNT"], ["TYPE", "hash"], ["BAD", "1"]])
    return options


def cursor(g):
    return "0" if g.chance(0.85) else g.pick(["00", "", "-0", "abc", "1 ", "18446744073709551616", "-", "0x0"])


@family(5)
def hashes(g):
    k = g.key
    return g.spoil(g.pick([
        lambda: [g.pick(["HSET", "HMSET"]), k()] + fields_with_values(g, 5),
        lambda: [g.pick(["HSET", "HMSET"]), k()] + fields_with_values(g, 5),
        lambda: [g.pick(["HSET", "HMSET"]), k()] + (many(g) if g.chance(0.1) else fields_with_values(g, 9)),
        lambda: ["HSETNX", k(), field(g), value(g)],
        lambda: ["HGET", k(), field(g)],
        lambda: ["HMGET", k()] + fields(g, 6),
        lambda: [g.pick(["HGETALL", "HKEYS", "HVALS"]), k()],
        lambda: ["HDEL", k()] + fields(g, 4),
        lambda: ["HDEL", k()] + (["f%d" % i for i in range(1500)] if g.chance(0.1) else fields(g, 9)),
        lambda: ["HEXISTS", k(), field(g)],
        lambda: ["HLEN", k()],
        lambda: ["HSTRLEN", k(), field(g)],
        lambda: ["HINCRBY", k(), field(g), g.integer()],
        lambda: ["HINCRBYFLOAT", k(), field(g), g.pick(generators.FLOATS) if g.chance(0.6) else value(g)],
        lambda: ["HRANDFIELD", k()],
        lambda: ["HRANDFIELD", k(), count(g)],
        lambda: ["HRANDFIELD", k(), count(g), "WITHVALUES"],
        lambda: ["HSCAN", k(), cursor(g)] + scan_options(g),
        lambda: ["HSCAN", k(), "0", "COUNT", "1000"],
        lambda: g.pick([["OBJECT", "ENCODING", k()], ["DEBUG", "DIGEST-VALUE", k(), k()]]),
        lambda: g.pick([["TYPE", k()], ["DEL", k()], ["RENAME", k(), k()], ["COPY", k(), k(), "REPLACE"],
                        ["EXISTS", k()], ["EXPIRE", k(), g.seconds()], ["PERSIST", k()], ["GET", k()], ["SET", k(), "v"],
                        ["RPUSH", k(), "v"], ["SCAN", "0", "TYPE", "hash", "COUNT", "1000"]]),
    ])())


assert generators.FAMILIES["hashes"]
