/*
 * The table `redis` of scripts: redis.call() and what else is Redis's in it.
 */
#ifndef KVS_SCRIPT_REDIS_LIBRARY_H
#define KVS_SCRIPT_REDIS_LIBRARY_H

#include "script/interpreter.h"

/* Sets the global, as it is for scripts or for functions. Raises an error without memory. */
void redis_library_open(lua_State *lua, enum interpreter_kind kind);

/* Pushes the table that a library of functions finds while it is being loaded, but for register_function(). */
void redis_library_push_for_load(lua_State *lua);

#endif
