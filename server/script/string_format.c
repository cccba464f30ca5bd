/* string.format: C's printf() for each item, with the widths and precisions that Lua allows: 2 digits. */
#include "script/conversion.h"
#include "script/libraries.h"
#include "script/script_buffer.h"

#include <ctype.h>
#include <stdio.h>

#define FLAGS "-+ #0"
#define MAX_ITEM 512    /* bytes of the longest number: 1e308 with 99 digits behind the point, and a sign */
#define MAX_SPEC 24     /* a percent sign, flags, width, precision, length, option */
#define LONG_STRING 100 /* is taken as it is, where its length has no precision */
#define BYTES_AT_ONCE 8192

/* Copies the part between % and option, which is at *at, to spec. */
static size_t take_spec(lua_State *L, const char **at, char spec[MAX_SPEC])
{
    const char *begin = *at, *p = begin;
    while (*p && strchr(FLAGS, *p))
        p++;
    if ((size_t)(p - begin) >= sizeof FLAGS)
        luaL_error(L, "invalid format (repeated flags)");
    for (int i = 0; i < 2 && isdigit((unsigned char)*p); i++)
        p++;
    if (*p == '.') {
        p++;
        for (int i = 0; i < 2 && isdigit((unsigned char)*p); i++)
            p++;
    }
    if (isdigit((unsigned char)*p))
        luaL_error(L, "invalid format (width or precision too long)");
    size_t len = (size_t)(p - begin);
    spec[0] = '%';
    memcpy(spec + 1, begin, len);
    *at = p;
    return len + 1;
}

static void add_quoted(lua_State *L, struct library_state *interpreter, struct script_buffer *buffer, int arg)
{
    size_t len;
    const char *text = luaL_checklstring(L, arg, &len);
    script_buffer_add_char(buffer, '"');
    for (size_t i = 0; i < len; i++) {
        script_steps(L, interpreter, 1);
        switch (text[i]) {
        case '"':
        case '\\':
        case '\n':
            script_buffer_add_char(buffer, '\\');
            script_buffer_add_char(buffer, text[i]);
            break;
        case '\r':
            script_buffer_add(buffer, "\\r", 2);
            break;
        case '\0':
            script_buffer_add(buffer, "\\000", 4);
            break;
        default:
            script_buffer_add_char(buffer, text[i]);
        }
    }
    script_buffer_add_char(buffer, '"');
}

/* A short string ends at its first NUL, as do those that are padded or cut. */
static void add_string(lua_State *L, struct script_buffer *buffer, const char *spec, int arg)
{
    size_t len;
    const char *text = luaL_checklstring(L, arg, &len);
    if (len >= LONG_STRING && !strchr(spec, '.')) {
        script_buffer_add(buffer, text, len);
    } else if (strcmp(spec, "%s") == 0) {
        script_buffer_add(buffer, text, strlen(text));
    } else {
        char item[MAX_ITEM];
        snprintf(item, sizeof item, spec, text);
        script_buffer_add(buffer, item, strlen(item));
    }
}

/* spec is what stands before the option, len bytes long, with room behind it. */
static void add_item(lua_State *L, struct library_state *interpreter, struct script_buffer *buffer, char *spec,
                     size_t len, char option, int arg)
{
    char item[MAX_ITEM];
    switch (option) {
    case 'c':
        memcpy(spec + len, "c", 2);
        snprintf(item, sizeof item, spec, script_to_int(luaL_checknumber(L, arg)));
        break;
    case 'd':
    case 'i':
        memcpy(spec + len, "ld", 3);
        snprintf(item, sizeof item, spec, (long)script_to_i64(luaL_checknumber(L, arg)));
        break;
    case 'o':
    case 'u':
    case 'x':
    case 'X':
        spec[len] = 'l';
        spec[len + 1] = option;
        spec[len + 2] = '\0';
        snprintf(item, sizeof item, spec, (unsigned long)script_to_u64(luaL_checknumber(L, arg)));
        break;
    case 'e':
    case 'E':
    case 'f':
    case 'g':
    case 'G':
        spec[len] = option;
        spec[len + 1] = '\0';
        snprintf(item, sizeof item, spec, luaL_checknumber(L, arg));
        break;
    case 'q':
        add_quoted(L, interpreter, buffer, arg);
        return;
    case 's':
        memcpy(spec + len, "s", 2);
        add_string(L, buffer, spec, arg);
        return;
    default:
        luaL_error(L, "invalid option '%%%c' to 'format'", option);
    }
    script_buffer_add(buffer, item, strlen(item));
}

int script_format(lua_State *L)
{
    struct library_state *interpreter = library_state_of_call(L);
    size_t len;
    const char *at = luaL_checklstring(L, 1, &len), *end = at + len;
    int top = lua_gettop(L), arg = 1;
    struct script_buffer buffer;
    script_buffer_begin(L, &buffer);
    while (at < end) {
        size_t left = (size_t)(end - at) < BYTES_AT_ONCE ? (size_t)(end - at) : BYTES_AT_ONCE;
        const char *item = memchr(at, '%', left);
        size_t plain = item ? (size_t)(item - at) : left;
        script_steps(L, interpreter, plain / 16 + 4);
        script_buffer_add(&buffer, at, plain);
        at += plain;
        if (at == end || *at != '%')
            continue;
        at++;
        if (at < end && *at == '%') {
            script_buffer_add_char(&buffer, *at++);
            continue;
        }
        if (++arg > top)
            return luaL_argerror(L, arg, "no value");
        char spec[MAX_SPEC];
        size_t spec_len = take_spec(L, &at, spec);
        add_item(L, interpreter, &buffer, spec, spec_len, *at++, arg);
    }
    script_buffer_push(&buffer);
    return 1;
}
