/*
 * Bytes that become a string of Lua: private to this folder.
 *
 * Little stays on the C stack; more is in a userdata, so that an error raised on the way loses nothing, and the
 * interpreter's limits hold. It occupies one place on Lua's stack, below what the caller pushes meanwhile.
 */
#ifndef KVS_SCRIPT_SCRIPT_BUFFER_H
#define KVS_SCRIPT_SCRIPT_BUFFER_H

#include <lua.h>
#include <stddef.h>
#include <string.h>

struct script_buffer {
    lua_State *L;
    char *data;
    size_t len, capacity;
    int slot; /* where the userdata is on Lua's stack; nil so far */
    char room[500];
};

/* Takes the next place on Lua's stack. */
void script_buffer_begin(lua_State *L, struct script_buffer *buffer);

/* private: makes room for len bytes more; raises an error of memory. */
void script_buffer_grow(struct script_buffer *buffer, size_t len);

/* Where so many bytes may be written; script_buffer_written() says how many it were. */
static inline char *script_buffer_room(struct script_buffer *buffer, size_t len)
{
    if (buffer->capacity - buffer->len < len)
        script_buffer_grow(buffer, len);
    return buffer->data + buffer->len;
}

static inline void script_buffer_written(struct script_buffer *buffer, size_t len)
{
    buffer->len += len;
}

static inline void script_buffer_add(struct script_buffer *buffer, const char *data, size_t len)
{
    memcpy(script_buffer_room(buffer, len), data, len);
    buffer->len += len;
}

static inline void script_buffer_add_char(struct script_buffer *buffer, char c)
{
    *script_buffer_room(buffer, 1) = c;
    buffer->len++;
}

/* Pushes the bytes as a string; the buffer's place on the stack is to be dropped with the rest. */
void script_buffer_push(struct script_buffer *buffer);

#endif
