#ifndef KVS_SCRIPT_GLOBALS_H
#define KVS_SCRIPT_GLOBALS_H
#include <lua.h>
#include <stddef.h>
void script_globals_open(lua_State *lua);
void script_globals_seal(lua_State *lua);
void script_globals_reset(lua_State *lua);
void script_globals_set(lua_State *lua, const char *name);
void script_globals_protect(lua_State *lua);
int script_compile(lua_State *lua, const char *text, size_t len, const char *name);
#endif
