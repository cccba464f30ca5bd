"""Clients that ask for large values and do not read the replies; what becomes of them and of the others."""

import re
import select
import socket

import resp
import servers
from processes import PATIENCE, ask, comes_true, tail_of

MEBIBYTE = 1 << 20
UNREAD_MAX = 64 * MEBIBYTE     # bytes of replies that lie unread, above which a client's requests wait
OVER_MAX = 64 * MEBIBYTE       # what one read may hold of further requests
MEMORY_MAX = 64 * MEBIBYTE     # what all that may cost the server: replies share the value's memory
SENT_MAX = 320 * MEBIBYTE      # bytes of requests: those that wait are read as well, as far as 256 MiB of memory
OTHERS = 40

VALUE = bytes(range(256)) * (MEBIBYTE // 256)
KEY = b"k" * 4096   # so that few requests fill the socket
GET = resp.encode(["GET", KEY])
GET_REPLY = bytearray(b"$%d\r\n%s\r\n" % (len(VALUE), VALUE))
ECHO = resp.encode(["ECHO", bytes(1000)])   # its reply shares nothing


class Idler:
    """Sends one request over and over, and reads nothing before it is told to."""

    def __init__(self, place, name, request):
        self.place = place
        self.name = name
        self.request = request
        self.sent = 0          # bytes
        self.hung_up = False   # by the server
        self.socket = socket.socket(socket.AF_UNIX)
        self.socket.connect(place.path)
        self.socket.settimeout(PATIENCE)
        self.socket.sendall(resp.encode(["CLIENT", "SETNAME", name]))
        if self.socket.recv(5) != b"+OK\r\n":
            raise ConnectionError("CLIENT SETNAME was refused")
        self.socket.setblocking(False)

    def send(self):
        """Sends until the socket takes no more: the bytes that it took."""
        before = self.sent
        while self.sent - before < SENT_MAX:
            try:
                self.sent += self.socket.send(self.request[self.sent % len(self.request):])
            except BlockingIOError:
                break
            except (BrokenPipeError, ConnectionResetError):
                self.hung_up = True
                break
        return self.sent - before

    def sends_into_hang_up(self):
        self.send()
        return self.hung_up

    def line(self):
        """Its line of CLIENT LIST, b"" when there is none."""
        found = re.search(rb"^.* name=%s .*$" % self.name.encode(), ask(self.place, "CLIENT", "LIST"), re.M)
        return found.group() if found else b""

    def is_not_read_from(self):
        return b" events=w " in self.line()

    def sends_until_not_read_from(self):
        self.send()
        return self.is_not_read_from()

    def is_writable(self):
        poll = select.poll()
        poll.register(self.socket, select.POLLOUT)
        return bool(poll.poll(0))

    def receives(self, expected):
        """Whether the next bytes are those."""
        self.socket.settimeout(PATIENCE)
        data = bytearray(len(expected))
        view, arrived = memoryview(data), 0
        while arrived < len(expected):
            n = self.socket.recv_into(view[arrived:])
            if n == 0:
                return False
            arrived += n
        return data == expected

    def finish_request(self):
        self.socket.settimeout(PATIENCE)
        rest = -self.sent % len(self.request)
        if rest:
            self.socket.sendall(self.request[-rest:])
            self.sent += rest

    def close(self):
        self.socket.close()


def info(place, field):
    return int(re.search(rb"^%s:(\d+)" % field.encode(), ask(place, "INFO", "everything"), re.M).group(1))


def memory(place):
    """The larger of what the server has counted and what the kernel has given it."""
    return max(info(place, "used_memory"), info(place, "used_memory_rss"))


def calls_of_get(place):
    return int(re.search(rb"cmdstat_get:calls=(\d+)", ask(place, "INFO", "commandstats")).group(1))


def others_are_served(place):
    """Whether many other clients, so those of every thread as well, get the right replies."""
    data = b"".join(map(resp.encode, (["SET", "other", "value"], ["GET", "other"], ["STRLEN", KEY])))
    connections = [servers.Connection(place) for _ in range(OTHERS)]
    right = all(connection.exchange(data, 3) == ([b"+OK\r\n", b"$5\r\nvalue\r\n", b":%d\r\n" % MEBIBYTE], "")
                for connection in connections)
    for connection in connections:
        connection.close()
    return right


# ---- what is claimed ----

def check_without_limit(place, results):
    before = memory(place)
    idler = Idler(place, "idler", GET)
    if not results.claim(comes_true(idler.sends_until_not_read_from),
                         "unread: the server stops reading from a client that does not read",
                         "%d bytes sent; %r" % (idler.sent, idler.line())):
        return
    idler.send()
    calls = calls_of_get(place)
    results.claim(UNREAD_MAX <= calls * MEBIBYTE <= UNREAD_MAX + OVER_MAX,
                  "unread: requests wait at 64 MiB of replies", "%d replies of 1 MiB" % calls)
    results.claim(idler.sent <= SENT_MAX and not idler.is_writable() and not idler.hung_up
                  and idler.send() == 0 and calls_of_get(place) == calls,
                  "unread: then the writer's send blocks, and nothing more of it is run",
                  "%d bytes sent, %d and then %d requests run" % (idler.sent, calls, calls_of_get(place)))
    results.claim(others_are_served(place) and idler.is_not_read_from(),
                  "unread: other clients are served meanwhile")
    grown = info(place, "used_memory") - before
    results.claim(grown <= SENT_MAX, "unread: what waits takes 320 MiB at most",
                  "%.1f MiB" % (grown / MEBIBYTE))
    results.claim(comes_true(lambda: memory(place) - before <= SENT_MAX),
                  "unread: and the kernel gets back what was freed on the way",
                  "%.1f MiB" % ((memory(place) - before) / MEBIBYTE))
    complete = idler.sent // len(GET)
    results.claim(complete > calls and all(idler.receives(GET_REPLY) for _ in range(complete)),
                  "unread: once it reads, every request is answered, also those that waited in the socket",
                  "%d requests" % complete)
    idler.finish_request()
    results.claim(idler.sent // len(GET) == complete or idler.receives(GET_REPLY),
                  "unread: and then it goes on as ever")
    idler.close()


def check_limit(place, results, what, name, request, limit):
    """A client over client-output-buffer-limit is disconnected, and nobody else."""
    ask(place, "CONFIG", "SET", "client-output-buffer-limit", limit)
    closed_before, before = info(place, "client_output_buffer_limit_disconnections"), memory(place)
    reader = servers.Connection(place)
    idler = Idler(place, name, request)
    label = "unread, client-output-buffer-limit %s, %s: " % (limit, what)
    if not results.claim(comes_true(idler.sends_into_hang_up), label + "the writer is disconnected",
                         "%d bytes sent; %r" % (idler.sent, idler.line())):
        return
    logged = [line for line in tail_of(place.log, 100000).splitlines()
              if "client-output-buffer-limit" in line and " name=%s " % name in line]
    results.claim(len(logged) == 1, label + "the log says so, once", tail_of(place.log))
    results.claim(info(place, "client_output_buffer_limit_disconnections") == closed_before + 1
                  and comes_true(lambda: not idler.line()),
                  label + "INFO counts it, and CLIENT LIST has it no more")
    # The kernel's figure is one of some time ago, and falls once the server has given back what it freed.
    results.claim(comes_true(lambda: memory(place) - before <= MEMORY_MAX), label + "the memory is bounded",
                  "%.1f MiB" % ((memory(place) - before) / MEBIBYTE))
    replies = [reader.exchange(GET, 1)[0] for _ in range(32)]
    results.claim(replies == [[bytes(GET_REPLY)]] * 32 and others_are_served(place),
                  label + "clients that read remain")
    reader.close()
    idler.close()


def reader_that_does_not_read(place, results):
    ask(place, "SET", KEY, VALUE)
    check_without_limit(place, results)
    check_limit(place, results, "GET of 1 MiB", "hard-get", GET, "normal 16mb 0 0")
    check_limit(place, results, "ECHO of 1 kB", "hard-echo", ECHO, "normal 16mb 0 0")
    check_limit(place, results, "GET of 1 MiB", "soft-get", GET, "normal 0 4mb 1")
