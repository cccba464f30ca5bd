/*
 * Leaves of trees by hash. Their records stand in sections, by a few bits of their hashes, and a table in the leaf's
 * head says where each section ends; so whoever looks for a hash reads one or two records of a dozen. Within a section
 * they stand in any order.
 *
 * A leaf may also do without a table: one that was made of a run of records as they came. All of it is one section
 * then, until it is parted or joined with another. Private to trees.
 */
#ifndef KVS_SHAPE_HASH_LEAF_H
#define KVS_SHAPE_HASH_LEAF_H

#include "shape/leaf.h"
#include "shape/record.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define HASH_SECTIONS 8
#define HASH_PIECE_OFFSET sizeof(double) /* of a record without elements, which has a piece of a hash there */

struct section_table {
    uint16_t ends[HASH_SECTIONS]; /* of each section, in bytes of the leaf's records */
};

/* By which a record is sought. */
static inline uint64_t hash_of_record(const char *record, struct record_form form)
{
    uint32_t piece;
    if (form.elements > 0)
        return element_hash_stored(record_element(record, form));
    memcpy(&piece, record + HASH_PIECE_OFFSET, sizeof piece);
    return (uint64_t)piece << 32;
}

/* By bits that an index has as well (member_index.h), and by which no tree in any memory is divided. */
static inline unsigned hash_section(uint64_t hash)
{
    return (unsigned)(hash >> 32) % HASH_SECTIONS;
}

static inline struct section_table *section_table(struct tree_leaf *leaf)
{
    return (struct section_table *)(void *)leaf->bytes;
}

static inline const struct section_table *section_table_const(const struct tree_leaf *leaf)
{
    return (const struct section_table *)(const void *)leaf->bytes;
}

/* Where a section begins, in bytes of the leaf's records; its end comes last. */
static inline unsigned section_begin(const struct tree_leaf *leaf, unsigned section, unsigned *end_out)
{
    if (leaf->head == 0) {
        *end_out = leaf->used;
        return 0;
    }
    const struct section_table *table = section_table_const(leaf);
    *end_out = table->ends[section];
    return section > 0 ? table->ends[section - 1] : 0;
}

/* A record of added bytes was put at the end of the section. */
void hash_leaf_inserted(struct tree_leaf *leaf, unsigned section, size_t added);

/*
 * Records at an offset became longer, or shorter, or were taken out, by so many bytes; of removed ones the old bytes.
 */
void hash_leaf_changed(struct tree_leaf *leaf, size_t offset, size_t old_len, size_t len);

/*
 * Divides the records of the leaf, with a record of len bytes in the place of the old_len at offset, between two new
 * leaves at a hash near the middle, since equal hashes stay in one leaf. 0, -ENOMEM, or -EDOM: all hashes are the same.
 */
int hash_leaf_part(struct record_form form, const struct tree_leaf *leaf, size_t offset, size_t old_len,
                   const char *record, size_t len, struct tree_leaf *halves_out[2], uint64_t *key_out);

/* A leaf with the records of a run, which are in any order. NULL without memory. */
struct tree_leaf *hash_leaf_of_run(struct record_form form, const char *records, size_t len);

/* A leaf with the records of both. NULL without memory. */
struct tree_leaf *hash_leaf_join(struct record_form form, const struct tree_leaf *left, const struct tree_leaf *right);

/* Whether each record stands in its section. */
bool hash_leaf_is_sound(struct record_form form, const struct tree_leaf *leaf);

#endif
