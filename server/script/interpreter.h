/*
 * An interpreter: the Lua in which a worker's scripts, or its functions, run (interpreters.h). It has an allocator with
 * a limit, so a script that takes too much gets Lua's "not enough memory".
 *
 * A script that runs is looked after (struct script_keeper): every so many instructions, and steps of what takes long
 * in C, its keeper is asked. The keeper may abort the script. An abort is an error that no script catches: what catches
 * errors for scripts asks interpreter_is_aborted() and raises it again.
 *
 * By the worker that it belongs to.
 */
#ifndef KVS_SCRIPT_INTERPRETER_H
#define KVS_SCRIPT_INTERPRETER_H

#include "base/output.h"
#include "script/lua_blocks.h"

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct arg;
struct reply;

#define INTERPRETER_BLOCK_MAX                                                                                          \
    ((size_t)64 << 20)                      /* bytes of one allocation, so of a string: larger ones take long to copy */
#define INTERPRETER_KEPT ((size_t)32 << 20) /* bytes that stay between two scripts */

/* Who looks after a script while it runs; the functions are called by the thread that runs it. */
struct script_keeper {
    /* Runs a command for the script, and writes the reply; it may abort the script instead. resp: 2 or 3. */
    void (*command)(struct script_keeper *keeper, struct arg *argv, int argc, struct reply *reply);
    /* Some milliseconds have passed since it began, or since the last call. */
    void (*pause)(struct script_keeper *keeper);
    /* Whether the user may run that command. -1: there is none. */
    int (*may_run)(struct script_keeper *keeper, struct arg *argv, int argc);
    int64_t now_ns; /* when the script began, or its last command ended; monotonic */
    uint8_t resp;   /* of the replies that the script is given: redis.setresp() */
};

enum interpreter_kind { INTERPRETER_SCRIPTS, INTERPRETER_FUNCTIONS, INTERPRETER_KINDS };

struct interpreter {
    enum interpreter_kind kind;
    lua_State *lua;
    size_t memory;           /* bytes that Lua has allocated */
    size_t limit;            /* of them */
    size_t published_memory; /* of them, as far as others see it */
    struct lua_blocks blocks;
    struct script_keeper *keeper; /* of the script that runs; NULL: none */
    bool aborted;
    char abort_place[64]; /* "source:line" */
    int64_t asked_ns;     /* when the keeper was asked last; monotonic */
    struct output reply;  /* of the command that a script has called */
    char *reply_text;     /* the same in one piece, if it wasn't; NULL */
    struct arg *argv;     /* of that command */
    int argv_room;
    int error_handler;                               /* its reference in Lua's registry */
    struct compiled_set *compiled;                   /* compiled.h's, or NULL */
    struct bound_set *bound;                         /* bound_function.h's, or NULL */
    void (*forget)(struct interpreter *interpreter); /* frees either, when the interpreter goes; NULL: nothing to do */
    bool is_spoilt;                                  /* something in it may be wrong: it is to be dropped */
    struct registration *registration;               /* of the library that is being loaded, function_library.h's */
};

/* The one to which a state belongs. */
struct interpreter *interpreter_of(lua_State *lua);

/* A new one, with nothing in it. NULL without memory. */
struct interpreter *interpreter_create(enum interpreter_kind kind);

/* No script runs in it. */
void interpreter_destroy(struct interpreter *interpreter);

/* Bytes that the interpreters of a kind have allocated, give or take 16 KiB for each. Any thread. */
size_t interpreters_memory(enum interpreter_kind kind);

/*
 * Calls function(lua) with context as its only argument, a light userdata, where errors of Lua (no memory) are caught.
 * False: one was. All that uses Lua goes through it.
 */
bool interpreter_protect(struct interpreter *interpreter, lua_CFunction function, void *context);

/*
 * Protected: calls the function below its count arguments, which are all taken off, with a keeper. True: its first
 * result is on the stack. False: the error is, a table as script_error.h has it, unless the script was aborted.
 */
bool interpreter_call(struct interpreter *interpreter, struct script_keeper *keeper, int count);

/*
 * Protected: the keeper of the script that has just ended is asked again, and may abort it: for long work on what it
 * has returned, which calls interpreter_check(), until interpreter_is_done().
 */
void interpreter_go_on(struct interpreter *interpreter, struct script_keeper *keeper);
void interpreter_is_done(struct interpreter *interpreter); /* also when an error has been raised meanwhile */

/*
 * After a script: collects what it has left behind, if that is more than INTERPRETER_KEPT, in steps between which the
 * keeper is asked. What is still in use may be more.
 */
void interpreter_tidy(struct interpreter *interpreter, struct script_keeper *keeper);

/* Ends the running script from within one of its keeper's functions, which returns afterwards. */
void interpreter_abort(struct interpreter *interpreter);

/*
 * For what catches errors or runs long in C: raises an error if the script was aborted; asks the keeper before, if it is
 * time for that. The second is for a script with a keeper, and who knows what time it is; monotonic.
 */
void interpreter_check(lua_State *lua);
void interpreter_check_at(lua_State *lua, int64_t now_ns);

#endif
