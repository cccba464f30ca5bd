"""python3-redis over unix://. Usage: python_client.py SOCKET.

Prints "ok - claim" or "not ok - claim: why" for each test and exits with 1 when one failed.
"""

import random
import sys
import threading
import time
import unittest

import redis

import claims

SOCKET = ""
ALL_BYTES = bytes(range(256))


def connect(**options):
    return redis.Redis(unix_socket_path=SOCKET, **options)


class ClientTest(unittest.TestCase):
    def setUp(self):
        self.redis = connect()
        self.redis.flushall()

    def tearDown(self):
        self.redis.close()


class Strings(ClientTest):
    def test_url_with_unix_scheme_connects(self):
        client = redis.Redis.from_url("unix://" + SOCKET + "?db=3")
        client.set("k", "v")
        self.assertEqual(client.get("k"), b"v")
        self.assertIsNone(self.redis.get("k"))
        client.close()

    def test_set_options_are_kept(self):
        self.assertTrue(self.redis.set("k", "1", ex=100))
        self.assertIsNone(self.redis.set("k", "2", nx=True))
        self.assertIsNone(self.redis.set("absent", "2", xx=True))
        self.assertEqual(self.redis.set("k", "3", get=True, keepttl=True), b"1")
        self.assertTrue(90 < self.redis.ttl("k") <= 100)
        self.assertTrue(self.redis.set("k", "4"))
        self.assertEqual(self.redis.ttl("k"), -1)

    def test_many_keys_at_once(self):
        values = {"key:%d" % i: "value %d" % i for i in range(1000)}
        self.assertTrue(self.redis.mset(values))
        self.assertEqual(self.redis.mget(list(values)), [v.encode() for v in values.values()])
        self.assertEqual(self.redis.mget("absent", "key:1"), [None, b"value 1"])
        self.assertFalse(self.redis.msetnx({"key:1": "x", "new": "x"}))
        self.assertFalse(self.redis.exists("new"))
        self.assertTrue(self.redis.msetnx({"new1": "x", "new2": "y"}))
        self.assertEqual(self.redis.delete(*values), 1000)
        self.assertEqual(self.redis.unlink("new1", "new2", "absent"), 2)
        self.assertEqual(self.redis.dbsize(), 0)

    def test_counters_and_their_limits(self):
        self.assertEqual(self.redis.incr("n"), 1)
        self.assertEqual(self.redis.incrby("n", 41), 42)
        self.assertEqual(self.redis.decr("n", 50), -8)
        self.assertEqual(self.redis.incrbyfloat("n", 0.5), -7.5)
        self.redis.set("n", (1 << 63) - 1)
        with self.assertRaisesRegex(redis.ResponseError, "overflow"):
            self.redis.incr("n")
        self.assertEqual(int(self.redis.get("n")), (1 << 63) - 1)
        self.redis.set("n", "abc")
        with self.assertRaisesRegex(redis.ResponseError, "not an integer"):
            self.redis.incr("n")
        with self.assertRaisesRegex(redis.ResponseError, "not a valid float"):
            self.redis.incrbyfloat("n", 1)

    def test_parts_of_values(self):
        self.assertEqual(self.redis.append("k", "Hello"), 5)
        self.assertEqual(self.redis.append("k", " World"), 11)
        self.assertEqual(self.redis.getrange("k", -5, -1), b"World")
        self.assertEqual(self.redis.substr("k", 0, 4), b"Hello")
        self.assertEqual(self.redis.setrange("k", 6, "Redis"), 11)
        self.assertEqual(self.redis.get("k"), b"Hello Redis")
        self.assertEqual(self.redis.setrange("gap", 3, "x"), 4)
        self.assertEqual(self.redis.get("gap"), b"\x00\x00\x00x")
        self.assertEqual(self.redis.strlen("k"), 11)

    def test_get_and_change(self):
        self.assertIsNone(self.redis.getset("k", "a"))
        self.assertEqual(self.redis.getset("k", "b"), b"a")
        self.assertEqual(self.redis.getex("k", ex=50), b"b")
        self.assertTrue(40 < self.redis.ttl("k") <= 50)
        self.assertEqual(self.redis.getex("k", persist=True), b"b")
        self.assertEqual(self.redis.ttl("k"), -1)
        self.assertEqual(self.redis.getdel("k"), b"b")
        self.assertIsNone(self.redis.get("k"))

    def test_longest_common_subsequence(self):
        self.redis.mset({"a": "ohmytext", "b": "mynewtext"})
        self.assertEqual(self.redis.execute_command("LCS", "a", "b"), b"mytext")
        self.assertEqual(self.redis.execute_command("LCS", "a", "b", "LEN"), 6)

    def test_every_byte_in_keys_and_values(self):
        self.redis.set(ALL_BYTES, ALL_BYTES)
        self.assertEqual(self.redis.get(ALL_BYTES), ALL_BYTES)
        self.assertEqual(self.redis.keys(), [ALL_BYTES])
        self.redis.set("", "empty key")
        self.assertEqual(self.redis.get(""), b"empty key")
        self.redis.set("empty value", "")
        self.assertEqual(self.redis.get("empty value"), b"")
        source = random.Random(3)
        pairs = {source.randbytes(source.randint(1, 300)): source.randbytes(source.randint(0, 3000))
                 for _ in range(300)}
        self.redis.mset(pairs)
        self.assertEqual(self.redis.mget(list(pairs)), list(pairs.values()))

    def test_large_values(self):
        for size in (16 * 1024, 64 * 1024 + 1, 1 << 20, 20 << 20):
            value = random.Random(size).randbytes(size)
            self.redis.set("large", value)
            self.assertEqual(self.redis.strlen("large"), size)
            self.assertTrue(self.redis.get("large") == value, "%d bytes differ" % size)

    def test_decoded_responses(self):
        client = connect(decode_responses=True)
        client.set("schlüssel", "größe €")
        self.assertEqual(client.get("schlüssel"), "größe €")
        self.assertEqual(client.keys("schl*"), ["schlüssel"])
        client.close()


class Keys(ClientTest):
    def test_expiry_times(self):
        self.redis.set("k", "v")
        self.assertTrue(self.redis.expire("k", 100))
        self.assertTrue(90 < self.redis.ttl("k") <= 100)
        self.assertTrue(self.redis.pexpire("k", 100000))
        self.assertTrue(90000 < self.redis.pttl("k") <= 100000)
        moment = int(time.time()) + 1000
        self.assertTrue(self.redis.expireat("k", moment))
        self.assertEqual(self.redis.execute_command("EXPIRETIME", "k"), moment)
        self.assertEqual(self.redis.execute_command("PEXPIRETIME", "k"), moment * 1000)
        self.assertTrue(self.redis.persist("k"))
        self.assertFalse(self.redis.persist("k"))
        self.assertFalse(self.redis.expire("absent", 10))
        self.assertEqual((self.redis.ttl("k"), self.redis.ttl("absent")), (-1, -2))
        self.assertFalse(self.redis.execute_command("EXPIRE", "k", 10, "XX"))
        self.assertTrue(self.redis.execute_command("EXPIRE", "k", 10, "NX"))
        self.assertFalse(self.redis.execute_command("EXPIRE", "k", 5, "GT"))
        self.assertTrue(self.redis.execute_command("EXPIRE", "k", 5, "LT"))

    def test_expired_keys_are_gone(self):
        self.redis.set("short", "v", px=30)
        for number in range(500):
            self.redis.psetex("short:%d" % number, 10 + number % 50, "v")
        deadline = time.monotonic() + 10
        while self.redis.exists("short") and time.monotonic() < deadline:
            time.sleep(0.005)
        self.assertIsNone(self.redis.get("short"))
        while self.redis.dbsize() and time.monotonic() < deadline:
            time.sleep(0.01)
        self.assertEqual(self.redis.dbsize(), 0, "the active expiry does not remove untouched keys")

    def test_scan_iter_meets_every_key_once(self):
        self.redis.mset({"scan:%d" % i: i for i in range(5000)})
        self.redis.mset({"other:%d" % i: i for i in range(500)})
        for options in ({"match": "scan:*"}, {"match": "scan:*", "count": 3},
                        {"match": "scan:*", "count": 1000}):
            found = list(self.redis.scan_iter(**options))
            self.assertEqual(set(found), {b"scan:%d" % i for i in range(5000)})
        self.assertEqual(len(set(self.redis.scan_iter(_type="string"))), 5500)
        self.assertEqual(list(self.redis.scan_iter(_type="hash")), [])

    def test_scan_while_keys_come_and_go(self):
        steady = {b"steady:%d" % i for i in range(2000)}
        self.redis.mset({name: "v" for name in steady})
        found, cursor, step = set(), 0, 0
        while step == 0 or cursor != 0:
            cursor, names = self.redis.scan(cursor, count=10)
            found.update(names)
            self.redis.mset({"new:%d:%d" % (step, i): "v" for i in range(20)})
            if step >= 10:
                self.redis.delete(*["new:%d:%d" % (step - 10, i) for i in range(20)])
            step += 1
            self.assertTrue(step < 20000, "the iteration does not end")
        self.assertEqual(steady - found, set())

    def test_rename_copy_and_move(self):
        self.redis.set("a", "1", ex=100)
        self.assertTrue(self.redis.rename("a", "b"))
        self.assertTrue(self.redis.ttl("b") > 90)
        with self.assertRaisesRegex(redis.ResponseError, "no such key"):
            self.redis.rename("absent", "x")
        self.redis.set("c", "3")
        self.assertFalse(self.redis.renamenx("b", "c"))
        self.assertFalse(self.redis.copy("b", "c"))
        self.assertTrue(self.redis.copy("b", "c", replace=True))
        self.assertTrue(self.redis.copy("b", "b", destination_db=5))
        self.assertTrue(self.redis.move("c", 5))
        other = connect(db=5)
        self.assertEqual(sorted(other.keys()), [b"b", b"c"])
        self.assertTrue(self.redis.swapdb(0, 5))
        self.assertEqual(other.keys(), [b"b"])
        other.flushdb(asynchronous=True)
        self.assertEqual((other.dbsize(), self.redis.dbsize()), (0, 2))
        other.close()

    def test_objects_types_and_touch(self):
        self.redis.mset({"n": "12", "short": "abc", "long": "x" * 100})
        self.assertEqual([self.redis.object("ENCODING", k) for k in ("n", "short", "long")],
                         [b"int", b"embstr", b"raw"])
        self.assertEqual(self.redis.type("n"), b"string")
        self.assertEqual(self.redis.type("absent"), b"none")
        self.assertEqual(self.redis.touch("n", "short", "absent"), 2)
        self.assertEqual(self.redis.exists("n", "n", "absent"), 2)
        self.assertIn(self.redis.randomkey(), (b"n", b"short", b"long"))
        self.assertTrue(self.redis.memory_usage("long") > 100)
        self.assertIsNone(self.redis.memory_usage("absent"))


class Connections(ClientTest):
    def test_pipeline_without_transaction(self):
        pipe = self.redis.pipeline(transaction=False)
        for number in range(5000):
            pipe.set("p:%d" % number, number).incr("p:%d" % number)
        replies = pipe.execute()
        self.assertEqual(replies, [part for number in range(5000) for part in (True, number + 1)])

    def test_transaction(self):
        pipe = self.redis.pipeline()
        self.assertEqual(pipe.set("t", 1).incr("t").hset("h", "f", "v").hgetall("h").execute(), [True, 2, 1, {b"f": b"v"}])
        pipe.incr("h").set("t", 7)
        replies = pipe.execute(raise_on_error=False)
        self.assertTrue(isinstance(replies[0], redis.ResponseError) and replies[1] is True)
        pipe.execute_command("NOSUCH")
        self.assertRaises(redis.ResponseError, pipe.set("t", 8).execute)
        self.assertEqual(self.redis.get("t"), b"7")

    def test_watched_key(self):
        with self.redis.pipeline() as pipe:
            pipe.watch("w")
            self.redis.set("w", 1)
            pipe.multi()
            pipe.set("w", "never")
            self.assertRaises(redis.WatchError, pipe.execute)
        tries = []

        def add(pipe):
            value = int(pipe.get("w"))
            tries.append(value)
            if len(tries) == 1:
                self.redis.incr("w")
            pipe.multi()
            pipe.set("w", value + 10)
        self.assertEqual(self.redis.transaction(add, "w"), [True])
        self.assertEqual((tries, self.redis.get("w")), ([1, 2], b"12"))

    def test_an_error_in_a_pipeline_stays_in_its_place(self):
        pipe = self.redis.pipeline(transaction=False)
        pipe.set("k", "abc").incr("k").get("k")
        replies = pipe.execute(raise_on_error=False)
        self.assertTrue(isinstance(replies[1], redis.ResponseError))
        self.assertEqual([replies[0], replies[2]], [True, b"abc"])

    def test_client_list_shows_names_and_databases(self):
        named = connect(client_name="watcher", db=7)
        named.ping()
        found = [c for c in self.redis.client_list() if c["name"] == "watcher"]
        self.assertEqual([(c["db"], c["cmd"]) for c in found], [("7", "ping")])
        self.assertEqual(named.client_getname(), "watcher")
        self.assertEqual(int(found[0]["id"]), named.client_id())
        self.assertEqual(self.redis.client_kill_filter(_id=found[0]["id"]), 1)
        self.assertNotIn("watcher", [c["name"] for c in self.redis.client_list()])
        self.assertTrue(named.ping(), "a client that was killed can come again")
        named.close()

    def test_library_name_is_kept(self):
        connection = self.redis.connection_pool.make_connection()
        connection.connect()
        for words in (("CLIENT", "SETINFO", "LIB-NAME", "redis-py"),
                      ("CLIENT", "SETINFO", "lib-ver", "4.3.4"),
                      ("CLIENT", "NO-TOUCH", "ON")):
            connection.send_command(*words)
            self.assertEqual(connection.read_response(), b"OK")
        connection.send_command("CLIENT", "INFO")
        self.assertRegex(connection.read_response().decode(), "lib-name=redis-py lib-ver=4.3.4")
        for words in (("CLIENT", "SETINFO", "LIB-NAME", "with space"), ("CLIENT", "SETINFO", "BAD", "x")):
            connection.send_command(*words)
            with self.assertRaises(redis.ResponseError):
                connection.read_response()
        connection.disconnect()

    def test_protocol_three(self):
        connection = self.redis.connection_pool.make_connection()
        connection.connect()
        connection.send_packed_command([b"HELLO 3\r\n", b"*2\r\n$3\r\nGET\r\n$6\r\nabsent\r\n"])
        received = b""
        while not received.endswith(b"_\r\n"):
            received += connection._sock.recv(65536)
        self.assertTrue(received.startswith(b"%7\r\n$6\r\nserver\r\n"))
        connection.disconnect()

    def test_a_hundred_connections(self):
        clients = [connect() for _ in range(100)]
        for number, client in enumerate(clients):
            client.set("c:%d" % number, number)
        self.assertEqual([int(clients[-1 - n].get("c:%d" % n)) for n in range(100)], list(range(100)))
        self.assertTrue(self.redis.info("clients")["connected_clients"] >= 100)
        for client in clients:
            client.close()

    def test_monitor_sees_commands(self):
        with self.redis.monitor() as monitor:
            other = connect()
            other.set("seen", "a b")
            for _ in range(20):
                line = monitor.next_command()
                if line["command"].startswith("SET"):
                    break
            self.assertEqual((line["command"], line["db"]), ("SET seen a b", 0))
            other.close()


class Server(ClientTest):
    def test_info_parses(self):
        info = self.redis.info()
        for field in ("redis_version", "process_id", "uptime_in_seconds", "connected_clients", "used_memory",
                      "used_memory_rss",
                      "maxmemory_policy", "total_commands_processed", "keyspace_hits", "role",
                      "used_cpu_user", "run_id"):
            self.assertIn(field, info)
        self.assertTrue(str(info["redis_version"]).startswith("7."))
        self.redis.set("k", "v", ex=1000)
        self.redis.set("l", "v")
        keyspace = self.redis.info("keyspace")["db0"]
        self.assertEqual((keyspace["keys"], keyspace["expires"]), (2, 1))

    def test_command_statistics(self):
        self.redis.config_resetstat()
        for _ in range(5):
            self.redis.get("k")
        self.assertEqual(self.redis.info("commandstats")["cmdstat_get"]["calls"], 5)

    def test_configuration(self):
        self.assertEqual(self.redis.config_get("maxmemory-policy"), {"maxmemory-policy": "noeviction"})
        before = self.redis.config_get("slowlog-max-len")["slowlog-max-len"]
        self.assertTrue(self.redis.config_set("slowlog-max-len", 77))
        self.assertEqual(self.redis.config_get("slowlog-max-*"), {"slowlog-max-len": "77"})
        self.redis.config_set("slowlog-max-len", before)
        with self.assertRaises(redis.ResponseError):
            self.redis.config_set("no-such-directive", 1)

    def test_slow_log(self):
        self.redis.config_set("slowlog-log-slower-than", 0)
        self.redis.set("slow", "v")
        self.redis.config_set("slowlog-log-slower-than", 10000)
        commands = [entry["command"] for entry in self.redis.slowlog_get(10)]
        self.assertIn(b"SET slow v", commands)
        self.assertTrue(self.redis.slowlog_reset())
        self.assertEqual(self.redis.slowlog_len(), 0)

    def test_commands_are_described(self):
        self.assertTrue(self.redis.command_count() > 50)
        command = self.redis.command()["get"]
        self.assertEqual((command["arity"], command["first_key_pos"], command["last_key_pos"]), (2, 1, 1))
        self.assertEqual(self.redis.command_getkeys("MSET", "a", 1, "b", 2), ["a", "b"])

    def test_time_and_memory(self):
        seconds, microseconds = self.redis.time()
        self.assertTrue(abs(seconds - time.time()) < 5 and 0 <= microseconds < 1000000)
        self.assertIn("total.allocated", self.redis.memory_stats())
        self.assertTrue(self.redis.memory_purge())
        self.assertTrue(self.redis.echo("x") == b"x")


class Waiting(ClientTest):
    """Commands that wait, with another thread that ends the wait once the server says that there is one."""

    def feed(self, command, *arguments):
        def act():
            with connect() as other:
                deadline = time.monotonic() + 10
                while other.info("clients")["blocked_clients"] == 0 and time.monotonic() < deadline:
                    pass
                getattr(other, command)(*arguments)
        thread = threading.Thread(target=act)
        thread.start()
        self.addCleanup(thread.join)

    def test_lists_are_waited_for(self):
        self.feed("rpush", "k", "v")
        self.assertEqual(self.redis.blpop(["none", "k"]), (b"k", b"v"))
        self.feed("lpush", "k", "v")
        self.assertEqual(self.redis.brpop("k", timeout=30), (b"k", b"v"))
        self.feed("lpush", "k", "v")
        self.assertEqual(self.redis.brpoplpush("k", "done"), b"v")
        self.feed("lpush", "k", "w")
        self.assertEqual(self.redis.blmove("k", "done", 30, "LEFT", "RIGHT"), b"w")
        self.assertEqual(self.redis.lrange("done", 0, -1), [b"v", b"w"])
        self.assertIsNone(self.redis.blpop("k", timeout=0.01))

    def test_sorted_sets_are_waited_for(self):
        self.feed("zadd", "z", {"m": 1.5})
        self.assertEqual(self.redis.bzpopmin("z"), (b"z", b"m", 1.5))
        self.feed("zadd", "z", {"m": 2})
        self.assertEqual(self.redis.bzpopmax(["none", "z"], timeout=30), (b"z", b"m", 2.0))
        self.assertIsNone(self.redis.bzpopmin("z", timeout=0.01))

    def test_a_client_is_unblocked(self):
        with connect() as other:
            number = other.client_id()
            self.feed("client_unblock", number, True)
            with self.assertRaisesRegex(redis.ResponseError, "unblocked via CLIENT UNBLOCK"):
                other.execute_command("BLPOP", "k", 0)

    def test_no_replica_is_waited_for_in_vain(self):
        self.assertEqual(self.redis.wait(0, 0), 0)
        self.assertEqual(self.redis.wait(1, 10), 0)


class Threads(ClientTest):
    def run_threads(self, count, function):
        errors = []

        def guarded(number):
            try:
                function(number)
            except Exception as error:   # any failure in a thread fails the test
                errors.append("%r" % error)
        threads = [threading.Thread(target=guarded, args=(n,)) for n in range(count)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        self.assertEqual(errors, [])

    def test_sums_of_incr_are_exact(self):
        def work(number):
            client = connect()
            pipe = client.pipeline(transaction=False)
            for step in range(2000):
                pipe.incr("sum").incrby("sum2", number)
                if step % 100 == 99:
                    pipe.execute()
            client.close()
        self.run_threads(16, work)
        self.assertEqual(int(self.redis.get("sum")), 16 * 2000)
        self.assertEqual(int(self.redis.get("sum2")), sum(range(16)) * 2000)

    def test_mget_never_sees_half_an_mset(self):
        names = ["torn:%d" % i for i in range(20)]
        self.redis.mset({name: 0 for name in names})

        def work(number):
            client = connect()
            for step in range(400):
                if number % 2:
                    client.mset({name: number * 1000 + step for name in names})
                else:
                    values = set(client.mget(names))
                    if len(values) != 1:
                        raise AssertionError("torn: %r" % values)
            client.close()
        self.run_threads(12, work)

    def test_one_pool_for_many_threads(self):
        def work(number):
            for step in range(300):
                key = "t:%d:%d" % (number, step)
                self.redis.set(key, step)
                if int(self.redis.get(key)) != step:
                    raise AssertionError(key)
        self.run_threads(20, work)
        self.assertEqual(self.redis.dbsize(), 20 * 300)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python_client.py SOCKET")
    SOCKET = sys.argv[1]
    claims.run_all("python3-redis")
