#include "script/script_buffer.h"

#include "script/library_state.h"

#include <lauxlib.h>
#include <limits.h>
#include <stdint.h>

#define LARGE ((size_t)64 << 10)

void script_buffer_begin(lua_State *L, struct script_buffer *buffer)
{
    luaL_checkstack(L, 2, "no room for a buffer");
    lua_pushnil(L);
    buffer->L = L;
    buffer->data = buffer->room;
    buffer->len = 0;
    buffer->capacity = sizeof buffer->room;
    buffer->slot = lua_gettop(L);
}

/*
 * Lua 5.1 does the same small piece of collecting for each allocation, whatever its size, so large ones leave more
 * garbage than the interpreter's limit may allow. So they do as much as if they came in small pieces.
 */
static void pay_collector(lua_State *L, size_t size)
{
    size_t kibibytes = size >> 10;
    if (!library_state_of(L)->is_collection_off)
        lua_gc(L, LUA_GCSTEP, kibibytes < INT_MAX ? (int)kibibytes : INT_MAX);
}

void script_buffer_grow(struct script_buffer *buffer, size_t len)
{
    size_t capacity = buffer->capacity * 2;
    if (len > SIZE_MAX / 4)
        luaL_error(buffer->L, "not enough memory");
    if (capacity < buffer->len + len)
        capacity = buffer->len + len;
    luaL_checkstack(buffer->L, 1, "no room for a buffer");
    if (capacity >= LARGE)
        pay_collector(buffer->L, capacity);
    char *data = lua_newuserdata(buffer->L, capacity);
    memcpy(data, buffer->data, buffer->len);
    lua_replace(buffer->L, buffer->slot);
    buffer->data = data;
    buffer->capacity = capacity;
}

void script_buffer_push(struct script_buffer *buffer)
{
    lua_pushlstring(buffer->L, buffer->data, buffer->len);
}
