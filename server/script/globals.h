/*
 * What a script finds in its interpreter: the libraries and globals of Redis 7, protected as Redis protects them.
 *
 * Scripts share an interpreter and must not leave anything in it for each other: all tables that they find are
 * read-only (see script/readonly.h), and script_globals_reset() sets back what library functions remember. An
 * interpreter is used by one thread at a time.
 */
#ifndef KVS_SCRIPT_GLOBALS_H
#define KVS_SCRIPT_GLOBALS_H

#include <lua.h>

/*
 * Opens the libraries in a fresh state. interrupt (NULL: none) is called now and then by functions of C that work for
 * long without a hook seeing it; it may raise an error. Returns 0, or LUA_ERRMEM: then the state is to be closed.
 */
int script_globals_open(lua_State *L, void (*interrupt)(lua_State *L));

/*
 * Before each script: the seed of random numbers, garbage collector and cjson are as at the beginning. KEYS and ARGV
 * are whoever's sets them.
 */
void script_globals_reset(lua_State *L);

/*
 * Takes the value on top of the stack as the global of that name (nil: there is none), past the protection. Raises an
 * error where there is no memory.
 */
void script_globals_set(lua_State *L, const char *name);

/* The same for the two that every script has: takes the tables KEYS and ARGV, which is on top. */
void script_globals_set_arguments(lua_State *L);

/* Puts a read-only view in place of the table on top of the stack: for redis, and for globals of functions. */
void script_globals_protect(lua_State *L);

#endif
