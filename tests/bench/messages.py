"""Rows on messages: what one client publishes and a thousand get. kvs has one worker, as Redis has one thread."""

import os

import clients
from report import Row, at_least, at_most
from servers import stop_all
from throughput import interleaved

SUBSCRIBERS = 1000
MESSAGES = {1: 600, 16: 4800}  # by how many are published in one write


def messages(bench):
    """messages a second to a thousand subscribers, and the processor time of the server for each"""
    program = os.path.join(os.path.dirname(bench.loader.path), "listeners")
    servers = [bench.starter.start_kvs("kvs", lambda path: ["-s", path, "--threads", "1"])]
    try:
        servers += bench.starter.start_all(["redis"])
        for pipeline, count in MESSAGES.items():
            work = f"PUBLISH to {SUBSCRIBERS} subscribers, pipeline {pipeline}"
            rate = Row(work, "messages/s", [at_least(1.5, "redis")])
            cpu = Row(work, "server CPU us/message", [at_most(1, "redis")], digits=1)
            for _, server in interleaved(servers, bench.rounds):
                run = clients.listeners(program, server, count // 4 if bench.quick else count, SUBSCRIBERS, pipeline)
                rate.add(server.name, run.rate)
                cpu.add(server.name, run.server_us())
            bench.rows.extend([rate, cpu])
    finally:
        stop_all(servers)
