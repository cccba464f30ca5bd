/*
 * Scripts and functions. What a script calls is asked for by itself, so running one needs no more than reading. To end
 * somebody's script, or to forget all of them, needs the right to write, as to change the functions does.
 */
#include "command/specs/spec.h"

#define SCRIPT_FLAGS (CMD_NOSCRIPT | CMD_STALE | CMD_SKIP_MONITOR | CMD_NO_MANDATORY_KEYS | CMD_UNLOCKED | CMD_SCRIPT)
#define RW_NOTES "We cannot tell how the keys will be used so we assume the worst, RW and UPDATE"
#define RO_NOTES "We cannot tell how the keys will be used so we assume the worst, RO and ACCESS"
#define SCRIPT_KEYS(key_flags, ...)                                                                          \
    SPEC_KEYS({.flags = (key_flags), .search = KEY_AT_INDEX, .index = 2, .find = KEY_FIND_KEYNUM,            \
               .keynum_index = 0, .first_key = 1, .key_step = 1, __VA_ARGS__})
#define SCRIPT_ARGS(what)                                                                                    \
    SPEC_ARGS({.name = (what), .type = ARG_STRING},                                                          \
              {.name = "numkeys", .type = ARG_INTEGER},                                                      \
              {.name = "key", .type = ARG_KEY, .key_spec = 1, .flags = ARG_OPTIONAL | ARG_MULTIPLE},         \
              {.name = "arg", .type = ARG_STRING, .flags = ARG_OPTIONAL | ARG_MULTIPLE})

static const struct command script_subcommands[] = {
    {
        .name = "debug", .full_name = "script|debug",
        .summary = "Sets the debug mode of scripts that follow.",
        .group = GROUP_SCRIPTING, .since = "3.2.0", .complexity = "O(1)",
        .arity = 3, .flags = CMD_NOSCRIPT, .categories = CAT_SCRIPTING, .run = cmd_script_debug,
        SPEC_ARGS({.name = "mode", .type = ARG_ONEOF,
                   SPEC_ARGS({.name = "yes", .type = ARG_PURE_TOKEN, .token = "YES"},
                             {.name = "sync", .type = ARG_PURE_TOKEN, .token = "SYNC"},
                             {.name = "no", .type = ARG_PURE_TOKEN, .token = "NO"})}),
    },
    {
        .name = "exists", .full_name = "script|exists",
        .summary = "Tells which of these scripts are known.",
        .group = GROUP_SCRIPTING, .since = "2.6.0", .complexity = "O(N), N being the number of scripts asked for",
        .arity = -3, .flags = CMD_NOSCRIPT, .categories = CAT_SCRIPTING, .run = cmd_script_exists,
        SPEC_ARGS({.name = "sha1", .type = ARG_STRING, .flags = ARG_MULTIPLE}),
        SPEC_TIPS("request_policy:all_shards", "response_policy:agg_logical_and"),
    },
    {
        .name = "flush", .full_name = "script|flush",
        .summary = "Forgets all scripts.",
        .group = GROUP_SCRIPTING, .since = "2.6.0", .complexity = "O(N), N being the number of known scripts",
        .arity = -2, .flags = CMD_NOSCRIPT, .access = ACCESS_WRITE, .categories = CAT_SCRIPTING,
        .run = cmd_script_flush,
        SPEC_HISTORY({"6.2.0", "The words ASYNC and SYNC were added."}),
        SPEC_ARGS({.name = "flush-type", .type = ARG_ONEOF, .since = "6.2.0", .flags = ARG_OPTIONAL,
                   SPEC_ARGS({.name = "async", .type = ARG_PURE_TOKEN, .token = "ASYNC"},
                             {.name = "sync", .type = ARG_PURE_TOKEN, .token = "SYNC"})}),
        SPEC_TIPS("request_policy:all_nodes", "response_policy:all_succeeded"),
    },
    {
        .name = "help", .full_name = "script|help",
        .summary = "Lists the subcommands.",
        .group = GROUP_SCRIPTING, .since = "5.0.0", .complexity = "O(1)",
        .arity = 2, .flags = CMD_LOADING | CMD_STALE, .categories = CAT_SCRIPTING, .run = cmd_script_help,
    },
    {
        .name = "kill", .full_name = "script|kill",
        .summary = "Ends the scripts that run long and have written nothing.",
        .group = GROUP_SCRIPTING, .since = "2.6.0", .complexity = "O(1)",
        .arity = 2, .flags = CMD_NOSCRIPT | CMD_ALLOW_BUSY, .access = ACCESS_WRITE, .categories = CAT_SCRIPTING,
        .run = cmd_script_kill,
        SPEC_TIPS("request_policy:all_shards", "response_policy:one_succeeded"),
    },
    {
        .name = "load", .full_name = "script|load",
        .summary = "Makes a script known without running it.",
        .group = GROUP_SCRIPTING, .since = "2.6.0", .complexity = "O(N), N being the length of the script",
        .arity = 3, .flags = CMD_NOSCRIPT | CMD_STALE | CMD_SCRIPT, .categories = CAT_SCRIPTING, .run = cmd_script_load,
        SPEC_ARGS({.name = "script", .type = ARG_STRING}),
        SPEC_TIPS("request_policy:all_nodes", "response_policy:all_succeeded"),
    },
};

#define POLICIES SPEC_TIPS("request_policy:all_shards", "response_policy:all_succeeded")

static const struct command function_subcommands[] = {
    {
        .name = "delete", .full_name = "function|delete",
        .summary = "Removes a library with its functions.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "O(N), N being the number of functions",
        .arity = 3, .flags = CMD_WRITE | CMD_NOSCRIPT, .categories = CAT_SCRIPTING, .run = cmd_function_delete,
        SPEC_ARGS({.name = "library-name", .type = ARG_STRING}),
        POLICIES,
    },
    {
        .name = "dump", .full_name = "function|dump",
        .summary = "Returns all libraries as a payload.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "O(N), N being the number of functions",
        .arity = 2, .flags = CMD_NOSCRIPT, .categories = CAT_SCRIPTING, .run = cmd_function_dump,
    },
    {
        .name = "flush", .full_name = "function|flush",
        .summary = "Removes all functions.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "O(N), N being the number of functions",
        .arity = -2, .flags = CMD_WRITE | CMD_NOSCRIPT, .categories = CAT_SCRIPTING, .run = cmd_function_flush,
        SPEC_ARGS({.name = "flush-type", .type = ARG_ONEOF, .flags = ARG_OPTIONAL,
                   SPEC_ARGS({.name = "async", .type = ARG_PURE_TOKEN, .token = "ASYNC"},
                             {.name = "sync", .type = ARG_PURE_TOKEN, .token = "SYNC"})}),
        POLICIES,
    },
    {
        .name = "help", .full_name = "function|help",
        .summary = "Lists the subcommands.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "O(1)",
        .arity = 2, .flags = CMD_LOADING | CMD_STALE, .categories = CAT_SCRIPTING, .run = cmd_function_help,
    },
    {
        .name = "kill", .full_name = "function|kill",
        .summary = "Ends the functions that run long and have written nothing.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "O(1)",
        .arity = 2, .flags = CMD_NOSCRIPT | CMD_ALLOW_BUSY, .access = ACCESS_WRITE, .categories = CAT_SCRIPTING,
        .run = cmd_function_kill,
        SPEC_TIPS("request_policy:all_shards", "response_policy:one_succeeded"),
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
        .name = "load", .full_name = "function|load",
        .summary = "Makes a library of functions known.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "O(N), N being the number of functions",
        .arity = -3, .flags = CMD_WRITE | CMD_DENYOOM | CMD_NOSCRIPT | CMD_SCRIPT, .categories = CAT_SCRIPTING,
        .run = cmd_function_load,
        SPEC_ARGS({.name = "replace", .type = ARG_PURE_TOKEN, .token = "REPLACE", .flags = ARG_OPTIONAL},
                  {.name = "function-code", .type = ARG_STRING}),
        POLICIES,
    },
    {
        .name = "restore", .full_name = "function|restore",
        .summary = "Brings the libraries of a payload back.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "O(N), N being the number of functions",
        .arity = -3, .flags = CMD_WRITE | CMD_DENYOOM | CMD_NOSCRIPT | CMD_SCRIPT, .categories = CAT_SCRIPTING,
        .run = cmd_function_restore,
        SPEC_ARGS({.name = "serialized-value", .type = ARG_STRING},
                  {.name = "policy", .type = ARG_ONEOF, .flags = ARG_OPTIONAL,
                   SPEC_ARGS({.name = "flush", .type = ARG_PURE_TOKEN, .token = "FLUSH"},
                             {.name = "append", .type = ARG_PURE_TOKEN, .token = "APPEND"},
                             {.name = "replace", .type = ARG_PURE_TOKEN, .token = "REPLACE"})}),
        POLICIES,
    },
    {
        .name = "stats", .full_name = "function|stats",
        .summary = "Tells which function runs long, and how many there are.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "O(1)",
        .arity = 2, .flags = CMD_NOSCRIPT | CMD_ALLOW_BUSY, .categories = CAT_SCRIPTING, .run = cmd_function_stats,
        SPEC_TIPS("nondeterministic_output", "request_policy:all_shards", "response_policy:special"),
    },
};

static const struct command commands[] = {
    {
        .name = "eval",
        .summary = "Runs a script in Lua.",
        .group = GROUP_SCRIPTING, .since = "2.6.0", .complexity = "Depends on the script.",
        .arity = -3, .flags = SCRIPT_FLAGS | CMD_MAY_REPLICATE, .categories = CAT_SCRIPTING, .run = cmd_eval,
        SCRIPT_KEYS(KEY_RW | KEY_ACCESS | KEY_UPDATE, .notes = RW_NOTES),
        SCRIPT_ARGS("script"),
    },
    {
        .name = "evalsha",
        .summary = "Runs a known script by its SHA-1.",
        .group = GROUP_SCRIPTING, .since = "2.6.0", .complexity = "Depends on the script.",
        .arity = -3, .flags = SCRIPT_FLAGS | CMD_MAY_REPLICATE, .categories = CAT_SCRIPTING, .run = cmd_evalsha,
        SCRIPT_KEYS(KEY_RW | KEY_ACCESS | KEY_UPDATE),
        SCRIPT_ARGS("sha1"),
    },
    {
        .name = "eval_ro",
        .summary = "Runs a script in Lua that only reads.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "Depends on the script.",
        .arity = -3, .flags = SCRIPT_FLAGS | CMD_READONLY, .categories = CAT_SCRIPTING, .run = cmd_eval_ro,
        SCRIPT_KEYS(KEY_RO | KEY_ACCESS, .notes = RO_NOTES),
        SCRIPT_ARGS("script"),
    },
    {
        .name = "evalsha_ro",
        .summary = "Runs a known script that only reads.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "Depends on the script.",
        .arity = -3, .flags = SCRIPT_FLAGS | CMD_READONLY, .categories = CAT_SCRIPTING, .run = cmd_evalsha_ro,
        SCRIPT_KEYS(KEY_RO | KEY_ACCESS),
        SCRIPT_ARGS("sha1"),
    },
    {
        .name = "fcall",
        .summary = "Runs a function.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "Depends on the function.",
        .arity = -3, .flags = SCRIPT_FLAGS | CMD_MAY_REPLICATE, .categories = CAT_SCRIPTING, .run = cmd_fcall,
        SCRIPT_KEYS(KEY_RW | KEY_ACCESS | KEY_UPDATE, .notes = RW_NOTES),
        SCRIPT_ARGS("function"),
    },
    {
        .name = "fcall_ro",
        .summary = "Runs a function that only reads.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "Depends on the function.",
        .arity = -3, .flags = SCRIPT_FLAGS | CMD_READONLY, .categories = CAT_SCRIPTING, .run = cmd_fcall_ro,
        SCRIPT_KEYS(KEY_RO | KEY_ACCESS, .notes = RO_NOTES),
        SCRIPT_ARGS("function"),
    },
    {
        .name = "script",
        .summary = "Holds the commands about scripts.",
        .group = GROUP_SCRIPTING, .since = "2.6.0", .complexity = "Depends on the subcommand.",
        .arity = -2,
        SPEC_SUBCOMMANDS(script_subcommands),
    },
    {
        .name = "function",
        .summary = "Holds the commands about functions.",
        .group = GROUP_SCRIPTING, .since = "7.0.0", .complexity = "Depends on the subcommand.",
        .arity = -2,
        SPEC_SUBCOMMANDS(function_subcommands),
    },
};

const struct command_family command_family_scripting = {COMMAND_LIST(commands)};
