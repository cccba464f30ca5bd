/*
 * JSON as lua-cjson 2.1 writes and reads it, within Lua's memory: private to this folder.
 */
#ifndef KVS_SCRIPT_CJSON_H
#define KVS_SCRIPT_CJSON_H

#include "script/library_state.h"

/* Pushes the value at index as a string of JSON. Raises an error where it can't be said. */
void cjson_encode(lua_State *L, struct library_state *interpreter, const struct cjson_settings *settings, int index);

/* Pushes the value of len bytes of JSON, behind which a NUL follows. Raises an error that says where one is. */
void cjson_decode(lua_State *L, struct library_state *interpreter, const struct cjson_settings *settings,
                  const char *text, size_t len);

#endif
