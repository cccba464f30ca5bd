/*
 * Notation for the command specifications: lists written in place, with their lengths.
 *
 *     SPEC_ARGS({.name = "key", .type = ARG_KEY, .key_spec = 1}, {.name = "value", .type = ARG_STRING})
 *
 * fills .args and .arg_count. Only the files of command/specs/ include this header.
 */
#ifndef KVS_COMMAND_SPECS_SPEC_H
#define KVS_COMMAND_SPECS_SPEC_H

#include "command/command.h"
#include "command/handlers.h"

/* A pointer to a constant array and its length: what stands in the brackets is written once and counted. */
#define SPEC_LIST(type, ...) (const type[]){__VA_ARGS__}
#define SPEC_COUNT(type, ...) (sizeof((const type[]){__VA_ARGS__}) / sizeof(type))

#define SPEC_ARGS(...)                                                                                       \
    .args = SPEC_LIST(struct command_arg, __VA_ARGS__),                                                      \
    .arg_count = SPEC_COUNT(struct command_arg, __VA_ARGS__)
#define SPEC_KEYS(...)                                                                                       \
    .key_specs = SPEC_LIST(struct key_spec, __VA_ARGS__),                                                    \
    .key_spec_count = SPEC_COUNT(struct key_spec, __VA_ARGS__)
#define SPEC_HISTORY(...)                                                                                    \
    .history = SPEC_LIST(struct command_history, __VA_ARGS__),                                               \
    .history_count = SPEC_COUNT(struct command_history, __VA_ARGS__)
#define SPEC_TIPS(...)                                                                                       \
    .tips = SPEC_LIST(char *const, __VA_ARGS__), .tip_count = SPEC_COUNT(char *const, __VA_ARGS__)

#define SPEC_SECRET(...) .secret = &(const struct secret_spec){__VA_ARGS__}

/* Subcommands have an array of their own. */
#define SPEC_SUBCOMMANDS(array)                                                                              \
    .subcommands = (array), .subcommand_count = sizeof(array) / sizeof((array)[0])

/* Keys from argument number first on, every step-th, to the last: relative to the first; -1 is the end. */
#define KEY_RANGE(key_flags, first, last, every, ...)                                                        \
    {.flags = (key_flags), .search = KEY_AT_INDEX, .index = (first), .find = KEY_FIND_RANGE,                 \
     .last_key = (last), .step = (every), __VA_ARGS__}

/* As many keys as argument number first says, right behind it. */
#define KEY_COUNTED(key_flags, first)                                                                        \
    {.flags = (key_flags), .search = KEY_AT_INDEX, .index = (first), .find = KEY_FIND_KEYNUM,                \
     .keynum_index = 0, .first_key = 1, .key_step = 1}

/* A key behind each place where the keyword stands, from argument number from on. */
#define KEY_BEHIND(key_flags, word, from)                                                                    \
    {.flags = (key_flags), .search = KEY_AT_KEYWORD, .keyword = (word), .start_from = (from),                \
     .repeated = true, .find = KEY_FIND_RANGE, .step = 1}

/* Keys of which COMMAND INFO says only that they are unknown, and why: a function finds them, or, for NULL, nothing. */
#define KEY_ELSEWHERE(key_flags, function, why)                                                              \
    {.flags = (key_flags), .search = KEY_UNKNOWN, .finder = (function), .find = KEY_FIND_RANGE, .step = 1,   \
     .notes = (why)}

#endif
