"""What each program is asked to do against a server that is up; see PROGRAMS at the end."""

import collections
import os
import re
import select
import socket
import subprocess
import time

import resp

# folder: temporary; path: the server's socket; here: this folder; python: one that can import redis, or None
Place = collections.namedtuple("Place", "folder path here python")

PATIENCE = 60   # seconds for one program


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


def start(words):
    return subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)


def end(process):
    process.kill()
    process.stdin.close()
    process.stdout.close()
    process.wait()


# ---- redis-benchmark ----

BENCHMARK_COMMANDS = [
    "GET key:__rand_int__", "SET key:__rand_int__ value", "SET key:__rand_int__ value EX 1000 GET",
    "GETSET key:__rand_int__ v", "GETEX key:__rand_int__ PERSIST", "GETDEL key:__rand_int__",
    "SETNX key:__rand_int__ v", "SETEX key:__rand_int__ 100 v", "PSETEX key:__rand_int__ 100000 v",
    "MSET a:__rand_int__ 1 b:__rand_int__ 2", "MSETNX c:__rand_int__ 1 d:__rand_int__ 2",
    "MGET a:__rand_int__ b:__rand_int__ c:__rand_int__", "APPEND app:__rand_int__ x",
    "STRLEN app:__rand_int__", "GETRANGE key:__rand_int__ 0 2", "SUBSTR key:__rand_int__ 0 2",
    "SETRANGE key:__rand_int__ 3 x", "INCR n:__rand_int__", "DECR n:__rand_int__", "INCRBY n:__rand_int__ 7",
    "DECRBY n:__rand_int__ 7", "INCRBYFLOAT f:__rand_int__ 0.5", "LCS key:1 key:2", "DEL key:__rand_int__",
    "UNLINK key:__rand_int__ a:__rand_int__", "EXISTS key:__rand_int__", "TYPE key:__rand_int__",
    "KEYS nosuch*", "SCAN 0 COUNT 10", "RANDOMKEY", "DBSIZE", "COPY a:__rand_int__ copy:__rand_int__ REPLACE",
    "MOVE key:__rand_int__ 1", "TOUCH key:__rand_int__", "OBJECT ENCODING key:__rand_int__",
    "EXPIRE a:__rand_int__ 1000", "PEXPIRE a:__rand_int__ 1000000", "EXPIREAT a:__rand_int__ 4102444800",
    "PEXPIREAT a:__rand_int__ 4102444800000", "TTL a:__rand_int__", "PTTL a:__rand_int__",
    "EXPIRETIME a:__rand_int__", "PEXPIRETIME a:__rand_int__", "PERSIST a:__rand_int__", "PING", "ECHO hello",
    "SELECT 0", "TIME", "CLIENT ID", "CLIENT GETNAME", "CLIENT SETNAME x", "CLIENT INFO",
    "CONFIG GET maxmemory", "COMMAND COUNT", "COMMAND INFO get", "MEMORY USAGE a:__rand_int__", "SLOWLOG LEN",
    "LATENCY LATEST", "INFO server", "SWAPDB 2 3", "FLUSHDB ASYNC", "FLUSHALL"]


def redis_benchmark(place, results):
    base = ["redis-benchmark", "-s", place.path, "-q"]
    for label, options in (("one by one", ["-n", "5000", "-c", "20"]),
                           ("50 clients, pipeline 16", ["-n", "50000", "-c", "50", "-P", "16", "-r",
                                                        "10000"]),
                           ("pipeline 64 in two threads", ["-n", "50000", "-c", "50", "-P", "64", "-r",
                                                           "100000", "--threads", "2"]),
                           ("values of 100 kB", ["-n", "500", "-c", "10", "-d", "100000"]),
                           ("RESP3", ["-n", "5000", "-c", "10", "-3"])):
        code, output = run(base + ["-t", "ping,set,get,incr,mset"] + options)
        lines = re.findall(rb"[\w() ]+: [\d.]+ requests per second", output)
        results.claim(code == 0 and len(lines) == 6 and b"rror" not in output and b"WARN" not in output,
                      "redis-benchmark -t ping,set,get,incr,mset, %s" % label,
                      output.decode(errors="replace")[-400:])
    for command in BENCHMARK_COMMANDS:
        count = "20" if command.startswith("KEYS") else "1000"   # KEYS walks over hundreds of thousands
        code, output = run(base + ["-n", count, "-c", "10", "-P", "4", "-r", "100"] + command.split())
        results.claim(code == 0 and b"requests per second" in output and b"rror" not in output,
                      "redis-benchmark %s" % command,
                      output.decode(errors="replace")[-300:])


# ---- redis-cli ----

def redis_cli(place, results):
    def cli(*words, given=b""):
        return run(["redis-cli", "-s", place.path] + list(words), given)[1]

    def shows(what, words, expected, given=b""):
        output = cli(*words, given=given)
        results.claim(output == expected, "redis-cli: " + what, "%r instead of %r" % (output[:300], expected))
    shows("one command", ["SET", "k", "hello world"], b"OK\n")
    shows("a value", ["GET", "k"], b"hello world\n")
    shows("numbers and nothing", ["--no-raw", "MGET", "k", "absent"], b'1) "hello world"\n2) (nil)\n')
    shows("RESP3", ["-3", "--no-raw", "CONFIG", "GET", "databases"], b'1# "databases" => "16"\n')
    shows("--csv", ["--csv", "MGET", "k", "absent"], b'"hello world",NULL\n')
    shows("--json", ["--json", "MGET", "k", "absent"], b'["hello world",null]\n')
    shows("the last argument from its input", ["-x", "SET", "k"], b"OK\n", given=b"from input\x00\xff")
    shows("what came from the input", ["GET", "k"], b"from input\x00\xff\n")
    shows("another database", ["-n", "5", "DBSIZE"], b"0\n")
    shows("repetition", ["-r", "3", "INCR", "r"], b"1\n2\n3\n")
    shows("commands from its input", [], b"OK\n2\nfoo\n", given=b"set n 1\nincr n\necho foo\n")
    shows("an error reply", ["INCR", "k"], b"ERR value is not an integer or out of range\n\n")
    protocol = b"".join(resp.encode(["SET", "pipe:%d" % i, "value %d" % i]) for i in range(100000))
    output = cli("--pipe", given=protocol)
    results.claim(b"errors: 0, replies: 100000" in output, "redis-cli: --pipe with 100,000 commands",
                  output.decode(errors="replace")[-300:])
    output = cli("--pipe", given=b"SET inline:%d x\r\n" % 1 + protocol[:0])
    results.claim(b"errors: 0, replies: 1" in output, "redis-cli: --pipe with an inline command",
                  output.decode(errors="replace")[-300:])
    output = cli("--scan", "--pattern", "pipe:9999*")
    results.claim(sorted(output.split()) == sorted(b"pipe:%d" % i
                                                   for i in [9999] + list(range(99990, 100000))),
                                                   "redis-cli: --scan", repr(output[:300]))
    output = cli("--bigkeys")
    results.claim(b"Sampled 100004 keys" in output and b"string" in output, "redis-cli: --bigkeys",
                  output.decode(errors="replace")[-500:])
    output = cli("--memkeys")
    results.claim(b"Sampled 100004 keys" in output, "redis-cli: --memkeys",
                  output.decode(errors="replace")[-500:])
    results.claim(b"redis_version:7." in cli("INFO", "server"), "redis-cli: INFO")
    monitor = start(["redis-cli", "-s", place.path, "MONITOR"])
    results.claim(expects(monitor, b"OK\n"), "redis-cli: MONITOR begins")
    cli("SET", "watched", "1")
    results.claim(expects(monitor, b'"SET" "watched" "1"'), "redis-cli: MONITOR shows commands")
    end(monitor)


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


# ---- nc and socat ----

def netcat(place, results):
    """A person at nc -U, and whole files of commands of which every one must be answered."""
    person = start(["nc", "-U", place.path])
    for typed, answer in ((b"PING\n", b"+PONG\r\n"), (b"SET greeting \"hello world\"\r\n", b"+OK\r\n"),
                          (b"get greeting\n", b"$11\r\nhello world\r\n"),
                          (b"  SET  'it''s'\n", b"-ERR Protocol error: unbalanced quotes in request\r\n")):
        person.stdin.write(typed)
        person.stdin.flush()
        results.claim(expects(person, answer), "nc -U: typed %r" % typed.decode())
    end(person)
    half_close = ["nc", "-N", "-U", place.path]
    code, output = run(half_close, b"SET k v\r\nGET k\r\nQUIT\r\n")
    results.claim(output == b"+OK\r\n$1\r\nv\r\n+OK\r\n", "nc -N -U: three commands and QUIT", repr(output))
    code, output = run(half_close, b"PING\r\n")
    results.claim(output == b"+PONG\r\n", "nc -N -U: a command whose sender closes at once is answered",
                  repr(output))
    code, output = run(half_close, b"PING\r\n" * 100000)
    results.claim(output == b"+PONG\r\n" * 100000,
                  "nc -N -U: 100,000 commands are all answered after the half close",
                  "%d bytes" % len(output))
    value = os.urandom(1 << 20)
    code, output = run(half_close, resp.encode(["SET", "big", value]) + resp.encode(["GET", "big"]) * 20)
    results.claim(output == b"+OK\r\n" + b"$1048576\r\n%s\r\n" % value * 20,
                  "nc -N -U: 20 MiB of replies are all there after the half close",
                  "%d bytes" % len(output))
    code, output = run(half_close, b"PING\r\nSET unfinished")
    results.claim(output == b"+PONG\r\n", "nc -N -U: an unfinished command is not run", repr(output))


def socat(place, results):
    """redis-cli over TCP on the loopback, through socat."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    relay = start(["socat", "TCP-LISTEN:%d,bind=127.0.0.1,reuseaddr,fork" % port,
                   "UNIX-CONNECT:" + place.path])
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            break
        except OSError:
            time.sleep(0.01)
    base = ["redis-cli", "-h", "127.0.0.1", "-p", str(port)]
    results.claim(run(base + ["PING"])[1] == b"PONG\n",
                  "socat: redis-cli -p through TCP-LISTEN reaches the socket file")
    output = run(base + ["-r", "100", "INCR", "tcp"])[1]
    results.claim(output == b"".join(b"%d\n" % i for i in range(1, 101)), "socat: a hundred INCR")
    value = b"v" * 3000000
    run(base + ["-x", "SET", "big"], value)
    results.claim(run(base + ["GET", "big"])[1] == value + b"\n", "socat: a value of 3 MB")
    code, output = run(["redis-benchmark", "-h", "127.0.0.1", "-p", str(port), "-q", "-n", "5000", "-c", "10",
                        "-P", "8", "-t", "set,get"])
    results.claim(code == 0 and output.count(b"requests per second") == 2, "socat: redis-benchmark -p",
                  output.decode(errors="replace")[-300:])
    end(relay)


# ---- client libraries ----

def python(place, results):
    if results.claim(place.python is not None, "python3-redis is installed"):
        results.take("python3-redis", [place.python, "-B", os.path.join(place.here, "python_client.py"),
                                       place.path])


def hiredis(place, results):
    program = os.path.join(place.folder, "hiredis_client")
    flags = run(["pkg-config", "--cflags", "--libs", "hiredis"])[1].decode().split()
    code, output = run(["cc", "-std=gnu17", "-O1", "-g", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-o",
                        program,
                        os.path.join(place.here, "hiredis_client.c")] + flags)
    if results.claim(code == 0, "the hiredis program compiles", output.decode(errors="replace")[-800:]):
        results.take("hiredis", [program, place.path])


def node(place, results):
    folder = os.path.join(place.folder, "node")
    os.mkdir(folder)
    print("clients: installing redis and ioredis with npm in a temporary folder", flush=True)
    code, output = run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error",
                        "redis@4", "ioredis@5"], timeout=180)
    if results.claim(code == 0, "npm installs redis and ioredis", output.decode(errors="replace")[-400:]):
        environment = dict(os.environ, NODE_PATH=os.path.join(folder, "node_modules"))
        results.take("node", ["node", os.path.join(place.here, "node_clients.js"), place.path],
                     environment=environment)


def php(place, results):
    results.take("phpredis", ["php", os.path.join(place.here, "php_client.php"), place.path])


PROGRAMS = {"redis-benchmark": redis_benchmark, "redis-cli": redis_cli, "nc": netcat, "socat": socat,
            "python": python,
            "hiredis": hiredis, "node": node, "php": php}
