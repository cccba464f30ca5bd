/*
 * The libraries that scripts find: private to this folder.
 *
 * Each function pushes a table with the library's functions. They run when an interpreter is made and may raise an
 * error where there is no memory. interpreter is what the functions have as their first upvalue.
 */
#ifndef KVS_SCRIPT_LIBRARIES_H
#define KVS_SCRIPT_LIBRARIES_H

#include "script/library_state.h"

#include <lauxlib.h>

/* Fills the table on top of the stack with the functions, with interpreter as their upvalue. */
void script_library_fill(lua_State *L, struct library_state *interpreter, const luaL_Reg *functions);

/* Copies members of the table at index from into the table on top of the stack: a NULL ends the names. */
void script_library_take(lua_State *L, int from, const char *const *names);

/* The globals themselves but for those of libraries. Lua's own are the globals of L as it was made. */
void script_push_base_library(lua_State *L, struct library_state *interpreter);
void script_push_string_library(lua_State *L, struct library_state *interpreter);
void script_push_table_library(lua_State *L, struct library_state *interpreter);
void script_push_math_library(lua_State *L, struct library_state *interpreter);
void script_push_os_library(lua_State *L, struct library_state *interpreter);
void script_push_cjson_library(lua_State *L, struct library_state *interpreter);
void script_push_cmsgpack_library(lua_State *L, struct library_state *interpreter);
void script_push_struct_library(lua_State *L, struct library_state *interpreter);
void script_push_bit_library(lua_State *L, struct library_state *interpreter);

/* table.sort([order]) as scripts call it */
int script_sort(lua_State *L);

/* string.format(format, ...) as scripts call it */
int script_format(lua_State *L);

/* As at the beginning of a script. */
void script_math_reset(struct library_state *interpreter);
void script_cjson_reset(struct library_state *interpreter);

#endif
