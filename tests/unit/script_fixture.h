/*
 * An interpreter for the tests of server/script, and what scripts come to in it.
 */
#ifndef KVS_UNIT_SCRIPT_FIXTURE_H
#define KVS_UNIT_SCRIPT_FIXTURE_H

#include <lua.h>
#include <stddef.h>

/* The interpreter between the fixtures' two functions. Its interrupt counts, and raises an error when it has to. */
extern lua_State *script_state;
extern unsigned script_interrupts;      /* so many so far */
extern unsigned script_interrupts_left; /* until the error "interrupted"; 0: never */

/* Memory in bytes, and the allocation from now on that fails (1: the next; 0: none). */
extern size_t script_memory, script_memory_limit;
extern unsigned script_allocation_to_fail;

void script_fixture_open(void);
void script_fixture_close(void);

/* A state with the allocator above, without anything in it. */
lua_State *script_fixture_state(void);

/* KEYS, ARGV and a redis with two members, as scripts find them. May raise an error where there is no memory. */
void script_fixture_globals(lua_State *L);

/*
 * Runs a script after script_globals_reset(). Its first result as text, or its message behind "E:". Valid until the next
 * call.
 */
const char *script_result(const char *text);

struct script_case {
    const char *text, *result;
};

/* Runs a script for each, and fails the test where a result is another one. */
void script_check_cases(const struct script_case *cases, size_t count);

/* The same for all results of a piece of script, as Lua would write them, one behind the other. It may call hex(). */
void script_check_calls(const struct script_case *cases, size_t count);

#endif
