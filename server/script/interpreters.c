#include "script/interpreters.h"

#include "script/catching.h"
#include "script/function_load.h"
#include "script/globals.h"
#include "script/redis_library.h"
#include "script/script_error.h"

#include <lauxlib.h>

static __thread struct interpreter *here[INTERPRETER_KINDS];

static int open_all(lua_State *lua)
{
    catching_open(lua);
    redis_library_open(lua, interpreter_of(lua)->kind);
    if (interpreter_of(lua)->kind == INTERPRETER_FUNCTIONS)
        function_load_open(lua);
    lua_pushcfunction(lua, script_error_handler);
    interpreter_of(lua)->error_handler = luaL_ref(lua, LUA_REGISTRYINDEX);
    return 0;
}

static struct interpreter *make(enum interpreter_kind kind)
{
    struct interpreter *interpreter = interpreter_create(kind);
    if (interpreter && script_globals_open(interpreter->lua, interpreter_check) == 0 &&
        lua_cpcall(interpreter->lua, open_all, NULL) == 0)
        return interpreter;
    if (interpreter)
        interpreter_destroy(interpreter);
    return NULL;
}

struct interpreter *interpreter_here(enum interpreter_kind kind)
{
    if (here[kind] && here[kind]->is_spoilt)
        interpreter_drop(kind);
    if (__builtin_expect(!here[kind], 0))
        here[kind] = make(kind);
    return here[kind];
}

void interpreter_drop(enum interpreter_kind kind)
{
    if (here[kind])
        interpreter_destroy(here[kind]);
    here[kind] = NULL;
}
