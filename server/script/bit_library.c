/*
 * bit: operations on 32 bits, with the semantics of BitOp. A number counts modulo 2^32, rounded to the nearest, even at
 * ties, and results are signed.
 */
#include "script/libraries.h"

#include <string.h>

/*
 * The bits of a number. Adding 1.5 * 2^52 moves the point behind the last bit of a double's fraction, so its lower half
 * is the number modulo 2^32. Beyond 2^51 it is whatever comes out, here as in BitOp.
 */
static uint32_t bits_of(lua_State *L, int arg)
{
    double shifted = luaL_checknumber(L, arg) + 6755399441055744.0;
    uint64_t image;
    memcpy(&image, &shifted, sizeof image);
    return (uint32_t)image;
}

static int push_bits(lua_State *L, uint32_t bits)
{
    lua_pushnumber(L, (int32_t)bits);
    return 1;
}

static int bit_tobit(lua_State *L)
{
    return push_bits(L, bits_of(L, 1));
}

static int bit_bnot(lua_State *L)
{
    return push_bits(L, ~bits_of(L, 1));
}

static int bit_bswap(lua_State *L)
{
    return push_bits(L, __builtin_bswap32(bits_of(L, 1)));
}

#define FOLD(name, operation)                                                                                          \
    static int name(lua_State *L)                                                                                      \
    {                                                                                                                  \
        uint32_t bits = bits_of(L, 1);                                                                                 \
        for (int arg = lua_gettop(L); arg > 1; arg--)                                                                  \
            bits operation bits_of(L, arg);                                                                            \
        return push_bits(L, bits);                                                                                     \
    }

FOLD(bit_band, &=)
FOLD(bit_bor, |=)
FOLD(bit_bxor, ^=)

#define SHIFT(name, expression)                                                                                        \
    static int name(lua_State *L)                                                                                      \
    {                                                                                                                  \
        uint32_t bits = bits_of(L, 1), by = bits_of(L, 2) & 31;                                                        \
        return push_bits(L, expression);                                                                               \
    }

SHIFT(bit_lshift, bits << by)
SHIFT(bit_rshift, bits >> by)
SHIFT(bit_arshift, (uint32_t)((int32_t)bits >> by))
SHIFT(bit_rol, bits << by | bits >> (-by & 31))
SHIFT(bit_ror, bits >> by | bits << (-by & 31))

/* Eight digits, or as many as are asked for; a negative number asks for capitals. */
static int bit_tohex(lua_State *L)
{
    uint32_t bits = bits_of(L, 1);
    int32_t asked = lua_isnone(L, 2) ? 8 : (int32_t)bits_of(L, 2);
    const char *digits = asked < 0 ? "0123456789ABCDEF" : "0123456789abcdef";
    uint32_t count = asked < 0 ? -(uint32_t)asked : (uint32_t)asked;
    if (count > 8)
        count = 8;
    char text[8];
    for (uint32_t i = count; i > 0; i--, bits >>= 4)
        text[i - 1] = digits[bits & 15];
    lua_pushlstring(L, text, count);
    return 1;
}

void script_push_bit_library(lua_State *L, struct library_state *interpreter)
{
    static const luaL_Reg functions[] = {
        {"arshift", bit_arshift}, {"band", bit_band},     {"bnot", bit_bnot}, {"bor", bit_bor}, {"bswap", bit_bswap},
        {"bxor", bit_bxor},       {"lshift", bit_lshift}, {"rol", bit_rol},   {"ror", bit_ror}, {"rshift", bit_rshift},
        {"tobit", bit_tobit},     {"tohex", bit_tohex},   {NULL, NULL},
    };
    lua_newtable(L);
    script_library_fill(L, interpreter, functions);
}
