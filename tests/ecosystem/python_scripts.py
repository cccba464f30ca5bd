"""python3-redis with scripts, functions and streams.

Usage: python_scripts.py SOCKET, which allows access=admin. Prints "ok - claim" or "not ok - claim: why" for each test
and exits with 1 when one failed.
"""

import asyncio
import hashlib
import sys
import threading
import unittest

import redis
import redis.asyncio

import claims

SOCKET = ""
PATIENCE = 20   # seconds for what must come

MOVE = """
local value = redis.call('GET', KEYS[1])
if not value then return redis.error_reply('NOVALUE nothing at ' .. KEYS[1]) end
redis.call('SET', KEYS[2], value .. ARGV[1])
return {KEYS[1], value, #value, {redis.call('DEL', KEYS[1])}, false}
"""
LIBRARY = """#!lua name=%s
redis.register_function('take', function(keys, args)
  return redis.call('INCRBY', keys[1], args[1])
end)
redis.register_function{function_name='peek', flags={'no-writes'}, callback=function(keys)
  return redis.call('GET', keys[1])
end}
"""


def connect(**options):
    return redis.Redis(unix_socket_path=SOCKET, **options)


class Client(unittest.TestCase):
    def setUp(self):
        self.redis = connect()
        self.redis.flushall()
        self.redis.script_flush()
        self.redis.execute_command("FUNCTION FLUSH")
        self.addCleanup(self.redis.close)


class Scripts(Client):
    def test_a_registered_script_is_loaded_when_it_is_not_there(self):
        script = self.redis.register_script(MOVE)
        self.assertEqual(script.sha, hashlib.sha1(MOVE.encode()).hexdigest())
        self.redis.set("a", "v\xe4")
        self.assertEqual(self.redis.script_exists(script.sha), [False])
        self.assertEqual(script(keys=["a", "b"], args=["!"]), [b"a", b"v\xc3\xa4", 3, [1], None])
        self.assertEqual(self.redis.script_exists(script.sha, "0" * 40), [True, False])
        self.assertEqual((self.redis.get("b"), self.redis.exists("a")), (b"v\xc3\xa4!", 0))
        with self.assertRaisesRegex(redis.ResponseError, "NOVALUE nothing at a"):
            script(keys=["a", "b"], args=["!"])

    def test_eval_and_evalsha(self):
        self.assertEqual(self.redis.eval("return {ARGV[1], KEYS[1], tostring(#ARGV)}", 1, "k", b"\x00\xff"),
                         [b"\x00\xff", b"k", b"1"])
        sha = self.redis.script_load("return redis.call('PING')")
        self.assertEqual(self.redis.evalsha(sha, 0), b"PONG")
        self.assertRaises(redis.exceptions.NoScriptError, self.redis.evalsha, "0" * 40, 0)
        self.assertEqual(self.redis.eval_ro("return redis.call('EXISTS', KEYS[1])", 1, "k"), 0)
        with self.assertRaisesRegex(redis.ResponseError, "Write commands are not allowed from read-only scripts"):
            self.redis.eval_ro("return redis.call('SET', KEYS[1], 1)", 1, "k")
        with self.assertRaisesRegex(redis.ResponseError, "Error compiling script"):
            self.redis.script_load("return return")

    def test_a_pipeline_loads_its_scripts_again_where_they_were_forgotten(self):
        script = self.redis.register_script("return redis.call('INCRBY', KEYS[1], ARGV[1])")
        for transaction in (True, False):
            self.redis.script_flush()
            pipe = self.redis.pipeline(transaction=transaction)
            pipe.set("n", 1)
            for number in range(100):
                script(keys=["n"], args=[number], client=pipe)
            pipe.get("n")
            replies = pipe.execute()
            self.assertEqual((len(replies), replies[-1]), (102, b"4951"))

    def test_a_script_that_fails_in_a_transaction(self):
        replies = self.redis.pipeline().set("k", "text").eval("return redis.call('INCR', KEYS[1])", 1, "k") \
            .eval("redis.call('SET', KEYS[1], 'half') error('stop')", 1, "h").get("h").execute(raise_on_error=False)
        self.assertRegex(str(replies[1]), "value is not an integer")
        self.assertRegex(str(replies[2]), "stop")
        self.assertEqual((replies[0], replies[3]), (True, b"half"))

    def test_a_watched_key_that_a_script_changes(self):
        with connect() as other, self.redis.pipeline() as pipe:
            pipe.watch("w")
            other.eval("return redis.call('SET', KEYS[1], 1)", 1, "w")
            pipe.multi()
            pipe.set("w", "never")
            self.assertRaises(redis.WatchError, pipe.execute)

    def test_scripts_of_many_clients_are_whole(self):
        """Two keys that each script changes, and that no other sees apart."""
        both = self.redis.register_script("redis.call('INCR', KEYS[1]) return {redis.call('INCR', KEYS[2]),"
                                          " redis.call('GET', KEYS[1])}")
        apart = []

        def work():
            with connect() as client:
                for _ in range(250):
                    second, first = both(keys=["x", "y"], client=client)
                    apart.extend([(first, second)] if int(first) != second else [])
        threads = [threading.Thread(target=work) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(PATIENCE)
        self.assertEqual((apart, self.redis.mget("x", "y")), ([], [b"1000", b"1000"]))

    def test_what_a_script_pushes_wakes_those_who_wait(self):
        got = []
        with connect() as other:
            thread = threading.Thread(target=lambda: got.append(other.blpop("q", PATIENCE)))
            thread.start()
            while self.redis.info("clients")["blocked_clients"] != 1:
                pass
            self.redis.eval("redis.call('RPUSH', KEYS[1], 'a') redis.call('RPUSH', KEYS[1], 'b')", 1, "q")
            thread.join(PATIENCE)
        self.assertEqual((got, self.redis.lrange("q", 0, -1)), ([(b"q", b"a")], [b"b"]))

    def test_a_script_that_does_not_end_is_killed(self):
        self.redis.config_set("busy-reply-threshold", 50)
        self.addCleanup(self.redis.config_set, "busy-reply-threshold", 5000)
        ended = []

        def run():
            with connect() as client:
                try:
                    client.eval("while true do end", 0)
                except redis.ResponseError as error:
                    ended.append(str(error))
        thread = threading.Thread(target=run)
        thread.start()
        killed = None
        while killed is None:
            try:
                killed = self.redis.script_kill()
            except redis.ResponseError as error:   # it has not begun
                self.assertRegex(str(error), "No scripts in execution")
        thread.join(PATIENCE)
        self.assertIn("killed by user", ended[0])
        self.assertTrue(self.redis.ping())

    def test_asyncio_scripts(self):
        async def run():
            async with redis.asyncio.Redis(unix_socket_path=SOCKET) as client:
                script = client.register_script("return redis.call('INCR', KEYS[1])")
                self.assertEqual(sorted(await asyncio.gather(*[script(keys=["n"]) for _ in range(50)])),
                                 list(range(1, 51)))
                async with client.lock("l", timeout=60) as lock:
                    self.assertTrue(await lock.extend(5))
                    self.assertFalse(await client.lock("l", timeout=60).acquire(blocking=False))
                self.assertEqual(await client.exists("l"), 0)
                await client.script_flush()
                async with client.pipeline() as pipe:
                    await script(keys=["n"], client=pipe)
                    self.assertEqual(await pipe.execute(), [51])
        asyncio.run(run())


class Functions(Client):
    def test_functions_are_loaded_called_and_deleted(self):
        self.assertEqual(self.redis.function_load(LIBRARY % "counting"), b"counting")
        self.assertEqual(self.redis.fcall("take", 1, "n", 5), 5)
        self.assertEqual(self.redis.fcall_ro("peek", 1, "n"), b"5")
        with self.assertRaisesRegex(redis.ResponseError, "Can not execute a script with write flag using \\*_ro"):
            self.redis.fcall_ro("take", 1, "n", 5)
        with self.assertRaisesRegex(redis.ResponseError, "already exists"):
            self.redis.function_load(LIBRARY % "counting")
        self.assertEqual(self.redis.function_load(LIBRARY % "counting", replace=True), b"counting")
        library = dict(zip(*[iter(self.redis.function_list(library="c*", withcode=True)[0])] * 2))
        self.assertEqual((library[b"library_name"], library[b"engine"], library[b"library_code"]),
                         (b"counting", b"LUA", (LIBRARY % "counting").encode()))
        self.assertEqual(sorted(f[1] for f in library[b"functions"]), [b"peek", b"take"])
        self.assertTrue(self.redis.function_delete("counting"))
        with self.assertRaisesRegex(redis.ResponseError, "Function not found"):
            self.redis.fcall("take", 1, "n", 5)

    def test_functions_are_dumped_and_restored(self):
        self.redis.function_load(LIBRARY % "counting")
        dump = self.redis.function_dump()
        self.assertTrue(self.redis.function_flush("SYNC"))
        self.assertEqual(self.redis.function_list(), [])
        self.assertTrue(self.redis.function_restore(dump))
        self.assertEqual(self.redis.fcall("take", 1, "n", 2), 2)
        self.assertTrue(self.redis.function_restore(dump, "REPLACE"))
        self.assertEqual(self.redis.function_stats()[3][1][1], 1)

    def test_functions_in_transactions(self):
        self.redis.function_load(LIBRARY % "counting")
        self.assertEqual(self.redis.pipeline().fcall("take", 1, "n", 3).fcall("take", 1, "n", 4)
                         .fcall_ro("peek", 1, "n").execute(), [3, 7, b"7"])


class Streams(Client):
    def test_entries_are_added_read_and_trimmed(self):
        ids = [self.redis.xadd("s", {"n": number, "t": "ü"}) for number in range(100)]
        self.assertEqual(self.redis.xlen("s"), 100)
        self.assertEqual(self.redis.xrange("s", count=1), [(ids[0], {b"n": b"0", b"t": b"\xc3\xbc"})])
        self.assertEqual([i for i, _ in self.redis.xrevrange("s", count=2)], ids[:-3:-1])
        self.assertEqual(self.redis.xrange("s", "(" + ids[97].decode(), "+"), [
            (ids[98], {b"n": b"98", b"t": b"\xc3\xbc"}), (ids[99], {b"n": b"99", b"t": b"\xc3\xbc"})])
        self.assertEqual(self.redis.xdel("s", ids[0], ids[1], "1-1"), 2)
        self.assertEqual(self.redis.xtrim("s", maxlen=50, approximate=False), 48)
        self.assertEqual(self.redis.xtrim("s", minid=ids[60], approximate=False), 10)
        self.assertEqual(self.redis.xadd("s", {"a": 1}, id="9999999999999-1", maxlen=1, approximate=False),
                         b"9999999999999-1")
        self.assertEqual(self.redis.xlen("s"), 1)
        with self.assertRaisesRegex(redis.ResponseError, "equal or smaller than the target stream top item"):
            self.redis.xadd("s", {"a": 1}, id="1-1")
        self.assertIsNone(self.redis.xadd("none", {"a": 1}, nomkstream=True))
        info = self.redis.xinfo_stream("s")
        self.assertEqual((info["length"], info["entries-added"], info["last-entry"]),
                         (1, 101, (b"9999999999999-1", {b"a": b"1"})))
        self.assertEqual(self.redis.xinfo_stream("s", full=True)["entries"], {b"9999999999999-1": {b"a": b"1"}})

    def test_who_waits_gets_what_is_added(self):
        got = []
        with connect() as other:
            def read():
                last = "$"
                while len(got) < 100:
                    for _, entries in other.xread({"s": last, "none": "$"}, block=0):
                        got.extend(fields[b"n"] for _, fields in entries)
                        last = entries[-1][0]
            thread = threading.Thread(target=read)
            thread.start()
            while self.redis.info("clients")["blocked_clients"] != 1:
                pass
            for number in range(100):
                self.redis.xadd("s", {"n": number})
            thread.join(PATIENCE)
        self.assertEqual(got, [b"%d" % number for number in range(100)])
        self.assertEqual(self.redis.xread({"s": "$"}, block=1), [])

    def test_a_group_gives_each_entry_to_one_and_takes_over_from_who_has_gone(self):
        self.redis.xgroup_create("s", "g", id="0", mkstream=True)
        with self.assertRaisesRegex(redis.ResponseError, "BUSYGROUP"):
            self.redis.xgroup_create("s", "g")
        got = {}

        def work(name):
            with connect() as client:
                got[name] = []
                while b"end" not in got[name]:
                    for _, entries in client.xreadgroup("g", name, {"s": ">"}, count=3, block=0):
                        for entry, fields in entries:
                            got[name].append(fields[b"n"])
                            client.xack("s", "g", entry)
        threads = [threading.Thread(target=work, args=(name,)) for name in ("one", "two", "three")]
        for thread in threads:
            thread.start()
        while self.redis.info("clients")["blocked_clients"] != 3:
            pass
        for number in range(300):
            self.redis.xadd("s", {"n": number})
        while self.redis.info("clients")["blocked_clients"] != 3:
            pass
        for _ in threads:   # all wait, and an entry is for one of them
            self.redis.xadd("s", {"n": "end"})
        for thread in threads:
            thread.join(PATIENCE)
        taken = [n for ns in got.values() for n in ns if n != b"end"]
        self.assertEqual(sorted(map(int, taken)), list(range(300)))
        self.assertEqual(self.redis.xpending("s", "g")["pending"], 0)
        self.assertEqual(self.redis.xinfo_groups("s")[0]["lag"], 0)

        entries = [self.redis.xadd("s", {"n": number}) for number in range(4)]
        self.redis.xreadgroup("g", "gone", {"s": ">"}, count=3)
        pending = self.redis.xpending_range("s", "g", "-", "+", 10, "gone")
        self.assertEqual([(p["message_id"], p["times_delivered"]) for p in pending],
                         [(entry, 1) for entry in entries[:3]])
        self.assertEqual(self.redis.xclaim("s", "g", "one", 0, [entries[0]]), [(entries[0], {b"n": b"0"})])
        self.assertEqual(self.redis.xautoclaim("s", "g", "two", 0, start_id=entries[1])[:2],
                         [b"0-0", [(entries[1], {b"n": b"1"}), (entries[2], {b"n": b"2"})]])
        self.assertEqual(self.redis.xpending("s", "g")["consumers"],
                         [{"name": b"one", "pending": 1}, {"name": b"two", "pending": 2}])
        self.assertEqual(self.redis.xreadgroup("g", "two", {"s": "0"}),
                         [[b"s", [(entries[1], {b"n": b"1"}), (entries[2], {b"n": b"2"})]]])
        self.assertEqual(self.redis.xack("s", "g", *entries), 3)
        self.assertEqual(self.redis.xgroup_delconsumer("s", "g", "gone"), 0)
        self.assertEqual(self.redis.xgroup_destroy("s", "g"), 1)


if __name__ == "__main__":
    if len(sys.argv) != 2:
        sys.exit("usage: python_scripts.py SOCKET")
    SOCKET = sys.argv[1]
    claims.run_all("python3-redis")
