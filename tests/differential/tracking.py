"""Client-side caching: who is told of what, in which order with replies, byte for byte.

Several connections take turns, so that what each of them is told between two of its requests is the same on both
servers. What a connection is sent up to a mark of its own is compared, notices and replies alike.
"""

import random

import generators
import resp
from driver import RESP2
from scenarios import PATIENCE, scenario

MARK = b"$4\r\nmark\r\n"
KEYS = ["k%d" % i for i in range(6)]
READS = [["GET"], ["STRLEN"], ["EXISTS"], ["TTL"], ["TYPE"], ["GETRANGE", "0", "-1"], ["OBJECT", "ENCODING"]]


def say(pair, pair_connection, commands):
    """Sends a pipeline and compares all that comes up to its end."""
    payload = b"".join(resp.encode(words) for words in commands) + resp.encode(["ECHO", "mark"])
    answers = []
    for connection in pair_connection.connections:
        replies, ending = connection.exchange(payload, MARK, PATIENCE)
        answers.append(b"".join(replies) + ending.encode())
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
        ["CLIENT", "TRACKING", "ON", "OPTOUT"], ["CLIENT", "TRACKING", "ON", "BCAST"],
        ["CLIENT", "TRACKING", "ON", "BCAST", "PREFIX", source.choice(["a", "a:", "ab", "k", "", "x"])],
        ["CLIENT", "TRACKING", "ON", "BCAST", "OPTIN"], ["CLIENT", "TRACKING", "ON", "PREFIX", "a"],
        ["CLIENT", "TRACKING", "ON", "OPTIN", "OPTOUT"], ["CLIENT", "TRACKING", "ON", "REDIRECT", "0"],
        ["CLIENT", "TRACKING", "ON", "NOSUCH"], ["CLIENT", "CACHING", source.choice(["YES", "NO", "bad"])],
        ["CLIENT", "CACHING", source.choice(["YES", "NO"])], ["CLIENT", "TRACKINGINFO"], ["CLIENT", "GETREDIR"],
        ["RESET"], ["HELLO", "3"], ["HELLO", "2"], ["CLIENT", "GETNAME"], ["NOSUCH"], ["GET"],
        ["CLIENT", "REPLY", "SKIP"], ["MULTI"], ["EXEC"], ["DISCARD"], ["SELECT", source.choice("01")]])


@scenario
def tracking(pair):
    """Random reads, writes and modes of several clients that take turns."""
    source = random.Random(23)
    for _ in range(40):
        clients = [pair.connect(looks=False) for _ in range(3)]
        for client in clients:
            say(pair, client, [["HELLO", "3"]] if source.random() < 0.9 else [["PING"]])
            say(pair, client, [["CLIENT", "TRACKING", "ON"] + source.choice([[], [], ["OPTIN"], ["BCAST"]])])
        for _ in range(60):
            commands = []
            for _ in range(source.randint(1, 5)):
                commands.append(source.choice([read, read, write, asked])(source))
            say(pair, source.choice(clients), commands + [["EXEC"]])
        for client in clients:
            say(pair, client, [])
            client.close()
    control = pair.connect(RESP2)
    control.ask("FLUSHALL")
    control.close()


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
