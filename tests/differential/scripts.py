"""Scripts: programs in Lua from a grammar, which calculate, build texts and tables, raise and catch errors, call commands
and return what they have. Whatever Lua leaves open is left out: the order of pairs(), addresses, the time. So is error() with a table that has no text
as err, which redis-server 7.0.15 doesn't survive.

EVALSHA and SCRIPT LOAD have texts of their own (KNOWN): of those that only EVAL has brought kvs keeps the latest alone.
"""

import hashlib

import generators
from driver import RESP2, RESP3
from generators import family
from scenarios import scenario

NAMES = "abcdef"
OPERATORS = ["+", "-", "*", "/", "%", "^"]
COMPARISONS = ["==", "~=", "<", "<=", ">", ">="]
NUMBERS = ["0", "1", "2", "3", "-1", "7", "10", "0.5", "-2.5", "1e3", "100", "1e15", "1e17", "123456789012", "0x1f", "2^53"]
TEXTS = ["''", "'a'", "'abc'", "'10'", "'0x10'", "' 5 '", "'Hello World'", "'a,b,,c'", "'%d'", "'k1'", "'\\0\\1\\255'",
         " [[long]]", "'1e3'", "'a.b'", "'x=1;y=22'"]
PATTERNS = ["'a'", "'%a+'", "'%d*'", "'.'", "'(%w)=(%w+)'", "'^.-l'", "'[%w]+$'", "'%s'", "'o'", "'()l()'", "'%f[%w]%w+'", "'%b=;'", "'['",
            "'%'", "'(a'", "'x*-'"]
FORMATS = ["%d", "%5d", "%-5d|", "%05d", "%i", "%x", "%X", "%o", "%c", "%e", "%.3f", "%g", "%s", "%10.2s|", "%q", "%%", "%y", "%u"]

# The helpers of some programs: what has no order is given one.
HELPERS = """local function flat(t, seen)
if type(t) ~= 'table' then return type(t) .. ':' .. tostring(t) end
local r = {} for k, v in pairs(t) do r[#r + 1] = tostring(k) .. '=' .. flat(v) end
table.sort(r) return '{' .. table.concat(r, ' ') .. '}' end
"""

KNOWN = ["return {KEYS, ARGV}", "return redis.call('incr', KEYS[1])", "return #ARGV", "#!lua flags=no-writes\nreturn redis.call('set', KEYS[1], 1)",
         "return redis.call('get', KEYS[1])", "return ARGV[1] + 1", "redis.setresp(3) return redis.call('hgetall', KEYS[1]).map ~= nil",
         "return redis.error_reply('MINE is wrong')", "local t = {} for i, k in ipairs(KEYS) do t[i] = redis.call('type', k) end return t",
         "return redis.call('rpush', KEYS[1], unpack(ARGV))"]

# Commands whose replies follow no other rule than the same bytes.
SAFE = set("""APPEND DECR DECRBY DEL EXISTS GET GETDEL GETRANGE GETSET INCR INCRBY INCRBYFLOAT MGET MSET MSETNX SET SETNX SETRANGE STRLEN SUBSTR
    LINDEX LINSERT LLEN LMOVE LPOP LPOS LPUSH LPUSHX LRANGE LREM LSET LTRIM RPOP RPOPLPUSH RPUSH RPUSHX BITCOUNT BITPOS GETBIT SETBIT
    HSET HGET HDEL HEXISTS HINCRBY HLEN HMGET HSETNX HSTRLEN SADD SREM SCARD SISMEMBER SMISMEMBER SMOVE ZADD ZCARD ZCOUNT ZINCRBY ZMSCORE
    ZPOPMAX ZPOPMIN ZRANGE ZRANGEBYSCORE ZRANK ZREM ZREVRANGE ZREVRANK ZSCORE TYPE RENAME ECHO PING UNLINK TOUCH""".split())


def literal(value):
    """Any bytes as a text of Lua."""
    data = value.encode() if isinstance(value, str) else value
    return "'" + "".join(chr(b) if 32 <= b < 127 and b not in b"'\\" else "\\%03d" % b for b in data) + "'"


class Program:
    def __init__(self, g):
        self.g = g
        self.depth = 0
        self.loops = 0

    def deep(self, make, otherwise):
        if self.depth > 3:
            return otherwise()
        self.depth += 1
        text = make()
        self.depth -= 1
        return text

    # ---- expressions ----

    def name(self):
        return self.g.pick(NAMES)

    def number(self):
        return self.deep(lambda: self.g.pick([
            lambda: self.g.pick(NUMBERS), lambda: self.g.pick(NUMBERS), self.name,
            lambda: "(%s %s %s)" % (self.number(), self.g.pick(OPERATORS), self.number()),
            lambda: "#%s" % self.text(), lambda: "(tonumber(%s) or 0)" % self.text(),
            lambda: "math.%s(%s)" % (self.g.pick(["floor", "ceil", "abs", "sqrt"]), self.number()),
            lambda: "math.%s(%s, %s)" % (self.g.pick(["max", "min", "fmod"]), self.number(), self.number()),
            lambda: "(string.byte(%s, %s) or 0)" % (self.text(), self.number()),
            lambda: "bit.%s(%s, %s)" % (self.g.pick(["band", "bor", "bxor", "lshift", "rshift", "arshift", "rol"]), self.number(), self.number()),
            lambda: "#%s" % self.table(), lambda: "select('#', unpack(%s))" % self.table()])(), lambda: self.g.pick(NUMBERS))

    def text(self):
        return self.deep(lambda: self.g.pick([
            lambda: self.g.pick(TEXTS), lambda: self.g.pick(TEXTS), self.name,
            lambda: "(%s .. %s)" % (self.text(), self.g.pick([self.text, self.number])()),
            lambda: "flat(%s)" % self.g.pick([self.number, self.text, self.truth])(),
            lambda: "string.%s(%s)" % (self.g.pick(["upper", "lower", "reverse"]), self.text()),
            lambda: "string.rep(%s, %s)" % (self.text(), self.g.pick(["0", "3", "-1", "17", "200"])),
            lambda: "string.sub(%s, %s, %s)" % (self.text(), self.number(), self.number()),
            lambda: "string.format('%s', %s)" % (self.g.pick(FORMATS), self.g.pick([self.number, self.text])()),
            lambda: "string.gsub(%s, %s, %s)" % (self.text(), self.g.pick(PATTERNS), self.g.pick([self.text(), "'<%0>'", "'%1'", "string.upper"])),
            lambda: "(string.match(%s, %s) or '')" % (self.text(), self.g.pick(PATTERNS)),
            lambda: "table.concat(%s, %s)" % (self.table(), self.text()), lambda: "type(%s)" % self.value(),
            lambda: "redis.sha1hex(%s)" % self.text(), lambda: "flat(%s)" % self.value(),
            lambda: "bit.tohex(%s)" % self.number(), lambda: "cjson.encode(%s)" % self.value(),
            lambda: "cmsgpack.pack(%s)" % self.value(),
            lambda: "struct.pack(%s, %s)" % (self.g.pick(["'>I2'", "'<i4'", "'b'", "'d'", "'s'", "'Bxi8'", "'!4 i2i4'"]), self.value())])(),
            lambda: self.g.pick(TEXTS))

    def truth(self):
        return self.deep(lambda: self.g.pick([
            lambda: self.g.pick(["true", "false", "nil"]),
            lambda: "(%s %s %s)" % (self.number(), self.g.pick(COMPARISONS), self.number()),
            lambda: "(%s %s %s)" % (self.text(), self.g.pick(COMPARISONS), self.text()),
            lambda: "(%s %s %s)" % (self.value(), self.g.pick(["and", "or", "=="]), self.value()),
            lambda: "not %s" % self.value()])(), lambda: "true")

    def table(self):
        def fields():
            return "{%s}" % ", ".join(self.g.pick(["", "", "", "x = ", "[%s] = " % self.g.pick(NUMBERS)]) + self.value()
                                      for _ in range(self.g.random.randint(0, 4)))
        return self.deep(lambda: self.g.pick([
            fields, fields, lambda: "{string.find(%s, %s)}" % (self.text(), self.g.pick(PATTERNS)), self.reply,
            lambda: "{pcall(%s)}" % self.function(), lambda: "{unpack(%s, %s)}" % (self.table(), self.number()),
            lambda: "{cjson.decode(cjson.encode(%s))}" % self.value(), lambda: "{cmsgpack.unpack(cmsgpack.pack(%s))}" % self.value()])(), lambda: "{1, 'x'}")

    def reply(self):
        """Of the kinds of tables that become other replies."""
        return self.g.pick([
            lambda: "{ok = %s}" % self.text(), lambda: "{err = %s}" % self.text(), lambda: "{double = %s}" % self.g.pick(["1.5", "-2", "0", "1e3", "'1'"]),
            lambda: "{map = {a = %s}}" % self.value(), lambda: "{set = {a = true}}", lambda: "{big_number = '123%s'}" % self.g.pick(["", "4", "\\r\\n"]),
            lambda: "{verbatim_string = {string = %s, format = 'txt'}}" % self.text(),
            lambda: "redis.status_reply(%s)" % self.text(), lambda: "redis.error_reply(%s)" % self.text()])()

    def function(self):
        return "function() %s end" % self.deep(lambda: self.block(2) + " " + self.leave(), lambda: "return 1")

    def call(self):
        """A command by random families, or one with values of the program."""
        args = None
        for _ in range(4):
            made = generators.FAMILIES[self.g.pick(["strings", "counters", "ranges", "lists", "hashes", "sets", "sorted_sets", "keyspace", "bitmaps"])][1](self.g)
            name = made[0] if isinstance(made[0], str) else made[0].decode("latin-1")
            if name.upper() in SAFE and sum(len(str(a)) for a in made) < 600:
                args = [literal(a) for a in made]
                break
        if args is None or self.g.chance(0.3):
            key = self.g.pick(["KEYS[1]", "KEYS[2]", "'k1'"])
            args = self.g.pick([
                lambda: ["'get'", key], lambda: ["'set'", key, self.value()], lambda: ["'rpush'", key, self.text(), self.number()],
                lambda: ["'incrby'", key, self.number()], lambda: ["'lrange'", key, "0", "-1"], lambda: ["'hset'", key, self.text(), self.value()],
                lambda: ["'echo'", self.value()], lambda: ["'zadd'", key, self.number(), self.text()], lambda: ["'del'", key], lambda: ["'nosuch'"],
                lambda: ["'zrange'", key, "0", "-1", "'withscores'"], lambda: ["'zscore'", key, self.text()], lambda: [],
                lambda: ["'select'", self.g.pick(["0", "1", "99"])], lambda: ["'eval'", "'return 1'", "0"], lambda: ["'exists'", "unpack(KEYS)"]])()
        return "redis.%s(%s)" % (self.g.pick(["call", "pcall", "pcall"]), ", ".join(args))

    def value(self):
        return self.deep(lambda: self.g.pick([self.number, self.text, self.truth, self.table, self.call, self.name,
                                              lambda: "ARGV[1]", lambda: "KEYS"])(), lambda: "1")

    # ---- statements ----

    def leave(self):
        return self.g.pick([
            lambda: "return " + self.value(), lambda: "return " + self.value(), lambda: "return {%s, %s}" % (self.value(), self.value()),
            lambda: "return " + self.call(), lambda: "return " + self.table(), lambda: "return", lambda: "return " + self.reply(),
            lambda: "error(flat(%s))" % self.value(), lambda: "error({err = flat(%s)})" % self.text(),
            lambda: "return %s, 2" % self.value()])()

    def statement(self):
        name = self.name()
        return self.deep(lambda: self.g.pick([
            lambda: "%s = %s" % (name, self.value()), lambda: "%s = %s" % (name, self.number()), lambda: "%s = %s" % (name, self.call()),
            lambda: "%s = %s" % (name, self.text()),
            lambda: "if %s then %s else %s end" % (self.truth(), self.block(2), self.block(1)),
            lambda: "for i = %s, 5 do %s end" % (self.g.pick(["1", "3", "6"]), self.block(1)),
            lambda: "for i, v in ipairs(%s) do %s = v end" % (self.table(), name),
            lambda: "do local n = 0 while n < 3 do n = n + 1 %s end end" % self.block(1),
            lambda: "do local ok, e = pcall(%s) %s = ok and 1 or flat(e) end" % (self.function(), name),
            lambda: "%s = (%s)()" % (name, self.function()),
            lambda: "%s = select(2, pcall(coroutine.wrap(%s)))" % (name, self.function()),
            lambda: "do local t = %s table.insert(t, %s) %s = #t end" % (self.table(), self.value(), name),
            lambda: "do local t = {3, 1, 2, %s} table.sort(t) %s = t end" % (self.g.pick(NUMBERS), name),
            lambda: "%s = setmetatable({}, {__index = function(t, k) return k .. '!' end})[%s]" % (name, self.text()),
            lambda: "x = %s" % self.g.pick(["1", "y"]), lambda: "redis.setresp(%s)" % self.g.pick(["2", "3", "3", "4"])])(),
            lambda: "%s = 1" % name)

    def block(self, most):
        return " ".join(self.statement() for _ in range(self.g.random.randint(0, most)))

    def whole(self):
        line = self.g.pick(["", "", "", "", "", "", "#!lua\n", "#!lua flags=no-writes\n", "#!lua flags=allow-stale,allow-oom\n", "#!lua x\n"])
        start = "local a, b, c, d, e, f = 1, 'b', {1, 2}, %s, nil, true" % self.g.pick(NUMBERS)
        lines = [start] + [self.statement() for _ in range(self.g.random.randint(0, 5))] + [self.leave()]
        if self.g.chance(0.03):
            lines.insert(1, self.g.pick(["end", "local", "x +", "'", "return return", "goto", "for", "("]))
        return line + HELPERS + self.g.pick([" ", "\n"]).join(lines)


def keys_and_arguments(g):
    keys = g.keys(0, 3)
    count = str(len(keys)) if g.chance(0.95) else g.integer()
    return [count] + keys + [g.value() for _ in range(g.random.randint(0, 3))]


def sha(g):
    digits = hashlib.sha1(g.pick(KNOWN).encode()).hexdigest()
    return g.pick([digits] * 6 + [digits.upper(), digits[:-1], "f" * 40, "x" * 40])


@family(4)
def scripts(g):
    if g.chance(0.75):
        return [g.pick(["EVAL"] * 6 + ["EVAL_RO", "eval"]), Program(g).whole()] + keys_and_arguments(g)
    return g.spoil(g.pick([
        lambda: ["SCRIPT", "LOAD", g.pick(KNOWN)], lambda: ["SCRIPT", "LOAD", g.pick(KNOWN)], lambda: ["EVALSHA", sha(g)] + keys_and_arguments(g),
        lambda: ["EVALSHA", sha(g)] + keys_and_arguments(g), lambda: ["EVALSHA_RO", sha(g)] + keys_and_arguments(g),
        lambda: ["SCRIPT", "EXISTS", sha(g), sha(g)], lambda: ["SCRIPT", "KILL"],
        lambda: ["SCRIPT", "FLUSH"] + g.pick([[], ["ASYNC"], ["SYNC"], ["x"]]) if g.chance(0.2) else ["SCRIPT", "LOAD", g.pick(KNOWN)]])())


TYPES = ["string", "integer", "double", "bignum", "null", "array", "attrib", "verbatim", "true", "false"]
UNORDERED = ["set", "map"]   # which are tables of Lua there, in no order
LOOKS = ["return redis.call('debug', 'protocol', ARGV[1])", "return {redis.call('debug', 'protocol', ARGV[1])}",
         "return flat(redis.call('debug', 'protocol', ARGV[1]))", "return {redis.pcall('debug', 'protocol', 'x'), 1}"]
ORDERED = LOOKS[2]


@scenario
def scripts_are_given_all_types(pair):
    """What becomes of each type of a reply in a script, and of that as the script's reply, in all pairs of protocols."""
    for mode in (RESP2, RESP3):
        connection = pair.connect(mode)
        connection.ask("DEBUG", "SET-DISABLE-DENY-SCRIPTS", "1")
        connection.batch([["EVAL", HELPERS + "redis.setresp(%d) %s" % (version, look), "0", name]
                          for version in (2, 3) for look in LOOKS for name in TYPES + UNORDERED
                          if name in TYPES or version == 2 or look == ORDERED])
        connection.ask("DEBUG", "SET-DISABLE-DENY-SCRIPTS", "0")
        connection.ask("EVAL", LOOKS[0], "0", "null")
        connection.close()
