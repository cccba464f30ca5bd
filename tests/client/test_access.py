#!/usr/bin/env python3
"""Black-box tests of kvs-cli: passwords and users, who is at the other end, and --who.

Servers of other users are children that changed their uid, so those tests need root.
"""

import os
import pty
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import termios
import unittest

from harness import (CLI, DEADLINE, KVS_SERVER, KvsServer, REDIS_CLI, RedisServer, ScriptedServer, environment, main,
                     run, run_cli, wait_until)
from terminal import Terminal

NOBODY = 65534
STRANGER = 54321  # a uid without a name
needs_root = unittest.skipUnless(os.geteuid() == 0, "needs root to become another user")

# A server in a process of its own, as another user: answers every command with PONG.
FOREIGN_SERVER = """
import os, socket, sys
uid = int(sys.argv[2])
os.setgroups([])
os.setresgid(uid, uid, uid)
os.setresuid(uid, uid, uid)
listener = socket.socket(socket.AF_UNIX)
listener.bind(sys.argv[1])
listener.listen(16)
print("ready", flush=True)
while True:
    client = listener.accept()[0]
    with client:
        while client.recv(4096):
            client.sendall(b"+PONG\\r\\n")
"""


class ServersWithUsers(unittest.TestCase):
    """A redis-server on which the default user needs a password, with alice, who may little, and root-like boss."""

    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer("--requirepass", "secret")
        cls.addClassCleanup(cls.server.close)
        for words in (["alice", "on", ">pw", "~app:*", "+@read", "+select", "+acl|whoami", "+client|info"],
                      ["mute", "on", ">pw", "~*", "+get"],
                      ["carl", "on", "nopass", "+acl|whoami"],
                      ["boss", "on", ">pw", "~*", "&*", "+@all"]):
            cls.admin("acl", "setuser", *words)

    @classmethod
    def admin(cls, *words):
        status, output, _ = run(REDIS_CLI, "-s", cls.server.path, "-e", "--no-auth-warning", "-a", "secret", *words)
        assert status == 0, output
        return output

    def cli(self, *arguments, stdin=b"", **changes):
        return run_cli("-s", self.server.path, *arguments, stdin=stdin, env=environment(**changes))

    def start(self, *arguments, **more):
        process = subprocess.Popen([CLI, "-s", self.server.path, *arguments], env=environment(), **more)
        self.addCleanup(process.wait, DEADLINE)
        self.addCleanup(process.kill)
        return process


class PasswordsComeFromSeveralPlaces(ServersWithUsers):
    def test_from_either_variable_and_kvscli_auth_comes_first(self):
        self.assertEqual(self.cli("ping", KVSCLI_AUTH="secret"), (0, b"PONG\n", b""))
        self.assertEqual(self.cli("ping", REDISCLI_AUTH="secret"), (0, b"PONG\n", b""))
        self.assertEqual(self.cli("ping", KVSCLI_AUTH="secret", REDISCLI_AUTH="wrong"), (0, b"PONG\n", b""))
        self.assertEqual(self.cli("ping", KVSCLI_AUTH="", REDISCLI_AUTH="secret"), (0, b"PONG\n", b""))
        self.assertEqual(self.cli("--user", "alice", "acl", "whoami", KVSCLI_AUTH="pw"), (0, b"alice\n", b""))

    def test_from_the_command_line_before_the_environment(self):
        for option in ("-a", "--pass"):
            self.assertEqual(self.cli("--no-auth-warning", option, "secret", "ping", KVSCLI_AUTH="wrong"),
                             (0, b"PONG\n", b""))

    def test_warning_names_the_option_and_can_be_silenced(self):
        for option in ("-a", "--pass"):
            status, output, errors = self.cli(option, "secret", "ping")
            self.assertEqual((status, output, errors.count(b"\n")), (0, b"PONG\n", 1))
            self.assertTrue(errors.startswith(b"Warning: Using a password with '%s'" % option.encode()), errors)
            self.assertIn(b"KVSCLI_AUTH", errors)

    def test_user_without_a_password_logs_in_with_an_empty_one(self):
        self.assertEqual(self.cli("--user", "carl", "acl", "whoami"), (0, b"carl\n", b""))
        url = "unix://carl@" + self.server.path
        self.assertEqual(run_cli("-u", url, "acl", "whoami", env=environment()), (0, b"carl\n", b""))
        preferences = os.path.join(self.server.folder, "cli.conf")
        with open(preferences, "w", encoding="utf-8") as file:
            file.write("user carl\n")
        self.assertEqual(self.cli("acl", "whoami", KVSCLI_CONFIG=preferences), (0, b"carl\n", b""))
        status, output, errors = self.cli("--user", "alice", "acl", "whoami")
        self.assertEqual((status, output), (4, b""))
        self.assertRegex(errors, rb"^AUTH failed: WRONGPASS [^\n]*\n$")

    def test_password_on_the_command_line_is_not_seen_in_ps(self):
        for option in ("-a", "--pass"):
            key = "list of " + option
            process = self.start("--no-auth-warning", option, "secret", "blpop", key, "0", stdout=subprocess.PIPE)
            wait_until(lambda: b"blocked_clients:1" in self.admin("info", "clients"), "BLPOP")
            with open("/proc/%d/cmdline" % process.pid, "rb") as file:
                words = file.read().split(b"\0")
            self.admin("rpush", key, "end")
            process.communicate(timeout=DEADLINE)
            self.assertEqual(words[4:6], [option.encode(), b"*"])
            self.assertNotIn(b"secret", words)

    def test_resp3_authenticates_before_hello(self):
        status, output, errors = self.cli("-3", "--no-raw", "-n", "3", "--user", "boss", "hello", KVSCLI_AUTH="pw")
        self.assertEqual((status, errors), (0, b""))
        self.assertIn(b'"proto" => (integer) 3', output)


class AskpassReadsFromTheTerminal(ServersWithUsers):
    def open(self, *arguments):
        terminal = Terminal("-s", self.server.path, *arguments, env=environment(KVSCLI_HISTFILE="/dev/null"))
        self.addCleanup(terminal.close)
        return terminal

    def test_without_echo(self):
        terminal = self.open("--askpass", "ping")
        terminal.expect("Password: ")
        terminal.type("secrez\x7ft\r")
        self.assertEqual(terminal.expect("PONG\r\n"), b"\r\n")
        self.assertEqual(terminal.wait(), 0)

    def test_and_names_the_user(self):
        terminal = self.open("--user", "alice", "--askpass", "acl", "whoami")
        terminal.expect("Password of alice: ")
        terminal.type("pw\r")
        terminal.expect('"alice"')

    def test_and_echoes_again_at_the_prompt(self):
        terminal = self.open("--askpass")
        terminal.expect("Password: ")
        terminal.type("secret\r")
        terminal.expect("kvs %s> " % self.server.path)
        terminal.type("ping\r")
        terminal.expect("ping")
        terminal.expect("PONG")

    def test_and_control_c_or_control_d_leave_a_terminal_that_echoes(self):
        for key, wanted in (("\x03", -signal.SIGINT), ("\x04", 2)):
            master, slave = pty.openpty()
            self.addCleanup(os.close, master)
            self.addCleanup(os.close, slave)
            process = self.start("--askpass", "ping", stdin=slave, stdout=slave, stderr=slave, start_new_session=True,
                                 preexec_fn=lambda: os.close(os.open(os.ttyname(0), os.O_RDWR)))
            seen = b""
            while not seen.endswith(b"Password: "):
                seen += os.read(master, 1024)
            self.assertFalse(self.echoes(slave))
            os.write(master, key.encode())
            self.assertEqual(process.wait(DEADLINE), wanted)
            self.assertTrue(self.echoes(slave))

    @staticmethod
    def echoes(fd):
        return bool(termios.tcgetattr(fd)[3] & termios.ECHO)

    def test_and_never_from_a_pipe(self):
        status, output, errors = self.cli("--askpass", "ping", stdin=b"secret\n")
        self.assertEqual((status, output, errors.count(b"\n")), (2, b"", 1))
        self.assertIn(b"--askpass needs a terminal", errors)

    def test_or_from_an_option_but_not_both(self):
        status, _, errors = self.cli("-a", "secret", "--askpass", "ping")
        self.assertEqual(status, 2)
        self.assertIn(b"-a and --askpass exclude each other", errors)


class RefusedLoginsEndEverything(ServersWithUsers):
    def expect_refusal(self, *arguments, **more):
        status, output, errors = self.cli(*arguments, **{"KVSCLI_AUTH": "wrong", **more})
        self.assertEqual((status, output), (4, b""), (arguments, errors))
        self.assertRegex(errors, rb"^AUTH failed: WRONGPASS [^\n]*\n$")

    def test_of_commands(self):
        for options in ((), ("-e",), ("-n", "5"), ("--user", "bob"), ("-3",)):
            self.expect_refusal(*options, "get", "k")
            self.expect_refusal(*options, "help", "get")
            self.expect_refusal(*options, stdin=b"get k\n")

    def test_of_every_mode(self):
        for mode in ("--scan", "--bigkeys", "--memkeys", "--keystats", "--hotkeys", "--stat", "--latency",
                     "--latency-history", "--latency-dist", "--who", "--pipe"):
            with self.subTest(mode):
                self.expect_refusal(mode)

    def test_of_scripts(self):
        script = os.path.join(self.server.folder, "script.lua")
        with open(script, "w", encoding="utf-8") as file:
            file.write("return redis.call('set', 'k', 'v')")
        self.expect_refusal("--eval", script)
        self.assertEqual(self.admin("exists", "k"), b"0\n")

    def test_of_either_side_of_a_copy(self):
        with ScriptedServer(lambda words: b"+OK\r\n") as other:
            self.expect_refusal("--copy-from", other.path)
            status, output, errors = run_cli("-s", other.path, "--copy-from", self.server.path,
                                             env=environment(KVSCLI_SOURCE_AUTH="wrong"))
            self.assertEqual((status, output), (4, b""))
            self.assertRegex(errors, rb"^AUTH failed: WRONGPASS [^\n]*\n$")
            written = [words for words in other.commands if words[0].upper() in (b"RESTORE", b"SELECT", b"DUMP", b"SCAN")]
            self.assertEqual(written, [])

    @staticmethod
    def serve_one_login(answers):
        """A server that takes one login and refuses the next; `answers(name)` is what other commands get."""
        logins = []

        def answer(words):
            name = words[0].upper()
            if name == b"AUTH":
                logins.append(words)
                return b"+OK\r\n" if len(logins) == 1 else b"-WRONGPASS changed\r\n"
            return answers(name)
        return ScriptedServer(answer, unknown=())

    def test_after_a_reconnection_of_a_mode_that_watches(self):
        pings = []

        def answer(name):
            pings.append(name)
            return b"+PONG\r\n" if len(pings) == 1 else None
        with self.serve_one_login(answer) as server:
            status, _, errors = run_cli("-s", server.path, "--latency-history", "-i", "0.1",
                                        env=environment(KVSCLI_AUTH="pw"))
            self.assertEqual(status, 4, errors)
            self.assertTrue(errors.endswith(b"AUTH failed: WRONGPASS changed\n"), errors)
            self.assertEqual(server.commands[-1], [b"AUTH", b"pw"])
            self.assertEqual(len(pings), 2)

    def test_and_nothing_is_done_where_no_password_is_needed(self):
        with ScriptedServer(lambda words: b"-ERR no password\r\n" if words[0] == b"AUTH" else b"+PONG\r\n") as server:
            self.assertEqual(run(CLI, "-s", server.path, "ping", env=environment(REDISCLI_AUTH="pw")),
                             (4, b"", b"AUTH failed: ERR no password\n"))
            self.assertEqual([words[0] for words in server.commands], [b"AUTH"])

    def test_but_at_the_prompt_one_can_log_in(self):
        env = environment(KVSCLI_AUTH="wrong", KVSCLI_HISTFILE="/dev/null")
        with Terminal("-s", self.server.path, "-n", "3", "--user", "boss", env=env) as terminal:
            terminal.expect("not logged in> ")
            terminal.enter("set k v")
            terminal.expect("Not sent: the login was refused")
            terminal.expect("not logged in> ")
            terminal.enter("auth boss pw")
            terminal.expect("kvs boss@%s[3]> " % self.server.path)

    def test_noperm_is_status_4_with_e(self):
        status, output, errors = self.cli("-e", "--user", "alice", "set", "app:k", "v", KVSCLI_AUTH="pw")
        self.assertEqual((status, output), (4, b""))
        self.assertTrue(errors.startswith(b"NOPERM"), errors)


class ReconnectsAuthenticateAgain(unittest.TestCase):
    def test_before_protocol_and_database(self):
        def answer(words):
            return None if words[0] == b"die" else b"+OK\r\n"

        with ScriptedServer(answer) as server:
            env = environment(KVSCLI_AUTH="pw", KVSCLI_HISTFILE="/dev/null")
            with Terminal("-s", server.path, "-3", "-n", "2", "--user", "alice", env=env) as terminal:
                terminal.expect("[2]> ")
                for line, text in (("die", "Server closed the connection"), ("ping", "OK")):
                    terminal.enter(line)
                    terminal.expect(text + "\r\n")
                terminal.expect("[2]> ")
            greeting = [[b"AUTH", b"alice", b"pw"], [b"HELLO", b"3"], [b"SELECT", b"2"]]
            commands = [words for words in server.commands if words[0] != b"COMMAND"]
            self.assertEqual(commands, [*greeting, [b"die"], *greeting, [b"ping"]])


class NothingUnaskedIsRefused(unittest.TestCase):
    """What stands in ACL LOG after the sessions of a user that may run GET alone, and of one that may read the texts. On kvs
    the first is also whom a socket file gives."""

    @classmethod
    def setUpClass(cls):
        cls.kvs = KvsServer("listen {folder}/given.sock access=admin user=reader",
                            "listen {folder}/read.sock access=read user=boss", "user boss on >pw ~* &* +@all")
        cls.redis = RedisServer()
        cls.addClassCleanup(cls.kvs.close)
        cls.addClassCleanup(cls.redis.close)
        cls.paths = (cls.kvs.socket("kvs.sock"), cls.redis.path)
        for path in cls.paths:
            for words in (["reader", "on", ">pw", "~*", "-@all", "+get"],
                          ["learner", "on", ">pw", "~*", "-@all", "+get", "+command|docs"]):
                assert run_cli("-s", path, "acl", "setuser", *words)[1] == b"OK\n"

    def each_server(self):
        for path in self.paths:
            run_cli("-s", path, "acl", "log", "reset")
            yield path

    def refused(self, path):
        """The commands that ACL LOG has, and how often each was refused."""
        fields = run_cli("-s", path, "--csv", "acl", "log")[1].decode()
        return sorted(re.findall(r'"object","([^"]*)"', fields)), re.findall(r'"count",(\d+)', fields)

    def prompt(self, path, user="reader"):
        terminal = Terminal("-s", path, "--user", user,
                            env=environment(KVSCLI_AUTH="pw", KVSCLI_HISTFILE="/dev/null"))
        self.addCleanup(terminal.close)
        terminal.expect("kvs %s@%s> " % (user, path))
        return terminal

    def test_by_gets_at_the_prompt(self):
        for path in self.each_server():
            terminal = self.prompt(path)
            for line in ("get a", "auth reader pw", "get b"):
                terminal.enter(line)
                terminal.expect("> ")
            terminal.enter("quit")
            self.assertEqual(terminal.wait(), 0)
            self.assertEqual(self.refused(path), ([], []))

    def test_by_gets_at_the_prompt_of_a_socket_with_a_user(self):
        list(self.each_server())
        path = self.kvs.socket("given.sock")
        with Terminal("-s", path, env=environment(KVSCLI_HISTFILE="/dev/null")) as terminal:
            for line in ("get a", "auth reader pw", "get b", "reset", "get c"):
                terminal.expect("kvs reader@%s> " % path)
                terminal.enter(line)
            terminal.expect("kvs reader@%s> " % path)
        self.assertEqual(self.refused(self.paths[0]), ([], []))

    def test_by_who_but_the_first_question_that_tells_nothing(self):
        for path in self.each_server():
            status, output, errors = run_cli("-s", path, "--user", "reader", "--who", env=environment(KVSCLI_AUTH="pw"))
            self.assertEqual((status, errors), (0, b""))
            self.assertIn(b"ACL user reader\n", output)
            self.assertEqual(self.refused(path), (["client|info"], ["1"]))

    def test_by_who_nothing_that_the_access_of_the_socket_would_refuse(self):
        list(self.each_server())
        output = run_cli("-s", self.kvs.socket("read.sock"), "--who")[1]
        self.assertIn(b"ACL user boss, uid ", output)
        self.assertIn(b"you may:   at most read; ", output)
        self.assertEqual(self.refused(self.paths[0]), ([], []))

    def test_by_modes_that_watch_more_than_the_question_that_they_live_by(self):
        for mode, command in (("--stat", "info"), ("--latency", "ping"), ("--latency-history", "ping"),
                              ("--latency-dist", "ping")):
            for path in self.each_server():
                status, _, errors = run_cli("-s", path, "--user", "reader", mode, env=environment(KVSCLI_AUTH="pw"))
                self.assertEqual(status, 4)
                self.assertIn(b"the server refuses %s" % command.upper().encode(), errors)
                self.assertEqual(self.refused(path), ([command], ["1"]))

    def test_by_a_command_or_many_from_a_pipe(self):
        for path in self.each_server():
            for more, stdin in ((["get", "a"], b""), ([], b"get a\nget b\n")):
                self.assertEqual(run_cli("-s", path, "--user", "reader", *more, stdin=stdin,
                                         env=environment(KVSCLI_AUTH="pw"))[0], 0)
            self.assertEqual(self.refused(path), ([], []))

    def test_tab_and_help_are_told_why_they_know_nothing_after_one_refusal(self):
        for path in self.each_server():
            terminal = self.prompt(path)
            terminal.type("ge\t")
            terminal.expect("this user may not run COMMAND DOCS")
            terminal.expect("> ge")
            terminal.type("\t\tt a\r")
            terminal.expect("(nil)")
            terminal.enter("help get")
            before = terminal.expect("No help for 'get': the server refused COMMAND DOCS")
            self.assertNotIn(b"may not run", before)
            self.assertEqual(self.refused(path), (["command|docs"], ["1"]))

    def test_help_of_the_command_line_says_that_it_was_refused_and_what_helps(self):
        for path in self.each_server():
            for options, wanted in (((), 0), (("-e",), 4)):
                status, output, errors = run_cli("-s", path, "--user", "reader", *options, "help", "get",
                                                 env=environment(KVSCLI_AUTH="pw"))
                self.assertEqual((status, errors), (wanted, b""))
                self.assertRegex(output, rb"^No help for 'get': the server refused COMMAND DOCS, which it comes from \(NOPERM [^\n]*\); "
                                 rb"\+command\|docs among the rules of the user would allow it, and --user names another one\n$")
            self.assertEqual(self.refused(path), (["command|docs"], ["2"]))
            status, output, _ = run_cli("-s", path, "--user", "learner", "help", "get", env=environment(KVSCLI_AUTH="pw"))
            self.assertEqual((status, output[:5]), (0, b"  GET"))

    def test_who_may_read_the_texts_has_completion_and_hints_from_the_first_tab_on(self):
        for path in self.each_server():
            terminal = self.prompt(path, "learner")
            terminal.type("getr\t")
            terminal.expect("ange ")
            terminal.expect("key start end")
            self.assertEqual(self.refused(path), ([], []))


class PromptShowsTheUser(ServersWithUsers):
    def open(self, *arguments, **changes):
        terminal = Terminal("-s", self.server.path, *arguments,
                            env=environment(KVSCLI_HISTFILE="/dev/null", **changes))
        self.addCleanup(terminal.close)
        return terminal

    def prompt(self, user="", mark=""):
        return "kvs %s%s%s> " % (user, self.server.path, mark)

    def test_that_is_not_default(self):
        self.open("--user", "alice", KVSCLI_AUTH="pw").expect(self.prompt("alice@"))
        self.open(KVSCLI_AUTH="secret").expect("kvs /")

    def test_with_the_database_after_the_path(self):
        self.open("--user", "alice", "-n", "3", KVSCLI_AUTH="pw").expect(self.prompt("alice@", "[3]"))

    def test_after_auth_hello_and_reset(self):
        terminal = self.open()
        terminal.expect(self.prompt())
        for line, user in (("auth alice pw", "alice@"), ("auth secret", ""), ("hello 3 auth boss pw", "boss@"),
                           ("hello 2", "boss@"), ("auth alice wrong", "boss@"), ("reset", ""),
                           ("auth boss pw", "boss@")):
            terminal.enter(line)
            terminal.expect("kvs %s/" % user)
            terminal.expect("> ")

    def test_after_an_auth_that_waited_in_a_transaction(self):
        terminal = self.open("--user", "boss", KVSCLI_AUTH="pw")
        terminal.expect(self.prompt("boss@"))
        for line, user, mark in (("multi", "boss@", "(tx)"), ("auth secret", "boss@", "(tx)"), ("exec", "", ""),
                                 ("multi", "", "(tx)"), ("auth alice pw", "", "(tx)"), ("exec", "alice@", "")):
            terminal.enter(line)
            terminal.expect(self.prompt(user, mark))

    def test_again_after_a_reconnect_as_the_last_who_logged_in(self):
        terminal = self.open("--user", "boss", KVSCLI_AUTH="pw")
        for line, user in ((None, "boss@"), ("auth secret", ""), ("auth boss pw", "boss@")):
            if line is not None:
                terminal.enter(line)
            terminal.expect(self.prompt(user))
            self.admin("client", "kill", "type", "normal")
            terminal.expect("not connected> ")
            terminal.enter("ping")
            terminal.expect("PONG")
            terminal.expect(self.prompt(user))

    def shown(self, hello, prompt, line=None, wanted=None):
        """The prompt of a server that says hello like this, and what it was asked."""
        with ScriptedServer(lambda words: b"+OK\r\n", hello=hello) as server:
            with Terminal("-s", server.path, env=environment(KVSCLI_HISTFILE="/dev/null")) as terminal:
                terminal.expect(prompt % server.path)
                if line:
                    terminal.enter(line)
                    terminal.expect(wanted % server.path)
            return [words for words in server.commands if words[0] != b"COMMAND"]

    def test_only_when_the_server_says_who_it_is(self):
        self.open().expect("kvs /")
        for hello in (b"-ERR unknown command 'HELLO'\r\n", b"-NOAUTH log in\r\n", b"+strange\r\n", b"$-1\r\n", b"*0\r\n",
                      b"*2\r\n$8\r\nkvs_user\r\n:1\r\n", b"*1\r\n$8\r\nkvs_user\r\n", b"*2\r\n:1\r\n$1\r\nx\r\n"):
            self.assertEqual(self.shown(hello, "kvs %s> "), [[b"HELLO"]])

    GIVEN = b"*4\r\n$5\r\nproto\r\n:2\r\n$8\r\nkvs_user\r\n$%d\r\n%s\r\n"

    def test_whom_the_socket_gives(self):
        self.assertEqual(self.shown(self.GIVEN % (3, b"app"), "kvs app@%s> "), [[b"HELLO"]])
        self.assertEqual(self.shown(self.GIVEN % (7, b"default"), "kvs %s> "), [[b"HELLO"]])
        asked = self.shown(self.GIVEN % (3, b"app"), "kvs app@%s> ", "auth boss pw", "kvs boss@%s> ")
        self.assertEqual(asked, [[b"HELLO"], [b"auth", b"boss", b"pw"]])

    def test_without_what_would_move_the_cursor(self):
        self.shown(self.GIVEN % (9, b"a\x1b[2Jb\r\nc"), "kvs a?[2Jb??c@%s> ")

    def test_and_nothing_is_asked_elsewhere(self):
        with ScriptedServer(lambda words: b"+OK\r\n") as server:
            run_cli("-s", server.path, "ping")
            run_cli("-s", server.path, stdin=b"auth x\nping\n")
            self.assertEqual(server.commands, [[b"ping"], [b"auth", b"x"], [b"ping"]])


# Who is at the other end.

class StrangersAreWarnedOf(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        os.chmod(self.folder, 0o755)

    def make_folder(self, name, mode, owner=0):
        path = os.path.join(self.folder, name)
        os.mkdir(path)
        os.chmod(path, mode)
        os.chown(path, owner, owner)
        return path

    def serve(self, folder, uid, name="s.sock"):
        """A server of that user; its socket's path and its process. Any user's, whatever the folder's mode."""
        path = os.path.join(folder, name)
        mode, owner = os.stat(folder).st_mode, os.stat(folder).st_uid
        os.chown(folder, uid, -1)
        os.chmod(folder, 0o700)
        process = subprocess.Popen([sys.executable, "-c", FOREIGN_SERVER, path, str(uid)], stdout=subprocess.PIPE,
                                   env=environment(), cwd="/")
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.wait, DEADLINE)
        self.addCleanup(process.kill)
        self.assertEqual(process.stdout.readline(), b"ready\n")
        os.chown(folder, owner, -1)
        os.chmod(folder, stat.S_IMODE(mode))
        os.chmod(path, 0o666)
        return path, process

    def warning(self, path, *arguments, program=CLI, **more):
        """What is said about the other end; all else is as with any server."""
        status, output, errors = run(program, "-s", path, *(arguments or ["ping"]), **more)
        self.assertEqual((status, output), (0, b"PONG\n"))
        self.assertLessEqual(errors.count(b"\n"), 1, errors)
        return errors.decode()

    @needs_root
    def test_in_a_shared_folder(self):
        for mode in (0o1777, 0o777, 0o775):
            folder = self.make_folder("%o" % mode, mode)
            path, process = self.serve(folder, STRANGER)
            self.assertTrue(self.warning(path).startswith(
                "Warning: the server at %s, pid %d, is run by unnamed (uid %d), who is neither you, root nor the owner "
                "of %s, into which others can write (mode %04o)" % (path, process.pid, STRANGER, folder, mode)))

    @needs_root
    def test_by_name(self):
        path, _ = self.serve(self.make_folder("shared", 0o1777), NOBODY)
        self.assertIn("is run by nobody (uid %d)" % NOBODY, self.warning(path))

    @needs_root
    def test_but_not_in_a_folder_that_only_its_owner_writes(self):
        path, _ = self.serve(self.make_folder("private", 0o755), STRANGER)
        self.assertEqual(self.warning(path), "")

    @needs_root
    def test_but_not_the_folders_owner(self):
        path, _ = self.serve(self.make_folder("theirs", 0o1777, STRANGER), STRANGER)
        self.assertEqual(self.warning(path), "")

    @needs_root
    def test_but_not_root_nor_oneself(self):
        program = os.path.join(self.folder, "cli")
        shutil.copy(CLI, program)
        as_stranger = {"program": program, "cwd": "/", "user": STRANGER, "group": STRANGER, "extra_groups": []}
        shared = self.make_folder("shared", 0o1777)
        for uid, name in ((0, "root"), (STRANGER, "own")):
            path, _ = self.serve(shared, uid, name)
            self.assertEqual(self.warning(path, **as_stranger), "")
        path, _ = self.serve(shared, NOBODY, "other")
        self.assertIn("run by nobody", self.warning(path, **as_stranger))

    @needs_root
    def test_who_own_the_file_of_an_expected_server(self):
        folder = self.make_folder("shared", 0o1777)
        path, process = self.serve(folder, 0)
        os.chown(path, STRANGER, 0)
        self.assertIn("the socket file %s, served by root (uid 0) with pid %d, belongs to unnamed (uid %d)"
                      % (path, process.pid, STRANGER), self.warning(path))

    @needs_root
    def test_who_made_the_folder_of_their_socket(self):
        shared = self.make_folder("shared", 0o1777)
        path, _ = self.serve(self.make_folder("shared/theirs", 0o755, STRANGER), STRANGER)
        self.assertIn("the owner of %s, into" % shared, self.warning(path))
        path, _ = self.serve(self.make_folder("shared/roots", 0o755), STRANGER)
        self.assertEqual(self.warning(path), "")

    @needs_root
    def test_through_a_symbolic_link_in_a_shared_folder(self):
        path, _ = self.serve(self.make_folder("theirs", 0o755, STRANGER), STRANGER)
        self.assertEqual(self.warning(path), "")
        link = os.path.join(self.make_folder("shared", 0o1777), "link")
        os.symlink(path, link)
        self.assertIn("the server at %s, pid" % link, self.warning(link))

    @needs_root
    def test_by_a_relative_path(self):
        path, _ = self.serve(self.make_folder("shared", 0o1777), STRANGER)
        for relative, cwd in (("s.sock", os.path.dirname(path)), ("./shared/s.sock", self.folder),
                              ("../shared/s.sock", os.path.dirname(path))):
            self.assertIn("the server at %s, pid" % relative, self.warning(relative, cwd=cwd))

    @needs_root
    def test_once_a_run_unless_it_is_somebody_else(self):
        folder = self.make_folder("shared", 0o1777)
        path, process = self.serve(folder, STRANGER)
        env = environment(KVSCLI_HISTFILE="/dev/null")
        with Terminal("-s", path, env=env) as terminal:
            self.assertIn(b"Warning", terminal.expect("kvs %s> " % path))
            for uid, warned in ((STRANGER, False), (NOBODY, True)):
                process.kill()
                process.wait(DEADLINE)
                os.unlink(path)
                path, process = self.serve(folder, uid)
                terminal.enter("ping")
                self.assertEqual(b"Warning" in terminal.expect("PONG"), warned)

    @needs_root
    def test_in_every_way_of_running(self):
        path, _ = self.serve(self.make_folder("shared", 0o1777), STRANGER)
        self.assertIn("Warning", self.warning(path, "-e", "--raw", "ping"))
        status, output, errors = run_cli("-s", path, "-e", stdin=b"ping\nping\n")
        self.assertEqual((status, output, errors.count(b"Warning")), (0, b"PONG\nPONG\n", 1))


# --who.

class WhoTells(ServersWithUsers):
    def who(self, *arguments, **changes):
        status, output, errors = self.cli("--who", *arguments, **changes)
        self.assertEqual((status, errors), (0, b""))
        return self.fields(output)

    def fields(self, output):
        lines = output.decode().splitlines()
        for line in lines:
            self.assertRegex(line, r"^(?=.{11}\S)[a-z ]+: +\S")  # values start in one column
        return dict(re.split(r": +", line, maxsplit=1) for line in lines)

    def test_socket_server_and_you(self):
        fields = self.who(KVSCLI_AUTH="secret")
        status = os.stat(self.server.path)
        self.assertEqual(fields["socket"], self.server.path)
        self.assertRegex(fields["file"], r"^mode %04o, owner \S+ \(uid %d\), group \S+ \(gid %d\)$"
                         % (stat.S_IMODE(status.st_mode), status.st_uid, status.st_gid))
        self.assertRegex(fields["server"], r"^\S+ \(uid %d\), pid %d$" % (os.geteuid(), self.server.process.pid))
        self.assertIn("redis-server", fields["program"])
        self.assertRegex(fields["you"], r"^\S+ \(uid %d\), group \S+ \(gid %d\)" % (os.geteuid(), os.getegid()))

    def test_where_a_symbolic_link_leads(self):
        link = os.path.join(self.server.folder, "link")
        os.symlink(self.server.path, link)
        self.addCleanup(os.unlink, link)
        output = run_cli("-s", link, "--who")[1]
        self.assertEqual(self.fields(output)["socket"], self.server.path)

    def test_that_a_password_is_needed(self):
        fields = self.who()
        self.assertIn("wants a password", fields["known as"])
        self.assertEqual(fields["you may"], "nothing but authenticate")
        self.assertEqual(self.cli("--who", "-e")[0], 4)
        status, _, errors = self.cli("--who", KVSCLI_AUTH="wrong")
        self.assertEqual(status, 4)
        self.assertTrue(errors.startswith(b"AUTH failed: WRONGPASS"), errors)

    def test_everything_to_a_user_with_all_rights(self):
        for options in ([], ["-3", "--json", "-n", "99"]):
            fields = self.who("--user", "boss", *options, KVSCLI_AUTH="pw")
            self.assertEqual(fields["known as"], "ACL user boss")
            self.assertEqual((fields["commands"], fields["keys"], fields["channels"]), ("+@all", "~*", "&*"))
            self.assertEqual(fields["you may"], "read, write, administer")

    def test_the_rules_that_narrow_a_user(self):
        self.admin("acl", "setuser", "narrow", "on", ">pw", "~app:*", "+@all", "(~other:* +get)")
        fields = self.who("--user", "narrow", KVSCLI_AUTH="pw")
        self.assertEqual((fields["keys"], fields["channels"]), ("~app:*", "none"))
        self.assertEqual(fields["selectors"], "1 more set of rules")
        self.assertEqual(fields["you may"], "read, write, administer, as far as these rules go")

    def test_no_more_than_a_user_may_ask(self):
        fields = self.who("--user", "alice", KVSCLI_AUTH="pw")
        self.assertEqual(fields["known as"], "ACL user alice")
        self.assertNotIn("commands", fields)
        self.assertEqual(fields["you may"], "what the rules of the ACL user allow, which it may not see")

    def test_of_a_user_that_may_not_ask_the_name_of_the_login(self):
        fields = self.who("--user", "mute", KVSCLI_AUTH="pw")
        self.assertEqual(fields["known as"], "ACL user mute")
        self.assertEqual(fields["you may"], "what the rules of the ACL user allow, which it may not see")

    def test_takes_no_command_and_needs_a_server(self):
        status, output, errors = self.cli("--who", "ping")
        self.assertEqual((status, output), (2, b""))
        self.assertIn(b"--who takes no command", errors)
        status, output, errors = run_cli("-s", self.server.path + ".none", "--who")
        self.assertEqual((status, output), (3, b""))
        self.assertIn(b"no such socket file", errors)


@unittest.skipUnless(os.access(KVS_SERVER, os.X_OK), "needs kvs-server")
class WhoTellsMoreOfKvs(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.server = KvsServer("listen {folder}/read.sock mode=0666 access=read",
                               "listen {folder}/write.sock mode=0666 access=write",
                               "user boss on >pw ~* &* +@all",
                               "user little on >pw ~app:* resetchannels +@read +client|info",
                               "user local on ~* +@all peer:%d" % STRANGER)
        cls.addClassCleanup(cls.server.close)

    def who(self, name, *arguments, program=CLI, **more):
        """What --who says at one of the sockets, and the client's pid."""
        with subprocess.Popen([program, "-s", self.server.socket(name), "--who", *arguments], stdout=subprocess.PIPE,
                              **more) as process:
            output = process.communicate(timeout=DEADLINE)[0].decode()
        self.assertEqual(process.returncode, 0)
        return dict(re.split(r": +", line, maxsplit=1) for line in output.splitlines()), process.pid

    def test_uid_gid_pid_and_socket_as_the_server_sees_them(self):
        fields, pid = self.who("kvs.sock", env=environment())
        self.assertEqual(fields["known as"], "ACL user default, uid %d, gid %d, pid %d, through %s"
                         % (os.geteuid(), os.getegid(), pid, self.server.socket("kvs.sock")))
        self.assertNotIn("process", fields)

    def test_the_access_of_each_socket(self):
        for name, access, able in (("kvs.sock", "admin", "read, write, administer"),
                                   ("write.sock", "write", "at most read, write; "),
                                   ("read.sock", "read", "at most read; ")):
            fields, _ = self.who(name, "--user", "boss", env=environment(KVSCLI_AUTH="pw"))
            self.assertEqual(fields["access"], access)
            self.assertTrue(fields["you may"].startswith(able), fields)

    def test_a_user_that_may_ask_for_little(self):
        fields, _ = self.who("kvs.sock", "--user", "little", env=environment(KVSCLI_AUTH="pw"))
        self.assertTrue(fields["known as"].startswith("ACL user little, uid "), fields)

    @needs_root
    def test_the_user_of_a_peer_without_a_password(self):
        program = os.path.join(self.server.folder, "cli")
        shutil.copy(CLI, program)
        fields, _ = self.who("write.sock", program=program, env=environment(), cwd="/", user=STRANGER, group=STRANGER,
                             extra_groups=[])
        self.assertTrue(fields["known as"].startswith("ACL user local, uid %d" % STRANGER), fields)
        self.assertIn("unnamed (uid %d)" % STRANGER, fields["you"])

    def test_a_command_over_the_ceiling_is_status_4(self):
        status, output, errors = run_cli("-s", self.server.socket("read.sock"), "-e", "set", "k", "v")
        self.assertEqual((status, output), (4, b""))
        self.assertTrue(errors.startswith(b"NOPERM"), errors)


    def test_advice_after_a_refusal_is_about_what_refused(self):
        env = environment(KVSCLI_HISTFILE="/dev/null", KVSCLI_AUTH="pw")
        for user, name, advice in (("boss", "read.sock", "allows no more to anybody: use another one"),
                                   ("little", "kvs.sock", "The rules of your user do not allow it: kvs-cli --who")):
            with Terminal("-s", self.server.socket(name), "--user", user, env=env) as terminal:
                terminal.expect("> ")
                terminal.enter("set app:k v")
                terminal.expect("(error) NOPERM ")
                terminal.expect(advice)


class WhoTellsWhatKvsKnows(unittest.TestCase):
    """Answers as kvs gives them, from a scripted server."""

    INFO = b"id=3 user=app name= lib-name= access-like=x pid=77 uid=1000 gid=1001 access=%s socket=/run/my kvs.sock\n"

    def who(self, access, rules=b"-NOPERM no\r\n", hello=b"+OK\r\n", info=None):
        text = self.INFO % access
        replies = {b"GETUSER": rules, b"INFO": info or b"$%d\r\n%s\r\n" % (len(text), text)}
        with ScriptedServer(lambda words: replies[words[1]], hello=hello) as server:
            status, output, errors = run_cli("-s", server.path, "--who")
            self.asked = [words for words in server.commands if words[0] != b"HELLO"]
        self.assertEqual((status, errors), (0, b""))
        return dict(re.split(r": +", line, maxsplit=1) for line in output.decode().splitlines())

    def test_peer_socket_and_access(self):
        fields = self.who(b"write")
        self.assertEqual(fields["known as"], "ACL user app, uid 1000, gid 1001, pid 77, through /run/my kvs.sock")
        self.assertEqual(fields["access"], "write")

    def test_name_from_hello_when_client_info_is_refused(self):
        fields = self.who(b"read", hello=PromptShowsTheUser.GIVEN % (6, b"a\x1b[2Jb"), info=b"-NOPERM no\r\n")
        self.assertEqual(fields["known as"], "ACL user a?[2Jb")
        self.assertEqual(self.asked, [[b"CLIENT", b"INFO"]])

    def test_access_is_a_ceiling(self):
        full = b"*4\r\n$8\r\ncommands\r\n$5\r\n+@all\r\n$4\r\nkeys\r\n$2\r\n~*\r\n"
        self.assertEqual(self.who(b"admin", full)["you may"], "read, write, administer")
        for access, able in ((b"read", "read"), (b"write", "read, write"), (b"admin", "read, write, administer")):
            self.assertEqual(self.who(access)["you may"], "at most %s; the rules of the ACL user, which it may not "
                             "see, can allow less" % able)
            self.assertEqual([b"ACL", b"GETUSER", b"app"] in self.asked, access == b"admin")

    def test_lines_of_a_hostile_server_stay_lines(self):
        rules = b"*4\r\n$8\r\ncommands\r\n$8\r\na\x1b[2J\r\nb\r\n$4\r\nkeys\r\n*0\r\n"
        fields = self.who(b"admin", rules)
        self.assertEqual(fields["commands"], "a?[2J??b")
        self.assertEqual(fields["you may"], "read, write, administer, as far as these rules go")

    def test_another_process_that_opened_the_socket(self):
        text = b"# Server\r\nprocess_id:424242\r\nuptime:1\r\n"

        def answer(words):
            return b"$%d\r\n%s\r\n" % (len(text), text) if words[0] == b"INFO" else b"-ERR no\r\n"

        with ScriptedServer(answer, unknown=()) as server:
            output = run_cli("-s", server.path, "--who")[1]
        self.assertIn(b"the server calls itself pid 424242", output)

    def test_connection_that_ends_prints_nothing(self):
        with ScriptedServer(lambda words: None) as server:
            status, output, errors = run_cli("-s", server.path, "--who")
        self.assertEqual((status, output, errors), (3, b"", b"Error: Server closed the connection\n"))


if __name__ == "__main__":
    main()
