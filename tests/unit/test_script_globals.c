/* What scripts find: the globals and their protection, as recorded from redis-server 7.0.15. */
#include "script/compile.h"
#include "script/globals.h"
#include "unit/script_fixture.h"

#include <check.h>
#include <stdio.h>
#include <string.h>

#define READONLY "E:Attempt to modify a readonly table"
#define READONLY_AT "E:user_script:1: Attempt to modify a readonly table"
#define MISSING(name) "E:user_script:1: Script attempted to access nonexistent global variable '" name "'"

static const struct script_case protection[] = {
    {"x = 1", READONLY_AT},
    {"KEYS = 1", READONLY_AT},
    {"KEYS[1] = 3 return KEYS[1]", "3"},
    {"_G.x = 1", READONLY_AT},
    {"rawset(_G, 'x', 1)", READONLY},
    {"rawset(_G, nil, 1)", READONLY},
    {"rawset(redis, 'call', 1)", READONLY},
    {"return rawget(_G, 'x')", "nil"},
    {"return type(rawget(_G, 'redis'))", "table"},
    {"setmetatable(_G, {})", READONLY},
    {"setmetatable(_G, nil)", READONLY},
    {"setmetatable(_G)", "E:user_script:1: bad argument #2 to 'setmetatable' (nil or table expected)"},
    {"setmetatable(redis, {})", READONLY},
    {"setmetatable(string, 1)", "E:user_script:1: bad argument #2 to 'setmetatable' (nil or table expected)"},
    {"setmetatable(1, {})", "E:user_script:1: bad argument #1 to 'setmetatable' (table expected, got number)"},
    {"getmetatable(_G).__index = 1", READONLY_AT},
    {"return type(getmetatable(_G).__index)", "function"},
    {"local n = 0 for k in pairs(getmetatable(_G)) do n = n + 1 end return n", "1"},
    {"getmetatable('').__index = 1", READONLY_AT},
    {"getmetatable('').x = 1", READONLY_AT},
    {"rawset(getmetatable(''), '__index', 1)", READONLY},
    {"setmetatable(getmetatable(''), {})", READONLY},
    {"return getmetatable('').__index == string", "true"},
    {"return getmetatable('').__index.format == string.format", "true"},
    {"local t = setmetatable({}, getmetatable('')) return t.format == string.format", "true"},
    {"getmetatable(setmetatable({}, getmetatable(''))).__index = 1", READONLY_AT},
    {"return getmetatable(redis)", "nil"},
    {"return getmetatable(setmetatable({}, {__metatable = 5}))", "5"},
    {"return setmetatable(setmetatable({}, {__metatable = 1}), {})",
     "E:user_script:1: cannot change a protected metatable"},
    {"return x", MISSING("x")},
    {"return _G.x", MISSING("x")},
    {"return _G[1]", MISSING("1")},
    {"return _G[{}]", "E:user_script:1: Second argument to luaProtectedTableError must be a string or number"},
    {"return print", MISSING("print")},
    {"return getfenv", MISSING("getfenv")},
    {"return debug", MISSING("debug")},
    {"return newproxy", MISSING("newproxy")},
    {"return string.x", "nil"},
    {"return ('x').foo", "nil"},
    {"local s = 'x' s.foo = 1", "E:user_script:1: attempt to index local 's' (a string value)"},
    {"string.foo()", "E:user_script:1: attempt to call field 'foo' (a nil value)"},
    {"return ('x'):bar()", "E:user_script:1: attempt to call method 'bar' (a nil value)"},
    {"table.insert(redis, 1)", READONLY},
    {"table.insert(redis, 1, 2)", READONLY},
    {"return table.remove(redis)", "nil"},
    {"return table.remove(redis, 1)", "nil"},
    {"return table.sort(redis)", "nil"},
    {"return table.concat(redis)", ""},
    {"return type(table.foreach(redis, function(k, v) return k end))", "string"},
    {"return table.getn(redis)", "0"},
    {"table.setn(redis, 1)", "E:user_script:1: 'setn' is obsolete"},
    {"return table.maxn(redis)", "0"},
    {"return #_G", "0"},
    {"return select('#', unpack(redis))", "0"},
    {"return next(_G) ~= nil", "true"},
    {"local n = 0 for k, v in pairs(redis) do n = n + 1 end return n", "2"},
    {"for k, v in ipairs(redis) do return k end", "nil"},
    {"redis[1] = 1", READONLY_AT},
    {"string.format = 1", READONLY_AT},
    {"math.pi = 3", READONLY_AT},
    {"bit.x = 1", READONLY_AT},
    {"coroutine.x = 1", READONLY_AT},
    {"table.x = 1", READONLY_AT},
    {"return _G._G == _G", "true"},
    {"next(redis, 'zzz')", "E:invalid key to 'next'"},
    {"next({}, 'zzz')", "E:invalid key to 'next'"},
    {"loadstring('y = 1')()", "E:[string \"y = 1\"]:1: Attempt to modify a readonly table"},
    {"return loadstring('return 1')()", "1"},
    {"return select(2, loadstring('\\27Lua'))", "[string \"\x1bLua\"]:1: unexpected symbol near 'char(27)'"},
    {"return select(2, loadstring(string.dump(function() end), '=x'))", "x:1: unexpected symbol near 'char(27)'"},
    {"return select(2, loadstring('x x', '=foo'))", "foo:1: '=' expected near 'x'"},
    {"return select(2, load(function() return {} end))", "user_script:1: reader function must return a string"},
    {"return select(2, load(function() error('a') end))", "user_script:1: a"},
    {"local n = 0 return load(function() n = n + 1 return ({'\\27', 'Lua'})[n] end)", "nil"},
    {"local n = 0 return load(function() n = n + 1 return ({'ret', 'urn', ' 7'})[n] end)()", "7"},
    {"return coroutine.wrap(function() coroutine.yield(redis.LOG_DEBUG) end)()", "7"},
    {"return coroutine.wrap(function() y = 1 end)()",
     "E:user_script:1: user_script:1: Attempt to modify a readonly table"},
    {"return coroutine.running()", "nil"},
    {"return unpack({}, 1, 1e7)", "E:user_script:1: too many results to unpack"},
    {"return unpack({}, 1, 8000)", "E:user_script:1: too many results to unpack"},
    {"return select('#', unpack({}, 1, 7000))", "7000"},
    {"return unpack({}, -2147483648, 2147483647)", "E:user_script:1: too many results to unpack"},
    {"return unpack({}, 0, 2147483647)", "E:user_script:1: too many results to unpack"},
    {"return unpack(1)", "E:user_script:1: bad argument #1 to 'unpack' (table expected, got number)"},
    {"return rawset({}, 0/0, 1)", "E:table index is NaN"},
};

START_TEST(tables_are_protected)
{
    script_check_cases(protection, sizeof protection / sizeof protection[0]);
}
END_TEST

/* All that there is, in the order of the alphabet: members of Redis 7.0, and os of 7.4. */
START_TEST(nothing_else_is_there)
{
    ck_assert_str_eq(
        script_result("local all = {} for name, value in pairs(_G) do "
                      "if type(value) == 'table' and value ~= _G then local members = {} "
                      "for member in pairs(value) do members[#members + 1] = tostring(member) end table.sort(members) "
                      "name = name .. '(' .. table.concat(members, ' ') .. ')' end all[#all + 1] = name end "
                      "table.sort(all) return table.concat(all, ' ')"),
        "ARGV() KEYS() _G _VERSION assert bit(arshift band bnot bor bswap bxor lshift rol ror rshift tobit tohex) "
        "cjson(_NAME _VERSION decode decode_invalid_numbers decode_max_depth encode encode_invalid_numbers "
        "encode_keep_buffer encode_max_depth encode_number_precision encode_sparse_array new null) "
        "cmsgpack(_COPYRIGHT _DESCRIPTION _NAME _VERSION pack unpack unpack_limit unpack_one) collectgarbage "
        "coroutine(create resume running status wrap yield) error gcinfo getmetatable ipairs load loadstring "
        "math(abs acos asin atan atan2 ceil cos cosh deg exp floor fmod frexp huge ldexp log log10 max min mod modf pi "
        "pow rad random randomseed sin sinh sqrt tan tanh) next os(clock) pairs pcall rawequal rawget rawset "
        "redis(LOG_DEBUG call) select setmetatable string(byte char dump find format gfind gmatch gsub len lower match "
        "rep reverse sub upper) struct(pack size unpack) table(concat foreach foreachi getn insert maxn remove setn "
        "sort) tonumber tostring type unpack xpcall");
}
END_TEST

/*
 * Ways in which a script could leave something for the next: each tries, whatever comes of it, and then the second
 * script must see what it saw before.
 */
START_TEST(nothing_is_left_for_the_next_script)
{
    static const struct {
        const char *leaves, *sees;
    } ways[] = {
        {"getmetatable('').__index = function() return 1 end", "return ('x').nothing"},
        {"setmetatable(getmetatable(''), {__index = {nothing = 1}})", "return getmetatable('').nothing"},
        {"getmetatable('').__index.nothing = 1", "return ('x').nothing"},
        {"rawset(getmetatable(_G), '__index', function() return 1 end)", "return pcall(function() return y end)"},
        {"table.insert(getmetatable('').__index, 1)", "return string[1]"},
        {"loadstring('x = 1')()", "return rawget(_G, 'x')"},
        {"coroutine.wrap(function() rawset(_G, 'x', 1) end)()", "return rawget(_G, 'x')"},
        {"coroutine.wrap(function() loadstring('_G.x = 1')() end)()", "return rawget(_G, 'x')"},
        {"load(function() _G.x = 1 end)", "return rawget(_G, 'x')"},
        {"for k, v in pairs(_G) do if type(v) == 'table' then v.x = 1 end end", "return string.x or math.x"},
        {"for k, v in next, string do rawset(string, k, nil) end", "return type(string.len)"},
        {"for k in next, string do string[k] = nil end", "return type(string.len)"},
        {"table.foreach(math, function(k) rawset(math, k, 1) end)", "return type(math.floor)"},
        {"table.sort(redis, function() end) redis.call = 1", "return type(redis.call)"},
        {"('x'):gsub('.', _G) string.gsub('x', 'x', setmetatable({}, {__index = function() string.x = 1 end}))",
         "return string.x"},
        {"cjson.encode_max_depth(1)", "return cjson.encode({{}})"},
        {"cjson.decode_max_depth(1)", "return type(cjson.decode('[[]]'))"},
        {"cjson.encode_number_precision(2)", "return cjson.encode(12345)"},
        {"cjson.encode_sparse_array(true)", "return select(2, pcall(cjson.encode, {[99] = 1}))"},
        {"cjson.encode_invalid_numbers(true)", "return (pcall(cjson.encode, 0/0))"},
        {"cjson.decode_invalid_numbers(false)", "return (pcall(cjson.decode, '0x10'))"},
        {"cjson.encode_keep_buffer(false)", "return cjson.encode_keep_buffer()"},
        {"cjson.new = nil rawset(cjson, 'new', nil)", "return type(cjson.new)"},
        {"collectgarbage('setpause', 1000)", "return collectgarbage('setpause', 200)"},
        {"collectgarbage('setstepmul', 1)", "return collectgarbage('setstepmul', 200)"},
        {"collectgarbage('stop')", "collectgarbage('setpause', 100) local all = collectgarbage('count') "
                                   "for i = 1, 50000 do local t = {} end return collectgarbage('count') < all + 2000"},
        {"collectgarbage('stop') loadstring('return 1') load(function() end)",
         "collectgarbage('setpause', 100) local all = collectgarbage('count') "
         "for i = 1, 50000 do local t = {} end return collectgarbage('count') < all + 2000"},
        {"local t = setmetatable({}, getmetatable('')) getmetatable(t).__index = 1", "return type(('x').len)"},
        {"getmetatable(coroutine.create(function() end)).__index = _G", "return getmetatable(_G.coroutine)"},
        {"setmetatable(KEYS, {__index = function() return 1 end}) KEYS[9] = 1", "return rawget(_G, 'x')"},
    };
    for (size_t i = 0; i < sizeof ways / sizeof ways[0]; i++) {
        char before[400];
        snprintf(before, sizeof before, "%s", script_result(ways[i].sees));
        script_result(ways[i].leaves);
        const char *after = script_result(ways[i].sees);
        ck_assert_msg(strcmp(before, after) == 0, "%s: %s was %s", ways[i].leaves, after, before);
    }
}
END_TEST

/* A seed holds for the script that chose it. */
START_TEST(random_numbers_are_those_of_redis)
{
    ck_assert_str_eq(script_result("return math.random() .. ' ' .. math.random()"),
                     "0.39646477363839 0.84048536971234");
    ck_assert_str_eq(script_result("return math.random()"), "0.35333609737146");
    ck_assert_str_eq(script_result("math.randomseed(42) return math.random() .. ' ' .. math.random(1000)"),
                     "0.74452500033403 343");
    ck_assert_str_eq(script_result("math.randomseed(2^32 + 5) return math.random()"), "0.52483957937213");
    char fourth[40];
    snprintf(fourth, sizeof fourth, "%s",
             script_result("math.randomseed(0x1234abcd) for i = 1, 3 do math.random() end return math.random()"));
    ck_assert_str_eq(script_result("return math.random()"), fourth); /* goes on, whatever seeds others have chosen */
    ck_assert_str_eq(script_result("return math.random(0)"),
                     "E:user_script:1: bad argument #1 to 'random' (interval is empty)");
    ck_assert_str_eq(script_result("return math.random(3, 1)"),
                     "E:user_script:1: bad argument #2 to 'random' (interval is empty)");
    ck_assert_str_eq(script_result("return math.random(1, 2, 3)"), "E:user_script:1: wrong number of arguments");
}
END_TEST

START_TEST(bytecode_is_refused_and_text_is_read_in_pieces)
{
    static const char bytecode[] = "\033LuaQ\0\1\4\10\4\10\0";
    lua_State *L = script_state;
    ck_assert_int_eq(script_compile(L, bytecode, sizeof bytecode - 1, "@user_script"), LUA_ERRSYNTAX);
    ck_assert_str_eq(lua_tostring(L, -1), "user_script:1: unexpected symbol near 'char(27)'");
    ck_assert_int_eq(script_compile(L, "", (size_t)513 << 20, "@user_script"), LUA_ERRSYNTAX);
    ck_assert_str_eq(lua_tostring(L, -1), "@user_script: the text is longer than 512 MiB");
    ck_assert_int_eq(script_compile(L, "\n\nx", 3, "@user_script"), LUA_ERRSYNTAX);
    ck_assert_str_eq(lua_tostring(L, -1), "user_script:3: '=' expected near '<eof>'");

    static char text[200000];
    memset(text, ' ', sizeof text);
    memcpy(text + sizeof text - 8, "return 5", 8);
    script_interrupts = 0;
    ck_assert_int_eq(script_compile(L, text, sizeof text, "@user_script"), 0);
    ck_assert_int_eq(lua_pcall(L, 0, 1, 0), 0);
    ck_assert_int_eq(lua_tointeger(L, -1), 5);
    ck_assert_uint_gt(script_interrupts, 10);
    script_interrupts_left = 3;
    ck_assert_int_eq(script_compile(L, text, sizeof text, "@user_script"), LUA_ERRRUN);
}
END_TEST

Suite *suite_script_globals(void)
{
    Suite *suite = suite_create("script_globals");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 60);
    tcase_add_checked_fixture(all, script_fixture_open, script_fixture_close);
    tcase_add_test(all, tables_are_protected);
    tcase_add_test(all, nothing_else_is_there);
    tcase_add_test(all, nothing_is_left_for_the_next_script);
    tcase_add_test(all, random_numbers_are_those_of_redis);
    tcase_add_test(all, bytecode_is_refused_and_text_is_read_in_pieces);
    suite_add_tcase(suite, all);
    return suite;
}
