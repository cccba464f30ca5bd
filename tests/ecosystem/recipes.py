"""docs/recipes.md, held to what it says: its blocks of code are run with the programs that they are for.

A block's first line is a comment with its name. The page's socket of kvs.service becomes one of the test's, which
allows access=write as well; its socket of a store of one's own becomes one with access=admin.
"""

import concurrent.futures
import http.cookiejar
import os
import re
import shutil
import subprocess
import urllib.error
import urllib.request

import rspamd
from processes import ask, ask_database, comes_true, free_port, listens, run, started, tail_of

PAGE = os.path.join(os.path.dirname(os.path.abspath(__file__)), os.pardir, os.pardir, "docs", "recipes.md")
SOCKET = "/run/kvs/kvs.sock"
OWN_SOCKET = "/run/kvs-www-data/kvs.sock"
BLOCK = re.compile(r"^```\w*\n(?:#|//|;) (\S+)\n(.*?)^```$", re.M | re.S)
ROW = re.compile(r"^\| ([^|]+) \| ([^|]+) \| ([^|]+) \|$", re.M)
RUN = ["PHP sessions", "Laravel, by phpredis or Predis", "Symfony, by phpredis or Predis", "Django", "Django Channels",
       "Celery", "RQ", "Flask", "Express sessions", "ioredis, node-redis", "BullMQ", "Bull, Bee-Queue",
       "Redlock, rate-limiter-flexible, by ioredis", "Socket.IO", "Rails", "Sidekiq", "Rspamd"]   # by the parts of recipes()

VISITS = """<?php
session_start();
$_SESSION["visits"] = ($_SESSION["visits"] ?? 0) + 1;
if (isset($_GET["renew"])) session_regenerate_id(true);
if (isset($_GET["end"])) session_destroy();
echo $_SESSION["visits"];
"""

# What Debian's /etc/redis/redis.conf says, for those who may not read it
DEBIAN = """bind 127.0.0.1 -::1
protected-mode yes
port 6379
daemonize yes
pidfile /run/redis/redis-server.pid
logfile /var/log/redis/redis-server.log
dir /var/lib/redis
"""


def page():
    with open(PAGE, encoding="utf-8") as file:
        return file.read()


def block(name):
    """The text of the page's block of that name, without its first line."""
    return dict(BLOCK.findall(page()))[name]


def written(place, name, **replaced):
    """The path of a file with that block, the page's sockets being the test's; other texts are replaced as given."""
    replaced = {SOCKET: narrow_socket(place), OWN_SOCKET: place.path, **replaced}
    longest_first = sorted(replaced, key=len, reverse=True)
    text = re.sub("|".join(map(re.escape, longest_first)), lambda found: replaced[found[0]], block(name))
    path = os.path.join(place.folder, name)
    with open(path, "w", encoding="utf-8") as file:
        file.write(text)
    return path


def narrow_socket(place):
    """A second socket of the test's server, which allows access=write."""
    path = os.path.join(place.folder, "narrow.sock")
    if not os.path.exists(path):
        ask(place, "CONFIG", "SET", "listen", path + " mode=0600 access=write")
    return path


def programs_of_kvs():
    """A PATH that finds kvs-cli and kvs-server of the build that is tested."""
    server = os.environ.get("KVS_SERVER", os.path.join(os.path.dirname(PAGE), os.pardir, "build", "kvs-server"))
    folder = os.path.dirname(os.path.abspath(shutil.which(server) or server))
    return dict(os.environ, PATH=folder + os.pathsep + os.environ["PATH"])


# ---- the table ----

def table(place, results):
    """What the table calls run is run: each row's program has its part in this test."""
    rows = ROW.findall(page())[1:]
    ways = {}
    for program, _, way in rows:
        ways.setdefault(way, []).append(re.sub(r"[][`]|\(#.*?\)", "", program).split(":")[0].split(" (")[0])
    results.claim(ways.get("run") == RUN and set(ways) <= {"run", "replayed", "read"} and "---" not in ways,
                  "recipes: what the table calls run is run", repr(ways))


# ---- PHP ----

class Visitor:
    """A browser of the PHP page, with cookies."""

    def __init__(self, port):
        self.base = "http://127.0.0.1:%d/" % port
        self.jar = http.cookiejar.CookieJar()
        self.opener = urllib.request.build_opener(urllib.request.HTTPCookieProcessor(self.jar))

    def get(self, query=""):
        try:
            with self.opener.open(self.base + query, timeout=30) as answer:
                return answer.read().decode(errors="replace")
        except urllib.error.URLError as error:
            return str(error)

    def token(self):
        return next((cookie.value for cookie in self.jar), None)


def php_page(place, results, ini, use):
    """Serves VISITS with that php.ini and lets use(a function that gives a new visitor) claim."""
    script, log, port = os.path.join(place.folder, "visits.php"), os.path.join(place.folder, "php.log"), free_port()
    with open(script, "w", encoding="utf-8") as file:
        file.write(VISITS)
    with started(["php", "-c", ini, "-d", "display_errors=0", "-S", "127.0.0.1:%d" % port, script], log,
                 dict(os.environ, PHP_CLI_SERVER_WORKERS="4")):
        if results.claim(comes_true(lambda: listens(port), 15), "PHP: its web server listens", tail_of(log)):
            use(lambda: Visitor(port))


def php_sessions(place, results):
    ini = written(place, "php.ini")

    def in_database(*command):
        return ask_database(place, 1, *command)

    def sessions(visitor):
        first, second = visitor(), visitor()
        results.claim([first.get(), first.get(), second.get(), first.get()] == ["1", "2", "1", "3"],
                      "PHP: visits are counted, each visitor's by itself")
        key = "shop:" + str(first.token())
        results.claim(86000 < in_database("TTL", key) <= 86400,
                      "PHP: kvs has the session in its database, with prefix and time to live")
        before = first.token()
        first.get("?renew")
        results.claim(first.token() != before and first.get() == "5" and in_database("EXISTS", key) == 0,
                      "PHP: session_regenerate_id() takes the session along")
        first.get("?end")
        results.claim(in_database("EXISTS", "shop:" + first.token()) == 0, "PHP: session_destroy() deletes the key")

    php_page(place, results, ini, sessions)
    with open(ini, "a", encoding="utf-8") as file:
        file.write("redis.session.locking_enabled = 1\nredis.session.lock_wait_time = 1000\n"
                   "redis.session.lock_retries = -1\n")

    def locked(visitor):
        first = visitor()
        answers = [first.get()]
        with concurrent.futures.ThreadPoolExecutor(8) as several:
            answers += several.map(lambda _: first.get(), range(40))
        lock = in_database("GET", "shop:%s_LOCK" % first.token())
        results.claim(sorted(map(int, answers)) == list(range(1, 42)) and lock is None,
                      "PHP: with locking no visit of those at the same time is lost", repr(answers))
    php_page(place, results, ini, locked)


def php_replayed(place, results):
    """What Nextcloud and Redis Object Cache send."""
    results.take("replays", ["php", os.path.join(place.here, "recipe_replay.php"), written(place, "config.php"),
                             written(place, "wp-config.php"), narrow_socket(place)])


def frameworks(place, results):
    """Each client finds the server empty."""
    for program, name in (("recipe_laravel.php", "database.php"), ("recipe_symfony.php", "framework.yaml")):
        for client in ("phpredis", "predis"):
            results.take(program, ["php", "-d", "display_errors=stderr", os.path.join(place.here, program),
                                   written(place, name), client])
            ask(place, "FLUSHALL")


# ---- Python, Node, Ruby ----

def python_recipe(place, results, program, name, *others):
    """Debian's Python is the one that sees Debian's packages."""
    results.take(program, ["/usr/bin/python3", "-B", os.path.join(place.here, program), written(place, name),
                           *others], environment=dict(os.environ, PYTHONPATH=place.folder))


def django(place, results):
    python_recipe(place, results, "recipe_django.py", "settings.py", place.path)


def flask(place, results):
    python_recipe(place, results, "recipe_flask.py", "application.py", place.path)


def channels(place, results):
    python_recipe(place, results, "recipe_channels.py", "layers.py")


def queues(place, results):
    python_recipe(place, results, "recipe_queues.py", "celeryconfig.py", narrow_socket(place), place.path,
                  place.folder)


def node(place, results):
    folder = os.path.join(place.folder, "node")
    os.mkdir(folder)
    print("recipes: installing express, connect-redis, socket.io, queues and clients with npm in a temporary folder",
          flush=True)
    code, output = run(["npm", "install", "--prefix", folder, "--no-audit", "--no-fund", "--loglevel=error",
                        "express@4", "express-session@1", "connect-redis@9", "redis@5", "ioredis@5", "socket.io@4",
                        "socket.io-client@4", "@socket.io/redis-adapter@8", "@socket.io/redis-streams-adapter@0.3.1",
                        "bullmq@6.7.0", "bull@4.16.5", "bee-queue@2.0.0", "redlock@5.0.0-beta.2",
                        "rate-limiter-flexible@7.4.0"], timeout=180)
    if results.claim(code == 0, "npm installs express, connect-redis, socket.io and queues",
                     output.decode(errors="replace")[-400:]):
        environment = dict(os.environ, NODE_PATH=os.path.join(folder, "node_modules"), SESSION_SECRET="of the test")
        for program, *words in (("recipe_node.js", written(place, "app.js"), written(place, "ioredis.js")),
                                ("recipe_socket_io.js", written(place, "socket.js")),
                                ("recipe_socket_io.js", written(place, "socket-streams.js"), "streams"),
                                ("recipe_bullmq.js", written(place, "queue.js")),
                                ("bee_queue.js", narrow_socket(place)),
                                ("node_limits.js", narrow_socket(place))):
            results.take(program, ["node", os.path.join(place.here, program), *words], environment=environment)


def rails(place, results):
    results.take("recipe_rails.rb", ["ruby", os.path.join(place.here, "recipe_rails.rb"),
                                     written(place, "production.rb"), place.path])
    results.take("recipe_cable.rb", ["ruby", os.path.join(place.here, "recipe_cable.rb"), written(place, "cable.yml")])


def sidekiq(place, results):
    results.take("recipe_sidekiq.rb", ["ruby", os.path.join(place.here, "recipe_sidekiq.rb"),
                                       written(place, "sidekiq.rb"), place.folder])


# ---- mail ----

def mails(place, results):
    with open(written(place, "redis.conf"), encoding="utf-8") as file:
        rspamd.scans(place, results, file.read())


# ---- moving ----

def moving(place, results):
    """From a redis-server of the test's own."""
    folder = os.path.join(place.folder, "redis")
    os.mkdir(folder)
    old = os.path.join(folder, "redis.sock")
    with started(["redis-server", "--port", "0", "--unixsocket", old, "--dir", folder, "--save", ""],
                 os.path.join(folder, "log")):
        if not results.claim(comes_true(lambda: listens(old), 15), "moving: redis-server listens"):
            return
        for words in ("SET plain text", "SET session abc EX 1000", "SET number 17", "RPUSH queue a b", "HSET hash f v",
                      "XADD stream * f v",
                      "LOLWUT VERSION 5", "CONFIG GET maxmemory"):
            run(["redis-cli", "-s", old] + words.split())
        missing_commands(place, results, old)
        if results.claim(place.python is not None, "python3-redis is installed"):
            copied_keys(place, results, old)
    taken_configuration(place, results)


def missing_commands(place, results, old):
    script = written(place, "commands-missing.sh", **{"redis-cli -h localhost": "redis-cli -s " + old,
                                                      "/tmp/": place.folder + "/"})
    done = subprocess.run(["sh", script], capture_output=True, env=programs_of_kvs(), timeout=60)
    results.claim(done.stdout == b"lolwut\n" and not done.stderr,
                  "moving: the commands that Redis has run and kvs doesn't have are listed", repr(done))


def copied_keys(place, results, old):
    new = narrow_socket(place)
    code, output = run([place.python, written(place, "copy_keys.py"), "unix://%s?db=0" % old,
                        "unix://%s?db=0" % new])
    results.claim(code == 0 and output.strip() == b"6 keys copied, 0 left", "moving: all keys are copied",
                  output.decode(errors="replace")[-400:])
    types = [ask(place, "TYPE", key) for key in ("plain", "queue", "hash", "stream")]
    results.claim(types == [b"string", b"list", b"hash", b"stream"], "moving: whatever their types are", repr(types))
    results.claim(ask(place, "MGET", "plain", "session", "number") == [b"text", b"abc", b"17"]
                  and 900 < ask(place, "TTL", "session") <= 1000 and ask(place, "TTL", "plain") == -1,
                  "moving: values and times to live are those of Redis")


def taken_configuration(place, results):
    source = "/etc/redis/redis.conf"
    if not os.access(source, os.R_OK):
        source = os.path.join(place.folder, "redis.conf")
        with open(source, "w", encoding="utf-8") as file:
            file.write(DEBIAN)
    target = os.path.join(place.folder, "kvs.conf")
    run_folder = os.path.join(place.folder, "run")
    os.mkdir(run_folder)
    script = written(place, "take-configuration.sh", **{
        SOCKET: os.path.join(run_folder, "kvs.sock"), "/etc/redis/redis.conf": source,
        "/etc/kvs/kvs.conf": target, "/var/lib/kvs": place.folder, "/run/kvs/": run_folder + "/",
        " group=kvs": ""})
    done = subprocess.run(["sh", "-e", script], capture_output=True, env=programs_of_kvs(), timeout=60)
    results.claim(done.returncode == 0, "moving: Debian's configuration is good after the page's lines", repr(done))
    serves(place, results, target, [os.path.join(run_folder, name) for name in ("kvs.sock", "admin.sock")],
           "moving: a server starts with it", lambda: None)


def serves(place, results, configuration, sockets, what, check):
    """Starts kvs with a configuration; check() runs while it serves."""
    log = os.path.join(place.folder, "second.log")
    with started(["kvs-server", configuration], log, programs_of_kvs()):
        if results.claim(comes_true(lambda: all(listens(path) for path in sockets), 15), what, tail_of(log)):
            check()


# ---- tenants ----

def tenants(place, results):
    folder = os.path.join(place.folder, "tenants")
    os.mkdir(folder)
    configuration = written(place, "tenants.conf", **{"/run/kvs/": folder + "/", " group=shop": "", " group=forum": ""})
    paths = {name: os.path.join(folder, name + ".sock") for name in ("shop", "forum", "admin")}

    def says(name, *words):
        return run(["redis-cli", "-s", paths[name], *words])[1].decode(errors="replace").strip()

    def claims():
        results.claim(says("shop", "ACL", "WHOAMI") == "shop" and says("forum", "ACL", "WHOAMI") == "forum",
                      "tenants: the socket says who one is")
        results.claim(says("shop", "SET", "shop:a", "1") == "OK" and says("forum", "SET", "forum:a", "2") == "OK",
                      "tenants: each writes its own keys")
        refused = [says("shop", *words.split()) for words in (
            "GET forum:a", "SET forum:a x", "DEL forum:a", "KEYS *", "SCAN 0", "DBSIZE", "RANDOMKEY", "FLUSHDB",
            "CONFIG GET *", "CLIENT LIST", "MONITOR", "COPY shop:a forum:b", "SORT shop:a")]
        results.claim(all("NOPERM" in text or "unknown command" in text for text in refused),
                      "tenants: nobody reads, writes, lists or counts another's keys", repr(refused))
        logins = [says("shop", "AUTH", name, password) for name in ("forum", "keeper", "default")
                  for password in ("x", "")]
        results.claim(all("WRONGPASS" in text for text in logins), "tenants: nobody logs in as another", repr(logins))
        results.claim(says("admin", "MGET", "shop:a", "forum:a").split() == ["1", "2"]
                      and says("admin", "CONFIG", "GET", "maxclients-per-uid").split()[-1] == "1000",
                      "tenants: the administrator sees all")

    serves(place, results, configuration, list(paths.values()), "tenants: the server starts", claims)


def recipes(place, results):
    named = [name for name, _ in BLOCK.findall(page())]
    used = ["commands-missing.sh", "php.ini", "database.php", "framework.yaml", "settings.py", "layers.py",
            "celeryconfig.py", "application.py", "app.js", "ioredis.js", "socket.js", "socket-streams.js", "queue.js",
            "production.rb", "cable.yml", "sidekiq.rb", "config.php", "wp-config.php", "redis.conf",
            "take-configuration.sh", "copy_keys.py", "tenants.conf"]
    results.claim(named == used and page().count("```") == 2 * len(used), "recipes: each block of the page is run here",
                  repr(named))
    for part in (table, php_sessions, php_replayed, frameworks, django, channels, flask, queues, node, rails, sidekiq,
                 mails, moving, tenants):
        part(place, results)
        ask(place, "FLUSHALL")
