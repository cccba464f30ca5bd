/*
 * Small blocks of an interpreter's memory.
 *
 * A script makes tables, strings and closures by the dozen, and the collector gives them back a little later. So those
 * that were given back are kept in lists by size, a limited number of each, and the allocator is asked only when a list
 * has none.
 *
 * One thread at a time.
 */
#ifndef KVS_SCRIPT_LUA_BLOCKS_H
#define KVS_SCRIPT_LUA_BLOCKS_H

#include <stddef.h>
#include <stdint.h>

#define LUA_BLOCK_STEP 16   /* bytes from one size to the next, which are the allocator's own */
#define LUA_BLOCK_SIZES 8   /* so the largest has 128 bytes */
#define LUA_BLOCKS_KEPT 128 /* of each size: at most 72 KiB in all */

struct lua_block {
    struct lua_block *next;
};

/* All zero to begin with. */
struct lua_blocks {
    /* private */
    struct lua_block *kept[LUA_BLOCK_SIZES];
    uint8_t counts[LUA_BLOCK_SIZES];
};

/*
 * As Lua asks for memory: a block of old_size bytes (NULL and 0: a new one) becomes one of size, or goes (0). NULL if it
 * goes, or if there is no memory: then the old one stays.
 */
void *lua_blocks_move(struct lua_blocks *blocks, void *block, size_t old_size, size_t size);

/* Frees those that are kept. */
void lua_blocks_deinit(struct lua_blocks *blocks);

#endif
