#include "script/lua_blocks.h"

#include "base/memory.h"

#include <stdbool.h>
#include <string.h>

/* size > 0 */
static unsigned number_of(size_t size)
{
    return (unsigned)((size - 1) / LUA_BLOCK_STEP);
}

static bool is_small(size_t size)
{
    return size <= (size_t)LUA_BLOCK_SIZES * LUA_BLOCK_STEP;
}

/* What a block of that size has really been asked for. */
static size_t size_of(size_t size)
{
    return is_small(size) ? (number_of(size) + (size_t)1) * LUA_BLOCK_STEP : size;
}

static void *take(struct lua_blocks *blocks, size_t size)
{
    unsigned number = number_of(size);
    struct lua_block *block = is_small(size) ? blocks->kept[number] : NULL;
    if (!block)
        return mem_try_alloc(size_of(size));
    blocks->kept[number] = block->next;
    blocks->counts[number]--;
    return block;
}

static void give_back(struct lua_blocks *blocks, void *block, size_t size)
{
    unsigned number = number_of(size);
    if (!is_small(size) || blocks->counts[number] == LUA_BLOCKS_KEPT) {
        mem_free_sized(block, size_of(size));
        return;
    }
    struct lua_block *kept = block;
    kept->next = blocks->kept[number];
    blocks->kept[number] = kept;
    blocks->counts[number]++;
}

static void *copy(struct lua_blocks *blocks, void *block, size_t old_size, size_t size)
{
    void *moved = take(blocks, size);
    if (moved) {
        memcpy(moved, block, old_size < size ? old_size : size);
        give_back(blocks, block, old_size);
    }
    return moved;
}

void *lua_blocks_move(struct lua_blocks *blocks, void *block, size_t old_size, size_t size)
{
    if (!block)
        return size > 0 ? take(blocks, size) : NULL;
    if (size == 0) {
        give_back(blocks, block, old_size);
        return NULL;
    }
    if (!is_small(old_size) && !is_small(size))
        return mem_try_realloc(block, size);
    if (is_small(old_size) && is_small(size) && number_of(old_size) == number_of(size))
        return block;
    return copy(blocks, block, old_size, size);
}

void lua_blocks_deinit(struct lua_blocks *blocks)
{
    for (unsigned i = 0; i < LUA_BLOCK_SIZES; i++)
        while (blocks->kept[i]) {
            struct lua_block *block = blocks->kept[i];
            blocks->kept[i] = block->next;
            mem_free(block);
        }
}
