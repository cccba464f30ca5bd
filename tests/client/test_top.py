#!/usr/bin/env python3
"""Black-box tests of kvs-cli --top, on screens of several sizes."""

import contextlib
import os
import pty
import re
import signal
import socket
import subprocess
import termios
import threading
import time
import unittest

import screens
from harness import CLI, DEADLINE, KvsServer, REDIS_CLI, RedisServer, ScriptedServer, environment, main, run_cli, wait_until
from terminal import Screen

SIZES = ((24, 80), (40, 120), (60, 200))
BRAILLE = re.compile("[\u2801-\u28ff]")
UNITS = {"": 1, "k": 1e3, "M": 1e6}
ENTER_ALTERNATE, LEAVE_ALTERNATE = b"\x1b[?1049h", b"\x1b[?1049l"


def fresh_modes():
    """What a new terminal is set to."""
    ends = pty.openpty()
    modes = termios.tcgetattr(ends[0])
    for end in ends:
        os.close(end)
    return modes


class Top(Screen):
    """kvs-cli --top; `raw` is all that it wrote, `modes` what the terminal was set to before."""

    modes = fresh_modes()

    def __init__(self, path, *arguments, **more):
        self.raw = b""
        super().__init__("-s", path, "--top", "-i", "0.1", *arguments, **more)
        feed = self.stream.feed

        def record(chunk):
            self.raw += chunk
            feed(chunk)
        self.stream.feed = record

    def find(self, pattern):
        """What the first group of a pattern matches in some row of the screen, or None."""
        for row in self.rows():
            found = re.search(pattern, row)
            if found:
                return found.group(1)
        return None

    def figure(self, title):
        """The value of a figure: a number, or None while there is none."""
        found = self.find(r"^ %s +(\d[\d.]*[kM%%]?)\b" % re.escape(title))
        if found is None:
            return None
        number, unit = re.match(r"([\d.]+)([kM]?)", found).groups()
        return float(number) * UNITS[unit]

    def wait_for_figure(self, title, least, most):
        self.wait_for(lambda: self.figure(title) is not None and least <= self.figure(title) <= most,
                      "%s from %s to %s" % (title, least, most))

    def is_restored(self):
        return (termios.tcgetattr(self.fd) == self.modes and LEAVE_ALTERNATE in self.raw and
                self.raw.rindex(LEAVE_ALTERNATE) > self.raw.rindex(ENTER_ALTERNATE))

    def end(self):
        """Reads to the end: whether the terminal is as it was, and the exit status."""
        while self.take(DEADLINE):
            continue
        return self.is_restored(), self.wait()


class Client:
    """A connection to a server."""

    def __init__(self, path, name):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.settimeout(DEADLINE)
        self.socket.connect(path)
        self.stream = self.socket.makefile("rb")
        self.ask("CLIENT SETNAME " + name)
        self.id = int(self.ask("CLIENT ID")[1:])

    def ask(self, line):
        """Sends an inline command with a reply of one line."""
        self.socket.sendall(line.encode() + b"\r\n")
        return self.stream.readline()

    def is_served(self):
        try:
            return self.ask("PING") == b"+PONG\r\n"
        except OSError:
            return False

    def close(self):
        self.stream.close()
        self.socket.close()


class Load:
    """A client that keeps a server busy: of ten commands six are INCR, three are GETs that find a key, one is not."""

    BATCH = b"INCR n\r\n" * 6 + b"GET n\r\n" * 3 + b"GET nothing\r\n"

    def __init__(self, path):
        self.client = Client(path, "load")
        self.client.ask("SET n 100000")
        self.sent = 0
        self.began = time.monotonic()
        self.end = threading.Event()
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        lines = (6 + 3 * 2 + 1) * 20
        with contextlib.suppress(OSError):
            while not self.end.wait(0.005):
                self.client.socket.sendall(self.BATCH * 20)
                for _ in range(lines):
                    self.client.stream.readline()
                self.sent += 200

    def rate(self):
        return self.sent / (time.monotonic() - self.began)

    def close(self):
        self.end.set()
        self.thread.join(DEADLINE)
        self.client.close()


class TopTest(unittest.TestCase):
    def open(self, path, *arguments, **more):
        top = Top(path, *arguments, **more)
        self.addCleanup(top.close)
        return top

    def connect(self, path, name):
        client = Client(path, name)
        self.addCleanup(client.close)
        return client


def with_server(make):
    """Gives a class its server, with a load."""
    class WithServer(TopTest):
        @classmethod
        def setUpClass(cls):
            cls.server = make()
            cls.path = cls.server.socket("kvs.sock") if isinstance(cls.server, KvsServer) else cls.server.path
            cls.load = Load(cls.path)

        @classmethod
        def tearDownClass(cls):
            cls.load.close()
            cls.server.close()

        def top(self, *arguments, **more):
            return self.open(self.path, *arguments, **more)
    return WithServer


WithKvs = with_server(lambda: KvsServer("threads 2", "listen {folder}/metrics.sock mode=0660 access=read",
                                        "listen {folder}/app.sock mode=0622 access=write"))
WithRedis = with_server(RedisServer)


def own_program():
    with open("/proc/self/comm", encoding="utf-8") as file:
        return file.read().strip()


class FiguresAreTheServers:
    """Tests for each server."""

    def test_overview_at_each_size(self):
        for lines, columns in SIZES:
            top = self.top(lines=lines, columns=columns)
            self.assertTrue(self.load.rate() > 0)
            top.wait_for_figure("Requests/s", self.load.rate() / 4, self.load.rate() * 4)
            top.wait_for_figure("Hit rate", 70, 80)
            top.wait_for_figure("Clients", 2, 2 if lines == 24 else 4)
            top.wait_for_figure("CPU", 0.1, 400)
            top.wait_for(lambda: top.find(r"PING p99 +(\S+[mu]?s)"), "a latency")
            top.wait_for(lambda: top.find(r"PING p99.*([%s])" % BRAILLE.pattern[1:-1]) or BRAILLE.search(top.text()),
                         "a plot")
            self.assertIsNotNone(top.find(r"Memory +(\d\S*[BKM])\b"))
            self.assertIsNotNone(top.find(r"(?:^|\|) *(1 key), no limit\b"))
            top.wait_for(lambda: re.search(r"COMMAND.*\n(?:.*[^\w|])?incr +\S", top.text()), "incr as the busiest command")
            self.assertLessEqual(max(map(len, top.rows())), columns)
            top.type("q")
            self.assertEqual(top.end(), (True, 0))

    def test_commands_with_their_shares(self):
        top = self.top()
        top.type("2")
        pattern = r"^ %s +[\d.]+k? +([\d.]+)%% +[\d.]+[mu]s"
        top.wait_for(lambda: top.find(pattern % "incr") and top.find(pattern % "get"), "incr and get")
        rates = [float(top.find(r"^ %s +([\d.]+)" % name)) for name in ("incr", "get")]
        self.assertGreater(rates[0], 0)
        shares = [float(top.find(pattern % name)) for name in ("incr", "get")]
        self.assertGreater(sum(shares), 50)
        self.assertLess(sum(shares), 101)

    def test_own_commands_are_not_counted(self):
        top = self.top()
        top.type("2")
        top.expect("ping")
        for _ in range(5):
            before = len(top.raw)
            top.wait_for(lambda: len(top.raw) > before, "another round")  # pylint: disable=cell-var-from-loop
            self.assertLess(float(top.find(r"^ ping +([\d.]+)") or 0), 5)

    def test_names_of_commands_are_whole_and_wide_screens_have_room_for_many(self):
        run_cli("-s", self.path, "latency", "histogram", "get")
        run_cli("-s", self.path, "config", "get", "maxmemory")
        for lines, columns in ((43, 132), (30, 132), (24, 120), (50, 120), (50, 160)):
            with self.subTest(lines=lines, columns=columns):
                top = self.top(lines=lines, columns=columns)
                for name in ("incr", "get", "client|setname", "config|get", "latency|histogram"):
                    top.wait_for(lambda: top.find(r"(?:^| ) (%s) " % re.escape(name)), name)  # pylint: disable=cell-var-from-loop
                top.expect("IDLE")
                if columns == 132:
                    top.wait_for(lambda: top.find(r"COMMAND +\S+/S +TIME +PER CALL +P50 +(P99) "), "the percentiles")
                top.close()

    def test_workers_one_by_one(self):
        top = self.top()
        top.type("5")
        for name in self.workers:
            top.wait_for(lambda: top.find(r"^ %s +([\d.]+)%%" % name), name)  # pylint: disable=cell-var-from-loop


class OwnTrafficIsNotCounted(TopTest):
    """On a server that nobody else asks anything."""

    def look(self, path):
        top = self.open(path, lines=40)
        traffic = r"^  %s (0B/s|\d[\d.]*[KM]?B?/s)"
        for _ in range(8):
            before = len(top.raw)
            top.wait_for(lambda: len(top.raw) > before, "another round")  # pylint: disable=cell-var-from-loop
        top.wait_for(lambda: top.find(traffic % "in") == "0B/s" and top.find(traffic % "out") == "0B/s", "no traffic")
        return top

    def test_with_kvs(self):
        server = KvsServer()
        self.addCleanup(server.close)
        self.look(server.socket("kvs.sock"))

    def test_with_redis(self):
        server = RedisServer()
        self.addCleanup(server.close)
        self.look(server.path)

    def test_and_that_of_others_is(self):
        server = KvsServer()
        self.addCleanup(server.close)
        path = server.socket("kvs.sock")
        top = self.look(path)
        other = self.connect(path, "other")
        value = "x" * 20000

        def busy():
            other.ask("SET big " + value)
            other.ask("GET big")
            other.stream.readline()
            return top.find(r"^  in (\d[\d.]*[KM])/s") and top.find(r"^  out (\d[\d.]*[KM])/s")
        top.wait_for(busy, "the other's traffic")


class FiguresOfKvs(FiguresAreTheServers, WithKvs):
    workers = ("worker-0", "worker-1")

    def test_sockets_with_their_rights_and_clients(self):
        extra = self.connect(self.server.socket("app.sock"), "app")
        top = self.top(columns=150)
        top.type("4")
        for name, access, mode, clients in (("kvs.sock", "admin", "0600", 2), ("metrics.sock", "read", "0660", 0),
                                            ("app.sock", "write", "0622", 1)):
            top.expect("/" + name)
            top.wait_for(lambda: top.find("^ (%s +%s +%s +\\S+ +\\S+ +\\S+ +%d )" % (
                re.escape(self.server.socket(name)), access, mode, clients)), name)
        extra.close()

    def test_clients_by_pid_owner_and_program(self):
        top = self.top()
        top.type("3")
        top.wait_for(lambda: top.find(r"^ +%d +%d +(\S+) +%s +0 +\S+ +\S+ +\S+ +(?:incr|get)$" % (
            self.load.client.id, os.getpid(), re.escape(own_program()[:15]))), "the load")
        top.wait_for(lambda: top.find(r"^ +\d+ +%d +\S+ +(kvs-cli) .*client\|list$" % top.pid), "itself")

    if screens.FOLDER:
        def test_screens_for_the_documentation(self):
            reader = subprocess.Popen([REDIS_CLI, "-s", self.server.socket("metrics.sock"), "-r", "-1", "-i", "0.1", "info",
                                       "memory"], stdout=subprocess.DEVNULL)
            self.addCleanup(reader.wait)
            self.addCleanup(reader.kill)
            self.connect(self.server.socket("app.sock"), "jobs")
            top = self.top()
            full = re.compile(r"^ Memory.{26,28}[%s]" % BRAILLE.pattern[1:-1], re.M)
            top.wait_for(lambda: full.search(top.text()), "a plot as wide as the screen")
            screens.keep("top", top.text())
            top.type("3")
            top.expect("PROGRAM")
            top.expect("kvs-cli")
            screens.keep("top_clients", top.text())
            top.type("4")
            top.expect("metrics.sock")
            screens.keep("top_sockets", top.text())


class FiguresOfRedis(FiguresAreTheServers, WithRedis):
    workers = ("main",)

    def test_what_it_does_not_tell_is_left_out(self):
        top = self.top()
        top.type("4")
        top.expect("does not report its sockets")
        top.type("3")
        top.expect("load")
        self.assertNotIn("PROGRAM", top.text())


class KeysChangeWhatIsShown(WithKvs):
    def ids(self, top):
        return [int(found.group(1)) for found in (re.match(r" +(\d+) ", row) for row in top.rows()[3:-1]) if found]

    def order(self, top):
        """The column that the rows are sorted by, with its arrow; None while the line is half drawn."""
        found = re.search("(?<!\\S)([v^][A-Z]+|[A-Z]+[v^])(?!\\S)", top.rows()[2])
        return found.group(1) if found else None

    def test_clients_are_sorted_by_any_column_and_the_other_way_round(self):
        for name in ("b", "a", "c"):
            self.connect(self.path, name)
        top = self.top(columns=120)
        top.type("3")
        top.expect("^IDLE")
        while self.order(top) != "^ID":
            before = self.order(top)
            top.type("s")
            top.wait_for(lambda: self.order(top) not in (None, before),  # pylint: disable=cell-var-from-loop
                         "another order")
        top.wait_for(lambda: len(self.ids(top)) >= 5 and self.ids(top) == sorted(self.ids(top)), "all clients")
        top.type("r")
        top.wait_for(lambda: "vID " in top.rows()[2] and self.ids(top) == sorted(self.ids(top), reverse=True),
                     "the other order")
        top.type("rssss")
        top.wait_for(lambda: "NAME^" in top.rows()[2] and re.search(" a  .* b  .* c  .* load ", top.text(), re.S),
                     "the order of names")

    def test_filter_shows_rows_that_contain_a_text_and_escape_all(self):
        self.connect(self.path, "ze:bra")  # the paths that are shown have random letters, but no such colon
        self.connect(self.path, "gnu")
        top = self.top(columns=120)
        top.type("3/ZE:q")
        top.expect("filter: ZE:q_")
        top.type("\x7f\r")
        top.expect("1 row with 'ZE:'")
        top.expect("ze:bra")
        top.expect_gone("gnu")
        top.type("/x")
        top.expect("filter: ZE:x_")
        top.type("\x1b")
        top.wait_for(lambda: "filter" in top.rows()[-1] and "filter:" not in top.rows()[-1], "no more filter")
        top.expect("with 'ZE:'")
        top.type("\x1b")
        top.expect("gnu")

    def test_selection_moves_and_scrolls(self):
        for number in range(30):
            self.connect(self.path, "c%d" % number)
        top = self.top()
        top.type("3")
        top.wait_for(lambda: "rows" in top.rows()[1] and len(self.ids(top)) == 20, "a full screen")
        selected = lambda: [y for y in range(3, 23) if top.screen.buffer[y][8].reverse]
        self.assertEqual(len(selected()), 1)
        top.type("\x1b[F")
        top.wait_for(lambda: selected() == [22], "the last row")
        top.type("\x1b[H")
        top.wait_for(lambda: selected() == [3], "the first row")
        top.type("\x1b[B\x1bOB")
        top.wait_for(lambda: selected() == [5], "the third row")
        top.type("\x1b[6~\x1b[6~")
        top.wait_for(lambda: selected() == [22], "the last row again")

    def select(self, top, name):
        top.type("3/" + name + "\r")
        top.expect("1 row with")

    def test_kill_asks_first(self):
        victim = self.connect(self.path, "victim")
        top = self.top()
        self.select(top, "victim")
        for key in ("n", "\x1b", "\r"):
            top.type("k")
            top.expect("Kill client %d (%s, pid %d)? y/n" % (victim.id, own_program()[:15], os.getpid()))
            top.type(key)
            top.expect("client %d lives on" % victim.id)
        self.assertTrue(victim.is_served())
        top.type("k")
        top.expect("Kill client")
        top.type("y")
        top.expect("client %d is killed" % victim.id)
        self.assertFalse(victim.is_served())
        top.expect("0 rows with")

    def test_kill_spares_itself(self):
        top = self.top()
        self.select(top, str(top.pid))
        top.type("k")
        top.expect("is this screen")

    def test_interval_pause_zoom_help_and_characters(self):
        top = self.top()
        top.expect("every 0.1s")
        top.type("+")
        top.expect("every 0.2s")
        top.type("-")
        top.expect("every 0.1s, plots 18s")
        top.type("z")
        top.expect("plots 46s")
        top.type("h")
        top.expect("kvs-cli --top: keys")
        for words in ("kill the client", "pause, and go on", "more or fewer seconds", "leave"):
            top.expect(words)
        top.type(" ")
        top.wait_for(lambda: BRAILLE.search(top.text()), "plots of dots")
        top.type("a")
        top.wait_for(lambda: not BRAILLE.search(top.text()) and "##" in top.text(), "plots of plain characters")
        top.type("p")
        top.expect("PAUSED")
        top.type("p")
        top.expect("plots")

    def test_views_in_turn(self):
        top = self.top()
        for key, words in (("\t", "PER CALL"), ("\t", "PROGRAM"), ("\x1b[C", "ACCESS"), ("\t", "in all"),
                           ("\t", "Hit rate"), ("\x1b[D", "in all"), ("1", "Hit rate")):
            top.type(key)
            top.expect(words)

    def test_colors_are_left_out_when_not_wanted(self):
        def colors(top):
            return {cell.fg for row in top.screen.buffer.values() for cell in row.values()} - {"default"}

        for arguments, variables, wanted in (((), {}, True), ((), {"NO_COLOR": "1"}, False),
                                             (("--color", "never"), {}, False),
                                             (("--color", "always"), {"NO_COLOR": "1"}, True)):
            top = self.top(*arguments, env=environment(**variables))
            top.wait_for_figure("Clients", 2, 9)
            top.wait_for(lambda: BRAILLE.search(top.text()), "a plot")  # pylint: disable=cell-var-from-loop
            self.assertEqual(bool(colors(top)), wanted, (arguments, variables))
            self.assertTrue(top.cell("Requests/s").bold)
            top.close()

    def test_old_terminals_get_plain_characters(self):
        top = self.top(env=environment(TERM="vt100"))
        top.wait_for_figure("Requests/s", 1, 1e9)
        top.expect("##")
        self.assertIsNone(BRAILLE.search(top.text()))


class SizesChange(WithKvs):
    def test_grows_shrinks_and_comes_back_from_too_small(self):
        top = self.top()
        top.expect("Hit rate")
        self.assertNotIn("PROGRAM", top.text())
        top.resize(60, 200)
        top.expect("PROGRAM")
        top.expect("ACCESS")
        top.resize(5, 20)
        top.expect("too small")
        top.expect("needs 60x12")
        top.resize(24, 80)
        top.expect("Hit rate")
        top.expect_gone("too small")
        top.resize(1, 1)
        top.resize(12, 60)
        top.wait_for_figure("Requests/s", 1, 1e9)
        top.type("q")
        self.assertEqual(top.end(), (True, 0))


    def test_size_is_the_terminals_and_not_the_environments(self):
        top = self.top(env=environment(LINES="10", COLUMNS="30"))
        top.expect("Hit rate")


class EndsLeaveTheTerminalAsItWas(WithKvs):
    def test_keys(self):
        for keys in ("q", "\x03", "3/abc\x03", "hq"):
            top = self.top()
            top.expect("Hit rate")
            top.type(keys)
            self.assertEqual(top.end(), (True, 0), keys)

    def test_signals(self):
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT):
            top = self.top()
            top.expect("Hit rate")
            os.kill(top.pid, number)
            self.assertEqual(top.end(), (True, -number), number)

    def test_crashes(self):
        # a sanitizer would report what is done on purpose
        env = environment(ASAN_OPTIONS=os.environ.get("ASAN_OPTIONS", "") + ":handle_segv=0")
        for number in (signal.SIGSEGV, signal.SIGABRT):
            top = self.top(env=env)
            top.expect("Hit rate")
            os.kill(top.pid, number)
            restored, status = top.end()
            self.assertTrue(restored)
            self.assertNotEqual(status, 0)

    def test_signals_that_were_ignored_stay_ignored(self):
        top = self.open(self.path)
        top.close()
        top = Screen("-c", "trap '' HUP; exec %s -s %s --top -i 0.1" % (CLI, self.path), program="/bin/sh")
        self.addCleanup(top.close)
        top.expect("Hit rate")
        os.kill(top.pid, signal.SIGHUP)
        top.type("2")
        top.expect("PER CALL")

    def test_stopped_and_continued(self):
        shell = Screen("-i", program="/bin/sh", env=environment(PS1="shell> ", ENV=""))
        self.addCleanup(shell.close)
        shell.expect("shell>")
        modes = termios.tcgetattr(shell.fd)
        shell.type("%s -s %s --top -i 0.1\r" % (CLI, self.path))
        shell.expect("Hit rate")
        shell.insist("\x1a", "Stopped")
        shell.expect("shell>")
        self.assertEqual(termios.tcgetattr(shell.fd)[3] & termios.ECHO, modes[3] & termios.ECHO)
        shell.type("fg\r")
        shell.wait_for(lambda: "Stopped" not in shell.text() and "Hit rate" in shell.text(), "the overview again")
        shell.type("3")
        shell.expect("PROGRAM")
        shell.type("q")
        shell.expect("shell>")
        shell.type("echo status $?\r")
        shell.expect("status 0")

    def test_stopped_from_elsewhere_while_the_terminal_is_changed(self):
        top = self.top()
        top.expect("Hit rate")
        own = termios.tcgetattr(top.fd)
        os.kill(top.pid, signal.SIGSTOP)
        termios.tcsetattr(top.fd, termios.TCSANOW, top.modes)
        os.kill(top.pid, signal.SIGCONT)
        wait_until(lambda: termios.tcgetattr(top.fd) == own, "the modes of the screen")
        top.type("2")
        top.expect("PER CALL")

    def test_the_terminal_is_gone(self):
        main_end, other_end = pty.openpty()
        process = subprocess.Popen([CLI, "-s", self.path, "--top"], stdin=other_end, stdout=other_end,
                                   env=environment(), start_new_session=True)
        os.close(other_end)
        seen = b""
        while b"Hit rate" not in seen:
            seen += os.read(main_end, 65536)
        os.close(main_end)
        self.assertEqual(process.wait(DEADLINE), 0)


class BeginsOnlyWhereItCan(WithKvs):
    def test_not_without_a_terminal(self):
        status, output, errors = run_cli("-s", self.path, "--top")
        self.assertEqual((status, output, errors.count(b"\n")), (2, b"", 1))
        self.assertIn(b"standard input is none", errors)
        main_end, other_end = pty.openpty()
        done = subprocess.run([CLI, "-s", self.path, "--top"], stdin=other_end, capture_output=True, check=False,
                              env=environment(), timeout=DEADLINE)
        os.close(main_end)
        os.close(other_end)
        self.assertEqual((done.returncode, done.stdout, done.stderr.count(b"\n")), (2, b"", 1))
        self.assertIn(b"standard output is none", done.stderr)

    def test_not_on_terminals_without_a_screen(self):
        for kind in ("dumb", "no-such-terminal", ""):
            top = Screen("-s", self.path, "--top", env=environment(TERM=kind))
            self.addCleanup(top.close)
            status = top.wait()
            self.assertEqual((status, top.text()),
                             (2, "kvs-cli: --top: TERM does not name a terminal with a screen"), kind)

    def test_not_without_a_server(self):
        top = Screen("-s", self.path + ".none", "--top", columns=200)
        self.addCleanup(top.close)
        self.assertEqual(top.wait(), 3)
        self.assertIn("no such socket file", top.text())


class ServersComeAndGo(TopTest):
    def test_reconnects_and_keeps_the_history(self):
        server = RedisServer()
        self.addCleanup(server.close)
        top = self.open(server.path)
        top.wait_for(lambda: re.search("Clients.*[%s]" % BRAILLE.pattern[1:-1], top.text()), "a plot")
        server.stop()
        top.expect("not connected for")
        top.expect("trying again: No such file or directory")
        self.assertRegex(top.text(), BRAILLE)
        server.start()
        top.expect("connected again; pid %d" % server.process.pid)
        top.wait_for_figure("Clients", 1, 1)
        old_and_new = re.compile("[%s] +[%s]" % ((BRAILLE.pattern[1:-1],) * 2))
        top.wait_for(lambda: old_and_new.search(top.text()), "what was before, and what came after")

    def test_server_that_is_killed_leaves_a_screen_that_can_be_left(self):
        server = KvsServer()
        self.addCleanup(server.close)
        top = self.open(server.socket("kvs.sock"))
        top.wait_for_figure("Clients", 1, 1)
        server.process.kill()
        server.process.wait(DEADLINE)
        top.expect("not connected for")
        top.expect("Connection refused")
        top.type("q")
        self.assertEqual(top.end(), (True, 0))

    def test_server_that_stands_still_does_not_keep_keys_from_working(self):
        server = KvsServer()
        self.addCleanup(server.close)
        top = self.open(server.socket("kvs.sock"))
        top.wait_for_figure("Clients", 1, 1)
        os.kill(server.process.pid, signal.SIGSTOP)
        self.addCleanup(os.kill, server.process.pid, signal.SIGCONT)
        top.type("2")
        top.expect("PER CALL")
        top.expect("no answer for")
        top.type("q")
        self.assertEqual(top.end(), (True, 0))

    def test_server_that_stands_still_is_given_up_with_t(self):
        server = KvsServer()
        self.addCleanup(server.close)
        top = self.open(server.socket("kvs.sock"), "-t", "0.2")
        top.wait_for_figure("Clients", 1, 1)
        os.kill(server.process.pid, signal.SIGSTOP)
        top.expect("no answer within the time that -t gives")
        os.kill(server.process.pid, signal.SIGCONT)
        top.expect("connected again")


class RefusedLoginsEndIt(TopTest):
    def serve(self, refusal, kept=None):
        """A server that takes the logins of the first two connections (the session's, the screen's) and answers a third
        with `refusal`. It closes the second after an INFO; `kept` is what a login meets after the third."""
        logins, infos = [], []

        def answer(words):
            name = words[0].upper()
            if name == b"AUTH":
                logins.append(words)
                return b"+OK\r\n" if len(logins) < 3 else refusal if len(logins) == 3 else kept
            if name == b"INFO":
                infos.append(words)
                return None if len(infos) == 1 else b"$0\r\n\r\n"
            return b":1\r\n" if name == b"CLIENT" else b"+PONG\r\n"
        server = ScriptedServer(answer, unknown=())
        self.addCleanup(server.close)
        return server

    def test_after_a_reconnection_with_nothing_sent_behind_it(self):
        server = self.serve(b"-WRONGPASS \x1b[2Jchanged\r\n")
        top = self.open(server.path, "--user", "alice", env=environment(KVSCLI_AUTH="pw"))
        self.assertEqual(top.end(), (True, 4))
        self.assertIn(b"AUTH failed: WRONGPASS", top.raw)
        self.assertNotIn(b"WRONGPASS \x1b", top.raw)
        self.assertEqual(server.commands[-1], [b"AUTH", b"alice", b"pw"])

    def test_but_a_server_that_is_full_or_loading_is_tried_again(self):
        for refusal, words in ((b"-ERR max number of clients reached\r\n", "The server refuses the connection: ERR max "),
                               (b"-LOADING wait\r\n", "AUTH failed: LOADING wait")):
            server = self.serve(refusal, kept=b"+OK\r\n")
            top = self.open(server.path, columns=120, env=environment(KVSCLI_AUTH="pw"))
            top.expect("trying again: " + words)
            top.expect("connected again")
            top.type("q")
            self.assertEqual(top.end(), (True, 0))

    def test_and_nothing_is_killed_before_the_login_is_answered(self):
        clients = b"id=7 name=x addr= db=0 age=1 idle=1 cmd=get user=x\n"
        logins, infos = [], []

        def answer(words):
            name = words[0].upper()
            if name == b"AUTH":
                logins.append(words)
                return b"+OK\r\n" if len(logins) < 3 else []
            if name == b"INFO":
                infos.append(words)
                return b"$0\r\n\r\n" if not is_lost else None
            if words == [b"CLIENT", b"LIST"]:
                return b"$%d\r\n%s\r\n" % (len(clients), clients)
            return b":1\r\n" if name == b"CLIENT" else b"+PONG\r\n"
        is_lost = []
        server = ScriptedServer(answer, unknown=())
        self.addCleanup(server.close)
        top = self.open(server.path, columns=120, env=environment(KVSCLI_AUTH="pw"))
        top.type("3")
        top.wait_for(lambda: top.find(r"^ +(7) "), "the client")
        is_lost.append(True)
        wait_until(lambda: len(logins) == 3, "the login after the loss")
        top.type("k")
        top.expect("Kill client 7")
        top.type("y")
        top.expect("client 7 is not killed")
        self.assertEqual(server.commands[-1], [b"AUTH", b"pw"])


class RightsLimitWhatIsShown(TopTest):
    def test_parts_that_are_not_allowed_say_so_and_others_go_on(self):
        server = RedisServer()
        self.addCleanup(server.close)
        admin = self.connect(server.path, "admin")
        for rights, path in (("+ping +info", "info"), ("+ping +client|list", "list"), ("+info", "mute")):
            admin.ask("ACL SETUSER %s on >pw %s" % (path, rights))
        top = self.open(server.path, "--user", "info", env=environment(KVSCLI_AUTH="pw"))
        top.wait_for_figure("Clients", 2, 2)
        top.type("3")
        top.expect("not allowed: NOPERM")
        top = self.open(server.path, "--user", "list", env=environment(KVSCLI_AUTH="pw"))
        top.expect("not allowed: NOPERM")
        top.wait_for(lambda: top.find(r"PING p99 +(\d\S+)"), "a latency")
        top.type("3")
        top.expect("admin")
        top = self.open(server.path, "--user", "mute", env=environment(KVSCLI_AUTH="pw"))
        top.wait_for_figure("Clients", 2, 4)
        top.expect("NOPERM")

    def test_what_is_refused_is_not_asked_again(self):
        kvs, redis = KvsServer(), RedisServer()
        self.addCleanup(kvs.close)
        self.addCleanup(redis.close)
        for path in (kvs.socket("kvs.sock"), redis.path):
            run_cli("-s", path, "acl", "setuser", "reader", "on", ">pw", "~*", "+get")
            top = self.open(path, "--user", "reader", columns=120, env=environment(KVSCLI_AUTH="pw"))
            top.expect("NOPERM")
            for view in "3213":
                top.type(view)
                top.expect("not allowed: NOPERM")
                before = len(top.raw)
                top.wait_for(lambda: len(top.raw) > before, "another round")  # pylint: disable=cell-var-from-loop
            top.type("q")
            self.assertEqual(top.end(), (True, 0))
            log = run_cli("-s", path, "--csv", "acl", "log")[1].decode()
            self.assertEqual(sorted(re.findall(r'"object","([^"]*)"', log)), ["client|list", "info", "ping"])
            self.assertEqual(re.findall(r'"count",(\d+)', log), ["1"] * 3)

    def test_own_number_where_hello_does_not_tell_it(self):
        lines = b"id=7 name=me addr= db=0 age=1 idle=1 cmd=get user=x\n"

        def answer(words):
            if words[0] == b"CLIENT":
                return b":7\r\n" if words[1] == b"ID" else b"$%d\r\n%s\r\n" % (len(lines), lines)
            return b"$0\r\n\r\n"

        told = b"*4\r\n$5\r\nproto\r\n:2\r\n$2\r\nid\r\n:7\r\n"
        for hello, asks in ((b"-ERR unknown command 'HELLO'\r\n", True), (told, False), (b"-NOAUTH log in\r\n", False)):
            server = ScriptedServer(answer, unknown=(), hello=hello)
            self.addCleanup(server.close)
            top = self.open(server.path, columns=120)
            top.type("3")
            top.expect("get")
            top.type("k")
            top.expect("client 7 is this screen" if hello[:4] != b"-NOA" else "kill ")
            self.assertEqual([b"CLIENT", b"ID"] in server.commands, asks)

    def test_password_is_given_again_to_a_server_that_restarted(self):
        server = RedisServer("--requirepass", "secret")
        self.addCleanup(server.close)
        top = self.open(server.path, env=environment(KVSCLI_AUTH="secret"))
        top.wait_for_figure("Clients", 1, 1)
        server.stop()
        top.expect("not connected for")
        server.start()
        top.expect("connected again")
        top.wait_for_figure("Clients", 1, 1)
        top = self.open(server.path)
        top.expect("not allowed: NOAUTH")

    def test_door_for_readers(self):
        server = KvsServer("listen {folder}/read.sock mode=0600 access=read")
        self.addCleanup(server.close)
        top = self.open(server.socket("read.sock"))
        top.wait_for_figure("Clients", 1, 1)
        top.type("3")
        top.expect("not allowed: NOPERM")


EVIL = b"\x1b]0;evil\x07\x1b[2J\xff\xc3\xa4"


class HostileServersDoNoHarm(TopTest):
    def serve(self, info, clients=b"$-1\r\n"):
        def answer(words):
            command = b" ".join(words[:2]).upper()
            if command.startswith(b"INFO"):
                return info
            return {b"PING": b"+PONG\r\n", b"CLIENT ID": b":1\r\n", b"CLIENT LIST": clients}.get(
                command, b"-ERR what " + EVIL + b"\r\n")
        server = ScriptedServer(answer, unknown=())
        self.addCleanup(server.close)
        return server

    @staticmethod
    def bulk(text):
        return b"$%d\r\n%s\r\n" % (len(text), text)

    def test_names_are_made_printable(self):
        info = (b"# Server\r\nredis_version:" + EVIL + b"\r\n# Commandstats\r\ncmdstat_" + EVIL +
                b"x:calls=3,usec=9,usec_per_call=3\r\n# Sockets\r\nsocket0:path=" + EVIL + b",kind=own,access=" + EVIL +
                b"\r\n")
        clients = b"id=7 name=" + EVIL + b" pid=%d uid=0 db=0 age=1 idle=1 cmd=" % os.getpid() + EVIL + b" user=x\n"
        server = self.serve(self.bulk(info), self.bulk(clients))
        top = self.open(server.path, columns=120)
        top.expect("]0;evil")
        for key, words in (("2", "???x"), ("4", "]0;evil"), ("3", own_program()[:15]), ("k", "Kill client 7"),
                           ("y", "is not killed: ERR what ?]0;evil")):
            top.type(key)
            top.expect(words)
        self.assertIsNotNone(top.find(r"^ +7 +\d+ .*(\?\]0;evil\?)"))
        top.type("q")
        self.assertEqual(top.end(), (True, 0))
        for bad in (b"\x1b]0;", b"\x07", b"\xff"):
            self.assertNotIn(bad, top.raw)

    def test_numbers_that_are_none_and_replies_of_other_types(self):
        numbers = (b"nan", b"-1", b"1e308", b"", b"99999999999999999999999", b"x", b"inf")
        names = (b"connected_clients", b"used_memory", b"total_commands_processed", b"uptime_in_seconds", b"maxmemory",
                 b"keyspace_hits", b"keyspace_misses", b"used_cpu_sys", b"used_cpu_user", b"process_id")
        fields = b"id pid uid db age idle tot-mem".split()
        for number in numbers:
            info = b"".join(name + b":" + number + b"\n" for name in names)
            info += b"# Commandstats\ncmdstat_get:calls=%s,usec=%s\n# Keyspace\ndb0:keys=%s\n" % ((number,) * 3)
            line = b"id=5 name=five " + b" ".join(name + b"=" + number for name in fields[1:]) + b"\n"
            line += b" ".join(name + b"=" + number for name in fields) + b"\n\n=\n = =\nid\n"
            server = self.serve(self.bulk(info), self.bulk(line))
            top = self.open(server.path, columns=120)
            top.expect("get")
            top.type("3")
            top.expect("five")
            top.type("5q")
            self.assertEqual(top.end(), (True, 0), number)
        for reply in (b"*2\r\n:1\r\n*0\r\n", b":5\r\n", b"$-1\r\n", b"$0\r\n\r\n", b"+\r\n"):
            server = self.serve(reply, reply)
            top = self.open(server.path)
            top.wait_for(lambda: top.find(r"PING p99 +(\d\S+)"), "a latency")  # pylint: disable=cell-var-from-loop
            top.type("3")
            wait_until(lambda: [b"CLIENT", b"LIST"] in server.commands, "a question")  # pylint: disable=cell-var-from-loop
            top.type("q")
            self.assertEqual(top.end(), (True, 0), reply)

    def test_what_is_no_reply_ends_the_connection(self):
        server = self.serve(b"HTTP/1.1 400\r\n\r\n")
        top = self.open(server.path)
        top.expect("not connected for")

    def test_last_words_before_the_connection_is_closed(self):
        words = [b"-ERR max number of clients reached\r\n", None]
        server = ScriptedServer(lambda _: words, unknown=(), hello=words)
        self.addCleanup(server.close)
        top = self.open(server.path, columns=120)
        top.expect("The server refuses the connection: ERR max number of clients reached")

    def test_ten_thousand_clients(self):
        lines = b"".join(b"id=%d name=n%d age=1 idle=%d db=0 cmd=get user=default pid=%d uid=0 tot-mem=256\n" % (
            number, number, number % 977, os.getpid()) for number in range(1, 10001))
        server = self.serve(self.bulk(b"connected_clients:10000\n"), self.bulk(lines))
        top = self.open(server.path, columns=120)
        top.type("3")
        top.expect("10000 rows")
        top.type("/n9876\r")
        top.expect("1 row with")
        top.expect("9876")


if __name__ == "__main__":
    main()
