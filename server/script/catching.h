/*
 * pcall, xpcall, coroutine.resume, load and loadstring: what catches errors for scripts. An abort passes through them.
 */
#ifndef KVS_SCRIPT_CATCHING_H
#define KVS_SCRIPT_CATCHING_H

#include <lua.h>

/* Puts them in the place of Lua's own, when the globals are open. Raises an error without memory. */
void catching_open(lua_State *lua);

#endif
