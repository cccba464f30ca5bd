"""What watching costs the others: INFO ten times a second and CLIENT LIST once a second, against nobody who asks."""

import statistics
import threading

from servers import BenchError, connect, stop_all
from throughput import KEYS, VALUE_LEN, interleaved

INFO_SECONDS = 0.1
INFOS_A_LIST = 10
DEPTHS = {64: 8000000, 1: 400000}
STATES = ("alone", "watched")


def _ask(connection, request):
    """Sends a request and reads its bulk reply whole."""
    connection.sendall(request)
    reply = b""
    while b"\r\n" not in reply or len(reply) < reply.index(b"\r\n") + int(reply[1:reply.index(b"\r\n")]) + 4:
        part = connection.recv(1 << 20)
        if not part:
            raise BenchError("the server has closed the connection that asks for INFO")
        reply += part


class _Watcher:
    """Asks while it is entered."""

    def __init__(self, server):
        self.connection = connect(server.path)
        self.ended = threading.Event()
        self.asked = 0
        self.failure = None
        self.thread = threading.Thread(target=self._watch)

    def _watch(self):
        try:
            while not self.ended.wait(INFO_SECONDS):
                _ask(self.connection, b"INFO\r\n")
                if self.asked % INFOS_A_LIST == 0:
                    _ask(self.connection, b"CLIENT LIST\r\n")
                self.asked += 1
        except (BenchError, OSError, ValueError) as error:
            self.failure = error

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        self.thread.join()
        self.connection.close()


def _run(bench, server, state, depth, number):
    requests = DEPTHS[depth] // 4 if bench.quick else DEPTHS[depth]
    measure = (server, "get", requests, KEYS, VALUE_LEN, number, depth)
    if state == "alone":
        return bench.loader.random(*measure)
    with _Watcher(server) as watcher:
        run = bench.loader.random(*measure)
    if watcher.failure or watcher.asked == 0:
        raise BenchError(f"nobody watched: {watcher.failure or 'the run was too short'}")
    return run


def _note(runs, depth):
    """Medians of both, and of the rounds' ratios with their range, which says what noise is."""
    texts = []
    for unit, figure in (("{:,.0f} requests/s", lambda run: run.rate),
                         ("{:.3f} us of server CPU", lambda run: run.server_us())):
        alone, watched = ([figure(run) for run in runs[depth, state]] for state in STATES)
        ratios = [mine / other for mine, other in zip(watched, alone)]
        texts.append(f"{unit.format(statistics.median(alone))} alone, {unit.format(statistics.median(watched))} "
                     f"watched, {statistics.median(ratios):.3f} x (rounds {min(ratios):.2f} to {max(ratios):.2f})")
    return f"GET at pipeline {depth} of two workers, INFO ten times a second: {'; '.join(texts)}"


def watched(bench):
    """what INFO ten times a second and CLIENT LIST once a second cost the others"""
    runs = {}
    server = bench.starter.start_kvs("kvs", lambda path: ["-s", path, "--threads", "2"])
    try:
        bench.loader.load(server, KEYS, VALUE_LEN)
        for depth in DEPTHS:
            for number, state in interleaved(list(STATES), bench.rounds):
                runs.setdefault((depth, state), []).append(_run(bench, server, state, depth, number))
    finally:
        stop_all([server])
    bench.notes.extend(_note(runs, depth) for depth in DEPTHS)
