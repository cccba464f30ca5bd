/*
 * Collections: what lists, sets, hashes and sorted sets have in common.
 *
 * A small collection is packed: its records (shape/record.h) stand in the entry behind their number, so key and
 * collection are one allocation. From COLLECTION_PACKED_MAX bytes on it is a tree (shape/tree.h), whose root the entry
 * refers to; one that is sorted has an index (shape/member_index.h) beside it. Which of the two it is shows nowhere
 * outside; the names in OBJECT ENCODING are each type's own matter.
 *
 * Second elements may have a time to live (shape/element.h). From the first one on the entry has ENTRY_AGES, and the
 * index of a tree is one of the times (shape/expiry_index.h).
 *
 * To read or to change one, open it: that takes the collection out of its entry into a struct on the stack, through
 * which all goes. A change may move the entry, and the struct knows where it is then. All under the lock of the entry's
 * shard; the caller encloses changes in keyspace_edit() and keyspace_edited().
 */
#ifndef KVS_TYPES_COLLECTION_H
#define KVS_TYPES_COLLECTION_H

#include "shape/record_sort.h"
#include "shape/tree.h"
#include "store/entry.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define COLLECTION_PACKED_MAX TREE_RUN_MAX /* bytes of records */
#define COLLECTION_IS_TREE 1               /* of the entry's encoding; its other bits are the type's */

/* What the collections of a type are like. */
struct collection_kind {
    uint8_t type;  /* type_number */
    uint8_t order; /* tree_order: by place; by hash, where packed records stand in any order; or by score */
    struct record_form form;
};

struct collection {
    const struct collection_kind *kind;
    struct entry *entry;
    bool is_tree;
    bool ages;                   /* its entry has ENTRY_AGES */
    struct collection_trees {    /* a copy of what stands in the entry */
        struct tree tree, index; /* an index, if it is by score or has second elements */
    } trees;
};

/* A record of the collection. Changes that are not made through it invalidate it. */
struct collection_place {
    const char *record;     /* borrowed */
    uint64_t index;         /* packed only */
    struct tree_place tree; /* trees only */
};

/*
 * A new entry with an empty collection of that kind, to be filled before it is put under its key. NULL without memory.
 */
struct entry *collection_create(const struct collection_kind *kind, struct bytes key, int64_t expire_ms);

void collection_open(struct collection *collection, const struct collection_kind *kind, const struct entry *entry);

uint64_t collection_count(const struct collection *collection);

/* Bytes of its records with all they refer to; if that is more than limit, some number above it, found as fast. */
uint64_t collection_bytes(const struct collection *collection, uint64_t limit);

/* ---- finding; false: there is none ---- */

bool collection_at(const struct collection *collection, uint64_t index, struct collection_place *place_out);

/* The last record, which there is, if it is to be removed: finding it is then quick, also the next time. */
void collection_last(struct collection *collection, struct collection_place *place_out);

/* Not by place. By hash, where it isn't there, the place is the one to put it at; by score it is without meaning. */
bool collection_find(const struct collection *collection, const struct element *element,
                     struct collection_place *place_out);

/* By score: the first record that isn't before the bound; and the place to put it at if there is no equal one. */
bool collection_seek(const struct collection *collection, const struct record_bound *bound,
                     struct collection_place *place_out);
void collection_find_bound(const struct collection *collection, const struct record_bound *bound,
                           struct collection_place *place_out);

/* The place behind the last record. */
void collection_end(const struct collection *collection, struct collection_place *place_out);

bool collection_next(const struct collection *collection, struct collection_place *place);
bool collection_previous(const struct collection *collection, struct collection_place *place);

/* The records from the place on that stand in one run, and where they end; and to the beginning of the next run. */
const char *collection_run(const struct collection *collection, const struct collection_place *place,
                           const char **end_out);
bool collection_next_run(const struct collection *collection, struct collection_place *place);

/* By place: as tree_search(). */
bool collection_search(const struct collection *collection, const struct element *element, bool back, uint64_t most,
                       struct collection_place *place, uint64_t *passed_out);

/* How many records are before it. By place or by score. */
uint64_t collection_index(const struct collection *collection, const struct collection_place *place);

/*
 * A part of a walk over all records, not by place: visits count of them or more, from a cursor on, which is 0 at first.
 * Returns the cursor to go on with, 0 at the end; it is below 2^53, since some clients read it as a double. What is
 * there from the first to the last part is visited, whatever changes in between; some records may be visited twice.
 */
uint64_t collection_scan(const struct collection *collection, uint64_t cursor, uint64_t count,
                         void (*visit)(void *context, const char *record), void *context);

/* ---- times to live ---- */

/* The earliest; INT64_MAX if there is none. */
int64_t collection_next_expiry(const struct collection *collection);

/* Whether the time of a record of the collection isn't over. */
static inline bool collection_is_live(const struct collection *collection, const char *record, int64_t now_ms)
{
    int64_t expire_ms = collection->ages ? element_expiry(record_second(record, collection->kind->form)) : now_ms + 1;
    return expire_ms == ELEMENT_NO_EXPIRY || expire_ms > now_ms;
}

/* How many records are due: their time is now or was earlier. */
uint64_t collection_due(const struct collection *collection, int64_t now_ms);

/* A record that is due. */
bool collection_find_due(const struct collection *collection, int64_t now_ms, struct collection_place *place_out);

/* ---- changing ---- */

/* As tree_splice(). Afterwards the collection's entry may be another one. */
int collection_splice(struct collection *collection, struct collection_place *place, unsigned removed,
                      const char *record, size_t len, bool keep);

/* The same with a record whose second element has a time to live. */
int collection_splice_timed(struct collection *collection, struct collection_place *place, unsigned removed,
                            const char *record, size_t len, bool keep);

/*
 * An empty collection by score gets all these members at once, each of which is another one; it takes references of
 * its own to what they have outside. are_hashed: their keys are hashes, whose lowest bits may be 0 instead, and they
 * are sorted by them. Members are sorted otherwise afterwards. 0 or -ENOMEM; then the collection is as it was.
 */
int collection_build(struct collection *collection, struct record_ref *members, size_t count, bool are_hashed);

/* An empty collection becomes these trees. 0 or -ENOMEM; then the trees are the caller's. */
int collection_plant(struct collection *collection, const struct collection_trees *trees);

/* By score: gives the record another score, not NaN, and moves it where it belongs then. 0 or -ENOMEM. */
int collection_rescore(struct collection *collection, struct collection_place *place, double score);

/*
 * Takes count records from index on away, or as many as there are. What is large becomes the tree cut_out, which is
 * empty otherwise, for collection_discard(). 0 or -ENOMEM. By score it takes time for each record that goes or that
 * stays.
 */
int collection_cut(struct collection *collection, uint64_t index, uint64_t count, struct tree *cut_out);

/* Frees what was cut off, in the background if that takes long. With or without locks. */
void collection_discard(struct tree *cut);

/* ---- operations for the store, for a type's value_type, whose .shape is the type's collection_kind ---- */

void collection_release(struct entry *entry);
bool collection_is_slow_to_release(const struct entry *entry);
int collection_copy(struct entry *copy);
size_t collection_memory(const struct entry *entry, size_t samples);

/* Walks the whole collection; ends the process if something is wrong with it. For tests and DEBUG. */
void collection_check(const struct collection *collection);

#endif
