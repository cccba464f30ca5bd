#include "script/libraries.h"

void script_push_string_library(lua_State *L, struct script_interpreter *interpreter)
{
    static const char *const lua_own[] = {"byte", "char",  "dump",  "find", "format",  "gfind", "gmatch", "gsub",
                                          "len",  "lower", "match", "rep",  "reverse", "sub",   "upper",  NULL};
    (void)interpreter;
    lua_newtable(L);
    lua_getglobal(L, "string");
    lua_insert(L, -2);
    script_library_take(L, lua_gettop(L) - 1, lua_own);
    lua_remove(L, -2);
}
