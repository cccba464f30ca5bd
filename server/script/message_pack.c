/*
 * cmsgpack: MessagePack (msgpack.org) with the choices of lua-cmsgpack 0.4. Numbers that are integers are written as
 * such, others in 4 bytes where that loses nothing; a table is an array if its keys are 1 to n; what can't be said is
 * nil, and so is a table 16 tables deep. Of the format's types, bin and ext aren't read.
 */
#include "script/conversion.h"
#include "script/libraries.h"
#include "script/readonly.h"
#include "script/script_buffer.h"

#include <limits.h>
#include <math.h>

#define MAX_NESTING 16
#define VALUE_STEPS 4

struct packer {
    lua_State *L;
    struct library_state *interpreter;
    struct script_buffer buffer;
};

/* A byte that says what follows, and a number of so many bytes, the highest first. */
static void add_tagged(struct packer *packer, unsigned tag, uint64_t value, unsigned size)
{
    char *room = script_buffer_room(&packer->buffer, 9);
    room[0] = (char)tag;
    for (unsigned i = size; i > 0; i--, value >>= 8)
        room[i] = (char)(value & 0xff);
    script_buffer_written(&packer->buffer, 1 + size);
}

/*
 * The head of something that has a length: in the tag itself if it is up to fixed, else with the tags for 8 (0: none),
 * 16 and 32 bits.
 */
static void add_length(struct packer *packer, size_t len, unsigned fixed_tag, size_t fixed, const unsigned char tags[3])
{
    if (len <= fixed)
        add_tagged(packer, fixed_tag | (unsigned)len, 0, 0);
    else if (len <= UINT8_MAX && tags[0])
        add_tagged(packer, tags[0], len, 1);
    else if (len <= UINT16_MAX)
        add_tagged(packer, tags[1], len, 2);
    else
        add_tagged(packer, tags[2], len, 4);
}

static void add_integer(struct packer *packer, int64_t value)
{
    if (value >= 0) {
        if (value <= INT8_MAX)
            add_tagged(packer, (unsigned)value, 0, 0);
        else if (value <= UINT8_MAX)
            add_tagged(packer, 0xcc, (uint64_t)value, 1);
        else if (value <= UINT16_MAX)
            add_tagged(packer, 0xcd, (uint64_t)value, 2);
        else if (value <= UINT32_MAX)
            add_tagged(packer, 0xce, (uint64_t)value, 4);
        else
            add_tagged(packer, 0xcf, (uint64_t)value, 8);
    } else if (value >= -32) {
        add_tagged(packer, (unsigned)value & 0xff, 0, 0);
    } else if (value >= INT8_MIN) {
        add_tagged(packer, 0xd0, (uint64_t)value, 1);
    } else if (value >= INT16_MIN) {
        add_tagged(packer, 0xd1, (uint64_t)value, 2);
    } else if (value >= INT32_MIN) {
        add_tagged(packer, 0xd2, (uint64_t)value, 4);
    } else {
        add_tagged(packer, 0xd3, (uint64_t)value, 8);
    }
}

static bool is_i64(double number)
{
    return number >= -CONVERSION_TWO_63 && number < CONVERSION_TWO_63 && floor(number) == number;
}

static void add_number(struct packer *packer, double number)
{
    if (is_i64(number)) {
        add_integer(packer, (int64_t)number);
        return;
    }
    float narrow = (float)number;
    if (number == (double)narrow) {
        uint32_t bits;
        memcpy(&bits, &narrow, sizeof bits);
        add_tagged(packer, 0xca, bits, 4);
    } else {
        uint64_t bits;
        memcpy(&bits, &number, sizeof bits);
        add_tagged(packer, 0xcb, bits, 8);
    }
}

/* The number of entries of the table on top of the stack, and whether its keys are 1 to that number. */
static size_t count_entries(struct packer *packer, bool *is_array_out)
{
    lua_State *L = packer->L;
    size_t count = 0;
    double max = 0;
    *is_array_out = true;
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        script_steps(L, packer->interpreter, VALUE_STEPS);
        lua_pop(L, 1);
        count++;
        double key = lua_type(L, -1) == LUA_TNUMBER ? lua_tonumber(L, -1) : 0;
        if (key > 0 && is_i64(key))
            max = key > max ? key : max;
        else
            *is_array_out = false;
    }
    *is_array_out = *is_array_out && max == (double)count;
    return count;
}

static void add_value(struct packer *packer, int level);

static void add_table(struct packer *packer, int level)
{
    static const unsigned char array_tags[] = {0, 0xdc, 0xdd}, map_tags[] = {0, 0xde, 0xdf};
    lua_State *L = packer->L;
    luaL_checkstack(L, 4, "too many nested tables");
    script_readonly_resolve(L, -1);
    bool is_array;
    size_t count = count_entries(packer, &is_array);
    add_length(packer, count, is_array ? 0x90 : 0x80, 15, is_array ? array_tags : map_tags);
    if (is_array) {
        for (size_t i = 1; i <= count; i++) {
            lua_rawgeti(L, -1, (int)i);
            add_value(packer, level + 1);
        }
        return;
    }
    lua_pushnil(L);
    while (lua_next(L, -2)) {
        lua_pushvalue(L, -2);
        add_value(packer, level + 1);
        add_value(packer, level + 1);
    }
}

/* Takes the value from the top of the stack. */
static void add_value(struct packer *packer, int level)
{
    static const unsigned char string_tags[] = {0xd9, 0xda, 0xdb};
    lua_State *L = packer->L;
    script_steps(L, packer->interpreter, VALUE_STEPS);
    int type = lua_type(L, -1);
    if (type == LUA_TSTRING) {
        size_t len;
        const char *text = lua_tolstring(L, -1, &len);
        add_length(packer, len, 0xa0, 31, string_tags);
        script_buffer_add(&packer->buffer, text, len);
    } else if (type == LUA_TNUMBER) {
        add_number(packer, lua_tonumber(L, -1));
    } else if (type == LUA_TBOOLEAN) {
        add_tagged(packer, lua_toboolean(L, -1) ? 0xc3 : 0xc2, 0, 0);
    } else if (type == LUA_TTABLE && level < MAX_NESTING) {
        add_table(packer, level);
    } else {
        add_tagged(packer, 0xc0, 0, 0);
    }
    lua_pop(L, 1);
}

static int message_pack(lua_State *L)
{
    int count = lua_gettop(L);
    if (count == 0)
        return luaL_argerror(L, 0, "MessagePack pack needs input.");
    if (!lua_checkstack(L, count))
        return luaL_argerror(L, 0, "Too many arguments for MessagePack pack.");
    struct packer packer = {.L = L, .interpreter = library_state_of_call(L)};
    script_buffer_begin(L, &packer.buffer);
    for (int i = 1; i <= count; i++) {
        lua_pushvalue(L, i);
        add_value(&packer, 0);
    }
    script_buffer_push(&packer.buffer);
    return 1;
}

struct unpacker {
    lua_State *L;
    struct library_state *interpreter;
    const unsigned char *at;
    size_t left;
};

/* Goes over so many bytes, and returns where they begin. */
static const unsigned char *take(struct unpacker *unpacker, size_t len)
{
    if (unpacker->left < len)
        luaL_error(unpacker->L, "Missing bytes in input.");
    const unsigned char *at = unpacker->at;
    unpacker->at += len;
    unpacker->left -= len;
    return at;
}

static uint64_t take_number(struct unpacker *unpacker, unsigned size)
{
    const unsigned char *at = take(unpacker, size);
    uint64_t value = 0;
    for (unsigned i = 0; i < size; i++)
        value = value << 8 | at[i];
    return value;
}

static void push_value(struct unpacker *unpacker);

static void push_string(struct unpacker *unpacker, size_t len)
{
    lua_pushlstring(unpacker->L, (const char *)take(unpacker, len), len);
}

static void push_array(struct unpacker *unpacker, size_t len)
{
    lua_newtable(unpacker->L);
    luaL_checkstack(unpacker->L, 1, "in function mp_decode_to_lua_array");
    for (size_t i = 1; i <= len; i++) {
        push_value(unpacker);
        lua_rawseti(unpacker->L, -2, (int)i);
    }
}

static void push_map(struct unpacker *unpacker, size_t len)
{
    lua_newtable(unpacker->L);
    for (size_t i = 0; i < len; i++) {
        push_value(unpacker);
        push_value(unpacker);
        lua_rawset(unpacker->L, -3);
    }
}

static double take_float(struct unpacker *unpacker, unsigned size)
{
    uint64_t bits = take_number(unpacker, size);
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

/* What stands behind the tags from 0xc0 to 0xdf. */
static void push_tagged(struct unpacker *unpacker, unsigned tag)
{
    lua_State *L = unpacker->L;
    switch (tag) {
    case 0xc0:
        lua_pushnil(L);
        return;
    case 0xc2:
    case 0xc3:
        lua_pushboolean(L, tag == 0xc3);
        return;
    case 0xca:
    case 0xcb:
        lua_pushnumber(L, take_float(unpacker, 4u << (tag - 0xca)));
        return;
    case 0xcc:
    case 0xcd:
    case 0xce:
    case 0xcf:
        lua_pushnumber(
            L, (double)(int64_t)take_number(unpacker, 1u << (tag - 0xcc))); /* beyond 2^63 negative, as in Redis */
        return;
    case 0xd0:
        lua_pushnumber(L, (int8_t)take_number(unpacker, 1));
        return;
    case 0xd1:
        lua_pushnumber(L, (int16_t)take_number(unpacker, 2));
        return;
    case 0xd2:
        lua_pushnumber(L, (int32_t)take_number(unpacker, 4));
        return;
    case 0xd3:
        lua_pushnumber(L, (double)(int64_t)take_number(unpacker, 8));
        return;
    case 0xd9:
    case 0xda:
    case 0xdb:
        push_string(unpacker, take_number(unpacker, 1u << (tag - 0xd9)));
        return;
    case 0xdc:
    case 0xdd:
        push_array(unpacker, take_number(unpacker, 2u << (tag - 0xdc)));
        return;
    case 0xde:
    case 0xdf:
        push_map(unpacker, take_number(unpacker, 2u << (tag - 0xde)));
        return;
    default:
        luaL_error(L, "Bad data format in input.");
    }
}

static void push_value(struct unpacker *unpacker)
{
    lua_State *L = unpacker->L;
    luaL_checkstack(L, 1, "too many return values at once; use unpack_one or unpack_limit instead.");
    script_steps(L, unpacker->interpreter, VALUE_STEPS);
    unsigned tag = *take(unpacker, 1);
    if (tag < 0x80)
        lua_pushnumber(L, tag);
    else if (tag < 0x90)
        push_map(unpacker, tag & 15);
    else if (tag < 0xa0)
        push_array(unpacker, tag & 15);
    else if (tag < 0xc0)
        push_string(unpacker, tag & 31);
    else if (tag < 0xe0)
        push_tagged(unpacker, tag);
    else
        lua_pushnumber(L, (int8_t)tag);
}

/*
 * Pushes the values from offset on, at most so many. Both 0: all of them. Otherwise where the next begins stands before
 * them: -1 if none does.
 */
static int unpack_some(lua_State *L, lua_Integer limit, lua_Integer offset)
{
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    bool is_all = limit == 0 && offset == 0;
    if (offset < 0 || limit < 0)
        return luaL_error(L, "Invalid request to unpack with offset of %d and limit of %d.", (int)offset, (int)len);
    if ((size_t)offset > len)
        return luaL_error(L, "Start offset %d greater than input length %d.", (int)offset, (int)len);
    struct unpacker unpacker = {
        .L = L,
        .interpreter = library_state_of_call(L),
        .at = (const unsigned char *)text + offset,
        .left = len - (size_t)offset,
    };
    lua_settop(L, 1);
    lua_pushnil(L);
    int count = 0;
    for (; unpacker.left > 0 && (is_all || count < limit); count++)
        push_value(&unpacker);
    if (is_all)
        return count;
    lua_pushinteger(L, unpacker.left == 0 ? -1 : (lua_Integer)(len - unpacker.left));
    lua_replace(L, 2);
    return count + 1;
}

static int message_unpack(lua_State *L)
{
    return unpack_some(L, 0, 0);
}

static int message_unpack_one(lua_State *L)
{
    return unpack_some(L, 1, (int)luaL_optinteger(L, 2, 0));
}

static int message_unpack_limit(lua_State *L)
{
    lua_Integer limit = (int)luaL_checkinteger(L, 2);
    return unpack_some(L, limit, (int)luaL_optinteger(L, 3, 0));
}

void script_push_cmsgpack_library(lua_State *L, struct library_state *interpreter)
{
    static const luaL_Reg functions[] = {
        {"pack", message_pack},
        {"unpack", message_unpack},
        {"unpack_limit", message_unpack_limit},
        {"unpack_one", message_unpack_one},
        {NULL, NULL},
    };
    static const char *const texts[][2] = {
        {"_NAME", "cmsgpack"},
        {"_VERSION", "lua-cmsgpack 0.4.0"},
        {"_COPYRIGHT", "Copyright (C) 2012, Salvatore Sanfilippo"},
        {"_DESCRIPTION", "MessagePack C implementation for Lua"},
    };
    lua_newtable(L);
    script_library_fill(L, interpreter, functions);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        lua_pushstring(L, texts[i][1]);
        lua_setfield(L, -2, texts[i][0]);
    }
}
