"""The two clients: redis-benchmark, and the kit's own loader. Both report what they and the server used."""

import csv
import json
import os
import subprocess
import tempfile
import time

from servers import BenchError

CLIENTS = 50
RUN_SECONDS = 600
SLOWEST_RATE = 50000  # requests a second of a run that may take longer than that


class Run:
    """One run of a client against a server; times in seconds, CPU of all requests together."""

    def __init__(self, requests, output, wall, client_cpu, server_cpu):
        self.requests = requests
        self.output = output
        self.rate = 0.0
        self.p99_ms = None
        self.client_cpu = client_cpu
        self.server_cpu = server_cpu
        self.client_share = client_cpu / wall

    def server_us(self):
        return self.server_cpu / self.requests * 1e6

    def client_us(self):
        return self.client_cpu / self.requests * 1e6


def _run(command, server, requests):
    before = server.cpu_seconds()
    start = time.monotonic()
    with tempfile.TemporaryFile() as output, tempfile.TemporaryFile() as errors:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=output, stderr=errors)
        usage = _wait(process, command, server, max(RUN_SECONDS, requests / SLOWEST_RATE))
        wall = time.monotonic() - start
        server_cpu = server.cpu_seconds() - before
        output.seek(0)
        errors.seek(0)
        text = output.read().decode()
        complaint = errors.read().decode(errors="replace").strip()
    if process.returncode != 0:
        last = complaint.splitlines()[-1] if complaint else f"status {process.returncode}"
        raise BenchError(f"{server.name}: {os.path.basename(command[0])} failed: {last}")
    return Run(requests, text, wall, usage.ru_utime + usage.ru_stime, server_cpu)


def _wait(process, command, server, seconds):
    """Waits for the client to end and returns its resource usage; ends it when it takes far too long."""
    deadline = time.monotonic() + seconds
    while True:
        pid, status, usage = os.wait4(process.pid, os.WNOHANG)
        if pid:
            process.returncode = os.waitstatus_to_exitcode(status)
            return usage
        if time.monotonic() > deadline or server.process.poll() is not None:
            process.kill()
            process.wait()
            server.check_alive()
            raise BenchError(f"{server.name}: {os.path.basename(command[0])} took over {seconds:.0f} s")
        time.sleep(0.005)


def redis_benchmark(server, command, requests, pipeline, value_len, keys, threads):
    """One redis-benchmark of SET or GET. The rate is the one it reports, without its start and end."""
    arguments = ["redis-benchmark", "-s", server.path, "-t", command, "-c", str(CLIENTS), "-n", str(requests),
                 "-P", str(pipeline), "-d", str(value_len), "-r", str(keys), "--csv"]
    if threads > 1:
        arguments += ["--threads", str(threads)]
    run = _run(arguments, server, requests)
    for line in csv.DictReader(run.output.splitlines()):
        if line["test"].split(" (")[0] == command.upper():
            run.rate = float(line["rps"])
            run.p99_ms = float(line["p99_latency_ms"])
            return run
    raise BenchError(f"{server.name}: redis-benchmark printed no line for {command}")


def redis_benchmark_words(server, words, requests, pipeline, keys):
    """The same with any command, in whose words __rand_int__ is a number below keys, of twelve digits."""
    arguments = ["redis-benchmark", "-s", server.path, "-c", str(CLIENTS), "-n", str(requests), "-P", str(pipeline),
                 "-r", str(keys), "--csv"] + words
    run = _run(arguments, server, requests)
    for line in csv.DictReader(run.output.splitlines()):
        run.rate = float(line["rps"])
        return run
    raise BenchError(f"{server.name}: redis-benchmark printed no line for {words[0]}")


def hand_over(program, server, elements, pairs):
    """So many elements pushed for clients that wait; see hand_over.c."""
    run = _run([program, "-s", server.path, "-n", str(elements), "-c", str(pairs)], server, elements)
    figures = json.loads(run.output)
    run.rate = figures["requests"] / figures["seconds"]
    return run


def stream_group(program, server, entries, batch, pending):
    """So many entries read in batches and acknowledged, while others are pending; see stream_group.c."""
    run = _run([program, "-s", server.path, "-n", str(entries), "-b", str(batch), "-p", str(pending)], server, entries)
    run.figures = figures = json.loads(run.output)
    run.rate = figures["requests"] / figures["seconds"]
    return run


def caller(program, server, work, requests, pipeline, connections=CLIENTS, seed=1):
    """Requests whose replies differ, such as calls of a script; see caller.c. What is used is that of the requests alone."""
    run = _run([program, work, "-s", server.path, "-n", str(requests), "-p", str(pipeline), "-c", str(connections),
                "-r", str(seed)], server, requests)
    figures = json.loads(run.output)
    run.rate = figures["requests"] / figures["seconds"]
    run.server_cpu, run.client_cpu = figures["server_seconds"], figures["client_seconds"]
    run.client_share = run.client_cpu / figures["seconds"]
    run.server_share = run.server_cpu / figures["seconds"]
    return run


def listeners(program, server, messages, subscribers, pipeline):
    """So many messages published and read by all subscribers; see listeners.c."""
    run = _run([program, "-s", server.path, "-n", str(messages), "-c", str(subscribers), "-p", str(pipeline)],
               server, messages)
    figures = json.loads(run.output)
    run.rate = figures["requests"] / figures["seconds"]
    return run


class Loader:
    """The kit's own client; see loader.c for its modes."""

    def __init__(self, path):
        self.path = path

    def _run(self, server, mode, requests, *options):
        command = [self.path, mode, "-s", server.path, "-n", str(requests)] + [str(o) for o in options]
        run = _run(command, server, requests)
        run.figures = json.loads(run.output)
        run.rate = run.figures["requests"] / run.figures["seconds"]
        return run

    def load(self, server, keys, value_len):
        return self._run(server, "load", keys, "-d", value_len)

    def random(self, server, command, requests, keys, value_len, seed, pipeline=64):
        return self._run(server, command, requests, "-k", keys, "-d", value_len, "-c", CLIENTS, "-r", seed,
                         "-p", pipeline)

    def grow(self, server, keys, value_len):
        return self._run(server, "grow", keys, "-d", value_len, "-p", 16, "-i", server.pid)

    def touch_memory(self, mebibytes):
        subprocess.run([self.path, "touch", "-n", str(mebibytes)], stdout=subprocess.DEVNULL, check=True)
