#include "script/library_state.h"

static const char key; /* its address names the interpreter in the registry */

struct library_state *library_state_new(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)&key);
    struct library_state *interpreter = lua_newuserdata(L, sizeof *interpreter);
    *interpreter = (struct library_state){.steps_left = SCRIPT_STEPS};
    lua_rawset(L, LUA_REGISTRYINDEX);
    return interpreter;
}

struct library_state *library_state_of(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)&key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    struct library_state *interpreter = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return interpreter;
}

void script_interrupt(lua_State *L, struct library_state *interpreter)
{
    interpreter->steps_left = SCRIPT_STEPS;
    if (interpreter->interrupt)
        interpreter->interrupt(L);
}
