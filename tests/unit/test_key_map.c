/* Key maps: what was added is found under its key and database alone, however the map grows and shrinks. */
#include "kit/scratch.h"
#include "kit/suites.h"
#include "store/key_map.h"

#include <check.h>
#include <stdio.h>

#define KEYS 500

struct numbered {
    struct key_node node; /* first */
    unsigned number;
};

static struct key_map map;
static struct dice dice;
static struct numbered *model[KEYS];

static struct key key_numbered(unsigned number, char name[16])
{
    return key_make(name, (size_t)sprintf(name, "key:%u", number / 2));
}

static int db_of(unsigned number)
{
    return (int)(number % 2); /* each name is there in two databases */
}

static void toggle(unsigned number)
{
    char name[16];
    struct key key = key_numbered(number, name);
    struct numbered *found = key_map_find(&map, db_of(number), &key);
    ck_assert_ptr_eq(found, model[number]);
    if (found) {
        ck_assert_uint_eq(found->number, number);
        key_map_remove(&map, &found->node);
        model[number] = NULL;
        return;
    }
    model[number] = key_map_add(&map, db_of(number), &key, sizeof *model[number]);
    ck_assert_uint_eq(model[number]->number, 0);
    model[number]->number = number;
}

static void check_all(void)
{
    size_t count = 0;
    for (unsigned i = 0; i < KEYS; i++) {
        char name[16];
        struct key key = key_numbered(i, name);
        ck_assert_ptr_eq(key_map_find(&map, db_of(i), &key), model[i]);
        count += model[i] != NULL;
    }
    ck_assert_uint_eq(map.count, count);
    ck_assert(count > 0 || !map.buckets);
}

static void remove_some(void *context, struct key_node *node)
{
    unsigned number = ((struct numbered *)node)->number;
    if (dice_below(&dice, 8) == 0)
        return;
    ++*(unsigned *)context;
    toggle(number);
}

START_TEST(a_model_agrees)
{
    dice = dice_create(1);
    for (int round = 0; round < 40; round++) {
        for (int i = 0; i < 1000; i++)
            toggle((unsigned)dice_below(&dice, KEYS));
        check_all();
        unsigned removed = 0;
        size_t before = map.count;
        key_map_each(&map, remove_some, &removed);
        ck_assert_uint_eq(map.count, before - removed);
        check_all();
    }
    for (unsigned i = 0; i < KEYS; i++)
        if (model[i])
            toggle(i);
    check_all();
}
END_TEST

Suite *suite_key_map(void)
{
    Suite *suite = suite_create("key_map");
    TCase *tcase = tcase_create("key_map");
    tcase_add_test(tcase, a_model_agrees);
    suite_add_tcase(suite, tcase);
    return suite;
}
