/* Deadlines: the soonest comes first, whatever was put in and taken out before. */
#include "clients/deadlines.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <check.h>

#define WAITERS 300

static struct deadlines deadlines;
static struct waiter waiters[WAITERS];

/* Each knows its place, and none comes before the one above it. */
static void check_heap(size_t expected)
{
    must(deadlines.count == expected);
    for (size_t at = 1; at <= deadlines.count; at++) {
        must(deadlines.heap[at]->heap_at == at);
        must(at == 1 || deadlines.heap[at / 2]->deadline_ns <= deadlines.heap[at]->deadline_ns);
    }
}

static const struct waiter *soonest_of_all(void)
{
    const struct waiter *soonest = NULL;
    for (size_t i = 0; i < WAITERS; i++)
        if (waiters[i].heap_at > 0 && (!soonest || waiters[i].deadline_ns < soonest->deadline_ns))
            soonest = &waiters[i];
    return soonest;
}

START_TEST(the_soonest_comes_first_whoever_comes_and_goes)
{
    struct dice dice = dice_create(0);
    size_t count = 0;
    for (int step = 0; step < 20000; step++) {
        struct waiter *waiter = &waiters[dice_below(&dice, WAITERS)];
        if (waiter->heap_at > 0) {
            deadlines_remove(&deadlines, waiter);
            count--;
        } else if (step < 15000 || dice_chance(&dice, 10)) {
            waiter->deadline_ns = (int64_t)dice_below(&dice, 50);
            deadlines_add(&deadlines, waiter);
            count++;
        }
        check_heap(count);
        const struct waiter *expected = soonest_of_all();
        must((deadlines_soonest(&deadlines) == NULL) == (expected == NULL));
        must(!expected || deadlines_soonest(&deadlines)->deadline_ns == expected->deadline_ns);
    }
    while (deadlines_soonest(&deadlines))
        deadlines_remove(&deadlines, deadlines_soonest(&deadlines));
    ck_assert_ptr_null(deadlines.heap);
}
END_TEST

START_TEST(one_that_is_not_there_is_not_taken_out)
{
    deadlines_add(&deadlines, &waiters[0]);
    deadlines_remove(&deadlines, &waiters[1]);
    ck_assert_ptr_eq(deadlines_soonest(&deadlines), &waiters[0]);
    deadlines_remove(&deadlines, &waiters[0]);
    deadlines_remove(&deadlines, &waiters[0]);
    ck_assert_ptr_null(deadlines_soonest(&deadlines));
}
END_TEST

Suite *suite_deadlines(void);
Suite *suite_deadlines(void)
{
    Suite *suite = suite_create("deadlines");
    TCase *tcase = tcase_create("deadlines");
    tcase_add_test(tcase, the_soonest_comes_first_whoever_comes_and_goes);
    tcase_add_test(tcase, one_that_is_not_there_is_not_taken_out);
    suite_add_tcase(suite, tcase);
    return suite;
}
