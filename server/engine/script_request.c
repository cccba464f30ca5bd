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
    uint32_t flags = 0;
    size_t line_len;
    struct text error = TEXT_EMPTY;
    script_flags_read(text->data, text->len, &flags, &line_len, &error);
    text_deinit(&error);
    return flags;
}

static uint32_t flags_of_known(const struct arg *sha)
{
    struct script *script = sha->len == SHA1_HEX_LEN ? script_cache_find_any_case(sha->data) : NULL;
    uint32_t flags = script ? script->flags : 0;
    if (script)
        script_release(script);
    return flags;
}

static uint32_t flags_of_function(const struct arg *name)
{
    struct function_set *set = function_set_take();
    const struct function *function = function_set_find(set, name->data, name->len);
    uint32_t flags = function ? function->flags : 0;
    function_set_release(set);
    return flags;
}

bool script_request_reads(const struct command *command, const struct arg *argv, int argc)
{
    uint32_t flags = 0;
    if (command->flags & CMD_READONLY)
        return true;
    if (argc < 2)
        return false;
    if (strcmp(command->name, "eval") == 0)
        flags = flags_of_text(&argv[1]);
    else if (strcmp(command->name, "evalsha") == 0)
        flags = flags_of_known(&argv[1]);
    else
        flags = flags_of_function(&argv[1]);
    return flags & SCRIPT_NO_WRITES;
}
