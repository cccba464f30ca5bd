"""Rows on files: how fast a snapshot is saved and loaded, and what goes on beside one that is being made."""

import os
import shutil
import socket
import statistics
import threading
import time

from report import Row, at_least, at_most
from servers import BenchError, Server, connect, stop_all

NAMES = ["kvs", "redis"]
KEYS, QUICK_KEYS = 5000000, 500000
VALUE_LEN = 32
PIPELINE = 16
WRITES, QUICK_WRITES = 6000000, 1000000
SAVE_SECONDS = 300
SAMPLE_SECONDS = 0.02


def _command(server, *words):
    """One command on a connection of its own; returns the first line of the reply, or all of a bulk string."""
    with connect(server.path) as connection:
        connection.settimeout(SAVE_SECONDS)
        connection.sendall(b"".join([b"*%d\r\n" % len(words)] +
                                    [b"$%d\r\n%s\r\n" % (len(word), word.encode()) for word in words]))
        reply = b""
        while not reply.endswith(b"\r\n"):
            reply += connection.recv(65536)
        return reply


def _is_saving(server):
    return b"rdb_bgsave_in_progress:1" in _command(server, "INFO", "persistence")


def _start_loading(bench, name, folder):
    """A server that loads the snapshot of a folder, and how long it took from its start to its first answer."""
    bench.starter.started += 1
    start = time.monotonic()
    server = Server(name, lambda path: bench.starter.commands[name](path) + ["--dir", folder],
                    os.path.join(bench.starter.folder, f"{name}-{bench.starter.started}"))
    return server, time.monotonic() - start


def snapshots(bench):
    """a snapshot is saved, and loaded by the next server"""
    keys = QUICK_KEYS if bench.quick else KEYS
    save = Row(f"SAVE of {keys:,} keys", "keys/s", [at_least(1.0, "redis")])
    load = Row(f"start with {keys:,} keys in a snapshot", "keys/s", [at_least(2.0, "redis")])
    size = Row(f"snapshot of {keys:,} keys", "MiB", digits=1)
    servers = bench.starter.start_all(NAMES)
    try:
        for server in servers:
            bench.loader.load(server, keys, VALUE_LEN)
        for number in range(bench.rounds):
            for server in servers if number % 2 else servers[::-1]:
                start = time.monotonic()
                if not _command(server, "SAVE").startswith(b"+OK"):
                    raise BenchError(f"{server.name}: SAVE failed")
                save.add(server.name, keys / (time.monotonic() - start))
        folders = {}
        for server in servers:
            folders[server.name] = os.path.join(bench.starter.folder, "saved-" + server.name)
            os.mkdir(folders[server.name])
            shutil.copy(os.path.join(server.folder, "dump.rdb"), folders[server.name])
            size.add(server.name, os.path.getsize(os.path.join(server.folder, "dump.rdb")) / 2**20)
    finally:
        stop_all(servers)
    for number in range(bench.rounds):
        for name in NAMES if number % 2 else NAMES[::-1]:
            server, seconds = _start_loading(bench, name, folders[name])
            server.stop()
            load.add(name, keys / seconds)
    bench.rows.extend([save, load, size])


def _memory_bytes(server):
    """Of the server and of a child that it has forked: shared pages count once."""
    total = 0
    pids = [server.pid]
    try:
        with open(f"/proc/{server.pid}/task/{server.pid}/children") as file:
            pids += [int(pid) for pid in file.read().split()]
    except OSError:
        pass
    for pid in pids:
        try:
            with open(f"/proc/{pid}/smaps_rollup") as file:
                total += next(int(line.split()[1]) for line in file if line.startswith("Pss:")) * 1024
        except (OSError, StopIteration):  # it has just ended
            pass
    return total


class Watcher(threading.Thread):
    """While it runs: the longest wait of a client that asks for one key at a time, and the most memory."""

    def __init__(self, server):
        super().__init__()
        self.server = server
        self.longest = 0.0
        self.most = 0
        self.over = threading.Event()
        self.connection = connect(server.path)
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVTIMEO, b"\x1e" + bytes(15))
        self.start()

    def run(self):
        sampled = 0.0
        while not self.over.is_set():
            start = time.monotonic()
            self.connection.sendall(b"*2\r\n$3\r\nGET\r\n$6\r\nnobody\r\n")
            self.connection.recv(64)
            now = time.monotonic()
            self.longest = max(self.longest, now - start)
            if now - sampled > SAMPLE_SECONDS:
                self.most = max(self.most, _memory_bytes(self.server))
                sampled = now
            time.sleep(0.001)

    def end(self):
        self.over.set()
        self.join()
        self.connection.close()


def _write_watched(bench, server, keys, writes, seed, saves):
    """Writes for a while, all through a snapshot if there is to be one. The rate and the watcher."""
    watcher = Watcher(server)
    rates = []
    try:
        if saves and b"started" not in _command(server, "BGSAVE"):
            raise BenchError(f"{server.name}: BGSAVE failed")
        while True:
            rates.append(bench.loader.random(server, "set", writes // 10, keys, VALUE_LEN, seed, PIPELINE).rate)
            seed += 1
            if not _is_saving(server) if saves else len(rates) == 10:
                break
    finally:
        watcher.end()
    return statistics.median(rates), watcher


def saving(bench):
    """BGSAVE beside a write load"""
    keys = QUICK_KEYS if bench.quick else KEYS
    writes = QUICK_WRITES if bench.quick else WRITES
    work = f"BGSAVE of {keys:,} keys that are being rewritten"
    kept = Row(work, "share of the rate without it", [at_least(0.85)], digits=2)
    stall = Row(work, "longest wait of another client, ms", digits=1)
    usual = Row(work, "the same without it, ms", digits=1)
    memory = Row(work, "memory beyond the data set, share", [at_most(0.10)], digits=2)
    servers = bench.starter.start_all(NAMES)
    try:
        for server in servers:
            bench.loader.load(server, keys, VALUE_LEN)
            server.bytes_before = server.steady_rss_bytes()
        for number in range(bench.rounds):
            for server in servers if number % 2 else servers[::-1]:
                before, calm = _write_watched(bench, server, keys, writes, 1000 * number + 1, False)
                during, watcher = _write_watched(bench, server, keys, writes, 1000 * number + 501, True)
                kept.add(server.name, during / before)
                stall.add(server.name, watcher.longest * 1000)
                usual.add(server.name, calm.longest * 1000)
                memory.add(server.name, max(0, watcher.most - calm.most) / server.bytes_before)
    finally:
        stop_all(servers)
    bench.rows.extend([kept, stall, usual, memory])
    bench.notes.append("BGSAVE beside writes: with two cores, client, server and whoever saves share them; the longest wait is "
                       "by the clock, the scheduler's part included")
