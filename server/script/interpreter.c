#include "script/interpreter.h"

static const char key; /* its address names the interpreter in the registry */

struct script_interpreter *script_interpreter_new(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)&key);
    struct script_interpreter *interpreter = lua_newuserdata(L, sizeof *interpreter);
    *interpreter = (struct script_interpreter){.steps_left = SCRIPT_STEPS};
    lua_rawset(L, LUA_REGISTRYINDEX);
    return interpreter;
}

struct script_interpreter *script_interpreter_of(lua_State *L)
{
    lua_pushlightuserdata(L, (void *)&key);
    lua_rawget(L, LUA_REGISTRYINDEX);
    struct script_interpreter *interpreter = lua_touserdata(L, -1);
    lua_pop(L, 1);
    return interpreter;
}

void script_interrupt(lua_State *L, struct script_interpreter *interpreter)
{
    interpreter->steps_left = SCRIPT_STEPS;
    if (interpreter->interrupt)
        interpreter->interrupt(L);
}
