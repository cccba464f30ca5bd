#!/usr/bin/env python3
"""kvs-cli's prompt, in a real pseudo terminal: keys are typed, and the screen (or, where order and bytes matter, what was
written to it) is read back. Against Debian's redis-server, kvs-server for what is its own, and a scripted one for what no good
server sends."""

import contextlib
import os
import pty
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

import screens
from harness import (CLI, REDIS_CLI, KvsServer, RedisServer, ScriptedServer, environment, main, run, run_cli,
                     wait_until)
from terminal import Screen, Terminal

CONTROL_C, CONTROL_D, CONTROL_R = "\x03", "\x04", "\x12"
UP, LEFT, HOME_KEY = "\x1b[A", "\x1b[D", "\x01"


class PromptTest(unittest.TestCase):
    """A server for each class, a home and an empty store for each test."""
    server_options = ()

    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer(*cls.server_options)
        cls.addClassCleanup(cls.server.close)
        cls.prompt = "kvs %s> " % cls.server.path

    def setUp(self):
        self.home = tempfile.mkdtemp(prefix="kvs-cli-test-")
        self.addCleanup(shutil.rmtree, self.home)
        if self.server.process.poll() is not None:
            self.server.start()
        self.redis("flushall")

    def redis(self, *arguments):
        """What redis-cli prints."""
        return run(REDIS_CLI, "-s", self.server.path, *arguments)[1].decode().rstrip("\n")

    def open(self, *arguments, **changes):
        env = environment(**{"HOME": self.home, "NO_COLOR": "1", **changes})
        terminal = Terminal("-s", self.server.path, *arguments, env=env)
        self.addCleanup(terminal.close)
        return terminal

    def screen(self, *arguments, path=None, lines=24, columns=100, **changes):
        screen = Screen("-s", path or self.server.path, *arguments, env=environment(HOME=self.home, **changes),
                        lines=lines, columns=columns)
        self.addCleanup(screen.close)
        screen.expect(">")
        return screen

    def at_prompt(self, screen, typed="", mark=""):
        """Until the cursor is after a prompt and what was typed there."""
        line = (self.prompt[:-2] + mark + "> " + typed).rstrip()
        screen.wait_for(lambda: screen.row() == line, "the line %r" % line)

    def run_line(self, screen, line, mark=""):
        """Types a line; what is shown until the next prompt."""
        screen.type(line)
        screen.wait_for(lambda: line[-10:].rstrip() in screen.row(), "what was typed")
        screen.type("\r")
        self.at_prompt(screen, mark=mark)
        rows = screen.past()[:screen.screen.cursor.y - screen.screen.lines]
        typed = max(at for at, row in enumerate(rows) if "> " + line[:20].rstrip() in row)
        return "\n".join(rows[typed + 1:])

    def history(self):
        with open(self.home + "/.kvscli_history", encoding="utf-8") as file:
            return file.read().splitlines()

class ThePrompt(PromptTest):
    def tearDown(self):
        self.redis("config", "set", "requirepass", "")
        self.redis("-a", "hunter2", "config", "set", "requirepass", "")

    def test_replies_are_shown_in_the_human_format(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.enter("rpush l a b")
        self.assertEqual(terminal.expect(self.prompt), b"(integer) 2\r\n")
        terminal.enter("lrange l 0 -1")
        self.assertEqual(terminal.expect(self.prompt), b'1) "a"\r\n2) "b"\r\n')

    def test_database_transaction_and_reset_show_in_the_prompt(self):
        terminal = self.open("-n", "2")
        terminal.expect("kvs %s[2]> " % self.server.path)
        for line, mark in (("select 5", "[5]"), ("multi", "[5](tx)"), ("select 7", "[7](tx)"), ("discard", "[5]"),
                           ("select 99", "[5]"), ("multi", "[5](tx)"), ("reset", "")):
            terminal.enter(line)
            terminal.expect("kvs %s%s> " % (self.server.path, mark))

    def test_transactions_of_kvs_show_in_the_prompt(self):
        server = KvsServer()
        self.addCleanup(server.close)
        path = server.socket("kvs.sock")
        terminal = Terminal("-s", path, env=environment(HOME=self.home, NO_COLOR="1"))
        self.addCleanup(terminal.close)
        terminal.expect("kvs %s> " % path)
        for line, said, mark in (
                ("multi", b"OK", "(tx)"), ("set a 1", b"QUEUED", "(tx)"), ("select 7", b"QUEUED", "[7](tx)"),
                ("multi", b"(error) ERR MULTI calls can not be nested", "[7](tx)"), ("exec", b"1) OK\r\n2) OK", "[7]"),
                ("multi", b"OK", "[7](tx)"), ("discard", b"OK", "[7]"), ("watch a", b"OK", "[7]"), ("set a 2", b"OK", "[7]"),
                ("multi", b"OK", "[7](tx)"), ("select 0", b"QUEUED", "(tx)"), ("exec", b"(nil)", "[7]"),
                ("multi", b"OK", "[7](tx)"), ("get", b"wrong number of arguments", "[7](tx)"), ("exec", b"EXECABORT", "[7]"),
                ("multi", b"OK", "[7](tx)"), ("reset", b"RESET", "")):
            terminal.enter(line)
            self.assertIn(said, terminal.expect("kvs %s%s> " % (path, mark)), line)

    def test_what_others_send_through_kvs_is_shown(self):
        server = KvsServer()
        self.addCleanup(server.close)
        path = server.socket("kvs.sock")
        screen = self.screen("-3", path=path)
        self.prompt = "kvs %s> " % path
        for line, other, shown in (
                ("subscribe ch", ("publish", "ch", "news"), '3> "news"'),
                ("psubscribe c*", ("publish", "ch", "more"), '4> "more"'),
                ("blpop queue 0", ("rpush", "queue", "job"), '2) "job"')):
            screen.enter(line)
            wait_until(lambda other=other: run(REDIS_CLI, "-s", path, *other)[1] != b"0\n", line)
            screen.expect(shown)
            screen.type("" if line.startswith("blpop") else CONTROL_C)
            self.at_prompt(screen)
        self.run_line(screen, "client tracking on")
        self.run_line(screen, "get watched")
        screen.type("echo half")
        self.at_prompt(screen, "echo half")
        run(REDIS_CLI, "-s", path, "set", "watched", "1")
        screen.expect('-> invalidate: "watched"')
        self.at_prompt(screen, "echo half")

    def test_quit_exit_and_end_of_input_leave(self):
        for ending in ("quit\r", "exit\r", "\x04"):
            terminal = self.open()
            terminal.expect(self.prompt)
            terminal.type(ending)
            self.assertEqual(terminal.wait(), 0)

    def test_words_of_the_prompt_itself(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.enter("help")
        self.assertIn(b"quit, exit", terminal.expect(self.prompt))
        terminal.enter("clear")
        self.assertIn(b"\x1b[H\x1b[2J", terminal.expect(self.prompt))
        terminal.enter('echo "open')
        self.assertIn(b"column 6", terminal.expect(self.prompt))
        terminal.enter("3 incr n")
        self.assertEqual(terminal.expect(self.prompt), b"(integer) 1\r\n(integer) 2\r\n(integer) 3\r\n")

    def test_control_c_drops_the_line(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.type("flushall\x03")
        terminal.expect("^C\r\n")
        terminal.expect(self.prompt)
        terminal.enter("ping")
        self.assertEqual(terminal.expect(self.prompt), b"PONG\r\n")

    def test_control_c_without_a_line_stays_and_says_once_how_to_leave(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.type("\x03")
        self.assertTrue(terminal.expect(self.prompt).endswith(b"^C\r\nCtrl-D or exit leaves kvs-cli.\r\n"))
        terminal.type("\x03")
        self.assertTrue(terminal.expect(self.prompt).endswith(b"^C\r\n"))
        terminal.enter("ping")
        self.assertEqual(terminal.expect(self.prompt), b"PONG\r\n")

    def test_one_control_c_brings_the_prompt_though_the_server_answers_nothing_at_all(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        self.server.process.send_signal(signal.SIGSTOP)
        self.addCleanup(self.server.process.send_signal, signal.SIGCONT)
        for _ in range(2):  # the second time there is no connection, and the server still doesn't answer
            terminal.enter("ping")
            terminal.await_running()
            terminal.type("\x03")
            terminal.expect("> ")  # "not connected> ", unless Ctrl-C came before the command was sent
        self.server.process.send_signal(signal.SIGCONT)
        terminal.enter("ping")
        terminal.expect("PONG\r\n")
        terminal.expect(self.prompt)

    def test_a_command_that_control_c_gave_up_is_said_to_be_perhaps_executed(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.enter("blpop nothing 0")
        wait_until(lambda: "blocked_clients:1" in self.redis("info", "clients"), "BLPOP")
        terminal.type("\x03")
        self.assertIn(b"the server may still execute it. The next command has a new connection.\r\n",
                      terminal.expect(self.prompt))

    def test_commands_without_replies_are_not_waited_for_and_the_prompt_says_so(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.enter("client reply off")
        self.assertEqual(terminal.expect(self.prompt[:-2] + "(no replies)> "),
                         b"No replies come until CLIENT REPLY ON.\r\n")
        for line in ("set k 1", "help get", "flushdb"):  # help and the question want to ask the server
            terminal.enter(line)
            if line == "flushdb":
                terminal.expect("FLUSHDB deletes all keys in database 0")
                terminal.type("n\r")
            terminal.expect("(no replies)> ")
        terminal.enter("select 2")
        terminal.expect("[2](no replies)> ")
        terminal.enter("client reply on")
        self.assertEqual(terminal.expect(self.prompt[:-2] + "[2]> "), b"OK\r\n")
        terminal.enter("client reply skip")
        terminal.expect("[2](no reply)> ")
        terminal.enter("set k 2")
        self.assertEqual(terminal.expect(self.prompt[:-2] + "[2]> "), b"")
        terminal.enter("get k")
        self.assertEqual(terminal.expect(self.prompt[:-2] + "[2]> "), b'"2"\r\n')
        self.assertEqual(self.redis("get", "k"), "1")

    def test_a_silence_that_would_spoil_a_transaction_is_not_begun(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.enter("multi")
        terminal.expect("(tx)> ")
        terminal.enter("client reply off")
        self.assertIn(b"was not sent", terminal.expect("(tx)> "))
        terminal.enter("exec")
        self.assertIn(b"(empty array)", terminal.expect(self.prompt))

    def test_a_connection_lost_without_replies_is_told_before_the_next_command(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.enter("client reply off")
        terminal.expect("(no replies)> ")
        self.redis("client", "kill", "type", "normal")
        terminal.expect("Error: Server closed the connection")
        terminal.expect("not connected> ")
        terminal.enter("ping")
        terminal.expect("PONG\r\n")
        terminal.expect(self.prompt)

    def test_control_c_ends_streams_and_waits(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.enter("monitor")
        terminal.expect("OK\r\n")
        terminal.type("\x03")
        terminal.expect(self.prompt)
        terminal.enter("subscribe ch")
        terminal.expect("(integer) 1\r\n")
        run(REDIS_CLI, "-s", self.server.path, "publish", "ch", "news")
        terminal.expect('3) "news"\r\n')
        terminal.type("\x03")
        terminal.expect(self.prompt)
        terminal.enter("blpop nothing 0")
        wait_until(lambda: b"blocked_clients:1" in run(REDIS_CLI, "-s", self.server.path, "info", "clients")[1], "BLPOP")
        terminal.type("\x03")
        terminal.expect(self.prompt)
        terminal.enter("ping")
        self.assertEqual(terminal.expect(self.prompt), b"PONG\r\n")

    def test_the_time_of_a_slow_command_is_told(self):
        terminal = self.open("--no-questions")
        terminal.expect(self.prompt)
        terminal.enter("debug sleep 0.6")
        self.assertRegex(terminal.expect(self.prompt), rb"^OK\r\n\(\d+\.\d\ds\)\r\n$")

    def test_the_time_of_what_control_c_ended_is_not_told(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.enter("blpop nothing 0")
        wait_until(lambda: b"blocked_clients:1" in run(REDIS_CLI, "-s", self.server.path, "info", "clients")[1], "BLPOP")
        time.sleep(0.6)  # more than what counts as slow
        terminal.type(CONTROL_C)
        self.assertRegex(terminal.expect(self.prompt), rb"^\^C\r\nGiven up[^(]*\r\n$")

    def test_reconnects_by_itself_into_the_same_database(self):
        terminal = self.open("-3")
        terminal.expect(self.prompt)
        terminal.enter("select 3")
        terminal.expect("[3]> ")
        run(REDIS_CLI, "-s", self.server.path, "client", "kill", "type", "normal")
        terminal.enter("hset h f v")
        terminal.expect("(integer) 1\r\n")
        terminal.expect("[3]> ")
        terminal.enter("hgetall h")
        terminal.expect('1# "f" => "v"')
        self.assertEqual(run_cli("-s", self.server.path, "-n", "3", "hget", "h", "f")[1], b"v\n")

    def test_server_that_is_away_is_reported_and_found_again(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        self.server.stop()
        terminal.enter("ping")
        terminal.expect("no such socket file")
        terminal.expect("not connected> ")
        self.server.start()
        terminal.enter("ping")
        terminal.expect("PONG\r\n")
        terminal.expect(self.prompt)

    def test_starts_without_a_server(self):
        with Terminal("-s", self.home + "/none.sock", env=environment(HOME=self.home)) as terminal:
            terminal.expect("no such socket file")
            terminal.expect("not connected> ")
            terminal.type("quit\r")
            self.assertEqual(terminal.wait(), 0)

    def test_command_whose_connection_dies_is_not_sent_again(self):
        with ScriptedServer(lambda words: None if words[0] == b"die" else b"+OK\r\n") as server:
            terminal = Terminal("-s", server.path, env=environment(HOME=self.home))
            self.addCleanup(terminal.close)
            terminal.expect(server.path)
            for line, answer in (("one", "OK"), ("die", "Error: Server closed the connection"), ("two", "OK")):
                terminal.enter(line)
                terminal.expect(answer + "\r\n")
            self.assertEqual([words for words in server.commands if words[0] not in (b"HELLO", b"COMMAND")],
                             [[b"one"], [b"die"], [b"two"]])

    def test_history_is_kept_private_and_without_secrets(self):
        secrets = ["auth hunter2", "AUTH me hunter2", "config set requirepass hunter2", "config set a b masterauth hunter2",
                   "acl setuser x >hunter2", "hello 3 auth me hunter2", "2 auth hunter2", 'auth "hunter2',
                   "migrate h 1 k 0 5 auth hunter2", "migrate h 1 k 0 5 copy auth2 me hunter2", "'auth' hunter2"]
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.enter("echo first")
        terminal.expect(self.prompt)
        for line in secrets:
            terminal.enter(line)
            terminal.expect(self.prompt)
        for line in ("echo last", "echo last", "config get requirepass", "acl whoami"):
            terminal.enter(line)
            terminal.expect(self.prompt)
        self.assertEqual(self.history(), ["echo first", "echo last", "config get requirepass", "acl whoami"])
        self.assertEqual(stat.S_IMODE(os.stat(self.home + "/.kvscli_history").st_mode), 0o600)

    def test_history_comes_back_with_the_arrow_keys(self):
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.enter("echo remembered")
        terminal.expect(self.prompt)
        terminal.type("quit\r")
        terminal.wait()
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.type("\x1b[A\x1b[A\r")
        terminal.expect('"remembered"\r\n')

    def test_history_file_can_be_elsewhere_or_nowhere(self):
        elsewhere = os.path.join(self.home, "elsewhere")
        terminal = self.open(KVSCLI_HISTFILE=elsewhere)
        terminal.expect(self.prompt)
        terminal.enter("ping")
        terminal.expect("PONG")
        terminal.type("quit\r")
        terminal.wait()
        terminal = self.open(KVSCLI_HISTFILE="/dev/null")
        terminal.expect(self.prompt)
        terminal.enter("ping")
        terminal.expect("PONG")
        self.assertEqual(os.listdir(self.home), ["elsewhere"])

    def test_history_file_that_others_could_read_is_closed(self):
        with open(self.home + "/.kvscli_history", "w", encoding="ascii") as file:
            file.write("echo old\n" * 3)
        os.chmod(self.home + "/.kvscli_history", 0o644)
        terminal = self.open()
        terminal.expect(self.prompt)
        self.assertEqual(stat.S_IMODE(os.stat(self.home + "/.kvscli_history").st_mode), 0o600)

    def test_history_file_that_its_group_could_read_is_closed(self):
        with open(self.home + "/.kvscli_history", "w", encoding="ascii") as file:
            file.write("echo old\n")
        os.chmod(self.home + "/.kvscli_history", 0o640)
        terminal = self.open()
        terminal.expect(self.prompt)
        self.assertEqual(stat.S_IMODE(os.stat(self.home + "/.kvscli_history").st_mode), 0o600)

    def test_history_file_that_is_a_named_pipe_is_not_waited_for(self):
        os.mkfifo(self.home + "/.kvscli_history", 0o600)
        terminal = self.open()
        terminal.expect(self.prompt)
        terminal.enter("ping")
        terminal.expect(self.prompt)

    def test_long_history_is_shortened(self):
        with open(self.home + "/.kvscli_history", "w", encoding="ascii") as file:
            file.writelines("echo %d\n" % i for i in range(2500))
        terminal = self.open()
        terminal.expect(self.prompt)
        lines = self.history()
        self.assertEqual((len(lines), lines[0], lines[-1]), (1000, "echo 1500", "echo 2499"))

    def test_unicode_is_typed_and_edited_by_character(self):
        for locale in ("C.UTF-8", "C", None):
            terminal = self.open(LANG=locale, LC_ALL=locale)
            terminal.expect(self.prompt)
            terminal.type("echo h\u00e9\u20ac\x7fllo\r")
            terminal.expect("\r\n")
            self.assertIn('"h\u00e9llo"'.encode(), terminal.expect(self.prompt))

    def test_redirected_output_holds_replies_and_no_prompt(self):
        path = os.path.join(self.home, "out")
        pid, fd = pty.fork()
        if pid == 0:
            try:
                os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT, 0o600), 1)
                os.execve(CLI, [CLI, "-s", self.server.path], environment(HOME=self.home))
            finally:
                os._exit(126)
        terminal = Terminal.__new__(Terminal)
        terminal.pid, terminal.fd, terminal.seen = pid, fd, b""
        self.addCleanup(terminal.close)
        terminal.expect(self.prompt)
        terminal.enter("ping")
        terminal.expect(self.prompt)
        terminal.type("quit\r")
        terminal.wait()
        with open(path, "rb") as file:
            self.assertEqual(file.read(), b"PONG\n")


class LinesAreCutIntoWords(PromptTest):
    def test_an_open_quote_is_said_with_its_column(self):
        screen = self.screen()
        for line, text in (('echo "open', 'Unbalanced quotes: the " in column 6 is never closed'),
                           ("set k 'it\\'s", "Unbalanced quotes: the ' in column 7 is never closed"),
                           ('echo h\u00e9\u20ac "x', 'Unbalanced quotes: the " in column 10 is never closed'),
                           ('echo "a"b', 'Unbalanced quotes: no blank follows the closing " in column 8')):
            with self.subTest(line=line):
                self.assertEqual(self.run_line(screen, line), text)

    def test_repeat_counts_out_of_range_are_refused(self):
        screen = self.screen()
        self.assertIn("not 0", self.run_line(screen, "0 ping"))
        self.assertIn("not 99999999999999999999", self.run_line(screen, "99999999999999999999 ping"))


class HintsAndCompletion(PromptTest):
    def test_a_hint_says_what_can_follow_and_vanishes_with_enter(self):
        screen = self.screen()
        screen.type("get")
        screen.expect("> get key")
        screen.type(" k")
        self.at_prompt(screen, "get k")
        screen.type("\r")
        screen.expect("(nil)")
        self.at_prompt(screen)
        self.assertEqual([row for row in screen.past() if " key" in row], [])
        screen.type(UP)
        self.at_prompt(screen, "get k")
        self.assertEqual(self.history(), ["get k"])

    def test_hints_are_grey_or_without_colours_dim(self):
        for changes, code in (({"NO_COLOR": None}, b"\x1b[90m"), ({"NO_COLOR": "1"}, b"\x1b[2m")):
            terminal = self.open(**changes)
            terminal.expect(self.prompt)
            terminal.type("get")
            terminal.expect(code + b" key")

    def test_a_hint_never_wraps(self):
        screen = self.screen(columns=len(self.prompt) + 20)
        screen.type("set k v ")
        screen.expect("[NX")
        self.assertEqual(len([row for row in screen.rows() if row]), 1)
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        screen.type("get " + "k" * 13 + " ")
        self.at_prompt(screen, "get " + "k" * 13)

    def test_hints_are_for_the_end_of_the_line_alone(self):
        screen = self.screen()
        screen.type("get")
        screen.expect("> get key")
        screen.type(LEFT)
        self.at_prompt(screen, "get")

    def test_hints_can_be_switched_off(self):
        screen = self.screen()
        self.run_line(screen, ":set nohints")
        screen.type("get ")
        self.at_prompt(screen, "get")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        self.run_line(screen, ":set hints")
        screen.type("get ")
        screen.expect("> get key")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        self.assertIn(":set hints", self.run_line(screen, ":set nothing"))

    def test_tab_completes_a_single_word_and_the_common_part_of_several(self):
        screen = self.screen("--no-raw")
        self.run_line(screen, ":set nohints")
        screen.type("flushd\t")
        self.at_prompt(screen, "flushdb ")
        self.assertEqual(screen.screen.cursor.x, len(self.prompt) + len("flushdb "))
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        screen.type("zrevrangeby\t")
        self.at_prompt(screen, "zrevrangeby")
        screen.type("s\t")
        self.at_prompt(screen, "zrevrangebyscore ")

    def test_a_second_tab_lists_what_fits_and_the_line_is_drawn_again(self):
        screen = self.screen()
        screen.type("config re\t")
        screen.type("\t")
        screen.expect("resetstat  rewrite")
        screen.wait_for(lambda: screen.row().startswith(self.prompt + "config re"), "the line again")
        screen.type("s\t")
        screen.expect("config resetstat")

    def test_words_that_fill_a_screen_are_listed_after_a_question(self):
        screen = self.screen(lines=12)
        screen.type("\t\t")
        screen.expect("Show all ")
        screen.type("n")
        self.at_prompt(screen)
        screen.expect_gone("Show all ")
        screen.type("\t\t")
        screen.expect("Show all ")
        screen.type("y")
        screen.expect("zunionstore")
        self.at_prompt(screen)

    def test_a_word_before_the_end_of_the_line_is_completed_too(self):
        screen = self.screen()
        screen.type("flushd async" + HOME_KEY + "\x1b[C" * 6 + "\t")
        self.at_prompt(screen, "flushdb async")
        screen.type("|")
        self.at_prompt(screen, "flushdb |async")

    def test_tab_where_nothing_fits_changes_nothing(self):
        screen = self.screen()
        screen.type("nonsense\t\tx")
        self.at_prompt(screen, "nonsensex")

    def test_help_comes_from_the_server_and_goes_into_programs_too(self):
        screen = self.screen()
        self.assertIn("Get the value of a key", self.run_line(screen, "help get"))
        self.run_line(screen, "help get > %s/help" % self.home)
        with open(self.home + "/help", encoding="utf-8") as file:
            self.assertIn("key", file.read())

    def test_help_is_there_on_the_command_line(self):
        status, out, errors = run_cli("-s", self.server.path, "help", "Get")
        self.assertEqual((status, errors), (0, b""))
        self.assertIn(b"GET key", out)
        self.assertIn(b"Get the value of a key", out)
        self.assertNotIn(b"\x1b", out)
        self.assertIn(b"@hash", run_cli("-s", self.server.path, "help", "@nosuch")[1])
        self.assertEqual(run_cli("-s", self.home + "/none", "help", "get")[0], 3)

    def test_help_of_the_prompt_itself_needs_no_server(self):
        status, out, errors = run_cli("-s", self.home + "/none", "HELP")
        self.assertEqual((status, errors), (0, b""))
        self.assertIn(b"HELP COMMAND", out)

    def test_what_was_known_outlives_the_connection(self):
        screen = self.screen()
        screen.type("get")
        screen.expect("> get key")
        self.server.stop()
        screen.expect("not connected> get key")
        screen.type(CONTROL_C)
        self.server.start()

    def test_a_session_worth_showing(self):
        screen = self.screen("-n", "2", lines=24, columns=80 + len(self.server.path) - len("/tmp/kvs.sock"))
        screen.enter("hset user:1 name Ada born 1815")
        screen.expect("(integer) 2")
        screen.enter("hgetall user:1")
        self.at_prompt(screen, mark="[2]")
        screen.enter("multi")
        self.at_prompt(screen, mark="[2](tx)")
        screen.enter("incr visits")
        screen.expect("QUEUED")
        self.at_prompt(screen, mark="[2](tx)")
        screen.enter("exec")
        self.at_prompt(screen, mark="[2]")
        screen.enter("keys * | sort > %s/keys" % self.home)
        self.at_prompt(screen, mark="[2]")
        screen.enter("hgetall user:1 | wc -l")
        self.at_prompt(screen, mark="[2]")
        screen.type("xgroup c\t")
        screen.type("\t")
        screen.expect("createconsumer")
        screen.type(" ")
        screen.expect("create key group")
        text = screen.text().replace(self.server.path, "/tmp/kvs.sock").replace(self.home, "/tmp")
        screens.keep("prompt", text)


class TheLineOnTheScreen(PromptTest):
    def test_a_long_line_is_pasted_edited_and_run(self):
        screen = self.screen(lines=10, columns=60)
        value = "0123456789" * 200
        screen.type("set k " + value)
        screen.expect("6789 [NX|XX]")
        screen.type(HOME_KEY)
        screen.type("\x1b[C" * 3 + "x\x7f")
        screen.type("\r")
        screen.expect("OK")
        self.assertEqual(self.redis("get", "k"), value)

    def test_a_resize_in_the_middle_of_a_line_draws_it_again(self):
        screen = self.screen(lines=24, columns=120)
        self.run_line(screen, "echo above")
        screen.type("echo " + "abcde" * 12)
        screen.wait_for(lambda: "abcde" * 12 in screen.text(), "the line")
        for columns in (60, 200, 90):
            screen.resize(24, columns)
            shown = (self.prompt + "echo " + "abcde" * 12)
            rows = [shown[at:at + columns] for at in range(0, len(shown), columns)]
            screen.wait_for(lambda rows=rows: "\n".join(rows) in screen.text(), "the line in rows of %d" % columns)
        self.assertIn('"above"', screen.text())
        screen.type("Z\r")
        screen.expect('"' + "abcde" * 12 + 'Z"')

    def test_a_size_that_changed_while_a_command_ran_counts(self):
        screen = self.screen(columns=60)
        screen.enter("blpop nothing 0")
        wait_until(lambda: "blocked_clients:1" in self.redis("info", "clients"), "BLPOP")
        screen.resize(24, 120)
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        screen.type("echo " + "x" * 60)
        self.at_prompt(screen, "echo " + "x" * 60)

    def test_bytes_that_are_no_character_are_dropped(self):
        screen = self.screen(LANG="C.UTF-8")
        screen.type(b"echo a\xe9b\xff\xc3\xa9\xe2\x82c\xf0\x9f\x98\x80\r")
        screen.expect('"ab')
        self.assertIn("echo ab\u00e9c\U0001f600", screen.text())

    def test_vi_keys_of_the_user_leave_the_keys_of_the_prompt(self):
        with open(self.home + "/.editrc", "w", encoding="ascii") as file:
            file.write("bind -v\n")
        screen = self.screen()
        screen.type("echo dropped" + CONTROL_C)
        screen.expect("^C")
        self.at_prompt(screen)
        screen.type("echo dropped\x1b")
        self.at_prompt(screen, "echo dropped")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        screen.type("flushd\t")
        screen.expect("> flushdb [ASYNC|SYNC]")

    def test_a_path_with_odd_bytes_cannot_spoil_the_terminal(self):
        path = os.fsencode(self.home) + b"/\x1b[2J\xff\x07.sock"
        os.symlink(self.server.path, path)
        screen = self.screen(path=path)
        screen.type("ping\r")
        screen.expect("PONG")
        self.assertIn(self.home + "/?[2J??.sock> ping", screen.text())

    def test_a_dumb_terminal_gets_no_escape_sequences(self):
        terminal = self.open("-3", TERM="dumb")
        terminal.expect(self.prompt)
        terminal.type("get")
        terminal.expect("get")
        terminal.type(" k\r")
        self.assertNotIn(b"\x1b", terminal.expect("(nil)"))

    def test_the_terminal_is_itself_again_after_a_deadly_signal(self):
        for number in (signal.SIGTERM, signal.SIGHUP):
            terminal = self.open()
            terminal.expect(self.prompt)
            terminal.type("half a line")
            terminal.expect("half a line")
            os.kill(terminal.pid, number)
            self.assertEqual(terminal.wait(), -number)

    def test_a_stopped_program_goes_on_where_it_was(self):
        screen = self.screen()
        screen.type("echo half")
        self.at_prompt(screen, "echo half")
        os.kill(screen.pid, signal.SIGSTOP)
        os.waitpid(screen.pid, os.WUNTRACED)
        os.kill(screen.pid, signal.SIGCONT)
        screen.type("way")
        self.at_prompt(screen, "echo halfway")
        screen.type("\r")
        screen.expect('"halfway"')
        self.assertEqual(screen.text().count("echo half"), 1)


class HistoryIsSearched(PromptTest):
    def tearDown(self):
        self.redis("config", "set", "requirepass", "")
        self.redis("-a", "sesame", "config", "set", "requirepass", "")

    def lines(self, *lines):
        with open(self.home + "/.kvscli_history", "w", encoding="ascii") as file:
            file.writelines(line + "\n" for line in lines)
        return self.screen("--no-raw")

    def test_control_r_finds_what_was_typed_in_another_run(self):
        screen = self.lines("echo one", "echo two", "echo three")
        screen.type(CONTROL_R + "tw")
        screen.expect("bck:tw")
        self.assertIn(self.prompt + "echo two", screen.rows())
        screen.type("\r")
        screen.expect('"two"')

    def test_control_r_again_goes_further_back(self):
        screen = self.lines("echo first", "ping", "echo second")
        screen.type(CONTROL_R + "echo")
        screen.expect("echo second")
        screen.type(CONTROL_R)
        screen.expect("echo first")
        screen.type("\r")
        screen.expect('"first"')

    def test_an_arrow_key_ends_the_search_and_moves(self):
        screen = self.lines("echo found")
        screen.type(CONTROL_R + "fou")
        screen.expect("bck:fou")
        screen.type(LEFT)
        self.at_prompt(screen, "echo found")
        screen.type("X\r")
        screen.expect('"founXd"')

    def test_control_c_drops_the_search_and_stays(self):
        screen = self.lines("echo found")
        for text in ("fou", "nowhere"):
            screen.type(CONTROL_R + text)
            screen.expect("bck")
            screen.type(CONTROL_C)
            self.at_prompt(screen)
            screen.expect_gone("bck")
        self.assertEqual(self.run_line(screen, "ping"), "PONG")

    def test_lines_with_passwords_are_not_found_again(self):
        secrets = ["auth sesame", "2 AUTH me sesame", "config set requirepass sesame", "hello 3 auth default sesame",
                   "acl setuser x >sesame", "acl dryrun default auth sesame", "command getkeys auth sesame",
                   "sentinel set m auth-pass sesame", "migrate h 1 k 0 5 auth sesame", 'auth "sesame',
                   "acl dryrun x command getkeys auth sesame", "config set user 'a on >sesame'",
                   "config set timeout requirepass sesame",
                   "kvs-cli -a sesame ping", "redis-cli -u redis://me:sesame@host ping", "REDISCLI_AUTH=sesame x",
                   "get k | curl -u me:sesame", "get k | PASSWORD=sesame program"]
        screen = self.lines("echo before")
        for line in secrets:
            self.run_line(screen, line)
            screen.type(UP)
            self.at_prompt(screen, "echo before")
            screen.type(CONTROL_C)
            self.at_prompt(screen)
        self.assertEqual(self.history(), ["echo before"])

    def test_a_line_with_an_open_quote_can_be_put_right(self):
        screen = self.lines("ping")
        self.run_line(screen, 'echo "almost')
        screen.type(UP + '"\r')
        screen.expect('\n"almost"')


class ArrivalsAreShown(PromptTest):
    def test_an_invalidation_comes_above_the_line_being_typed(self):
        screen = self.screen("-3")
        self.run_line(screen, "client tracking on")
        self.run_line(screen, "get watched")
        screen.type("echo half")
        self.at_prompt(screen, "echo half")
        self.redis("set", "watched", "1")
        screen.expect('-> invalidate: "watched"')
        self.at_prompt(screen, "echo half")
        rows = screen.rows()
        self.assertEqual(rows[screen.screen.cursor.y - 1], '-> invalidate: "watched"')
        self.assertEqual(len([row for row in rows if "echo half" in row]), 1)
        screen.type("way\r")
        screen.expect('"halfway"')

    def test_a_message_leaves_a_line_of_several_rows_whole(self):
        screen = self.screen("-3", columns=70)
        self.run_line(screen, "client tracking on")
        self.run_line(screen, "get watched")
        screen.type("echo " + "Y" * 100 + LEFT * 50)
        screen.wait_for(lambda: screen.text().count("Y") == 100, "the line")
        self.redis("set", "watched", "1")
        screen.expect('-> invalidate: "watched"')
        screen.wait_for(lambda: screen.text().count("Y") == 100, "the line once")
        screen.type("X\r")
        screen.expect("Y" * 50 + "X")

    def test_pushes_can_be_left_out(self):
        screen = self.screen("-3", "--show-pushes", "no")
        self.run_line(screen, "client tracking on")
        self.run_line(screen, "get watched")
        self.redis("set", "watched", "1")
        self.assertEqual(self.run_line(screen, "echo end"), '"end"')
        self.assertNotIn("invalidate", screen.text())

    def test_hostile_pushes_do_no_harm(self):
        def answer(words):
            if words[0] == b"go":
                return b"+OK\r\n>2\r\n$7\r\nmessage\r\n$8\r\n\x1b[2J\x1b]0;\r\n+un\x07asked\r\n"
            return b"+OK\r\n"
        with ScriptedServer(answer) as server:
            screen = self.screen("--no-raw", path=server.path)
            screen.type("go\r")
            screen.expect("asked")
            screen.expect("\\x1b[2J\\x1b]0;")
            screen.type("on\r")
            screen.wait_for(lambda: screen.text().count("OK") == 2, "a reply that is not mistaken")

    def test_a_flood_of_pushes_does_not_keep_keys_out(self):
        push = b">2\r\n$7\r\nmessage\r\n$4\r\nnews\r\n"
        flood = [b"+OK\r\n"] + [push * 100] * 100000
        with ScriptedServer(lambda words: flood if words[0] == b"go" else b"+OK\r\n") as server:
            screen = self.screen("--no-raw", path=server.path)
            screen.type("go\r")
            screen.expect("news")
            screen.type(CONTROL_D)
            self.assertEqual(screen.wait(), 0)

    def test_bytes_that_are_no_reply_end_the_connection(self):
        with ScriptedServer(lambda words: b"+OK\r\n?garbage\r\n" if words[0] == b"go" else b"+OK\r\n") as server:
            screen = self.screen(path=server.path)
            screen.type("go\r")
            screen.expect("not connected>")
            screen.expect("Error: ")
            screen.type("on\r")
            screen.expect("Reconnected to ")

    def test_the_end_of_the_server_is_said_once_while_nothing_is_typed(self):
        screen = self.screen()
        screen.type("echo half")
        self.at_prompt(screen, "echo half")
        self.server.stop()
        screen.expect("not connected> echo half")
        self.assertEqual(screen.text().count("Server closed the connection"), 1)
        self.server.start()
        screen.type("way\r")
        screen.expect('"halfway"')
        self.assertEqual(screen.text().count("Server closed the connection"), 1)


class Reconnecting(PromptTest):
    def test_a_restart_is_said_with_both_processes(self):
        screen = self.screen("-n", "3", columns=200)
        before = self.server.process.pid
        self.server.stop()
        screen.expect("not connected>")
        self.server.start()
        self.assertIn("Reconnected to %s (the server is another process: pid %d, before %d); database 3 again"
                      % (self.server.path, self.server.process.pid, before),
                      self.run_line(screen, "echo hi", mark="[3]"))
        self.assertIn('"hi"', screen.text())

    def test_a_lost_transaction_is_said(self):
        screen = self.screen()
        self.run_line(screen, "multi", mark="(tx)")
        self.run_line(screen, "set a 1", mark="(tx)")
        self.redis("client", "kill", "type", "normal")
        screen.expect("not connected>")
        screen.enter("get a")
        screen.expect("; the transaction is lost")
        screen.expect("(nil)")
        self.at_prompt(screen)

    def test_a_user_who_logged_in_comes_back(self):
        self.redis("acl", "setuser", "ada", "on", ">sesame", "~*", "&*", "+@all")
        screen = self.screen(columns=120)
        screen.enter("auth ada sesame")
        screen.expect("kvs ada@%s>" % self.server.path)
        self.redis("client", "kill", "user", "ada")
        screen.expect("not connected>")
        screen.enter("acl whoami")
        screen.expect("; user ada again")
        screen.expect('"ada"')
        screen.enter("subscribe ch")
        screen.expect("Reading messages")
        screen.type(CONTROL_C)
        screen.wait_for(lambda: screen.row().startswith("kvs ada@"), "the user's prompt")
        screen.enter("reset")
        self.at_prompt(screen)
        self.redis("acl", "deluser", "ada")

    def test_a_command_of_a_lost_transaction_is_not_run_alone(self):
        process = subprocess.Popen([CLI, "-s", self.server.path], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE, env=environment())
        process.stdin.write(b"multi\n")
        process.stdin.flush()
        self.assertEqual(process.stdout.readline(), b"OK\n")
        self.redis("client", "kill", "type", "normal")
        _, errors = process.communicate(b"set a 1\n")
        self.assertIn(b"The transaction is lost; the command was not sent", errors)
        self.assertEqual((process.returncode, self.redis("exists", "a")), (3, "0"))

    def test_replacing_a_connection_on_purpose_says_nothing(self):
        screen = self.screen()
        screen.enter("blpop nothing 0")
        wait_until(lambda: "blocked_clients:1" in self.redis("info", "clients"), "BLPOP")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        self.assertNotIn("Reconnected", screen.text())

    def test_subscriptions_keep_database_user_and_protocol(self):
        for line in ("subscribe ch", "psubscribe c*", "ssubscribe ch", "monitor"):
            screen = self.screen("-3", "-n", "4")
            screen.enter(line)
            screen.expect("OK" if line == "monitor" else "Reading messages")
            screen.type(CONTROL_C)
            self.at_prompt(screen, mark="[4]")
            screen.enter("config get maxmemory")
            screen.expect("1# ")


class ControlC(PromptTest):
    def test_in_a_line_it_drops_all_rows_of_it(self):
        screen = self.screen(columns=60)
        screen.type("echo " + "Z" * 100 + HOME_KEY)
        screen.wait_for(lambda: screen.text().count("Z") == 100, "the line")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        self.assertTrue(screen.rows()[screen.screen.cursor.y - 1].endswith("Z^C"), screen.text())

    def test_it_ends_a_repetition(self):
        screen = self.screen()
        screen.enter("1000000000 incr n")
        screen.expect("(integer)")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        screen.type("3 blpop nothing 0\r")
        screen.expect("3 blpop nothing 0")
        wait_until(lambda: "blocked_clients:1" in self.redis("info", "clients"), "BLPOP")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        self.assertEqual(self.run_line(screen, "ping"), "PONG")

    def test_in_a_pause_between_repetitions_it_ends_them(self):
        screen = self.screen("-i", "1000")
        screen.type("5 incr n\r")
        screen.expect("(integer) 1")
        screen.type(CONTROL_C)
        self.at_prompt(screen)

    def test_in_a_question_it_means_no(self):
        screen = self.screen(columns=160)
        self.redis("set", "k", "v")
        screen.type("flushall\r")
        screen.expect("[y/N]")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        self.assertEqual(self.redis("get", "k"), "v")

    def test_in_a_listing_question_it_means_no(self):
        screen = self.screen(lines=12)
        screen.type("\t\t")
        screen.expect("Show all ")
        screen.type(CONTROL_C)
        self.at_prompt(screen)

    def test_it_reaches_a_program(self):
        screen = self.screen()
        screen.type("ping | exec sleep 1000\r")
        screen.expect("sleep 1000")
        wait_until(lambda: runs_child(screen.pid, b"sleep"), "the program")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        self.assertEqual(self.run_line(screen, "ping"), "PONG")

    def test_it_ends_a_program_that_reads_nothing(self):
        self.redis("setrange", "big", "3000000", "x")
        screen = self.screen()
        screen.type("get big | exec sleep 1000\r")
        screen.expect("sleep 1000")
        wait_until(lambda: runs_child(screen.pid, b"sleep"), "the program")
        screen.type(CONTROL_C)
        self.at_prompt(screen)
        self.assertEqual(self.run_line(screen, "ping"), "PONG")

    def test_as_a_signal_it_is_the_same_as_the_key(self):
        screen = self.screen()
        screen.type("echo dropped")
        self.at_prompt(screen, "echo dropped")
        os.kill(screen.pid, signal.SIGINT)
        self.at_prompt(screen)


def runs_child(pid, name):
    """Whether a child of a process has become the program that is wanted."""
    with contextlib.suppress(OSError):
        with open("/proc/%d/task/%d/children" % (pid, pid), encoding="ascii") as file:
            children = file.read().split()
        for child in children:
            with open("/proc/%s/cmdline" % child, "rb") as file:
                if file.read().startswith(name + b"\0"):
                    return True
    return False


class RepliesGoElsewhere(PromptTest):
    def written(self, name):
        with open(os.path.join(self.home, name), "rb") as file:
            return file.read()

    def setUp(self):
        super().setUp()
        self.redis("rpush", "l", "b", "a")
        self.view = self.screen(columns=160)

    def test_a_file_is_written_and_appended_to(self):
        out = self.home + "/out"
        self.assertEqual(self.run_line(self.view, "lrange l 0 -1 > " + out), "")
        self.assertEqual(self.written("out"), b"b\na\n")
        self.run_line(self.view, "llen l >> " + out)
        self.assertEqual(self.written("out"), b"b\na\n2\n")
        self.run_line(self.view, "3 incr n > '%s/two words'" % self.home)
        self.assertEqual(self.written("two words"), b"1\n2\n3\n")
        self.run_line(self.view, "ping > ~/at-home")
        self.assertEqual(self.written("at-home"), b"PONG\n")

    def test_a_program_reads_the_raw_reply(self):
        self.assertEqual(self.run_line(self.view, "lrange l 0 -1 | sort | tr a-z A-Z"), "A\nB")
        self.assertEqual(self.run_line(self.view, """lrange l 0 -1 | grep "a" | sed 's/"//;s/a/it"s/'"""), 'it"s')

    def test_the_end_of_a_program_is_said(self):
        self.assertEqual(self.run_line(self.view, "ping | exit 3"), "kvs-cli: the program ended with status 3")
        self.assertEqual(self.run_line(self.view, "ping | kill -KILL $$"),
                         "kvs-cli: the program was ended by signal 9 (Killed)")
        self.assertEqual(self.run_line(self.view, "ping | true"), "")

    def test_a_program_that_has_enough_is_no_trouble(self):
        self.redis("setrange", "big", "3000000", "x")
        self.assertEqual(self.run_line(self.view, "1000 get big | head -c 0"), "")
        self.assertEqual(self.run_line(self.view, "get big | yes | head -1"), "y")

    def test_a_stream_goes_into_a_program_until_control_c(self):
        self.view.type("monitor | cat > %s/monitored\r" % self.home)
        wait_until(lambda: os.path.exists(self.home + "/monitored") and self.written("monitored") == b"OK\n", "MONITOR")
        self.redis("echo", "watched")
        wait_until(lambda: b"watched" in self.written("monitored"), "the command")
        self.view.type(CONTROL_C)
        self.at_prompt(self.view)

    def test_an_error_is_shown_and_not_written(self):
        self.assertIn("WRONGTYPE", self.run_line(self.view, "get l | cat -n"))
        self.assertNotIn("1\tWRONG", self.view.text())

    def test_a_file_that_cannot_be_written_keeps_the_command_from_running(self):
        self.assertEqual(self.run_line(self.view, "lpop l > /nonexistent/file"),
                         "kvs-cli: cannot write /nonexistent/file: No such file or directory; the command was not sent")
        self.assertEqual(self.redis("llen", "l"), "2")
        self.assertEqual(self.run_line(self.view, "ping > /dev/full"),
                         "kvs-cli: the reply was not written: No space left on device")

    def test_signs_that_are_arguments_stay_arguments(self):
        self.run_line(self.view, "set a |")
        self.assertEqual(self.redis("get", "a"), "|")
        self.run_line(self.view, "set a >")
        self.assertEqual(self.redis("get", "a"), ">")
        self.run_line(self.view, 'mset a "|" b ">" c d')
        self.assertEqual(self.redis("mget", "a", "b"), "|\n>")
        self.run_line(self.view, "mset a|b > c >>d")
        self.assertEqual(self.redis("mget", "a|b", "c"), ">\n>>d")
        self.assertEqual(os.listdir(self.home), [".kvscli_history"])

    def test_groups_of_streams_are_read_as_ever(self):
        self.redis("xgroup", "create", "s", "g", "$", "mkstream")
        self.redis("xgroup", "create", "t", "g", "$", "mkstream")
        for line in ("xreadgroup group g c streams s >", "xreadgroup group g c streams s t > >",
                     "2 xreadgroup group g c streams s t > >"):
            self.assertEqual(set(self.run_line(self.view, line).split("\n")), {"(nil)"}, line)
        self.assertIn('"t"', self.run_line(self.view, "xreadgroup group g c streams s t > 0-0"))
        self.assertEqual(os.listdir(self.home), [".kvscli_history"])
        self.run_line(self.view, "xreadgroup group g c streams s > > %s/entries" % self.home)
        self.assertEqual(self.written("entries"), b"\n")

    def test_another_format_for_programs_is_kept(self):
        screen = self.screen("--csv")
        self.assertEqual(self.run_line(screen, "lrange l 0 -1 | cat"), '"b","a"')

    def test_scripts_have_no_redirections(self):
        self.assertIn(b"ERR", run_cli("-s", self.server.path, stdin=b"get l | cat\n")[1])


class QuestionsAreAsked(PromptTest):
    def setUp(self):
        super().setUp()
        self.redis("mset", "a", "1", "b", "2")
        self.view = self.screen(columns=160)

    def ask(self, line, answer, screen=None):
        """The question, and what came after the answer."""
        screen = screen or self.view
        screen.enter(line)
        screen.expect("Go on? [y/N]")
        question = screen.row()
        screen.type(answer + "\r")
        return question

    def test_flushall_counts_the_keys_and_takes_no_for_an_answer(self):
        self.redis("-n", "5", "set", "c", "3")
        for answer in ("n", "", "yep", "nay"):
            question = self.ask("flushall", answer)
            self.assertEqual(question, "FLUSHALL deletes all 3 keys in all databases of %s. Go on? [y/N]"
                             % self.server.path)
            self.at_prompt(self.view)
            self.assertIn("Nothing was sent.", self.view.text())
            self.assertEqual(self.redis("dbsize"), "2")
            self.view.type("\x0c")
            self.view.expect_gone("Go on?")

    def test_counts_that_no_server_has_are_left_out(self):
        keyspace = b"db0:keys=9223372036854775807\r\ndb1:keys=9223372036854775807\r\n"
        with ScriptedServer(lambda words: b"$%d\r\n%s\r\n" % (len(keyspace), keyspace) if words[0] == b"INFO"
                            else b"-ERR no\r\n", unknown=(b"COMMAND",)) as server:
            screen = self.screen(path=server.path, columns=160)
            self.assertIn("FLUSHALL deletes all keys in all databases of ", self.ask("flushall", "n", screen))

    def test_yes_sends_it(self):
        for answer in ("y", "YES"):
            self.redis("set", "k", "v")
            self.ask("FLUSHDB async", answer)
            self.view.expect("OK")
            self.at_prompt(self.view)
            self.assertEqual(self.redis("dbsize"), "0")
            self.view.type("\x0c")
            self.view.expect_gone("Go on?")

    def test_each_command_that_destroys_is_asked_about(self):
        for line, text in (("flushdb", "FLUSHDB deletes all 2 keys in database 0 of "),
                           ("shutdown nosave", "SHUTDOWN stops the server at "),
                           ("debug segfault", "DEBUG segfault can stop, block or change the server at "),
                           ("debug sleep 100", "DEBUG sleep can "), ("debug reload", "DEBUG reload can "),
                           ("2 config rewrite", "CONFIG REWRITE overwrites the configuration file ")):
            self.assertIn(text, self.ask(line, "n"))
            self.at_prompt(self.view)
            self.view.type("\x0c")
            self.view.expect_gone("Go on?")

    def test_an_empty_database_is_said(self):
        self.redis("flushall")
        self.assertIn("FLUSHDB deletes all keys (there are none) in database 0 of ", self.ask("flushdb", "n"))

    def test_questions_can_be_switched_off(self):
        screen = self.screen("--no-questions")
        self.assertIn("OK", self.run_line(screen, "flushdb"))
        self.assertNotIn("Go on?", screen.text())
        self.assertEqual(self.redis("dbsize"), "0")

    def test_commands_that_only_look_are_not_asked_about(self):
        for line in ("debug object a", "shutdown abort", "config get save", "debug"):
            self.run_line(self.view, line)
        self.assertNotIn("Go on?", self.view.text())

    def test_in_a_transaction_nothing_is_counted(self):
        self.run_line(self.view, "multi", mark="(tx)")
        self.assertEqual(self.ask("flushall", "y"), "FLUSHALL deletes all keys in all databases of %s, once the "
                         "transaction is executed. Go on? [y/N]" % self.server.path)
        self.view.expect("QUEUED")
        self.assertEqual(self.redis("dbsize"), "2")

    def test_what_was_typed_before_the_question_is_no_answer(self):
        self.view.type("flushall\ry\r")
        self.view.expect("Go on? [y/N]")
        self.view.type("\r")
        self.at_prompt(self.view)
        self.assertEqual(self.redis("dbsize"), "2")

    def test_the_end_of_input_means_no(self):
        self.view.type("flushall\r")
        self.view.expect("Go on? [y/N]")
        self.view.type(CONTROL_D)
        self.view.expect("Nothing was sent.")
        self.at_prompt(self.view)

    def test_shutdown_ends_the_server_and_the_prompt_stays(self):
        self.ask("shutdown nosave", "y")
        self.view.expect("not connected>")
        self.assertNotIn("Error", self.view.text())
        self.server.process.wait()
        self.server.start()

    def test_scripts_are_not_asked(self):
        self.assertEqual(run_cli("-s", self.server.path, stdin=b"flushall\n")[1], b"OK\n")


if __name__ == "__main__":
    main()
