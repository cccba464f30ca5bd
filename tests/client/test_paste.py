#!/usr/bin/env python3
"""Tests of what is pasted at the prompt ("bracketed paste"), in a real terminal, and of when the terminal is told to put
signs around it. Against Debian's redis-server."""

import fcntl
import os
import shutil
import signal
import struct
import tempfile
import termios
import unittest

from harness import CLI, REDIS_CLI, RedisServer, ScriptedServer, environment, main, run, wait_until
from terminal import Screen, Terminal

CONTROL_C, CONTROL_D, CONTROL_R, CONTROL_Z, HOME_KEY = "\x03", "\x04", "\x12", "\x1a", "\x01"


class PasteTest(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer()
        cls.addClassCleanup(cls.server.close)
        cls.path = cls.server.path
        cls.prompt = "kvs %s>" % cls.path

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="kvs-cli-test-")
        self.addCleanup(shutil.rmtree, self.home)
        self.redis("flushall")
        self.redis("config", "resetstat")

    def redis(self, *arguments):
        return run(REDIS_CLI, "-s", self.path, *arguments)[1].decode().rstrip("\n")

    def screen(self, *arguments, **more):
        screen = Screen("-s", self.path, *arguments, env=environment(HOME=self.home, NO_COLOR="1"), columns=100, **more)
        self.addCleanup(screen.close)
        self.at_prompt(screen)
        return screen

    def at_prompt(self, screen):
        screen.wait_for(lambda: screen.row() == self.prompt and screen.wants_pastes, "an empty line")

    def history(self):
        with open(self.home + "/.kvscli_history", encoding="utf-8") as file:
            return file.read().splitlines()


class WhatIsPasted(PasteTest):
    def test_waits_for_enter_and_then_runs_line_by_line(self):
        screen = self.screen()
        screen.paste("set a 1\nset b 2\n\nincr a\n")
        screen.expect(self.prompt + " set a 1\nset b 2\n\nincr a")
        self.assertEqual(screen.row(), "incr a")
        self.assertEqual(self.redis("dbsize"), "0")
        screen.type("\r")
        self.at_prompt(screen)
        self.assertIn("\n".join((self.prompt + " set a 1", "set b 2", "", "incr a", self.prompt + " set a 1", "OK",
                                 self.prompt + " set b 2", "OK", self.prompt + " incr a", "(integer) 2", self.prompt)),
                      screen.text())
        self.assertEqual(self.history(), ["set a 1", "set b 2", "incr a"])

    def test_that_is_one_line_waits_for_enter_too(self):
        screen = self.screen()
        screen.paste("set a 1\n")
        screen.expect("set a 1")
        self.assertEqual(self.redis("dbsize"), "0")
        screen.type("2\r")
        self.at_prompt(screen)
        self.assertEqual(self.redis("get", "a"), "12")
        self.assertIn(self.prompt + " set a 12\nOK\n" + self.prompt, screen.text())

    def test_is_dropped_by_control_c(self):
        screen = self.screen()
        screen.paste("set a 1\nset b 2")
        screen.expect("set b 2")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        self.assertEqual(screen.text(), "\n".join((self.prompt + " set a 1", "set b 2^C", self.prompt)))
        self.assertEqual(self.redis("dbsize"), "0")

    def test_can_be_edited(self):
        screen = self.screen()
        screen.type(" b 2")
        screen.expect(" b 2")
        screen.type(HOME_KEY)
        screen.paste("set a 1\nset")
        screen.expect(self.prompt + " set a 1\nset b 2")
        screen.type(HOME_KEY + "\x1b[C" * 7 + "x\x7f5")
        screen.expect(self.prompt + " set a 15\nset b 2")
        screen.type("\r")
        self.at_prompt(screen)
        self.assertEqual((self.redis("get", "a"), self.redis("get", "b")), ("15", "2"))

    def test_is_completed_and_hinted_by_its_last_line(self):
        screen = self.screen()
        screen.paste("set a 1\nconfig get")
        screen.expect("config get parameter [parameter ...]")
        screen.type(" logl\t")
        screen.expect("config get loglevel")

    def test_has_no_keys_in_it(self):
        screen = self.screen()
        screen.paste("set a \x1b[2J\x15\x17\x04\x12get\tb")
        screen.expect("set a [2Jget")
        screen.type("\r")
        self.at_prompt(screen)
        screen.paste("conf\tx")
        screen.expect("conf")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        self.assertNotIn("config", screen.text())

    def test_may_come_in_pieces(self):
        screen = self.screen()
        for piece in ("\x1b", "[2", "00~set a", " 1\rset b 2\x1b[", "201~"):
            screen.type(piece)
            wait_until(lambda: self.is_read(screen), "a piece that is read")
        screen.expect("set a 1\nset b 2")
        self.assertEqual(self.redis("dbsize"), "0")

    @staticmethod
    def is_read(screen):
        """Nothing that was typed waits for the program."""
        far = os.open("/proc/%d/fd/0" % screen.pid, os.O_RDONLY | os.O_NOCTTY)
        left = struct.unpack("i", fcntl.ioctl(far, termios.FIONREAD, bytes(4)))[0]
        os.close(far)
        return left == 0

    def test_is_text_with_the_keys_of_vi_too(self):
        with open(self.home + "/.editrc", "w", encoding="ascii") as file:
            file.write("bind -v\n")
        screen = self.screen()
        screen.type("s\x1b")
        screen.expect(" s")
        screen.type("a")
        screen.paste("et a 1\nset b 2")
        screen.expect("> set a 1\nset b 2")
        screen.type("3\r")
        self.at_prompt(screen)
        self.assertEqual((self.redis("get", "a"), self.redis("get", "b")), ("1", "23"))

    def test_whose_end_got_lost_is_ended_by_control_c(self):
        screen = self.screen()
        screen.type("\x1b[200~set a 1\r")
        screen.type(CONTROL_C)
        screen.expect("^C")
        self.at_prompt(screen)
        screen.type("ping\r")
        screen.expect("PONG")
        self.assertEqual(self.redis("dbsize"), "0")

    def test_holds_values_of_several_lines(self):
        screen = self.screen()
        screen.paste('set doc \'{"a":\n 1}\'\nget doc')
        screen.expect("get doc")
        screen.type("\r")
        self.at_prompt(screen)
        self.assertEqual(self.redis("get", "doc"), '{"a":\n 1}')
        self.assertEqual(self.history(), ["get doc"])

    def test_keeps_its_secrets_out_of_the_history(self):
        screen = self.screen()
        screen.paste("ping\nauth hunter2\nping x")
        screen.expect("ping x")
        screen.type("\r")
        self.at_prompt(screen)
        self.assertEqual(self.history(), ["ping", "ping x"])

    def test_ends_with_control_c(self):
        screen = self.screen()
        screen.paste("blpop nothing 0\nset a 2\nset a 3")
        screen.expect("set a 3")
        screen.type("\r")
        wait_until(lambda: "blocked_clients:1" in self.redis("info", "clients"), "BLPOP")
        screen.type(CONTROL_C)
        screen.expect("kvs-cli: 2 pasted commands behind it were not run")
        self.at_prompt(screen)
        self.assertEqual(self.redis("dbsize"), "0")

    def test_ends_with_a_connection_that_is_lost(self):
        with ScriptedServer(lambda words: None if words[0] == b"die" else b"+OK\r\n") as server:
            screen = Screen("-s", server.path, env=environment(HOME=self.home), columns=100)
            self.addCleanup(screen.close)
            screen.wait_for(lambda: screen.wants_pastes, "the prompt")
            screen.paste("one\ndie\ntwo\n\nthree\n")
            screen.expect("three")
            screen.type("\r")
            screen.expect("Error: Server closed the connection")
            screen.expect("kvs-cli: 2 pasted commands behind it were not run")
            screen.expect("not connected>")
            self.assertEqual([words for words in server.commands if words[0] in (b"one", b"die", b"two", b"three")],
                             [[b"one"], [b"die"]])

    def test_goes_on_behind_an_error(self):
        screen = self.screen()
        screen.paste("set a\nset b \"\nset c 1")
        screen.expect("set c 1")
        screen.type("\r")
        self.at_prompt(screen)
        self.assertIn("wrong number of arguments", screen.text())
        self.assertIn("Unbalanced quotes", screen.text())
        self.assertEqual(self.redis("get", "c"), "1")

    def test_ends_a_search_and_a_question_about_a_list(self):
        screen = self.screen(lines=10)
        screen.type("ping first\r")
        screen.expect('"first"')
        self.at_prompt(screen)
        screen.type(CONTROL_R + "fir")
        screen.expect("bck")
        screen.paste(" \nget x")
        screen.expect("ping first\nget x")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        screen.type("\t\t")
        screen.expect("Show all")
        screen.paste("set a 1\nset b 1")
        screen.expect("set a 1\nset b 1")
        self.assertEqual(self.redis("dbsize"), "0")

    def test_that_is_too_long_for_a_line_is_left_out_and_said(self):
        screen = self.screen()
        text = ("set a %s\n" % ("x" * 990)) * 1100
        screen.type("\x1b[200~")
        written = 0
        data = text.replace("\n", "\r").encode() + b"\x1b[201~"
        while written < len(data):
            written += os.write(screen.fd, data[written:written + 2000])
        screen.expect("kvs-cli: nothing was taken of what was pasted")
        self.at_prompt(screen)
        self.assertEqual(self.redis("dbsize"), "0")


class TheModeOfTheTerminal(PasteTest):
    """Signs are wanted while a line is edited, and never else."""

    def test_is_off_while_commands_and_programs_run(self):
        screen = self.screen()
        self.assertTrue(screen.wants_pastes)
        screen.type("blpop nothing 0\r")
        wait_until(lambda: "blocked_clients:1" in self.redis("info", "clients"), "BLPOP")
        screen.wait_for(lambda: not screen.wants_pastes, "the mode switched off")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        screen.type("ping | echo it runs; exec sleep 1000\r")
        screen.expect("\nit runs")
        self.assertFalse(screen.wants_pastes)
        screen.type(CONTROL_C)
        self.at_prompt(screen)

    def test_is_off_after_the_end(self):
        for ending in ("quit\r", CONTROL_D):
            screen = self.screen()
            screen.type(ending)
            self.assertEqual(screen.wait(), 0)
            self.assertFalse(screen.wants_pastes)

    def test_is_off_after_signals_and_crashes(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGSEGV, signal.SIGABRT):
            with self.subTest(number=number):
                terminal = Terminal("-s", self.path, env=environment(
                    HOME=self.home, ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":handle_segv=0"))
                self.addCleanup(terminal.close)
                terminal.expect(self.prompt)
                terminal.type("half")
                terminal.expect("half")
                self.assertTrue(terminal.wants_pastes)
                os.kill(terminal.pid, number)
                self.assertNotEqual(terminal.wait(), 0)
                self.assertFalse(terminal.wants_pastes)

    def test_is_off_while_it_is_stopped(self):
        shell = Screen("-i", program="/bin/sh", env=environment(PS1="shell> ", ENV="", HOME=self.home), columns=120)
        self.addCleanup(shell.close)
        shell.expect("shell>")
        for stop in (lambda: shell.type(CONTROL_Z), lambda: os.kill(self.child(shell), signal.SIGTSTP)):
            shell.type("clear; %s -s %s\r" % (CLI, self.path))
            shell.wait_for(lambda: shell.row() == self.prompt and shell.wants_pastes, "the prompt")
            shell.type("echo half")
            shell.expect("> echo half")
            stop()
            shell.wait_for(lambda: shell.row().startswith("shell>") and not shell.wants_pastes, "the shell")
            shell.type("fg\r")
            shell.wait_for(lambda: shell.row() == self.prompt + " echo half" and shell.wants_pastes, "the line again")
            shell.type("way\r")
            shell.expect('"halfway"')
            shell.type("quit\r")
            shell.wait_for(lambda: shell.row().startswith("shell>"), "the shell")

    @staticmethod
    def child(shell):
        with open("/proc/%d/task/%d/children" % (shell.pid, shell.pid), encoding="ascii") as file:
            return int(file.read().split()[-1])

    def test_stays_as_it_is_on_a_terminal_without_sequences(self):
        terminal = Terminal("-s", self.path, env=environment(HOME=self.home, TERM="dumb"))
        self.addCleanup(terminal.close)
        terminal.expect(self.prompt)
        terminal.type("ping\r")
        terminal.expect("PONG")
        terminal.expect(self.prompt)
        self.assertFalse(terminal.wants_pastes)


if __name__ == "__main__":
    main()
