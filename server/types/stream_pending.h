/*
 * Pending lists: what a group of consumers was given and has not acknowledged.
 *
 * A list is a tree by ID whose records tell when an entry was given to whom, and how often. An entry may also have been
 * *given back*: it has no owner then, and comes before all others when entries are claimed, in the order in which they
 * were given back. Which entries have waited longest an index of times tells (shape/tree.h, by score). It is made when
 * it is first asked for, since few ask, and kept from then on.
 *
 * All changes allocate first: -ENOMEM leaves the list as it was. Under the lock of whoever owns the list.
 */
#ifndef KVS_TYPES_STREAM_PENDING_H
#define KVS_TYPES_STREAM_PENDING_H

#include "shape/tree.h"
#include "types/stream_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PENDING_NO_OWNER 0

struct pending_entry {
    struct stream_id id;
    int64_t
        delivered_ms; /* wall, 0 or later and below 2^53; of one that was given back, below 0: its turn among those */
    int64_t count;    /* deliveries */
    uint32_t owner;   /* number of a consumer */
};

struct pending_list {
    struct tree by_id;
    struct tree by_time; /* has as many records, or none if it isn't kept */
    bool is_timed;       /* the index of times is kept */
    uint64_t given_back; /* entries without an owner */
    int64_t next_turn;   /* of the next entry that is given back */
};

void pending_init(struct pending_list *list);
void pending_deinit(struct pending_list *list);

/* copy becomes a copy of the list. 0 or -ENOMEM; then it is empty. */
int pending_copy(struct pending_list *copy, const struct pending_list *list);

/* Bytes, estimated from samples entries; 0: from all. */
size_t pending_memory(const struct pending_list *list, size_t samples);

static inline uint64_t pending_count(const struct pending_list *list)
{
    return list->by_id.count;
}

/* Wall time in milliseconds as it is shown: of an entry that was given back it is 0. */
static inline int64_t pending_shown_ms(const struct pending_entry *entry)
{
    return entry->delivered_ms < 0 ? 0 : entry->delivered_ms;
}

/* ---- finding; false: there is none ---- */

/* Where it isn't there, the place is the one to add it at. */
bool pending_find(const struct pending_list *list, struct stream_id id, struct pending_entry *entry_out,
                  struct tree_place *place_out);

/* The first entry from that ID on, and the one behind the place. */
bool pending_seek(const struct pending_list *list, struct stream_id id, struct pending_entry *entry_out,
                  struct tree_place *place_out);
bool pending_next(const struct pending_list *list, struct pending_entry *entry_out, struct tree_place *place);

/* The last entry. */
bool pending_last(const struct pending_list *list, struct pending_entry *entry_out);

/* ---- changing ---- */

/* At the place of an ID that isn't there. 0 or -ENOMEM. */
int pending_add(struct pending_list *list, struct tree_place *place, const struct pending_entry *entry);

/* At the place of an entry, which changes from one to the other and keeps its ID. 0 or -ENOMEM. */
int pending_change(struct pending_list *list, struct tree_place *place, const struct pending_entry *from,
                   const struct pending_entry *to);

void pending_remove(struct pending_list *list, struct tree_place *place, const struct pending_entry *entry);

/*
 * All entries of one owner at once, in time for each entry of the list; old_out is to be freed. The index of times isn't
 * kept any more. 0, or -ENOMEM: nothing has changed.
 */
int pending_remove_owner(struct pending_list *list, uint32_t owner, struct tree *old_out);

/* The time with which the next entry is given back, behind all that have been. */
int64_t pending_next_turn(struct pending_list *list);

/* ---- by time ---- */

/* From now on the index of times is kept. 0 or -ENOMEM. It takes time for each entry if it isn't there yet. */
int pending_keep_times(struct pending_list *list);

/* With the index: how many have been pending since that time or longer, those given back included. */
uint64_t pending_due(const struct pending_list *list, int64_t time_ms);

/* With the index: whose turn it is at that index of the order: those given back, then those that wait longest. */
bool pending_by_time(const struct pending_list *list, uint64_t index, struct stream_id *id_out);

/* Ends the process if something is wrong with it. For tests and DEBUG. */
void pending_check(const struct pending_list *list);

#endif
