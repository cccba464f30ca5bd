"""DUMP and RESTORE: values of all types and sizes go from each server to the other, and are the same there; and requests
with payloads that are made here, good ones and bad ones."""

import random

import generators
import resp
from generators import family
from scenarios import scenario

VERSION = 10
POLYNOMIAL = 0x95ac9329ac4bc9b5


def table_of_sums():
    table = []
    for byte in range(256):
        for _ in range(8):
            byte = byte >> 1 ^ (POLYNOMIAL if byte & 1 else 0)
        table.append(byte)
    return table


TABLE = table_of_sums()


def sealed(body, version=VERSION):
    """The payload of a type and a content."""
    data = bytes(body) + version.to_bytes(2, "little")
    crc = 0
    for byte in data:
        crc = TABLE[(crc ^ byte) & 0xff] ^ crc >> 8
    return data + crc.to_bytes(8, "little")


# ---- requests ----

GOOD = [sealed(body) for body in (
    b"\x00\x05hello", b"\x00\xc0\x11", b"\x00\xc1\x39\x30", b"\x00\xc2\xff\xff\xff\x7f", b"\x00\x00",
    b"\x00\xc3\x09\x40\x64\x01aa\xe0\x57\x00\x01aa",
    b"\x01\x02\x01a\xc0\x05", b"\x02\x02\x01a\x01b", b"\x02\x03\xc0\x01\xc0\x02\xc0\x03", b"\x03\x02\x01a\x031.5\x01b\xfe",
    b"\x04\x01\x01f\x01v", b"\x05\x01\x01m\x00\x00\x00\x00\x00\x00\xf8\x3f",
    b"\x0b\x0e\x02\x00\x00\x00\x03\x00\x00\x00\x01\x00\x02\x00\x03\x00",
    b"\x09\x0b\x01\x03foo\x03\x00bar\xff",
    b"\x0f\x00\x00\x00\x00\x00", b"\x13\x00\x00\x05\x01\x00\x00\x00\x00\x00\x00",
)]

BAD = [sealed(body) for body in (
    b"", b"\x00", b"\x06\x01\x02", b"\x07\x81\x01\x02\x03\x04\x05\x06\x07\x08\x00", b"\x08\x00", b"\xff", b"\x22\x00",
    b"\x02\x02\x01a\x01a", b"\x04\x02\x01f\x01v\x01f\x01w", b"\x05\x01\x01m\x00\x00\x00\x00\x00\x00\xf8\x7f",
    b"\x03\x01\x01m\xfd",
    b"\x01\x00", b"\x02\x00", b"\x04\x00", b"\x05\x00", b"\x0e\x00", b"\x12\x00", b"\x12\x01\x03\x01a",
    b"\x0b\x03abc", b"\x10\x02ab",
    b"\x0a\x0b\x0b\x00\x00\x00\x0a\x00\x00\x00\x00\x00\xff", b"\x10\x07\x07\x00\x00\x00\x00\x00\xff",
    b"\x00\xc3\x01\x05a", b"\x00\xc4", b"\x01\x81\xff\xff\xff\xff\xff\xff\xff\xff",
)] + [b"", b"x" * 9, b"\x00" * 10, sealed(b"\x00\x01a")[:-1] + b"\x00", sealed(b"\x00\x01a", 999)]


def options(g):
    found = []
    for _ in range(g.random.randint(0, 3)):
        found += g.pick([["REPLACE"], ["REPLACE"], ["ABSTTL"], ["IDLETIME", g.pick(["0", "5", "100000", "-1", "x"])],
                         ["FREQ", g.pick(["0", "255", "256", "-1", "x"])], ["IDLETIME"], ["BAD"]])
    return found


@family(2)
def dumps(g):
    k = g.key
    return g.spoil(g.pick([
        lambda: ["RESTORE", k(), g.pick(["0", "0", "0", g.milliseconds()]),
                 g.pick(GOOD if g.chance(0.8) else BAD)] + options(g),
        lambda: ["RESTORE", k(), "0", g.pick(GOOD), "REPLACE"],
        lambda: ["RESTORE", k(), g.moment_milliseconds(), g.pick(GOOD), "ABSTTL", "REPLACE"],
        lambda: ["DUMP", k()],
        lambda: ["SET", k(), g.value()],
        lambda: ["DEBUG", "DIGEST-VALUE", k()],
        lambda: ["OBJECT", "ENCODING", k()],
        lambda: ["TYPE", k()],
        lambda: ["PTTL", k()],
        lambda: ["DEL", k()],
    ])())


# ---- there and back ----

def text(source, longest=60):
    return source.choice([
        lambda: str(source.choice([0, 1, -1, 63, 127, 128, 255, 4095, 4096, -4096, -4097, 32767, 32768, -32768,
                                   8388607, 8388608, -8388609,
                                   2**31 - 1, 2**31, -2**31, -2**31 - 1, 2**63 - 1, -2**63])),
        lambda: str(source.randrange(-10**source.randint(1, 18), 10**source.randint(1, 18))),
        lambda: bytes(source.choices(b"abcdefghij", k=source.randint(0, longest))),
        lambda: bytes(source.choices(b"ab", k=source.choice([20, 21, 63, 64, 65, 240, 241, 300] if longest >= 60 else [5]))),
        lambda: source.randbytes(source.randint(0, longest)),
    ])()


def number_of(source, large):
    return source.choice([1, 2, 5, 20, 100, 127, 128, 129, 511, 512, 513]) if not large else source.choice([1000, 1500, 5000])


def string_value(source, large):
    if large:
        return [["SET", "v", source.choice([b"x" * 100000, source.randbytes(70000), b"abc" * 20000, b"y" * 16384])]]
    return [["SET", "v", text(source)]]


def list_value(source, large):
    count = number_of(source, large)
    elements = [text(source) for _ in range(count)]
    if large:
        elements[count // 2:count // 2] = [source.randbytes(20000), b"z" * 9000, b"w" * 8180, source.randbytes(8190)]
    return [["RPUSH", "v"] + elements]


def set_value(source, large):
    count = number_of(source, large)
    if source.random() < 0.4:
        span = source.choice([100, 10**4, 10**9, 10**17])
        return [["SADD", "v"] + [source.randrange(-span, span) for _ in range(count)]]
    return [["SADD", "v"] + [text(source, source.choice([10, 60, 100])) for _ in range(count)]]


def score(source):
    return source.choice([
        lambda: str(source.randrange(-10**6, 10**6)), lambda: repr(source.uniform(-1000, 1000)),
        lambda: repr(source.uniform(-1e300, 1e300)),
        lambda: source.choice(["inf", "-inf", "0", "1e17", "1.5e-300", "3", "-7", "4096", "0.1"])])()


def zset_value(source, large):
    longest = source.choice([10, 60, 100])
    pairs = [part for _ in range(number_of(source, large)) for part in (score(source), text(source, longest))]
    return [["ZADD", "v"] + pairs]


def hash_value(source, large):
    longest = source.choice([10, 60, 100])
    return [["HSET", "v"] + [text(source, longest) for _ in range(2 * number_of(source, large))]]


def stream_value(source, large):
    commands, ms, seq = [], 1, 0
    names = [[text(source, 20) for _ in range(source.randint(1, 4))] for _ in range(3)]
    for _ in range(source.choice([1, 5, 99, 100, 101, 250]) if not large else 1500):
        later = ms + source.randint(1, 10**source.randint(1, 9))
        ms, seq = source.choice([(ms, seq + 1), (later, source.choice([0, 0, 5, 2**40]))])
        fields = names[0] if source.random() < 0.8 else source.choice(names)
        commands.append(["XADD", "v", "%d-%d" % (ms, seq)] + [part for name in fields for part in (name, text(source, 30))])
    if large:
        commands.append(["XADD", "v", "%d-0" % (ms + 1), b"n" * 5000, source.randbytes(30000), "m", b"q" * 5000])
    ids = [command[2] for command in commands]
    if source.random() < 0.5:
        commands.append(["XDEL", "v"] + source.sample(ids, len(ids) // 5))
    if source.random() < 0.3:
        commands.append(["XTRIM", "v", "MAXLEN", len(ids) // 2])
    for group in ("g", b"\x00other", "")[:source.randint(0, 3)]:
        commands.append(["XGROUP", "CREATE", "v", group, source.choice(["0", "$", source.choice(ids)])]
                        + source.choice([[], ["ENTRIESREAD", "3"]]))
        # 7.0 makes a consumer that gets nothing, 7.2 doesn't
        commands += [["XGROUP", "CREATECONSUMER", "v", group, name] for name in ("alice", "bob", "5", "carol", "idle")]
        for consumer in ("alice", "bob", "5")[:source.randint(0, 3)]:
            commands.append(["XREADGROUP", "GROUP", group, consumer, "COUNT", source.choice([1, 10, 70]), "STREAMS", "v", ">"])
        commands.append(["XACK", "v", group] + source.sample(ids, len(ids) // 4 + 1))
        commands.append(["XCLAIM", "v", group, "carol", "0", source.choice(ids), "TIME", "1700000000000", "RETRYCOUNT", "9"])
    if source.random() < 0.2:
        commands.append(["XTRIM", "v", "MAXLEN", 0])
    return commands


KINDS = {
    "string": (string_value, [["GET"], ["APPEND", "x"], ["GET"]]),
    "list": (list_value, [["LRANGE", "0", "-1"], ["LINSERT", "BEFORE", "5", "6"], ["LSET", "0", "7"],
                          ["RPUSH", "a", b"b" * 300], ["LPOP"], ["RPOP"], ["LRANGE", "0", "-1"]]),
    "set": (set_value, [["SMEMBERS"], ["SADD", "a", "12345"], ["SREM", "5", "a"], ["SMEMBERS"]]),
    "zset": (zset_value, [["ZRANGE", "0", "-1", "WITHSCORES"], ["ZADD", "3", "abc", "4", "5"], ["ZREM", "abc"], ["ZRANK", "5"],
                          ["ZRANGE", "-inf", "+inf", "BYSCORE", "WITHSCORES"]]),
    "hash": (hash_value, [["HGETALL"], ["HSET", "5", "6", "7", "8"], ["HDEL", "7"], ["HGETALL"]]),
    "stream": (stream_value, [["XRANGE", "-", "+"], ["XINFO_STREAM"], ["XINFO_GROUPS"],
                              ["XADD", "18446744073709551615-5", "f", "v"], ["XREADGROUP_g"], ["XREADGROUP_own"], ["XLEN"]]),
}

SPECIAL = {
    "XINFO_STREAM": ["XINFO", "STREAM", "w", "FULL", "COUNT", "0"],
    "XINFO_GROUPS": ["XINFO", "GROUPS", "w"],
    "XREADGROUP_g": ["XREADGROUP", "GROUP", "g", "alice", "COUNT", "5", "STREAMS", "w", ">"],
    "XREADGROUP_own": ["XREADGROUP", "GROUP", "g", "alice", "STREAMS", "w", "0"],
}


def exchange_one(pair, connection, words):
    """The raw replies of both to one request each, which may differ: words is a pair."""
    answers = []
    for side, request in zip(connection.connections, words):
        replies, ended = side.exchange(resp.encode(request), 1)
        answers.append(replies[0] if replies else ended.encode())
    pair.reports.commands += 1
    return answers


def payload_of(raw):
    return resp.decode(raw)


def cross(pair, connection, label):
    """Key v of each becomes key w of the other."""
    dumped = exchange_one(pair, connection, (["DUMP", "v"], ["DUMP", "v"]))
    oracle, kvs = (payload_of(raw) for raw in dumped)
    connection.ask("DEL", "w")
    restored = exchange_one(pair, connection, (["RESTORE", "w", "0", kvs], ["RESTORE", "w", "0", oracle]))
    pair.expect([label, "RESTORE of the other's DUMP"], b"+OK\r\n+OK\r\n", b"".join(restored))
    own = exchange_one(pair, connection, [["RESTORE", "own", "0", payload, "REPLACE"] for payload in (oracle, kvs)])
    sums = [exchange_one(pair, connection, (["DEBUG", "DIGEST-VALUE", "v"], ["DEBUG", "DIGEST-VALUE", name]))[1]
            for name in ("v", "w", "own")]
    pair.expect([label, "kvs's own"], b"+OK\r\n" + sums[0] * 2, own[1] + sums[1] + sums[2])


def one_value(pair, connection, kind, large, source, label):
    make, looks = KINDS[kind]
    connection.ask("DEL", "v")
    connection.batch(make(source, large), shrink=False)
    connection.ask("DEBUG", "DIGEST-VALUE", "v")
    cross(pair, connection, label)
    connection.ask("DEBUG", "DIGEST-VALUE", "w")
    connection.ask("TYPE", "w")
    connection.ask("OBJECT", "ENCODING", "w")
    for words in looks:
        connection.ask(*SPECIAL.get(words[0], [words[0], "w"] + words[1:]))
    connection.ask("DEBUG", "DIGEST-VALUE", "w")


@scenario
def values_are_exchanged(pair):
    """Each server's DUMP is restored by the other."""
    for seed in range(40):
        for kind in KINDS:
            connection = pair.connect()
            source = random.Random("%s %d" % (kind, seed))
            one_value(pair, connection, kind, seed % 8 == 7, source, "(%s, seed %d)" % (kind, seed))
            connection.close()


@scenario
def values_are_exchanged_under_other_limits(pair):
    """The same where all is a hashtable, a skiplist or of small nodes; and what was made under other limits."""
    small = [["hash-max-listpack-entries", "0", "128"], ["zset-max-listpack-entries", "0", "128"],
             ["set-max-intset-entries", "0", "512"], ["list-max-listpack-size", "3", "-2"],
             ["stream-node-max-entries", "7", "100"], ["rdbcompression", "no", "yes"]]
    connection = pair.connect()
    for seed in range(10):
        for kind in KINDS:
            for name, value, _ in small:
                connection.ask("CONFIG", "SET", name, value)
            connection.ask("DEL", "v")
            connection.batch(KINDS[kind][0](random.Random("%s small %d" % (kind, seed)), False), shrink=False)
            cross(pair, connection, "(%s, seed %d, small)" % (kind, seed))
            connection.ask("DEBUG", "DIGEST-VALUE", "w")
            connection.ask("OBJECT", "ENCODING", "w")
            for name, _, value in small:
                connection.ask("CONFIG", "SET", name, value)
            cross(pair, connection, "(%s, seed %d, made small)" % (kind, seed))
            connection.ask("DEBUG", "DIGEST-VALUE", "w")
    connection.close()


@scenario
def times_to_live_are_restored(pair):
    """TTL, ABSTTL, IDLETIME and FREQ, under both kinds of policies."""
    connection = pair.connect()
    for policy in ("noeviction", "allkeys-lfu", "allkeys-lru"):
        connection.ask("CONFIG", "SET", "maxmemory-policy", policy)
        for words in (["0"], ["100000"], [generators.FAR_MOMENT * 1000], ["9223372036854775807"], ["-1"], ["x"], [""], ["1.5"]):
            for last in ([], ["ABSTTL"], ["REPLACE"], ["REPLACE", "ABSTTL"]):
                for more in ([], ["IDLETIME", "1000"], ["FREQ", "200"], ["FREQ", "1", "IDLETIME", "2"],
                             ["IDLETIME", "2", "FREQ", "1"]):
                    connection.ask("DEL", "t")   # each use of a key changes how often it is used by chance
                    connection.ask("RESTORE", "t", *words, GOOD[0], *last, *more)
                    connection.ask("PTTL", "t")
                    connection.ask("OBJECT", "FREQ", "t")
                    connection.ask("OBJECT", "IDLETIME", "t")
                    connection.ask("EXISTS", "t")
    connection.ask("CONFIG", "SET", "maxmemory-policy", "noeviction")
    connection.close()


assert generators.FAMILIES["dumps"]
