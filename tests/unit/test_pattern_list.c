/* The list of patterns, and crowds: what comes and goes leaves the others where they are found. */
#include "base/memory.h"
#include "kit/suites.h"
#include "pubsub/channel.h"
#include "pubsub/crowd.h"
#include "pubsub/pattern_list.h"

#include <check.h>

#define COUNT 200

static struct channel *channel_made(void)
{
    return channel_create(CHANNEL_PATTERN, (struct bytes){"p", 1}, 1);
}

START_TEST(patterns_are_found_by_number_and_keep_their_order)
{
    struct pattern_list list = {0};
    struct channel *channel = channel_made();
    uint64_t numbers[COUNT];
    ck_assert_uint_eq(pattern_list_find(&list, 1), 0);
    for (unsigned i = 0; i < COUNT; i++)
        numbers[i] = pattern_list_add(&list, channel);
    for (unsigned i = 0; i < COUNT; i++)
        ck_assert_uint_eq(list.slots[pattern_list_find(&list, numbers[i])].number, numbers[i]);
    ck_assert_uint_eq(pattern_list_find(&list, list.last + 1), list.count);
    for (unsigned i = 0; i < COUNT; i += 2)
        pattern_list_remove(&list, numbers[i]);
    for (unsigned i = 1; i < COUNT; i += 2)
        ck_assert_ptr_eq(list.slots[pattern_list_find(&list, numbers[i])].channel, channel);
    size_t next = pattern_list_find(&list, numbers[COUNT / 2]); /* gone: there is a gap, or the one behind it */
    ck_assert_uint_le(list.slots[next].number, numbers[COUNT / 2 + 1]);
    ck_assert_uint_ge(list.slots[next].number, numbers[COUNT / 2]);
    for (unsigned i = 1; i < COUNT; i += 2)
        pattern_list_remove(&list, numbers[i]);
    ck_assert_uint_eq(list.count, 0);
    ck_assert_ptr_null(list.slots);
    ck_assert_uint_gt(pattern_list_add(&list, channel), numbers[COUNT - 1]); /* numbers aren't given twice */
    pattern_list_remove(&list, list.last);
    channel_release(channel);
}
END_TEST

START_TEST(gaps_are_at_most_half_of_the_list_and_its_memory_shrinks)
{
    struct pattern_list list = {0};
    struct channel *channel = channel_made();
    for (unsigned i = 0; i < COUNT; i++)
        pattern_list_add(&list, channel);
    size_t most = list.capacity;
    for (uint64_t number = 1; number <= COUNT - 2; number++) {
        pattern_list_remove(&list, number);
        ck_assert_uint_le(list.gone, list.count / 2);
    }
    ck_assert_uint_lt(list.capacity, most);
    ck_assert_uint_eq(list.slots[pattern_list_find(&list, COUNT - 1)].number, COUNT - 1);
    pattern_list_remove(&list, COUNT - 1);
    pattern_list_remove(&list, COUNT);
    channel_release(channel);
}
END_TEST

START_TEST(members_of_a_crowd_know_their_places)
{
    struct channel *channel = channel_made();
    struct crowd *crowd = crowd_create(channel, 3);
    struct subscription members[COUNT] = {0};
    ck_assert_uint_eq(crowd->worker, 3);
    for (unsigned i = 0; i < COUNT; i++)
        crowd_add(crowd, &members[i]);
    uint32_t most = crowd->capacity;
    for (unsigned left = COUNT; left > 0; left--) {
        ck_assert_uint_eq(crowd->count, left);
        for (unsigned i = 0; i < left; i++)
            ck_assert_uint_eq(crowd->members[i]->index, i);
        crowd_remove(crowd, crowd->members[left / 3]);
    }
    ck_assert_uint_lt(crowd->capacity, most / 8);
    crowd_release(crowd_retain(crowd));
    ck_assert_ptr_eq(crowd->channel, channel);
    crowd_release(crowd);
    channel_release(channel);
}
END_TEST

Suite *suite_pattern_list(void);
Suite *suite_pattern_list(void)
{
    Suite *suite = suite_create("pattern_list");
    TCase *tcase = tcase_create("pattern list");
    tcase_add_test(tcase, patterns_are_found_by_number_and_keep_their_order);
    tcase_add_test(tcase, gaps_are_at_most_half_of_the_list_and_its_memory_shrinks);
    tcase_add_test(tcase, members_of_a_crowd_know_their_places);
    suite_add_tcase(suite, tcase);
    return suite;
}
