#!/usr/bin/python3
"""Django's cache and sessions with the settings of docs/recipes.md. usage: recipe_django.py SETTINGS SOCKET

SETTINGS is the file with the page's lines, SOCKET one that allows access=admin. Prints "ok - claim" or
"not ok - claim"; exits with 1 when one failed. Django's own backend, which Debian 12's Django doesn't have, is
replayed: the commands that it sends, by redis-py.
"""

import importlib.util
import sys

import redis
import django
from django.conf import settings

failures = 0


def claim(holds, what, detail=""):
    global failures
    failures += not holds
    print("%sok - Django: %s%s" % ("" if holds else "not ", what, "" if holds else ": %r" % (detail,)))


def refused(words, call, *args):
    """Whether the call ends with an error that has those words."""
    try:
        call(*args)
    except Exception as error:   # each backend has its own kind
        return words in str(error)
    return False


def configure(path):
    """The caches: default as the page has it, and spare on a socket with access=admin."""
    spec = importlib.util.spec_from_file_location("page_settings", path)
    lines = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lines)
    spare = dict(lines.CACHES["default"], LOCATION="unix://%s?db=2" % sys.argv[2])
    settings.configure(CACHES=dict(lines.CACHES, spare=spare), SESSION_ENGINE=lines.SESSION_ENGINE)
    django.setup()
    return lines.CACHES["default"]["LOCATION"]


def check_cache(cache, spare):
    value = {"name": "grüße", "list": [1, None, 2.5]}
    claim(cache.set("a", value, 60) and cache.get("a") == value, "set and get")
    claim(cache.get("absent") is None and cache.get_or_set("g", 3, 5) == 3, "an absent key, and get_or_set")
    claim(not cache.add("a", 1) and cache.add("b", 5), "add")
    cache.set("n", 5)
    claim((cache.incr("n"), cache.decr("n", 3)) == (6, 3), "incr and decr")
    claim(refused("", cache.incr, "nothing"), "incr of an absent key is an error")
    claim(cache.touch("a", 100) and 90 < cache.ttl("a") <= 100, "touch")
    claim(cache.get_many(["a", "b", "absent"]) == {"a": value, "b": 5}, "get_many")
    claim(cache.delete("b") and cache.delete_many(["a", "g"]) == 2 and not cache.has_key("a"), "delete and delete_many")
    cache.set_many({"p": 1, "q": 2})
    claim(cache.get_many(["p", "q"]) == {"p": 1, "q": 2}, "set_many")
    with cache.lock("l", timeout=60):
        claim(not cache.lock("l", timeout=60).acquire(blocking=False), "a lock is taken by one")
    claim(cache.lock("l", timeout=60).acquire(blocking=False), "a lock is given back")
    cache.set("far", 9223372036854775800, 60)
    claim(cache.incr("far", 100) == 9223372036854775900 and 0 < cache.ttl("far") <= 60, "incr beyond 64 bits")
    cache.set_many({"user:%d" % number: number for number in range(100)})
    claim(sorted(cache.keys("user:9?")) == ["user:%d" % number for number in range(90, 100)]
          and cache.delete_pattern("user:*", itersize=10) == 100 and cache.keys("user:*") == [], "keys and delete_pattern")
    claim(refused("access=admin", cache.clear), "clear needs access=admin, as the page says")
    spare.clear()
    claim(cache.get("n") is None, "clear in a store of its own")


def check_sessions():
    from django.contrib.sessions.backends.cache import SessionStore
    session = SessionStore()
    session["user"] = 7
    session.create()
    again = SessionStore(session.session_key)
    claim(again["user"] == 7, "a session is found by its key")
    again.cycle_key()
    claim(not again.exists(session.session_key) and SessionStore(again.session_key)["user"] == 7,
          "a session moves to a new key")
    key = again.session_key
    again.flush()
    claim(not again.exists(key), "a session ends")


def replay_own_backend(location):
    kvs = redis.Redis.from_url(location)
    claim(kvs.set("o", 1, ex=60) and not kvs.set("o", 2, ex=60, nx=True) and kvs.exists("o") == 1
          and kvs.incr("o", 4) == 5, "own backend: set, add and incr")
    claim(kvs.expire("o", 100) and kvs.persist("o") and kvs.mget(["o", "absent"]) == [b"5", None]
          and kvs.delete("o", "x") == 1, "own backend: touch, get_many and delete_many")
    claim(kvs.pipeline().mset({"p": 1}).expire("p", 5).execute() == [True, True] and kvs.ttl("p") > 0, "own backend: set_many")
    claim(refused("access=admin", kvs.flushdb), "own backend: clear needs access=admin")


location = configure(sys.argv[1])
from django.core.cache import caches   # noqa: E402  it wants the settings
check_cache(caches["default"], caches["spare"])
check_sessions()
replay_own_backend(location)
sys.exit(1 if failures else 0)
