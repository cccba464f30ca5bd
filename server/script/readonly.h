/*
 * Read-only tables, as Redis's patched Lua has them, in a Lua that has none.
 *
 * What scripts see is a view: an empty table whose metatable leads every look into the table behind it and refuses
 * every change. Functions that don't obey metatables (next, rawget, table.insert ...) resolve views themselves, so our
 * own take the place of Lua's. A look costs one lookup more.
 */
#ifndef KVS_SCRIPT_READONLY_H
#define KVS_SCRIPT_READONLY_H

#include <lua.h>
#include <stdbool.h>

/*
 * Pushes a view of the table at index. The table may still be filled through the interface of C; scripts reach it, and
 * the metatable that it has now, through views alone. May raise an error where there is no memory.
 */
void script_readonly_push(lua_State *L, int index);

/* From now on the table at index is shown as the view at view, if scripts come to see it as a metatable. */
void script_readonly_show(lua_State *L, int index, int view);

/* If the value at index is a view, puts the table behind it in its place. Needs 3 free slots. */
bool script_readonly_resolve(lua_State *L, int index);

/* Whether the value at index is a view. */
bool script_readonly_is(lua_State *L, int index);

/*
 * Pushes what getmetatable() shows of the value at index: the metatable, or a view of it where it is protected;
 * nothing, and false, if there is none.
 */
bool script_readonly_metatable(lua_State *L, int index);

/* Raises the error of a change without a position, as from the functions of libraries. */
_Noreturn void script_readonly_refuse(lua_State *L);

#endif
