"""Lists: random commands, among them long lists, elements of all sizes, and indexes at and beyond the ends."""

import generators
from generators import family


def element(g):
    """Few short ones, so that commands that look for elements find some."""
    roll = g.random.random()
    return g.pick(["a", "b", "c", "1", "2", "-5000", "70000"]) if roll < 0.6 else g.value()


def elements(g, most):
    return [element(g) for _ in range(g.random.randint(1, most))]


def index(g):
    return g.number(-12, 12) if g.chance(0.85) else g.integer()


def count(g):
    return g.number(-4, 6) if g.chance(0.85) else g.integer()


def side(g):
    return g.pick(["LEFT", "RIGHT"] * 8 + ["MIDDLE", ""])


def lpos_options(g):
    options = []
    for _ in range(g.random.randint(0, 3)):
        options += g.pick([["RANK", count(g)], ["COUNT", count(g)], ["MAXLEN", count(g)], ["RANK"], ["BAD", "1"]])
    return options


def lmpop(g):
    keys = g.keys(1, 3)
    given = str(len(keys)) if g.chance(0.9) else g.integer()
    return ["LMPOP", given] + keys + [side(g)] + g.pick([[], [], ["COUNT", count(g)], ["COUNT"], ["COUNT", "1"] * 2])


@family(5)
def lists(g):
    k = g.key
    return g.spoil(g.pick([
        lambda: [g.pick(["LPUSH", "RPUSH"]), k()] + elements(g, 6),
        lambda: [g.pick(["LPUSH", "RPUSH"]), k()] + elements(g, 6),
        lambda: [g.pick(["LPUSH", "RPUSH"]), k()] + elements(g, 6 if g.chance(0.95) else 400),
        lambda: [g.pick(["LPUSHX", "RPUSHX"]), k()] + elements(g, 3),
        lambda: [g.pick(["LPOP", "RPOP"]), k()],
        lambda: [g.pick(["LPOP", "RPOP"]), k(), count(g)],
        lambda: lmpop(g),
        lambda: ["LMOVE", k(), k(), side(g), side(g)],
        lambda: ["RPOPLPUSH", k(), k()],
        lambda: ["LLEN", k()],
        lambda: ["LINDEX", k(), index(g)],
        lambda: ["LRANGE", k(), index(g), index(g)],
        lambda: ["LRANGE", k(), "0", "-1"],
        lambda: ["LPOS", k(), element(g)] + lpos_options(g),
        lambda: ["LSET", k(), index(g), element(g)],
        lambda: ["LINSERT", k(), g.pick(["BEFORE", "AFTER", "after", "AROUND"]), element(g), element(g)],
        lambda: ["LREM", k(), count(g), element(g)],
        lambda: ["LTRIM", k(), g.number(-300, 5), g.number(-5, 300)],
        lambda: ["LTRIM", k(), index(g), index(g)],
        lambda: g.pick([["TYPE", k()], ["DEL", k()], ["RENAME", k(), k()], ["COPY", k(), k(), "REPLACE"],
                        ["EXISTS", k()], ["EXPIRE", k(), g.seconds()], ["PERSIST", k()], ["GET", k()],
                        ["SET", k(), "v"], ["SCAN", "0", "TYPE", "list", "COUNT", "1000"]]),
    ])())


assert generators.FAMILIES["lists"]
