/*
 * cjson. Its settings belong to the table that its functions stand in: the one that all scripts see, whose settings are
 * set back before each script, or one of a script's own from cjson.new(). Functions have the interpreter and the
 * settings as upvalues.
 */
#include "script/cjson.h"
#include "script/libraries.h"

#include <limits.h>

static const struct cjson_settings defaults = {
    .encode_max_depth = 1000,
    .decode_max_depth = 1000,
    .sparse_ratio = 2,
    .sparse_safe = 10,
    .precision = 14,
    .decode_invalid_numbers = 1,
    .keep_buffer = 1,
};

void script_cjson_reset(struct library_state *interpreter)
{
    interpreter->cjson = defaults;
}

static struct cjson_settings *settings_of_call(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(2));
}

/* Fills what is missing of so many arguments with nil. */
static void take_settings(lua_State *L, int max)
{
    luaL_argcheck(L, lua_gettop(L) <= max, max + 1, "found too many arguments");
    lua_settop(L, max);
}

/* Changes a setting unless the argument is nil, and pushes what it is now. */
static int set_integer(lua_State *L, int arg, int *setting, int min, int max)
{
    if (!lua_isnil(L, arg)) {
        int value = (int)luaL_checkinteger(L, arg);
        luaL_argcheck(L, value >= min && value <= max, 1,
                      lua_pushfstring(L, "expected integer between %d and %d", min, max));
        *setting = value;
    }
    lua_pushinteger(L, *setting);
    return 1;
}

/* The same for one of the words; the first two are false and true as well. */
static int set_word(lua_State *L, int arg, int *setting, const char *const *words)
{
    if (lua_isboolean(L, arg))
        *setting = lua_toboolean(L, arg);
    else if (!lua_isnil(L, arg))
        *setting = luaL_checkoption(L, arg, NULL, words);
    if (*setting > 1)
        lua_pushstring(L, words[*setting]);
    else
        lua_pushboolean(L, *setting);
    return 1;
}

static const char *const switch_words[] = {"off", "on", NULL};
static const char *const invalid_number_words[] = {"off", "on", "null", NULL};

static int cjson_encode_max_depth(lua_State *L)
{
    take_settings(L, 1);
    return set_integer(L, 1, &settings_of_call(L)->encode_max_depth, 1, INT_MAX);
}

static int cjson_decode_max_depth(lua_State *L)
{
    take_settings(L, 1);
    return set_integer(L, 1, &settings_of_call(L)->decode_max_depth, 1, INT_MAX);
}

static int cjson_encode_number_precision(lua_State *L)
{
    take_settings(L, 1);
    return set_integer(L, 1, &settings_of_call(L)->precision, 1, 14);
}

static int cjson_encode_sparse_array(lua_State *L)
{
    struct cjson_settings *settings = settings_of_call(L);
    take_settings(L, 3);
    set_word(L, 1, &settings->sparse_convert, switch_words);
    set_integer(L, 2, &settings->sparse_ratio, 0, INT_MAX);
    set_integer(L, 3, &settings->sparse_safe, 0, INT_MAX);
    return 3;
}

static int cjson_encode_invalid_numbers(lua_State *L)
{
    take_settings(L, 1);
    return set_word(L, 1, &settings_of_call(L)->encode_invalid_numbers, invalid_number_words);
}

static int cjson_decode_invalid_numbers(lua_State *L)
{
    take_settings(L, 1);
    return set_word(L, 1, &settings_of_call(L)->decode_invalid_numbers, switch_words);
}

static int cjson_encode_keep_buffer(lua_State *L)
{
    take_settings(L, 1);
    return set_word(L, 1, &settings_of_call(L)->keep_buffer, switch_words);
}

static int cjson_encode_call(lua_State *L)
{
    luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
    cjson_encode(L, library_state_of_call(L), settings_of_call(L), 1);
    return 1;
}

static int cjson_decode_call(lua_State *L)
{
    luaL_argcheck(L, lua_gettop(L) == 1, 1, "expected 1 argument");
    size_t len;
    const char *text = luaL_checklstring(L, 1, &len);
    cjson_decode(L, library_state_of_call(L), settings_of_call(L), text, len);
    return 1;
}

static void push_cjson(lua_State *L, struct library_state *interpreter, struct cjson_settings *settings);

static int cjson_new(lua_State *L)
{
    push_cjson(L, library_state_of_call(L), NULL);
    return 1;
}

/* settings NULL: new ones, which the functions hold. */
static void push_cjson(lua_State *L, struct library_state *interpreter, struct cjson_settings *settings)
{
    static const luaL_Reg functions[] = {
        {"decode", cjson_decode_call},
        {"decode_invalid_numbers", cjson_decode_invalid_numbers},
        {"decode_max_depth", cjson_decode_max_depth},
        {"encode", cjson_encode_call},
        {"encode_invalid_numbers", cjson_encode_invalid_numbers},
        {"encode_keep_buffer", cjson_encode_keep_buffer},
        {"encode_max_depth", cjson_encode_max_depth},
        {"encode_number_precision", cjson_encode_number_precision},
        {"encode_sparse_array", cjson_encode_sparse_array},
        {"new", cjson_new},
    };
    if (settings)
        lua_pushlightuserdata(L, settings);
    else
        *(struct cjson_settings *)lua_newuserdata(L, sizeof *settings) = defaults;
    lua_newtable(L);
    for (size_t i = 0; i < sizeof functions / sizeof functions[0]; i++) {
        lua_pushlightuserdata(L, interpreter);
        lua_pushvalue(L, -3);
        lua_pushcclosure(L, functions[i].func, 2);
        lua_setfield(L, -2, functions[i].name);
    }
    lua_remove(L, -2);
    lua_pushlightuserdata(L, NULL);
    lua_setfield(L, -2, "null");
    lua_pushliteral(L, "cjson");
    lua_setfield(L, -2, "_NAME");
    lua_pushliteral(L, "2.1.0");
    lua_setfield(L, -2, "_VERSION");
}

void script_push_cjson_library(lua_State *L, struct library_state *interpreter)
{
    push_cjson(L, interpreter, &interpreter->cjson);
}
