"""nginx, gunicorn behind a socket file, and its sessions in kvs behind another; requests as of a browser."""

import http.client
import http.cookies
import os
import subprocess
import sys
import threading
import time
import urllib.parse

import proxies
from processes import PATIENCE, ask, comes_true, free_port, listens, started, tail_of

HTTP = """http {
    access_log off;
    client_body_temp_path %(folder)s/body;
    proxy_temp_path %(folder)s/proxy;
    fastcgi_temp_path %(folder)s/fastcgi;
    uwsgi_temp_path %(folder)s/uwsgi;
    scgi_temp_path %(folder)s/scgi;
    upstream application { server unix:%(application)s; }
    server {
        listen 127.0.0.1:%(port)d;
        location / { proxy_pass http://application; }
    }
}"""

LIFETIME = 1800   # seconds, as in session_application.py
THREADS, VISITS = 8, 25


def python_with_gunicorn():
    """The Python that has both gunicorn and redis; Debian's packages are seen by Debian's Python."""
    for python in (sys.executable, "/usr/bin/python3"):
        if os.path.exists(python) and subprocess.run([python, "-c", "import gunicorn, redis"],
                                                     capture_output=True).returncode == 0:
            return python
    return None


class Answer:
    """status, text, worker (the process that made it) and the cookie that it sets, None for none."""

    def __init__(self, response):
        self.status = response.status
        self.text = response.read().decode(errors="replace").strip()
        self.worker = response.getheader("X-Worker")
        jar = http.cookies.SimpleCookie(response.getheader("Set-Cookie", ""))
        self.cookie = jar["session"].value if "session" in jar else None

    def __repr__(self):
        return "%d %r, cookie %r" % (self.status, self.text, self.cookie)


class Browser:
    """Requests to the port, with the session's cookie once there is one."""

    def __init__(self, port, token=""):
        self.port = port
        self.token = token

    def request(self, method, path, form=None):
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=PATIENCE)
        headers = {"Cookie": "session=" + self.token} if self.token else {}
        body = None
        if form is not None:
            body = urllib.parse.urlencode(form)
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        try:
            connection.request(method, path, body, headers)
            answer = Answer(connection.getresponse())
        finally:
            connection.close()
        if answer.cookie is not None:
            self.token = answer.cookie
        return answer

    def visit(self):
        return self.request("GET", "/")

    def login(self, name):
        return self.request("POST", "/login", {"name": name})

    def logout(self):
        return self.request("POST", "/logout", {})


def gunicorn(place, python):
    """Two workers on a socket file, as started() gives them. They find kvs by a symbolic link."""
    environment = dict(os.environ, KVS_SOCKET=link_to_kvs(place), PYTHONDONTWRITEBYTECODE="1")
    return started([python, "-m", "gunicorn", "--workers", "2", "--bind", "unix:" + application_socket(place),
                    "--pythonpath", place.here, "--worker-tmp-dir", place.folder, "--log-level", "info",
                    "session_application:application"], gunicorn_log(place), environment)


def application_socket(place):
    return os.path.join(place.folder, "application.socket")


def link_to_kvs(place):
    return os.path.join(place.folder, "kvs.socket")


def gunicorn_log(place):
    return os.path.join(place.folder, "gunicorn.log")


def keys_of(place, token):
    """What kvs itself has of a session: (visits, name, seconds to live of both)."""
    keys = ["session:%s:%s" % (token, field) for field in ("visits", "name")]
    return tuple(ask(place, "MGET", *keys)) + tuple(ask(place, "TTL", key) for key in keys)


def lives(seconds):
    return 0 < seconds <= LIFETIME


# ---- what is claimed ----

def check_visits_and_login(place, port, results):
    """Gives the browser that is logged in."""
    browser = Browser(port)
    answers = [browser.visit() for _ in range(3)]
    results.claim([answer.text for answer in answers] == ["nobody: visit %d" % n for n in (1, 2, 3)]
                  and answers[0].cookie and not answers[1].cookie,
                  "web: the first visit sets a cookie, and the visits are counted", repr(answers))
    visits, name, life, no_life = keys_of(place, browser.token)
    results.claim((visits, name, no_life) == (b"3", None, -2) and lives(life),
                  "web: kvs has the session with its count and its time to live", repr((visits, name, life)))
    other = Browser(port)
    results.claim(other.visit().text == "nobody: visit 1" and other.token != browser.token,
                  "web: another browser has a session of its own")
    guess = Browser(port, "made-up")
    results.claim(guess.visit().cookie and guess.token != "made-up"
                  and ask(place, "EXISTS", "session:made-up:visits") == 0,
                  "web: a cookie that somebody made up is no session")
    before = browser.token
    answer = browser.login("Tom Grüße")
    results.claim(answer.text == "welcome, Tom Grüße" and browser.token != before
                  and keys_of(place, before) == (None, None, -2, -2),
                  "web: login begins a new session and deletes the old one", repr(answer))
    answer = browser.visit()
    visits, name, life, name_life = keys_of(place, browser.token)
    results.claim(answer.text == "Tom Grüße: visit 1" and (visits, name) == (b"1", "Tom Grüße".encode())
                  and lives(life) and lives(name_life), "web: the name is in the session, and in kvs",
                  repr(answer))
    return browser


def check_workers_share(place, port, results):
    """Many visits at once: each is counted once, whichever worker it came to."""
    first = Browser(port)
    first.login("everybody")
    texts, workers, failures = [], set(), []

    def visits():
        browser = Browser(port, first.token)
        try:
            for _ in range(VISITS):
                answer = browser.visit()
                texts.append(answer.text)
                workers.add(answer.worker)
        except (OSError, http.client.HTTPException) as error:
            failures.append(repr(error))
    deadline = time.monotonic() + PATIENCE
    # which worker has a visit is up to the kernel
    while len(workers) < 2 and not failures and time.monotonic() < deadline:
        threads = [threading.Thread(target=visits) for _ in range(THREADS)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    results.claim(not failures and len(workers) == 2, "web: both workers of gunicorn serve the same session",
                  "workers %s; %s" % (sorted(workers), failures[:1]))
    results.claim(sorted(texts) == sorted("everybody: visit %d" % n for n in range(1, len(texts) + 1))
                  and keys_of(place, first.token)[0] == b"%d" % len(texts),
                  "web: visits at once through two workers are counted each once",
                  "%d visits, kvs says %r" % (len(texts), keys_of(place, first.token)))


def check_lifetime(place, port, results):
    browser = Browser(port)
    browser.visit()
    key = "session:%s:visits" % browser.token
    ask(place, "EXPIRE", key, 100)
    browser.visit()
    results.claim(100 < ask(place, "TTL", key) <= LIFETIME, "web: a visit makes the session live on")
    before = browser.token
    ask(place, "PEXPIRE", key, 1)
    gone = comes_true(lambda: ask(place, "EXISTS", key) == 0)
    answer = browser.visit()
    results.claim(gone and answer.text == "nobody: visit 1" and browser.token != before,
                  "web: a session whose time is over begins anew", repr(answer))


def check_logout(place, browser, results):
    token = browser.token
    answer = browser.logout()
    results.claim(answer.text == "goodbye" and answer.cookie == ""
                  and keys_of(place, token) == (None, None, -2, -2),
                  "web: logout deletes the session from kvs and the cookie from the browser", repr(answer))
    answer = Browser(browser.port, token).visit()
    results.claim(answer.text == "nobody: visit 1" and answer.cookie not in (None, token),
                  "web: the cookie of before the logout is worth nothing", repr(answer))


def check_kvs_away(place, browser, results):
    """Takes kvs out of the application's reach, and gives it back."""
    visits = int(keys_of(place, browser.token)[0])
    kill = ["CLIENT", "KILL", "SKIPME", "yes"]
    ask(place, *kill)
    answer = browser.visit()
    results.claim(answer.text.endswith(": visit %d" % (visits + 1)),
                  "web: connections to kvs that were killed are made again", repr(answer))
    os.unlink(link_to_kvs(place))
    ask(place, *kill)
    answer = browser.visit()
    results.claim(answer.status == 503 and answer.text.startswith("the sessions are away: "),
                  "web: 503 and one line while kvs is out of reach", repr(answer))
    os.symlink(place.path, link_to_kvs(place))
    answer = browser.visit()
    results.claim(answer.text.endswith(": visit %d" % (visits + 2)),
                  "web: the session is there when kvs is back", repr(answer))


def sessions_in_kvs(place, results):
    python = python_with_gunicorn()
    if not results.claim(python is not None, "web: a Python with gunicorn and redis is installed"):
        return
    os.symlink(place.path, link_to_kvs(place))
    port = free_port()
    configuration = HTTP % {"folder": place.folder, "application": application_socket(place), "port": port}
    with proxies.nginx(place, configuration):
        log = os.path.join(place.folder, "nginx.log")
        if not results.claim(comes_true(lambda: listens(port), 15), "web: nginx listens", tail_of(log)):
            return
        with gunicorn(place, python):
            if not results.claim(comes_true(lambda: listens(application_socket(place))),
                                 "web: gunicorn listens", tail_of(gunicorn_log(place))):
                return
            browser = check_visits_and_login(place, port, results)
            check_workers_share(place, port, results)
            check_lifetime(place, port, results)
            check_kvs_away(place, Browser(port, browser.token), results)
        answer = browser.visit()
        results.claim(answer.status == 502, "web: nginx says 502 while gunicorn is down", repr(answer))
        with gunicorn(place, python):
            comes_true(lambda: listens(application_socket(place)))
            answer = browser.visit()
            results.claim(answer.text == "Tom Grüße: visit 4" and not answer.cookie,
                          "web: the session is still there after a restart of gunicorn",
                          "%r\n%s" % (answer, tail_of(gunicorn_log(place))))
            check_logout(place, browser, results)
