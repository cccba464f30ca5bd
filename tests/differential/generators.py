"""Random commands, one generator a family.

A family is a function of a Gen that returns one command. Keys come from a small pool so that commands meet each
other's keys. Expiry times are either far in the future or clearly past, so that no reply depends on how fast a
server was; relative ones are spread over ten million seconds, so that GT and LT never see a near tie.
"""

FAMILIES = {}   # name -> (weight, function)


def family(weight):
    def register(function):
        FAMILIES[function.__name__] = (weight, function)
        return function
    return register


KEYS = [b"k%d" % i for i in range(7)] + [
    b"", b"\x00\r\n\xff bin", b"a*b[c]?\\", b"long:" + b"x" * 300, b"{tag}.1", b"7", b"-1", b"nosuch"]

INTEGERS = ["0", "1", "-1", "2", "7", "10", "99", "100", "-100", "1000000", "2147483647", "2147483648",
            "-2147483649", "4294967296", "9007199254740993", "9223372036854775807", "9223372036854775806",
            "-9223372036854775808"]

NO_INTEGERS = ["", " 1", "1 ", "+1", "01", "-0", "1.0", "1e3", "0x10", "abc", "9223372036854775808",
               "-9223372036854775809", "99999999999999999999999", "1\x00", "--1", "-", "inf", "nan"]

FLOATS = [
    "0", "1.5", "-1.5", "0.1", "1e3", "1E-3", "5.0e3", "3.0", "-0", "-0.0", "0.00000001", "1e-17",
    "123456789.123456789", "1e18", "1e20", "-1e20", "0.30000000000000004", "4611686018427387904.5",
    "9223372036854775807", "1e300", "1e308", "1e4000", "1e4932", "inf", "-inf", "+inf", "infinity", "Inf",
    "nan", "0x1p3", "0x10", " 1.5", "1.5 ", "1.5x", "", ".5", "5.", "+1.5", "1,5", "1" * 300, "0." + "1" * 60]

FAR_MOMENT = 4102444800   # 2100-01-01, seconds

BAD_TIMES = ["abc", "", "1.5", "9223372036854775807", "9223372036854775808", "-9223372036854775808",
             "9223372036854775", "9223372036854776", "-9223372036854776", "92233720368547758", " 1"]


class Gen:
    """Weighted choices over one seeded random source."""

    def __init__(self, random, modern=False):
        self.random = random
        self.modern = modern   # whether the oracle is 7.2 or later and knows its commands

    def key(self):
        # The first keys of the pool are the most frequent, so that many commands meet on them.
        if self.chance(0.2):
            return self.pick(KEYS)
        return KEYS[min(int(self.random.expovariate(0.35)), len(KEYS) - 1)]

    def keys(self, low=1, high=5):
        return [self.key() for _ in range(self.random.randint(low, high))]

    def pick(self, items):
        return self.random.choice(items)

    def chance(self, probability):
        return self.random.random() < probability

    def number(self, low, high):
        return str(self.random.randint(low, high))

    def integer(self):
        roll = self.random.random()
        if roll < 0.6:
            return self.number(-100, 100)
        if roll < 0.85:
            return self.pick(INTEGERS)
        return self.pick(NO_INTEGERS)

    def good_integer(self):
        return self.number(-1000, 1000) if self.chance(0.7) else self.pick(INTEGERS)

    def text(self, length):
        return bytes(self.random.choices(b"abcdefghij", k=length))

    def value(self):
        roll = self.random.random()
        if roll < 0.3:
            return self.good_integer()
        if roll < 0.4:
            return self.pick(FLOATS)
        if roll < 0.45:
            return self.pick(NO_INTEGERS)
        if roll < 0.7:
            return self.text(self.random.randint(0, 12))
        if roll < 0.8:   # around the lengths where an encoding changes
            return self.text(self.pick([19, 20, 21, 31, 32, 43, 44, 45, 46, 63, 64, 65, 127, 128, 255, 256]))
        if roll < 0.9:
            return self.random.randbytes(self.random.randint(0, 60))
        if roll < 0.97:
            return self.pick([b"", b"\r\n", b"\x00", b"+OK\r\n", b"$3\r\nfoo\r\n", b"\xff" * 9, b"a'b\"c\\d"])
        return self.text(self.pick([1000, 4095, 4096, 5000, 16384]))

    def seconds(self):
        """A time to live: mostly far away, at times past or bad."""
        roll = self.random.random()
        if roll < 0.8:
            return str(self.random.randrange(1000, 1000000) * 10)
        if roll < 0.9:
            return self.pick(["0", "-1", "-100"])
        return self.pick(BAD_TIMES)

    def milliseconds(self):
        seconds = self.seconds()
        return seconds + "000" if len(seconds) >= 5 and seconds.isdigit() and len(seconds) < 9 else seconds

    def moment(self):
        roll = self.random.random()
        if roll < 0.75:
            return str(FAR_MOMENT + self.random.randrange(4) * 100000)
        if roll < 0.9:
            return self.pick(["0", "-1", "1", "1000000000"])
        return self.pick(BAD_TIMES)

    def moment_milliseconds(self):
        moment = self.moment()
        return moment + "000" if moment.isdigit() and len(moment) == 10 else moment

    def expiry(self, keep="KEEPTTL"):
        """Options as of SET or GETEX."""
        return self.pick([
            lambda: ["EX", self.seconds()], lambda: ["PX", self.milliseconds()],
            lambda: ["EXAT", self.moment()], lambda: ["PXAT", self.moment_milliseconds()], lambda: [keep]])()

    def case(self, word):
        """The word in a random case, mostly as it is."""
        if isinstance(word, bytes) or self.chance(0.85):
            return word
        return "".join(self.pick([c.lower(), c.upper()]) for c in word)

    def spoil(self, args, probability=0.06):
        """Now and then a wrong number of arguments, a doubled one or a wrong word; and any case of letters."""
        args = [self.case(a) if i == 0 or (isinstance(a, str) and a.isalpha() and a.isupper()) else a
                for i, a in enumerate(args)]
        if not self.chance(probability):
            return args
        way = self.random.randrange(4)
        if way == 0 and len(args) > 1:
            return args[:-1]
        if way == 1:
            return args + [self.pick(["", "x", "NX", "1000000000", "EX", "GET", b"\x00\xff"])]
        if way == 2 and len(args) > 1:
            at = self.random.randrange(1, len(args))
            return args[:at] + [args[at]] + args[at:]
        if len(args) > 2:
            at = self.random.randrange(2, len(args))
            return args[:at] + [self.pick(["", "foo", "-1", "nx", "1000000000", b"\xff\x00"])] + args[at + 1:]
        return args


# ---- families ----

@family(5)
def strings(g):
    k = g.key
    return g.spoil(g.pick([
        lambda: ["SET", k(), g.value()],
        lambda: ["SET", k(), g.value()] + g.expiry(),
        lambda: ["SET", k(), g.value(), g.pick(["NX", "XX"])],
        lambda: ["SET", k(), g.value(), "GET"],
        lambda: ["SET", k(), g.value()] + set_options(g),
        lambda: ["GET", k()],
        lambda: ["GET", k()],
        lambda: ["MGET"] + g.keys(1, 6),
        lambda: ["GETSET", k(), g.value()],
        lambda: ["GETDEL", k()],
        lambda: ["GETEX", k()],
        lambda: ["GETEX", k()] + g.expiry("PERSIST"),
        lambda: ["GETEX", k()] + g.expiry("PERSIST") + g.expiry("PERSIST"),
        lambda: ["SETNX", k(), g.value()],
        lambda: ["SETEX", k(), g.seconds(), g.value()],
        lambda: ["PSETEX", k(), g.milliseconds(), g.value()],
        lambda: ["MSET"] + pairs(g),
        lambda: ["MSETNX"] + pairs(g),
        lambda: ["APPEND", k(), g.value()],
        lambda: ["STRLEN", k()],
        lambda: ["TTL", k()],
        lambda: ["OBJECT", "ENCODING", k()],
    ])())


def pairs(g):
    return [part for key in g.keys(1, 4) for part in (key, g.value())]


def set_options(g):
    options = []
    for _ in range(g.random.randint(1, 4)):
        options += g.pick([["NX"], ["XX"], ["GET"], ["KEEPTTL"], ["EX", g.seconds()],
                           ["PX", g.milliseconds()],
                           ["EXAT", g.moment()], ["PXAT", g.moment_milliseconds()], ["PERSIST"], ["BAD"],
                           ["EX"]])
    return options


@family(3)
def counters(g):
    k = g.key
    return g.spoil(g.pick([
        lambda: ["SET", k(), g.integer()],
        lambda: ["SET", k(), g.pick(FLOATS)],
        lambda: ["SET", k(), g.value()],
        lambda: ["INCR", k()],
        lambda: ["DECR", k()],
        lambda: ["INCRBY", k(), g.integer()],
        lambda: ["DECRBY", k(), g.integer()],
        lambda: ["INCRBYFLOAT", k(), g.pick(FLOATS)],
        lambda: ["INCRBYFLOAT", k(), "%.*g" % (g.random.randint(1, 17), g.random.uniform(-1000, 1000))],
        lambda: ["INCRBYFLOAT", k(), g.integer()],
        lambda: ["GET", k()],
        lambda: ["OBJECT", "ENCODING", k()],
        lambda: ["APPEND", k(), g.number(0, 9)],
        lambda: ["EXPIRE", k(), g.seconds()],
        lambda: ["TTL", k()],
        lambda: ["DEL", k()],
        lambda: ["STRLEN", k()],
        lambda: ["GETRANGE", k(), "0", "3"],
        lambda: ["SETRANGE", k(), g.number(0, 3), g.number(0, 9)],
    ])())


@family(3)
def ranges(g):
    k = g.key
    edge = lambda: g.pick([g.number(-70, 70), g.number(-5, 5), g.integer()])   # noqa: E731
    return g.spoil(g.pick([
        lambda: ["SET", k(), g.value()],
        lambda: ["GETRANGE", k(), edge(), edge()],
        lambda: ["SUBSTR", k(), edge(), edge()],
        lambda: ["SETRANGE", k(), g.pick([g.number(0, 100), g.number(-5, 5), g.pick(NO_INTEGERS)]),
                 g.value()],
        lambda: ["SETRANGE", k(), g.pick(["536870912", "536870911", "4294967296", "-1"]), g.pick(["xx", ""])],
        lambda: ["APPEND", k(), g.value()],
        lambda: ["STRLEN", k()],
        lambda: ["GET", k()],
        lambda: ["OBJECT", "ENCODING", k()],
        lambda: ["DEL", k()],
    ])())


@family(2)
def lcs(g):
    k = lambda: "lcs%d" % g.random.randrange(6)   # noqa: E731
    alphabet = g.pick([b"ab", b"abcd", b"acgt\x00\xff"])

    def options():
        chosen = []
        for _ in range(g.random.randint(0, 4)):
            chosen += g.pick([["IDX"], ["IDX"], ["LEN"], ["WITHMATCHLEN"],
                              ["MINMATCHLEN", g.pick(["0", "1", "2", "4", "-1"])],
                              ["MINMATCHLEN", g.integer()], ["BAD"], ["MINMATCHLEN"]])
        return chosen
    return g.spoil(g.pick([
        lambda: ["SET", k(), bytes(g.random.choices(alphabet, k=g.random.randint(0, 60)))],
        lambda: ["SET", k(), g.number(1, 10 ** 12)],
        lambda: ["DEL", k()],
        lambda: ["LCS", k(), k()] + options(),
        lambda: ["LCS", k(), k()] + options(),
        lambda: ["LCS", k(), k(), "IDX"] + options(),
    ])())


@family(3)
def hyperloglogs(g):
    """GET shows the bytes of a value: they are to be the same after any sequence of changes."""
    k = lambda: "hll%d" % g.random.randrange(5)   # noqa: E731
    bad = lambda: "bad%d" % g.random.randrange(2)   # noqa: E731

    def elements(low, high):
        # few that come again and again, or one after the other from anywhere
        first, width = g.random.randrange(10 ** 6), g.pick([40, 3000, 10 ** 6])
        return [g.pick(["e%d", "%d", "longer element %d"]) % (g.random.randrange(width) + (first if g.chance(0.5) else 0))
                for _ in range(g.random.randint(low, high))]
    if g.chance(0.04):
        return g.pick([["CONFIG", "GET", "hll-sparse-max-bytes"],
                       ["CONFIG", "SET", "hll-sparse-max-bytes",
                        g.pick(["3000", "3000", "3000", "0", "40", "1000", "16000", "-1", "1kb"])]])
    return g.spoil(g.pick([
        lambda: ["PFADD", k()] + elements(0, 3),
        lambda: ["PFADD", k()] + elements(1, 1),
        lambda: ["PFADD", k()] + elements(1, 60),
        lambda: ["PFADD", k()] + elements(100, 400),
        lambda: ["PFADD", k(), g.value(), g.value()],
        lambda: ["PFADD", g.key(), g.value()],
        lambda: ["GET", k()],
        lambda: ["GET", k()],
        lambda: ["PFCOUNT", k()],
        lambda: ["PFCOUNT", k()],
        lambda: ["PFCOUNT", g.pick([k(), g.key()])] + [k() for _ in range(g.random.randint(1, 4))],
        lambda: ["PFMERGE", k()] + [k() for _ in range(g.random.randint(0, 3))],
        lambda: ["PFMERGE", g.pick([k(), "hll9"]), g.pick([k(), g.key()])],
        lambda: ["PFDEBUG", g.pick(["DECODE", "ENCODING", "ENCODING", "TODENSE", "GETREG", "BAD"]), k()],
        lambda: ["PFDEBUG", "DECODE", k()],
        lambda: ["DEL", g.pick([k(), "hll9"])],
        lambda: ["DEL", k(), bad()],
        lambda: ["EXPIRE", k(), g.seconds()],
        lambda: ["COPY", k(), k(), "REPLACE"],
        lambda: ["STRLEN", k()],
        lambda: ["OBJECT", "ENCODING", k()],
        lambda: ["SET", g.key(), g.value()],
        # what a client may write there
        lambda: ["COPY", k(), bad(), "REPLACE"],
        lambda: ["SETRANGE", bad(), g.number(0, 30), g.random.randbytes(g.random.randint(1, 3))],
        lambda: ["APPEND", bad(), g.pick(["hello", "x", "\x00"])],
        lambda: ["PFCOUNT", bad()],
    ])(), 0.03)


@family(4)
def bitmaps(g):
    k = lambda: g.pick([g.key(), "bits%d" % g.random.randrange(4)])   # noqa: E731
    # never the last bits that are allowed, which would make both servers keep 512 MB
    bit = lambda: g.pick([g.number(0, 40), g.number(0, 40), g.number(0, 400), g.number(0, 140000), g.pick(NO_INTEGERS),
                          g.pick(["-1", "4294967296", "4294967303", "9223372036854775807"])])   # noqa: E731
    edge = lambda: g.pick([g.number(-5, 5), g.number(-70, 70), g.number(-600, 600), g.integer()])   # noqa: E731
    unit = lambda: g.pick(["BIT", "BIT", "BYTE", "BAD", ""])   # noqa: E731
    pattern = lambda: b"".join(bytes([g.pick([0, 0, 255, 255, g.random.randrange(256)])]) * g.random.randint(1, 40)   # noqa: E731
                               for _ in range(g.random.randint(0, 5)))
    return g.spoil(g.pick([
        lambda: ["SET", k(), pattern()],
        lambda: ["SET", k(), pattern()],
        lambda: ["SET", k(), g.value()],
        lambda: ["SETBIT", k(), bit(), g.pick(["0", "1", "0", "1", "1", "2", "-1", "", "01"])],
        lambda: ["SETBIT", k(), bit(), g.pick(["0", "1"])],
        lambda: ["SETBIT", k(), g.number(0, 40), g.pick(["0", "1"])],
        lambda: ["GETBIT", k(), bit()],
        lambda: ["GETBIT", k(), g.number(0, 400)],
        lambda: ["BITOP", g.pick(["AND", "OR", "XOR", "AND", "OR", "XOR", "NOT", "BAD", ""]), k()]
        + [k() for _ in range(g.random.randint(1, 6))],
        lambda: ["BITOP", "NOT", k(), k()],
        lambda: ["BITCOUNT", k()],
        lambda: ["BITCOUNT", k(), edge(), edge()],
        lambda: ["BITCOUNT", k(), edge(), edge(), unit()],
        lambda: ["BITPOS", k(), g.pick(["0", "1"])],
        lambda: ["BITPOS", k(), g.pick(["0", "1", "2", "x", "-1"]), edge()],
        lambda: ["BITPOS", k(), g.pick(["0", "1"]), edge(), edge()],
        lambda: ["BITPOS", k(), g.pick(["0", "1"]), edge(), edge(), unit()],
        lambda: ["GET", k()],
        lambda: ["STRLEN", k()],
        lambda: ["OBJECT", "ENCODING", k()],
        lambda: ["APPEND", k(), pattern()],
        lambda: ["COPY", k(), k(), "REPLACE"],
        lambda: ["EXPIRE", k(), g.seconds()],
        lambda: ["TTL", k()],
        lambda: ["DEL", k()],
    ])())


@family(4)
def bitfields(g):
    k = lambda: g.pick([g.key(), "field%d" % g.random.randrange(4)])   # noqa: E731

    def kind():
        if g.chance(0.04):
            return g.pick(["u64", "i65", "i0", "u0", "i", "u", "", "x8", "I8", "i-1", "i08", "u8 ", "8", "i99999999999"])
        return g.pick(["i", "u"]) + g.pick([g.number(1, 63), g.pick(["1", "2", "4", "7", "8", "9", "16", "31", "32", "33", "63"])])

    def place():
        if g.chance(0.04):
            return g.pick(["-1", "#-1", "#", "", "x", "##1", "4294967296", "#4294967296", "9223372036854775807", "01"])
        return g.pick([g.number(0, 40), g.number(0, 300), "#" + g.number(0, 20), g.number(0, 140000)])

    def number():
        # Below the least i63 Redis takes SAT to the field's greatest number.
        if g.chance(0.7):
            return g.pick([g.number(-300, 300), g.number(-3, 3), g.number(-2 ** 33, 2 ** 33), g.number(0, 2 ** 62)])
        return g.pick([n for n in INTEGERS if n != "-9223372036854775808"] + ["4611686018427387904", "abc", "", "1.5"])

    def operations():
        made = []
        for _ in range(g.random.randint(0, 5)):
            made += g.pick([lambda: ["GET", kind(), place()], lambda: ["SET", kind(), place(), number()],
                            lambda: ["INCRBY", kind(), place(), number()], lambda: ["INCRBY", kind(), place(), number()],
                            lambda: ["OVERFLOW", g.pick(["WRAP", "SAT", "FAIL", "SAT", "FAIL", "sat", "BAD"])],
                            lambda: g.pick([["GET"], ["SET", "u8", "0"], ["OVERFLOW"], ["NOSUCH"]]) if g.chance(0.1) else
                            ["GET", "i64", place()]])()
        return made
    return g.spoil(g.pick([
        lambda: ["SET", k(), g.value()],
        lambda: ["SET", k(), g.random.randbytes(g.random.randint(0, 40))],
        lambda: ["BITFIELD", k()] + operations(),
        lambda: ["BITFIELD", k()] + operations(),
        lambda: ["BITFIELD", k()] + operations(),
        lambda: ["BITFIELD", k(), "OVERFLOW", g.pick(["SAT", "FAIL", "WRAP"]), "INCRBY", kind(), "#0", number(), "GET", kind(), "#0"],
        lambda: ["BITFIELD_RO", k()] + operations(),
        lambda: ["BITFIELD_RO", k(), "GET", kind(), place(), "GET", kind(), place()],
        lambda: ["BITFIELD_RO", k(), "GET", g.pick(["u8", "i16"]), "#2305843009213693952"],
        lambda: ["COMMAND", "GETKEYSANDFLAGS", "BITFIELD", k()] + operations(),
        lambda: ["GET", k()],
        lambda: ["OBJECT", "ENCODING", k()],
        lambda: ["COPY", k(), k(), "REPLACE"],
        lambda: ["EXPIRE", k(), g.seconds()],
        lambda: ["TTL", k()],
        lambda: ["DEL", k()],
    ])())


@family(4)
def expiry(g):
    k = g.key

    def condition():
        if g.chance(0.5):
            return []
        return [g.pick(["NX", "XX", "GT", "LT", "BAD"]) for _ in range(g.random.randint(1, 2))]
    return g.spoil(g.pick([
        lambda: ["SET", k(), g.value()],
        lambda: ["SET", k(), g.value()],
        lambda: ["SET", k(), g.value(), "KEEPTTL"],
        lambda: ["EXPIRE", k(), g.seconds()] + condition(),
        lambda: ["PEXPIRE", k(), g.milliseconds()] + condition(),
        lambda: ["EXPIREAT", k(), g.moment()] + condition(),
        lambda: ["PEXPIREAT", k(), g.moment_milliseconds()] + condition(),
        lambda: ["TTL", k()],
        lambda: ["PTTL", k()],
        lambda: ["EXPIRETIME", k()],
        lambda: ["PEXPIRETIME", k()],
        lambda: ["PERSIST", k()],
        lambda: ["GET", k()],
        lambda: ["GETEX", k()] + g.expiry("PERSIST"),
        lambda: ["EXISTS", k()],
        lambda: ["RENAME", k(), k()],
        lambda: ["COPY", k(), k()] + g.pick([[], ["REPLACE"]]),
        lambda: ["INCR", k()],
        lambda: ["APPEND", k(), "x"],
        lambda: ["GETSET", k(), g.value()],
        lambda: ["MSET"] + pairs(g),
    ])())


PATTERNS = [
    "*", "k*", "k?", "k[0-3]", "k[^0-3]", "k[3-0]", "[k7]*", "\\k*", "a\\*b*", "*[[]c]*", "?", "", "k", "**",
    "*?*?*", "k[", "k[0", "k[^", "k\\", "\\", "*\\", b"\x00*", b"*\xff*", "K*", "-?", "[-7]", "[7-]", "[^]",
    "[]", "{tag}*", "long:*x", "*" * 40]


@family(4)
def keyspace(g):
    k = g.key
    return g.spoil(g.pick([
        lambda: ["SET", k(), g.value()],
        lambda: ["SET", k(), g.value()],
        lambda: ["MSET"] + pairs(g),
        lambda: ["DEL"] + g.keys(),
        lambda: ["UNLINK"] + g.keys(),
        lambda: ["EXISTS"] + g.keys(),
        lambda: ["TOUCH"] + g.keys(),
        lambda: ["TYPE", k()],
        lambda: ["KEYS", g.pick(PATTERNS)],
        lambda: ["SCAN", "0", "COUNT", "100000"],
        lambda: ["SCAN", "0"] + scan_options(g) + ["COUNT", "100000"],
        lambda: ["SCAN", g.pick(["0", "abc", "-1", "", "1.5", "99999999999999999999999", " 0", "+0", "00"])]
        + scan_options(g) + ["COUNT", g.pick(["100000", "0", "-1", "abc", "9223372036854775807",
                                              "9223372036854775808"])],
        lambda: ["RANDOMKEY"],
        lambda: ["DBSIZE"],
        lambda: ["RENAME", k(), k()],
        lambda: ["RENAMENX", k(), k()],
        lambda: ["COPY", k(), k()],
        lambda: ["COPY", k(), k()] + copy_options(g),
        lambda: ["OBJECT", g.pick(["ENCODING", "ENCODING", "ENCODING", "IDLETIME", "FREQ", "REFCOUNT", "BAD"]), k()],
        lambda: ["PERSIST", k()],
        lambda: ["EXPIRE", k(), g.seconds()],
        lambda: ["MEMORY", "USAGE", k()] + g.pick([[], [], ["SAMPLES", g.integer()], ["BAD"]]),
        lambda: ["GETDEL", k()],
        lambda: ["DEBUG", "OBJECT", k()],
    ])())


def scan_options(g):
    usual = [["MATCH", g.pick(PATTERNS)], ["TYPE", "string"]]
    odd = [["TYPE", g.pick(["STRING", "hash", "list", "zset"])], ["COUNT", "5000"], ["BAD"], ["MATCH"]]
    return [part for _ in range(g.random.randint(0, 3)) for part in g.pick(odd if g.chance(0.2) else usual)]


def copy_options(g):
    return [part for _ in range(g.random.randint(1, 3)) for part in
            g.pick([["REPLACE"], ["DB", g.number(0, 3)], ["DB", g.integer()], ["DB"], ["BAD"]])]


@family(3)
def databases(g):
    k = g.key
    index = lambda: g.pick([g.number(0, 3), g.number(0, 3), g.number(0, 3), g.number(-1, 17),
                            g.integer()])   # noqa: E731
    return g.spoil(g.pick([
        lambda: ["SET", k(), g.value()],
        lambda: ["SET", k(), g.value()],
        lambda: ["MSET"] + pairs(g),
        lambda: ["SET", k(), g.value(), "EXAT", str(FAR_MOMENT)],
        lambda: ["SELECT", index()],
        lambda: ["SELECT", g.number(0, 3)],
        lambda: ["SWAPDB", index(), index()],
        lambda: ["MOVE", k(), index()],
        lambda: ["MOVE", k(), index()],
        lambda: ["COPY", k(), k(), "DB", index()] + g.pick([[], ["REPLACE"]]),
        lambda: ["DBSIZE"],
        lambda: ["KEYS", "*"],
        lambda: ["GET", k()],
        lambda: ["PTTL", k()],
        lambda: ["SCAN", "0", "COUNT", "100000"],
        lambda: ["INFO", "keyspace"],
        lambda: [g.pick(["FLUSHDB", "FLUSHALL", "DBSIZE", "DBSIZE", "DBSIZE"])]
        + g.pick([[], [], ["SYNC"], ["ASYNC"], ["BAD"]]),
    ])())


@family(2)
def connection(g):
    if g.modern and g.chance(0.1):
        return g.pick([
            lambda: ["CLIENT", "SETINFO", g.pick(["LIB-NAME", "lib-ver", "BAD", ""]),
                     g.pick(["lib", "1.2.3", "with space", "", "new\nline", b"\xff"])],
            lambda: ["CLIENT", "NO-TOUCH", g.pick(["ON", "off", "BAD"])],
            lambda: ["CLIENT", g.pick(["SETINFO", "NO-TOUCH"])],
            lambda: ["COMMAND", "INFO", g.pick(["client|setinfo", "client|no-touch"])],
        ])()
    return g.spoil(g.pick([
        lambda: ["PING"],
        lambda: ["PING", g.value()],
        lambda: ["ECHO", g.value()],
        lambda: ["HELLO", g.pick(["2", "3", "3", "1", "4", "abc", "", "0", "-1", "99999999999"])],
        lambda: ["HELLO"],
        lambda: ["HELLO", g.pick(["2", "3"])] + hello_options(g),
        lambda: ["CLIENT", "SETNAME", g.pick(["me", "", "with space", "new\nline", b"\xff", "a" * 100,
                                              "x!y~"])],
        lambda: ["CLIENT", "GETNAME"],
        lambda: ["CLIENT", "ID"],
        lambda: ["CLIENT", "INFO"],
        lambda: ["CLIENT", "NO-EVICT", g.pick(["ON", "OFF", "on", "BAD"])],
        lambda: ["CLIENT", "UNBLOCK", g.pick(["1", "999999", "abc", "-1"])]
        + g.pick([[], ["TIMEOUT"], ["ERROR"], ["BAD"]]),
        lambda: ["CLIENT", "KILL", g.pick(["1.2.3.4:5", "", "bad"])],
        lambda: ["CLIENT", "KILL"] + g.pick([["ID", "9999999"], ["ID", "abc"], ["ID", "-1"], ["ID"],
                                             ["TYPE", "bad"], ["TYPE", "replica"],
                                            ["USER", "nobody"], ["ADDR", "1.2.3.4:5"], ["LADDR", "1.2.3.4:5"],
                                            ["SKIPME", "maybe"],
                                            ["TYPE", "pubsub", "SKIPME", "yes"], ["BAD", "x"], ["ID", "0"],
                                            ["MAXAGE", "1"]]),
        lambda: ["CLIENT", "LIST"] + g.pick([["TYPE", "bad"], ["TYPE", "pubsub"], ["TYPE", "replica"],
                                             ["TYPE"], ["ID", "abc"],
                                            ["ID", "999999"], ["ID"], ["BAD"], ["TYPE", "master"],
                                            ["ID", "-1"], ["ID", "0"], ["ID", "999998", "x"]]),
        lambda: ["CLIENT", "PAUSE", g.pick(["abc", "-1", "1.5", "9223372036854775807"])]
        + g.pick([["BAD"], [], ["ALL", "x"]]),
        lambda: ["CLIENT", "PAUSE", "0"] + g.pick([[], ["ALL"], ["WRITE"]]),
        lambda: ["CLIENT", "UNPAUSE"],
        lambda: ["CLIENT", "REPLY", g.pick(["ON", "BAD", "on"])],
        lambda: ["CLIENT", g.pick(["NOSUCH", "", "SET", "help2"])],
        lambda: ["SELECT", g.pick(["0", "0", "16", "-1", "abc", "", "1.5", "99999999999999999999",
                                   "2147483648"])],
        lambda: ["RESET"],
    ])(), 0)   # never spoiled: a number put in the wrong place would kill a connection


def hello_options(g):
    # SETNAME and a wrong AUTH stand alone: 7.0 and 7.2 differ in what holds when another option is wrong. And 7.2 does
    # not answer a wrong AUTH in HELLO while earlier replies are still to be written; 7.0 and kvs do.
    if g.chance(0.4):
        return ["SETNAME", g.pick(["n1", "bad name", ""])]
    if g.chance(0.2) and not g.modern:
        return ["AUTH", "nobody", "x"]
    return [part for _ in range(g.random.randint(1, 3))
            for part in g.pick([["AUTH", "default", "x"], ["AUTH", "default"], ["BAD"]])]


COMMANDS = {   # name -> fewest words after it
    "PING": 0, "ECHO": 1, "HELLO": 0, "SELECT": 1, "SET": 2, "GET": 1, "GETSET": 2, "GETEX": 1, "GETDEL": 1,
    "SETNX": 2, "SETEX": 3, "PSETEX": 3, "MSET": 2, "MSETNX": 2, "MGET": 1, "APPEND": 2, "STRLEN": 1,
    "GETRANGE": 3, "SUBSTR": 3, "SETRANGE": 3, "INCR": 1, "DECR": 1, "INCRBY": 2, "DECRBY": 2,
    "INCRBYFLOAT": 2, "LCS": 2, "SETBIT": 3, "GETBIT": 2, "BITCOUNT": 1, "BITPOS": 2,
    "BITOP": 3, "BITFIELD": 1, "BITFIELD_RO": 1, "GEOADD": 4, "GEODIST": 3, "GEOHASH": 1, "GEOPOS": 1, "GEOSEARCH": 6,
    "GEOSEARCHSTORE": 7, "GEORADIUS": 5, "GEORADIUS_RO": 5, "GEORADIUSBYMEMBER": 4, "GEORADIUSBYMEMBER_RO": 4, "DEL": 1, "UNLINK": 1, "EXISTS": 1, "TYPE": 1, "KEYS": 1, "SCAN": 1,
    "RANDOMKEY": 0, "DBSIZE": 0, "RENAME": 2, "RENAMENX": 2, "COPY": 2, "MOVE": 2, "SWAPDB": 2, "TOUCH": 1,
    "OBJECT": 1, "EXPIRE": 2, "PEXPIRE": 2, "EXPIREAT": 2, "PEXPIREAT": 2, "TTL": 1, "PTTL": 1,
    "EXPIRETIME": 1, "PEXPIRETIME": 1, "PERSIST": 1, "FLUSHDB": 0, "FLUSHALL": 0, "COMMAND": 0, "CONFIG": 1,
    "MEMORY": 1, "SLOWLOG": 1, "LATENCY": 1, "TIME": 0, "DEBUG": 1, "SAVE": 0, "BGSAVE": 0, "LASTSAVE": 0}

CONTAINERS = {
    "CLIENT": ["GETNAME", "SETNAME", "ID", "UNBLOCK", "NO-EVICT", "REPLY", "UNPAUSE", "INFO"],
    "COMMAND": ["COUNT", "GETKEYS", "GETKEYSANDFLAGS"],
    "CONFIG": ["GET", "SET"],
    "MEMORY": ["USAGE", "DOCTOR", "PURGE", "STATS", "MALLOC-STATS"],
    "OBJECT": ["ENCODING", "FREQ", "IDLETIME", "REFCOUNT"],
    "SLOWLOG": ["LEN", "RESET"],   # not GET: what it shows depends on how busy the machine is
    "LATENCY": ["LATEST", "HISTORY", "DOCTOR"],
    "ACL": ["WHOAMI", "USERS", "CAT", "LOAD", "SAVE", "DRYRUN", "GETUSER"]}

UNKNOWN = ["NOSUCHCOMMAND", "nosuch", "", "GET2", "a b", b"\xff\x00\r\n", "x" * 200, "se t", "GETT", "*", "'"]


@family(2)
def errors(g):
    """Wrong numbers of arguments, unknown commands and subcommands."""
    few = [b"", b"\x00\r\n", "k1", "a" * 150]
    words = lambda count: [g.pick(few) for _ in range(count)]   # noqa: E731

    def short():
        name = g.pick(list(COMMANDS))
        return [name] + words(g.random.randrange(COMMANDS[name])) if COMMANDS[name] else [name] + ["x"] * 5

    def shortened_container():
        name = g.pick(list(CONTAINERS))
        return [name, g.pick(CONTAINERS[name])] + g.pick([[], words(1), words(6)])
    return g.pick([
        short,
        shortened_container,
        lambda: [g.pick(["MSET", "MSETNX"])] + words(g.pick([3, 5])),
        lambda: [g.pick(UNKNOWN)] + words(g.random.randint(0, 4)),
        lambda: [g.pick(UNKNOWN)] + [g.text(g.pick([10, 40, 126, 128, 130]))] * g.random.randint(0, 8),
        lambda: [g.pick(list(CONTAINERS)), g.pick(UNKNOWN)] + words(g.random.randint(0, 2)),
        lambda: [g.pick(list(CONTAINERS))],
        lambda: [g.pick(["CLIENT", "COMMAND", "CONFIG", "MEMORY", "OBJECT", "SLOWLOG", "LATENCY", "DEBUG", "ACL"]),
                 "HELP"],
        lambda: ["SHUTDOWN", g.pick(["BAD", "SAVE2", ""])],
        lambda: ["SHUTDOWN", "SAVE", "NOSAVE"],
        lambda: ["SHUTDOWN", "ABORT"],
        lambda: ["SHUTDOWN", "ABORT", "NOW"],
        lambda: ["TIME"],
        lambda: ["SET", "k1", "v"],
    ])()


KNOWN_COMMANDS = [name.lower() for name in COMMANDS] + ["quit", "reset", "client", "info", "monitor",
                                                        "shutdown", "acl", "auth"]


@family(1)
def introspection(g):
    known = lambda: g.case(g.pick(KNOWN_COMMANDS).upper())   # noqa: E731
    k = g.key
    return g.spoil(g.pick([
        lambda: ["COMMAND", "COUNT"],
        lambda: ["COMMAND", "LIST"],
        lambda: ["COMMAND", "LIST", "FILTERBY", g.pick(["MODULE", "BAD"]), "nosuch"],
        lambda: ["COMMAND", "LIST", "FILTERBY", g.pick(["ACLCAT", "PATTERN", "MODULE"])],
        lambda: ["COMMAND", "LIST", "FILTERBY"] + g.pick([["ACLCAT", "nosuch"], ["PATTERN", "xyz*"],
                                                          ["PATTERN", "getr*"], ["PATTERN", "PSETE?"],
                                                         ["PATTERN", "config|*"]]),
        lambda: ["COMMAND", "INFO"] + [g.pick(["nosuch", "", known()])
                                       for _ in range(g.random.randint(1, 3))],
        lambda: ["COMMAND", "INFO", g.pick(["config|get", "client|id", "CLIENT|LIST", "config|nosuch",
                                            "get|x", "memory|usage", "object|encoding"])],
        lambda: ["COMMAND", "DOCS", g.pick([known(), "nosuch", "config|get", "client|kill"])],
        lambda: ["COMMAND", "GETKEYS"] + g.pick([["GET", k()], ["MSET"] + pairs(g), ["MGET"] + g.keys(),
                                                 ["SET", k(), "v", "GET"], ["PING"], ["nosuch"],
                                                ["GET"], ["MSET", "a"], ["COPY", k(), k(), "DB", "1"],
                                                ["RENAME", k(), k()], ["OBJECT", "ENCODING", k()],
                                                ["MEMORY", "USAGE", k()], ["CONFIG", "GET", "x"],
                                                ["LCS", k(), k(), "IDX"], ["DEL"] + g.keys(),
                                                ["OBJECT", "nosuch", k()], ["CLIENT", "ID"],
                                                ["DEBUG", "OBJECT", k()], []]),
        lambda: ["COMMAND", "GETKEYSANDFLAGS"] + g.pick([["GET", k()], ["SET", k(), "v"],
                                                         ["SET", k(), "v", "GET"], ["MSET"] + pairs(g),
                                                         ["GETSET", k(), "v"],
                                                        ["COPY", k(), k()], ["RENAME", k(), k()],
                                                        ["GETEX", k(), "PERSIST"], ["APPEND", k(), "v"],
                                                        ["DEL"] + g.keys(), ["INCR", k()], ["MOVE", k(), "1"],
                                                        ["TOUCH"] + g.keys(), ["PING"],
                                                        ["OBJECT", "ENCODING", k()], ["SETRANGE", k(), "1", "v"], ["EXPIRE", k(), "1"]]),
        lambda: ["TIME"],
        lambda: ["LASTSAVE"],
        lambda: ["SLOWLOG", "LEN"],
        lambda: ["SLOWLOG", "GET", g.pick(["-2", "abc", "0", "1.5"])],
        lambda: ["SLOWLOG", "RESET"],
        lambda: ["LATENCY", "RESET"] + g.pick([[], ["nosuch"], ["a", "b"]]),
        lambda: ["LATENCY", "HISTORY", "nosuch"],
        lambda: ["LATENCY", "LATEST"],
        lambda: ["LATENCY", "DOCTOR"],
        lambda: ["LATENCY", "HISTOGRAM", "nosuch"],
        lambda: ["MEMORY", "DOCTOR"],
        lambda: ["MEMORY", "PURGE"],
        lambda: ["MEMORY", "MALLOC-STATS"],
        lambda: ["MEMORY", "STATS"],
        lambda: ["DEBUG", "SLEEP", g.pick(["0", "0.001", "0.0"])],
        lambda: ["DEBUG", "SET-ACTIVE-EXPIRE", "1"],
        lambda: ["DEBUG", "QUICKLIST-PACKED-THRESHOLD", g.pick(["0", "1kb", "4293918720", "4293918721", "4gb", "-1", "x"])],
        lambda: ["DEBUG", "NOSUCH"],
        lambda: ["INFO", g.pick(["server", "clients", "memory", "persistence", "stats", "replication", "cpu",
                                 "nosuch", "SERVER", "errorstats2"])],
        lambda: ["INFO", g.pick(["clients", "server"]), g.pick(["cpu", "nosuch", "memory"])],
        lambda: ["INFO"],
        lambda: ["INFO", "default"],
    ])(), 0)   # never spoiled: DEBUG SLEEP 10 would be one of the outcomes


SAFE_DIRECTIVES = {   # name -> values to try; all end where they began through "restore" below
    "timeout": ["0", "100", "-1", "abc", "2147483648"],
    "maxmemory-samples": ["5", "10", "0", "-1", "abc"],
    "slowlog-max-len": ["128", "10", "-1", "abc"],
    "slowlog-log-slower-than": ["10000", "1000000", "-1", "abc"],
    "latency-monitor-threshold": ["0", "100", "-1", "abc"],
    "lfu-log-factor": ["10", "1", "-1"],
    "lfu-decay-time": ["1", "2", "x"],
    "hz": ["10", "20", "abc"],
    "maxmemory-policy": ["noeviction", "allkeys-lru", "volatile-ttl", "bad", "NOEVICTION", "allkeys-random"],
    "loglevel": ["notice", "warning", "verbose", "bad", "NOTICE"],
    "lazyfree-lazy-user-del": ["yes", "no", "maybe", "YES", "1"],
    "lazyfree-lazy-expire": ["yes", "no", ""],
    "dynamic-hz": ["yes", "no", "x"],
    "client-query-buffer-limit": ["1gb", "2mb", "1073741824", "1k", "x", "-1", "1.5mb"],
    "proto-max-bulk-len": ["512mb", "1gb", "1mb", "1kb", "x"],
    "databases": ["32"],
    "client-output-buffer-limit": ["normal 0 0 0", "normal 1mb 2mb 60", "bad 1 2 3", "normal 0 0",
                                   "slave 0 0 0", "replica 256mb 64mb 60",
                                   "pubsub 32mb 8mb 60", "normal -1 0 0", "normal 0 0 0 pubsub 32mb 8mb 60"],
    "maxmemory": ["0", "100gb", "abc", "-1", "50%"],
    "maxmemory-clients": ["0", "1gb", "5%", "x", "101%"],
    "nosuch-directive": ["1"],
    "": ["x"],
}

RESTORE_SPARSE = ["CONFIG", "SET", "hll-sparse-max-bytes", "3000"]

RESTORE = [
    "CONFIG", "SET", "timeout", "0", "maxmemory-samples", "5", "slowlog-max-len", "128",
    "slowlog-log-slower-than", "10000", "latency-monitor-threshold", "0", "lfu-log-factor", "10",
    "lfu-decay-time", "1", "hz", "10", "maxmemory-policy", "noeviction", "loglevel", "notice",
    "lazyfree-lazy-user-del", "no", "lazyfree-lazy-expire", "no", "dynamic-hz", "yes",
    "client-query-buffer-limit", "1gb", "proto-max-bulk-len", "512mb", "maxmemory", "0", "maxmemory-clients",
    "0", "client-output-buffer-limit", "normal 0 0 0 slave 256mb 64mb 60 pubsub 32mb 8mb 60"]


@family(1)
def config(g):
    def setting():
        name = g.pick(list(SAFE_DIRECTIVES))
        return [name.upper() if g.chance(0.1) else name, g.pick(SAFE_DIRECTIVES[name])]
    name = lambda: g.pick(list(SAFE_DIRECTIVES))   # noqa: E731
    return g.pick([
        lambda: ["CONFIG", "SET"] + setting(),
        lambda: ["CONFIG", "SET"] + setting(),
        lambda: ["CONFIG", "SET"] + setting() + setting(),
        lambda: ["CONFIG", "SET"] + setting() + ["timeout"],
        lambda: ["CONFIG", "GET", name()],
        lambda: ["CONFIG", "GET", name()],
        lambda: ["CONFIG", "GET", name().upper()],
        lambda: ["CONFIG", "GET", name(), name(), name()],
        lambda: ["CONFIG", "GET", g.pick(["slowlog*", "lfu-*", "maxmemory*", "nosuch*", "client-*",
                                          "lazyfree-*", "[t]imeout", "?z", "timeou[t"])],
        lambda: ["CONFIG", "SET"],
        lambda: ["CONFIG", "RESETSTAT"],
        lambda: ["CONFIG", "REWRITE"],
        lambda: ["CONFIG", "SET", "save", g.pick(["", "bad", "100", "-1 1"])],   # where it is set, Redis saves at FLUSHALL
        lambda: ["CONFIG", "GET", g.pick(["save", "dbfilename", "rdb*", "stop-writes*"])],
        lambda: ["CONFIG", "SET", "save", ""],
        lambda: RESTORE,
    ])()


@family(0.3)
def huge(g):
    """Values beyond every buffer; few, since each moves megabytes."""
    k = lambda: "huge%d" % g.random.randrange(4)   # noqa: E731
    size = lambda: g.pick([16383, 16384, 16385, 32767, 32768, 32769, 65536, 100000, 1 << 20, (1 << 20) + 1,
                           4 << 20])   # noqa: E731
    block = lambda: g.random.randbytes(64) * (size() // 64) + g.text(g.random.randint(0, 64))   # noqa: E731
    return g.pick([
        lambda: ["SET", k(), block()],
        lambda: ["SET", k(), block()],
        lambda: ["GET", k()],
        lambda: ["APPEND", k(), block()],
        lambda: ["STRLEN", k()],
        lambda: ["GETRANGE", k(), g.number(-100000, 100000), g.number(-100000, 5000000)],
        lambda: ["SETRANGE", k(), g.number(0, 5000000), block()],
        lambda: ["MGET", k(), k()],
        lambda: ["GETSET", k(), block()],
        lambda: ["MSET", k(), block(), k(), block()],
        lambda: ["DEL", k()],
        lambda: ["ECHO", block()],
        lambda: ["PING", block()],
        lambda: ["EXISTS", block()],
        lambda: ["SET", g.text(size()), "v"],
        lambda: ["COPY", k(), k(), "REPLACE"],
        lambda: ["RENAME", k(), k()],
        lambda: ["OBJECT", "ENCODING", k()],
        lambda: ["DEL"] + ["nosuch%d" % i for i in range(g.pick([100, 5000]))],
        lambda: ["INCR", k()],
        lambda: ["LCS", "lcsa", "lcsb"],
        lambda: ["BITOP", g.pick(["AND", "OR", "XOR"]), k(), k(), k(), k()],
        lambda: ["BITOP", "NOT", k(), k()],
        lambda: ["BITCOUNT", k()] + g.pick([[], [g.number(-100000, 100000), g.number(-100000, 5000000), g.pick(["BIT", "BYTE"])]]),
        lambda: ["BITPOS", k(), g.pick(["0", "1"]), g.number(-100000, 5000000)],
        lambda: ["SETBIT", k(), g.number(0, 40000000), g.pick(["0", "1"])],
        lambda: ["FLUSHALL"] + g.pick([[], ["ASYNC"], ["SYNC"]]),
    ])()
