#!/usr/bin/env python3
"""Tests of what Tab completes at the prompt by asking the server: directives with what they can be set to, keys, and
functions with their libraries. In a real terminal, against kvs-server and Debian's redis-server, and a scripted one for
what neither does."""

import os
import re
import signal
import time
import unittest

from harness import (DEADLINE, ROOT, KvsServer, RedisServer, ScriptedServer, environment, main, process_status, run_cli,
                     wait_until)
from terminal import Screen

TAB, CONTROL_C = "\t", "\x03"


class CompletionTest(unittest.TestCase):
    def screen(self, path, *arguments, **more):
        """A prompt; the arguments are none, or --user NAME."""
        env = environment(KVSCLI_HISTFILE="/dev/null", NO_COLOR="1", KVSCLI_AUTH="x" if arguments else None)
        screen = Screen("-s", path, *arguments, env=env, columns=120, **more)
        self.addCleanup(screen.close)
        self.prompt = "kvs %s%s>" % (arguments[1] + "@" if arguments else "", path)
        screen.wait_for(lambda: screen.row() == self.prompt, "the prompt")
        return screen

    def typed(self, screen):
        """What stands after the prompt, without the hint."""
        return screen.screen.display[screen.screen.cursor.y][len(self.prompt) + 1:screen.screen.cursor.x]

    def complete(self, screen, keys, line):
        """Types keys; waits for a line up to the cursor, and drops it, which shows what became of all keys."""
        screen.type(keys)
        screen.wait_for(lambda: self.typed(screen) == line, "the line %r" % line)
        screen.type(CONTROL_C)
        screen.wait_for(lambda: screen.row() == self.prompt, "an empty line")
        self.assertEqual(screen.rows()[screen.screen.cursor.y - 1], self.prompt + " " + line + "^C")

    def listed(self, screen, keys, words):
        """Types keys; waits until just these words are listed below, and drops the line."""
        screen.type("clear\r")
        screen.wait_for(lambda: screen.screen.cursor.y == 0 and screen.row() == self.prompt, "an empty screen")
        screen.type(keys)
        screen.wait_for(lambda: [row.split() for row in screen.rows()[1:screen.screen.cursor.y]] == [words],
                        "a list of %r" % (words,))
        screen.type(CONTROL_C)
        screen.wait_for(lambda: screen.row() == self.prompt, "an empty line")


def calls_of(path, command):
    found = re.search(rb"cmdstat_%s:calls=(\d+)" % re.escape(command.encode()), run_cli("-s", path, "info", "commandstats")[1])
    return int(found[1]) if found else 0


class Directives:
    """For each server."""

    def test_names_and_values(self):
        screen = self.screen(self.path())
        for keys, line in (("config set maxmemory-p" + TAB, "config set maxmemory-policy "),
                           ("config get logl" + TAB, "config get loglevel "),
                           ("CONFIG GET LOGL" + TAB, "CONFIG GET LOGLEVEL "),
                           ("CONFIG GET logl" + TAB, "CONFIG GET loglevel "),
                           ("CONFIG SET loglevel v" + TAB, "CONFIG SET loglevel verbose "),
                           ("config get port logl" + TAB, "config get port loglevel "),
                           ("config set maxmemory 1 maxmemory-pol" + TAB, "config set maxmemory 1 maxmemory-policy "),
                           ("config set maxmemory-policy noe" + TAB, "config set maxmemory-policy noeviction "),
                           ("config set maxmemory 1 loglevel w" + TAB, "config set maxmemory 1 loglevel warning "),
                           ("config set appendonly y" + TAB, "config set appendonly yes ")):
            with self.subTest(keys=keys):
                self.complete(screen, keys, line)
        self.listed(screen, "config set activedefrag " + TAB + TAB, ["no", "yes"])
        self.listed(screen, "config set appendfsync " + TAB + TAB, ["always", "everysec", "no"])

    def test_are_asked_for_once_and_only_on_tab(self):
        before = calls_of(self.path(), "config|get")
        screen = self.screen(self.path())
        screen.type("config get logle")
        screen.expect("config get logle")
        self.assertEqual(calls_of(self.path(), "config|get"), before)
        self.complete(screen, TAB, "config get loglevel ")
        self.complete(screen, "config get logle" + TAB, "config get loglevel ")
        self.assertEqual(calls_of(self.path(), "config|get"), before + 1)

    def test_values_are_those_that_the_server_takes(self):
        with open(os.path.join(ROOT, "client", "prompt", "directive_values.c"), encoding="utf-8") as file:
            table = re.findall(r'\{"([\w-]+)",\s*"([^"]+)"\}', file.read())
        self.assertGreater(len(table), 9)
        for name, values in table:
            with self.subTest(name=name):
                answer = run_cli("-s", self.path(), "config", "set", name, "no-such-word")[1].decode()
                said = re.search(r"must be one of the following: (.*)", answer)
                if said:
                    mine = set(values.split()) - self.newer
                    self.assertEqual(sorted(mine), sorted(set(said[1].split(", ")) - self.newer))
                else:
                    self.assertRegex(answer, "Unknown option|Unknown|can't set|immutable|not supported|Invalid argument")


class DirectivesOfKvs(Directives, CompletionTest):
    newer = set()

    @classmethod
    def setUpClass(cls):
        cls.server = KvsServer("user alice on nopass ~* +@all -config -scan")
        cls.addClassCleanup(cls.server.close)

    def path(self):
        return self.server.socket("kvs.sock")

    def test_a_refusal_is_met_once_and_tab_then_does_nothing(self):
        run_cli("-s", self.path(), "acl", "log", "reset")
        run_cli("-s", self.path(), "set", "mykey", "1")
        screen = self.screen(self.path(), "--user", "alice")
        for keys, line in (("config get logl" + TAB + TAB, "config get logl"), ("config set a" + TAB, "config set a"),
                           ("get my" + TAB + TAB, "get my"), ("get " + TAB, "get "), ("set my" + TAB, "set my"),
                           ("config set loglevel v" + TAB, "config set loglevel verbose ")):
            self.complete(screen, keys, line)
        log = run_cli("-s", self.path(), "acl", "log")[1].decode().split("\n")
        refused = [(log[at + 1], log[log.index("count", max(0, at - 8)) + 1])
                   for at, line in enumerate(log) if line == "object"]
        self.assertEqual(sorted(refused), [("config|get", "1"), ("scan", "1")])

    def test_control_c_ends_the_wait_for_what_the_server_documents(self):
        screen = self.screen(self.path(), "--user", "alice")
        os.kill(self.server.process.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, self.server.process.pid, signal.SIGCONT)
        wait_until(lambda: process_status(self.server.process.pid, "State").startswith("T"), "a stopped server")
        screen.type("get" + TAB)
        screen.await_running()
        screen.type(CONTROL_C)
        screen.expect("Error: Interrupted")
        screen.wait_for(lambda: screen.row() == "not connected> get", "the line again")


class DirectivesOfRedis(Directives, CompletionTest):
    newer = {"nothing"}  # since Redis 7.2

    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer()
        cls.addClassCleanup(cls.server.close)

    def path(self):
        return self.server.path


class Keys:
    """For each server."""
    names = [b"user:1:name", b"user:1:mail", b"user:22", b"User:1", b"un*que", b"unxque", b"a[b]c", b"two words", b"two birds",
             b'q"uote', b"back\\slash", "пёс".encode(), "пан".encode(), b"bin\x00\xff", b"|", b"it's"]

    def setUp(self):
        run_cli("-s", self.path(), "flushall")
        for name in self.names:
            run_cli("-s", self.path(), "-x", "-n", "0", "--quoted-input", "mset",
                    '"%s"' % "".join("\\x%02x" % byte for byte in name), stdin=b"v")

    def test_are_completed_where_a_key_stands(self):
        screen = self.screen(self.path())
        for keys, line in (("get user:2" + TAB, "get user:22 "), ("get us" + TAB, "get user:"), ("get Us" + TAB, "get User:1 "),
                           ("mget a user:2" + TAB, "mget a user:22 "), ("del user:1:n" + TAB, "del user:1:name "),
                           ("set user:2" + TAB, "set user:22 "), ("object encoding user:2" + TAB, "object encoding user:22 "),
                           ("set a user:2" + TAB, "set a user:2"), ("GET user:1:" + TAB + "m" + TAB, "GET user:1:mail "),
                           ("get nosuch" + TAB, "get nosuch"), ("echo user:2" + TAB, "echo user:2")):
            with self.subTest(keys=keys):
                self.complete(screen, keys, line)
        self.listed(screen, "get user:1" + TAB + TAB, ["user:1:mail", "user:1:name"])
        self.listed(screen, "get п" + TAB + TAB, ["пан", "пёс"])

    def test_signs_of_patterns_stand_for_themselves(self):
        screen = self.screen(self.path())
        self.complete(screen, "get un*" + TAB, "get un*que ")
        self.complete(screen, "get a[b" + TAB, "get a[b]c ")
        self.complete(screen, "get ?" + TAB, "get ?")
        self.complete(screen, 'get "back\\\\s' + TAB, 'get "back\\\\slash" ')

    def test_get_quotes_where_they_need_them(self):
        screen = self.screen(self.path())
        for keys, line in (("get two" + TAB, 'get "two '), ("get two" + TAB + "w" + TAB, 'get "two words" '),
                           ("get 'two w" + TAB, 'get "two words" '), ("get q" + TAB, 'get "q\\"uote" '),
                           ("get it" + TAB, 'get "it\'s" '), ("get пё" + TAB, "get пёс "), ("get п" + TAB, "get п"),
                           ('get "user:2' + TAB, 'get "user:22" '), ("get bin" + TAB, 'get "bin\\x00\\xff" ')):
            with self.subTest(keys=keys):
                self.complete(screen, keys, line)
        screen.type("get bin" + TAB + "\r")
        screen.expect('"v"')


class KeysOfKvs(Keys, CompletionTest):
    @classmethod
    def setUpClass(cls):
        cls.server = KvsServer()
        cls.addClassCleanup(cls.server.close)

    def path(self):
        return self.server.socket("kvs.sock")


class KeysOfRedis(Keys, CompletionTest):
    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer()
        cls.addClassCleanup(cls.server.close)

    def path(self):
        return self.server.path

    def test_a_search_in_many_keys_is_cut_short(self):
        run_cli("-s", self.path(), "eval", "for i = 1, 100000 do redis.call('set', 'n:' .. i, 1) end", "0")
        before = calls_of(self.path(), "scan")
        screen = self.screen(self.path())
        screen.type("get n:" + TAB + TAB)
        screen.wait_for(lambda: "Show all" in screen.text(), "a question")
        screen.type("n")
        screen.expect("There may be more: the search was cut short.")
        self.assertLessEqual(calls_of(self.path(), "scan"), before + 20)

    def test_a_database_is_searched_that_was_chosen(self):
        run_cli("-s", self.path(), "-n", "3", "set", "third", "1")
        screen = self.screen(self.path())
        self.complete(screen, "get thi" + TAB, "get thi")
        screen.type("select 3\r")
        self.prompt = "kvs %s[3]>" % self.path()
        screen.wait_for(lambda: screen.row() == self.prompt, "the prompt")
        self.complete(screen, "get thi" + TAB, "get third ")

    def test_in_a_transaction_nothing_is_asked(self):
        before = calls_of(self.path(), "scan")
        screen = self.screen(self.path())
        screen.type("multi\r")
        self.prompt = "kvs %s(tx)>" % self.path()
        screen.wait_for(lambda: screen.row() == self.prompt, "the prompt")
        self.complete(screen, "get user:2" + TAB, "get user:2")
        self.assertEqual(calls_of(self.path(), "scan"), before)

    def test_control_c_ends_the_wait_for_a_server_that_does_not_answer(self):
        screen = self.screen(self.path())
        self.complete(screen, "get user:2" + TAB, "get user:22 ")
        self.server.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.server.process.send_signal, signal.SIGCONT)
        wait_until(lambda: process_status(self.server.process.pid, "State").startswith("T"), "a stopped server")
        screen.type("get user:2" + TAB)
        end = time.monotonic() + DEADLINE
        while "not connected>" not in screen.text() and time.monotonic() < end:
            screen.type(CONTROL_C)
            screen.take(0.1)
        screen.expect("not connected>")
        self.server.process.send_signal(signal.SIGCONT)


class Functions:
    """For each server."""
    LIBRARY = """#!lua name=%s
local function one(keys, args) return 1 end
%s"""
    READER = "redis.register_function{function_name='%s', callback=one, flags={'no-writes'}}\n"
    WRITER = "redis.register_function('%s', one)\n"

    def setUp(self):
        run_cli("-s", self.path(), "function", "flush")
        self.load("lib_one", self.READER % "counter_get" + self.WRITER % "counter_add" + self.WRITER % "MixedCase")
        self.load("lib_two", self.READER % "lock_seen" + self.WRITER % "lock_take")
        self.load("Upper", self.WRITER % "zz")

    def load(self, name, body):
        self.assertEqual(run_cli("-s", self.path(), "-x", "function", "load", stdin=(self.LIBRARY % (name, body)).encode()),
                         (0, name.encode() + b"\n", b""))

    def test_are_completed_where_a_function_stands(self):
        for protocol in ((), ("-3",)):
            screen = self.screen_of(self.path(), *protocol)
            for keys, line in (("fcall counter_a" + TAB, "fcall counter_add "), ("fcall co" + TAB, "fcall counter_"),
                               ("FCALL co" + TAB + "g" + TAB, "FCALL counter_get "), ("fcall Mi" + TAB, "fcall MixedCase "),
                               ("FCALL mi" + TAB, "FCALL mi"), ("fcall_ro lo" + TAB, "fcall_ro lock_seen "),
                               ("fcall_ro counter_a" + TAB, "fcall_ro counter_a"), ("fcall zz 1 co" + TAB, "fcall zz 1 co"),
                               ('fcall "counter_a' + TAB, 'fcall "counter_add" '), ("fcall lib" + TAB, "fcall lib"),
                               ("echo co" + TAB, "echo co")):
                with self.subTest(keys=keys, protocol=protocol):
                    self.complete(screen, keys, line)
            self.listed(screen, "fcall lock" + TAB + TAB, ["lock_seen", "lock_take"])
            self.listed(screen, "fcall " + TAB + TAB,
                        ["MixedCase", "counter_add", "counter_get", "lock_seen", "lock_take", "zz"])

    def test_libraries_are_completed_where_one_stands(self):
        screen = self.screen(self.path())
        for keys, line in (("function delete l" + TAB, "function delete lib_"),
                           ("function delete U" + TAB, "function delete Upper "),
                           ("FUNCTION DELETE lib_t" + TAB, "FUNCTION DELETE lib_two "),
                           ("function list libraryname lib_o" + TAB, "function list libraryname lib_one "),
                           ("function delete co" + TAB, "function delete co"), ("function dump l" + TAB, "function dump l"),
                           ("function delete lib_one l" + TAB, "function delete lib_one l")):
            with self.subTest(keys=keys):
                self.complete(screen, keys, line)

    def test_are_asked_for_with_each_tab_and_not_before(self):
        before = calls_of(self.path(), "function|list")
        screen = self.screen(self.path())
        screen.type("fcall counter_ad")
        screen.expect("fcall counter_ad")
        self.assertEqual(calls_of(self.path(), "function|list"), before)
        self.complete(screen, TAB, "fcall counter_add ")
        self.load("late", self.WRITER % "counter_zero")
        self.complete(screen, "fcall counter_z" + TAB, "fcall counter_zero ")
        self.assertEqual(calls_of(self.path(), "function|list"), before + 2)

    def screen_of(self, path, *arguments):
        """A prompt with options that it doesn't show."""
        screen = Screen("-s", path, *arguments, env=environment(KVSCLI_HISTFILE="/dev/null", NO_COLOR="1"), columns=120)
        self.addCleanup(screen.close)
        self.prompt = "kvs %s>" % path
        screen.wait_for(lambda: screen.row() == self.prompt, "the prompt")
        return screen


class FunctionsOfKvs(Functions, CompletionTest):
    @classmethod
    def setUpClass(cls):
        cls.server = KvsServer("user alice on nopass ~* +@all -function|list")
        cls.addClassCleanup(cls.server.close)

    def path(self):
        return self.server.socket("kvs.sock")

    def test_a_refusal_is_met_once(self):
        run_cli("-s", self.path(), "acl", "log", "reset")
        screen = self.screen(self.path(), "--user", "alice")
        for keys, line in (("fcall co" + TAB + TAB, "fcall co"), ("function delete l" + TAB, "function delete l"),
                           ("fcall_ro lo" + TAB, "fcall_ro lo")):
            self.complete(screen, keys, line)
        log = run_cli("-s", self.path(), "acl", "log")[1].decode().split("\n")
        self.assertEqual([log[at + 1] for at, line in enumerate(log) if line == "object"], ["function|list"])
        self.assertEqual(log[log.index("count") + 1], "1")


class FunctionsOfRedis(Functions, CompletionTest):
    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer()
        cls.addClassCleanup(cls.server.close)

    def path(self):
        return self.server.path


class OddServers(CompletionTest):
    DOCS = b"*2\r\n$3\r\nget\r\n*2\r\n$9\r\narguments\r\n*1\r\n*4\r\n$4\r\nname\r\n$3\r\nkey\r\n$4\r\ntype\r\n$3\r\nkey\r\n"

    def answer_with(self, scanned, config=b"-ERR no\r\n"):
        def answer(words):
            name = words[0].upper()
            if name == b"COMMAND":
                return self.DOCS
            return {b"ACL": b"$7\r\ndefault\r\n", b"SCAN": scanned, b"CONFIG": config,
                    b"FUNCTION": config}.get(name, b"+OK\r\n")
        server = ScriptedServer(answer, unknown=(b"INFO",))
        self.addCleanup(server.close)
        return server

    def asked(self, server, name):
        return [words for words in server.commands if words[0] == name]

    def test_a_search_that_never_ends_ends_after_ten_rounds(self):
        server = self.answer_with(b"*2\r\n$1\r\n7\r\n*1\r\n$5\r\nkey:1\r\n")
        screen = self.screen(server.path)
        self.complete(screen, "get ke" + TAB, "get key:1")
        self.assertLessEqual(len(self.asked(server, b"SCAN")), 10)
        self.assertEqual(self.asked(server, b"SCAN")[0], [b"SCAN", b"0", b"MATCH", b"ke*", b"COUNT", b"1000"])

    def test_of_a_search_that_was_cut_short_nothing_is_taken_for_common_to_all(self):
        server = self.answer_with(b"*2\r\n$1\r\n7\r\n*2\r\n$6\r\nkey:12\r\n$6\r\nkey:11\r\n")
        screen = self.screen(server.path)
        self.complete(screen, "get ke" + TAB, "get ke")
        screen.type("get ke" + TAB + TAB)
        screen.expect("\nkey:11  key:12\nThere may be more: the search was cut short.\n")

    def test_what_does_not_begin_so_is_no_completion(self):
        server = self.answer_with(b"*2\r\n$1\r\n0\r\n*3\r\n$3\r\nfoo\r\n:1\r\n$4\r\nkey!\r\n")
        screen = self.screen(server.path)
        self.complete(screen, "get ke" + TAB, "get key! ")

    def test_replies_that_make_no_sense_do_no_harm(self):
        for reply in (b"+OK\r\n", b"*0\r\n", b"*2\r\n:1\r\n*0\r\n", b"$-1\r\n", b"*2\r\n$1\r\n0\r\n:1\r\n",
                      b"*2\r\n$40\r\n" + b"9" * 40 + b"\r\n*0\r\n"):
            with self.subTest(reply=reply):
                server = self.answer_with(reply, config=reply)
                screen = self.screen(server.path)
                self.complete(screen, "get ke" + TAB, "get ke")
                self.complete(screen, "config get ke" + TAB, "config get ke")
                self.complete(screen, "fcall ke" + TAB, "fcall ke")
                self.complete(screen, "function delete ke" + TAB, "function delete ke")

    def test_lists_of_functions_that_make_no_sense_do_no_harm(self):
        for library in (b"*0\r\n", b":1\r\n", b"$-1\r\n", b"*1\r\n$12\r\nlibrary_name\r\n", b"*2\r\n$9\r\nfunctions\r\n:1\r\n",
                        b"*2\r\n$12\r\nlibrary_name\r\n*0\r\n", b"*2\r\n$9\r\nfunctions\r\n*2\r\n:1\r\n*1\r\n$4\r\nname\r\n",
                        b"*2\r\n$9\r\nfunctions\r\n*1\r\n*4\r\n$4\r\nname\r\n:5\r\n$5\r\nflags\r\n:1\r\n"):
            with self.subTest(library=library):
                server = self.answer_with(b"-ERR no\r\n", config=b"*2\r\n" + library +
                                          b"*2\r\n$12\r\nlibrary_name\r\n$3\r\nkex\r\n")
                screen = self.screen(server.path)
                self.complete(screen, "fcall ke" + TAB, "fcall ke")
                self.complete(screen, "fcall_ro ke" + TAB, "fcall_ro ke")
                self.complete(screen, "function delete ke" + TAB, "function delete kex ")

    def test_a_server_that_is_busy_is_asked_again(self):
        replies = [b"-BUSY a script runs\r\n", b"*1\r\n*2\r\n$12\r\nlibrary_name\r\n$3\r\nkex\r\n"]

        def answer(words):
            name = words[0].upper()
            if name == b"FUNCTION":
                return replies.pop(0)
            return {b"COMMAND": self.DOCS, b"ACL": b"$7\r\ndefault\r\n"}.get(name, b"+OK\r\n")
        server = ScriptedServer(answer, unknown=(b"INFO",))
        self.addCleanup(server.close)
        screen = self.screen(server.path)
        self.complete(screen, "function delete ke" + TAB, "function delete ke")
        self.complete(screen, "function delete ke" + TAB, "function delete kex ")

    def test_escape_sequences_in_names_stay_text(self):
        server = self.answer_with(b"*2\r\n$1\r\n0\r\n*1\r\n$7\r\nke\x1b[31m\r\n",
                                  config=b"*4\r\n$7\r\nke\x1b[31m\r\n$1\r\n1\r\n$3\r\nkex\r\n$3\r\nyes\r\n")
        screen = self.screen(server.path)
        self.complete(screen, "get ke" + TAB, 'get "ke\\x1b[31m" ')
        self.complete(screen, "config get ke" + TAB, "config get kex ")
        self.complete(screen, "config set kex y" + TAB, "config set kex yes ")

    def test_a_connection_that_ends_is_told_above_the_line(self):
        server = self.answer_with(None)
        screen = self.screen(server.path)
        screen.type("get ke" + TAB)
        screen.expect("Error: Server closed the connection")
        screen.wait_for(lambda: screen.row() == "not connected> get ke", "the line again")


if __name__ == "__main__":
    main()
