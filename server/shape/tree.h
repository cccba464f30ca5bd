/*
 * Trees: large collections. One B+tree with counts serves lists, sets, hashes and sorted sets.
 *
 * Records (record.h) stand in leaves of at most a kibibyte; branches above them know of each child how many records it
 * has and, unless the order is that of places, from which key on. So a record is found by its place or its key in
 * logarithmic time, and its place is known when it is found. The orders:
 *
 *     TREE_BY_PLACE   records stay where they are put (lists)
 *     TREE_BY_HASH    by the hash of the first element, or the hash that the record has itself; within a leaf by a few
 *                     bits of it (hash_leaf.h), and otherwise unsorted. A hash divides the tree in the same way
 *                     however it grows, so it is a cursor for scans.
 *     TREE_BY_SCORE   by the score in front, then by the element's text; equal ones in any order
 *     TREE_BY_ID      by the 128 bits in front, each ID once; records without elements, so of one length (streams)
 *
 * All memory of a change is allocated before the first byte is changed: a change that returns -ENOMEM has not happened.
 * A tree takes ownership of what the elements of its records refer to. Every leaf and every branch has room for the
 * epoch of the last snapshot that has it, and all changes to them pass through tree_splice() and tree_cut().
 *
 * Under the lock of whoever owns the tree. The B+tree with counts is folklore; see Knuth, "The Art of Computer
 * Programming", volume 3, 6.2.3 and 6.2.4.
 */
#ifndef KVS_SHAPE_TREE_H
#define KVS_SHAPE_TREE_H

#include "shape/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define TREE_HEIGHT_MAX 12

enum tree_order { TREE_BY_PLACE, TREE_BY_HASH, TREE_BY_SCORE, TREE_BY_ID };

struct tree_branch;
struct tree_leaf;

struct tree {
    uint64_t count; /* of records */
    void *root;     /* a leaf when height is 0; NULL when the tree is empty */
    uint8_t height; /* branches above each leaf */
    uint8_t order;  /* tree_order */
    struct record_form form;
    bool has_outside; /* some element has ever referred to a blob, or records own something */
    uint16_t tail;    /* offset of a record in the last leaf, not far from its end, or 0: see tree_last() */
};

#define PLACE_NO_SECTION UINT16_MAX

/* A record in the tree, or the end of a leaf. A change of the tree that isn't made through it invalidates it. */
struct tree_place {
    struct tree_leaf *leaf;
    uint16_t offset;                               /* bytes into the leaf's records */
    uint16_t index;                                /* records before it in the leaf; not after finding by hash */
    uint16_t section;                              /* by hash: where to insert, or PLACE_NO_SECTION */
    uint16_t at[TREE_HEIGHT_MAX];                  /* which child, from the root down */
    struct tree_branch *branches[TREE_HEIGHT_MAX]; /* of which branch */
};

void tree_init(struct tree *tree, enum tree_order order, struct record_form form);

/*
 * An empty tree gets the count records of a run, of at most TREE_RUN_MAX bytes, which are in its order (by hash: in
 * any), with their references. 0 or -ENOMEM.
 */
#define TREE_RUN_MAX 1000
int tree_plant(struct tree *tree, const char *records, size_t len, unsigned count);

/* Frees all of it, with what the elements refer to. It takes about 2 ms for a million records. */
void tree_deinit(struct tree *tree);

/*
 * copy becomes a copy of tree, with references of its own; records don't own anything. 0 or -ENOMEM; then copy is
 * empty.
 */
int tree_copy(struct tree *copy, const struct tree *tree);

/* ---- finding; false: there is no such record ---- */

bool tree_at(const struct tree *tree, uint64_t index, struct tree_place *place_out);

/* The last record of a tree that isn't empty. It notes where the records near it are, for when that one is removed. */
void tree_last(struct tree *tree, struct tree_place *place_out);

/* By hash, of a form with elements. Where it isn't there, the place is the one to insert it at. */
bool tree_find(const struct tree *tree, const struct element *element, struct tree_place *place_out);

/* By hash: the beginning of the leaf in which that hash and those behind it are. False when the tree is empty. */
bool tree_find_hash(const struct tree *tree, uint64_t hash, struct tree_place *place_out);

/*
 * By hash: in the leaf of that hash the first record that may have it; those that may go on to end. Where there is
 * none, the place at their end is the one to insert it at. False when the tree is empty, with the end NULL.
 */
bool tree_find_section(const struct tree *tree, uint64_t hash, struct tree_place *place_out, const char **end_out);

/* By score: the record with that score and text. Where it isn't there, the place is the one to insert it at. */
bool tree_find_score(const struct tree *tree, double score, struct bytes text, struct tree_place *place_out);

/* By score: the first record that isn't before the bound. */
bool tree_seek(const struct tree *tree, const struct record_bound *bound, struct tree_place *place_out);

/* The same as the place to insert at, which may be the end of a leaf, and is if it returns false. */
bool tree_find_bound(const struct tree *tree, const struct record_bound *bound, struct tree_place *place_out);

/*
 * By ID: the record with that ID. Where it isn't there, the place is the one to insert it at, which may be the end of a
 * leaf. The end of the tree is found without a search of leaves.
 */
bool tree_find_id(const struct tree *tree, struct record_id id, struct tree_place *place_out);

/* By ID: the first record that has this ID or a higher one; and the last that has it or a lower one. */
bool tree_seek_id(const struct tree *tree, struct record_id id, struct tree_place *place_out);
bool tree_seek_id_back(const struct tree *tree, struct record_id id, struct tree_place *place_out);

/* ---- at a place ---- */

const char *tree_record(const struct tree_place *place);
uint64_t tree_index(const struct tree *tree, const struct tree_place *place);

/* To the next record, or the one before; false at the end, where the place is no longer one. */
bool tree_next(const struct tree *tree, struct tree_place *place);
bool tree_previous(const struct tree *tree, struct tree_place *place);

/* The records from the place on in its leaf, and where they end; tree_next_leaf() goes to the next one's beginning. */
const char *tree_run(const struct tree_place *place, const char **end_out);
bool tree_next_leaf(const struct tree *tree, struct tree_place *place);
unsigned tree_leaf_count(const struct tree_place *place); /* records of the place's leaf */

/* To another record of the same leaf, or its end; of forms without elements, whose records have one length. */
void tree_go_in_leaf(const struct tree *tree, struct tree_place *place, const char *record);

/*
 * By place, of single elements: from the place on, itself included, to the next record with that element, or the one
 * before, and how many others were passed. False if it isn't among the next most ones; the place is no longer one then.
 */
bool tree_search(const struct tree *tree, const struct element *element, bool back, uint64_t most,
                 struct tree_place *place, uint64_t *passed_out);

/* By hash: the lowest hash that may be in the leaf behind that of the place; 0 when it is the last. */
uint64_t tree_next_hash(const struct tree *tree, const struct tree_place *place);

/* By hash: the lowest hash that may be in the leaf of the place. */
uint64_t tree_leaf_hash(const struct tree *tree, const struct tree_place *place);

/* ---- changing ---- */

/*
 * The one way in which leaves change: the removed records at the place give way to the added ones, which are the len
 * bytes at records (at most RECORD_MAX; NULL if there are none). The tree takes the references of what is added, and
 * releases those of what is removed unless keep is set: then the caller has them. Both may be 0 or 1 records; one that
 * replaces another has the same key. 0 or -ENOMEM. The place is used up.
 */
int tree_splice(struct tree *tree, struct tree_place *place, unsigned removed, const char *records, size_t len,
                bool keep);

static inline int tree_insert(struct tree *tree, struct tree_place *place, const char *record, size_t len)
{
    return tree_splice(tree, place, 0, record, len, false);
}

static inline void tree_remove(struct tree *tree, struct tree_place *place)
{
    tree_splice(tree, place, 1, NULL, 0, false);
}

/* The place behind the last record: where by place one is added. */
void tree_end(const struct tree *tree, struct tree_place *place_out);

/*
 * Takes count records from index on out of the tree, in logarithmic time. All but a few of them become the tree
 * cut_out, whose order is lost: it is only good for tree_deinit(). Without memory to put it together it is freed at
 * once.
 */
void tree_cut(struct tree *tree, uint64_t index, uint64_t count, struct tree *cut_out);

/* Bytes of its leaves and branches and of what elements have outside, estimated from samples records; 0: from all. */
size_t tree_memory(const struct tree *tree, size_t samples);

/*
 * Bytes of all records with what elements have outside; if that is more than limit, some number above it, which takes
 * no longer the larger the tree is.
 */
uint64_t tree_bytes(const struct tree *tree, uint64_t limit);

/* Walks the whole tree; ends the process if something is wrong with it. For tests and DEBUG. */
void tree_check(const struct tree *tree);

#endif
