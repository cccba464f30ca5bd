/*
 * A view's metatable is { __index = the table behind, __newindex = an error, [1] = the mark }. The mark is the address
 * of a variable, which no script can make. A table of the interpreter leads from each table behind a view to the view,
 * so that a metatable is only ever shown as one.
 */
#include "script/readonly.h"

#include "script/library_state.h"

#include <lauxlib.h>

#define REFUSAL "Attempt to modify a readonly table"

static const char view_mark;

/* Assignments in a script: where they stand is part of the message. */
static int refuse_assignment(lua_State *L)
{
    return luaL_error(L, REFUSAL);
}

void script_readonly_refuse(lua_State *L)
{
    lua_pushliteral(L, REFUSAL);
    lua_error(L);
    __builtin_unreachable();
}

static int absolute(lua_State *L, int index)
{
    return index > 0 ? index : lua_gettop(L) + index + 1;
}

/* Replaces the value on top of the stack by the view of it; nothing, and false, if there is none. */
static bool replace_by_view(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, library_state_of(L)->views);
    lua_pushvalue(L, -2);
    lua_rawget(L, -2);
    if (lua_isnil(L, -1)) {
        lua_pop(L, 2);
        return false;
    }
    lua_replace(L, -3);
    lua_pop(L, 1);
    return true;
}

void script_readonly_show(lua_State *L, int index, int view)
{
    index = absolute(L, index);
    view = absolute(L, view);
    lua_rawgeti(L, LUA_REGISTRYINDEX, library_state_of(L)->views);
    lua_pushvalue(L, index);
    lua_pushvalue(L, view);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

void script_readonly_push(lua_State *L, int index)
{
    index = absolute(L, index);
    luaL_checkstack(L, 8, "no room for a read-only table");
    int top = lua_gettop(L);
    bool has_metatable = lua_getmetatable(L, index);
    if (has_metatable && !replace_by_view(L))
        script_readonly_push(L, -1); /* stays on the stack until the view below holds it */
    int below = lua_gettop(L);
    lua_newtable(L);
    lua_createtable(L, has_metatable ? 2 : 1, 2);
    lua_pushlightuserdata(L, (void *)&view_mark);
    lua_rawseti(L, -2, 1);
    if (has_metatable) {
        lua_pushvalue(L, below);
        lua_rawseti(L, -2, 2); /* a view is found only while somebody holds it */
    }
    lua_pushvalue(L, index);
    lua_setfield(L, -2, "__index");
    lua_pushcfunction(L, refuse_assignment);
    lua_setfield(L, -2, "__newindex");
    lua_setmetatable(L, -2);
    script_readonly_show(L, index, -1);
    lua_insert(L, top + 1);
    lua_settop(L, top + 1);
}

bool script_readonly_is(lua_State *L, int index)
{
    if (!lua_istable(L, index) || !lua_getmetatable(L, index))
        return false;
    lua_rawgeti(L, -1, 1);
    bool is_view = lua_touserdata(L, -1) == &view_mark;
    lua_pop(L, 2);
    return is_view;
}

bool script_readonly_resolve(lua_State *L, int index)
{
    if (!lua_istable(L, index) || !lua_getmetatable(L, index))
        return false;
    lua_rawgeti(L, -1, 1);
    bool is_view = lua_touserdata(L, -1) == &view_mark;
    lua_pop(L, 1);
    if (is_view) {
        index = index > 0 ? index : index - 1;
        lua_pushliteral(L, "__index");
        lua_rawget(L, -2);
        lua_replace(L, index - (index < 0));
    }
    lua_pop(L, 1);
    return is_view;
}

bool script_readonly_metatable(lua_State *L, int index)
{
    index = absolute(L, index);
    lua_pushvalue(L, index);
    script_readonly_resolve(L, -1);
    if (!lua_getmetatable(L, -1)) {
        lua_pop(L, 1);
        return false;
    }
    replace_by_view(L);
    lua_remove(L, -2);
    return true;
}
