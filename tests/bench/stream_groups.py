"""Rows on consumer groups: batches of entries that are read and acknowledged, and the memory of pending ones."""

import os

import clients
from report import Row, at_least, at_most
from servers import connect, stop_all
from throughput import interleaved

NAMES = ["kvs", "redis"]
BATCH = 100
ENTRIES = 400000
MEASURED = 200000
PENDING = {0: "none", 1000000: "a million"}   # entries that are pending with another consumer


def _rates(bench, servers, program):
    for pending, words in PENDING.items():
        entries = ENTRIES // 4 if bench.quick else ENTRIES
        pending = pending // 10 if bench.quick else pending
        work = f"XREADGROUP of {BATCH} with XACK, {words} else pending"
        rate = Row(work, "entries/s", [at_least(1.5, "redis")])
        cpu = Row(work, "server CPU us/entry", [at_most(0.67, "redis")], digits=3)
        for _, server in interleaved(servers, bench.rounds):
            run = clients.stream_group(program, server, entries, BATCH, pending)
            rate.add(server.name, run.rate)
            cpu.add(server.name, run.figures["server_seconds"] * 1e6 / entries)
        bench.rows.extend([rate, cpu])


def _used(connection):
    connection.sendall(b"INFO memory\r\n")
    text = connection.recv(65536)
    return int(text.split(b"used_memory:")[1].split(b"\r\n")[0])


def _drain(connection):
    """All replies to what was sent."""
    connection.sendall(b"ECHO that-was-all\r\n")
    end = b""
    while not end.endswith(b"that-was-all\r\n"):
        end = (end + connection.recv(1 << 20))[-64:]


def _memory(bench, servers):
    """What used_memory grows by when a consumer reads entries."""
    row = Row("a pending entry", "bytes", [at_most(0.5, "redis")])
    for server in servers:
        connection = connect(server.path)
        connection.sendall(b"FLUSHALL\r\nXGROUP CREATE s g 0 MKSTREAM\r\n")
        for first in range(0, MEASURED, 1000):
            connection.sendall(b"".join(b"XADD s %d-0 a 1\r\n" % (first + i + 1) for i in range(1000)))
            _drain(connection)
        before = _used(connection)
        for _ in range(0, MEASURED, 1000):
            connection.sendall(b"XREADGROUP GROUP g c COUNT 1000 STREAMS s >\r\n")
            _drain(connection)
        row.add(server.name, (_used(connection) - before) / MEASURED)
        connection.close()
    bench.rows.append(row)


def stream_groups(bench):
    """entries read in batches and acknowledged by a consumer of a group, and what a pending one occupies"""
    program = os.path.join(os.path.dirname(bench.loader.path), "stream_group")
    servers = bench.starter.start_all(NAMES)
    try:
        _rates(bench, servers, program)
        _memory(bench, servers)
    finally:
        stop_all(servers)
