#!/usr/bin/env python3
"""Black-box tests of what the programs draw of themselves: --help, the manual, the shells' completions, installed.

Completions are tried in the shells themselves; what is not installed here is skipped.
"""

import os
import pty
import re
import select
import shutil
import signal
import stat
import subprocess
import tempfile
import time
import unittest

from harness import CLI, DEADLINE, KVS_SERVER, ROOT, RedisServer, ScriptedServer, environment, main, run, run_cli

SECTIONS = ["NAME", "SYNOPSIS", "DESCRIPTION", "OPTIONS", "THE PROMPT", "ENVIRONMENT", "FILES", "EXIT STATUS",
            "EXAMPLES", "SEE ALSO"]
VARIABLES = ["KVS_SOCKET", "XDG_RUNTIME_DIR", "KVSCLI_AUTH", "REDISCLI_AUTH", "KVSCLI_HISTFILE", "KVSCLI_CONFIG",
             "XDG_CONFIG_HOME", "NO_COLOR", "PAGER", "KVSCLI_SOURCE_AUTH"]


def needs(program):
    return unittest.skipUnless(shutil.which(program), "%s is not installed" % program)


needs_server = unittest.skipUnless(os.access(KVS_SERVER, os.X_OK), "needs kvs-server")


def options():
    """The options that --help lists: {name: what follows it or None}."""
    found = {}
    for line in run_cli("--help")[1].decode().split("\nSocket:")[0].splitlines():
        match = re.match(r"  (--?[a-zA-Z0-9][\w-]*)(?: (\S+))?(?:  |$)", line)
        if match:
            found[match.group(1)] = match.group(2)
    return found


class HelpIsDrawnFromTheTable(unittest.TestCase):
    def test_and_fits_80_columns(self):
        for line in run_cli("--help")[1].decode().splitlines():
            self.assertLessEqual(len(line), 80, line)

    def test_with_options_that_are_there_and_without_those_that_are_refused(self):
        found = options()
        self.assertGreater(len(found), 45)
        self.assertEqual((found["-s"], found["-3"], found["--color"]), ("PATH", None, "auto|always|never"))
        for hidden in ("-h", "--tls", "--man-page", "--completion-bash", "-v"):
            self.assertNotIn(hidden, found)

    def test_with_every_exit_status(self):
        text = run_cli("--help")[1].decode()
        for status in range(6):
            self.assertRegex(text, r"\n  %d  \S" % status)


# The manual.

@needs("mandoc")
class PagesOfTheManual(unittest.TestCase):
    def page(self, program, option):
        status, text, errors = run(program, option)
        self.assertEqual((status, errors), (0, b""))
        return text

    def linted(self, text):
        """The page as a terminal shows it, after mandoc found no fault with it."""
        status, said, _ = run("mandoc", "-T", "lint", "-W", "warning", stdin=text)
        self.assertEqual((status, said), (0, b""))
        shown = run("mandoc", "-T", "utf8", "-O", "width=200", stdin=text)[1].decode()
        return re.sub(".\b", "", shown)

    def headings(self, text):
        return [line for line in text.splitlines() if re.match(r"[A-Z][A-Za-z ]+$", line)]

    @needs("groff")
    @needs_server
    def test_groff_finds_no_fault_with_them(self):
        for program, option in ((CLI, "--man-page"), (KVS_SERVER, "--man-page"), (KVS_SERVER, "--config-man-page")):
            status, _, said = run("groff", "-man", "-Tutf8", "-ww", stdin=self.page(program, option))
            self.assertEqual((status, said), (0, b""))

    def test_kvs_cli(self):
        text = self.linted(self.page(CLI, "--man-page"))
        self.assertEqual(self.headings(text), SECTIONS)
        for name, value in options().items():
            self.assertRegex(text, r"\n     +%s\b" % re.escape(name + (" " + value if value else "")))
        for word in [*VARIABLES, "~/.kvscli_history", "~/.config/kvs/cli.conf", "kvs-server(1)", "kvs.conf(5)"]:
            self.assertIn(word, text)
        for hidden in ("--tls", "--completion", "--man-page"):
            self.assertNotIn(hidden, text)
        self.assertIn("\\n \\r \\t", text)
        self.assertIn("kvs-cli --user alice --askpass", text)

    @needs_server
    def test_kvs_server(self):
        text = self.linted(self.page(KVS_SERVER, "--man-page"))
        for heading in ("NAME", "SYNOPSIS", "OPTIONS", "DIRECTIVES", "SIGNALS", "ENVIRONMENT", "FILES", "EXIT STATUS",
                        "EXAMPLES", "SEE ALSO"):
            self.assertIn(heading, self.headings(text))
        for word in ("--unixsocketperm", "0 to 777 (octal); default: 600", "--listen", "--check-config", "--check-rdb",
                     "--check-aof", "SIGHUP", "NOTIFY_SOCKET", "kvs-cli(1)"):
            self.assertIn(word, text)

    @needs_server
    def test_kvs_conf_has_every_directive(self):
        text = self.linted(self.page(KVS_SERVER, "--config-man-page"))
        names = re.findall(r"^\| `([\w-]+)`", self.page(KVS_SERVER, "--config-markdown").decode(), re.M)
        self.assertGreater(len(names), 100)
        for name in names:
            self.assertRegex(text, r"\n     +%s\b" % re.escape(name))
        self.assertIn("maxmemory-policy allkeys-lru", text)
        self.assertIn("kvs-server(1)", text)


# Completions.

class Completions:
    """What each shell has to offer; a shell's class says how it is asked."""

    @classmethod
    def setUpClass(cls):
        cls.server = RedisServer("--requirepass", "secret")
        cls.addClassCleanup(cls.server.close)
        cls.folder = cls.server.folder
        # under the name that the completions are for, telling how it was called
        cls.program = os.path.join(cls.folder, "kvs-cli")
        with open(cls.program, "w", encoding="utf-8") as file:
            file.write('#!/bin/sh\necho "$@" >>"%s/calls"\nexec "%s" "$@"\n' % (cls.folder, CLI))
        os.chmod(cls.program, 0o755)
        cls.socket = cls.folder + "/redis.sock"

    def env(self, **changes):
        path = self.folder + ":" + os.environ["PATH"]
        return {**environment(HOME=self.folder), "KVSCLI_AUTH": "secret", "PATH": path, **changes}

    def script(self, option):
        status, text, errors = run_cli(option)
        self.assertEqual((status, errors), (0, b""))
        path = os.path.join(self.folder, "_kvs-cli")
        with open(path, "wb") as file:
            file.write(text)
        return path

    def test_options_complete(self):
        self.assertEqual(self.offers("kvs-cli --latency-"), {"--latency-history", "--latency-dist"})
        self.assertEqual(self.offers("kvs-cli -3 -r 5 --big"), {"--bigkeys"})
        self.assertEqual(self.offers("kvs-cli --tl"), set())

    def test_listed_values_complete(self):
        self.assertEqual(self.offers("kvs-cli --color a"), {"auto", "always"})

    def test_files_complete(self):
        self.assertIn("redis.sock", {os.path.basename(name)
                                     for name in self.offers("kvs-cli -s %s/redis.s" % self.folder)})

    def test_commands_of_the_server_complete(self):
        self.assertEqual(self.offers("kvs-cli -s %s hge" % self.socket), {"hget", "hgetall"})
        self.assertEqual(self.offers("kvs-cli -n 3 -s %s --raw zremrangebyl" % self.socket), {"zremrangebylex"})

    def test_subcommands_complete(self):
        self.assertEqual(self.offers("kvs-cli -s %s config re" % self.socket), {"resetstat", "rewrite"})
        self.assertEqual(self.offers("kvs-cli -s %s config get re" % self.socket), set())

    def test_nothing_without_a_server(self):
        self.assertEqual(self.offers("kvs-cli -s %s/none.sock ge" % self.folder), set())

    def test_names_that_would_run_in_the_shell_are_passed_over(self):
        trap = os.path.join(self.folder, "trapped")
        names = [b"good", b"$(touch %s)" % trap.encode(), b"`touch %s`" % trap.encode(), b"a;b", b"\x1b[2J", b"go od"]
        reply = b"*%d\r\n" % len(names) + b"".join(b"$%d\r\n%s\r\n" % (len(name), name) for name in names)
        with ScriptedServer(lambda words: reply if words[0] == b"command" else b"+OK\r\n", unknown=()) as server:
            self.assertEqual(self.offers("kvs-cli -s %s " % server.path), {"good"})
        self.assertFalse(os.path.exists(trap))

    def test_password_goes_through_the_environment(self):
        self.assertEqual(self.offers("kvs-cli -a secret -s %s hgeta" % self.socket, KVSCLI_AUTH="wrong"), {"hgetall"})
        with open(self.folder + "/calls", encoding="utf-8") as file:
            calls = file.read()
        self.assertIn("command list", calls)
        self.assertNotIn("secret", calls)


@needs("bash")
class BashCompletes(Completions, unittest.TestCase):
    ASK = """source "$1"; COMP_LINE=$2; COMP_POINT=${#2}; COMP_WORDS=($2); COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
             complete -p kvs-cli >/dev/null && _kvs_cli; printf '%s\\n' "${COMPREPLY[@]}" """

    def offers(self, line, **changes):
        status, output, errors = run("bash", "--norc", "-c", self.ASK, "bash", self.script("--completion-bash"), line,
                                     env=self.env(**changes))
        self.assertEqual(errors, b"")
        self.assertIn(status, (0, 1))
        return set(output.decode().split())

    def test_url_with_colons_is_one_word(self):
        offers = self.offers("kvs-cli -u redis+unix://:secret@%s?db=1 hgeta" % self.socket)
        self.assertLessEqual(offers, {"hgetall"})
        self.assertEqual(self.offers("kvs-cli -u redis+unix:///tmp/x?db=1 --bigk"), {"--bigkeys"})

    def test_home_is_known(self):
        self.assertEqual(self.offers("kvs-cli -s ~/redis.sock hgeta"), {"hgetall"})


@needs("fish")
class FishCompletes(Completions, unittest.TestCase):
    def offers(self, line, **changes):
        status, output, errors = run("fish", "--no-config", "-c", 'source $argv[1]; complete -C"$argv[2]"',
                                     self.script("--completion-fish"), line, env=self.env(**changes))
        self.assertEqual((status, errors), (0, b""))
        return {row.split("\t")[0] for row in output.decode().splitlines()}


@needs("zsh")
class ZshCompletes(Completions, unittest.TestCase):
    """Zsh completes in a terminal alone: what it offers is a list, or what it put into the line."""
    SETUP = """PS1='READY> '; fpath=(%s $fpath); autoload -Uz compinit; compinit -u -D
list_all() {
    compadd() {
        local -a kept
        builtin compadd -O kept "$@"
        print -r -- "OFFERS ${kept[*]} ENDS"
        builtin compadd "$@"
    }
    _main_complete
    unfunction compadd
    print -r -- DONE
}
zle -C list-all list-choices list_all
bindkey '^T' list-all
print SET''UP
"""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.shells = {}  # one for each environment: starting takes a second

    @classmethod
    def tearDownClass(cls):
        for pid, fd in cls.shells.values():
            os.kill(pid, signal.SIGKILL)
            os.waitpid(pid, 0)
            os.close(fd)
        super().tearDownClass()

    def shell(self, changes):
        name = repr(changes)
        if name not in self.shells:
            folder = os.path.dirname(self.script("--completion-zsh"))
            setup = os.path.join(folder, "setup.zsh")
            with open(setup, "w", encoding="utf-8") as file:
                file.write(self.SETUP % folder)
            pid, fd = pty.fork()
            if pid == 0:
                try:
                    os.execvpe("zsh", ["zsh", "-f", "-i"], {**self.env(**changes), "TERM": "dumb"})
                finally:
                    os._exit(126)
            self.shells[name] = (pid, fd)
            os.write(fd, b"source " + setup.encode() + b"\r")
            self.read(fd, b"SETUP.*READY> ")
        return self.shells[name][1]

    @staticmethod
    def read(fd, until):
        seen, end = b"", time.monotonic() + DEADLINE
        while not re.search(until, seen, re.S):
            if not select.select([fd], [], [], max(0, end - time.monotonic()))[0]:
                raise AssertionError("zsh never showed %r, only %r" % (until, seen))
            seen += os.read(fd, 65536)
        return seen

    def offers(self, line, **changes):
        fd = self.shell(changes)
        os.write(fd, b"\x15" + line.encode() + b"\x14")
        text = self.read(fd, b"DONE").decode()
        return {word for words in re.findall(r"OFFERS (.*?) ENDS", text, re.S) for word in words.split()}


# Installed.

BUILT = os.path.dirname(CLI)


@unittest.skipUnless(os.access(os.path.join(BUILT, "kvs-server"), os.X_OK), "needs both programs in one folder")
class DocumentsAreInstalled(unittest.TestCase):
    FILES = ["share/man/man1/kvs-cli.1", "share/man/man1/kvs-server.1", "share/man/man5/kvs.conf.5",
             "share/bash-completion/completions/kvs-cli", "share/zsh/site-functions/_kvs-cli",
             "share/fish/vendor_completions.d/kvs-cli.fish"]

    def make(self, target):
        programs = [word for name in ("kvs-cli", "kvs-server") for word in ("-o", os.path.join(BUILT, name))]
        done = subprocess.run(["make", "-s", *programs, "BUILD=" + BUILT, "DESTDIR=" + self.folder, "PREFIX=/opt/kvs",
                               target], cwd=ROOT, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=DEADLINE, check=False)
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_below_destdir_and_removed_again(self):
        self.folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
        self.addCleanup(shutil.rmtree, self.folder)
        self.make("install")
        paths = [os.path.join(self.folder, "opt/kvs", name) for name in ["bin/kvs-cli", "bin/kvs-server", *self.FILES]]
        for path in paths:
            mode = 0o755 if "/bin/" in path else 0o644
            self.assertEqual(stat.S_IMODE(os.stat(path).st_mode), mode, path)
            self.assertGreater(os.path.getsize(path), 500)
        self.make("uninstall")
        self.assertEqual([path for path in paths if os.path.exists(path)], [])


if __name__ == "__main__":
    main()
