"""Rows on rates and CPU per request: small values at three pipeline depths, and large values."""

import statistics

import clients
from report import Row, at_least, at_most, no_worse
from servers import BenchError, stop_all

KEYS = 1000000
VALUE_LEN = 64
NAMES = ("kvs", "redis", "null")


def interleaved(servers, rounds):
    """(round, server) for every round; rounds begin with another server each, so none is always first."""
    for number in range(rounds):
        turn = number % len(servers)
        for server in servers[turn:] + servers[:turn]:
            yield number, server


def _requests(bench, full):
    return full // 4 if bench.quick else full


class _Depth:
    """The rows of one pipeline depth, for SET and GET."""

    def __init__(self, depth, rate_goals, cpu_goals, latency_goals=None):
        self.depth = depth
        self.rate, self.cpu, self.client, self.latency = {}, {}, {}, {}
        self.client_share = {}
        for command in ("set", "get"):
            name = f"pipeline {depth} {command.upper()}"
            self.rate[command] = Row(name, "requests/s", rate_goals)
            self.cpu[command] = Row(name, "server CPU us/request", cpu_goals, digits=3)
            self.client[command] = Row(name, "client CPU us/request", digits=3)
            self.latency[command] = Row(name, "p99 ms", latency_goals or (), digits=3)

    def add(self, server, command, run):
        self.rate[command].add(server.name, run.rate)
        self.cpu[command].add(server.name, run.server_us())
        self.client[command].add(server.name, run.client_us())
        self.latency[command].add(server.name, run.p99_ms)
        self.client_share.setdefault(server.name, []).append(run.client_share)

    def rows(self):
        kinds = [self.rate, self.cpu, self.client] + ([self.latency] if self.depth == 1 else [])
        return [kind[command] for kind in kinds for command in ("set", "get")]

    def note(self):
        shares = ", ".join(f"{n} {statistics.median(self.client_share[n]):.0%}" for n in self.client_share)
        return (f"pipeline {self.depth}: the client used this much of one core: {shares}; near 100 % for "
                "each of its threads the client, not the server, sets the rate")


def _measure_depth(bench, depth, requests):
    servers = bench.starter.start_all(NAMES)
    try:
        for server in servers[:2]:
            bench.loader.load(server, KEYS, VALUE_LEN)
        for command in ("set", "get"):
            for _, server in interleaved(servers, bench.rounds):
                depth.add(server, command, clients.redis_benchmark(
                    server, command, requests, depth.depth, VALUE_LEN, KEYS, bench.client_threads))
    finally:
        stop_all(servers)
    bench.rows.extend(depth.rows())
    bench.notes.append(depth.note())


def pipeline_64(bench):
    """pipeline 64: rate and CPU per request"""
    depth = _Depth(64, [at_least(2.5, "redis")], [at_most(0.33, "redis")])
    _measure_depth(bench, depth, _requests(bench, 2000000))


def pipeline_16(bench):
    """pipeline 16: rate"""
    depth = _Depth(16, [at_least(2.2, "redis")], [])
    _measure_depth(bench, depth, _requests(bench, 1200000))


def pipeline_1(bench):
    """pipeline 1: rate, p99 and CPU per request"""
    depth = _Depth(1, [no_worse(True)], [at_most(0.75, "redis"), at_most(1.3, "null")], [no_worse(False)])
    _measure_depth(bench, depth, _requests(bench, 200000))


def light_client(bench):
    """pipeline 64 by the kit's own client, which costs less than redis-benchmark"""
    rate = {c: Row(f"pipeline 64 {c.upper()}, own client", "requests/s") for c in ("set", "get")}
    cpu = {c: Row(row.name, "server CPU us/request", digits=3) for c, row in rate.items()}
    requests = _requests(bench, 3000000)
    servers = bench.starter.start_all(NAMES[:2])
    try:
        for server in servers:
            bench.loader.load(server, KEYS, VALUE_LEN)
        for command in ("set", "get"):
            for number, server in interleaved(servers, bench.rounds):
                run = bench.loader.random(server, command, requests, KEYS, VALUE_LEN, number)
                rate[command].add(server.name, run.rate)
                cpu[command].add(server.name, run.server_us())
    finally:
        stop_all(servers)
    bench.rows.extend(list(rate.values()) + list(cpu.values()))


def _measure_large(bench, label, value_len, keys, requests):
    goals = [at_least(1.3, "redis")]
    rows = {c: Row(f"{label} {c.upper()}", "GB/s", goals, digits=2) for c in ("set", "get")}
    cpu = {c: Row(row.name, "server CPU us/request", digits=1) for c, row in rows.items()}
    servers = bench.starter.start_all(NAMES)
    try:
        for server in servers[:2]:
            bench.loader.load(server, keys, value_len)
        for command in ("set", "get"):
            # The null server returns no values, so it has nothing to say on reading them.
            for _, server in interleaved(servers if command == "set" else servers[:2], bench.rounds):
                run = clients.redis_benchmark(server, command, requests, 1, value_len, keys,
                                              bench.client_threads)
                rows[command].add(server.name, run.rate * value_len / 1e9)
                cpu[command].add(server.name, run.server_us())
    finally:
        stop_all(servers)
    bench.rows.extend(list(rows.values()) + list(cpu.values()))


def large_values(bench):
    """values of 64 KiB and 1 MiB: GB/s"""
    failures = []
    for label, value_len, keys, requests in (("64 KiB", 65536, 1000, 40000), ("1 MiB", 1048576, 100, 3000)):
        try:
            _measure_large(bench, label, value_len, keys, _requests(bench, requests))
        except BenchError as error:
            failures.append(str(error))
    if failures:
        raise BenchError("; ".join(failures))
