#!/usr/bin/env python3
"""Black-box tests of what kvs-cli says when it does not work: each message is provoked.

Connections that do not come about, servers that are found elsewhere, other kinds of servers that answer, servers that
refuse a connection, and what error replies mean. As root the tests become other users where permissions are the point.
"""

import grp
import os
import pwd
import shutil
import socket
import struct
import subprocess
import tempfile
import threading
import time
import unittest

from harness import (CLI, DEADLINE, KVS_SERVER, KvsServer, RedisServer, ScriptedServer, environment, main, run, run_cli)
from terminal import Screen, Terminal

NOBODY = 65534
STRANGER = 54321  # a uid without a name
needs_root = unittest.skipUnless(os.geteuid() == 0, "needs root to become another user")
CLOSED = b"Error: Server closed the connection\n"


# Connecting.

class ConnectionsExplainThemselves(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
        os.chmod(self.folder, 0o755)
        self.path = os.path.join(self.folder, "s.sock")

    def tearDown(self):
        subprocess.run(["chmod", "-R", "u+rwx", self.folder], check=True)
        shutil.rmtree(self.folder)

    def listen(self, path=None, kind=socket.SOCK_STREAM):
        listener = socket.socket(socket.AF_UNIX, kind)
        self.addCleanup(listener.close)
        listener.bind(path or self.path)
        if kind == socket.SOCK_STREAM:
            listener.listen(1)
        return listener

    def explained(self, status, texts, *arguments, program=CLI, **more):
        """Runs a command that cannot connect; returns the lines about sockets elsewhere, some of which may be there
        without these tests."""
        got, output, errors = run(program, *arguments, "ping", **more)
        self.assertEqual((got, output), (status, b""), errors)
        first, *others = errors.decode().splitlines()
        for text in texts:
            self.assertIn(text, first)
        if others:
            self.assertRegex(others[0], "^Looked in .* too, and found:$")
            for line in others[1:]:
                self.assertRegex(line, "^  (/\\S.*: |and [0-9]+ more$)")
        return others

    def unprivileged(self):
        """Arguments for a user to whom permissions apply, and that user's copy of the program."""
        if os.geteuid() != 0:
            return {}
        return {"user": NOBODY, "group": NOBODY, "extra_groups": []}

    def program(self):
        """A copy of the program that everybody may run."""
        program = os.path.join(self.folder, "cli")
        shutil.copy(CLI, program)
        return program

    def refused(self, texts, path=None, who=None):
        who = who or self.unprivileged()
        status, output, errors = run(self.program(), "-s", path or self.path, "ping", cwd="/", **who)
        self.assertEqual((status, output), (4, b""), errors)
        self.assertEqual(errors.count(b"\n"), 1, errors)
        for text in [*texts, "you are", "(uid %d)" % who.get("user", os.geteuid())]:
            self.assertIn(text, errors.decode())
        return errors.decode()

    def test_missing_socket_names_path_and_remedy(self):
        self.explained(3, ["at %s: no such socket file" % self.path, "kvs-server -s " + self.path, "-s"],
                       "-s", self.path)

    def test_missing_folder_is_named(self):
        self.explained(3, ["the folder %s/no does not exist" % self.folder], "-s", self.folder + "/no/s.sock")

    def test_dangling_symbolic_link_is_called_one(self):
        os.symlink(self.folder + "/nowhere", self.path)
        self.explained(3, ["%s is a symbolic link to a file that does not exist" % self.path], "-s", self.path)

    def test_links_of_others_do_no_harm_to_a_terminal(self):
        os.mkdir(self.folder + "/\x1b]0;x\x07\u009b")
        os.symlink("\x1b]0;x\x07\u009b", self.folder + "/link")
        self.explained(3, ["the folder %s/?]0;x??/no does not exist" % self.folder],
                       "-s", self.folder + "/link/no/none.sock")
        evil = self.folder + "/'\x1b"
        self.explained(3, ["at %s/'?: no such" % self.folder, "kvs-server -s $'%s/\\047\\033'" % self.folder],
                       "-s", evil)

    def test_missing_file_behind_a_sound_link_is_not_blamed_on_the_link(self):
        os.mkdir(self.folder + "/real")
        os.symlink("real", self.folder + "/link")
        self.explained(3, ["no such socket file"], "-s", self.folder + "/link/none.sock")
        self.explained(3, ["the folder %s/real/no does not exist" % self.folder],
                       "-s", self.folder + "/link/no/none.sock")

    def test_dead_server_leaves_a_stale_file(self):
        self.listen().close()
        os.utime(self.path, (time.time() + 60, time.time() + 60))  # a time to come is now: a program may start slowly
        self.explained(3, ["nobody listens", "stale", "stale, made just now, and", "kvs-server -s " + self.path],
                       "-s", self.path)
        # Each with some room: the program's clock may stand a few milliseconds behind Python's, or much later.
        for seconds, words in ((32, ["made 3", " seconds ago, and"]), (90, ["made 1 minute ago, and"]),
                               (3 * 3600 + 60, ["made 3 hours ago, and"]),
                               (86400 * 400 + 60, ["made 400 days ago, and"])):
            os.utime(self.path, (time.time() - seconds, time.time() - seconds))
            self.explained(3, words, "-s", self.path)

    def test_file_that_is_no_socket_is_named_for_what_it_is(self):
        with open(self.path, "w", encoding="ascii"):
            pass
        self.explained(3, ["a regular file, not a socket"], "-s", self.path)
        self.explained(3, ["a folder, not a socket"], "-s", self.folder)
        self.explained(3, ["%s is not a folder" % self.path], "-s", self.path + "/s.sock")

    def test_datagram_socket_is_refused(self):
        self.listen(kind=socket.SOCK_DGRAM)
        self.explained(3, ["datagram"], "-s", self.path)

    def test_path_over_107_bytes_is_refused_with_its_length(self):
        path = "/tmp/" + "x" * 103
        self.explained(3, ["108 bytes", "holds 107"], "-s", path)
        self.explained(3, ["no such socket file"], "-s", path[:-1])

    def test_file_that_refuses_shows_mode_owner_group_and_remedy(self):
        self.listen()
        os.chmod(self.path, 0o600 if os.geteuid() == 0 else 0o000)
        self.refused(["permission denied by the file (mode 0", "owner ", "group ", "w permission"])

    @needs_root
    def test_file_open_to_a_group_tells_how_to_join_it(self):
        self.listen()
        os.chown(self.path, 0, 4)
        os.chmod(self.path, 0o660)
        self.refused(["mode 0660", "group adm (gid 4)", "usermod -aG adm"])

    def test_folder_that_refuses_is_named_with_its_mode(self):
        closed = os.path.join(self.folder, "closed")
        os.mkdir(closed)
        self.path = os.path.join(closed, "deeper", "s.sock")
        os.mkdir(os.path.dirname(self.path))
        self.listen(self.path)
        os.chmod(closed, 0o700 if os.geteuid() == 0 else 0o600)
        whose = "o" if os.geteuid() == 0 else "u"
        self.refused(["permission denied by the folder %s (mode 0" % closed, "chmod %s+x %s" % (whose, closed)])

    def test_file_of_ones_own_tells_chmod(self):
        self.listen()
        os.chmod(self.path, 0o400)
        if os.geteuid() == 0:
            os.chown(self.path, NOBODY, 0)
        self.refused(["mode 0400", "it is yours: chmod u+w %s." % self.path])

    @needs_root
    def test_file_of_somebody_else_tells_sudo(self):
        self.listen()
        os.chmod(self.path, 0o600)
        self.refused(["(sudo -u root kvs-cli -s %s), or let the server give the file mode 660 and a group" % self.path,
                      "unixsocketperm and unixsocketgroup, or mode= and group= of its listen line."])
        os.chown(self.path, STRANGER, STRANGER)
        self.refused(["owner unnamed (uid %d)" % STRANGER, "(sudo -u '#%d' kvs-cli -s " % STRANGER])

    def test_folder_behind_a_symbolic_link_is_named_with_the_link(self):
        closed = os.path.join(self.folder, "closed")
        os.mkdir(closed)
        self.listen(closed + "/real.sock")
        os.chmod(closed, 0o700 if os.geteuid() == 0 else 0o600)
        os.symlink("closed", self.folder + "/folder")
        os.symlink(self.folder + "/folder/real.sock", self.path)
        self.refused(["denied by the folder %s (mode" % closed, "symbolic link %s/folder leads" % self.folder])
        self.refused(["denied by the folder %s (mode" % closed], path=self.folder + "/folder/../folder//real.sock")

    def test_file_behind_a_symbolic_link_is_named(self):
        self.listen(self.folder + "/real.sock")
        os.chmod(self.folder + "/real.sock", 0o600 if os.geteuid() == 0 else 0o000)
        os.symlink("real.sock", self.path)
        self.refused(["denied by the file %s/real.sock (mode" % self.folder, "symbolic link %s leads" % self.path])

    @needs_root
    def test_group_joined_after_the_login_tells_newgrp(self):
        # 34 is Debian's backup, whose only group the databases know and this process has not got
        entry = pwd.getpwuid(34)
        self.listen()
        os.chown(self.path, 0, entry.pw_gid)
        os.chmod(self.path, 0o660)
        who = {"user": entry.pw_uid, "group": NOBODY, "extra_groups": []}
        name = grp.getgrgid(entry.pw_gid).gr_name
        self.refused(["You are a member of %s, but this session began before" % name, "call newgrp " + name], who=who)

    @needs_root
    def test_group_that_may_pass_a_folder_tells_how_to_join_it(self):
        closed = os.path.join(self.folder, "closed")
        os.mkdir(closed)
        self.listen(closed + "/real.sock")
        os.chown(closed, 0, 4)
        os.chmod(closed, 0o750)
        self.refused(["denied by the folder", "The group may pass: ", "usermod -aG adm"], path=closed + "/real.sock")

    @needs_root
    def test_access_control_list_is_pointed_at(self):
        self.listen()
        os.chmod(self.path, 0o600)
        # version 2; owner rw, nobody r, group -, mask r, others -
        acl = struct.pack("<I", 2) + b"".join(struct.pack("<HHI", *entry) for entry in (
            (1, 6, 0xffffffff), (2, 4, NOBODY), (4, 0, 0xffffffff), (16, 4, 0xffffffff), (32, 0, 0xffffffff)))
        try:
            os.setxattr(self.path, "system.posix_acl_access", acl)
        except OSError as error:
            self.skipTest("no access control lists in %s: %s" % (self.folder, error.strerror))
        self.refused(["with an access control list that getfacl %s shows" % self.path])

    def test_socket_is_chosen_by_option_then_environment_then_runtime_folder(self):
        nowhere = self.folder + "/nowhere"
        env = environment(KVS_SOCKET=nowhere, XDG_RUNTIME_DIR=self.folder)
        self.explained(3, [nowhere, "that of KVS_SOCKET"], env=env)
        self.explained(3, [self.path, "the one given with -s"], "-s", self.path, env=env)
        with open(self.folder + "/kvs.sock", "w", encoding="ascii"):
            pass
        self.explained(3, [self.folder + "/kvs.sock: it is a regular file"],
                       env=environment(XDG_RUNTIME_DIR=self.folder))

    def test_default_without_runtime_file_is_in_tmp(self):
        with Terminal("-n", "0", env=environment(XDG_RUNTIME_DIR=self.folder)) as terminal:
            terminal.expect("/tmp/kvs.sock")

    def test_standard_input_without_a_server_fails_at_once(self):
        status, output, errors = run_cli("-s", self.path, stdin=b"ping\nping\n")
        self.assertEqual((status, output, errors.count(b"no such socket file")), (3, b"", 1))

    def test_full_backlog_has_a_time_limit(self):
        self.listen()
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(2)]
        for client in waiting:
            self.addCleanup(client.close)
            client.connect(self.path)
        self.explained(3, ["somebody listens there, but did not let us in"], "-s", self.path, "-t", "0.05")

    def test_full_backlog_is_waited_for(self):
        listener = self.listen()
        waiting = [socket.socket(socket.AF_UNIX) for _ in range(2)]
        for client in waiting:
            self.addCleanup(client.close)
            client.connect(self.path)
        with subprocess.Popen([CLI, "-s", self.path, "ping"], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=environment()) as process:
            for _ in waiting:
                listener.accept()[0].close()
            with listener.accept()[0] as client:
                client.recv(100)
                client.sendall(b"+PONG\r\n")
                self.assertEqual(process.stdout.read(), b"PONG\n")
            self.assertEqual(process.wait(DEADLINE), 0)


class SocketsNearbyAreFound(unittest.TestCase):
    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
        os.chmod(self.folder, 0o755)
        self.addCleanup(shutil.rmtree, self.folder)

    def listen(self, name, alive=True):
        path = os.path.join(self.folder, name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        listener = socket.socket(socket.AF_UNIX)
        listener.bind(path)
        listener.listen(1)
        if alive:
            self.addCleanup(listener.close)
        else:
            listener.close()
        return path

    def found(self, name, *arguments, program=CLI, **more):
        """The lines about sockets in the test's folder, and the whole."""
        status, output, errors = run(program, "-s", os.path.join(self.folder, name), *arguments, "ping", **more)
        self.assertEqual((status, output), (3, b""))
        lines = errors.decode().splitlines()
        return [line for line in lines if line.startswith("  " + self.folder)], errors.decode()

    def test_in_the_same_folder_with_the_command_to_use_them(self):
        alive, dead = self.listen("alive.sock"), self.listen("dead.sock", alive=False)
        self.listen("socket without the ending")
        os.utime(dead, (0, time.time() - 7300))
        lines, text = self.found("none.sock")
        self.assertEqual(sorted(lines), ["  %s: somebody listens; use it with kvs-cli -s %s" % (alive, alive),
                                         "  %s: stale, nobody listens; it was made 2 hours ago" % dead])
        self.assertIn("%s/*.sock too, and found:" % self.folder, text)

    def test_by_kvs_socket_and_in_the_runtime_folder(self):
        one, two = self.listen("one/app"), self.listen("two/kvs.sock")
        lines, text = self.found("three/none.sock",
                                 env=environment(KVS_SOCKET=one, XDG_RUNTIME_DIR=self.folder + "/two"))
        self.assertEqual([line.split(": ")[0].strip() for line in lines], [one, two])
        self.assertIn("Looked in %s, %s, " % (one, two), text)
        _, text = self.found("three/none.sock", env=environment(KVS_SOCKET="unix://:secret@%s?db=1" % one))
        self.assertIn("Looked in %s, /tmp/kvs.sock, " % one, text)

    def test_each_once(self):
        path = self.listen("kvs.sock")
        os.symlink(path, self.folder + "/link.sock")
        lines, _ = self.found("none.sock", env=environment(KVS_SOCKET=path, XDG_RUNTIME_DIR=self.folder))
        self.assertEqual(len(lines), 1)

    @needs_root
    def test_where_the_usual_places_are(self):
        script = """mount -t tmpfs none /run && mkdir /run/kvs && mount --bind "$2" /tmp || exit 99
                    ln "$1" /run/kvs.sock 2>/dev/null || cd /
                    exec "$3" -c "$4" "$5" """
        listen = """
import os, socket, sys
keep = []
for path in ("/run/kvs/b.sock", "/run/kvs/a", "/run/kvs.sock", "/tmp/kvs.sock"):
    keep.append(socket.socket(socket.AF_UNIX))
    keep[-1].bind(path)
    keep[-1].listen(1)
    os.set_inheritable(keep[-1].fileno(), True)
os.execve(sys.argv[1], [sys.argv[1], "-s", "/nowhere/x.sock", "ping"], {})
"""
        scratch = os.path.join(self.folder, "tmp")
        os.mkdir(scratch)
        program = shutil.copy(CLI, os.path.join(scratch, "cli"))
        status, _, errors = run("unshare", "-m", "sh", "-c", script, "sh", program, scratch, "/usr/bin/python3", listen,
                                "/tmp/cli")
        if status in (1, 99):
            self.skipTest("no mount namespaces here: %s" % errors.decode())
        self.assertEqual(status, 3, errors)
        lines = errors.decode().splitlines()
        self.assertEqual(lines[1], "Looked in /tmp/kvs.sock, /run/kvs/*.sock, /run/kvs.sock and /nowhere/*.sock too, "
                                   "and found:")
        self.assertEqual([line.split(": ")[0] for line in lines[2:]],
                         ["  /tmp/kvs.sock", "  /run/kvs/b.sock", "  /run/kvs.sock"])

    @needs_root
    def test_that_refuse(self):
        path = self.listen("closed.sock")
        os.chmod(path, 0o600)
        program = shutil.copy(CLI, os.path.join(self.folder, "cli"))
        lines, _ = self.found("none.sock", program=program, user=NOBODY, group=NOBODY, extra_groups=[], cwd="/")
        self.assertEqual(lines, ["  %s: its permissions refuse you" % path])

    def test_only_living_ones_when_the_file_itself_is_stale(self):
        self.listen("stale.sock", alive=False)
        self.listen("other.sock", alive=False)
        self.assertEqual(self.found("stale.sock")[0], [])
        alive = self.listen("alive.sock")
        self.assertEqual([line.split(": ")[0].strip() for line in self.found("stale.sock")[0]], [alive])

    def test_none_and_then_where_it_looked(self):
        lines, text = self.found("none.sock")
        self.assertEqual(lines, [])
        self.assertIn("%s/*.sock" % self.folder, text)

    def test_command_is_quoted_for_the_shell(self):
        path = self.listen("it's a.sock")
        lines, _ = self.found("none.sock")
        self.assertIn("kvs-cli -s '%s'" % path.replace("'", "'\\''"), lines[0])

    def test_names_that_would_harm_a_terminal_are_passed_over(self):
        self.listen("a\x1b[2J.sock")
        self.listen("a\nb.sock")
        lines, text = self.found("none.sock")
        self.assertEqual(lines, [])
        self.assertNotIn("\x1b", text)

    def test_many_are_cut_short(self):
        for number in range(12):
            self.listen("%d.sock" % number)
        lines, text = self.found("none.sock")
        self.assertLessEqual(len(lines), 8)
        self.assertRegex(text, r"\n  and \d+ more\n$")

    def test_relative_path_looks_in_the_working_folder(self):
        self.listen("alive.sock")
        status, _, errors = run_cli("-s", "none.sock", "ping", cwd=self.folder)
        self.assertEqual(status, 3)
        self.assertIn(b"  ./alive.sock: somebody listens; use it with kvs-cli -s ./alive.sock\n", errors)


# Servers that are no kvs, or let nobody in.

class ForeignServer:
    """Says something to each client, at once or when it has heard something, and closes or stays."""

    def __init__(self, words, at_once=True, stays=False):
        self.folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
        self.path = os.path.join(self.folder, "foreign.sock")
        self.words, self.at_once, self.stays = words, at_once, stays
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self.clients = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def serve(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            if not self.at_once:
                client.recv(4096)
            client.sendall(self.words)
            if self.stays:
                self.clients.append(client)
            else:
                client.close()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.listener.shutdown(socket.SHUT_RDWR)
        self.thread.join(DEADLINE)
        self.listener.close()
        for client in self.clients:
            client.close()
        shutil.rmtree(self.folder)


class WhatAnswersIsSaid(unittest.TestCase):
    def said(self, words, text, **how):
        with ForeignServer(words, **how) as server:
            for arguments, stdin in ((["ping"], b""), ([], b"ping\nping\n"), (["-3", "ping"], b"")):
                status, output, errors = run_cli("-s", server.path, *arguments, stdin=stdin)
                self.assertEqual((status, output), (3, b""), errors)
                self.assertEqual(errors.count(b"\n"), 1, errors)
                self.assertTrue(errors.startswith(b"Error: What answers there is no kvs: it said \""), errors)
                self.assertIn(b'"%s"' % text, errors)

    def test_server_of_the_web(self):
        self.said(b"HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\n\r\n400 Bad Request",
                  b"HTTP/1.1 400 Bad Request", at_once=False)

    def test_banner_of_ssh(self):
        self.said(b"SSH-2.0-OpenSSH_9.2p1 Debian-2\r\n", b"SSH-2.0-OpenSSH_9.2p1 Debian-2", stays=True)

    def test_greeting_without_a_line_end(self):
        # MySQL's and MariaDB's: a length, a version and noise; the first byte can be one of RESP's
        for first in (b"J", b"$", b">", b"|"):
            self.said(first + b"\0\0\0\x0a5.5.5-10.11.6-MariaDB\0\x08\x1b[2J", first + b"???", stays=True)

    def test_servers_of_mail(self):
        self.said(b"220 mail.example ESMTP\r\n", b"220 mail.example ESMTP", stays=True)
        self.said(b"* OK [CAPABILITY IMAP4rev1] ready.\r\n", b"* OK [CAPABILITY IMAP4rev1] ready.", stays=True)

    def test_long_line_is_cut_and_made_printable(self):
        self.said(b"\x1b]0;title\x07" + b"x" * 5000, b"?]0;title?" + b"x" * 86 + b"...", stays=True)

    def test_at_the_prompt_too(self):
        with ForeignServer(b"SSH-2.0-OpenSSH_9.2p1\r\n", stays=True) as server:
            with Terminal("-s", server.path, env=environment(KVSCLI_HISTFILE="/dev/null")) as terminal:
                terminal.expect("What answers there is no kvs: it said \"SSH-2.0-OpenSSH_9.2p1\"")
                terminal.expect("not connected> ")

    def test_another_redis_is_no_stranger(self):
        server = RedisServer()
        self.addCleanup(server.close)
        self.assertEqual(run_cli("-s", server.path, "ping"), (0, b"PONG\n", b""))

    def test_fault_in_a_later_reply_is_not_blamed_on_a_stranger(self):
        with ScriptedServer(lambda words: b"+OK\r\n" if words[0] == b"one" else b"!!\r\n") as server:
            got = run_cli("-s", server.path, stdin=b"one\ntwo\n")
            self.assertEqual(got, (3, b"OK\n", b"Error: Bad bulk string length\n"))


class SilentServersHoldNobody(unittest.TestCase):
    def test_with_a_time_limit_it_says_so(self):
        with ForeignServer(b"", stays=True) as server:
            for arguments, stdin in ((["ping"], b""), ([], b"ping\n"), (["-3", "ping"], b"")):
                status, output, errors = run_cli("-s", server.path, "-t", "0.05", *arguments, stdin=stdin)
                self.assertEqual((status, output), (3, b""))
                self.assertIn(b"Nothing came from the server for the time that -t gives it", errors)

    def test_control_c_comes_back_to_the_prompt(self):
        with ForeignServer(b"", stays=True) as server:
            with Terminal("-s", server.path, env=environment(KVSCLI_HISTFILE="/dev/null")) as terminal:
                end = time.monotonic() + DEADLINE
                while not server.clients and time.monotonic() < end:
                    time.sleep(0.002)
                terminal.type("\x03")
                terminal.expect("not connected> ")
                terminal.type("quit\r")
                self.assertEqual(terminal.wait(), 0)


class RefusedConnectionsAreNoReplies(unittest.TestCase):
    FULL = "The server refuses the connection: ERR max number of clients reached"

    def check(self, path):
        for arguments, stdin in ((["ping"], b""), (["-e", "ping"], b""), ([], b"ping\n"), (["-3", "ping"], b"")):
            status, output, errors = run_cli("-s", path, *arguments, stdin=stdin)
            self.assertEqual((status, output, errors.count(b"\n")), (3, b"", 1), errors)
            self.assertIn(self.FULL.encode(), errors)
            self.assertIn(b"maxclients", errors)

    def occupy(self, path):
        client = socket.socket(socket.AF_UNIX)
        self.addCleanup(client.close)
        client.connect(path)
        client.sendall(b"PING\r\n")
        client.recv(10)

    def test_redis_that_is_full(self):
        server = RedisServer("--maxclients", "1")
        self.addCleanup(server.close)
        self.occupy(server.path)
        self.check(server.path)
        with Terminal("-s", server.path, env=environment(KVSCLI_HISTFILE="/dev/null")) as terminal:
            terminal.expect(self.FULL)
            terminal.expect("not connected> ")

    @unittest.skipUnless(os.access(KVS_SERVER, os.X_OK), "needs kvs-server")
    def test_kvs_that_is_full(self):
        server = KvsServer("maxclients 2", "listen {folder}/app.sock mode=0600 access=write")
        self.addCleanup(server.close)
        for _ in range(2):
            self.occupy(server.socket("kvs.sock"))
        self.check(server.socket("app.sock"))

    def test_user_that_has_all_its_connections(self):
        with ForeignServer(b"-ERR max number of clients reached for uid 1000\r\n") as server:
            status, output, errors = run_cli("-s", server.path, "ping")
        self.assertEqual((status, output), (3, b""))
        self.assertIn(b"ERR max number of clients reached for uid 1000. Your programs hold", errors)
        self.assertIn(b"maxclients-per-uid", errors)

    def test_protected_mode(self):
        with ForeignServer(b"-DENIED Redis is running in protected mode because " + b"x" * 500 + b"\r\n") as server:
            status, output, errors = run_cli("-s", server.path, "ping")
        self.assertEqual((status, output), (3, b""))
        self.assertIn(b"refuses the connection: DENIED", errors)
        self.assertLess(len(errors), 300)

    def test_the_same_words_later_are_a_reply(self):
        answers = {b"one": b"+OK\r\n", b"two": b"-ERR max number of clients reached\r\n"}
        with ScriptedServer(lambda words: answers[words[0]]) as server:
            self.assertEqual(run_cli("-s", server.path, stdin=b"one\ntwo\n"),
                             (0, b"OK\nERR max number of clients reached\n\n", b""))


# Error replies.

class ErrorRepliesAreExplained(unittest.TestCase):
    ERRORS = {
        "NOAUTH Authentication required.": "kvs-cli --askpass",
        "WRONGPASS invalid username-password pair or user is disabled.": "--user NAME",
        "NOPERM User x has no permissions to run the 'get' command": "The rules of your user do not allow it: kvs-cli --who",
        "NOPERM socket /s allows access=read; 'set' needs access=write": "or raise access= on its listen line.",
        "NOPROTO unsupported protocol version": "leave out -3",
        "LOADING Redis is loading the dataset in memory": "INFO persistence tells how far",
        "BUSY Redis is busy running a script.": "SCRIPT KILL or FUNCTION",
        "OOM command not allowed when used memory > 'maxmemory'.": "maxmemory-policy",
        "MISCONF Errors writing to the AOF file": "its log and INFO persistence",
        "READONLY You can't write against a read only replica.": "INFO replication",
        "MASTERDOWN Link with MASTER is down": "lost its master",
        "NOREPLICAS Not enough good replicas to write.": "min-replicas-to-write",
        "CLUSTERDOWN The cluster is down": "CLUSTER INFO",
        "MOVED 3999 127.0.0.1:6381": "redis-cli -c",
        "ASK 3999 127.0.0.1:6381": "redis-cli -c",
        "DENIED no": "protected-mode",
    }

    @classmethod
    def setUpClass(cls):
        cls.server = ScriptedServer(cls.answer)
        cls.addClassCleanup(cls.server.close)

    @classmethod
    def answer(cls, words):
        if words[0] in (b"ACL", b"ping"):
            return b"+default\r\n"
        if words[0] == b"SELECT":
            return b"-LOADING Redis is loading the dataset in memory\r\n"
        return b"-%s\r\n" % words[1]

    def prompt(self, *arguments):
        terminal = Screen("-s", self.server.path, *arguments, env=environment(KVSCLI_HISTFILE="/dev/null"), columns=180)
        self.addCleanup(terminal.close)
        terminal.wait_for(lambda: terminal.row().endswith(">"), "the prompt")
        return terminal

    def test_each_at_the_prompt(self):
        terminal = self.prompt()
        for error, advice in self.ERRORS.items():
            terminal.enter('reply "%s"' % error)
            terminal.expect("(error) " + error)
            terminal.expect(advice)

    def test_once(self):
        terminal = self.prompt()
        for number in range(3):
            terminal.enter('reply "OOM number %d"' % number)
            terminal.expect("(error) OOM number %d" % number)
        terminal.enter("ping")
        terminal.expect("default")
        self.assertEqual(terminal.text().count("maxmemory is reached"), 1)

    def test_not_for_other_errors(self):
        terminal = self.prompt()
        for error in ("BUSYKEY Target key name already exists.", "ERR OOM", "WRONGTYPE x", "OOMx y", ""):
            before = len([row for row in terminal.rows() if row])
            terminal.enter('reply "%s"' % error)
            terminal.wait_for(lambda: terminal.row().endswith(">"), "the prompt")
            self.assertEqual(len([row for row in terminal.rows() if row]), before + 2, terminal.text())

    def test_not_where_nobody_looks(self):
        for error in self.ERRORS:
            if not error.startswith("DENIED"):
                with self.subTest(error=error):
                    self.assertEqual(run_cli("-s", self.server.path, "reply", error),
                                     (0, error.encode() + b"\n\n", b""))

    def test_for_one_command_in_a_terminal(self):
        with Terminal("-s", self.server.path, "reply", "OOM full", env=environment(NO_COLOR="1")) as terminal:
            terminal.expect("(error) OOM full\r\n")
            terminal.expect("maxmemory is reached")
            self.assertEqual(terminal.wait(), 0)

    def test_when_the_database_cannot_be_chosen(self):
        terminal = self.prompt("-n", "3")
        terminal.expect("SELECT 3 failed: LOADING")
        terminal.expect("INFO persistence tells how far")

    def test_of_a_real_server_that_is_full(self):
        server = RedisServer("--maxmemory", "1")
        self.addCleanup(server.close)
        with Terminal("-s", server.path, "set", "k", "v") as terminal:
            terminal.expect("(error) OOM command not allowed")
            terminal.expect("maxmemory is reached")

    def test_of_a_real_server_that_is_busy(self):
        server = RedisServer("--busy-reply-threshold", "1")
        self.addCleanup(server.close)
        with subprocess.Popen([CLI, "-s", server.path, "eval", "while true do end", "0"], env=environment(),
                              stdout=subprocess.PIPE) as process:
            self.addCleanup(process.kill)
            end = time.monotonic() + DEADLINE
            while b"BUSY" not in run_cli("-s", server.path, "ping")[1] and time.monotonic() < end:
                continue
            with Terminal("-s", server.path, "get", "k") as terminal:
                terminal.expect("(error) BUSY")
                terminal.expect("end it with SCRIPT KILL")
            self.assertEqual(run_cli("-s", server.path, "script", "kill")[1], b"OK\n")
            process.communicate(timeout=DEADLINE)


if __name__ == "__main__":
    main()
