/*
 * "Did you mean ...?": the name that somebody most probably meant by a word that is not a name.
 */
#ifndef KVS_CLIENT_CORE_NEAREST_H
#define KVS_CLIENT_CORE_NEAREST_H

#include <stddef.h>

struct nearest {
    const char *word; /* borrowed */
    const char *name; /* the best offer so far, borrowed; NULL when none is near enough */
    size_t distance;
};

struct nearest nearest_begin(const char *word);

/* Considers a name. Of names that are equally near the first is kept. */
void nearest_offer(struct nearest *nearest, const char *name);

#endif
