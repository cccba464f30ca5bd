/*
 * Probes: looking for very many members in a set, one after the other in about the order of their hashes, as they come
 * from a walk through another set.
 *
 * A leaf of a tree is not sorted, so each set_has() looks through half a leaf. A probe makes a table of the leaf
 * instead, and keeps those of the last few leaves. It pays where most of the set's leaves are looked into often.
 *
 * The set must not change meanwhile.
 */
#ifndef KVS_TYPES_SET_PROBE_H
#define KVS_TYPES_SET_PROBE_H

#include "types/collection.h"

#include <stdbool.h>
#include <stdint.h>

#define PROBE_LEAVES 4
#define PROBE_SLOTS 2048 /* twice the records that a leaf can have */

struct set_probe {
    /* private */
    unsigned next; /* leaf whose table is given up next */
    struct probe_leaf {
        const char *records;         /* of the leaf; NULL: none yet */
        uint16_t slots[PROBE_SLOTS]; /* offset of a record + 1; 0: empty */
    } leaves[PROBE_LEAVES];
};

/* Whether it pays to make a probe of the set for so many lookups. */
bool set_probe_pays(const struct collection *set, uint64_t lookups);

/* NULL without memory: then set_has() does the same. Freed with mem_free(). */
struct set_probe *set_probe_create(void);

/* As set_has(), of a set for which it pays; hash is element_hash() of the member. */
bool set_probe_has(struct set_probe *probe, const struct collection *set, uint64_t hash, const struct element *member);

#endif
