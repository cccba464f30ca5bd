"""Large collections and those who have nothing to do with them: made, grown past their small form, overwritten, deleted,
expired, emptied. ATTACK_MEMBERS=10000000 ATTACK_SECONDS=900 asks for ten million members."""

import os
import time

from kit import attack, encode

BOTH = (1, 2)
MEMBERS = int(os.environ.get("ATTACK_MEMBERS", "300000"))
WORDS = 500   # members in a request


def addition(kind, key, start, count):
    """The words that add members start to start + count to a collection of that kind."""
    names = ["member:%010d" % i for i in range(start, start + count)]
    if kind == "hash":
        return ["HSET", key] + [word for name in names for word in (name, name)]
    if kind == "zset":
        return ["ZADD", key] + [word for i, name in enumerate(names) for word in ((start + i) * 7919 % 1000003, name)]
    return [{"list": "RPUSH", "set": "SADD"}[kind], key] + names


def make(client, kind, key, members=MEMBERS):
    for first in range(0, members, 50 * WORDS):
        starts = range(first, min(first + 50 * WORDS, members), WORDS)
        client.pour(b"".join(encode(*addition(kind, key, start, WORDS)) for start in starts), len(starts))


def large(kind):
    def run(case):
        server = case.server()
        admin = server.client()
        admin("CONFIG", "SET", "lazyfree-lazy-user-del", "no")
        with case.witness(server) as witness:
            make(admin, kind, "key")
        case.waits(witness.seen, "made")
        case.figure("memory a member", float(admin("MEMORY", "USAGE", "key", "SAMPLES", "200")) / MEMBERS, unit="bytes")
        for name, *words in (("deleted", "DEL", "key"), ("overwritten", "SET", "key", "v"), ("renamed over", "RENAME", "other", "key")):
            if name != "deleted":
                admin("DEL", "key")
                make(admin, kind, "key")
            admin("SET", "other", "v")
            with case.witness(server) as witness:
                admin(*words)
            case.waits(witness.seen, name)
        admin("DEL", "key")
        make(admin, kind, "key")
        with case.witness(server) as witness:
            admin("PEXPIRE", "key", 100)
            time.sleep(0.6)
        case.waits(witness.seen, "expired")
    run.__name__ = "large_" + kind
    return run


for _kind in ("list", "set", "hash", "zset"):
    attack("a %s of %d members: made, deleted, overwritten, expired" % (_kind, MEMBERS), workers=BOTH, redis=True)(large(_kind))


@attack("5,000 collections of each type that grow past their small form at the same time", workers=BOTH, redis=True)
def many_grow(case):
    server = case.server()
    admin = server.client()
    for kind in ("list", "set", "hash", "zset"):
        admin.pour(b"".join(encode(*addition(kind, "%s:%d" % (kind, i), 0, 50)) for i in range(5000)), 5000)
        with case.witness(server) as witness:
            admin.pour(b"".join(encode(*addition(kind, "%s:%d" % (kind, i), 50, 100)) for i in range(5000)), 5000)
        case.waits(witness.seen, kind)
