"""Servers under test: starting and stopping them, and what the kernel says they use."""

import os
import re
import shutil
import socket
import subprocess
import time

START_SECONDS = 20
STEADY_SECONDS = 30
STEADY_STEP = 0.3


class BenchError(Exception):
    """A measurement that cannot be made; the text says why."""


def connect(path):
    connection = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    try:
        connection.connect(path)
    except OSError:
        connection.close()
        raise
    return connection


def ping(connection):
    """True if the server answers (a null server says +OK to everything)."""
    connection.sendall(b"*1\r\n$4\r\nPING\r\n")
    reply = b""
    while not reply.endswith(b"\r\n"):
        part = connection.recv(64)
        if not part:
            return False
        reply += part
    return reply in (b"+PONG\r\n", b"+OK\r\n")


class Server:
    """A running server. It owns its folder, its socket and its process until stop()."""

    def __init__(self, name, command, folder):
        """`command` is a function that takes the path of the socket and returns the argument list."""
        self.name = name
        self.folder = folder
        os.mkdir(folder)
        self.path = os.path.join(folder, "socket")
        self.log = os.path.join(folder, "log")
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(command(self.path), cwd=folder, stdin=subprocess.DEVNULL,
                                            stdout=log, stderr=subprocess.STDOUT)
        self.pid = self.process.pid
        try:
            self._await_ready()
        except BenchError:
            self.stop()
            raise

    def _await_ready(self):
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            self.check_alive()
            try:
                with connect(self.path) as connection:
                    if ping(connection):
                        return
            except OSError:
                pass
            time.sleep(0.02)
        raise BenchError(f"{self.name}: no answer to PING within {START_SECONDS} s{self._last_words()}")

    def _last_words(self):
        with open(self.log, errors="replace") as log:
            lines = [line.strip() for line in log if line.strip()]
        return f"; its last words: {lines[-1]}" if lines else ""

    def check_alive(self):
        if self.process.poll() is not None:
            status = self.process.returncode
            raise BenchError(f"{self.name}: the server ended with status {status}{self._last_words()}")

    def stop(self):
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(timeout=30)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        shutil.rmtree(self.folder, ignore_errors=True)

    def cpu_seconds(self):
        """User and system time of all threads so far."""
        self.check_alive()
        total = 0
        try:
            for task in os.listdir(f"/proc/{self.pid}/task"):
                with open(f"/proc/{self.pid}/task/{task}/schedstat") as file:
                    total += int(file.read().split()[0])
        except (OSError, IndexError):  # a kernel without schedstat, or a thread that just ended
            total = 0
        if total:
            return total / 1e9
        with open(f"/proc/{self.pid}/stat") as file:
            fields = file.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def threads(self):
        return len(os.listdir(f"/proc/{self.pid}/task"))

    def rss_bytes(self):
        self.check_alive()
        with open(f"/proc/{self.pid}/smaps_rollup") as file:
            return int(re.search(r"^Rss:\s+(\d+) kB", file.read(), re.MULTILINE).group(1)) * 1024

    def steady_rss_bytes(self, window=1.5):
        """RSS once it has stayed within 0.1 % (or 64 KiB) for `window` seconds, or after STEADY_SECONDS."""
        count = int(window / STEADY_STEP) + 1
        deadline = time.monotonic() + STEADY_SECONDS
        seen = []
        while True:
            seen = (seen + [self.rss_bytes()])[-count:]
            room = max(seen[-1] // 1000, 65536)
            if len(seen) == count and max(seen) - min(seen) <= room:
                return seen[-1]
            if time.monotonic() > deadline:
                return seen[-1]
            time.sleep(STEADY_STEP)


class Starter:
    """Knows how each server is started, each time in a folder of its own."""

    def __init__(self, kvs, redis, null, server_args, folder):
        self.kvs = kvs
        self.server_args = server_args
        self.commands = {
            "kvs": lambda path: [kvs, "-s", path] + server_args,
            "redis": lambda path: [redis, "--unixsocket", path, "--port", "0", "--save", "",
                                   "--appendonly", "no", "--daemonize", "no", "--loglevel", "warning"],
            "null": lambda path: [null, "-s", path],
        }
        self.folder = folder
        self.started = 0

    def start(self, name):
        self.started += 1
        return Server(name, self.commands[name], os.path.join(self.folder, f"{name}-{self.started}"))

    def start_kvs(self, name, arguments):
        """A kvs-server with arguments of its own: a function of the socket's path."""
        self.started += 1
        return Server(name, lambda path: [self.kvs] + arguments(path) + self.server_args,
                      os.path.join(self.folder, f"{name}-{self.started}"))

    def start_all(self, names):
        """Starts several, or none: whoever calls stops them with stop_all()."""
        servers = []
        try:
            for name in names:
                servers.append(self.start(name))
        except BenchError:
            stop_all(servers)
            raise
        return servers


def stop_all(servers):
    for server in servers:
        server.stop()
