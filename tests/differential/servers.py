"""The two servers under test and raw connections to them.

A Server owns its process, its folder and its socket. A Connection writes and reads at once, so that
no amount of pipelined data can lock the two ends against each other.
"""

import os
import select
import shutil
import signal
import socket
import subprocess
import time

import resp

REPLY_TIMEOUT = 30.0   # seconds without a byte before a server counts as stuck


def command_line(program, path):
    """The arguments that serve on a socket file, for kvs or for a redis-server."""
    common = ["--save", "", "--appendonly", "no", "--enable-debug-command", "yes"]
    if os.path.basename(program).startswith("redis-server"):
        return [program, "--port", "0", "--unixsocket", path] + common
    return [program, "-s", path] + common


class Server:
    """One running server; `name` appears in reports."""

    def __init__(self, name, program, folder):
        self.name = name
        self.program = os.path.abspath(shutil.which(program) or program)   # the process runs in its folder
        self.folder = os.path.join(folder, name)
        self.path = os.path.join(self.folder, "socket")
        self.log = os.path.join(self.folder, "log")
        self.process = None
        os.makedirs(self.folder)

    def start(self):
        with open(self.log, "ab") as log:
            self.process = subprocess.Popen(command_line(self.program, self.path), cwd=self.folder,
                                            stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        deadline = time.monotonic() + 15
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                break
            try:
                probe = Connection(self)
                replies, _ = probe.exchange(resp.encode(["PING"]), 1)
                probe.close()
                if replies == [b"+PONG\r\n"]:
                    return
            except OSError:
                time.sleep(0.01)
        raise SystemExit("%s did not start (%s):\n%s" % (self.name, self.program, self.log_tail()))

    def is_alive(self):
        return self.process is not None and self.process.poll() is None

    def stop(self):
        if self.process is None:
            return
        if self.process.poll() is None:
            self.process.terminate()
            try:
                self.process.wait(10)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        self.process = None

    def how_it_ended(self):
        code = self.process.poll()
        if code is None:
            return "running"
        if code < 0:
            return "killed by %s" % signal.Signals(-code).name
        return "exited with %d" % code

    def log_tail(self, lines=40):
        with open(self.log, "rb") as log:
            return b"\n".join(log.read().split(b"\n")[-lines:]).decode(errors="replace")


class Connection:
    """A non-blocking stream socket with the bytes that have arrived and are not yet cut into replies."""

    def __init__(self, server):
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        self.socket.connect(server.path)
        self.socket.setblocking(False)
        self.buffer = bytearray()
        self.closed = False

    def close(self):
        self.socket.close()
        self.closed = True

    def exchange(self, data, until, timeout=REPLY_TIMEOUT):
        """Sends data and cuts replies until `until` says enough: a count of replies, the raw bytes of a
        last reply or several such (which is left out of the result), or None for the end of the stream.

        Returns (raw replies, how it ended): "" for enough, "closed", "stuck", or "garbage: ...".
        """
        out = memoryview(data)
        replies = []
        position = 0
        ended = ""
        poll = select.poll()
        while True:
            try:
                enough = False
                while True:
                    if isinstance(until, int) and len(replies) >= until:
                        enough = True
                        break
                    end = resp.reply_end(self.buffer, position)
                    if end < 0:
                        break
                    raw = bytes(self.buffer[position:end])
                    position = end
                    if raw == until or (isinstance(until, tuple) and raw in until):
                        enough = True
                        break
                    replies.append(raw)
            except resp.ProtocolError as error:
                ended = "garbage: %s" % error
                break
            if enough and not out:
                break
            if self.closed:
                ended = "closed"
                break
            poll.register(self.socket, select.POLLIN | (select.POLLOUT if out else 0))
            if not poll.poll(timeout * 1000):
                ended = "stuck"
                break
            if out:
                out = self._send(out)
            self._receive()
        del self.buffer[:position]
        return replies, ended

    def finish_sending(self):
        """Closes the sending side only."""
        try:
            self.socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass

    def read_to_end(self, timeout=REPLY_TIMEOUT):
        """Everything up to the end of the stream: (bytes, whether the peer closed in time)."""
        poll = select.poll()
        poll.register(self.socket, select.POLLIN)
        while not self.closed:
            if not poll.poll(timeout * 1000):
                break
            self._receive()
        data = bytes(self.buffer)
        self.buffer.clear()
        return data, self.closed

    def send_all(self, data, timeout=REPLY_TIMEOUT):
        """Sends raw bytes; what arrives meanwhile is kept. Stops early when the peer has closed."""
        out = memoryview(data)
        poll = select.poll()
        poll.register(self.socket, select.POLLIN | select.POLLOUT)
        while out and not self.closed and poll.poll(timeout * 1000):
            out = self._send(out)
            self._receive()

    def _send(self, out):
        try:
            return out[self.socket.send(out):]
        except BlockingIOError:
            return out
        except (BrokenPipeError, ConnectionResetError):
            return out[len(out):]

    def _receive(self):
        try:
            data = self.socket.recv(1 << 20)
        except BlockingIOError:
            return
        except ConnectionResetError:
            data = b""
        if data:
            self.buffer += data
        else:
            self.closed = True
