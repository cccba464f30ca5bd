/*
 * The patterns that anybody is subscribed to, in the order in which they came, so that a walk through them can be
 * broken off and go on behind the last one seen. Patterns that have gone leave gaps, which are closed when they are
 * half of the list. The caller has a lock.
 */
#ifndef KVS_PUBSUB_PATTERN_LIST_H
#define KVS_PUBSUB_PATTERN_LIST_H

#include <stddef.h>
#include <stdint.h>

struct channel;

struct pattern_slot {
    uint64_t number;
    struct channel *channel; /* NULL: gone */
};

/* Zeroed: empty. */
struct pattern_list {
    struct pattern_slot *slots;
    size_t count, capacity; /* slots */
    size_t gone;            /* of them */
    uint64_t last;          /* number given */
};

/* Returns its number, from 1 on. */
uint64_t pattern_list_add(struct pattern_list *list, struct channel *channel);
void pattern_list_remove(struct pattern_list *list, uint64_t number);

/* The index of the first slot with that number or a higher one; list->count if there is none. */
size_t pattern_list_find(const struct pattern_list *list, uint64_t number);

#endif
