/*
 * Lists of names: what a walk over the keyspace copies out under the locks.
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

/* Removes the names that aren't wanted, from that offset on; the order stays. */
typedef bool name_list_wants(void *context, struct bytes name);
void name_list_keep(struct name_list *names, size_t from, name_list_wants *wants, void *context);

/* Removes all; the list keeps its memory for others. */
void name_list_clear(struct name_list *names);

void name_list_deinit(struct name_list *names);

#endif
