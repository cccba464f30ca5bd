"""What access control costs: one kvs-server with everything open against others that check, in turns."""

import statistics

import clients
from servers import stop_all
from throughput import KEYS, VALUE_LEN, interleaved

# name: (arguments, given the socket's path; what they are, for the reader)
VARIANTS = {
    "open": (lambda path: ["-s", path, "--sandbox", "no"], "no sandbox, no users, no ceiling"),
    "sandbox": (lambda path: ["-s", path, "--user", "other on >secret ~app:* +@read -keys"],
                "as it comes: sandbox, with rules for another user"),
    "ceiling": (lambda path: ["--listen", f"{path} mode=0600 access=write"], "through a socket with access=write"),
    "keys": (lambda path: ["--listen", f"{path} mode=0600 access=write user=app",
                           "--user", "app on nopass ~key:* +@string +ping"],
             "as a user who may use some commands on some keys"),
}
DEPTHS = {64: 2000000, 16: 1200000, 1: 200000}


def _measure(bench, servers, depth, command, figures):
    requests = DEPTHS[depth] // 4 if bench.quick else DEPTHS[depth]
    for _, server in interleaved(servers, bench.rounds):
        run = clients.redis_benchmark(server, command, requests, depth, VALUE_LEN, KEYS, bench.client_threads)
        figures.setdefault((depth, command, server.name), []).append((run.rate, run.server_us()))


def _ratio(figures, key, which):
    depth, command, name = key
    pairs = zip(figures[key], figures[depth, command, "open"])
    return statistics.median(mine[which] / other[which] for mine, other in pairs)


def access(bench):
    """what sandbox, ceiling and users cost against a server without them"""
    figures = {}
    servers = []
    try:
        for name, (arguments, _) in VARIANTS.items():
            servers.append(bench.starter.start_kvs(name, arguments))
        for depth in DEPTHS:
            for command in ("set", "get"):
                _measure(bench, servers, depth, command, figures)
    finally:
        stop_all(servers)
    for name, (_, about) in VARIANTS.items():
        if name == "open":
            continue
        texts = [f"{depth} {command.upper()} {_ratio(figures, (depth, command, name), 0):.2f} / "
                 f"{_ratio(figures, (depth, command, name), 1):.2f}"
                 for depth in DEPTHS for command in ("set", "get")]
        bench.notes.append(f"access, {about}: rate / server CPU a request, relative to open, at pipelines "
                           f"{', '.join(texts)}")
