/* EVAL and its relatives: scripts that come with the request, or are known by their SHA-1. */
#include "base/sha1.h"
#include "base/text.h"
#include "command/arguments.h"
#include "command/handlers.h"
#include "engine/run_script.h"
#include "engine/script_watch.h"
#include "script/compiled.h"
#include "script/script_cache.h"

#include <string.h>

#define FIRST_KEY 3 /* argument */

/* The number of keys, which command_keys() finds only if it is right. */
static bool check_key_count(struct call *call)
{
    int64_t count;
    if (!argument_i64(call, &call->argv[2], &count))
        return false;
    if (count > call->argc - FIRST_KEY)
        reply_error(call->reply, "ERR Number of keys can't be greater than number of args");
    else if (count < 0)
        reply_error(call->reply, "ERR Number of keys can't be negative");
    else
        return true;
    return false;
}

static void push_script(struct interpreter *interpreter, const void *context)
{
    compiled_push(interpreter, context);
}

static void run_known(struct call *call, struct interpreter *interpreter, struct script *script, bool read_only)
{
    char name[SHA1_HEX_LEN + 1];
    memcpy(name, script->sha, SHA1_HEX_LEN);
    name[SHA1_HEX_LEN] = '\0';
    struct script_task task = {
        .name = name,
        .flags = script->flags,
        .read_only = read_only,
        .reaches_out = &script->reaches_out,
        .has_run = &script->has_run,
        .push = push_script,
        .context = script,
    };
    run_script(call, interpreter, &task, FIRST_KEY);
}

static struct interpreter *take_interpreter(struct call *call)
{
    struct interpreter *interpreter = compiled_interpreter();
    if (!interpreter)
        reply_error(call->reply, "ERR not enough memory");
    return interpreter;
}

static void eval(struct call *call, bool read_only)
{
    char sha[SHA1_HEX_LEN];
    struct text error = TEXT_EMPTY;
    struct interpreter *interpreter = check_key_count(call) ? take_interpreter(call) : NULL;
    if (!interpreter)
        return;
    sha1_hex(sha, call->argv[1].data, call->argv[1].len);
    struct script *script = compiled_make(interpreter, sha, call->argv[1].data, call->argv[1].len, false, &error);
    if (script)
        run_known(call, interpreter, script, read_only);
    else
        reply_errorf(call->reply, "ERR %s", error.data);
    text_deinit(&error);
}

static void evalsha(struct call *call, bool read_only)
{
    char sha[SHA1_HEX_LEN];
    struct script *script = NULL;
    const struct arg *text = &call->argv[1];
    if (text->len == SHA1_HEX_LEN && !check_key_count(call))
        return;
    struct interpreter *interpreter = take_interpreter(call);
    if (!interpreter)
        return;
    if (text->len == SHA1_HEX_LEN) /* nearly always in lower case, and known */
        script = compiled_find(interpreter, text->data);
    if (!script && script_sha_read(text->data, text->len, sha))
        script = compiled_find(interpreter, sha);
    if (script)
        run_known(call, interpreter, script, read_only);
    else
        reply_error(call->reply, "NOSCRIPT No matching script. Please use EVAL.");
}

/* EVAL script numkeys [key ...] [arg ...] */
void cmd_eval(struct call *call)
{
    eval(call, false);
}

void cmd_eval_ro(struct call *call)
{
    eval(call, true);
}

/* EVALSHA sha1 numkeys [key ...] [arg ...] */
void cmd_evalsha(struct call *call)
{
    evalsha(call, false);
}

void cmd_evalsha_ro(struct call *call)
{
    evalsha(call, true);
}

/* ---- SCRIPT ---- */

/* SCRIPT LOAD script */
void cmd_script_load(struct call *call)
{
    char sha[SHA1_HEX_LEN];
    struct text error = TEXT_EMPTY;
    const struct arg *text = &call->argv[2];
    struct interpreter *interpreter = take_interpreter(call);
    if (!interpreter)
        return;
    sha1_hex(sha, text->data, text->len);
    if (compiled_make(interpreter, sha, text->data, text->len, true, &error))
        reply_bulk(call->reply, sha, sizeof sha);
    else
        reply_errorf(call->reply, "ERR %s", error.data);
    text_deinit(&error);
}

/* SCRIPT EXISTS sha1 [sha1 ...] */
void cmd_script_exists(struct call *call)
{
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc; i++) {
        const struct arg *sha = &call->argv[i];
        struct script *script = sha->len == SHA1_HEX_LEN ? script_cache_find_any_case(sha->data) : NULL;
        reply_int(call->reply, script != NULL);
        if (script)
            script_release(script);
    }
}

/* SCRIPT FLUSH [ASYNC|SYNC] */
void cmd_script_flush(struct call *call)
{
    if (call->argc > 3 || (call->argc == 3 && !arg_is(&call->argv[2], "sync") && !arg_is(&call->argv[2], "async"))) {
        reply_error(call->reply, "ERR SCRIPT FLUSH only support SYNC|ASYNC option");
        return;
    }
    script_cache_flush();
    run_script_forget(INTERPRETER_SCRIPTS);
    reply_ok(call->reply);
}

void cmd_script_kill(struct call *call)
{
    script_watch_kill(call, false);
}

/* There is no debugger: what would turn it on is refused. */
void cmd_script_debug(struct call *call)
{
    if (arg_is(&call->argv[2], "no"))
        reply_ok(call->reply);
    else if (arg_is(&call->argv[2], "yes") || arg_is(&call->argv[2], "sync"))
        reply_error(call->reply, "ERR kvs has no debugger for scripts");
    else
        reply_error(call->reply, "ERR Use SCRIPT DEBUG YES/SYNC/NO");
}

void cmd_script_help(struct call *call)
{
    static const char *const lines[] = {
        "DEBUG (YES|SYNC|NO)",
        "    NO is accepted; there is no debugger.",
        "EXISTS <sha1> [<sha1> ...]",
        "    Tell which of these scripts are known.",
        "FLUSH [ASYNC|SYNC]",
        "    Forget all scripts.",
        "KILL",
        "    End the scripts that run long and have written nothing.",
        "LOAD <script>",
        "    Make a script known without running it.",
    };
    reply_help(call->reply, "SCRIPT", lines, sizeof lines / sizeof lines[0]);
}
