#!/usr/bin/env python3
"""Says two sentences to kvs through ECHO and prints what comes back.

usage: hello.py SOCKET. With nothing but Python's standard library, as an example of the protocol: a command
is an array (*) of strings ($), each with its length in bytes before it; so is the string that ECHO answers.
"""

import socket
import sys

SENTENCES = ["Hello, world!", "My name is Tom!"]


class Refused(Exception):
    """The other end did not answer as it should; the text says what came."""


def command(*words):
    """The bytes of one command."""
    parts = [b"*%d\r\n" % len(words)]
    for word in words:
        data = word.encode()
        parts.append(b"$%d\r\n%s\r\n" % (len(data), data))
    return b"".join(parts)


def read_string(replies):
    """The string of one reply: $LENGTH, a line end, the bytes, a line end."""
    head = replies.readline()
    if not head.startswith(b"$") or not head[1:].strip().isdigit():
        raise Refused("answered %r" % head.decode(errors="replace") if head else "closed the connection")
    length = int(head[1:])
    data = replies.read(length + 2)
    if len(data) < length + 2:
        raise Refused("closed the connection")
    return data[:length].decode()


def say(path, sentences):
    """What comes back for each sentence."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.connect(path)
        connection.sendall(b"".join(command("ECHO", sentence) for sentence in sentences))
        with connection.makefile("rb") as replies:
            return [read_string(replies) for _ in sentences]


def main():
    if len(sys.argv) != 2:
        print("usage: hello.py SOCKET", file=sys.stderr)
        return 2
    path = sys.argv[1]
    try:
        for sentence in say(path, SENTENCES):
            print(sentence)
    except OSError as error:
        reason = error.strerror or error
        print("hello.py: cannot talk to %s: %s; does kvs-server serve there?" % (path, reason),
              file=sys.stderr)
        return 1
    except Refused as refused:
        print("hello.py: %s %s" % (path, refused), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
