"""Rows on clients that wait: elements that RPUSH hands to a client in BLPOP, and the memory of one that waits."""

import os

import clients
from report import Row, at_most, no_worse
from servers import connect, stop_all
from throughput import interleaved

NAMES = ["kvs", "redis"]
PAIRS = {1: 40000, 50: 400000}
WAITERS = 2000


def _rates(bench, servers, program):
    for pairs, elements in PAIRS.items():
        elements = elements // 4 if bench.quick else elements
        work = f"BLPOP fed by RPUSH, {pairs} pair{'s' if pairs > 1 else ''}"
        rate = Row(work, "elements/s", [no_worse(True)])
        cpu = Row(work, "server CPU us/element", [at_most(1, "redis")], digits=3)
        for _, server in interleaved(servers, bench.rounds):
            run = clients.hand_over(program, server, elements, pairs)
            rate.add(server.name, run.rate)
            cpu.add(server.name, run.server_us())
        bench.rows.extend([rate, cpu])


def _memory(bench, servers):
    row = Row("a client in BLPOP", "bytes more than idle", [at_most(600)])
    for server in servers:
        waiting = [connect(server.path) for _ in range(WAITERS)]
        for connection in waiting:
            connection.sendall(b"PING\r\n")
            connection.recv(16)
        idle = server.steady_rss_bytes()
        for number, connection in enumerate(waiting):
            connection.sendall(b"BLPOP queue:%d 0\r\n" % number)
        row.add(server.name, (server.steady_rss_bytes() - idle) / WAITERS)
        for connection in waiting:
            connection.close()
    bench.rows.append(row)


def waiting(bench):
    """elements handed to clients that wait, and what one that waits occupies"""
    program = os.path.join(os.path.dirname(bench.loader.path), "hand_over")
    servers = bench.starter.start_all(NAMES)
    try:
        _rates(bench, servers, program)
        _memory(bench, servers)
    finally:
        stop_all(servers)
