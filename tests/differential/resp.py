"""RESP2 and RESP3 on the wire: encode commands, cut replies out of a byte stream, decode them.

A reply keeps its raw bytes, since the differential test compares those. Decoding serves the rules
that look inside a reply; the decoded types keep apart what the wire keeps apart.
"""


class Simple(bytes):
    """+text"""


class Error(bytes):
    """-CODE text"""


class Verbatim(bytes):
    """=N fmt:text"""


class Double(bytes):
    """,number as it was written"""


class BigNumber(bytes):
    """(number as it was written"""


class Set(list):
    """~N, members in wire order"""


class Push(list):
    """>N"""


class Map(list):
    """%N, a list of (key, value) pairs in wire order"""


ONE_LINE = b"+-:_,#("
BULK = b"$=!"
AGGREGATE = b"*~>"
PAIRS = b"%|"


class ProtocolError(Exception):
    """The peer sent bytes that are no RESP."""


def to_bytes(arg):
    if isinstance(arg, bytes):
        return arg
    return str(arg).encode()


def encode(args):
    """The command as an array of bulk strings."""
    parts = [b"*%d\r\n" % len(args)]
    for arg in args:
        arg = to_bytes(arg)
        parts.append(b"$%d\r\n%s\r\n" % (len(arg), arg))
    return b"".join(parts)


def encode_inline(args):
    """The command as one quoted line, whatever its bytes."""
    words = []
    for arg in args:
        arg = to_bytes(arg)
        plain = arg and all(33 <= c < 127 and c not in b"\"'\\" for c in arg)
        if plain:
            words.append(arg)
        else:
            inner = b"".join(bytes((c,)) if 32 <= c < 127 and c not in b"\"\\" else b"\\x%02x" % c
                             for c in arg)
            words.append(b'"' + inner + b'"')
    return b" ".join(words) + b"\r\n"


def reply_end(buf, pos):
    """The offset just past the reply that starts at pos, or -1 when it has not arrived whole."""
    pending = 1
    while pending:
        line_end = buf.find(b"\r\n", pos)
        if line_end < 0:
            return -1
        kind = buf[pos]
        if kind in ONE_LINE:
            pos = line_end + 2
            pending -= 1
            continue
        try:
            count = int(buf[pos + 1:line_end])
        except ValueError:
            raise ProtocolError("a bad length: %r" % bytes(buf[pos:line_end])) from None
        pos = line_end + 2
        pending -= 1
        if kind in BULK:
            if count >= 0:
                pos += count + 2
                if pos > len(buf):
                    return -1
        elif kind in AGGREGATE:
            pending += max(count, 0)
        elif kind in PAIRS:
            pending += 2 * count + (1 if kind == ord("|") else 0)
        else:
            raise ProtocolError("a bad first byte: %r" % bytes(buf[pos - 2 - 40:pos]))
    return pos


def decode(raw):
    """The value of one whole raw reply."""
    value, end = _decode_at(raw, 0)
    if end != len(raw):
        raise ProtocolError("bytes after the reply: %r" % raw[end:end + 40])
    return value


def _decode_at(raw, pos):
    line_end = raw.index(b"\r\n", pos)
    kind, line, after = raw[pos:pos + 1], raw[pos + 1:line_end], line_end + 2
    if kind in b"+-,(":
        return {b"+": Simple, b"-": Error, b",": Double, b"(": BigNumber}[kind](line), after
    if kind == b":":
        return int(line), after
    if kind == b"_":
        return None, after
    if kind == b"#":
        return line == b"t", after
    count = int(line)
    if kind in b"$=!":
        if count < 0:
            return None, after
        body = raw[after:after + count]
        return {b"$": bytes, b"=": Verbatim, b"!": Error}[kind](body), after + count + 2
    if count < 0:
        return None, after
    if kind in b"%|":
        pairs = Map()
        for _ in range(count):
            key, after = _decode_at(raw, after)
            value, after = _decode_at(raw, after)
            pairs.append((key, value))
        if kind == b"|":
            return _decode_at(raw, after)
        return pairs, after
    items = {b"*": list, b"~": Set, b">": Push}[kind]()
    for _ in range(count):
        item, after = _decode_at(raw, after)
        items.append(item)
    return items, after


def as_pairs(value):
    """The pairs of a map, or of the flat array that stands for a map in RESP2."""
    if isinstance(value, Map):
        return list(value)
    return list(zip(value[0::2], value[1::2]))


def shorten(raw, limit=400):
    """A readable form of raw bytes, cut in the middle when long."""
    if len(raw) <= limit:
        return repr(bytes(raw))
    return "%r ...%d bytes... %r" % (bytes(raw[:limit // 2]), len(raw) - limit, bytes(raw[-limit // 2:]))
