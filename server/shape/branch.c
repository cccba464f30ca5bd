#include "shape/branch.h"

#include "base/memory.h"

#include <string.h>

#define FIRST_ROOM 4

static size_t size_for(unsigned room)
{
    return sizeof(struct tree_branch) + room * sizeof(struct tree_child);
}

struct tree_branch *branch_create(unsigned room)
{
    struct tree_branch *branch = mem_try_alloc(size_for(room));
    if (!branch)
        return NULL;
    *branch = (struct tree_branch){.room = (uint16_t)room};
    return branch;
}

void branch_free(struct tree_branch *branch)
{
    if (branch)
        mem_free_sized(branch, size_for(branch->room));
}

unsigned branch_next_room(unsigned room)
{
    unsigned next = room < FIRST_ROOM ? FIRST_ROOM : room * 2;
    return next <= BRANCH_MAX ? next : BRANCH_MAX;
}

uint64_t branch_total(const struct tree_branch *branch)
{
    uint64_t total = 0;
    for (unsigned i = 0; i < branch->count; i++)
        total += branch->children[i].count;
    return total;
}

void branch_insert(struct tree_branch *branch, unsigned at, const struct tree_child *child)
{
    memmove(&branch->children[at + 1], &branch->children[at], (branch->count - at) * sizeof *child);
    branch->children[at] = *child;
    branch->count++;
}

void branch_remove(struct tree_branch *branch, unsigned at)
{
    struct tree_child *children = branch->children;
    if (at == 0 && branch->count > 1)
        children[1].key = children[0].key;
    branch->count--;
    memmove(&children[at], &children[at + 1], (branch->count - at) * sizeof *children);
}

/* Hashes are spread evenly, so a child stands about where its hash is in the range. */
unsigned branch_guess_hash(const struct tree_branch *branch, uint64_t hash, const struct hash_range *range)
{
    uint64_t span = (range->high - range->low) >> 32, distance = (hash - range->low) >> 32;
    return (unsigned)(distance * branch->count / (span + 1));
}

unsigned branch_find_hash(const struct tree_branch *branch, uint64_t hash, struct hash_range *range)
{
    unsigned at = branch_guess_hash(branch, hash, range);
    while (at + 1u < branch->count && branch->children[at + 1].key <= hash)
        at++;
    while (at > 0 && branch->children[at].key > hash)
        at--;
    if (at > 0)
        range->low = branch->children[at].key;
    if (at + 1u < branch->count)
        range->high = branch->children[at + 1].key;
    return at;
}

unsigned branch_find_index(const struct tree_branch *branch, uint64_t *index)
{
    unsigned at = 0;
    while (at + 1u < branch->count && *index >= branch->children[at].count)
        *index -= branch->children[at++].count;
    return at;
}

size_t branch_memory(const struct tree_branch *branch)
{
    return mem_good_size(size_for(branch->room));
}
