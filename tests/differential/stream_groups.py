"""Consumer groups: random commands on streams of their own, whose entries have explicit IDs.

Redis 7.0 makes a consumer only when it gets something, 7.2 always; so each that reads or claims is made before. What has
been pending for how long differs, so it is asked for no time at all, for one that nobody waits, or behind a claim with
IDLE.
"""

import generators
import rules
from generators import family
from streams import some_id, next_id, range_id, count

KEYS = [b"group:%d" % i for i in range(3)]
GROUPS = ["g", "g2", "", "7", b"\x00\xff"]
CONSUMERS = ["c", "alice", "bob", "42", b"\xff\r\n", ""]
IDLE = ["0", "0", "0", "100000000", "-1", "-5", "9223372036854775807"]   # milliseconds
BAD_NUMBERS = ["x", "", "1.5", "9223372036854775808"]


def key(g):
    return KEYS[min(2, int(g.random.expovariate(1.2)))]


def group(g):
    return GROUPS[min(len(GROUPS) - 1, int(g.random.expovariate(1.0)))]


def consumer(g):
    return CONSUMERS[min(len(CONSUMERS) - 1, int(g.random.expovariate(0.6)))]


def ids(g, most=4):
    return [some_id(g) for _ in range(g.random.randint(1, most))]


def number(g, low, high):
    return g.number(low, high) if g.chance(0.95) else g.pick(BAD_NUMBERS)


def xgroup(g):
    k, name = key(g), group(g)
    last = g.pick(["0", "$", "$", some_id(g)])
    read = g.pick([[], [], [], ["ENTRIESREAD", g.number(-2, 300)], ["ENTRIESREAD"], ["ENTRIESREAD", "x"], ["ENTRIESREAD", "1"] * 2])
    return g.spoil(g.pick([
        lambda: ["XGROUP", "CREATE", k, name, last] + g.pick([[], ["MKSTREAM"], ["MKSTREAM"]]) + read,
        lambda: ["XGROUP", "CREATE", k, name, "0", "MKSTREAM"],
        lambda: ["XGROUP", "SETID", k, name, last] + read,
        lambda: ["XGROUP", "CREATECONSUMER", k, name, consumer(g)],
        lambda: ["XGROUP", g.pick(["DESTROY", "HELP", "foo"]), k, name] if g.chance(0.2) else ["XINFO", "GROUPS", k],
        lambda: ["XGROUP", "DELCONSUMER", k, name, consumer(g)],
    ])())


def xreadgroup(g):
    """Not one that waits for long."""
    keys = [key(g) for _ in range(g.pick([1, 1, 1, 2, 3]))]
    name, who = group(g), consumer(g)
    options = count(g) + g.pick([[], [], [], ["NOACK"], ["BLOCK", g.pick(["1", "2", "-1", "x"])]])
    new = g.chance(0.75)
    from_ids = [">" if new and g.chance(0.95) else g.pick(["0", some_id(g), "$"]) for _ in keys]
    words = ["XREADGROUP"] + g.pick([options, []]) + ["GROUP", name, who] + options + ["STREAMS"] + keys + from_ids
    for k in keys:
        g.stream_queue.append(["XGROUP", "CREATECONSUMER", k, name, who])
    g.stream_queue.append(words if g.chance(0.97) else g.pick([words[:-1], words[:3], words[:1] + words[4:]]))


def xclaim(g):
    k, name, who = key(g), group(g), consumer(g)
    options = []
    for _ in range(g.pick([0, 0, 1, 1, 2, 3])):
        options += g.pick([["FORCE"], ["JUSTID"], ["RETRYCOUNT", number(g, -1, 9)], ["IDLE", "200000000"], ["TIME", "1000000"],
                           ["TIME", "-1"], ["LASTID", some_id(g)], ["foo"] if g.chance(0.2) else ["FORCE"], ["IDLE"]])
    g.stream_queue.append(["XGROUP", "CREATECONSUMER", k, name, who])
    g.stream_queue.append(["XCLAIM", k, name, who, g.pick(IDLE) if g.chance(0.95) else "x"] + ids(g) + options)


def xautoclaim(g):
    k, name, who = key(g), group(g), consumer(g)
    options = g.pick([[], [], ["COUNT", number(g, 0, 20)], ["JUSTID"], ["COUNT", "2", "JUSTID"], ["COUNT"], ["foo"]])
    g.stream_queue.append(["XGROUP", "CREATECONSUMER", k, name, who])
    g.stream_queue.append(["XAUTOCLAIM", k, name, who, g.pick(IDLE) if g.chance(0.95) else "x", range_id(g)] + options)


def xpending(g):
    words = ["XPENDING", key(g), group(g)]
    if g.chance(0.3):
        return words
    if g.chance(0.3):
        words += ["IDLE", g.pick(["0", "50000000", "x", "-1"])]
    words += g.pick([["-", "+"], [range_id(g), range_id(g)]]) + [number(g, -1, 30)]
    return words + ([consumer(g)] if g.chance(0.4) else [])


@family(6)
def stream_groups(g):
    if not hasattr(g, "stream_queue"):
        g.stream_queue = []
    if g.stream_queue:
        return g.stream_queue.pop(0)
    made = g.pick(
        [lambda: ["XADD", key(g), next_id(g), "f", g.text(4)]] * 8 +
        [lambda: xreadgroup(g)] * 6 +
        [lambda: xgroup(g)] * 2 + [
            lambda: xclaim(g),
            lambda: xclaim(g),
            lambda: xautoclaim(g),
            lambda: g.spoil(xpending(g)),
            lambda: g.spoil(xpending(g)),
            lambda: g.spoil(["XACK", key(g), group(g)] + ids(g, 8)),
            lambda: g.spoil(["XACK", key(g), group(g)] + ids(g, 30)),
            lambda: ["XDEL", key(g)] + ids(g),
            lambda: ["XTRIM", key(g), "MAXLEN", g.number(0, 200)] if g.chance(0.3) else ["XLEN", key(g)],
            lambda: ["XINFO", "GROUPS", key(g)],
            lambda: ["XINFO", "CONSUMERS", key(g), group(g)],
            lambda: ["XINFO", "STREAM", key(g), "FULL"] + g.pick([[], ["COUNT", g.number(0, 20)]]),
            lambda: g.pick([["DEL", key(g)], ["RENAME", key(g), key(g)], ["COPY", key(g), key(g), "REPLACE"],
                            ["SET", key(g), "v"], ["XSETID", key(g), next_id(g).replace("*", "7")]]) if g.chance(0.15) else ["TYPE", key(g)],
        ])()
    return made if made else g.stream_queue.pop(0)


@rules.rule(r"XPENDING ")
def xpending_rule(args, oracle, kvs):
    """The same but for how long entries have been pending, which is the third of four."""
    def form(reply):
        if not isinstance(reply, list):
            return reply
        return [[e for at, e in enumerate(entry) if at != 2] if isinstance(entry, list) and len(entry) == 4 else entry
                for entry in reply]
    return "" if form(oracle) == form(kvs) else "the entries differ"


@rules.rule(r"XINFO CONSUMERS")
def xinfo_consumers(args, oracle, kvs):
    """The same names and numbers; how long ago is a time."""
    def form(reply):
        return [[(name, None if name == b"idle" else value) for name, value in rules.resp.as_pairs(consumer)
                 if name != b"inactive"] for consumer in reply]
    return "" if form(oracle) == form(kvs) else "the consumers differ"


assert generators.FAMILIES["stream_groups"]
