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

unsigned branch_find_key(const struct tree_branch *branch, uint64_t key)
{
    unsigned low = 0, high = branch->count;
    while (high - low > 1) {
        unsigned middle = (low + high) / 2;
        if (branch->children[middle].key <= key)
            low = middle;
        else
            high = middle;
    }
    return low;
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
