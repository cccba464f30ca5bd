"""SORT and SORT_RO of lists, sets and sorted sets, by themselves and by keys and fields whose names follow from them.

Where Redis leaves open what comes first (texts of BY that are equal or not there), no LIMIT and no STORE tells.
"""

import generators
from generators import family

PREFIXES = ["w:", "t:", "o:"]


def element(g):
    """Numbers, with a few texts that are none."""
    roll = g.random.random()
    if roll < 0.8:
        return g.number(-3, 30)
    return g.pick(["1.5", "-2e3", " 7", "0x1F", "inf", "1e-3", "", "abc", "nan", "1 ", "9007199254740993", "b"] + ["12"] * 20)


def text(g):
    return g.pick(["a", "b", "ab", "B", "", "10", "9", "-1", "a longer text"]) if g.chance(0.7) else g.text(g.random.randint(1, 20))


def source(g):
    return g.pick(["l:1", "l:2", "l:3", "s:1", "s:2", "z:1", "z:2"]) if g.chance(0.9) else g.key()


def limit(g):
    edge = lambda: g.number(-3, 12) if g.chance(0.9) else g.integer()
    return g.pick([[], [], [], ["LIMIT", edge(), edge()], ["LIMIT", edge()], ["LIMIT"]])


def gets(g):
    patterns = ["#", "w:*", "t:*", "o:*->f", "o:*->g", "o:*->", "nosuch*", "constant", "*", "w:*x", ""]
    return [part for _ in range(g.pick([0, 0, 0, 1, 1, 2, 4])) for part in ("GET", g.pick(patterns))]


def order(g):
    return g.pick([[], [], ["DESC"], ["ASC"], ["desc", "asc"]])


def store(g):
    return ["STORE", g.pick(["l:3", "l:4", "d"]) if g.chance(0.9) else g.key()] if g.chance(0.25) else []


def shuffled(g, *parts):
    parts = list(parts)
    g.random.shuffle(parts)
    return [word for part in parts for word in part]


def numeric(g):
    by = g.pick([[], [], ["BY", "w:*"], ["BY", "o:*->f"], ["BY", "nosuch*"], ["BY", "t:*"]])
    words = shuffled(g, by, limit(g), gets(g), order(g), store(g))
    return [("SORT_RO" if g.chance(0.2) else "SORT"), source(g)] + words


def alphabetic(g):
    return ["SORT", source(g)] + shuffled(g, ["ALPHA"], limit(g), gets(g), order(g), store(g))


def alphabetic_by(g):
    return [g.pick(["SORT", "SORT_RO"]), source(g)] + shuffled(g, ["ALPHA"], ["BY", g.pick(["t:*", "o:*->g", "w:*"])], order(g))


def unsorted(g):
    lists = g.pick(["l:1", "l:2", "l:3", "z:1", "z:2", "nosuch"])
    if g.chance(0.3):
        return ["SORT", g.pick(["s:1", "s:2"]), "BY", "nosort"] + order(g) + store(g)
    return ["SORT", lists] + shuffled(g, ["BY", g.pick(["nosort", "#", ""])], limit(g), gets(g), order(g), store(g))


@family(3)
def sort(g):
    n = lambda: g.number(-3, 30)
    return g.spoil(g.pick([
        lambda: ["RPUSH", g.pick(["l:1", "l:2", "l:3"])] + [element(g) if g.chance(0.3) else n() for _ in range(g.random.randint(1, 8))],
        lambda: ["SADD", g.pick(["s:1", "s:2"])] + [element(g) if g.chance(0.2) else n() for _ in range(g.random.randint(1, 8))],
        lambda: ["ZADD", g.pick(["z:1", "z:2"])] + [word for _ in range(g.random.randint(1, 6)) for word in (n(), element(g) if g.chance(0.2) else n())],
        lambda: ["DEL", g.pick(["l:1", "l:2", "l:3", "l:4", "s:1", "s:2", "z:1", "d"])],
        lambda: ["SET", "w:" + n(), g.number(-100, 100) if g.chance(0.9) else element(g)],
        lambda: ["SET", "t:" + n(), text(g)],
        lambda: ["SET", "o:" + n(), text(g)],
        lambda: ["HSET", "o:" + n(), g.pick(["f", "g", ""]), g.number(-100, 100) if g.chance(0.7) else text(g)],
        lambda: ["HSET", "o:" + n(), "f", g.number(-100, 100), "g", text(g)],
        lambda: ["DEL", "w:" + n(), "t:" + n(), "o:" + n()],
        lambda: numeric(g), lambda: numeric(g), lambda: numeric(g), lambda: alphabetic(g), lambda: alphabetic(g),
        lambda: alphabetic_by(g), lambda: unsorted(g), lambda: unsorted(g),
        lambda: g.pick([["TYPE", "d"], ["OBJECT", "ENCODING", "d"], ["TTL", "l:4"], ["EXPIRE", "d", "1000"]]),
        lambda: ["LRANGE", g.pick(["l:1", "l:3", "l:4", "d"]), "0", "-1"],
    ])(), 0.03)


assert generators.FAMILIES["sort"]
