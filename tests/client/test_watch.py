#!/usr/bin/env python3
"""The modes that look at a server for a while: --latency and its kin, --intrinsic-latency, --stat."""

import fcntl
import re
import struct
import subprocess
import termios
import threading
import time
import unittest

import screens
from harness import (CLI, DEADLINE, KvsServer, REDIS_CLI, RedisServer, Running, ScriptedServer, environment, main,
                     process_status, run, run_cli, wait_until)
from terminal import Screen, Terminal

REDIS = KVS = None


def setUpModule():
    global REDIS, KVS
    REDIS, KVS = RedisServer(), KvsServer()


def tearDownModule():
    REDIS.close()
    KVS.close()


def pong(_):
    return b"+PONG\r\n"


def bulk(text):
    return b"$%d\r\n%s\r\n" % (len(text), text)


class Latency(unittest.TestCase):
    FORMS = {"--raw": r"\d+ \d+ \d+\.\d\d \d+\n", "--csv": r"\d+,\d+,\d+\.\d\d,\d+\n",
             "--json": r'\{"min": \d+, "max": \d+, "avg": \d+\.\d\d, "count": \d+\}\n'}

    def test_scripts_get_one_line_in_redis_clis_form(self):
        for option, form in self.FORMS.items():
            for program in (CLI, REDIS_CLI):
                status, output, errors = run(program, "-s", REDIS.path, "--latency", option, "-i", "0.05")
                self.assertRegex(output.decode(), "^" + form + "$", program)
                self.assertEqual((status, errors), (0, b""))

    def test_output_that_is_no_terminal_gets_the_line_of_raw(self):
        status, output, errors = run_cli("-s", KVS.socket("kvs.sock"), "--latency", "-i", "0.05")
        self.assertRegex(output.decode(), "^" + self.FORMS["--raw"] + "$")
        self.assertEqual((status, errors), (0, b""))

    def test_human_form_without_a_terminal_has_no_escape_sequences(self):
        output = run_cli("-s", REDIS.path, "--latency", "--no-raw", "-i", "0.05")[1].decode()
        self.assertRegex(output, r"^min: \d+, max: \d+, avg: \d+\.\d\d \(\d+ samples\)\n$")

    def test_times_are_milliseconds_of_the_slowest_and_the_average(self):
        slow = threading.Event()

        def answer(_):
            if not slow.is_set():
                slow.set()
                time.sleep(0.12)
            return b"+PONG\r\n"

        with ScriptedServer(answer) as server:
            least, greatest, average, count = run_cli("-s", server.path, "--latency", "-i", "0.3")[1].decode().split()
        self.assertGreaterEqual(int(greatest), 120)
        self.assertGreaterEqual(float(average) * int(count), 119)
        self.assertLessEqual(int(least), float(average) + 1)

    def test_history_has_a_line_for_each_interval_with_percentiles(self):
        more = {"--raw": r" \d+\.\d{3} \d+\.\d{3}\n", "--csv": r",\d+\.\d{3},\d+\.\d{3}\n",
                "--json": r', "p50": \d+\.\d{3}, "p99": \d+\.\d{3}\}\n',
                "--no-raw": r", p50: \d+\.\d{3}, p99: \d+\.\d{3}\n"}
        for option, end in more.items():
            status, output, _ = run_cli("-s", REDIS.path, "--latency-history", option, "-i", "0.05", "-r", "2")
            form = self.FORMS.get(option, r"min: \d+, max: \d+, avg: \d+\.\d\d \(\d+ samples\)\n")
            form = form.removesuffix(r"\n").removesuffix(r"\}") + end
            self.assertRegex(output.decode(), "^(" + form + "){2}$")
            self.assertEqual(status, 0)

    def test_interval_is_obeyed(self):
        start = time.monotonic()
        run_cli("-s", REDIS.path, "--latency-history", "-i", "0.1", "-r", "3")
        self.assertGreaterEqual(time.monotonic() - start, 0.3)

    def test_line_at_a_terminal_is_written_anew_until_ctrl_c(self):
        with Terminal("-s", REDIS.path, "--latency") as terminal:
            terminal.expect("\rmin ")
            terminal.expect("\rmin ")
            line = terminal.expect("samples").decode()
            self.assertRegex(line, r"avg .*s  p50 .*s  p99 .*s  max .*s  \d+ $")
            self.assertNotIn("\x1b", line)
            self.assertNotIn("\n", line)
            terminal.type("\x03")
            terminal.expect("\n")
            self.assertEqual(terminal.wait(), 0)

    def test_history_at_a_terminal_keeps_a_line_for_each_interval(self):
        with Screen("-s", REDIS.path, "--latency-history", "-i", "0.2", "-r", "3") as screen:
            self.assertEqual(screen.wait(), 0)
            screens.keep("latency_history", screen.text())
            rows = screen.text().split("\n")
        self.assertEqual(len(rows), 3)
        for row in rows:
            self.assertRegex(row, r"^\d\d:\d\d:\d\d  avg .*  p50 .*  p99 .*  max .*  \d+ samples$")

    def test_line_is_cut_to_a_narrow_terminal(self):
        with Screen("-s", REDIS.path, "--latency", columns=30) as screen:
            screen.wait_for(lambda: re.search(r"min .*avg", screen.rows()[0]), "the line")
            for _ in range(5):
                screen.take(0.1)
            self.assertEqual(set(screen.rows()[1:]), {""})
            screen.type("\x03")
            self.assertEqual(screen.wait(), 0)

    def test_unit_is_plain_where_the_locale_has_no_utf8(self):
        with Terminal("-s", REDIS.path, "--latency", env=environment(LANG="C")) as terminal:
            terminal.expect("\rmin ")
            self.assertRegex(terminal.expect("samples"), rb" [um]s  p50")
            self.assertNotIn(b"\xc2", terminal.seen)

    def test_ctrl_c_without_a_terminal_prints_what_there_is(self):
        with ScriptedServer(pong) as server, Running("-s", server.path, "--latency", "-i", "1000") as cli:
            wait_until(lambda: len(server.commands) > 2, "samples")
            cli.interrupt()
            status, output, errors = cli.end()
        self.assertRegex(output, "^" + self.FORMS["--raw"] + "$")
        self.assertEqual((status, errors), (0, ""))

    def test_ctrl_c_ends_the_wait_for_an_answer(self):
        forever = threading.Event()
        with ScriptedServer(lambda _: forever.wait(DEADLINE) and None) as server:
            with Running("-s", server.path, "--latency-history") as cli:
                wait_until(lambda: server.commands, "a question")
                cli.interrupt()
                self.assertEqual(cli.end(), (0, "", ""))
            forever.set()

    def test_server_that_says_it_is_loading_has_answered(self):
        with ScriptedServer(lambda _: b"-LOADING Redis is loading the dataset in memory\r\n") as server:
            status, output, _ = run_cli("-s", server.path, "--latency", "-i", "0.05")
        self.assertEqual(status, 0)
        self.assertRegex(output.decode(), "^" + self.FORMS["--raw"] + "$")

    def test_refusals_are_one_line_and_their_status(self):
        for error, status in ((b"NOAUTH Authentication required.", 4), (b"NOPERM no \x1b[2Jping", 4),
                              (b"ERR not now", 1)):
            for mode in ("--latency", "--latency-history", "--latency-dist", "--stat"):
                with ScriptedServer(lambda _, error=error: b"-" + error + b"\r\n", unknown=()) as server:
                    result = run_cli("-s", server.path, mode)
                command = b"INFO" if mode == "--stat" else b"PING"
                self.assertEqual(result, (status, b"", b"kvs-cli: the server refuses %s, which %s needs: %s\n" % (
                    command, mode.encode(), error.replace(b"\x1b", b"?"))))

    def test_no_server_and_no_answer_are_no_connection(self):
        self.assertEqual(run_cli("-s", "/nonexistent/socket", "--latency")[0], 3)
        with ScriptedServer(lambda _: None) as server:
            result = run_cli("-s", server.path, "--latency")
        self.assertEqual(result, (3, b"", b"Error: Server closed the connection\n"))
        with ScriptedServer(lambda _: b"?what\r\n") as server:
            self.assertEqual(run_cli("-s", server.path, "--latency")[:2], (3, b""))

    def test_script_does_not_wait_for_a_lost_server(self):
        left = [b"+PONG\r\n"] * 3
        with ScriptedServer(lambda _: left.pop() if left else None) as server:
            result = run_cli("-s", server.path, "--latency")
        self.assertEqual(result, (3, b"", b"Error: Server closed the connection\n"))

    def test_timeout_is_obeyed(self):
        forever = threading.Event()
        with ScriptedServer(lambda _: forever.wait(DEADLINE) and None) as server:
            status, output, errors = run_cli("-s", server.path, "-t", "0.05", "--latency")
            forever.set()
        self.assertEqual((status, output), (3, b""))
        self.assertIn(b"-t", errors)


class Spectrum(unittest.TestCase):
    def rows(self, *arguments, server=None, **more):
        path = server or REDIS.path
        status, output, errors = run_cli("-s", path, "--latency-dist", "-i", "0.05", *arguments, **more)
        self.assertEqual((status, errors), (0, b""))
        return output.decode().splitlines()

    def test_plain_characters_without_a_terminal(self):
        rows = self.rows("-r", "2")
        self.assertEqual(len(rows), 4)
        self.assertEqual(rows[1], " " * 10 + "|1 µs   |10 µs  |100 µs |1 ms   |10 ms  |100 ms |1 s    |10 s")
        for row in rows[2:]:
            self.assertRegex(row, r"^\d\d:\d\d:\d\d  [ .:=+*#%@-]{57} p99 [\d.]+ (ns|µs|ms|s)$")

    def test_slow_answers_are_far_to_the_right(self):
        def answer(_):
            time.sleep(0.11)
            return b"+PONG\r\n"

        with ScriptedServer(answer) as server:
            rows = self.rows("-r", "1", server=server.path)
        place = rows[1].index("|100 ms")
        self.assertEqual(rows[2][10:place].strip(), "")
        self.assertNotEqual(rows[2][place:67].strip(), "")

    def test_legend_comes_again_after_twenty_lines(self):
        rows = self.rows("-r", "21", "-i", "0.001")
        self.assertEqual(len([row for row in rows if "|1 ms" in row]), 2)
        self.assertEqual(len(rows), 25)

    def terminal_bytes(self, **env):
        with Terminal("-s", REDIS.path, "--latency-dist", "-i", "0.05", "-r", "1", env=environment(**env)) as terminal:
            terminal.expect("none to all")
            seen = terminal.expect("p99")
            self.assertEqual(terminal.wait(), 0)
            return seen

    def test_colors_where_the_terminal_has_256(self):
        self.assertIn(b"\x1b[48;5;235m ", self.terminal_bytes(TERM="xterm-256color"))
        self.assertIn(b"\x1b[48;5;235m ", self.terminal_bytes(COLORTERM="truecolor"))

    def test_characters_where_it_has_not_or_they_are_refused(self):
        self.assertNotIn(b"\x1b", self.terminal_bytes(TERM="vt100"))
        self.assertNotIn(b"\x1b", self.terminal_bytes(TERM="xterm-256color", NO_COLOR="1"))

    def test_color_option_decides(self):
        self.assertIn("\x1b[48;5;", "".join(self.rows("-r", "1", "--color", "always")))
        with Terminal("-s", REDIS.path, "--latency-dist", "-i", "0.05", "-r", "1", "--color", "never",
                      env=environment(TERM="xterm-256color")) as terminal:
            self.assertNotIn(b"\x1b", terminal.expect("p99"))

    def test_screen_fits_eighty_columns(self):
        with Screen("-s", REDIS.path, "--latency-dist", "-i", "0.1", "-r", "4") as screen:
            self.assertEqual(screen.wait(), 0)
            screens.keep("latency_dist", screen.text())
            self.assertEqual(len(screen.text().split("\n")), 6)


class IntrinsicLatency(unittest.TestCase):
    SUMMARY = (r"\n\d+ total runs \(avg latency: \d+\.\d{4} microseconds / \d+\.\d\d nanoseconds per run\)\.\n"
               r"Worst run took \d+x longer than the average latency\.\n\n"
               r"     50 %  .*\n     90 %  .*\n     99 %  .*\n   99\.9 %  .*\n  99\.99 %  .*\n 99\.999 %  .*\n"
               r"    max    .* [num]?s\n$")

    def test_asks_no_server_and_ends_with_a_summary(self):
        status, output, errors = run_cli("-s", "/nonexistent/socket", "--intrinsic-latency", "0.1")
        self.assertEqual((status, errors), (0, b""))
        self.assertRegex(output.decode(), r"^(Max latency so far: \d+ microseconds\.\n)*" + self.SUMMARY)

    def test_maxima_grow(self):
        output = run_cli("--intrinsic-latency", "0.1")[1].decode()
        maxima = [int(text) for text in re.findall(r"far: (\d+)", output)]
        self.assertEqual(maxima, sorted(set(maxima)))

    def test_ctrl_c_ends_with_the_summary(self):
        with Running("--intrinsic-latency", "1000") as cli:
            self.assertRegex(cli.line(), "^Max latency so far: ")
            cli.interrupt()
            status, output, errors = cli.end()
        self.assertEqual((status, errors), (0, ""))
        self.assertRegex(output, self.SUMMARY)


class Stat(unittest.TestCase):
    WIDTHS = (11, 9, 8, 8, 20, 12)

    def lines(self, *arguments, path=None):
        status, output, errors = run_cli("-s", path or REDIS.path, "--stat", "-i", "0.02", *arguments)
        self.assertEqual((status, errors), (0, b""))
        return output.decode().splitlines()

    def fields(self, line):
        """The columns that redis-cli has too, by their places."""
        fields, at = [], 0
        for width in self.WIDTHS:
            fields.append(line[at:at + width].rstrip())
            at += width
        return fields

    def scripted(self, *infos, lines=None):
        left = list(infos)

        def answer(_):
            return bulk(left.pop(0) if len(left) > 1 else left[0])

        with ScriptedServer(answer, unknown=()) as server:
            return self.lines("-r", str(lines or len(infos)), path=server.path)

    def test_ctrl_c_ends_it_while_nobody_takes_the_lines(self):
        taken = [0, -1]

        def is_stuck():
            time.sleep(0.02)
            taken.append(struct.unpack("i", fcntl.ioctl(stat.process.stdout, termios.FIONREAD, b"\0\0\0\0"))[0])
            return taken[-1] > 0 and len(set(taken[-10:])) == 1

        with Running("-s", REDIS.path, "--stat", "-i", "0.001") as stat:
            fcntl.fcntl(stat.process.stdout, fcntl.F_SETPIPE_SZ, 4096)
            wait_until(is_stuck, "a full pipe")
            stat.interrupt()
            wait_until(lambda: stat.process.poll() is not None, "its end")
            status, _, errors = stat.end()
            self.assertEqual((status, errors), (0, ""))

    def test_columns_are_those_of_redis_cli(self):
        run_cli("-s", REDIS.path, "set", "some", "key")
        ours = self.lines("-r", "2")
        with subprocess.Popen([REDIS_CLI, "-s", REDIS.path, "--stat", "-i", "0.02"], stdout=subprocess.PIPE) as redis:
            # its output is a pipe, and so comes when its buffer is full
            theirs = redis.stdout.readline(), redis.stdout.readline(), redis.stdout.readline()
            redis.kill()
        theirs = [line.decode() for line in theirs]
        self.assertEqual([line[:68] for line in ours[:2]], [line[:68] for line in theirs[:2]])
        mine, redis_own = self.fields(ours[2]), self.fields(theirs[2])
        self.assertEqual([mine[i] for i in (0, 2, 3)], [redis_own[i] for i in (0, 2, 3)])
        self.assertRegex(mine[1], r"^\d+\.\d\d[KM]$")
        self.assertRegex(mine[4], r"^\d+ \(\+0\)$")
        self.assertRegex(mine[5], r"^\d+$")

    def test_works_with_kvs_server(self):
        for words in (("set", "a", "1"), ("get", "a"), ("get", "a"), ("get", "b"), ("get", "a")):
            run_cli("-s", KVS.socket("kvs.sock"), *words)
        lines = self.lines("-r", "3", path=KVS.socket("kvs.sock"))
        keys, memory, clients, blocked, requests, connections = self.fields(lines[2])
        self.assertEqual((keys, clients, blocked), ("1", "1", "0"))
        self.assertRegex(memory, r"^(\d+\.\d\d[KM]|0B)$")   # 0: sanitizers' builds have no allocator that counts
        self.assertRegex(requests, r"^\d+ \(\+0\)$")
        self.assertRegex(connections, r"^\d+$")
        self.assertEqual(lines[2].split()[7:], ["75%", "-"])
        self.assertRegex(lines[4].split()[8], r"^\d+%$")

    def test_figures_since_the_line_before(self):
        info = (b"db0:keys=3,expires=0\r\ndb12:keys=4,expires=0,avg_ttl=0\r\nused_memory:%d\r\nconnected_clients:7\r\n"
                b"blocked_clients:2\r\ntotal_commands_processed:%d\r\ntotal_connections_received:9\r\n"
                b"keyspace_hits:%d\r\nkeyspace_misses:%d\r\n%s")
        lines = self.scripted(info % (900, 100, 8, 2, b""), info % (2048, 150, 9, 5, b"rdb_bgsave_in_progress:1\r\n"),
                              info % (3 << 30, 150, 9, 5, b"loading:1\r\n"))
        self.assertEqual(lines[2].split(), ["7", "900B", "7", "2", "100", "(+0)", "9", "80%", "-"])
        self.assertEqual(lines[3].split(), ["7", "2.00K", "7", "2", "150", "(+50)", "9", "25%", "0%", "SAVE"])
        self.assertEqual(lines[4].split(), ["7", "3.00G", "7", "2", "150", "(+0)", "9", "-", "0%", "LOAD"])

    def test_header_comes_again_every_twenty_lines(self):
        lines = self.lines("-r", "41", "-i", "0.001")
        self.assertEqual([i for i, line in enumerate(lines) if line.startswith("keys")], [1, 23, 45])

    def test_hostile_info_is_dashes(self):
        for info in (b"", b"\x1b[2J:\x1b[3J\r\nused_memory\r\n:::\r\n\0\0", b"used_memory:1e300\nconnected_clients:-5\n"
                     b"blocked_clients:nan\ntotal_commands_processed:inf\ndb0:keys=1e400\ndb1:keys=\n#", b":" * 100000):
            self.assertEqual(self.scripted(info)[2].split(), ["0", "-", "-", "-", "-", "-", "-", "-"])

    def test_reply_that_is_no_text_is_dashes(self):
        with ScriptedServer(lambda _: b":1\r\n", unknown=()) as server:
            self.assertEqual(self.lines("-r", "1", path=server.path)[2].split(), ["0"] + ["-"] * 7)

    @staticmethod
    def times_slept(cli):
        return int(process_status(cli.process.pid, "voluntary_ctxt_switches"))

    def test_restart_is_said_and_waited_for(self):
        server = RedisServer()
        try:
            with Running("-s", server.path, "--stat", "-i", "0.02") as cli:
                for _ in range(3):
                    cli.line()
                server.stop()
                self.assertEqual(cli.process.stderr.readline().decode(), "kvs-cli: the server at %s closed the "
                                 "connection; waiting for it, Ctrl-C ends that\n" % server.path)
                slept = self.times_slept(cli)
                wait_until(lambda: self.times_slept(cli) > slept + 3, "attempts to connect that fail")
                server.start()
                self.assertEqual(cli.process.stderr.readline().decode(),
                                 "kvs-cli: connected again to %s\n" % server.path)
                self.assertEqual(cli.process.stderr.readline().decode(),
                                 "kvs-cli: the server was restarted; its counters began again\n")
                self.assertNotEqual(cli.line(), "")
                cli.interrupt()
                self.assertEqual(cli.end()[0], 0)
        finally:
            server.close()

    def test_counters_of_before_a_restart_are_compared_with_nothing(self):
        infos = iter([(b"a", 100), (b"b", 150), (b"b", 157)])
        with ScriptedServer(lambda _: bulk(b"run_id:%s\r\ntotal_commands_processed:%d\r\n" % next(infos)),
                            unknown=()) as server:
            _, output, errors = run_cli("-s", server.path, "--stat", "-i", "0.01", "-r", "3")
        self.assertEqual(re.findall(rb"\d+ \(\+\d+\)", output), [b"100 (+0)", b"150 (+0)", b"157 (+7)"])
        self.assertEqual(errors, b"kvs-cli: the server was restarted; its counters began again\n")

    def test_ctrl_c_ends_the_wait_for_a_server(self):
        server = ScriptedServer(lambda _: bulk(b"x:1\r\n"), unknown=())
        with Running("-s", server.path, "--stat", "-i", "0.02") as cli:
            cli.line()
            answers = iter([None])
            server.answer = lambda _: next(answers, None)
            server.close()
            self.assertIn("waiting", cli.process.stderr.readline().decode())
            cli.interrupt()
            self.assertEqual(cli.end()[0], 0)

    def test_ctrl_c_at_a_terminal_is_success(self):
        with Screen("-s", REDIS.path, "--stat", "-i", "0.05") as screen:
            screen.wait_for(lambda: len(screen.text().split("\n")) > 5, "some lines")
            screens.keep("stat", screen.text())
            screen.type("\x03")
            self.assertEqual(screen.wait(), 0)
        self.assertEqual(screen.screen.cursor.x, 0)
        self.assertNotIn("", screen.text().split("\n")[:5])


if __name__ == "__main__":
    main()
