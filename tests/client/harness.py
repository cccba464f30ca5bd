"""What the tests of kvs-cli run: the program itself, redis-server, kvs-server and a scripted server."""

import contextlib
import fcntl
import os
import shutil
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import termios
import threading
import time
import unittest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CLI = os.path.abspath(os.environ.get("KVS_CLI", os.path.join(ROOT, "build", "kvs-cli")))
KVS_SERVER = os.path.abspath(os.environ.get("KVS_SERVER", os.path.join(ROOT, "build", "kvs-server")))
REDIS_CLI = shutil.which("redis-cli") or "redis-cli"
REDIS_SERVER = shutil.which("redis-server") or "redis-server"
SLOWNESS = 3 if "KVS_SANITIZED" in os.environ else 1
DEADLINE = 20 * SLOWNESS  # seconds: the longest that any awaited event may take
TEST_DEADLINE = 120 * SLOWNESS  # seconds: the longest that a test may take


def environment(**changes):
    env = {"PATH": os.environ["PATH"], "HOME": "/nonexistent", "LANG": "C.UTF-8", "TERM": "xterm"}
    for name in ("ASAN_OPTIONS", "UBSAN_OPTIONS", "LSAN_OPTIONS"):
        if name in os.environ:
            env[name] = os.environ[name]
    env.update({name: value for name, value in changes.items() if value is not None})
    return env


def run(program, *arguments, stdin=b"", env=None, **more):
    """Runs a program to its end: (status, standard output, standard error)."""
    done = subprocess.run([program, *arguments], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          env=env or environment(), timeout=DEADLINE, check=False, **more)
    return done.returncode, done.stdout, done.stderr


def run_cli(*arguments, **more):
    return run(CLI, *arguments, **more)


class Running:
    """kvs-cli with its output in pipes, while the test does something else."""

    def __init__(self, *arguments, env=None):
        self.process = subprocess.Popen([CLI, *arguments], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                        stderr=subprocess.PIPE, env=env or environment())

    def line(self):
        return self.process.stdout.readline().decode()

    def interrupt(self):
        self.process.send_signal(signal.SIGINT)

    def end(self):
        """(status, the rest of standard output, the rest of standard error)"""
        output, errors = self.process.communicate(timeout=DEADLINE)
        return self.process.returncode, output.decode(), errors.decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.returncode is None:
            self.process.kill()
            self.process.communicate()


def process_status(pid, name):
    """A line of /proc/PID/status."""
    with open("/proc/%d/status" % pid, encoding="ascii", errors="replace") as file:
        return next(line.split(":", 1)[1].strip() for line in file if line.startswith(name + ":"))


def wait_until(condition, what):
    end = time.monotonic() + DEADLINE
    while not condition():
        if time.monotonic() > end:
            raise AssertionError("waited in vain for " + what)
        time.sleep(0.002)


# Servers.

class RedisServer:
    """Debian's redis-server on a socket file in a folder of its own."""

    def __init__(self, *options):
        self.folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
        self.path = os.path.join(self.folder, "redis.sock")
        self.options = options
        self.process = None
        self.start()

    def start(self):
        self.process = subprocess.Popen(
            [REDIS_SERVER, "--port", "0", "--unixsocket", self.path, "--save", "", "--dir", self.folder,
             "--enable-debug-command", "yes", "--logfile", os.path.join(self.folder, "log"), *self.options])
        wait_until(self.answers, "redis-server")

    def answers(self):
        try:
            with socket.socket(socket.AF_UNIX) as client:
                client.connect(self.path)
                client.sendall(b"*1\r\n$4\r\nPING\r\n")
                return client.recv(1) != b""
        except OSError:
            return False

    def stop(self):
        self.process.terminate()
        self.process.wait(DEADLINE)

    def close(self):
        self.stop()
        shutil.rmtree(self.folder)


class KvsServer:
    """kvs-server with a folder of its own, its socket kvs.sock there, and lines of configuration, in which {folder} is
    that folder."""

    def __init__(self, *lines):
        self.folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
        os.chmod(self.folder, 0o755)
        path = os.path.join(self.folder, "kvs.conf")
        with open(path, "w", encoding="utf-8") as file:
            for line in ("unixsocket {folder}/kvs.sock", "dir {folder}", "logfile {folder}/log", *lines):
                file.write(line.replace("{folder}", self.folder) + "\n")
        self.process = subprocess.Popen([KVS_SERVER, path])
        wait_until(lambda: self.process.poll() is not None or run_cli("-s", self.socket("kvs.sock"), "ping")[0] == 0,
                   "kvs-server")
        if self.process.returncode is not None:
            raise AssertionError("kvs-server ended with status %d" % self.process.returncode)

    def socket(self, name):
        return os.path.join(self.folder, name)

    def close(self):
        self.process.terminate()
        self.process.wait(DEADLINE)
        shutil.rmtree(self.folder)


def read_command(stream):
    """One command in RESP from a file object; None at its end."""
    line = stream.readline()
    if not line:
        return None
    words = []
    for _ in range(int(line[1:])):
        size = int(stream.readline()[1:])
        words.append(stream.read(size))
        stream.read(2)
    return words


class Listener:
    """A socket file in a folder of its own. serve(client), of a class made from this one, has a thread for each client;
    what it needs is there before this begins."""

    def __init__(self, name):
        self.folder = tempfile.mkdtemp(prefix="kvs-cli-test-")
        self.path = os.path.join(self.folder, name)
        self.clients = []
        self.listener = socket.socket(socket.AF_UNIX)
        self.listener.bind(self.path)
        self.listener.listen(16)
        self.thread = threading.Thread(target=self.accept, daemon=True)
        self.thread.start()

    def accept(self):
        while True:
            try:
                client, _ = self.listener.accept()
            except OSError:
                return
            self.clients.append(client)
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)  # wakes accept(), which must not outlive the descriptor
        self.thread.join(DEADLINE)
        self.listener.close()
        shutil.rmtree(self.folder)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class ScriptedServer(Listener):
    """Answers each command with what `answer(words)` returns: bytes, a list of pieces, of which the client has
    consumed one before the next is sent, or None to close the connection. It knows nothing of `unknown`, which
    programs ask by themselves, and HELLO, which is everybody's, has an answer of its own."""

    def __init__(self, answer, unknown=(b"COMMAND", b"INFO"), hello=b"+OK\r\n"):
        self.answer = answer
        self.hello = hello
        self.unknown = unknown
        self.commands = []
        self.answered = 0  # of the commands, with the client having consumed the answers
        super().__init__("fake.sock")

    def serve(self, client):
        with client, client.makefile("rb") as stream, contextlib.suppress(OSError):
            while True:
                words = read_command(stream)
                if words is None:
                    return
                self.commands.append(words)
                if not self.reply(client, words):
                    return
                self.answered += 1

    def reply(self, client, words):
        """Whether the connection goes on."""
        if words[0].upper() in self.unknown:
            client.sendall(b"-ERR not here\r\n")
            return True
        pieces = self.hello if words[0].upper() == b"HELLO" else self.answer(words)
        for piece in pieces if isinstance(pieces, list) else [pieces]:
            if piece is None:
                return False
            client.sendall(piece)
            self.await_consumption(client)
        return True

    def is_left_alone_by(self, pid):
        """That process sleeps though an answer waits for it, or has asked nothing that isn't answered."""
        clients = [client for client in self.clients if client.fileno() >= 0]
        to_be_read = any(self.queued(client, termios.TIOCOUTQ) for client in clients)
        asked = any(self.queued(client, termios.FIONREAD) for client in clients)
        return ((to_be_read or (not asked and self.answered == len(self.commands))) and
                process_status(pid, "State").startswith("S"))

    @staticmethod
    def queued(client, direction):
        return struct.unpack("i", fcntl.ioctl(client.fileno(), direction, bytes(4)))[0]

    def await_consumption(self, client):
        end = time.monotonic() + DEADLINE
        while time.monotonic() < end:
            if self.queued(client, termios.TIOCOUTQ) == 0:
                return


# The end of a test file.

class Result(unittest.TextTestResult):
    """Ends a test that takes too long, whatever it waits in: a read, a wait for a process. What it cleans up may wait
    again, so it is told again."""

    def startTest(self, test):
        super().startTest(test)
        signal.signal(signal.SIGALRM, self.too_long)
        signal.setitimer(signal.ITIMER_REAL, TEST_DEADLINE, 2)

    def stopTest(self, test):
        signal.setitimer(signal.ITIMER_REAL, 0)
        super().stopTest(test)

    @staticmethod
    def too_long(*_):
        raise AssertionError("the test took more than %d seconds" % TEST_DEADLINE)


def main():
    """Runs the tests of the file that calls; the last line is what tests/client/run adds up."""
    if not os.access(CLI, os.X_OK):
        sys.exit("%s: no such program; build it first or set KVS_CLI" % CLI)
    signal.signal(signal.SIGINT, signal.default_int_handler)   # a shell has both ignored in the background, and
    signal.signal(signal.SIGQUIT, signal.SIG_DFL)              # kvs-cli leaves them so
    runner = unittest.TextTestRunner(resultclass=Result)
    result = unittest.main(module="__main__", exit=False, testRunner=runner).result
    failed = {getattr(test, "test_case", test).id() for test, _ in result.failures + result.errors}
    skipped = {test.id(): reason for test, reason in result.skipped if test.id() not in failed}
    sys.stderr.flush()
    for name, reason in skipped.items():
        print("skipped: %s: %s" % (name.removeprefix("__main__."), reason))
    passed = max(0, result.testsRun - len(failed) - len(skipped))
    print("%d passed, %d failed" % (passed, len(failed)) + (", %d skipped" % len(skipped) if skipped else ""), flush=True)
    sys.exit(1 if failed else 0)
