/*
 * The table `redis` of scripts: redis.call() and what else is Redis's in it.
 */
#ifndef KVS_SCRIPT_REDIS_LIBRARY_H
#define KVS_SCRIPT_REDIS_LIBRARY_H

#include <lua.h>

/* Sets the global. Raises an error without memory. */
void redis_library_open(lua_State *lua);

#endif
