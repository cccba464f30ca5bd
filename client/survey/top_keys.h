/*
 * The keys that stand out most by some value, in little memory however many keys there are.
 */
#ifndef KVS_CLIENT_SURVEY_TOP_KEYS_H
#define KVS_CLIENT_SURVEY_TOP_KEYS_H

#include "survey/key_walk.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct top_key {
    uint64_t value;
    char *name;
    size_t name_length;
    char *type_name; /* empty: unknown */
    int64_t answers[KEY_QUESTIONS];
};

struct top_keys;

struct top_keys *top_keys_create(size_t capacity);
void top_keys_destroy(struct top_keys *top);

/* True when the key is among the top now. One that was added before, as SCAN may name it twice, is not added again. */
bool top_keys_add(struct top_keys *top, uint64_t value, const struct walked_key *key);

/* By value, the greatest first. Borrowed until the next is added. */
const struct top_key *top_keys_list(const struct top_keys *top, size_t *count_out);

#endif
