/*
 * The functions that Lua has without a library's name. Those that look past metatables are ours, as they have to know
 * read-only tables; so are those that compile and collect, and tonumber(), which many scripts call for each number. The
 * others are Lua's.
 */
#include "script/compile.h"
#include "script/libraries.h"
#include "script/readonly.h"

#include <ctype.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

/* From so many KiB on a whole collection is done in steps, as it takes milliseconds. */
#define LARGE_KIB 8192

#define EXACT_DIGITS 15 /* so many a double holds, whatever they are */

static const char *const lua_own[] = {
    "_VERSION", "assert", "error", "pcall", "rawequal", "select", "tostring", "type", "xpcall", NULL,
};

/* Checks that an argument is a table, and puts the one behind it in the place of a view. */
static bool take_table(lua_State *L, int arg)
{
    luaL_checktype(L, arg, LUA_TTABLE);
    return script_readonly_resolve(L, arg);
}

static int base_next(lua_State *L)
{
    take_table(L, 1);
    lua_settop(L, 2);
    if (lua_next(L, 1))
        return 2;
    lua_pushnil(L);
    return 1;
}

/* Upvalue 1 is next, or what ipairs goes on with. */
static int base_pairs(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_pushnil(L);
    return 3;
}

static int next_index(lua_State *L)
{
    int i = luaL_checkint(L, 2);
    take_table(L, 1);
    i = (int)((unsigned)i + 1);
    lua_pushinteger(L, i);
    lua_rawgeti(L, 1, i);
    return lua_isnil(L, -1) ? 0 : 2;
}

static int base_ipairs(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_pushvalue(L, 1);
    lua_pushinteger(L, 0);
    return 3;
}

static int base_rawget(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    lua_settop(L, 2);
    script_readonly_resolve(L, 1);
    lua_rawget(L, 1);
    return 1;
}

static int base_rawset(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_checkany(L, 2);
    luaL_checkany(L, 3);
    lua_settop(L, 3);
    if (script_readonly_is(L, 1))
        script_readonly_refuse(L);
    lua_rawset(L, 1);
    return 1;
}

/* Pushes what a metatable says about being shown; nothing, and false, if it says nothing. */
static bool is_metatable_hidden(lua_State *L, int arg)
{
    if (!lua_getmetatable(L, arg))
        return false;
    lua_pushliteral(L, "__metatable");
    lua_rawget(L, -2);
    lua_remove(L, -2);
    if (!lua_isnil(L, -1))
        return true;
    lua_pop(L, 1);
    return false;
}

static int base_getmetatable(lua_State *L)
{
    luaL_checkany(L, 1);
    if (!is_metatable_hidden(L, 1) && !script_readonly_metatable(L, 1))
        lua_pushnil(L);
    return 1;
}

static int base_setmetatable(lua_State *L)
{
    int type = lua_type(L, 2);
    luaL_checktype(L, 1, LUA_TTABLE);
    luaL_argcheck(L, type == LUA_TNIL || type == LUA_TTABLE, 2, "nil or table expected");
    if (is_metatable_hidden(L, 1))
        return luaL_error(L, "cannot change a protected metatable");
    lua_settop(L, 2);
    if (script_readonly_is(L, 1))
        script_readonly_refuse(L);
    script_readonly_resolve(L, 2);
    lua_setmetatable(L, 1);
    return 1;
}

static int base_unpack(lua_State *L)
{
    take_table(L, 1);
    int64_t first = luaL_optint(L, 2, 1);
    int64_t last = lua_isnoneornil(L, 3) ? (int64_t)lua_objlen(L, 1) : luaL_checkint(L, 3);
    last = (int)last;
    if (first > last)
        return 0;
    if (last - first >= INT_MAX || !lua_checkstack(L, (int)(last - first + 1)))
        return luaL_error(L, "too many results to unpack");
    for (int64_t i = first; i <= last; i++)
        lua_rawgeti(L, 1, (int)i);
    return (int)(last - first + 1);
}

/* The number that a few digits are, without strtod(), which takes as long as a command. False: it isn't so simple. */
static bool read_digits(const char *text, size_t len, lua_Number *number_out)
{
    bool is_negative = *text == '-';
    int64_t number = 0;
    if (len <= is_negative || len > EXACT_DIGITS)
        return false;
    for (size_t i = is_negative; i < len; i++) {
        if (text[i] < '0' || text[i] > '9')
            return false;
        number = number * 10 + (text[i] - '0');
    }
    *number_out = is_negative ? -(lua_Number)number : (lua_Number)number;
    return true;
}

/* Nil stands for what is no number. */
static int push_number_of_base(lua_State *L, int base)
{
    const char *text = luaL_checkstring(L, 1);
    char *end;
    luaL_argcheck(L, base >= 2 && base <= 36, 2, "base out of range");
    unsigned long number = strtoul(text, &end, base);
    bool is_number = end != text;
    while (isspace((unsigned char)*end))
        end++;
    if (is_number && *end == '\0')
        lua_pushnumber(L, (lua_Number)number);
    else
        lua_pushnil(L);
    return 1;
}

static int base_tonumber(lua_State *L)
{
    size_t len;
    lua_Number number;
    int base = luaL_optint(L, 2, 10);
    if (base != 10)
        return push_number_of_base(L, base);
    luaL_checkany(L, 1);
    const char *text = lua_type(L, 1) == LUA_TSTRING ? lua_tolstring(L, 1, &len) : NULL;
    if (text && read_digits(text, len, &number))
        lua_pushnumber(L, number);
    else if (lua_isnumber(L, 1))
        lua_pushnumber(L, lua_tonumber(L, 1));
    else
        lua_pushnil(L);
    return 1;
}

static int base_gcinfo(lua_State *L)
{
    lua_pushinteger(L, lua_gc(L, LUA_GCCOUNT, 0));
    return 1;
}

/* Two rounds: what became garbage while the first marked is found by the second. */
static void collect_in_steps(lua_State *L, struct library_state *interpreter)
{
    for (int rounds = 0; rounds < 2;) {
        script_steps(L, interpreter, 1024);
        rounds += lua_gc(L, LUA_GCSTEP, 64) != 0;
    }
}

static int base_collectgarbage(lua_State *L)
{
    static const char *const names[] = {"stop", "restart", "collect", "count", "step", "setpause", "setstepmul", NULL};
    static const int calls[] = {LUA_GCSTOP, LUA_GCRESTART,  LUA_GCCOLLECT,   LUA_GCCOUNT,
                                LUA_GCSTEP, LUA_GCSETPAUSE, LUA_GCSETSTEPMUL};
    struct library_state *interpreter = library_state_of_call(L);
    int call = calls[luaL_checkoption(L, 1, "collect", names)];
    int argument = luaL_optint(L, 2, 0);
    if (call == LUA_GCCOLLECT && lua_gc(L, LUA_GCCOUNT, 0) > LARGE_KIB) {
        collect_in_steps(L, interpreter);
        interpreter->is_collection_off = false;
        lua_pushinteger(L, 0);
        return 1;
    }
    int result = lua_gc(L, call, argument);
    if (call == LUA_GCSTOP)
        interpreter->is_collection_off = true;
    else if (call == LUA_GCRESTART || call == LUA_GCCOLLECT || call == LUA_GCSTEP)
        interpreter->is_collection_off = false; /* a step, too, sets the next one's time */
    if (call == LUA_GCCOUNT)
        lua_pushnumber(L, result + lua_gc(L, LUA_GCCOUNTB, 0) / 1024.0);
    else if (call == LUA_GCSTEP)
        lua_pushboolean(L, result);
    else
        lua_pushnumber(L, result);
    return 1;
}

void script_push_base_library(lua_State *L, struct library_state *interpreter)
{
    static const luaL_Reg functions[] = {
        {"collectgarbage", base_collectgarbage},
        {"gcinfo", base_gcinfo},
        {"getmetatable", base_getmetatable},
        {"load", script_load},
        {"loadstring", script_loadstring},
        {"next", base_next},
        {"rawget", base_rawget},
        {"rawset", base_rawset},
        {"setmetatable", base_setmetatable},
        {"tonumber", base_tonumber},
        {"unpack", base_unpack},
        {NULL, NULL},
    };
    lua_newtable(L);
    script_library_take(L, LUA_GLOBALSINDEX, lua_own);
    script_library_fill(L, interpreter, functions);
    lua_getfield(L, -1, "next");
    lua_pushcclosure(L, base_pairs, 1);
    lua_setfield(L, -2, "pairs");
    lua_pushcfunction(L, next_index);
    lua_pushcclosure(L, base_ipairs, 1);
    lua_setfield(L, -2, "ipairs");
}
