/*
 * Lists of names: what a walk over the keyspace copies out under the locks, for the reply after the walk.
 *
 * One owner, one thread. Allocations can fail, since clients choose how much a list takes: it then notes that it is
 * incomplete and takes no more names.
 */
#ifndef KVS_HANDLERS_NAME_LIST_H
#define KVS_HANDLERS_NAME_LIST_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>

struct name_list {
    char *data; /* names one after the other: four bytes of length, then the bytes */
    size_t len, capacity;
    size_t count;
    bool failed; /* memory couldn't be had: names are missing */
};

/* Copies a name to the end. A list begins as all zeros. */
void name_list_add(struct name_list *names, struct bytes name);

/*
 * The name at *offset, which moves on to the next one: begin with 0, go on while it is less than len.
 * Borrowed until the list is changed.
 */
struct bytes name_list_next(const struct name_list *names, size_t *offset);

/* Removes repetitions, keeping the order. Without memory returns false with nothing changed. */
bool name_list_make_unique(struct name_list *names);

void name_list_deinit(struct name_list *names);

#endif
