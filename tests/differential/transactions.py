"""Transactions: scenarios with WATCH and several connections, and what is recorded of what runs in EXEC.

Random transactions of all families are wrapping.py's.
"""

import os

import resp
import rules
import unfold
from driver import INLINE, RESP2, RESP3, Mismatch
from scenarios import PATIENCE, eventually, expect_closed, held_until, scenario, talk

FAR = "4102444800"

# What another client does to the key k of database 0, which is watched: after "/", and before it what was there already.
CHANGES = [line.strip() for line in """
    SET k v /
    SET k v / GET k; TTL k; EXISTS k; TOUCH k; TYPE k; STRLEN k; OBJECT ENCODING k; GETEX k; DUMPS k
    SET k v / SET k v
    SET k v / SET k w NX; SETNX k w; MSETNX k 1 l 1
    / SET k v XX
    / SET k v
    / MSET l 1 k 2
    SET k v / DEL k
    SET k v / UNLINK k
    / DEL k
    SET k v / DEL k; SET k v
    / SET k v; DEL k
    SET k v / APPEND k ''
    / APPEND k ''
    SET k v / SETRANGE k 0 ''
    SET k v / SETRANGE k 0 v
    SET k 1 / INCRBY k 0
    SET k v / INCR k
    SET k v / GETDEL k
    SET k v / GETSET k v
    SET k v / EXPIRE k 9000
    SET k v / EXPIREAT k FAR NX; EXPIREAT k FAR NX
    SET k v EX 9000 / EXPIREAT k 1 GT
    SET k v / EXPIRE k -1
    SET k v / PERSIST k
    SET k v EX 9000 / PERSIST k
    SET k v EX 9000 / GETEX k PERSIST
    SET k v / GETEX k PERSIST
    SET k v / GETEX k EXAT 1
    SET k v / FLUSHDB
    / FLUSHDB
    / FLUSHALL
    SET k v / FLUSHALL ASYNC
    SET k v / SELECT 1; FLUSHDB
    SET k v / SELECT 1; SET k w; DEL k
    SET k v / SWAPDB 0 1
    / SWAPDB 0 1
    SELECT 1; SET k v / SWAPDB 0 1
    SET k v; SELECT 1; SET k v / SWAPDB 0 1
    SET k v / SWAPDB 1 2
    SET k v / SWAPDB 0 0
    SET k v / SWAPDB 0 1; SWAPDB 0 1
    SET k v / MOVE k 1
    SET k v; SELECT 1; SET k v / MOVE k 1
    / SELECT 1; SET k v; MOVE k 0
    SET k v / RENAME k l
    SET l v / RENAME l k
    SET k v; SET l v / RENAME l k
    SET k v; SET l v / RENAMENX l k
    SET k v / RENAME k k
    SET l v / COPY l k
    SET k v; SET l v / COPY l k
    SET k v; SET l v / COPY l k REPLACE
    SET k v / COPY k l
    SELECT 1; SET k v / SELECT 1; COPY k k DB 0
    RPUSH k a / RPUSHX k b
    / RPUSHX k b
    RPUSH k a b / LREM k 0 c
    RPUSH k a b / LTRIM k 0 -1
    RPUSH k a b / LSET k 0 a
    RPUSH k a b / LSET k 9 a
    RPUSH k a b / LINSERT k BEFORE c d
    RPUSH k a b / LPOP k
    RPUSH k a b / LPOP k 0
    RPUSH k a b / LMOVE k k LEFT RIGHT
    RPUSH k a / RPOPLPUSH k l
    RPUSH l a / RPOPLPUSH l k
    / LMPOP 1 k LEFT
    HSET k f v / HSET k f v
    HSET k f v / HSETNX k f w
    HSET k f v / HDEL k g
    HSET k f v / HDEL k f
    HSET k f 1 / HINCRBY k f 0
    SADD k a / SADD k a
    SADD k a / SADD k b
    SADD k a / SREM k b
    SADD k a / SPOP k
    SADD k a / SMOVE k l a
    SADD l a; SADD k a / SMOVE l k a
    SADD k a / SMOVE k k a
    SADD k a / SINTERSTORE k none
    / SINTERSTORE k none
    SADD k a / SUNIONSTORE k k
    ZADD k 1 a / ZADD k 1 a
    ZADD k 1 a / ZADD k NX 2 a
    ZADD k 1 a / ZADD k GT CH 0 a
    ZADD k 1 a / ZADD k 2 a
    ZADD k 1 a / ZINCRBY k 0 a
    ZADD k 1 a / ZREM k b
    ZADD k 1 a / ZREMRANGEBYSCORE k 5 6
    ZADD k 1 a / ZPOPMIN k
    ZADD k 1 a / ZRANGESTORE k none 0 -1
    / ZRANGESTORE k none 0 -1
    / ZUNIONSTORE k 1 none
    RPUSH k 2 1 / SORT k STORE k
    RPUSH k 2 1 / SORT none STORE k
    / SORT none STORE k
    SET k a / SETBIT k 0 0
    SET k a / BITFIELD k GET u8 0
    SET k a / BITFIELD k SET u8 0 97
    SET k a / BITOP NOT k none
    / BITOP NOT k none
    PFADD k a / PFADD k a
    PFADD k a / PFCOUNT k
    PFADD k a / PFMERGE k
    GEOADD k 1 1 a / GEOADD k 1 1 a
    SET k v / LPUSH k a
    SET k v / MULTI; SET k w; DISCARD
    SET k v / MULTI; SET k w; EXEC
    SET k v / MULTI; GET k; EXEC
    SET k v / DEBUG RELOADS
""".strip().split("\n")]


def words(text):
    return [["" if word == "''" else FAR if word == "FAR" else word for word in command.split()]
            for command in text.split(";") if command.strip()]


def step(client, *args, rule=None):
    """One command on both, and nothing else, for what a driver asks beside it would be queued as well."""
    raw = []
    for side, connection in enumerate(client.connections):
        replies, ending = connection.exchange(client.encode(args, side), 1, PATIENCE)
        raw.append(b"".join(replies) + ending.encode())
    queued = vars(client).setdefault("queued", [])
    if raw[0] == raw[1] == unfold.QUEUED:
        queued.append(args)
    elif unfold.name_of(args) in (b"EXEC", b"DISCARD", b"RESET") and raw[0][:4] != b"-ERR":
        elements = [unfold.elements(one) if unfold.name_of(args) == b"EXEC" else None for one in raw]
        if all(elements) and len(elements[0]) == len(elements[1]) == len(queued):
            for inner, left, right in zip(queued, *elements):
                client.pair.expect(inner, left, right, None, client.history[-9:])
            raw = [one[:one.index(b"\r\n") + 2] for one in raw]
        queued.clear()
    client.pair.expect(args, *raw, rule, client.history[-9:])
    client.history.append(args)


def steps(client, commands):
    for args in commands:
        step(client, *args)


def prepare(pair, before):
    control = pair.connect()
    steps(control, [["FLUSHALL"]] + before)
    control.close()


def outcome(client):
    """Whether EXEC runs, and what is told before."""
    steps(client, words("CLIENT INFO; MULTI; SET ran 1; CLIENT INFO; EXEC; CLIENT INFO; GET ran; DEL ran"))


@scenario
def watched_keys_change(pair):
    """Each way in which a key may change, or not: by another client, and by the client itself before MULTI."""
    for line in CHANGES:
        before, _, change = line.partition("/")
        for own in (False, True):
            prepare(pair, words(before))
            client = pair.connect()
            step(client, "WATCH", "k")
            other = client if own else pair.connect()
            steps(other, words(change))
            if own:
                step(client, "SELECT", "0")
            client.history.append(["(change: %s)" % line])
            outcome(client)
            client.close()
            if not own:
                other.close()


@scenario
def watches_end(pair):
    """By EXEC, whatever becomes of it, DISCARD, UNWATCH and RESET; several watches, and watches in several databases."""
    other = pair.connect()
    for watch in ("WATCH k; WATCH k", "WATCH k k", "WATCH a b c k", "WATCH k; UNWATCH", "WATCH k; MULTI; DISCARD", "WATCH k; MULTI; EXEC",
                  "WATCH k; MULTI; nosuch; EXEC", "WATCH k; RESET", "WATCH k; EXEC", "WATCH k; DISCARD", "WATCH k; MULTI; UNWATCH; EXEC",
                  "WATCH k; MULTI; WATCH k; DISCARD", "WATCH k; SELECT 1", "SELECT 1; WATCH k; SELECT 0", "SELECT 1; WATCH k; SELECT 0; WATCH k",
                  "WATCH", "MULTI x", "WATCH k; SET k own; UNWATCH; WATCH k"):
        client = pair.connect()
        steps(client, words(watch))
        step(other, "INCR", "k")
        outcome(client)
        step(client, "SELECT", "0")
        step(client, "WATCH", "k")
        outcome(client)
        client.close()
    other.close()


@scenario
def watched_keys_expire(pair):
    """Before WATCH or after it, deleted or still there, by flushes and swaps as well."""
    for before in ("SET k v PX 1; DEBUG SLEEP 0.01", "SET k v PX 30", "", "SET k v PX 1; SELECT 1; SET k v PX 1; DEBUG SLEEP 0.01",
                   "SELECT 1; SET k v PX 1; DEBUG SLEEP 0.01", "SET k v PX 1; SELECT 1; SET k v; DEBUG SLEEP 0.01"):
        for change in ("", "GET k", "TTL k", "DEL k", "SET k v", "SET k v; DEL k", "FLUSHDB", "FLUSHALL", "SWAPDB 0 1", "SWAPDB 0 1; GET k",
                       "SWAPDB 0 1; SWAPDB 0 1", "SWAPDB 0 1; FLUSHDB", "SET l v; RENAME l k", "RENAME k l", "MOVE k 2", "SCAN 0", "INCR k", "PERSIST k",
                       "EXPIRE k 100", "SWAPDB 0 1; SET k v"):
            prepare(pair, [["DEBUG", "SET-ACTIVE-EXPIRE", "0"]] + words(before))
            client, other = pair.connect(), pair.connect()
            step(client, "WATCH", "k")
            step(client, "DEBUG", "SLEEP", "0.04")
            steps(other, words(change))
            client.history.append(["(%s / %s)" % (before, change)])
            outcome(client)
            client.close()
            other.close()
    prepare(pair, [["DEBUG", "SET-ACTIVE-EXPIRE", "1"], ["SET", "k", "v", "PX", "20"]])
    client = pair.connect()
    pair.changes = None   # flushes have counted what had expired, if it was still there
    step(client, "WATCH", "k")
    eventually(lambda: client.ask("DBSIZE", quiet=True), lambda raw: raw == b":0\r\n")
    outcome(client)
    client.close()


@scenario
def transactions_begin_and_end(pair):
    """What is refused, when and with which words; RESET, QUIT and other logins inside; replies switched off."""
    for mode in (RESP2, RESP3, INLINE):
        for text in ("EXEC", "DISCARD", "UNWATCH", "MULTI; EXEC", "MULTI; DISCARD; EXEC", "MULTI; MULTI; PING; EXEC", "MULTI; WATCH k; PING; EXEC",
                     "MULTI; nosuch; SET k v; EXEC; GET k", "MULTI; GET; SET k v; EXEC; GET k", "MULTI; CONFIG nosuch; EXEC", "MULTI; EXEC x; PING; EXEC",
                     "MULTI; DISCARD x; EXEC", "MULTI; SELECT 99; SET k v; EXEC; GET k", "MULTI; INCR k; LPUSH k v; GET k; EXEC", "MULTI; SELECT 3; SET k v; EXEC; GET k; SELECT 0",
                     "MULTI; RESET; EXEC", "SELECT 2; MULTI; SET k 1; RESET; GET k", "MULTI; HELLO 3; HGETALL none; HELLO 2; HGETALL none; EXEC", "MULTI; HELLO 9; EXEC",
                     "MULTI; AUTH x; EXEC", "MULTI; AUTH default x; EXEC", "MULTI; CLIENT SETNAME n; CLIENT GETNAME; EXEC", "MULTI; MONITOR; EXEC",
                     "MULTI; FLUSHALL; SWAPDB 0 1; DBSIZE; KEYS *; RANDOMKEY; EXEC", "MULTI; CONFIG SET hz 10; CONFIG GET hz; CONFIG RESETSTAT; EXEC",
                     "MULTI; SCAN 0; SORT none; TIME; EXEC", "MULTI; SHUTDOWN NOSAVE NOW BAD; EXEC",
                     "MULTI; CLIENT INFO; CLIENT LIST; CLIENT ID; EXEC", "MULTI; ACL WHOAMI; ACL SETUSER x; ACL DELUSER x; EXEC", "MULTI; SLOWLOG LEN; LATENCY LATEST; EXEC",
                     "MULTI; DEBUG SLEEP 0; EXEC", "MULTI; CLIENT PAUSE 0; CLIENT UNPAUSE; EXEC", "MULTI; CLIENT KILL ID 99999; EXEC",
                     "MULTI; UNWATCH; EXEC", "MULTI; COMMAND COUNT X; EXEC", "MULTI; OBJECT FREQ none; EXEC"):
            connection = pair.connect(mode)
            steps(connection, words("FLUSHALL; " + text))
            connection.ask("CLIENT", "INFO")
            connection.close()
    for pieces in ("MULTI;SET k v;QUIT;EXEC", "MULTI;QUIT", "QUIT;MULTI", "MULTI;SET k v;EXEC;QUIT", "CLIENT REPLY OFF;MULTI;SET k v;EXEC;CLIENT REPLY ON;GET k",
                   "CLIENT REPLY SKIP;MULTI;SET k v;EXEC", "MULTI;CLIENT REPLY SKIP;SET k v;EXEC;PING", "MULTI;SET k v;CLIENT REPLY SKIP;EXEC;PING",
                   "CLIENT REPLY OFF;MULTI;CLIENT REPLY ON;PING;EXEC;PING", "MULTI;CLIENT REPLY OFF;SET k v;EXEC;CLIENT REPLY ON;PING",
                   "MULTI;PING;CLIENT REPLY ON;PING;EXEC"):
        talk(pair, pieces.replace(";", "\r\n").encode() + b"\r\n", "(raw transaction)")


@scenario
def transactions_under_pause(pair):
    """CLIENT PAUSE WRITE holds the EXEC of what writes; of what reads it doesn't."""
    control, client = pair.connect(), pair.connect()
    step(client, "SET", "k", "v")
    step(control, "CLIENT", "PAUSE", "60000", "WRITE")
    steps(client, words("MULTI; GET k; EXEC; WATCH k; UNWATCH; EXEC; MULTI; GET k"))
    held_until(pair, client, ["SET", "k", "w"], lambda: step(control, "CLIENT", "UNPAUSE"))
    step(control, "CLIENT", "PAUSE", "60000", "WRITE")
    held_until(pair, client, ["EXEC"], lambda: step(control, "CLIENT", "UNPAUSE"))
    step(client, "GET", "k")
    control.close()
    client.close()


@scenario
def transactions_are_monitored(pair):
    """Which lines MONITOR has of a transaction, and in which order."""
    watcher, worker = pair.connect(looks=False), pair.connect(looks=False)   # the lines are compared
    watcher.ask("MONITOR")
    worker.batch(words("WATCH k; MULTI; SET k v; GET k; SELECT 2; INCR k; DBSIZE; CONFIG GET hz; AUTH default x; FLUSHDB; PING; EXEC; GET k; "
                       "MULTI; SET k v; DISCARD; MULTI; GET; EXEC; WATCH k; SET k 2; MULTI; GET k; EXEC; SELECT 0; EXEC; UNWATCH; ECHO last"), shrink=False)
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
        pair.reports.commands += 1
        said = rules.monitor_line((), left, right)
        if said:
            pair.reports.add(Mismatch(["MONITOR"], left, right, said))
    pair.expect(["(lines of MONITOR)"], *(b"%d" % len(side) for side in lines))
    watcher.close()
    worker.close()


@scenario
def transactions_are_counted(pair):
    """INFO commandstats, errorstats and SLOWLOG: what runs in EXEC counts as itself."""
    client, other = pair.connect(), pair.connect()
    step(client, "CONFIG", "SET", "slowlog-log-slower-than", "0")
    step(client, "SLOWLOG", "RESET")
    step(client, "CONFIG", "RESETSTAT")
    client.batch(words("MULTI; SET k v; GET k; INCR k; LPUSH k a; CONFIG GET hz; CONFIG SET hz 10; EXEC; EXEC; DISCARD; MULTI; MULTI; GET; nosuch; "
                       "SET k w; WATCH k; EXEC; MULTI; SET k x; DISCARD; WATCH k; SET k 2; MULTI; GET k; EXEC; UNWATCH; GET none; "
                       "MULTI; GET none; EXISTS k none; EXEC"), shrink=False)
    step(client, "CONFIG", "SET", "slowlog-log-slower-than", "10000")
    step(client, "INFO", "commandstats", rule=rules.calls_only)
    step(client, "INFO", "errorstats", rule=rules.error_counts)
    step(client, "SLOWLOG", "GET", "-1")
    wanted = (b"keyspace_hits", b"keyspace_misses", b"total_error_replies", b"unexpected_error_replies")
    seen = [client.exchange([["INFO", "stats"]])[side][0][0] for side in (0, 1)]
    pair.expect(["INFO", "stats", "(hits, misses, errors)"],
                *(b" ".join(line for line in resp.decode(raw).split(b"\r\n") if line.startswith(wanted)) for raw in seen))
    step(client, "CONFIG", "RESETSTAT")
    step(client, "SLOWLOG", "RESET")
    client.close()
    other.close()


@scenario
def transactions_without_memory(pair):
    """With maxmemory reached: refused while it is queued, and at EXEC."""
    if "KVS_SANITIZED" in os.environ:
        return   # a sanitizer's allocator keeps no account
    control, client = pair.connect(), pair.connect()
    step(control, "SET", "k", "1")
    for limited in ("SET k v", "INCR k", "SET k v; APPEND k w"):
        step(client, "WATCH", "k")
        step(control, "CONFIG", "SET", "maxmemory", "1")
        steps(client, words("MULTI; " + limited + "; EXEC; EXEC"))
        step(control, "CONFIG", "SET", "maxmemory", "0")
        steps(client, words("MULTI; " + limited))
        step(control, "CONFIG", "SET", "maxmemory", "1")
        step(client, "EXEC")
        step(client, "EXEC")
        step(control, "CONFIG", "SET", "maxmemory", "0")
        step(client, "SET", "k", "1")
    steps(client, words("SET k 1; MULTI; GET k; DEL none"))
    step(control, "CONFIG", "SET", "maxmemory", "1")
    steps(client, words("EXEC; MULTI; EXEC"))
    step(control, "CONFIG", "SET", "maxmemory", "0")
    control.close()
    client.close()


@scenario
def transactions_and_rights(pair):
    """Rights that go or come between MULTI and EXEC, logins inside, and what the ACL log has of it."""
    control = pair.connect()
    step(control, "ACL", "LOG", "RESET")
    for before, change, inside in (
            ("+@all ~*", "-set", "SET k v; GET k"), ("+@all ~*", "resetkeys", "SET k v; PING"), ("+@all ~*", "-exec", "SET k v"), ("+@all ~*", "-multi", "SET k v"),
            ("+@all ~*", "off", "SET k v"), ("+@all ~*", "-@all", "SET k v; PING"), ("+@all ~* -set", "+set", "SET k v; GET k"),
            ("+@all ~* -exec", "+get", "GET k"), ("+@all ~* -watch -multi", "+get", "WATCH k"), ("+@all ~k*", "+get", "GET x; GET k"), ("+@all ~k*", "+get", "WATCH x; WATCH k"),
            ("+@all ~*", "-discard", "PING; DISCARD"), ("+@all ~*", "resetkeys ~l*", "MSET l 1 k 2; GET l"), ("+@all ~*", "-config|get", "CONFIG GET hz; PING"),
            ("+@all ~*", "+get", "AUTH u1 p1; SET k v; AUTH u0 p0; GET k"), ("+@all ~*", "+get", "AUTH u0 wrong; SET k v"), ("+@all ~*", "+get", "HELLO 2 AUTH u1 p1; SET k v")):
        step(control, "ACL", "SETUSER", "u1", "on", ">p1", "+get", "+auth", "+hello", "~*")
        step(control, "ACL", "SETUSER", "u0", "reset", "on", ">p0", "sanitize-payload", *before.split())
        client = pair.connect(looks=False)
        step(client, "AUTH", "u0", "p0")
        step(client, "MULTI")
        steps(client, words(inside))
        step(control, "ACL", "SETUSER", "u0", *change.split())
        step(client, "EXEC")
        step(client, "GET", "k")
        client.close()
    step(control, "ACL", "LOG", "100")
    step(control, "ACL", "LOG", "RESET")
    step(control, "ACL", "DELUSER", "u0", "u1")
    client = pair.connect()
    step(control, "ACL", "SETUSER", "u0", "on", ">p0", "+@all", "~*")
    step(client, "AUTH", "u0", "p0")
    step(client, "MULTI")
    step(control, "ACL", "DELUSER", "u0")
    expect_closed(pair, client, "ACL DELUSER in a transaction")
    control.close()
