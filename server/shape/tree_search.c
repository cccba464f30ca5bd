/*
 * Looking through a whole tree, leaf by leaf. Leaves further on are fetched into the cache while one is
 * looked through.
 */
#include "shape/branch.h"
#include "shape/leaf.h"
#include "shape/search.h"
#include "shape/tree_internal.h"

#define AHEAD 3u /* leaves */

static void prefetch_leaf(const struct tree *tree, const struct tree_place *place, bool back)
{
    if (tree->height == 0)
        return;
    const struct tree_branch *branch = place->branches[tree->height - 1];
    unsigned at = place->at[tree->height - 1], next = back ? at - AHEAD : at + AHEAD;
    if (next >= branch->count) /* in another branch, or nowhere: then it is waited for */
        return;
    leaf_prefetch(branch->children[next].node);
}

static void put_place(struct tree_place *place, const char *record, uint64_t index)
{
    place->offset = (uint16_t)(record - leaf_begin(place->leaf));
    place->index = (uint16_t)index;
}

static bool search_forwards(const struct tree *tree, const struct element *element, struct tree_place *place,
                            uint64_t most, uint64_t *passed)
{
    do {
        const char *end, *run = tree_run(place, &end);
        uint64_t before;
        prefetch_leaf(tree, place, false);
        const char *found = search_run(run, end, element, false, &before);
        if (found) {
            *passed += before;
            put_place(place, found, place->index + before);
            return *passed < most;
        }
        *passed += place->leaf->count - place->index;
    } while (*passed < most && tree_next_leaf(tree, place));
    return false;
}

/* Of a leaf only the end is needed, and the number of records: its last record is not looked for. */
static bool search_backwards(const struct tree *tree, const struct element *element, struct tree_place *place,
                             uint64_t most, uint64_t *passed)
{
    const char *end = tree_record(place) + element_len(tree_record(place));
    uint64_t count = place->index + UINT64_C(1), before;
    do {
        prefetch_leaf(tree, place, true);
        const char *found = search_run(leaf_begin(place->leaf), end, element, true, &before);
        if (found) {
            *passed += count - 1 - before;
            put_place(place, found, before);
            return *passed < most;
        }
        *passed += count;
        if (*passed >= most || !tree_previous_leaf(tree, place))
            return false;
        end = leaf_end(place->leaf);
        count = place->leaf->count;
    } while (true);
}

bool tree_search(const struct tree *tree, const struct element *element, bool back, uint64_t most,
                 struct tree_place *place, uint64_t *passed_out)
{
    *passed_out = 0;
    return back ? search_backwards(tree, element, place, most, passed_out)
                : search_forwards(tree, element, place, most, passed_out);
}
