/*
 * Counts keys by type: how many there are, how large together, and which is the biggest.
 */
#ifndef KVS_CLIENT_SURVEY_KEY_TOTALS_H
#define KVS_CLIENT_SURVEY_KEY_TOTALS_H

#include "survey/key_walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct key_total {
    char *type_name;
    const char *unit; /* of sizes */
    uint64_t count;
    uint64_t sized; /* keys whose size is known */
    uint64_t size;  /* theirs together */
    uint64_t biggest;
    char *biggest_name; /* quoted, printable; NULL: no size is known */
};

struct key_totals {
    struct key_total *types; /* the known ones first, whether there are such keys or not */
    size_t count;
    bool by_memory;
    uint64_t keys;
    uint64_t name_bytes; /* of all names */
};

/* Sizes are elements and bytes of strings, or, for types of modules and `by_memory`, bytes of memory. */
void key_totals_init(struct key_totals *totals, bool by_memory);
void key_totals_deinit(struct key_totals *totals);

/* The type's total if the key is its biggest so far, else NULL. Borrowed until the next key. */
const struct key_total *key_totals_add(struct key_totals *totals, const struct walked_key *key);

#endif
