#!/usr/bin/env python3
"""Many keys at a time: --pipe, --scan, --bigkeys, --memkeys, --hotkeys and --keystats."""

import json
import os
import pty
import re
import signal
import subprocess
import tempfile
import threading
import unittest

import screens
from harness import (CLI, DEADLINE, REDIS_CLI, KvsServer, RedisServer, ScriptedServer, environment, main, run, run_cli,
                     wait_until)
from terminal import Screen

SENT = b"All data transferred. Waiting for the last reply...\n"
ANSWERED = b"Last reply received from server.\n"


def resp(*words):
    """A command in RESP."""
    words = [word.encode() if isinstance(word, str) else word for word in words]
    return b"*%d\r\n" % len(words) + b"".join(b"$%d\r\n%s\r\n" % (len(word), word) for word in words)


def bulk(text):
    return b"$%d\r\n%s\r\n" % (len(text), text)


def array(*elements):
    return b"*%d\r\n" % len(elements) + b"".join(elements)


def totals(errors, replies):
    return b"errors: %d, replies: %d\n" % (errors, replies)


def by_bytes(reply):
    return [reply[i:i + 1] for i in range(len(reply))]


class WithServers(unittest.TestCase):
    """A redis-server and a kvs-server for the class, emptied before each test."""

    @classmethod
    def setUpClass(cls):
        cls.redis = RedisServer()
        cls.kvs = KvsServer()
        cls.paths = [cls.redis.path, cls.kvs.socket("kvs.sock")]

    @classmethod
    def tearDownClass(cls):
        cls.redis.close()
        cls.kvs.close()

    def setUp(self):
        for path in self.paths:
            self.ask(path, "flushall")

    def ask(self, path, *words):
        status, out, err = run(REDIS_CLI, "-s", path, *words)
        self.assertEqual((status, err), (0, b""))
        return out.rstrip(b"\n")

    def fill(self, path, *commands):
        status, out, _ = run_cli("-s", path, "--pipe", stdin=b"".join(commands))
        self.assertEqual((status, out), (0, SENT + ANSWERED + totals(0, len(commands))))


# --pipe

class Pipe(WithServers):
    def pipe(self, path, commands, *options, **more):
        return run_cli("-s", path, *options, "--pipe", stdin=commands, **more)

    def test_prints_what_redis_cli_prints(self):
        commands = resp("SET", "a", "1") + resp("GET", "a") + resp("SET", "b", b"\0\r\n\xff")
        for path in self.paths:
            theirs = run(REDIS_CLI, "-s", path, "--pipe", stdin=commands)
            self.assertEqual(self.pipe(path, commands), theirs)
            self.assertEqual(self.pipe(path, commands), (0, SENT + ANSWERED + totals(0, 3), b""))
            self.assertEqual(self.ask(path, "get", "b"), b"\0\r\n\xff")

    def test_no_input_is_no_error(self):
        for path in self.paths:
            self.assertEqual(self.pipe(path, b""), (0, SENT + ANSWERED + totals(0, 0), b""))

    def test_lines_are_commands_as_a_person_writes_them(self):
        for path in self.paths:
            status, out, err = self.pipe(path, b"SET a \"b \\x41\"\nSET 'c d' e\r\n")
            self.assertEqual((status, out, err), (0, SENT + ANSWERED + totals(0, 2), b""))
            self.assertEqual(self.ask(path, "get", "a"), b"b A")
            self.assertEqual(self.ask(path, "get", "c d"), b"e")

    def test_a_last_line_without_its_end_is_a_command(self):
        for path in self.paths:
            self.assertEqual(self.pipe(path, b"SET a 1\nSET b 2")[:2], (0, SENT + ANSWERED + totals(0, 2)))
            self.assertEqual(self.ask(path, "get", "b"), b"2")

    def test_errors_are_shown_by_line(self):
        for path in self.paths:
            status, out, err = self.pipe(path, b"SET a 1\n\n   \nNONESUCH\nGET a\r\n\r\nGET")
            self.assertEqual((status, out), (1, SENT + ANSWERED + totals(2, 4)))
            lines = err.splitlines()
            self.assertRegex(lines[0], b"^line 4: ERR unknown command")
            self.assertEqual(lines[1:], [b"line 7: ERR wrong number of arguments for 'get' command"])

    def test_errors_in_resp_are_shown_by_the_number_of_the_command(self):
        for path in self.paths:
            status, out, err = self.pipe(path, resp("SET", "a", "\n\n\n") + b"\r\n*0\r\n" + resp("INCR", "a"))
            self.assertEqual((status, out), (1, SENT + ANSWERED + totals(1, 2)))
            self.assertEqual(err, b"command 2: ERR value is not an integer or out of range\n")

    def test_lines_are_not_claimed_among_commands_in_resp(self):
        for path in self.paths:
            _, _, err = self.pipe(path, b"\nGET\n" + resp("GET") + b"GET\n")
            self.assertEqual([line.split(b":")[0] for line in err.splitlines()], [b"line 2", b"command 2", b"command 3"])

    def test_many_errors_are_counted_and_the_first_shown(self):
        for path in self.paths:
            status, out, err = self.pipe(path, b"INCR\n" * 1000)
            self.assertEqual((status, out), (1, SENT + ANSWERED + totals(1000, 1000)))
            self.assertEqual(len(err.splitlines()), 21)
            self.assertTrue(err.endswith(b"(more errors are counted, not shown)\n"))

    def test_lines_are_known_after_many_blank_ones(self):
        for path in self.paths:
            _, _, err = self.pipe(path, b"PING\n\n" * 30000 + b"INCR\n")
            self.assertTrue(err.startswith(b"line 60001: "), err)

    def test_errors_inside_a_transaction_are_no_errors_of_their_own(self):
        commands = resp("SET", "a", "b") + resp("MULTI") + resp("INCR", "a") + resp("EXEC")
        status, out, _ = self.pipe(self.redis.path, commands)
        self.assertEqual((status, out), (0, SENT + ANSWERED + totals(0, 4)))

    def test_resp3_is_counted_as_well(self):
        self.assertEqual(self.pipe(self.redis.path, resp("HGETALL", "a") + resp("CONFIG", "GET", "s*"), "-3")[:2],
                         (0, SENT + ANSWERED + totals(0, 2)))
        status, out, _ = self.pipe(self.redis.path, resp("HELLO", "3") + resp("CONFIG", "GET", "s*"))
        self.assertEqual((status, out), (0, SENT + ANSWERED + totals(0, 2)))

    def test_the_database_is_the_one_of_n(self):
        for path in self.paths:
            self.assertEqual(self.pipe(path, b"SET a 3", "-n", "3")[0], 0)
            self.assertEqual(self.ask(path, "-n", "3", "get", "a"), b"3")
            self.assertEqual(self.ask(path, "get", "a"), b"")

    def test_large_replies_do_not_stop_large_input(self):
        value = b"x" * 100000
        for path in self.paths:
            commands = resp("SET", "a", value) + (resp("GET", "a") + resp("SET", "b", value)) * 100
            self.assertEqual(self.pipe(path, commands), (0, SENT + ANSWERED + totals(0, 201), b""))

    def test_a_cut_command_is_said_and_not_executed(self):
        whole = resp("SET", "a", "1")
        for path in self.paths:
            for size in range(1, len(whole)):
                status, out, err = self.pipe(path, whole + resp("SET", "cut", "1" * 100)[:size])
                self.assertEqual((status, out), (1, SENT + totals(1, 1)), size)
                self.assertEqual(err, b"The input ends in the middle of command 2, which was not executed.\n")
            self.assertEqual(self.ask(path, "dbsize"), b"1")

    def test_commands_without_replies_are_sent_and_not_waited_for(self):
        for path in self.paths:
            for form in (lambda *words: b" ".join(word.encode() for word in words) + b"\n", resp):
                with self.subTest(path=path, form=form):
                    self.ask(path, "flushall")
                    data = b"".join(form(*line.split()) for line in (
                        "incr a", "client reply skip", "incr a", "incr a", "client reply off", "incr a", "bad", "incr a"))
                    got = run_cli("-s", path, "--pipe", "--pipe-timeout", "0", stdin=data)
                    self.assertEqual(got, (0, SENT + ANSWERED + totals(0, 2), b""))
                    self.assertEqual(self.ask(path, "get", "a"), b"5")

    def test_an_error_behind_commands_without_replies_has_its_line(self):
        for path in self.paths:
            status, out, errors = run_cli("-s", path, "--pipe", stdin=b"client reply off\nincr a\nclient reply on\nbad\n")
            self.assertEqual((status, out), (1, SENT + ANSWERED + totals(1, 2)))
            self.assertTrue(errors.startswith(b"line 4: ERR unknown command"), errors)

    def test_a_subscription_in_the_input_is_no_reason_to_wait(self):
        got = run_cli("-s", self.redis.path, "--pipe", "--pipe-timeout", "0", stdin=b"subscribe a b c\n")
        self.assertEqual(got, (0, SENT + ANSWERED + totals(0, 3), b""))

    def test_a_transaction_left_open_is_said(self):
        status, out, err = self.pipe(self.redis.path, b"MULTI\nSET a 1\n")
        self.assertEqual((status, out), (1, SENT + totals(1, 2)))
        self.assertIn(b"leaves a transaction open", err)

    def test_what_is_no_command_ends_with_the_reason_of_the_server(self):
        for path in self.paths:
            status, out, err = self.pipe(path, resp("SET", "a", "1") + b"*x\r\n")
            self.assertEqual((status, out.splitlines()[-1]), (3, b"errors: 1, replies: 2"))
            self.assertIn(b"command 2: ERR Protocol error: invalid multibulk length", err)
            self.assertIn(b"Error: Server closed the connection", err)

    def test_a_user_who_may_not_echo_need_not_wait(self):
        self.ask(self.redis.path, "acl", "setuser", "loader", "on", ">secret", "~*", "+set", "-echo")
        status, out, err = self.pipe(self.redis.path, b"SET a 1\nSET b 2\n", "--user", "loader",
                                     env=environment(KVSCLI_AUTH="secret"))
        self.assertEqual((status, out, err), (0, SENT + ANSWERED + totals(0, 2), b""))

    def test_standard_output_that_nobody_reads_loses_no_command(self):
        commands = b"".join(resp("SET", "key:%d" % i, "value") for i in range(50000))
        read, write = os.pipe()
        os.close(read)
        done = subprocess.run([CLI, "-s", self.redis.path, "--pipe"], input=commands, stdout=write,
                              env=environment(), timeout=DEADLINE, check=False)
        os.close(write)
        self.assertEqual(done.returncode, -signal.SIGPIPE)
        self.assertEqual(self.ask(self.redis.path, "dbsize"), b"50000")

    def test_standard_input_that_is_closed_is_said(self):
        done = subprocess.run([CLI, "-s", self.redis.path, "--pipe"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment(), timeout=DEADLINE, check=False, close_fds=False,
                              preexec_fn=lambda: os.close(0))
        self.assertEqual((done.returncode, done.stdout), (5, b""))
        self.assertIn(b"cannot read standard input", done.stderr)

    def test_standard_input_that_is_a_folder_is_said(self):
        folder = os.open("/", os.O_RDONLY)
        done = subprocess.run([CLI, "-s", self.redis.path, "--pipe"], stdin=folder, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment(), timeout=DEADLINE, check=False)
        os.close(folder)
        self.assertEqual(done.returncode, 5)
        self.assertIn(b"cannot read standard input: Is a directory", done.stderr)

    def test_a_million_sets_take_constant_memory(self):
        path = self.paths[1]
        loader = subprocess.Popen([CLI, "-s", path, "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                  env=environment())
        for start in range(0, 1000000, 50000):
            loader.stdin.write(b"".join(b"*3\r\n$3\r\nSET\r\n$10\r\nkey:%06d\r\n$5\r\nvalue\r\n" % i
                                        for i in range(start, start + 50000)))
        loader.stdin.flush()
        with open("/proc/%d/status" % loader.pid, encoding="ascii") as file:
            peak = int(re.search(r"VmHWM:\s*(\d+) kB", file.read()).group(1))
        out, _ = loader.communicate(timeout=DEADLINE)
        self.assertEqual((loader.returncode, out), (0, SENT + ANSWERED + totals(0, 1000000)))
        self.assertEqual(self.ask(path, "dbsize"), b"1000000")
        if "asan" not in CLI:
            self.assertLess(peak, 10000)

    def test_ctrl_c_ends_it_with_the_totals_so_far(self):
        for path in self.paths:
            loader = subprocess.Popen([CLI, "-s", path, "--pipe"], stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                                      stderr=subprocess.PIPE, env=environment())
            loader.stdin.write(b"SET a 1\nSET b 2\nSET c")
            loader.stdin.flush()
            wait_until(lambda path=path: self.ask(path, "dbsize") == b"2", "two keys")
            self.ask(path, "ping")
            loader.send_signal(signal.SIGINT)
            out, err = loader.communicate(timeout=DEADLINE)
            self.assertEqual(loader.returncode, 130)
            self.assertRegex(out, rb"^errors: 0, replies: [12]\n$")
            self.assertTrue(err.startswith(b"Interrupted.\n"))

    def test_a_terminal_sees_progress_and_errors(self):
        with Screen("-s", self.redis.path, "--pipe") as screen:
            screen.type("SET a 1\r")
            screen.type("NONESUCH\r")
            screen.expect("line 2: ERR unknown command")
            screen.expect("2 replies")
            screen.wait_for(lambda: re.search(r", 1 error$", screen.text(), re.M), "one error")
            screen.type("\x04")
            self.assertEqual(screen.wait(), 1)
            self.assertIn("errors: 1, replies: 2", screen.rows())
            screens.keep("pipe", screen.text())
            self.assertNotIn("sent", screen.text())
        with Screen("-s", self.redis.path, "--pipe") as screen:
            screen.type("SET a 1\r")
            screen.expect("sent, 1 reply (")


class PipeToOddServers(unittest.TestCase):
    @staticmethod
    def echo_or(answer):
        """Answers ECHO as servers do, and other commands with what answer(words) returns."""
        return lambda words: bulk(words[1]) if words[0] == b"ECHO" else answer(words)

    def test_replies_of_every_type_are_counted_however_they_are_cut(self):
        replies = [b"+OK\r\n", b"+a long status\r\n", b"-ERR no\r\n", b":12\r\n", b"$-1\r\n", b"*-1\r\n", b"*0\r\n",
                   bulk(b""), bulk(b"a\r\nb"), bulk(b"+OK\r\n-ERR\r\n"), b"_\r\n", b"#t\r\n", b",3.14\r\n", b"(12345\r\n",
                   b"=5\r\ntxt:a\r\n", b"!5\r\nERR a\r\n", b"%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n-ERR inner\r\n",
                   b"~2\r\n:1\r\n:2\r\n", array(array(array()), b"-ERR inner\r\n", bulk(b"x")),
                   b"|1\r\n+ttl\r\n*1\r\n:3\r\n+OK\r\n", b">2\r\n+message\r\n+OK\r\n+OK\r\n", b"+half\rstatus\r\n"]
        for cut in (lambda reply: reply, by_bytes):
            pending = list(replies)
            with ScriptedServer(self.echo_or(lambda words, cut=cut, left=pending: cut(left.pop(0)))) as server:
                status, out, err = run_cli("-s", server.path, "--pipe", stdin=resp("GET", "a") * len(replies))
                self.assertEqual((status, out), (1, SENT + ANSWERED + totals(2, len(replies))), err)
                self.assertEqual(err, b"command 3: ERR no\ncommand 16: ERR a\n")

    def test_the_last_reply_is_known_however_it_is_cut(self):
        with ScriptedServer(lambda words: by_bytes(bulk(words[1]))) as server:
            self.assertEqual(run_cli("-s", server.path, "--pipe"), (0, SENT + ANSWERED + totals(0, 0), b""))

    def test_what_is_no_reply_ends_it(self):
        for reply in (b"hello\r\n", b"\0", b"$x\r\n", b"$99999999999999999999\r\n", b"$-2\r\n", b"*1099511627777\r\n",
                      b"%1099511627776\r\n", b"|-1\r\n", b"$1\r\nabc", b"*1\r\n" * 9 + b"?",
                      b"*1000000000000\r\n" * 9, b"$" + b"1" * 3000):
            with ScriptedServer(self.echo_or(lambda words, reply=reply: [reply, None])) as server:
                status, out, err = run_cli("-s", server.path, "--pipe", stdin=resp("GET", "a"))
                self.assertEqual((status, out.splitlines()[-1]), (3, b"errors: 0, replies: 0"), reply)
                self.assertIn(b"Error: ", err)

    def test_endless_lines_and_nests_take_no_memory(self):
        for reply in (b"+" + b"x" * 20000000 + b"\r\n", b"*1\r\n" * 3000000 + b":1\r\n",
                      b"$20000000\r\n" + b"x" * 20000000 + b"\r\n", b"|1\r\n" * 100000 + b":1\r\n" * 200000 + b":1\r\n"):
            with ScriptedServer(self.echo_or(lambda words, reply=reply: reply)) as server:
                self.assertEqual(run_cli("-s", server.path, "--pipe", stdin=resp("GET", "a")),
                                 (0, SENT + ANSWERED + totals(0, 1), b""))

    def test_escape_sequences_of_an_error_do_not_reach_the_terminal(self):
        with ScriptedServer(self.echo_or(lambda words: b"-ERR \x1b]0;title\x07" + b"z" * 1000 + b"\r\n")) as server:
            _, _, err = run_cli("-s", server.path, "--pipe", stdin=resp("GET", "a"))
            self.assertTrue(err.startswith(b"command 1: ERR ?]0;title?zzz"), err)
            self.assertLess(len(err), 300)

    def test_progress_of_a_file_is_a_bar(self):
        seen = threading.Event()
        with ScriptedServer(lambda words: seen.wait(DEADLINE) and bulk(words[1])) as server, \
                tempfile.TemporaryFile() as file:
            file.write(b"skipped" + resp("GET", "a"))
            file.seek(len(b"skipped"))
            master, slave = pty.openpty()
            loader = subprocess.Popen([CLI, "-s", server.path, "--pipe"], stdin=file, stdout=subprocess.PIPE,
                                      stderr=slave, env=environment())
            os.close(slave)
            shown = b""
            while b"100%" not in shown:
                shown += os.read(master, 1000)
            seen.set()
            self.assertEqual(loader.communicate(timeout=DEADLINE)[0], SENT + ANSWERED + totals(0, 1))
            os.close(master)
            self.assertIn(b"[####################] 100%  20 B sent, 0 replies (0/s)\x1b[K", shown)

    def test_silence_is_waited_for_as_long_as_told(self):
        with ScriptedServer(lambda words: b"" if words[0] == b"ECHO" or words[1] == b"silent" else b"+OK\r\n") as server:
            status, out, err = run_cli("-s", server.path, "--pipe", "--pipe-timeout", "0.2",
                                       stdin=resp("GET", "a") + resp("GET", "silent"))
            self.assertEqual((status, out), (1, SENT + totals(1, 1)))
            self.assertEqual(err, b"No replies for 0.2 seconds: exiting.\n1 of 2 commands read was answered.\n")
            err = run_cli("-s", server.path, "--pipe", "--pipe-timeout", "1", stdin=resp("GET", "silent"))[2]
            self.assertEqual(err, b"No replies for 1 second: exiting.\n0 of 1 command read were answered.\n")

    def test_silence_before_the_end_is_what_t_gives(self):
        with ScriptedServer(lambda words: None if words[0] == b"QUIT" else b"") as server:
            # more than fits between the two while nothing is read
            server.answer = lambda words: server.thread.join(5) or b""
            status, out, err = run_cli("-s", server.path, "-t", "0.2", "--pipe", stdin=resp("GET", "a" * 1000000) * 3)
            self.assertEqual((status, out), (3, totals(0, 0)))
            self.assertIn(b"for the time that -t gives it", err)

    def test_a_server_that_dies_is_said_with_what_it_answered(self):
        left = [b"+OK\r\n", b"+OK\r\n", b"-ERR last words\r\n", None]
        with ScriptedServer(self.echo_or(lambda words: left.pop(0))) as server:
            status, out, err = run_cli("-s", server.path, "--pipe", stdin=resp("GET", "a") * 100000)
            self.assertEqual((status, out.splitlines()[-1]), (3, b"errors: 1, replies: 3"))
            self.assertIn(b"command 3: ERR last words\nError: Server closed the connection\n3 of ", err)

    def test_no_server_is_said(self):
        status, out, err = run_cli("-s", "/nonexistent/sock", "--pipe", stdin=b"PING\n")
        self.assertEqual((status, out), (3, b""))
        self.assertIn(b"/nonexistent", err)


# --scan

class Scan(WithServers):
    NAMES = [b"plain", b"with blank", b"\xc3\xa4\xff", b"quo\"te\\", b"\x1b[31m", b"tab\t", b"{a}*?[x]"]

    def fill_names(self, path):
        self.fill(path, *(resp("SET", name, "1") for name in self.NAMES))

    def lines(self, program, path, *options):
        status, out, err = run(program, "-s", path, *options, "--scan")
        self.assertEqual((status, err), (0, b""))
        return sorted(out.split(b"\n"))

    def test_prints_what_redis_cli_prints(self):
        for path in self.paths:
            self.fill_names(path)
            for options in ([], ["--raw"], ["--no-raw"], ["--csv"]):
                ours = self.lines(CLI, path, *options)
                self.assertEqual(ours, self.lines(REDIS_CLI, path, *options))
                self.assertEqual(len(ours), len(self.NAMES) + 1)

    def test_zero_bytes_and_line_ends_are_part_of_the_name(self):
        for path in self.paths:
            self.fill(path, resp("SET", b"a\0b\nc", "1"))
            self.assertEqual(run_cli("-s", path, "--scan"), (0, b"a\0b\nc\n", b""))
            self.assertEqual(run_cli("-s", path, "--scan", "--no-raw"), (0, b'"a\\x00b\\nc"\n', b""))

    def test_all_keys_of_many_come(self):
        names = sorted(b"key:%d" % i for i in range(20000))
        for path in self.paths:
            self.fill(path, *(resp("SET", name, "1") for name in names))
            for options in ([], ["--count", "7"], ["--count", "1000000"]):
                self.assertEqual(sorted(set(run_cli("-s", path, *options, "--scan")[1].split())), names)
            self.assertEqual(self.lines(CLI, path, "--pattern", "key:1999?"),
                             [b""] + [b"key:1999%d" % i for i in range(10)])
            self.assertEqual(self.lines(CLI, path, "-n", "1"), [b""])

    def test_patterns_and_types_choose(self):
        for path in self.paths:
            self.fill_names(path)
            self.assertEqual(self.lines(CLI, path, "--pattern", "p*"), [b"", b"plain"])
            self.assertEqual(self.lines(CLI, path, "--quoted-pattern", r'"\xc3*"'), [b"", b"\xc3\xa4\xff"])
            self.assertEqual(self.lines(CLI, path, "--type", "string", "--pattern", "tab*"), [b"", b"tab\t"])
            self.assertEqual(self.lines(CLI, path, "--type", "list"), [b""])

    def test_a_terminal_gets_quoted_names(self):
        self.fill_names(self.redis.path)
        with Screen("-s", self.redis.path, "--scan") as screen:
            self.assertEqual(screen.wait(), 0)
            self.assertIn(r'"\x1b[31m"', screen.rows())

    def test_an_end_of_the_pipe_ends_it(self):
        self.fill(self.redis.path, *(resp("SET", "key:%d" % i, "1") for i in range(20000)))
        scanner = subprocess.Popen([CLI, "-s", self.redis.path, "--scan"], stdout=subprocess.PIPE, env=environment())
        scanner.stdout.read(1)
        scanner.stdout.close()
        self.assertEqual(scanner.wait(DEADLINE), -signal.SIGPIPE)

    def test_what_is_refused_is_said(self):
        self.ask(self.redis.path, "acl", "setuser", "poor", "on", ">secret", "~*", "+get")
        status, out, err = run_cli("-s", self.redis.path, "--user", "poor", "--scan",
                                   env=environment(KVSCLI_AUTH="secret"))
        self.assertEqual((status, out), (4, b""))
        self.assertTrue(err.startswith(b"SCAN error: NOPERM "), err)

    def test_a_bad_pattern_is_said(self):
        status, out, err = run_cli("-s", self.redis.path, "--scan", "--quoted-pattern", '"a')
        self.assertEqual((status, out), (2, b""))
        self.assertIn(b"not one word with balanced quotes", err)


class ScanOfOddServers(unittest.TestCase):
    def test_asks_as_told(self):
        replies = [array(bulk(b"18446744073709551615"), array(bulk(b"a"))), array(bulk(b"0"), array(bulk(b"b")))]
        with ScriptedServer(lambda words: replies.pop(0)) as server:
            self.assertEqual(run_cli("-s", server.path, "--scan", "--pattern", "x", "--type", "set", "--count", "5",
                                     "-i", "0.01"), (0, b"a\nb\n", b""))
            more = [b"MATCH", b"x", b"COUNT", b"5", b"TYPE", b"set"]
            self.assertEqual(server.commands, [[b"SCAN", b"0"] + more, [b"SCAN", b"18446744073709551615"] + more])

    def test_replies_are_read_however_they_are_cut(self):
        reply = array(bulk(b"0"), array(bulk(b"a\r\n"), bulk(b"")))
        with ScriptedServer(lambda words: by_bytes(reply)) as server:
            self.assertEqual(run_cli("-s", server.path, "--scan"), (0, b"a\r\n\n\n", b""))

    def test_what_is_no_reply_to_scan_is_said(self):
        for reply in (b"+OK\r\n", b"*0\r\n", b"$-1\r\n", array(bulk(b"0"), bulk(b"a")),
                      array(bulk(b"-1"), array()), array(bulk(b""), array()), array(bulk(b"9" * 21), array()),
                      array(bulk(b"0\0"), array()), array(bulk(b"0"), array(b":1\r\n")), array(b":0\r\n", array())):
            with ScriptedServer(lambda words, reply=reply: reply) as server:
                for mode in ("--scan", "--bigkeys", "--keystats", "--hotkeys"):
                    status, out, err = run_cli("-s", server.path, mode)
                    self.assertEqual((status, out, err), (3, b"", b"kvs-cli: the reply to SCAN is not a cursor and keys\n"),
                                     (mode, reply))

    def test_errors_are_said(self):
        with ScriptedServer(lambda words: b"-ERR \x1b[1mno\r\n") as server:
            self.assertEqual(run_cli("-s", server.path, "--scan"), (1, b"", b"SCAN error: ERR ?[1mno\n"))

    def test_a_server_that_dies_leaves_the_keys_it_named(self):
        replies = [array(bulk(b"1"), array(bulk(b"a"))), None]
        with ScriptedServer(lambda words: replies.pop(0)) as server:
            self.assertEqual(run_cli("-s", server.path, "--scan"),
                             (3, b"a\n", b"Error: Server closed the connection\n"))


# Surveys

def key_space(strings=3000):
    """Keys of all types, with one that is biggest of each."""
    commands = [resp("SET", "string:%d" % i, "v" * (i % 100)) for i in range(strings)]
    commands += [resp("SET", "string:big", "v" * 5000), resp("SET", "string:empty", "")]
    for i in range(1, 21):
        members = ["%d" % j for j in range(i)]
        pairs = [word for member in members for word in (member, member)]
        commands += [resp("RPUSH", "list:%d" % i, *members), resp("SADD", "set:%d" % i, *members),
                     resp("HSET", "hash:%d" % i, *pairs), resp("ZADD", "zset:%d" % i, *pairs)]
        commands += [resp("XADD", "stream:%d" % i, "*", *pairs)] * i
    return commands


def summary(out):
    """The lines that scripts look for, in an order of their own."""
    return sorted(line for line in out.split(b"\n")
                  if re.match(rb"Biggest .* found '|Sampled |Total key length|\d+ \w+s with |hot key found", line))


class Messages(WithServers):
    def test_errors_show_characters_of_utf_8_and_nothing_else_beyond_ascii(self):
        path = self.redis.path
        for sent, shown in (("nope Zoë 日本", "'Zoë' '日本'"), ("nope \x1b[2J\u202e", "'?[2J???'")):
            errors = run_cli("-s", path, "--pipe", stdin=sent.encode() + b"\r\n")[2].decode()
            self.assertEqual(errors, "line 1: ERR unknown command 'nope', with args beginning with: %s \n" % shown)


class Surveys(WithServers):
    def survey(self, path, *options, **more):
        status, out, err = run_cli("-s", path, *options, **more)
        self.assertEqual((status, err), (0, b""))
        return out

    def test_bigkeys_tells_what_redis_cli_tells(self):
        self.fill(self.redis.path, *key_space())
        theirs = run(REDIS_CLI, "-s", self.redis.path, "--bigkeys")[1]
        ours = self.survey(self.redis.path, "--bigkeys")
        self.assertEqual(summary(ours), summary(theirs))
        self.assertEqual(len(summary(ours)), 2 + 6 + 6)
        self.assertRegex(ours, rb"(?m)^\[\d\d\.\d\d%\] Biggest string found so far '\"string:big\"' with 5000 bytes$")
        screens.keep("bigkeys", ours.decode())

    def test_bigkeys_names_an_empty_value_where_all_are_empty(self):
        for path in self.paths:
            self.fill(path, resp("SET", "nothing", ""))
            out = self.survey(path, "--bigkeys")
            self.assertRegex(out, rb"(?m)^\[[\d.]+%\] Biggest string found so far '\"nothing\"' with 0 bytes$")
            self.assertIn(b"Biggest string found '\"nothing\"' has 0 bytes\n", out)
            self.assertIn(b"\n1 strings with 0 bytes (100.00% of keys, avg size 0.00)\n", out)

    def test_memkeys_tells_what_redis_cli_tells(self):
        self.fill(self.redis.path, *key_space())
        theirs = run(REDIS_CLI, "-s", self.redis.path, "--memkeys-samples", "3")[1]
        self.assertEqual(summary(self.survey(self.redis.path, "--memkeys-samples", "3")), summary(theirs))
        self.assertIn(b"with 5", self.survey(self.redis.path, "--memkeys"))

    def test_hotkeys_tells_what_redis_cli_tells(self):
        self.ask(self.redis.path, "config", "set", "maxmemory-policy", "allkeys-lfu")
        try:
            self.fill(self.redis.path, *(resp("SET", "key:%d" % i, "value") for i in range(10)))
            self.fill(self.redis.path, *([resp("GET", "key:3")] * 2000 + [resp("GET", "key:5")] * 100))
            ours = self.survey(self.redis.path, "--hotkeys")
            self.assertEqual(summary(ours), summary(run(REDIS_CLI, "-s", self.redis.path, "--hotkeys")[1]))
            hot = [line for line in ours.split(b"\n") if line.startswith(b"hot key found")]
            self.assertEqual(len(hot), 10)
            self.assertTrue(hot[0].endswith(b'\tkeyname: "key:3"'), hot[0])
            self.assertTrue(hot[1].endswith(b'\tkeyname: "key:5"'), hot[1])
        finally:
            self.ask(self.redis.path, "config", "set", "maxmemory-policy", "noeviction")

    def test_hotkeys_without_lfu_says_so_and_nothing_else(self):
        for path in self.paths:
            self.fill(path, resp("SET", "a", "1"), resp("SET", "b", "1"))
            status, out, err = run_cli("-s", path, "--hotkeys")
            self.assertEqual((status, out), (1, b""))
            self.assertIn(b"An LFU maxmemory policy is not selected", err)
            self.assertEqual(err.count(b"\n"), 1)

    def test_kvs_is_surveyed_too(self):
        path = self.paths[1]
        self.fill(path, *(resp("SET", "string:%d" % i, "v" * i) for i in range(2500)),
                  resp("SET", "string:big", "v" * 10000))
        self.assertEqual(summary(self.survey(path, "--bigkeys")), summary(run(REDIS_CLI, "-s", path, "--bigkeys")[1]))
        self.assertIn(b"Biggest string found '\"string:big\"' has ", self.survey(path, "--memkeys"))
        self.assertIn(b"Sampled 2501 keys in the keyspace!", self.survey(path, "--keystats"))

    def test_nothing_is_surveyed_without_complaint(self):
        for path in self.paths:
            for mode in ("--bigkeys", "--memkeys", "--keystats", "--hotkeys"):
                self.assertIn(b"Sampled 0 keys in the keyspace!\n", self.survey(path, mode))

    def test_patterns_types_and_databases_choose(self):
        self.fill(self.redis.path, *key_space(10))
        for options, count in ((["--type", "hash"], 20), (["--pattern", "*:20"], 5), (["-n", "2"], 0)):
            self.assertIn(b"Sampled %d keys in the keyspace!" % count,
                          self.survey(self.redis.path, "--bigkeys", *options))

    def test_names_are_shown_quoted(self):
        for path in self.paths:
            self.fill(path, resp("SET", b"\x1b[31m\nname\0", "v" * 100))
            for mode in ("--bigkeys", "--memkeys", "--keystats"):
                out = self.survey(path, mode)
                self.assertIn(b'"\\x1b[31m\\nname\\x00"', out)
                self.assertNotIn(b"\x1b", out)

    def test_keystats_are_tables(self):
        self.fill(self.redis.path, *key_space(), resp("EXPIRE", "string:1", "100"), resp("EXPIRE", "string:2", "864500"))
        text = self.survey(self.redis.path, "--keystats").decode()
        screens.keep("keystats", text)
        rows = [re.split(r"  +", line.strip()) for line in text.split("\n")]
        self.assertEqual([row[1:7] for row in rows if row[0] == "list"],
                         [["20", "0.6%", "items", "210", "10.5", "20"]])
        self.assertEqual([row[1:7] for row in rows if row[0] == "string"],
                         [["3,002", "96.8%", "bytes", "149.9 KiB", "51 B", "4.9 KiB"]])
        self.assertEqual([row[1:] for row in rows if row[0] == "zset members"],
                         [["20", "1", "10", "18", "20", "20", "20"]])
        self.assertEqual([row[1:2] + row[-1:] for row in rows if row[0] == "time to live"], [["2", "10d0h"]])
        self.assertIn("Keys with a time to live: 2 (0.06%), without: 3,100 (99.94%)", text)
        top = rows[rows.index(["Memory", "Length", "Type", "Time to live", "Biggest keys"]) + 2:]
        self.assertEqual(len([row for row in top if len(row) == 5]), 10)
        self.assertIn('"string:big"', [row[-1] for row in top])
        self.assertLessEqual(max(len(line) for line in text.split("\n")), 80)

    def test_keystats_are_json_for_programs(self):
        self.fill(self.redis.path, *key_space(100), resp("SET", b"\xff\"", "v" * 100000))
        for option in ("--json", "--quoted-json"):
            out = self.survey(self.redis.path, option, "--keystats")
            self.assertEqual(out.count(b"\n"), 1)
            found = json.loads(out.decode(errors="replace"))
            self.assertEqual((found["keys"], found["complete"], found["without_ttl"]), (203, True, 203))
            kinds = {kind["type"]: kind for kind in found["types"]}
            self.assertEqual(kinds["list"]["length"], {"keys": 20, "total": 210, "average": 10.5, "min": 1, "p50": 10,
                                                       "p90": 18, "p99": 20, "p99.9": 20, "max": 20})
            self.assertEqual((kinds["hash"]["keys"], kinds["hash"]["unit"]), (20, "fields"))
            self.assertEqual((found["ttl_ms"], found["key_names"]["max"]), (None, 12))
            self.assertEqual([found["biggest"][0][name] for name in ("type", "length", "ttl_ms")],
                             ["string", 100000, None])
            self.assertEqual(len(found["biggest"]), 10)

    def test_what_may_not_be_asked_is_said_once(self):
        self.fill(self.redis.path, *key_space(2000))
        self.ask(self.redis.path, "acl", "setuser", "half", "on", ">secret", "~*", "+@all", "-memory", "-hlen")
        status, out, err = run_cli("-s", self.redis.path, "--user", "half", "--keystats",
                                   env=environment(KVSCLI_AUTH="secret"))
        self.assertEqual(status, 4)
        self.assertIn(b"Sampled 2102 keys in the keyspace!", out)
        lines = err.split(b"\n")
        self.assertRegex(lines[0], b"^kvs-cli: the length was refused for 20 keys: NOPERM ")
        self.assertRegex(lines[1], b"^kvs-cli: MEMORY USAGE was refused for 2,102 keys: NOPERM ")
        self.assertEqual(lines[2:], [b""])
        status, out, err = run_cli("-s", self.redis.path, "--user", "half", "--memkeys",
                                   env=environment(KVSCLI_AUTH="secret"))
        self.assertEqual((status, out, err.count(b"\n")), (4, b"", 1))

    def test_a_key_space_that_changes_is_survived(self):
        self.fill(self.redis.path, *key_space(20000))
        stop = subprocess.Popen([REDIS_CLI, "-s", self.redis.path, "-r", "-1", "eval",
                                 "redis.call('del', KEYS[1]) redis.call('rpush', KEYS[1], 1) "
                                 "return redis.call('set', KEYS[1], 1)", "1", "string:5"],
                                stdout=subprocess.DEVNULL)
        self.assertIn(b"Biggest string found", self.survey(self.redis.path, "--bigkeys", "--count", "10"))
        stop.kill()
        stop.wait()


class SurveysOfOddServers(unittest.TestCase):
    @staticmethod
    def server_of(keys, **answers):
        """A server with these keys in one batch, which knows some commands."""
        def answer(words):
            name = words[0].decode().upper()
            if name == "SCAN":
                return array(bulk(b"0"), array(*(bulk(key) for key in keys)))
            if name == "DBSIZE":
                return b":%d\r\n" % len(keys)
            found = answers.get(name, b"-ERR unknown command\r\n")
            return found(words) if callable(found) else found
        return ScriptedServer(answer)

    def test_types_of_modules_are_sized_by_memory(self):
        with self.server_of([b"a", b"b"], TYPE=lambda words: b"+ReJSON\x1b\r\n" if words[1] == b"a" else b"+list\r\n",
                            LLEN=b":3\r\n", MEMORY=b":100\r\n") as server:
            status, out, err = run_cli("-s", server.path, "--bigkeys")
            self.assertEqual((status, err), (0, b""))
            self.assertIn(b"Biggest ReJSON? found '\"a\"' has 100 bytes", out)
            self.assertIn(b"1 lists with 3 items (50.00% of keys, avg size 3.00)", out)

    def test_a_great_many_types_are_not_believed(self):
        keys = [b"%d" % i for i in range(1000)]
        with self.server_of(keys, TYPE=lambda words: b"+type" + words[1] + b"x" * 100000 + b"\r\n",
                            MEMORY=b":100\r\n") as server:
            status, out, _ = run_cli("-s", server.path, "--bigkeys")
            self.assertEqual((status, len(out.split(b"found '")) - 1), (0, 65))

    def test_keys_that_vanish_or_change_are_left_out(self):
        kinds = {b"gone": b"+none\r\n", b"changed": b"+list\r\n", b"stays": b"+string\r\n", b"late": b"+hash\r\n"}
        with self.server_of(list(kinds), TYPE=lambda words: kinds[words[1]], STRLEN=b":3\r\n", HLEN=b":0\r\n",
                            LLEN=b"-WRONGTYPE Operation\r\n", PTTL=lambda words: b":-2\r\n" if words[1] == b"late"
                            else b":-1\r\n", MEMORY=lambda words: b"$-1\r\n" if words[2] == b"late" else b":50\r\n"
                            ) as server:
            status, out, err = run_cli("-s", server.path, "--keystats")
            self.assertEqual((status, err), (0, b""))
            self.assertIn(b"Sampled 1 keys in the keyspace!\nTotal key length in bytes is 5 (avg len 5.00)", out)

    def test_keys_that_have_no_memory_any_more_are_left_out(self):
        for reply in (b"$-1\r\n", b"_\r\n", b"-ERR no such key\r\n"):
            with self.server_of([b"a", b"b"], TYPE=b"+string\r\n",
                                MEMORY=lambda words, reply=reply: reply if words[2] == b"a" else b":50\r\n") as server:
                status, out, err = run_cli("-s", server.path, "--memkeys")
                self.assertEqual((status, err), (0, b""))
                self.assertIn(b"Sampled 1 keys", out)

    def test_a_key_that_is_named_twice_stands_out_once(self):
        with self.server_of([b"a", b"b", b"a"], TYPE=b"+string\r\n", STRLEN=b":7\r\n", MEMORY=b":50\r\n",
                            PTTL=b":-1\r\n") as server:
            self.assertEqual(run_cli("-s", server.path, "--keystats")[1].count(b'"a"'), 1)

    def test_answers_of_a_wrong_kind_do_no_harm(self):
        odd = [b"+OK\r\n", b"*1\r\n*0\r\n", b":-5\r\n", b":9223372036854775807\r\n", b"$-1\r\n", b"-ERR no\r\n", b"_\r\n",
               b"%0\r\n", bulk(b"\x1b" * 1000)]
        for reply in odd:
            for mode in ("--bigkeys", "--memkeys", "--keystats", "--hotkeys"):
                with self.server_of([b"a", b"b", b"c"], TYPE=lambda words, reply=reply: reply if words[1] == b"a"
                                    else b"+string\r\n", STRLEN=reply, MEMORY=reply, PTTL=reply, OBJECT=reply) as server:
                    status, out, err = run_cli("-s", server.path, mode)
                    self.assertIn(status, (0, 1), (reply, mode, err))
                    self.assertNotIn(b"\x1b", out + err)
                    if mode == "--keystats":
                        out = run_cli("-s", server.path, "--json", mode)[1]
                        self.assertTrue(not out or json.loads(out), out)

    def test_what_is_cut_is_put_together(self):
        with self.server_of([b"a"], TYPE=by_bytes(b"+string\r\n"), STRLEN=by_bytes(b":12345\r\n")) as server:
            status, out, _ = run_cli("-s", server.path, "--bigkeys")
            self.assertEqual(status, 0)
            self.assertIn(b"Biggest string found '\"a\"' has 12345 bytes", out)

    def test_a_server_that_dies_leaves_what_was_seen(self):
        batches = [array(bulk(b"1"), array(bulk(b"a"))), array(bulk(b"2"), array(bulk(b"b"))), None]
        with self.server_of([], TYPE=b"+string\r\n", STRLEN=b":7\r\n") as server:
            answer = server.answer
            server.answer = lambda words: batches.pop(0) if words[0] == b"SCAN" else answer(words)
            status, out, err = run_cli("-s", server.path, "--bigkeys")
            self.assertEqual((status, err), (3, b"Error: Server closed the connection\n"))
            self.assertIn(b"Sampled 1 keys in the keyspace!", out)
            self.assertIn(b"Biggest string found '\"a\"' has 7 bytes", out)

    def endless(self, keys=1000000):
        server = self.server_of([], TYPE=b"+string\r\n", STRLEN=b":7\r\n")
        answer = server.answer
        server.answer = lambda words: (array(bulk(b"5"), array(bulk(b"a"))) if words[0] == b"SCAN" else
                                       b":%d\r\n" % keys if words[0] == b"DBSIZE" else answer(words))
        return server

    def test_ctrl_c_tells_what_was_seen(self):
        with self.endless() as server:
            surveyor = subprocess.Popen([CLI, "-s", server.path, "--bigkeys"], stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=environment())
            wait_until(lambda: len(server.commands) > 50, "fifty commands")
            surveyor.send_signal(signal.SIGINT)
            out, err = surveyor.communicate(timeout=DEADLINE)
            self.assertEqual((surveyor.returncode, err), (130, b""))
            self.assertRegex(out, rb"\[00\.\d\d%\] Sampled \d+ keys in the keyspace!\n")
            self.assertIn(b"Biggest string found '\"a\"' has 7 bytes", out)

    def test_a_pause_is_cut_short_by_ctrl_c(self):
        with self.endless() as server:
            surveyor = subprocess.Popen([CLI, "-s", server.path, "--bigkeys", "-i", "1000"], stdout=subprocess.PIPE,
                                        env=environment())
            wait_until(lambda: sum(words[0] == b"SCAN" for words in server.commands) == 100, "a hundred SCANs")
            surveyor.send_signal(signal.SIGINT)
            out, _ = surveyor.communicate(timeout=DEADLINE)
            self.assertEqual(surveyor.returncode, 130)
            self.assertIn(b"Sampled ", out)

    def test_only_every_hundredth_scan_is_followed_by_a_pause(self):
        left = list(range(1, 191)) + [0]  # a pause after each would take longer than the deadline
        with self.endless() as server:
            answer = server.answer
            server.answer = lambda words: (array(bulk(b"%d" % left.pop(0)), array()) if words[0] == b"SCAN" else
                                           answer(words))
            self.assertEqual(run_cli("-s", server.path, "--bigkeys", "-i", "0.25")[0], 0)

    def test_a_terminal_sees_progress(self):
        with self.endless() as server, Screen("-s", server.path, "--bigkeys") as screen:
            screen.expect("of 1.0M keys (")
            self.assertRegex(screen.text(), r"\[#*\.*\] +\d+%  ")
            screen.type("\x03")
            self.assertEqual(screen.wait(), 130)
            self.assertIn("Biggest string found '\"a\"' has 7 bytes", screen.rows())
            self.assertNotIn("1.0M", screen.text())
        with self.endless(keys=1) as server, Screen("-s", server.path, "--bigkeys") as screen:
            screen.expect(" of 1 key (")


if __name__ == "__main__":
    main()
