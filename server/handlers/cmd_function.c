/* FUNCTION and FCALL: functions in libraries, which stay until they are deleted. */
#include "base/glob.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "command/arguments.h"
#include "command/handlers.h"
#include "engine/load_functions.h"
#include "engine/run_script.h"
#include "engine/script_watch.h"
#include "persist/dump_payload.h"
#include "persist/rdb_records.h"
#include "persist/rdb_string.h"
#include "persist/rdb_type.h"
#include "script/bound_function.h"
#include "script/function_load.h"
#include "script/function_set.h"
#include "script/interpreters.h"
#include "script/script_flags.h"
#include "server.h"

#include <string.h>

#define FIRST_KEY 3 /* argument of FCALL */

static struct interpreter *take_interpreter(struct call *call)
{
    struct interpreter *interpreter = interpreter_here(INTERPRETER_FUNCTIONS);
    if (!interpreter)
        reply_error(call->reply, "ERR not enough memory");
    return interpreter;
}

/* ---- FCALL ---- */

static void push_function(struct interpreter *interpreter, const void *context)
{
    bound_push(interpreter, context);
}

static bool check_key_count(struct call *call)
{
    int64_t count;
    const struct arg *arg = &call->argv[2];
    if (!number_parse_i64(arg->data, arg->len, &count))
        reply_error(call->reply, "ERR Bad number of keys provided");
    else if (count > call->argc - FIRST_KEY)
        reply_error(call->reply, "ERR Number of keys can't be greater than number of args");
    else if (count < 0)
        reply_error(call->reply, "ERR Number of keys can't be negative");
    else
        return true;
    return false;
}

static void fcall(struct call *call, bool read_only)
{
    struct interpreter *interpreter = take_interpreter(call);
    struct function *function = interpreter ? bound_find(interpreter, call->argv[1].data, call->argv[1].len) : NULL;
    if (!interpreter)
        return;
    if (!function) {
        reply_error(call->reply, "ERR Function not found");
        return;
    }
    if (!check_key_count(call) || !load_function_here(call, interpreter, function))
        return;
    struct script_task task = {
        .name = function->name,
        .flags = function->flags,
        .read_only = read_only,
        .is_function = true,
        .reaches_out = &function->reaches_out,
        .has_run = &function->has_run,
        .push = push_function,
        .context = function,
    };
    run_script(call, interpreter, &task, FIRST_KEY);
}

/* FCALL function numkeys [key ...] [arg ...] */
void cmd_fcall(struct call *call)
{
    fcall(call, false);
}

void cmd_fcall_ro(struct call *call)
{
    fcall(call, true);
}

/* ---- making and removing libraries ---- */

/* As where a subcommand is unknown: with its name as it was sent. */
static void error_arguments(struct call *call)
{
    const struct arg *word = &call->argv[1];
    reply_errorf(call->reply, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try FUNCTION HELP.",
                 (int)word->len, word->data);
}

static bool is_known(const struct function_library *library)
{
    struct function_set *set = function_set_take();
    bool known = function_set_find_library(set, library->name, strlen(library->name));
    function_set_release(set);
    return known;
}

/* FUNCTION LOAD [REPLACE] code */
void cmd_function_load(struct call *call)
{
    struct text error = TEXT_EMPTY, name = TEXT_EMPTY;
    const struct arg *code = &call->argv[call->argc - 1];
    bool replaces = false;
    for (int i = 2; i < call->argc - 1; i++) {
        if (!arg_is(&call->argv[i], "replace")) {
            reply_errorf(call->reply, "ERR Unknown option given: %.*s", (int)call->argv[i].len, call->argv[i].data);
            return;
        }
        replaces = true;
    }
    struct function_library *library = function_load_read(code->data, code->len, &error);
    if (library && !replaces && is_known(library)) {
        text_addf(&error, "Library '%s' already exists", library->name);
        function_library_release(library);
        library = NULL;
    }
    if (library && !load_functions(call, library, &error)) {
        function_library_release(library);
        library = NULL;
    }
    if (library)
        text_add(&name, library->name);
    if (library && function_set_add(&library, 1, replaces, false, &error)) {
        call->view.events++;
        reply_bulk(call->reply, name.data, name.len);
    } else {
        reply_errorf(call->reply, "ERR %s", error.data);
    }
    text_deinit(&error);
    text_deinit(&name);
}

/* FUNCTION DELETE library */
void cmd_function_delete(struct call *call)
{
    if (!function_set_remove(call->argv[2].data, call->argv[2].len)) {
        reply_error(call->reply, "ERR Library not found");
        return;
    }
    call->view.events++;
    reply_ok(call->reply);
}

/* FUNCTION FLUSH [ASYNC|SYNC] */
void cmd_function_flush(struct call *call)
{
    bool plain = call->argc == 2;
    if (call->argc > 3) {
        error_arguments(call);
        return;
    }
    bool known = call->argc == 3 && (arg_is(&call->argv[2], "sync") || arg_is(&call->argv[2], "async"));
    if (!plain && !known) {
        reply_error(call->reply, "ERR FUNCTION FLUSH only supports SYNC|ASYNC option");
        return;
    }
    function_set_flush();
    call->view.events++;
    run_script_forget(INTERPRETER_FUNCTIONS);
    reply_ok(call->reply);
}

/* ---- telling ---- */

static void reply_flags(struct reply *reply, uint32_t flags)
{
    size_t count = (size_t)__builtin_popcount(flags);
    reply_set(reply, count);
    for (; flags; flags &= flags - 1)
        reply_simple(reply, script_flag_name(flags & (0 - flags)));
}

static void reply_function(struct reply *reply, const struct function *function)
{
    reply_map(reply, 3);
    reply_bulk_text(reply, "name");
    reply_bulk_text(reply, function->name);
    reply_bulk_text(reply, "description");
    if (function->description)
        reply_bulk(reply, function->description, function->description_len);
    else
        reply_null(reply);
    reply_bulk_text(reply, "flags");
    reply_flags(reply, function->flags);
}

static void reply_library(struct reply *reply, const struct function_library *library, bool with_code)
{
    reply_map(reply, with_code ? 4 : 3);
    reply_bulk_text(reply, "library_name");
    reply_bulk_text(reply, library->name);
    reply_bulk_text(reply, "engine");
    reply_bulk_text(reply, "LUA");
    reply_bulk_text(reply, "functions");
    reply_array(reply, library->count);
    for (unsigned i = 0; i < library->count; i++)
        reply_function(reply, &library->functions[i]);
    if (with_code) {
        reply_bulk_text(reply, "library_code");
        reply_bulk(reply, library->code, library->code_len);
    }
}

struct list_options {
    const struct arg *pattern;
    bool with_code;
};

static bool take_list_options(struct call *call, struct list_options *options)
{
    for (int i = 2; i < call->argc; i++) {
        if (!options->with_code && arg_is(&call->argv[i], "withcode")) {
            options->with_code = true;
        } else if (!options->pattern && arg_is(&call->argv[i], "libraryname")) {
            if (i + 1 == call->argc) {
                reply_error(call->reply, "ERR library name argument was not given");
                return false;
            }
            options->pattern = &call->argv[++i];
        } else {
            struct text error = TEXT_EMPTY; /* all of what was given is told, a line break at its end too */
            text_addf(&error, "ERR Unknown argument %.*s", (int)call->argv[i].len, call->argv[i].data);
            reply_error_bytes(call->reply, error.data, error.len);
            text_deinit(&error);
            return false;
        }
    }
    return true;
}

/* FUNCTION LIST [LIBRARYNAME pattern] [WITHCODE] */
void cmd_function_list(struct call *call)
{
    struct list_options options = {0};
    if (!take_list_options(call, &options))
        return;
    struct function_set *set = function_set_take();
    struct reply_hole hole = reply_defer(call->reply);
    size_t count = 0;
    for (unsigned i = 0; i < set->library_count; i++) {
        const struct function_library *library = set->libraries[i];
        const struct arg *pattern = options.pattern;
        if (pattern && !glob_match(pattern->data, pattern->len, library->name, strlen(library->name), true))
            continue;
        reply_library(call->reply, library, options.with_code);
        count++;
    }
    reply_defer_array(call->reply, hole, count);
    function_set_release(set);
}

/* FUNCTION STATS */
void cmd_function_stats(struct call *call)
{
    struct function_set *set = function_set_take();
    reply_map(call->reply, 2);
    reply_bulk_text(call->reply, "running_script");
    script_watch_describe(call->reply);
    reply_bulk_text(call->reply, "engines");
    reply_map(call->reply, 1);
    reply_bulk_text(call->reply, "LUA");
    reply_map(call->reply, 2);
    reply_bulk_text(call->reply, "libraries_count");
    reply_int(call->reply, set->library_count);
    reply_bulk_text(call->reply, "functions_count");
    reply_int(call->reply, set->function_count);
    function_set_release(set);
}

void cmd_function_kill(struct call *call)
{
    script_watch_kill(call, true);
}

/* ---- DUMP and RESTORE ---- */

void cmd_function_dump(struct call *call)
{
    struct text payload = TEXT_EMPTY;
    struct function_set *set = function_set_take();
    for (unsigned i = 0; i < set->library_count; i++) {
        rdb_add_library(&payload, (struct bytes){set->libraries[i]->code, set->libraries[i]->code_len},
                        call->server->config.rdbcompression);
    }
    dump_payload_seal(&payload, RDB_VERSION);
    reply_bulk(call->reply, payload.data, payload.len);
    text_deinit(&payload);
    function_set_release(set);
}

struct restoring {
    struct function_library **libraries;
    unsigned count;
};

/* Whether the payload has had a library of that name. */
static bool is_restored(const struct restoring *restoring, const char *name)
{
    for (unsigned i = 0; i < restoring->count; i++)
        if (strcmp(restoring->libraries[i]->name, name) == 0)
            return true;
    return false;
}

/* The function of the library that one before it in the payload has as well, or NULL. */
static const char *find_restored(const struct restoring *restoring, const struct function_library *library)
{
    for (unsigned k = 0; k < library->count; k++)
        for (unsigned i = 0; i < restoring->count; i++)
            for (unsigned n = 0; n < restoring->libraries[i]->count; n++)
                if (strcasecmp(restoring->libraries[i]->functions[n].name, library->functions[k].name) == 0)
                    return library->functions[k].name;
    return NULL;
}

/* A library from its code, with the functions that it registers. NULL: error says why not. */
static struct function_library *make_library(struct call *call, const struct restoring *restoring, const char *code,
                                             size_t len, struct text *error)
{
    const char *twice;
    struct function_library *library = function_load_read(code, len, error);
    if (!library)
        return NULL;
    if (is_restored(restoring, library->name))
        text_addf(error, "Library '%s' already exists", library->name);
    else if (load_functions(call, library, error) && (twice = find_restored(restoring, library)))
        text_addf(error, "Function %s already exists", twice);
    if (error->len == 0)
        return library;
    function_library_release(library);
    return NULL;
}

static bool take_libraries(struct call *call, struct bytes payload, struct restoring *restoring, struct text *error)
{
    struct rdb_source source = rdb_source_of(payload);
    while (source.at < source.end) {
        struct rdb_string code = {0};
        struct function_library *library = NULL;
        if ((unsigned char)*source.at++ != RDB_OPCODE_LIBRARY)
            text_add(error, "given type is not a function");
        else if (rdb_take_string(&source, &code) != RDB_READ)
            text_add(error, "Failed loading library payload");
        else
            library = make_library(call, restoring, code.text.data, code.text.len, error);
        rdb_string_deinit(&code);
        if (!library)
            return false;
        restoring->libraries = mem_realloc(restoring->libraries, (restoring->count + 1) * sizeof *restoring->libraries);
        restoring->libraries[restoring->count++] = library;
    }
    return true;
}

/* FUNCTION RESTORE payload [FLUSH|APPEND|REPLACE] */
void cmd_function_restore(struct call *call)
{
    struct text error = TEXT_EMPTY;
    struct restoring restoring = {0};
    struct bytes payload = {call->argv[2].data, call->argv[2].len};
    const struct arg *policy = call->argc > 3 ? &call->argv[3] : NULL;
    bool replaces = policy && arg_is(policy, "replace"), flushes = policy && arg_is(policy, "flush");
    if (call->argc > 4) {
        error_arguments(call);
        return;
    }
    if (policy && !replaces && !flushes && !arg_is(policy, "append")) {
        reply_error(call->reply, "ERR Wrong restore policy given, value should be either FLUSH, APPEND or REPLACE.");
        return;
    }
    unsigned version;
    if (!dump_payload_open(&payload, &version)) {
        reply_error(call->reply, "ERR DUMP payload version or checksum are wrong");
        return;
    }
    if (take_libraries(call, payload, &restoring, &error)) {
        if (function_set_add(restoring.libraries, restoring.count, replaces, flushes, &error)) {
            call->view.events++;
            reply_ok(call->reply);
        }
        restoring.count = 0;
    }
    if (error.len > 0)
        reply_errorf(call->reply, "ERR %s", error.data);
    for (unsigned i = 0; i < restoring.count; i++)
        function_library_release(restoring.libraries[i]);
    mem_free(restoring.libraries);
    text_deinit(&error);
}

void cmd_function_help(struct call *call)
{
    static const char *const lines[] = {
        "DELETE <library-name>",
        "    Remove a library with its functions.",
        "DUMP",
        "    Return all libraries as a payload for RESTORE.",
        "FLUSH [ASYNC|SYNC]",
        "    Remove all functions.",
        "KILL",
        "    End the functions that run long and have written nothing.",
        "LIST [LIBRARYNAME PATTERN] [WITHCODE]",
        "    List libraries with their functions.",
        "LOAD [REPLACE] <code>",
        "    Make a library of functions known.",
        "RESTORE <payload> [FLUSH|APPEND|REPLACE]",
        "    Bring the libraries of a payload back.",
        "STATS",
        "    Tell which function runs long, and how many there are.",
    };
    reply_help(call->reply, "FUNCTION", lines, sizeof lines / sizeof lines[0]);
}
