"""Replies of transactions, command by command.

What was queued is answered by EXEC, all at once. unfold() gives each command its own reply, so it is compared under its
own rule: the element of EXEC's reply stands where +QUEUED stood, and of EXEC's reply only the count is left.
"""

import resp

QUEUED = b"+QUEUED\r\n"
BORDERS = (b"MULTI", b"EXEC", b"DISCARD")


def name_of(args):
    return resp.to_bytes(args[0]).upper() if args and isinstance(args[0], (str, bytes)) else b""


def elements(raw):
    """The raw elements of an array; None where it is none."""
    if raw[:1] != b"*":
        return None
    at = raw.index(b"\r\n") + 2
    found = []
    while at < len(raw):
        end = resp.reply_end(raw, at)
        found.append(raw[at:end])
        at = end
    return found


def unfold(sent, replies):
    """The replies to the commands that were sent. Those of a transaction that didn't run stay as they are."""
    replies = list(replies)
    waiting = []   # indexes of what is queued
    for index, (args, raw) in enumerate(zip(sent, replies)):
        if raw == QUEUED:
            waiting.append(index)
        elif name_of(args) == b"EXEC":
            found = elements(raw)
            if found and len(found) == len(waiting):
                for at, element in zip(waiting, found):
                    replies[at] = element
                replies[index] = raw[:raw.index(b"\r\n") + 2]
            waiting = []
        elif name_of(args) in (b"DISCARD", b"RESET"):
            waiting = []
    return replies


def without_transactions(commands):
    """The same commands, each by itself."""
    return [args for args in commands if name_of(args) not in BORDERS]
