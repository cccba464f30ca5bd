#include "script/script_buffer.h"

#include <lauxlib.h>
#include <stdint.h>

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

void script_buffer_grow(struct script_buffer *buffer, size_t len)
{
    size_t capacity = buffer->capacity * 2;
    if (len > SIZE_MAX / 4)
        luaL_error(buffer->L, "not enough memory");
    if (capacity < buffer->len + len)
        capacity = buffer->len + len;
    luaL_checkstack(buffer->L, 1, "no room for a buffer");
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
