#!/usr/bin/env python3
"""Tests of what is installed, as an operator meets it: `make install` by an ordinary user, and the examples of docs/, run
as they are written, with real accounts.

The examples run in a mount namespace with an /etc, /run, /usr/local and /var of its own, so that nothing of it remains.
"""

import contextlib
import os
import re
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import unittest

from harness import CLI, DEADLINE, ROOT, environment, main, process_status, run, wait_until

BUILT = os.path.dirname(CLI)
NOBODY = 65534
PROGRAMS = [os.path.join(BUILT, name) for name in ("kvs-cli", "kvs-server")]

needs_programs = unittest.skipUnless(all(os.access(path, os.X_OK) for path in PROGRAMS), "needs both programs in one folder")
needs_root = unittest.skipUnless(os.geteuid() == 0, "needs root to become another user")


def make_words(*words):
    """A make that takes the programs as they are."""
    old = [word for path in PROGRAMS for word in ("-o", path)]
    return ["make", "-s", *old, "BUILD=" + BUILT, *words]


def make(*words, **more):
    done = subprocess.run(make_words(*words), cwd=ROOT, env=environment(HOME="/nonexistent/home"), stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT, timeout=DEADLINE, check=False, **more)
    return done.returncode, done.stdout.decode()


def example(page, heading):
    """The indented blocks below a heading of a page in docs/."""
    with open(os.path.join(ROOT, "docs", page), encoding="utf-8") as file:
        section = file.read().split("\n## %s\n" % heading)[1].split("\n## ")[0]
    return [re.sub("^    ", "", block, flags=re.M) for block in re.findall(r"(?:^    .*\n)+", section, re.M)]


def listens(path):
    """Whether a connection to the socket file is accepted: for a moment it is there, and nobody listens yet."""
    with socket.socket(socket.AF_UNIX) as probe:
        return probe.connect_ex(path) == 0


@needs_programs
class InstalledByAnOrdinaryUser(unittest.TestCase):
    """Where nothing outside PREFIX may be written to."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="kvs cli test ")
        self.addCleanup(shutil.rmtree, self.folder)
        status, said = make("install-documents", "DESTDIR=" + self.folder, "PREFIX=/drawn")  # root draws what others can't
        self.assertEqual(status, 0, said)
        self.prefix = os.path.join(self.folder, "mine", "kvs")
        self.user = {}
        if os.geteuid() == 0:
            os.mkdir(os.path.dirname(self.prefix))
            os.chmod(self.folder, 0o755)
            os.chown(os.path.dirname(self.prefix), NOBODY, NOBODY)
            self.user = {"user": NOBODY, "group": NOBODY, "extra_groups": []}
            if subprocess.run(["test", "-r", os.path.join(ROOT, "Makefile")], check=False, **self.user).returncode:
                self.skipTest("the tree can't be read by others")

    def make(self, *words):
        status, said = make(*words, **self.user)
        self.assertEqual(status, 0, said)
        return said

    def files(self):
        return sorted(os.path.relpath(os.path.join(folder, name), self.folder)
                      for folder, _, names in os.walk(self.folder) for name in names)

    def test_everything_follows_prefix_even_one_with_a_space(self):
        before = self.files()
        self.make("install", "PREFIX=" + self.prefix)
        installed = {name.removeprefix("mine/kvs/") for name in self.files() if name not in before}
        self.assertLessEqual({"bin/kvs-server", "bin/kvs-cli", "etc/kvs/kvs.conf", "share/man/man1/kvs-cli.1",
                              "share/systemd/user/kvs.service", "share/systemd/user/kvs.socket"}, installed)
        self.make("uninstall", "PREFIX=" + self.prefix)
        self.assertEqual([name for name in self.files() if name not in before], ["mine/kvs/etc/kvs/kvs.conf"])

    def test_the_server_starts_on_the_configuration_that_is_installed(self):
        self.make("install", "PREFIX=" + self.prefix)
        server = subprocess.Popen([self.prefix + "/bin/kvs-server", self.prefix + "/etc/kvs/kvs.conf"], env=environment(),
                                  stdout=subprocess.DEVNULL, **self.user)
        path = self.prefix + "/var/kvs/kvs.sock"
        try:
            wait_until(lambda: server.poll() is not None or listens(path), "somebody who listens")
            status, output, errors = run(self.prefix + "/bin/kvs-cli", "-s", path, "ping", **self.user)
            self.assertEqual((status, output), (0, b"PONG\n"), errors)
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), 0o600)
        finally:
            server.terminate()
            server.wait(DEADLINE)

    @unittest.skipUnless(shutil.which("systemd-analyze"), "systemd-analyze is not installed")
    def test_units_of_a_session_are_understood(self):
        self.make("install", "PREFIX=" + self.prefix)
        units = [self.prefix + "/share/systemd/user/kvs." + kind for kind in ("service", "socket")]
        said = subprocess.run(["systemd-analyze", "--user", "verify", "--man=no", *units], stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, env=environment(XDG_RUNTIME_DIR=self.folder), timeout=DEADLINE,
                              check=False).stdout.decode()
        self.assertEqual([line for line in said.splitlines() if "kvs" in line], [])

    def test_below_destdir_the_paths_inside_are_those_without_it(self):
        self.make("install", "PREFIX=/opt/kvs", "DESTDIR=" + self.prefix)
        with open(self.prefix + "/opt/kvs/lib/systemd/system/kvs.service", encoding="utf-8") as file:
            self.assertIn('ExecStart="/opt/kvs/bin/kvs-server" "/opt/kvs/etc/kvs/kvs.conf" ', file.read())
        self.assertTrue(os.path.exists(self.prefix + "/opt/kvs/etc/kvs/kvs.conf"))
        with open(self.prefix + "/opt/kvs/share/man/man5/kvs.conf.5", encoding="utf-8") as file:
            self.assertIn("\n.I /opt/kvs/etc/kvs/kvs.conf\n", file.read())

    def test_the_machines_configuration_is_in_etc_unless_told_otherwise(self):
        for words, place in [(["PREFIX=/usr"], "/etc"), ([], "/etc"), (["SYSCONFDIR=/conf"], "/conf"),
                             (["PREFIX=~/x"], "/nonexistent/home/x/etc")]:
            root = tempfile.mkdtemp(dir=os.path.dirname(self.prefix))
            if self.user:
                os.chown(root, NOBODY, NOBODY)
            self.make("install", "DESTDIR=" + root, *words)
            self.assertTrue(os.path.exists(root + place + "/kvs/kvs.conf"), words)


SET_UP = """set -e
cp -a /etc "$1/etc"
mount --bind "$1/etc" /etc
for folder in /run /usr/local /var/lib /var/log; do mount -t tmpfs -o mode=755 none $folder; done
echo ready
exec sleep 1000
"""

# What kvs.service leaves its process: the account with its groups, and no capability.
AS_THE_UNIT = ["setpriv", "--reuid", "kvs", "--regid", "kvs", "--init-groups", "--bounding-set=-all", "--inh-caps=-all",
               "--no-new-privs"]


class Machine:
    """A mount namespace in which kvs is installed below /usr/local."""

    def __init__(self, test):
        self.test = test
        self.folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
        test.addCleanup(shutil.rmtree, self.folder)
        self.holder = subprocess.Popen(["unshare", "--mount", "--propagation", "private", "sh", "-c", SET_UP, "sh",
                                        self.folder], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        test.addCleanup(self.end)
        if self.holder.stdout.readline() != b"ready\n":
            test.skipTest("there can be no mount namespace here")
        self.expect(*make_words("install"), cwd=ROOT)
        # docs/systemd.md: here only for what kvs has installed
        self.expect("systemd-sysusers", "kvs.conf")
        self.expect("systemd-tmpfiles", "--create", "kvs.conf")
        self.expect("install", "-d", "-o", "kvs", "-g", "kvs", "-m", "750", "/var/lib/kvs")  # StateDirectory=

    def end(self):
        self.holder.kill()
        self.holder.communicate()

    def words(self, *words):
        return ["nsenter", "-t", str(self.holder.pid), "-m", "--wd=/", *words]

    def run(self, *words, cwd=None):
        enter = ["nsenter", "-t", str(self.holder.pid), "-m", "--wd=" + (cwd or "/")]
        done = subprocess.run([*enter, *words], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              env=environment(PATH="/usr/sbin:/usr/bin:/sbin:/bin"), timeout=DEADLINE, check=False)
        return done.returncode, done.stdout.decode().rstrip("\n")

    def expect(self, *words, **more):
        status, said = self.run(*words, **more)
        self.test.assertEqual(status, 0, (words, said))
        return said

    def write(self, path, text):
        self.expect("sh", "-c", 'printf %s "$1" >"$2"', "sh", text, path)

    @contextlib.contextmanager
    def server(self):
        """kvs.service's command, with its rights."""
        process = subprocess.Popen(self.words(*AS_THE_UNIT, "/usr/local/bin/kvs-server", "/etc/kvs/kvs.conf"),
                                   env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        try:
            line = b""
            while b"serves on" not in line:
                line = process.stdout.readline()
                self.test.assertTrue(line, "the server ended")
                self.said = line.decode()
                self.test.assertNotIn("can't", self.said)
            self.test.assertEqual(process_status(process.pid, "CapEff"), "0" * 16)
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=DEADLINE)

    def client(self, account, path, *words):
        """What kvs-cli prints for that account, which may have a group beside its own: "name+group"."""
        name, _, group = account.partition("+")
        groups = ["--groups", group] if group else ["--init-groups"]
        own = "nogroup" if name == "nobody" else name
        return self.run("setpriv", "--reuid", name, "--regid", own, *groups, "/usr/local/bin/kvs-cli", "-s", path, *words)[1]


@needs_programs
@needs_root
@unittest.skipUnless(shutil.which("nsenter") and shutil.which("systemd-sysusers") and os.path.exists("/usr/sbin/useradd"),
                     "needs nsenter, systemd-sysusers and useradd")
class AsTheDocumentsSay(unittest.TestCase):
    def setUp(self):
        self.machine = Machine(self)

    def refused(self, account, path, *words):
        self.assertIn("permission denied by the file", self.machine.client(account, path, *words or ["ping"]))

    def test_the_service_starts_on_the_installed_configuration(self):
        with self.machine.server():
            self.assertEqual(self.machine.client("nobody+kvs", "/run/kvs/kvs.sock", "set", "a", "b"), "OK")
            self.refused("www-data", "/run/kvs/kvs.sock")
            self.refused("nobody+kvs", "/run/kvs/admin.sock")
            self.assertEqual(self.machine.client("root", "/run/kvs/admin.sock", "config", "set", "timeout", "9"), "OK")

    def start_of_the_example(self):
        commands, configuration = example("security.md", "Three socket files")
        for command in commands.splitlines():
            self.machine.expect(*command.removeprefix("sudo ").split())
        self.machine.write("/etc/kvs/kvs.conf", configuration)
        return self.machine.server()

    def test_three_socket_files(self):
        app, metrics, admin = ("/run/kvs/%s.sock" % name for name in ("app", "metrics", "admin"))
        client = self.machine.client
        with self.start_of_the_example():
            # who comes in where
            for account, doors in [("www-data", [app]), ("metrics", [metrics]), ("queue", [app]), ("nobody+adm", [admin]),
                                   ("nobody+nogroup", [])]:
                for path in (app, metrics, admin):
                    if path in doors:
                        self.assertEqual(client(account, path, "ping"), "PONG", (account, path))
                    else:
                        self.refused(account, path)
            # the application
            self.assertEqual(client("www-data", app, "set", "shop:1", "x"), "OK")
            self.assertEqual(client("www-data", app, "get", "shop:1"), "x")
            self.assertEqual(client("nobody+adm", admin, "acl", "setuser", "boss", "on", ">pw", "+@all", "~*"), "OK")
            for login in ([], ["--user", "boss", "--pass", "pw", "--no-auth-warning"]):
                for words, name in [(["config", "set", "timeout", "1"], "config|set"), (["flushall"], "flushall"),
                                    (["client", "list"], "client|list")]:
                    self.assertIn("NOPERM socket %s allows access=write; '%s' needs access=admin" % (app, name),
                                  client("www-data", app, *login, *words))
            for account, path in [("www-data", app), ("nobody+adm", admin)]:
                self.assertIn("ERR DEBUG command not allowed", client(account, path, "debug", "jmap"))
            # the exporter
            for words in (["ping"], ["info"], ["dbsize"], ["slowlog", "len"], ["latency", "latest"]):
                self.assertFalse(client("metrics", metrics, *words).startswith(("NOPERM", "(error)")), words)
            for words in (["get", "shop:1"], ["keys", "*"], ["slowlog", "get"], ["latency", "doctor"], ["set", "a", "b"]):
                self.assertIn("NOPERM", client("metrics", metrics, *words))
            # the queue
            self.assertEqual(client("queue", app, "acl", "whoami"), "worker")
            self.assertEqual(client("www-data", app, "acl", "whoami"), "default")
            self.assertEqual(client("queue", app, "set", "job:1", "x"), "OK")
            self.assertIn("NOPERM", client("queue", app, "get", "shop:1"))
            # what --who says
            self.assertRegex(client("www-data", app, "--who"), r"you: +www-data .*\n(.*\n)*access: +write")
            # while it runs
            self.machine.expect("chmod", "600", app)
            self.refused("www-data", app)
            self.machine.expect("chmod", "660", app)
            self.machine.expect("chgrp", "metrics", app)
            self.refused("www-data", app)
            self.assertEqual(client("metrics", app, "ping"), "PONG")
            self.assertEqual(client("nobody+adm", admin, "config", "set", "listen",
                                    "%s mode=0660 group=adm access=admin" % admin), "OK")
            self.assertNotEqual(client("www-data", app, "ping"), "PONG")
            self.assertEqual(client("nobody+adm", admin, "ping"), "PONG")

    def test_a_leaking_application_does_not_take_all_connections(self):
        with self.start_of_the_example():
            admin = "/run/kvs/admin.sock"
            self.assertEqual(self.machine.client("nobody+adm", admin, "config", "get", "maxclients-per-uid").split()[-1],
                             "2000")
            self.assertEqual(self.machine.client("nobody+adm", admin, "config", "set", "maxclients-per-uid", "1"), "OK")
            leak = subprocess.Popen(self.machine.words("setpriv", "--reuid", "www-data", "--regid", "www-data",
                                                       "--init-groups", "/usr/local/bin/kvs-cli", "-s", "/run/kvs/app.sock"),
                                    stdin=subprocess.PIPE, stdout=subprocess.PIPE)
            try:
                leak.stdin.write(b"ping\n")
                leak.stdin.flush()
                leak.stdout.readline()
                self.assertIn("ERR max number of clients", self.machine.client("www-data", "/run/kvs/app.sock", "ping"))
                self.assertEqual(self.machine.client("nobody+adm", admin, "ping"), "PONG")
            finally:
                leak.communicate(timeout=DEADLINE)


if __name__ == "__main__":
    main()
