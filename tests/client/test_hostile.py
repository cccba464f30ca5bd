#!/usr/bin/env python3
"""Attacks on kvs-cli: a server that lies, in every mode.

A liar stands between the program and a real server and twists what the real one answers: types, counts, texts,
lengths, order, end. Whatever comes, the program ends by itself or by Ctrl-C, not by a signal, its status is one it
documents, a terminal gets no byte of a lie that could steer it, and a sanitizer, where there is one, has no complaint.

KVS_SEED repeats a run; KVS_ATTACKS says how many attacks there are on each mode. Nothing is judged by the clock but
that the program ends at all: where it waits, it is interrupted.
"""

import contextlib
import os
import pty
import random
import select
import signal
import socket
import subprocess
import threading
import time
import unittest
from concurrent.futures import ThreadPoolExecutor

from harness import CLI, DEADLINE, Listener, RedisServer, ScriptedServer, environment, main, read_command
from terminal import set_size

SEED = int(os.environ.get("KVS_SEED", "20"))
ATTACKS = int(os.environ.get("KVS_ATTACKS", "4"))  # on each mode
PATIENCE = 0.5  # seconds until a program is interrupted
STATUSES = (0, 1, 2, 3, 4, 5, 130)

# What must never reach a terminal as it came.
STEERING = (b"\x1b]666", b"\x1b[666", b"\xc2\x9b", b"\xff", b"\x0e", b"\xe2\x80\xae", b"\x1bP666")
EVIL = (b"\x1b]666;evil\x07", b"\x1b[666;31mred", b"\xc2\x9b31m", b"\xff\xfe\x80", b"\x0e\x0f\x08\x08", b"\xe2\x80\xaeright",
        b"\x1bP666q\x1b\\", b"", b"\0", b"a\0b", b"\r\nx:1\r\n", b"\n# Evil\n", b"%s%n%d", b"'\"\\", b"=", b",,=,", b"\t",
        b"9" * 30, b"-1", b"0", b"1e400", b"nan", b"-inf", b"18446744073709551616", b"-9223372036854775808",
        b"9223372036854775807", b"\xe5\xad\x97" * 50, b"e\xcc\x81" * 20, b"x" * 5000, b"none", b"string", b"hash", b"OK",
        b"PONG", b"QUEUED")
INTEGERS = (0, 1, -1, -2, 2, 7, 255, 65536, 2**31, 2**32, 2**53, 2**63 - 1, -2**63, 10**12)
ERRORS = (b"-NOAUTH Authentication required.", b"-NOPERM this user has no permissions to run the 'x' command",
          b"-NOPERM No permissions to access a key", b"-LOADING loading", b"-BUSY a script runs", b"-OOM no memory",
          b"-ERR unknown command 'x'", b"-WRONGTYPE wrong", b"-", b"-MISCONF x", b"-NOPROTO sorry",
          b"-ERR \x1b]666;evil\x07\xff\xc2\x9b", b"-WRONGPASS x", b"-EXECABORT x", b"-BUSYKEY x")


# Replies as trees: (mark, value), where the value is bytes, an integer, a list of trees, or None.

def read_reply(stream):
    line = stream.readline()
    if not line.endswith(b"\r\n"):
        raise EOFError
    mark, rest = line[:1], line[1:-2]
    if mark in b"$=!":
        if rest == b"-1":
            return b"$", None
        value = stream.read(int(rest))
        stream.read(2)
        return mark, value
    if mark in b"*~>%|":
        if rest == b"-1":
            return b"*", None
        return mark, [read_reply(stream) for _ in range(int(rest) * (2 if mark in b"%|" else 1))]
    return mark, rest


def write_reply(tree):
    mark, value = tree
    if value is None:
        return mark + b"-1\r\n"
    if isinstance(value, list):
        count = len(value) // 2 if mark in b"%|" else len(value)
        kept = value[:count * 2] if mark in b"%|" else value
        return mark + b"%d\r\n" % count + b"".join(map(write_reply, kept))
    if mark in b"$!":
        return mark + b"%d\r\n" % len(value) + value + b"\r\n"
    if mark == b"=":
        return b"=%d\r\n" % (len(value) + 4) + (b"txt:" + value) + b"\r\n"
    return mark + value + b"\r\n"


def nodes(tree):
    found, left = [], [tree]
    while left:
        node = left.pop()
        found.append(node)
        if isinstance(node[1], list):
            left.extend(node[1])
    return found


class Lie:
    """What becomes of replies, by the numbers of one generator."""

    def __init__(self, generator):
        self.random = generator
        self.kind = self.random.choice(("twist", "twist", "twist", "twist", "evil", "evil", "numbers", "swap", "error",
                                        "error", "cut", "lengths", "deep", "push", "unasked", "close", "silence", "any"))
        self.first = self.random.choice((0, 0, 1, 2, 3, 5, 8, 13, 20))  # replies that are left alone
        self.chance = self.random.choice((0.1, 0.5, 1, 1))
        self.past = [(b"$", None), (b"+", b"OK"), (b"*", []), (b":", b"0")]

    def value(self, depth=0):
        rng = self.random
        kind = rng.choice("bbbbsiidnt#(e" + ("aaamSv|" if depth < 4 else ""))
        if kind == "b":
            return b"$", rng.choice(EVIL)
        if kind in "se":
            text = rng.choice(EVIL).replace(b"\r", b"").replace(b"\n", b"")
            return (b"+", text) if kind == "s" else (b"-", text)
        if kind == "i":
            return b":", b"%d" % rng.choice(INTEGERS)
        if kind == "d":
            return b",", rng.choice((b"1.5", b"nan", b"inf", b"-inf", b"1e308", b"-0", b"1e-320"))
        if kind == "n":
            return rng.choice(((b"_", b""), (b"$", None), (b"*", None)))
        if kind == "t":
            return b"=", rng.choice(EVIL)
        if kind == "#":
            return b"#", rng.choice((b"t", b"f"))
        if kind == "(":
            return b"(", rng.choice((b"9" * 400, b"-1", b"0"))
        mark = {"a": b"*", "m": b"%", "S": b"~", "v": b"*", "|": b"%"}[kind]
        return mark, [self.value(depth + 1) for _ in range(rng.choice((0, 1, 2, 3, 4, 6, 10)))]

    def twist_text(self, text):
        rng = self.random
        kind = rng.randrange(6)
        if kind == 0 or not text:
            return rng.choice(EVIL)
        at = rng.randrange(len(text))
        if kind == 1:
            return text[:at]
        if kind == 2:
            return text[:at] + rng.choice(EVIL) + text[at:]
        if kind == 3:
            return text[:at] + bytes([rng.randrange(256)]) + text[at + 1:]
        if kind == 4:  # a number becomes another
            pieces = text.split(b":")
            pieces[rng.randrange(len(pieces))] = b"%d" % rng.choice(INTEGERS)
            return b":".join(pieces)
        lines = text.split(b"\n")
        rng.shuffle(lines)
        return b"\n".join(lines[:rng.randrange(len(lines)) + 1])

    def twist(self, tree, node):
        """The tree with something else in place of the node."""
        rng = self.random
        mark, value = tree
        if tree is node:
            if isinstance(value, list) and rng.random() < 0.6:
                kind = rng.randrange(5)
                if kind == 0:
                    return mark, value[:rng.randrange(len(value) + 1)]
                if kind == 1:
                    return mark, value + [self.value()]
                if kind == 2:
                    return rng.choice((b"*", b"%", b"~")), value
                if kind == 3:
                    return mark, rng.sample(value, len(value))
                return mark, value * rng.choice((2, 3))
            if isinstance(value, bytes) and rng.random() < 0.6:
                if mark == b":":
                    return mark, b"%d" % rng.choice(INTEGERS)
                if mark in b"$=":
                    return mark, self.twist_text(value)
                if mark in b"+-":
                    return mark, self.twist_text(value).replace(b"\r", b"").replace(b"\n", b"")
            return self.value()
        if isinstance(value, list):
            return mark, [self.twist(element, node) for element in value]
        return tree

    def poison(self, tree):
        """Every text has something evil in it, in every line of it."""
        mark, value = tree
        if isinstance(value, list):
            return mark, [self.poison(element) for element in value]
        if mark not in b"$=+-" or value is None:
            return tree
        lines = value.split(b"\n")
        for i, line in enumerate(lines):
            if self.random.random() < 0.7:
                at = self.random.randrange(len(line) + 1)
                lines[i] = line[:at] + self.random.choice(EVIL[:7]) + line[at:]
        return mark, b"\n".join(lines)

    def renumber(self, tree):
        mark, value = tree
        if isinstance(value, list):
            return mark, [self.renumber(element) for element in value]
        if mark == b":":
            return mark, b"%d" % self.random.choice(INTEGERS)
        if mark == b"$" and value is not None and b":" in value:
            lines = value.split(b"\r\n")
            for i, line in enumerate(lines):
                name, colon, _ = line.partition(b":")
                if colon and self.random.random() < 0.5:
                    lines[i] = name + b":" + self.random.choice((b"%d" % self.random.choice(INTEGERS),
                                                                 self.random.choice(EVIL)))
            return mark, b"\r\n".join(lines)
        return tree

    def tell(self, tree):
        """The bytes to send, and whether the connection is closed after them (None: nothing more is said)."""
        rng = self.random
        self.past.append(tree)
        if self.first > 0:
            self.first -= 1
            return write_reply(tree), False
        if rng.random() > self.chance:
            return write_reply(tree), False
        if self.kind == "twist":
            for _ in range(rng.choice((1, 1, 2, 4))):
                tree = self.twist(tree, rng.choice(nodes(tree)))
            return write_reply(tree), False
        if self.kind == "any":
            return write_reply(self.value()), False
        if self.kind == "evil":
            return write_reply(self.poison(tree)), False
        if self.kind == "numbers":
            return write_reply(self.renumber(tree)), False
        if self.kind == "swap":
            return write_reply(rng.choice(self.past)), False
        if self.kind == "error":
            return rng.choice(ERRORS) + b"\r\n", False
        if self.kind == "cut":
            reply = write_reply(tree)
            return reply[:rng.randrange(len(reply) + 1)], True
        if self.kind == "lengths":
            return (rng.choice((b"$", b"*", b"%", b"=", b"~", b">", b"|", b"!", b"(", b":", b","))
                    + rng.choice((b"2147483648", b"9223372036854775807", b"-2", b"536870912", b"4294967295", b"",
                                  b"x", b"99999999999999999999", b"+1", b"0")) + b"\r\n" + rng.choice(EVIL), True)
        if self.kind == "deep":
            return rng.choice((b"*1\r\n", b"%1\r\n", b"|1\r\n", b"%1\r\n:1\r\n")) * rng.choice((5, 30, 1000, 100000)), True
        if self.kind == "push":
            push = b">2\r\n" + write_reply(rng.choice(((b"$", b"message"), (b"$", b"invalidate"), self.value())))
            return (push + write_reply(self.value())) * rng.choice((1, 3, 100)) + write_reply(tree), False
        if self.kind == "unasked":
            return write_reply(tree) + write_reply(self.value()) * rng.choice((1, 2, 50)), False
        if self.kind == "close":
            return b"", True
        return b"", None


class Liar(Listener):
    """A server that asks another and lies."""

    def __init__(self, path, lie):
        self.honest = path
        self.lie = lie
        self.lock = threading.Lock()
        self.asked = []
        super().__init__("liar.sock")

    def serve(self, client):
        with contextlib.suppress(OSError, EOFError, ValueError, IndexError), client, \
                socket.socket(socket.AF_UNIX) as server, client.makefile("rb") as commands:
            server.connect(self.honest)
            server.settimeout(DEADLINE)
            with server.makefile("rb") as replies:
                while True:
                    words = read_command(commands)
                    if not words:
                        return
                    self.asked.append(words)
                    server.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
                    answer = read_reply(replies)
                    with self.lock:
                        text, closes = self.lie.tell(answer)
                    client.sendall(text)
                    if closes:
                        return
                    while closes is None:  # until the client goes away
                        if not client.recv(65536):
                            return

    def close(self):
        super().close()
        for client in self.clients:
            with contextlib.suppress(OSError):
                client.shutdown(socket.SHUT_RDWR)


# Modes: a name, arguments (None is the liar's path), and what is on standard input: bytes, or what a person may type.

LINES = (b"set a 1\nget a\nlrange list 0 -1\nhgetall hash\ninfo\nclient list\nconfig get max*\nmulti\nincr n\nexec\n"
         b"select 3\nselect 0\ncommand docs get\nxrange stream - +\nhello 3\nhgetall hash\nsubscribe ch\n")
PIPED = b"".join(b"*3\r\n$3\r\nSET\r\n$2\r\np%d\r\n$1\r\nv\r\n" % i for i in range(10)) + b"*1\r\n$4\r\nPING\r\n" * 20
TYPED = (b"set a 1\r", b"get a\r", b"hge\t", b"tall hash\r", b"help set\r", b"help @string\r", b"info\r", b"config set max\t\t",
         b"\x03", b"client kill \t", b"\x03", b"object he\t\t\x03", b"set a 1 e\t\t\x03", b"multi\r", b"incr n\r", b"exec\r",
         b"select 3\r", b"flushall\r", b"n\r", b"hgetall hash | cat -v\r", b"lrange list 0 -1\r", b"\x12get\r", b"xadd s \t\x03",
         b"hello 3\r", b"hgetall hash\r", b"command docs get\r", b"get \t\t\x03", b"client list\r", b"subscribe a\r", b"\x03",
         b"monitor\r", b"\x03", b"acl list\r", b"acl setuser \t\x03", b"set x \"unclosed\r", b"\x03")
KEYS = (b"c", b"s", b"?", b"l", b"k", b"m", b"w", b"o", b"\x1b[A", b"\x1b[B", b"\x1b[C", b"\t", b"\r", b"/", b"x", b"1", b"2", b"3",
        b"4", b"+", b"-", b" ", b"h", b"y", b"n", b"p", b"\x1b[6~", b"\x1b[5~", b"\x1bOP", b"\x0c", b"\x1b[200~", b"\x1b")

PIPES = [
    ("one shot", ("hgetall", "hash"), b""),
    ("raw", ("--raw", "command", "docs", "get"), b""),
    ("no-raw", ("--no-raw", "xrange", "stream", "-", "+"), b""),
    ("csv", ("--csv", "-3", "hgetall", "hash"), b""),
    ("json", ("--json", "command", "info", "get", "set"), b""),
    ("quoted-json", ("--quoted-json", "lrange", "list", "0", "-1"), b""),
    ("verbatim", ("--verbatim", "-e", "info"), b""),
    ("password", ("-a", "secret", "--user", "u", "-n", "2", "get", "a"), b""),
    ("batch", (), LINES),
    ("batch -e", ("-e", "-3", "-f", "-"), LINES),
    ("last from stdin", ("-x", "set", "a"), b"x" * 70000),
    ("eval", ("--eval", "-", "a", ",", "b"), b"return {KEYS[1], ARGV[1], {1, 2}}"),
    ("pipe", ("--pipe", "--pipe-timeout", "1"), PIPED),
    ("pipe of lines", ("--pipe", "--pipe-timeout", "1"), b"set a 1\nget a\nincr n\nlpush list x\n" * 5),
    ("scan", ("--scan", "--count", "3"), b""),
    ("scan of a pattern", ("--scan", "--pattern", "*a*", "--type", "string", "-3"), b""),
    ("bigkeys", ("--bigkeys", "--count", "3"), b""),
    ("memkeys", ("--memkeys", "--memkeys-samples", "2"), b""),
    ("keystats", ("--keystats", "--count", "4"), b""),
    ("keystats json", ("--keystats", "--json"), b""),
    ("hotkeys", ("--hotkeys",), b""),
    ("stat", ("--stat", "-r", "4", "-i", "0.02"), b""),
    ("latency", ("--latency", "-i", "0.1"), b""),
    ("latency history", ("--latency-history", "-r", "2", "-i", "0.05"), b""),
    ("latency dist", ("--latency-dist", "-r", "2", "-i", "0.05"), b""),
    ("who", ("--who",), b""),
    ("copy from", ("--copy-from", None), b""),
    ("copy to", ("--copy-from", "HONEST", "--replace"), b""),
]
SCREENS = [
    ("prompt", (), TYPED),
    ("prompt in RESP3", ("-3",), TYPED),
    ("top", ("--top", "-i", "0.05"), KEYS),
    ("who on a terminal", ("--who",), ()),
    ("keystats on a terminal", ("--keystats",), ()),
    ("bigkeys on a terminal", ("--bigkeys",), ()),
    ("memkeys on a terminal", ("--memkeys",), ()),
    ("hotkeys on a terminal", ("--hotkeys",), ()),
    ("scan on a terminal", ("--scan",), ()),
    ("stat on a terminal", ("--stat", "-r", "4", "-i", "0.02"), ()),
    ("latency on a terminal", ("--latency", "-r", "3", "-i", "0.05"), ()),
    ("latency dist on a terminal", ("--latency-dist", "-r", "3", "-i", "0.05"), ()),
    ("copy on a terminal", ("--copy-from", None), ()),
    ("copy to on a terminal", ("--copy-from", "HONEST", "--replace"), ()),
    ("one shot on a terminal", ("info",), ()),
    ("clients on a terminal", ("client", "list"), ()),
    ("map on a terminal", ("-3", "hgetall", "hash"), ()),
    ("eval on a terminal", ("--eval", "/dev/null"), ()),
    ("pager on a terminal", ("--pager", "info"), ()),
]
FILL = ((b"set", b"a", b"1"), (b"set", b"key\x1b[31m", b"v\x1b]0;x\x07\xff"), (b"rpush", b"list", b"a", b"b\n", b"\xff"),
        (b"hset", b"hash", b"f", b"v", b"f2", b"v\r\n2"), (b"sadd", b"set", b"1", b"b"), (b"zadd", b"zset", b"1.5", b"m"),
        (b"xadd", b"stream", b"1-1", b"f", b"v"), (b"set", b"expiring", b"x", b"ex", b"1000"), (b"set", b"n", b"5"))


def fill(path):
    with socket.socket(socket.AF_UNIX) as client:
        client.connect(path)
        with client.makefile("rb") as replies:
            for words in FILL:
                client.sendall(b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(w), w) for w in words))
                read_reply(replies)


class Attack:
    """One run against one liar; complaints() says what was wrong."""

    def __init__(self, honest, other, mode, seed):
        self.name, arguments, self.input = mode
        self.seed = seed
        self.random = random.Random(seed)
        self.lie = Lie(self.random)
        self.liar = Liar(honest, self.lie)
        target = other if None in arguments else self.liar.path
        words = [self.liar.path if word is None else other if word == "HONEST" else word for word in arguments]
        self.arguments = ["-s", target, *words]
        self.output = self.errors = b""
        self.status = None
        self.hung = False

    def environment(self):
        return environment(HOME=self.liar.folder, PAGER="cat", KVSCLI_AUTH=self.random.choice((None, None, "secret")),
                           TERM=self.random.choice(("xterm", "xterm-256color", "vt100")),
                           LANG=self.random.choice(("C.UTF-8", "C.UTF-8", "C")))

    def run_in_pipes(self):
        process = subprocess.Popen([CLI, *self.arguments], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=self.environment())
        given = self.input
        for patience, number in ((PATIENCE, signal.SIGINT), (PATIENCE, signal.SIGINT), (DEADLINE, signal.SIGKILL)):
            try:
                process.communicate(given, timeout=patience)
                break
            except subprocess.TimeoutExpired:
                given = None
                self.hung = number == signal.SIGKILL
                process.send_signal(number)
        self.output, self.errors = process.communicate()
        self.status = process.returncode

    def read_terminal(self, fd, seconds):
        """False at its end."""
        end = time.monotonic() + seconds
        while select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
            chunk = b""
            with contextlib.suppress(OSError):
                chunk = os.read(fd, 65536)
            if not chunk:
                return False
            self.output += chunk
            if time.monotonic() > end:
                break
        return True

    def type(self, fd, keys, seconds):
        with contextlib.suppress(OSError):
            os.write(fd, keys)
        return self.read_terminal(fd, seconds)

    def run_in_terminal(self):
        pid, fd = pty.fork()
        if pid == 0:
            try:
                set_size(0, self.random.choice((5, 24, 24, 50)), self.random.choice((20, 80, 120, 200)))
                os.execve(CLI, [CLI, *self.arguments], self.environment())
            finally:
                os._exit(126)
        goes_on = self.read_terminal(fd, 0.15 if self.input else PATIENCE)
        for keys in self.random.sample(self.input, min(12, len(self.input))):
            if self.random.random() < 0.1:
                set_size(fd, self.random.randrange(4, 60), self.random.randrange(20, 200))
            goes_on = goes_on and self.type(fd, keys, 0.02)
        end = time.monotonic() + DEADLINE
        while goes_on and time.monotonic() < end:
            goes_on = all(self.type(fd, keys, 0.1) for keys in (b"\x03", b"\x03", b"\x1bq", b"\x03\x15quit\r"))
        self.hung = goes_on
        if goes_on:
            os.kill(pid, signal.SIGKILL)
        self.status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        os.close(fd)

    def run(self):
        try:
            if isinstance(self.input, tuple):
                self.run_in_terminal()
            else:
                self.run_in_pipes()
        finally:
            self.liar.close()
        return self

    def complaints(self):
        everything = self.output + self.errors
        found = []
        if self.hung:
            found.append("did not end on Ctrl-C")
        elif self.status not in STATUSES and self.status != -signal.SIGINT:
            found.append("status %d" % self.status)
        if b"Sanitizer" in everything or b"runtime error:" in everything:
            found.append("sanitizer")
        if b"secret" in everything:
            found.append("a password")
        if isinstance(self.input, tuple):
            found += ["%r on the terminal" % text for text in STEERING if text in self.output]
        return found

    def explain(self):
        return "%s, seed %d, %s from reply %d: %s; last asked %r\n%s\n%s" % (
            self.name, self.seed, self.lie.kind, self.lie.first, ", ".join(self.complaints()), self.liar.asked[-2:],
            self.output[-1500:], self.errors[-3000:].decode(errors="replace"))


class LiesDoNoHarm(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        print("KVS_SEED=%d" % SEED, flush=True)
        cls.servers = []
        for _ in range(2):
            cls.servers.append(RedisServer("--maxmemory-policy", "allkeys-lfu"))
            cls.addClassCleanup(cls.servers[-1].close)
            fill(cls.servers[-1].path)

    def attack(self, modes):
        honest, other = (server.path for server in self.servers)
        tasks = [(mode, SEED * 1000000 + i) for i, mode in enumerate(modes * ATTACKS)]
        with ThreadPoolExecutor(4) as pool:
            attacks = list(pool.map(lambda task: Attack(honest, other, *task).run(), tasks))
        bad = [attack.explain() for attack in attacks if attack.complaints()]
        self.assertFalse(bad, "\n\n".join(bad[:5]))

    def test_in_no_mode_for_programs(self):
        self.attack(PIPES)

    def test_in_no_mode_on_a_terminal(self):
        self.attack(SCREENS)


class EndlessServersAreGivenUp(unittest.TestCase):
    def test_line_without_an_end(self):
        for mark in (b"+", b"-", b":", b"$", b"*"):
            with ScriptedServer(lambda words, mark=mark: [mark] + [b"1" * 1000000] * 200) as server:
                process = subprocess.Popen([CLI, "-s", server.path, "get", "a"], stdin=subprocess.DEVNULL,
                                           stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment())
                errors = process.stderr.read()
                output = process.stdout.read()
                process.stdout.close()
                process.stderr.close()
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.waitstatus_to_exitcode(status)
                self.assertEqual((process.returncode, output), (3, b""), errors)
                self.assertIn(b"A line without an end", errors)
                if not os.environ.get("ASAN_OPTIONS"):
                    self.assertLess(usage.ru_maxrss, 400 * 1024)


if __name__ == "__main__":
    main()
