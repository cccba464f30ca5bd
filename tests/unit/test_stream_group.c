/*
 * Groups of a stream beside a model: entries are delivered, claimed, given back, acknowledged and forgotten, consumers
 * come and go, the index of times is kept from some moment on, and memory runs out at any allocation, which leaves all as
 * it was.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "types/stream_groups.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define IDS 1500 /* entries that there may be */
#define CONSUMERS 7

struct known {
    bool is_pending;
    int64_t delivered_ms, count; /* of one that was given back, its turn */
    int owner;                   /* -1: it was given back */
};

static struct dice dice;
static struct known model[IDS];
static bool is_consumer[CONSUMERS];
static int64_t turns, now_ms;

/* Several IDs share a time, so the upper half alone doesn't tell them apart. */
static struct stream_id id_of(unsigned number)
{
    return (struct stream_id){number / 5, number % 5 + (number % 3 ? 0 : UINT64_C(1) << 63)};
}

static struct bytes name_of(unsigned consumer, char name[16])
{
    return (struct bytes){name, (size_t)sprintf(name, "consumer:%u", consumer)};
}

static struct stream_consumer *find(const struct stream_group *group, unsigned consumer)
{
    char name[16];
    return stream_consumer_find(group, name_of(consumer, name));
}

static int owner_of(const struct stream_group *group, uint32_t number)
{
    int owner = -1;
    if (number != PENDING_NO_OWNER)
        sscanf(stream_consumer_at(group, number)->name, "consumer:%d", &owner);
    return owner;
}

static void compare(const struct stream_group *group)
{
    uint64_t count = 0, with[CONSUMERS] = {0};
    stream_group_check(group);
    for (unsigned i = 0; i < IDS; i++) {
        struct pending_entry entry;
        struct tree_place place;
        must(pending_find(&group->pending, id_of(i), &entry, &place) == model[i].is_pending);
        if (!model[i].is_pending)
            continue;
        must(entry.count == model[i].count && owner_of(group, entry.owner) == model[i].owner);
        must(model[i].owner < 0 ? entry.delivered_ms < 0 && pending_shown_ms(&entry) == 0
                                : entry.delivered_ms == model[i].delivered_ms);
        count++;
        if (model[i].owner >= 0)
            with[model[i].owner]++;
    }
    ck_assert_uint_eq(pending_count(&group->pending), count);
    for (unsigned i = 0; i < CONSUMERS; i++) {
        const struct stream_consumer *consumer = find(group, i);
        must((consumer != NULL) == is_consumer[i]);
        must(!consumer || consumer->own.count == with[i]);
    }
}

/* Whether entry a comes before entry b when they are claimed by time. */
static bool is_before(unsigned a, unsigned b)
{
    bool back_a = model[a].owner < 0, back_b = model[b].owner < 0;
    if (back_a != back_b)
        return back_a;
    if (model[a].delivered_ms != model[b].delivered_ms)
        return model[a].delivered_ms < model[b].delivered_ms;
    return stream_id_compare(id_of(a), id_of(b)) < 0;
}

/* The order of times is that of the model. */
static void compare_times(const struct stream_group *group)
{
    struct stream_id id;
    unsigned before = 0;
    uint64_t due = 0, middle = (uint64_t)(now_ms + 1000) / 2;
    for (uint64_t i = 0; pending_by_time(&group->pending, i, &id); i++) {
        unsigned number = 0;
        while (stream_id_compare(id_of(number), id) != 0)
            number++;
        must(model[number].is_pending && (i == 0 || is_before(before, number)));
        due += model[number].owner < 0 || model[number].delivered_ms <= (int64_t)middle;
        before = number;
    }
    ck_assert_uint_eq(pending_due(&group->pending, (int64_t)middle), due);
    ck_assert_uint_eq(pending_due(&group->pending, INT64_MIN), group->pending.given_back);
    ck_assert_uint_eq(pending_due(&group->pending, now_ms), pending_count(&group->pending));
}

/* One change of the entry with that number, with or without memory. */
static void change_entry(struct stream_group *group, unsigned number)
{
    struct stream_consumer *consumer = find(group, (unsigned)dice_below(&dice, CONSUMERS));
    struct pending_entry entry;
    struct tree_place place;
    struct known *known = &model[number], after = *known;
    bool found = pending_find(&group->pending, id_of(number), &entry, &place);
    unsigned what = (unsigned)dice_below(&dice, 10);
    int error = 0;
    if (what < 2) {
        must(stream_group_acknowledge(group, id_of(number)) == found);
        known->is_pending = false;
        return;
    }
    if (what == 2) {
        after = (struct known){true, turns++, 3, -1};
        error = found ? stream_group_give_back(group, &place, &entry, 3)
                      : stream_group_add(group, &place, id_of(number), NULL, now_ms, 3);
    } else if (consumer) {
        int64_t time = now_ms - (int64_t)dice_below(&dice, 3), count = (int64_t)dice_below(&dice, 9);
        bool delivers = what < 7 || !found;
        after = (struct known){true, delivers ? now_ms : time, delivers ? 1 : count,
                               owner_of(group, consumer->named.number)};
        error = delivers ? stream_group_deliver(group, consumer, id_of(number), now_ms)
                         : stream_group_claim(group, &place, &entry, consumer, time, count);
    }
    must(error == 0 || error == -ENOMEM);
    if (!error)
        *known = after;
}

static void change_consumer(struct stream_group *group, unsigned number)
{
    char name[16];
    struct stream_consumer *consumer = find(group, number);
    if (!consumer) {
        is_consumer[number] = stream_consumer_add(group, name_of(number, name), now_ms) != NULL;
        return;
    }
    stream_consumer_remove(group, consumer);
    is_consumer[number] = false;
    for (unsigned i = 0; i < IDS; i++)
        if (model[i].owner == (int)number)
            model[i].is_pending = false;
}

static struct stream_group *begin(uint64_t stream)
{
    dice = dice_create(stream);
    memset(model, 0, sizeof model);
    memset(is_consumer, 0, sizeof is_consumer);
    turns = 0;
    now_ms = 1000;
    struct stream_group *group = stream_group_create((struct bytes){"group", 5}, (struct stream_id){0, 0}, 0);
    ck_assert_ptr_nonnull(group);
    return group;
}

static void change_some(struct stream_group *group, unsigned changes, unsigned failing)
{
    for (unsigned i = 0; i < changes; i++) {
        mem_fail_after(dice_chance(&dice, failing) ? 1 + (unsigned)dice_below(&dice, 4) : 0);
        if (dice_chance(&dice, 1))
            change_consumer(group, (unsigned)dice_below(&dice, CONSUMERS));
        else
            change_entry(group, (unsigned)dice_below(&dice, IDS));
        mem_fail_after(0);
        now_ms += dice_chance(&dice, 50);
    }
}

START_TEST(a_group_is_as_its_model)
{
    struct stream_group *group = begin(1 + (uint64_t)_i);
    for (unsigned i = 0; i < CONSUMERS; i++)
        change_consumer(group, i);
    for (unsigned round = 0; round < scratch_rounds(20); round++) {
        change_some(group, 500, 30);
        if (round == 5 && _i % 2)
            ck_assert_int_eq(pending_keep_times(&group->pending), 0);
        compare(group);
        if (group->pending.is_timed)
            compare_times(group);
    }
    ck_assert_uint_gt(pending_count(&group->pending), 0);
    stream_group_free(group, _i % 2);
}
END_TEST

START_TEST(times_are_kept_from_any_moment_on_or_not_at_all)
{
    struct stream_group *group = begin(7);
    for (unsigned i = 0; i < CONSUMERS; i++)
        change_consumer(group, i);
    change_some(group, 2000, 0);
    mem_fail_after(3);
    ck_assert_int_eq(pending_keep_times(&group->pending), -ENOMEM);
    mem_fail_after(0);
    compare(group);
    ck_assert_int_eq(pending_keep_times(&group->pending), 0);
    compare(group);
    compare_times(group);
    stream_group_free(group, true);
}
END_TEST

/* With memory for a new list of those that stay, and without; both ways lead to the same. */
START_TEST(many_entries_go_with_their_consumer)
{
    struct stream_group *group = begin(9);
    for (unsigned i = 0; i < 2; i++)
        change_consumer(group, i);
    for (unsigned i = 0; i < IDS; i++) {
        unsigned owner = i % 6 == 0;
        ck_assert_int_eq(stream_group_deliver(group, find(group, owner), id_of(i), now_ms), 0);
        model[i] = (struct known){true, now_ms, 1, (int)owner};
    }
    ck_assert_int_eq(pending_keep_times(&group->pending), 0);
    ck_assert_uint_ge(find(group, 0)->own.count, 1000);
    mem_fail_after(_i == 0 ? 0 : 1 + (unsigned)_i);
    change_consumer(group, 0);
    mem_fail_after(0);
    compare(group);
    ck_assert(group->pending.is_timed == (_i > 0));
    ck_assert_int_eq(pending_keep_times(&group->pending), 0);
    compare(group);
    compare_times(group);
    stream_group_free(group, true);
}
END_TEST

START_TEST(a_copy_is_equal_and_independent)
{
    struct stream_groups *groups = NULL, *copy = NULL;
    struct stream_group *group = begin(8);
    ck_assert_int_eq(stream_groups_add(&groups, group), 0);
    for (unsigned i = 0; i < CONSUMERS; i++)
        change_consumer(group, i);
    change_some(group, 3000, 0);
    ck_assert_int_eq(pending_keep_times(&group->pending), 0);
    unsigned countdown = 1;
    for (mem_fail_after(countdown); !(copy = stream_groups_copy(groups)); mem_fail_after(countdown))
        countdown += 1 + countdown / 8;
    mem_fail_after(0);
    ck_assert_uint_gt(countdown, 30);
    struct stream_group *other = stream_groups_find(copy, group->named.name);
    ck_assert_ptr_nonnull(other);
    ck_assert_ptr_ne(other, group);
    compare(other);
    compare_times(other);
    for (unsigned i = 0; i < IDS; i++)
        stream_group_acknowledge(group, id_of(i));
    compare(other);
    ck_assert(stream_groups_are_slow_to_free(copy) == (pending_count(&other->pending) + CONSUMERS + 1 >= 1000));
    ck_assert_uint_gt(stream_groups_memory(copy, 0), pending_count(&other->pending) * 50);
    ck_assert_uint_lt(stream_groups_memory(copy, 0), pending_count(&other->pending) * 150);
    stream_groups_free(groups);
    stream_groups_free(copy);
}
END_TEST

START_TEST(groups_know_who_still_needs_an_entry)
{
    struct stream_groups *groups = NULL;
    struct stream_id id = {5, 1};
    ck_assert(!stream_groups_all_acked(groups, id) && !stream_groups_forget(groups, id));
    mem_fail_after(2);
    struct stream_group *a = stream_group_create((struct bytes){"a", 1}, (struct stream_id){5, 1}, 0);
    ck_assert_int_eq(stream_groups_add(&groups, a), -ENOMEM);
    mem_fail_after(0);
    ck_assert_ptr_null(groups);
    ck_assert_int_eq(stream_groups_add(&groups, a), 0);
    ck_assert(stream_groups_all_acked(groups, id));
    struct stream_group *b = stream_group_create((struct bytes){"b", 1}, (struct stream_id){5, 0}, 0);
    ck_assert_int_eq(stream_groups_add(&groups, b), 0);
    ck_assert(!stream_groups_all_acked(groups, id)); /* b hasn't got it yet */
    b->last_id = id;
    ck_assert(stream_groups_all_acked(groups, id));
    struct stream_consumer *consumer = stream_consumer_add(a, (struct bytes){"c", 1}, 1);
    ck_assert_int_eq(stream_group_deliver(a, consumer, id, 1), 0);
    ck_assert(!stream_groups_all_acked(groups, id)); /* a hasn't acknowledged it */
    ck_assert(stream_groups_forget(groups, id) && !stream_groups_forget(groups, id));
    ck_assert(stream_groups_all_acked(groups, id));
    stream_groups_check(groups);
    stream_groups_remove(groups, b);
    ck_assert_uint_eq(stream_groups_count(groups), 1);
    stream_groups_free(groups);
}
END_TEST

Suite *suite_stream_group(void)
{
    Suite *suite = suite_create("stream_group");
    TCase *tcase = tcase_create("groups");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, a_group_is_as_its_model, 0, 4);
    tcase_add_test(tcase, times_are_kept_from_any_moment_on_or_not_at_all);
    tcase_add_loop_test(tcase, many_entries_go_with_their_consumer, 0, 3);
    tcase_add_test(tcase, a_copy_is_equal_and_independent);
    tcase_add_test(tcase, groups_know_who_still_needs_an_entry);
    suite_add_tcase(suite, tcase);
    return suite;
}
