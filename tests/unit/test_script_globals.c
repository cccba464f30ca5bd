/* What scripts find: the globals and their protection, as recorded from redis-server 7.0.15. */
#include "script/compile.h"
#include "script/globals.h"

#include <check.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static lua_State *L;

static void open_interpreter(void)
{
    L = luaL_newstate();
    ck_assert_ptr_nonnull(L);
    ck_assert_int_eq(script_globals_open(L, NULL), 0);
    lua_newtable(L);
    lua_pushcfunction(L, lua_error);
    lua_setfield(L, -2, "call");
    lua_pushliteral(L, "7");
    lua_setfield(L, -2, "LOG_DEBUG");
    script_globals_protect(L);
    script_globals_set(L, "redis");
    lua_newtable(L);
    script_globals_set(L, "KEYS");
}

static void close_interpreter(void)
{
    lua_close(L);
}

/* Runs a script; its first result, or its message after "E:", as text on the stack. */
static const char *result_of(const char *text)
{
    lua_settop(L, 0);
    script_globals_reset(L);
    bool failed = script_compile(L, text, strlen(text), "@user_script") != 0 || lua_pcall(L, 0, 1, 0) != 0;
    if (failed) {
        const char *message = lua_tostring(L, -1);
        return lua_pushfstring(L, "E:%s", message ? message : luaL_typename(L, -1));
    }
    if (lua_isboolean(L, -1))
        return lua_toboolean(L, -1) ? "true" : "false";
    return lua_isnil(L, -1) ? "nil" : lua_isstring(L, -1) ? lua_tostring(L, -1) : luaL_typename(L, -1);
}

#define READONLY "E:Attempt to modify a readonly table"
#define READONLY_AT "E:user_script:1: Attempt to modify a readonly table"
#define MISSING(name) "E:user_script:1: Script attempted to access nonexistent global variable '" name "'"

struct case_of_script {
    const char *text, *result;
};

static const struct case_of_script protection[] = {
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
    const struct case_of_script *sample = &protection[_i];
    ck_assert_msg(strcmp(result_of(sample->text), sample->result) == 0, "%s: %s", sample->text,
                  result_of(sample->text));
}
END_TEST

START_TEST(random_numbers_are_those_of_redis)
{
    ck_assert_str_eq(result_of("return math.random() .. ' ' .. math.random()"), "0.39646477363839 0.84048536971234");
    ck_assert_str_eq(result_of("return math.random()"), "0.35333609737146");
    ck_assert_str_eq(result_of("math.randomseed(42) return math.random() .. ' ' .. math.random(1000)"),
                     "0.74452500033403 343");
    ck_assert_str_eq(result_of("math.randomseed(2^32 + 5) return math.random()"), "0.52483957937213");
    char fourth[40];
    snprintf(fourth, sizeof fourth, "%s",
             result_of("math.randomseed(0x1234abcd) for i = 1, 3 do math.random() end return math.random()"));
    ck_assert_str_eq(result_of("return math.random()"), fourth); /* goes on, whatever seeds others have chosen */
    ck_assert_str_eq(result_of("return math.random(0)"),
                     "E:user_script:1: bad argument #1 to 'random' (interval is empty)");
    ck_assert_str_eq(result_of("return math.random(3, 1)"),
                     "E:user_script:1: bad argument #2 to 'random' (interval is empty)");
    ck_assert_str_eq(result_of("return math.random(1, 2, 3)"), "E:user_script:1: wrong number of arguments");
}
END_TEST

Suite *suite_script_globals(void)
{
    Suite *suite = suite_create("script_globals");
    TCase *all = tcase_create("all");
    tcase_add_checked_fixture(all, open_interpreter, close_interpreter);
    tcase_add_loop_test(all, tables_are_protected, 0, sizeof protection / sizeof protection[0]);
    tcase_add_test(all, random_numbers_are_those_of_redis);
    suite_add_tcase(suite, all);
    return suite;
}
