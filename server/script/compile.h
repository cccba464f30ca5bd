/*
 * From a script's text to a function.
 *
 * Only text is taken: Lua's bytecode isn't verified by anybody, and hostile bytecode owns the process. Nothing is
 * collected in the meantime, since the parser of Lua 5.1 doesn't hold on to the chunk's name (CVE-2025-49844).
 */
#ifndef KVS_SCRIPT_COMPILE_H
#define KVS_SCRIPT_COMPILE_H

#include <lua.h>
#include <stddef.h>

/*
 * Pushes the function, and returns 0, or pushes a message, and returns LUA_ERRSYNTAX, LUA_ERRMEM, or LUA_ERRRUN where
 * the interrupt has raised an error. len is bytes, 512 MiB at most; chunkname as Lua has it: "@user_script". Raises no
 * error itself (one of memory if the text is too long and there isn't room for that message).
 */
int script_compile(lua_State *L, const char *text, size_t len, const char *chunkname);

/* private: load(function [, chunkname]) and loadstring(text [, chunkname]) as scripts call them */
int script_load(lua_State *L);
int script_loadstring(lua_State *L);

#endif
