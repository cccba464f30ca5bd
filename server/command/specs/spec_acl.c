/*
 * The ACL family: users and what they may do.
 *
 * Facts that clients rely on (arity, flags, arguments, versions) are those of Redis 7.2; the sentences are
 * ours. The terms are explained in command/command.h and spec.h.
 */
#include "command/specs/spec.h"

#define ACL_FLAGS (CMD_NOSCRIPT | CMD_LOADING | CMD_STALE)

static const struct command acl_subcommands[] = {
    {
        .name = "cat", .full_name = "acl|cat",
        .summary = "Lists the categories of commands, or the commands of one.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "O(N), N being the number of commands",
        .arity = -2, .flags = ACL_FLAGS, .run = cmd_acl_cat,
        SPEC_ARGS({.name = "category", .type = ARG_STRING, .flags = ARG_OPTIONAL}),
    },
    {
        .name = "deluser", .full_name = "acl|deluser",
        .summary = "Deletes users and disconnects whoever is logged in as one of them.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "O(N), N being the number of connections",
        .arity = -3, .flags = ACL_FLAGS | CMD_ADMIN | CMD_EXCLUSIVE, .run = cmd_acl_deluser,
        SPEC_ARGS({.name = "username", .type = ARG_STRING, .flags = ARG_MULTIPLE}),
        SPEC_TIPS("request_policy:all_nodes", "response_policy:all_succeeded"),
    },
    {
        .name = "dryrun", .full_name = "acl|dryrun",
        .summary = "Tells whether a user may run a command, without running it.",
        .group = GROUP_SERVER, .since = "7.0.0", .complexity = "O(1)",
        .arity = -4, .flags = ACL_FLAGS | CMD_ADMIN, .run = cmd_acl_dryrun,
        SPEC_SECRET(SECRET_COMMAND, .from = 3),
        SPEC_ARGS({.name = "username", .type = ARG_STRING},
                  {.name = "command", .type = ARG_STRING},
                  {.name = "arg", .type = ARG_STRING, .flags = ARG_OPTIONAL | ARG_MULTIPLE}),
    },
    {
        .name = "genpass", .full_name = "acl|genpass",
        .summary = "Makes a random password.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "O(1)",
        .arity = -2, .flags = ACL_FLAGS, .run = cmd_acl_genpass,
        SPEC_ARGS({.name = "bits", .type = ARG_INTEGER, .flags = ARG_OPTIONAL}),
    },
    {
        .name = "getuser", .full_name = "acl|getuser",
        .summary = "Shows a user's flags, password hashes and rules.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "O(N), N being the number of the user's rules",
        .arity = 3, .flags = ACL_FLAGS | CMD_ADMIN, .run = cmd_acl_getuser,
        SPEC_ARGS({.name = "username", .type = ARG_STRING}),
        SPEC_HISTORY({"6.2.0", "Tells channels."},
                     {"7.0.0", "Tells selectors, and keys and channels as rules rather than lists."}),
    },
    {
        .name = "list", .full_name = "acl|list",
        .summary = "Lists all users with their rules, as they stand in a file.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "O(N), N being the number of users",
        .arity = 2, .flags = ACL_FLAGS | CMD_ADMIN, .run = cmd_acl_list,
    },
    {
        .name = "load", .full_name = "acl|load",
        .summary = "Reads the users from the ACL file again.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "O(N), N being the number of users",
        .arity = 2, .flags = ACL_FLAGS | CMD_ADMIN | CMD_EXCLUSIVE, .run = cmd_acl_load,
    },
    {
        .name = "log", .full_name = "acl|log",
        .summary = "Shows who was refused what lately, or forgets it.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "O(N), N being the number of entries shown",
        .arity = -2, .flags = ACL_FLAGS | CMD_ADMIN, .run = cmd_acl_log,
        SPEC_ARGS({.name = "operation", .type = ARG_ONEOF, .flags = ARG_OPTIONAL,
                   SPEC_ARGS({.name = "count", .type = ARG_INTEGER},
                             {.name = "reset", .type = ARG_PURE_TOKEN, .token = "RESET"})}),
        SPEC_HISTORY({"7.2.0", "Tells an entry's number, when it was made and when it was last added to."}),
    },
    {
        .name = "save", .full_name = "acl|save",
        .summary = "Writes all users to the ACL file.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "O(N), N being the number of users",
        .arity = 2, .flags = ACL_FLAGS | CMD_ADMIN | CMD_EXCLUSIVE, .run = cmd_acl_save,
        SPEC_TIPS("request_policy:all_nodes", "response_policy:all_succeeded"),
    },
    {
        .name = "setuser", .full_name = "acl|setuser",
        .summary = "Makes a user or changes its rules: all of the rules given, or none if one is refused.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "O(N), N being the number of rules",
        .arity = -3, .flags = ACL_FLAGS | CMD_ADMIN | CMD_EXCLUSIVE, .run = cmd_acl_setuser,
        SPEC_SECRET(SECRET_ARGUMENTS, .from = 2),
        SPEC_ARGS({.name = "username", .type = ARG_STRING},
                  {.name = "rule", .type = ARG_STRING, .flags = ARG_OPTIONAL | ARG_MULTIPLE}),
        SPEC_HISTORY({"6.2.0", "New rules for channels."},
                     {"7.0.0", "New rules for selectors, and for reading and writing keys."}),
        SPEC_TIPS("request_policy:all_nodes", "response_policy:all_succeeded"),
    },
    {
        .name = "users", .full_name = "acl|users",
        .summary = "Lists the names of all users.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "O(N), N being the number of users",
        .arity = 2, .flags = ACL_FLAGS | CMD_ADMIN, .run = cmd_acl_users,
    },
    {
        .name = "whoami", .full_name = "acl|whoami",
        .summary = "Tells which user the connection is.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "O(1)",
        .arity = 2, .flags = ACL_FLAGS, .run = cmd_acl_whoami,
    },
    {
        .name = "help", .full_name = "acl|help",
        .summary = "Lists the subcommands.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "O(1)",
        .arity = 2, .flags = CMD_LOADING | CMD_STALE, .run = cmd_acl_help,
    },
};

static const struct command commands[] = {
    {
        .name = "acl",
        .summary = "Holds the commands about users and their rights.",
        .group = GROUP_SERVER, .since = "6.0.0", .complexity = "Depends on the subcommand.",
        .arity = -2,
        SPEC_SUBCOMMANDS(acl_subcommands),
    },
};

const struct command_family command_family_acl = {COMMAND_LIST(commands)};
