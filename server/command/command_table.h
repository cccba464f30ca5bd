/*
 * The command table at work: looking up by name, numbering, key positions.
 *
 * Built once at start from command/specs/, read-only afterwards, so any thread may read. Every command
 * and subcommand has a number, its index in the arrays of statistics.
 */
#ifndef KVS_COMMAND_COMMAND_TABLE_H
#define KVS_COMMAND_COMMAND_TABLE_H

#include "base/bytes.h"
#include "command/command.h"

/* Builds the index; before threads start. Ends the process if the specs contradict each other. */
void command_table_init(void);

/* The top-level command with that name, in any case of letters, or NULL. */
const struct command *command_find(const char *name, size_t len);

/* The subcommand of a container, by its own word in any case, or NULL. */
const struct command *command_find_subcommand(const struct command *container, const char *name, size_t len);

/* The subcommand that argv[1] names, if argv[0] is a container with it; otherwise the command; NULL if unknown. */
const struct command *command_find_call(const struct arg *argv, int argc);

/* A command by "name" or "container|sub"; NULL if unknown. */
const struct command *command_find_full(const char *full_name, size_t len);

/* The same by the names in the specifications, whatever command_rename() did: ACL rules use these. */
const struct command *command_find_original(const char *full_name, size_t len);

/*
 * rename-command: from now on the top-level command has only the new name or, if that is empty, none. Its full name
 * and its rights stay. A command that only Redis has (command/absent_commands.h) can be renamed like any other, though
 * nothing comes of it. Before threads start. 0; -ENOENT if there is no command old_name; -EEXIST if another command has
 * the new name, be it one that only Redis has.
 */
int command_rename(const char *old_name, size_t old_len, const char *new_name, size_t new_len);

/* The container of a subcommand, or NULL. */
static inline const struct command *command_parent(const struct command *command)
{
    return command->parent;
}

/* Number of commands and subcommands; numbers run from 0 to command_count() - 1. */
unsigned command_count(void);
static inline unsigned command_number(const struct command *command)
{
    return command->number;
}
const struct command *command_by_number(unsigned number);

/* "get", "config|get". */
static inline const char *command_full_name(const struct command *command)
{
    return command->full_name;
}

/* Top-level commands that have a name, in the order of the table. */
unsigned command_top_count(void);
const struct command *command_top(unsigned index);

/* Whether argc fits the arity. */
static inline bool command_arity_ok(const struct command *command, int argc)
{
    return command->arity >= 0 ? argc == command->arity : argc >= -command->arity;
}

/* Categories with those that the flags imply, a bit each of enum command_category. */
static inline uint32_t command_categories(const struct command *command)
{
    return command->categories;
}

/* The category of that name in any case, without the @; 0 if there is none. */
uint32_t command_category_find(const char *name, size_t len);

/* The name of one category, or of one group. */
const char *command_category_name(uint32_t category);
const char *command_group_name(enum command_group group);

/* First key, last key and step as COMMAND INFO's old fields tell them. */
void command_legacy_range(const struct command *command, int *first_out, int *last_out, int *step_out);

/* One key among the arguments. */
struct key_ref {
    int position; /* index in argv */
    uint32_t flags;
};

/*
 * Finds the keys of a request, whose argc fits the arity, by the key specifications, one after the other,
 * except those with KEY_NOT_KEY. Writes up to max of them and returns how many there are in all, which may be
 * more. Negative if the arguments don't contain the keys that they announce.
 */
int command_keys(const struct command *command, const struct arg *argv, int argc, struct key_ref *refs, int max);

#endif
