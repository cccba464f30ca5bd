/*
 * What belongs to one interpreter of scripts beside the tables that scripts see: private to this folder.
 *
 * An interpreter is used by one thread at a time. Every function of the libraries that needs this has it as its first
 * upvalue, a light userdata, so that finding it costs nothing. The memory is Lua's and lives as long as the state.
 */
#ifndef KVS_SCRIPT_LIBRARY_STATE_H
#define KVS_SCRIPT_LIBRARY_STATE_H

#include <lua.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How much work is done in C between two calls of the interrupt: comparisons of bytes, or the like, some 50 us. */
#define SCRIPT_STEPS 16384

/* The settings of one cjson table; see script/cjson_library.c. */
struct cjson_settings {
    int encode_max_depth, decode_max_depth;
    int sparse_convert, sparse_ratio, sparse_safe;
    int precision;              /* significant digits */
    int encode_invalid_numbers; /* 0: an error, 1: written as they are, 2: null */
    int decode_invalid_numbers; /* 0 or 1 */
    int keep_buffer;            /* is remembered, and changes nothing */
};

struct library_state {
    void (*interrupt)(lua_State *L);
    int32_t steps_left;     /* until it is called */
    int globals, views;     /* references in the registry: the real globals; read-only tables by what they show */
    bool is_collection_off; /* as the script wants it */
    uint64_t random;        /* 48 bits, that go on from script to script */
    uint64_t random_seeded; /* the same where the running script has chosen a seed */
    bool is_seeded;
    struct cjson_settings cjson; /* of the one that all scripts see */
};

static inline struct library_state *library_state_of_call(lua_State *L)
{
    return lua_touserdata(L, lua_upvalueindex(1));
}

/* Makes the one of a state, all zero, and keeps it in the registry. Raises an error where there is no memory. */
struct library_state *library_state_new(lua_State *L);

/* The interpreter of a state, outside of the libraries' functions: a look into the registry. */
struct library_state *library_state_of(lua_State *L);

/* private: calls the interrupt and begins to count anew. */
void script_interrupt(lua_State *L, struct library_state *interpreter);

/*
 * To be called before so many steps of work that no hook sees. May raise an error: what isn't Lua's own memory would be
 * lost.
 */
static inline void script_steps(lua_State *L, struct library_state *interpreter, size_t steps)
{
    if (__builtin_expect(steps >= (size_t)interpreter->steps_left, 0))
        script_interrupt(L, interpreter);
    else
        interpreter->steps_left -= (int32_t)steps;
}

#endif
