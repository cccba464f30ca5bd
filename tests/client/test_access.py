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

    def test_user_without_a_password_is_a_mistake(self):
        status, output, errors = self.cli("--user", "alice", "ping")
        self.assertEqual((status, output, errors.count(b"\n")), (2, b"", 1))
        self.assertIn(b"--user needs a password", errors)

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


class RefusedPasswordsAreSaid(ServersWithUsers):
    def test_and_the_connection_goes_on_without_one(self):
        status, output, errors = self.cli("get", "k", KVSCLI_AUTH="wrong")
        self.assertEqual((status, output), (0, b"NOAUTH Authentication required.\n\n"))
        self.assertRegex(errors, rb"^AUTH failed: WRONGPASS [^\n]*\n$")

    def test_and_with_e_what_then_needs_one_is_status_4(self):
        status, output, errors = self.cli("-e", "get", "k", KVSCLI_AUTH="wrong")
        self.assertEqual((status, output), (4, b""))
        self.assertRegex(errors, rb"^AUTH failed: WRONGPASS [^\n]*\nNOAUTH [^\n]*\n$")
        status, _, errors = self.cli("-e", stdin=b"get k\n", KVSCLI_AUTH="wrong")
        self.assertEqual(status, 4)
        self.assertRegex(errors, rb"^AUTH failed: WRONGPASS [^\n]*\nkvs-cli: standard input, line 1: NOAUTH [^\n]*\n$")

    def test_as_redis_cli_says_it_where_no_password_is_needed(self):
        with ScriptedServer(lambda words: b"-ERR no password\r\n" if words[0] == b"AUTH" else b"+PONG\r\n") as server:
            for program in (CLI, REDIS_CLI):
                self.assertEqual(run(program, "-s", server.path, "ping", env=environment(REDISCLI_AUTH="pw")),
                                 (0, b"PONG\n", b"AUTH failed: ERR no password\n"))

    def test_and_a_database_that_needs_one_runs_nothing(self):
        status, output, errors = self.cli("-n", "5", "get", "k", KVSCLI_AUTH="wrong")
        self.assertEqual((status, output), (4, b""))
        self.assertIn(b"SELECT 5 failed: NOAUTH", errors)

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
            commands = [words for words in server.commands if words[0] not in (b"ACL", b"COMMAND")]
            self.assertEqual(commands, [*greeting, [b"die"], *greeting, [b"ping"]])


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
        for line, user, mark in (("multi", "boss@", "(tx)"), ("auth secret", "boss@", "(tx)"), ("exec", "", "")):
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

    def test_only_when_the_server_says_who_it_is(self):
        self.open("--user", "mute", KVSCLI_AUTH="pw").expect("kvs /")
        self.open().expect("kvs /")
        for reply in (b"-ERR unknown command 'ACL'\r\n", b"+strange\r\n", b"$-1\r\n", b"*0\r\n"):
            with ScriptedServer(lambda words, reply=reply: reply) as server:
                with Terminal("-s", server.path, env=environment(KVSCLI_HISTFILE="/dev/null")) as terminal:
                    terminal.expect("kvs %s> " % server.path)

    def test_without_what_would_move_the_cursor(self):
        with ScriptedServer(lambda words: b"$9\r\na\x1b[2Jb\r\nc\r\n") as server:
            with Terminal("-s", server.path, env=environment(KVSCLI_HISTFILE="/dev/null")) as terminal:
                terminal.expect("kvs a?[2Jb??c@%s> " % server.path)

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
        self.assertEqual(status, 0)
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
        self.assertEqual(fields["selectors"], "1 more sets of rules")
        self.assertEqual(fields["you may"], "read, write, administer, as far as these rules go")

    def test_no_more_than_a_user_may_ask(self):
        fields = self.who("--user", "alice", KVSCLI_AUTH="pw")
        self.assertEqual(fields["known as"], "ACL user alice")
        self.assertNotIn("commands", fields)
        self.assertEqual(fields["you may"], "what the rules of the ACL user allow, which it may not see")

    def test_nothing_about_a_user_that_may_not_ask(self):
        fields = self.who("--user", "mute", KVSCLI_AUTH="pw")
        self.assertEqual(fields["known as"], "an ACL user that may not ask who it is")
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


class WhoTellsWhatKvsKnows(unittest.TestCase):
    """Answers as kvs gives them, from a scripted server."""

    INFO = b"id=3 user=app name= lib-name= access-like=x pid=77 uid=1000 gid=1001 access=%s socket=/run/my kvs.sock\n"

    def who(self, access, rules=b"-NOPERM no\r\n", user=b"$3\r\napp\r\n"):
        info = self.INFO % access

        def answer(words):
            replies = {b"WHOAMI": user, b"GETUSER": rules, b"INFO": b"$%d\r\n%s\r\n" % (len(info), info)}
            return replies[words[1]]

        with ScriptedServer(answer) as server:
            status, output, errors = run_cli("-s", server.path, "--who")
        self.assertEqual((status, errors), (0, b""))
        return dict(re.split(r": +", line, maxsplit=1) for line in output.decode().splitlines())

    def test_peer_socket_and_access(self):
        fields = self.who(b"write")
        self.assertEqual(fields["known as"], "ACL user app, uid 1000, gid 1001, pid 77, through /run/my kvs.sock")
        self.assertEqual(fields["access"], "write")

    def test_name_from_client_info_when_whoami_is_refused(self):
        self.assertTrue(self.who(b"read", user=b"-NOPERM no\r\n")["known as"].startswith("ACL user app,"))

    def test_access_is_a_ceiling(self):
        full = b"*4\r\n$8\r\ncommands\r\n$5\r\n+@all\r\n$4\r\nkeys\r\n$2\r\n~*\r\n"
        for access, able in ((b"read", "read"), (b"write", "read, write"), (b"admin", "read, write, administer")):
            self.assertEqual(self.who(access, full)["you may"], able)
            self.assertEqual(self.who(access)["you may"], "at most %s; the rules of the ACL user, which it may not "
                             "see, can allow less" % able)

    def test_lines_of_a_hostile_server_stay_lines(self):
        rules = b"*4\r\n$8\r\ncommands\r\n$8\r\na\x1b[2J\r\nb\r\n$4\r\nkeys\r\n*0\r\n"
        fields = self.who(b"read", rules)
        self.assertEqual(fields["commands"], "a?[2J??b")
        self.assertEqual(fields["you may"], "read, as far as these rules go")

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
