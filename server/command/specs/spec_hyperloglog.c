/*
 * The commands of HyperLogLogs. Facts are those of Redis 7.2.
 */
#include "command/specs/spec.h"

static const struct command commands[] = {
    {
        .name = "pfadd",
        .summary = "Adds elements to what a HyperLogLog has seen; a missing key starts out empty.",
        .group = GROUP_HYPERLOGLOG, .since = "2.8.9", .complexity = "O(1) for each element",
        .arity = -2, .flags = CMD_WRITE | CMD_DENYOOM | CMD_FAST, .categories = CAT_HYPERLOGLOG,
        .run = cmd_pfadd,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_INSERT, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "element", .type = ARG_STRING, .flags = ARG_OPTIONAL | ARG_MULTIPLE}),
    },
    {
        .name = "pfcount",
        .summary = "Estimates how many different elements one or several HyperLogLogs have seen together.",
        .group = GROUP_HYPERLOGLOG, .since = "2.8.9",
        .complexity = "O(1) for one key, which keeps its count; O(N) for N keys",
        .arity = -2, .flags = CMD_READONLY | CMD_MAY_REPLICATE, .categories = CAT_HYPERLOGLOG,
        .run = cmd_pfcount,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_ACCESS, 1, -1, 1,
                            .notes = "RW, since the count is kept in the value")),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1, .flags = ARG_MULTIPLE}),
    },
    {
        .name = "pfmerge",
        .summary = "Adds to a HyperLogLog all that others have seen; a missing key starts out empty.",
        .group = GROUP_HYPERLOGLOG, .since = "2.8.9", .complexity = "O(N), N being the number of HyperLogLogs",
        .arity = -2, .flags = CMD_WRITE | CMD_DENYOOM, .categories = CAT_HYPERLOGLOG, .run = cmd_pfmerge,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_ACCESS | KEY_INSERT, 1, 0, 1),
                  KEY_RANGE(KEY_RO | KEY_ACCESS, 2, -1, 1)),
        SPEC_ARGS({.name = "destkey", .type = ARG_KEY, .key_spec = 1},
                  {.name = "sourcekey", .type = ARG_KEY, .key_spec = 2, .flags = ARG_OPTIONAL | ARG_MULTIPLE}),
    },
    {
        .name = "pfdebug",
        .summary = "Shows how a HyperLogLog is laid out (GETREG, DECODE, ENCODING), or makes it dense (TODENSE).",
        .group = GROUP_HYPERLOGLOG, .since = "2.8.9", .complexity = "N/A", .doc_flags = DOC_SYSCMD,
        .arity = 3, .flags = CMD_WRITE | CMD_DENYOOM | CMD_ADMIN, .categories = CAT_HYPERLOGLOG,
        .run = cmd_pfdebug,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_ACCESS, 2, 0, 1)),
        SPEC_ARGS({.name = "subcommand", .type = ARG_STRING}, {.name = "key", .type = ARG_KEY, .key_spec = 1}),
    },
    {
        .name = "pfselftest",
        .summary = "Tests whether HyperLogLogs count right.",
        .group = GROUP_HYPERLOGLOG, .since = "2.8.9", .complexity = "N/A", .doc_flags = DOC_SYSCMD,
        .arity = 1, .flags = CMD_ADMIN, .categories = CAT_HYPERLOGLOG, .run = cmd_pfselftest,
    },
};

const struct command_family command_family_hyperloglog = {COMMAND_LIST(commands)};
