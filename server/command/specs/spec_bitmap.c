/*
 * The commands of bitmaps: strings whose bits are looked at and changed one by one, or in fields.
 */
#include "command/specs/spec.h"

/* Whether a range counts bytes or bits. */
#define UNIT_ARG                                                                                             \
    {.name = "unit", .type = ARG_ONEOF, .since = "7.0.0", .flags = ARG_OPTIONAL,                       \
     SPEC_ARGS({.name = "byte", .type = ARG_PURE_TOKEN, .token = "BYTE"},                                    \
               {.name = "bit", .type = ARG_PURE_TOKEN, .token = "BIT"})}

/* Whether all operations of a BITFIELD only read. What it would refuse counts as writing. */
static uint32_t bitfield_key_flags(const struct arg *argv, int argc)
{
    for (int i = 2; i < argc; i++) {
        int behind = argc - i - 1;
        if (arg_is(&argv[i], "get") && behind >= 2)
            i += 2;
        else if (arg_is(&argv[i], "overflow") && behind >= 1)
            i++;
        else
            return KEY_RW | KEY_ACCESS | KEY_UPDATE;
    }
    return KEY_RO | KEY_ACCESS;
}

static const struct command commands[] = {
    {
        .name = "setbit",
        .summary = "Sets or clears one bit of a string, which grows with zeros where it was shorter, and answers with "
                   "what the bit was before.",
        .group = GROUP_BITMAP, .since = "2.2.0", .complexity = "O(1)",
        .arity = 4, .flags = CMD_WRITE | CMD_DENYOOM, .categories = CAT_BITMAP, .run = cmd_setbit,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_ACCESS | KEY_UPDATE, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "offset", .type = ARG_INTEGER},
                  {.name = "value", .type = ARG_INTEGER}),
    },
    {
        .name = "getbit",
        .summary = "Reads one bit of a string; beyond its end all are 0.",
        .group = GROUP_BITMAP, .since = "2.2.0", .complexity = "O(1)",
        .arity = 3, .flags = CMD_READONLY | CMD_FAST, .categories = CAT_BITMAP, .run = cmd_getbit,
        SPEC_KEYS(KEY_RANGE(KEY_RO | KEY_ACCESS, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "offset", .type = ARG_INTEGER}),
    },
    {
        .name = "bitcount",
        .summary = "Counts the bits of a string, or of a piece of it, that are 1.",
        .group = GROUP_BITMAP, .since = "2.6.0", .complexity = "O(N), N being the number of bytes",
        .arity = -2, .flags = CMD_READONLY | CMD_TURNS, .categories = CAT_BITMAP, .run = cmd_bitcount,
        SPEC_KEYS(KEY_RANGE(KEY_RO | KEY_ACCESS, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "range", .type = ARG_BLOCK, .flags = ARG_OPTIONAL,
                   SPEC_ARGS({.name = "start", .type = ARG_INTEGER},
                             {.name = "end", .type = ARG_INTEGER},
                             UNIT_ARG)}),
        SPEC_HISTORY({"7.0.0", "New options BYTE and BIT."}),
    },
    {
        .name = "bitpos",
        .summary = "Finds the first bit of a string, or of a piece of it, that is 1 or 0.",
        .group = GROUP_BITMAP, .since = "2.8.7", .complexity = "O(N), N being the number of bytes",
        .arity = -3, .flags = CMD_READONLY | CMD_TURNS, .categories = CAT_BITMAP, .run = cmd_bitpos,
        SPEC_KEYS(KEY_RANGE(KEY_RO | KEY_ACCESS, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "bit", .type = ARG_INTEGER},
                  {.name = "range", .type = ARG_BLOCK, .flags = ARG_OPTIONAL,
                   SPEC_ARGS({.name = "start", .type = ARG_INTEGER},
                             {.name = "end-unit-block", .type = ARG_BLOCK, .flags = ARG_OPTIONAL,
                              SPEC_ARGS({.name = "end", .type = ARG_INTEGER},
                                        UNIT_ARG)})}),
        SPEC_HISTORY({"7.0.0", "New options BYTE and BIT."}),
    },
    {
        .name = "bitop",
        .summary = "Combines strings bit by bit and stores the result, which is as long as the longest of them, under "
                   "another key.",
        .group = GROUP_BITMAP, .since = "2.6.0", .complexity = "O(N), N being the number of bytes of all sources",
        .arity = -4, .flags = CMD_WRITE | CMD_DENYOOM | CMD_TURNS, .categories = CAT_BITMAP, .run = cmd_bitop,
        SPEC_KEYS(KEY_RANGE(KEY_OW | KEY_UPDATE, 2, 0, 1), KEY_RANGE(KEY_RO | KEY_ACCESS, 3, -1, 1)),
        SPEC_ARGS({.name = "operation", .type = ARG_ONEOF,
                   SPEC_ARGS({.name = "and", .type = ARG_PURE_TOKEN, .token = "AND"},
                             {.name = "or", .type = ARG_PURE_TOKEN, .token = "OR"},
                             {.name = "xor", .type = ARG_PURE_TOKEN, .token = "XOR"},
                             {.name = "not", .type = ARG_PURE_TOKEN, .token = "NOT"},
                             {.name = "diff", .type = ARG_PURE_TOKEN, .token = "DIFF", .since = "8.2.0"},
                             {.name = "diff1", .type = ARG_PURE_TOKEN, .token = "DIFF1", .since = "8.2.0"},
                             {.name = "andor", .type = ARG_PURE_TOKEN, .token = "ANDOR", .since = "8.2.0"},
                             {.name = "one", .type = ARG_PURE_TOKEN, .token = "ONE", .since = "8.2.0"})},
                  {.name = "destkey", .type = ARG_KEY, .key_spec = 1},
                  {.name = "key", .type = ARG_KEY, .key_spec = 2, .flags = ARG_MULTIPLE}),
        SPEC_HISTORY({"8.2.0", "New operations DIFF, DIFF1, ANDOR and ONE."}),
    },
    {
        .name = "bitfield",
        .summary = "Treats a string as an array of integers of any width: reads some, sets or raises others, and says "
                   "what happens on overflow.",
        .group = GROUP_BITMAP, .since = "3.2.0", .complexity = "O(1) for each operation",
        .arity = -2, .flags = CMD_WRITE | CMD_DENYOOM, .categories = CAT_BITMAP, .run = cmd_bitfield,
        SPEC_KEYS(KEY_RANGE(KEY_RW | KEY_ACCESS | KEY_UPDATE | KEY_VARIABLE_FLAGS, 1, 0, 1,
                            .notes = "RO if all operations are GET, else RW")),
        .key_flags = bitfield_key_flags,
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "operation", .type = ARG_ONEOF, .flags = ARG_OPTIONAL | ARG_MULTIPLE,
                   SPEC_ARGS({.name = "get-block", .type = ARG_BLOCK, .token = "GET",
                              SPEC_ARGS({.name = "encoding", .type = ARG_STRING},
                                        {.name = "offset", .type = ARG_INTEGER})},
                             {.name = "write", .type = ARG_BLOCK,
                              SPEC_ARGS({.name = "overflow-block", .type = ARG_ONEOF, .token = "OVERFLOW",
                                         .flags = ARG_OPTIONAL,
                                         SPEC_ARGS({.name = "wrap", .type = ARG_PURE_TOKEN, .token = "WRAP"},
                                                   {.name = "sat", .type = ARG_PURE_TOKEN, .token = "SAT"},
                                                   {.name = "fail", .type = ARG_PURE_TOKEN, .token = "FAIL"})},
                                        {.name = "write-operation", .type = ARG_ONEOF,
                                         SPEC_ARGS({.name = "set-block", .type = ARG_BLOCK,
                                                    .token = "SET",
                                                    SPEC_ARGS({.name = "encoding", .type = ARG_STRING},
                                                              {.name = "offset", .type = ARG_INTEGER},
                                                              {.name = "value", .type = ARG_INTEGER})},
                                                   {.name = "incrby-block", .type = ARG_BLOCK,
                                                    .token = "INCRBY",
                                                    SPEC_ARGS({.name = "encoding", .type = ARG_STRING},
                                                              {.name = "offset", .type = ARG_INTEGER},
                                                              {.name = "increment", .type = ARG_INTEGER})})})})}),
    },
    {
        .name = "bitfield_ro",
        .summary = "Reads integers of any width out of a string.",
        .group = GROUP_BITMAP, .since = "6.0.0", .complexity = "O(1) for each operation",
        .arity = -2, .flags = CMD_READONLY | CMD_FAST, .categories = CAT_BITMAP, .run = cmd_bitfield_ro,
        SPEC_KEYS(KEY_RANGE(KEY_RO | KEY_ACCESS, 1, 0, 1)),
        SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1},
                  {.name = "get-block", .type = ARG_BLOCK, .token = "GET",
                   .flags = ARG_OPTIONAL | ARG_MULTIPLE | ARG_MULTIPLE_TOKEN,
                   SPEC_ARGS({.name = "encoding", .type = ARG_STRING},
                             {.name = "offset", .type = ARG_INTEGER})}),
    },
};

const struct command_family command_family_bitmap = {COMMAND_LIST(commands)};
