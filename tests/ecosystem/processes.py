"""Programs run to their end, programs kept running, and waiting for what they say."""

import collections
import contextlib
import os
import select
import signal
import socket
import subprocess
import time

import resp
import servers

# folder: temporary; path: the server's socket; log: its log; here: this folder;
# python: one that can import redis, or None
Place = collections.namedtuple("Place", "folder path log here python")

PATIENCE = 60   # seconds for one program, and for what must come true


def run(words, given=b"", timeout=PATIENCE):
    """(exit code, output) of a program; -1 when it did not end in time or is not there."""
    try:
        done = subprocess.run(words, input=given, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                              timeout=timeout)
    except subprocess.TimeoutExpired as error:
        return -1, (error.output or b"") + b" (did not end)"
    except OSError as error:
        return -1, str(error).encode()
    return done.returncode, done.stdout


def run_all(list_of_words, timeout=PATIENCE):
    """Runs programs at the same time: a list of (exit code, output), as run() gives."""
    processes = [subprocess.Popen(words, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.STDOUT) for words in list_of_words]
    deadline = time.monotonic() + timeout
    results = []
    for process in processes:
        try:
            output, _ = process.communicate(timeout=max(0, deadline - time.monotonic()))
            results.append((process.returncode, output))
        except subprocess.TimeoutExpired:
            process.kill()
            results.append((-1, process.communicate()[0] + b" (did not end)"))
    return results


@contextlib.contextmanager
def started(words, log=None, environment=None):
    """A program and all that it starts, ended with the block. What it says goes to the file `log`, else to
    the pipe process.stdout."""
    output = open(log, "ab") if log else subprocess.PIPE
    process = subprocess.Popen(words, stdin=subprocess.PIPE, stdout=output, stderr=subprocess.STDOUT,
                               env=environment, start_new_session=True)
    try:
        yield process
    finally:
        process.terminate()
        for stream in (process.stdin, output if log else process.stdout):
            with contextlib.suppress(BrokenPipeError):
                stream.close()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            pass
        with contextlib.suppress(ProcessLookupError):   # those that it started and left behind
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def expects(process, wanted, patience=10):
    """Whether the program's output comes to contain the bytes."""
    seen, deadline = b"", time.monotonic() + patience
    while wanted not in seen:
        left = deadline - time.monotonic()
        if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
            return False
        data = os.read(process.stdout.fileno(), 65536)
        if not data:
            return False
        seen += data
    return True


def comes_true(holds, patience=PATIENCE):
    """Whether holds() is true before patience is over; for what nobody announces."""
    deadline = time.monotonic() + patience
    while not holds():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.01)
    return True


def free_port():
    """A port of the loopback on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def listens(address):
    """Whether somebody accepts connections at a port of the loopback, or at a socket file."""
    family, address = (socket.AF_UNIX, address) if isinstance(address, str) else (socket.AF_INET,
                                                                                 ("127.0.0.1", address))
    with socket.socket(family) as probe:
        return probe.connect_ex(address) == 0


def ask(place, *args):
    """The server's own reply to one command, decoded; ConnectionError when there is none."""
    connection = servers.Connection(place)
    replies, ended = connection.exchange(resp.encode(args), 1)
    connection.close()
    if ended:
        raise ConnectionError("no reply to %s: %s" % (" ".join(map(str, args[:2])), ended))
    return resp.decode(replies[0])


def ask_database(place, database, *args):
    """The same in another database."""
    connection = servers.Connection(place)
    replies, ended = connection.exchange(resp.encode(["SELECT", str(database)]) + resp.encode(args), 2)
    connection.close()
    if ended:
        raise ConnectionError("no reply to %s: %s" % (" ".join(map(str, args[:2])), ended))
    return resp.decode(replies[1])


def tail_of(path, size=600):
    """The end of a log, as a detail of what failed."""
    try:
        with open(path, "rb") as log:
            return log.read()[-size:].decode(errors="replace")
    except OSError as error:
        return str(error)
