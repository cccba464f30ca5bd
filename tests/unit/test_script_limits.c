/* Scripts that mean harm, or have none of the memory they want: all come to an end, and the state stays whole. */
#include "script/compile.h"
#include "script/globals.h"
#include "unit/script_fixture.h"

#include <check.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* What works long in C without calling Lua. Each is interrupted the third time that it is asked. */
static const char *const long_work[] = {
    "string.rep('x', 50000000)",
    "(big):lower()",
    "(big):upper()",
    "(big):reverse()",
    "(big):format()",
    "string.format('%q', big)",
    "(big):find('y', 1, true)",
    "(big):find(('x'):rep(5000) .. 'y', 1, true)",
    "(big .. big):match('^(' .. big .. ')%1')",
    "table.concat(list)",
    "table.concat(list, big, 1, 50)",
    "table.sort(list)",
    "table.insert(list, 1, 1)",
    "table.insert({}, -2147483648, 1)",
    "table.remove(list, 1)",
    "table.maxn(list)",
    "cjson.encode(list)",
    "cjson.encode(big)",
    "cjson.encode({big, big})",
    "cjson.decode('[' .. ('1,'):rep(200000) .. '1]')",
    "cjson.decode((' '):rep(1000000))",
    "cjson.decode('\"' .. big)",
    "cjson.encode_sparse_array(false, 0) cjson.encode({[2147483647] = 1})",
    "cmsgpack.pack(list)",
    "cmsgpack.pack(nested)",
    "cmsgpack.unpack(cmsgpack.pack(list))",
    "struct.pack(('x'):rep(1000000))",
    "struct.size(('x'):rep(1000000))",
    "struct.unpack(('x'):rep(1000000), big)",
    "loadstring(('x = 1 '):rep(100000))()",
    "loadstring('if a then ' .. ('elseif a then '):rep(30000) .. 'end')()",
    "local pieces = 0 load(function() pieces = pieces + 1 return pieces < 10000 and ('x = 1 '):rep(100) or nil end)()",
};

START_TEST(long_work_can_be_interrupted)
{
    for (size_t i = 0; i < sizeof long_work / sizeof long_work[0]; i++) {
        char text[1000];
        snprintf(text, sizeof text,
                 "local big, list = ('x'):rep(1000000), {} for i = 1, 100000 do list[i] = (i * 7919) %% 100003 end "
                 "local nested = {} for i = 1, 4 do nested[i] = nested end %s",
                 long_work[i]);
        script_interrupts_left = 0;
        script_interrupts = 0;
        script_result("local big, list = ('x'):rep(1000000), {} for i = 1, 100000 do list[i] = i end");
        script_interrupts_left = script_interrupts + 3;
        const char *result = script_result(text);
        ck_assert_msg(strstr(result, "interrupted") || strstr(result, "attempt to call a nil value"), "%s: %s",
                      long_work[i], result);
        ck_assert_msg(script_interrupts_left == 0, "%s", long_work[i]);
    }
}
END_TEST

START_TEST(hostile_arguments_are_refused)
{
    static const struct script_case cases[] = {
        {"return bit.tohex(1, -2147483648)", "00000001"},
        {"return string.rep('', 2147483647)", ""},
        {"return #string.rep('x', 2147483647)", "E:not enough memory"},
        {"return ('x'):rep(1000000):rep(1000000)", "E:not enough memory"},
        {"return unpack({}, -2147483648, 2147483647)", "E:user_script:1: too many results to unpack"},
        {"return select('#', unpack({}, 2147483640, 2147483647))", "8"},
        {"return select('#', unpack({}, -2147483648, -2147483640))", "9"},
        {"return struct.pack('i2147483647', 1)",
         "E:user_script:1: integral size 2147483647 is larger than limit of 32"},
        {"return struct.size(('c2147483647'):rep(1000))", "2147483647000"},
        {"return (cmsgpack.unpack(('\\145'):rep(1000000)))",
         "E:user_script:1: stack overflow (in function mp_decode_to_lua_array)"},
        {"cjson.decode_max_depth(2147483647) return cjson.decode(('['):rep(1000000))",
         "E:user_script:1: Found too many nested data structures (7998) at character 7998"},
        {"cjson.encode_max_depth(2147483647) local t = {} for i = 1, 100000 do t = {t} end return cjson.encode(t)",
         "E:user_script:1: Cannot serialise, excessive nesting (7996)"},
        {"local t = {} t[1] = t return cjson.encode(t)", "E:user_script:1: Cannot serialise, excessive nesting (1001)"},
        {"local s = 'x' while true do s = s .. s end", "E:not enough memory"},
        {"local function f() return coroutine.wrap(f)() end return (f():gsub('user_script:1: ', ''))",
         "E:C stack overflow"},
        {"local function f(s) return s:gsub('.', f) end return f('a')", "E:user_script:1: C stack overflow"},
        {"local function f(a, b) table.sort({1, 2, 3}, f) end return f()", "E:user_script:1: C stack overflow"},
        {"local function f() return pcall(f) end return (f())", "true"},
        {"return tostring(setmetatable({}, {__index = string}).len)", "x"},
    };
    for (size_t i = 0; i + 1 < sizeof cases / sizeof cases[0]; i++) {
        const char *result = script_result(cases[i].text);
        bool is_overflow = strstr(cases[i].result, "C stack overflow") != NULL;
        if (is_overflow)
            ck_assert_msg(strstr(result, "stack overflow") != NULL, "%s: %s", cases[i].text, result);
        else
            ck_assert_msg(strcmp(result, cases[i].result) == 0, "%s: %s", cases[i].text, result);
    }
}
END_TEST

/* A bit of everything that allocates. */
static const char mixed[] =
    "local t = {} for i = 1, 12 do t[i] = ('%d:%s'):format(i, ('x'):rep(i * 60)) end "
    "local s = table.concat(t, ',') s = s:gsub('(%d+):', '<%1>'):upper():lower():reverse() "
    "for w in s:gmatch('x+') do t[#t + 1] = w end table.sort(t) table.insert(t, 1, 'y') table.remove(t) "
    "local j = cjson.encode({list = t, text = s, n = 1.5, [3] = cjson.null}) local d = cjson.decode(j) "
    "local e = cjson.decode('[\"' .. ('\\\\u00e9'):rep(300) .. '\",{\"a\":1}]') "
    "local m = cmsgpack.pack(d, e, 'x', -5) local a, b = cmsgpack.unpack(m) "
    "local p = struct.pack('>is', 5, s) local q, r = struct.unpack('>is', p) "
    "local f = assert(loadstring('local a = ... return function() return a, KEYS[1] end')) f(1)() "
    "local n = 0 local g = assert(load(function() n = n + 1 return ({'return ', '7'})[n] end)) "
    "local c = coroutine.wrap(function() coroutine.yield(g()) end) c() "
    "pcall(function() x = 1 end) pcall(error, {}) local u = setmetatable({}, getmetatable('')) "
    "for k, v in pairs(redis) do u[k] = v end return #s .. bit.tohex(255) .. math.random() .. os.clock() * 0 .. "
    "tostring(cjson.new().encode(r) == cjson.encode(s))";

/* Makes an interpreter and runs the script in it, all where memory may fail. */
static int run_mixed(lua_State *L)
{
    script_fixture_globals(L);
    script_globals_reset(L);
    if (script_compile(L, mixed, strlen(mixed), "@user_script") != 0)
        return lua_error(L);
    lua_call(L, 0, 1);
    ck_assert_ptr_nonnull(strstr(lua_tostring(L, -1), "000000ff"));
    ck_assert_ptr_nonnull(strstr(lua_tostring(L, -1), "true"));
    return 0;
}

/* Whether it was done with the nth allocation failing. */
static bool survives_failure_of(unsigned nth)
{
    script_allocation_to_fail = nth;
    lua_State *L = script_fixture_state();
    bool is_done = false;
    if (L && script_globals_open(L, NULL) == 0) {
        int status = lua_cpcall(L, run_mixed, NULL);
        ck_assert_msg(status == 0 || status == LUA_ERRMEM ||
                          (status == LUA_ERRRUN && strstr(lua_tostring(L, -1), "memory")),
                      "failure of allocation %u: %s", nth, lua_tostring(L, -1));
        is_done = status == 0;
    }
    if (L && script_allocation_to_fail == 0) { /* whatever failed, the state works, if it was opened */
        lua_settop(L, 0);
        lua_gc(L, LUA_GCCOLLECT, 0);
    }
    if (L)
        lua_close(L);
    ck_assert_uint_eq(script_memory, 0);
    return is_done && script_allocation_to_fail > 0;
}

START_TEST(each_allocation_may_fail)
{
    unsigned nth = 1;
    while (!survives_failure_of(nth))
        nth++;
    ck_assert_uint_gt(nth, 500);
    script_allocation_to_fail = 0;
}
END_TEST

/* After a script that took all there is, the next has room. */
START_TEST(memory_comes_back)
{
    static const char *const hogs[] = {
        "local t = {} while true do t[#t + 1] = {} end",
        "local s = 'x' while true do s = s .. s end",
        "return cjson.encode(('\\1'):rep(40000000))",
        "return ('x'):rep(200000000)",
        "local t = {} for i = 1, 100 do t[i] = ('x'):rep(10000000) .. i end",
        "cjson.encode_sparse_array(false, 0) return cjson.encode({[2147483647] = 1})",
    };
    script_memory_limit = (size_t)64 << 20;
    for (size_t i = 0; i < sizeof hogs / sizeof hogs[0]; i++) {
        const char *result = script_result(hogs[i]);
        ck_assert_msg(strcmp(result, "E:not enough memory") == 0, "%s: %s", hogs[i], result);
        lua_settop(script_state, 0);
        lua_gc(script_state, LUA_GCCOLLECT, 0);
        ck_assert_uint_lt(script_memory, 8 << 20); /* the table of strings shrinks slowly */
    }
    /* large strings made one after the other don't pile up */
    ck_assert_str_eq(script_result("for i = 1, 200 do local s = ('x'):rep(4000000) end return 1"), "1");
    ck_assert_str_eq(script_result("local s = ('x'):rep(4000000) for i = 1, 100 do s:upper() end return 1"), "1");
}
END_TEST

Suite *suite_script_limits(void)
{
    Suite *suite = suite_create("script_limits");
    TCase *all = tcase_create("all");
    tcase_set_timeout(all, 120);
    tcase_add_checked_fixture(all, script_fixture_open, script_fixture_close);
    tcase_add_test(all, long_work_can_be_interrupted);
    tcase_add_test(all, hostile_arguments_are_refused);
    tcase_add_test(all, memory_comes_back);
    suite_add_tcase(suite, all);
    TCase *failing = tcase_create("failing");
    tcase_set_timeout(failing, 120);
    tcase_add_test(failing, each_allocation_may_fail);
    suite_add_tcase(suite, failing);
    return suite;
}
