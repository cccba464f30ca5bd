"""A small WSGI application that keeps its sessions in kvs: a visitor's name and a count of visits.

GET / counts a visit, POST /login takes name=..., POST /logout forgets the visitor. The environment's
KVS_SOCKET names the socket file of kvs. A session is two keys, session:TOKEN:visits and session:TOKEN:name,
which end LIFETIME seconds after the last visit. No process knows a session by itself, so they come and go.
"""

import http.cookies
import os
import secrets
import urllib.parse

import redis

LIFETIME = 1800   # seconds
NO_COOKIE = "session=; Path=/; Max-Age=0"

kvs = redis.Redis(unix_socket_path=os.environ["KVS_SOCKET"])


def visits_key(token):
    return "session:%s:visits" % token


def name_key(token):
    return "session:%s:name" % token


def session_of(environ):
    """The token of the visitor's session as long as kvs has it, else None."""
    cookies = http.cookies.SimpleCookie(environ.get("HTTP_COOKIE", ""))
    token = cookies["session"].value if "session" in cookies else ""
    return token if token and kvs.exists(visits_key(token)) else None


def begin_session():
    token = secrets.token_urlsafe(24)
    kvs.set(visits_key(token), 0, ex=LIFETIME)
    return token


def forget(token):
    if token:
        kvs.delete(visits_key(token), name_key(token))


def cookie(token):
    return "session=%s; Path=/; HttpOnly; SameSite=Lax" % token


def visit(environ):
    """What the visitor gets, and the cookie to set or None."""
    known = session_of(environ)
    token = known or begin_session()
    with kvs.pipeline(transaction=False) as pipe:
        pipe.incr(visits_key(token)).expire(visits_key(token), LIFETIME)
        pipe.get(name_key(token)).expire(name_key(token), LIFETIME)
        visits, _, name, _ = pipe.execute()
    return "%s: visit %d" % (name.decode() if name else "nobody", visits), None if known else cookie(token)


def login(environ):
    """A new token for a new name: what somebody knew before is worth nothing afterwards."""
    size = int(environ.get("CONTENT_LENGTH") or 0)
    form = urllib.parse.parse_qs(environ["wsgi.input"].read(size).decode())
    name = form.get("name", [""])[0]
    if not name:
        return "login with name=...", None
    forget(session_of(environ))
    token = begin_session()
    kvs.set(name_key(token), name, ex=LIFETIME)
    return "welcome, %s" % name, cookie(token)


def logout(environ):
    forget(session_of(environ))
    return "goodbye", NO_COOKIE


ROUTES = {("GET", "/"): visit, ("POST", "/login"): login, ("POST", "/logout"): logout}


def application(environ, start_response):
    headers = [("Content-Type", "text/plain; charset=utf-8"), ("X-Worker", str(os.getpid()))]
    route = ROUTES.get((environ["REQUEST_METHOD"], environ["PATH_INFO"]))
    if route is None:
        start_response("404 Not Found", headers)
        return [b"not here\n"]
    try:
        text, new_cookie = route(environ)
    except redis.ConnectionError as error:
        start_response("503 Service Unavailable", headers)
        return [("the sessions are away: %s\n" % error).encode()]
    if new_cookie:
        headers.append(("Set-Cookie", new_cookie))
    start_response("200 OK", headers)
    return [(text + "\n").encode()]
