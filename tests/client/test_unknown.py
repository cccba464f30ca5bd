#!/usr/bin/env python3
"""Tests of what a person is told about commands that the server doesn't know, in a terminal, against kvs-server and
Debian's redis-server."""

import os
import re
import sys
import unittest

from harness import ROOT, KvsServer, RedisServer, environment, main, run_cli
from terminal import Terminal

sys.path.insert(0, os.path.join(ROOT, "tests", "differential"))

import absent   # noqa: E402

SOURCE = os.path.join(ROOT, "client", "session", "unserved_commands.c")


class TheListOfWhatKvsLacks(unittest.TestCase):
    def test_is_the_one_that_the_server_has(self):
        with open(SOURCE, encoding="utf-8") as file:
            mine = re.findall(r'"([a-z_|-]+)"', re.search(r"names\[\] = \{(.*?)\};", file.read(), re.DOTALL)[1])
        servers = sorted(name for names in absent.by_group().values() for name in names)
        self.assertGreater(len(mine), 50)
        self.assertEqual(mine, servers, "client/session/unserved_commands.c and server/command/absent_commands.c differ")


class Told:
    """What is told at the prompt and after a one-shot command."""
    server = None

    def path(self):
        raise NotImplementedError

    def open(self, *arguments):
        terminal = Terminal("-s", self.path(), *arguments, env=environment(NO_COLOR="1"))
        self.addCleanup(terminal.close)
        return terminal

    def told(self, *lines, arguments=()):
        """For each line what the prompt shows after the error."""
        terminal = self.open(*arguments)
        prompt = self.path() + "> "
        terminal.expect(prompt)
        answers = []
        for line in lines:
            terminal.enter(line)
            answers.append(terminal.expect(prompt).decode().partition("kvs ")[0])
        return [re.sub(r"\A\(error\)[^\r]*\r\n(\r\n)?", "", answer).replace("\r\n", "|") for answer in answers]

    def told_once(self, *words):
        terminal = self.open(*words)
        seen = b""
        while chunk := self.read(terminal):
            seen += chunk
        terminal.wait()
        return seen.decode().replace("\r\n", "|")

    @staticmethod
    def read(terminal):
        try:
            return os.read(terminal.fd, 65536)
        except OSError:
            return b""


class OfKvs(Told, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = KvsServer("user alice on nopass +@all -info -command -acl",
                               "listen {folder}/app.sock user=alice access=admin")
        cls.addClassCleanup(cls.server.close)

    def path(self):
        return self.server.socket("kvs.sock")

    def test_what_only_redis_has_is_said_to_be_missing_yet(self):
        self.assertEqual(self.told("lolwut version 5", "LOLWUT version 5", "Client capa redirect", "get", "lolwut version 5"),
                         ["Redis has LOLWUT; kvs-server doesn't yet.|", "", "Redis has CLIENT CAPA; kvs-server doesn't yet.|",
                          "", "Redis has LOLWUT; kvs-server doesn't yet.|"])

    def test_what_nobody_has_gets_the_nearest_name(self):
        self.assertEqual(self.told("gte k", "client lsit", "lolwtu 5", "qqqqqqqq", "client qqqqqqqq", '""'),
                         ["Did you mean GET?|", "Did you mean CLIENT LIST?|",
                          "Did you mean LOLWUT? Redis has it; kvs-server doesn't yet.|", "", "", ""])

    def test_a_one_shot_command_in_a_terminal_is_told_too(self):
        self.assertRegex(self.told_once("lolwut", "l", "a"), r"'a' \|(\|)?Redis has LOLWUT; kvs-server doesn't yet\.\|\Z")
        self.assertEqual(self.told_once("-r", "3", "-e", "gte").count("Did you mean GET?"), 1)

    def test_nobody_else_is(self):
        for stdin in (b"", b"lolwut version 5\n"):
            done = run_cli("-s", self.path(), *([] if stdin else ["lolwut", "version", "5"]), stdin=stdin)
            self.assertNotIn(b"Redis has", done[1] + done[2])

    def test_a_user_who_may_not_ask_is_refused_nothing(self):
        run_cli("-s", self.path(), "acl", "log", "reset")
        terminal = Terminal("-s", self.path(), "--user", "alice", env=environment(NO_COLOR="1", KVSCLI_AUTH="x"))
        self.addCleanup(terminal.close)
        for line, answer in (("lolwut version 5", "Redis has LOLWUT; this server doesn't, or not by that name.\r\n"),
                             ("gte k", "unknown command 'gte'")):
            terminal.expect("kvs alice@%s> " % self.path())
            terminal.enter(line)
            terminal.expect(answer)
        terminal.expect("kvs alice@%s> " % self.path())
        self.assertEqual(run_cli("-s", self.path(), "acl", "log")[1].strip(), b"")

    def test_help_says_so_too(self):
        for line, text in (("lolwut", "No command 'lolwut' on this server: Redis has it, kvs-server doesn't yet"),
                           ("client capa", "No subcommand 'capa' (HELP CLIENT shows them all): Redis has it, "
                                           "kvs-server doesn't yet"),
                           ("gte", "No command 'gte' on this server; did you mean GET?"),
                           ("lolwtu", "No command 'lolwtu' on this server; did you mean LOLWUT? Redis has it, kvs-server doesn't yet"),
                           ("qqqqqq", "No command 'qqqqqq' on this server")):
            with self.subTest(line=line):
                self.assertEqual(run_cli("-s", self.path(), "help", *line.split())[1].decode(), text + "\n")


class OfRedis(Told, unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer("--rename-command", "lolwut", "")
        cls.addClassCleanup(cls.server.close)

    def path(self):
        return self.server.path

    def test_what_it_lacks_is_not_laid_at_the_door_of_kvs(self):
        self.assertEqual(self.told("lolwut version 5", "xlne s", "config gett x"),
                         ["Redis has LOLWUT; this server doesn't, or not by that name.|", "Did you mean XLEN?|",
                          "Did you mean CONFIG GET?|"])
        self.assertEqual(run_cli("-s", self.path(), "help", "lolwut")[1],
                         b"No command 'lolwut' on this server, though Redis has it\n")


if __name__ == "__main__":
    main()
