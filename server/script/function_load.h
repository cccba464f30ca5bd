/*
 * Libraries of functions from their code: the first line ("#!lua name=mylib") says engine and name; the rest is run once
 * and registers the functions.
 *
 * By the worker of the interpreter, which is the one for functions, while nothing runs in it.
 */
#ifndef KVS_SCRIPT_FUNCTION_LOAD_H
#define KVS_SCRIPT_FUNCTION_LOAD_H

#include "script/interpreter.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct function_library;
struct text;

/* What a library has registered while it was run. */
struct registered {
    char *name, *description; /* description: NULL if there is none */
    size_t name_len, description_len;
    uint32_t flags;
    int function; /* a reference in Lua's registry */
};

struct registration {
    unsigned count;
    struct registered *functions;
};

/* When the interpreter is made, protected: what functions find as their globals. */
void function_load_open(lua_State *lua);

/* A library without functions from its code. NULL: error_out says what is wrong with the first line. */
struct function_library *function_load_read(const char *code, size_t len, struct text *error_out);

/*
 * Runs the library's code. False: error_out says why not, and nothing is registered. Either way registration_out is to be
 * freed; the references in it are the caller's. The keeper may end it; then error_out stays empty.
 */
bool function_load_run(struct interpreter *interpreter, struct script_keeper *keeper,
                       const struct function_library *library, struct registration *registration_out,
                       struct text *error_out);
void registration_deinit(struct registration *registration);

/* The same, and lets its functions go. Where Lua has no memory for that, the interpreter is spoilt. */
void registration_drop(struct interpreter *interpreter, struct registration *registration);

/* Gives the library the functions that it registers when it is run. False: error_out says why not. */
bool function_load_fill(struct interpreter *interpreter, struct script_keeper *keeper, struct function_library *library,
                        struct text *error_out);

#endif
