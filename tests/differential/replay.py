"""Effects: what kvs says its writes have done is done again on a second server, and both must then hold the same.

A Replay owns that server. It begins a trace with each test, and at the end of it takes the effects, replays them and
compares DEBUG DIGEST; where that differs, it names the keys.
"""

import resp
import servers

DATABASES = 16
TRIES = 3   # a key may expire between the looks at the two


class Replay:
    def __init__(self, kvs, echo):
        self.kvs, self.echo = kvs, echo
        self.process = None   # of kvs when the trace was begun

    def begin(self):
        """Both are empty."""
        if not self.echo.is_alive():
            self.echo.start()
        self.process = self.kvs.process
        ask(self.kvs, [["DEBUG", "EFFECTS", "START"]])
        ask(self.echo, [["FLUSHALL"], ["FUNCTION", "FLUSH"]])

    def difference(self):
        """What differs after the replay, or None. Nothing is known where kvs was started anew meanwhile."""
        if self.kvs.process is not self.process or not self.kvs.is_alive():
            return None
        told = []
        for _ in range(TRIES):
            sweep(self.kvs)   # expired keys go, and say so
            (taken,) = ask(self.kvs, [["DEBUG", "EFFECTS", "TAKE"]])
            if isinstance(taken, resp.Error):
                return taken.decode()
            told = self.play(taken)
            sweep(self.echo)
            digests = [ask(server, [["DEBUG", "DIGEST"]])[0] for server in (self.kvs, self.echo)]
            if digests[0] == digests[1]:
                return None
        return "after a replay of the effects the digests differ: %s%s" % (self.keys_that_differ(), "; " + told if told else "")

    def play(self, effects):
        """Says which of them were refused."""
        commands, database = [], None
        for index, *words in effects:
            if index != database:
                commands.append(["SELECT", index])
                database = index
            commands.append(words)
        replies = ask(self.echo, commands)
        refused = ["%s: %s" % (b" ".join(command)[:200], reply) for command, reply in zip(commands, replies)
                   if isinstance(reply, resp.Error)]
        return "refused: " + ", ".join(refused[:5]) if refused else ""

    def keys_that_differ(self):
        found = []
        for index in range(DATABASES):
            names = set()
            for server in (self.kvs, self.echo):
                names |= set(ask(server, [["SELECT", index], ["KEYS", "*"]])[1])
            for name in sorted(names):
                sums = [ask(server, [["SELECT", index], ["DEBUG", "DIGEST-VALUE", name]])[1]
                        for server in (self.kvs, self.echo)]
                if sums[0] != sums[1]:
                    found.append("%r in database %d" % (name, index))
        return ", ".join(found[:5]) or "in none of the keys"


def sweep(server):
    commands = []
    for index in range(DATABASES):
        commands += [["SELECT", index], ["SCAN", "0", "COUNT", "100000000"]]
    ask(server, commands)


def ask(server, commands):
    """Decoded replies, through a connection of its own."""
    connection = servers.Connection(server)
    replies, _ = connection.exchange(b"".join(map(resp.encode, commands)), len(commands))
    connection.close()
    return [resp.decode(raw) for raw in replies]
