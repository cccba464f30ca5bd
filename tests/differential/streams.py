"""Streams: random commands with explicit IDs, since those that the clock gives differ. IDs that are added mostly rise
with every command, so that they are above those of any key.

Streams of the keys SMALL have small entries alone, so that blocks end after a hundred of them, and there trimming with
~ takes away the same entries; others have texts of all sizes, and are trimmed exactly.
"""

import generators
from generators import family

SMALL = [b"small:%d" % i for i in range(3)]
TOP = b"top"   # of the highest IDs
HIGHEST = "18446744073709551615"
LOW_IDS = ["0", "0-0", "0-1", "0-*", "1-1", "-", "+", "$", ">", "", "x", "1-", "-1", "1-1-1", "1-x", "007-01", " 5", "(3"]
ODD_IDS = LOW_IDS + ["*", HIGHEST, HIGHEST + "-" + HIGHEST, HIGHEST + "0", "5-" + HIGHEST, "9" * 130]


def latest(g):
    """The highest millisecond that this generator has used for an ID so far."""
    return getattr(g, "stream_ms", 0)


def next_id(g):
    g.stream_ms = latest(g) + (g.random.randint(1, 40) if g.chance(0.3) else 1)
    return "%d-%s" % (g.stream_ms, g.pick(["0", "*", "1", g.number(0, 300)])) if g.chance(0.7) else str(g.stream_ms)


def added_id(g):
    roll = g.random.random()
    if roll < 0.85:
        return next_id(g)
    if roll < 0.93:
        return "%d-%s" % (latest(g), g.pick(["*", "5", "*"]))
    return g.pick(LOW_IDS + [g.number(0, 50)])


def some_id(g):
    """Of an entry that may be there."""
    roll = g.random.random()
    now = latest(g)
    if roll < 0.8:
        ms = max(0, now - int(g.random.expovariate(1 / 60))) if g.chance(0.7) else g.random.randint(0, now + 1)
        return g.pick([str(ms), "%d-0" % ms, "%d-%s" % (ms, g.number(0, 300))])
    return g.pick(ODD_IDS)


def range_id(g):
    roll = g.random.random()
    if roll < 0.3:
        return "-"
    if roll < 0.6:
        return "+"
    return ("(" if g.chance(0.3) else "") + some_id(g)


def name(g):
    return g.pick(["temp", "hum", "f1", "f2", "1", "a", ""]) if g.chance(0.9) else g.value()


def pairs(g, small):
    if small:
        return [g.pick(["a", "b"]), g.pick([g.number(0, 2000), g.text(3)])]
    if g.chance(0.6):
        return ["temp", g.number(-5, 40), "hum", g.number(0, 100)]
    return [item for _ in range(g.random.randint(1, 4)) for item in (name(g), g.value())]


def count(g):
    return g.pick([[], [], ["COUNT", g.number(1, 30)], ["COUNT", g.pick(["0", "-1", "1"])], ["COUNT", g.integer()],
                   ["COUNT"], ["COUNT", "2"] * 2])


def trim(g, small):
    """A strategy with its threshold, and a limit now and then."""
    operator = g.pick([[], ["="], ["~"]]) if small else g.pick([[], ["="]])
    if g.chance(0.6):
        threshold = ["MAXLEN"] + operator + [g.number(0, 700) if g.chance(0.9) else g.integer()]
    else:
        threshold = ["MINID"] + operator + [some_id(g)]
    if "~" in operator and g.chance(0.4):
        threshold += ["LIMIT", g.number(0, 500) if g.chance(0.9) else g.integer()]
    elif g.chance(0.04):
        threshold += g.pick([["LIMIT", "10"], ["LIMIT"], ["MAXLEN", "3"], ["MINID", "3"]])
    return threshold


def key_of(g):
    """A key, and whether its entries are small."""
    small = g.chance(0.5)
    return (SMALL[min(2, int(g.random.expovariate(1.5)))] if small else g.key()), small


def xadd(g, options=lambda g, small: []):
    key, small = key_of(g)
    words = ["XADD", key] + (["NOMKSTREAM"] if g.chance(0.1) else [])
    return words + options(g, small) + [added_id(g)] + pairs(g, small)


def xtrim(g):
    key, small = key_of(g)
    return ["XTRIM", key] + trim(g, small)


def xread(g):
    """Not one that waits for long."""
    keys = [key_of(g)[0] for _ in range(g.random.randint(1, 3))]
    ids = [g.pick(["0", "$", some_id(g), some_id(g)]) for _ in keys]
    options = count(g) + g.pick([[], [], [], ["BLOCK", g.pick(["1", "2", "-1", "x", ""])], ["NOACK"], ["GROUP", "a", "b"]])
    ids = ["0" if i == "+" else i for i in ids]   # later versions take it
    return ["XREAD"] + options + ["STREAMS"] + keys + (ids if g.chance(0.97) else ids[1:])


def xsetid(g):
    """Above all IDs that were deleted: 7.0 would go back behind them."""
    last = next_id(g).replace("*", "7")
    options = g.pick([[], [], ["ENTRIESADDED", g.number(-1, 5000)], ["MAXDELETEDID", some_id(g)], ["ENTRIESADDED"],
                      ["MAXDELETEDID", some_id(g), "ENTRIESADDED", g.integer()]])
    return ["XSETID", key_of(g)[0], last] + options


@family(6)
def streams(g):
    k = lambda: key_of(g)[0]
    small = lambda: g.pick(SMALL)
    command = g.pick(
        [lambda: xadd(g)] * 10 +
        [lambda: xadd(g, trim)] * 3 + [
            lambda: xtrim(g),
            lambda: ["XDEL", k()] + [some_id(g) for _ in range(g.random.randint(1, 4))],
            lambda: ["XRANGE", k(), range_id(g), range_id(g)] + count(g),
            lambda: ["XREVRANGE", k(), range_id(g), range_id(g)] + count(g),
            lambda: ["XRANGE", k(), "-", "+"],
            lambda: ["XLEN", k()],
            lambda: xread(g),
            lambda: g.pick([["XADD", TOP, HIGHEST + "-" + g.pick(["*", HIGHEST, "5"]), "a", "b"], ["DEL", TOP], ["XREAD", "STREAMS", TOP, "0"],
                            ["XREAD", "STREAMS", TOP, HIGHEST + "-" + HIGHEST], ["XDEL", TOP, HIGHEST + "-" + HIGHEST]]),
            lambda: xsetid(g) if g.chance(0.3) else ["XLEN", small()],
            lambda: ["XINFO", "STREAM", k()] + g.pick([[], [], ["FULL"], ["FULL"] + count(g), ["full", "x"]]),
            lambda: ["DEBUG", "DIGEST-VALUE", k()],
            lambda: g.pick([["TYPE", k()], ["DEL", k()], ["RENAME", g.key(), g.key()], ["COPY", g.key(), g.key(), "REPLACE"],
                            ["COPY", small(), small(), "REPLACE"], ["EXISTS", k()], ["OBJECT", "ENCODING", k()], ["GET", k()],
                            ["EXPIRE", k(), g.seconds()], ["PERSIST", k()], ["XINFO", g.pick(["HELP", "x"])], ["SORT", k()],
                            ["SCAN", "0", "TYPE", "stream", "COUNT", "1000"]]) if g.chance(0.5) else ["XLEN", k()],
        ])()
    # A doubled or missing ID could be one that waits, or be made of the clock.
    if command[0] in ("XREAD", "XADD"):
        return command if g.chance(0.98) else command[:-1]
    return g.spoil(command)


assert generators.FAMILIES["streams"]
