"""Messages: what every connection is sent, and in which order with its replies, byte for byte.

Several connections take turns, so that what has been published by one is there before another sends its next pipeline.
What a connection is sent up to a mark of its own is compared, pushes and replies alike.
"""

import random
import re

import resp
from driver import RESP2
from generators import family
from scenarios import PATIENCE, eventually, scenario
from tracking import HELLO

# PING is what every client may send; one that listens in RESP2 is answered otherwise.
MARKS = (b"$4\r\nmark\r\n", b"*2\r\n$4\r\npong\r\n$4\r\nmark\r\n")
NAMES = ["c1", "c2", "c3", "d1", "d\xe9", "a*b", "c[1]", "", "with blank", "__keyspace@0__:c1", "x" * 70]
PATTERNS = ["c*", "c?", "c[12]", "c[^1]", "*", "**", "d\\1", "a\\*b", "a*b", "[", "", "\\", "c1", "d?", "__key*", "*" * 9 + "z"]
LONG = "long" * 6000   # more than a reply's buffer holds

# In both servers these come in the order of a hash table: the patterns that a message matches, and what a client is
# unsubscribed from that names nothing.
MATCHED = re.compile(rb"([>*]4\r\n\$8\r\npmessage\r\n)(\$\d+\r\n.*?\r\n)(\$\d+\r\n.*?\r\n\$\d+\r\nm\d+:(?:long)*\r\n)", re.DOTALL)
LEFT = re.compile(rb"([>*]3\r\n\$\d+\r\n[ps]?unsubscribe\r\n)(\$\d+\r\n.*?\r\n)(:\d+\r\n)", re.DOTALL)

# 7.0 sends a publisher its own message before the reply, and within that of EXEC; kvs behind both, as 7.2 does.
MESSAGE = (rb"(?:[>*][34]\r\n\$\d+\r\n[ps]?message\r\n(?:\$\d+\r\n[^\r\n]*\r\n){1,2}\$\d+\r\nm\d+:(?:long)*\r\n)")
BEFORE_REPLY = re.compile(b"(%s+)((?::\\d+\r\n)+)" % MESSAGE)


def sorted_runs(text, pattern, same):
    """Sorts the middle groups of matches that follow each other without a gap and are alike in the given groups."""
    pieces, run, end = [], [], 0

    def flush():
        for match, middle in zip(run, sorted(match[2] for match in run)):
            pieces.append(match[1] + middle + match[3])
        run.clear()
    for match in pattern.finditer(text):
        if run and (match.start() != end or match.group(*same) != run[0].group(*same)):
            flush()
        pieces.append(text[end:match.start()])
        run.append(match)
        end = match.end()
    flush()
    return b"".join(pieces) + text[end:]


def settled(text, commands):
    text = sorted_runs(text, MATCHED, (1, 3))
    if any(words[0].endswith("UNSUBSCRIBE") and len(words) == 1 for words in commands):
        text = sorted_runs(text, LEFT, (1, 1))
    words = {words[0] for words in commands}
    if words & {"PUBLISH", "SPUBLISH"} and "MULTI" in words:
        text = b"".join(re.findall(MESSAGE, text)) + re.sub(MESSAGE, b"", text)
    elif words & {"PUBLISH", "SPUBLISH"}:
        before = b""
        while text != before:   # kvs's stand before the next reply
            before, text = text, BEFORE_REPLY.sub(rb"\2\1", text)
    return HELLO.sub(b"", text)


def wire(words):
    return resp.encode([word.encode("latin-1") for word in words])


def say(pair, pair_connection, commands):
    """Sends a pipeline and compares all that comes up to its end. True when it is the same."""
    payload = b"".join(wire(words) for words in commands) + wire(["PING", "mark"])
    answers = []
    for connection in pair_connection.connections:
        replies, ending = connection.exchange(payload, MARKS, PATIENCE)
        answers.append(settled(b"".join(replies), commands) + ending.encode())
    return pair.expect(["(a pipeline)"] + [" ".join(words) for words in commands], *answers, context=[])


class Talk:
    """Random commands; each message is another, so that it can be told which one came."""

    def __init__(self, seed):
        self.random = random.Random(seed)
        self.published = 0

    def name(self):
        return self.random.choice(NAMES[:4] if self.random.random() < 0.7 else NAMES)

    def pattern(self):
        return self.random.choice(PATTERNS[:5] if self.random.random() < 0.6 else PATTERNS)

    def some(self, one, low=1):
        return [one() for _ in range(self.random.randint(low, 3))]

    def message(self):
        self.published += 1
        return "m%d:%s" % (self.published, LONG if self.random.random() < 0.03 else "")

    def subscribe(self):
        word = self.random.choice(["SUBSCRIBE", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"])
        return [word] + self.some(self.pattern if word[0] == "P" else self.name)

    def unsubscribe(self):
        word = self.random.choice(["UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"])
        return [word] + self.some(self.pattern if word[0] == "P" else self.name, 0)

    def publish(self):
        return [self.random.choice(["PUBLISH", "PUBLISH", "SPUBLISH"]), self.name(), self.message()]

    def ask(self):
        return self.random.choice([
            ["PUBSUB", "NUMPAT"], ["PUBSUB", "NUMSUB"] + self.some(self.name, 0),
            ["PUBSUB", "SHARDNUMSUB"] + self.some(self.name, 0), ["PUBSUB", "CHANNELS", "c1"],
            ["PUBSUB", "CHANNELS", "[d]1"], ["PUBSUB", "SHARDCHANNELS", "c2"], ["PUBSUB", "CHANNELS", "a", "b"],
            ["PUBSUB", "nosuch"], ["GET", "k"], ["SET", "k", "v"], ["GET"], ["nosuch"], ["PING"], ["PING", "text"],
            ["PING", "a", "b"], ["SUBSCRIBE"], ["PSUBSCRIBE"], ["SSUBSCRIBE"], ["PUBLISH", "c1"], ["CLIENT", "GETNAME"],
            ["CLIENT", "NOSUCH"], ["PUBSUB"], ["CONFIG", "GET", "port"], ["ECHO", "e"]])

    def change(self):
        return self.random.choice([["RESET"], ["HELLO", "3"], ["HELLO", "2"], ["HELLO"], ["MULTI"], ["EXEC"], ["DISCARD"],
                                   ["WATCH", "k"], ["UNWATCH"], ["SELECT", "1"]])

    def one(self):
        return self.random.choice([self.subscribe, self.subscribe, self.unsubscribe, self.publish, self.publish, self.publish,
                                   self.ask, self.change])()

    def pipeline(self):
        commands = [self.one() for _ in range(self.random.randint(1, 6))]
        chance = self.random.random()
        if chance < 0.15:
            commands = [["MULTI"]] + commands
        elif chance < 0.22:
            # Not within a transaction, see meant.py; RESET, since whoever listens in RESP2 may not ask for replies again.
            commands = [words for words in commands if words != ["MULTI"]]
            commands = [["CLIENT", "REPLY", "OFF"]] + commands + [["CLIENT", "REPLY", "ON"], ["RESET"]]
        elif chance < 0.26:
            commands = [["CLIENT", "REPLY", "SKIP"], self.publish(), ["PING"]]
        return commands + [["EXEC"], ["PING"]]   # within a transaction the mark would be queued


def nobody_is_left(pair, control):
    """Servers notice at their own pace that connections have ended."""
    for words in (["PUBSUB", "CHANNELS"], ["PUBSUB", "SHARDCHANNELS"], ["PUBSUB", "NUMPAT"]):
        pair.expect(words, *eventually(lambda: control.ask(*words, quiet=True), lambda raw: raw in (b"*0\r\n", b":0\r\n")))


@scenario
def messages(pair):
    """Random subscriptions and messages of several clients that take turns, in RESP2 and RESP3."""
    talk = Talk(31)
    control = pair.connect(RESP2)
    for _ in range(60):
        clients = [pair.connect(looks=False) for _ in range(4)]
        for client in clients:
            say(pair, client, [["HELLO", "3"]] if talk.random.random() < 0.6 else [])
        for _ in range(50):
            if not say(pair, talk.random.choice(clients), talk.pipeline()):
                break   # what these get from now on is not the same any more
            if talk.random.random() < 0.2:
                control.ask(*talk.random.choice([["PUBSUB", "CHANNELS"], ["PUBSUB", "CHANNELS", "c*"],
                                                 ["PUBSUB", "CHANNELS", "*[1-3]"], ["PUBSUB", "SHARDCHANNELS"],
                                                 ["PUBSUB", "SHARDCHANNELS", "[cd]?"]]))
        else:
            for client in clients:
                say(pair, client, [])
        for client in clients:
            client.close()
        nobody_is_left(pair, control)
    control.ask("FLUSHALL")
    control.close()


@scenario
def listeners(pair):
    """What a client that is subscribed may send, command by command, in both versions and with each kind."""
    requests = [["GET", "k"], ["SET", "k", "v"], ["PING"], ["PING", "x"], ["ECHO", "x"], ["SELECT", "0"], ["HELLO"],
                ["HELLO", "2"], ["HELLO", "3"], ["MULTI"], ["EXEC"], ["DISCARD"], ["WATCH", "k"], ["CLIENT", "GETNAME"],
                ["CLIENT", "REPLY", "ON"], ["PUBLISH", "other", "m0:"], ["SPUBLISH", "other", "m0:"], ["PUBSUB", "NUMPAT"],
                ["SUBSCRIBE", "c1", "c1"], ["PSUBSCRIBE", "c1"], ["SSUBSCRIBE", "c1"], ["UNSUBSCRIBE", "none"],
                ["PUNSUBSCRIBE", "none"], ["SUNSUBSCRIBE", "none"], ["CONFIG", "GET", "port"],
                ["AUTH", "x"], ["RESET"], ["ACL", "WHOAMI"], ["nosuch"], ["BLPOP", "k", "0.001"], ["MONITOR", "x"],
                ["SUBSCRIBE"], ["GET"], ["PING", "x", "y"], ["RESET", "x"], ["QUIT", "x"]]
    for version in ("2", "3"):
        for begin in (["SUBSCRIBE", "c1"], ["PSUBSCRIBE", "c*"], ["SSUBSCRIBE", "c1"]):
            for request in requests:
                client = pair.connect(looks=False)
                if request[0] == "QUIT":
                    answers = []
                    for connection in client.connections:
                        connection.send_all(wire(["HELLO", version]) + wire(begin) + wire(request))
                        data, closed = connection.read_to_end(PATIENCE)
                        answers.append(HELLO.sub(b"", data) + (b"(closed)" if closed else b"(open)"))
                    pair.expect(["(a pipeline)"] + begin + request, *answers, context=[])
                else:
                    say(pair, client, [["HELLO", version], begin, request, ["EXEC"], ["PING"]])
                client.close()


@family(1)
def message_words(g):
    """Words of the commands, well put and badly, where nobody is subscribed; each is answered once."""
    name = lambda: g.pick(NAMES).encode("latin-1")
    return g.pick([
        lambda: [g.pick(["PUBLISH", "SPUBLISH", "publish"]), name(), g.pick(["", "text", "x" * 5000, b"\x00\r\n"])],
        lambda: [g.pick(["PUBLISH", "SPUBLISH", "SUBSCRIBE", "PSUBSCRIBE", "SSUBSCRIBE"])],
        lambda: [g.pick(["PUBLISH", "SPUBLISH"]), name()] + g.pick([[], ["a", "b"]]),
        lambda: [g.pick(["UNSUBSCRIBE", "PUNSUBSCRIBE", "SUNSUBSCRIBE"])] + g.pick([[], [name()]]),
        lambda: ["PUBSUB", g.pick(["CHANNELS", "SHARDCHANNELS", "channels"])]
        + g.pick([[], [name()], [g.pick(PATTERNS)], ["a", "b"]]),
        lambda: ["PUBSUB", g.pick(["NUMSUB", "SHARDNUMSUB"])] + [name() for _ in range(g.random.randint(0, 3))],
        lambda: ["PUBSUB", g.pick(["NUMPAT", "NUMPAT x", "nosuch", "", "HELP"])] + g.pick([[], [], ["x"]]),
        lambda: g.pick([["PUBSUB"], ["COMMAND", "GETKEYS", "PUBLISH", "a", "b"], ["COMMAND", "GETKEYS", "SPUBLISH", "a", "b"],
                        ["COMMAND", "GETKEYS", "SSUBSCRIBE", "a", "b"], ["COMMAND", "GETKEYS", "SUBSCRIBE", "a"]]),
    ])()
