#!/usr/bin/env python3
"""--copy-from: the keys of one server into another."""

import os
import re
import subprocess
import threading
import time
import unittest

from harness import (CLI, DEADLINE, KvsServer, REDIS_CLI, RedisServer, Running, ScriptedServer, environment, main, run,
                     run_cli, wait_until)
from terminal import Screen


def ask(server, *words):
    return run_cli("-s", server.path, *words)[1].removesuffix(b"\n")


def pong(_):
    return b"+PONG\r\n"


def bulk(text):
    return b"$%d\r\n%s\r\n" % (len(text), text)


class Copy(unittest.TestCase):
    """Between servers as they are."""

    @classmethod
    def setUpClass(cls):
        cls.source, cls.target, cls.kvs = RedisServer(), RedisServer(), KvsServer()

    @classmethod
    def tearDownClass(cls):
        for server in (cls.source, cls.target, cls.kvs):
            server.close()

    def setUp(self):
        for server in (self.source, self.target):
            ask(server, "flushall")

    def copy(self, *arguments, **env):
        status, output, errors = run_cli("-s", self.target.path, "--copy-from", self.source.path, *arguments,
                                         env=environment(**env))
        return status, re.sub(r" in [\d.]+ ?[mu]?s", "", output.decode()), errors.decode()

    def fill(self, count, length=10, database=0):
        script = "for i = 1, %d do redis.call('set', 'key:' .. i, string.rep('x', %d)) end" % (count, length)
        ask(self.source, "-n", str(database), "eval", script, "0")

    @staticmethod
    def sizes(server):
        """Keys by database, as the server tells."""
        return {int(number): int(keys) for number, keys in re.findall(rb"db(\d+):keys=(\d+)", ask(server, "info", "keyspace"))}

    @staticmethod
    def told(output):
        """The totals of each database, and of all, without their sizes."""
        lines = [re.sub(r" \(.*?\)", "", line) for line in output.splitlines()]
        return dict(line.split(": ", 1) for line in lines[:-1]), lines[-1]

    def test_keys_of_every_type_arrive_as_they_are(self):
        for words in (["set", "text", "hello"], ["set", "number", "42"], ["set", "empty", ""],
                      ["rpush", "list", "a", "b"], ["rpush", "long list"] + [str(i) * 30 for i in range(500)],
                      ["sadd", "ints", "1", "2"], ["sadd", "set", "a", "b"], ["hset", "hash", "f", "v"],
                      ["hset", "long hash"] + [str(i) * 20 for i in range(400)],
                      ["zadd", "zset", "1.5", "a", "inf", "b"],
                      ["xadd", "stream", "1-1", "f", "v"], ["xgroup", "create", "stream", "g", "0"],
                      ["pfadd", "loglog", "a"], ["geoadd", "geo", "13.3", "38.1", "x"]):
            ask(self.source, *words)
        keys = sorted(ask(self.source, "keys", "*").split(b"\n"))
        self.assertEqual(self.copy()[0], 0)
        self.assertEqual(sorted(ask(self.target, "keys", "*").split(b"\n")), keys)
        for server in (self.source, self.target):
            self.assertEqual(ask(self.target, "debug", "digest"), ask(server, "debug", "digest"))
        self.assertEqual(ask(self.target, "lrange", "long list", "0", "-1"),
                         ask(self.source, "lrange", "long list", "0", "-1"))

    def test_names_may_hold_any_bytes(self):
        names = [bytes([i]) for i in range(256)] + [b"", b"\r\n*1\r\n$8\r\nFLUSHALL\r\n", b"x" * 100000]
        for name in names[::5] + names[-3:]:
            run(REDIS_CLI, "-s", self.source.path, "-x", "eval", "redis.call('set', ARGV[1], '1')", "0", stdin=name)
        status, output, errors = self.copy()
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(ask(self.target, "debug", "digest"), ask(self.source, "debug", "digest"))

    def test_times_to_live_are_kept_to_the_millisecond(self):
        ask(self.source, "set", "a", "1", "pxat", "99999999999999")
        ask(self.source, "set", "b", "1", "px", "1000000")
        ask(self.source, "set", "c", "1")
        self.assertEqual(self.copy()[0], 0)
        for key in "abc":
            self.assertEqual(ask(self.target, "pexpiretime", key), ask(self.source, "pexpiretime", key))
        self.assertEqual(ask(self.target, "pexpiretime", "c"), b"-1")

    def test_totals_of_many_keys(self):
        self.fill(5000, 100)
        status, output, errors = self.copy("--count", "100")
        size = output.split("(")[1].split(")")[0]
        line = "copied 5,000 keys (%s), skipped 0, failed 0\n" % size
        self.assertEqual((status, output, errors), (0, "database 0: " + line + line, ""))
        self.assertEqual(ask(self.target, "dbsize"), b"5000")
        self.assertEqual(ask(self.target, "debug", "digest"), ask(self.source, "debug", "digest"))

    def test_keys_that_are_there_are_skipped_unless_replaced(self):
        self.fill(10)
        ask(self.target, "set", "key:3", "mine")
        status, output, errors = self.copy()
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(self.told(output), ({"database 0": "copied 9 keys, skipped 1, failed 0"},
                                             "copied 9 keys, skipped 1, failed 0; --replace overwrites what is there"))
        self.assertEqual(ask(self.target, "get", "key:3"), b"mine")
        status, output, errors = self.copy("--replace")
        self.assertEqual(self.told(output)[1], "copied 10 keys, skipped 0, failed 0")
        self.assertEqual(ask(self.target, "get", "key:3"), b"xxxxxxxxxx")

    def test_pattern_and_type_choose(self):
        self.fill(20)
        ask(self.source, "rpush", "key:list", "a")
        ask(self.source, "set", "two words", "a")
        self.assertIn("copied 11 keys", self.copy("--pattern", "key:1*")[1])
        self.assertIn("copied 1 key ", self.copy("--type", "list")[1])
        self.assertIn("copied 1 key ", self.copy("--quoted-pattern", '"two\\x20w*"')[1])
        self.assertEqual(ask(self.target, "dbsize"), b"13")
        self.assertEqual(self.copy("--quoted-pattern", '"two')[0], 2)

    def test_database_is_that_of_n_on_both_sides(self):
        self.fill(3)
        self.fill(1, database=5)
        self.assertRegex(self.copy("-n", "5")[1], r"^copied 1 key \(.*\), skipped 0, failed 0\n$")
        self.assertEqual(self.sizes(self.target), {5: 1})
        self.assertEqual(self.copy("-n", "99")[0], 1)
        self.assertRegex(self.copy("-n", "0")[1], r"^copied 3 keys \(.*\), skipped 0, failed 0\n$")
        self.assertEqual(self.sizes(self.target), {0: 3, 5: 1})

    def test_database_is_that_of_a_url_on_both_sides(self):
        self.fill(3)
        for number in (5, 6):
            self.fill(1, database=number)
        url = "unix://%s?db=%%d" % self.target.path
        self.assertEqual(run_cli("-u", url % 5, "--copy-from", self.source.path)[::2], (0, b""))
        self.assertEqual(self.sizes(self.target), {5: 1})
        self.assertEqual(run_cli("--copy-from", self.source.path, env=environment(KVS_SOCKET=url % 6))[::2], (0, b""))
        self.assertEqual(self.sizes(self.target), {5: 1, 6: 1})

    ALL = {0: 3, 2: 20, 15: 1}

    def fill_all(self):
        for number, count in self.ALL.items():
            self.fill(count, database=number)

    def test_all_databases_are_copied_and_told(self):
        self.fill_all()
        ask(self.target, "-n", "2", "set", "key:7", "mine")
        status, output, errors = self.copy()
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(self.told(output), ({"database 0": "copied 3 keys, skipped 0, failed 0",
                                              "database 2": "copied 19 keys, skipped 1, failed 0",
                                              "database 15": "copied 1 key, skipped 0, failed 0"},
                                             "copied 23 keys, skipped 1, failed 0; --replace overwrites what is there"))
        self.assertEqual(self.sizes(self.target), self.ALL)
        self.assertEqual(self.copy("--replace")[0], 0)
        self.assertEqual(ask(self.target, "debug", "digest"), ask(self.source, "debug", "digest"))

    def test_databases_without_anything_to_copy_have_no_line(self):
        self.fill_all()
        self.assertEqual(self.told(self.copy("--pattern", "key:1?")[1]),
                         ({"database 2": "copied 10 keys, skipped 0, failed 0"}, "copied 10 keys, skipped 0, failed 0"))

    def test_what_fails_in_one_database_is_named_and_ends_nothing(self):
        self.fill_all()
        ask(self.source, "acl", "setuser", "default", "resetkeys", "~key:1")
        try:
            status, output, errors = self.copy("--pattern", "key:[12]")
        finally:
            ask(self.source, "acl", "setuser", "default", "allkeys")
        self.assertEqual(status, 1)
        self.assertRegex(errors, '^kvs-cli: --copy-from: database 0, "key:2": DUMP: NOPERM .*\n'
                         'kvs-cli: --copy-from: database 2, "key:2": DUMP: NOPERM .*\n$')
        self.assertEqual(self.told(output), ({"database 0": "copied 1 key, skipped 0, failed 1",
                                              "database 2": "copied 1 key, skipped 0, failed 1",
                                              "database 15": "copied 1 key, skipped 0, failed 0"},
                                             "copied 3 keys, skipped 0, failed 2"))

    def test_target_with_fewer_databases_is_refused_beforehand(self):
        self.fill_all()
        small = RedisServer("--databases", "15")
        self.addCleanup(small.close)
        status, output, errors = run_cli("-s", small.path, "--copy-from", self.source.path)
        self.assertEqual((status, output), (1, b""))
        self.assertEqual(errors.decode(), "kvs-cli: --copy-from: the server at %s refuses database 15, which has keys to be copied: "
                         "ERR DB index is out of range; nothing is copied; -n copies one database alone\n" % small.path)
        self.assertEqual(self.sizes(small), {})
        self.assertEqual(run_cli("-s", small.path, "--copy-from", self.source.path, "-n", "2")[0], 0)
        self.assertEqual(self.sizes(small), {2: 20})

    def copy_as(self, *rules):
        """By a user of the source with these rules, and how often that was refused something."""
        ask(self.source, "acl", "setuser", "reader", "reset", "on", ">pw", "~*", "+@all", *rules)
        ask(self.source, "acl", "log", "reset")
        result = self.copy(KVSCLI_SOURCE_USER="reader", KVSCLI_SOURCE_AUTH="pw")
        log = ask(self.source, "--csv", "acl", "log").decode()
        return result, sorted(re.findall(r'"count",(\d+),"reason","command","context","toplevel","object","([^"]*)"', log))

    def test_source_that_refuses_info_is_tried_database_by_database(self):
        self.fill_all()
        (status, output, errors), refused = self.copy_as("-info")
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(list(self.told(output)[0]), ["database 0", "database 2", "database 15"])
        self.assertEqual(self.sizes(self.target), self.ALL)
        self.assertEqual(refused, [("1", "info")])

    def test_source_that_refuses_dbsize_as_well(self):
        self.fill_all()
        (status, output, errors), _ = self.copy_as("-info", "-dbsize")
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(list(self.told(output)[0]), ["database 0", "database 2", "database 15"])
        self.assertEqual(self.sizes(self.target), self.ALL)

    def test_source_that_tells_nothing_has_database_0(self):
        self.fill_all()
        (status, output, errors), refused = self.copy_as("-info", "-select")
        self.assertEqual(status, 0)
        self.assertRegex(errors, "^kvs-cli: --copy-from: the server at %s does not tell which databases have keys: NOPERM .*; "
                         "database 0 alone is copied\n$" % self.source.path)
        self.assertEqual(self.sizes(self.target), {0: 3})
        self.assertEqual(refused, [("1", "info"), ("1", "select")])

    def test_source_that_refuses_select_is_refused_beforehand(self):
        self.fill_all()
        (status, output, errors), _ = self.copy_as("-select")
        self.assertEqual((status, output), (4, ""))
        self.assertRegex(errors, "^kvs-cli: --copy-from: the server at %s refuses database 15, which has keys to be copied: NOPERM .*; "
                         "nothing is copied; -n copies one database alone\n$" % self.source.path)
        self.assertEqual(self.sizes(self.target), {})
        for number in (2, 15):
            ask(self.source, "-n", str(number), "flushdb")
        self.assertEqual(self.copy_as("-select")[0][::2], (0, ""))

    def test_nothing_to_copy(self):
        self.assertEqual(self.copy(), (0, "copied 0 keys (0 B), skipped 0, failed 0\n", ""))

    def test_memory_is_bounded(self):
        with open(CLI, "rb") as program:
            if b"__asan_init" in program.read():
                self.skipTest("AddressSanitizer keeps what is released")
        for i in range(24):
            ask(self.source, "setrange", str(i), str(5 << 20), "x")
        with subprocess.Popen([CLI, "-s", self.target.path, "--copy-from", self.source.path],
                              stdout=subprocess.PIPE) as process:
            output = process.stdout.read()
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = status
        self.assertEqual((status, output[:25]), (0, b"database 0: copied 24 key"))
        self.assertLess(usage.ru_maxrss, 64 << 10)
        self.assertEqual(ask(self.target, "debug", "digest"), ask(self.source, "debug", "digest"))

    def test_passwords_of_both_sides(self):
        self.fill(3)
        ask(self.source, "acl", "setuser", "reader", "on", ">secret one", "~*", "+@all")
        ask(self.source, "config", "set", "requirepass", "secret")
        ask(self.target, "config", "set", "requirepass", "other")
        try:
            for env, status, word in (({}, 4, "NOAUTH"), ({"KVSCLI_AUTH": "other"}, 4, self.source.path),
                                      ({"KVSCLI_AUTH": "other", "KVSCLI_SOURCE_AUTH": "secret"}, 0, ""),
                                      ({"KVSCLI_AUTH": "other", "KVSCLI_SOURCE_AUTH": "secret one",
                                        "KVSCLI_SOURCE_USER": "reader"}, 0, "")):
                result = self.copy(**env)
                self.assertEqual(result[0], status, result)
                self.assertIn(word, result[2])
                self.assertNotIn("secret", result[1] + result[2])
        finally:
            for server, password in ((self.source, "secret"), (self.target, "other")):
                run(REDIS_CLI, "-s", server.path, "-a", password, "config", "set", "requirepass", "")

    def test_user_of_the_source_without_a_password_logs_in_with_an_empty_one(self):
        self.fill(3)
        ask(self.source, "acl", "setuser", "open", "on", "nopass", "~*", "+@all")
        ask(self.source, "acl", "setuser", "closed", "on", ">pw", "~*", "+@all")
        ask(self.source, "acl", "setuser", "default", "off")  # who came in as nobody else would be refused everything
        try:
            closed = self.copy(KVSCLI_SOURCE_USER="closed")
            status, output, errors = self.copy(KVSCLI_SOURCE_USER="open")
        finally:
            run(REDIS_CLI, "-s", self.source.path, "--user", "closed", "-a", "pw", "acl", "setuser", "default", "on")
        self.assertEqual((status, errors), (0, ""))
        self.assertEqual(self.sizes(self.target), {0: 3})
        self.assertEqual(closed[:2], (4, ""))
        self.assertRegex(closed[2], r"^AUTH failed: WRONGPASS .*\n$")

    def test_passwords_of_the_target_are_not_sent_to_the_source(self):
        with ScriptedServer(Source(b"a", AUTH=lambda _: b"+OK\r\n")) as one, ScriptedServer(lambda _: b"+OK\r\n") as other:
            for changes, source, target in (
                    ({"KVSCLI_AUTH": "t"}, [], [b"AUTH", b"t"]),
                    ({"KVSCLI_SOURCE_USER": "reader"}, [b"AUTH", b"reader", b""], []),
                    ({"KVSCLI_AUTH": "t", "KVSCLI_SOURCE_USER": "reader"}, [b"AUTH", b"reader", b""], [b"AUTH", b"t"]),
                    ({"KVSCLI_SOURCE_AUTH": "s"}, [b"AUTH", b"s"], []),
                    ({"KVS_SOCKET": "unix://boss:t@%s?db=0" % other.path}, [], [b"AUTH", b"boss", b"t"])):
                for server in (one, other):
                    server.commands.clear()
                options = [] if "KVS_SOCKET" in changes else ["-s", other.path]
                status, _, errors = run_cli(*options, "--copy-from", one.path, env=environment(**changes))
                self.assertEqual((status, errors), (0, b""))
                for server, login in ((one, source), (other, target)):
                    self.assertEqual([words for words in server.commands if words[0] == b"AUTH"], [login] if login else [])

    def test_commands_that_a_user_may_not_run(self):
        self.fill(3)
        for server, command in ((self.source, "dump"), (self.source, "scan"), (self.target, "restore")):
            ask(server, "acl", "setuser", "default", "-" + command)
            try:
                status, output, errors = self.copy()
                self.assertEqual(status, 4)
                self.assertRegex(errors, "^kvs-cli: --copy-from: %s: %s: NOPERM .*; nothing more is copied\n$" % (
                    server.path, command.upper()))
                self.assertIn("copied 0 keys", output)
            finally:
                ask(server, "acl", "setuser", "default", "+" + command)

    def test_keys_that_a_user_may_not_read_fail_alone(self):
        self.fill(3)
        ask(self.source, "acl", "setuser", "default", "resetkeys", "~key:1")
        try:
            status, output, errors = self.copy()
        finally:
            ask(self.source, "acl", "setuser", "default", "allkeys")
        self.assertEqual(status, 1)
        self.assertEqual(self.told(output)[1], "copied 1 key, skipped 0, failed 2")
        self.assertRegex(errors, '^(kvs-cli: --copy-from: "key:[23]": DUMP: NOPERM .*\n){2}$')

    def test_target_without_memory_ends_it(self):
        self.fill(300)
        ask(self.target, "config", "set", "maxmemory", "1")
        try:
            status, output, errors = self.copy()
        finally:
            ask(self.target, "config", "set", "maxmemory", "0")
        self.assertEqual(status, 1)
        self.assertRegex(errors, "^kvs-cli: --copy-from: .*: RESTORE: OOM .*; nothing more is copied\n$")

    def test_server_is_not_copied_into_itself(self):
        link = self.source.path + ".link"
        os.symlink(self.source.path, link)
        for path in (self.source.path, link):
            status, output, errors = run_cli("-s", self.source.path, "--copy-from", path)
            self.assertEqual((status, output), (2, b""))
            self.assertIn(b"two different", errors)

    def test_kvs_takes_what_redis_gives_and_the_other_way(self):
        path = self.kvs.socket("kvs.sock")
        for words in (["set", "text", "hello"], ["set", "timed", "x", "px", "1000000"],
                      ["rpush", "list"] + [str(i) * 30 for i in range(500)], ["sadd", "set", "a", "1"],
                      ["hset", "hash"] + [str(i) * 20 for i in range(400)], ["zadd", "zset", "1.5", "a", "inf", "b"],
                      ["xadd", "stream", "1-1", "f", "v"], ["xgroup", "create", "stream", "g", "0"]):
            ask(self.source, *words)
        for arguments in (("-s", path, "--copy-from", self.source.path), ("-s", self.target.path, "--copy-from", path)):
            status, output, errors = run_cli(*arguments)
            self.assertEqual((status, errors), (0, b""))
            self.assertIn(b"7 keys", output)
        self.assertEqual(ask(self.target, "debug", "digest"), ask(self.source, "debug", "digest"))
        left = [int(ask(server, "pttl", "timed")) for server in (self.source, self.target)]
        self.assertTrue(all(0 < milliseconds <= 1000000 for milliseconds in left), left)

    def test_server_without_the_commands_is_refused_by_name(self):
        lacking = KvsServer('rename-command DUMP ""', 'rename-command RESTORE ""')
        path = lacking.socket("kvs.sock")
        for arguments, command in ((("-s", self.target.path, "--copy-from", path), "DUMP"),
                                   (("-s", path, "--copy-from", self.source.path), "RESTORE")):
            status, output, errors = run_cli(*arguments)
            self.assertEqual((status, output), (1, b""))
            self.assertRegex(errors.decode(), r"^kvs-cli: --copy-from: the server at %s \(kvs [\d.]+\) has no %s, "
                             "without which keys cannot be copied\n$" % (path, command))
        lacking.close()

    def test_no_server_at_either_end(self):
        for arguments in (("-s", "/nonexistent/a", "--copy-from", self.source.path),
                          ("-s", self.target.path, "--copy-from", "/nonexistent/a")):
            status, output, errors = run_cli(*arguments)
            self.assertEqual((status, output), (3, b""))
            self.assertIn(b"/nonexistent", errors)


class Source:
    """What a scripted source answers: keys with values, on one page of SCAN, in each of its databases."""

    databases = 1

    def __init__(self, *names, value=b"value", **special):
        self.names = names
        self.value = value
        self.special = special

    def __call__(self, words):
        command = words[0].decode().upper()
        if command in self.special:
            return self.special[command](words)
        if command == "SCAN":
            return b"*2\r\n$1\r\n0\r\n*%d\r\n%s" % (len(self.names), b"".join(bulk(name) for name in self.names))
        if command == "SELECT":
            return b"+OK\r\n" if int(words[1]) < self.databases else b"-ERR DB index is out of range\r\n"
        return {"DBSIZE": b":%d\r\n" % len(self.names), "DUMP": bulk(self.value), "PTTL": b":-1\r\n"}[command]


class CopyTrouble(unittest.TestCase):
    """Between scripted servers, which do what redis-server does seldom."""

    def copy(self, source, target, *arguments):
        with ScriptedServer(source) as one, ScriptedServer(target) as other:
            status, output, errors = run_cli("-s", other.path, "--copy-from", one.path, *arguments)
            self.sent = [words for words in other.commands if words[0] == b"RESTORE"]
            errors = errors.decode().replace(one.path, "SOURCE").replace(other.path, "TARGET")
            output = re.sub(r" in [\d.]+ ?[mu]?s", "", output.decode())
            return status, re.sub(r"(?m)^database 0: .*\n", "", output), errors  # which says the same as the totals

    @staticmethod
    def names(count):
        return [b"key%d" % i for i in range(count)]

    def test_moment_is_reckoned_where_the_source_has_no_pexpiretime(self):
        before = time.time()
        self.copy(Source(b"a", PTTL=lambda _: b":100000\r\n"), lambda _: b"+OK\r\n")
        after = time.time()
        restore, = self.sent
        self.assertEqual((restore[1], restore[3:]), (b"a", [b"value", b"ABSTTL"]))
        self.assertTrue(before * 1000 + 99999 <= int(restore[2]) <= after * 1000 + 100001)

    def test_key_that_is_gone_is_no_error(self):
        for special in ({"DUMP": lambda _: b"$-1\r\n"}, {"PTTL": lambda _: b":-2\r\n"}):
            result = self.copy(Source(b"a", b"b", **special), lambda _: b"+OK\r\n")
            self.assertEqual(result, (0, "copied 0 keys (0 B), skipped 0, failed 0; 2 were gone when their turn came\n",
                                      ""))

    def test_first_errors_are_shown_and_all_are_counted(self):
        status, output, errors = self.copy(Source(*self.names(14), b"\x1b[2J\xff"),
                                           lambda words: b"-ERR Bad data \x1b[2J\r\n" if words[1] != b"key7"
                                           else b"+OK\r\n")
        self.assertEqual((status, output), (1, "copied 1 key (5 B), skipped 0, failed 14\n"))
        lines = errors.splitlines()
        self.assertEqual(lines[0], 'kvs-cli: --copy-from: "key0": RESTORE: ERR Bad data ?[2J')
        self.assertEqual(len(lines), 11)
        self.assertEqual(lines[10], "kvs-cli: --copy-from: 4 more errors are not shown")

    def test_one_of_a_kind_is_told_in_the_singular(self):
        gone = Source(b"a", DUMP=lambda _: b"$-1\r\n")
        self.assertEqual(self.copy(gone, lambda _: b"+OK\r\n")[1],
                         "copied 0 keys (0 B), skipped 0, failed 0; 1 was gone when its turn came\n")
        errors = self.copy(Source(*self.names(11)), lambda _: b"-ERR no\r\n")[2]
        self.assertEqual(errors.splitlines()[10:], ["kvs-cli: --copy-from: 1 more error is not shown"])

    def test_names_in_messages_are_quoted(self):
        errors = self.copy(Source(b"\x1b[2J\xff"), lambda _: b"-ERR no\r\n")[2]
        self.assertEqual(errors, 'kvs-cli: --copy-from: "\\x1b[2J\\xff": RESTORE: ERR no\n')

    def test_values_of_another_version_end_it_with_the_reason(self):
        status, output, errors = self.copy(Source(*self.names(1000)),
                                           lambda _: b"-ERR DUMP payload version or checksum are wrong\r\n")
        self.assertEqual(status, 1)
        self.assertEqual(errors, "kvs-cli: --copy-from: TARGET: RESTORE: ERR DUMP payload version or checksum are "
                         "wrong; the servers' versions differ, TARGET does not read what SOURCE writes; nothing more "
                         "is copied\n")
        self.assertLess(len(self.sent), 1000)

    def test_server_that_turns_out_not_to_know_the_command(self):
        unknown = b"-ERR unknown command 'X', with args beginning with: \r\n"
        for source, target, name, command in (
                (Source(b"a", DUMP=lambda _: unknown), pong, "SOURCE", "DUMP"),
                (Source(b"a", b"b"), lambda _: unknown, "TARGET", "RESTORE"),
                (Source(b"a", SCAN=lambda _: unknown), pong, "SOURCE", "SCAN")):
            status, _, errors = self.copy(source, target)
            self.assertEqual(status, 1)
            self.assertEqual(errors, "kvs-cli: --copy-from: the server at %s has no %s, without which keys cannot be "
                             "copied\n" % (name, command))

    def test_lost_source_lets_arrive_what_it_gave(self):
        left = [bulk(b"v")] * 5
        source = Source(*self.names(10), DUMP=lambda _: left.pop() if left else None)
        status, output, errors = self.copy(source, lambda _: b"+OK\r\n")
        self.assertEqual((status, errors), (3, "kvs-cli: --copy-from: the server at SOURCE closed the connection\n"))
        self.assertRegex(output, r"^copied [0-5] keys?")

    def test_lost_target_ends_it(self):
        left = [b"+OK\r\n"] * 5
        status, output, errors = self.copy(Source(*self.names(10)), lambda _: left.pop() if left else None)
        self.assertEqual((status, errors), (3, "kvs-cli: --copy-from: the server at TARGET closed the connection\n"))
        self.assertEqual(output, "copied 5 keys (25 B), skipped 0, failed 0\n")

    def test_nonsense_from_the_source_ends_it(self):
        for special in ({"SCAN": lambda _: b"+OK\r\n"}, {"SCAN": lambda _: b"*2\r\n$2\r\nxx\r\n*0\r\n"},
                        {"SCAN": lambda _: b"*2\r\n$30\r\n" + b"1" * 30 + b"\r\n*0\r\n"},
                        {"SCAN": lambda _: b"*2\r\n$1\r\n0\r\n:1\r\n"}, {"SCAN": lambda _: b"*-1\r\n"},
                        {"DUMP": lambda _: b":1\r\n"}, {"PTTL": lambda _: b"+x\r\n"},
                        {"PTTL": lambda _: b"garbage\r\n"},
                        {"DUMP": lambda _: b"$99999999999999\r\nabc\r\n" * 3}):
            source = Source(b"a", b"b", **special)
            status, output, errors = self.copy(source, lambda _: b"+OK\r\n", "-t", "1")
            self.assertEqual(status, 3)
            self.assertRegex(errors, "^kvs-cli: --copy-from: (what )?the server at SOURCE")
            self.assertEqual(len(errors.splitlines()), 1)
            self.assertIn("failed 0", output)

    def test_answer_of_the_target_to_nothing(self):
        status, _, errors = self.copy(Source(b"a"), lambda _: b"+OK\r\n+OK\r\n-ERR the end\r\n")
        self.assertIn(status, (0, 1))
        self.assertIn(errors, ("", "kvs-cli: --copy-from: TARGET: connection: ERR the end; nothing more is copied\n"))

    def test_silence_longer_than_the_timeout(self):
        forever = threading.Event()
        for source, target, name in ((Source(b"a", DUMP=lambda _: forever.wait(DEADLINE) and None), pong, "SOURCE"),
                                     (Source(b"a"), lambda _: forever.wait(DEADLINE) and None, "TARGET")):
            status, _, errors = self.copy(source, target, "-t", "0.1")
            self.assertEqual(status, 3)
            self.assertEqual(errors, "kvs-cli: --copy-from: the server at %s was silent for longer than -t "
                             "allows\n" % name)
        forever.set()

    def test_ctrl_c_lets_arrive_what_is_on_its_way(self):
        begun, go = threading.Event(), threading.Event()

        def target(_):
            begun.set()
            go.wait(DEADLINE)
            return b"+OK\r\n"

        endless = Source(*self.names(5), SCAN=lambda _: b"*2\r\n$1\r\n7\r\n*1\r\n$1\r\na\r\n")
        with ScriptedServer(endless) as one, ScriptedServer(target) as other:
            with Running("-s", other.path, "--copy-from", one.path) as cli:
                self.assertTrue(begun.wait(DEADLINE))
                cli.interrupt()
                wait_until(lambda: one.is_left_alone_by(cli.process.pid), "the source to be left alone")
                go.set()
                status, output, errors = cli.end()
            restored = len([words for words in other.commands if words[0] == b"RESTORE"])
        self.assertEqual((status, errors), (130, ""))
        self.assertRegex(output, r"^database 0: (copied %s keys? .*\d) in .*\ninterrupted: \1 in " % "{:,}".format(restored))

    def test_ctrl_c_begins_no_other_database(self):
        begun, go = threading.Event(), threading.Event()

        def target(words):
            if words[0] == b"RESTORE":
                begun.set()
                go.wait(DEADLINE)
            return b"+OK\r\n"

        source = Source(b"a")
        source.databases = 3
        with ScriptedServer(source) as one, ScriptedServer(target) as other:
            with Running("-s", other.path, "--copy-from", one.path) as cli:
                self.assertTrue(begun.wait(DEADLINE))
                cli.interrupt()
                wait_until(lambda: one.is_left_alone_by(cli.process.pid), "the source to be left alone")
                go.set()
                status, output, errors = cli.end()
            self.assertEqual([words[1] for words in other.commands if words[0] == b"SELECT"], [b"2", b"0"])
        self.assertEqual((status, errors),
                         (130, "kvs-cli: --copy-from: database 1 and those behind it are not copied\n"))
        self.assertRegex(output, r"^database 0: copied 1 key .*\ninterrupted: copied 1 key .*\n$")

    def test_ctrl_c_between_two_databases(self):
        begun, forever = threading.Event(), threading.Event()

        def select(words):
            if words[1] == b"1" and select.copies:
                begun.set()
                forever.wait(DEADLINE)
            select.copies = words[1] == b"0"
            return b"+OK\r\n" if int(words[1]) < 2 else b"-ERR DB index is out of range\r\n"

        select.copies = False
        with ScriptedServer(Source(b"a", SELECT=select)) as one, ScriptedServer(lambda _: b"+OK\r\n") as other:
            with Running("-s", other.path, "--copy-from", one.path) as cli:
                self.assertTrue(begun.wait(DEADLINE))
                cli.interrupt()
                status, output, errors = cli.end()
            forever.set()
        self.assertEqual((status, errors), (130, ""))
        self.assertRegex(output, r"^database 0: copied 1 key .*\ninterrupted: copied 1 key .*\n$")

    def test_lost_target_ends_it_before_other_databases(self):
        source = Source(*self.names(10))
        source.databases = 2
        left = [b"+OK\r\n"] * 7  # SELECT of the highest and of the first, and five keys
        status, output, errors = self.copy(source, lambda _: left.pop() if left else None)
        self.assertEqual(status, 3)
        self.assertEqual(errors, "kvs-cli: --copy-from: the server at TARGET closed the connection\n"
                         "kvs-cli: --copy-from: database 1 is not copied\n")
        self.assertEqual(output, "copied 5 keys (25 B), skipped 0, failed 0\n")

    def test_server_with_more_databases_than_can_be_tried(self):
        source = Source(b"a")
        source.databases = 1 << 31
        status, output, errors = self.copy(source, pong)
        self.assertEqual((status, output, self.sent), (1, "", []))
        self.assertEqual(errors, "kvs-cli: --copy-from: the server at SOURCE has more than 1024 databases and does not "
                         "tell which have keys (INFO); -n copies one\n")

    def test_databases_as_a_lying_server_tells_them(self):
        text = (b"# Keyspace\r\ndb1:keys=5\r\ndb0:keys=-1\r\ndb1:keys=7\r\ndb99999999999:keys=1\r\ndb2:keys=0\r\n"
                b"dbx:keys=1\r\ndb3:expires=1\r\n")

        def answer(words):
            return bulk(text) if words[0] == b"INFO" else b"-ERR no\r\n" if words[0] == b"COMMAND" else source(words)

        source = Source(b"a", SELECT=lambda _: b"+OK\r\n")
        with ScriptedServer(answer, unknown=()) as one, ScriptedServer(lambda _: b"+OK\r\n") as other:
            status, output, errors = run_cli("-s", other.path, "--copy-from", one.path)
            selected = [words[1] for words in one.commands if words[0] == b"SELECT"]
        self.assertEqual((status, errors, selected), (0, b"", [b"1", b"0", b"1"]))
        self.assertEqual(output.count(b"copied 1 key"), 2)

    def test_target_that_does_not_read_holds_up_the_source(self):
        go = threading.Event()
        with ScriptedServer(Source(*self.names(60), value=b"x" * (1 << 20))) as one:
            with ScriptedServer(lambda _: go.wait(DEADLINE) and b"+OK\r\n") as other:
                with Running("-s", other.path, "--copy-from", one.path) as cli:
                    wait_until(lambda: any(words[0] == b"RESTORE" for words in other.commands), "a key")
                    wait_until(lambda: one.is_left_alone_by(cli.process.pid), "the source to be left alone")
                    given = len([words for words in one.commands if words[0] == b"DUMP"])
                    go.set()
                    status, output, _ = cli.end()
        self.assertEqual((status, output[:26]), (0, "database 0: copied 60 keys"))
        self.assertIn(given, range(2, 40))

    def test_second_ctrl_c_does_not_wait(self):
        forever, begun = threading.Event(), threading.Event()

        def target(_):
            begun.set()
            forever.wait(DEADLINE)

        with ScriptedServer(Source(b"a")) as one, ScriptedServer(target) as other:
            with Running("-s", other.path, "--copy-from", one.path) as cli:
                self.assertTrue(begun.wait(DEADLINE))
                while cli.process.poll() is None:
                    cli.interrupt()
                    time.sleep(0.01)
                self.assertEqual(cli.end()[::2], (130, ""))
            forever.set()

    def test_progress_at_a_terminal(self):
        def target(_):
            time.sleep(0.003)
            return b"+OK\r\n"

        with ScriptedServer(Source(*self.names(300))) as one, ScriptedServer(target) as other:
            with Screen("-s", other.path, "--copy-from", one.path) as screen:
                screen.expect("keys/s")
                self.assertRegex(screen.text(), r"^\[#*\.*\] +\d+%  \d+ keys, .* keys/s$")
                self.assertEqual(screen.wait(), 0)
                self.assertRegex(screen.text(), r"^database 0: (copied 300 keys \(1.5 KiB\), skipped 0, failed 0) in [\d.]+ ?m?s\n"
                                 r"\1 in [\d.]+ ?m?s$")

    def test_progress_is_that_of_all_databases(self):
        def target(words):
            if words[0] == b"RESTORE":
                time.sleep(0.003)
            return b"+OK\r\n"

        source = Source(*self.names(200))
        source.databases = 2
        with ScriptedServer(source) as one, ScriptedServer(target) as other:
            with Screen("-s", other.path, "--copy-from", one.path) as screen:
                screen.expect("%  database 1: ")
                self.assertRegex(screen.text(), r"(?m)^\[#*\.*\] +([5-9]\d|100)%  database 1: \d+ keys, .* keys/s$")
                self.assertEqual(screen.wait(), 0)


if __name__ == "__main__":
    main()
