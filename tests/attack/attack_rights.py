"""Rights that change, and secrets that stay where others read."""

import contextlib
import os
import re
import shlex
import time

from kit import Client, Error, attack, encode


def sees(monitor, writer, word):
    """Whether a monitor is told of a command that is sent now; one that was ended is not."""
    writer("GET", word)
    monitor.socket.settimeout(0.3)
    text = monitor.buffer
    with contextlib.suppress(OSError):
        while word.encode() not in text:
            data = monitor.socket.recv(65536)
            if not data:
                return False
            text += data
    return word.encode() in text


def denied(reply):
    return isinstance(reply, Error) and str(reply).startswith(("NOPERM", "NOAUTH"))


@attack("MONITOR runs, then its socket's access is lowered or made again with less, its user loses rights or is deleted")
def monitor_lowered(case):
    server = case.server()
    path = os.path.join(server.folder, "live.sock")
    admin = server.client()
    admin("CONFIG", "SET", "listen", "+%s access=admin" % path)

    def start(*login):
        monitor = Client(path)
        if login:
            monitor("AUTH", *login)
        if monitor("MONITOR") != b"OK" or not sees(monitor, admin, "before"):
            raise RuntimeError("MONITOR does not run")
        return monitor

    monitor = start()
    admin("CONFIG", "SET", "listen", "+%s access=read" % path)
    case.holds("sees nothing after access=read", not sees(monitor, admin, "secret1"))
    admin("CONFIG", "SET", "listen", "+%s access=admin" % path)
    for number, rules in enumerate((["-@all"], ["-monitor"], ["reset"])):
        user = "eve%d" % number
        admin("ACL", "SETUSER", user, "on", "nopass", "~*", "+@all")
        monitor = start(user, "x")
        admin("ACL", "SETUSER", user, *rules)
        case.holds("sees nothing after ACL SETUSER " + rules[0], not sees(monitor, admin, "secret2"))
    admin("ACL", "SETUSER", "gone", "on", "nopass", "~*", "+@all")
    monitor = start("gone", "x")
    admin("ACL", "DELUSER", "gone")
    case.holds("sees nothing after ACL DELUSER", not sees(monitor, admin, "secret3"))
    monitor = start()
    admin("CONFIG", "SET", "listen", "-" + path)
    admin("CONFIG", "SET", "listen", "+%s access=write" % path)
    case.holds("sees nothing after its socket was made again with access=write", not sees(monitor, admin, "secret4"))


@attack("a socket with access=write is removed and made again with access=read, its connection stays")
def socket_made_again(case):
    server = case.server()
    admin = server.client()
    path = os.path.join(server.folder, "live.sock")
    admin("CONFIG", "SET", "listen", "+%s access=write" % path)
    client = Client(path)
    client("SET", "a", "b")

    def may_write():
        try:
            return client("SET", "a", "c") == b"OK"
        except (OSError, EOFError):
            return False

    admin("CONFIG", "SET", "listen", "+%s access=read" % path)
    case.holds("may not write after access=read", not may_write())
    admin("CONFIG", "SET", "listen", "+%s access=write" % path)
    admin("CONFIG", "SET", "listen", "-" + path)
    admin("CONFIG", "SET", "listen", "+%s access=read" % path)
    case.holds("may not write after it was made again with access=read", not may_write())


@attack("rights are taken while a client's pipeline waits", redis=True)
def pipeline_behind(case):
    server = case.server()
    admin = server.client()
    admin("ACL", "SETUSER", "bob", "on", "nopass", "~*", "+@all")
    client = server.client()
    client("AUTH", "bob", "x")
    for words in (("ACL", "SETUSER", "bob", "-set"), ("SET", "a", "b")):
        client.send(*words)
    client.read()
    case.holds("the next command of the pipeline is refused", denied(client.read()))
    admin("ACL", "SETUSER", "bob", "+set")
    admin("CLIENT", "PAUSE", "5000", "WRITE")
    client.send("SET", "a", "b")
    time.sleep(0.1)   # it is held
    admin("ACL", "SETUSER", "bob", "-set")
    admin("CLIENT", "UNPAUSE")
    case.holds("a held command is asked again", denied(client.read()))


FORMS = [tuple(shlex.split(line)) for line in """
AUTH {}
AUTH bob {}
AUTH a b {}
aUtH {}
HELLO 3 AUTH bob {}
HELLO 3 SETNAME x AUTH bob {}
HELLO 9 AUTH bob {}
ACL SETUSER bob on ">{}"
ACL SETUSER bob "<{}"
ACL SETUSER bob nonsense ">{}"
ACL SETUSER bob '(+get >{})'
ACL DRYRUN default AUTH {}
ACL DRYRUN default AUTH bob {}
ACL DRYRUN default ACL SETUSER bob ">{}"
ACL DRYRUN default HELLO 3 AUTH bob {}
ACL DRYRUN nobody AUTH {}
ACL DRYRUN default CONFIG SET requirepass {}
COMMAND GETKEYS AUTH {}
COMMAND GETKEYS AUTH bob {}
COMMAND GETKEYSANDFLAGS AUTH bob {}
COMMAND GETKEYS ACL SETUSER bob ">{}"
COMMAND GETKEYS COMMAND GETKEYS AUTH {}
COMMAND GETKEYS CONFIG SET requirepass {}
ACL DRYRUN default COMMAND GETKEYS AUTH {}
ACL DRYRUN default ACL DRYRUN default AUTH {}
CONFIG SET user 'carol on >{} ~* +@all'
CONFIG SET user 'carol on #{}'
CONFIG SET masterauth {}
CONFIG SET tls-key-file-pass {}
CONFIG SET maxmemory 0 masterauth {}
CONFIG SET masterauth {} maxmemory
CONFIG SET nosuch 1 requirepass {}
CONFIG SET requirepass {} maxmemory nonsense
CONFIG SET rEquirepass {} nosuch x
config set MASTERAUTH {}
ACL SETUSERS bob ">{}"
LOGIN bob {}
COMMAND GETKEYS LOGIN bob {}
ACL DRYRUN default LOGIN bob {}
DEBUG INSIDE AUTH bob {}
DEBUG INSIDE ACL SETUSER bob ">{}"
MIGRATE h 1 k 0 1 AUTH {}
MIGRATE h 1 k 0 1 AUTH2 bob {}
ACL GETUSER bob ">{}"
CLIENT SETINFO LIB-NAME x AUTH {}
""".strip().split("\n")]
# where the word that is searched for is no secret
HARMLESS = {form for form in FORMS if form[:2] in (("ACL", "GETUSER"), ("CLIENT", "SETINFO"))}


def records_of(server, monitor, admin):
    """What is recorded of commands: {where: text}."""
    slowlog = str(admin("SLOWLOG", "GET", "-1"))
    admin("GET", "end-of-all")
    while b"end-of-all" not in monitor.buffer:
        monitor.fill()
    return {"SLOWLOG": slowlog, "MONITOR": monitor.buffer.decode("latin-1"), "ACL LOG": str(admin("ACL", "LOG", "1000")),
            "log": server.log_text(), "CLIENT LIST": str(admin("CLIENT", "LIST")),
            "INFO": str(admin("INFO", "everything"))}


def send_secrets(server, reader):
    """Each form with a secret of its own, through two sockets, as an array, as a line, and cut short."""
    for number, form in enumerate(FORMS):
        secret = "s3cr3t%03d" % number
        words = [word.format(secret) for word in form]
        server.client()(*words)
        reader(*words)
        client = server.client()
        client.raw(shlex.join(words).encode() + b"\r\n")
        client.read()
        client.raw(encode(*words)[:-2] + b"!!")   # a protocol error


@attack("secrets in every form of a command; SLOWLOG, MONITOR, ACL LOG, CLIENT LIST, INFO and the log are searched",
        redis=True)
def secrets_recorded(case):
    options = ["--slowlog-log-slower-than", "0", "--slowlog-max-len", "1000", "--loglevel", "debug",
               "--enable-debug-command", "yes"]
    found = {}
    for renamed in (False, True):
        server = case.server(*options, *(["--rename-command", "AUTH", "LOGIN"] if renamed else []))
        admin, monitor = server.client(), server.client()
        monitor("MONITOR")
        send_secrets(server, server.client("read"))
        records = records_of(server, monitor, admin)
        for number, form in enumerate(FORMS):
            places = [place for place, text in records.items() if "s3cr3t%03d" % number in text]
            unknown = ("AUTH" if renamed else "LOGIN") in form   # no command of this server
            if places and form not in HARMLESS and not unknown:
                found[" ".join(form).format("...")] = ", ".join(places)
    case.figure("forms that are recorded somewhere", len(found), 0, "")
    for form, places in found.items():
        case.figures[-1].seen += "\n        %s: %s" % (form, places)


@attack("a configuration file with NUL bytes: in a password, a path, a name, at the end of a line, in an ACL file")
def nul_in_configuration(case):
    for name, line in (("password", b"requirepass long\0er-secret"), ("number", b"maxclients 50\0"),
                       ("name", b"maxclients\0 50"), ("user", b"user bob on >sec\0ret ~* +@all"),
                       ("comment", b"# a \0 comment\nmaxclients 50\0 7"), ("quoted", b'requirepass "sec\\x00ret"')):
        server = case.server(lines=[b"hz 10", line], answers=False)
        with contextlib.suppress(RuntimeError):
            server.await_answer(2)
        ended = not server.is_alive()
        line = re.search(r"(:|line )[23]\b", server.log_text())
        case.holds("%s: refused, with its line" % name, ended and server.process.returncode > 0 and line,
                   "" if ended else "it starts")
        server.stop()
    folder = case.folder()
    path = os.path.join(folder, "users.acl")
    with open(path, "wb") as file:
        file.write(b"user default on nopass ~* +@all\nuser bob on >sec\0ret ~* +@all\n")
    server = case.server("--aclfile", path, answers=False)
    with contextlib.suppress(RuntimeError):
        server.await_answer(2)
    case.holds("ACL file: refused", not server.is_alive(), server.how_it_ended())
