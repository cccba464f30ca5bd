"""Drives the oracle and kvs side by side and gathers what differs.

A Pair owns the two servers. A PairConnection is one connection to each, in one protocol mode; its batch() pipelines
the same commands to both and compares the replies one by one. Reports gathers what differed in one test.

Every exchange ends with a look at the changes since the last save, which must have risen by as much on both sides. Where
a batch raised them differently, it is replayed command by command to name the one that did.
"""

import re

import chance
import resp
import rules
import servers
import unfold
from meant import meant_difference

RESP2, RESP3, INLINE = "RESP2", "RESP3", "inline"
INLINE_LIMIT = 8000     # bytes; longer commands go as arrays, for Redis ends an inline line at 64 KiB
SHOWN_PER_TEST = 6
SHRINK_REPLAYS = 150
EMPTYING = [["FLUSHALL"], ["FUNCTION", "FLUSH"]]
CHANGES = ["INFO", "persistence"]


class PerSide:
    """An argument that is not the same for both servers, such as a connection's id."""

    def __init__(self, oracle, kvs):
        self.values = (oracle, kvs)


class Mismatch:
    def __init__(self, args, oracle, kvs, why, context=()):
        self.args, self.oracle, self.kvs, self.why, self.context = args, oracle, kvs, why, list(context)

    def signature(self):
        """Mismatches with one signature are shown once."""
        words = rules.command_words(self.args).split(" ")
        name = " ".join(words[:2]) if words[0] in ("CLIENT", "CONFIG", "COMMAND", "MEMORY", "OBJECT", "DEBUG",
                                                   "LATENCY", "SLOWLOG") else words[0]
        return (name, self.oracle[:24], self.kvs[:24])

    def __str__(self):
        lines = ["  command: %s" % show_args(self.args), "    redis: %s" % resp.shorten(self.oracle),
                 "    kvs:   %s" % resp.shorten(self.kvs), "    why:   %s" % self.why[:1500]]
        if self.context:
            lines.append("    after: " + "\n           ".join(show_args(a) for a in self.context))
        return "\n".join(lines)


def show_args(args):
    shown = []
    for arg in args:
        if isinstance(arg, PerSide):
            shown.append("<%r or %r>" % arg.values)
            continue
        arg = resp.to_bytes(arg)
        plain = arg and all(33 <= c < 127 for c in arg) and len(arg) <= 200
        shown.append(arg.decode() if plain else resp.shorten(arg, 120))
    return " ".join(shown)


class Reports:
    """What differed in one test; at most a handful is kept, the rest counted."""

    def __init__(self):
        self.mismatches, self.count, self.commands = [], 0, 0
        self.seen = set()

    def add(self, mismatch):
        self.count += 1
        if mismatch.signature() in self.seen or len(self.mismatches) >= SHOWN_PER_TEST:
            return False
        self.seen.add(mismatch.signature())
        self.mismatches.append(mismatch)
        return True


class Pair:
    """Both servers, and the meant differences that were met."""

    def __init__(self, oracle, kvs):
        self.oracle, self.kvs = oracle, kvs
        self.reports = Reports()
        self.meant_met = {}
        self.markers = 0
        self.modern = False   # whether the oracle is 7.2 or later
        self.changes = None   # since the last save: (count, process) of each side, as last seen

    def start(self):
        for server in self.sides():
            server.start()
        connection = servers.Connection(self.oracle)
        (raw,), _ = connection.exchange(resp.encode(["INFO", "server"]), 1)
        connection.close()
        version = re.search(rb"redis_version:(\d+)\.(\d+)", raw)
        self.modern = bool(version) and (int(version[1]), int(version[2])) >= (7, 2)

    def sides(self):
        return self.oracle, self.kvs

    def connect(self, mode=RESP2, history=None, looks=True):
        return PairConnection(self, mode, history, looks)

    def revive(self):
        """Starts a server again that has died; says so as a mismatch."""
        for server in self.sides():
            if not server.is_alive():
                self.reports.add(Mismatch(["(server)"], b"", b"", "%s %s; its log ends:\n%s" % (
                    server.name, server.how_it_ended(), server.log_tail())))
                server.start()

    def flush(self):
        """Empties both. Changes are counted anew: whether a key that has expired is still there to be flushed is a race."""
        seen = []
        for server in self.sides():
            connection = servers.Connection(server)
            replies, _ = connection.exchange(b"".join(map(resp.encode, EMPTYING + [CHANGES])), len(EMPTYING) + 1)
            connection.close()
            seen.append(changes_of(replies[-1]) if len(replies) == len(EMPTYING) + 1 else None)
        self.changes = None
        self.note_changes(seen)

    def note_changes(self, seen):
        """By how much each side's changes have risen since they were seen last; None where that isn't known."""
        if None in seen:
            return None
        now = [(count, server.process) for count, server in zip(seen, self.sides())]
        before, self.changes = self.changes or now, now
        if any(old[1] is not new[1] for old, new in zip(before, now)):
            return None   # a server was started meanwhile
        return tuple(new[0] - old[0] for old, new in zip(before, now))

    def compare_changes(self, args):
        """The same through connections of its own, for what other connections did that don't look themselves."""
        seen = []
        for server in self.sides():
            connection = servers.Connection(server)
            replies, _ = connection.exchange(resp.encode(CHANGES), 1)
            connection.close()
            seen.append(changes_of(replies[0]) if replies else None)
        self.check_rises(args, self.note_changes(seen))

    def check_rises(self, args, rises, context=()):
        """Reports that the changes rose differently. True when they rose by as much, or nobody knows."""
        if rises is None or rises[0] == rises[1]:
            return True
        self.reports.add(Mismatch(args, b"%d changes" % rises[0], b"%d changes" % rises[1],
                                  "rdb_changes_since_last_save rises differently", context))
        return False

    def check(self, args, oracle, kvs, rule=None):
        """None when the replies agree or differ as meant, otherwise why not."""
        why = rules.compare(args, oracle, kvs, rule)
        if not why:
            return None
        entry = meant_difference(args, oracle, kvs, why)
        if entry is not None:
            self.meant_met[entry] = self.meant_met.get(entry, 0) + 1
            return None
        return why

    def expect(self, args, oracle, kvs, rule=None, context=()):
        """Compares two raw replies and reports a difference."""
        self.reports.commands += 1
        why = self.check(args, oracle, kvs, rule)
        if why:
            self.reports.add(Mismatch(args, oracle, kvs, why, context))
        return not why

    def compare_key_spaces(self, databases=16):
        """All databases: names, types, values, encodings and times to live."""
        pair = self.connect(RESP2)
        for index in range(databases):
            pair.ask("SELECT", index)
            oracle, kvs = pair.ask("KEYS", "*")
            names = sorted(set(resp.decode(oracle)) & set(resp.decode(kvs)))
            commands = [part for name in names for part in (
                ["TYPE", name], ["GET", name], ["LRANGE", name, 0, -1], ["DEBUG", "DIGEST-VALUE", name], ["OBJECT", "ENCODING", name],
                ["PEXPIRETIME", name])]
            for start in range(0, len(commands), 200):
                pair.batch(commands[start:start + 200], shrink=False)
        pair.close()


def changes_of(raw):
    """What a reply to CHANGES says, or None where it is none."""
    found = re.search(rb"\r\nrdb_changes_since_last_save:(\d+)\r\n", raw)
    return int(found[1]) if found else None


class PairConnection:
    """One connection to each server, used in step. looks: whether it looks at the changes, which takes the right to INFO."""

    def __init__(self, pair, mode, history=None, looks=True):
        self.pair, self.mode, self.looks = pair, mode, looks
        self.rises = None   # of the changes, by the last exchange
        self.connections = [servers.Connection(server) for server in pair.sides()]
        self.history = [] if history is None else history   # shared where several connections do one test
        if mode == RESP3:
            for connection in self.connections:
                connection.exchange(resp.encode(["HELLO", "3"]), 1)

    def close(self):
        for connection in self.connections:
            connection.close()

    def encode(self, args, side):
        args = [a.values[side] if isinstance(a, PerSide) else a for a in args]
        if self.mode == INLINE and sum(len(resp.to_bytes(a)) for a in args) < INLINE_LIMIT:
            return resp.encode_inline(args)
        return resp.encode(args)

    def exchange(self, commands):
        """Pipelines the commands to both: [(raw replies, ending)] for the oracle and for kvs."""
        self.pair.markers += 1
        marker = b"marker:%d" % self.pair.markers
        until = b"$%d\r\n%s\r\n" % (len(marker), marker)
        tail = (resp.encode(CHANGES) if self.looks else b"") + resp.encode(["ECHO", marker])
        outcome, seen = [], []
        sent, origins = chance.accompany(commands)
        for side, connection in enumerate(self.connections):
            data = b"".join(self.encode(args, side) for args in sent)
            replies, ending = connection.exchange(data + tail, until)
            changes = changes_of(replies[-1]) if self.looks and replies and not ending else None
            if changes is not None:
                replies.pop()
            seen.append(changes)
            outcome.append((chance.without_company(origins, unfold.unfold(sent, replies)), ending))
        self.rises = self.pair.note_changes(seen)
        return outcome

    def ask(self, *args, rule=None, quiet=False):
        """One command on both; compares unless quiet. Returns the two raw replies (several are joined)."""
        (left, left_end), (right, right_end) = self.exchange([args])
        oracle, kvs = b"".join(left) + left_end.encode(), b"".join(right) + right_end.encode()
        if not quiet:
            self.pair.expect(args, oracle, kvs, rule, self.history[-5:])
        self.pair.check_rises(args, self.rises, self.history[-5:])
        self.history.append(args)
        return oracle, kvs

    def batch(self, commands, shrink=True):
        """Pipelines commands and compares reply by reply. False when the servers have diverged."""
        (left, left_end), (right, right_end) = self.exchange(commands)
        rises = self.rises
        reports = self.pair.reports
        agreed = True
        reports.commands += len(commands)
        for index, (args, oracle, kvs) in enumerate(zip(commands, left, right)):
            why = self.pair.check(args, oracle, kvs)
            if why:
                agreed = False
                done = self.history + commands[:index]
                mismatch = Mismatch(args, oracle, kvs, why)
                if reports.add(mismatch) and shrink:
                    mismatch.context = self.shrink(done, args) or related(done, args)[-8:]
                if len(left) != len(right):
                    break   # the replies that follow belong to different commands
        if (len(left), left_end) != (len(right), right_end):
            agreed = False
            at = min(len(left), len(right))
            args = commands[min(at, len(commands) - 1)]
            reports.add(Mismatch(args, b"%d replies %s" % (len(left), left_end.encode()),
                                 b"%d replies %s" % (len(right), right_end.encode()),
                                 "the batch of %d commands ended differently" % len(commands),
                                 commands[max(0, at - 5):at]))
        elif left_end:
            agreed = False
        if rises is not None and rises[0] != rises[1]:
            if not (shrink and self.find_miscount(commands)):
                self.pair.check_rises(["(one of a batch of %d)" % len(commands)], rises, commands[-8:])
            agreed = False
        self.history += commands
        return agreed

    def find_miscount(self, commands):
        """Replays a batch and what led to it on empty servers; reports the first command that raises the changes
        differently, with what shows it again. False if none does."""
        self.pair.flush()
        fresh = PairConnection(self.pair, self.mode)
        fresh.exchange([])
        done = []
        found = False
        for args in unfold.without_transactions(self.history + commands):
            fresh.exchange([args])
            if fresh.rises is None:
                fresh.close()
                fresh = PairConnection(self.pair, self.mode)
            elif fresh.rises[0] != fresh.rises[1]:
                found = True
                self.pair.check_rises(args, fresh.rises, related(done, args)[-8:])
                break
            done.append(args)
        fresh.close()
        return found

    def shrink(self, before, args):
        """The fewest commands found, run on empty servers before args, that show a mismatch again; or None."""
        budget = [SHRINK_REPLAYS]
        before = unfold.without_transactions(before)   # what shows only within one is named by what led to it
        if unfold.name_of(args) in unfold.BORDERS:
            return None

        def shows(sequence):
            if budget[0] <= 0:
                return False
            budget[0] -= 1
            self.pair.flush()
            fresh = PairConnection(self.pair, self.mode)
            (left, _), (right, _) = fresh.exchange(sequence + [args])
            fresh.close()
            return bool(left and right and len(left) == len(right)
                        and self.pair.check(args, left[-1], right[-1]))
        for kept in ([], related(before, args), before):
            if not shows(kept):
                continue
            size = max(len(kept) // 2, 1)
            while kept:
                at = 0
                while at < len(kept):
                    fewer = kept[:at] + kept[at + size:]
                    if shows(fewer):
                        kept = fewer
                    else:
                        at += size
                if size == 1:
                    break
                size = max(size // 2, 1)
            return kept + [["(this alone shows it)" if not kept else "(these alone show it)"]]
        return None


def related(history, args):
    """Commands that share an argument of args, or that act on whole databases."""
    words = {resp.to_bytes(a) for a in args[1:] if not isinstance(a, PerSide)}
    wide = {"SELECT", "SWAPDB", "FLUSHDB", "FLUSHALL", "CONFIG", "HELLO", "RESET"}
    return [c for c in history if words & {resp.to_bytes(a) for a in c[1:] if not isinstance(a, PerSide)}
            or resp.to_bytes(c[0]).decode("latin-1").upper() in wide]
