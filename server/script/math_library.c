/*
 * math and os. Random numbers are Redis's: the 48-bit linear congruential generator of drand48(3), and from the
 * interpreter's beginning on the same ones. Scripts go on where the last one ended. But a seed holds for the script that
 * has chosen it, where in Redis it holds for all that come.
 */
#include "script/libraries.h"

#include <math.h>
#include <time.h>

#define RANDOM_MULTIPLIER UINT64_C(0x5deece66d)
#define RANDOM_INCREMENT UINT64_C(0xb)
#define RANDOM_MASK ((UINT64_C(1) << 48) - 1)
#define RANDOM_FIRST_SEED 0x1234abcd /* as where nobody has called srand48() */
#define RANDOM_LOW 0x330e            /* below a seed's 32 bits */
#define RANDOM_RANGE INT32_MAX

static uint64_t state_of_seed(uint32_t seed)
{
    return (uint64_t)seed << 16 | RANDOM_LOW;
}

void script_math_reset(struct library_state *interpreter)
{
    if (!interpreter->random)
        interpreter->random = state_of_seed(RANDOM_FIRST_SEED);
    interpreter->is_seeded = false;
}

static int math_randomseed(lua_State *L)
{
    struct library_state *interpreter = library_state_of_call(L);
    interpreter->random_seeded = state_of_seed((uint32_t)luaL_checkint(L, 1));
    interpreter->is_seeded = true;
    return 0;
}

/* The next number, from 0 on and below 1. */
static double draw(struct library_state *interpreter)
{
    uint64_t *state = interpreter->is_seeded ? &interpreter->random_seeded : &interpreter->random;
    *state = (*state * RANDOM_MULTIPLIER + RANDOM_INCREMENT) & RANDOM_MASK;
    return (double)((*state >> 17) % RANDOM_RANGE) / RANDOM_RANGE;
}

static int math_random(lua_State *L)
{
    double drawn = draw(library_state_of_call(L));
    switch (lua_gettop(L)) {
    case 0:
        lua_pushnumber(L, drawn);
        return 1;
    case 1: {
        int upper = luaL_checkint(L, 1);
        luaL_argcheck(L, upper >= 1, 1, "interval is empty");
        lua_pushnumber(L, floor(drawn * upper) + 1);
        return 1;
    }
    case 2: {
        int lower = luaL_checkint(L, 1), upper = luaL_checkint(L, 2);
        luaL_argcheck(L, lower <= upper, 2, "interval is empty");
        /* an interval of more than 31 bits wraps round, as in Lua */
        int width = (int)((uint32_t)upper - (uint32_t)lower + 1);
        lua_pushnumber(L, floor(drawn * width) + lower);
        return 1;
    }
    default:
        return luaL_error(L, "wrong number of arguments");
    }
}

void script_push_math_library(lua_State *L, struct library_state *interpreter)
{
    static const char *const lua_own[] = {
        "abs",   "acos", "asin",  "atan", "atan2", "ceil", "cos",   "cosh", "deg",  "exp",
        "floor", "fmod", "frexp", "huge", "ldexp", "log",  "log10", "max",  "min",  "mod",
        "modf",  "pi",   "pow",   "rad",  "sin",   "sinh", "sqrt",  "tan",  "tanh", NULL,
    };
    static const luaL_Reg functions[] = {{"random", math_random}, {"randomseed", math_randomseed}, {NULL, NULL}};
    lua_newtable(L);
    lua_getglobal(L, "math");
    lua_insert(L, -2);
    script_library_take(L, lua_gettop(L) - 1, lua_own);
    lua_remove(L, -2);
    script_library_fill(L, interpreter, functions);
}

static int os_clock(lua_State *L)
{
    lua_pushnumber(L, (double)clock() / CLOCKS_PER_SEC);
    return 1;
}

void script_push_os_library(lua_State *L, struct library_state *interpreter)
{
    static const luaL_Reg functions[] = {{"clock", os_clock}, {NULL, NULL}};
    lua_newtable(L);
    script_library_fill(L, interpreter, functions);
}
