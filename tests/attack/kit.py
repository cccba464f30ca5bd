"""What attacks are made of: servers in folders of their own, raw clients, the witness, and figures with their limits.

An attack is a function under @attack. It gets a Case, starts servers of it, and tells what it saw: figure() for a
number and the limit that it has to keep, holds() for a claim. A figure without a limit is measured only.
"""

import contextlib
import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))

KB, MB, GB = 1 << 10, 1 << 20, 1 << 30
PATIENCE = 30        # seconds: the longest wait for one reply
KILLED_AT = 3 * GB   # resident bytes at which a server is ended, so that the machine stays usable
CALM = 50            # milliseconds that a bystander may wait
CALM_IF_NOISY = 250  # what is asserted where other work may hold up both sides
ROOM = 2 * MB        # bytes of used_memory for the server itself, its pools and the kit's own clients


class Hung(Exception):
    """The time of an attack is over."""


class Error(Exception):
    """An error reply; it is returned, not raised."""


# ---- clients ----

def encode(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        word = word if isinstance(word, (bytes, bytearray)) else str(word).encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


class Client:
    """One connection; called with a command's words it returns the reply."""

    def __init__(self, path, timeout=PATIENCE):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(path)   # waits where the backlog is full, which one with a time limit doesn't
        self.socket.settimeout(timeout)
        self.buffer, self.at = b"", 0   # what has arrived, and how far it has been read

    def __call__(self, *words):
        self.raw(encode(*words))
        return self.read()

    def send(self, *words):
        self.raw(encode(*words))

    def raw(self, data):
        self.socket.sendall(data)

    def try_raw(self, data):
        """Sends as much as the server takes before it closes: whether it took all."""
        try:
            self.raw(data)
            return True
        except OSError:
            return False

    def push(self, data, seconds=1.0):
        """Sends data and reads nothing: the bytes that were taken before the server took no more for that long, or
        closed."""
        view, sent = memoryview(data), 0
        self.socket.settimeout(seconds)
        with contextlib.suppress(OSError):
            while sent < len(view):
                sent += self.socket.send(view[sent:sent + 4 * MB])
        self.socket.settimeout(PATIENCE)
        return sent

    def fill(self):
        data = self.socket.recv(MB)
        if not data:
            raise EOFError("the server closed the connection")
        self.buffer = self.buffer[self.at:] + data
        self.at = 0

    def line(self):
        while True:
            end = self.buffer.find(b"\r\n", self.at)
            if end >= 0:
                line, self.at = self.buffer[self.at:end], end + 2
                return line
            self.fill()

    def read(self):
        line = self.line()
        kind, rest = line[:1], line[1:]
        if kind == b"-":
            return Error(rest.decode("latin-1"))
        if kind == b":":
            return int(rest)
        if kind in b"$=":
            return self.bulk(int(rest))
        if kind in b"*~>":
            return None if int(rest) < 0 else [self.read() for _ in range(int(rest))]
        if kind == b"%":
            return [self.read() for _ in range(2 * int(rest))]
        return rest

    def bulk(self, size):
        if size < 0:
            return None
        if len(self.buffer) - self.at < size + 2:
            parts, have = [self.buffer[self.at:]], len(self.buffer) - self.at
            while have < size + 2:
                parts.append(self.socket.recv(MB))
                have += len(parts[-1])
                if not parts[-1]:
                    raise EOFError("the server closed the connection")
            self.buffer, self.at = b"".join(parts), 0
        begin, self.at = self.at, self.at + size + 2
        return self.buffer[begin:begin + size]

    def skim(self, seconds):
        """Reads and drops what comes, until the server closes or is silent for that long: the bytes."""
        count = len(self.buffer) - self.at
        self.buffer, self.at = b"", 0
        self.socket.settimeout(seconds)
        with contextlib.suppress(OSError):
            while True:
                data = self.socket.recv(MB)
                if not data:
                    break
                count += len(data)
        self.socket.settimeout(PATIENCE)
        return count

    def pour(self, data, replies, refused=b"-OOM"):
        """Sends data and reads that many replies of one line each meanwhile: how many of them were refusals."""
        sender = threading.Thread(target=self.try_raw, args=(data,), daemon=True)
        sender.start()
        count, errors, rest = 0, 0, self.buffer[self.at:]
        while count < replies:
            part = self.socket.recv(256 * KB)
            if not part:
                raise EOFError("the server closed the connection after %d of %d replies" % (count, replies))
            rest += part
            end = rest.rfind(b"\r\n") + 2
            if end >= 2:
                count += rest.count(b"\r\n", 0, end)
                errors += rest.count(refused, 0, end)
                rest = rest[end:]
        self.buffer, self.at = rest, 0
        sender.join()
        return errors

    def info(self, section="everything"):
        return dict(line.split(":", 1) for line in self("INFO", section).decode().split("\r\n") if ":" in line)

    def is_closed(self, seconds=5):
        """Whether the server closes it within that time; what it still sends is dropped."""
        end = time.monotonic() + seconds
        with contextlib.suppress(TimeoutError, BlockingIOError):
            while time.monotonic() < end:
                self.socket.settimeout(max(0.001, end - time.monotonic()))
                try:
                    if not self.socket.recv(MB):
                        return True
                except ConnectionError:
                    return True
        return False

    def close(self):
        self.socket.close()


# ---- servers ----

class Server:
    """A server's process in a folder of its own. A thread watches its memory, and ends it at KILLED_AT."""

    def __init__(self, kind, program, workers, options, folder, lines=None, limits=None, before=(), answers=True):
        """lines: of a configuration file; limits: {resource: soft and hard limit}; before: words before the program;
        answers: whether to wait until it does."""
        self.kind = kind
        self.folder = folder
        self.path = os.path.join(folder, "admin.sock")
        self.log = os.path.join(folder, "log")
        self.killed = False
        words = [*before, program]
        if lines is not None:
            self.config = os.path.join(folder, "server.conf")
            with open(self.config, "wb") as file:
                file.write(b"".join((line if isinstance(line, bytes) else line.encode()) + b"\n" for line in lines))
            words.append(self.config)
        if kind == "redis":
            words += ["--port", "0", "--unixsocket", self.path, "--save", "", "--dir", folder]
        else:
            words += ["-s", self.path, "--threads", str(workers), "--listen", self.socket("write") + " access=write",
                      "--listen", self.socket("read") + " access=read", "--dir", folder]
        with open(self.log, "wb") as log:
            self.process = subprocess.Popen(words + list(options), stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                            preexec_fn=(lambda: set_limits(limits)) if limits else None)
        self.pid = self.process.pid
        threading.Thread(target=self.watch, daemon=True).start()
        if answers:
            self.await_answer()

    def socket(self, access):
        """The path of the socket with that access; Redis has one for all."""
        return self.path if self.kind == "redis" else os.path.join(self.folder, access + ".sock")

    def client(self, access="admin", timeout=PATIENCE):
        return Client(self.socket(access), timeout)

    def clients(self, count, access="admin"):
        return [self.client(access) for _ in range(count)]

    def await_answer(self, seconds=20):
        """Returns the seconds that it took."""
        began = time.monotonic()
        while time.monotonic() - began < seconds:
            if self.process.poll() is not None:
                raise RuntimeError("the server ended: " + self.how_it_ended())
            try:
                client = self.client("read", 5)
                if client("PING") == b"PONG":
                    client.close()
                    return time.monotonic() - began
            except (OSError, EOFError):
                time.sleep(0.005)
        raise RuntimeError("the server did not answer within %d s" % seconds)

    def watch(self):
        while self.process.poll() is None:
            try:
                with open("/proc/%d/statm" % self.pid, encoding="ascii") as file:
                    resident = int(file.read().split()[1]) * os.sysconf("SC_PAGE_SIZE")
            except (OSError, IndexError):
                return
            if resident > KILLED_AT:
                self.killed = True
                self.process.kill()
                return
            time.sleep(0.01)

    def peak(self):
        """The most bytes that were resident."""
        if self.killed:
            return KILLED_AT
        try:
            with open("/proc/%d/status" % self.pid, encoding="ascii", errors="replace") as file:
                return int(re.search(r"^VmHWM:\s+(\d+) kB", file.read(), re.M).group(1)) * KB
        except (OSError, AttributeError):
            raise RuntimeError("the server ended: " + self.how_it_ended()) from None

    def cpu(self):
        """Seconds that its threads have run."""
        total = 0
        for task in os.listdir("/proc/%d/task" % self.pid):
            with open("/proc/%d/task/%s/schedstat" % (self.pid, task), encoding="ascii") as file:
                total += int(file.read().split()[0])
        return total / 1e9

    def rest(self, seconds=10):
        """Waits until its threads have next to nothing to do."""
        end, before = time.monotonic() + seconds, None
        while self.is_alive() and time.monotonic() < end:
            with contextlib.suppress(OSError):
                after = self.cpu()
                if before is not None and after - before < 0.02:
                    return
                before = after
            time.sleep(0.1)

    def is_alive(self):
        return self.process.poll() is None

    def log_text(self):
        with open(self.log, encoding="utf-8", errors="replace") as file:
            return file.read()

    def how_it_ended(self):
        if self.killed:
            return "ended by the kit at %d MB of resident memory" % (KILLED_AT // MB)
        code = self.process.poll()
        words = "it runs" if code is None else "signal %d" % -code if code < 0 else "status %d" % code
        lines = [line for line in self.log_text().split("\n") if line.strip()]
        return words + ("; last words: " + lines[-1][:300] if lines else "")

    def stop(self):
        """Ends it at once: a graceful end is an attack's own matter."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()


def set_limits(limits):
    import resource   # in the child
    for name, value in limits.items():
        resource.setrlimit(getattr(resource, name), (value, value))


# ---- the witness ----

class Seen:
    """What a witness has seen: times in milliseconds, memory in bytes."""

    def __init__(self, told):
        self.count = told["count"]
        self.longest = max(told["ping"] + told["set"])
        self.calmest = min(told["ping"])   # the PINGs of the connection that waited least
        self.new = told["new"]
        self.p999 = told["p999"]
        self.late = told["late"]
        self.refused = told["refused"]
        self.samples = told["memory"]      # [seconds, used_memory, mem_clients_normal]
        self.peak = told["peak"]           # used_memory_peak as the last sample had it

    def used(self):
        return max([self.peak] + [used for _, used, _ in self.samples])

    def clients(self):
        return max((clients for _, _, clients in self.samples), default=0)


class Witness:
    """A process of its own that uses the server as a bystander while the block runs; .seen is there afterwards."""

    def __init__(self, server, workers, writes=True, connections=2, gauge_ms=5):
        self.seen = None
        words = [sys.executable, os.path.join(HERE, "witness.py"), server.path, str(workers), str(connections),
                 str(gauge_ms)] + ["--writes"] * writes
        self.process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE)

    def __enter__(self):
        self.process.stdout.readline()   # it is at work
        time.sleep(0.05)
        return self

    def __exit__(self, kind, *_):
        with contextlib.suppress(OSError):
            self.process.stdin.close()
        text = self.process.stdout.read()
        self.process.wait()
        if kind is None:
            self.seen = Seen(json.loads(text))


# ---- attacks ----

ATTACKS = []


class Attack:
    def __init__(self, run, family, words, workers, redis):
        self.run, self.family, self.words, self.workers, self.redis = run, family, words, workers, redis
        self.name = run.__name__


def attack(words, workers=(2,), redis=False):
    """words: what is done, for people; workers: with how many it is done; redis: whether it makes sense there."""
    def add(run):
        ATTACKS.append(Attack(run, run.__module__.rpartition("_")[2], words, workers, redis))
        return run
    return add


class Figure:
    """What was seen beside what is allowed. A claim has the unit "" and is a number of its own: 0 where it holds."""

    def __init__(self, what, value, limit, unit, bound, seen=None, is_claim=False):
        """bound: what is asserted, None where it is measured only."""
        self.what, self.value, self.limit, self.is_claim = what, value, limit, is_claim
        self.kept = None if bound is None else value <= bound
        self.seen = seen or amount(value, unit)
        self.allowed = "yes" if is_claim else "–" if limit is None else amount(limit, unit)
        self.asserted = self.allowed if bound == limit else "%s, asserted: %s" % (self.allowed, amount(bound, unit))


def amount(value, unit):
    if unit == "MB":
        value /= 1e6
    return ("%d" if value == int(value) or value >= 100 else "%.1f") % value + (" " + unit if unit else "")


class Case:
    """One attack on one kind of server with so many workers."""

    def __init__(self, kind, program, cli, workers, strict):
        self.kind, self.program, self.cli, self.workers, self.strict = kind, program, cli, workers, strict
        self.is_redis = kind == "redis"
        self.figures = []
        self.servers = []
        self.folders = []

    def folder(self):
        folder = tempfile.mkdtemp(prefix="kvs-attack-")
        os.chmod(folder, 0o755)   # others must be able to come to the sockets
        self.folders.append(folder)
        return folder

    def server(self, *options, **more):
        server = Server(self.kind, self.program, self.workers, options, self.folder(), **more)
        self.servers.append(server)
        return server

    def witness(self, server, **more):
        return Witness(server, 1 if self.is_redis else self.workers, **more)

    def close(self):
        for server in self.servers:
            server.stop()
        for folder in self.folders:
            shutil.rmtree(folder, ignore_errors=True)

    # what was seen

    def figure(self, what, value, limit=None, unit="MB", asserted=None):
        """A number that must not be above its limit; asserted: the wider limit of a noisy machine."""
        bound = limit if asserted is None or self.strict else asserted
        self.figures.append(Figure(what, value, limit, unit, bound))

    def peak(self, server, limit, what="peak RSS"):
        """The most that was resident, of a server that the kit may have ended."""
        self.figure(what, server.peak(), limit)
        if server.killed:
            self.figures[-1].seen = "over %.1f GB, ended by the kit" % (KILLED_AT / 1e9)

    def holds(self, what, condition, seen=""):
        self.figures.append(Figure(what, 0 if condition else 1, 0, "", 0, str(seen) or ("yes" if condition else "no"), True))

    def waits(self, seen, what="", own_work=False, measured=False):
        """A bystander's waits. own_work: the attack is one command's own work, which only other workers escape: there
        the calmest connection is asserted, with one worker nothing is. measured: nothing is asserted."""
        prefix = what + ": " if what else ""
        limit = {} if measured else dict(limit=CALM, asserted=CALM_IF_NOISY + seen.late)
        if not own_work:
            self.figure(prefix + "a bystander waits", seen.longest, unit="ms", **limit)
            self.figure(prefix + "a new connection waits", seen.new, unit="ms", **limit)
            return
        self.figure(prefix + "the same worker's clients wait", seen.longest, unit="ms")
        if self.workers > 1 and not self.is_redis:
            self.figure(prefix + "another worker's clients wait", seen.calmest, unit="ms", **limit)
            self.figure(prefix + "a new connection waits", seen.new, unit="ms", **limit)

    def memory(self, seen, maxmemory, value, what="", requests=0):
        """used_memory under a maxmemory with values of that size. What clients hold is theirs: `requests` bytes that
        may be under way, or what was seen."""
        self.figure((what + ": " if what else "") + "used_memory", seen.used(),
                    maxmemory * 1.02 + value + max(seen.clients(), requests) + ROOM)


@contextlib.contextmanager
def time_limit(seconds):
    def over(*_):
        raise Hung("it did not end within %d s" % seconds)
    signal.signal(signal.SIGALRM, over)
    signal.setitimer(signal.ITIMER_REAL, seconds, 1)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)


def wait_until(condition, seconds):
    """Seconds until the condition holds, or None."""
    began = time.monotonic()
    while not condition():
        if time.monotonic() - began > seconds:
            return None
        time.sleep(0.005)
    return time.monotonic() - began
