/* Small blocks of an interpreter: nothing in one is lost when it grows or shrinks, and few of each size are kept. */
#include "base/memory.h"
#include "kit/scratch.h"
#include "script/lua_blocks.h"

#include <check.h>
#include <stdint.h>
#include <string.h>

#define BLOCKS 300
#define STEPS 20000
#define SIZE_MAX_TRIED 300

struct held {
    unsigned char *at;
    size_t size;
    unsigned char fill;
};

static void check_content(const struct held *held, size_t len)
{
    for (size_t i = 0; i < len; i++)
        ck_assert_uint_eq(held->at[i], held->fill);
}

static void move_one(struct lua_blocks *blocks, struct held *held, size_t size, unsigned char fill)
{
    size_t old_size = held->size;
    held->at = lua_blocks_move(blocks, held->at, old_size, size);
    held->size = size;
    ck_assert(size == 0 ? !held->at : held->at != NULL);
    check_content(held, old_size < size ? old_size : size);
    held->fill = fill;
    if (size > 0)
        memset(held->at, fill, size);
}

START_TEST(blocks_keep_what_is_in_them)
{
    struct lua_blocks blocks = {0};
    static struct held held[BLOCKS];
    struct dice dice = dice_create(1);
    for (unsigned i = 0; i < STEPS; i++) {
        size_t size = dice_chance(&dice, 30) ? 0 : dice_below(&dice, SIZE_MAX_TRIED + 1);
        move_one(&blocks, &held[dice_below(&dice, BLOCKS)], size, (unsigned char)i);
    }
    for (unsigned i = 0; i < BLOCKS; i++)
        move_one(&blocks, &held[i], 0, 0);
    lua_blocks_deinit(&blocks);
}
END_TEST

START_TEST(the_same_block_comes_back)
{
    struct lua_blocks blocks = {0};
    void *block = lua_blocks_move(&blocks, NULL, 0, 40);
    ck_assert_ptr_eq(lua_blocks_move(&blocks, block, 40, 48), block);
    lua_blocks_move(&blocks, block, 48, 0);
    ck_assert_ptr_eq(lua_blocks_move(&blocks, NULL, 0, 33), block);
    lua_blocks_move(&blocks, block, 33, 0);
    lua_blocks_deinit(&blocks);
}
END_TEST

START_TEST(a_limited_number_is_kept)
{
    struct lua_blocks blocks = {0};
    static void *taken[LUA_BLOCKS_KEPT + 10];
    size_t count = sizeof taken / sizeof taken[0];
    for (size_t i = 0; i < count; i++)
        taken[i] = lua_blocks_move(&blocks, NULL, 0, 16);
    for (size_t i = 0; i < count; i++)
        lua_blocks_move(&blocks, taken[i], 16, 0);
    ck_assert_uint_eq(blocks.counts[0], LUA_BLOCKS_KEPT);
    lua_blocks_deinit(&blocks);
}
END_TEST

Suite *suite_lua_blocks(void)
{
    Suite *suite = suite_create("lua_blocks");
    TCase *all = tcase_create("all");
    tcase_add_test(all, blocks_keep_what_is_in_them);
    tcase_add_test(all, the_same_block_comes_back);
    tcase_add_test(all, a_limited_number_is_kept);
    suite_add_tcase(suite, all);
    return suite;
}
