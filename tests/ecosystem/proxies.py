"""kvs reached over TCP on the loopback, through programs that pass bytes on to its socket file."""

import os
import re
import shutil

import resp
from processes import comes_true, free_port, listens, run, run_all, started, tail_of

AT_ONCE = 20   # clients


def check_relay(name, port, results):
    """What must go through whatever listens on the port."""
    base = ["redis-cli", "-h", "127.0.0.1", "-p", str(port)]
    code, output = run(base + ["PING"])
    if not results.claim(output == b"PONG\n", "%s: redis-cli -p through TCP reaches the socket file" % name,
                         output.decode(errors="replace")):
        return
    output = run(base + ["-r", "100", "INCR", "tcp"])[1]
    results.claim(output == b"".join(b"%d\n" % i for i in range(1, 101)), "%s: a hundred INCR" % name)
    value = b"v" * 3000000
    run(base + ["-x", "SET", "big"], value)
    results.claim(run(base + ["GET", "big"])[1] == value + b"\n", "%s: a value of 3 MB" % name)
    outputs = run_all([base + ["-r", "50", "INCR", "together"]] * AT_ONCE)
    numbers = [[int(line) for line in output.split() if line.isdigit()] for _, output in outputs]
    results.claim(all(part == sorted(part) for part in numbers)
                  and sorted(sum(numbers, [])) == list(range(1, AT_ONCE * 50 + 1)),
                  "%s: %d clients at once count to %d, each number once" % (name, AT_ONCE, AT_ONCE * 50),
                  repr(outputs)[:300])
    lines = b"".join(resp.encode(["SET", "pipe:%d" % i, i]) for i in range(20000))
    output = run(base + ["--pipe"], lines)[1]
    results.claim(b"errors: 0, replies: 20000" in output, "%s: redis-cli --pipe with 20,000 commands" % name,
                  output.decode(errors="replace")[-300:])
    code, output = run(["redis-benchmark", "-h", "127.0.0.1", "-p", str(port), "-q", "-n", "5000", "-c", "50",
                        "-P", "8", "-t", "set,get"])
    results.claim(code == 0 and output.count(b"requests per second") == 2 and b"rror" not in output,
                  "%s: redis-benchmark -p with 50 clients" % name, output.decode(errors="replace")[-300:])


def socat(place, results):
    """socat as a listener that forks, and as a client of the socket file."""
    code, output = run(["socat", "-t", "10", "-", "UNIX-CONNECT:" + place.path], b"SET k v\nGET k\nDEL k\n")
    results.claim(code == 0 and output == b"+OK\r\n$1\r\nv\r\n:1\r\n",
                  "socat - UNIX-CONNECT: commands from a pipe are all answered after the half close",
                  repr(output))
    port, log = free_port(), os.path.join(place.folder, "socat.log")
    with started(["socat", "TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr,fork" % port,
                  "UNIX-CONNECT:" + place.path], log):
        if results.claim(comes_true(lambda: listens(port)), "socat: TCP-LISTEN listens", tail_of(log)):
            check_relay("socat", port, results)


# ---- nginx ----

# Everything that it writes is in the folder. As root its workers remain root, since the folder and the
# socket file belong to root alone.
NGINX = """%(load)s
%(user)s
daemon off;
worker_processes 2;
pid %(folder)s/nginx.pid;
error_log %(folder)s/nginx.log;
events { worker_connections 512; }
%(rest)s
"""

STREAM = """stream {
    upstream kvs { server unix:%(path)s; }
    server { listen 127.0.0.1:%(port)d; proxy_pass kvs; }
}"""


def nginx_program():
    """Where Debian has it, which is not in every user's path."""
    return shutil.which("nginx", path=os.environ.get("PATH", os.defpath) + ":/usr/sbin") or "nginx"


def nginx_module(name):
    """The line that loads a module which Debian has as a file; nothing where nginx has it built in."""
    found = re.search(rb"--modules-path=(\S+)", run([nginx_program(), "-V"])[1])
    file = os.path.join(os.fsdecode(found.group(1)) if found else "/usr/lib/nginx/modules", name + ".so")
    return "load_module %s;" % file if os.path.exists(file) else ""


def nginx(place, rest, load=""):
    """nginx in the foreground with its own configuration, as started() gives it. It logs to nginx.log."""
    user = "user root;" if os.geteuid() == 0 else ""
    file = os.path.join(place.folder, "nginx.conf")
    with open(file, "w") as configuration:
        configuration.write(NGINX % {"load": load, "user": user, "folder": place.folder, "rest": rest})
    log = os.path.join(place.folder, "nginx.log")
    return started([nginx_program(), "-p", place.folder, "-e", log, "-c", file], log)


def nginx_stream(place, results):
    port = free_port()
    with nginx(place, STREAM % {"path": place.path, "port": port}, nginx_module("ngx_stream_module")):
        log = os.path.join(place.folder, "nginx.log")
        if results.claim(comes_true(lambda: listens(port), 15), "nginx stream: listens", tail_of(log)):
            check_relay("nginx stream", port, results)
        said = tail_of(log)
        results.claim("[error]" not in said and "[crit]" not in said, "nginx stream: its log has no errors",
                      said)
