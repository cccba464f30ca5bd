#include "script/catching.h"

#include "script/globals.h"
#include "script/interpreter.h"
#include "script/readonly.h"

#include <lauxlib.h>

/* An error's table is shown to the script as its text, as before Redis had such tables. */
static void show_text(lua_State *lua)
{
    if (!lua_istable(lua, -1))
        return;
    lua_getfield(lua, -1, "err");
    if (lua_isstring(lua, -1))
        lua_replace(lua, -2);
    else
        lua_pop(lua, 1);
}

static int catching_pcall(lua_State *lua)
{
    luaL_checkany(lua, 1);
    int status = lua_pcall(lua, lua_gettop(lua) - 1, LUA_MULTRET, 0);
    if (status != 0) {
        interpreter_check(lua);
        show_text(lua);
    }
    lua_pushboolean(lua, status == 0);
    lua_insert(lua, 1);
    return lua_gettop(lua);
}

/* The script's handler, which isn't asked about an abort. */
static int handle(lua_State *lua)
{
    if (interpreter_of(lua)->aborted)
        return 1;
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, 1);
    return 1;
}

static int catching_xpcall(lua_State *lua)
{
    luaL_checkany(lua, 2);
    lua_settop(lua, 2);
    lua_pushcclosure(lua, handle, 1);
    lua_insert(lua, 1);
    int status = lua_pcall(lua, 0, LUA_MULTRET, 1);
    if (status != 0)
        interpreter_check(lua);
    lua_pushboolean(lua, status == 0);
    lua_replace(lua, 1);
    return lua_gettop(lua);
}

/* Upvalue 1 is the function that catches. */
static int catching_other(lua_State *lua)
{
    lua_pushvalue(lua, lua_upvalueindex(1));
    lua_insert(lua, 1);
    lua_call(lua, lua_gettop(lua) - 1, LUA_MULTRET);
    if (interpreter_of(lua)->aborted)
        interpreter_check(lua);
    return lua_gettop(lua);
}

/* Puts it around the function of that name in the table on top of the stack. */
static void put_around(lua_State *lua, const char *name)
{
    lua_getfield(lua, -1, name);
    lua_pushcclosure(lua, catching_other, 1);
}

void catching_open(lua_State *lua)
{
    lua_pushcfunction(lua, catching_pcall);
    script_globals_set(lua, "pcall");
    lua_pushcfunction(lua, catching_xpcall);
    script_globals_set(lua, "xpcall");
    lua_getglobal(lua, "coroutine");
    script_readonly_resolve(lua, -1);
    put_around(lua, "resume");
    lua_setfield(lua, -2, "resume");
    lua_pop(lua, 1);
    lua_pushvalue(lua, LUA_GLOBALSINDEX);
    put_around(lua, "load");
    script_globals_set(lua, "load");
    put_around(lua, "loadstring");
    script_globals_set(lua, "loadstring");
    lua_pop(lua, 1);
}
