#include "types/set_probe.h"

#include "base/memory.h"

#include <string.h>

#define PAYS_UP_TO 4 /* members for each lookup */

_Static_assert(PROBE_SLOTS > TREE_RUN_MAX + ELEMENT_MAX, "a record takes a byte, so a table is never full");

bool set_probe_pays(const struct collection *set, uint64_t lookups)
{
    return set->is_tree && collection_count(set) / PAYS_UP_TO <= lookups;
}

struct set_probe *set_probe_create(void)
{
    struct set_probe *probe = mem_try_alloc(sizeof *probe);
    if (!probe)
        return NULL;
    probe->next = 0;
    for (unsigned i = 0; i < PROBE_LEAVES; i++)
        probe->leaves[i].records = NULL;
    return probe;
}

static void fill(struct probe_leaf *leaf, const char *records, const char *end, struct record_form form)
{
    leaf->records = records;
    memset(leaf->slots, 0, sizeof leaf->slots);
    for (const char *record = records; record < end; record += record_len(record, form)) {
        uint64_t slot = element_hash_stored(record_element(record, form)) % PROBE_SLOTS;
        while (leaf->slots[slot] != 0)
            slot = (slot + 1) % PROBE_SLOTS;
        leaf->slots[slot] = (uint16_t)(record - records + 1);
    }
}

static const struct probe_leaf *find_leaf(struct set_probe *probe, const char *records, const char *end,
                                          struct record_form form)
{
    for (unsigned i = 0; i < PROBE_LEAVES; i++)
        if (probe->leaves[i].records == records)
            return &probe->leaves[i];
    struct probe_leaf *leaf = &probe->leaves[probe->next];
    probe->next = (probe->next + 1) % PROBE_LEAVES;
    fill(leaf, records, end, form);
    return leaf;
}

bool set_probe_has(struct set_probe *probe, const struct collection *set, uint64_t hash, const struct element *member)
{
    const struct tree *tree = &set->trees.tree;
    struct tree_place place;
    const char *end;
    if (!tree_find_hash(tree, hash, &place))
        return false;
    const char *records = tree_run(&place, &end);
    const struct probe_leaf *leaf = find_leaf(probe, records, end, tree->form);
    for (uint64_t slot = hash % PROBE_SLOTS; leaf->slots[slot] != 0; slot = (slot + 1) % PROBE_SLOTS)
        if (element_equals(record_element(records + leaf->slots[slot] - 1, tree->form), member))
            return true;
    return false;
}
