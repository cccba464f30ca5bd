"""Functions: libraries of random functions, right and wrong ones, that are loaded, listed, called, dumped and restored.

What a function does is what scripts do (scripts.py). No function keeps anything in a variable of its library, since kvs
has an interpreter for each worker.
"""

import random

import function_payload
import resp
import scripts
from driver import RESP3, PerSide
from generators import Gen, family
from scenarios import scenario

LIBRARIES = ["l1", "l2", "l3", "Lib_4"]
FUNCTIONS = ["f1", "f2", "F3", "f4", "g_5"]   # those of all libraries are told apart whatever their case
WRONG_NAMES = ["", "a-b", "a b", "a.b", "f\\0", "\\195\\164", "*"]
FLAGS = ["no-writes", "allow-oom", "allow-stale", "no-cluster"]
PATTERNS = ["*", "l*", "l1", "L*", "[l]?", "nosuch", "", "l\\1", "l[12]"]

# Instead of '#!lua name=%s'.
LINES = ["#!lua name=\"%s\"", "#!lua 'name=%s'", "#!LUA NAME=%s", "#!lua  name=%s ", "#!lua\tname=%s", "#!lua name=%s name=%s", "#!lua", "#!", "",
         "lua name=%s", "#!lua name=%s-", "#!lua name=", "#!x name=%s", "#!lua x=%s", "#!lua name=\"%s", "#! lua name=%s", "#!lua name=%s flags=no-writes"]

# Run while the library is loaded.
PREAMBLES = ["local x = 1", "x = 1", "error('boom')", "error({err = 'MINE is wrong'})", "redis.call('set', 'k1', 1)", "redis.pcall('get', 'k1')",
             "redis.setresp(3)", "local y = KEYS", "local y = nosuch", "return 1", "redis.log(redis.LOG_DEBUG, 'x')", "redis.log(99, 'x')",
             "redis.acl_check_cmd('get')", "local function shared() return 7 end", "pcall(redis.register_function, 'f1', 5)",
             "local e = select(2, pcall(error, 'x')) error(e)", "redis.x = 1", "local r = redis.status_reply('x')", "redis.sha1hex('x')",
             "for i = 1, 3 do redis.register_function('loop' .. i, function() return i end) end", "local t = cjson.encode({1})",
             "redis.register_function(unpack({'u', function() return 2 end}))", "if", "local s = string.rep('x', 100)", "math.random()",
             "setmetatable(_G, nil)", "local g = _G", "rawset(redis, 'x', 1)", "print(1)"]

# The callback stands for %s.
WRONG_REGISTRATIONS = [
    "redis.register_function()", "redis.register_function('f1')", "redis.register_function(%s)", "redis.register_function('f1', %s, 3)",
    "redis.register_function(nil, %s)", "redis.register_function({}, %s)", "redis.register_function('f1', 5)", "redis.register_function{}",
    "redis.register_function{function_name = 'f1'}", "redis.register_function{callback = %s}", "redis.register_function{function_name = {}, callback = %s}",
    "redis.register_function{function_name = 'f1', callback = 1}", "redis.register_function{function_name = 'f1', callback = %s, flags = 'no-writes'}",
    "redis.register_function{function_name = 'f1', callback = %s, flags = {'nosuch'}}", "redis.register_function{function_name = 'f1', callback = %s, flags = {1}}",
    "redis.register_function{function_name = 'f1', callback = %s, flags = {a = 'no-writes'}}",
    "redis.register_function{function_name = 'f1', callback = %s, description = {}}", "redis.register_function{function_name = 'f1', callback = %s, nosuch = 1}",
    "redis.register_function{function_name = 'f1', callback = %s, [1] = 1}", "redis.register_function{FUNCTION_NAME = 'f1', Callback = %s}",
    "redis.register_function('f1', %s) redis.register_function('f1', %s)", "redis.register_function(7, %s)"]

BODIES = ["return {KEYS, ARGV}", "return redis.call('incr', KEYS[1])", "return redis.pcall('get', KEYS[1])", "return #KEYS .. #ARGV",
          "return redis.call('set', KEYS[1], ARGV[1])", "redis.setresp(3) return redis.call('hgetall', KEYS[1])", "return redis.error_reply('MINE is wrong')",
          "error('failed')", "error({err = 'MINE failed'})", "return nosuch", "x = 1", "return redis.register_function('f9', function() end)",
          "redis.call('nosuch')", "return redis.status_reply('fine')", "return KEYS[1] + ARGV[1]", "return redis.call('select', 1)"]


def callback(g):
    if g.chance(0.5):
        return "function(KEYS, ARGV) %s end" % g.pick(BODIES)
    if g.chance(0.1):
        return "function() return type(KEYS) end"
    program = scripts.Program(g)
    lines = ["local a, b, c, d, e, f = 1, 'b', {1, 2}, 7, nil, true"] + [program.statement() for _ in range(g.random.randint(0, 3))] + [program.leave()]
    return "function(KEYS, ARGV)\n%s end" % g.pick([" ", "\n"]).join(lines)


def registration(g):
    if g.chance(0.06):
        wrong = g.pick(WRONG_REGISTRATIONS)
        return wrong.replace("%s", callback(g))
    name = g.pick(WRONG_NAMES) if g.chance(0.02) else g.pick(FUNCTIONS)
    if g.chance(0.5):
        return "redis.register_function('%s', %s)" % (name, callback(g))
    fields = ["function_name = '%s'" % name, "callback = %s" % callback(g)]
    if g.chance(0.5):
        fields.append("flags = {%s}" % ", ".join("'%s'" % flag for flag in g.random.sample(FLAGS, g.random.randint(0, 3))))
    if g.chance(0.4):
        fields.append("description = %s" % g.pick(["'what it does'", "''", "'two\\r\\nlines'", "5", "'\\0'"]))
    g.random.shuffle(fields)
    return "redis.register_function{%s}" % ", ".join(fields)


def library(g):
    name = g.pick(LIBRARIES)
    line = g.pick(LINES).replace("%s", name) if g.chance(0.08) else "#!lua name=" + name
    parts = [g.pick(PREAMBLES)] if g.chance(0.15) else []
    parts += [registration(g) for _ in range(g.random.randint(1, 2) if g.chance(0.97) else 0)]
    return line + g.pick(["\n", "\n\n", "\n" if g.chance(0.9) else " "]) + scripts.HELPERS + "\n".join(parts)


def code(g):
    made = library(g)
    return made[:g.random.randrange(len(made))] if g.chance(0.02) else made


def payload(g):
    codes = [code(g).encode("latin-1") for _ in range(g.random.randint(0, 3))]
    roll = g.random.random()
    if roll < 0.8:
        return function_payload.make(codes)
    whole = function_payload.make(codes)
    return g.pick([
        lambda: whole[:g.random.randrange(len(whole))], lambda: whole[:-1] + bytes([whole[-1] ^ 1]), lambda: b"",
        lambda: function_payload.seal(whole[:-10], 99), lambda: function_payload.seal(whole[:-10], 9),
        lambda: function_payload.seal(b"\x00" + whole[:-10]), lambda: function_payload.seal(whole[:-10] + b"\xf5")])()


def policy(g):
    return g.pick([[], ["APPEND"], ["REPLACE"], ["REPLACE"], ["FLUSH"], ["append"], ["nosuch"]])


def call(g):
    name = g.pick(FUNCTIONS + ["loop1", "u", "F1", "f3", "nosuch"] if g.chance(0.15) else FUNCTIONS)
    count = scripts.keys_and_arguments(g)
    return [g.pick(["FCALL", "FCALL", "FCALL", "FCALL_RO", "fcall"]), name] + count


def listed(g):
    return ["FUNCTION", "LIST"] + g.pick([
        lambda: [], lambda: ["WITHCODE"], lambda: ["LIBRARYNAME", g.pick(PATTERNS)], lambda: ["WITHCODE", "LIBRARYNAME", g.pick(PATTERNS)],
        lambda: ["libraryname", g.pick(PATTERNS), "withcode"], lambda: ["LIBRARYNAME"], lambda: ["WITHCODE", "WITHCODE"],
        lambda: ["LIBRARYNAME", "*", "LIBRARYNAME", "l1"], lambda: ["nosuch"]])()


@family(4)
def functions(g):
    if g.chance(0.45):
        return g.spoil(call(g), 0.03)
    return g.spoil(g.pick([
        lambda: ["FUNCTION", "LOAD", code(g)], lambda: ["FUNCTION", "LOAD", "REPLACE", code(g)], lambda: ["FUNCTION", "LOAD", "REPLACE", code(g)],
        lambda: ["FUNCTION", "LOAD", "replace", "REPLACE", code(g)], lambda: ["FUNCTION", "DELETE", g.pick(LIBRARIES + ["f1", "nosuch"])],
        lambda: listed(g), lambda: listed(g), lambda: ["FUNCTION", "STATS"], lambda: ["FUNCTION", "DUMP"],
        lambda: ["FUNCTION", "RESTORE", payload(g)] + policy(g), lambda: ["FUNCTION", "RESTORE", payload(g)] + policy(g),
        lambda: ["FUNCTION", "KILL"], lambda: ["FUNCTION", "FLUSH"] + g.pick([[], ["ASYNC"], ["SYNC"], ["x"], ["SYNC", "x"]]) if g.chance(0.3)
        else ["FUNCTION", "STATS"]])(), 0.04)


def look_at_all(connection):
    connection.ask("FUNCTION", "LIST", "WITHCODE")
    connection.ask("FUNCTION", "STATS")
    connection.ask("FUNCTION", "DUMP")
    connection.batch([["FCALL", name, "2", "k1", "k2", "5", "x"] for name in FUNCTIONS], shrink=False)


def swapped(replies):
    """What the one has dumped for the other."""
    return PerSide(*(resp.decode(raw) for raw in reversed(replies)))


@scenario
def functions_move_between_servers(pair):
    """What redis-server has dumped is restored in kvs and the other way round, compressed codes as well."""
    connection, g = pair.connect(RESP3), Gen(random.Random(5))
    for size in (0, 1, 30, 40, 100, 5000, 70000):
        connection.ask("FUNCTION", "FLUSH")
        for index, name in enumerate(LIBRARIES[:1 if size == 0 else 4]):
            filler = "-- " + "".join(g.pick("abcdef" if index % 2 else "ab") for _ in range(size)) + "\n"
            connection.ask("FUNCTION", "LOAD", "#!lua name=%s\n%sredis.register_function('%s', %s)" % (name, filler, FUNCTIONS[index], callback(g)))
        dumped = swapped(connection.ask("FUNCTION", "DUMP"))
        connection.ask("FUNCTION", "RESTORE", dumped)
        connection.ask("FUNCTION", "RESTORE", dumped, "APPEND")
        for policy_of_it in ("REPLACE", "FLUSH"):
            connection.ask("FUNCTION", "RESTORE", dumped, policy_of_it)
            look_at_all(connection)
        connection.ask("FUNCTION", "FLUSH")
        connection.ask("FUNCTION", "RESTORE", dumped)
        look_at_all(connection)
        connection.ask("FUNCTION", "LOAD", "#!lua name=other\nredis.register_function('%s', function() return 'other' end)" % FUNCTIONS[0])
        connection.ask("FUNCTION", "FLUSH")
        connection.ask("FUNCTION", "LOAD", "#!lua name=other\nredis.register_function('%s', function() return 'other' end)" % FUNCTIONS[0])
        for policy_of_it in ("APPEND", "REPLACE", "FLUSH"):   # the first two meet a function of the same name
            connection.ask("FUNCTION", "RESTORE", dumped, policy_of_it)
            look_at_all(connection)
    connection.ask("FUNCTION", "FLUSH")
    connection.close()
