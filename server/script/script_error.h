/*
 * Errors of scripts: tables, as Redis has them since version 7.
 *
 *     err      the text, without the dash: "ERR ...", "WRONGTYPE ..."
 *     source   the chunk in which it was raised ("@user_script"), and
 *     line     where, once it has passed the handler
 *
 * By the interpreter's worker.
 */
#ifndef KVS_SCRIPT_SCRIPT_ERROR_H
#define KVS_SCRIPT_SCRIPT_ERROR_H

#include <lua.h>
#include <stddef.h>

struct reply;

/* The field that says that an error has been counted already, as that of the command that a script has called. */
#define COUNTED_ERROR "ignore_error_stats_update"

/* The handler of lua_pcall() for scripts: makes a table of whatever was raised, and adds source and line. */
int script_error_handler(lua_State *lua);

/* Puts an error's table on the stack. A text without a code gets "ERR"; line breaks at its end are left out. */
void script_error_push(lua_State *lua, const char *text, size_t len);

/* Raises the table on top of the stack. Doesn't return. */
int script_error_raise(lua_State *lua);

/* The error on top of the stack as the reply of the script with this name. Takes it off. */
void script_error_reply(lua_State *lua, const char *name, struct reply *reply);

#endif
