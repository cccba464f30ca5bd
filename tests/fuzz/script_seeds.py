"""What fuzzers begin with that is written in Lua: requests of EVAL, FUNCTION and their relatives, and programs."""

import random

LIBRARY = "#!lua name=%s\nredis.register_function('%s', function(keys, args) return %s end)"
ONE = "e0e1f9fabfc9d4800c877a703b823ac0578ff8db"  # the SHA-1 of "return 1"

# Words, each as it is: programs have blanks.
REQUESTS = [
    ["EVAL", "return {KEYS[1], ARGV[1], 1.5, false, {ok = 'fine'}}", "1", "a", "b"],
    ["EVAL", "return redis.call('INCR', KEYS[1])", "1", "n"],
    ["EVAL", "return {err = 'MY error'}", "0"],
    ["EVAL", "redis.setresp(3) return redis.call('HGETALL', KEYS[1])", "1", "h"],
    ["EVAL", "return {double = 1.5, map = {a = 1}}", "0"],
    ["EVAL", "for i = 1, 100 do redis.call('RPUSH', 'l', i) end return redis.call('LRANGE', 'l', 0, -1)", "0"],
    ["EVAL", "while true do end", "0"],
    ["EVAL", "redis.call('SET', 'a', 1) while true do end", "0"],
    ["EVAL", "return redis.pcall('NOSUCH')", "0"],
    ["EVAL", "error({err = 'x'})", "0"],
    ["EVAL", "syntax error", "0"],
    ["EVAL", "#!lua flags=no-writes\nreturn redis.call('SET', 'a', 1)", "0"],
    ["EVAL_RO", "return redis.call('GET', 'a')", "1", "a"],
    ["EVAL", "return 1", "-1"],
    ["EVAL", "return 1", "9", "a"],
    ["EVAL", "return cjson.encode(cmsgpack.unpack(cmsgpack.pack({1, a = ARGV[1]}))) .. struct.pack('>I4s', 7, 'x')", "0", "v"],
    ["EVALSHA", ONE, "0"],
    ["EVALSHA_RO", ONE, "0"],
    ["SCRIPT", "LOAD", "return 1"],
    ["SCRIPT", "EXISTS", ONE, "x"],
    ["SCRIPT", "FLUSH", "ASYNC"],
    ["SCRIPT", "KILL"],
    ["SCRIPT", "DEBUG", "NO"],
    ["SCRIPT", "HELP"],
    ["FUNCTION", "LOAD", LIBRARY % ("lib", "f", "args[1]")],
    ["FUNCTION", "LOAD", "REPLACE", LIBRARY % ("lib", "g", "redis.call('SET', keys[1], 1)")],
    ["FUNCTION", "LOAD", "no library"],
    ["FUNCTION", "LOAD", "#!lua name=two\nredis.register_function{function_name='h', callback=function() return 1 end, "
                         "flags={'no-writes'}, description='d'}"],
    ["FCALL", "f", "1", "a", "b"],
    ["FCALL", "g", "1", "a"],
    ["FCALL_RO", "h", "0"],
    ["FCALL", "none", "0"],
    ["FUNCTION", "LIST", "LIBRARYNAME", "l*", "WITHCODE"],
    ["FUNCTION", "STATS"],
    ["FUNCTION", "DUMP"],
    ["FUNCTION", "RESTORE", "\n\0xxxxxxxx", "FLUSH"],
    ["FUNCTION", "DELETE", "lib"],
    ["FUNCTION", "KILL"],
    ["FUNCTION", "FLUSH", "SYNC"],
    ["FUNCTION", "HELP"],
]

SCRIPTS = r"""
return {KEYS[1], ARGV[1], 1.5, true, false, {ok = 'x'}, {err = 'y'}}
return redis.call('SET', KEYS[1], ARGV[1])
local t = {} t[1] = t return t
while true do end
redis.call('SET', 's', 1) while true do end
pcall(function() while true do end end) return 1
local s = 'x' while true do s = s .. s end
local t = {} while true do t[#t + 1] = ('x'):rep(1000) .. #t end
return ('x'):rep(1000):find(('x-'):rep(40) .. 'y')
redis.setresp(3) return redis.call('HGETALL', 'h')
return cjson.encode(cjson.decode('{"a":[1,2,{"b":null}],"c":"\\u00e9"}'))
return {cmsgpack.unpack(cmsgpack.pack({1, 2, {a = 'b'}}, 'x', 1.5, -1, nil))}
return {struct.unpack('>I4si2c0', struct.pack('>I4si2c3', 1, 'x', 3, 'abc'))}
return bit.tohex(bit.bxor(bit.lshift(1, 31), bit.arshift(-5, 1)), -8)
local co = coroutine.wrap(function(...) for i = 1, 3 do coroutine.yield(i, ...) end end) return {co(1), co(), co()}
return setmetatable({}, {__index = function(t, k) return k end})
local t = {3, 1, 2} table.sort(t, function(a, b) return a > b end) return table.concat(t, ',')
table.sort({1, 2, 3, 4, 5, 6, 7, 8, 9}, function(a, b) return true end)
return string.format('%5.2f %q %s %d %x %c', 1.5, 'a\0b', 'x', 3, 255, 65)
return {pcall(redis.call, 'LPUSH', 's', 1)}
return redis.error_reply('MY own') or redis.status_reply('fine')
_G.x = 1
setmetatable(_G, {})
string.rep = nil
getmetatable('').__index = {}
rawset(string, 'len', 1)
loadstring(string.dump(function() return 1 end))()
return loadstring('return ' .. ARGV[1])()
for i = 1, 10 do redis.call('RPUSH', 'l', i) end return redis.call('SORT', 'l', 'DESC')
redis.call('FLUSHALL') return redis.call('KEYS', '*')
return {map = {a = 1}, double = 1.5}
error({err = 'MY error', ignore_error_stats_update = true})
error(setmetatable({}, {__tostring = error}))
collectgarbage('stop') cjson.encode_sparse_array(true) math.randomseed(7) return math.random(100)
return xpcall(function() error('x') end, function(e) return xpcall(error, error) end)
return {redis.acl_check_cmd('get', 's'), redis.sha1hex('x'), redis.breakpoint(), redis.REDIS_VERSION}
""".strip().split("\n") + ["#!lua flags=no-writes,allow-oom\nreturn redis.call('GET', 's')"]

BODIES = """
return {KEYS[1], ARGV[1]}
return redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], 1) while true do end
return redis.register_function('x', function() end)
local t = KEYS t[1] = nil return t
""".strip().split("\n")

EXPRESSIONS = ["KEYS", "ARGV", "1", "{1, {2, {3}}}", "redis.call('GET', 's')", "('x'):rep(100)", "cjson.null", "-0", "1e300",
               "redis.call('XRANGE', 'x', '-', '+')"]

LIBRARIES = [
    LIBRARY % ("fuzz", "f", "{keys[1], args[1], redis.call('GET', keys[1])}"),
    "#!lua name=fuzz\nwhile true do end",
    "#!lua name=fuzz\nredis.call('GET', 's')",
    "#!lua name=fuzz\nlocal n = 0 redis.register_function('f', function() n = n + 1 return n end)\n"
    "redis.register_function{function_name='g', callback=function() return n end, flags={'no-writes'}}",
    "#!lua name=fuzz\nredis.register_function('f', redis.log) redis.register_function('f', redis.log)",
    "#!lua name=fuzz\nredis.register_function{function_name=1, callback=1}",
    "#!lua",
    "#!lua name=fuzz\nlocal t = {} for i = 1, 200 do redis.register_function('f' .. i, function() return t[i] end) end "
    "error('late')",
    "#!lua name=a name=b\n",
]

SCRIPT, SCRIPT_CHOICES, CODE, CODE_CHOICES, PAYLOAD, BODY, EXPRESSION = range(7)  # as fuzz_script.c has them
AGAIN = 0xf0  # the option to run it again and again


def _programs():
    for kind, texts in ((SCRIPT, SCRIPTS), (BODY, BODIES), (EXPRESSION, EXPRESSIONS), (CODE, LIBRARIES)):
        for text in texts:
            yield kind, text.encode("latin-1")
    for code in LIBRARIES:
        yield PAYLOAD, bytes([245, 0x40 | len(code) >> 8, len(code) & 255]) + code.encode()
    yield PAYLOAD, b"\xf5\xc3\x05\x28\0abc\xe0\x17\0"  # compressed, or nearly
    chance = random.Random(1)
    for number in range(200):
        yield (SCRIPT_CHOICES, CODE_CHOICES)[number % 2], bytes(chance.randrange(256) for _ in range(10 + number * 2))


def requests():
    for words in REQUESTS:
        yield [word.encode("latin-1") for word in words]


def inputs():
    """Those of fuzz_script: what kind it is, how it is run, and the rest."""
    for number, (kind, data) in enumerate(_programs()):
        yield bytes([kind, AGAIN if number % 8 == 0 else number % 16]) + data
