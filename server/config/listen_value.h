/*
 * `listen`: the entries of socket files, as words and as text.
 *
 * An entry is PATH and options: mode=, owner=, group=, access=, user=. A word that isn't an option begins the next
 * entry; a word "letters=..." is always an option, so a path of that form is written ./letters=... . A path without a
 * slash is kept as ./name. Private to config/. On an error functions return -EINVAL with the reason in *error_out
 * (freed with mem_free()), and the entries are as they were.
 */
#ifndef KVS_CONFIG_LISTEN_VALUE_H
#define KVS_CONFIG_LISTEN_VALUE_H

#include "config/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct text;

#define LISTEN_ENTRIES_MAX 100
#define LISTEN_NO_ABSTRACT "abstract names have no file and so no permissions; write a path"

/* Replaces all entries with those of the words. No words, or one empty word: no entries. */
int listen_set(struct config *config, const char *const *words, size_t count, char **error_out);

/* Adds the entries of the words behind those that are there. */
int listen_add(struct config *config, const char *const *words, size_t count, char **error_out);

/*
 * For CONFIG SET: the text holds all entries; or "+" and one entry, which is added or replaces the one with the same
 * path; or "-" and the path of the entry to remove.
 */
int listen_change(struct config *config, const char *text, char **error_out);

/* Adds the text of one entry, or of all in one line, which listen_set() reads back as the same. */
void listen_describe_entry(const struct listen_entry *entry, struct text *out);
void listen_describe(const struct config *config, struct text *out);

/* The entry with exactly this path; NULL: none. Borrowed until the entries change. */
const struct listen_entry *listen_find(const struct config *config, const char *path);

/* Removes the entry with this index. */
void listen_remove(struct config *config, size_t index);

/* Gives `to` its own copy of from's entries; those that it had before are forgotten, not freed. */
void listen_copy(struct config *to, const struct config *from);
void listen_free(struct config *config);

/* What is wrong with the path of a socket file (freed with mem_free()), or NULL. */
char *listen_check_path(const char *path);

#endif
