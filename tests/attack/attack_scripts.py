"""Scripts: texts without end, bombs of memory and time, and what one script could leave for the next."""

from kit import MB, ROOM, attack, encode

BOTH = (1, 2)
EACH = 256 * MB   # what one interpreter may have; each worker has one

# Each ends by itself: with an error, or because there is no more of it.
BOMBS = [
    "return #string.rep('x', 2 ^ 31)",
    "local s = 'x' while true do s = s .. s end",
    "local t = {} while true do t[#t + 1] = {} end",
    "local t = {} for i = 1, 1e9 do t[i] = i end",
    "local function f() return f() + 1 end return f()",
    "local function f() return pcall(f) end return f()",
    "return unpack({}, 1, 1e8)",
    "return {unpack({}, -2 ^ 31, 2 ^ 31 - 1)}",
    "local t = {} for i = 1, 20000 do t[i] = '(' end return string.find('x', table.concat(t))",
    "return string.find('x', string.rep('a?', 300000) .. 'b')",
    "return loadstring(string.rep('(', 100000) .. '1')",
    "return loadstring('return ' .. string.rep('{', 100000))",
    "local c = {} while true do c[#c + 1] = coroutine.create(function() coroutine.yield() end) coroutine.resume(c[#c]) end",
    "local f f = function() return coroutine.wrap(f)() end return f()",
    "error(setmetatable({}, {__tostring = function() error('again') end}))",
    "error(setmetatable({}, {__newindex = function() error('again') end, __index = function() error('again') end}))",
    "local t = {} for i = 1, 10000 do t = {t} end return cjson.encode(t)",
    "local t = {} for i = 1, 10000 do t = {t} end return cmsgpack.pack(t)",
    "return cjson.decode(string.rep('[', 100000))",
    "return {pcall(string.format, '%' .. string.rep('9', 100) .. 'd', 1)}",
    "local k = {} for i = 1, 7000 do k[i] = 'large' end return redis.call('mget', unpack(k))",
    "return redis.call('getrange', 'large', 0, -1):rep(1000)",
]

# None of them may change what the next script finds; most are refused.
STAINS = [
    "_G.stain = 1", "stain = 1", "rawset(_G, 'stain', 1)", "setmetatable(_G, nil) stain = 1", "getmetatable('').__index = nil",
    "getmetatable('').stain = 1", "string.len = nil", "string.stain = 1", "rawset(string, 'stain', 1)", "redis.call = nil", "rawset(redis, 'call', nil)",
    "setmetatable(redis, {})", "setmetatable(string, {__index = function() return 1 end})", "error(redis)", "error(string)", "error(_G)",
    "table.insert(redis, 1)", "table.sort(string)", "cjson.encode_keep_buffer('off') cjson.encode_max_depth(1)", "cjson.decode_max_depth(1)",
    "math.randomseed(7)", "loadstring(string.dump(function() stain = 1 end))()", "setfenv(0, {})", "KEYS.stain = 1", "redis.setresp(3)",
    "redis.call('select', 5)", "coroutine.wrap(function() stain = 1 end)()", "for k in pairs(_G) do _G[k] = nil end",
]
CLEAN = """local r = {tostring(rawget(_G, 'stain')), tostring(string.stain), tostring(redis.stain), tostring(rawget(redis, 'source')), tostring(rawget(redis, 1)),
('abc'):len(), string.len('ab'), type(redis.call('exists', 'x')), cjson.encode({{{{{1}}}}}), cjson.encode(cjson.decode('[[[[[1]]]]]')), #KEYS,
tostring(redis.call('get', 'none')), tostring(getmetatable('').stain), tostring(string.source)}
return r"""


@attack("bombs of memory, depth and time, which end by themselves", workers=BOTH)
def script_bombs(case):
    server = case.server()
    admin, reader = server.client(), server.client("read")
    admin("SET", "large", "x" * MB)
    before = int(admin.info()["used_memory"])
    with case.witness(server) as witness:
        for bomb in BOMBS:
            reader("EVAL", bomb, "0")
        case.figure("answers afterwards", reader("EVAL", "return 7", "0"), 7, "")
    case.figure("memory that stays", int(admin.info()["used_memory"]) - before, 2 * 32 * MB + ROOM)
    case.figure("used_memory", int(admin.info()["used_memory_peak"]), 3 * EACH + ROOM)
    case.waits(witness.seen)


@attack("100,000 different texts for EVAL, and large ones", workers=BOTH)
def different_texts(case):
    server = case.server()
    admin, reader = server.client(), server.client("read")
    before = int(admin.info()["used_memory"])
    with case.witness(server) as witness:
        for begin in range(0, 100000, 1000):
            reader.raw(b"".join(encode("EVAL", "return %d" % i, "0") for i in range(begin, begin + 1000)))
            for _ in range(1000):
                reader.read()
        for i in range(40):
            reader("EVAL", "--%d%s\nreturn 1" % (i, "x" * (4 * MB)), "0")
            reader("EVAL", "return #{%s}" % ",".join("'%d'" % (i * 20000 + k) for k in range(20000)), "0")
        case.figure("scripts that are known", int(admin.info()["number_of_cached_scripts"]), 500, "")
    case.figure("memory that stays", int(admin.info()["used_memory"]) - before, 32 * MB + 2 * 64 * MB + ROOM)
    case.waits(witness.seen)


@attack("what a script does to globals, libraries and metatables", workers=BOTH)
def stains(case):
    server = case.server()
    reader = server.client("write")
    clean, stained = reader("EVAL", CLEAN, "0"), []
    for stain in STAINS:
        reader("EVAL", stain, "1", "k")
        if reader("EVAL", CLEAN, "0") != clean:
            stained.append(stain)
    case.holds("no script finds what another has done", not stained, "; ".join(stained))
