#include "script/script_error.h"

#include "resp/reply.h"
#include "script/interpreter.h"

#include <string.h>

/* Where the error was raised: in the function that called what raised it, if that is written in C. */
static int find_place(lua_State *lua, lua_Debug *place)
{
    if (!lua_getstack(lua, 1, place) || !lua_getinfo(lua, "Sl", place))
        return 0;
    if (strcmp(place->what, "C") == 0 && (!lua_getstack(lua, 2, place) || !lua_getinfo(lua, "Sl", place)))
        return 0;
    return 1;
}

int script_error_handler(lua_State *lua)
{
    lua_Debug place;
    if (interpreter_of(lua)->aborted)
        return 1;
    if (!lua_istable(lua, 1)) {
        lua_newtable(lua);
        lua_pushliteral(lua, "ERR ");
        if (lua_isstring(lua, 1)) {
            lua_pushvalue(lua, 1);
        } else {
            lua_getglobal(lua, "tostring");
            lua_pushvalue(lua, 1);
            lua_call(lua, 1, 1);
        }
        lua_concat(lua, 2);
        lua_setfield(lua, -2, "err");
        lua_replace(lua, 1);
    }
    if (find_place(lua, &place)) {
        lua_pushstring(lua, place.source);
        lua_setfield(lua, 1, "source");
        lua_pushinteger(lua, place.currentline);
        lua_setfield(lua, 1, "line");
    }
    lua_settop(lua, 1);
    return 1;
}

void script_error_push(lua_State *lua, const char *text, size_t len)
{
    const char *code_end = memchr(text, ' ', len);
    bool has_code = len > 0 && text[0] == '-';
    lua_createtable(lua, 0, 1);
    while (len > 0 && (text[len - 1] == '\n' || text[len - 1] == '\r'))
        len--;
    if (has_code && code_end) {
        lua_pushlstring(lua, text + 1, len - 1);
    } else {
        lua_pushliteral(lua, "ERR ");
        lua_pushlstring(lua, text + has_code, len - has_code);
        lua_concat(lua, 2);
    }
    lua_setfield(lua, -2, "err");
}

int script_error_raise(lua_State *lua)
{
    return lua_error(lua);
}

static const char *field_text(lua_State *lua, const char *name, size_t *len_out)
{
    lua_pushstring(lua, name);
    lua_rawget(lua, -2);
    const char *text = lua_tolstring(lua, -1, len_out);
    return text; /* stays on the stack */
}

void script_error_reply(lua_State *lua, const char *name, struct reply *reply)
{
    int top = lua_gettop(lua);
    size_t len, source_len, line_len;
    if (!lua_istable(lua, -1)) { /* no memory for a table */
        const char *text = lua_tolstring(lua, -1, &len);
        reply_errorf(reply, "ERR %.*s", text ? (int)len : 13, text ? text : "unknown error");
        lua_settop(lua, top - 1);
        return;
    }
    lua_checkstack(lua, 6);
    void (*on_error)(void *, const char *, size_t) = reply->on_error;
    lua_pushstring(lua, COUNTED_ERROR);
    lua_rawget(lua, -2);
    if (lua_toboolean(lua, -1))
        reply->on_error = NULL;
    lua_settop(lua, top);
    const char *text = field_text(lua, "err", &len);
    lua_pushvalue(lua, top);
    const char *source = field_text(lua, "source", &source_len);
    lua_pushvalue(lua, top);
    const char *line = field_text(lua, "line", &line_len);
    if (!text)
        reply_errorf(reply, "ERR unknown error");
    else if (source && line)
        reply_errorf(reply, "%.*s script: %s, on %.*s:%.*s.", (int)len, text, name, (int)source_len, source,
                     (int)line_len, line);
    else
        reply_errorf(reply, "%.*s", (int)len, text);
    reply->on_error = on_error;
    lua_settop(lua, top - 1);
}
