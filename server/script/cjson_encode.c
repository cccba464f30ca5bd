#include "script/cjson.h"
#include "script/conversion.h"
#include "script/readonly.h"
#include "script/script_buffer.h"

#include <lauxlib.h>
#include <math.h>
#include <stdio.h>

#define NUMBER_MAX_LEN 40
#define VALUE_STEPS 4

struct encoder {
    lua_State *L;
    struct library_state *interpreter;
    const struct cjson_settings *settings;
    struct script_buffer buffer;
    int depth;
};

static void add_value(struct encoder *encoder);

/* What stands behind the backslash for a byte: 'u' for four digits, 0 if the byte stands for itself. */
static const char escapes[256] = {
    [0 ... 7] = 'u', ['\b'] = 'b',      ['\t'] = 't', ['\n'] = 'n', [11] = 'u',    ['\f'] = 'f',
    ['\r'] = 'r',    [14 ... 31] = 'u', ['"'] = '"',  ['/'] = '/',  ['\\'] = '\\', [127] = 'u',
};

static void add_string(struct encoder *encoder, const char *text, size_t len)
{
    struct script_buffer *buffer = &encoder->buffer;
    const char *end = text + len;
    script_buffer_add_char(buffer, '"');
    while (text < end) {
        const char *plain = text, *limit = end - text > SCRIPT_STEPS ? text + SCRIPT_STEPS : end;
        while (text < limit && !escapes[(unsigned char)*text])
            text++;
        script_steps(encoder->L, encoder->interpreter, (size_t)(text - plain) + 1);
        script_buffer_add(buffer, plain, (size_t)(text - plain));
        if (text == limit)
            continue;
        unsigned char byte = (unsigned char)*text++;
        char *room = script_buffer_room(buffer, 6);
        room[0] = '\\';
        room[1] = escapes[byte];
        if (escapes[byte] != 'u') {
            script_buffer_written(buffer, 2);
            continue;
        }
        room[2] = room[3] = '0';
        room[4] = "0123456789abcdef"[byte >> 4];
        room[5] = "0123456789abcdef"[byte & 15];
        script_buffer_written(buffer, 6);
    }
    script_buffer_add_char(buffer, '"');
}

_Noreturn static void refuse(struct encoder *encoder, int index, const char *why)
{
    luaL_error(encoder->L, "Cannot serialise %s: %s", luaL_typename(encoder->L, index), why);
    __builtin_unreachable();
}

static void add_number(struct encoder *encoder, int index)
{
    double number = lua_tonumber(encoder->L, index);
    if (!isfinite(number)) {
        if (encoder->settings->encode_invalid_numbers == 0)
            refuse(encoder, index, "must not be NaN or Inf");
        if (encoder->settings->encode_invalid_numbers == 2) {
            script_buffer_add(&encoder->buffer, "null", 4);
            return;
        }
        if (isnan(number)) { /* whose sign printf shows */
            script_buffer_add(&encoder->buffer, "nan", 3);
            return;
        }
    }
    char *room = script_buffer_room(&encoder->buffer, NUMBER_MAX_LEN);
    script_buffer_written(&encoder->buffer,
                          (size_t)snprintf(room, NUMBER_MAX_LEN, "%.*g", encoder->settings->precision, number));
}

/* The length of the array that the table on top of the stack is; 0 or less: an object. */
static int array_length(struct encoder *encoder)
{
    lua_State *L = encoder->L;
    const struct cjson_settings *settings = encoder->settings;
    int max = 0, items = 0;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        script_steps(L, encoder->interpreter, VALUE_STEPS);
        double key = lua_type(L, -2) == LUA_TNUMBER ? lua_tonumber(L, -2) : 0;
        if (key < 1 || floor(key) != key) {
            lua_pop(L, 2);
            return 0;
        }
        if (key > max)
            max = script_to_int(key); /* which, as in lua-cjson, decides what odd tables are */
        items++;
        lua_pop(L, 1);
    }
    int allowed = (int)((unsigned)items * (unsigned)settings->sparse_ratio);
    if (settings->sparse_ratio > 0 && max > allowed && max > settings->sparse_safe) {
        if (!settings->sparse_convert)
            refuse(encoder, -1, "excessively sparse array");
        return 0;
    }
    return max;
}

static void add_array(struct encoder *encoder, int len)
{
    lua_State *L = encoder->L;
    script_buffer_add_char(&encoder->buffer, '[');
    for (int64_t i = 1; i <= len; i++) {
        if (i > 1)
            script_buffer_add_char(&encoder->buffer, ',');
        lua_rawgeti(L, -1, (int)i);
        add_value(encoder);
        lua_pop(L, 1);
    }
    script_buffer_add_char(&encoder->buffer, ']');
}

static void add_key(struct encoder *encoder)
{
    lua_State *L = encoder->L;
    if (lua_type(L, -2) == LUA_TNUMBER) {
        script_buffer_add_char(&encoder->buffer, '"');
        add_number(encoder, -2);
        script_buffer_add_char(&encoder->buffer, '"');
    } else if (lua_type(L, -2) == LUA_TSTRING) {
        size_t len;
        const char *text = lua_tolstring(L, -2, &len);
        add_string(encoder, text, len);
    } else {
        refuse(encoder, -2, "table key must be a number or string");
    }
    script_buffer_add_char(&encoder->buffer, ':');
}

static void add_object(struct encoder *encoder)
{
    lua_State *L = encoder->L;
    bool is_first = true;
    script_buffer_add_char(&encoder->buffer, '{');
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        if (!is_first)
            script_buffer_add_char(&encoder->buffer, ',');
        is_first = false;
        add_key(encoder);
        add_value(encoder);
        lua_pop(L, 1);
    }
    script_buffer_add_char(&encoder->buffer, '}');
}

static void add_table(struct encoder *encoder)
{
    encoder->depth++;
    if (encoder->depth > encoder->settings->encode_max_depth || !lua_checkstack(encoder->L, 3))
        luaL_error(encoder->L, "Cannot serialise, excessive nesting (%d)", encoder->depth);
    script_readonly_resolve(encoder->L, -1);
    int len = array_length(encoder);
    if (len > 0)
        add_array(encoder, len);
    else
        add_object(encoder);
    encoder->depth--;
}

/* The value on top of the stack, which it leaves there. */
static void add_value(struct encoder *encoder)
{
    lua_State *L = encoder->L;
    script_steps(L, encoder->interpreter, VALUE_STEPS);
    switch (lua_type(L, -1)) {
    case LUA_TSTRING: {
        size_t len;
        const char *text = lua_tolstring(L, -1, &len);
        add_string(encoder, text, len);
        return;
    }
    case LUA_TNUMBER:
        add_number(encoder, -1);
        return;
    case LUA_TBOOLEAN:
        if (lua_toboolean(L, -1))
            script_buffer_add(&encoder->buffer, "true", 4);
        else
            script_buffer_add(&encoder->buffer, "false", 5);
        return;
    case LUA_TTABLE:
        add_table(encoder);
        return;
    case LUA_TNIL:
        script_buffer_add(&encoder->buffer, "null", 4);
        return;
    case LUA_TLIGHTUSERDATA:
        if (!lua_touserdata(L, -1)) {
            script_buffer_add(&encoder->buffer, "null", 4);
            return;
        }
    }
    refuse(encoder, -1, "type not supported");
}

void cjson_encode(lua_State *L, struct library_state *interpreter, const struct cjson_settings *settings, int index)
{
    struct encoder encoder = {.L = L, .interpreter = interpreter, .settings = settings};
    script_buffer_begin(L, &encoder.buffer);
    lua_pushvalue(L, index);
    add_value(&encoder);
    script_buffer_push(&encoder.buffer);
}
