#include "core/arena.h"

#include "core/memory.h"

#include <stddef.h>
#include <stdlib.h>

#define ARENA_BLOCK (32 * 1024) /* bytes; a larger piece gets a block of its own */

struct block {
    struct block *next;
    max_align_t bytes[];
};

struct arena {
    struct block *blocks;
    char *free; /* in the newest shared block */
    size_t left;
};

struct arena *arena_create(void)
{
    return memory_alloc_zeroed(sizeof(struct arena));
}

void arena_destroy(struct arena *arena)
{
    while (arena->blocks) {
        struct block *block = arena->blocks;
        arena->blocks = block->next;
        free(block);
    }
    free(arena);
}

static char *arena_add_block(struct arena *arena, size_t size)
{
    struct block *block = memory_alloc_zeroed(sizeof *block + size);
    block->next = arena->blocks;
    arena->blocks = block;
    return (char *)block->bytes;
}

void *arena_alloc(struct arena *arena, size_t size)
{
    size = (size / sizeof(max_align_t) + 1) * sizeof(max_align_t); /* a piece of no bytes has a place of its own, too */
    if (size > ARENA_BLOCK / 4)
        return arena_add_block(arena, size);
    if (size > arena->left) {
        arena->free = arena_add_block(arena, ARENA_BLOCK);
        arena->left = ARENA_BLOCK;
    }
    char *piece = arena->free;
    arena->free += size;
    arena->left -= size;
    return piece;
}
