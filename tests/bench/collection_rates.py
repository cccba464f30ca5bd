"""Rows on collections: redis-benchmark's own tests at three pipeline depths, and commands on large collections."""

import clients
from report import Row, at_least, at_most
from servers import connect, stop_all
from throughput import interleaved

NAMES = ("kvs", "redis")
VALUE_LEN = 3            # redis-benchmark's own
MEMBERS = 1000000        # that its tests choose from
LISTS = ("LPUSH", "RPUSH", "LPOP", "RPOP")
OTHERS = ("SADD", "SPOP", "HSET", "ZADD", "ZPOPMIN", "MSET")
RANGES = ("LRANGE_100", "LRANGE_300", "LRANGE_500", "LRANGE_600")
FILLED_BY = {"LPOP": "RPUSH", "RPOP": "RPUSH", "SPOP": "SADD", "ZPOPMIN": "ZADD"}   # what is popped is there before
LARGE = 1000000
LARGER = 10000000


def talk(server, *commands):
    """Sends commands in one go and waits for the last reply, which is a PING's."""
    connection = connect(server.path)
    try:
        data = b"".join(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words)
                        for words in ([str(word).encode() for word in command] for command in (*commands, ["PING"])))
        connection.sendall(data)
        tail = b""
        while not tail.endswith(b"+PONG\r\n"):
            tail = (tail + connection.recv(65536))[-7:]
    finally:
        connection.close()


# ---- redis-benchmark's own tests ----

def _depth(bench, depth, requests, goals, cpu_goals):
    names = LISTS + OTHERS + RANGES
    requests = requests // 4 if bench.quick else requests
    rates = {name: Row(f"{name}, pipeline {depth}", "requests/s", goals) for name in names}
    cpu = {name: Row(f"{name}, pipeline {depth}", "server CPU us/request", cpu_goals, digits=3) for name in names}
    servers = bench.starter.start_all(NAMES)
    try:
        for name in names:
            count = requests if name not in RANGES else requests // 20
            for _, server in interleaved(servers, bench.rounds):
                talk(server, ["FLUSHALL"])
                if name in FILLED_BY:
                    clients.redis_benchmark(server, FILLED_BY[name].lower(), count, 64, VALUE_LEN, 10 * MEMBERS, 1)
                run = clients.redis_benchmark(server, name.lower(), count, depth, VALUE_LEN, MEMBERS,
                                              bench.client_threads)
                rates[name].add(server.name, run.rate)
                cpu[name].add(server.name, run.server_us())
    finally:
        stop_all(servers)
    bench.rows.extend([row for name in names for row in (rates[name], cpu[name])])


def types_64(bench):
    """redis-benchmark's tests of lists, sets, hashes and sorted sets at pipeline 64"""
    _depth(bench, 64, 1000000, [at_least(1, "redis")], [])


def types_16(bench):
    """the same at pipeline 16"""
    _depth(bench, 16, 800000, [at_least(1.8, "redis")], [at_most(0.45, "redis")])


def types_1(bench):
    """the same at pipeline 1"""
    _depth(bench, 1, 100000, [at_least(1, "redis")], [])


# ---- commands on a large collection ----

def _random(template, count):
    return [word.replace("#", "__rand_int__") for word in template.split()], count


def _large_commands(members):
    """(name, words of redis-benchmark, requests): the key of each is filled by _fill()."""
    middle = str(members // 2)
    return [
        ("ZADD", *_random("ZADD z # m:#", 400000)),
        ("ZRANK", *_random("ZRANK z m:#", 400000)),
        ("ZRANGEBYSCORE", *_random("ZRANGEBYSCORE z # +inf LIMIT 0 10", 200000)),
        ("ZRANGE in the middle", *_random(f"ZRANGE z {middle} {int(middle) + 9}", 200000)),
        ("HINCRBY", *_random("HINCRBY h m:# 1", 400000)),  # before HSET, whose random values are no numbers
        ("HSET", *_random("HSET h m:# #", 400000)),
        ("HGET", *_random("HGET h m:#", 400000)),
        ("SADD", *_random("SADD s m:#", 400000)),
        ("SISMEMBER", *_random("SISMEMBER s m:#", 400000)),
        ("SINTER of 10 with all", *_random("SINTER s few", 200000)),
        ("LINDEX in the middle", *_random(f"LINDEX l {middle}", 200000 if members == LARGE else 400)),
        ("ZPOPMIN", *_random("ZPOPMIN z", 200000)),
    ]


def _fill(server, members):
    """The keys z, h, s, few and l with that many members each; redis-benchmark's random numbers have twelve digits."""
    def batches(make, size=1000):
        for start in range(0, members, size * 10):
            talk(server, *[make(range(first, first + size)) for first in range(start, start + size * 10, size)])
    name = "m:%012d"
    batches(lambda numbers: ["ZADD", "z"] + [word for n in numbers for word in (n, name % n)])
    batches(lambda numbers: ["HSET", "h"] + [word for n in numbers for word in (name % n, n)])
    batches(lambda numbers: ["SADD", "s"] + [name % n for n in numbers])
    batches(lambda numbers: ["RPUSH", "l"] + [name % n for n in numbers])
    talk(server, ["SADD", "few"] + [name % (n * (members // 10)) for n in range(10)])


def _large(bench, members, goals):
    commands = _large_commands(members)
    rows = {name: Row(f"{name}, {members:,} members", "requests/s", goals.get(name, goals[None]))
            for name, *_ in commands}
    servers = bench.starter.start_all(NAMES)
    try:
        for server in servers:
            _fill(server, members)
        for name, words, requests in commands:
            requests = requests // 4 if bench.quick else requests
            for _, server in interleaved(servers, bench.rounds):
                run = clients.redis_benchmark_words(server, words, requests, 16, members)
                rows[name].add(server.name, run.rate)
    finally:
        stop_all(servers)
    bench.rows.extend(rows.values())


def members(bench):
    """commands on collections of a million members, pipeline 16"""
    _large(bench, LARGE, {None: [at_least(1.5, "redis")]})


def members_10m(bench):
    """the same on ten million"""
    far = [at_least(5, "redis")]
    _large(bench, LARGER, {None: [], "LINDEX in the middle": far, "ZRANK": far})
