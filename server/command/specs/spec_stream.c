/*
 * The commands of streams.
 *
 * Facts that clients rely on (arity, flags, key positions, arguments, versions) are those of Redis 7.2;
 * the sentences are ours. The terms are explained in command/command.h and spec.h.
 */
#include "command/specs/spec.h"

/* How XADD and XTRIM trim. */
#define TRIM(...)                                                                                            \
    {.name = "trim", .type = ARG_BLOCK, __VA_ARGS__                                                          \
     SPEC_ARGS({.name = "strategy", .type = ARG_ONEOF,                                                       \
                SPEC_ARGS({.name = "maxlen", .type = ARG_PURE_TOKEN, .token = "MAXLEN"},                     \
                          {.name = "minid", .type = ARG_PURE_TOKEN, .token = "MINID", .since = "6.2.0"})},   \
               {.name = "operator", .type = ARG_ONEOF, .flags = ARG_OPTIONAL,                                \
                SPEC_ARGS({.name = "equal", .type = ARG_PURE_TOKEN, .token = "="},                           \
                          {.name = "approximately", .type = ARG_PURE_TOKEN, .token = "~"})},                 \
               {.name = "threshold", .type = ARG_STRING},                                                    \
               {.name = "count", .type = ARG_INTEGER, .token = "LIMIT", .since = "6.2.0",                    \
                .flags = ARG_OPTIONAL})}

/* What becomes of what groups know of trimmed entries. */
#define REFERENCES                                                                                           \
    {.name = "condition", .type = ARG_ONEOF, .since = "8.2.0", .flags = ARG_OPTIONAL,                        \
     SPEC_ARGS({.name = "keepref", .type = ARG_PURE_TOKEN, .token = "KEEPREF"},                              \
               {.name = "delref", .type = ARG_PURE_TOKEN, .token = "DELREF"},                                \
               {.name = "acked", .type = ARG_PURE_TOKEN, .token = "ACKED"})}

/* Keys behind STREAMS, and as many IDs behind them. */
#define KEYS_OF_READ(key_flags)                                                                              \
    {.flags = (key_flags), .search = KEY_AT_KEYWORD, .keyword = "STREAMS", .start_from = 1,                  \
     .find = KEY_FIND_RANGE, .last_key = -1, .step = 1, .limit = 2}

#define STREAMS_OF_READ                                                                                      \
    {.name = "streams", .type = ARG_BLOCK, .token = "STREAMS",                                               \
     SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1, .flags = ARG_MULTIPLE},                       \
               {.name = "id", .type = ARG_STRING, .flags = ARG_MULTIPLE})}

static const struct command xinfo_subcommands[] = {
    {
        .name = "consumers", .full_name = "xinfo|consumers",
        .summary = "Tells of the consumers of a group.",
        .group = GROUP_STREAM, .since = "5.0.0", .complexity = "O(N), N being the number of consumers",
        .arity = 4, .flags = CMD_READONLY, .categories = CAT_STREAM, .run = cmd_xinfo_consumers,
        SPEC_KEYS(KEY_RANGE(KEY_RO | KEY_ACCESS, 2, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "group", .type = ARG_STRING}),
        SPEC_HISTORY({"7.2.0", "Tells `inactive`."}),
        SPEC_TIPS("nondeterministic_output"),
    },
    {
        .name = "groups", .full_name = "xinfo|groups",
        .summary = "Tells of the groups of a stream.",
        .group = GROUP_STREAM, .since = "5.0.0", .complexity = "O(N), N being the number of groups",
        .arity = 3, .flags = CMD_READONLY, .categories = CAT_STREAM, .run = cmd_xinfo_groups,
        SPEC_KEYS(KEY_RANGE(KEY_RO | KEY_ACCESS, 2, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1}),
        SPEC_HISTORY({"7.0.0", "Tells `entries-read` and `lag`."}),
    },
    {
        .name = "stream", .full_name = "xinfo|stream",
        .summary = "Tells of a stream: its length, its IDs, its first and last entry.",
        .group = GROUP_STREAM, .since = "5.0.0", .complexity = "O(log(N)); with FULL also what is told of entries",
        .arity = -3, .flags = CMD_READONLY, .categories = CAT_STREAM, .run = cmd_xinfo_stream,
        SPEC_KEYS(KEY_RANGE(KEY_RO | KEY_ACCESS, 2, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "full", .type = ARG_BLOCK, .token = "FULL", .flags = ARG_OPTIONAL,
                   SPEC_ARGS({.name = "count", .type = ARG_INTEGER, .token = "COUNT", .flags = ARG_OPTIONAL})}),
        SPEC_HISTORY({"6.0.0", "New option FULL."},
                     {"7.0.0", "Tells `max-deleted-entry-id`, `entries-added`, `recorded-first-entry-id`, "
                               "`entries-read` and `lag`."}),
    },
    {
        .name = "help", .full_name = "xinfo|help",
        .summary = "Lists the subcommands.",
        .group = GROUP_STREAM, .since = "5.0.0", .complexity = "O(1)",
        .arity = 2, .flags = CMD_LOADING | CMD_STALE, .categories = CAT_STREAM, .run = cmd_xinfo_help,
    },
};

static const struct command commands[] = {
    {
        .name = "xadd",
        .summary = "Adds an entry of fields and values to the end of a stream.",
        .group = GROUP_STREAM, .since = "5.0.0",
        .complexity = "O(M), M being the number of fields; trimming takes O(log(N)) and a little for each hundred entries",
        .arity = -5, .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .categories = CAT_STREAM, .run = cmd_xadd,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_UPDATE, 1, 0, 1,
                            .notes = "UPDATE instead of INSERT because of the optional trimming feature")),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "nomkstream", .type = ARG_PURE_TOKEN, .token = "NOMKSTREAM", .since = "6.2.0",
                   .flags = ARG_OPTIONAL},
                  REFERENCES,
                  {.name = "idmp", .type = ARG_ONEOF, .since = "8.6.0", .flags = ARG_OPTIONAL,
                   SPEC_ARGS({.name = "producer-id", .type = ARG_STRING, .token = "IDMPAUTO"},
                             {.name = "idmp", .type = ARG_BLOCK, .token = "IDMP",
                              SPEC_ARGS({.name = "producer-id", .type = ARG_STRING},
                                        {.name = "idempotent-id", .type = ARG_STRING})})},
                  TRIM(.flags = ARG_OPTIONAL,),
                  {.name = "id-selector", .type = ARG_ONEOF,
                   SPEC_ARGS({.name = "auto-id", .type = ARG_PURE_TOKEN, .token = "*"},
                             {.name = "id", .type = ARG_STRING})},
                  {.name = "data", .type = ARG_BLOCK, .flags = ARG_MULTIPLE,
                   SPEC_ARGS({.name = "field", .type = ARG_STRING}, {.name = "value", .type = ARG_STRING})}),
        SPEC_HISTORY({"6.2.0", "New options NOMKSTREAM, MINID and LIMIT."},
                     {"7.0.0", "Takes IDs of the form `<ms>-*`."},
                     {"8.2.0", "New options KEEPREF, DELREF and ACKED."},
                     {"8.6.0", "New options IDMP and IDMPAUTO."}),
        SPEC_TIPS("nondeterministic_output"),
    },
    {
        .name = "xcfgset",
        .summary = "Sets for how long a stream knows which messages its producers have sent, and how many.",
        .group = GROUP_STREAM, .since = "8.6.0", .complexity = "O(1)",
        .arity = -2, .flags = CMD_WRITE | CMD_FAST, .categories = CAT_STREAM, .run = cmd_xcfgset,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_UPDATE, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "idmp-duration", .type = ARG_INTEGER, .token = "IDMP-DURATION", .flags = ARG_OPTIONAL},
                  {.name = "idmp-maxsize", .type = ARG_INTEGER, .token = "IDMP-MAXSIZE", .flags = ARG_OPTIONAL}),
    },
    {
        .name = "xdel",
        .summary = "Deletes entries of a stream.",
        .group = GROUP_STREAM, .since = "5.0.0", .complexity = "O(log(N)) for each entry",
        .arity = -3, .flags = CMD_WRITE | CMD_FAST, .categories = CAT_STREAM, .run = cmd_xdel,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_DELETE, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "id", .type = ARG_STRING, .flags = ARG_MULTIPLE}),
    },
    {
        .name = "xinfo",
        .summary = "Holds the commands that tell of streams.",
        .group = GROUP_STREAM, .since = "5.0.0", .complexity = "Depends on the subcommand.",
        .arity = -2,
        SPEC_SUBCOMMANDS(xinfo_subcommands),
    },
    {
        .name = "xlen",
        .summary = "Counts the entries of a stream.",
        .group = GROUP_STREAM, .since = "5.0.0", .complexity = "O(1)",
        .arity = 2, .flags = CMD_READONLY | CMD_FAST, .categories = CAT_STREAM, .run = cmd_xlen,
        SPEC_KEYS(KEY_RANGE(KEY_RO, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1}),
    },
    {
        .name = "xrange",
        .summary = "Reads the entries of a stream whose IDs are in a range.",
        .group = GROUP_STREAM, .since = "5.0.0",
        .complexity = "O(log(N)+M), N being the number of entries and M the number of those that are read",
        .arity = -4, .flags = CMD_READONLY, .categories = CAT_STREAM, .run = cmd_xrange,
        SPEC_KEYS(KEY_RANGE(KEY_RO | KEY_ACCESS, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "start", .type = ARG_STRING},
                  {.name = "end", .type = ARG_STRING},
                  {.name = "count", .type = ARG_INTEGER, .token = "COUNT", .flags = ARG_OPTIONAL}),
        SPEC_HISTORY({"6.2.0", "A range may exclude its ends."}),
    },
    {
        .name = "xread",
        .summary = "Reads the entries of streams behind IDs, or waits for some.",
        .group = GROUP_STREAM, .since = "5.0.0",
        .complexity = "O(log(N)+M) for each stream, N being the number of entries and M the number of those that are read",
        .arity = -4, .flags = CMD_READONLY | CMD_BLOCKING, .categories = CAT_STREAM, .run = cmd_xread,
        SPEC_KEYS(KEYS_OF_READ(KEY_RO | KEY_ACCESS)),
        SPEC_ARGS({.name = "count", .type = ARG_INTEGER, .token = "COUNT", .flags = ARG_OPTIONAL},
                  {.name = "milliseconds", .type = ARG_INTEGER, .token = "BLOCK", .flags = ARG_OPTIONAL},
                  STREAMS_OF_READ),
    },
    {
        .name = "xrevrange",
        .summary = "Reads the entries of a stream whose IDs are in a range, the last one first.",
        .group = GROUP_STREAM, .since = "5.0.0",
        .complexity = "O(log(N)+M), N being the number of entries and M the number of those that are read",
        .arity = -4, .flags = CMD_READONLY, .categories = CAT_STREAM, .run = cmd_xrevrange,
        SPEC_KEYS(KEY_RANGE(KEY_RO | KEY_ACCESS, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "end", .type = ARG_STRING},
                  {.name = "start", .type = ARG_STRING},
                  {.name = "count", .type = ARG_INTEGER, .token = "COUNT", .flags = ARG_OPTIONAL}),
        SPEC_HISTORY({"6.2.0", "A range may exclude its ends."}),
    },
    {
        .name = "xsetid",
        .summary = "Sets the last ID of a stream, for whoever writes a stream anew.",
        .group = GROUP_STREAM, .since = "5.0.0", .complexity = "O(1)",
        .arity = -3, .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .categories = CAT_STREAM, .run = cmd_xsetid,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_UPDATE, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "last-id", .type = ARG_STRING},
                  {.name = "entries-added", .type = ARG_INTEGER, .token = "ENTRIESADDED", .since = "7.0.0",
                   .flags = ARG_OPTIONAL},
                  {.name = "max-deleted-id", .type = ARG_STRING, .token = "MAXDELETEDID", .since = "7.0.0",
                   .flags = ARG_OPTIONAL}),
        SPEC_HISTORY({"7.0.0", "New options ENTRIESADDED and MAXDELETEDID."}),
    },
    {
        .name = "xtrim",
        .summary = "Removes the oldest entries of a stream, down to a length or up to an ID.",
        .group = GROUP_STREAM, .since = "5.0.0",
        .complexity = "O(log(N)), and a little for each hundred entries that go",
        .arity = -4, .flags = CMD_WRITE, .categories = CAT_STREAM, .run = cmd_xtrim,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_DELETE, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  TRIM(),
                  REFERENCES),
        SPEC_HISTORY({"6.2.0", "New options MINID and LIMIT."},
                     {"8.2.0", "New options KEEPREF, DELREF and ACKED."}),
        SPEC_TIPS("nondeterministic_output"),
    },
};

const struct command_family command_family_stream = {COMMAND_LIST(commands)};
