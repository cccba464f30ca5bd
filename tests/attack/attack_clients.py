"""What a client makes the server keep: requests, names, records, replies that nobody reads."""

import contextlib
import time

from kit import GB, MB, ROOM, Error, attack, encode, wait_until
from attack_memory import fill


def counted(client):
    """What CLIENT LIST counts for all clients together."""
    return sum(int(line.split(b" tot-mem=")[1].split()[0]) for line in client("CLIENT", "LIST").splitlines())


def evictions(admin):
    return int(admin.info("stats")["evicted_keys"])


# ---- requests ----

def no_price_for_keys(case, send):
    """Eight readers send what `send` does beside 50,000 keys, which must stay: yields (policy, server, admin) for each."""
    for policy in ("allkeys-lru", "noeviction"):
        server = case.server("--maxmemory", "200mb", "--maxmemory-policy", policy)
        admin = server.client()
        fill(admin, 50000, 1000)
        with case.witness(server) as witness:
            readers = server.clients(8, "read")
            for reader in readers:
                send(reader)
            time.sleep(0.4)   # for several of the server's looks at its memory
            refused = sum(isinstance(admin("SET", "w%d" % i, "y"), Error) for i in range(100))
        case.figure("%s: other people's keys evicted" % policy, evictions(admin), 0, "")
        case.figure("%s: other people's writes refused" % policy, refused + witness.seen.refused, 0, "")
        yield policy, server, admin
        server.stop()


@attack("eight readers announce 500 MB and send one byte; maxmemory 200mb with 50,000 keys of 1 kB", redis=True)
def announced_bulks(case):
    data = b"*2\r\n$4\r\nECHO\r\n$500000000\r\nx"
    for policy, server, _ in no_price_for_keys(case, lambda reader: reader.raw(data)):
        case.peak(server, 120 * MB, "%s: peak RSS" % policy)


@attack("eight readers send 30 MB each of a request that they don't end; maxmemory 200mb with 50,000 keys of 1 kB")
def half_requests_evict(case):
    data = b"*2\r\n$4\r\nECHO\r\n$40000000\r\n" + b"x" * 30000000
    for policy, _, admin in no_price_for_keys(case, lambda reader: reader.push(data)):
        case.figure("%s: memory that is no client's" % policy,
                    int(admin.info()["used_memory"]) - counted(admin), 100 * MB)


@attack("fifty requests announce 500 MB; client-query-buffer-limit 10mb", redis=True)
def announced_past_limit(case):
    server = case.server("--client-query-buffer-limit", "10mb")
    admin = server.client()
    readers = server.clients(50, "read")
    for reader in readers:
        reader.raw(b"*2\r\n$4\r\nECHO\r\n$500000000\r\nx")
    admin("PING")
    wait_until(lambda: int(admin.info("stats")["total_net_input_bytes"]) >= 50 * 30, 5)
    case.figure("used_memory", int(admin.info()["used_memory_peak"]), ROOM + 50 * 64 * 1024)
    data = b"x" * (14 * MB)
    closed = 0
    for reader in readers[:10]:
        reader.push(data, 0.3)
        closed += reader.is_closed(2)
    case.figure("clients that sent 14 MB and stay", 10 - closed, 0, "")
    case.peak(server, 80 * MB)


@attack("fifty half requests of 9 MB; client-query-buffer-limit 10mb, maxmemory-clients 50mb", redis=True)
def many_half_requests(case):
    server = case.server("--client-query-buffer-limit", "10mb", "--maxmemory-clients", "50mb")
    admin = server.client()
    data = b"*2\r\n$4\r\nECHO\r\n$9500000\r\n" + b"x" * 9000000
    with case.witness(server) as witness:
        readers = server.clients(50, "read")
        for reader in readers:
            reader.push(data, 0.3)
        time.sleep(0.3)
    # one that was admitted before it is noticed, for each worker
    case.figure("used_memory", witness.seen.used(), 50 * MB + 10 * MB * case.workers + ROOM)
    case.waits(witness.seen)
    case.figure("of it in no client's account", int(admin.info()["used_memory"]) - counted(admin), ROOM)


@attack("3,000 connections with a few bytes of a request each, an announced 20 kB among them", redis=True)
def small_half_requests(case):
    server = case.server()
    admin = server.client()
    before = int(admin.info()["used_memory"])
    readers = server.clients(3000, "read")
    for reader in readers:
        reader.raw(b"*2\r\n$4\r\nECHO\r\n$20000\r\nx")
    time.sleep(0.4)
    info = admin.info()
    each = (int(info["used_memory"]) - before) / 3000
    listed = counted(admin)
    case.figure("used_memory of each", each, 40000 if case.is_redis else 20000, "bytes")
    case.figure("of it not in CLIENT LIST", each - listed / 3000, 2000, "bytes")
    case.figure("CLIENT LIST beyond INFO's mem_clients_normal", listed - int(info["mem_clients_normal"]), listed / 10)


@attack("twenty requests of a million empty arguments that aren't ended; maxmemory-clients 50mb", redis=True)
def half_arguments(case):
    server = case.server("--maxmemory-clients", "50mb")
    admin = server.client()
    data = b"*1048576\r\n" + b"$0\r\n\r\n" * 1000000
    with case.witness(server) as witness:
        readers = server.clients(20, "read")
        for reader in readers:
            reader.push(data, 0.3)
        time.sleep(0.3)
    case.figure("used_memory", witness.seen.used(), 50 * MB + 2 * 50 * MB + ROOM)
    case.figure("of it in no client's account", int(admin.info()["used_memory"]) - counted(admin), ROOM)
    case.waits(witness.seen)


# ---- names and records ----

NAME = 100 * MB


def refused_commands(client):
    """Forty, all different, so that no two are one entry of the ACL LOG."""
    for number in range(40):
        client("AUTH", "user%d" % number, "x")


@attack("a reader with a name of 100 MB makes forty wrong AUTHs, and goes", redis=True)
def name_in_acl_log(case):
    server = case.server()
    admin, reader = server.client(), server.client("read")
    with contextlib.suppress(OSError, EOFError):
        reader("CLIENT", "SETNAME", b"K" * NAME)
        refused_commands(reader)
    reader.close()
    case.peak(server, 3 * NAME)
    kept_after(case, server, admin)


def kept_after(case, server, admin):
    if not server.is_alive():
        case.holds("lives", False, server.how_it_ended())
        return
    wait_until(lambda: int(admin.info("memory")["used_memory"]) < 5 * MB, 2)
    case.figure("used_memory after it has gone", int(admin.info("memory")["used_memory"]), 5 * MB)


@attack("a reader with a name of 100 MB fills SLOWLOG (slower than 0) with 128 commands, and goes", redis=True)
def name_in_slowlog(case):
    server = case.server("--slowlog-log-slower-than", "0", "--slowlog-max-len", "128")
    admin, reader = server.client(), server.client("read")
    with contextlib.suppress(OSError, EOFError):
        reader("CLIENT", "SETNAME", b"K" * NAME)
        for _ in range(128):
            reader("GET", "x")
    reader.close()
    case.peak(server, 3 * NAME)
    kept_after(case, server, admin)


@attack("user names, client names, keys and commands of 20 MB that are refused and recorded", redis=True)
def other_long_words(case):
    server = case.server("--slowlog-log-slower-than", "0")
    admin = server.client()
    admin("ACL", "SETUSER", "confined", "on", "nopass", "~only", "+@all")
    reader = server.client("write")
    tail = b"K" * (20 * MB)
    with contextlib.suppress(OSError, EOFError):
        reader("CLIENT", "SETINFO", "LIB-NAME", tail)
        reader("CLIENT", "SETINFO", "LIB-VER", tail)
        reader("HELLO", "2", "SETNAME", tail)
        for number in range(8):
            reader("AUTH", b"u%d" % number + tail, "x")
        reader("AUTH", "confined", "x")
        for number in range(8):
            reader("GET", b"k%d" % number + tail)
        for number in range(8):
            reader(b"c%d" % number + tail, "x")
            reader("CLIENT", b"c%d" % number + tail)
    reader.close()
    case.peak(server, 8 * 20 * MB)
    kept_after(case, server, admin)


@attack("ten readers send 40 MB each while CLIENT PAUSE holds them; client-query-buffer-limit 10mb", redis=True)
def paused_requests(case):
    server = case.server("--client-query-buffer-limit", "10mb")
    admin = server.client()
    readers = server.clients(10, "read")
    admin("CLIENT", "PAUSE", "60000", "ALL")   # for longer than a busy machine takes to send all
    for reader in readers:
        reader.push(encode("ECHO", "x" * 1000) * 40000, 0.3)
    case.peak(server, 10 * 15 * MB + 20 * MB)   # the limit for each, and the buffers that it grew through


@attack("thirty readers with names of 20 MB; CLIENT LIST is asked for", redis=True)
def names_in_client_list(case):
    server = case.server()
    admin = server.client()
    readers = server.clients(30, "read")
    with case.witness(server) as witness:
        for reader in readers:
            reader("CLIENT", "SETNAME", b"K" * (20 * MB))
        admin("CLIENT", "LIST")
    case.figure("used_memory in no client's account", int(admin.info()["used_memory"]) - counted(admin), ROOM)
    case.waits(witness.seen)


# ---- replies ----

def make_value(server, size):
    client = server.client("write")
    client("SET", "big", b"z" * size)
    client.close()


@attack("MGET of one key of 15 kB 600,000 times; client-output-buffer-limit normal 10mb", redis=True)
def one_key_many_times(case):
    server = case.server("--client-output-buffer-limit", "normal 10mb 5mb 10")
    make_value(server, 15000)
    reader = server.client("read")
    with case.witness(server) as witness:
        reader.push(encode("MGET", *["big"] * 600000), 2)
        closed = reader.is_closed(5)
    case.peak(server, 100 * MB)   # 10 MB of replies, and a request of 600,000 arguments
    case.holds("it is disconnected", closed)
    case.waits(witness.seen, own_work=True)


@attack("a reader that never reads sends 300 MGETs of 1,000 × 15 kB; no limit is set")
def never_reads_mget(case):
    server = case.server()
    make_value(server, 15000)
    reader = server.client("read")
    with case.witness(server) as witness:
        reader.push(encode("MGET", *["big"] * 1000) * 300, 1)
    case.peak(server, 1.1 * GB)   # docs/security.md: 1 GiB of replies
    case.waits(witness.seen)


@attack("a reader that never reads sends one MGET of 300,000 × 15 kB; no limit is set")
def never_reads_one_mget(case):
    server = case.server()
    make_value(server, 15000)
    reader = server.client("read")
    with case.witness(server):
        reader.push(encode("MGET", *["big"] * 300000), 1)
        server.rest()
    case.peak(server, 1.1 * GB)


@attack("twenty readers that never read send GETs of 15 kB and ECHOs; maxmemory-clients 50mb", redis=True)
def never_read_gets(case):
    server = case.server("--maxmemory-clients", "50mb")
    make_value(server, 15000)
    admin = server.client()
    with case.witness(server) as witness:
        readers = server.clients(20, "read")
        for reader in readers:
            reader.push((encode("GET", "big") + encode("ECHO", "x" * 10000)) * 3000, 0.2)
        time.sleep(0.3)
    case.figure("used_memory", witness.seen.used(), 50 * MB + 20 * MB * case.workers + ROOM)
    # of which chunks of output that workers keep for the next replies are a part
    case.figure("of it in no client's account", int(admin.info()["used_memory"]) - counted(admin),
                ROOM + MB * case.workers)
    case.waits(witness.seen)


@attack("six readers that never read send GETs of 15 kB; maxmemory 200mb with 50,000 keys of 1 kB, allkeys-lru")
def never_read_evict(case):
    server = case.server("--maxmemory", "200mb", "--maxmemory-policy", "allkeys-lru")
    admin = server.client()
    fill(admin, 50000, 1000)
    make_value(server, 15000)
    with case.witness(server) as witness:
        readers = server.clients(6, "read")
        for reader in readers:
            reader.push(encode("GET", "big") * 2000, 0.3)   # 30 MB each
        time.sleep(0.4)
    case.figure("other people's keys evicted", evictions(admin), 0, "")
    case.figure("other people's writes refused", witness.seen.refused, 0, "")


@attack("COMMAND DOCS, COMMAND INFO and LATENCY HISTOGRAM with one name 300,000 times; client-output-buffer-limit 10mb",
        redis=True)
def one_name_many_times(case):
    for words in (("COMMAND", "DOCS"), ("COMMAND", "INFO"), ("LATENCY", "HISTOGRAM")):
        server = case.server("--client-output-buffer-limit", "normal 10mb 5mb 10")
        reader = server.client("read")
        reader("GET", "x")
        reader.push(encode(*words, *["get"] * 300000), 0.5)
        server.rest()
        case.peak(server, 100 * MB, "%s: peak RSS" % " ".join(words))
        server.stop()


@attack("a writer that never reads sends GET and APPEND of a value of 100 MB in turn, 20 times; no limit is set")
def copies_held(case):
    server = case.server()
    writer = server.client("write")
    writer("SETRANGE", "big", 100 * MB - 1, "x")
    writer.push((encode("GET", "big") + encode("APPEND", "big", "x")) * 20, 0.5)
    server.rest()
    case.peak(server, 1.1 * GB + 3 * 100 * MB)   # replies, the value, its copy, and one that grows past its room


@attack("seven readers hold old values of a key of 25 MB, never reading; maxmemory 200mb with 50,000 keys of 1 kB",
        redis=True)
def old_values_held(case):
    server = case.server("--maxmemory", "200mb", "--maxmemory-policy", "allkeys-lru")
    admin, writer = server.client(), server.client("write")
    fill(admin, 50000, 1000)
    readers = server.clients(7, "read")
    with case.witness(server) as witness:
        for reader in readers:
            writer("SETRANGE", "big", 0, bytes(25 * MB))
            reader.send("GET", "big")
            time.sleep(0.05)   # the reply is under way
            writer("DEL", "big")
        time.sleep(0.3)
    case.figure("other people's keys evicted", evictions(admin), 0, "")
    case.figure("other people's writes refused", witness.seen.refused, 0, "")


@attack("three MONITORs, and a SET of 100 MB of zero bytes; client-output-buffer-limit 10mb", redis=True)
def monitored_large_argument(case):
    server = case.server("--client-output-buffer-limit", "normal 10mb 5mb 10 replica 10mb 5mb 10")
    monitors, writer = server.clients(3), server.client("write")
    for monitor in monitors:
        monitor("MONITOR")
    with case.witness(server) as witness:
        writer("SET", "x", bytes(100 * MB))
        server.rest()
    case.peak(server, 2 * 100 * MB + 3 * 20 * MB)
    case.waits(witness.seen, own_work=True)


@attack("MONITOR that nobody reads, while 400 MB are written; client-output-buffer-limit 10mb", redis=True)
def unread_monitor(case):
    server = case.server("--client-output-buffer-limit", "normal 10mb 5mb 10 replica 10mb 5mb 10")
    monitor, writer = server.client(), server.client("write")
    monitor("MONITOR")
    with case.witness(server) as witness:
        for _ in range(10):
            writer.pour(encode("SET", "x" * 1000, b"y" * 1000) * 20000, 20000)
    case.peak(server, 60 * MB)
    case.holds("it is disconnected", monitor.is_closed(5))
    case.waits(witness.seen)


@attack("MONITOR that nobody reads, one pipeline of 60 MB at once; client-output-buffer-limit 10mb", redis=True)
def unread_monitor_batch(case):
    server = case.server("--client-output-buffer-limit", "normal 10mb 5mb 10 replica 10mb 5mb 10")
    monitors, writer = server.clients(20), server.client("write")
    for monitor in monitors:
        monitor("MONITOR")
    with case.witness(server) as witness:
        writer.pour(encode("SET", "x" * 30, "y") * 1000000, 1000000)
    # the limit for each, and what one batch may add
    case.peak(server, 20 * 12 * MB + 60 * MB)
    case.waits(witness.seen)
