#include "engine/script_request.h"

#include "base/bytes.h"
#include "base/text.h"
#include "command/command.h"
#include "script/function_set.h"
#include "script/script_cache.h"
#include "script/script_flags.h"

#include <string.h>

static uint32_t flags_of_text(const struct arg *text)
{
    uint32_t flags;
    size_t line_len;
    struct text error = TEXT_EMPTY;
    script_flags_read(text->data, text->len, &flags, &line_len, &error);
    text_deinit(&error);
    return flags;
}

static uint32_t flags_of_known(const struct arg *sha)
{
    struct script *script = sha->len == SHA1_HEX_LEN ? script_cache_find_any_case(sha->data) : NULL;
    uint32_t flags = script ? script->flags : SCRIPT_HAS_NO_FLAGS;
    if (script)
        script_release(script);
    return flags;
}

static uint32_t flags_of_function(const struct arg *name)
{
    struct function_set *set = function_set_take();
    const struct function *function = function_set_find(set, name->data, name->len);
    uint32_t flags = function ? function->flags : SCRIPT_HAS_NO_FLAGS;
    function_set_release(set);
    return flags;
}

/* SCRIPT_HAS_NO_FLAGS also for what isn't known or is wrong. */
static uint32_t flags_of(const struct command *command, const struct arg *argv, int argc)
{
    if (argc < 2)
        return SCRIPT_HAS_NO_FLAGS;
    if (strncmp(command->name, "evalsha", 7) == 0)
        return flags_of_known(&argv[1]);
    if (strncmp(command->name, "eval", 4) == 0)
        return flags_of_text(&argv[1]);
    if (strncmp(command->name, "fcall", 5) == 0)
        return flags_of_function(&argv[1]);
    return SCRIPT_HAS_NO_FLAGS;
}

bool script_request_reads(const struct command *command, const struct arg *argv, int argc)
{
    return (command->flags & CMD_READONLY) || (flags_of(command, argv, argc) & SCRIPT_NO_WRITES);
}

bool script_request_announces_writes(const struct command *command, const struct arg *argv, int argc)
{
    return !(flags_of(command, argv, argc) & (SCRIPT_HAS_NO_FLAGS | SCRIPT_NO_WRITES));
}

bool script_request_denies_oom(const struct command *command, const struct arg *argv, int argc)
{
    return !(flags_of(command, argv, argc) & (SCRIPT_HAS_NO_FLAGS | SCRIPT_ALLOW_OOM | SCRIPT_NO_WRITES));
}
