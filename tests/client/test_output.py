#!/usr/bin/env python3
"""How kvs-cli shows replies to a person at a terminal: types, colours, UTF-8, texts in sections, the pager, the
question before a long reply. That it prints as redis-cli does elsewhere: test_cli.py."""

import contextlib
import os
import re
import shutil
import signal
import stat
import tempfile
import time
import unittest

import screens
from harness import (REDIS_CLI, KvsServer, RedisServer, ScriptedServer, environment, main, run, run_cli, wait_until)
from tables import DIFFERENCES, REPLIES
from terminal import Screen, Terminal

COLOR = re.compile(rb"\x1b\[\d*m")


def bulk(value):
    value = value.encode() if isinstance(value, str) else value
    return b"$%d\r\n%s\r\n" % (len(value), value)


def array(*elements):
    return b"*%d\r\n" % len(elements) + b"".join(elements)


def plain(output):
    """Without colours."""
    return COLOR.sub(b"", output)


def ignored_signals(pid):
    """A bit for each signal that a process ignores."""
    with open("/proc/%d/status" % pid, encoding="ascii") as file:
        return int(re.search(r"^SigIgn:\s*(\w+)$", file.read(), re.M).group(1), 16)


def read_to_end(terminal):
    """What a program in a terminal writes from now on."""
    output = terminal.seen
    with contextlib.suppress(OSError):
        while chunk := os.read(terminal.fd, 65536):
            output += chunk
    return output


class ServerOfReplies(unittest.TestCase):
    """A server that gives what a test has put under a name: to REPLY name, and to commands called as it is."""

    @classmethod
    def setUpClass(cls):
        cls.replies = {}
        cls.server = ScriptedServer(cls.answer, unknown=(b"COMMAND",))
        cls.addClassCleanup(cls.server.close)

    @classmethod
    def answer(cls, words):
        return cls.replies.get(words[-1].decode("latin-1"), b"+OK\r\n")

    def shown(self, reply, *options, command=("reply",), env=None):
        """What a terminal is given for a reply, colours included."""
        self.replies["it"] = reply
        status, output, errors = run_cli("-s", self.server.path, "--color=always", "-3", *options, *command, "it",
                                         env=env)
        self.assertEqual((status, errors), (0, b""))
        return output

    def in_terminal(self, reply, *options, lines=24, columns=80, command=("reply",), **changes):
        """The same, from a command that runs in a terminal: bytes."""
        self.replies["it"] = reply
        with Terminal("-s", self.server.path, "-3", *options, *command, "it", lines=lines, columns=columns,
                      env=environment(**changes)) as terminal:
            output = read_to_end(terminal)
            self.assertEqual(terminal.wait(), 0)
        return output.replace(b"\r\n", b"\n")

    def open(self, *options, lines=24, columns=80, **changes):
        """The prompt, in a terminal that is looked at."""
        screen = Screen("-s", self.server.path, *options, lines=lines, columns=columns,
                        env=environment(KVSCLI_HISTFILE="/dev/null", **changes))
        self.addCleanup(screen.close)
        screen.expect(".sock")
        return screen


# Types.

LAYOUTS = {
    "status": (b"+OK\r\n", "OK"),
    "error": (b"-ERR no\r\n", "(error) ERR no"),
    "integer": (b":-3\r\n", "(integer) -3"),
    "string": (bulk("a b"), '"a b"'),
    "empty string": (bulk(""), '""'),
    "null string": (b"$-1\r\n", "(nil)"),
    "null": (b"_\r\n", "(nil)"),
    "double": (b",3.25\r\n", "(double) 3.25"),
    "infinity": (b",inf\r\n", "(double) inf"),
    "big number": (b"(123456789012345678901234567890\r\n", "(big number) 123456789012345678901234567890"),
    "true": (b"#t\r\n", "(true)"),
    "false": (b"#f\r\n", "(false)"),
    "verbatim": (b"=8\r\ntxt:a\n\tb\r\n", "a\n\tb"),
    "bulk error": (b"!6\r\nERR no\r\n", "(error) ERR no"),
    "empty array": (b"*0\r\n", "(empty array)"),
    "empty set": (b"~0\r\n", "(empty set)"),
    "empty map": (b"%0\r\n", "(empty hash)"),
    "array of 10": (array(*[b":%d\r\n" % i for i in range(10)]),
                    "\n".join("%2d) (integer) %d" % (i + 1, i) for i in range(10))),
    "nested arrays": (array(array(b":1\r\n", array(b":2\r\n", b":3\r\n")), b":4\r\n"),
                      "1) 1) (integer) 1\n   2) 1) (integer) 2\n      2) (integer) 3\n2) (integer) 4"),
    "set": (b"~2\r\n+a\r\n" + bulk("b"), '1~ a\n2~ "b"'),
    "set of sets": (b"~2\r\n~2\r\n:1\r\n:2\r\n~0\r\n", "1~ 1~ (integer) 1\n   2~ (integer) 2\n2~ (empty set)"),
    "map": (b"%3\r\n" + bulk("a") + b":1\r\n" + bulk("long key") + b":2\r\n:12\r\n#t\r\n",
            '1# "a"          => (integer) 1\n2# "long key"   => (integer) 2\n3# (integer) 12 => (true)'),
    "map with wide keys": (b"%3\r\n" + bulk("日本") + b":1\r\n" + bulk("abcdef") + b":2\r\n" +
                           bulk("e\u0301") + b":3\r\n",
                           '1# "日本"   => (integer) 1\n2# "abcdef" => (integer) 2\n3# "e\u0301"      => (integer) 3'),
    "map with a long key": (b"%2\r\n" + bulk("k" * 33) + b":1\r\n" + bulk("b") + b":2\r\n",
                            '1# "%s" => (integer) 1\n2# "b" => (integer) 2' % ("k" * 33)),
    "map with lists": (b"%2\r\n" + bulk("a") + array(b":1\r\n", b":2\r\n") + bulk("bcd") + array(b":3\r\n"),
                       '1# "a" =>\n   1) (integer) 1\n   2) (integer) 2\n2# "bcd" => 1) (integer) 3'),
    "map with keys of all types": (b"%3\r\n" + array(b":1\r\n") + b":1\r\n_\r\n:2\r\n,1.5\r\n:3\r\n",
                                   "1# 1) (integer) 1 => (integer) 1\n2# (nil) => (integer) 2\n"
                                   "3# (double) 1.5 => (integer) 3"),
    "map with verbatim": (b"%1\r\n+a\r\n=8\r\ntxt:x\ny\n\r\n", "1# a =>\n   x\n   y\n"),
    "attributes": (b"|1\r\n+ttl\r\n:3600\r\n" + bulk("v"), '1| ttl => (integer) 3600\n"v"'),
    "attributes inside": (array(b"|2\r\n+a\r\n:1\r\n+bcd\r\n:2\r\n+x\r\n", b"+y\r\n"),
                          "1) 1| a   => (integer) 1\n   2| bcd => (integer) 2\n   x\n2) y"),
    "no attributes": (b"|0\r\n:7\r\n", "(integer) 7"),
}


class EveryTypeHasItsShape(ServerOfReplies):
    """One test a line of LAYOUTS."""

    def check(self, name):
        reply, wanted = LAYOUTS[name]
        self.assertEqual(plain(self.shown(reply)).decode(), wanted + "\n")
        self.assertEqual(self.in_terminal(reply, NO_COLOR="1").decode(), wanted + "\n")

    def test_each_type_has_its_color(self):
        reply = array(bulk("text"), b":42\r\n", b",1.5\r\n", b"#t\r\n", b"_\r\n", b"-ERR no\r\n", b"+OK\r\n",
                      b"%1\r\n+key\r\n*0\r\n")
        self.replies["it"] = reply
        with Screen("-s", self.server.path, "-3", "reply", "it") as screen:
            self.assertEqual(screen.wait(), 0)
            colors = {text: screen.cell(text).fg for text in ('"text"', "42", "1.5", "(true)", "(error)", "OK", "key")}
        self.assertEqual(colors, {'"text"': "green", "42": "brown", "1.5": "brown", "(true)": "brown",
                                  "(error)": "red", "OK": "default", "key": "cyan"})
        self.assertIn(b"\x1b[2m(nil)\x1b[0m", self.shown(reply))
        self.assertIn(b"\x1b[2m5)\x1b[0m ", self.shown(reply))

    def test_colors_end_where_the_line_does(self):
        for reply in [*REPLIES.values(), *[reply for reply, _ in DIFFERENCES.values()]]:
            for line in self.shown(reply).split(b"\n"):
                codes = COLOR.findall(line)
                if reply.startswith((b"=", b"%1\r\n+a\r\n=")):
                    continue  # several lines of text have one colour
                self.assertEqual(codes[1::2], [b"\x1b[0m"] * (len(codes) // 2), line)

    def test_pushes_have_a_sign_of_their_own(self):
        self.replies["it"] = b">3\r\n+message\r\n+ch\r\n$1\r\n\x1b\r\n+OK\r\n"
        output = run_cli("-s", self.server.path, "--color=always", "-3", "--show-pushes", "yes", "reply", "it")[1]
        self.assertEqual(plain(output), b'1> message\n2> ch\n3> "\\x1b"\nOK\n')

    def test_invalidations_name_their_keys(self):
        self.replies["it"] = b">2\r\n" + bulk("invalidate") + array(bulk("a\x1b[2J"), bulk("é")) + b"+OK\r\n"
        output = run_cli("-s", self.server.path, "--color=always", "-3", "--show-pushes", "yes", "reply", "it")[1]
        self.assertEqual(plain(output).decode(), '-> invalidate: "a\\x1b[2J", "é"\nOK\n')

    def test_nesting_to_the_limit_does_no_harm(self):
        for depth in (100, 1023):
            for one in (b"*2\r\n:1\r\n", b"%1\r\n:1\r\n", b"~2\r\n:1\r\n", b"|1\r\n:1\r\n", b"*1\r\n"):
                reply = one * depth + b"+bottom\r\n" + (b"+end\r\n" * depth if one[:1] == b"|" else b"")
                output = plain(self.shown(reply))
                self.assertIn(b"bottom", output)
                if one != b"*1\r\n":
                    longest = max(len(re.match(rb" *", line).group()) for line in output.split(b"\n"))
                    self.assertLessEqual(longest, 64)
                self.assertLess(len(output), depth * 200)


for _name in LAYOUTS:
    setattr(EveryTypeHasItsShape, "test_" + _name.replace(" ", "_"), lambda self, name=_name: self.check(name))


# Bytes.

SHOWN = ["é", "€", "ключ", "日本語", "한국어", "עברית", "العربية", "ไทยที่", "e\u0301",
         "a\u0308\u0304\u0301", "😀", "𝒳", "—", "“q”", "\u3000", "\u2800\u28ff"]
ESCAPED = {
    b"\x80": r"\x80", b"\xff": r"\xff", b"\xc3": r"\xc3", b"a\xe2\x82": r"a\xe2\x82", b"\xe2\x82z": r"\xe2\x82z",
    b"\xc0\xaf": r"\xc0\xaf", b"\xe0\x80\xaf": r"\xe0\x80\xaf", b"\xf0\x80\x80\xaf": r"\xf0\x80\x80\xaf",  # overlong
    b"\xed\xa0\x80": r"\xed\xa0\x80", b"\xed\xbf\xbf": r"\xed\xbf\xbf",  # surrogates
    b"\xf4\x90\x80\x80": r"\xf4\x90\x80\x80", b"\xf5\x80\x80\x80": r"\xf5\x80\x80\x80",  # beyond the last
    b"\xf8\x88\x80\x80\x80": r"\xf8\x88\x80\x80\x80",
    "\u0085".encode(): r"\xc2\x85", "\u009b31m".encode(): r"\xc2\x9b31m",  # controls of C1
    "\u202e".encode(): r"\xe2\x80\xae", "\u2066".encode(): r"\xe2\x81\xa6",  # directions
    "\u061c".encode(): r"\xd8\x9c",
    "a\u200bb".encode(): r"a\xe2\x80\x8bb", "a\u200d".encode(): r"a\xe2\x80\x8d", "\ufeff".encode(): r"\xef\xbb\xbf",
    "\u00a0".encode(): r"\xc2\xa0", "\u00ad".encode(): r"\xc2\xad", "\u2028".encode(): r"\xe2\x80\xa8",
    "a\ufe0f".encode(): r"a\xef\xb8\x8f", "\U000e0041".encode(): r"\xf3\xa0\x81\x81",
    "\ue000".encode(): r"\xee\x80\x80",
    "\u3164".encode(): r"\xe3\x85\xa4", "\uffff".encode(): r"\xef\xbf\xbf", "\u0378".encode(): r"\xcd\xb8",
    "\u0301".encode(): r"\xcc\x81", "\n\u0301".encode(): r"\n\xcc\x81",  # nothing to stand on
    ("a" + "\u0301" * 4).encode(): "a\u0301\u0301\u0301" + r"\xcc\x81",
}


class BytesAreShownSafely(ServerOfReplies):
    def test_text_in_utf8_is_shown_as_text(self):
        for text in SHOWN:
            with self.subTest(text=text):
                self.assertEqual(plain(self.shown(bulk(text))).decode(), '"%s"\n' % text)

    def test_what_is_no_character_to_be_seen_is_escaped(self):
        for value, wanted in ESCAPED.items():
            with self.subTest(value=value):
                self.assertEqual(plain(self.shown(bulk(value))).decode(), '"%s"\n' % wanted)

    def test_strings_can_be_copied_back(self):
        values = [bytes(range(256)), *[text.encode() for text in SHOWN], *ESCAPED, b'\\"\\\\x41', os.urandom(2000)]
        for value in values:
            typed = plain(self.shown(bulk(value))).rstrip(b"\n")
            self.assertTrue(typed.startswith(b'"') and typed.endswith(b'"') and b"\n" not in typed)
            self.server.commands.clear()
            run_cli("-s", self.server.path, stdin=b"echo " + typed + b"\n")
            self.assertEqual(self.server.commands[-1], [b"echo", value])

    def test_no_control_byte_passes_in_any_type(self):
        hostile = bytes(range(32)) + b"\x7f\x80\x9b31m\xc2\x9b2J\x1b[31m\x1b]0;title\x07\x1bP" + bytes(range(128, 256))
        line = hostile.replace(b"\r", b"").replace(b"\n", b"")
        for reply in (bulk(hostile), b"+" + line + b"\r\n", b"-ERR " + line + b"\r\n",
                      b"!%d\r\n%s\r\n" % (len(hostile), hostile), b"=%d\r\ntxt:%s\r\n" % (len(hostile) + 4, hostile),
                      b"%1\r\n" + bulk(hostile) + bulk(hostile), b"|1\r\n" + bulk(hostile) + b"+x\r\n:1\r\n"):
            for command in (("reply",), ("info",), ("client", "list")):
                output = plain(self.shown(reply, command=command))
                self.assertEqual(set(output) & {*range(32), 127} - {9, 10}, set(), (reply, command, output))
                output.decode()
                self.assertNotRegex(output.decode(), "[\x80-\x9f]")

    def test_hostile_lines_of_texts_stay_lines(self):
        for text, wanted in ((b"# \x1b[2J\r\nkey:\x1b[2J\r\nid=1 a=\x1b[2J b=\x9b\r\n\tx\ry\r\n",
                              b"# \\x1b[2J\nkey: \\x1b[2J\nid=1 a=\\x1b[2J b=\\x9b\n\tx\\ry\n"),
                             (b"# \n:\n=\n a=1 b=2 c=3\n\n#", b"# \n:\n=\n a=1 b=2 c=3\n\n#\n")):
            self.assertEqual(plain(self.shown(bulk(text), command=("info",))), wanted)

    def test_an_error_that_ends_the_program_is_safe_too(self):
        self.replies["it"] = b"-ERR \x1b[2J\r\n"
        with Terminal("-s", self.server.path, "-e", "reply", "it") as terminal:
            self.assertEqual(terminal.expect("\r\n"), b"ERR \\x1b[2J")
            self.assertEqual(terminal.wait(), 1)

    def test_a_terminal_of_other_characters_is_given_ascii(self):
        folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
        self.addCleanup(shutil.rmtree, folder)
        if not shutil.which("localedef"):
            self.skipTest("no localedef to make a locale with")
        run("localedef", "--quiet", "-i", "en_US", "-f", "EUC-JP", folder + "/ja.EUC-JP")
        env = environment(LOCPATH=folder, LC_ALL="ja.EUC-JP")
        self.assertEqual(plain(self.shown(bulk("é"), env=env)), b'"\\xc3\\xa9"\n')

    def test_a_locale_of_bytes_is_taken_for_utf8(self):
        for locale in ("C", "POSIX"):
            env = environment(LANG=locale, LC_ALL=locale)
            self.assertEqual(plain(self.shown(bulk("é"), env=env)), '"é"\n'.encode())


# When which format and colours.

class ColorsAndFormatsAreChosen(ServerOfReplies):
    reply = array(bulk("é"), b"_\r\n")
    colored = '\x1b[2m1)\x1b[0m \x1b[32m"é"\x1b[0m\n\x1b[2m2)\x1b[0m \x1b[2m(nil)\x1b[0m\n'.encode()
    uncolored = '1) "é"\n2) (nil)\n'.encode()
    human = b'1) "\\xc3\\xa9"\n2) (nil)\n'
    raw = "é\n\n".encode()

    def test_a_terminal_has_colors(self):
        self.assertEqual(self.in_terminal(self.reply), self.colored)
        self.assertEqual(self.in_terminal(self.reply, "--color=auto", TERM="linux"), self.colored)

    def test_no_color_and_dumb_terminals_have_none(self):
        self.assertEqual(self.in_terminal(self.reply, NO_COLOR="1"), self.uncolored)
        self.assertEqual(self.in_terminal(self.reply, NO_COLOR=""), self.colored)
        self.assertEqual(self.in_terminal(self.reply, TERM="dumb"), self.uncolored)

    def test_the_option_decides_in_both_spellings(self):
        for never in (("--color", "never"), ("--color=never",)):
            self.assertEqual(self.in_terminal(self.reply, *never), self.uncolored)
        for always in (("--color", "always"), ("--color=always",)):
            self.assertEqual(self.in_terminal(self.reply, *always, NO_COLOR="1", TERM="dumb"), self.colored)

    def test_a_value_behind_an_equals_sign_is_for_options_that_take_one(self):
        self.assertEqual(run_cli("-s", self.server.path, "--color=", "ping")[0], 2)
        self.assertEqual(run_cli("-s", self.server.path, "--raw=yes", "ping")[0], 2)
        self.assertEqual(run_cli("-s", self.server.path, "--show-pushes=no", "ping")[1], b"OK\n")
        self.assertEqual(run_cli("-s=" + self.server.path, "ping")[0], 2)

    def test_a_pipe_gets_raw_bytes_unless_colors_are_asked_for(self):
        self.replies["it"] = self.reply
        for options, wanted in (((), self.raw), (("--color=auto",), self.raw), (("--color=never",), self.raw),
                                (("--color=always",), self.colored), (("--color=always", "--raw"), self.raw),
                                (("--no-raw", "--color=always"), self.human), (("--json",), '["é",null]\n'.encode())):
            self.assertEqual(run_cli("-s", self.server.path, *options, "reply", "it")[1], wanted, options)

    def test_a_format_that_was_given_has_no_colors_in_a_terminal_either(self):
        self.assertEqual(self.in_terminal(self.reply, "--no-raw"), self.human)
        self.assertEqual(self.in_terminal(self.reply, "--raw"), self.raw)
        self.assertEqual(self.in_terminal(self.reply, "--csv"), b'"\\xc3\\xa9",NULL\n')
        self.assertEqual(self.in_terminal(b"%1\r\n+a\r\n:1\r\n", "--json"), b'{"a":1}\n')

    def test_faketty_is_redis_clis_format(self):
        for name, reply in REPLIES.items():
            self.replies["it"] = reply
            env = environment(FAKETTY="1")
            wanted = run(REDIS_CLI, "-s", self.server.path, "-3", "reply", "it", env=env)
            self.assertEqual(run_cli("-s", self.server.path, "-3", "reply", "it", env=env), wanted, name)
        self.assertEqual(self.in_terminal(self.reply, FAKETTY="1"), self.human)

    def test_verbatim_adds_nothing(self):
        for reply, wanted in ((bulk(b"a\0\n"), b"a\0\n"), (b"_\r\n", b""), (b"$-1\r\n", b""),
                              (b"-ERR no\r\n", b"ERR no"), (b":12\r\n", b"12"), (b",1.5\r\n", b"1.5"),
                              (array(bulk("a"), b":1\r\n", b"*0\r\n"), b"a1"), (b"=5\r\ntxt:x\r\n", b"x"),
                              (b"%2\r\n+a\r\n+b\r\n+c\r\n-d\r\n", b"abcd"), (b"+OK\r\n", b"OK")):
            self.replies["it"] = reply
            for command in ("reply", "info"):
                self.assertEqual(run_cli("-s", self.server.path, "--verbatim", "-3", command, "it"), (0, wanted, b""))
        self.replies["it"] = bulk("ab")
        self.assertEqual(run_cli("-s", self.server.path, "--verbatim", "-r", "2", "reply", "it")[1], b"abab")


# Texts.

class TextsAreShownInSections(ServerOfReplies):
    def test_values_of_a_section_are_aligned_and_nothing_is_lost(self):
        text = ("# Server\r\na:1\r\nlonger_name:two words\r\nempty:\r\n\r\n# Keyspace\r\ndb0:keys=1,expires=0\r\n"
                "name: free text\r\n")
        wanted = ("# Server\na:           1\nlonger_name: two words\nempty:\n\n# Keyspace\ndb0: keys=1,expires=0\n"
                  "name: free text\n")
        for reply in (bulk(text), b"=%d\r\ntxt:%s\r\n" % (len(text) + 4, text.encode())):
            self.assertEqual(plain(self.shown(reply, command=("info",))).decode(), wanted)
        self.assertEqual(self.in_terminal(bulk(text), command=("info",), NO_COLOR="1").decode(), wanted)

    def test_headings_and_names_have_colors(self):
        output = self.shown(bulk("# Server\r\nname:v\r\ndb0:keys=1,expires=0\r\n"), command=("info",))
        self.assertEqual(output, b"\x1b[1m# Server\x1b[0m\n\x1b[36mname\x1b[0m: v\n"
                                 b"\x1b[36mdb0\x1b[0m:  \x1b[2mkeys=\x1b[0m1,\x1b[2mexpires=\x1b[0m0\n")

    def test_clients_are_broken_between_fields(self):
        line = "id=%d addr=/tmp/kvs.sock:0 laddr=/tmp/kvs.sock:0 fd=8 name= age=0 idle=0 flags=U db=0 lib-name=é\n"
        text = "".join(line % i for i in range(3))
        output = self.in_terminal(bulk(text), command=("client", "list"), columns=40)
        lines = plain(output).decode().rstrip("\n").split("\n")
        self.assertLessEqual(max(len(line) for line in lines), 40)
        self.assertEqual(sum(line.startswith("id=") for line in lines), 3)
        self.assertTrue(all(line.startswith(("id=", "    ")) for line in lines))
        self.assertEqual(re.sub(" *\n    ", " ", "\n".join(lines)) + "\n", text)
        self.assertIn(b"\x1b[2mage=\x1b[0m0", output)

    def test_other_texts_stay_as_they_are(self):
        for text in ("Hi Sam, I can't find any memory issue.\nSee http://example.org: fine\n", "no line end", "\n\n",
                     "a=1 b=2\n"):
            output = self.shown(bulk(text), command=("memory", "doctor"))
            self.assertEqual(output.decode(), text + "\n" * (not text.endswith("\n")))
        self.assertEqual(self.shown(bulk(""), command=("info",)), b"")

    def test_what_is_no_text_is_shown_as_everywhere(self):
        for reply, wanted in ((b"+QUEUED\r\n", b"QUEUED\n"), (b"-ERR no\r\n", b"(error) ERR no\n"),
                              (b"_\r\n", b"(nil)\n"), (array(bulk("a")), b'1) "a"\n')):
            self.assertEqual(plain(self.shown(reply, command=("info",))), wanted)


class ServersInfoIsReadable(unittest.TestCase):
    def check(self, path):
        screen = Screen("-s", path, "info", lines=60, columns=400)
        self.addCleanup(screen.close)
        self.assertEqual(screen.wait(), 0)
        seen = "\n".join(screen.past()).rstrip("\n") + "\n"
        wanted = run_cli("-s", path, "info")[1].decode().replace("\r\n", "\n")

        def shape(text):
            return re.sub(r":.*", ":", text).split("\n")
        self.assertEqual(shape(seen), shape(wanted))
        self.assertTrue(re.search(r"^used_memory: +\d+$", seen, re.M), seen)
        return screen

    def test_of_redis(self):
        server = RedisServer()
        self.addCleanup(server.close)
        self.check(server.path)

    def test_of_kvs(self):
        server = KvsServer()
        self.addCleanup(server.close)
        self.check(server.socket("kvs.sock"))

    def test_replies_look_well_together(self):
        server = RedisServer()
        self.addCleanup(server.close)
        run_cli("-s", server.path, stdin="hset user:7 name Мария city 東京 visits 12 photo \"\\xff\\xd8\\xff\\xe0\"\n"
                                         "zadd scores 3.5 ann 12 bob\n".encode())
        with Screen("-s", server.path, "-3", lines=24, columns=100,
                    env=environment(KVSCLI_HISTFILE="/dev/null")) as screen:
            nested = "eval \"return {{'job:1', 'job:2'}, false, 7}\" 0"
            for line, last in (("hgetall user:7", '\\xff\\xe0"'), ("zrange scores 0 -1 withscores", "(double) 12"),
                               (nested, "(integer) 7"), ("info keyspace", "avg_ttl=0")):
                screen.wait_for(lambda: screen.row().endswith(">"), "the prompt")
                screen.enter(line)
                screen.expect(last)
            screen.wait_for(lambda: screen.row().endswith(">"), "the prompt")
            self.assertIn('1# "name"   => "Мария"', screen.text())
            self.assertEqual(screen.cell("Мария").fg, "green")
            self.assertEqual(screen.cell("name").fg, "cyan")
            self.assertTrue(screen.cell("# Keyspace").bold)
            screens.keep("replies", screen.text().replace(server.path, "/tmp/kvs.sock"))


# Long replies.

class LongRepliesAreNotPouredOut(ServerOfReplies):
    many = array(*[bulk("element-%d" % i) for i in range(20000)])

    def setUp(self):
        self.replies.update(many=self.many, large=bulk(b"x" * 3000000), row=bulk("y" * 3000),
                            few=array(*[b":%d\r\n" % i for i in range(50)]))
        self.folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.record = os.path.join(self.folder, "record")

    def pager(self, commands):
        path = os.path.join(self.folder, "pager")
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + commands + "\n")
        os.chmod(path, stat.S_IRWXU)
        return path

    def recorded(self):
        with open(self.record, "rb") as file:
            return file.read()

    def go_on(self, screen):
        """The prompt is back, and the connection is in step."""
        self.replies["still"] = b"+here-it-is\r\n"
        screen.enter("reply still")
        screen.expect("here-it-is")

    def test_the_question_tells_how_much_there_is(self):
        screen = self.open()
        screen.enter("reply many")
        screen.expect("This reply has 20,000 elements (243.1 KiB). Show it? [y]es, [p]ager, [N]o")
        self.assertNotIn("element-0", screen.text())
        screen.enter("n")
        self.go_on(screen)
        self.assertNotIn("element-", screen.text())
        screen.enter("reply large")
        screen.expect("This reply has 2.9 MiB. Show it?")
        screen.enter("")
        self.go_on(screen)

    def test_the_time_for_an_answer_is_not_the_commands(self):
        screen = self.open()
        screen.enter("reply many")
        screen.expect("Show it?")
        time.sleep(0.6)  # more than what counts as slow
        screen.enter("n")
        self.go_on(screen)
        self.assertNotRegex(screen.text(), r"\(\d+\.\d+s\)")

    def test_yes_shows_all_of_it(self):
        terminal = Terminal("-s", self.server.path, env=environment(KVSCLI_HISTFILE="/dev/null", NO_COLOR="1"))
        self.addCleanup(terminal.close)
        terminal.expect("> ")
        terminal.type("reply many\r")
        terminal.expect("Show it?")
        terminal.type("yes\r")
        output = terminal.expect('20000) "element-19999"\r\n')
        self.assertEqual(re.findall(rb'(\d+)\) "element-(\d+)"\r\n', output),
                         [(b"%d" % (i + 1), b"%d" % i) for i in range(19999)])
        terminal.expect("> ")

    def test_what_is_no_answer_is_asked_again(self):
        screen = self.open()
        screen.enter("reply many")
        screen.expect("Show it?")
        screen.enter("what")
        screen.wait_for(lambda: screen.text().count("Show it?") == 2, "the question again")
        screen.enter("N")
        self.go_on(screen)

    def test_control_c_and_the_end_of_input_mean_no(self):
        screen = self.open()
        for key in ("\x03", "\x04"):
            screen.enter("reply many")
            screen.wait_for(lambda: screen.row().endswith("[N]o"), "the question")
            screen.type(key)
            self.go_on(screen)
            self.assertNotIn("element-", screen.text())
            screen.enter("clear")

    def test_pager_can_be_the_answer(self):
        screen = self.open(PAGER=self.pager("cat > %s" % self.record), NO_COLOR="1")
        screen.enter("reply many")
        screen.expect("Show it?")
        screen.enter("p")
        self.go_on(screen)
        lines = self.recorded().split(b"\n")
        self.assertEqual((len(lines), lines[0], lines[19999]),
                         (20001, b'    1) "element-0"', b'20000) "element-19999"'))
        self.assertNotIn("element-", screen.text())

    def test_a_given_format_is_asked_about_too(self):
        for option in ("--no-raw", "--raw", "--json", "--csv"):
            screen = self.open(option)
            screen.enter("reply large")
            screen.expect("Show it?")
            screen.enter("n")
            self.go_on(screen)

    def test_nobody_is_asked_who_cannot_answer(self):
        self.assertEqual(run_cli("-s", self.server.path, "reply", "large")[1], b"x" * 3000000 + b"\n")
        self.replies["it"] = self.many
        master, slave = os.openpty()
        with open(slave, "wb"), open(master, "rb", buffering=0) as output:
            pid = os.fork()
            if pid == 0:
                try:
                    os.dup2(os.open("/dev/null", os.O_RDONLY), 0)
                    os.dup2(slave, 1)
                    os.execve(os.environ.get("KVS_CLI", "build/kvs-cli"),
                              ["kvs-cli", "-s", self.server.path, "reply", "it"], environment(NO_COLOR="1"))
                finally:
                    os._exit(126)
            seen = b""
            while b"element-19999" not in seen:
                seen += output.read(65536)
            self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]), 0)
        self.assertNotIn(b"Show it?", seen)
        self.assertEqual(seen.count(b"\n"), 20000)

    def test_one_shot_asks_too(self):
        self.replies["it"] = self.many
        with Screen("-s", self.server.path, "reply", "it") as screen:
            screen.expect("Show it?")
            screen.type("n\r")
            self.assertEqual(screen.wait(), 0)
            self.assertNotIn("element-", screen.text())

    def test_control_c_stops_the_printing(self):
        self.replies["endless"] = array(*[bulk("element-%d" % i) for i in range(300000)])
        terminal = Terminal("-s", self.server.path, env=environment(KVSCLI_HISTFILE="/dev/null"))
        self.addCleanup(terminal.close)
        terminal.expect("> ")
        terminal.type("reply endless\r")
        terminal.expect("Show it?")
        terminal.type("y\r")
        terminal.expect("element-100")
        terminal.type("\x03")
        terminal.expect("\x1b[0m\r\n")
        self.replies["still"] = b"+here-it-is\r\n"
        while b"> " not in terminal.seen[-30:]:  # the rest of what was on its way
            terminal.seen += os.read(terminal.fd, 65536)
        self.assertNotIn(b"element-299999", terminal.seen)
        terminal.type("reply still\r")
        terminal.expect("here-it-is")

    def test_control_c_that_ends_the_program_leaves_the_colors(self):
        self.replies["endless"] = array(*[bulk("element-%d" % i) for i in range(300000)])
        with Terminal("-s", self.server.path, "reply", "endless") as terminal:
            terminal.expect("Show it?")
            terminal.type("y\r")
            terminal.expect("element-100")
            terminal.type("\x03")
            output = read_to_end(terminal)
            self.assertEqual(terminal.wait(), -signal.SIGINT)
        self.assertNotIn(b"element-299999", output)
        self.assertTrue(output.endswith(b"\x1b[0m\r\n"), output[-100:])

    # The pager.

    def test_longer_than_the_screen_goes_through_the_pager(self):
        pager = self.pager("cat > %s; echo paged" % self.record)
        for name, lines, wanted in (("few", 24, True), ("few", 80, False), ("row", 24, True), ("row", 80, False),
                                    ("many", 24, True)):
            with self.subTest(name=name, lines=lines):
                with contextlib.suppress(FileNotFoundError):
                    os.unlink(self.record)
                self.replies["it"] = self.replies[name]
                with Screen("-s", self.server.path, "--pager", "reply", "it", lines=lines,
                            env=environment(PAGER=pager, NO_COLOR="1")) as screen:
                    self.assertEqual(screen.wait(), 0)
                    self.assertEqual("paged" in screen.text(), wanted)
                    if not wanted:
                        self.assertFalse(os.path.exists(self.record))
                        continue
                self.assertEqual(self.recorded().strip(), plain(self.shown(self.replies[name])).strip())

    def test_the_pager_gets_colors(self):
        screen = self.open("--pager", PAGER=self.pager("cat > %s" % self.record))
        screen.enter("reply few")
        self.go_on(screen)
        self.assertIn(b"\x1b[33m7\x1b[0m", self.recorded())

    def test_no_pager_where_output_is_no_terminal(self):
        env = environment(PAGER=self.pager("cat > %s" % self.record))
        self.assertEqual(run_cli("-s", self.server.path, "--pager", "reply", "few", env=env)[1].count(b"\n"), 50)
        self.assertFalse(os.path.exists(self.record))

    def test_a_pager_that_leaves_early_is_no_error(self):
        screen = self.open("--pager", PAGER=self.pager("head -n 1 > %s" % self.record), NO_COLOR="1")
        for name in ("many", "large"):
            screen.enter("reply " + name)
            self.go_on(screen)
            self.assertNotIn("rror", screen.text())
        self.replies["it"] = self.many
        with Screen("-s", self.server.path, "--pager", "reply", "it", env=environment(PAGER="true")) as one_shot:
            self.assertEqual(one_shot.wait(), 0)
            self.assertEqual(one_shot.text(), "")

    def test_control_c_is_the_pagers(self):
        pager = self.pager("trap 'echo caught' INT; cat > /dev/null; echo waiting; read line < /dev/tty; echo left")
        screen = self.open("--pager", PAGER=pager)
        screen.enter("reply few")
        screen.expect("waiting")
        screen.insist("\x03", "caught")
        screen.type("\r")
        screen.expect("left")
        self.go_on(screen)
        self.replies["it"] = self.replies["few"]
        with Screen("-s", self.server.path, "--pager", "reply", "it", env=environment(PAGER=pager)) as one_shot:
            one_shot.expect("waiting")
            one_shot.insist("\x03", "caught")
            one_shot.type("\r")
            self.assertEqual(one_shot.wait(), 0)
            self.assertIn("left", one_shot.text())

    def test_a_pager_starts_with_the_usual_signals(self):
        pager = self.pager("kill -s PIPE $$; echo survived")
        self.replies["it"] = self.replies["few"]
        with Screen("-s", self.server.path, "--pager", "reply", "it", env=environment(PAGER=pager)) as screen:
            self.assertEqual(screen.wait(), 0)
            self.assertNotIn("survived", screen.text())

    def test_control_c_works_as_before_after_the_pager(self):
        with Screen("-s", self.server.path, "--pager", "-r", "2", "-i", "100", "reply", "few",
                    env=environment(PAGER="cat > /dev/null; echo paged", NO_COLOR="1")) as one_shot:
            one_shot.expect("paged")
            wait_until(lambda: not ignored_signals(one_shot.pid) & 1 << signal.SIGINT - 1, "SIGINT as it was")
            one_shot.type("\x03")
            self.assertEqual(one_shot.wait(), -signal.SIGINT)
        screen = self.open("--pager", PAGER="cat > /dev/null")
        screen.enter("reply few")
        self.go_on(screen)
        self.replies["never"] = []
        screen.enter("reply never")
        wait_until(lambda: self.server.commands[-1][-1] == b"never", "the command")
        screen.type("\x03")
        self.go_on(screen)

    def test_a_pager_that_is_not_there_costs_no_reply(self):
        screen = self.open("--pager", PAGER="/nonexistent/pager", lines=100)
        self.replies["it"] = array(*[b":%d\r\n" % i for i in range(150)])
        screen.enter("reply it")
        screen.expect("150) (integer) 149")
        self.assertIn("not found", "\n".join(screen.past()))
        self.go_on(screen)

    @unittest.skipUnless(shutil.which("less"), "there is no less here")
    def test_less_is_the_pager_unless_told(self):
        screen = self.open("--pager")
        screen.enter("reply few")
        screen.expect("22) (integer) 21")
        self.assertNotIn("ESC[", screen.text())
        screen.type("q")
        self.go_on(screen)


if __name__ == "__main__":
    signal.signal(signal.SIGINT, signal.default_int_handler)
    main()
