"""Rows on resident memory: idle, per connection and per key."""

import resource
import time

from report import Row, at_most
from servers import BenchError, connect, ping, stop_all

KEYS = 2000000
KEY_LEN = 16
VALUE_LENS = (8, 32, 100)
CONNECTIONS = 8000
# Redis gives idle clients' buffers back after some seconds, and allocators return pages later still.
SETTLE_SECONDS = (2, 13)


def idle_server(bench):
    """RSS of an idle server"""
    row = Row("idle server", "MiB of RSS", [at_most(4)], digits=2)
    servers = bench.starter.start_all(("kvs", "redis", "null"))
    try:
        for server in servers:
            row.add(server.name, server.steady_rss_bytes() / 2**20)
        threads = ", ".join(f"{server.name} {server.threads()}" for server in servers)
        bench.notes.append(f"threads of the idle servers: {threads}")
    finally:
        stop_all(servers)
    bench.rows.append(row)


def _bytes_per_connection(server, waits):
    """RSS over that of the server without them, a figure after each wait (in seconds) with nothing sent."""
    connections = []
    before = server.steady_rss_bytes()
    try:
        for number in range(CONNECTIONS):
            try:
                connections.append(connect(server.path))
                answered = ping(connections[-1])
            except OSError as error:
                raise BenchError(f"{server.name}: {error} at connection {number + 1}") from error
            if not answered:
                raise BenchError(f"{server.name}: no answer to PING at connection {number + 1}")
        figures = []
        for seconds in waits:
            time.sleep(seconds)
            figures.append((server.rss_bytes() - before) / CONNECTIONS)
        return figures
    finally:
        for connection in connections:
            connection.close()


def idle_connections(bench):
    """RSS of an idle connection, soon after its request and when buffers have been given back"""
    needed = CONNECTIONS + 200
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < needed:
        raise BenchError(f"the limit of open files is {hard}, {needed} are needed: raise it with ulimit -Hn")
    if soft != resource.RLIM_INFINITY and soft < needed:
        resource.setrlimit(resource.RLIMIT_NOFILE, (needed if hard == resource.RLIM_INFINITY else hard, hard))
    waits = SETTLE_SECONDS[:1] if bench.quick else SETTLE_SECONDS
    rows = [Row(f"idle connection, {CONNECTIONS:,}, {sum(waits[:i + 1])} s after a PING", "bytes of RSS",
                [at_most(512)]) for i in range(len(waits))]
    for name in ("kvs", "redis", "null"):
        server = bench.starter.start(name)
        try:
            figures = _bytes_per_connection(server, waits if name != "null" else waits[:1])
        finally:
            server.stop()
        for row, figure in zip(rows, figures):
            row.add(name, figure)
    bench.rows.extend(rows)


def keys(bench):
    """RSS over key and value"""
    average = Row("key overhead, average of the three", "bytes over key + value", [at_most(24)], digits=1)
    rows, sums, totals = [], {}, {}
    for value_len in VALUE_LENS:
        row = Row(f"{KEYS:,} keys of {KEY_LEN}, values of {value_len} bytes", "bytes over key + value",
                  [at_most(28)], digits=1)
        for name in ("kvs", "redis"):
            server = bench.starter.start(name)
            try:
                idle = server.steady_rss_bytes()
                bench.loader.load(server, KEYS, value_len)
                loaded = server.steady_rss_bytes(window=3.0)
            finally:
                server.stop()
            over = (loaded - idle) / KEYS - KEY_LEN - value_len
            row.add(name, over)
            sums.setdefault(name, []).append(over)
            totals.setdefault(name, []).append(loaded / KEYS - KEY_LEN - value_len)
        rows.append(row)
    for name, overs in sums.items():
        average.add(name, sum(overs) / len(overs))
    bench.rows.extend(rows + [average])
    bench.notes.append("key overhead is RSS less that of the idle server; with the idle server's it is "
                       + ", ".join(f"{n} {' / '.join(f'{v:.1f}' for v in t)}" for n, t in totals.items())
                       + f" for values of {' / '.join(map(str, VALUE_LENS))} bytes")
