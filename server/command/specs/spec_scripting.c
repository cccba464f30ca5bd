/*
 * FUNCTION, as far as it makes sense without scripts: there are never any functions, so listing and removing
 * all of them is easy. Test suites and tools begin with that to find an empty server.
 */
#include "command/specs/spec.h"

static const struct command function_subcommands[] = {
    {
        .name = "flush", .full_name = "function|flush",
        .summary = "Removes all functions.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "O(N), N being the number of functions",
        .arity = -2, .flags = CMD_WRITE | CMD_NOSCRIPT, .categories = CAT_SCRIPTING, .run = cmd_function_flush,
        SPEC_ARGS({.name = "flush-type", .type = ARG_ONEOF, .flags = ARG_OPTIONAL,
                   SPEC_ARGS({.name = "async", .type = ARG_PURE_TOKEN, .token = "ASYNC"},
                             {.name = "sync", .type = ARG_PURE_TOKEN, .token = "SYNC"})}),
        SPEC_TIPS("request_policy:all_shards", "response_policy:all_succeeded"),
    },
    {
        .name = "list", .full_name = "function|list",
        .summary = "Lists libraries with their functions.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "O(N), N being the number of functions",
        .arity = -2, .flags = CMD_NOSCRIPT, .categories = CAT_SCRIPTING, .run = cmd_function_list,
        SPEC_ARGS({.name = "library-name-pattern", .type = ARG_STRING, .token = "LIBRARYNAME", .flags = ARG_OPTIONAL},
                  {.name = "withcode", .type = ARG_PURE_TOKEN, .token = "WITHCODE", .flags = ARG_OPTIONAL}),
        SPEC_TIPS("nondeterministic_output_order"),
    },
    {
        .name = "help", .full_name = "function|help",
        .summary = "Lists the subcommands.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "O(1)",
        .arity = 2, .flags = CMD_LOADING | CMD_STALE, .categories = CAT_SCRIPTING, .run = cmd_function_help,
    },
};

static const struct command commands[] = {
    {
        .name = "function",
        .summary = "Holds the commands about functions.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "Depends on the subcommand.",
        .arity = -2,
        SPEC_SUBCOMMANDS(function_subcommands),
    },
};

const struct command_family command_family_scripting = {COMMAND_LIST(commands)};
