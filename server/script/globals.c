#include "script/globals.h"

#include "script/libraries.h"
#include "script/readonly.h"

#include <lualib.h>
#include <string.h>

#define GC_PAUSE 200
#define GC_STEP 200

static const struct {
    const char *name;
    void (*push)(lua_State *L, struct library_state *interpreter);
} libraries[] = {
    {LUA_STRLIBNAME, script_push_string_library},
    {LUA_TABLIBNAME, script_push_table_library},
    {LUA_MATHLIBNAME, script_push_math_library},
    {LUA_OSLIBNAME, script_push_os_library},
    {"bit", script_push_bit_library},
    {"cjson", script_push_cjson_library},
    {"cmsgpack", script_push_cmsgpack_library},
    {"struct", script_push_struct_library},
};

/* A global that isn't there: most often a variable whose `local` was forgotten, or a slip of the pen. */
static int miss_global(lua_State *L)
{
    if (!lua_isstring(L, 2))
        return luaL_error(L, "Second argument to luaProtectedTableError must be a string or number");
    return luaL_error(L, "Script attempted to access nonexistent global variable '%s'", lua_tostring(L, 2));
}

static void open_lua_library(lua_State *L, const char *name, lua_CFunction open)
{
    lua_pushcfunction(L, open);
    lua_pushstring(L, name);
    lua_call(L, 1, 0);
}

/* Strings look for their methods in the library itself; scripts are shown a table that leads to its view. */
static void protect_strings(lua_State *L, int library, int library_view)
{
    lua_pushliteral(L, "");
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, library_view);
    lua_setfield(L, -2, "__index");
    script_readonly_push(L, -1);
    lua_pushvalue(L, -1);
    luaL_ref(L, LUA_REGISTRYINDEX);
    lua_createtable(L, 0, 1);
    lua_pushvalue(L, library);
    lua_setfield(L, -2, "__index");
    script_readonly_show(L, -1, -2);
    lua_setmetatable(L, -4);
    lua_pop(L, 3);
}

static int open_all(lua_State *L)
{
    struct library_state *interpreter = library_state_new(L);
    memcpy(&interpreter->interrupt, lua_touserdata(L, 1), sizeof interpreter->interrupt);
    lua_newtable(L);
    lua_pushvalue(L, -1);
    lua_pushliteral(L, "kv");
    lua_setfield(L, -2, "__mode");
    lua_setmetatable(L, -2);
    interpreter->views = luaL_ref(L, LUA_REGISTRYINDEX);

    open_lua_library(L, "", luaopen_base);
    open_lua_library(L, LUA_STRLIBNAME, luaopen_string);
    open_lua_library(L, LUA_MATHLIBNAME, luaopen_math);
    script_push_base_library(L, interpreter);
    int globals = lua_gettop(L);
    for (size_t i = 0; i < sizeof libraries / sizeof libraries[0]; i++) {
        libraries[i].push(L, interpreter);
        script_readonly_push(L, -1);
        if (i == 0)
            protect_strings(L, globals + 1, globals + 2);
        lua_setfield(L, globals, libraries[i].name);
        lua_settop(L, globals);
    }
    lua_getglobal(L, LUA_COLIBNAME);
    script_readonly_push(L, -1);
    lua_setfield(L, globals, LUA_COLIBNAME);
    lua_settop(L, globals);

    lua_createtable(L, 0, 1);
    lua_pushcfunction(L, miss_global);
    lua_setfield(L, -2, "__index");
    lua_setmetatable(L, globals);
    script_readonly_push(L, globals);
    lua_pushvalue(L, -1);
    lua_setfield(L, globals, "_G");
    lua_replace(L, LUA_GLOBALSINDEX);
    interpreter->globals = luaL_ref(L, LUA_REGISTRYINDEX);
    lua_pushnil(L);
    lua_setfield(L, LUA_REGISTRYINDEX, "_LOADED"); /* leads to what Lua's own libraries have made */
    return 0;
}

int script_globals_open(lua_State *L, void (*interrupt)(lua_State *L))
{
    int status = lua_cpcall(L, open_all, &interrupt);
    if (status != 0) {
        lua_pop(L, 1);
        return status;
    }
    script_globals_reset(L);
    return 0;
}

void script_globals_reset(lua_State *L)
{
    struct library_state *interpreter = library_state_of(L);
    interpreter->steps_left = SCRIPT_STEPS;
    script_math_reset(interpreter);
    script_cjson_reset(interpreter);
    if (interpreter->is_collection_off)
        lua_gc(L, LUA_GCRESTART, 0);
    interpreter->is_collection_off = false;
    lua_gc(L, LUA_GCSETPAUSE, GC_PAUSE);
    lua_gc(L, LUA_GCSETSTEPMUL, GC_STEP);
}

void script_globals_set(lua_State *L, const char *name)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, library_state_of(L)->globals);
    lua_insert(L, -2);
    lua_pushstring(L, name);
    lua_insert(L, -2);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

void script_globals_set_arguments(lua_State *L)
{
    lua_rawgeti(L, LUA_REGISTRYINDEX, library_state_of(L)->globals);
    lua_insert(L, -3);
    lua_pushliteral(L, "ARGV");
    lua_insert(L, -2);
    lua_rawset(L, -4);
    lua_pushliteral(L, "KEYS");
    lua_insert(L, -2);
    lua_rawset(L, -3);
    lua_pop(L, 1);
}

void script_globals_protect(lua_State *L)
{
    script_readonly_push(L, -1);
    lua_replace(L, -2);
}
