#include "script/reply_to_lua.h"

#include <lauxlib.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* A reply that is read from at on; it is whole, since it was made here. */
struct source {
    lua_State *lua;
    const char *at, *end;
};

static void push_value(struct source *source);

/* The line behind the type's byte. Returns where it begins. */
static const char *take_line(struct source *source, size_t *len_out)
{
    const char *line = source->at;
    const char *end = memchr(line, '\r', (size_t)(source->end - line));
    *len_out = (size_t)(end - line);
    source->at = end + 2;
    return line;
}

static int64_t take_number(struct source *source)
{
    size_t len;
    const char *line = take_line(source, &len);
    uint64_t number = 0;
    bool negative = *line == '-';
    for (size_t i = negative; i < len; i++)
        number = number * 10 + (uint64_t)(line[i] - '0');
    return (int64_t)(negative ? 0 - number : number);
}

/* {name = the value on top of the stack} in its place. */
static void wrap(lua_State *lua, const char *name)
{
    lua_createtable(lua, 0, 1);
    lua_insert(lua, -2);
    lua_setfield(lua, -2, name);
}

static void push_line(struct source *source, const char *name)
{
    size_t len;
    const char *line = take_line(source, &len);
    lua_pushlstring(source->lua, line, len);
    wrap(source->lua, name);
}

static void push_bulk(struct source *source)
{
    int64_t len = take_number(source);
    if (len < 0) {
        lua_pushboolean(source->lua, 0);
        return;
    }
    lua_pushlstring(source->lua, source->at, (size_t)len);
    source->at += len + 2;
}

static void push_array(struct source *source)
{
    int64_t count = take_number(source);
    if (count < 0) {
        lua_pushboolean(source->lua, 0);
        return;
    }
    lua_createtable(source->lua, (int)count, 0);
    for (int64_t i = 1; i <= count; i++) {
        push_value(source);
        lua_rawseti(source->lua, -2, (int)i);
    }
}

static void push_map(struct source *source)
{
    int64_t count = take_number(source);
    lua_createtable(source->lua, 0, (int)count);
    for (int64_t i = 0; i < count; i++) {
        push_value(source);
        push_value(source);
        lua_rawset(source->lua, -3);
    }
    wrap(source->lua, "map");
}

static void push_set(struct source *source)
{
    int64_t count = take_number(source);
    lua_createtable(source->lua, 0, (int)count);
    for (int64_t i = 0; i < count; i++) {
        push_value(source);
        lua_pushboolean(source->lua, 1);
        lua_rawset(source->lua, -3);
    }
    wrap(source->lua, "set");
}

static void push_double(struct source *source)
{
    size_t len;
    const char *line = take_line(source, &len);
    lua_pushnumber(source->lua, strtod(line, NULL));
    wrap(source->lua, "double");
}

static void push_verbatim(struct source *source)
{
    int64_t len = take_number(source);
    lua_createtable(source->lua, 0, 2);
    lua_pushlstring(source->lua, source->at + 4, (size_t)len - 4);
    lua_setfield(source->lua, -2, "string");
    lua_pushlstring(source->lua, source->at, 3);
    lua_setfield(source->lua, -2, "format");
    source->at += len + 2;
    wrap(source->lua, "verbatim_string");
}

static void push_boolean(struct source *source)
{
    size_t len;
    lua_pushboolean(source->lua, *take_line(source, &len) == 't');
}

static void push_nothing(struct source *source)
{
    size_t len;
    take_line(source, &len);
    lua_pushnil(source->lua);
}

/* An attribute is about the reply behind it, and not told. */
static void skip_attribute(struct source *source)
{
    int64_t count = take_number(source);
    for (int64_t i = 0; i < 2 * count; i++) {
        push_value(source);
        lua_pop(source->lua, 1);
    }
}

static void push_value(struct source *source)
{
    luaL_checkstack(source->lua, 5, "reply");
    while (*source->at == '|') {
        source->at++;
        skip_attribute(source);
    }
    switch (*source->at++) {
    case ':':
        lua_pushnumber(source->lua, (lua_Number)take_number(source));
        break;
    case '$':
        push_bulk(source);
        break;
    case '+':
        push_line(source, "ok");
        break;
    case '-':
        push_line(source, "err");
        break;
    case '*':
    case '>':
        push_array(source);
        break;
    case '%':
        push_map(source);
        break;
    case '~':
        push_set(source);
        break;
    case ',':
        push_double(source);
        break;
    case '#':
        push_boolean(source);
        break;
    case '(':
        push_line(source, "big_number");
        break;
    case '=':
        push_verbatim(source);
        break;
    default: /* '_' */
        push_nothing(source);
    }
}

void reply_to_lua(lua_State *lua, const char *reply, size_t len)
{
    struct source source = {lua, reply, reply + len};
    push_value(&source);
}
