/*
 * What a script returns as a reply. The table of types is Redis's: that of reply_to_lua.h the other way round, with
 * numbers cut to integers, true as 1 and false as null unless the script speaks RESP3, and arrays up to the first nil.
 */
#ifndef KVS_SCRIPT_REPLY_FROM_LUA_H
#define KVS_SCRIPT_REPLY_FROM_LUA_H

#include <lua.h>
#include <stdint.h>

struct reply;

/*
 * Replies with the value on top of the stack and takes it off. resp: the version that the script speaks. An error in
 * between (no memory, or the script is aborted) is raised after part of the reply.
 */
void reply_from_lua(lua_State *lua, uint8_t resp, struct reply *reply);

#endif
