#include "script/globals.h"

#include <lauxlib.h>
#include <lualib.h>
void script_globals_open(lua_State *lua)
{
    luaL_openlibs(lua);
}
void script_globals_seal(lua_State *lua)
{
    (void)lua;
}
void script_globals_reset(lua_State *lua)
{
    (void)lua;
}
int script_compile(lua_State *lua, const char *text, size_t len, const char *name)
{
    return luaL_loadbuffer(lua, text, len, name);
}
void script_globals_set(lua_State *lua, const char *name)
{
    lua_setglobal(lua, name);
}
void script_globals_protect(lua_State *lua) { (void)lua; }
