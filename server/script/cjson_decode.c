/*
 * A reader of JSON (RFC 8259) that takes what lua-cjson takes: a NUL ends the text, strings may hold control
 * characters, and numbers are what strtod() reads, unless decode_invalid_numbers is off.
 */
#include "script/cjson.h"
#include "script/script_buffer.h"

#include <lauxlib.h>
#include <stdlib.h>
#include <strings.h>

#define VALUE_STEPS 8

enum token {
    TOKEN_OBJECT_BEGIN,
    TOKEN_OBJECT_END,
    TOKEN_ARRAY_BEGIN,
    TOKEN_ARRAY_END,
    TOKEN_STRING,
    TOKEN_NUMBER,
    TOKEN_BOOLEAN,
    TOKEN_NULL,
    TOKEN_COLON,
    TOKEN_COMMA,
    TOKEN_END,
    TOKEN_ERROR,
};

/* as messages name them */
static const char *const token_names[] = {
    "T_OBJ_BEGIN", "T_OBJ_END", "T_ARR_BEGIN", "T_ARR_END", "T_STRING", "T_NUMBER",
    "T_BOOLEAN",   "T_NULL",    "T_COLON",     "T_COMMA",   "T_END",
};

struct decoder {
    lua_State *L;
    struct library_state *interpreter;
    const struct cjson_settings *settings;
    const char *text, *at;
    int depth;
    struct script_buffer buffer; /* of strings with escapes, and one at a time */

    /* the token just read */
    size_t index;      /* where it begins, or where its fault is */
    const char *fault; /* of TOKEN_ERROR */
    double number;
    bool boolean;
    const char *string; /* in the text or in the buffer */
    size_t string_len;
};

static void read_value(struct decoder *decoder, enum token token);

static enum token fault(struct decoder *decoder, const char *at, const char *what)
{
    decoder->index = (size_t)(at - decoder->text);
    decoder->fault = what;
    return TOKEN_ERROR;
}

_Noreturn static void refuse(struct decoder *decoder, enum token token, const char *expected)
{
    luaL_error(decoder->L, "Expected %s but found %s at character %d", expected,
               token == TOKEN_ERROR ? decoder->fault : token_names[token], (int)decoder->index + 1);
    __builtin_unreachable();
}

/* Four hexadecimal digits, or -1. */
static int code_unit(const char *at)
{
    int value = 0;
    for (int i = 0; i < 4; i++) {
        char c = at[i], lower = (char)(c | 32);
        if (c >= '0' && c <= '9')
            value = value * 16 + (c - '0');
        else if (lower >= 'a' && lower <= 'f')
            value = value * 16 + (lower - 'a' + 10);
        else
            return -1;
    }
    return value;
}

static void add_utf8(struct script_buffer *buffer, unsigned point)
{
    char *out = script_buffer_room(buffer, 4);
    size_t len = point < 0x80 ? 1 : point < 0x800 ? 2 : point < 0x10000 ? 3 : 4;
    for (size_t i = len - 1; i > 0; i--, point >>= 6)
        out[i] = (char)(0x80 | (point & 0x3f));
    static const unsigned char marks[] = {0, 0, 0xc0, 0xe0, 0xf0};
    out[0] = (char)(marks[len] | point);
    script_buffer_written(buffer, len);
}

/* One \uXXXX at decoder->at, or two that are a pair of surrogates; false if it is neither. */
static bool take_code_point(struct decoder *decoder)
{
    int unit = code_unit(decoder->at + 2);
    size_t len = 6;
    if (unit < 0)
        return false;
    unsigned point = (unsigned)unit;
    if ((unit & 0xf800) == 0xd800) {
        const char *second = decoder->at + 6;
        if ((unit & 0x400) || second[0] != '\\' || second[1] != 'u')
            return false;
        int low = code_unit(second + 2);
        if (low < 0 || (low & 0xfc00) != 0xdc00)
            return false;
        point = 0x10000 + (((unsigned)unit & 0x3ff) << 10 | ((unsigned)low & 0x3ff));
        len = 12;
    }
    add_utf8(&decoder->buffer, point);
    decoder->at += len;
    return true;
}

/* What a letter behind a backslash stands for, or 0. */
static char unescaped(char letter)
{
    static const char letters[] = "\"\\/bfnrt", meanings[] = "\"\\/\b\f\n\r\t";
    const char *found = letter ? strchr(letters, letter) : NULL;
    return found ? meanings[found - letters] : '\0';
}

/* decoder->at is behind the opening quote. */
static enum token take_string(struct decoder *decoder)
{
    decoder->buffer.len = 0;
    const char *begin = decoder->at;
    for (;;) {
        const char *plain = decoder->at;
        const char *end = plain;
        while (*end && *end != '"' && *end != '\\') {
            const char *limit = end + SCRIPT_STEPS;
            while (end < limit && *end && *end != '"' && *end != '\\')
                end++;
            script_steps(decoder->L, decoder->interpreter, (size_t)(SCRIPT_STEPS - (limit - end)));
        }
        decoder->at = end;
        if (!*end)
            return fault(decoder, end, "unexpected end of string");
        if (*end == '"') {
            decoder->at++;
            if (plain == begin) { /* no escapes */
                decoder->string = begin;
                decoder->string_len = (size_t)(end - begin);
                return TOKEN_STRING;
            }
            script_buffer_add(&decoder->buffer, plain, (size_t)(end - plain));
            decoder->string = decoder->buffer.data;
            decoder->string_len = decoder->buffer.len;
            return TOKEN_STRING;
        }
        script_buffer_add(&decoder->buffer, plain, (size_t)(end - plain));
        char letter = end[1];
        if (letter == 'u') {
            if (!take_code_point(decoder))
                return fault(decoder, end, "invalid unicode escape code");
            continue;
        }
        char meaning = unescaped(letter);
        if (!meaning)
            return fault(decoder, end, "invalid escape code");
        script_buffer_add_char(&decoder->buffer, meaning);
        decoder->at += 2;
    }
}

/* Whether what begins here is a number for strtod() and not for JSON. */
static bool is_invalid_number(const char *at)
{
    if (*at == '+')
        return true;
    if (*at == '-')
        at++;
    if (*at == '0')
        return (at[1] | 32) == 'x' || (at[1] >= '0' && at[1] <= '9');
    return strncasecmp(at, "inf", 3) == 0 || strncasecmp(at, "nan", 3) == 0;
}

static enum token take_number(struct decoder *decoder)
{
    char *end;
    decoder->number = strtod(decoder->at, &end);
    if (end == decoder->at)
        return fault(decoder, decoder->at, "invalid number");
    script_steps(decoder->L, decoder->interpreter, (size_t)(end - decoder->at));
    decoder->at = end;
    return TOKEN_NUMBER;
}

static bool take_word(struct decoder *decoder, const char *word)
{
    size_t len = strlen(word);
    if (strncmp(decoder->at, word, len) != 0)
        return false;
    decoder->at += len;
    return true;
}

static bool is_blank(char c)
{
    return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

static void skip_blanks(struct decoder *decoder)
{
    while (is_blank(*decoder->at)) {
        const char *limit = decoder->at + SCRIPT_STEPS;
        while (decoder->at < limit && is_blank(*decoder->at))
            decoder->at++;
        script_steps(decoder->L, decoder->interpreter, (size_t)(SCRIPT_STEPS - (limit - decoder->at)));
    }
}

static enum token next_token(struct decoder *decoder)
{
    skip_blanks(decoder);
    decoder->index = (size_t)(decoder->at - decoder->text);
    char c = *decoder->at;
    static const char marks[] = "{}[]:,";
    static const enum token mark_tokens[] = {TOKEN_OBJECT_BEGIN, TOKEN_OBJECT_END, TOKEN_ARRAY_BEGIN,
                                             TOKEN_ARRAY_END,    TOKEN_COLON,      TOKEN_COMMA};
    if (!c)
        return TOKEN_END;
    const char *mark = strchr(marks, c);
    if (mark) {
        decoder->at++;
        return mark_tokens[mark - marks];
    }
    if (c == '"') {
        decoder->at++;
        return take_string(decoder);
    }
    bool takes_invalid = decoder->settings->decode_invalid_numbers;
    if (c == '-' || (c >= '0' && c <= '9')) {
        if (!takes_invalid && is_invalid_number(decoder->at))
            return fault(decoder, decoder->at, "invalid number");
        return take_number(decoder);
    }
    decoder->boolean = c == 't';
    if (take_word(decoder, "true") || take_word(decoder, "false"))
        return TOKEN_BOOLEAN;
    if (take_word(decoder, "null"))
        return TOKEN_NULL;
    if (takes_invalid && is_invalid_number(decoder->at))
        return take_number(decoder);
    return fault(decoder, decoder->at, "invalid token");
}

static void descend(struct decoder *decoder, int slots)
{
    decoder->depth++;
    if (decoder->depth > decoder->settings->decode_max_depth || !lua_checkstack(decoder->L, slots))
        luaL_error(decoder->L, "Found too many nested data structures (%d) at character %d", decoder->depth,
                   (int)(decoder->at - decoder->text));
}

static void read_object(struct decoder *decoder)
{
    lua_State *L = decoder->L;
    descend(decoder, 3);
    lua_newtable(L);
    enum token token = next_token(decoder);
    while (token != TOKEN_OBJECT_END) {
        if (token != TOKEN_STRING)
            refuse(decoder, token, "object key string");
        lua_pushlstring(L, decoder->string, decoder->string_len);
        token = next_token(decoder);
        if (token != TOKEN_COLON)
            refuse(decoder, token, "colon");
        read_value(decoder, next_token(decoder));
        lua_rawset(L, -3);
        token = next_token(decoder);
        if (token == TOKEN_OBJECT_END)
            break;
        if (token != TOKEN_COMMA)
            refuse(decoder, token, "comma or object end");
        token = next_token(decoder);
        if (token == TOKEN_OBJECT_END)
            refuse(decoder, token, "object key string");
    }
    decoder->depth--;
}

static void read_array(struct decoder *decoder)
{
    lua_State *L = decoder->L;
    descend(decoder, 2);
    lua_newtable(L);
    enum token token = next_token(decoder);
    for (int i = 1; token != TOKEN_ARRAY_END; i++) {
        read_value(decoder, token);
        lua_rawseti(L, -2, i);
        token = next_token(decoder);
        if (token == TOKEN_ARRAY_END)
            break;
        if (token != TOKEN_COMMA)
            refuse(decoder, token, "comma or array end");
        token = next_token(decoder);
        if (token == TOKEN_ARRAY_END)
            refuse(decoder, token, "value");
    }
    decoder->depth--;
}

/* Pushes the value that begins with this token. */
static void read_value(struct decoder *decoder, enum token token)
{
    lua_State *L = decoder->L;
    script_steps(L, decoder->interpreter, VALUE_STEPS);
    switch (token) {
    case TOKEN_STRING:
        lua_pushlstring(L, decoder->string, decoder->string_len);
        return;
    case TOKEN_NUMBER:
        lua_pushnumber(L, decoder->number);
        return;
    case TOKEN_BOOLEAN:
        lua_pushboolean(L, decoder->boolean);
        return;
    case TOKEN_OBJECT_BEGIN:
        read_object(decoder);
        return;
    case TOKEN_ARRAY_BEGIN:
        read_array(decoder);
        return;
    case TOKEN_NULL:
        lua_pushlightuserdata(L, NULL);
        return;
    default:
        refuse(decoder, token, "value");
    }
}

void cjson_decode(lua_State *L, struct library_state *interpreter, const struct cjson_settings *settings,
                  const char *text, size_t len)
{
    if (len >= 2 && (!text[0] || !text[1]))
        luaL_error(L, "JSON parser does not support UTF-16 or UTF-32");
    struct decoder decoder = {.L = L, .interpreter = interpreter, .settings = settings, .text = text, .at = text};
    script_buffer_begin(L, &decoder.buffer);
    read_value(&decoder, next_token(&decoder));
    enum token token = next_token(&decoder);
    if (token != TOKEN_END)
        refuse(&decoder, token, "the end");
}
