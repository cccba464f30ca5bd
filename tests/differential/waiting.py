"""Commands that wait, where one connection can tell: what is there, errors of all kinds, and timeouts of a moment."""

import generators
from generators import family
from lists import element, lmpop, side
from sorted_sets import zmpop

# Never one that waits for long: 0, and what rounds to it, would be for ever.
GOOD = ["0.001", "0.0001", "0.002", ".001", "1e-3", "0x0.01"]
# Nor what is too large: Redis 7.0 calls it negative, 7.2 out of range.
BAD = ["-1", "-0.01", "abc", "", "-inf", "nan", " 1", "1 ", "-"]


def timeout(g):
    return g.pick(GOOD) if g.chance(0.85) else g.pick(BAD)


def several(g):
    return g.keys(1, 3)


@family(2)
def waiting(g):
    k = g.key
    return g.pick([
        lambda: [g.pick(["RPUSH", "LPUSH"]), k(), element(g), element(g)],
        lambda: [g.pick(["RPUSH", "LPUSH"]), k(), element(g)],
        lambda: ["ZADD", k(), g.number(-5, 5), element(g), g.number(-5, 5), element(g)],
        lambda: [g.pick(["BLPOP", "BRPOP"])] + several(g) + [timeout(g)],
        lambda: [g.pick(["BZPOPMIN", "BZPOPMAX"])] + several(g) + [timeout(g)],
        lambda: ["BLMPOP", timeout(g)] + lmpop(g)[1:],
        lambda: ["BZMPOP", timeout(g)] + zmpop(g)[1:],
        lambda: ["BLMOVE", k(), k(), side(g), side(g), timeout(g)],
        lambda: ["BRPOPLPUSH", k(), k(), timeout(g)],
        lambda: ["WAIT", g.pick(["0", "1", "-1", "x"]), g.pick(["1", "2", "-1", "x", "", "9223372036854775807x"])],
        lambda: g.pick([["BLPOP", k()], ["BLMOVE", k(), k(), "LEFT", "LEFT"], ["BZMPOP", "1", "1", k()], ["WAIT", "1"]]),
        lambda: g.pick([["DEL", k()], ["SET", k(), "v"], ["TYPE", k()], ["LRANGE", k(), "0", "-1"],
                        ["HELLO", g.pick(["2", "3"])], ["COMMAND", "GETKEYS", "BLPOP", "a", "b", "0"],
                        ["COMMAND", "GETKEYS", "BLMPOP", "0", "2", "a", "b", "LEFT"]]),
    ])()


assert generators.FAMILIES["waiting"]
