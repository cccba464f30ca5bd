/*
 * struct: numbers and strings as the bytes of C structures, with the formats of Roberto Ierusalimschy's library as it is
 * in Redis. In a format:
 *   < >       little, big endian from here on          ! !n   aligned to 8, to n, which is a power of 2
 *   b B h H l L T   integers of 1, 2, 8 and 8 bytes     i I in In   of 4 or n bytes, at most 32 of which 8 count
 *   f d       floating point                           x      a byte of padding
 *   s         a string with a NUL behind it            c cn c0     1 byte, n bytes, as many as the value before says
 */
#include "script/conversion.h"
#include "script/libraries.h"
#include "script/script_buffer.h"

#include <ctype.h>
#include <limits.h>

#define MAX_INTEGER 32
#define MAX_ALIGN 8

struct format {
    lua_State *L;
    const char *at;
    bool is_little;
    size_t align;
};

static bool is_digit(char c)
{
    return c >= '0' && c <= '9';
}

static size_t take_number(struct format *format, int absent)
{
    if (!is_digit(*format->at))
        return (size_t)absent;
    int number = 0;
    for (; is_digit(*format->at); format->at++) {
        int digit = *format->at - '0';
        if (number > (INT_MAX - digit) / 10)
            luaL_error(format->L, "integral size overflow");
        number = number * 10 + digit;
    }
    return (size_t)number;
}

/* The bytes that an option takes, whose number it reads; 0 if that is unknown or none. */
static size_t take_size(struct format *format, char option)
{
    switch (option) {
    case 'b':
    case 'B':
    case 'x':
        return 1;
    case 'h':
    case 'H':
        return sizeof(short);
    case 'l':
    case 'L':
        return sizeof(long);
    case 'T':
        return sizeof(size_t);
    case 'f':
        return sizeof(float);
    case 'd':
        return sizeof(double);
    case 'c':
        return take_number(format, 1);
    case 'i':
    case 'I': {
        size_t size = take_number(format, sizeof(int));
        if (size > MAX_INTEGER)
            luaL_error(format->L, "integral size %d is larger than limit of %d", (int)size, MAX_INTEGER);
        return size;
    }
    default:
        return 0;
    }
}

/* The bytes to go over so that an item of that size is aligned. Sizes that are no power of 2 come out as they do. */
static size_t padding(const struct format *format, size_t position, char option, size_t size)
{
    if (size == 0 || option == 'c')
        return 0;
    size_t align = size < format->align ? size : format->align;
    return (align - (position & (align - 1))) & (align - 1);
}

/* An option that is about the format itself. */
static void apply_control(struct format *format, char option)
{
    switch (option) {
    case ' ':
        return;
    case '<':
    case '>':
        format->is_little = option == '<';
        return;
    case '!': {
        size_t align = take_number(format, MAX_ALIGN);
        if (align == 0 || (align & (align - 1)) != 0)
            luaL_error(format->L, "alignment %d is not a power of 2", (int)align);
        format->align = align;
        return;
    }
    default:
        luaL_argerror(format->L, 1, lua_pushfstring(format->L, "invalid format option '%c'", option));
    }
}

static struct format format_of_call(lua_State *L)
{
    return (struct format){.L = L, .at = luaL_checkstring(L, 1), .is_little = true, .align = 1};
}

static void put_integer(char *out, uint64_t value, size_t size, bool is_little)
{
    for (size_t i = 0; i < size; i++, value >>= 8)
        out[is_little ? i : size - 1 - i] = (char)(value & 0xff);
}

static uint64_t integer_at(const char *data, size_t size, bool is_little)
{
    uint64_t value = 0;
    for (size_t i = 0; i < size; i++)
        value = value << 8 | (unsigned char)data[is_little ? size - 1 - i : i];
    return value;
}

static void pack_string(struct script_buffer *buffer, char option, size_t size, int *arg)
{
    size_t len;
    const char *text = luaL_checklstring(buffer->L, (*arg)++, &len);
    if (size == 0)
        size = len;
    luaL_argcheck(buffer->L, len >= size, *arg, "string too short");
    script_buffer_add(buffer, text, size);
    if (option == 's')
        script_buffer_add_char(buffer, '\0');
}

static void pack_item(struct format *format, struct script_buffer *buffer, char option, size_t size, int *arg)
{
    lua_State *L = format->L;
    switch (option) {
    case 'b':
    case 'B':
    case 'h':
    case 'H':
    case 'l':
    case 'L':
    case 'T':
    case 'i':
    case 'I': {
        double number = luaL_checknumber(L, (*arg)++);
        uint64_t value = number < 0 ? (uint64_t)script_to_i64(number) : script_to_u64(number);
        put_integer(script_buffer_room(buffer, MAX_INTEGER), value, size, format->is_little);
        script_buffer_written(buffer, size);
        return;
    }
    case 'x':
        script_buffer_add_char(buffer, '\0');
        return;
    case 'f': {
        float number = (float)luaL_checknumber(L, (*arg)++);
        uint32_t bits;
        memcpy(&bits, &number, sizeof bits);
        put_integer(script_buffer_room(buffer, size), bits, size, format->is_little);
        script_buffer_written(buffer, size);
        return;
    }
    case 'd': {
        double number = luaL_checknumber(L, (*arg)++);
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        put_integer(script_buffer_room(buffer, size), bits, size, format->is_little);
        script_buffer_written(buffer, size);
        return;
    }
    case 'c':
    case 's':
        pack_string(buffer, option, size, arg);
        return;
    default:
        apply_control(format, option);
    }
}

static int struct_pack(lua_State *L)
{
    struct library_state *interpreter = library_state_of_call(L);
    struct format format = format_of_call(L);
    struct script_buffer buffer;
    int arg = 2;
    lua_pushnil(L); /* what an argument that is missing is */
    script_buffer_begin(L, &buffer);
    while (*format.at) {
        script_steps(L, interpreter, 2);
        char option = *format.at++;
        size_t size = take_size(&format, option);
        for (size_t pad = padding(&format, buffer.len, option, size); pad > 0; pad--) {
            script_steps(L, interpreter, 1);
            script_buffer_add_char(&buffer, '\0');
        }
        pack_item(&format, &buffer, option, size, &arg);
    }
    script_buffer_push(&buffer);
    return 1;
}

static double number_at(const char *data, size_t size, bool is_little)
{
    uint64_t bits = integer_at(data, size, is_little);
    if (size == sizeof(double)) {
        double number;
        memcpy(&number, &bits, sizeof number);
        return number;
    }
    uint32_t narrow_bits = (uint32_t)bits;
    float number;
    memcpy(&number, &narrow_bits, sizeof number);
    return number;
}

struct data {
    const char *bytes;
    size_t len, position;
};

static void check_length(lua_State *L, const struct data *data, size_t size)
{
    luaL_argcheck(L, size <= data->len && data->position <= data->len - size, 2, "data string too short");
}

static size_t push_string(lua_State *L, const struct data *data, char option, size_t size, int *results)
{
    const char *begin = data->bytes + data->position;
    if (option == 's') {
        const char *end = memchr(begin, '\0', data->len - data->position);
        if (!end)
            luaL_error(L, "unfinished string in data");
        lua_pushlstring(L, begin, (size_t)(end - begin));
        ++*results;
        return (size_t)(end - begin) + 1;
    }
    if (size == 0) {
        if (*results == 0 || !lua_isnumber(L, -1))
            luaL_error(L, "format 'c0' needs a previous size");
        size = script_to_u64(lua_tonumber(L, -1));
        lua_pop(L, 1);
        --*results;
        check_length(L, data, size);
    }
    lua_pushlstring(L, begin, size);
    ++*results;
    return size;
}

/* Pushes what the option says is at the data's position. Returns how many bytes that takes. */
static size_t unpack_item(struct format *format, const struct data *data, char option, size_t size, int *results)
{
    lua_State *L = format->L;
    const char *at = data->bytes + data->position;
    switch (option) {
    case 'b':
    case 'h':
    case 'l':
    case 'i': {
        uint64_t value = integer_at(at, size, format->is_little);
        uint64_t sign = ~UINT64_C(0) << ((size * 8 - 1) & 63);
        lua_pushnumber(L, (double)(int64_t)(value & sign ? value | sign : value));
        ++*results;
        return size;
    }
    case 'B':
    case 'H':
    case 'L':
    case 'T':
    case 'I':
        lua_pushnumber(L, (double)integer_at(at, size, format->is_little));
        ++*results;
        return size;
    case 'f':
    case 'd':
        lua_pushnumber(L, number_at(at, size, format->is_little));
        ++*results;
        return size;
    case 'x':
        return size;
    case 'c':
    case 's':
        return push_string(L, data, option, size, results);
    default:
        apply_control(format, option);
        return size;
    }
}

static int struct_unpack(lua_State *L)
{
    struct library_state *interpreter = library_state_of_call(L);
    struct format format = format_of_call(L);
    struct data data;
    data.bytes = luaL_checklstring(L, 2, &data.len);
    data.position = (size_t)luaL_optinteger(L, 3, 1);
    luaL_argcheck(L, data.position > 0, 3, "offset must be 1 or greater");
    data.position--;
    lua_settop(L, 2);
    int results = 0;
    while (*format.at) {
        script_steps(L, interpreter, 2);
        char option = *format.at++;
        size_t size = take_size(&format, option);
        data.position += padding(&format, data.position, option, size);
        check_length(L, &data, size);
        luaL_checkstack(L, 2, "too many results");
        data.position += unpack_item(&format, &data, option, size, &results);
    }
    lua_pushinteger(L, (lua_Integer)data.position + 1);
    return results + 1;
}

static int struct_size(lua_State *L)
{
    struct library_state *interpreter = library_state_of_call(L);
    struct format format = format_of_call(L);
    size_t position = 0;
    while (*format.at) {
        script_steps(L, interpreter, 2);
        char option = *format.at++;
        size_t size = take_size(&format, option);
        position += padding(&format, position, option, size);
        if (option == 's')
            luaL_argerror(L, 1, "option 's' has no fixed size");
        if (option == 'c' && size == 0)
            luaL_argerror(L, 1, "option 'c0' has no fixed size");
        if (!isalnum((unsigned char)option))
            apply_control(&format, option);
        position += size;
    }
    lua_pushinteger(L, (lua_Integer)position);
    return 1;
}

void script_push_struct_library(lua_State *L, struct library_state *interpreter)
{
    static const luaL_Reg functions[] = {
        {"pack", struct_pack}, {"size", struct_size}, {"unpack", struct_unpack}, {NULL, NULL}};
    lua_newtable(L);
    script_library_fill(L, interpreter, functions);
}
