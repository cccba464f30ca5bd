#!/usr/bin/env python3
"""Black-box tests of kvs-cli.

The binary (environment variable KVS_CLI, default build/kvs-cli) is run against Debian's redis-server on a socket
file and against a scripted server (harness.py). For a table of commands and of replies of every type (tables.py)
its output is compared byte for byte with that of redis-cli in every format and in both protocols. Where the two
differ on purpose (DIFFERENCES) the wanted bytes are given, with the reason. Who one is and who is at the other end:
test_access.py. Connections that do not come about: test_trouble.py.

The last line printed is "N passed, N failed". Arguments are names of tests, as unittest takes them.
"""

import json
import os
import re
import signal
import subprocess
import time
import unittest

from harness import CLI, DEADLINE, REDIS_CLI, RedisServer, ScriptedServer, environment, main, run, run_cli
from tables import COMMANDS, DIFFERENCES, FIXTURE, LINES, MALFORMED, REPLIES

FORMATS = ["--raw", "--no-raw", "--csv", "--json", "--quoted-json"]
PROTOCOLS = ["-2", "-3"]


def identifier(text):
    return re.sub(r"[^a-z0-9]+", "_", text.lower()).strip("_") or "nothing"


# Output.

def server_with_data():
    server = RedisServer()
    for words in FIXTURE:
        quoted = ['"%s"' % word for word in words]
        status, _, errors = run(REDIS_CLI, "-s", server.path, "-e", "--quoted-input", *quoted)
        assert status == 0, errors
    return server


def steady(output):
    """Without figures that differ from one moment to the next."""
    return re.sub(rb"(?<=expires=)\d+|(?<=avg_ttl=)\d+", b"N", output)


class CommandsPrintAsRedisCli(unittest.TestCase):
    """Replies of a real server; one test a line of COMMANDS, each in five formats and two protocols."""

    @classmethod
    def setUpClass(cls):
        cls.server = server_with_data()
        cls.addClassCleanup(cls.server.close)

    def compare(self, line):
        for protocol in PROTOCOLS:
            for output in FORMATS:
                options = ["-s", self.server.path, protocol, output]
                if protocol == "-3" and line in ("unsubscribe", "reset"):
                    continue  # redis-cli waits for a reply that came as a push; RESET is tested by itself
                words = ['"%s"' % word if not word.startswith('"') else word
                         for word in re.findall(r'"(?:\\.|[^"])*"|\S+', line)]
                wanted = run(REDIS_CLI, *options, "--quoted-input", *words)
                got = run_cli(*options, "--quoted-input", *words)
                if output == "--quoted-json" and b'\\\\"' in wanted[1]:
                    continue  # DIFFERENCES: quote in quoted JSON
                with self.subTest(protocol=protocol, output=output):
                    self.assertEqual(steady(got[1]), steady(wanted[1]))
                    self.assertEqual((got[0], got[2]), (wanted[0], wanted[2]))


for _number, _line in enumerate(COMMANDS):
    setattr(CommandsPrintAsRedisCli, "test_%03d_%s" % (_number, identifier(_line)),
            lambda self, line=_line: self.compare(line))


MARK = re.compile(rb'^"?<mark>"?\n', re.M)  # what is printed between the outputs of two lines


class PipedCommandsPrintAsRedisCli(unittest.TestCase):
    """The same commands, and every way of quoting, as lines of standard input: one process for the whole table."""

    @classmethod
    def setUpClass(cls):
        cls.server = server_with_data()
        cls.addClassCleanup(cls.server.close)

    def outputs(self, program, lines, options):
        """What each line printed; status 0 and nothing on standard error."""
        script = "".join("%s\necho <mark>\n" % line for line in lines).encode()
        status, output, errors = run(program, "-s", self.server.path, *options, stdin=script)
        self.assertEqual((status, errors), (0, b""))
        outputs = MARK.split(steady(output))
        self.assertEqual(len(outputs), len(lines) + 1)
        return outputs

    def compare(self, lines):
        for protocol in PROTOCOLS:
            for output in FORMATS:
                wanted = self.outputs(REDIS_CLI, lines, [protocol, output])
                got = self.outputs(CLI, lines, [protocol, output])
                for line, got_one, wanted_one in zip(lines, got, wanted):
                    if output == "--quoted-json" and b'\\\\"' in wanted_one:
                        continue  # DIFFERENCES: quote in quoted JSON
                    with self.subTest(line=line, protocol=protocol, output=output):
                        self.assertEqual(got_one, wanted_one.replace(b"redis-cli", b"kvs-cli"))

    def test_the_table_of_commands(self):
        # MULTI would hold back the marks; redis-cli falls out of step at the others
        self.compare([line for line in COMMANDS if line not in ("multi", "unsubscribe", "reset")])

    def test_the_table_of_lines(self):
        self.compare(LINES)

    def test_word_of_the_prompt_does_no_harm_to_a_terminal(self):
        self.assertEqual(run_cli("-s", self.server.path, stdin=b":\x1b]0;x\x07\n"),
                         (0, b"unknown kvs-cli internal command ':?]0;x?'\n", b""))

    def test_transactions(self):
        script = b"multi\nincr n\nget\nexec\nmulti\nset n 1\nhgetall hash\nlrange list12 0 -1\nget text\nexec\nexec\n"
        for protocol in PROTOCOLS:
            for output in FORMATS:
                options = ["-s", self.server.path, protocol, output]
                wanted, got = run(REDIS_CLI, *options, stdin=script), run_cli(*options, stdin=script)
                with self.subTest(protocol=protocol, output=output):
                    self.assertEqual(got, wanted)


class RepliesPrintAsRedisCli(unittest.TestCase):
    """Canned replies of every type; one test a reply, each in five formats, whole and byte by byte."""

    @classmethod
    def setUpClass(cls):
        cls.replies = {**REPLIES, **{name: value[0] for name, value in {**DIFFERENCES, **MALFORMED}.items()}}
        cls.server = ScriptedServer(cls.answer)
        cls.addClassCleanup(cls.server.close)

    @classmethod
    def answer(cls, words):
        if words[0] == b"echo":
            return b"+%s\r\n" % words[1]
        reply = cls.replies[words[1].decode()]
        if words[0] == b"bytewise":
            return [reply[i:i + 1] for i in range(len(reply))]
        if words[0] == b"cut":
            at = int(words[2])
            return [reply[:at], reply[at:]]
        if words[0] == b"end":
            return [reply[:int(words[2])], None]
        return reply

    def compare(self, name):
        for output in FORMATS:
            if output == "--quoted-json" and b'"' in REPLIES[name]:
                continue  # DIFFERENCES: quote in quoted JSON
            wanted = run(REDIS_CLI, "-s", self.server.path, output, "-3", "reply", name)
            with self.subTest(output=output):
                self.assertEqual(run_cli("-s", self.server.path, output, "-3", "reply", name), wanted)
        if len(REPLIES[name]) < 300:
            wanted = run_cli("-s", self.server.path, "--no-raw", "-3", "reply", name)
            self.assertEqual(run_cli("-s", self.server.path, "--no-raw", "-3", "bytewise", name), wanted)

    def differ(self, name):
        for output, wanted in DIFFERENCES[name][1].items():
            with self.subTest(output=output):
                for verb in ("reply", "bytewise"):
                    self.assertEqual(run_cli("-s", self.server.path, output, "-3", verb, name), (0, wanted, b""))

    def refuse(self, name):
        status, output, errors = run_cli("-s", self.server.path, "-3", "reply", name)
        self.assertEqual((status, output), (3, b""))
        self.assertIn(MALFORMED[name][1], errors)
        self.assertEqual(errors.count(b"\n"), 1)

    def outputs(self, program, lines, *options):
        """What the reply to each line printed."""
        script = "".join("%s\necho <mark>\n" % line for line in lines).encode()
        status, output, errors = run(program, "-s", self.server.path, "-3", *options, stdin=script)
        self.assertEqual((status, errors), (0, b""))
        outputs = MARK.split(output)
        self.assertEqual(len(outputs), len(lines) + 1)
        return outputs

    def test_commands_from_standard_input_print_every_reply_as_redis_cli(self):
        for output in FORMATS:
            names = [name for name in REPLIES if output != "--quoted-json" or b'"' not in REPLIES[name]]
            lines = ['reply "%s"' % name for name in names]
            wanted = self.outputs(REDIS_CLI, lines, output)
            got = self.outputs(CLI, lines, output)
            for name, got_one, wanted_one in zip(names, got, wanted):
                with self.subTest(name=name, output=output):
                    self.assertEqual(got_one, wanted_one)

    def test_a_reply_cut_in_two_anywhere_prints_the_same(self):
        names = [name for name in [*REPLIES, *DIFFERENCES] if len(self.replies[name]) < 300]
        cuts = [(name, at) for name in names for at in range(1, len(self.replies[name]))]
        wanted = dict(zip(names, self.outputs(CLI, ['reply "%s"' % name for name in names], "--no-raw")))
        got = self.outputs(CLI, ['cut "%s" %d' % cut for cut in cuts], "--no-raw")
        for (name, at), output in zip(cuts, got):
            self.assertEqual(output, wanted[name], "%s cut at %d" % (name, at))

    def test_a_reply_that_ends_anywhere_is_a_lost_connection(self):
        for name in ("status", "error", "integer", "string", "null string", "double", "true", "null", "big number",
                     "verbatim", "bulk error", "map of maps", "set of sets", "attributes inside an array"):
            for at in range(1, len(self.replies[name]), 1 + len(self.replies[name]) // 16):
                got = run_cli("-s", self.server.path, "-3", "end", name, str(at))
                self.assertEqual(got, (3, b"", b"Error: Server closed the connection\n"), "%s at %d" % (name, at))

    def test_malformed_replies_are_found_wherever_they_are_cut(self):
        for name, (reply, text) in MALFORMED.items():
            for at in range(1, min(len(reply), 12)):
                status, output, errors = run_cli("-s", self.server.path, "-3", "cut", name, str(at))
                self.assertEqual((status, output), (3, b""), "%s cut at %d" % (name, at))
                self.assertIn(text, errors)

    def test_json_is_json(self):
        for name, reply in REPLIES.items():
            if b"error" in name.encode() or b"inf" in name.encode() or b"-E" in reply or "all bytes" in name:
                continue
            for option in ("--json", "--quoted-json"):
                with self.subTest(name=name, option=option):
                    json.loads(run_cli("-s", self.server.path, option, "-3", "reply", name)[1].decode())


for _name in REPLIES:
    setattr(RepliesPrintAsRedisCli, "test_reply_" + identifier(_name), lambda self, name=_name: self.compare(name))
for _name in DIFFERENCES:
    setattr(RepliesPrintAsRedisCli, "test_better_" + identifier(_name), lambda self, name=_name: self.differ(name))
for _name in MALFORMED:
    setattr(RepliesPrintAsRedisCli, "test_refused_" + identifier(_name), lambda self, name=_name: self.refuse(name))


# Ways of running.

class OptionsWorkAsInRedisCli(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer()
        cls.addClassCleanup(cls.server.close)

    def setUp(self):
        self.set_up_data()

    def set_up_data(self):
        run(REDIS_CLI, "-s", self.server.path, stdin=b"flushall\nrpush letters a b\n")

    def both(self, *arguments, **more):
        """What redis-cli prints for these arguments; kvs-cli must print the same on the same data."""
        self.set_up_data()
        wanted = run(REDIS_CLI, "-s", self.server.path, *arguments, **more)
        self.set_up_data()
        got = run_cli("-s", self.server.path, *arguments, **more)
        self.assertEqual(got, wanted)
        return got

    def test_repeat_runs_the_command_that_often(self):
        self.assertEqual(self.both("-r", "3", "incr", "n")[1], b"1\n2\n3\n")

    def test_repeat_zero_runs_nothing(self):
        self.assertEqual(self.both("-r", "0", "incr", "n")[1], b"")

    def test_endless_repeat_goes_on_until_killed(self):
        with subprocess.Popen([CLI, "-s", self.server.path, "-r", "-1", "-i", "0.001", "incr", "n"],
                              stdout=subprocess.PIPE, env=environment()) as process:
            lines = [process.stdout.readline() for _ in range(5)]
            process.send_signal(signal.SIGINT)
            process.stdout.read()
            self.assertEqual(lines, [b"1\n", b"2\n", b"3\n", b"4\n", b"5\n"])
            self.assertEqual(process.wait(DEADLINE), -signal.SIGINT)

    def test_interval_lies_between_commands_and_not_after_the_last(self):
        start = time.monotonic()
        run_cli("-s", self.server.path, "-r", "2", "-i", "0.3", "ping")
        elapsed = time.monotonic() - start
        self.assertGreaterEqual(elapsed, 0.3)
        start = time.monotonic()
        run_cli("-s", self.server.path, "-i", "15", "ping")
        self.assertLess(time.monotonic() - start, 10)

    def test_database_option_selects_it(self):
        run_cli("-s", self.server.path, "-n", "5", "set", "in", "five")
        self.assertEqual(run_cli("-s", self.server.path, "-n", "5", "get", "in")[1], b"five\n")
        self.assertEqual(run_cli("-s", self.server.path, "get", "in")[1], b"\n")

    def test_database_that_does_not_exist_runs_nothing(self):
        # redis-cli says so too, and then runs the command in database 0
        status, output, errors = run_cli("-s", self.server.path, "-n", "99", "set", "k", "v")
        self.assertEqual((status, output), (1, b""))
        self.assertEqual(errors, b"SELECT 99 failed: ERR DB index is out of range\n")
        self.assertEqual(run_cli("-s", self.server.path, "exists", "k")[1], b"0\n")
        self.assertEqual(run_cli("-s", self.server.path, "-n", "99", "hello")[:2], (1, b""))

    def test_last_argument_comes_from_standard_input(self):
        value = bytes(range(256)) * 1000
        self.both("-x", "set", "k", stdin=value)
        self.assertEqual(run_cli("-s", self.server.path, "get", "k")[1], value + b"\n")

    def test_tagged_argument_comes_from_standard_input(self):
        self.both("-X", "TAG", "set", "k", "TAG", "ex", "100", stdin=b"a\0b\n")
        self.assertEqual(run_cli("-s", self.server.path, "--no-raw", "get", "k")[1], b'"a\\x00b\\n"\n')

    def test_dump_and_restore_round_trip(self):
        run_cli("-s", self.server.path, "rpush", "l", "a", "b")
        dump = run_cli("-s", self.server.path, "-D", "", "--raw", "dump", "l")[1]
        self.assertEqual(run_cli("-s", self.server.path, "-X", "T", "restore", "m", "0", "T", stdin=dump)[1], b"OK\n")
        self.assertEqual(run_cli("-s", self.server.path, "lrange", "m", "0", "-1")[1], b"a\nb\n")

    def test_delimiters_stand_between_elements_and_after_replies(self):
        for arguments in (["-d", "--", "lrange", "letters", "0", "-1"], ["-D", "||", "ping"],
                          ["-d", "", "-D", "", "-r", "2", "ping"]):
            self.both(*arguments)

    def test_errors_count_only_with_e(self):
        self.assertEqual(self.both("nonsense")[0], 0)
        self.assertEqual(self.both("-e", "get")[0], 1)
        self.assertEqual(self.both("-e", "-r", "3", "get")[0], 1)
        self.assertEqual(self.both("-e", "ping")[0], 0)

    def test_terminal_format_is_chosen_by_faketty(self):
        env = environment(FAKETTY="1")
        self.assertEqual(self.both("incr", "n", env=env)[1], b"(integer) 1\n")
        self.assertEqual(self.both("--raw", "incr", "n", env=env)[1], b"1\n")

    def test_texts_are_printed_as_they_are_in_every_format(self):
        for command in (["info", "server"], ["client", "list"], ["client", "info"], ["memory", "doctor"],
                        ["latency", "doctor"], ["memory", "malloc-stats"], ["info", "a", "b"], ["client", "list", "x"]):
            for output in FORMATS:
                for protocol in PROTOCOLS:
                    options = ["-s", self.server.path, output, protocol]
                    wanted, got = run(REDIS_CLI, *options, *command)[1], run_cli(*options, *command)[1]
                    self.assertEqual(self.shape(got), self.shape(wanted), (command, output, protocol))

    @staticmethod
    def shape(text):
        """Figures become N, and the parts of allocator statistics that vary vanish."""
        if b"jemalloc statistics" in text:
            return text[:60] + text[-2:]
        text = re.sub(rb"[\d.]+[KMG]?B?|redis-cli|kvs-cli", b"N", text)
        return re.sub(rb"(?<=run_id:)\w+|(?<=flags=)\w+", b"N", text)

    def test_commands_from_standard_input_print_as_redis_cli(self):
        script = (b"set k v\nget k\n\n   \nget missing\n3 incr n\nlpush l a b c\nlrange l 0 -1\n"
                  b"echo \"a\\x00b\\n\"\necho 'it\\'s'\necho \"open\necho 'open\necho \"a\"b\n0 ping\n-2 ping\n"
                  b"99999999999999999999 ping\n\"\" ping\n5\nget\nselect 3\nset three 3\ndbsize\nmulti\nincr n\nexec\n"
                  b"multi\nselect 5\ndiscard\ndbsize\nnonsense\n:x\necho last line without its end")
        for options in ([], ["--no-raw"], ["--csv"], ["--json"], ["-3", "--no-raw"]):
            with self.subTest(options=options):
                wanted = run(REDIS_CLI, "-s", self.server.path, *options, stdin=script)
                run(REDIS_CLI, "-s", self.server.path, "flushall")
                got = run_cli("-s", self.server.path, *options, stdin=script)
                run(REDIS_CLI, "-s", self.server.path, "flushall")
                self.assertEqual(got[1], wanted[1].replace(b"redis-cli", b"kvs-cli"))
                self.assertEqual((got[0], got[2]), (0, b""))

    def test_quit_ends_the_commands_from_standard_input(self):
        for word in (b"quit", b"EXIT"):
            self.assertEqual(self.both(stdin=b"ping\n" + word + b"\nping\n")[1], b"PONG\n")

    def test_e_with_standard_input_runs_everything_and_reports_at_the_end(self):
        status, output, errors = run_cli("-s", self.server.path, "-e", stdin=b"ping\nget\nping\n")
        self.assertEqual((status, output), (1, b"PONG\nERR wrong number of arguments for 'get' command\n\nPONG\n"))
        self.assertEqual(errors, b"kvs-cli: standard input, line 2: ERR wrong number of arguments for 'get' command\n")
        self.assertEqual(run_cli("-s", self.server.path, stdin=b"get\nping\n")[0], 0)
        self.assertEqual(run_cli("-s", self.server.path, "-e", stdin=b"get k\nping\n")[0], 0)

    def test_line_of_a_megabyte_arrives_whole(self):
        value = b"x" * (1 << 20)
        self.assertEqual(run_cli("-s", self.server.path, stdin=b"set k " + value + b"\nstrlen k\n")[1],
                         b"OK\n%d\n" % len(value))

    def test_value_of_64_megabytes_comes_whole(self):
        value = os.urandom(1 << 20) * 64
        run_cli("-s", self.server.path, "-x", "set", "k", stdin=value)
        self.assertEqual(run_cli("-s", self.server.path, "-D", "", "get", "k")[1], value)

    def test_quoted_input_must_be_one_balanced_word(self):
        for word in ('"open', '"a" b', ""):
            status, output, errors = run_cli("-s", self.server.path, "--quoted-input", "echo", word)
            self.assertEqual((status, output), (2, b""))
            self.assertIn(b"--quoted-input", errors)

    def test_hello_3_typed_on_a_resp2_connection_switches_formats(self):
        script = b"hello 3\nhset h f v\nhgetall h\nhello 2\nhgetall h\n"
        output = run_cli("-s", self.server.path, "--no-raw", stdin=script)[1]
        self.assertIn(b'# "proto" => (integer) 3', output)
        self.assertIn(b'1# "f" => "v"\n', output)
        self.assertTrue(output.endswith(b'1) "f"\n2) "v"\n'), output)

    def test_unsubscribe_in_resp3_takes_every_confirmation(self):
        # redis-cli 7.0 waits for ever in RESP3, and falls out of step in RESP2
        for protocol in PROTOCOLS:
            output = run_cli("-s", self.server.path, protocol, stdin=b"unsubscribe a b\necho next\n")[1]
            self.assertEqual(output, b"unsubscribe\na\n0\nunsubscribe\nb\n0\nnext\n")

    def test_reset_leaves_resp3(self):
        output = run_cli("-s", self.server.path, "-3", "--no-raw", stdin=b"hset h f v\nreset\nhgetall h\n")[1]
        self.assertEqual(output, b'(integer) 1\nRESET\n1) "f"\n2) "v"\n')

    def test_monitor_streams_until_the_end(self):
        with subprocess.Popen([CLI, "-s", self.server.path, "--no-raw", "monitor"], stdout=subprocess.PIPE,
                              env=environment()) as process:
            self.assertEqual(process.stdout.readline(), b"OK\n")
            run(REDIS_CLI, "-s", self.server.path, "set", "seen", "x y")
            self.assertRegex(process.stdout.readline(), rb'^\d+\.\d+ \[0 unix:.*\] "set" "seen" "x y"\n$')
            process.terminate()
            process.stdout.read()

    def test_subscriptions_stream_in_both_protocols(self):
        for protocol in PROTOCOLS:
            with subprocess.Popen([CLI, "-s", self.server.path, protocol, "--no-raw", "subscribe", "ch"],
                                  stdout=subprocess.PIPE, env=environment()) as process:
                lines = [process.stdout.readline() for _ in range(4)]
                run(REDIS_CLI, "-s", self.server.path, "publish", "ch", "hi")
                lines += [process.stdout.readline() for _ in range(3)]
                self.assertEqual(b"".join(lines), b'Reading messages... (press Ctrl-C to quit)\n'
                                 b'1) "subscribe"\n2) "ch"\n3) (integer) 1\n1) "message"\n2) "ch"\n3) "hi"\n')
                process.terminate()
                process.stdout.read()

    def test_pushes_are_shown_when_asked_for(self):
        script = b"client tracking on\nget k\nset k 1\nping\nget k\nflushall\nping\n"
        shown = run_cli("-s", self.server.path, "-3", "--no-raw", "--show-pushes", "yes", stdin=script)[1]
        self.assertIn(b"-> invalidate: 'k'\n", shown)
        self.assertIn(b'1) "invalidate"\n2) (nil)\n', shown)
        hidden = run_cli("-s", self.server.path, "-3", "--no-raw", stdin=script)[1]
        self.assertNotIn(b"invalidate", hidden)

    def test_slow_commands_print_their_time(self):
        output = run_cli("-s", self.server.path, "--no-raw", stdin=b"debug sleep 0.6\n")[1]
        self.assertRegex(output, rb"^OK\n\(0\.\d\ds\)\n$")

    def test_output_to_a_closed_pipe_ends_quietly(self):
        with subprocess.Popen([CLI, "-s", self.server.path, "-r", "-1", "ping"], stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, env=environment()) as process:
            process.stdout.readline()
            process.stdout.close()
            self.assertEqual(process.wait(DEADLINE), -signal.SIGPIPE)
            self.assertEqual(process.stderr.read(), b"")

    def test_output_to_a_full_disk_is_reported(self):
        with open("/dev/full", "wb") as full:
            done = subprocess.run([CLI, "-s", self.server.path, "ping"], stdout=full, stderr=subprocess.PIPE,
                                  env=environment(), timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 5)
        self.assertIn(b"cannot write to standard output: No space left", done.stderr)


class UsageIsChecked(unittest.TestCase):
    def refused(self, text, *arguments):
        status, output, errors = run_cli(*arguments)
        self.assertEqual((status, output), (2, b""))
        self.assertIn(text.encode(), errors)
        self.assertEqual(errors.count(b"\n"), 1)

    def test_each_mistake_has_its_line_and_status_2(self):
        self.refused("unknown option '-z'", "-z")
        self.refused("option -s needs a value: PATH", "-s")
        self.refused("option -n needs a whole number, 0 or more, not 'x'", "-n", "x", "ping")
        self.refused("option -n needs", "-n", "-1", "ping")
        self.refused("option -r needs a whole number, not '3x'", "-r", "3x", "ping")
        self.refused("option -i needs a number of seconds", "-i", "nan", "ping")
        self.refused("options -2 and -3 exclude each other", "-2", "-3", "ping")
        self.refused("options -x and -X exclude each other", "-x", "-X", "t", "ping")
        self.refused("options -x and -X need a command", "-x")
        self.refused("no argument of the command is 'tag'", "-X", "tag", "set", "a", "b")
        self.refused("only through a socket file", "-h", "127.0.0.1", "ping")
        self.refused("only through a socket file", "-p", "6379", "ping")
        self.refused("--show-pushes needs yes or no", "--show-pushes", "maybe", "ping")

    def test_help_and_version_go_to_standard_output(self):
        for option in ("--help", "-h"):
            status, output, errors = run_cli(option)
            self.assertEqual((status, errors), (0, b""))
            self.assertIn(b"KVS_SOCKET", output)
            self.assertIn(b"Exit status", output)
        for option in ("--version", "-v"):
            status, output, _ = run_cli(option)
            self.assertEqual(status, 0)
            self.assertRegex(output, rb"^kvs-cli \d+\.\d+\.\d+\S*\n$")


# Lost connections.

class LostConnectionsAreReported(unittest.TestCase):
    CLOSED = b"Error: Server closed the connection\n"

    def test_server_that_closes_in_mid_command_is_status_3(self):
        with ScriptedServer(lambda words: None) as server:
            self.assertEqual(run_cli("-s", server.path, "ping"), (3, b"", self.CLOSED))

    def test_server_that_closes_in_mid_reply_is_status_3(self):
        for part in (b"+OK", b"$10\r\nabc", b"*2\r\n:1\r\n", b"%1\r\n+a\r\n", b"$3\r\nabc\r"):
            with ScriptedServer(lambda words, part=part: [part, None]) as server:
                self.assertEqual(run_cli("-s", server.path, "ping"), (3, b"", self.CLOSED))

    def test_standard_input_stops_at_a_lost_connection(self):
        with ScriptedServer(lambda words: None if words[0] == b"die" else b"+OK\r\n") as server:
            got = run_cli("-s", server.path, stdin=b"one\ndie\nthree\n")
            self.assertEqual(got, (3, b"OK\n", self.CLOSED))
            self.assertEqual(server.commands, [[b"one"], [b"die"]])

    def test_streams_end_with_status_3(self):
        for command in ("monitor", "subscribe"):
            with ScriptedServer(lambda words: [b"+OK\r\n", b"+more\r\n", None]) as server:
                status, output, errors = run_cli("-s", server.path, command, "x")
                self.assertEqual((status, output, errors), (3, b"OK\nmore\n", self.CLOSED))

    def test_shutdown_is_no_loss(self):
        with ScriptedServer(lambda words: None) as server:
            self.assertEqual(run_cli("-s", server.path, "shutdown"), (0, b"", b""))

    def test_announced_lengths_cost_no_memory(self):
        hostile = [b"$1099511627776\r\nabc", b"*4294967295\r\n:1\r\n", b"%4294967295\r\n+a\r\n",
                   b"*4294967295\r\n" * 1000, b"~4294967295\r\n$1000000000\r\nx", b"!536870912\r\n",
                   b"=536870912\r\ntxt:",
                   b">4294967295\r\n+x\r\n", b"|4294967295\r\n+a\r\n", b"*2\r\n|1000000000\r\n+a\r\n$1000000000\r\n",
                   b"%4294967295\r\n" * 500 + b"|4294967295\r\n" * 500]
        for reply in hostile:
            with ScriptedServer(lambda words, reply=reply: [reply, None]) as server:
                process = subprocess.Popen([CLI, "-s", server.path, "ping"], stderr=subprocess.PIPE, env=environment())
                errors = process.stderr.read()
                process.stderr.close()
                _, status, usage = os.wait4(process.pid, 0)
                process.returncode = os.WEXITSTATUS(status)
                self.assertEqual((process.returncode, errors), (3, self.CLOSED))
                self.assertLess(usage.ru_maxrss, 120 * 1024)

    def test_long_reply_in_small_pieces_is_read_in_linear_time(self):
        pieces = [b"$3000000\r\n"] + [b"x" * 1000] * 3000 + [b"\r\n"]
        with ScriptedServer(lambda words: pieces) as server:
            self.assertEqual(run_cli("-s", server.path, "ping"), (0, b"x" * 3000000 + b"\n", b""))


class RefusalsAreStatus4(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer("--requirepass", "secret")
        cls.addClassCleanup(cls.server.close)
        with_password = environment(REDISCLI_AUTH="secret")
        run_cli("-s", cls.server.path, "acl", "setuser", "reader", "on", ">pw", "~*", "+get", env=with_password)

    def test_noauth_and_noperm_with_e(self):
        self.assertEqual(run_cli("-s", self.server.path, "-e", "get", "k"),
                         (4, b"", b"NOAUTH Authentication required.\n"))
        status, _, errors = run_cli("-s", self.server.path, "-e", "--user", "reader", "--no-auth-warning", "-a", "pw",
                                    "set", "k", "v")
        self.assertEqual(status, 4)
        self.assertIn(b"NOPERM", errors)

    def test_without_e_they_are_replies_like_others(self):
        self.assertEqual(run_cli("-s", self.server.path, "get", "k"),
                         (0, b"NOAUTH Authentication required.\n\n", b""))

    def test_resp3_that_is_refused_is_an_error_only_when_it_was_asked_for(self):
        status, output, errors = run_cli("-s", self.server.path, "-3", "ping")
        self.assertEqual((status, output), (4, b""))
        self.assertTrue(errors.startswith(b"HELLO 3 failed: NOAUTH"), errors)
        status, output, _ = run_cli("-s", self.server.path, "--json", "ping")
        self.assertEqual((status, output), (0, b'error:"NOAUTH Authentication required."\n'))


if __name__ == "__main__":
    main()
