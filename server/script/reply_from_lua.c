#include "script/reply_from_lua.h"

#include "base/number.h"
#include "resp/reply.h"
#include "script/interpreter.h"
#include "script/script_error.h"

#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define VALUES_UNTIL_CHECK 1024

static void reply_value(lua_State *lua, uint8_t resp, struct reply *reply);

/* Pushes a field of the table on top of the stack. Whether it is of that type; otherwise it is taken off. */
static bool push_field(lua_State *lua, const char *name, int type)
{
    lua_pushstring(lua, name);
    lua_rawget(lua, -2);
    if (lua_type(lua, -1) == type)
        return true;
    lua_pop(lua, 1);
    return false;
}

/* Ends what is one line, in which line breaks are blanks. */
static void reply_line(struct reply *reply, const char *text, size_t len)
{
    for (const char *end = text + len; text < end;) {
        size_t part = 0;
        while (text + part < end && text[part] != '\r' && text[part] != '\n')
            part++;
        reply_raw(reply, text, part);
        text += part;
        if (text < end) {
            reply_raw(reply, " ", 1);
            text++;
        }
    }
    reply_raw(reply, "\r\n", 2);
}

static bool reply_error_table(lua_State *lua, struct reply *reply)
{
    size_t len;
    if (!push_field(lua, "err", LUA_TSTRING))
        return false;
    const char *text = lua_tolstring(lua, -1, &len);
    void (*on_error)(void *, const char *, size_t) = reply->on_error;
    lua_pushstring(lua, COUNTED_ERROR);
    lua_rawget(lua, -3);
    if (lua_toboolean(lua, -1))
        reply->on_error = NULL;
    reply_errorf(reply, "%.*s", (int)len, text);
    reply->on_error = on_error;
    lua_pop(lua, 2);
    return true;
}

/* Up to the first NUL, as in Redis. */
static bool reply_status_table(lua_State *lua, struct reply *reply)
{
    if (!push_field(lua, "ok", LUA_TSTRING))
        return false;
    const char *text = lua_tostring(lua, -1);
    reply_raw(reply, "+", 1);
    reply_line(reply, text, strlen(text));
    lua_pop(lua, 1);
    return true;
}

static bool reply_double_table(lua_State *lua, struct reply *reply)
{
    if (!push_field(lua, "double", LUA_TNUMBER))
        return false;
    reply_double(reply, lua_tonumber(lua, -1));
    lua_pop(lua, 1);
    return true;
}

static size_t count_pairs(lua_State *lua)
{
    size_t count = 0;
    for (lua_pushnil(lua); lua_next(lua, -2); lua_pop(lua, 1))
        count++;
    return count;
}

static bool reply_map_table(lua_State *lua, uint8_t resp, struct reply *reply)
{
    if (!push_field(lua, "map", LUA_TTABLE))
        return false;
    reply_map(reply, count_pairs(lua));
    for (lua_pushnil(lua); lua_next(lua, -2);) {
        lua_pushvalue(lua, -2);
        reply_value(lua, resp, reply);
        reply_value(lua, resp, reply);
    }
    lua_pop(lua, 1);
    return true;
}

static bool reply_set_table(lua_State *lua, uint8_t resp, struct reply *reply)
{
    if (!push_field(lua, "set", LUA_TTABLE))
        return false;
    reply_set(reply, count_pairs(lua));
    for (lua_pushnil(lua); lua_next(lua, -2);) {
        lua_pop(lua, 1);
        lua_pushvalue(lua, -1);
        reply_value(lua, resp, reply);
    }
    lua_pop(lua, 1);
    return true;
}

static bool reply_big_number_table(lua_State *lua, struct reply *reply)
{
    size_t len;
    if (!push_field(lua, "big_number", LUA_TSTRING))
        return false;
    const char *text = lua_tolstring(lua, -1, &len);
    char header[1 + NUMBER_I64_MAX_LEN + 2] = "(";
    size_t header_len = 1;
    if (reply->resp != 3)
        header_len = (size_t)snprintf(header, sizeof header, "$%zu\r\n", len);
    reply_raw(reply, header, header_len);
    reply_line(reply, text, len);
    lua_pop(lua, 1);
    return true;
}

static bool reply_verbatim_table(lua_State *lua, struct reply *reply)
{
    size_t len, format_len;
    if (!push_field(lua, "verbatim_string", LUA_TTABLE))
        return false;
    bool whole = push_field(lua, "format", LUA_TSTRING);
    if (whole) {
        char format[4] = "   ";
        const char *given = lua_tolstring(lua, -1, &format_len);
        memcpy(format, given, format_len < 3 ? format_len : 3);
        lua_pop(lua, 1);
        whole = push_field(lua, "string", LUA_TSTRING);
        if (whole) {
            const char *text = lua_tolstring(lua, -1, &len);
            reply_verbatim(reply, format, text, len);
            lua_pop(lua, 1);
        }
    }
    lua_pop(lua, 1);
    return whole;
}

static void reply_array_table(lua_State *lua, uint8_t resp, struct reply *reply)
{
    struct reply_hole hole = reply_defer(reply);
    size_t count = 0;
    for (;;) {
        lua_rawgeti(lua, -1, (int)count + 1);
        if (lua_isnil(lua, -1) || reply_is_over(reply))
            break;
        reply_value(lua, resp, reply);
        count++;
    }
    lua_pop(lua, 1);
    reply_defer_array(reply, hole, count);
}

static void reply_table(lua_State *lua, uint8_t resp, struct reply *reply)
{
    if (!reply_error_table(lua, reply) && !reply_status_table(lua, reply) && !reply_double_table(lua, reply) &&
        !reply_map_table(lua, resp, reply) && !reply_set_table(lua, resp, reply) &&
        !reply_big_number_table(lua, reply) && !reply_verbatim_table(lua, reply))
        reply_array_table(lua, resp, reply);
}

/* What no integer can be is the lowest one, as on Redis's processors. */
static int64_t cut_to_integer(lua_Number number)
{
    return number >= -9223372036854775808.0 && number < 9223372036854775808.0 ? (int64_t)number : INT64_MIN;
}

static void reply_truth(bool value, uint8_t resp, struct reply *reply)
{
    if (resp == 3)
        reply_bool(reply, value);
    else if (value)
        reply_int(reply, 1);
    else
        reply_null(reply);
}

/*
 * Tables in tables that are written again and again make a reply that is much longer than what the script has made:
 * its keeper is asked meanwhile, and nothing more is looked at once the reply is too long.
 */
static bool goes_on(lua_State *lua, const struct reply *reply)
{
    static __thread unsigned values;
    if (++values % VALUES_UNTIL_CHECK == 0)
        interpreter_check(lua);
    return !reply_is_over(reply);
}

/* Takes the value on top of the stack off. */
static void reply_value(lua_State *lua, uint8_t resp, struct reply *reply)
{
    size_t len;
    const char *text;
    if (!goes_on(lua, reply)) {
        lua_pop(lua, 1);
        return;
    }
    if (!lua_checkstack(lua, 4)) {
        reply_error(reply, "ERR reached lua stack limit");
        lua_pop(lua, 1);
        return;
    }
    switch (lua_type(lua, -1)) {
    case LUA_TSTRING:
        text = lua_tolstring(lua, -1, &len);
        reply_bulk(reply, text, len);
        break;
    case LUA_TNUMBER:
        reply_int(reply, cut_to_integer(lua_tonumber(lua, -1)));
        break;
    case LUA_TBOOLEAN:
        reply_truth(lua_toboolean(lua, -1), resp, reply);
        break;
    case LUA_TTABLE:
        reply_table(lua, resp, reply);
        break;
    default:
        reply_null(reply);
    }
    lua_pop(lua, 1);
}

void reply_from_lua(lua_State *lua, uint8_t resp, struct reply *reply)
{
    reply_value(lua, resp, reply);
}
