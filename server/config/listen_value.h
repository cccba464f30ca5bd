/*
 * `listen`: the entries of socket files, as words and as text.
 *
 * An entry is PATH and options: mode=, owner=, group=, access=, user=. A word that is no option begins the next
 * entry; a word "letters=..." is always an option, so a path of that look is written ./letters=... . A path without a
 * slash is kept as ./name. Private to config/. Errors are -EINVAL and *error_out, the reason (mem_free()); on
 * an error the entries are as they were.
 */
#ifndef KVS_CONFIG_LISTEN_VALUE_H
#define KVS_CONFIG_LISTEN_VALUE_H

#include "config/settings.h"

#include <stdbool.h>
#include <stddef.h>

struct text;

#define LISTEN_ENTRIES_MAX 100
#define LISTEN_NO_ABSTRACT "abstract names have no file and so no permissions; write a path"

/* The words are all entries there are; none, or one empty word: no entries. */
int listen_set(struct config *config, const char *const *words, size_t count, char **error_out);

/* The words are further entries, behind those that are there. */
int listen_add(struct config *config, const char *const *words, size_t count, char **error_out);

/* CONFIG SET: the text is all entries, or with "+" before it one entry that is added or takes the place of that of
 * the same path, or "-" and the path of one to remove. */
int listen_change(struct config *config, const char *text, char **error_out);

/* Adds one entry, or all in one line: what listen_set() reads back as the same. */
void listen_describe_entry(const struct listen_entry *entry, struct text *out);
void listen_describe(const struct config *config, struct text *out);

/* The entry of that path as it is written; NULL none. */
const struct listen_entry *listen_find(const struct config *config, const char *path);

/* Takes one out. */
void listen_remove(struct config *config, size_t index);

/* Gives to a copy of its own of from's entries; what to had is forgotten, not freed. */
void listen_copy(struct config *to, const struct config *from);
void listen_free(struct config *config);

/* What is wrong with a path of a socket file, or NULL; on the heap. */
char *listen_check_path(const char *path);

#endif
