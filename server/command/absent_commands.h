/*
 * Commands of Redis that aren't here: their names, so that configurations and ACL rules that mention them can be taken.
 *
 * The names are those of Redis 7.2, with the newer ones of Redis 8 and Valkey 9 that clients send; commands of modules
 * don't count. A container stands here as well as its subcommands ("script", "script|load"). A name that is in the
 * command table isn't here: a unit test sees to it. docs/compatibility.md lists them. Constant but for renames, which
 * are made before threads start; any thread may read.
 */
#ifndef KVS_COMMAND_ABSENT_COMMANDS_H
#define KVS_COMMAND_ABSENT_COMMANDS_H

#include "command/command.h"

#include <stdbool.h>
#include <stddef.h>

struct text;

/* The name of an absent command ("script|load", in lower case), or NULL for any other. Compares in any case. */
const char *absent_command_find(const char *full_name, size_t len);

/* Whether it has subcommands. */
bool absent_command_is_container(const char *name, size_t len);

/* All of them, by group and name: index counts from 0 to absent_command_count() - 1. */
size_t absent_command_count(void);
const char *absent_command_at(size_t index, enum command_group *group_out);

/* ---- rename-command ---- */

/* Whether clients of Redis would reach an absent command by this name, after all renames so far. */
bool absent_command_is_called(const char *name, size_t len);

/* Gives the one that is called old_name another name, or none (""). False: none is called so. */
bool absent_command_rename(const char *old_name, size_t old_len, const char *new_name, size_t new_len);

/* ---- telling which of them something mentions ---- */

/* Which absent commands have been mentioned; zeros: none. */
struct absent_mentions {
    size_t count;
    size_t first[2]; /* indices of those that are told by name */
    bool seen[512];  /* by index */
};

/* Notes the absent command with this name; does nothing for any other. */
void absent_mentions_note(struct absent_mentions *mentions, const char *full_name, size_t len);

/* Appends "BGSAVE, SCRIPT|LOAD and 20 more aren't in kvs (yet)". There is one at least. */
void absent_mentions_say(const struct absent_mentions *mentions, struct text *text);

#endif
