/*
 * Transactions: several commands as one, and what may not change before them.
 *
 * Facts that clients rely on are those of Redis 7.2; the sentences are ours. See command/command.h and spec.h.
 */
#include "command/specs/spec.h"

#define QUICK_FLAGS (CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_FAST | CMD_ALLOW_BUSY)

static const struct command commands[] = {
    {
        .name = "multi",
        .summary = "Begins a transaction: what follows is queued until EXEC.",
        .group = GROUP_TRANSACTIONS, .since = "1.2.0", .complexity = "O(1)",
        .arity = 1, .flags = QUICK_FLAGS | CMD_NOT_QUEUED, .categories = CAT_TRANSACTION, .run = cmd_multi,
    },
    {
        .name = "exec",
        .summary = "Runs all that was queued since MULTI, as one, unless a watched key has changed.",
        .group = GROUP_TRANSACTIONS, .since = "1.2.0", .complexity = "Depends on the commands in the transaction",
        .arity = 1,
        .flags = CMD_NOSCRIPT | CMD_LOADING | CMD_STALE | CMD_SKIP_SLOWLOG | CMD_NOT_QUEUED | CMD_EXECUTES,
        .categories = CAT_TRANSACTION, .run = cmd_exec,
    },
    {
        .name = "discard",
        .summary = "Ends the transaction without running anything.",
        .group = GROUP_TRANSACTIONS, .since = "2.0.0", .complexity = "O(N), N being the number of queued commands",
        .arity = 1, .flags = QUICK_FLAGS | CMD_NOT_QUEUED, .categories = CAT_TRANSACTION, .run = cmd_discard,
    },
    {
        .name = "watch",
        .summary = "Makes the next EXEC run nothing if one of these keys has changed until then.",
        .group = GROUP_TRANSACTIONS, .since = "2.2.0", .complexity = "O(1) for every key.",
        .arity = -2, .flags = QUICK_FLAGS | CMD_NOT_QUEUED, .categories = CAT_TRANSACTION, .run = cmd_watch,
        SPEC_KEYS(KEY_RANGE(KEY_RO, 1, -1, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1, .flags = ARG_MULTIPLE}),
    },
    {
        .name = "unwatch",
        .summary = "Forgets all watched keys.",
        .group = GROUP_TRANSACTIONS, .since = "2.2.0", .complexity = "O(1)",
        .arity = 1, .flags = QUICK_FLAGS, .categories = CAT_TRANSACTION, .run = cmd_unwatch,
    },
};

const struct command_family command_family_transaction = {COMMAND_LIST(commands)};
