#include "unit/script_fixture.h"

#include "script/compile.h"
#include "script/globals.h"

#include <check.h>
#include <lauxlib.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MEMORY_LIMIT ((size_t)256 << 20)

lua_State *script_state;
unsigned script_interrupts, script_interrupts_left;
size_t script_memory, script_memory_limit = MEMORY_LIMIT;
unsigned script_allocation_to_fail;

static void *allocate(void *unused, void *block, size_t old_size, size_t size)
{
    (void)unused;
    if (size == 0) {
        free(block);
        script_memory -= old_size;
        return NULL;
    }
    bool fails = size > old_size && script_memory + size - old_size > script_memory_limit;
    if (size > old_size && script_allocation_to_fail > 0 && --script_allocation_to_fail == 0)
        fails = true;
    if (fails)
        return NULL;
    void *moved = realloc(block, size);
    ck_assert_ptr_nonnull(moved);
    script_memory += size - old_size;
    return moved;
}

static void interrupt(lua_State *L)
{
    script_interrupts++;
    if (script_interrupts_left > 0 && --script_interrupts_left == 0)
        luaL_error(L, "interrupted");
}

static int report_call(lua_State *L)
{
    return luaL_error(L, "nothing is to be called here");
}

lua_State *script_fixture_state(void)
{
    return lua_newstate(allocate, NULL);
}

void script_fixture_globals(lua_State *L)
{
    lua_newtable(L);
    lua_pushcfunction(L, report_call);
    lua_setfield(L, -2, "call");
    lua_pushliteral(L, "7");
    lua_setfield(L, -2, "LOG_DEBUG");
    script_globals_protect(L);
    script_globals_set(L, "redis");
    lua_newtable(L);
    script_globals_set(L, "KEYS");
    lua_newtable(L);
    script_globals_set(L, "ARGV");
}

void script_fixture_open(void)
{
    script_memory_limit = MEMORY_LIMIT;
    script_allocation_to_fail = 0;
    script_interrupts = script_interrupts_left = 0;
    script_state = script_fixture_state();
    ck_assert_ptr_nonnull(script_state);
    ck_assert_int_eq(script_globals_open(script_state, interrupt), 0);
    script_fixture_globals(script_state);
}

void script_fixture_close(void)
{
    lua_close(script_state);
    ck_assert_uint_eq(script_memory, 0);
}

const char *script_result(const char *text)
{
    lua_State *L = script_state;
    lua_settop(L, 0);
    script_globals_reset(L);
    bool failed = script_compile(L, text, strlen(text), "@user_script") != 0 || lua_pcall(L, 0, 1, 0) != 0;
    if (failed) {
        lua_gc(L, LUA_GCCOLLECT, 0); /* what failed may have been memory */
        const char *message = lua_tostring(L, -1);
        return lua_pushfstring(L, "E:%s", message ? message : luaL_typename(L, -1));
    }
    if (lua_isboolean(L, -1))
        return lua_toboolean(L, -1) ? "true" : "false";
    return lua_isnil(L, -1) ? "nil" : lua_isstring(L, -1) ? lua_tostring(L, -1) : luaL_typename(L, -1);
}

void script_check_cases(const struct script_case *cases, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const char *result = script_result(cases[i].text);
        ck_assert_msg(strcmp(result, cases[i].result) == 0, "%s\n  is:     %s\n  wanted: %s", cases[i].text, result,
                      cases[i].result);
    }
}

void script_check_calls(const struct script_case *cases, size_t count)
{
    /* all results of CALL as text, behind E: if it fails */
    static const char shown[] =
        "local function hex(s) return (s:gsub('.', function(c) return ('%02x'):format(c:byte()) end)) end "
        "local function show(value, depth) local kind = type(value) if kind == 'number' then return "
        "('%.17g'):format(value) elseif kind == 'string' then return \"'\" .. value .. \"'\" elseif kind == "
        "'table' then local all = {} for k, v in pairs(value) do all[#all + 1] = show(k) .. '=' .. show(v) "
        "end table.sort(all) return '{' .. table.concat(all, ' ') .. '}' end return tostring(value) end local "
        "results = {pcall(function() CALL end)} local all = {} for i = 2, table.maxn(results) do all[#all + "
        "1] = show(results[i]) end return (results[1] and '' or 'E:') .. table.concat(all, ' ')";
    for (size_t i = 0; i < count; i++) {
        char text[4000];
        size_t before = (size_t)(strstr(shown, "CALL") - shown);
        ck_assert_uint_lt(sizeof shown + strlen(cases[i].text), sizeof text);
        snprintf(text, sizeof text, "%.*s%s%s", (int)before, shown, cases[i].text, shown + before + 4);
        const char *result = script_result(text);
        ck_assert_msg(strcmp(result, cases[i].result) == 0, "%s\n  is:     %s\n  wanted: %s", cases[i].text, result,
                      cases[i].result);
    }
}
