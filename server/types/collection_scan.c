/*
 * Walks in parts: HSCAN, SSCAN and ZSCAN.
 *
 * The order of the walk is that of the members' hashes, which stays while trees change their shape, and the cursor is a
 * hash without its lowest bits. A part covers all hashes from the cursor to where the next one begins; it ends at the
 * end of a leaf, rounded up to a cursor.
 *
 * The index of a sorted set tells scores, and a member is then sought among those with its score. Where very many share
 * one, that is a walk over all of them; so they are walked once a part, and a part is the longer the more they are.
 */
#include "shape/member_index.h"
#include "types/collection_internal.h"

#define CURSOR_BITS 53
#define CROWD 64        /* members with one score from which on they are walked once a part */
#define CROWDS_MAX 256  /* scores with a crowd in a part */
#define CROWD_PARTS 128 /* about how often a crowd is walked in a whole scan */
#define PROBES 8        /* records that tell how large crowds are */

static uint64_t first_hash(uint64_t cursor)
{
    return cursor << (64 - CURSOR_BITS);
}

/* The lowest cursor that isn't below hash; 0 if there is none, as behind the last leaf. */
static uint64_t cursor_at(uint64_t hash)
{
    uint64_t low_bits = (UINT64_C(1) << (64 - CURSOR_BITS)) - 1;
    return (hash >> (64 - CURSOR_BITS)) + ((hash & low_bits) != 0);
}

/* ---- what a part is ---- */

struct part {
    uint64_t from, last; /* hashes */
    void (*visit)(void *context, const char *record);
    void *context;
};

static bool is_in_part(const struct part *part, uint64_t hash)
{
    return hash >= part->from && hash <= part->last;
}

/* Chooses the end of a part that begins at cursor and has about count records. Returns the cursor behind it. */
static uint64_t part_begin(struct part *part, const struct tree *tree, uint64_t cursor, uint64_t count)
{
    struct tree_place place;
    uint64_t seen = 0, next = 0;
    part->from = first_hash(cursor);
    for (bool more = tree_find_hash(tree, part->from, &place); more; more = tree_next_leaf(tree, &place)) {
        next = cursor_at(tree_next_hash(tree, &place));
        seen += tree_leaf_count(&place);
        if (next == 0 || (seen >= count && next > cursor))
            break;
    }
    part->last = next ? first_hash(next) - 1 : UINT64_MAX;
    return next;
}

/* Calls with each record of a tree by hash that may be in the part. */
static void for_part(const struct part *part, const struct tree *tree, bool (*act)(void *context, const char *record),
                     void *context)
{
    struct tree_place place;
    for (bool more = tree_find_hash(tree, part->from, &place); more; more = tree_next_leaf(tree, &place)) {
        const char *end, *record = tree_run(&place, &end);
        for (; record < end; record += record_len(record, tree->form))
            if (!act(context, record))
                return;
        if (tree_next_hash(tree, &place) > part->last)
            return;
    }
}

/* ---- sets and hashes ---- */

struct hash_walk {
    const struct part *part;
    struct record_form form;
};

static bool visit_hashed(void *context, const char *record)
{
    const struct hash_walk *walk = context;
    if (is_in_part(walk->part, element_hash_stored(record_element(record, walk->form))))
        walk->part->visit(walk->part->context, record);
    return true;
}

/* ---- sorted sets ---- */

struct member_walk {
    const struct part *part;
    const struct tree *members;
    double crowds[CROWDS_MAX]; /* scores */
    unsigned crowd_count;
    unsigned probed;
    uint64_t largest; /* crowd that was probed */
};

/* The number of members with a score, and the first of them. */
static uint64_t members_with(const struct tree *members, double score, struct tree_place *first_out)
{
    struct tree_place end;
    struct record_bound from = record_bound_from(score), above = record_bound_above(score);
    if (!tree_seek(members, &from, first_out))
        return 0;
    uint64_t last = tree_seek(members, &above, &end) ? tree_index(members, &end) : members->count;
    return last - tree_index(members, first_out);
}

/* Visits those of the count members from the place on that are in the part. */
static void visit_members(const struct member_walk *walk, const struct part *part, struct tree_place *place,
                          uint64_t count)
{
    const struct tree *members = walk->members;
    for (; count > 0; count--) {
        const char *record = tree_record(place);
        if (is_in_part(part, element_hash_stored(record_element(record, members->form))))
            part->visit(part->context, record);
        tree_next(members, place);
    }
}

static bool note_crowd(struct member_walk *walk, double score)
{
    for (unsigned i = 0; i < walk->crowd_count; i++)
        if (walk->crowds[i] == score)
            return true;
    if (walk->crowd_count == CROWDS_MAX)
        return false;
    walk->crowds[walk->crowd_count++] = score;
    return true;
}

static bool visit_indexed(void *context, const char *record)
{
    struct member_walk *walk = context;
    struct tree_place place;
    struct part one = *walk->part; /* of this record alone */
    one.from = member_index_hash(record);
    one.last = one.from | UINT32_MAX;
    if (one.last < walk->part->from || one.from > walk->part->last)
        return true;
    uint64_t count = members_with(walk->members, record_score(record), &place);
    if (count < CROWD || !note_crowd(walk, record_score(record)))
        visit_members(walk, &one, &place, count);
    return true;
}

static bool probe(void *context, const char *record)
{
    struct member_walk *walk = context;
    struct tree_place place;
    uint64_t count = members_with(walk->members, record_score(record), &place);
    walk->largest = count > walk->largest ? count : walk->largest;
    return ++walk->probed < PROBES;
}

static uint64_t scan_sorted(const struct collection_trees *trees, struct part *part, uint64_t cursor, uint64_t count)
{
    struct member_walk walk = {.part = part, .members = &trees->tree};
    uint64_t next = part_begin(part, &trees->index, cursor, count);
    for_part(part, &trees->index, probe, &walk);
    if (walk.largest / CROWD_PARTS > count)
        next = part_begin(part, &trees->index, cursor, walk.largest / CROWD_PARTS);
    for_part(part, &trees->index, visit_indexed, &walk);
    for (unsigned i = 0; i < walk.crowd_count; i++) {
        struct tree_place place;
        uint64_t crowd = members_with(&trees->tree, walk.crowds[i], &place);
        visit_members(&walk, part, &place, crowd);
    }
    return next;
}

/* ---- all of them ---- */

static uint64_t scan_hashed(const struct tree *tree, struct part *part, uint64_t cursor, uint64_t count)
{
    struct hash_walk walk = {part, tree->form};
    uint64_t next = part_begin(part, tree, cursor, count);
    for_part(part, tree, visit_hashed, &walk);
    return next;
}

uint64_t collection_scan(const struct collection *collection, uint64_t cursor, uint64_t count,
                         void (*visit)(void *context, const char *record), void *context)
{
    struct part part = {.visit = visit, .context = context};
    struct collection_place place;
    if (cursor >> CURSOR_BITS != 0)
        return 0; /* none of ours */
    if (collection->is_tree)
        return is_sorted(collection->kind) ? scan_sorted(&collection->trees, &part, cursor, count)
                                           : scan_hashed(&collection->trees.tree, &part, cursor, count);
    for (bool more = collection_at(collection, 0, &place); more; more = collection_next(collection, &place))
        visit(context, place.record);
    return 0;
}
