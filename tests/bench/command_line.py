"""Rows on kvs-cli against redis-cli, in turns at the same server: mass insertion, walks over keys, printing.

In these rows the columns kvs and redis are the two command lines; the work says which server was asked.
"""

import os
import re
import select
import subprocess
import time

from clients import RUN_SECONDS
from report import Row, at_least, at_most, no_worse
from servers import BenchError, connect
from throughput import interleaved

NAMES = ("kvs", "redis")
SETS = 10000000
KEYS = 5000000
ELEMENTS = 1000000
VALUE_LEN = 32
CHUNK = 10000  # commands written, or elements pushed, at a time
FORMATS = ("--raw", "--no-raw", "--csv", "--json")
MEMORY_STEP_MS = 10


class CommandLine:
    """One of the two programs."""

    def __init__(self, name, program):
        self.name = name
        self.program = program


class Run:
    """What a run took: seconds by the clock and of CPU, and the most memory that was resident."""

    def __init__(self, seconds, cpu_seconds, peak_bytes):
        self.seconds = seconds
        self.cpu_seconds = cpu_seconds
        self.peak_bytes = peak_bytes


def _peak_bytes(pid):
    """The peak so far, or 0 when the process is at its end."""
    try:
        with open(f"/proc/{pid}/status") as file:
            found = re.search(r"^VmHWM:\s+(\d+) kB", file.read(), re.MULTILINE)
    except OSError:
        return 0
    return int(found.group(1)) * 1024 if found else 0


def _wait(process, what):
    """Waits for the end; returns resource usage and peak memory.

    The usage's own peak is no help: it begins with that of this process, which the child was before it became
    the program. So the program's peak is read while it runs, until a hundredth of a second before its end.
    """
    peak = 0
    deadline = time.monotonic() + RUN_SECONDS
    end = select.poll()
    descriptor = os.pidfd_open(process.pid)
    try:
        end.register(descriptor, select.POLLIN)
        while not end.poll(MEMORY_STEP_MS):
            peak = max(peak, _peak_bytes(process.pid))
            if time.monotonic() > deadline:
                raise BenchError(f"{what} took over {RUN_SECONDS} s")
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        return usage, peak
    finally:
        os.close(descriptor)
        if process.returncode is None:
            process.kill()
            process.wait()


def _run(command_line, server, words, input_path=os.devnull):
    """One run with the input given; what it prints is thrown away."""
    command = [command_line.program, "-s", server.path, *words]
    what = f"{os.path.basename(command_line.program)} {' '.join(words)} ({server.name}-server)"
    with open(input_path, "rb") as source, open(os.devnull, "wb") as nowhere, \
            open(os.path.join(server.folder, "errors"), "w+", errors="replace") as errors:
        start = time.monotonic()
        process = subprocess.Popen(command, stdin=source, stdout=nowhere, stderr=errors)
        usage, peak = _wait(process, what)
        seconds = time.monotonic() - start
        errors.seek(0)
        complaint = errors.read().strip().splitlines()
    server.check_alive()
    if process.returncode != 0:
        raise BenchError(f"{what} failed: {complaint[-1] if complaint else f'status {process.returncode}'}")
    return Run(seconds, usage.ru_utime + usage.ru_stime, peak)


def _request(*words):
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        parts.append(b"$%d\r\n%s\r\n" % (len(word), word))
    return b"".join(parts)


def _ask_number(server, requests):
    """Sends requests that are answered with a number, one after the other; returns the last number."""
    number = None
    with connect(server.path) as connection, connection.makefile("rb") as replies:
        for request in requests:
            connection.sendall(request)
            reply = replies.readline()
            if not reply.startswith(b":"):
                raise BenchError(f"{server.name}: answered {reply!r} instead of a number")
            number = int(reply[1:])
    return number


def _write_sets(path, count):
    """A file of SETs of different keys, all of the same length."""
    digits = b"0" * 12
    template = _request(b"SET", b"key:" + digits, b"x" * VALUE_LEN).replace(digits, b"%012d")
    with open(path, "wb") as file:
        for first in range(0, count, CHUNK):
            file.write(b"".join([template % number for number in range(first, min(first + CHUNK, count))]))


def _load(bench, command_line, path, count):
    """One --pipe into an empty kvs-server."""
    server = bench.starter.start("kvs")
    try:
        run = _run(command_line, server, ["--pipe"], path)
        keys = _ask_number(server, [_request(b"DBSIZE")])
        if keys != count:
            raise BenchError(f"{command_line.name}-cli --pipe left {keys:,} keys of {count:,}")
        return run
    finally:
        server.stop()


def _measure_pipe(bench, command_lines, count):
    work = f"--pipe of {count:,} SETs into kvs-server"
    rate = Row(work, "SETs/s", [at_least(0.9, "redis")])
    cpu = Row(work, "client CPU s", digits=2)
    peak = Row(work, "client MiB of RSS, peak", digits=1)
    growth = Row("the same, against a tenth of the SETs", "times the peak", [at_most(1.1)], digits=2)
    path = os.path.join(bench.starter.folder, "sets")
    _write_sets(path, count)
    try:
        for _, command_line in interleaved(command_lines, bench.rounds):
            run = _load(bench, command_line, path, count)
            rate.add(command_line.name, count / run.seconds)
            cpu.add(command_line.name, run.cpu_seconds)
            peak.add(command_line.name, run.peak_bytes / 2**20)
        os.truncate(path, os.path.getsize(path) // 10)
        for command_line in command_lines:
            small = _load(bench, command_line, path, count // 10)
            growth.add(command_line.name, peak.median(command_line.name) * 2**20 / small.peak_bytes)
    finally:
        os.unlink(path)
    bench.rows.extend([rate, cpu, peak, growth])


def _measure_in_turns(bench, command_lines, server, work, words):
    seconds = Row(work, "seconds", [no_worse(False)], digits=2)
    cpu = Row(work, "client CPU s", digits=2)
    for _, command_line in interleaved(command_lines, bench.rounds):
        run = _run(command_line, server, words)
        seconds.add(command_line.name, run.seconds)
        cpu.add(command_line.name, run.cpu_seconds)
    bench.rows.extend([seconds, cpu])


def _measure_walks(bench, command_lines, count):
    for name in NAMES:
        server = bench.starter.start(name)
        try:
            bench.loader.load(server, count, VALUE_LEN)
            for mode in ("--scan", "--bigkeys"):
                work = f"{mode}, {count:,} keys of {name}-server"
                _measure_in_turns(bench, command_lines, server, work, [mode])
        finally:
            server.stop()


def _pushes(key, count):
    """RPUSHes of elements of different lengths."""
    for first in range(0, count, CHUNK):
        elements = [b"element %d" % number for number in range(first, min(first + CHUNK, count))]
        yield _request(b"RPUSH", key, *elements)


def _measure_printing(bench, command_lines, count):
    server = bench.starter.start("redis")
    try:
        if _ask_number(server, _pushes(b"list", count)) != count:
            raise BenchError(f"redis: the list has not got its {count:,} elements")
        for form in FORMATS:
            work = f"{form}, LRANGE of {count:,} elements of redis-server"
            _measure_in_turns(bench, command_lines, server, work, [form, "LRANGE", "list", "0", "-1"])
    finally:
        server.stop()


def command_line(bench):
    """kvs-cli against redis-cli: --pipe, --scan, --bigkeys, printing"""
    command_lines = [CommandLine("kvs", bench.kvs_cli), CommandLine("redis", bench.redis_cli)]
    share = 10 if bench.quick else 1
    bench.notes.append("kvs-cli and redis-cli: the columns kvs and redis are the two command lines, each "
                       "with its defaults, at the server that the work names; output went to /dev/null, "
                       "and --pipe read a file, each time into a server just started")
    _measure_pipe(bench, command_lines, SETS // share)
    _measure_walks(bench, command_lines, KEYS // share)
    _measure_printing(bench, command_lines, ELEMENTS // share)
