#!/usr/bin/python3
"""Flask with the lines of docs/recipes.md. usage: recipe_flask.py APPLICATION SOCKET

APPLICATION is the file with the page's lines. Prints "ok - claim" or "not ok - claim"; exits with 1 when one failed.
"""

import importlib.util
import sys

import flask
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

failures = 0


def claim(holds, what, detail=""):
    global failures
    failures += not holds
    print("%sok - Flask: %s%s" % ("" if holds else "not ", what, "" if holds else ": %r" % (detail,)))


def application():
    spec = importlib.util.spec_from_file_location("application", sys.argv[1])
    lines = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(lines)
    return lines


def check_cache(cache):
    claim(cache.set("a", [1, "ü"], timeout=60) and cache.get("a") == [1, "ü"] and cache.get("absent") is None,
          "set and get")
    claim(not cache.add("a", 1) and cache.has("a") and cache.delete("a") and not cache.has("a"), "add, has and delete")
    claim(sorted(cache.set_many({"p": 1, "q": 2})) == ["p", "q"] and cache.get_many("p", "q", "r") == [1, 2, None]
          and sorted(cache.delete_many("p", "q")) == ["p", "q"], "set_many, get_many and delete_many")
    calls = []

    @cache.memoize(50)
    def double(x):
        calls.append(x)
        return x * 2
    results = [double(2), double(2)]
    cache.delete_memoized(double)
    claim(results + [double(2)] == [4, 4, 4] and calls == [2, 2], "memoize, and forgetting it", calls)
    claim(cache.set("b", 1) and cache.clear() and not cache.has("b"), "clear")


def check_sessions(app):
    @app.route("/")
    def visits():
        flask.session["visits"] = flask.session.get("visits", 0) + 1
        return str(flask.session["visits"])
    first, second = app.test_client(), app.test_client()
    texts = [client.get("/").text for client in (first, first, second, first)]
    claim(texts == ["1", "2", "1", "3"], "sessions count, each visitor's by itself", texts)


def limited_pages(lines):
    """They are added before the first request, as Flask wants it."""
    @lines.app.route("/limited")
    @lines.limiter.limit("3/hour")
    def limited():
        return "ok"

    @lines.app.route("/other")
    @lines.limiter.limit("1/day")
    def other():
        return "ok"


def check_limiter(lines, limiter):
    client = lines.app.test_client()
    codes = [client.get(path).status_code for path in ["/limited"] * 5 + ["/other"] * 2]
    claim(codes == [200, 200, 200, 429, 429, 200, 429], "Flask-Limiter lets through as many as are allowed", codes)
    claim(limiter.storage.reset() > 0 and client.get("/limited").status_code == 200, "Flask-Limiter's storage is reset")


def check_fixed_window(path):
    limited = flask.Flask("limited")
    limiter = Limiter(get_remote_address, app=limited, storage_uri="redis+unix://" + path)

    @limited.route("/")
    @limiter.limit("1/month")
    def page():
        return "ok"
    client = limited.test_client()
    claim([client.get("/").status_code for _ in range(3)] in ([200, 429, 429], [200, 200, 429]),
          "Flask-Limiter by fixed windows")   # or a month began


lines = application()
limited_pages(lines)
with lines.app.app_context():
    check_cache(lines.cache)
check_sessions(lines.app)
check_limiter(lines, lines.limiter)
check_fixed_window(sys.argv[2])
sys.exit(1 if failures else 0)
