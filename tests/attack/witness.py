#!/usr/bin/env python3
"""A bystander: uses a server moderately while others attack it, and says how long it had to wait.

    witness.py SOCKET WORKERS CONNECTIONS GAUGE [--writes]

A process of its own, so that nothing that an attacker computes delays it. CONNECTIONS for each worker send a PING, then
a SET (a GET without --writes), each 2 ms after the last reply, to keys of all shards. Every 20 ms new connections, more
than there are workers, are opened and send a PING; the first answer counts. Used memory is noted every GAUGE
milliseconds, and once more at the end. It prints a line once it is at work; at the end of its standard input it prints
what it saw as JSON and ends. A request without an answer counts with the time that it has waited. Times are
milliseconds; `late` is how long the machine kept this process itself from running.
"""

import contextlib
import json
import os
import re
import select
import socket
import sys
import time

PAUSE, NEW_PAUSE = 0.002, 0.020   # seconds
LAST_LOOK = 2                     # seconds: the longest wait for an answer after the end
PING = b"*1\r\n$4\r\nPING\r\n"
INFO = b"*2\r\n$4\r\nINFO\r\n$6\r\nmemory\r\n"
KEYS = 256
USED = re.compile(rb"^used_memory:(\d+)", re.M)
PEAK = re.compile(rb"^used_memory_peak:(\d+)", re.M)
CLIENTS = re.compile(rb"^mem_clients_normal:(\d+)", re.M)


class Peer:
    """A connection with at most one request under way."""

    def __init__(self, path):
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.setblocking(False)
        self.sent_at = None
        self.due = 0.0
        self.turn = 0
        self.longest = [0.0, 0.0]   # of PINGs, of SETs or GETs
        self.open = True
        self.connected = False
        self.connect(path)

    def connect(self, path):
        """A full backlog is tried again."""
        try:
            self.socket.connect(path)
            self.connected = True
        except BlockingIOError:
            pass
        except OSError:
            self.open = False

    def send(self, data, now):
        try:
            self.socket.send(data)
            self.sent_at = now
        except OSError:
            self.open = False

    def receive(self):
        try:
            data = self.socket.recv(65536)
        except BlockingIOError:
            return b""
        except OSError:   # a last look's time is over, too
            data = b""
        if not data:
            self.open = False
        return data

    def note(self, now):
        waited = (now - self.sent_at) * 1000
        self.longest[self.turn % 2] = max(self.longest[self.turn % 2], waited)
        self.sent_at = None
        return waited


class Bystander:
    def __init__(self, path, workers, connections, gauge, writes):
        self.path, self.workers, self.writes = path, workers, writes
        self.poll = select.poll()
        self.by_fd = {}
        self.peers = [self.add(Peer(path)) for _ in range(workers * connections)]
        self.gauge, self.gauge_pause = self.add(Peer(path)), gauge / 1000
        self.new, self.new_at, self.new_due, self.new_longest = [], None, 0.0, 0.0
        self.waits, self.refused, self.late, self.memory, self.peak = [], 0, 0.0, [], 0
        self.text = b""
        self.began = time.monotonic()

    def add(self, peer):
        self.by_fd[peer.socket.fileno()] = peer
        self.poll.register(peer.socket, select.POLLIN)
        return peer

    def drop(self, peer):
        with contextlib.suppress(KeyError):   # one that was closed is not polled any more
            self.poll.unregister(peer.socket)
        del self.by_fd[peer.socket.fileno()]
        peer.socket.close()

    def request(self, peer):
        if peer.turn % 2 == 0:
            return PING
        key = b"bystander:%03d" % (peer.turn // 2 % KEYS)
        if self.writes:
            return b"*3\r\n$3\r\nSET\r\n$13\r\n%s\r\n$1\r\nx\r\n" % key
        return b"*2\r\n$3\r\nGET\r\n$13\r\n%s\r\n" % key

    def begin_what_is_due(self, now):
        for peer in self.peers:
            if peer.open and peer.sent_at is None and now >= peer.due:
                peer.send(self.request(peer), now)
        if self.gauge.open and self.gauge.sent_at is None and now >= self.gauge.due:
            self.gauge.send(INFO, now)
        if self.new_at is None and now >= self.new_due:
            self.new_at = now
            # the server gives them to the workers that have fewest: enough of them reach every worker
            self.new = [self.add(Peer(self.path)) for _ in range(2 * self.workers)]
        for peer in self.new:
            if not peer.connected:
                peer.connect(self.path)
            if peer.open and peer.connected and peer.sent_at is None:
                peer.send(PING, now)

    def end_new(self, now):
        self.new_longest = max(self.new_longest, (now - self.new_at) * 1000)
        for peer in self.new:
            self.drop(peer)
        self.new, self.new_at, self.new_due = [], None, now + NEW_PAUSE

    def take(self, peer, now):
        data = peer.receive()
        if peer in self.new:
            if not peer.open:
                self.poll.unregister(peer.socket)
            if data or not any(new.open for new in self.new):
                self.end_new(now)
        elif not data:
            if not peer.open:
                self.poll.unregister(peer.socket)
        elif peer is self.gauge:
            self.text += data
            if self.text.endswith(b"\r\n") and b"mem_allocator" in self.text:
                self.note_memory(now)
        else:
            self.refused += data.startswith(b"-")
            self.waits.append(peer.note(now))
            peer.turn += 1
            peer.due = now + PAUSE

    def note_memory(self, now):
        used, clients = USED.search(self.text), CLIENTS.search(self.text)
        self.peak = int(PEAK.search(self.text).group(1))
        self.memory.append([round(now - self.began, 4), int(used.group(1)), int(clients.group(1))])
        self.text, self.gauge.sent_at, self.gauge.due = b"", None, now + self.gauge_pause

    def look_once_more(self):
        """Waits for the answer that is under way and for another: what came after the last look is in it."""
        self.gauge.socket.settimeout(LAST_LOOK)
        with contextlib.suppress(OSError):
            for _ in range(1 if self.gauge.sent_at is None else 2):
                if self.gauge.sent_at is None:
                    self.gauge.send(INFO, time.monotonic())
                while self.gauge.open and self.gauge.sent_at is not None:
                    self.take(self.gauge, time.monotonic())

    def run(self):
        self.poll.register(sys.stdin, select.POLLIN)
        print("at work", flush=True)
        while True:
            before = time.monotonic()
            self.begin_what_is_due(before)
            asked = time.monotonic()
            ready = self.poll.poll(1)
            now = time.monotonic()
            # without an event it was to wake after 1 ms; the rest of that, and of the round, is the machine's doing
            self.late = max(self.late, (asked - before) * 1000, 0 if ready else (now - asked) * 1000 - 1)
            if any(fd == sys.stdin.fileno() for fd, _ in ready):
                return self.tell(now)
            for fd, _ in ready:
                if fd in self.by_fd:
                    self.take(self.by_fd[fd], now)

    def tell(self, now):
        for peer in self.peers:
            if peer.sent_at is not None:
                self.waits.append(peer.note(now))
        if self.new_at is not None:
            self.new_longest = max(self.new_longest, (now - self.new_at) * 1000)
        self.look_once_more()
        waits = sorted(self.waits) or [0.0]
        print(json.dumps({"count": len(self.waits), "p999": waits[int(len(waits) * 0.999)],
                          "ping": [peer.longest[0] for peer in self.peers],
                          "set": [peer.longest[1] for peer in self.peers], "new": self.new_longest,
                          "late": self.late, "refused": self.refused, "memory": self.memory, "peak": self.peak}))


def main():
    path, (workers, connections, gauge) = sys.argv[1], map(int, sys.argv[2:5])
    with contextlib.suppress(OSError):
        os.setpriority(os.PRIO_PROCESS, 0, -10)
    Bystander(path, workers, connections, gauge, "--writes" in sys.argv).run()


if __name__ == "__main__":
    main()
