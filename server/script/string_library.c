/*
 * string. What takes a time that depends on more than the result's length, or that patterns can blow up, is ours; the
 * others are Lua's.
 */
#include "script/libraries.h"
#include "script/pattern.h"
#include "script/script_buffer.h"

#include <ctype.h>

#define BYTES_AT_ONCE 16384

/* A position counted from the end, if negative, as one from the beginning; never negative. */
static ptrdiff_t from_beginning(ptrdiff_t position, size_t len)
{
    if (position < 0)
        position += (ptrdiff_t)len + 1;
    return position >= 0 ? position : 0;
}

static int find_or_match(lua_State *L, bool is_find)
{
    size_t subject_len, pattern_len;
    const char *subject = luaL_checklstring(L, 1, &subject_len);
    const char *pattern = luaL_checklstring(L, 2, &pattern_len);
    ptrdiff_t start = from_beginning(luaL_optinteger(L, 3, 1), subject_len) - 1;
    if (start < 0)
        start = 0;
    else if ((size_t)start > subject_len)
        start = (ptrdiff_t)subject_len;
    const char *at = subject + start;
    if (is_find && (lua_toboolean(L, 4) || pattern_is_plain(pattern))) {
        const char *found =
            pattern_find_plain(L, library_state_of_call(L), at, subject_len - (size_t)start, pattern, pattern_len);
        if (!found) {
            lua_pushnil(L);
            return 1;
        }
        lua_pushinteger(L, found - subject + 1);
        lua_pushinteger(L, found - subject + (ptrdiff_t)pattern_len);
        return 2;
    }
    struct pattern_match match;
    pattern_begin(&match, L, subject, subject_len, pattern);
    bool is_anchored = *pattern == '^';
    pattern += is_anchored;
    do {
        const char *end = pattern_match_at(&match, at, pattern);
        if (end && !is_find)
            return pattern_push_captures(&match, at, end);
        if (end) {
            lua_pushinteger(L, at - subject + 1);
            lua_pushinteger(L, end - subject);
            return pattern_push_captures(&match, NULL, NULL) + 2;
        }
    } while (at++ < match.subject_end && !is_anchored);
    lua_pushnil(L);
    return 1;
}

static int string_find(lua_State *L)
{
    return find_or_match(L, true);
}

static int string_match(lua_State *L)
{
    return find_or_match(L, false);
}

/* Upvalues: interpreter, subject, pattern, how many bytes of the subject are done. */
static int next_match(lua_State *L)
{
    size_t len;
    const char *subject = lua_tolstring(L, lua_upvalueindex(2), &len);
    const char *pattern = lua_tostring(L, lua_upvalueindex(3));
    struct pattern_match match;
    pattern_begin(&match, L, subject, len, pattern);
    for (const char *at = subject + lua_tointeger(L, lua_upvalueindex(4)); at <= match.subject_end; at++) {
        const char *end = pattern_match_at(&match, at, pattern);
        if (end) {
            lua_pushinteger(L, end - subject + (end == at)); /* an empty match moves on as well */
            lua_replace(L, lua_upvalueindex(4));
            return pattern_push_captures(&match, at, end);
        }
    }
    return 0;
}

static int string_gmatch(lua_State *L)
{
    luaL_checkstring(L, 1);
    luaL_checkstring(L, 2);
    lua_settop(L, 2);
    lua_pushvalue(L, lua_upvalueindex(1));
    lua_insert(L, 1);
    lua_pushinteger(L, 0);
    lua_pushcclosure(L, next_match, 4);
    return 1;
}

/* The replacement is a string with %0 to %9. A % at its end is followed by the NUL there, as in Lua. */
static void add_template(struct pattern_match *match, struct script_buffer *buffer, const char *begin, const char *end)
{
    lua_State *L = match->L;
    size_t len;
    const char *template = lua_tolstring(L, 3, &len);
    for (size_t i = 0; i < len; i++) {
        if (template[i] != '%') {
            const char *next = memchr(template + i, '%', len - i);
            size_t plain = next ? (size_t)(next - template) - i : len - i;
            script_buffer_add(buffer, template + i, plain);
            i += plain - 1;
            continue;
        }
        char c = template[++i];
        if (!isdigit((unsigned char)c)) {
            script_buffer_add_char(buffer, c);
        } else if (c == '0') {
            script_buffer_add(buffer, begin, (size_t)(end - begin));
        } else {
            pattern_push_capture(match, c - '1', begin, end);
            size_t capture_len;
            const char *capture = lua_tolstring(L, -1, &capture_len);
            script_buffer_add(buffer, capture, capture_len);
            lua_pop(L, 1);
        }
    }
}

/* What the function or table at 3 makes of the match; as it was if that is nothing. */
static void add_replacement(struct pattern_match *match, struct script_buffer *buffer, const char *begin,
                            const char *end)
{
    lua_State *L = match->L;
    if (lua_isfunction(L, 3)) {
        lua_pushvalue(L, 3);
        lua_call(L, pattern_push_captures(match, begin, end), 1);
    } else {
        pattern_push_capture(match, 0, begin, end);
        lua_gettable(L, 3);
    }
    if (!lua_toboolean(L, -1)) {
        script_buffer_add(buffer, begin, (size_t)(end - begin));
    } else {
        size_t len;
        if (!lua_isstring(L, -1))
            luaL_error(L, "invalid replacement value (a %s)", luaL_typename(L, -1));
        const char *text = lua_tolstring(L, -1, &len);
        script_buffer_add(buffer, text, len);
    }
    lua_pop(L, 1);
}

static int string_gsub(lua_State *L)
{
    struct library_state *interpreter = library_state_of_call(L);
    size_t len;
    const char *subject = luaL_checklstring(L, 1, &len);
    const char *pattern = luaL_checkstring(L, 2);
    int type = lua_type(L, 3);
    int max = luaL_optint(L, 4, (int)(len + 1));
    luaL_argcheck(L, type == LUA_TNUMBER || type == LUA_TSTRING || type == LUA_TFUNCTION || type == LUA_TTABLE, 3,
                  "string/function/table expected");
    lua_settop(L, 3);
    bool is_text = type == LUA_TNUMBER || type == LUA_TSTRING;
    struct pattern_match match;
    struct script_buffer buffer;
    pattern_begin(&match, L, subject, len, pattern);
    script_buffer_begin(L, &buffer);
    bool is_anchored = *pattern == '^';
    pattern += is_anchored;
    int count = 0;
    const char *at = subject;
    while (count < max) {
        const char *end = pattern_match_at(&match, at, pattern);
        script_steps(L, interpreter, 2);
        if (end) {
            count++;
            if (is_text)
                add_template(&match, &buffer, at, end);
            else
                add_replacement(&match, &buffer, at, end);
        }
        if (end && end > at)
            at = end;
        else if (at < match.subject_end)
            script_buffer_add_char(&buffer, *at++);
        else
            break;
        if (is_anchored)
            break;
    }
    script_buffer_add(&buffer, at, (size_t)(match.subject_end - at));
    script_buffer_push(&buffer);
    lua_pushinteger(L, count);
    return 2;
}

enum mapping { TO_LOWER, TO_UPPER, REVERSED };

/* Maps so many bytes; reversed they are read from the end backwards. Letters are those of ASCII. */
static void map_bytes(char *restrict out, const char *restrict text, size_t count, enum mapping mapping)
{
    switch (mapping) {
    case TO_LOWER:
        for (size_t i = 0; i < count; i++)
            out[i] = (char)(text[i] + (text[i] >= 'A' && text[i] <= 'Z' ? 'a' - 'A' : 0));
        return;
    case TO_UPPER:
        for (size_t i = 0; i < count; i++)
            out[i] = (char)(text[i] - (text[i] >= 'a' && text[i] <= 'z' ? 'a' - 'A' : 0));
        return;
    case REVERSED:
        for (size_t i = 0; i < count; i++)
            out[i] = text[count - 1 - i];
    }
}

static int push_mapped(lua_State *L, enum mapping mapping)
{
    struct library_state *interpreter = library_state_of_call(L);
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    struct script_buffer buffer;
    script_buffer_begin(L, &buffer);
    char *out = script_buffer_room(&buffer, len);
    for (size_t done = 0, part; done < len; done += part) {
        part = len - done < BYTES_AT_ONCE ? len - done : BYTES_AT_ONCE;
        script_steps(L, interpreter, part / 4);
        map_bytes(out + done, mapping == REVERSED ? text + len - done - part : text + done, part, mapping);
    }
    script_buffer_written(&buffer, len);
    script_buffer_push(&buffer);
    return 1;
}

static int string_lower(lua_State *L)
{
    return push_mapped(L, TO_LOWER);
}

static int string_upper(lua_State *L)
{
    return push_mapped(L, TO_UPPER);
}

static int string_reverse(lua_State *L)
{
    return push_mapped(L, REVERSED);
}

static int string_rep(lua_State *L)
{
    struct library_state *interpreter = library_state_of_call(L);
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    int count = luaL_checkint(L, 2);
    if (count <= 0 || len == 0) {
        lua_pushliteral(L, "");
        return 1;
    }
    struct script_buffer buffer;
    script_buffer_begin(L, &buffer);
    size_t total;
    if (__builtin_mul_overflow(len, (size_t)count, &total))
        return luaL_error(L, "not enough memory");
    char *out = script_buffer_room(&buffer, total);
    /* what is there is doubled, a bounded part at a time */
    memcpy(out, text, len);
    for (size_t done = len; done < total;) {
        size_t part = done < len * (BYTES_AT_ONCE / len + 1) ? done : len * (BYTES_AT_ONCE / len + 1);
        if (part > total - done)
            part = total - done;
        script_steps(L, interpreter, part / 16);
        memcpy(out + done, out, part);
        done += part;
    }
    script_buffer_written(&buffer, total);
    script_buffer_push(&buffer);
    return 1;
}

void script_push_string_library(lua_State *L, struct library_state *interpreter)
{
    static const char *const lua_own[] = {"byte", "char", "dump", "len", "sub", NULL};
    static const luaL_Reg functions[] = {
        {"find", string_find},       {"format", script_format},
        {"gmatch", string_gmatch},   {"gsub", string_gsub},
        {"lower", string_lower},     {"match", string_match},
        {"reverse", string_reverse}, {"rep", string_rep},
        {"upper", string_upper},     {NULL, NULL},
    };
    lua_newtable(L);
    lua_getglobal(L, "string");
    lua_insert(L, -2);
    script_library_take(L, lua_gettop(L) - 1, lua_own);
    lua_remove(L, -2);
    script_library_fill(L, interpreter, functions);
    lua_getfield(L, -1, "gmatch");
    lua_setfield(L, -2, "gfind"); /* its older name */
}
