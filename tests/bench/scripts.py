"""Rows on scripts: two that programs really send, beside Redis, and what a second worker adds."""

import os
import statistics

import clients
from report import Row, at_least, at_most
from servers import stop_all
from throughput import interleaved

NAMES = ["kvs", "redis"]
WORKS = {"limit": "a counter with a limit", "release": "a lock's release"}  # caller.c's names
PIPELINES = {1: 200000, 16: 400000}
WORKERS = (1, 2)
WORKER_WORKS = {"limit": ("a counter with a limit", 400000), "work": ("twenty calls", 60000)}
WORKER_PIPELINE = 16
NEARLY_ALL = 0.9  # of a core, or of all: then that is what sets the rate


def _program(bench):
    return os.path.join(os.path.dirname(bench.loader.path), "caller")


def _count(bench, requests):
    return requests // 4 if bench.quick else requests


def _percent(shares):
    return ", ".join(f"{name} {statistics.median(values):.0%}" for name, values in shares.items())


def scripts(bench):
    """EVALSHA of two short scripts at pipeline 1 and 16, and what interpreters occupy"""
    servers = bench.starter.start_all(NAMES)
    shares = {}
    try:
        idle = {server.name: server.steady_rss_bytes() for server in servers}
        memory = Row("scripts have run on all workers", "MiB of RSS more than idle", digits=2)
        for server in servers:
            clients.caller(_program(bench), server, "limit", 1000, 1)
            memory.add(server.name, (server.steady_rss_bytes() - idle[server.name]) / 2**20)
        for pipeline, requests in PIPELINES.items():
            for work, words in WORKS.items():
                name = f"EVALSHA of {words}, pipeline {pipeline}"
                rate = Row(name, "requests/s", [at_least(1.5, "redis")])
                cpu = Row(name, "server CPU us/request", [at_most(0.6, "redis")], digits=3)
                for number, server in interleaved(servers, bench.rounds):
                    run = clients.caller(_program(bench), server, work, _count(bench, requests), pipeline, seed=number)
                    rate.add(server.name, run.rate)
                    cpu.add(server.name, run.server_us())
                    shares.setdefault(server.name, []).append(run.client_share)
                bench.rows.extend([rate, cpu])
        bench.rows.append(memory)
    finally:
        stop_all(servers)
    bench.notes.append(f"scripts: the client used this much of one core: {_percent(shares)}; near 100 % the client, not the "
                       "server, sets the rate")


def _bottleneck(client, machine):
    if client >= NEARLY_ALL:
        return "THE CLIENT IS THE BOTTLENECK"
    if machine >= NEARLY_ALL:
        return "all cores were busy with client and server: THE MACHINE IS THE BOTTLENECK"
    return "neither had all that it could use: workers waited for each other, or for other programs"


def _workers(bench, servers, work):
    """The rows of one script; servers is a server for each number of workers."""
    words, requests = WORKER_WORKS[work]
    cores = len(os.sched_getaffinity(0))
    name = f"EVALSHA of {words}, pipeline {WORKER_PIPELINE}"
    rates = {count: Row(f"{name}, --threads {count}", "requests/s") for count in WORKERS}
    cpu = {count: Row(f"{name}, --threads {count}", "server CPU us/request", digits=3) for count in WORKERS}
    gain = Row(f"{name}: two workers over one", "times the rate", [at_least(1.6)], digits=2)
    client, machine = {}, {}
    for number, server in interleaved(servers, bench.rounds):
        run = clients.caller(_program(bench), server, work, _count(bench, requests), WORKER_PIPELINE, seed=number)
        rates[server.workers].add("kvs", run.rate)
        cpu[server.workers].add("kvs", run.server_us())
        client.setdefault(f"--threads {server.workers}", []).append(run.client_share)
        machine.setdefault(f"--threads {server.workers}", []).append((run.client_share + run.server_share) / cores)
    for one, two in zip(rates[1].figures["kvs"], rates[2].figures["kvs"]):
        gain.add("kvs", two / one)
    bench.rows.extend([*rates.values(), *cpu.values(), gain])
    last = f"--threads {WORKERS[-1]}"
    verdict = _bottleneck(statistics.median(client[last]), statistics.median(machine[last]))
    bench.notes.append(f"two workers, {words}: the client used of one core {_percent(client)}; client and server of all "
                       f"{cores} cores {_percent(machine)}: {verdict}")


def script_workers(bench):
    """scripts with declared keys on two workers against one"""
    servers = []
    try:
        for count in WORKERS:
            servers.append(bench.starter.start_kvs("kvs", lambda path, c=count: ["-s", path, "--threads", str(c)]))
            servers[-1].workers = count
        for work in WORKER_WORKS:
            _workers(bench, servers, work)
    finally:
        stop_all(servers)
