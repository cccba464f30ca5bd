#include "shape/member_index.h"

#include "base/panic.h"
#include "shape/tree_build.h"
#include "shape/tree_internal.h"

#include <errno.h>
#include <string.h>

#define PIECE_LEN sizeof(uint32_t)
#define INDEX_RECORD_LEN (HASH_PIECE_OFFSET + PIECE_LEN)

static const struct record_form member_form = {.fixed = sizeof(double), .elements = 1},
                                index_form = {.fixed = INDEX_RECORD_LEN};

void member_index_init(struct tree *index)
{
    tree_init(index, TREE_BY_HASH, index_form);
}

static uint32_t piece_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

static void make_record(char *out, double score, uint64_t hash)
{
    uint32_t piece = piece_of(hash);
    memcpy(out, &score, sizeof score);
    memcpy(out + HASH_PIECE_OFFSET, &piece, PIECE_LEN);
}

uint64_t member_index_hash(const char *record)
{
    uint32_t piece;
    memcpy(&piece, record + HASH_PIECE_OFFSET, PIECE_LEN);
    return (uint64_t)piece << 32;
}

int member_index_build(struct tree *index, const struct record_ref *members, size_t count)
{
    struct tree_builder builder;
    char record[INDEX_RECORD_LEN];
    tree_build_begin(&builder, TREE_BY_HASH, index_form);
    for (size_t i = 0; i < count; i++) {
        make_record(record, members[i].score, members[i].key);
        if (tree_build_add(&builder, member_index_hash(record), record, sizeof record) != 0) {
            tree_build_drop(&builder);
            return -ENOMEM;
        }
    }
    return tree_build_end(&builder, index);
}

/* Where an index's records with a hash are, one after the other. */
struct found {
    struct tree_place place;
    const char *end; /* of those that may have it */
    uint32_t piece;
};

/* The first record from this one on that has the hash; false, with the place at their end, if none. */
static bool find_from(const struct tree *index, struct found *found, const char *record)
{
    for (; record < found->end; record += INDEX_RECORD_LEN)
        if (memcmp(record + HASH_PIECE_OFFSET, &found->piece, PIECE_LEN) == 0)
            break;
    tree_go_in_leaf(index, &found->place, record);
    return record < found->end;
}

static bool find_first(const struct tree *index, uint64_t hash, struct found *found_out)
{
    found_out->piece = piece_of(hash);
    return tree_find_section(index, hash & ~(uint64_t)UINT32_MAX, &found_out->place, &found_out->end) &&
           find_from(index, found_out, tree_record(&found_out->place));
}

static bool find_next(const struct tree *index, struct found *found)
{
    return find_from(index, found, tree_record(&found->place) + INDEX_RECORD_LEN);
}

bool member_index_find(const struct tree *index, const struct tree *members, const struct element *member,
                       struct tree_place *place_out)
{
    struct found at;
    for (bool more = find_first(index, element_hash(member), &at); more; more = find_next(index, &at))
        if (tree_find_score(members, record_score(tree_record(&at.place)), member->text, place_out))
            return true;
    return false;
}

int member_index_add(struct tree *index, const char *record)
{
    struct found at;
    char added[INDEX_RECORD_LEN];
    uint64_t hash = element_hash_stored(record_element(record, member_form));
    make_record(added, record_score(record), hash);
    find_first(index, hash, &at);
    return tree_insert(index, &at.place, added, sizeof added);
}

/* The record with that score among those of the hash. */
static void find_score(const struct tree *index, double score, uint64_t hash, struct found *found_out)
{
    char sought[INDEX_RECORD_LEN];
    make_record(sought, score, hash);
    bool more = find_first(index, hash, found_out);
    while (more && memcmp(tree_record(&found_out->place), sought, sizeof sought) != 0)
        more = find_next(index, found_out);
    panic_unless(more);
}

void member_index_remove(struct tree *index, double score, uint64_t hash)
{
    struct found at;
    find_score(index, score, hash, &at);
    tree_remove(index, &at.place);
}

void member_index_rescore(struct tree *index, double old_score, double score, uint64_t hash)
{
    struct found at;
    char changed[INDEX_RECORD_LEN];
    make_record(changed, score, hash);
    find_score(index, old_score, hash, &at);
    panic_unless(tree_splice(index, &at.place, 1, changed, sizeof changed, false) == 0); /* of the same length */
}
