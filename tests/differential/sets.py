"""Sets: of numbers, of texts and of both; small ones and large ones of thousands, so that every form of a set is met."""

import generators
from generators import family

NUMBERS, TEXTS = 3000, 2000   # different members there are


def number(g):
    """Few small ones, so that sets have some in common."""
    roll = g.random.random()
    return g.number(-6, 20) if roll < 0.6 else g.number(0, NUMBERS) if roll < 0.95 else g.pick(generators.INTEGERS)


def text(g):
    return g.pick("abcdefgh") if g.chance(0.6) else g.value()


def member(g):
    return number(g) if g.chance(0.6) else text(g)


def members(g, most):
    make = g.pick([number, text, member])
    return [make(g) for _ in range(g.random.randint(1, most))]


def many(g):
    """Four hundred that follow one another, of numbers or of texts: several such commands make a large set."""
    start = g.random.randrange(0, 2600, 100)
    form = g.pick(["%d", "%d", "m%d", "a longer text, which makes leaves fill sooner: %d"])
    return [form % i for i in range(start, start + 400)]


def count(g):
    """None far below zero: Redis would answer SRANDMEMBER with so many."""
    return g.pick([g.number(-5, 8), g.number(-300, 900), g.integer().replace("-", "") if g.chance(0.5) else g.pick(generators.NO_INTEGERS)])


def sintercard(g):
    keys = g.keys(1, 3)
    given = str(len(keys)) if g.chance(0.9) else g.integer()
    return ["SINTERCARD", given] + keys + g.pick([[], [], ["LIMIT", count(g)], ["LIMIT"], ["LIMIT", "1"] * 2, ["COUNT", "1"]])


def sscan(g, key):
    return ["SSCAN", key, g.pick(["0", "0", "0", "x", "-1"])] + g.pick(
        [[], ["COUNT", "100000"], ["MATCH", "*1*", "COUNT", "100000"], ["MATCH", "*"], ["COUNT", "0"], ["COUNT", "x"], ["MATCH"]])


@family(6)
def sets(g):
    k = g.key
    return g.spoil(g.pick([
        lambda: ["SADD", k()] + members(g, 8),
        lambda: ["SADD", k()] + members(g, 8),
        lambda: ["SADD", k()] + members(g, 150 if g.chance(0.2) else 8),
        lambda: ["SADD", k()] + many(g),
        lambda: ["SREM", k()] + members(g, 8),
        lambda: ["SREM", k()] + (many(g) if g.chance(0.4) else members(g, 40)),
        lambda: ["SCARD", k()],
        lambda: ["SISMEMBER", k(), member(g)],
        lambda: ["SMISMEMBER", k()] + members(g, 5),
        lambda: ["SMEMBERS", k()],
        lambda: ["SMOVE", k(), k(), member(g)],
        lambda: ["SPOP", k()] + g.pick([[], [count(g)]]),
        lambda: ["SRANDMEMBER", k()] + g.pick([[], [count(g)], [count(g)]]),
        lambda: [g.pick(["SINTER", "SUNION", "SDIFF"])] + g.keys(1, 4),
        lambda: [g.pick(["SINTER", "SUNION", "SDIFF"])] + g.keys(1, 4),
        lambda: [g.pick(["SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"]), k()] + g.keys(1, 4),
        lambda: [g.pick(["SINTERSTORE", "SUNIONSTORE", "SDIFFSTORE"]), k()] + g.keys(1, 12),
        lambda: sintercard(g),
        lambda: sscan(g, k()),
        lambda: ["OBJECT", "ENCODING", k()],
        lambda: g.pick([["TYPE", k()], ["DEL", k()], ["RENAME", k(), k()], ["COPY", k(), k(), "REPLACE"],
                        ["EXISTS", k()], ["EXPIRE", k(), g.seconds()], ["TTL", k()], ["PERSIST", k()], ["GET", k()],
                        ["SET", k(), "v"], ["SCAN", "0", "TYPE", "set", "COUNT", "1000"]]),
    ])())


assert generators.FAMILIES["sets"]
