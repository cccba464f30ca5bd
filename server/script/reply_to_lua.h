/*
 * Replies of commands as values for scripts. The table of types is Redis's:
 *
 *     integer          number              null            false; nil in RESP3
 *     bulk             string              boolean         boolean
 *     status           {ok = text}         double          {double = number}
 *     error            {err = text}        big number      {big_number = text}
 *     array            table from 1 on     map, set        {map = table}, {set = table with true}
 *                                          verbatim        {verbatim_string = {string =, format =}}
 */
#ifndef KVS_SCRIPT_REPLY_TO_LUA_H
#define KVS_SCRIPT_REPLY_TO_LUA_H

#include <lua.h>
#include <stddef.h>

/* Pushes the value of a whole reply, which may lie anywhere until it returns. Raises an error without memory. */
void reply_to_lua(lua_State *lua, const char *reply, size_t len);

#endif
