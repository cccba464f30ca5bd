/*
 * The commands of consumer groups, which are a part of those of streams.
 *
 * Facts that clients rely on (arity, flags, key positions, arguments, versions) are those of Redis 7.2, and of later
 * versions where the command or the argument is from there; the sentences are ours. The terms are explained in
 * command/command.h and spec.h.
 */
#include "command/specs/spec.h"

#include "base/bytes.h"

/* Where XREADGROUP's keys begin: a group or a consumer may be called like the keyword. */
static int xreadgroup_keys(const struct arg *argv, int argc)
{
    for (int i = 1; i + 1 < argc; i++) {
        if (arg_is(&argv[i], "streams"))
            return i + 1;
        if (arg_is(&argv[i], "group"))
            i += 2;
        else if (!arg_is(&argv[i], "noack"))
            i++;
    }
    return 0;
}

static const struct command xgroup_subcommands[] = {
    {
        .name = "create", .full_name = "xgroup|create",
        .summary = "Makes a consumer group, which has got all entries of a stream up to some ID.",
        .group = GROUP_STREAM, .since = "5.0.0", .complexity = "O(log(N)), N being the number of groups",
        .arity = -5, .flags = CMD_WRITE | CMD_DENYOOM, .categories = CAT_STREAM, .run = cmd_xgroup_create,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_INSERT, 2, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "group", .type = ARG_STRING},
                  {.name = "id-selector", .type = ARG_ONEOF,
                   SPEC_ARGS({.name = "id", .type = ARG_STRING},
                             {.name = "new-id", .type = ARG_PURE_TOKEN, .token = "$"})},
                  {.name = "mkstream", .type = ARG_PURE_TOKEN, .token = "MKSTREAM", .flags = ARG_OPTIONAL},
                  {.name = "entries-read", .type = ARG_INTEGER, .token = "ENTRIESREAD", .flags = ARG_OPTIONAL}),
        SPEC_HISTORY({"7.0.0", "Added `ENTRIESREAD`."}),
    },
    {
        .name = "createconsumer", .full_name = "xgroup|createconsumer",
        .summary = "Makes a consumer in a group.",
        .group = GROUP_STREAM, .since = "6.2.0", .complexity = "O(log(N)), N being the number of consumers",
        .arity = 5, .flags = CMD_WRITE | CMD_DENYOOM, .categories = CAT_STREAM, .run = cmd_xgroup_createconsumer,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_INSERT, 2, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "group", .type = ARG_STRING},
                  {.name = "consumer", .type = ARG_STRING}),
    },
    {
        .name = "delconsumer", .full_name = "xgroup|delconsumer",
        .summary = "Removes a consumer from a group, with all that is pending with it.",
        .group = GROUP_STREAM, .since = "5.0.0",
        .complexity = "O(M*log(N)), M being the number of entries pending with the consumer and N with the group",
        .arity = 5, .flags = CMD_WRITE, .categories = CAT_STREAM, .run = cmd_xgroup_delconsumer,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_DELETE, 2, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "group", .type = ARG_STRING},
                  {.name = "consumer", .type = ARG_STRING}),
    },
    {
        .name = "destroy", .full_name = "xgroup|destroy",
        .summary = "Removes a consumer group.",
        .group = GROUP_STREAM, .since = "5.0.0",
        .complexity = "O(N), N being the number of consumers; what is pending is freed in the background",
        .arity = 4, .flags = CMD_WRITE, .categories = CAT_STREAM, .run = cmd_xgroup_destroy,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_DELETE, 2, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "group", .type = ARG_STRING}),
    },
    {
        .name = "help", .full_name = "xgroup|help",
        .summary = "Explains the subcommands.",
        .group = GROUP_STREAM, .since = "5.0.0", .complexity = "O(1)",
        .arity = 2, .flags = CMD_LOADING | CMD_STALE, .categories = CAT_STREAM, .run = cmd_xgroup_help,
    },
    {
        .name = "setid", .full_name = "xgroup|setid",
        .summary = "Says which entry a group has got last.",
        .group = GROUP_STREAM, .since = "5.0.0", .complexity = "O(log(N)), N being the number of groups",
        .arity = -5, .flags = CMD_WRITE, .categories = CAT_STREAM, .run = cmd_xgroup_setid,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_UPDATE, 2, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "group", .type = ARG_STRING},
                  {.name = "id-selector", .type = ARG_ONEOF,
                   SPEC_ARGS({.name = "id", .type = ARG_STRING},
                             {.name = "new-id", .type = ARG_PURE_TOKEN, .token = "$"})},
                  {.name = "entriesread", .display = "entries-read", .type = ARG_INTEGER, .token = "ENTRIESREAD",
                   .flags = ARG_OPTIONAL}),
        SPEC_HISTORY({"7.0.0", "Added `ENTRIESREAD`."}),
    },
};

/* What becomes of the references that groups have to deleted entries. */
#define REFERENCES                                                                                           \
    {.name = "condition", .type = ARG_ONEOF, .flags = ARG_OPTIONAL,                                          \
     SPEC_ARGS({.name = "keepref", .type = ARG_PURE_TOKEN, .token = "KEEPREF"},                              \
               {.name = "delref", .type = ARG_PURE_TOKEN, .token = "DELREF"},                                \
               {.name = "acked", .type = ARG_PURE_TOKEN, .token = "ACKED"})}

#define NUMBERED_IDS                                                                                         \
    {.name = "ids", .type = ARG_BLOCK, .token = "IDS",                                                       \
     SPEC_ARGS({.name = "numids", .type = ARG_INTEGER},                                                      \
               {.name = "id", .type = ARG_STRING, .flags = ARG_MULTIPLE})}

static const struct command commands[] = {
    {
        .name = "xgroup",
        .summary = "Groups of consumers that read a stream together.",
        .group = GROUP_STREAM, .since = "5.0.0", .complexity = "Depends on the subcommand.",
        .arity = -2,
        SPEC_SUBCOMMANDS(xgroup_subcommands),
    },
    {
        .name = "xreadgroup",
        .summary = "Reads what is new in streams as a consumer of a group, or waits for it; or what is pending with it.",
        .group = GROUP_STREAM, .since = "5.0.0",
        .complexity = "For each stream O(M*log(N)), M being the number of entries read and N that of those pending",
        .arity = -7, .flags = CMD_WRITE | CMD_BLOCKING | CMD_MOVABLEKEYS, .categories = CAT_STREAM,
        .run = cmd_xreadgroup,
        SPEC_KEYS({.flags = KEY_RO | KEY_ACCESS, .search = KEY_AT_KEYWORD, .keyword = "STREAMS", .start_from = 4,
                   .finder = xreadgroup_keys, .find = KEY_FIND_RANGE, .last_key = -1, .step = 1, .limit = 2}),
        SPEC_ARGS({.name = "group-block", .type = ARG_BLOCK, .token = "GROUP",
                   SPEC_ARGS({.name = "group", .type = ARG_STRING}, {.name = "consumer", .type = ARG_STRING})},
                  {.name = "count", .type = ARG_INTEGER, .token = "COUNT", .flags = ARG_OPTIONAL},
                  {.name = "milliseconds", .type = ARG_INTEGER, .token = "BLOCK", .flags = ARG_OPTIONAL},
                  {.name = "min-idle-time", .type = ARG_INTEGER, .token = "CLAIM", .flags = ARG_OPTIONAL},
                  {.name = "noack", .type = ARG_PURE_TOKEN, .token = "NOACK", .flags = ARG_OPTIONAL},
                  {.name = "streams", .type = ARG_BLOCK, .token = "STREAMS",
                   SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1, .flags = ARG_MULTIPLE},
                             {.name = "ID", .type = ARG_STRING, .flags = ARG_MULTIPLE})}),
        SPEC_HISTORY({"8.4.0", "Added `CLAIM`."}),
    },
    {
        .name = "xack",
        .summary = "Acknowledges entries that were delivered: they are not pending any more.",
        .group = GROUP_STREAM, .since = "5.0.0",
        .complexity = "O(log(N)) for each ID, N being the number of pending entries",
        .arity = -4, .flags = CMD_WRITE | CMD_FAST, .categories = CAT_STREAM, .run = cmd_xack,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_UPDATE, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "group", .type = ARG_STRING},
                  {.name = "ID", .type = ARG_STRING, .flags = ARG_MULTIPLE}),
    },
    {
        .name = "xackdel",
        .summary = "Acknowledges entries, and deletes them if nobody else needs them.",
        .group = GROUP_STREAM, .since = "8.2.0",
        .complexity = "O(G*log(N)) for each ID, G being the number of groups and N that of entries",
        .arity = -6, .flags = CMD_WRITE | CMD_FAST, .categories = CAT_STREAM, .run = cmd_xackdel,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_UPDATE | KEY_DELETE, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "group", .type = ARG_STRING},
                  REFERENCES,
                  NUMBERED_IDS),
    },
    {
        .name = "xdelex",
        .summary = "Deletes entries, with what is pending of them or only if nothing is.",
        .group = GROUP_STREAM, .since = "8.2.0",
        .complexity = "O(G*log(N)) for each ID, G being the number of groups and N that of entries",
        .arity = -5, .flags = CMD_WRITE | CMD_FAST, .categories = CAT_STREAM, .run = cmd_xdelex,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_DELETE, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  REFERENCES,
                  NUMBERED_IDS),
    },
    {
        .name = "xnack",
        .summary = "Gives entries back to the group: they stay pending, with nobody, and are claimed first.",
        .group = GROUP_STREAM, .since = "8.8.0",
        .complexity = "O(log(N)) for each ID, N being the number of pending entries",
        .arity = -7, .flags = CMD_WRITE | CMD_FAST, .categories = CAT_STREAM, .run = cmd_xnack,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_UPDATE, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "group", .type = ARG_STRING},
                  {.name = "mode", .type = ARG_ONEOF,
                   SPEC_ARGS({.name = "silent", .type = ARG_PURE_TOKEN, .token = "SILENT"},
                             {.name = "fail", .type = ARG_PURE_TOKEN, .token = "FAIL"},
                             {.name = "fatal", .type = ARG_PURE_TOKEN, .token = "FATAL"})},
                  NUMBERED_IDS,
                  {.name = "count", .type = ARG_INTEGER, .token = "RETRYCOUNT", .flags = ARG_OPTIONAL},
                  {.name = "force", .type = ARG_PURE_TOKEN, .token = "FORCE", .flags = ARG_OPTIONAL}),
    },
    {
        .name = "xpending",
        .summary = "Tells what was delivered to whom and is not acknowledged.",
        .group = GROUP_STREAM, .since = "5.0.0",
        .complexity = "O(log(N)+M), M being the number of entries looked at or, in the short form, of consumers",
        .arity = -3, .flags = CMD_READONLY, .categories = CAT_STREAM, .run = cmd_xpending,
        SPEC_KEYS(KEY_RANGE(KEY_RO | KEY_ACCESS, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "group", .type = ARG_STRING},
                  {.name = "filters", .type = ARG_BLOCK, .flags = ARG_OPTIONAL,
                   SPEC_ARGS({.name = "min-idle-time", .type = ARG_INTEGER, .token = "IDLE", .since = "6.2.0",
                              .flags = ARG_OPTIONAL},
                             {.name = "start", .type = ARG_STRING},
                             {.name = "end", .type = ARG_STRING},
                             {.name = "count", .type = ARG_INTEGER},
                             {.name = "consumer", .type = ARG_STRING, .flags = ARG_OPTIONAL})}),
        SPEC_HISTORY({"6.2.0", "Added `IDLE`, and intervals without their ends."}),
        SPEC_TIPS("nondeterministic_output"),
    },
    {
        .name = "xclaim",
        .summary = "Makes entries that are pending with others pending with a consumer.",
        .group = GROUP_STREAM, .since = "5.0.0",
        .complexity = "O(log(N)) for each ID, N being the number of entries",
        .arity = -6, .flags = CMD_WRITE | CMD_FAST, .categories = CAT_STREAM, .run = cmd_xclaim,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_UPDATE, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "group", .type = ARG_STRING},
                  {.name = "consumer", .type = ARG_STRING},
                  {.name = "min-idle-time", .type = ARG_STRING},
                  {.name = "ID", .type = ARG_STRING, .flags = ARG_MULTIPLE},
                  {.name = "ms", .type = ARG_INTEGER, .token = "IDLE", .flags = ARG_OPTIONAL},
                  {.name = "unix-time-milliseconds", .type = ARG_UNIX_TIME, .token = "TIME", .flags = ARG_OPTIONAL},
                  {.name = "count", .type = ARG_INTEGER, .token = "RETRYCOUNT", .flags = ARG_OPTIONAL},
                  {.name = "force", .type = ARG_PURE_TOKEN, .token = "FORCE", .flags = ARG_OPTIONAL},
                  {.name = "justid", .type = ARG_PURE_TOKEN, .token = "JUSTID", .flags = ARG_OPTIONAL},
                  {.name = "lastid", .type = ARG_STRING, .token = "LASTID", .flags = ARG_OPTIONAL}),
        SPEC_TIPS("nondeterministic_output"),
    },
    {
        .name = "xautoclaim",
        .summary = "Makes entries that have been pending with others for some time pending with a consumer.",
        .group = GROUP_STREAM, .since = "6.2.0",
        .complexity = "O(M*log(N)), M being ten times the count and N the number of entries",
        .arity = -6, .flags = CMD_WRITE | CMD_FAST, .categories = CAT_STREAM, .run = cmd_xautoclaim,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_DELETE, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "group", .type = ARG_STRING},
                  {.name = "consumer", .type = ARG_STRING},
                  {.name = "min-idle-time", .type = ARG_STRING},
                  {.name = "start", .type = ARG_STRING},
                  {.name = "count", .type = ARG_INTEGER, .token = "COUNT", .flags = ARG_OPTIONAL},
                  {.name = "justid", .type = ARG_PURE_TOKEN, .token = "JUSTID", .flags = ARG_OPTIONAL}),
        SPEC_HISTORY({"7.0.0", "Tells which entries were pending but are deleted: they aren't pending any more."}),
        SPEC_TIPS("nondeterministic_output"),
    },
};

const struct command_family command_family_stream_group = {COMMAND_LIST(commands)};
