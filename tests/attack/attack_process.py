"""What whoever starts, signals and watches the two programs does to them: descriptors, limits, signals, managers."""

import contextlib
import itertools
import os
import select
import signal
import socket
import stat
import subprocess
import time

from kit import PATIENCE, Client, attack, encode, wait_until


def closing(descriptors):
    def close():
        for fd in descriptors:
            os.close(fd)
    return close


def every_set():
    for count in (1, 2, 3):
        yield from itertools.combinations((0, 1, 2), count)


@attack("kvs-cli with each set of standard descriptors closed; a value is a command")
def client_closed(case):
    server = case.server()
    admin = server.client()
    admin("SET", "x", "SET pwned yes\r\n")
    for descriptors in every_set():
        for words in (["GET", "x"], ["-e", "NOSUCH", "SET pwned yes"], ["--raw", "GET", "x"], ["--scan"], ["--bigkeys"]):
            subprocess.run([case.cli, "-s", server.path, *words], preexec_fn=closing(descriptors), timeout=PATIENCE,
                           stdin=None, check=False, stdout=subprocess.DEVNULL if 1 not in descriptors else None,
                           stderr=subprocess.DEVNULL if 2 not in descriptors else None)
        pwned = admin("GETDEL", "pwned")
        case.holds("closed %s: nothing is sent back" % " ".join(map(str, descriptors)), pwned is None)


@attack("kvs-server with each set of standard descriptors closed")
def server_closed(case):
    for descriptors in every_set():
        folder = case.folder()
        path = os.path.join(folder, "s.sock")
        process = subprocess.Popen([case.program, "-s", path, "--dir", folder, "--threads", "1"],
                                   preexec_fn=closing(descriptors), stdin=None,
                                   stdout=None if 1 in descriptors else subprocess.DEVNULL,
                                   stderr=None if 2 in descriptors else subprocess.DEVNULL)
        try:
            wait_until(lambda: os.path.exists(path) or process.poll() is not None, 5)
            words = []
            if process.poll() is None:
                for fd in descriptors:
                    with contextlib.suppress(OSError):
                        if stat.S_ISSOCK(os.stat("/proc/%d/fd/%d" % (process.pid, fd)).st_mode) or \
                                "anon_inode" in os.readlink("/proc/%d/fd/%d" % (process.pid, fd)):
                            words.append("%d is %s" % (fd, os.readlink("/proc/%d/fd/%d" % (process.pid, fd))))
                client = Client(path)
                if client("PING") != b"PONG":
                    words.append("no PONG")
            else:
                words.append("it ended with %d" % process.returncode)
            case.holds("closed %s: no descriptor of its own is there" % " ".join(map(str, descriptors)), not words,
                       ", ".join(words))
        finally:
            process.kill()
            process.wait()


@attack("ulimit -n of 10 to 200")
def few_descriptors(case):
    for limit in (10, 20, 40, 60, 100, 200):
        server = case.server(limits={"RLIMIT_NOFILE": limit}, answers=False)
        served, text = 0, ""
        try:
            clients = []
            wait_until(lambda: os.path.exists(server.path) or not server.is_alive(), 3)
            with contextlib.suppress(OSError, EOFError):
                for _ in range(5):
                    clients.append(server.client(timeout=2))
                    served += clients[-1]("PING") == b"PONG"
        finally:
            if not server.is_alive():
                text = server.log_text().strip().split("\n")[-1]
        kept = served == 5 or (not server.is_alive() and server.process.returncode > 0 and any(c.isdigit() for c in text))
        case.holds("%d: five clients are served, or it doesn't start and says why" % limit, kept,
                   "%d served; %s" % (served, server.how_it_ended()))
        server.stop()


@attack("RLIMIT_FSIZE of 4 kB, and a log that grows past it")
def log_cannot_grow(case):
    folder = case.folder()
    for how, options in (("logfile", ["--logfile", os.path.join(folder, "kvs.log")]), ("standard output", [])):
        server = case.server("--loglevel", "debug", *options, limits={"RLIMIT_FSIZE": 4096})
        with contextlib.suppress(OSError, EOFError):
            for _ in range(400):
                client = server.client("read")
                client("CONFIG", "SET", "hz", "10")
                client.raw(b"*1\r\n!\r\n")
                client.read()
                client.close()
        server.rest(1)
        case.holds("%s: it lives" % how, server.is_alive(), server.how_it_ended())
        server.stop()


@attack("the log is a pipe that nobody reads, a pipe whose reader has gone, a full device; readers cause lines")
def log_not_taken(case):
    for how in ("unread pipe", "pipe without reader", "full device"):
        folder = case.folder()
        path = os.path.join(folder, "s.sock")
        reading, writing = os.pipe() if "pipe" in how else (None, os.open("/dev/full", os.O_WRONLY))
        process = subprocess.Popen([case.program, "-s", path, "--dir", folder, "--loglevel", "debug", "--threads",
                                    str(case.workers)], stdin=subprocess.DEVNULL, stdout=writing, stderr=writing)
        os.close(writing)
        try:
            client = None
            if wait_until(lambda: os.path.exists(path), 5) is not None:
                client = Client(path, 3)
                client("PING")
            if how == "pipe without reader":
                os.close(reading)
            answered = 0
            with contextlib.suppress(OSError, EOFError):
                for _ in range(2000):   # some lines of 100 bytes each: more than the 64 KiB of a pipe
                    broken = Client(path, 3)
                    broken.raw(b"*1\r\n!\r\n")
                    broken.read()
                    broken.close()
                    answered += client("PING") == b"PONG"
            case.holds("%s: all are served" % how, answered == 2000 and process.poll() is None,
                       "%d of 2000, %s" % (answered, "it runs" if process.poll() is None else process.returncode))
            began = time.monotonic()
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(3)
            case.figure("%s: it ends within" % how, (time.monotonic() - began) * 1000, 2000, "ms")
        finally:
            process.kill()
            process.wait()
            if how == "unread pipe":
                os.close(reading)


FATAL = {signal.SIGKILL, signal.SIGSTOP, signal.SIGSEGV, signal.SIGBUS, signal.SIGFPE, signal.SIGILL, signal.SIGABRT,
         signal.SIGSYS, signal.SIGTRAP, signal.SIGCHLD, signal.SIGCONT, signal.SIGTSTP, signal.SIGTTIN, signal.SIGTTOU,
         signal.SIGURG, signal.SIGWINCH}


@attack("every signal that isn't a crash: it lives, or ends with a word and removes its socket")
def signals(case):
    silent = []
    for number in sorted(set(signal.Signals) - FATAL):
        server = case.server()
        before = server.log_text().count("\n")
        server.process.send_signal(number)
        ended = wait_until(lambda: not server.is_alive(), 0.1) is not None
        if not ended and number in (signal.SIGINT, signal.SIGTERM):
            ended = wait_until(lambda: not server.is_alive(), 5) is not None
        if ended and (os.path.exists(server.path) or server.log_text().count("\n") == before):
            silent.append(number.name)
        server.stop()
    case.figure("signals that are a silent death", len(silent), 0, "")
    case.figures[-1].seen += ": " + ", ".join(silent) if silent else ""


@attack("--inherit-fd with descriptors that are no connection")
def inherited(case):
    folder = case.folder()
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(os.path.join(folder, "other"))
    listener.listen()
    ends = os.pipe()
    regular = os.open(os.path.join(folder, "file"), os.O_RDWR | os.O_CREAT)
    datagram = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    unconnected = socket.socket(socket.AF_UNIX)
    network = socket.socket(socket.AF_INET)
    for name, fd in (("file", regular), ("pipe", ends[0]), ("listening socket", listener.fileno()),
                     ("datagram socket", datagram[0].fileno()), ("unconnected socket", unconnected.fileno()),
                     ("TCP socket", network.fileno()), ("/dev/null", os.open("/dev/null", os.O_RDWR)), ("none", 999)):
        process = subprocess.Popen([case.program, "--inherit-fd", str(fd), "--dir", folder], stdout=subprocess.PIPE,
                                   stderr=subprocess.STDOUT, stdin=subprocess.DEVNULL, pass_fds=[fd] if fd != 999 else [])
        try:
            output, _ = process.communicate(timeout=3)
            code = process.returncode
        except subprocess.TimeoutExpired:
            process.kill()
            output, _ = process.communicate()
            code = "it runs"
        lines = output.decode(errors="replace").strip().split("\n")
        case.holds("%s: ends with an error" % name, isinstance(code, int) and code > 0 and lines[-1] != "",
                   "%s: %s" % (code, lines[-1][:200]))


@attack("--inherit-fd 0 and 1: the log isn't sent to the peer")
def inherited_standard(case):
    folder = case.folder()
    for number in (0, 1, 2):
        ours, theirs = socket.socketpair(socket.AF_UNIX)
        process = subprocess.Popen([case.program, "--inherit-fd", str(number), "--dir", folder, "--loglevel", "debug"],
                                   stdin=theirs, stdout=theirs, stderr=theirs)
        theirs.close()
        try:
            ours.settimeout(5)
            time.sleep(0.2)
            ours.sendall(encode("PING") * 3 + b"*1\r\n!\r\n")
            text = b""
            with contextlib.suppress(OSError):
                while data := ours.recv(65536):
                    text += data
            case.holds("%d: replies alone arrive" % number, text.startswith(b"+PONG\r\n" * 3 + b"-ERR Protocol error") and
                       text.count(b"\r\n") == text.count(b"\n") == 4, repr(text[:100]))
        finally:
            ours.close()
            process.kill()
            process.wait()


@attack("a service manager that doesn't read its socket: start and end")
def manager_does_not_read(case):
    folder = case.folder()
    path = os.path.join(folder, "notify")
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
    manager.bind(path)
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as filler:
        filler.setblocking(False)
        with contextlib.suppress(OSError):
            while True:
                filler.sendto(b"x", path)
        program = os.path.join(folder, "s.sock")
        began = time.monotonic()
        process = subprocess.Popen([case.program, "-s", program, "--dir", folder, "--supervised", "systemd"],
                                   env=dict(os.environ, NOTIFY_SOCKET=path), stdout=subprocess.DEVNULL)
        try:
            client = None
            while client is None and time.monotonic() - began < 20:
                with contextlib.suppress(OSError, EOFError):
                    attempt = Client(program, 15)
                    client = attempt if attempt("PING") == b"PONG" else None
                time.sleep(0.01)
            case.figure("until it answers", (time.monotonic() - began) * 1000, 1000, "ms")
            began = time.monotonic()
            os.kill(process.pid, signal.SIGHUP)
            client("PING")
            case.figure("a reply beside SIGHUP", (time.monotonic() - began) * 1000, 1000, "ms")
            began = time.monotonic()
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(20)
            case.figure("it ends within", (time.monotonic() - began) * 1000, 2000, "ms")
        finally:
            process.kill()
            process.wait()


def open_files(server):
    return len(os.listdir("/proc/%d/fd" % server.pid))


@attack("a reader sends 2,000 descriptors with its requests, and urgent data", redis=True)
def descriptors_sent(case):
    server = case.server()
    reader = server.client("read")
    reader("PING")
    before = open_files(server)
    nothing = os.open("/dev/null", os.O_RDONLY)
    with contextlib.suppress(OSError):
        for _ in range(100):
            socket.send_fds(reader.socket, [encode("PING")], [nothing] * 20)
            reader.read()
    with contextlib.suppress(OSError):
        reader.socket.send(b"x", socket.MSG_OOB)
    case.figure("descriptors that the server kept", max(0, open_files(server) - before), 0, "")
    case.holds("others are served", server.client("read")("PING") == b"PONG")


@attack("a reader takes all connections that maxclients allows; an administrator comes", redis=False)
def all_connections(case):
    server = case.server("--maxclients", "200")
    readers = []
    for _ in range(400):
        readers.append(server.client("read"))
    poll = select.poll()
    poll.register(readers[-1].socket, select.POLLIN)
    poll.poll(2000)
    case.holds("an administrator is let in", server.client()("PING") == b"PONG")


@attack("shutdown-timeout 3: a client begins to read after 2 s; another never reads")
def shutdown_waits(case):
    server = case.server("--shutdown-timeout", "3")
    server.client("write")("SETRANGE", "big", (8 << 20) - 1, "x")
    late, never = server.client("read"), server.client("read")
    for client in (late, never):
        client.send("GET", "big")
    time.sleep(0.2)
    began = time.monotonic()
    server.process.terminate()
    time.sleep(2)
    got = late.skim(3)
    case.holds("who reads late gets all", got == (8 << 20) + 12, "%d bytes" % got)
    with contextlib.suppress(subprocess.TimeoutExpired):
        server.process.wait(5)
    case.figure("it ends within", (time.monotonic() - began) * 1000, 3500, "ms")
