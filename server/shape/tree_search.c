/*
 * Looking through a whole tree, leaf by leaf. The next leaf is fetched into the cache while one is looked through.
 */
#include "shape/branch.h"
#include "shape/leaf.h"
#include "shape/search.h"
#include "shape/tree.h"

static void prefetch_neighbour(const struct tree *tree, const struct tree_place *place, bool back)
{
    if (tree->height == 0)
        return;
    const struct tree_branch *branch = place->branches[tree->height - 1];
    unsigned at = place->at[tree->height - 1], next = back ? at - 1 : at + 1;
    if (next >= branch->count) /* in another branch, or nowhere: then the first line is waited for */
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
        prefetch_neighbour(tree, place, false);
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

static bool search_backwards(const struct tree *tree, const struct element *element, struct tree_place *place,
                             uint64_t most, uint64_t *passed)
{
    do {
        const char *record = tree_record(place), *end = record + element_len(record);
        uint64_t before;
        prefetch_neighbour(tree, place, true);
        const char *found = search_run(leaf_begin(place->leaf), end, element, true, &before);
        if (found) {
            *passed += place->index - before;
            put_place(place, found, before);
            return *passed < most;
        }
        *passed += place->index + UINT64_C(1);
        put_place(place, leaf_begin(place->leaf), 0);
    } while (*passed < most && tree_previous(tree, place));
    return false;
}

bool tree_search(const struct tree *tree, const struct element *element, bool back, uint64_t most,
                 struct tree_place *place, uint64_t *passed_out)
{
    *passed_out = 0;
    return back ? search_backwards(tree, element, place, most, passed_out)
                : search_forwards(tree, element, place, most, passed_out);
}
