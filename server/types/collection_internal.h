/*
 * What the sources of collections share: how a collection lies in its entry. Private to them.
 */
#ifndef KVS_TYPES_COLLECTION_INTERNAL_H
#define KVS_TYPES_COLLECTION_INTERNAL_H

#include "types/collection.h"

#include <string.h>

#define SLOW_RECORDS 4000 /* from which on freeing takes so long that the reaper should do it */

/* ---- packed: two bytes with the number of records, and the records ---- */

#define PACKED_HEAD sizeof(uint16_t)

static inline unsigned packed_count(const struct entry *entry)
{
    uint16_t count;
    memcpy(&count, entry_value(entry), sizeof count);
    return count;
}

static inline char *packed_records(const struct entry *entry)
{
    return entry_value(entry) + PACKED_HEAD;
}

static inline char *packed_end(const struct entry *entry)
{
    return entry_value(entry) + entry_value_len(entry);
}

static inline bool is_sorted(const struct collection_kind *kind)
{
    return kind->order == TREE_BY_SCORE;
}

/* Whether its tree has an index: of members, or of times, which is empty while there are none. */
static inline bool has_index(const struct collection_kind *kind)
{
    return is_sorted(kind) || kind->form.elements == 2;
}

/* Bytes of the entry's value in which its trees are. */
static inline size_t trees_len(const struct collection_kind *kind)
{
    return has_index(kind) ? sizeof(struct collection_trees) : sizeof(struct tree);
}

static inline void store_trees(struct collection *collection)
{
    memcpy(entry_value(collection->entry), &collection->trees, trees_len(collection->kind));
}

/* Of a collection that ages: ends the process if its index doesn't have the times of its records. */
void collection_check_times(const struct collection *collection);

/* When a record of a collection that ages expires, or ELEMENT_NO_EXPIRY. */
static inline int64_t record_expiry(const struct collection *collection, const char *record)
{
    return element_expiry(record_second(record, collection->kind->form));
}

#endif
