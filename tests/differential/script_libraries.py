"""Scripts: random calls of the libraries that scripts find, each as an EVAL that answers all results as one text.

A call that fails answers its message, so these are compared as well. Settings of cjson are set and set back in the same
script, since in Redis they outlive it.
"""

from generators import family

# Results as text, which tells 1 from "1" and shows all digits. CALL stands for the piece of script.
SHOWN = """local function show(value, depth) local kind = type(value)
if kind == 'number' then return ('n%.17g'):format(value) end
if kind == 'string' then return 's' .. #value .. ':' .. value end
if kind ~= 'table' then return kind == 'userdata' and kind or tostring(value) end
if depth > 6 then return '...' end
local all = {} for k, v in pairs(value) do all[#all + 1] = show(k, depth + 1) .. '=' .. show(v, depth + 1) end
table.sort(all) return '{' .. table.concat(all, ',') .. '}' end
local results, all = {pcall(function() CALL end)}, {}
for i = 1, table.maxn(results) do all[i] = show(results[i], 0) end return table.concat(all, ';')""".replace("\n", " ")

ITEMS = ["a", "b", ".", "%a", "%d", "%s", "%w", "%A", "%x", "%.", "%%", "[ab]", "[^ab]", "[a-c]", "[%w_]", "[]]", "[^]]",
         "[a-]", "[%a%-]", "(", ")", "()", "%1", "%2", "%bab", "%b()", "%f[%w]", "%f[^a]", "$", "^", "c", "[", "%", "x",
         "-", "%z", "[%]", "\0", "_", "[z-a]", "[%a-z]", "%p", "%u", "%l", "%c", "%C", "%b", "%f"]
NUMBERS = ["0", "1", "-1", "-0", "1/0", "-1/0", "0/0", "0.1", "1e15", "1e14", "99999999999999", "123456789012345", "2^31",
           "2^31-1", "-2^31", "-2^63", "2^53", "1e-5", "1e300", "1.5", "2.5"]
FORMATS = ["b", "B", "h", "H", "i", "I", "l", "L", "T", "f", "d", "s", "x", "c3", "c0", "c", "i3", "I5", "i16", ">", "<",
           "!", "!4", "!2", " ", "I1", "i7", "I8", "i9", "I32", "!16", "y", "i33", "!3"]
BIT_CALLS = ["tobit", "bnot", "band", "bor", "bxor", "lshift", "rshift", "arshift", "rol", "ror", "bswap", "tohex"]


def quoted(text):
    """A literal of Lua for a text of Latin-1 or for bytes."""
    data = text.encode("latin-1") if isinstance(text, str) else text
    return '"' + "".join("\\%03d" % byte for byte in data) + '"'


def some(g, choices, most, least=0):
    return "".join(g.pick(choices) for _ in range(g.random.randint(least, most)))


def pattern(g):
    text, depth = "^" if g.chance(0.2) else "", 0
    for _ in range(g.random.randrange(7)):
        roll = g.random.random()
        if roll < 0.15:
            text, depth = text + "(", depth + 1
        elif roll < 0.3 and depth:
            text, depth = text + ")", depth - 1
        else:
            text += g.pick(ITEMS) + g.pick(["", "", "", "", "*", "+", "-", "?"])
    return text + (")" * depth if g.chance(0.8) else "") + ("$" if g.chance(0.15) else "")


def subject(g):
    return some(g, "aabbcc  ()_%.-1\0xA", 14)


def number(g):
    roll = g.random.random()
    if roll < 0.4:
        return g.pick(NUMBERS)
    if roll < 0.7:
        return str(g.random.randint(-10 ** g.random.randint(1, 13), 10 ** g.random.randint(1, 13)))
    return repr(g.random.uniform(-10, 10) * 10.0 ** g.random.choice([0, 0, 3, -3, 100, -300]))


def value(g, depth=0):
    """An expression. Tables have one key that is no index, as the order of keys is nobody's promise."""
    roll = g.random.random()
    if roll < 0.3:
        return number(g)
    if roll < 0.5:
        return quoted(bytes(g.pick([g.random.randrange(256), 97, 34, 92, 47, 10]) for _ in range(g.pick([0, 1, 5, 31, 32, 40]))))
    if roll < 0.6:
        return g.pick(["true", "false", "nil", "cjson.null"])
    if depth > 3:
        return "{}"
    if roll < 0.85:
        return "{" + ",".join(value(g, depth + 1) for _ in range(g.random.randrange(6))) + "}"
    return "{[%s]=%s}" % (g.pick([str(g.random.randint(-2, 12)), quoted("k%d" % g.random.randrange(3)), "1.5", "1e10"]),
                          value(g, depth + 1))


def json(g, depth=0):
    """JSON, well or not quite."""
    roll = g.random.random()
    if roll < 0.3:
        return g.pick(["1", "-1", "1.5", "1e3", "0x1f", "01", "nan", "-inf", "+3", "1.", ".5", "-", "1e", "12345678901234", "-0"])
    if roll < 0.5:
        return '"' + some(g, ["a", "b", "\\n", "\\u00e9", "\\ud83d\\ude00", "\\ud83d", '\\"', "\\/", "\\x", "\t", "\xe9",
                              "\\u12", "\\uD800\\uDC00", "\\b\\f\\r\\t\\\\"], 4) + ('"' if g.chance(0.97) else "")
    if roll < 0.6:
        return g.pick(["true", "false", "null", "tru", "nul", ""])
    if depth > 3:
        return "[]"
    blank = g.pick(["", "", " ", "\n\t"])
    if roll < 0.8:
        inner = ("," + blank).join(json(g, depth + 1) for _ in range(g.random.randrange(5)))
        return "[" + blank + inner + ("]" if g.chance(0.97) else g.pick(["", "}", ",]"]))
    inner = ",".join('"k%d"%s:%s' % (i, blank, json(g, depth + 1)) for i in range(g.random.randrange(4)))
    return "{" + blank + inner + ("}" if g.chance(0.97) else g.pick(["", "]", ",}"]))


def call_of_pattern(g):
    text, wanted = quoted(subject(g)), quoted(pattern(g))
    return g.pick([
        "return string.find(%s,%s,%d)" % (text, wanted, g.random.randint(-4, 6)),
        "return string.match(%s,%s)" % (text, wanted),
        "return string.gsub(%s,%s,%s)" % (text, wanted, quoted(g.pick(["x", "%0", "%1", "<%1%2>", "%%", "%", "a%9", "", "%a"]))),
        "return string.gsub(%s,%s,function(a,b) return %s end)" % (text, wanted, g.pick(["a", "b", "nil", "1", "false"])),
        'return string.gsub(%s,%s,{a="x",ab=1,b=false})' % (text, wanted),
        "local r={} for a,b in string.gmatch(%s,%s) do r[#r+1]=a r[#r+1]=b or 0 if #r>60 then break end end return r" % (text, wanted)])


def call_of_string(g):
    if g.chance(0.5):
        item = "%" + some(g, "-+ #0", 2) + g.pick(["", "5", "12", "123"]) + g.pick(["", ".", ".3", ".10", ".123"]) + \
            g.pick("cdiouxXeEfgGqsyq%")
        return "return string.format(%s,%s)" % (quoted("<%s>" % item), g.pick([number(g), quoted(subject(g)), '"12"', '("x"):rep(120)']))
    text, places = quoted(subject(g)), (g.random.randint(-9, 9), g.random.randint(-9, 9))
    return g.pick(["return string.rep(%s,%d)" % (text, places[0]), "return string.upper(%s),string.lower(%s)" % (text, text),
                   "return string.reverse(%s)" % text, "return string.sub(%s,%d,%d)" % ((text,) + places),
                   "return string.byte(%s,%d,%d)" % ((text,) + places), "return tostring(%s)" % number(g)])


def call_of_table(g):
    numbers = ",".join(str(g.random.randrange(31)) for _ in range(g.random.randrange(40)))
    if g.chance(0.5):
        return "local t,s={%s},{} table.sort(t,function(a,b) s[#s+1]=a*100+b return %s end) return t,s" % (
            numbers, g.pick(["a<b", "a>b", "a%4<b%4", "a<=b", "true"]))
    return "local t={%s} return table.%s,t" % (numbers, g.pick([
        "insert(t,%d,9)" % g.random.randint(-3, 8), "remove(t,%d)" % g.random.randint(-2, 7), "remove(t)", "maxn(t)",
        'concat(t,",",%d,%d)' % (g.random.randint(-1, 4), g.random.randint(0, 6)), "sort(t)", "getn(t)"]))


def call_of_cjson(g):
    if g.chance(0.3):
        return "return cjson.encode(%s)" % value(g)
    if g.chance(0.5):
        return "return cjson.decode(%s)" % quoted(json(g))
    if g.chance(0.5):
        return "cjson.decode_invalid_numbers(false) cjson.decode_max_depth(3) local r={pcall(cjson.decode,%s)} " \
            "cjson.decode_invalid_numbers(true) cjson.decode_max_depth(1000) return r" % quoted(json(g))
    return "cjson.encode_sparse_array(%s,%d,%d) cjson.encode_invalid_numbers(%s) cjson.encode_number_precision(%d) " \
        "local r={pcall(cjson.encode,%s)} cjson.encode_sparse_array(false,2,10) cjson.encode_invalid_numbers(false) " \
        "cjson.encode_number_precision(14) return r" % (
            g.pick(["true", "false"]), g.random.randrange(4), g.random.randrange(13), g.pick(["true", "false", '"null"']),
            g.random.randint(1, 14), value(g))


def call_of_cmsgpack(g):
    values = ",".join(value(g) for _ in range(g.random.randint(1, 3)))
    if g.chance(0.5):
        return g.pick(["return cmsgpack.pack(%s)", "return cmsgpack.unpack(cmsgpack.pack(%s))"]) % values
    data = quoted(bytes(g.pick([g.random.randrange(256), g.random.randrange(0xc0, 0xe0), 0, 1, 0x91, 0x81, 0xa1])
                        for _ in range(g.random.randrange(21))))
    return g.pick(["return cmsgpack.unpack(%s)" % data, "return cmsgpack.unpack_one(%s,%d)" % (data, g.random.randint(-1, 5)),
                   "return cmsgpack.unpack_limit(%s,%d,%d)" % (data, g.random.randint(-1, 4), g.random.randint(-1, 5))])


def call_of_struct(g):
    wanted = quoted(some(g, FORMATS, 5, 1))
    roll = g.random.random()
    if roll < 0.5:
        return "return struct.pack(%s,%s)" % (wanted, ",".join(
            g.pick([number(g), number(g), quoted("abcd"), '"3"']) for _ in range(g.random.randint(1, 6))))
    if roll < 0.6:
        return "return struct.size(%s)" % wanted
    data = quoted(bytes(g.pick([g.random.randrange(256), 0, 255, 1]) for _ in range(g.random.randrange(41))))
    return "return struct.unpack(%s,%s,%d)" % (wanted, data, g.pick([1, 1, 1, 2, 3]))


def call_of_bit(g):
    return "return bit.%s(%s)" % (g.pick(BIT_CALLS), ",".join(number(g) for _ in range(g.random.randint(1, 3))))


CALLS = [call_of_pattern] * 4 + [call_of_string, call_of_table, call_of_cjson, call_of_cjson, call_of_cmsgpack,
                                 call_of_struct, call_of_bit]


@family(4)
def script_libraries(g):
    return ["EVAL", SHOWN.replace("CALL", g.pick(CALLS)(g)), "0"]
