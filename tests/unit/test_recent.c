/* The list behind the slow log and the ACL log. */
#include "base/memory.h"
#include "record/recent.h"

#include <check.h>
#include <stddef.h>
#include <stdint.h>

struct item {
    struct recent_entry recent;
    int kind;
    int times;
};

static unsigned destroyed;

static void item_destroy(struct recent_entry *entry)
{
    destroyed++;
    mem_free(entry);
}

/* As many bytes as its kind says, and its times on top. */
static size_t item_measure(const struct recent_entry *entry)
{
    const struct item *item = (const struct item *)entry;
    return (size_t)item->kind + (size_t)item->times;
}

static struct recent list = RECENT_INIT(item_destroy, item_measure);

static bool same_kind(struct recent_entry *known, struct recent_entry *fresh)
{
    if (((struct item *)known)->kind != ((struct item *)fresh)->kind)
        return false;
    ((struct item *)known)->times++;
    return true;
}

static void add(int kind, recent_merge *merge, int64_t max)
{
    struct item *item = mem_calloc(sizeof *item);
    item->kind = kind;
    item->times = 1;
    recent_add(&list, &item->recent, merge, max);
}

struct seen {
    int kinds[32], times[32];
    int64_t ids[32];
    unsigned count;
};

static void see(void *context, const struct recent_entry *entry)
{
    struct seen *seen = context;
    const struct item *item = (const struct item *)entry;
    seen->kinds[seen->count] = item->kind;
    seen->times[seen->count] = item->times;
    seen->ids[seen->count++] = entry->id;
}

static struct seen look(int64_t max)
{
    struct seen seen = {.count = 0};
    ck_assert_int_eq(recent_each(&list, max, see, &seen), seen.count);
    return seen;
}

/* Whatever has happened to the list, its bytes are those of its entries. */
static void expect_counted(void)
{
    struct seen seen = look(INT64_MAX);
    size_t bytes = 0;
    for (unsigned i = 0; i < seen.count; i++)
        bytes += (size_t)seen.kinds[i] + (size_t)seen.times[i];
    ck_assert_uint_eq(recent_bytes(&list), bytes);
}

static void expect_kinds(const int *kinds, unsigned count)
{
    struct seen seen = look(INT64_MAX);
    ck_assert_uint_eq(seen.count, count);
    for (unsigned i = 0; i < count; i++)
        ck_assert_int_eq(seen.kinds[i], kinds[i]);
}

static void set_up(void)
{
    recent_cut(&list, 0);
    list.next_id = 0;
    destroyed = 0;
}

START_TEST(newest_come_first_and_the_oldest_are_cut)
{
    for (int i = 0; i < 5; i++)
        add(i, NULL, 3);
    expect_kinds((int[]){4, 3, 2}, 3);
    expect_counted();
    ck_assert_uint_eq(destroyed, 2);
    struct seen two = look(2);
    ck_assert_uint_eq(two.count, 2);
    ck_assert_int_eq(two.ids[0], 4);
    ck_assert_uint_eq(look(0).count, 0);
    ck_assert_uint_eq(look(-1).count, 0);
    ck_assert_int_eq(recent_cut(&list, 10), 3);
    ck_assert_int_eq(recent_cut(&list, 1), 1);
    expect_kinds((int[]){4}, 1);
    ck_assert_int_eq(recent_cut(&list, 0), 0);
    ck_assert_uint_eq(destroyed, 5);
    add(7, NULL, 3);
    ck_assert_int_eq(look(1).ids[0], 5); /* numbers go on */
}
END_TEST

START_TEST(lists_of_length_zero_keep_nothing)
{
    add(1, NULL, 0);
    add(1, same_kind, 0);
    ck_assert_uint_eq(look(INT64_MAX).count, 0);
    ck_assert_uint_eq(recent_bytes(&list), 0);
    ck_assert_uint_eq(destroyed, 2);
}
END_TEST

START_TEST(what_repeats_a_neighbour_is_merged_and_becomes_the_newest)
{
    for (int i = 0; i < 3; i++)
        add(i, same_kind, 10);
    add(1, same_kind, 10); /* from the middle */
    expect_kinds((int[]){1, 2, 0}, 3);
    ck_assert_int_eq(look(1).times[0], 2);
    ck_assert_int_eq(look(1).ids[0], 1);
    add(0, same_kind, 10); /* from the end */
    expect_kinds((int[]){0, 1, 2}, 3);
    add(0, same_kind, 10); /* the newest itself */
    expect_kinds((int[]){0, 1, 2}, 3);
    ck_assert_int_eq(look(1).times[0], 3);
    expect_counted();
    ck_assert_uint_eq(destroyed, 3);
    ck_assert_int_eq(recent_cut(&list, 1), 1);
    expect_counted();
    expect_kinds((int[]){0}, 1);
}
END_TEST

START_TEST(only_neighbours_are_asked)
{
    for (int i = 0; i <= RECENT_NEIGHBOURS; i++)
        add(i, same_kind, 100);
    add(0, same_kind, 100); /* one too far away */
    ck_assert_uint_eq(look(INT64_MAX).count, RECENT_NEIGHBOURS + 2);
    add(2, same_kind, 100); /* the last one that is near enough */
    ck_assert_uint_eq(look(INT64_MAX).count, RECENT_NEIGHBOURS + 2);
}
END_TEST

Suite *suite_recent(void);
Suite *suite_recent(void)
{
    Suite *suite = suite_create("recent");
    TCase *tcase = tcase_create("recent");
    tcase_add_checked_fixture(tcase, set_up, NULL);
    tcase_add_test(tcase, newest_come_first_and_the_oldest_are_cut);
    tcase_add_test(tcase, lists_of_length_zero_keep_nothing);
    tcase_add_test(tcase, what_repeats_a_neighbour_is_merged_and_becomes_the_newest);
    tcase_add_test(tcase, only_neighbours_are_asked);
    suite_add_tcase(suite, tcase);
    return suite;
}
