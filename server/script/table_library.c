/*
 * table: Lua's functions for those that know read-only tables, and that can be interrupted where they work long.
 */
#include "script/libraries.h"
#include "script/readonly.h"
#include "script/script_buffer.h"

#include <string.h>

/* Checks that an argument is a table, and puts the one behind it in the place of a view. Returns its length. */
static int take_list(lua_State *L, int arg, bool *is_view_out)
{
    luaL_checktype(L, arg, LUA_TTABLE);
    *is_view_out = script_readonly_resolve(L, arg);
    return (int)lua_objlen(L, arg);
}

static int table_foreachi(lua_State *L)
{
    bool is_view;
    int len = take_list(L, 1, &is_view);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    for (int i = 1; i <= len; i++) {
        lua_pushvalue(L, 2);
        lua_pushinteger(L, i);
        lua_rawgeti(L, 1, i);
        lua_call(L, 2, 1);
        if (!lua_isnil(L, -1))
            return 1;
        lua_pop(L, 1);
    }
    return 0;
}

static int table_foreach(lua_State *L)
{
    bool is_view;
    take_list(L, 1, &is_view);
    luaL_checktype(L, 2, LUA_TFUNCTION);
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        lua_pushvalue(L, 2);
        lua_pushvalue(L, -3);
        lua_pushvalue(L, -3);
        lua_call(L, 2, 1);
        if (!lua_isnil(L, -1))
            return 1;
        lua_pop(L, 2);
    }
    return 0;
}

static int table_maxn(lua_State *L)
{
    struct library_state *interpreter = library_state_of_call(L);
    bool is_view;
    take_list(L, 1, &is_view);
    lua_Number max = 0;
    lua_pushnil(L);
    while (lua_next(L, 1)) {
        script_steps(L, interpreter, 4);
        lua_pop(L, 1);
        if (lua_type(L, -1) == LUA_TNUMBER && lua_tonumber(L, -1) > max)
            max = lua_tonumber(L, -1);
    }
    lua_pushnumber(L, max);
    return 1;
}

static int table_getn(lua_State *L)
{
    bool is_view;
    lua_pushinteger(L, take_list(L, 1, &is_view));
    return 1;
}

static int table_setn(lua_State *L)
{
    luaL_checktype(L, 1, LUA_TTABLE);
    return luaL_error(L, "'setn' is obsolete");
}

static int table_insert(lua_State *L)
{
    struct library_state *interpreter = library_state_of_call(L);
    bool is_view;
    int behind = (int)((unsigned)take_list(L, 1, &is_view) + 1);
    int at = behind;
    switch (lua_gettop(L)) {
    case 2:
        break;
    case 3:
        at = luaL_checkint(L, 2);
        if (at > behind)
            behind = at;
        for (int i = behind; i > at && !is_view; i--) {
            script_steps(L, interpreter, 4);
            lua_rawgeti(L, 1, i - 1);
            lua_rawseti(L, 1, i);
        }
        break;
    default:
        return luaL_error(L, "wrong number of arguments to 'insert'");
    }
    if (is_view)
        script_readonly_refuse(L);
    lua_rawseti(L, 1, at);
    return 0;
}

static int table_remove(lua_State *L)
{
    struct library_state *interpreter = library_state_of_call(L);
    bool is_view;
    int len = take_list(L, 1, &is_view);
    int at = luaL_optint(L, 2, len);
    if (at < 1 || at > len)
        return 0;
    if (is_view)
        script_readonly_refuse(L);
    lua_rawgeti(L, 1, at);
    for (int i = at; i < len; i++) {
        script_steps(L, interpreter, 4);
        lua_rawgeti(L, 1, i + 1);
        lua_rawseti(L, 1, i);
    }
    lua_pushnil(L);
    lua_rawseti(L, 1, len);
    return 1;
}

static int table_concat(lua_State *L)
{
    struct library_state *interpreter = library_state_of_call(L);
    size_t separator_len;
    const char *separator = luaL_optlstring(L, 2, "", &separator_len);
    luaL_checktype(L, 1, LUA_TTABLE);
    int64_t first = luaL_optint(L, 3, 1);
    script_readonly_resolve(L, 1);
    int64_t last = lua_isnoneornil(L, 4) ? (int64_t)(int)lua_objlen(L, 1) : luaL_checkint(L, 4);
    struct script_buffer buffer;
    script_buffer_begin(L, &buffer);
    for (int64_t i = first; i <= last; i++) {
        lua_rawgeti(L, 1, (int)i);
        if (!lua_isstring(L, -1))
            return luaL_error(L, "invalid value (%s) at index %d in table for 'concat'", luaL_typename(L, -1), (int)i);
        size_t len;
        const char *text = lua_tolstring(L, -1, &len);
        script_steps(L, interpreter, 4 + (len + separator_len) / 16);
        script_buffer_add(&buffer, text, len);
        lua_pop(L, 1);
        if (i < last)
            script_buffer_add(&buffer, separator, separator_len);
    }
    script_buffer_push(&buffer);
    return 1;
}

void script_push_table_library(lua_State *L, struct library_state *interpreter)
{
    static const luaL_Reg functions[] = {
        {"concat", table_concat},     {"foreach", table_foreach},
        {"foreachi", table_foreachi}, {"getn", table_getn},
        {"insert", table_insert},     {"maxn", table_maxn},
        {"remove", table_remove},     {"setn", table_setn},
        {"sort", script_sort},        {NULL, NULL},
    };
    lua_newtable(L);
    script_library_fill(L, interpreter, functions);
}
