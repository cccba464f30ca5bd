"""What each program is asked to do against a server that is up; see PROGRAMS at the end."""

import os
import re
import socket
import sys

import exporter
import proxies
import recipes
import resp
import unread
import web
from processes import expects, run, started


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
    with started(["redis-cli", "-s", place.path, "MONITOR"]) as monitor:
        results.claim(expects(monitor, b"OK\n"), "redis-cli: MONITOR begins")
        cli("SET", "watched", "1")
        results.claim(expects(monitor, b'"SET" "watched" "1"'), "redis-cli: MONITOR shows commands")


# ---- nc ----

MIXED = (   # (what is sent, its reply): lines as people type them, and a command as programs send it
    (b"PING\r\n", b"+PONG\r\n"),
    (b"\r\n", b""),
    (b"set  name   \"Tom \\x54\\n\"\n", b"+OK\r\n"),
    (b"GET name\r\n", b"$6\r\nTom T\n\r\n"),
    (b"GET 'no such key'\n", b"$-1\r\n"),
    (resp.encode(["ECHO", b"\x00\r\n\xff"]), b"$4\r\n\x00\r\n\xff\r\n"),
    (b"NOSUCH a b\n", b"-ERR unknown command 'NOSUCH', with args beginning with: 'a' 'b' \r\n"),
    (b"INCR name\r\n", b"-ERR value is not an integer or out of range\r\n"),
    (b"MGET name absent\n", b"*2\r\n$6\r\nTom T\n\r\n$-1\r\n"),
    (b"DEL name\n", b":1\r\n"))


def netcat(place, results):
    """A person at nc -U, and whole files of commands of which every one must be answered."""
    with started(["nc", "-U", place.path]) as person:
        for typed, answer in (
                (b"PING\n", b"+PONG\r\n"), (b"SET greeting \"hello world\"\r\n", b"+OK\r\n"),
                (b"get greeting\n", b"$11\r\nhello world\r\n"),
                (b"  SET  'it''s'\n", b"-ERR Protocol error: unbalanced quotes in request\r\n")):
            person.stdin.write(typed)
            person.stdin.flush()
            results.claim(expects(person, answer), "nc -U: typed %r" % typed.decode())
    code, output = run(["nc", "-U", place.path], b"SET k v\r\nGET k\r\nQUIT\r\n")
    results.claim(code == 0 and output == b"+OK\r\n$1\r\nv\r\n+OK\r\n",
                  "nc -U: three commands from a pipe; QUIT ends the connection", repr(output))
    half_close = ["nc", "-N", "-U", place.path]

    def answers(what, given, expected):
        code, output = run(half_close, given)
        results.claim(code == 0 and output == expected, "nc -N -U: " + what,
                      "%d bytes with exit code %d: %s" % (len(output), code, resp.shorten(output)))
    answers("a command whose sender closes at once is answered", b"PING\r\n", b"+PONG\r\n")
    answers("lines and commands of programs mixed, all answered after the half close",
            b"".join(sent for sent, _ in MIXED), b"".join(reply for _, reply in MIXED))
    answers("100,000 commands are all answered after the half close",
            b"PING\r\n" * 100000, b"+PONG\r\n" * 100000)
    value = os.urandom(1 << 20)
    answers("20 MiB of replies are all there after the half close",
            resp.encode(["SET", "big", value]) + resp.encode(["GET", "big"]) * 20,
            b"+OK\r\n" + b"$1048576\r\n%s\r\n" % value * 20)
    answers("an unfinished command is not run", b"PING\r\nSET unfinished", b"+PONG\r\n")
    answers("nothing sent, nothing answered", b"", b"")


# ---- plain Python ----

def plain_python(place, results):
    """hello.py: its two sentences come back, and it is polite where it cannot be."""
    example = [sys.executable, "-B", os.path.join(place.here, "hello.py")]
    code, output = run(example + [place.path])
    results.claim(code == 0 and output == b"Hello, world!\nMy name is Tom!\n",
                  "hello.py: both sentences come back", repr(output))

    def is_polite(what, path, words):
        code, said = run(example + [path])
        results.claim(code == 1 and said.count(b"\n") == 1 and said.startswith(b"hello.py: ")
                      and os.fsencode(path) in said and words in said,
                      "hello.py: one line and status 1 for " + what,
                      "exit code %d: %s" % (code, said.decode(errors="replace")))
    is_polite("a socket that is not there", os.path.join(place.folder, "nothing"), b"No such file")
    is_polite("a path that is too long", os.path.join(place.folder, "long" * 30), b"too long")
    regular = os.path.join(place.folder, "regular")
    open(regular, "w").close()
    is_polite("a regular file", regular, b"refused")
    left = os.path.join(place.folder, "left")
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(left)
        listener.listen()
        with started(example + [left]) as caller:
            listener.accept()[0].close()
            said = caller.stdout.read()
            results.claim(caller.wait(10) == 1 and said.count(b"\n") == 1 and said.startswith(b"hello.py: ")
                          and os.fsencode(left) in said,
                          "hello.py: one line and status 1 for a server that hangs up",
                          said.decode(errors="replace"))
    is_polite("a socket file that a dead server left", left, b"refused")
    code, said = run(example)
    results.claim(code == 2 and said == b"usage: hello.py SOCKET\n",
                  "hello.py: a wrong use is told the right one", repr(said))


# ---- client libraries ----

def python(place, results):
    if results.claim(place.python is not None, "python3-redis is installed"):
        for program in ("python_client.py", "python_together.py", "python_scripts.py"):
            results.take(program, [place.python, "-B", os.path.join(place.here, program), place.path])


def hiredis(place, results):
    for name, libraries in (("hiredis_client", ["hiredis"]), ("hiredis_together", ["hiredis", "libevent_core"])):
        program = os.path.join(place.folder, name)
        flags = run(["pkg-config", "--cflags", "--libs", *libraries])[1].decode().split()
        code, output = run(["cc", "-std=gnu17", "-O1", "-g", "-Wall", "-Wextra", "-Wshadow", "-Werror", "-o", program,
                            os.path.join(place.here, name + ".c")] + flags)
        if results.claim(code == 0, name + ".c compiles", output.decode(errors="replace")[-800:]):
            results.take(name, [program, place.path])


def with_npm(place, results, packages, programs):
    """Programs for node, with packages that npm installs in a temporary folder."""
    folder = os.path.join(place.folder, "node")
    os.mkdir(folder)
    print("clients: installing %s with npm in a temporary folder" % ", ".join(packages), flush=True)
    code, output = run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error",
                        *packages], timeout=180)
    if results.claim(code == 0, "npm installs " + ", ".join(packages), output.decode(errors="replace")[-400:]):
        environment = dict(os.environ, NODE_PATH=os.path.join(folder, "node_modules"))
        for program in programs:
            results.take(program, ["node", os.path.join(place.here, program), place.path], environment=environment)


def node(place, results):
    with_npm(place, results, ["redis@4", "ioredis@5"], ["node_clients.js"])


def node_together(place, results):
    with_npm(place, results, ["redis@5", "ioredis@5"], ["node_redis_together.js", "ioredis_together.js",
                                                        "node_scripts.js"])


def php(place, results):
    for program in ("php_client.php", "php_together.php", "predis_client.php"):
        results.take(program, ["php", os.path.join(place.here, program), place.path])


def ruby(place, results):
    results.take("ruby_client.rb", ["ruby", os.path.join(place.here, "ruby_client.rb"), place.path])


PROGRAMS = {"redis-benchmark": redis_benchmark, "redis-cli": redis_cli, "nc": netcat, "socat": proxies.socat,
            "nginx-stream": proxies.nginx_stream, "web": web.sessions_in_kvs, "hello": plain_python,
            "unread": unread.reader_that_does_not_read, "python": python, "hiredis": hiredis, "node": node,
            "node-together": node_together, "php": php, "ruby": ruby, "exporter": exporter.scrape,
            "recipes": recipes.recipes}
