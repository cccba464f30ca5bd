"""kvs-cli in a terminal: keys are typed, and what it shows is read back, as bytes or as the screen that they make."""

import contextlib
import fcntl
import os
import pty
import re
import select
import signal
import struct
import termios
import time

import pyte

from harness import CLI, DEADLINE, environment

PASTE_MODES = (b"\x1b[?2004h", b"\x1b[?2004l")
PASTE_MODE = re.compile(rb"\x1b\[\?2004[hl]")


def set_size(fd, lines, columns):
    fcntl.ioctl(fd, termios.TIOCSWINSZ, struct.pack("HHHH", lines, columns, 0, 0))


class Terminal:
    """kvs-cli in a pseudo terminal; what it writes is looked at as bytes. Whether it wants signs around what is pasted is
    kept apart from these."""

    wants_pastes = False
    rest = b""  # the beginning of a sequence

    def __init__(self, *arguments, program=CLI, env=None, lines=24, columns=200):
        self.seen = b""
        self.pid, self.fd = pty.fork()
        if self.pid == 0:
            try:
                set_size(0, lines, columns)
                for number in (signal.SIGINT, signal.SIGQUIT):   # a shell ignores them in what it runs in the background
                    signal.signal(number, signal.SIG_DFL)
                os.execve(program, [program, *arguments], env or environment())
            finally:
                os._exit(126)

    def expect(self, text):
        """Waits for text and forgets everything up to its end; returns what came before it."""
        text = text.encode() if isinstance(text, str) else text
        end = time.monotonic() + DEADLINE
        while text not in self.seen:
            ready, _, _ = select.select([self.fd], [], [], max(0, end - time.monotonic()))
            chunk = b""
            if ready:
                with contextlib.suppress(OSError):
                    chunk = os.read(self.fd, 65536)
            if not chunk:
                raise AssertionError("the terminal never showed %r, only %r" % (text, self.seen))
            self.seen += self.take_modes(chunk)
        before, _, self.seen = self.seen.partition(text)
        return before

    def take_modes(self, chunk):
        """The bytes without those that switch the mode of pasting, which is noted."""
        chunk, self.rest = self.rest + chunk, b""
        for sign in PASTE_MODES:
            length = next((n for n in range(len(sign) - 1, 0, -1) if chunk.endswith(sign[:n])), 0)
            if length > len(self.rest):
                self.rest = chunk[-length:]
        chunk = chunk[:len(chunk) - len(self.rest)]
        switches = PASTE_MODE.findall(chunk)
        if switches:
            self.wants_pastes = switches[-1] == PASTE_MODES[0]
        return PASTE_MODE.sub(b"", chunk)

    def paste(self, text):
        """As a terminal does it that was told to put signs around it."""
        assert self.wants_pastes
        self.type("\x1b[200~" + text.replace("\n", "\r") + "\x1b[201~")

    def type(self, text):
        os.write(self.fd, text.encode() if isinstance(text, str) else text)

    def enter(self, line):
        self.type(line + "\r")
        self.expect("\r\n")

    def await_running(self):
        """Waits until the line that was entered runs: then Ctrl-C is a signal, not a key of the editor."""
        end = time.monotonic() + DEADLINE
        while not termios.tcgetattr(self.fd)[3] & termios.ISIG:
            if time.monotonic() > end:
                raise AssertionError("the line was never taken")
            time.sleep(0.001)

    def wait(self):
        """Reads to the end and returns the exit status."""
        while True:
            try:
                chunk = os.read(self.fd, 65536)
            except OSError:
                break
            if not chunk:
                break
            self.take_modes(chunk)
        _, status = os.waitpid(self.pid, 0)
        os.close(self.fd)
        self.pid = None
        return os.WEXITSTATUS(status) if os.WIFEXITED(status) else -os.WTERMSIG(status)

    def close(self):
        if self.pid is not None:
            with contextlib.suppress(OSError):
                os.kill(self.pid, signal.SIGKILL)
            self.wait()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()


class XtermScreen(pyte.HistoryScreen):
    """With what terminfo says of xterm, and ncurses therefore uses, and pyte has not."""

    def repeat_character(self, count=1):
        self.draw(self.buffer[self.cursor.y][self.cursor.x - 1].data * (count or 1))

    def back_tab(self, count=1):
        for _ in range(count or 1):
            self.cursor.x = max((stop for stop in self.tabstops if stop < self.cursor.x), default=0)

    def scroll_up(self, count=1):
        self.scroll(count, self.index, (self.margins or (0, self.lines - 1))[1])

    def scroll_down(self, count=1):
        self.scroll(count, self.reverse_index, (self.margins or (0, self.lines - 1))[0])

    def scroll(self, count, step, edge):
        y, self.cursor.y = self.cursor.y, edge
        for _ in range(count or 1):
            step()
        self.cursor.y = y


class XtermStream(pyte.ByteStream):
    csi = dict(pyte.ByteStream.csi, b="repeat_character", Z="back_tab", S="scroll_up", T="scroll_down")
    events = pyte.ByteStream.events | {"repeat_character", "back_tab", "scroll_up", "scroll_down"}


class Screen(Terminal):
    """kvs-cli in a terminal of which the screen is looked at, as a person sees it."""

    def __init__(self, *arguments, lines=24, columns=80, **more):
        self.screen = XtermScreen(columns, lines, history=10000)
        self.stream = XtermStream(self.screen)
        super().__init__(*arguments, lines=lines, columns=columns, **more)

    def rows(self):
        """The lines of the screen without blanks at their ends."""
        return [row.rstrip() for row in self.screen.display]

    def text(self):
        return "\n".join(self.rows()).rstrip("\n")

    def past(self):
        """All lines, those that have left the screen at the top first."""
        width = self.screen.columns
        gone = ["".join(line[column].data for column in range(width)).rstrip() for line in self.screen.history.top]
        return gone + self.rows()

    def row(self):
        """The line that the cursor is in."""
        return self.rows()[self.screen.cursor.y]

    def cell(self, text):
        """The first character of a text on the screen, with .fg, .bg, .bold, .italics, .reverse."""
        for y, row in enumerate(self.screen.display):
            if text in row:
                return self.screen.buffer[y][row.index(text)]
        raise AssertionError("%r is not on the screen:\n%s" % (text, self.text()))

    def take(self, seconds):
        """Takes what the program writes within that time, or less. False at its end."""
        if not select.select([self.fd], [], [], max(0, seconds))[0]:
            return True
        chunk = b""
        with contextlib.suppress(OSError):
            chunk = os.read(self.fd, 65536)
        self.stream.feed(chunk)
        self.take_modes(chunk)
        return bool(chunk)

    def wait_for(self, condition, what):
        """Until condition() holds of the screen."""
        end = time.monotonic() + DEADLINE
        while not condition():
            left = end - time.monotonic()
            if left < 0 or not self.take(left):
                raise AssertionError("the screen never showed %s:\n%s" % (what, self.text()))

    def expect(self, text):
        """Until a text is on the screen."""
        self.wait_for(lambda: text in self.text(), repr(text))

    def insist(self, keys, text):
        """Types keys that send a signal, again and again until a text is on the screen: a shell that has just begun to wait
        for something else tells of a signal only when the next one comes."""
        end = time.monotonic() + DEADLINE
        while text not in self.text():
            if time.monotonic() > end:
                raise AssertionError("the screen never showed %r:\n%s" % (text, self.text()))
            self.type(keys)
            again = time.monotonic() + 2
            while text not in self.text() and time.monotonic() < again:
                self.take(again - time.monotonic())

    def expect_gone(self, text):
        self.wait_for(lambda: text not in self.text(), "itself without %r" % text)

    def enter(self, line):
        """Types a line and waits until its end has been taken."""
        y = self.screen.cursor.y
        self.type(line + "\r")
        self.wait_for(lambda: self.screen.cursor.y != y or y == self.screen.lines - 1, "a new line")

    def resize(self, lines, columns):
        self.screen.resize(lines, columns)
        set_size(self.fd, lines, columns)

    def wait(self):
        """Reads to the end and returns the exit status."""
        while self.take(DEADLINE):
            continue
        return super().wait()
