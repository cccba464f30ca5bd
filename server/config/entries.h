/*
 * Entries: what the lines of a directive whose lines add up (listen, user, client-output-buffer-limit) say, one by one,
 * so that CONFIG REWRITE can compare them and write those that have changed.
 *
 * Private to config/. Whoever is given entries frees them with config_entries_deinit().
 */
#ifndef KVS_CONFIG_ENTRIES_H
#define KVS_CONFIG_ENTRIES_H

#include "config/directive.h"

#include <stdbool.h>
#include <stddef.h>

/* An entry, and the key that it is about: path, name or class of clients; "" for the account. */
struct config_entry {
    char *key, *text; /* text: the line as we write it */
    bool anew;        /* the line replaces an entry above: listen +PATH, user NAME reset */
    bool takes_away;  /* the line only removes one: listen -PATH, user -NAME */
    bool written;     /* CONFIG REWRITE has a line for it */
};

struct config_entries {
    struct config_entry *list;
    size_t count;
};

bool directive_adds_up(const struct directive *directive);

/* A configuration's value of a directive, as one entry for each line. */
struct config_entries config_entries_of(const struct config *config, const struct directive *directive);

/* What a line says; nothing, if it is an empty value that clears all entries above. */
struct config_entries config_entries_of_line(const struct directive *directive, const char *line);

void config_entries_deinit(struct config_entries *entries);

/* The entry about that, or NULL. */
struct config_entry *config_entries_find(const struct config_entries *entries, const char *key);

/* Whether both hold the same entries, in any order. */
bool config_entries_same(const struct config *a, const struct config *b, const struct directive *directive);

/* The line of an entry; anew: the one that replaces an entry above, where there may be one. Freed with mem_free(). */
char *config_entry_line(const struct directive *directive, const struct config_entry *entry, bool anew);

/* The line that takes the entry above away; NULL: there is none, for the account. Freed with mem_free(). */
char *config_entry_removal(const struct directive *directive, const struct config_entry *entry);

#endif
