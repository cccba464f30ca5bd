"""Client-side caching: who is told of what, in which order with replies, byte for byte.

Several connections take turns, so that what each of them is told between two of its requests is the same on both
servers. What a connection is sent up to a mark of its own is compared, notices and replies alike.
"""

import random
import re

import generators
import resp
from driver import RESP2
from scenarios import PATIENCE, scenario

EVERYTHING = b">2\r\n$10\r\ninvalidate\r\n_\r\n"
MARK = b"$4\r\nmark\r\n"
KEYS = ["k%d" % i for i in range(6)]
HELLO = re.compile(rb"\$\d+\r\n7\.\d+\.\d+\r\n|(?<=\$2\r\nid\r\n):\d+\r\n")   # version and number of the connection
READS = [["GET"], ["STRLEN"], ["EXISTS"], ["TTL"], ["TYPE"], ["GETRANGE", "0", "-1"], ["OBJECT", "ENCODING"]]


def settled(replies):
    """Without notices that are followed at once by one of everything: kvs leaves them out where they wait."""
    result = []
    for raw in replies:
        while raw == EVERYTHING and result and result[-1].startswith(b">"):
            result.pop()
        result.append(raw)
    return result


def say(pair, pair_connection, commands, told=None):
    """Sends a pipeline and compares all that comes up to its end. With told, the names in notices are added there for
    each side, and the notices left out: those of prefixes come when a server has run what it has read."""
    payload = b"".join(resp.encode(words) for words in commands) + resp.encode(["ECHO", "mark"])
    answers = []
    for side, connection in enumerate(pair_connection.connections):
        replies, ending = connection.exchange(payload, MARK, PATIENCE)
        if told is not None:
            for raw in replies:
                if raw.startswith(b">"):
                    told[side].update(resp.decode(raw)[1] or [b"everything"])
            replies = [raw for raw in replies if not raw.startswith(b">")]
        answers.append(HELLO.sub(b"", b"".join(settled(replies)) + ending.encode()))
    pair.expect(["(a pipeline)"] + [" ".join(words) for words in commands], *answers, context=[])


def read(source):
    if source.random() < 0.2:
        return ["MGET"] + source.sample(KEYS, 3)
    words = source.choice(READS)
    at = 1 if words[0] != "OBJECT" else 2
    return words[:at] + [source.choice(KEYS)] + words[at:]


def write(source):
    key = source.choice(KEYS)
    return source.choice([
        ["SET", key, str(source.randrange(100))], ["SET", key, "1", "EX", "10000"], ["DEL", key, source.choice(KEYS)],
        ["MSET", key, "1", source.choice(KEYS), "2"], ["APPEND", key, "x"], ["EXPIRE", key, "1000"],
        ["EXPIRE", key, "-1"], ["PERSIST", key], ["RENAME", key, source.choice(KEYS)], ["GETDEL", key],
        ["COPY", key, source.choice(KEYS), "REPLACE"], ["SETNX", key, "3"], ["UNLINK", key], ["INCR", "number"],
        ["MOVE", key, "1"], ["FLUSHDB"], ["FLUSHALL"], ["SET", "a:" + key, "1"], ["SET", "ab:" + key, "1"]])


def asked(source):
    return source.choice([
        ["CLIENT", "TRACKING", "ON"], ["CLIENT", "TRACKING", "OFF"], ["CLIENT", "TRACKING", "ON", "OPTIN"],
        ["CLIENT", "TRACKING", "ON", "OPTOUT"], ["CLIENT", "TRACKING", "ON", "BCAST", "OPTIN"],
        ["CLIENT", "TRACKING", "ON", "PREFIX", "a"], ["CLIENT", "TRACKING", "ON", "OPTIN", "OPTOUT"],
        ["CLIENT", "TRACKING", "ON", "REDIRECT", "0"], ["CLIENT", "TRACKING", "ON", "NOSUCH"],
        ["CLIENT", "CACHING", source.choice(["YES", "NO", "bad"])], ["CLIENT", "CACHING", source.choice(["YES", "NO"])],
        ["CLIENT", "TRACKINGINFO"], ["CLIENT", "GETREDIR"], ["RESET"], ["HELLO", "3"], ["HELLO", "2"],
        ["CLIENT", "GETNAME"], ["NOSUCH"], ["GET"], ["MULTI"], ["EXEC"], ["DISCARD"],
        ["SELECT", source.choice("01")]])


def end(pair):
    control = pair.connect(RESP2)
    control.ask("FLUSHALL")
    control.close()


@scenario
def tracking(pair):
    """Random reads, writes and modes of several clients that take turns: what was read is told, behind which reply."""
    source = random.Random(23)
    for _ in range(60):
        clients = [pair.connect(looks=False) for _ in range(3)]
        for client in clients:
            say(pair, client, [["HELLO", "3"]] if source.random() < 0.9 else [["PING"]])
            say(pair, client, [["CLIENT", "TRACKING", "ON"] + source.choice([[], [], ["OPTIN"]])])
        for _ in range(60):
            commands = []
            for _ in range(source.randint(1, 5)):
                commands.append(source.choice([read, read, write, asked])(source))
            say(pair, source.choice(clients), commands + [["EXEC"], ["PING"]])
        for client in clients:
            say(pair, client, [])
            client.close()
    end(pair)


@scenario
def tracked_prefixes(pair):
    """What begins with a prefix is told, and nothing else."""
    source = random.Random(29)
    for _ in range(60):
        clients = [pair.connect(looks=False) for _ in range(3)]
        told = [(set(), set()) for _ in clients]
        for client in clients:
            prefixes = source.choice([[], ["PREFIX", "a"], ["PREFIX", "a:", "PREFIX", "ab"], ["PREFIX", "k1"], ["NOLOOP"]])
            say(pair, client, [["HELLO", "3"], ["CLIENT", "TRACKING", "ON", "BCAST"] + prefixes])
        for _ in range(8):
            at = source.randrange(3)
            say(pair, clients[at], [source.choice([read, write, write])(source) for _ in range(source.randint(1, 5))], told[at])
        for client, names in zip(clients, told):
            for _ in range(2):
                say(pair, client, [["CLIENT", "TRACKINGINFO"]], names)
            pair.expect(["(what it was told)"], *(repr(sorted(side)).encode() for side in names), context=[])
            client.close()
    end(pair)


@generators.family(1)
def tracking_words(g):
    """Words of the commands, well put and badly; nothing is changed, so there are no notices."""
    word = lambda: g.pick([["BCAST"], ["OPTIN"], ["OPTOUT"], ["NOLOOP"], ["PREFIX", g.pick(["a", "ab", "b", ""])],
                           ["REDIRECT", g.pick(["0", "x", "99999999", "-1", ""])], ["PREFIX"], ["bad"]])
    return g.pick([
        lambda: ["CLIENT", "TRACKING", g.pick(["ON", "on", "OFF", "bad", ""])]
        + sum((word() for _ in range(g.random.randint(0, 2))), []),
        lambda: ["CLIENT", "TRACKING", "OFF"],
        lambda: ["CLIENT", "CACHING", g.pick(["YES", "no", "bad"])],
        lambda: ["CLIENT", g.pick(["TRACKINGINFO", "GETREDIR", "TRACKING", "CACHING"])] + g.pick([[], [], ["x"]]),
    ])()
