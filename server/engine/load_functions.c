#include "engine/load_functions.h"

#include "base/clock.h"
#include "base/text.h"
#include "command/call.h"
#include "engine/script_pause.h"
#include "engine/script_watch.h"
#include "script/bound_function.h"
#include "script/function_load.h"
#include "script/function_set.h"
#include "script/interpreters.h"

#define LIMIT_NS 500000000

struct load {
    struct script_keeper keeper; /* first */
    struct interpreter *interpreter;
    struct script_watch watch;
    bool is_late;
};

static void look(struct script_keeper *keeper)
{
    struct load *load = (struct load *)keeper;
    load->is_late = clock_monotonic_ns() - load->watch.began_ns > LIMIT_NS;
    if (load->is_late || !script_pause(&load->watch))
        interpreter_abort(load->interpreter);
}

static struct load begin(struct interpreter *interpreter)
{
    struct script_keeper keeper = {.pause = look, .resp = 2, .now_ns = clock_monotonic_ns()};
    return (struct load){.keeper = keeper, .interpreter = interpreter};
}

static void note_end(const struct load *load, bool done, struct text *error)
{
    if (!done && error->len == 0)
        text_add(error, load->is_late ? "Error registering functions: ERR FUNCTION LOAD timeout"
                                      : "Error registering functions: ERR Script killed by user with SCRIPT KILL...");
}

bool load_functions(struct call *call, struct function_library *library, struct text *error_out)
{
    struct interpreter *interpreter = interpreter_here(INTERPRETER_FUNCTIONS);
    if (!interpreter) {
        text_add(error_out, "not enough memory");
        return false;
    }
    struct load load = begin(interpreter);
    script_watch_begin(&load.watch, call, library->name, true, load.keeper.now_ns);
    bool done = function_load_fill(interpreter, &load.keeper, library, error_out);
    script_watch_end(&load.watch);
    note_end(&load, done, error_out);
    return done;
}

/* Nobody waits for it but the start. */
static void look_at_start(struct script_keeper *keeper)
{
    struct load *load = (struct load *)keeper;
    load->is_late = clock_monotonic_ns() - load->keeper.now_ns > LIMIT_NS;
    if (load->is_late)
        interpreter_abort(load->interpreter);
}

bool load_functions_at_start(struct function_library *library, struct text *error_out)
{
    struct interpreter *interpreter = interpreter_here(INTERPRETER_FUNCTIONS);
    if (!interpreter) {
        text_add(error_out, "not enough memory");
        return false;
    }
    struct load load = begin(interpreter);
    load.keeper.pause = look_at_start;
    bool done = function_load_fill(interpreter, &load.keeper, library, error_out);
    note_end(&load, done, error_out);
    return done;
}

void load_functions_end_start(void)
{
    interpreter_drop(INTERPRETER_FUNCTIONS);
}

bool load_function_here(struct call *call, struct interpreter *interpreter, const struct function *function)
{
    struct load load = begin(interpreter);
    struct text error = TEXT_EMPTY;
    script_watch_begin(&load.watch, call, function->name, true, load.keeper.now_ns);
    bool done = bound_prepare(interpreter, &load.keeper, function, &error);
    script_watch_end(&load.watch);
    note_end(&load, done, &error);
    if (!done)
        reply_errorf(call->reply, "ERR %s", error.data);
    text_deinit(&error);
    return done;
}
