#!/usr/bin/env python3
"""Black-box tests of kvs-cli: how scripts use it.

URLs, time limits, files of commands, --eval, the options themselves, the exit status with what stands on which output,
and the file of preferences. That output has the bytes of redis-cli's is in test_cli.py.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import unittest

from harness import (CLI, DEADLINE, REDIS_CLI, KvsServer, RedisServer, ScriptedServer, environment, main, run, run_cli,
                     wait_until)
from terminal import Terminal


def asan():
    """Sanitizers make memory a bad measure."""
    with open(CLI, "rb") as file:
        return b"__asan_init" in file.read()


class Folder(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
        self.addCleanup(shutil.rmtree, self.folder)

    def write(self, name, content, mode=0o600):
        path = os.path.join(self.folder, name)
        with open(path, "wb") as file:
            file.write(content if isinstance(content, bytes) else content.encode())
        os.chmod(path, mode)
        return path


class WithServer(Folder):
    OPTIONS = ()

    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer(*cls.OPTIONS)
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        super().setUp()
        run(REDIS_CLI, "-s", self.server.path, "flushall")

    def cli(self, *arguments, **more):
        return run_cli("-s", self.server.path, *arguments, **more)

    def output(self, *arguments, **more):
        """Of a run in which nothing went wrong."""
        status, output, errors = self.cli(*arguments, **more)
        self.assertEqual((status, errors), (0, b""))
        return output


# CLIENT REPLY.

class CommandsWithoutRepliesAreNotWaitedFor(WithServer):
    OFF = b"client reply off\nset k 1\nincr k\n"

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.kvs = KvsServer()
        cls.addClassCleanup(cls.kvs.close)
        cls.paths = [cls.server.path, cls.kvs.socket("kvs.sock")]

    def test_as_the_only_command(self):
        for path in self.paths:
            for words in (("client", "reply", "off"), ("client", "reply", "skip"), ("-r", "3", "client", "reply", "skip")):
                self.assertEqual(run_cli("-s", path, *words), (0, b"", b""))

    def test_from_standard_input_and_on_again(self):
        for path in self.paths:
            data = self.OFF + b"nonsense\nclient reply on\nget k\nclient reply skip\nincr k\nget k\n"
            self.assertEqual(run_cli("-s", path, stdin=data), (0, b"OK\n2\n3\n", b""))
            self.assertEqual(run_cli("-s", path, stdin=self.OFF + b"reset\nget k\n"), (0, b"RESET\n2\n", b""))

    def test_all_of_them_are_executed_before_it_ends(self):
        for path in self.paths:
            self.assertEqual(run_cli("-s", path, stdin=self.OFF + b"incr k\n" * 20000), (0, b"", b""))
            self.assertEqual(run_cli("-s", path, "get", "k"), (0, b"20002\n", b""))

    def test_a_server_that_refuses_is_heard(self):
        run_cli("-s", self.server.path, "acl", "setuser", "mute", "on", "nopass", "~*", "+@all", "-client|reply")
        for data, count in ((b"client reply off\nping\n", 2), (b"client reply skip\nping\n", 2)):
            status, output, errors = run_cli("-s", self.server.path, "--user", "mute", stdin=data,
                                             env=environment(KVSCLI_AUTH="any"))
            self.assertEqual((status, errors), (0, b""))
            self.assertTrue(output.startswith(b"NOPERM"), output)
            self.assertTrue(output.endswith(b"\nPONG\n"), output)

    def test_a_connection_lost_meanwhile_is_told(self):
        def answer(words):
            return {b"CLIENT": b"+OK\r\n", b"client": b"", b"die": None}.get(words[0], b"")
        with ScriptedServer(answer) as server:
            status, output, errors = run_cli("-s", server.path, stdin=b"client reply off\ndie\n")
            self.assertEqual((status, output), (3, b""))
            self.assertIn(b"Server closed the connection", errors)

    def test_a_transaction_is_not_spoiled(self):
        status, output, errors = self.cli(stdin=b"multi\nclient reply off\nexec\n")
        self.assertEqual((status, output), (2, b"OK\n"))
        self.assertEqual(errors, b"kvs-cli: CLIENT REPLY was not sent: in a transaction it would spoil the reply to EXEC\n")

    def test_a_copy_of_all_data_is_no_reply(self):
        status, output, errors = self.cli("sync")
        self.assertEqual((status, output), (2, b""))
        self.assertIn(b"SYNC was not sent", errors)


# -u.

class UrlsNameServers(unittest.TestCase):
    """What a URL says is seen in what the server is asked."""

    @classmethod
    def setUpClass(cls):
        cls.server = ScriptedServer(lambda words: b"+OK\r\n")
        cls.odd = tempfile.mkdtemp(prefix="kvs-cli odd%&=@:")

    @classmethod
    def tearDownClass(cls):
        cls.server.close()
        shutil.rmtree(cls.odd)

    def asked(self, *arguments, **changes):
        """What the server is asked before PING, and standard error."""
        self.server.commands.clear()
        status, output, errors = run_cli(*arguments, "ping", env=environment(**changes))
        self.assertEqual((status, output), (0, b"OK\n"), errors)
        self.assertEqual(self.server.commands[-1], [b"ping"])
        return [b" ".join(words).decode() for words in self.server.commands[:-1]], errors

    def url(self, text, *arguments, **changes):
        return self.asked("--no-auth-warning", "-u", text.replace("PATH", self.server.path), *arguments, **changes)[0]

    def test_the_forms_that_applications_use(self):
        for text, wanted in {
                "unix:PATH": [],
                "unix://PATH": [],
                "UNIX://PATH": [],
                "redis+unix://PATH": [],
                "redis+socket://PATH": [],
                "redis-socket://PATH": [],
                "redis://PATH": [],
                "redis://alice:secret@PATH?db=2": ["AUTH alice secret", "SELECT 2"],
                "unix://localhostPATH": [],
                "unix://@PATH": [],
                "unix://:@PATH": [],
                "unix://PATH?": [],
                "unix://PATH?db=0": [],
                "unix://PATH?db=3": ["SELECT 3"],
                "unix://PATH?db=1&timeout=5s": ["SELECT 1"],
                "unix://PATH?database=0&weight=1&persistent=1": [],
                "redis://PATH?dbindex=4&read_timeout=2&lazy=1": ["SELECT 4"],
                "redis+socket://PATH?virtual_host=4": ["SELECT 4"],
                "redis-socket://PATH?database=5": ["SELECT 5"],
                "unix://:secret@PATH": ["AUTH secret"],
                "unix://carl@PATH": ["AUTH carl "],
                "unix://alice:secret@PATH": ["AUTH alice secret"],
                "unix://alice@PATH?password=secret": ["AUTH alice secret"],
                "unix://PATH?password=secret&db=2": ["AUTH secret", "SELECT 2"],
                "unix://PATH?username=alice&password=secret&&db=2&": ["AUTH alice secret", "SELECT 2"],
                "unix://a:b@PATH?user=c&pass=d": ["AUTH c d"],
                "unix://PATH?auth=x%26y%3d": ["AUTH x&y="],
                "redis+unix://al%40ice:p%2Fw%3a%20%25%C3%A9@PATH": ["AUTH al@ice p/w: %é"],
                "redis+unix://alice:a:b@c@PATH": ["AUTH alice a:b@c"]}.items():
            with self.subTest(url=text):
                self.assertEqual(self.url(text), wanted)

    def test_the_path_may_be_encoded(self):
        path = os.path.join(self.odd, "#?s")
        os.symlink(self.server.path, path)
        encoded = "".join(c if c.isalnum() or c == "/" else "%%%02x" % ord(c) for c in path)
        self.assertEqual(self.asked("-u", "unix://" + encoded)[0], [])

    def test_the_later_option_wins(self):
        other = "/nonexistent/s.sock"
        path = self.server.path
        self.assertEqual(self.asked("-s", other, "-u", "unix://" + path)[0], [])
        self.assertEqual(self.asked("-u", "unix://" + other, "-s", path)[0], [])
        self.assertEqual(self.url("unix://PATH?db=3", "-n", "4"), ["SELECT 4"])
        self.assertEqual(self.asked("-n", "4", "-u", "unix://%s?db=3" % path)[0], ["SELECT 3"])
        self.assertEqual(self.asked("-n", "4", "-u", "unix://" + path)[0], ["SELECT 4"])
        self.assertEqual(self.url("unix://a:b@PATH", "--user", "c", "-a", "d"), ["AUTH c d"])
        self.assertEqual(self.asked("--no-auth-warning", "--user", "c", "-a", "d", "-u", "unix://a:b@" + path)[0],
                         ["AUTH a b"])
        self.assertEqual(self.asked("--no-auth-warning", "--user", "c", "-u", "unix://:b@" + path)[0], ["AUTH c b"])
        self.assertEqual(self.url("unix://a:b@PATH?db=1", "-u", "unix://" + path), ["AUTH a b", "SELECT 1"])

    def test_it_comes_before_the_environment(self):
        self.assertEqual(self.url("unix://PATH", KVS_SOCKET="/nonexistent", KVSCLI_AUTH="env"), ["AUTH env"])
        self.assertEqual(self.url("unix://:url@PATH", KVSCLI_AUTH="env"), ["AUTH url"])
        self.assertEqual(self.url("unix://alice@PATH?pass=", KVSCLI_AUTH="env"), ["AUTH alice env"])
        self.assertEqual(self.url("unix://PATH?user=alice", KVSCLI_AUTH="env"), ["AUTH alice env"])

    def test_the_environment_may_hold_one(self):
        def asked(text, *arguments, **changes):
            return self.asked(*arguments, KVS_SOCKET=text.replace("PATH", self.server.path), **changes)[0]
        for text, arguments, changes, wanted in (
                ("unix://PATH", [], {}, []),
                ("unix:PATH?db=3", [], {}, ["SELECT 3"]),
                ("redis://alice:secret@PATH?db=3", [], {}, ["AUTH alice secret", "SELECT 3"]),
                ("unix://alice:secret@PATH?db=3", ["-n", "0"], {}, ["AUTH alice secret"]),
                ("unix://alice:secret@PATH", ["--no-auth-warning", "-a", "d"], {}, ["AUTH alice d"]),
                ("unix://alice:secret@PATH", ["--user", "bob"], {}, ["AUTH bob "]),
                ("unix://:secret@PATH", ["--user", "bob"], {"KVSCLI_AUTH": "env"}, ["AUTH bob env"]),
                ("unix://:secret@PATH", [], {"KVSCLI_AUTH": "env"}, ["AUTH secret"]),
                ("unix://alice@PATH", [], {"KVSCLI_AUTH": "env"}, ["AUTH alice env"]),
                ("unix://alice@PATH", [], {}, ["AUTH alice "]),
                ("unix://alice:secret@/nonexistent?db=3", ["-s", self.server.path], {}, []),
                ("unix://alice:secret@/nonexistent?db=3", ["-u", "unix://" + self.server.path], {}, [])):
            with self.subTest(text, arguments=arguments, **changes):
                self.assertEqual(asked(text, *arguments, **changes), wanted)

    def test_mistakes_in_the_environment_are_explained(self):
        for text, reason in (("redis://secret@localhost:6379/0", "only through a socket file"),
                             ("unix:///s.sock?prefix=secret", "unknown setting 'prefix'"),
                             ("http://secret/", "it has to begin with redis+unix://")):
            status, output, errors = run_cli("ping", env=environment(KVS_SOCKET=text))
            self.assertEqual((status, output, errors.count(b"\n")), (2, b"", 1))
            self.assertTrue(errors.startswith(b"kvs-cli: KVS_SOCKET: "), errors)
            self.assertIn(reason.encode(), errors)
            self.assertNotIn(b"secret", errors)
        errors = run_cli("ping", env=environment(KVS_SOCKET="unix://:secret@/nonexistent/s.sock"))[2]
        self.assertIn(b"The path is the one in the URL of KVS_SOCKET.", errors)
        self.assertNotIn(b"secret", errors)

    def test_mistakes_are_explained_without_the_url(self):
        for text, reason in {
                "redis://secret@localhost:6379/0": "only through a socket file",
                "redis:///0": "only through a socket file",
                "rediss://secret@localhost": "only through a socket file",
                "http://secret@host/": "it has to begin with redis+unix://",
                "secret": "it has to begin with redis+unix://",
                "": "the one that is given is empty",
                "/tmp/secret.sock": "a path alone is given with -s",
                "unix://": "no absolute path",
                "unix:///": "no absolute path",
                "unix:secret": "no absolute path",
                "unix://user:secret@": "no absolute path",
                "unix://:secret@?db=1": "no absolute path",
                "unix://secret/s.sock": "there is a host",
                "unix://a:secret@host/s.sock": "there is a host",
                "unix://a:sec/ret@/s.sock": "a / in a password is written %2F",
                "unix://a:secret%2@/s.sock": "two hexadecimal digits",
                "unix://a:secret%zz@/s.sock": "two hexadecimal digits",
                "unix://a:secret%00@/s.sock": "other than 00",
                "unix:///s%": "two hexadecimal digits",
                "unix:///s.sock#secret": "a # is written %23",
                "unix:///s.sock?db=": "whole number",
                "unix:///s.sock?db=-1": "whole number",
                "unix:///s.sock?db=1secret": "whole number",
                "unix:///s.sock?db=99999999999999999999": "whole number",
                "unix:///s.sock?db": "whole number",
                "unix:///s.sock?passwd=secret": "unknown setting 'passwd': after ? only db=N, user=NAME and password=",
                "unix:///s.sock?db=1&prefix=app:": "unknown setting 'prefix'",
                "unix:///s.sock?password=a&secret": "a & in a password is written %26",
                "unix:///s.sock?DB=1": "unknown setting 'DB'"}.items():
            with self.subTest(url=text):
                status, output, errors = run_cli("-u", text, "ping")
                self.assertEqual((status, output, errors.count(b"\n")), (2, b"", 1))
                self.assertRegex(errors, b"option -u(: | needs a value, URL, )")
                self.assertIn(reason.encode(), errors)
                self.assertNotIn(b"secret", errors)

    def test_its_password_is_warned_of_and_excludes_a_question(self):
        _, errors = self.asked("-u", "unix://:secret@" + self.server.path)
        self.assertTrue(errors.startswith(b"Warning: Using a password with '-u'"), errors)
        self.assertEqual(errors.count(b"\n"), 1)
        self.assertEqual(self.asked("-u", "unix://" + self.server.path)[1], b"")
        status, _, errors = run_cli("-u", "unix://:secret@/s", "--askpass", "ping")
        self.assertEqual(status, 2)
        self.assertIn(b"options -u and --askpass exclude each other", errors)

    def test_its_password_is_not_seen_in_ps(self):
        with ScriptedServer(lambda words: b"+OK\r\n" if words[0] == b"AUTH" else []) as server:
            for text in ("unix://alice:secret@%s", "redis+unix://%s?password=secret"):
                server.commands.clear()
                with subprocess.Popen([CLI, "--no-auth-warning", "-u", text % server.path, "wait-for-ever"],
                                      env=environment()) as process:
                    wait_until(lambda: [b"wait-for-ever"] in server.commands, "the command")
                    with open("/proc/%d/cmdline" % process.pid, "rb") as file:
                        line = file.read()
                    process.terminate()
                self.assertNotIn(b"secret", line)
                self.assertNotIn(b"alice", line)
                self.assertEqual(line.split(b"\0")[2:4], [b"-u", b"*"])

    def test_a_socket_that_is_not_there_is_said_to_come_from_it(self):
        status, output, errors = run_cli("-u", "unix:///nonexistent/s.sock", "ping")
        self.assertEqual((status, output), (3, b""))
        self.assertIn(b"/nonexistent/s.sock", errors)
        self.assertIn(b"-u", errors)


# -t.

class TimeLimitsAreKept(Folder):
    def setUp(self):
        super().setUp()
        self.path = os.path.join(self.folder, "s.sock")
        self.listener = socket.socket(socket.AF_UNIX)
        self.addCleanup(self.listener.close)
        self.listener.bind(self.path)

    def timed_out(self, *arguments, **more):
        status, output, errors = run_cli("-s", self.path, "-t", "0.1", *arguments, **more)
        self.assertEqual((status, output, errors.count(b"\n")), (3, b"", 1), errors)
        return errors

    def test_a_server_that_never_answers(self):
        self.listener.listen(5)
        self.assertIn(b"for the time that -t gives", self.timed_out("ping"))
        self.assertIn(b"for the time that -t gives", self.timed_out(stdin=b"ping\n"))

    def test_a_server_that_accepts_no_more_connections(self):
        self.listener.listen(0)
        with contextlib.ExitStack() as clients:
            with contextlib.suppress(BlockingIOError):
                while True:
                    client = clients.enter_context(socket.socket(socket.AF_UNIX))
                    client.setblocking(False)
                    client.connect(self.path)
            self.assertIn(self.path.encode(), self.timed_out("ping"))

    def test_a_server_that_reads_nothing(self):
        self.listener.listen(5)
        self.assertIn(b"for the time that -t gives", self.timed_out("-x", "set", "k", stdin=b"x" * (8 << 20)))

    def test_a_reply_that_stops_in_the_middle(self):
        with ScriptedServer(lambda words: [b"$10\r\nabc", b""]) as server:
            self.path = server.path
            self.timed_out("ping")

    def test_a_slow_reply_in_time_and_no_limit_at_all(self):
        with ScriptedServer(lambda words: [b"+O", b"K\r\n"]) as server:
            for limit in ("10", "0", "0.0", "1e3"):
                self.assertEqual(run_cli("-s", server.path, "-t", limit, "ping"), (0, b"OK\n", b""))

    def test_what_is_no_time(self):
        for text in ("-1", "x", "1s", "", "nan", "inf"):
            status, output, errors = run_cli("-t", text, "ping")
            self.assertEqual((status, output), (2, b""))
            self.assertIn(b"option -t needs a number of seconds", errors)


# -f and standard input.

class FilesOfCommandsAreRun(WithServer):
    SCRIPT = b"set k v\n# a comment\n   # \"another\n\n \t \nget k\r\n2 incr n\nget 'k'\r\nlrange l 0 -1\necho last"
    PRINTED = b"OK\nv\n1\n2\nv\n\nlast\n"

    def test_a_line_is_a_command_and_a_hash_begins_a_comment(self):
        path = self.write("commands", self.SCRIPT)
        for option in (["-f", path], ["--file", path], ["--file=" + path], ["-f", "/dev/stdin"], ["-f", "-"]):
            run(REDIS_CLI, "-s", self.server.path, "flushall")
            self.assertEqual(self.output(*option, stdin=self.SCRIPT), self.PRINTED, option)

    def test_a_hash_on_standard_input_is_a_command_as_for_redis_cli(self):
        script = b"# x\nping\n"
        wanted = run(REDIS_CLI, "-s", self.server.path, stdin=script)
        self.assertEqual(self.cli(stdin=script), wanted)
        self.assertIn(b"ERR unknown command", wanted[1])

    def test_binary_lines_arrive_whole(self):
        value = bytes(byte for byte in range(256) if byte not in b"\n\"'\\ \t\r\v\f")
        self.assertEqual(self.output("-f", self.write("f", b"set k " + value + b"\nget k\n")), b"OK\n" + value + b"\n")

    def test_a_hundred_megabytes_in_a_line_arrive_whole(self):
        size = 100 << 20
        path = self.write("f", b"set k " + b"x" * size + b"\nstrlen k\n")
        self.assertEqual(self.output("-f", path), b"OK\n%d\n" % size)

    @unittest.skipIf(asan(), "measures memory")
    def test_a_stream_is_run_as_it_comes_in_constant_memory(self):
        count = 20000
        with subprocess.Popen([CLI, "-s", self.server.path, "-f", "/dev/stdin"], stdin=subprocess.PIPE,
                              stdout=subprocess.PIPE, env=environment()) as process:
            process.stdin.write(b"ping\n")
            process.stdin.flush()
            self.assertEqual(process.stdout.readline(), b"PONG\n")
            before = self.resident(process)
            with subprocess.Popen(["sh", "-c", "yes 'set some-key a-value' | head -n %d" % count],
                                  stdout=process.stdin):
                for _ in range(count):
                    self.assertEqual(process.stdout.readline(), b"OK\n")
            after = self.resident(process)
            process.stdin.close()
            self.assertEqual(process.stdout.read(), b"")
        self.assertLess(after - before, 1024)

    @staticmethod
    def resident(process):
        """KiB."""
        with open("/proc/%d/status" % process.pid, encoding="ascii") as file:
            return int(re.search(r"VmRSS:\s+(\d+)", file.read()).group(1))

    def test_what_went_wrong_is_said_with_file_and_line(self):
        path = self.write("f", b"ping\nget\n# \"\necho \"open\nnonsense\nping\n")
        status, output, errors = self.cli("-e", "-f", path)
        self.assertEqual((status, output.count(b"PONG\n"), output.count(b"ERR ")), (1, 2, 2))
        self.assertEqual([line.split(b": ")[1:3] for line in errors.splitlines()],
                         [[b"%s, line %d" % (path.encode(), number), text] for number, text in
                          ((2, b"ERR wrong number of arguments for 'get' command"),
                           (4, b"a quote is not closed, or not followed by a blank"),
                           (5, b"ERR unknown command 'nonsense', with args beginning with"))])

    def test_without_e_errors_are_replies_like_others_but_bad_lines_are_still_said(self):
        path = self.write("f", b"get\necho 'open\nping\n")
        status, output, errors = self.cli("-f", path)
        self.assertEqual((status, output), (0, b"ERR wrong number of arguments for 'get' command\n\nPONG\n"))
        self.assertEqual(errors, b"kvs-cli: %s, line 2: a quote is not closed, or not followed by a blank\n"
                         % path.encode())

    def test_the_first_error_decides_the_status(self):
        for script, wanted in ((b"echo 'open\nget\n", 2), (b"get\necho 'open\n", 1), (b"get k\n", 0),
                               (b"eval \"return redis.error_reply('NOPERM x')\" 0\nget\n", 4),
                               (b"get\nquit\nping\n", 1)):
            self.assertEqual(self.cli("-e", "-f", self.write("f", script))[0], wanted, script)
            self.assertEqual(self.cli("-e", stdin=script)[0], wanted, script)

    def test_control_bytes_of_an_error_do_not_reach_the_message(self):
        with ScriptedServer(lambda words: b"-ERR \x1b[31mred\x07\n\r\n") as server:
            _, _, errors = run_cli("-s", server.path, "-e", stdin=b"x\n")
        self.assertEqual(errors, b"kvs-cli: standard input, line 1: ERR ?[31mred??\n")

    def test_a_lost_connection_says_how_far_it_came(self):
        with ScriptedServer(lambda words: None if words[0] == b"die" else b"+OK\r\n") as server:
            path = self.write("f", b"one\n# x\ndie\ntwo\n")
            self.assertEqual(run_cli("-s", server.path, "-f", path),
                             (3, b"OK\n", b"Error: Server closed the connection\nkvs-cli: %s: stopped at line 3\n"
                              % path.encode()))
            self.assertEqual(server.commands, [[b"one"], [b"die"]])

    def test_a_connection_lost_in_a_transaction_ends_the_run(self):
        # a new connection would run the rest of it as commands of their own
        with ScriptedServer(lambda words: [b"+OK\r\n", None]) as server:
            got = run_cli("-s", server.path, "-i", "0.05", stdin=b"multi\nset k v\nexec\n")
            self.assertEqual(got, (3, b"OK\n", b"Error: Server closed the connection\n"
                               b"The transaction is lost; the command was not sent\n"))
            self.assertNotIn([b"exec"], server.commands)
            self.assertEqual(run_cli("-s", server.path, "-i", "0.05", stdin=b"a\nb\n"), (0, b"OK\nOK\n", b""))

    def test_repeating_a_file(self):
        path = self.write("f", b"incr n\n# x\necho x\n")
        self.assertEqual(self.output("-r", "2", "-f", path), b"1\nx\n2\nx\n")
        self.assertEqual(self.output("-r", "0", "-f", path), b"")
        with open(path, "rb") as file:
            done = subprocess.run([CLI, "-s", self.server.path, "-r", "2", "-f", "-"], stdin=file, capture_output=True,
                                  env=environment(), timeout=DEADLINE, check=False)
        self.assertEqual((done.returncode, done.stdout), (0, b"3\nx\n4\nx\n"))
        with subprocess.Popen([CLI, "-s", self.server.path, "-r", "-1", "-i", "0.001", "-f", path],
                              stdout=subprocess.PIPE, env=environment()) as process:
            self.assertEqual([process.stdout.readline() for _ in range(5)], [b"5\n", b"x\n", b"6\n", b"x\n", b"7\n"])
            process.terminate()
            process.stdout.read()

    def test_repeating_what_can_be_read_only_once(self):
        status, output, errors = self.cli("-r", "2", "-f", "-", stdin=b"ping\n")
        self.assertEqual((status, output), (2, b""))
        self.assertEqual(errors, b"kvs-cli: option -r: standard input can be read only once\n")

    def test_files_that_cannot_be_read(self):
        for path, reason in ((self.folder + "/none", b"No such file"), (self.folder, b"Is a directory")):
            status, output, errors = self.cli("-f", path)
            self.assertEqual((status, output, errors.count(b"\n")), (5, b"", 1))
            self.assertIn(path.encode(), errors)
            self.assertIn(reason, errors)

    def test_a_file_takes_the_place_of_a_command(self):
        path = self.write("f", b"ping\n")
        for words in (["-f", path, "ping"], ["-f", path, "--scan"], ["-f", path, "--eval", path]):
            status, output, errors = self.cli(*words)
            self.assertEqual((status, output), (2, b""))
            self.assertIn(b"option -f takes the place of a command", errors)

    def test_a_pause_lies_between_lines(self):
        # the second reply can't come while the first pause lasts
        with subprocess.Popen([CLI, "-s", self.server.path, "-i", "1000", "-f", self.write("f", b"ping\nincr n\n")],
                              stdout=subprocess.PIPE, env=environment()) as process:
            self.assertEqual(process.stdout.readline(), b"PONG\n")
            self.assertEqual(self.output("exists", "n"), b"0\n")
            process.kill()
            self.assertEqual(process.stdout.read(), b"")


# --eval.

class EvalRunsScripts(WithServer):
    ECHO = "return {#KEYS, KEYS, ARGV}"

    def both(self, *arguments, **more):
        wanted = run(REDIS_CLI, "-s", self.server.path, *arguments, **more)
        run(REDIS_CLI, "-s", self.server.path, "flushall")
        got = self.cli(*arguments, **more)
        self.assertEqual(got, wanted)
        return got

    def test_a_comma_stands_between_keys_and_arguments(self):
        path = self.write("s.lua", self.ECHO)
        for words in ([], [","], ["a"], ["a", "b"], ["a", ","], [",", "c"], ["a", "b", ",", "c", "d"],
                      ["a", ",", ",", "d"], ["a,", "b", ",c"], ["a,b"], ["", ",", ""]):
            for options in ([], ["--no-raw"], ["--csv"], ["--json"], ["-3", "--no-raw"]):
                with self.subTest(words=words, options=options):
                    self.both(*options, "--eval", path, *words)
        self.assertEqual(self.output("--csv", "--eval", path, "a", "b", ",", "c"), b'2,"a","b","c"\n')

    def test_scripts_of_every_kind(self):
        for script in (b"", b"return", b"return 1", b"#!lua\nreturn redis.call('ping')\n", b"return 'a\\0b\xff'",
                       b"#!lua flags=no-writes\nreturn redis.call('set','k','v')", b"#!nonsense\nreturn 1",
                       b"syntax error", b"return redis.error_reply('MY error')", b"return redis.call('nothing')",
                       b"return {1,{2,{}},false,'x',{ok='fine'}}", b"--" + b"x" * 100000 + b"\nreturn 2"):
            for options in ([], ["--no-raw"]):
                with self.subTest(script=script[:60], options=options):
                    self.both(*options, "--eval", self.write("s.lua", script))

    def test_the_script_may_come_from_standard_input(self):
        for name in ("-", "/dev/stdin"):
            self.assertEqual(self.output("--csv", "--eval", name, "k", ",", "a", stdin=self.ECHO.encode()),
                             b'1,"k","a"\n')
        self.assertEqual(self.output("--csv", "--eval=-", "k", stdin=self.ECHO.encode()), b'1,"k",\n')

    def test_a_word_may_come_from_standard_input(self):
        path = self.write("s.lua", self.ECHO)
        self.assertEqual(self.output("--csv", "-x", "--eval", path, "k", ",", "a", stdin=b"in\0put"),
                         b'1,"k","a","in\\x00put"\n')
        self.assertEqual(self.output("--csv", "-X", "T", "--eval", path, "T", ",", "T", stdin=b","), b'1,",","T"\n')
        self.assertEqual(self.output("--csv", "-x", "--eval", path, stdin=b"key"), b'1,"key",\n')
        for option in (["-x"], ["-X", "T"]):
            status, output, errors = self.cli(*option, "--eval", "-", "T", stdin=b"return 1")
            self.assertEqual((status, output), (2, b""))
            self.assertIn(b"--eval - reads the script from standard input", errors)
        status, _, errors = self.cli("-X", "T", "--eval", path, "k")
        self.assertEqual(status, 2)
        self.assertIn(b"no argument of the command is 'T'", errors)

    def test_words_may_be_quoted(self):
        path = self.write("s.lua", self.ECHO)
        self.assertEqual(self.output("--csv", "--quoted-input", "--eval", path, '"a\\x01"', '","', ",", "'b'"),
                         b'2,"a\\x01",",","b"\n')

    def test_it_repeats_and_its_errors_count_with_e(self):
        path = self.write("s.lua", "return redis.call('incr', KEYS[1])")
        self.assertEqual(self.both("-r", "3", "--eval", path, "n")[1], b"1\n2\n3\n")
        self.both("-e", "-r", "3", "--eval", self.write("e.lua", "return redis.error_reply('MY error')"))
        self.assertEqual(self.cli("-e", "--eval", self.write("e.lua", "return redis.error_reply('NOPERM x')")),
                         (4, b"", b"NOPERM x\n"))

    def test_files_that_cannot_be_read(self):
        for path, reason in ((self.folder + "/none", b"No such file"), (self.folder, b"Is a directory")):
            status, output, errors = self.cli("--eval", path, "k")
            self.assertEqual((status, output, errors.count(b"\n")), (5, b"", 1))
            self.assertIn(path.encode(), errors)
            self.assertIn(reason, errors)

    def test_a_server_without_scripts_says_so(self):
        server = KvsServer('rename-command EVAL ""')
        try:
            status, output, errors = run_cli("-s", server.socket("kvs.sock"), "-e", "--eval",
                                             self.write("s.lua", "return 1"))
            self.assertEqual((status, output, errors.count(b"\n")), (1, b"", 1))
            self.assertIn(b"ERR unknown command 'EVAL'", errors)
        finally:
            server.close()

    def test_kvs_server_runs_them_and_says_in_which_line_they_fail(self):
        server = KvsServer()
        try:
            script = self.write("s.lua", "local n = redis.call('incrby', KEYS[1], ARGV[1])\nreturn n + nil")
            status, output, errors = run_cli("-s", server.socket("kvs.sock"), "-e", "--eval", script, "k", ",", "5")
            self.assertEqual((status, output), (1, b""))
            self.assertIn(b"user_script:2: attempt to perform arithmetic on a nil value", errors)
            self.assertEqual(run_cli("-s", server.socket("kvs.sock"), "get", "k")[1], b"5\n")
        finally:
            server.close()


class LongScripts:
    """--eval of a script that doesn't end by itself; for each server. What redis-cli does is the measure."""
    FOREVER = "local n = 0\nwhile true do\n  n = n + 1 end\n"
    KILLED = re.compile(rb"ERR Script killed by user with SCRIPT KILL\.+ script: [0-9a-f]{40}, on @user_script:[23]\.\n\n?")

    def setUp(self):
        super().setUp()
        self.script = self.write("s.lua", self.FOREVER)
        self.addCleanup(run, REDIS_CLI, "-s", self.path(), "script", "kill")

    def is_busy(self):
        return run(REDIS_CLI, "-s", self.path(), "ping")[1].startswith(b"BUSY ")

    def await_end(self):
        """The script has a moment to notice that it was killed."""
        wait_until(lambda: not self.is_busy(), "the script's end")

    def begin(self, program, *options):
        """A program that runs the script, once the server says so. A shell in the background would have it ignore ^C."""
        process = subprocess.Popen([program, "-s", self.path(), *options, "--eval", self.script, "k", ",", "a"],
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=environment(),
                                   preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL))
        self.addCleanup(process.communicate)
        self.addCleanup(process.kill)
        wait_until(self.is_busy, "a server that is busy")
        return process

    def end(self, process):
        output, errors = process.communicate(timeout=DEADLINE)
        return process.returncode, output, errors

    def test_when_it_is_killed_the_error_names_its_line(self):
        for options, status in (((), 0), (("--no-raw",), 0), (("-e",), 1)):
            with self.subTest(options=options):
                ends = []
                for program in (REDIS_CLI, CLI):
                    process = self.begin(program, *options)
                    self.assertEqual(run_cli("-s", self.path(), "script", "kill"), (0, b"OK\n", b""))
                    ends.append(self.end(process))
                    self.await_end()
                (wanted, *_), (got, output, errors) = ends
                self.assertEqual((got, got), (status, wanted))
                self.assertRegex((output + errors).replace(b"(error) ", b""), self.KILLED)
                self.assertEqual([text == b"" for text in ends[0][1:]], [text == b"" for text in ends[1][1:]])

    def test_others_are_told_that_the_server_is_busy(self):
        self.begin(CLI)
        other = self.write("other.lua", "return 1")
        for words in (["get", "k"], ["--eval", other, "k"], ["-e", "--eval", other], ["--no-raw", "fcall", "f", "0"]):
            with self.subTest(words=words):
                wanted = run(REDIS_CLI, "-s", self.path(), *words)
                self.assertEqual(run_cli("-s", self.path(), *words), wanted)
                self.assertIn(b"BUSY ", wanted[1] + wanted[2])

    def test_control_c_ends_the_program_and_not_the_script(self):
        for program in (REDIS_CLI, CLI):
            with self.subTest(program=program):
                process = self.begin(program)
                process.send_signal(signal.SIGINT)
                self.assertEqual(self.end(process), (-signal.SIGINT, b"", b""))
                self.assertTrue(self.is_busy())
                self.assertEqual(run_cli("-s", self.path(), "script", "kill")[1], b"OK\n")
                self.await_end()

    def test_an_error_in_a_later_line_names_it(self):
        for body, line in (("\n\nredis.call('nothing')", 3), ("local t\n\n\nreturn t.x", 4), ("\nreturn redis.call('get')", 2)):
            path = self.write("e.lua", body)
            wanted, got = (run(program, "-s", self.path(), "--no-raw", "--eval", path) for program in (REDIS_CLI, CLI))
            self.assertEqual(got, wanted)
            self.assertIn(b"user_script:%d" % line, got[1])


class LongScriptsOnRedis(LongScripts, Folder):
    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer("--busy-reply-threshold", "20")
        cls.addClassCleanup(cls.server.close)

    def path(self):
        return self.server.path


class LongScriptsOnKvs(LongScripts, Folder):
    @classmethod
    def setUpClass(cls):
        cls.server = KvsServer("busy-reply-threshold 20")
        cls.addClassCleanup(cls.server.close)

    def path(self):
        return self.server.socket("kvs.sock")

    def test_at_a_terminal_control_c_ends_it_too(self):
        with Terminal("-s", self.path(), "--eval", self.script) as terminal:
            wait_until(self.is_busy, "a server that is busy")
            terminal.type("\x03")
            self.assertNotEqual(terminal.wait(), 0)
        self.assertTrue(self.is_busy())
        with Terminal("-s", self.path(), "--eval", self.script) as terminal:
            terminal.expect("(error) BUSY ")
            terminal.expect("end it with SCRIPT KILL")


# Options.

class OptionsAreRead(WithServer):
    def refused(self, text, *arguments, **more):
        status, output, errors = run_cli(*arguments, **more)
        self.assertEqual((status, output, errors.count(b"\n")), (2, b"", 1), errors)
        self.assertIn(text.encode(), errors)
        return errors

    def test_long_options_take_their_value_after_an_equals_sign(self):
        self.assertEqual(self.output("--color=never", "--show-pushes=no", "ping"), b"PONG\n")
        self.assertEqual(self.output("--no-auth-warning", "ping"), b"PONG\n")
        self.refused("option --color needs auto, always or never, not ''", "--color=", "ping")
        self.refused("option --raw takes no value", "--raw=yes", "ping")
        self.refused("option -s stands by itself", "-s=x", "ping")

    def test_what_stands_in_the_place_of_a_path_by_mistake_is_named(self):
        for option, value in (("-s", "PATH"), ("-f", "FILE"), ("--file", "FILE"), ("--eval", "FILE"),
                              ("--copy-from", "SOCKET"), ("-u", "URL")):
            needs = "option %s needs a value, %s, but " % (option, value)
            self.refused(needs + "the one that is given is empty (", option, "", "ping")
            ending = " (" if option == "-u" else "; a file of that name is written ./-n ("
            self.refused(needs + "the option -n follows" + ending, option, "-n", "3", "ping")
            self.refused(needs + "the option --user follows", option, "--user=secret", "ping")
            if option != "-u":
                self.refused(needs + "what follows begins with - as options do", option, "-asecret", "ping")
        self.refused("option --copy-from needs a value, SOCKET, but the one that is given is empty", "--copy-from=")
        self.refused("option --user needs a value, NAME, but the option -a follows (", "--user", "-a", "secret", "ping")
        self.refused("option -s takes a path, not a URL, which is given with -u", "-s", "unix://:secret@/s", "ping")
        self.refused("option --copy-from takes a path, not a URL; KVSCLI_SOURCE_USER and", "--copy-from", "redis://secret/")

    def test_a_file_may_begin_with_a_dash_after_its_folder(self):
        self.write("-n", "ping\n")
        self.assertEqual(self.cli("-f", "./-n", cwd=self.folder), (0, b"PONG\n", b""))
        self.assertEqual(self.cli("-f", "-", stdin=b"ping\n"), (0, b"PONG\n", b""))

    def test_a_password_after_an_equals_sign_is_hidden_too(self):
        with ScriptedServer(lambda words: b"+OK\r\n" if words[0] == b"AUTH" else []) as server:
            with subprocess.Popen([CLI, "-s", server.path, "--no-auth-warning", "--pass=secret", "wait-for-ever"],
                                  env=environment()) as process:
                wait_until(lambda: [b"wait-for-ever"] in server.commands, "the command")
                with open("/proc/%d/cmdline" % process.pid, "rb") as file:
                    line = file.read()
                process.terminate()
        self.assertIn(b"\0--pass=*\0", line)
        self.assertNotIn(b"secret", line)

    def test_the_nearest_name_is_offered(self):
        for word, name in (("--jsn", "--json"), ("--JSON", "--json"), ("-json", "--json"),
                           ("--bigkey", "--bigkeys"), ("--colour=never", "--color"),
                           ("--qouted-input", "--quoted-input"), ("--cvs", "--csv"), ("--aksepass", "--askpass"),
                           ("--evla", "--eval")):
            self.refused("unknown option '%s'; did you mean %s? (" % (word.split("=")[0], name), word, "ping")
        self.refused("option -r stands by itself, and its value is the next word; did you mean --raw?", "-raw", "ping")
        self.refused("option -n stands by itself, and its value is the next word (", "-n5", "ping")
        for word in ("-z", "--", "-", "--nothing-like-it", "--" + "x" * 5000):
            self.assertNotIn(b"did you mean", self.refused("unknown option '%s'" % word, word, "ping"))

    def test_no_password_is_repeated(self):
        for word in ("-asecret", "--pas=secret", "--passw=secret", "-usecret"):
            self.assertNotIn(b"secret", self.refused("option", word, "ping"))

    def test_options_end_at_the_command(self):
        self.assertEqual(self.output("echo", "--raw"), b"--raw\n")
        self.assertEqual(self.output("echo", "-n"), b"-n\n")

    def test_negative_and_broken_numbers(self):
        self.refused("option -r needs a whole number", "-r", "1.5", "ping")
        self.refused("option -r needs a whole number", "-r", "99999999999999999999", "ping")
        self.refused("option -i needs a number of seconds", "-i", "-1", "ping")
        self.refused("option -i needs a number of seconds", "-i", "1,5", "ping")
        self.assertEqual(self.output("-r", "3", "-i", "0.001", "incr", "n"), b"1\n2\n3\n")
        self.assertEqual(self.output("-i", "1e-3", "-r", "2", "ping"), b"PONG\nPONG\n")

    def test_delimiters_are_taken_as_they_are(self):
        self.output("rpush", "l", "a", "b")
        for delimiter in ("\\n", "\\x00", "%s", "a\tb", ""):
            for option in ("-d", "-D"):
                arguments = ["-s", self.server.path, option, delimiter, "lrange", "l", "0", "-1"]
                self.assertEqual(run_cli(*arguments), run(REDIS_CLI, *arguments))

    def test_verbatim_adds_nothing(self):
        value = bytes(range(256))
        self.output("-x", "set", "k", stdin=value)
        self.assertEqual(self.output("--verbatim", "get", "k"), value)
        self.assertEqual(self.output("--verbatim", "get", "none"), b"")

    def test_standard_input_as_an_argument(self):
        for value in (b"", b"\n", b"a\0b\r\n"):
            for options in (["-x", "set", "k"], ["-X", "T", "set", "k", "T"], ["-X", "T", "set", "k", "T", "keepttl"]):
                wanted = run(REDIS_CLI, "-s", self.server.path, *options, stdin=value)
                self.assertEqual(self.cli(*options, stdin=value), wanted)
                self.assertEqual(self.output("--verbatim", "get", "k"), value)
        # the first of several, and the command itself
        self.assertEqual(self.output("-X", "T", "mset", "T", "1", "x", "T", stdin=b"y"), b"OK\n")
        self.assertEqual(self.output("mget", "y", "x"), b"1\nT\n")
        self.assertEqual(self.output("-X", "T", "T", stdin=b"ping"), b"PONG\n")
        self.assertEqual(self.output("-x", "-r", "2", "append", "k2", stdin=b"ab"), b"2\n4\n")

    def test_standard_input_that_is_closed_is_trouble_of_this_side(self):
        done = subprocess.run(["sh", "-c", '"$0" -s "$1" -x set k <&-', CLI, self.server.path], capture_output=True,
                              env=environment(), timeout=DEADLINE, check=False)
        self.assertEqual((done.returncode, done.stdout), (5, b""))
        self.assertIn(b"cannot read standard input", done.stderr)


# Exit status and outputs.

class NothingButRepliesIsOnStandardOutput(WithServer):
    OPTIONS = ("--requirepass", "secret", "--user", "reader", "on", ">pw", "~*", "+get", "+ping")

    def setUp(self):
        Folder.setUp(self)

    def status(self, wanted, *arguments, env=None, **more):
        """Nothing on standard output, and one line on standard error: that line."""
        status, output, errors = self.cli(*arguments, env=environment(**env) if env else None, **more)
        self.assertEqual((status, output, errors.count(b"\n")), (wanted, b"", 1), (arguments, errors))
        return errors

    def test_done_is_0(self):
        self.assertEqual(self.cli("-e", "ping", env=environment(KVSCLI_AUTH="secret")), (0, b"PONG\n", b""))

    def test_error_replies_are_1_with_e(self):
        self.status(1, "-e", "get", env={"KVSCLI_AUTH": "secret"})

    def test_mistakes_of_the_command_line_are_2(self):
        self.status(2, "--nonsense", "ping")

    def test_no_server_is_3(self):
        for words in (["ping"], ["-f", "/dev/null"], ["--eval", "/dev/null"]):
            status, output, errors = run_cli("-s", self.folder + "/none", *words)
            self.assertEqual((status, output), (3, b""))
            self.assertIn(b"no such socket file", errors)

    def test_refusals_are_4_with_e(self):
        self.assertTrue(self.status(4, "-e", "ping").startswith(b"NOAUTH"))
        reader = {"KVSCLI_AUTH": "pw"}
        self.assertTrue(self.status(4, "-e", "--user", "reader", "set", "k", "v", env=reader).startswith(b"NOPERM"))
        self.assertTrue(self.status(4, "-e", "auth", "nobody", "x").startswith(b"WRONGPASS"))
        self.assertTrue(self.status(4, "-3", "ping").startswith(b"HELLO 3 failed: NOAUTH"))
        self.assertTrue(self.status(4, "-n", "1", "--user", "reader", "ping", env=reader)
                        .startswith(b"SELECT 1 failed: NOPERM"))

    def test_control_bytes_of_an_error_do_not_reach_a_terminal(self):
        with ScriptedServer(lambda words: b"-ERR \x1b[31mred\r\n") as server:
            for words, shown in ((["-e", "x"], "ERR \\x1b[31mred"), (["-n", "1", "x"], "SELECT 1 failed: ERR \\x1b[31mred"),
                                 (["--no-auth-warning", "-a", "x", "--csv", "x"], "AUTH failed: ERR \\x1b[31mred")):
                with Terminal("-s", server.path, *words) as terminal:
                    self.assertNotIn(b"\x1b[31m", terminal.expect(shown))
            self.assertEqual(run_cli("-s", server.path, "-e", "x"), (1, b"", b"ERR \x1b[31mred\n"))

    def test_a_password_that_is_refused_is_said_on_standard_error(self):
        status, output, errors = self.cli("-e", "ping", env=environment(KVSCLI_AUTH="wrong"))
        self.assertEqual((status, output), (4, b""))
        self.assertEqual([line.split(b" ")[0] for line in errors.splitlines()], [b"AUTH"])
        self.assertNotIn(b"wrong", errors.replace(b"WRONGPASS", b""))

    def test_trouble_of_this_side_is_5(self):
        self.status(5, "-f", self.folder)
        self.status(5, "--eval", self.folder)
        with open(self.folder + "/write-only", "wb") as file:
            status, output, errors = self.cli_from(file, "-x", "echo")
            self.assertEqual((status, output), (5, b""))
            self.assertIn(b"cannot read standard input", errors)

    def cli_from(self, file, *arguments):
        done = subprocess.run([CLI, "-s", self.server.path, *arguments], stdin=file, capture_output=True,
                              env=environment(), timeout=DEADLINE, check=False)
        return done.returncode, done.stdout, done.stderr

    def every_way_of_printing(self):
        big = self.write("many", b"ping " + b"x" * 10000 + b"\n")
        return (["ping"], ["--raw", "-r", "3", "ping"], ["--json", "ping"], ["-f", big], ["--help"], ["--version"],
                ["--eval", self.write("s.lua", "return 1")], ["--who"], ["-f", self.write("help", b"clear\n")],
                ["-f", self.write("clear", b"help\n")], ["-f", self.write("unknown", b":x\n")])

    def test_a_full_disk_is_said_in_every_way_of_printing(self):
        for words in self.every_way_of_printing():
            with open("/dev/full", "wb") as full:
                done = subprocess.run([CLI, "-s", self.server.path, *words], stdout=full, stderr=subprocess.PIPE,
                                      stdin=subprocess.DEVNULL, env=environment(KVSCLI_AUTH="secret"),
                                      timeout=DEADLINE, check=False)
            self.assertEqual((done.returncode, done.stderr),
                             (5, b"kvs-cli: cannot write to standard output: No space left on device\n"), words)

    def with_closed(self, closed, words, **more):
        """kvs-cli with these of its standard files closed."""
        return subprocess.run(["sh", "-c", 'exec "$@" ' + closed, "sh", CLI, "-s", self.server.path, *words],
                              capture_output=True, env=environment(KVSCLI_AUTH="secret"), timeout=DEADLINE,
                              check=False, **more)

    def test_a_closed_standard_output_is_said_in_every_way_of_printing(self):
        for words in self.every_way_of_printing():
            done = self.with_closed(">&-", words)
            self.assertEqual((done.returncode, done.stderr),
                             (5, b"kvs-cli: cannot write to standard output: Bad file descriptor\n"), words)

    def test_what_a_server_says_never_goes_back_to_it(self):
        with ScriptedServer(lambda words: b"$13\r\nSET pwned yes\r\n") as server:
            for closed in ("<&-", ">&-", "2>&-", "<&- >&-", "<&- 2>&-", ">&- 2>&-", "<&- >&- 2>&-"):
                for words in (["get", "k"], ["-e", "get", "k"], ["--csv", "get", "k"]):
                    server.commands.clear()
                    done = subprocess.run(["sh", "-c", 'exec "$@" ' + closed, "sh", CLI, "-s", server.path, *words],
                                          capture_output=True, env=environment(), timeout=DEADLINE, check=False)
                    self.assertEqual(done.returncode, 5 if ">&-" in closed.split() else 0, closed)
                    self.assertEqual(server.commands, [[b"get", b"k"]], closed)

    def test_commands_from_a_closed_standard_input_are_none(self):
        for words in ([], ["-f", "-"], ["--pipe"], ["--eval", "-"]):
            done = self.with_closed("<&-", words)
            self.assertEqual((done.returncode, done.stdout), (5, b""), words)
            self.assertIn(b"Bad file descriptor", done.stderr, words)

    def test_a_closed_pipe_ends_every_way_of_printing_quietly(self):
        for words in self.every_way_of_printing():
            reader, writer = os.pipe()
            os.close(reader)
            with open(writer, "wb") as closed:
                done = subprocess.run([CLI, "-s", self.server.path, *words], stdout=closed, stderr=subprocess.PIPE,
                                      stdin=subprocess.DEVNULL, env=environment(KVSCLI_AUTH="secret"),
                                      timeout=DEADLINE, check=False)
            self.assertEqual((done.returncode, done.stderr), (-signal.SIGPIPE, b""), words)

    def test_a_long_reply_to_a_reader_that_leaves_ends_quietly(self):
        env = environment(KVSCLI_AUTH="secret")
        self.assertEqual(self.cli("-x", "set", "big", stdin=b"line\n" * 1000000, env=env)[0], 0)
        with subprocess.Popen([CLI, "-s", self.server.path, "get", "big"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=env) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual((process.wait(DEADLINE), process.stderr.read()), (-signal.SIGPIPE, b""))


# cli.conf.

class PreferencesAreRead(Folder):
    @classmethod
    def setUpClass(cls):
        cls.server = ScriptedServer(lambda words: b"*2\r\n$1\r\na\r\n$1\r\nb\r\n")
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        super().setUp()
        self.server.commands.clear()

    def prefer(self, text, mode=0o600, name="cli.conf"):
        return self.write(name, text, mode)

    def run_with(self, text, *arguments, words=("x",), **changes):
        """Status, standard output and error of a run with that file and the server as the default."""
        path = self.prefer(text)
        env = environment(KVSCLI_CONFIG=path, **{"KVS_SOCKET": self.server.path, **changes})
        status, output, errors = run_cli(*arguments, *words, env=env)
        return status, output, errors.replace(path.encode(), b"FILE")

    def asked(self):
        return [b" ".join(words).decode() for words in self.server.commands]

    def test_where_the_file_is_looked_for(self):
        home, xdg = os.path.join(self.folder, "home"), os.path.join(self.folder, "xdg")
        for folder, name in ((home + "/.config/kvs", "home"), (xdg + "/kvs", "xdg")):
            os.makedirs(folder)
            with open(folder + "/cli.conf", "w", encoding="ascii") as file:
                file.write("socket /nonexistent/%s\n" % name)
        given = self.prefer("socket /nonexistent/given\n")
        for wanted, changes in (("given", {"HOME": home, "XDG_CONFIG_HOME": xdg, "KVSCLI_CONFIG": given}),
                                ("xdg", {"HOME": home, "XDG_CONFIG_HOME": xdg, "KVSCLI_CONFIG": ""}),
                                ("home", {"HOME": home}), ("home", {"HOME": home, "XDG_CONFIG_HOME": "relative"})):
            status, output, errors = run_cli("ping", env=environment(**changes))
            self.assertEqual((status, output), (3, b""))
            self.assertIn(b"/nonexistent/%s" % wanted.encode(), errors)
            self.assertIn(b"cli.conf", errors)
        for changes in ({"HOME": home, "KVSCLI_CONFIG": "/dev/null"}, {"HOME": self.folder}):
            errors = run_cli("ping", env=environment(XDG_RUNTIME_DIR=self.folder, **changes))[2]
            self.assertNotIn(b"/nonexistent", errors)
            self.assertNotIn(b"preferences", errors)

    def test_the_home_folder_may_be_written_as_a_tilde(self):
        os.symlink(self.server.path, self.folder + "/s.sock")
        self.assertEqual(self.run_with("socket ~/s.sock\n", HOME=self.folder, KVS_SOCKET=None), (0, b"a\nb\n", b""))

    def test_the_command_line_and_the_environment_come_first(self):
        other = "socket /nonexistent/s.sock\n"
        self.assertEqual(self.run_with(other), (0, b"a\nb\n", b""))
        self.assertEqual(self.run_with(other, "-s", self.server.path, KVS_SOCKET=None), (0, b"a\nb\n", b""))
        self.assertEqual(self.run_with(other, "-u", "unix://" + self.server.path, KVS_SOCKET=None), (0, b"a\nb\n", b""))
        self.assertEqual(self.run_with(other, KVS_SOCKET=None, XDG_RUNTIME_DIR=self.folder)[0], 3)
        self.assertEqual(self.run_with("socket %s\n" % self.server.path, KVS_SOCKET=None), (0, b"a\nb\n", b""))

    def test_the_user_logs_in_without_a_password_with_an_empty_one(self):
        self.assertEqual(self.run_with("user alice\n"), (0, b"a\nb\n", b""))
        self.run_with("user alice\n", KVSCLI_AUTH="pw")
        self.run_with("user alice\n", "--user", "bob", KVSCLI_AUTH="pw")
        self.run_with("user alice\n", "--user", "bob")
        self.assertEqual(self.asked(), ["AUTH alice ", "x", "AUTH alice pw", "x", "AUTH bob pw", "x", "AUTH bob ", "x"])

    def test_the_user_is_whom_a_password_is_asked_of(self):
        path = self.prefer("user alice\n")
        with Terminal("-s", self.server.path, "--askpass", "x", env=environment(KVSCLI_CONFIG=path)) as terminal:
            terminal.expect("Password of alice: ")
            terminal.enter("pw")
            self.assertEqual(terminal.wait(), 0)
        self.assertEqual(self.asked(), ["AUTH alice pw", "x"])

    def test_scripts_print_as_ever(self):
        text = "format json\ncolor always\npager yes\nprotocol 3\nhints no\nquestions no\n"
        self.assertEqual(self.run_with(text), (0, b"a\nb\n", b""))
        self.assertEqual(self.asked(), ["x"])

    def test_a_terminal_prints_as_preferred(self):
        for text, arguments, wanted in (
                ("format json", [], b'["a","b"]\n'), ("format csv", [], b'"a","b"\n'), ("format raw", [], b"a\nb\n"),
                ("format human", [], b'1) "a"\n2) "b"\n'), ("format verbatim", [], b"ab"),
                ("format quoted-json", [], b'["a","b"]\n'),
                ("format json", ["--csv"], b'"a","b"\n'), ("format json", ["--no-raw"], b'1) "a"\n2) "b"\n'),
                ("format json\nformat csv", [], b'"a","b"\n')):
            with self.subTest(text=text, arguments=arguments):
                self.assertEqual(self.run_with(text + "\n", *arguments, FAKETTY="1"), (0, wanted, b""))

    def test_the_protocol_is_preferred_and_not_demanded(self):
        self.run_with("protocol 3\n", FAKETTY="1")
        self.run_with("protocol 2\n", FAKETTY="1")
        self.run_with("protocol 3\n", "-2", FAKETTY="1")
        self.assertEqual(self.asked(), ["HELLO 3", "x", "x", "x"])

    def test_a_terminal_shows_what_is_preferred(self):
        path = self.prefer("format csv\nsocket %s\n" % self.server.path)
        with Terminal("x", env=environment(KVSCLI_CONFIG=path)) as terminal:
            terminal.expect('"a","b"\r\n')
            self.assertEqual(terminal.wait(), 0)

    def test_blanks_comments_and_line_ends(self):
        self.assertEqual(self.run_with("\n   \n# x y\n\t# z\r\n  format \t csv  \r\nhints no", FAKETTY="1"),
                         (0, b'"a","b"\n', b""))

    def test_mistakes_are_said_and_do_no_harm(self):
        for line, wanted in {
                "soket /x": "unknown setting 'soket'; did you mean socket?",
                "colour never": "unknown setting 'colour'; did you mean color?",
                "Socket /x": "unknown setting 'Socket'; did you mean socket?",
                "entirely different": "unknown setting 'entirely'; man kvs-cli lists them",
                "socket=/x": "a blank, not =, stands between a name and its value",
                "socket": "socket has no value",
                "socket unix://:secret@/s": "socket takes a path, not a URL; KVS_SOCKET and -u take one",
                "hints": "hints has no value",
                "hints maybe": "hints is one of no|yes, not 'maybe'",
                "color red": "color is one of auto|always|never, not 'red'",
                "protocol 4": "protocol is one of 2|3, not '4'",
                "format js": "format is one of terminal|human|raw|verbatim|csv|json|quoted-json, not 'js'",
                "password secret": "passwords have no place in this file; KVSCLI_AUTH and --askpass are for them",
                "auth secret": "passwords have no place in this file; KVSCLI_AUTH and --askpass are for them",
                "requirepass=secret": "passwords have no place in this file; KVSCLI_AUTH and --askpass are for them",
                "a\x1b[31mb": "unknown setting 'a?[31mb'; man kvs-cli lists them",
                "hints \x1b": "hints is one of no|yes, not '?'",
                "soc\0ket": "it holds a zero byte"}.items():
            with self.subTest(line=line):
                got = self.run_with("# x\n%s\nformat csv\n" % line, FAKETTY="1")
                self.assertEqual(got, (0, b'"a","b"\n', b"kvs-cli: FILE, line 2: %s\n" % wanted.encode()))

    def test_a_file_that_is_none_is_given_up_early(self):
        status, output, errors = self.run_with("no such thing\n" * 1000)
        self.assertEqual((status, output, errors.count(b"\n")), (0, b"a\nb\n", 6))
        self.assertTrue(errors.endswith(b"kvs-cli: FILE: the rest of it is not read\n"))
        self.assertEqual(self.run_with(os.urandom(20000) + b"\n")[:2], (0, b"a\nb\n"))

    def test_a_file_that_others_could_have_written_is_ignored(self):
        for mode in (0o620, 0o602, 0o666):
            path = self.prefer("socket /nonexistent\n", mode)
            got = run_cli("x", env=environment(KVSCLI_CONFIG=path, XDG_RUNTIME_DIR=self.folder))
            self.assertIn(b"kvs-cli: the preferences in %s are ignored: others may write to it" % path.encode(), got[2])
            self.assertNotIn(b"/nonexistent", got[2])
        for mode in (0o644, 0o400):
            os.chmod(path, mode)
            self.assertIn(b"/nonexistent", run_cli("x", env=environment(KVSCLI_CONFIG=path))[2])

    @unittest.skipUnless(os.geteuid() == 0, "needs root to give a file away")
    def test_a_file_of_somebody_else_is_ignored(self):
        path = self.prefer("format csv\n")
        os.chown(path, 65534, 65534)
        env = environment(KVSCLI_CONFIG=path, KVS_SOCKET=self.server.path, FAKETTY="1")
        status, output, errors = run_cli("x", env=env)
        self.assertEqual(status, 0)
        self.assertNotEqual(output, b'"a","b"\n')
        self.assertEqual(errors, b"kvs-cli: the preferences in %s are ignored: it belongs to somebody else\n"
                         % path.encode())

    def test_what_is_no_file_holds_nothing_up(self):
        fifo = os.path.join(self.folder, "fifo")
        os.mkfifo(fifo)
        for path, reason in ((fifo, b"it is not a regular file"), (self.folder, b"it is not a regular file"),
                             (self.folder + "/none", b"No such file or directory")):
            status, output, errors = run_cli("x", env=environment(KVSCLI_CONFIG=path, KVS_SOCKET=self.server.path))
            self.assertEqual((status, output, errors.count(b"\n")), (0, b"a\nb\n", 1))
            self.assertIn(reason, errors)

    def test_help_and_mistakes_do_not_read_it(self):
        for words, status in ((["--help"], 0), (["--version"], 0), (["--nonsense"], 2)):
            got = run_cli(*words, env=environment(KVSCLI_CONFIG=self.prefer("nonsense\n")))
            self.assertEqual(got[0], status)
            self.assertNotIn(b"cli.conf", got[2])


if __name__ == "__main__":
    main()
