"""Files of RDB: what redis-server saves, values of all types and encodings, is read by kvs-server --check-rdb, which
counts what the oracle counts."""

import os
import random
import re
import subprocess

import dumps
import resp
import servers
from scenarios import scenario

LIBRARY = b"#!lua name=%s\nredis.register_function('f%s', function() return 1 end)"
LARGE_FORMS = ["list-max-listpack-size", "set-max-intset-entries", "zset-max-listpack-entries", "hash-max-listpack-entries",
               "stream-node-max-entries"]   # so small that nothing is packed


class Oracle:
    """A connection to redis-server alone, whose keys have been emptied."""

    def __init__(self, pair):
        self.pair, self.connection = pair, servers.Connection(pair.oracle)
        for words in (["FLUSHALL"], ["FUNCTION", "FLUSH"]):
            self.ask(*words)

    def ask(self, *words):
        replies, ended = self.connection.exchange(resp.encode(words), 1)
        self.pair.reports.commands += 1
        return replies[0] if replies else ended.encode()


def fill(oracle, source):
    """Values of all kinds in some databases, and how many keys each has: {database: [keys, of them with a time to live]}."""
    counts = {}
    for database in sorted(source.sample(range(16), 3)):
        oracle.ask("SELECT", database)
        counts[database] = [0, 0]
        for number in range(40):
            make, _ = dumps.KINDS[source.choice(list(dumps.KINDS))]
            key = "%s%d" % (source.choice(["", "key:", "k" * 300]), number)
            for command in make(source, source.random() < 0.1):
                name = [key if word == "v" else word for word in command]
                oracle.ask(*name)
            if not oracle.ask("EXISTS", key).startswith(b":1"):
                continue
            counts[database][0] += 1
            if source.random() < 0.4:
                oracle.ask("PEXPIRE", key, source.randrange(10**6, 10**12))
                counts[database][1] += 1
    return counts


def check(path, program):
    ended = subprocess.run([program, "--check-rdb", path], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.STDOUT, timeout=60)
    return ended.returncode, ended.stdout.decode(errors="replace")


def counted(text):
    """{database: [keys, of them with a time to live]}, as the check tells."""
    found = re.findall(r"^database (\d+): (\d+) keys?(?:, (\d+) with a time to live)?$", text, re.M)
    return {int(database): [int(keys), int(expiring or 0)] for database, keys, expiring in found}


def one_file(pair, oracle, seed, label):
    source = random.Random("files %d" % seed)
    counts = fill(oracle, source)
    oracle.ask("FUNCTION", "LOAD", LIBRARY % (b"one", b"1"))
    oracle.ask("FUNCTION", "LOAD", LIBRARY % (b"two", b"2"))
    pair.expect([label, "SAVE"], b"+OK\r\n", oracle.ask("SAVE"))
    path = os.path.join(pair.oracle.folder, "dump.rdb")
    status, text = check(path, pair.kvs.program)
    expected = {database: keys for database, keys in counts.items() if keys[0] > 0}
    told = status, counted(text), "functions: 2 libraries\n" in text, "the checksum is right" in text
    pair.expect([label, text], resp.encode([repr((0, expected, True, True))]), resp.encode([repr(told)]))
    oracle.ask("FLUSHALL")
    oracle.ask("FUNCTION", "FLUSH")


@scenario
def what_redis_saves_is_read(pair):
    """With strings compressed or not, collections packed or not, under policies that note how keys are used."""
    oracle = Oracle(pair)
    before = {name: resp.decode(oracle.ask("CONFIG", "GET", name))[1] for name in LARGE_FORMS}
    for seed, (compression, policy, is_large) in enumerate([("yes", "noeviction", False), ("no", "allkeys-lru", False),
                                                            ("yes", "allkeys-lfu", True)]):
        oracle.ask("CONFIG", "SET", "rdbcompression", compression, "maxmemory-policy", policy)
        for name, value in before.items():
            oracle.ask("CONFIG", "SET", name, "1" if is_large else value)
        one_file(pair, oracle, seed, "(files, seed %d)" % seed)
    oracle.ask("CONFIG", "SET", "rdbcompression", "yes", "maxmemory-policy", "noeviction")
    for name, value in before.items():
        oracle.ask("CONFIG", "SET", name, value)
    oracle.connection.close()
    pair.flush()   # SAVE began to count changes anew, on one side
