"""Scripted scenarios: what random batches cannot reach, since it needs several connections, waiting or raw bytes.

A scenario is a function of a driver.Pair. It asks both servers the same and reports what differs; it leaves no
setting changed behind it.
"""

import os
import random
import subprocess
import time

import generators
import resp
import rules
from driver import INLINE, RESP2, RESP3, Mismatch, PerSide

SCENARIOS = {}
PATIENCE = 10.0   # seconds in which both servers must reach a state


def scenario(function):
    SCENARIOS[function.__name__] = function
    return function


def numbers(pair_of_replies):
    """The per-side argument made of two integer replies."""
    return PerSide(*(b"%d" % resp.decode(raw) for raw in pair_of_replies))


def eventually(question, wanted):
    """Asks until both raw replies are as wanted; the last pair either way."""
    deadline = time.monotonic() + PATIENCE
    while True:
        replies = question()
        if all(wanted(raw) for raw in replies) or time.monotonic() > deadline:
            return replies
        time.sleep(0.002)


# ---- raw bytes ----

def talk(pair, payload, label, pieces=None):
    """Sends raw bytes (in pieces if given), closes the sending side and compares all bytes up to the end."""
    answers = []
    for connection in pair.connect().connections:
        for piece in pieces or [payload]:
            connection.send_all(piece)
        connection.finish_sending()
        data, closed = connection.read_to_end(PATIENCE)
        answers.append(data + (b"" if closed else b" (not closed)"))
        connection.close()
    pair.expect([label, payload], answers[0], answers[1], context=[])


PING = b"*1\r\n$4\r\nPING\r\n"

BAD_PROTOCOL = [
    b"*abc\r\n", b"*-1\r\n" + PING, b"*0\r\n" + PING, b"*-2\r\n" + PING, b"*1048577\r\n",
    b"*2147483648\r\n" + PING, b"*99999999999999999999\r\n", b"*\r\n" + PING, b"*1\r\n*4\r\nPING\r\n",
    b"*1\r\n+PING\r\n", b"*1\r\nPING\r\n", b"*1\r\n:4\r\n", b"*1\r\n\x00\r\n", b"*1\r\n\r\n",
    b"*1\r\n$-1\r\n" + PING, b"*1\r\n$abc\r\n", b"*1\r\n$\r\n", b"*1\r\n$ 4\r\nPING\r\n",
    b"*1\r\n$+4\r\nPING\r\n", b"*1\r\n$04\r\nPING\r\n", b"*1\r\n$536870913\r\n", b"*1\r\n$4294967296\r\n",
    b"*1\r\n$-9\r\n", b"*1\r\n$99999999999999999999\r\n", b"*01\r\n$4\r\nPING\r\n", b"* 1\r\n$4\r\nPING\r\n",
    b"*+1\r\n$4\r\nPING\r\n", b"*1 \r\n$4\r\nPING\r\n", b"*1\r\n$0\r\n\r\n" + PING,
    b"*2\r\n$4\r\nECHO\r\n$0\r\n\r\n" + PING, b"*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$-1\r\n" + PING,
    PING + b"*1\r\n$3x\r\nabc\r\n" + PING, PING * 3 + b"*x\r\n" + PING, b"*" + b"1" * 70000,
    b"*1\r\n$" + b"1" * 70000, b"*1\r\n$4\r\nPINGxx" + PING, b"*1\r\n$4\nPING\r\n" + PING,
    b"*1\n$4\r\nPING\r\n", b"*1\r\n$4\r\nPIN", b"*2\r\n$4\r\nECHO\r\n", PING + b"*1\r\n", b"\r\n" + PING,
    b"\r\n\r\n\r\n" + PING, b"\n" + PING, b"   \r\n" + PING, b"", b"\x00", b"\x00\r\n", b"-ERR x\r\n" + PING,
    b"+OK\r\n" + PING, b"$4\r\nPING\r\n", b":1\r\n",
    b"*3\r\n$3\r\nSET\r\n$3\r\nfoo\r\n$3\r\nbarxx*1\r\n$4\r\nPING\r\n", b"GET / HTTP/1.1\r\n\r\n",
    b"POST / HTTP/1.1\r\nHost: localhost\r\n\r\n" + PING, b"Host: x\r\n" + PING, b"post\r\n" + PING,
    b"*1\r\n$4\r\nPOST\r\n" + PING, b"*2\r\n$5\r\nHoSt:\r\n$1\r\nx\r\n" + PING, b"PING\r\nPING\nPING\r\n",
    b"ping \"a b\"\r\n", b"PING 'a b'\r\n", b"PING \"unbalanced\r\n" + PING, b"PING 'unbalanced\r\n" + PING,
    b"PING \"a\"b\r\n" + PING, b"PING 'a'b\r\n" + PING, b"PING \"\\x41\\n\\t\\a\\b\\r\\\\\\\"\\q\"\r\n",
    b"PING '\\'\\n'\r\n", b"PING a\"b\"c\r\n", b"PING \"\\xzz\"\r\n", b"PING \"\"\r\n", b"\"\"\r\n" + PING,
    b"PING\t\tx\r\n", b"  PING  \r\n", b"PING \x00 x\r\n", b"PING \xff\xfe\r\n",
    b"ECHO " + b"x" * 60000 + b"\r\n", b"ECHO " + b"x" * 70000, b"PING " * 1000 + b"\r\n", b"PING\r" + b"\n",
    b"PING\rPING\r\n", b"quit\r\n" + PING, b"*1\r\n$4\r\nQUIT\r\n" + PING * 100, PING * 2000,
    b"PING\r\n" * 5000, b"PING", b"*1\r\n$4\r\nping\r\nPING\r\n*1\r\n$4\r\nPING\r\nECHO x\n"]


@scenario
def protocol_errors(pair):
    """Wrong counts, lengths, prefixes and quotes: the reply and that the connection ends."""
    for payload in BAD_PROTOCOL:
        talk(pair, payload, "(raw bytes)")


@scenario
def bytes_cut_anywhere(pair):
    """The same pipeline in one piece, byte by byte and in random pieces gives the same replies."""
    source = random.Random(7)
    whole = (resp.encode(["SET", "cut",
                          b"a\r\nb\x00"]) + b"GET cut\r\n" + resp.encode(["MGET", "cut", "nosuch", ""]) + b"\r\nPING \"x y\"\n"
             + resp.encode(["APPEND", "cut",
                            b"z" * 50]) + resp.encode(["GET",
                                                       "cut"]) + b"*0\r\n*-1\r\n" + resp.encode(["PING", ""])
             + b"*1\r\n$3\r\nfoo\r\n" + resp.encode(["DEL", "cut"]))
    ways = [[whole[i:i + 1] for i in range(len(whole))], [whole]]
    for _ in range(30):
        cuts = sorted(source.sample(range(1, len(whole)), source.randint(1, 12)))
        ways.append([whole[a:b] for a, b in zip([0] + cuts, cuts + [len(whole)])])
    for pieces in ways:
        talk(pair, whole, "(in %d pieces)" % len(pieces), pieces)


@scenario
def huge_pipelines(pair):
    """Tens of thousands of commands at once, and large values among small ones."""
    source = random.Random(11)
    for mode in (RESP2, INLINE):
        connection = pair.connect(mode)
        connection.batch([["INCR", "n%d" % source.randrange(50)] for _ in range(20000)], shrink=False)
        connection.batch([["PING"], ["SET", "big", source.randbytes(3000000)], ["PING"], ["GET", "big"]] * 5,
                         shrink=False)
        connection.batch([["MSET"] + ["key", "v"] * 20000, ["DEL"] + ["key"] * 50000,
                          ["MGET"] + ["big"] * 10], shrink=False)
        connection.close()
    pair.compare_key_spaces(1)


@scenario
def hyperloglogs_fill_up(pair):
    """Values that grow from empty to dense, and sparse ones nearly all of whose registers are set, byte for byte."""
    source = random.Random(13)
    connection = pair.connect()
    for limit in ("3000", "16000"):
        connection.ask("CONFIG", "SET", "hll-sparse-max-bytes", limit)
        connection.ask("DEL", "full")
        for _ in range(400):
            connection.ask("PFADD", "full", *[str(source.randrange(1 << 40)) for _ in range(60)])
            connection.ask("GET", "full")
        connection.ask("PFCOUNT", "full")
    connection.ask("CONFIG", "SET", "hll-sparse-max-bytes", "3000")
    connection.close()


@scenario
def bulk_limits(pair):
    """proto-max-bulk-len is kept by the parser, APPEND and SETRANGE; client-query-buffer-limit ends a connection."""
    connection = pair.connect()
    connection.ask("CONFIG", "SET", "proto-max-bulk-len", "1mb")
    connection.batch([["SET", "k", b"x" * 1048576], ["APPEND", "k", "y"], ["SETRANGE", "k", "1048576", "y"],
                      ["SETRANGE", "k", "1048575", "y"],
                      ["STRLEN", "k"], ["SETRANGE", "new", "1048577", "y"],
                      ["SETRANGE", "new", "1048577", ""]], shrink=False)
    talk(pair, b"*2\r\n$4\r\nECHO\r\n$1048577\r\n", "(a bulk one byte too long)")
    connection.ask("CONFIG", "SET", "proto-max-bulk-len", "512mb")
    connection.close()


@scenario
def limits_on_connections(pair):
    """maxclients, timeout, client-query-buffer-limit and client-output-buffer-limit end connections alike."""
    control = pair.connect()
    # Connections of earlier tests count until the server has seen them close.
    eventually(lambda: control.ask("CLIENT", "LIST", quiet=True), lambda raw: raw.count(b"laddr=") == 1)
    control.ask("CONFIG", "SET", "maxclients", "3")
    guests = [pair.connect() for _ in range(2)]
    for guest in guests:
        guest.ask("PING")
    expect_closed(pair, pair.connect(), "one connection more than maxclients")
    control.ask("CONFIG", "SET", "maxclients", "10000")
    control.ask("SET", "big", b"x" * 300000)
    control.ask("CONFIG", "SET", "client-query-buffer-limit", "1mb")
    control.ask("CONFIG", "SET", "client-output-buffer-limit", "normal 1mb 0 0")
    talk(pair, resp.encode(["SET", "bigger", b"x" * 3000000]), "(a request over client-query-buffer-limit)")
    ends = []
    for connection in guests[0].connections:
        connection.send_all(resp.encode(["GET", "big"]) * 40)
        ends.append(b"closed %d" % connection.read_to_end(3)[1])
    pair.expect(["(40 replies over client-output-buffer-limit)"], *ends)
    control.ask("CONFIG", "SET", "client-query-buffer-limit", "1gb")
    control.ask("CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0")
    control.ask("CONFIG", "SET", "timeout", "1")
    expect_closed(pair, guests[1], "a second of silence with timeout 1")
    control = pair.connect()
    control.ask("CONFIG", "SET", "timeout", "0")
    control.close()


# ---- connections ----

@scenario
def quit_reset_and_hello(pair):
    for mode in (RESP2, RESP3, INLINE):
        connection = pair.connect(mode)
        connection.ask("CLIENT", "SETNAME", "before")
        connection.ask("SELECT", "3")
        connection.ask("RESET")
        connection.ask("CLIENT", "GETNAME")
        connection.ask("CLIENT", "INFO")
        connection.ask("HELLO", "3", "SETNAME", "after")
        connection.ask("CLIENT", "INFO")
        connection.ask("MGET", "nosuch", "nosuch")
        connection.ask("HELLO", "2")
        connection.ask("GET", "nosuch")
        connection.ask("QUIT")
        connection.close()
    pair.connect().ask("HELLO", "2", "AUTH", "nobody", "x", "AUTH", "default", "x")
    pair.connect().ask("HELLO", "2", "AUTH", "nobody", "x", "BAD")
    connection = pair.connect()
    connection.ask("HELLO", "3", "SETNAME", "early", "BAD")
    names = connection.ask("CLIENT", "GETNAME", quiet=True)
    pair.expect(["HELLO", "3", "SETNAME", "early", "BAD", "(then CLIENT GETNAME)"], *names)
    connection.close()
    connection = pair.connect()
    connection.batch([["PING"], ["QUIT"], ["PING"], ["SET", "never", "1"]], shrink=False)
    pair.connect().ask("EXISTS", "never")
    connection = pair.connect()
    connection.ask("QUIT", "with", "arguments")


@scenario
def client_reply(pair):
    """Which commands are answered after CLIENT REPLY OFF, SKIP and ON."""
    def joined(commands):
        connection = pair.connect(mode)
        replies = [b" ".join(left) + end.encode() for left, end in connection.exchange(commands)]
        pair.expect(["(%s)" % mode] + [word for c in commands for word in c + ["/"]], *replies)
        connection.close()
    for mode in (RESP2, RESP3, INLINE):
        joined([["CLIENT", "REPLY", "SKIP"], ["PING", "a"], ["PING", "b"]])
        joined([["CLIENT", "REPLY", "SKIP"], ["CLIENT", "REPLY", "SKIP"], ["PING", "a"], ["PING", "b"]])
        joined([["CLIENT", "REPLY", "OFF"], ["PING", "a"], ["nosuch"], ["CLIENT", "REPLY", "ON"],
                ["PING", "b"]])
        joined([["CLIENT", "REPLY", "OFF"], ["CLIENT", "REPLY", "SKIP"], ["CLIENT", "REPLY", "ON"],
                ["PING", "b"]])
        joined([["CLIENT", "REPLY", "SKIP"], ["CLIENT", "REPLY", "ON"], ["PING", "b"]])
        joined([["CLIENT", "REPLY", "SKIP"], ["nosuch"], ["PING", "b"]])
        joined([["CLIENT", "REPLY", "OFF"], ["CLIENT", "REPLY", "BAD"], ["CLIENT", "REPLY"],
                ["CLIENT", "REPLY", "ON"]])


@scenario
def client_list_and_kill(pair):
    asker = pair.connect(RESP2)
    others = [pair.connect(mode) for mode in (RESP2, RESP3, INLINE)]
    idents = []
    for index, other in enumerate(others):
        other.ask("CLIENT", "SETNAME", "other%d" % index)
        other.ask("SELECT", index)
        other.ask("GET", "k")
        idents.append(numbers(other.ask("CLIENT", "ID")))
    settled = eventually(lambda: asker.ask("CLIENT", "LIST", quiet=True),
                         lambda raw: raw.count(b"\nid=") + raw.count(b"\r\nid=") >= 4
                         and raw.count(b"id=") < 12)
    pair.expect(["CLIENT", "LIST"], *settled)
    asker.ask("CLIENT", "LIST", "TYPE", "NORMAL")
    for ident in idents:
        asker.ask("CLIENT", "LIST", "ID", ident)
    asker.ask("CLIENT", "LIST", "ID", idents[0], idents[2], "99999")
    asker.ask("CLIENT", "KILL", "ID", idents[0])
    asker.ask("CLIENT", "KILL", "ID", idents[0])
    expect_closed(pair, others[0], "CLIENT KILL ID")
    asker.ask("CLIENT", "KILL", "ID", idents[1], "SKIPME", "yes", "USER", "default", "TYPE", "normal")
    expect_closed(pair, others[1], "CLIENT KILL with several filters")
    addresses = asker.ask("CLIENT", "LIST", "ID", idents[2], quiet=True)
    laddr = PerSide(*(dict(rules.client_fields(resp.decode(raw).strip())).get("laddr", "").encode()
                      for raw in addresses))
    asker.ask("CLIENT", "KILL", "LADDR", laddr, "ID", idents[2])
    expect_closed(pair, others[2], "CLIENT KILL LADDR")
    own = numbers(asker.ask("CLIENT", "ID"))
    asker.ask("CLIENT", "KILL", "ID", own)
    asker.ask("CLIENT", "KILL", "ID", own, "SKIPME", "yes")
    asker.ask("CLIENT", "KILL", "ID", own, "SKIPME", "no")
    expect_closed(pair, asker, "CLIENT KILL of oneself")
    many = [pair.connect(RESP2) for _ in range(20)]
    for one in many:
        one.ask("PING")
    asker = pair.connect(RESP3)
    asker.ask("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
    for one in many:
        expect_closed(pair, one, "CLIENT KILL TYPE normal")
    asker.ask("CLIENT", "LIST")
    asker.close()


def expect_closed(pair, pair_connection, label):
    ends = []
    for connection in pair_connection.connections:
        data, closed = connection.read_to_end(PATIENCE)
        ends.append(data + (b"(closed)" if closed else b"(open)"))
    pair.expect(["(after %s)" % label], *ends)
    pair_connection.close()


@scenario
def client_pause(pair):
    """Under WRITE writes wait until UNPAUSE and reads do not; ALL holds every command until the time is over."""
    control, writer, reader = pair.connect(), pair.connect(), pair.connect()
    control.ask("SET", "k", "old")
    control.ask("CLIENT", "PAUSE", "60000", "WRITE")
    reader.batch([["GET", "k"], ["PING"], ["CLIENT", "GETNAME"], ["SET"]], shrink=False)
    held_until(pair, writer, ["SET", "k", "new"], lambda: control.ask("CLIENT", "UNPAUSE"))
    reader.ask("GET", "k")
    for command in (["PUBLISH", "ch", "m"], ["SPUBLISH", "ch", "m"], ["PFCOUNT", "nokey"]):
        control.ask("CLIENT", "PAUSE", "60000", "WRITE")
        held_until(pair, writer, command, lambda: control.ask("CLIENT", "UNPAUSE"))
    for connection in control.connections:
        connection.exchange(resp.encode(["CLIENT", "PAUSE", "400", "ALL"]), 1)
    held_until(pair, writer, ["GET", "k"], lambda: None)
    control.ask("CLIENT", "PAUSE", "30")
    reader.ask("GET", "k")
    for connection in (control, writer, reader):
        connection.close()


def held_until(pair, pair_connection, args, release):
    """Both hold a command back, and answer it alike after the release."""
    for connection in pair_connection.connections:
        connection.send_all(resp.encode(args))
    pair.expect(["(no reply while paused)"] + args, *(c.read_to_end(0.05)[0]
                                                      for c in pair_connection.connections))
    release()
    pair.expect(args, *(b"".join(c.exchange(b"", 1, PATIENCE)[0]) for c in pair_connection.connections))


@scenario
def monitor(pair):
    watcher, worker = pair.connect(looks=False), pair.connect(looks=False)   # the lines are compared
    watcher.ask("MONITOR")
    worker.batch([["SET", "k", b"a \"quoted\"\r\n\x00\xff\t\a\b\\"], ["GET", "k"], ["SELECT", "2"],
                  ["get", "k"], ["nosuch", "x"], ["PING"],
                  ["SET", "k"], ["CONFIG", "GET", "nosuch"], ["HELLO", "2"], ["DEBUG", "SLEEP", "0"],
                  ["ECHO", "last"]], shrink=False)
    lines = []
    for connection in watcher.connections:
        got = []
        while not got or b"last" not in got[-1]:
            replies, ending = connection.exchange(b"", 1, PATIENCE)
            got += replies
            if ending:
                break
        lines.append([resp.decode(raw) for raw in got if b"marker:" not in raw])
    for left, right in zip(*lines):
        said = rules.monitor_line((), left, right)
        pair.reports.commands += 1
        if said:
            pair.reports.add(Mismatch(["MONITOR"], left, right, said))
    pair.expect(["(lines of MONITOR)"], b"%d" % len(lines[0]), b"%d" % len(lines[1]))
    watcher.close()
    worker.close()


# ---- keys ----

@scenario
def whole_scans(pair):
    """An iteration returns every key once its cursor is back at 0, with any COUNT, MATCH and TYPE."""
    source = random.Random(5)
    for mode in (RESP2, RESP3):
        connection = pair.connect(mode)
        connection.batch([["SET", "scan:%d" % source.randrange(3000), "v"] for _ in range(4000)],
                         shrink=False)
        for options in ([], ["COUNT", "1"], ["COUNT", "7"], ["COUNT", "1000"], ["MATCH", "scan:1*"],
                        ["MATCH", "*[05]", "COUNT", "50"],
                        ["TYPE", "string", "COUNT", "300"], ["TYPE", "hash", "COUNT", "300"],
                        ["match", "nosuch*"], ["MATCH", "scan:77"]):
            found = []
            for side in (0, 1):
                found.append(scan_all(pair, connection.connections[side], options))
            pair.expect(["SCAN", "(whole iteration)"] + options,
                        *(b"\n".join(sorted(keys)) for keys in found))
        connection.ask("FLUSHALL")
        connection.close()


def scan_all(pair, connection, options):
    cursor, keys, rounds = b"0", set(), 0
    while rounds < 20000:
        raw = connection.exchange(resp.encode(["SCAN", cursor] + options), 1)[0][0]
        cursor, page = resp.decode(raw)
        keys.update(page)
        rounds += 1
        if cursor == b"0":
            return keys
    return keys | {b"(the iteration does not end)"}


@scenario
def keys_expire(pair):
    """Short times to live: a key is there before and gone after, for every way to set one."""
    ways = [["SET", "x", "v", "PX", "40"], ["PSETEX", "x", "40", "v"], ["SET", "x", "v"],
            ["PEXPIRE", "x", "40"], ["GETEX", "x", "PX", "40"]]
    for mode in (RESP2, RESP3):
        connection = pair.connect(mode)
        for index, way in enumerate(ways):
            name = "exp:%d" % index
            way = [name if word == "x" else word for word in way]
            connection.ask("SET", name, "before")
            connection.ask(*way)
            if way[0] == "SET" and len(way) == 3:
                connection.ask("PEXPIREAT", name, "%d" % (time.time() * 1000 + 40))
            eventually(lambda: connection.ask("EXISTS", name, quiet=True), lambda raw: raw == b":0\r\n")
            for question in (["GET", name], ["TTL", name], ["TYPE", name], ["STRLEN", name],
                             ["RENAME", name, "other"], ["OBJECT", "ENCODING", name],
                             ["PERSIST", name], ["COPY", name, "other"], ["SETRANGE", name, "0", ""],
                             ["INCR", name], ["TTL", name], ["DEL", name]):
                connection.ask(*question)
        for index in range(200):
            connection.ask("SET", "many:%d" % index, "v", "PX", str(20 + index % 30))
        emptied = eventually(lambda: connection.ask("DBSIZE", quiet=True), lambda raw: raw == b":0\r\n")
        pair.expect(["DBSIZE", "(after active expiry)"], *emptied)
        connection.ask("KEYS", "*")
        connection.close()


@scenario
def databases_across_connections(pair):
    """SWAPDB and FLUSHDB are seen by connections that have a database selected."""
    first, second = pair.connect(RESP2), pair.connect(RESP3)
    second.ask("SELECT", "1")
    first.batch([["SET", "a", "0"], ["SELECT", "1"], ["SET", "b", "1", "EX", "100000"], ["SELECT", "0"],
                 ["SWAPDB", "0", "1"]], shrink=False)
    second.batch([["GET", "a"], ["GET", "b"], ["DBSIZE"], ["TTL", "b"], ["MOVE", "a", "5"]], shrink=False)
    first.batch([["GET", "b"], ["TTL", "b"], ["FLUSHDB", "ASYNC"], ["DBSIZE"]], shrink=False)
    second.batch([["SELECT", "5"], ["GET", "a"], ["INFO", "keyspace"], ["FLUSHALL", "SYNC"], ["DBSIZE"],
                  ["RANDOMKEY"]], shrink=False)
    pair.compare_key_spaces()
    first.close()
    second.close()


@scenario
def memory_limits(pair):
    """With maxmemory reached, writes that need memory are refused and the rest goes on."""
    if "KVS_SANITIZED" in os.environ:
        return   # a sanitizer's allocator keeps no account
    connection = pair.connect()
    connection.ask("SET", "k", "v")
    connection.ask("CONFIG", "SET", "maxmemory", "1")
    connection.batch([["SET", "k", "w"], ["GET", "k"], ["APPEND", "k", "x"], ["INCR", "n"],
                      ["MSET", "a", "1"], ["EXPIRE", "k", "100000"], ["SETRANGE", "k", "0", "x"],
                      ["GETSET", "k", "x"], ["COPY", "k", "l"], ["RENAME", "k", "l"], ["GETEX", "l"],
                      ["PERSIST", "l"], ["DEL", "l"], ["SET", "k"], ["PING"],
                      ["SETNX", "k", "1"], ["INFO", "nosuch"], ["DBSIZE"], ["OBJECT", "ENCODING", "k"]],
                      shrink=False)
    connection.ask("CONFIG", "SET", "maxmemory", "0")
    connection.ask("SET", "k", "v")
    connection.close()


@scenario
def access_clocks(pair):
    """OBJECT IDLETIME and FREQ follow the policy; TOUCH and CLIENT NO-EVICT answer alike."""
    connection = pair.connect()
    connection.batch([["SET", "k", "v"], ["OBJECT", "IDLETIME", "k"], ["OBJECT", "FREQ", "k"],
                      ["TOUCH", "k", "k", "no"],
                      ["CONFIG", "SET", "maxmemory-policy", "allkeys-lfu"], ["SET", "f", "v"],
                      ["OBJECT", "FREQ", "f"], ["OBJECT", "IDLETIME", "f"],
                      ["OBJECT", "FREQ", "no"], ["OBJECT", "IDLETIME", "no"],
                      ["CONFIG", "SET", "maxmemory-policy", "noeviction"]], shrink=False)
    connection.close()


# ---- the server about itself ----

@scenario
def every_command_described(pair):
    """COMMAND INFO, DOCS and GETKEYS for every command and subcommand that is there."""
    subcommands = {name.lower(): [s.lower() for s in subs] for name, subs in generators.CONTAINERS.items()}
    subcommands["acl"] += ["deluser", "genpass", "list", "log", "setuser", "help"]
    subcommands["client"] += ["list", "kill", "pause", "help"]
    subcommands["command"] += ["list", "info", "docs", "help"]
    subcommands["config"] += ["rewrite", "resetstat", "help"]
    subcommands["slowlog"] += ["get", "help"]
    subcommands["latency"] += ["histogram", "reset", "help"]
    names = generators.KNOWN_COMMANDS + ["%s|%s" % (name, sub) for name in subcommands
                                         for sub in subcommands[name]]
    names += ("hset hmset hsetnx hget hmget hgetall hkeys hvals hdel hexists hlen hstrlen hincrby hincrbyfloat hrandfield "
              "hscan").split()
    for mode in (RESP2, RESP3):
        connection = pair.connect(mode)
        for name in names:
            connection.ask("COMMAND", "INFO", name)
            connection.ask("COMMAND", "DOCS", name)
        connection.close()


@scenario
def info_sections(pair):
    for mode in (RESP2, RESP3):
        connection = pair.connect(mode)
        connection.batch([["SET", "a", "1"], ["SET", "b", "1", "EX", "100000"]], shrink=False)
        for sections in ([], ["server"], ["clients"], ["memory"], ["persistence"], ["stats"], ["replication"],
                         ["cpu"], ["cluster"], ["keyspace"], ["modules"], ["all"],
                         ["everything"], ["default"], ["server", "keyspace"],
                         ["keyspace", "server", "keyspace"], ["nosuch"], ["errorstats"]):
            connection.ask("INFO", *sections)
        connection.close()


@scenario
def statistics(pair):
    """INFO commandstats and errorstats count calls, refusals and failures alike."""
    connection = pair.connect()
    connection.ask("CONFIG", "RESETSTAT")
    connection.batch([["SET", "k", "v"], ["GET", "k"], ["GET", "k"], ["INCR", "k"], ["GET"], ["nosuch"],
                      ["CONFIG", "GET", "nosuch"], ["CONFIG", "GET"],
                      ["CONFIG", "NOSUCH"], ["CLIENT", "GETNAME"], ["MGET", "a", "b"],
                      ["OBJECT", "ENCODING", "k"], ["GETEX", "k", "EX", "0"], ["DEL", "k"]], shrink=False)
    connection.ask("INFO", "commandstats", rule=rules.calls_only)
    connection.ask("INFO", "errorstats", rule=rules.error_counts)
    hits = [connection.exchange([["INFO", "stats"]])[side][0][0] for side in (0, 1)]
    wanted = (b"keyspace_hits", b"keyspace_misses", b"total_error_replies", b"unexpected_error_replies",
              b"expired_keys", b"evicted_keys")
    kept = [b" ".join(line for line in resp.decode(raw).split(b"\r\n") if line.startswith(wanted))
            for raw in hits]
    pair.expect(["INFO", "stats", "(hits, misses, errors)"], *kept, rule=None)
    connection.ask("CONFIG", "RESETSTAT")
    connection.close()


@scenario
def slow_log(pair):
    """Entries, how long arguments are cut, and the limit on their number."""
    for mode in (RESP2, RESP3):
        connection = pair.connect(mode)
        connection.ask("CLIENT", "SETNAME", "slow")
        connection.ask("CONFIG", "SET", "slowlog-log-slower-than", "0")
        connection.ask("SLOWLOG", "RESET")
        for args in (["PING"], ["SET", "k", b"x" * 128], ["SET", "k", b"x" * 129],
                     ["SET", b"\x00\r\n", b"x" * 5000], ["DEL"] + list("abcdefghijklmnopqrstuvwxyz012345"),
                     ["DEL"] + ["k"] * 31, ["DEL"] + ["k"] * 32, ["GET"], ["nosuch"], ["ECHO", "hi"],
                     ["CONFIG", "GET", "nosuch"], ["INCR", b"\x00\r\n"]):
            connection.ask(*args, quiet=args[0] == "nosuch")
        connection.ask("CONFIG", "SET", "slowlog-log-slower-than", "10000")
        connection.ask("SLOWLOG", "GET")
        connection.ask("SLOWLOG", "GET", "3")
        connection.ask("SLOWLOG", "GET", "-1")
        connection.ask("SLOWLOG", "GET", "0")
        connection.ask("SLOWLOG", "LEN", rule=rules.near(0))
        connection.ask("CONFIG", "SET", "slowlog-max-len", "2")
        connection.ask("SLOWLOG", "GET")
        connection.batch([["CONFIG", "SET", "slowlog-max-len", "128"], ["SLOWLOG", "RESET"],
                          ["SLOWLOG", "GET"], ["SLOWLOG", "LEN"]], shrink=False)
        connection.close()


@scenario
def latency(pair):
    for mode in (RESP2, RESP3):
        connection = pair.connect(mode)
        connection.batch([["LATENCY", "RESET"], ["CONFIG", "SET", "latency-monitor-threshold", "20"],
                          ["DEBUG", "SLEEP", "0.05"], ["LATENCY", "LATEST"],
                          ["LATENCY", "HISTORY", "command"], ["LATENCY", "HISTORY", "nosuch"],
                          ["LATENCY", "DOCTOR"], ["LATENCY", "RESET", "command", "nosuch"],
                          ["LATENCY", "LATEST"], ["CONFIG", "SET", "latency-monitor-threshold", "0"],
                          ["CONFIG", "RESETSTAT"],
                          ["SET", "k", "v"], ["SET", "k", "v"], ["GET", "k"], ["CONFIG", "GET", "nosuch"],
                          ["nosuch"],
                          ["LATENCY", "HISTOGRAM", "set"], ["LATENCY", "HISTOGRAM", "set", "get", "nosuch"],
                          ["LATENCY", "HISTOGRAM", "config|get"],
                          ["LATENCY", "HISTOGRAM", "config"], ["LATENCY", "HISTOGRAM", "SET"]], shrink=False)
        connection.close()


@scenario
def debug_protocol(pair):
    """Every kind of reply that the protocol knows, in both versions."""
    for mode in (RESP2, RESP3):
        connection = pair.connect(mode)
        for kind in ("string", "integer", "double", "null", "array", "set", "map", "bignum", "true", "false",
                     "verbatim", "bad"):
            connection.ask("DEBUG", "PROTOCOL", kind)
        connection.close()


@scenario
def configuration(pair):
    """Values of the directives that both have, and a rewrite without a file."""
    connection = pair.connect()
    for name in ("maxmemory", "maxmemory-policy", "maxmemory-samples", "maxmemory-clients", "timeout",
                 "databases", "slowlog-log-slower-than", "slowlog-max-len",
                 "latency-monitor-threshold", "proto-max-bulk-len", "client-query-buffer-limit",
                 "client-output-buffer-limit", "lfu-log-factor", "lfu-decay-time",
                 "hz", "dynamic-hz", "loglevel", "lazyfree-lazy-user-del", "lazyfree-lazy-user-flush",
                 "lazyfree-lazy-expire", "lazyfree-lazy-eviction",
                 "lazyfree-lazy-server-del", "appendonly", "save", "port", "maxclients",
                 "enable-debug-command", "activerehashing", "daemonize", "tcp-backlog",
                 "protected-mode", "bind", "latency-tracking", "latency-tracking-info-percentiles",
                 "crash-log-enabled", "always-show-logo", "supervised", "logfile",
                 "syslog-enabled", "appendfsync", "requirepass", "tcp-keepalive"):
        connection.ask("CONFIG", "GET", name)
    connection.ask("CONFIG", "REWRITE")
    connection.ask("CONFIG", "SET", "maxmemory", "1gb", "timeout", "10")
    connection.ask("CONFIG", "GET", "maxmemory", "timeout")
    connection.ask("CONFIG", "SET", "maxmemory", "0", "timeout", "bad")
    connection.ask("CONFIG", "GET", "maxmemory", "timeout")
    connection.ask("CONFIG", "SET", "maxmemory", "0", "timeout", "0")
    connection.ask("CONFIG", "SET", "maxmemory", "0", "maxmemory", "1")
    for value in ("100 1", "100 1 200 2", ""):
        connection.ask("CONFIG", "SET", "save", value)
    for name in ("daemonize", "databases", "unixsocket", "logfile", "always-show-logo"):
        connection.ask("CONFIG", "SET", name, "1")
    connection.close()


@scenario
def snapshots(pair):
    """SAVE, BGSAVE and LASTSAVE, and what is answered while they fail."""
    connection = pair.connect()

    def say(*lines):
        for line in lines:   # a transaction is one line
            commands = [command.split() for command in line.split("; ")]
            connection.batch(commands, shrink=False)

    def save():
        pair.changes = None   # it sets them to 0, from whatever they were
        connection.ask("SAVE")

    def await_field(field):
        eventually(lambda: connection.ask("INFO", "persistence", quiet=True), lambda raw: field in raw)
        pair.changes = None

    connection.ask("MSET", "k", "v", "n", "1")
    save()
    say("LASTSAVE", "LASTSAVE x", "SAVE x", "BGSAVE x", "BGSAVE SCHEDULE x", "MULTI; SAVE; EXEC",
        "MULTI; BGSAVE; BGSAVE; BGSAVE SCHEDULE; EXEC", "EVAL return(redis.pcall('save').err) 0")
    await_field(b"rdb_bgsave_in_progress:0")
    for server in pair.sides():   # a folder is in the place of the file
        os.remove(os.path.join(server.folder, "dump.rdb"))
        os.mkdir(os.path.join(server.folder, "dump.rdb"))
    connection.ask("CONFIG", "SET", "save", "3600 1000000")
    connection.ask("FUNCTION", "LOAD", "#!lua name=L\nredis.register_function('f', function() return 1 end)")
    connection.ask("BGSAVE")
    await_field(b"rdb_last_bgsave_status:err")
    say("SET k w", "GET k", "PING", "INCR n", "DEL k", "FLUSHALL", "GETEX k", "GETEX k PERSIST", "SORT none STORE s",
        "BLPOP l 1", "PUBLISH c m", "PFCOUNT h", "MULTI; GET k; EXEC", "MULTI; SET k w; EXEC", "MULTI; PING; EXEC",
        "MULTI; PUBLISH c m; EXEC", "MULTI; EVAL return(redis.call('incr',KEYS[1])) 1 n; EXEC", "FCALL f 0",
        "EVAL return(redis.call('get',KEYS[1])) 1 k", "EVAL return(redis.call('set',KEYS[1],1)) 1 k",
        "EVAL return(redis.pcall('set',KEYS[1],1).err) 1 k", "FUNCTION DELETE L",
        "CONFIG SET stop-writes-on-bgsave-error no", "SET k w", "PING", "CONFIG SET stop-writes-on-bgsave-error yes",
        "SET k x")
    for server in pair.sides():
        os.rmdir(os.path.join(server.folder, "dump.rdb"))
    connection.ask("SET", "k", "x")
    save()
    say("SET k x", "PING")
    save()
    connection.ask("CONFIG", "SET", "save", "")
    connection.close()


@scenario
def shutdown(pair):
    """SHUTDOWN answers nothing and ends the server with exit code 0; a signal does too."""
    for args in (["SHUTDOWN"], ["SHUTDOWN", "NOSAVE"], ["shutdown", "nosave", "now"], ["SHUTDOWN", "FORCE"]):
        ends = []
        connection = pair.connect()
        for server, one in zip(pair.sides(), connection.connections):
            one.send_all(resp.encode(args))
            data, closed = one.read_to_end(PATIENCE)
            try:
                code = server.process.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                code = -1
            ends.append(data + b" closed %d, exit code %d, socket file %d" % (closed, code, socket_file_is_there(server)))
            server.start()
        connection.close()
        pair.expect(args, *ends)


def socket_file_is_there(server):
    return os.path.exists(server.path)


@scenario
def changes(pair):
    """By how much each command raises the changes since the last save, those included that change nothing."""
    far = "4102444800"
    connection = pair.connect()
    for command in (
            "SET k v", "SET k v", "SET k v EX 9000", "SET k v EX 9000", "SET k v EXAT " + far, "SET k v EXAT " + far,
            "SET k v KEEPTTL", "SET k v NX", "SET none v XX", "SET k v GET", "SET k v PX 0", "SET k", "SETNX k v", "SETNX new v",
            "SETEX k 9000 v", "PSETEX k 9000000 v", "PSETEX k -1 v", "GETSET k v", "GETSET k2 v", "GETDEL k2", "GETDEL k2",
            "GETEX k", "GETEX none EX 9000", "GETEX k EX 9000", "GETEX k EXAT " + far, "GETEX k EXAT " + far, "GETEX k PERSIST",
            "GETEX k PERSIST", "GETEX k EXAT 1", "GETEX k EXAT 1", "SET k v", "EXPIREAT k " + far, "EXPIREAT k " + far,
            "EXPIREAT k %s NX" % far, "EXPIREAT k %s GT" % far, "EXPIRE none 9000", "PERSIST k", "PERSIST k", "PERSIST none",
            "EXPIRE k 0", "EXPIRE k 0", "SET k v", "PEXPIRE k -1", "SET k v EX 9000", "EXPIREAT k 1 LT", "MSET a 1 a 2 a 3",
            "MSET a 1 b 2 c 3", "MSETNX a 1 d 2", "MSETNX x 1 y 2 x 3", "MGET a b c", "DEL a a b none", "DEL none", "UNLINK c x c",
            "TOUCH y y none", "EXISTS y", "APPEND y 3", "APPEND y ''", "APPEND z ''", "APPEND z ''", "SETRANGE y 1 ''",
            "SETRANGE none 5 ''", "SETRANGE y 0 3", "SETRANGE y 0 3", "SETRANGE q 3 x", "SETRANGE y -1 x",
            "SETRANGE y 999999999999 x", "INCR n", "INCRBY n 0", "DECR n", "DECRBY n 5", "INCRBYFLOAT n 0", "INCRBYFLOAT n 1.5",
            "INCR n", "INCR y", "INCR q", "INCRBYFLOAT q 1", "SET m 9223372036854775807", "INCR m", "RENAME m m", "RENAMENX m m",
            "RENAME m m2", "RENAME none m", "RENAME m2 y", "RENAMENX y z", "RENAMENX y y2", "SET t v EX 9000", "RENAME t y2",
            "COPY y2 c", "COPY y2 c", "COPY y2 c REPLACE", "COPY none c", "COPY y2 y2", "COPY y2 y2 DB 1", "COPY y2 y2 DB 1",
            "COPY y2 y2 DB 1 REPLACE", "MOVE y2 1", "MOVE c 1", "MOVE none 1", "MOVE c 0", "SWAPDB 0 1", "SWAPDB 1 0", "SWAPDB 3 3",
            "SWAPDB 0 99", "SELECT 1", "FLUSHDB", "FLUSHDB", "MSET a 1 b 2", "FLUSHDB ASYNC", "MSET a 1 b 2", "SELECT 0", "FLUSHALL BAD",
            "FLUSHALL", "FLUSHALL ASYNC", "DEBUG POPULATE 50", "DEBUG POPULATE 60", "DEBUG POPULATE 10 other 100",
            "DEBUG SET-ACTIVE-EXPIRE 0", "SET late v PX 1", "DEBUG SLEEP 0.01", "GET late", "SET late v PX 1", "DEBUG SLEEP 0.01",
            "SET late v", "SET late v PX 1", "DEBUG SLEEP 0.01", "DEL late", "SET late v PX 1", "DEBUG SLEEP 0.01", "RENAME key:1 late",
            "SET late v PX 1", "DEBUG SLEEP 0.01", "FLUSHDB", "DEBUG SET-ACTIVE-EXPIRE 1", "CONFIG RESETSTAT", "FLUSHALL SYNC"):
        connection.ask(*["" if word == "''" else word for word in command.split(" ")])
    connection.close()


@scenario
def frequencies(pair):
    """What the use counter of a key (LFU) is after each way in which a key is written, copied or renamed."""
    connection = pair.connect()
    connection.ask("CONFIG", "SET", "maxmemory-policy", "allkeys-lfu", "lfu-log-factor", "0", "lfu-decay-time", "0")
    long = "x" * 20000
    for command in ("SET k v", "GET k", "GET k", "GET k", "SET k v EX 9000", "SET k w EX 9000", "SET k w", "APPEND k x", "EXPIRE k 900",
                    "PERSIST k", "GETSET k a", "SET k " + long, "SET k " + long, "SET k v", "MSET k v", "SETNX n v", "GETDEL n", "SET n v",
                    "SETRANGE k 3 x", "COPY k c", "COPY k n REPLACE", "RENAME c k", "GET k", "RENAME k n", "SETEX n 9000 v",
                    "MOVE n 1", "SET k v", "SELECT 1", "SET n v", "SELECT 0"):
        connection.ask(*command.split(" "))
        for name in "kcn":
            replies = connection.ask("OBJECT", "FREQ", name, quiet=True)
            pair.expect(["(OBJECT FREQ %s after %s)" % (name, command[:40])], *replies)
    connection.ask("CONFIG", "SET", "maxmemory-policy", "noeviction", "lfu-log-factor", "10", "lfu-decay-time", "1")
    connection.close()
