#include "script/bound_function.h"

#include "base/memory.h"
#include "base/text.h"
#include "script/function_load.h"
#include "script/function_set.h"

#include <lauxlib.h>
#include <string.h>

struct bound_library {
    struct function_library *library; /* of the set */
    int *functions;                   /* references in Lua's registry, by number; NULL: it hasn't been run */
};

struct bound_set {
    struct function_set *set; /* retained */
    uint64_t generation;
    struct bound_library *libraries; /* by number in the set */
};

static int let_go(lua_State *lua)
{
    const struct bound_library *bound = lua_touserdata(lua, 1);
    for (unsigned i = 0; i < bound->library->count; i++)
        luaL_unref(lua, LUA_REGISTRYINDEX, bound->functions[i]);
    return 0;
}

static void unbind(struct interpreter *interpreter, struct bound_library *bound)
{
    if (bound->functions && !interpreter_protect(interpreter, let_go, bound))
        interpreter->is_spoilt = true; /* Lua's list of free references may need memory */
    mem_free(bound->functions);
}

static void drop_set(struct bound_set *bound)
{
    mem_free(bound->libraries);
    function_set_release(bound->set);
    mem_free(bound);
}

static void bound_forget(struct interpreter *interpreter)
{
    struct bound_set *bound = interpreter->bound;
    if (!bound)
        return;
    for (unsigned i = 0; i < bound->set->library_count; i++)
        mem_free(bound->libraries[i].functions);
    drop_set(bound);
    interpreter->bound = NULL;
}

/* Takes over what is bound of a library that is in the next set as well. */
static void carry_over(struct interpreter *interpreter, struct bound_set *before, struct bound_set *next)
{
    for (unsigned i = 0; i < before->set->library_count; i++) {
        struct bound_library *bound = &before->libraries[i];
        unsigned k = 0;
        while (k < next->set->library_count && next->libraries[k].library != bound->library)
            k++;
        if (k < next->set->library_count)
            next->libraries[k] = *bound;
        else
            unbind(interpreter, bound);
    }
}

/* The current set. */
static struct bound_set *bound_set(struct interpreter *interpreter)
{
    uint64_t generation = function_set_generation();
    struct bound_set *before = interpreter->bound;
    if (before && before->generation == generation)
        return before;
    struct bound_set *next = mem_alloc(sizeof *next);
    *next = (struct bound_set){function_set_take(), generation, NULL};
    next->libraries = mem_calloc((next->set->library_count + 1) * sizeof *next->libraries);
    for (unsigned i = 0; i < next->set->library_count; i++)
        next->libraries[i].library = next->set->libraries[i];
    if (before) {
        carry_over(interpreter, before, next);
        drop_set(before);
    }
    interpreter->bound = next;
    interpreter->forget = bound_forget;
    return next;
}

struct function *bound_find(struct interpreter *interpreter, const char *name, size_t len)
{
    return function_set_find(bound_set(interpreter)->set, name, len);
}

static struct bound_library *library_of(const struct interpreter *interpreter, const struct function *function)
{
    struct bound_library *bound = interpreter->bound->libraries;
    while (bound->library != function->library)
        bound++;
    return bound;
}

/* The references of what was registered, in the order in which the library has its functions. */
static bool bind_all(struct bound_library *bound, const struct registration *registration)
{
    const struct function_library *library = bound->library;
    int *functions = mem_alloc(library->count * sizeof *functions);
    bool all = registration->count == library->count;
    for (unsigned i = 0; all && i < library->count; i++) {
        unsigned k = 0;
        while (k < registration->count && strcmp(registration->functions[k].name, library->functions[i].name) != 0)
            k++;
        all = k < registration->count;
        functions[i] = all ? registration->functions[k].function : LUA_NOREF;
    }
    bound->functions = functions;
    if (!all) {
        mem_free(functions);
        bound->functions = NULL;
    }
    return all;
}

bool bound_prepare(struct interpreter *interpreter, struct script_keeper *keeper, const struct function *function,
                   struct text *error_out)
{
    struct registration registration;
    struct bound_library *bound = library_of(interpreter, function);
    if (bound->functions)
        return true;
    bool done = function_load_run(interpreter, keeper, bound->library, &registration, error_out);
    if (done && !bind_all(bound, &registration)) {
        text_add(error_out, "the library doesn't register the same functions each time");
        registration_drop(interpreter, &registration);
        return false;
    }
    registration_deinit(&registration);
    return done;
}

void bound_push(struct interpreter *interpreter, const struct function *function)
{
    lua_rawgeti(interpreter->lua, LUA_REGISTRYINDEX, library_of(interpreter, function)->functions[function->number]);
}
