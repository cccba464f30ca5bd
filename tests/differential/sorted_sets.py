"""Sorted sets: random commands, among them large sets, equal scores, and scores at the edges of what a score can be.

Ranges of members have no order where scores differ: Redis then looks for them in a way that depends on chance once the
set is a skiplist. So they are asked of keys of their own: those of one score, and those that stay small.
"""

import generators
from generators import family

FLAT = ["flat:1", "flat:2", "flat:3"]      # all members have one score
SMALL = ["small:1", "small:2"]             # few members, with any scores

SCORES = ["0", "-0", "1", "1", "1", "2", "2", "-5.5", "0.1", "3.0000000000000004", "1e17", "123456789012345678",
          "-4503599627370497", "1e308", "-1e308", "inf", "-inf", "+inf", "4.9e-324", "1e-320", "-2.5e-310", "1e-7"]
NO_SCORES = ["nan", "", "abc", "1e400", "-1e400", "(1", " 1", "1 ", "0x1p4", "1e", "--1", b"1\x00", "infinity", "-INFINITY"]
WORDS = ["a", "b", "c", "d", "e", "1", "2", "-5000", "70000", "ab", "abc", "B", ""]


def score(g):
    roll = g.random.random()
    if roll < 0.45:
        return g.number(-20, 20)
    if roll < 0.93:
        return g.pick(SCORES)
    return repr(g.random.uniform(-1000, 1000)) if roll < 0.98 else g.pick(NO_SCORES)


def good_score(g):
    return g.number(-20, 20) if g.chance(0.6) else g.pick(SCORES)


def member(g):
    """Few short ones, so that commands meet on them."""
    roll = g.random.random()
    return g.pick(WORDS) if roll < 0.5 else "m" + g.number(1, 400) if roll < 0.9 else g.value()


def members(g, most):
    return [member(g) for _ in range(g.random.randint(1, most))]


def pairs(g, most):
    return [part for _ in range(g.random.randint(1, most)) for part in (score(g), member(g))]


def many_pairs(g):
    return [part for _ in range(200) for part in (good_score(g), "m" + g.number(1, 400))]


def options(g):
    words = [[], [], ["NX"], ["XX"], ["GT"], ["LT"], ["CH"], ["INCR"], ["CH", "GT"], ["XX", "LT"], ["NX", "CH"]]
    return g.pick(words) if g.chance(0.8) else [g.pick(["NX", "XX", "GT", "LT", "CH", "INCR"])
                                               for _ in range(g.random.randint(1, 4))]


def zadd(g):
    chosen = options(g)
    return ["ZADD", g.key()] + chosen + pairs(g, 1 if "INCR" in chosen and g.chance(0.9) else 6)


def rank(g):
    return g.number(-12, 12) if g.chance(0.8) else g.pick(["0", "-1", "100", "-300", g.integer()])


def limit(g):
    return g.pick([[], [], [], ["LIMIT", g.number(-1, 6), g.number(-2, 6)], ["LIMIT", "0", "-1"],
                   ["LIMIT", g.integer(), g.integer()], ["LIMIT", "1"], ["LIMIT"]])


def bound(g):
    roll = g.random.random()
    if roll < 0.8:
        return g.pick(["", "", "("]) + good_score(g)
    return g.pick(["-inf", "+inf", "(inf", "(-inf"]) if roll < 0.95 else g.pick(NO_SCORES + ["(", "(nan", "1x"])


def lex_bound(g):
    roll = g.random.random()
    if roll < 0.25:
        return g.pick(["-", "+"])
    if roll < 0.95:
        return g.pick(["[", "("]) + g.pick(WORDS + ["m", "m1", "m2", "m39", "z"])
    return g.pick(["", "a", "--", "+x", "]a", b"-\x00", b"[\xff\x00"])


def withscores(g):
    return g.pick([[], ["WITHSCORES"]])


def shuffled(g, parts):
    """Options in any order; each stays as it is."""
    g.random.shuffle(parts)
    return [word for part in parts for word in part]


def zrange(g):
    way = g.pick(["rank", "score", "score", "lex"])
    if way == "lex":
        return lex_range(g)
    ends = [rank(g), rank(g)] if way == "rank" else [bound(g), bound(g)]
    by = [] if way == "rank" else ["BYSCORE"]
    return ends, [by, g.pick([[], ["REV"]]), limit(g) if way == "score" or g.chance(0.1) else []]


def lex_range(g):
    return [lex_bound(g), lex_bound(g)], [["BYLEX"], g.pick([[], ["REV"]]), limit(g)]


def lex_key(g):
    return g.pick(FLAT + SMALL)


def ranged(g):
    ends, parts = zrange(g)
    key = lex_key(g) if ["BYLEX"] in parts else g.key()
    if g.chance(0.6):
        scores = withscores(g) if key not in FLAT + SMALL or g.chance(0.1) else []
        return ["ZRANGE", key] + ends + shuffled(g, parts + [scores])
    return ["ZRANGESTORE", g.key(), key] + ends + shuffled(g, parts)


def source(g):
    return g.key() if g.chance(0.8) else lex_key(g)


def algebra(g):
    sources = [source(g) for _ in range(g.random.randint(1, 4))]
    number = str(len(sources)) if g.chance(0.95) else g.integer()
    operation = g.pick(["UNION", "UNION", "INTER", "INTER", "DIFF"])
    stores = g.chance(0.5)
    parts = []
    if operation != "DIFF" or g.chance(0.05):
        count = len(sources) if g.chance(0.95) else len(sources) + 1
        parts.append(g.pick([[], [], ["WEIGHTS"] + [score(g) for _ in range(count)]]))
        parts.append(g.pick([[], [], ["AGGREGATE", g.pick(["SUM", "MIN", "MAX", "max", "AVG"])]]))
    if not stores or g.chance(0.05):
        parts.append(withscores(g))
    head = ["Z" + operation + ("STORE" if stores else "")] + ([g.key()] if stores else [])
    return head + [number] + sources + shuffled(g, parts)


def zintercard(g):
    sources = [source(g) for _ in range(g.random.randint(1, 3))]
    return ["ZINTERCARD", str(len(sources)) if g.chance(0.9) else g.integer()] + sources + g.pick(
        [[], [], ["LIMIT", g.number(-1, 5)], ["LIMIT"], ["LIMIT", g.integer()]])


def zmpop(g):
    keys = g.keys(1, 3)
    given = str(len(keys)) if g.chance(0.9) else g.integer()
    return ["ZMPOP", given] + keys + [g.pick(["MIN", "MAX", "MIN", "MAX", "MID"])] + g.pick(
        [[], [], ["COUNT", g.number(-1, 5)], ["COUNT"], ["COUNT", "1"] * 2, ["COUNT", g.integer()]])


def zrandmember(g):
    return ["ZRANDMEMBER", g.key()] + g.pick([[], [g.number(-10, 10)], [g.number(-10, 300), "WITHSCORES"], ["x"]])


def flat(g):
    """Members of one score, some of them again and again."""
    return g.pick([
        lambda: ["ZADD", g.pick(FLAT)] + [part for m in members(g, 4) for part in ("0", m)],
        lambda: ["ZADD", g.pick(FLAT)] + [part for _ in range(150) for part in ("0", "m" + g.number(1, 400))],
        lambda: ["ZADD", g.pick(SMALL), good_score(g), g.pick(WORDS)],
        lambda: ["ZADD", g.pick(SMALL), good_score(g), g.pick(WORDS), good_score(g), g.pick(WORDS)],
        lambda: ["ZREM", lex_key(g)] + members(g, 3),
    ])()


def lexical(g):
    return g.pick([
        lambda: [g.pick(["ZRANGEBYLEX", "ZREVRANGEBYLEX"]), lex_key(g), lex_bound(g), lex_bound(g)] + limit(g),
        lambda: ["ZLEXCOUNT", lex_key(g), lex_bound(g), lex_bound(g)],
        lambda: ["ZREMRANGEBYLEX", lex_key(g), lex_bound(g), lex_bound(g)],
    ])()


@family(5)
def sorted_sets(g):
    k = g.key
    if g.chance(0.07):
        return flat(g)   # as it is: a doubled or changed score would spoil the order
    return g.spoil(g.pick([
        lambda: zadd(g), lambda: zadd(g), lambda: zadd(g),
        lambda: zadd(g) if g.chance(0.9) else ["ZADD", k()] + many_pairs(g),
        lambda: ["SADD", k()] + members(g, 6),   # algebra takes sets, too
        lambda: ["ZINCRBY", k(), score(g), member(g)],
        lambda: ["ZREM", k()] + members(g, 4),
        lambda: g.pick([["ZCARD", k()], ["ZSCORE", k(), member(g)], ["ZMSCORE", k()] + members(g, 5)]),
        lambda: [g.pick(["ZRANK", "ZREVRANK"]), k(), member(g)],
        lambda: ["ZCOUNT", k(), bound(g), bound(g)],
        lambda: ranged(g), lambda: ranged(g), lambda: ranged(g),
        lambda: ["ZREVRANGE", k(), rank(g), rank(g)] + withscores(g),
        lambda: [g.pick(["ZRANGEBYSCORE", "ZREVRANGEBYSCORE"]), k(), bound(g), bound(g)] + shuffled(
            g, [withscores(g), limit(g)]),
        lambda: ["ZRANGE", k(), "0", "-1", "WITHSCORES"],
        lambda: ["ZREMRANGEBYRANK", k(), rank(g), rank(g)],
        lambda: ["ZREMRANGEBYSCORE", k(), bound(g), bound(g)],
        lambda: [g.pick(["ZPOPMIN", "ZPOPMAX"]), k()] + g.pick([[], [], [g.number(-1, 8)], [g.integer()]]),
        lambda: zmpop(g),
        lambda: algebra(g), lambda: algebra(g),
        lambda: zintercard(g),
        lambda: zrandmember(g),
        lambda: lexical(g), lambda: lexical(g),
        lambda: ["ZSCAN", k(), "0", "COUNT", "1000"] + g.pick([[], ["MATCH", "m*"]]),
        lambda: g.pick([["TYPE", k()], ["DEL", k()], ["RENAME", k(), k()], ["COPY", k(), k(), "REPLACE"],
                        ["OBJECT", "ENCODING", k()], ["EXPIRE", k(), g.seconds()], ["SET", k(), "v"], ["GET", k()],
                        ["SCAN", "0", "TYPE", "zset", "COUNT", "1000"]]),
    ])())


assert generators.FAMILIES["sorted_sets"]
