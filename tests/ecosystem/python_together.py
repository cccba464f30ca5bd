"""python3-redis where clients have to do with each other: messages, waiting, transactions, locks, invalidations.

Usage: python_together.py SOCKET, which allows access=admin. Prints "ok - claim" or "not ok - claim: why" for each test
and exits with 1 when one failed.
"""

import asyncio
import queue
import subprocess
import sys
import threading
import time
import unittest

import redis
import redis.asyncio

import claims

SOCKET = ""
PATIENCE = 20   # seconds for what must come


def connect(**options):
    return redis.Redis(unix_socket_path=SOCKET, **options)


def wait_until_blocked(client, count):
    """Returns once that many clients wait for a key."""
    deadline = time.monotonic() + PATIENCE
    while client.info("clients")["blocked_clients"] != count:
        if time.monotonic() > deadline:
            raise AssertionError("there never were %d waiting clients" % count)


class Together(unittest.TestCase):
    def setUp(self):
        self.redis = connect()
        self.redis.flushall()
        self.addCleanup(self.redis.close)

    def another(self, **options):
        client = connect(**options)
        self.addCleanup(client.close)
        return client

    def subscriber(self, **options):
        pubsub = self.redis.pubsub(**options)
        self.addCleanup(pubsub.close)
        return pubsub

    def in_thread(self, function):
        """Runs it in a thread; the function returned waits for its end and gives what it gave."""
        replies = queue.Queue()
        thread = threading.Thread(target=lambda: replies.put(function()), daemon=True)
        thread.start()
        return lambda: replies.get(timeout=PATIENCE)


class Messages(Together):
    def next(self, pubsub):
        message = pubsub.get_message(timeout=PATIENCE)
        self.assertIsNotNone(message, "nothing came")
        return message["type"], message["pattern"], message["channel"], message["data"]

    def test_get_message(self):
        pubsub = self.subscriber()
        pubsub.subscribe("a", "b")
        pubsub.psubscribe("a*")
        self.assertEqual([self.next(pubsub) for _ in range(3)], [
            ("subscribe", None, b"a", 1), ("subscribe", None, b"b", 2), ("psubscribe", None, b"a*", 3)])
        self.assertEqual([self.redis.publish(name, "to " + name) for name in ("a", "b", "c", "ab")], [2, 1, 0, 1])
        self.assertEqual([self.next(pubsub) for _ in range(4)], [
            ("message", None, b"a", b"to a"), ("pmessage", b"a*", b"a", b"to a"), ("message", None, b"b", b"to b"),
            ("pmessage", b"a*", b"ab", b"to ab")])
        self.assertIsNone(pubsub.get_message(timeout=0.01))
        self.assertEqual(sorted(self.redis.pubsub_channels("?")), [b"a", b"b"])
        self.assertEqual(self.redis.pubsub_numsub("a", "c"), [(b"a", 1), (b"c", 0)])
        self.assertEqual(self.redis.pubsub_numpat(), 1)

    def test_listen_ends_with_the_last_subscription(self):
        pubsub = self.subscriber(ignore_subscribe_messages=True)
        pubsub.subscribe("a")
        pubsub.psubscribe("p*")
        got = []
        feed = self.in_thread(lambda: [self.redis.publish("a", n) for n in range(1000)] + [self.redis.publish("px", 1)])
        for message in pubsub.listen():
            got.append(message["data"])
            if message["channel"] == b"px":
                pubsub.unsubscribe()
                pubsub.punsubscribe()
        self.assertEqual(got, [b"%d" % n for n in range(1000)] + [b"1"])
        self.assertEqual(feed(), [1] * 1001)
        self.assertEqual(self.redis.publish("a", "x"), 0)

    def test_run_in_thread(self):
        got = queue.Queue()
        pubsub = self.subscriber(ignore_subscribe_messages=True)
        pubsub.subscribe(a=got.put)
        pubsub.psubscribe(**{"b*": got.put})
        thread = pubsub.run_in_thread(sleep_time=PATIENCE, daemon=True)
        for channel, data in (("a", b"\x00\r\n\xff"), ("bb", b"2")):
            self.assertEqual(self.redis.publish(channel, data), 1)
            message = got.get(timeout=PATIENCE)
            self.assertEqual((message["channel"], message["data"]), (channel.encode(), data))
        thread.stop()
        self.redis.publish("a", "wakes it")
        thread.join(PATIENCE)
        self.assertFalse(thread.is_alive())

    def test_shard_channels_by_hand(self):
        pubsub = self.subscriber()
        pubsub.execute_command("SSUBSCRIBE", "s")
        self.assertEqual(pubsub.parse_response(), [b"ssubscribe", b"s", 1])
        self.assertEqual(self.redis.execute_command("SPUBLISH", "s", "v"), 1)
        self.assertEqual(self.redis.publish("s", "v"), 0)
        self.assertEqual(pubsub.parse_response(), [b"smessage", b"s", b"v"])
        self.assertEqual(self.redis.execute_command("PUBSUB", "SHARDNUMSUB", "s"), [b"s", 1])

    def test_a_subscriber_that_was_killed_comes_back_to_its_channels(self):
        pubsub = self.subscriber(ignore_subscribe_messages=True)
        pubsub.subscribe("a")
        pubsub.psubscribe("b*")
        self.assertIsNone(pubsub.get_message(timeout=PATIENCE))   # each confirmation is one that is ignored
        self.assertIsNone(pubsub.get_message(timeout=PATIENCE))
        self.assertEqual(self.redis.execute_command("CLIENT", "KILL", "TYPE", "pubsub"), 1)
        self.assertRaises(redis.ConnectionError, pubsub.get_message, timeout=PATIENCE)
        self.assertIsNone(pubsub.get_message(timeout=PATIENCE))   # it connects again, and subscribes
        self.assertIsNone(pubsub.get_message(timeout=PATIENCE))
        self.assertEqual([self.redis.publish("a", 1), self.redis.publish("bb", 2)], [1, 1])
        self.assertEqual([self.next(pubsub)[3], self.next(pubsub)[3]], [b"1", b"2"])

    def test_keyspace_events(self):
        self.redis.config_set("notify-keyspace-events", "KEA")
        self.addCleanup(self.redis.config_set, "notify-keyspace-events", "")
        pubsub = self.subscriber(ignore_subscribe_messages=True)
        pubsub.psubscribe("__keyevent@0__:*")
        pubsub.get_message(timeout=PATIENCE)
        self.redis.pipeline().hset("h", "f", "v").pexpire("h", 1).execute()
        self.assertEqual([self.next(pubsub)[2:] for _ in range(3)], [
            (b"__keyevent@0__:" + name, b"h") for name in (b"hset", b"expire", b"expired")])


class Waiting(Together):
    def test_workers_take_each_job_once(self):
        def work():
            with connect() as client:
                jobs = []
                while jobs[-1:] != [b"end"]:
                    jobs.append(client.blpop("jobs")[1])
                return jobs[:-1]
        workers = [self.in_thread(work) for _ in range(4)]
        wait_until_blocked(self.redis, 4)
        for number in range(500):
            self.redis.rpush("jobs", number)
        self.redis.rpush("jobs", *["end"] * 4)
        taken = [job for worker in workers for job in worker()]
        self.assertEqual(sorted(map(int, taken)), list(range(500)))

    def test_what_a_transaction_pushes_is_served_behind_it(self):
        other = self.another()
        reply = self.in_thread(lambda: other.blpop(["q"], timeout=PATIENCE))
        wait_until_blocked(self.redis, 1)
        self.assertEqual(self.redis.pipeline().rpush("q", "a", "b").lpop("q").execute(), [2, b"a"])
        self.assertEqual(reply(), (b"q", b"b"))

    def test_nobody_waits_in_a_transaction(self):
        self.assertEqual(self.redis.pipeline().blpop("q").brpoplpush("q", "d").set("k", "v").execute(),
                         [None, None, True])

    def test_several_elements_at_once(self):
        other = self.another()
        reply = self.in_thread(lambda: other.blmpop(0, 2, "none", "q", direction="LEFT", count=2))
        wait_until_blocked(self.redis, 1)
        self.redis.rpush("q", 1, 2, 3)
        self.assertEqual(reply(), [b"q", [b"1", b"2"]])
        reply = self.in_thread(lambda: other.bzmpop(0, 1, "z", max=True))
        wait_until_blocked(self.redis, 1)
        self.redis.zadd("z", {"m": 1, "n": 2})
        self.assertEqual(reply(), [b"z", [[b"n", b"2"]]])


class Transactions(Together):
    def test_additions_under_transaction_lose_nothing(self):
        self.redis.set("sum", 0)

        def work():
            with connect() as client:
                def add(pipe):
                    value = int(pipe.get("sum"))
                    pipe.multi()
                    pipe.set("sum", value + 1)
                return [client.transaction(add, "sum") for _ in range(50)]
        workers = [self.in_thread(work) for _ in range(4)]
        self.assertEqual([worker() for worker in workers], [[[True]] * 50] * 4)
        self.assertEqual(self.redis.get("sum"), b"200")

    def test_a_watched_key_that_expires_or_is_popped_for_another(self):
        for change in (lambda: self.redis.pexpire("w", 1), lambda: self.redis.blpop("w"), self.redis.flushdb):
            self.redis.rpush("w", "v")
            with self.another().pipeline() as pipe:
                pipe.watch("w")
                change()
                pipe.multi()
                pipe.rpush("w", "never")
                self.assertRaises(redis.WatchError, pipe.execute)
            self.redis.delete("w")


class Locks(Together):
    """redis-py takes a lock by SET NX PX, and gives it back, extends and takes it over by EVALSHA."""

    def test_a_lock_is_taken_by_one(self):
        lock, second = self.redis.lock("l", timeout=60), self.another().lock("l", timeout=60)
        self.assertTrue(lock.acquire(blocking=False))
        self.assertFalse(second.acquire(blocking=False))
        self.assertTrue(lock.owned() and lock.locked() and not second.owned())
        self.assertTrue(0 < self.redis.pttl("l") <= 60000)
        lock.release()
        self.assertFalse(lock.locked())
        self.assertTrue(second.acquire(blocking=False))

    def test_a_lock_ends_by_itself_for_who_waits(self):
        self.assertTrue(self.redis.lock("l", timeout=0.05).acquire(blocking=False))
        self.assertTrue(self.another().lock("l", timeout=60, sleep=0.001).acquire(blocking_timeout=PATIENCE))

    def test_a_lock_is_extended_and_taken_again(self):
        with self.redis.lock("l", timeout=60) as lock:
            self.assertTrue(lock.extend(40))
            self.assertTrue(95000 < self.redis.pttl("l") <= 100000)
            self.assertTrue(lock.extend(7, replace_ttl=True))
            self.assertTrue(0 < self.redis.pttl("l") <= 7000)
            self.assertTrue(lock.reacquire())
            self.assertTrue(7000 < self.redis.pttl("l") <= 60000)
        self.assertEqual(self.redis.exists("l"), 0)

    def test_a_lock_that_has_gone_to_another_is_not_given_back(self):
        lock = self.redis.lock("l", timeout=60)
        lock.acquire()
        self.redis.set("l", "of another", px=60000)
        self.assertRaises(redis.exceptions.LockNotOwnedError, lock.extend, 10)
        self.assertRaises(redis.exceptions.LockNotOwnedError, lock.reacquire)
        self.assertRaises(redis.exceptions.LockNotOwnedError, lock.release)
        self.assertEqual(self.redis.get("l"), b"of another")

    def test_a_lock_loads_its_scripts_again_where_they_were_forgotten(self):
        lock = self.redis.lock("l", timeout=60)
        for step in (lambda: lock.extend(10), lock.reacquire, lock.release):
            lock.owned() or lock.acquire(blocking=False)
            self.redis.script_flush()
            step()
        self.assertEqual(self.redis.exists("l"), 0)

    def test_processes_that_compete_for_a_lock_lose_no_addition(self):
        """Each reads and writes the sum in two steps, which only the lock keeps together."""
        self.redis.set("sum", 0)
        processes = [subprocess.Popen([sys.executable, "-B", __file__, SOCKET, "add"]) for _ in range(2)]
        self.assertEqual([process.wait(PATIENCE) for process in processes], [0, 0])
        self.assertEqual((self.redis.get("sum"), self.redis.exists("l")), (b"200", 0))


def add_under_the_lock():
    with connect() as client:
        for _ in range(100):
            with client.lock("l", timeout=60, sleep=0.001):
                client.set("sum", int(client.get("sum")) + 1)


class Invalidations(Together):
    """Tracking in RESP2: one connection reads, a second that subscribes is told."""

    def setUp(self):
        super().setUp()
        self.pubsub = self.subscriber(ignore_subscribe_messages=True)
        self.pubsub.subscribe("__redis__:invalidate")
        self.pubsub.get_message(timeout=PATIENCE)
        number = next(c["id"] for c in self.redis.client_list() if c["sub"] != "0")
        self.reader = self.another(single_connection_client=True)
        self.track = lambda *options: self.reader.execute_command("CLIENT", "TRACKING", "ON", "REDIRECT", number,
                                                                  *options)

    def names(self):
        message = self.pubsub.get_message(timeout=PATIENCE)
        self.assertIsNotNone(message, "nothing came")
        self.assertEqual(message["channel"], b"__redis__:invalidate")
        return message["data"]

    def test_keys_that_were_read(self):
        self.assertEqual(self.track(), b"OK")
        self.redis.mset({"a": 1, "b": 2})
        self.assertEqual(self.reader.mget("a", "b"), [b"1", b"2"])
        self.redis.set("unread", 1)
        self.redis.set("a", 2)
        self.assertEqual(self.names(), [b"a"])
        self.redis.set("a", 3)   # it was told once, and has not read it again
        self.redis.delete("b")
        self.assertEqual(self.names(), [b"b"])
        self.redis.flushall()
        self.assertIsNone(self.names())

    def test_prefixes(self):
        self.assertEqual(self.track("BCAST", "PREFIX", "user:", "NOLOOP"), b"OK")
        self.reader.set("user:0", "its own")
        self.redis.set("other", 1)
        self.redis.set("user:1", 1)
        self.assertEqual(self.names(), [b"user:1"])

    def test_the_one_that_is_told_has_gone(self):
        self.track()
        self.pubsub.close()
        deadline = time.monotonic() + PATIENCE
        while b"broken_redirect" not in self.reader.execute_command("CLIENT", "TRACKINGINFO")[1]:
            self.assertLess(time.monotonic(), deadline, "the redirection is still whole")
            self.reader.get("a")
            self.redis.incr("a")


class Asyncio(Together):
    def run_with_two(self, test):
        async def run():
            async with redis.asyncio.Redis(unix_socket_path=SOCKET) as one, \
                    redis.asyncio.Redis(unix_socket_path=SOCKET) as other:
                await asyncio.wait_for(test(one, other), PATIENCE)
        asyncio.run(run())

    async def blocked(self, client, count):
        while (await client.info("clients"))["blocked_clients"] != count:
            pass

    def test_asyncio_messages(self):
        async def test(one, other):
            got = []
            async with one.pubsub(ignore_subscribe_messages=True) as pubsub:
                await pubsub.subscribe("a")
                await pubsub.psubscribe("b*")
                while await other.publish("a", "0") == 0 or await other.publish("bb", "1") == 0:
                    pass
                async for message in pubsub.listen():
                    got.append((message["type"], message["channel"], message["data"]))
                    if len(got) == 2:
                        break
                await pubsub.unsubscribe("a")
                await pubsub.punsubscribe("b*")
                self.assertIsNone(await pubsub.get_message(timeout=0.01))
            self.assertEqual(got, [("message", b"a", b"0"), ("pmessage", b"bb", b"1")])
        self.run_with_two(test)

    def test_asyncio_waiting(self):
        async def test(one, other):
            waiting = [asyncio.ensure_future(one.blpop(["q", "none"], timeout=0)) for _ in range(3)]
            await self.blocked(other, 3)
            await other.rpush("q", 1, 2, 3)
            self.assertEqual(sorted(await asyncio.gather(*waiting)), [(b"q", b"%d" % n) for n in (1, 2, 3)])
            moved = asyncio.ensure_future(one.brpoplpush("q", "done", timeout=0))
            await self.blocked(other, 1)
            await other.lpush("q", "v")
            self.assertEqual((await moved, await other.lrange("done", 0, -1)), (b"v", [b"v"]))
            self.assertIsNone(await one.blpop(["none"], timeout=0.01))
        self.run_with_two(test)

    def test_asyncio_transactions(self):
        async def test(one, other):
            await one.set("sum", 0)

            async def work(client):
                async def add(pipe):
                    value = int(await pipe.get("sum"))
                    pipe.multi()
                    pipe.set("sum", value + 1)
                for _ in range(50):
                    await client.transaction(add, "sum")
            await asyncio.gather(work(one), work(other))
            self.assertEqual(await one.get("sum"), b"100")
        self.run_with_two(test)


if __name__ == "__main__":
    if len(sys.argv) not in (2, 3):
        sys.exit("usage: python_together.py SOCKET")
    SOCKET = sys.argv[1]
    if sys.argv[2:] == ["add"]:   # one of the processes that compete
        sys.exit(add_under_the_lock())
    claims.run_all("python3-redis together")
