#include "script/interpreter.h"

#include "base/clock.h"
#include "base/counter.h"
#include "base/memory.h"
#include "script/lua_blocks.h"

#include <lauxlib.h>
#include <stdatomic.h>
#include <stdio.h>

#define LIMIT ((size_t)256 << 20)         /* bytes of one interpreter */
#define HOOK_INSTRUCTIONS 10000           /* some tenths of a millisecond */
#define ASK_NS 5000000                    /* the keeper is asked so often */
#define STEP_KIB 256                      /* that are collected at a time */
#define PUBLISHED_STEP ((size_t)16 << 10) /* bytes that a thread's count may differ from what others see of it */

/* All workers write to it, so each does so only now and then. */
static atomic_size_t all_memory[INTERPRETER_KINDS];

static void publish_memory(struct interpreter *interpreter)
{
    atomic_fetch_add_explicit(&all_memory[interpreter->kind], interpreter->memory - interpreter->published_memory,
                              memory_order_relaxed);
    interpreter->published_memory = interpreter->memory;
}

static void count_memory(struct interpreter *interpreter, size_t more, size_t less)
{
    interpreter->memory += more - less;
    if (interpreter->memory - interpreter->published_memory + PUBLISHED_STEP > 2 * PUBLISHED_STEP)
        publish_memory(interpreter);
}

static void *allocate(void *context, void *ptr, size_t old_size, size_t size)
{
    struct interpreter *interpreter = context;
    if (size > old_size &&
        (size > INTERPRETER_BLOCK_MAX || interpreter->memory + (size - old_size) > interpreter->limit))
        return NULL;
    void *moved = lua_blocks_move(&interpreter->blocks, ptr, old_size, size);
    if (!moved && size > old_size)
        return NULL;
    if (!moved && size > 0)
        return ptr; /* Lua relies on it that less can always be had */
    count_memory(interpreter, size, old_size);
    return moved;
}

struct interpreter *interpreter_of(lua_State *lua)
{
    void *context;
    lua_getallocf(lua, &context);
    return context;
}

void interpreter_destroy(struct interpreter *interpreter)
{
    if (interpreter->lua)
        lua_close(interpreter->lua);
    lua_blocks_deinit(&interpreter->blocks);
    publish_memory(interpreter);
    if (interpreter->forget)
        interpreter->forget(interpreter);
    output_clear(&interpreter->reply);
    mem_free(interpreter->reply_text);
    mem_free(interpreter->argv);
    mem_free(interpreter);
}

struct interpreter *interpreter_create(enum interpreter_kind kind)
{
    struct interpreter *interpreter = mem_calloc(sizeof *interpreter);
    interpreter->kind = kind;
    interpreter->limit = LIMIT;
    interpreter->error_handler = LUA_NOREF;
    interpreter->lua = lua_newstate(allocate, interpreter);
    if (interpreter->lua)
        return interpreter;
    interpreter_destroy(interpreter);
    return NULL;
}

size_t interpreters_memory(enum interpreter_kind kind)
{
    return atomic_load_explicit(&all_memory[kind], memory_order_relaxed);
}

/* ---- while a script runs ---- */

void interpreter_abort(struct interpreter *interpreter)
{
    interpreter->aborted = true;
}

/* Where the script was when it was aborted. */
static void note_place(lua_State *lua, struct interpreter *interpreter)
{
    lua_Debug place;
    for (int level = 0; interpreter->abort_place[0] == '\0' && lua_getstack(lua, level, &place); level++)
        if (lua_getinfo(lua, "Sl", &place) && place.currentline > 0)
            snprintf(interpreter->abort_place, sizeof interpreter->abort_place, "%.40s:%d", place.source,
                     place.currentline);
}

void interpreter_check_at(lua_State *lua, int64_t now_ns)
{
    struct interpreter *interpreter = interpreter_of(lua);
    if (!interpreter->aborted && now_ns - interpreter->asked_ns >= ASK_NS) {
        interpreter->keeper->pause(interpreter->keeper);
        interpreter->asked_ns = clock_monotonic_ns();
    }
    if (interpreter->aborted) {
        note_place(lua, interpreter);
        lua_pushnil(lua);
        lua_error(lua);
    }
}

void interpreter_check(lua_State *lua)
{
    if (interpreter_of(lua)->keeper)
        interpreter_check_at(lua, clock_monotonic_ns());
}

void interpreter_go_on(struct interpreter *interpreter, struct script_keeper *keeper)
{
    interpreter->keeper = keeper;
    snprintf(interpreter->abort_place, sizeof interpreter->abort_place, "its reply");
}

void interpreter_is_done(struct interpreter *interpreter)
{
    interpreter->keeper = NULL;
}

static int collect_step(lua_State *lua)
{
    bool *cycle_ended = lua_touserdata(lua, 1);
    *cycle_ended = lua_gc(lua, LUA_GCSTEP, STEP_KIB) == 1;
    return 0;
}

void interpreter_tidy(struct interpreter *interpreter, struct script_keeper *keeper)
{
    int cycles = 0; /* the one that has begun finds only what was left before */
    while (cycles < 2 && interpreter->memory > INTERPRETER_KEPT) {
        bool cycle_ended = false;
        if (!interpreter_protect(interpreter, collect_step, &cycle_ended))
            return;
        cycles += cycle_ended;
        int64_t now_ns = clock_monotonic_ns();
        if (now_ns - interpreter->asked_ns >= ASK_NS) {
            keeper->pause(keeper);
            interpreter->asked_ns = now_ns;
        }
    }
}

static void look_up(lua_State *lua, lua_Debug *activation)
{
    (void)activation;
    interpreter_check(lua);
}

bool interpreter_protect(struct interpreter *interpreter, lua_CFunction function, void *context)
{
    if (lua_cpcall(interpreter->lua, function, context) == 0)
        return true;
    lua_settop(interpreter->lua, 0);
    return false;
}

bool interpreter_call(struct interpreter *interpreter, struct script_keeper *keeper, int count)
{
    lua_State *lua = interpreter->lua;
    int function = lua_gettop(lua) - count;
    lua_rawgeti(lua, LUA_REGISTRYINDEX, interpreter->error_handler);
    lua_insert(lua, function);
    interpreter->keeper = keeper;
    interpreter->aborted = false;
    interpreter->abort_place[0] = '\0';
    interpreter->asked_ns = keeper->now_ns;
    lua_sethook(lua, look_up, LUA_MASKCOUNT, HOOK_INSTRUCTIONS);
    bool done = lua_pcall(lua, count, 1, function) == 0;
    lua_sethook(lua, NULL, 0, 0);
    interpreter->keeper = NULL;
    lua_remove(lua, function);
    return done && !interpreter->aborted;
}
