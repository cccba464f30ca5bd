"""What FUNCTION DUMP answers and FUNCTION RESTORE takes: the codes of libraries as strings of RDB, the version of RDB and a CRC-64."""

OPCODE = 245
VERSION = 10
POLYNOMIAL = 0x95AC9329AC4BC9B5   # that of Jones, reflected


class Wrong(Exception):
    """It is no such payload."""


def table():
    entries = []
    for value in range(256):
        for _ in range(8):
            value = value >> 1 ^ (POLYNOMIAL if value & 1 else 0)
        entries.append(value)
    return entries


TABLE = table()


def crc64(data):
    crc = 0
    for byte in data:
        crc = TABLE[(crc ^ byte) & 255] ^ crc >> 8
    return crc


def length(number):
    if number < 64:
        return bytes([number])
    if number < 1 << 14:
        return bytes([64 | number >> 8, number & 255])
    return b"\x80" + number.to_bytes(4, "big")


def seal(body, version=VERSION):
    body += version.to_bytes(2, "little")
    return body + crc64(body).to_bytes(8, "little")


def make(codes):
    """A payload of these codes, none of them compressed."""
    return seal(b"".join(bytes([OPCODE]) + length(len(code)) + code for code in codes))


def take_length(data, at):
    first = data[at]
    if first >> 6 == 0:
        return first, at + 1
    if first >> 6 == 1:
        return (first & 63) << 8 | data[at + 1], at + 2
    if first == 0x80:
        return int.from_bytes(data[at + 1:at + 5], "big"), at + 5
    raise Wrong("the length begins with %d" % first)


def decompress(data):
    """Of LZF."""
    out, at = bytearray(), 0
    while at < len(data):
        control = data[at]
        at += 1
        if control < 32:
            out += data[at:at + control + 1]
            at += control + 1
            continue
        count = control >> 5
        if count == 7:
            count += data[at]
            at += 1
        start = len(out) - ((control & 31) << 8 | data[at]) - 1
        at += 1
        for index in range(count + 2):
            out.append(out[start + index])
    return bytes(out)


def read(payload):
    """The codes of a payload, in its order."""
    body, sum_of_it = payload[:-8], int.from_bytes(payload[-8:], "little")
    if crc64(body) != sum_of_it:
        raise Wrong("the checksum is wrong")
    if int.from_bytes(body[-2:], "little") != VERSION:
        raise Wrong("the version is %d" % int.from_bytes(body[-2:], "little"))
    codes, at, end = [], 0, len(body) - 2
    while at < end:
        if body[at] != OPCODE:
            raise Wrong("a type of %d" % body[at])
        if body[at + 1] == 0xC3:
            packed, at = take_length(body, at + 2)
            size, at = take_length(body, at)
            code = decompress(body[at:at + packed])
            if len(code) != size:
                raise Wrong("a code of %d bytes that tells %d" % (len(code), size))
            at += packed
        else:
            size, at = take_length(body, at + 1)
            code = body[at:at + size]
            at += size
        codes.append(code)
    return codes
