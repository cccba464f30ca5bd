/* The gate: whoever closes it is alone, nobody waits for ever, and what was written inside is seen. */
#include "base/clock.h"
#include "base/gate.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <time.h>

#define THREADS 6

static struct gate *gate;

static void make(void)
{
    gate = gate_create();
}

static void drop(void)
{
    gate_destroy(gate);
}

START_TEST(going_in_and_out_is_told)
{
    struct gate_member *member = gate_join(gate);
    ck_assert(!gate_is_inside(member));
    gate_enter(member);
    ck_assert(gate_is_inside(member));
    gate_close(member); /* alone, it needn't wait */
    ck_assert(gate_is_inside(member));
    gate_open(member);
    ck_assert(gate_is_inside(member));
    gate_leave(member);
    ck_assert(!gate_is_inside(member));
    gate_part(member);
}
END_TEST

START_TEST(members_outside_hold_nobody_up)
{
    struct gate_member *member = gate_join(gate), *sleeper = gate_join(gate);
    gate_enter(sleeper);
    gate_leave(sleeper);
    gate_enter(member);
    gate_close(member);
    gate_open(member);
    gate_leave(member);
    gate_part(member);
    gate_part(sleeper);
}
END_TEST

/* Everybody's figures, without a lock: only the gate keeps the closers from the others (and TSan watches). */
static struct {
    unsigned long own[THREADS][8]; /* written by its thread inside, read and written by closers */
    unsigned long closings;
} shared;
static atomic_int inside, closers;
static unsigned rounds;

struct player {
    pthread_t thread;
    unsigned index;
    unsigned long done;
};

static void work_inside(struct player *player)
{
    atomic_fetch_add(&inside, 1);
    must(atomic_load(&closers) == 0);
    for (int i = 0; i < 8; i++)
        shared.own[player->index][i]++;
    atomic_fetch_sub(&inside, 1);
}

static void work_alone(struct gate_member *member)
{
    gate_close(member);
    must(atomic_fetch_add(&closers, 1) == 0);
    must(atomic_load(&inside) == 0);
    for (unsigned t = 0; t < THREADS; t++) {
        for (int i = 1; i < 8; i++)
            must(shared.own[t][i] == shared.own[t][0]); /* nobody is in the middle of it */
        for (int i = 0; i < 8; i++)
            shared.own[t][i] += 1000000;
    }
    shared.closings++;
    atomic_fetch_sub(&closers, 1);
    gate_open(member);
}

static void *play(void *argument)
{
    struct player *player = argument;
    struct dice dice = dice_create(player->index);
    struct gate_member *member = gate_join(gate);
    for (unsigned i = 0; i < rounds; i++) {
        gate_enter(member);
        work_inside(player);
        player->done++;
        if (dice_below(&dice, 20) == 0)
            work_alone(member);
        gate_leave(member);
        if (dice_below(&dice, 50) == 0)
            sched_yield();
    }
    gate_part(member);
    return NULL;
}

START_TEST(closers_exclude_everybody)
{
    struct player players[THREADS];
    rounds = scratch_rounds(20000);
    for (unsigned i = 0; i < THREADS; i++) {
        players[i] = (struct player){.index = i};
        pthread_create(&players[i].thread, NULL, play, &players[i]);
    }
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(players[i].thread, NULL);
    ck_assert_uint_gt(shared.closings, 0);
    for (unsigned i = 0; i < THREADS; i++)
        ck_assert_uint_eq(shared.own[i][0], players[i].done + 1000000 * shared.closings);
}
END_TEST

/* A thread that hardly ever sleeps lets a closer in all the same. */
static atomic_bool enough;

static void *go_in_and_out(void *unused)
{
    struct gate_member *member = gate_join(gate);
    while (!atomic_load(&enough)) {
        gate_enter(member);
        gate_leave(member);
    }
    gate_part(member);
    return unused;
}

START_TEST(a_closer_is_not_starved_by_busy_members)
{
    pthread_t threads[2];
    struct gate_member *member = gate_join(gate);
    for (int i = 0; i < 2; i++)
        pthread_create(&threads[i], NULL, go_in_and_out, NULL);
    for (unsigned i = 0; i < scratch_rounds(2000); i++) {
        gate_enter(member);
        gate_close(member);
        gate_open(member);
        gate_leave(member);
    }
    atomic_store(&enough, true);
    for (int i = 0; i < 2; i++)
        pthread_join(threads[i], NULL);
    gate_part(member);
}
END_TEST

/* ---- who waits for its opening ---- */

enum { WAITING = 4 };
static atomic_uint at_the_door, let_in;

static void *go_in(void *member)
{
    atomic_fetch_add(&at_the_door, 1);
    gate_enter(member);
    atomic_fetch_add(&let_in, 1);
    gate_leave(member);
    return NULL;
}

START_TEST(all_who_wait_are_let_in_at_once)
{
    struct gate_member *closer = gate_join(gate), *members[WAITING];
    for (int i = 0; i < WAITING; i++)
        members[i] = gate_join(gate);
    for (unsigned round = 0; round < scratch_rounds(100); round++) {
        pthread_t threads[WAITING];
        atomic_store(&at_the_door, 0);
        atomic_store(&let_in, 0);
        gate_enter(closer);
        gate_close(closer);
        for (int i = 0; i < WAITING; i++)
            pthread_create(&threads[i], NULL, go_in, members[i]);
        while (atomic_load(&at_the_door) < WAITING)
            sched_yield();
        for (int i = 0; i < 20; i++) /* most will have gone to sleep */
            sched_yield();
        ck_assert_uint_eq(atomic_load(&let_in), 0);
        gate_open(closer);
        gate_leave(closer);
        for (int i = 0; i < WAITING; i++)
            pthread_join(threads[i], NULL);
        ck_assert_uint_eq(atomic_load(&let_in), WAITING);
    }
    for (int i = 0; i < WAITING; i++)
        gate_part(members[i]);
    gate_part(closer);
}
END_TEST

/* ---- whom a closer waits for ---- */

enum { PLACES = 5 };
static struct gate_member *members[PLACES + 1];
static atomic_bool is_in, is_out;

/* Inside, at its place in the list, until somebody closes; and some time longer, for a closer that doesn't wait. */
static void *stay_until_closing(void *argument)
{
    struct gate_member *member = argument;
    gate_enter(member);
    atomic_store(&is_in, true);
    while (gate_is_open(member))
        sched_yield();
    for (int i = 0; i < 100; i++)
        sched_yield();
    atomic_store(&is_out, true);
    gate_leave(member);
    return NULL;
}

START_TEST(a_closer_waits_for_a_member_at_every_place)
{
    pthread_t thread;
    unsigned closer = (unsigned)_i % (PLACES + 1), other = (unsigned)_i / (PLACES + 1);
    if (closer == other)
        return;
    for (int i = 0; i < PLACES + 1; i++)
        members[i] = gate_join(gate);
    pthread_create(&thread, NULL, stay_until_closing, members[other]);
    while (!atomic_load(&is_in))
        sched_yield();
    gate_enter(members[closer]);
    gate_close(members[closer]);
    ck_assert(atomic_load(&is_out));
    ck_assert(!gate_is_inside(members[other]));
    gate_open(members[closer]);
    gate_leave(members[closer]);
    pthread_join(thread, NULL);
    for (int i = 0; i < PLACES + 1; i++)
        gate_part(members[i]);
}
END_TEST

/* ---- members that stay inside for long ---- */

static atomic_bool may_leave, has_left;

static void *stay(void *argument)
{
    struct gate_member *member = argument;
    gate_enter(member);
    atomic_store(&is_in, true);
    while (!atomic_load(&may_leave))
        sched_yield();
    atomic_store(&has_left, true);
    gate_leave(member);
    return NULL;
}

static void *close_and_note(void *argument)
{
    struct gate_member *member = argument;
    gate_enter(member);
    gate_close(member);
    atomic_store(&let_in, atomic_load(&has_left));
    gate_open(member);
    gate_leave(member);
    return NULL;
}

START_TEST(an_attempt_gives_up_and_lets_others_go_on)
{
    pthread_t thread;
    struct gate_member *closer = gate_join(gate), *longer = gate_join(gate), *other = gate_join(gate);
    pthread_create(&thread, NULL, stay, longer);
    while (!atomic_load(&is_in))
        sched_yield();
    gate_enter(closer);
    uint64_t closings = gate_closings(closer);
    ck_assert_int_eq(gate_attempt_close(closer), GATE_BUSY);
    ck_assert(!gate_is_mine());
    ck_assert(gate_is_open(closer));
    ck_assert(gate_is_inside(closer));
    ck_assert_uint_eq(gate_closings(closer), closings);
    ck_assert(gate_try_enter(other));
    gate_leave(other);
    ck_assert_int_eq(gate_attempt_close(closer), GATE_BUSY); /* whether or not it is tried so soon */
    atomic_store(&may_leave, true);
    pthread_join(thread, NULL);
    enum gate_attempt attempt;
    while ((attempt = gate_attempt_close(closer)) == GATE_BUSY)
        sched_yield();
    ck_assert_int_eq(attempt, GATE_CLOSED);
    ck_assert(gate_is_mine());
    ck_assert(!gate_is_open(other));
    ck_assert(!gate_try_enter(other));
    ck_assert(!gate_is_inside(other));
    gate_open(closer);
    ck_assert(gate_try_enter(other));
    gate_leave(other);
    gate_leave(closer);
    gate_part(closer);
    gate_part(longer);
    gate_part(other);
}
END_TEST

START_TEST(a_closer_waits_for_a_long_stay_and_others_go_on)
{
    pthread_t longer_thread, closer_thread;
    struct gate_member *closer = gate_join(gate), *longer = gate_join(gate), *other = gate_join(gate);
    atomic_store(&let_in, 0);
    pthread_create(&longer_thread, NULL, stay, longer);
    while (!atomic_load(&is_in))
        sched_yield();
    pthread_create(&closer_thread, NULL, close_and_note, closer);
    for (unsigned entered = 0; entered < 1000;) { /* the gate is closed now and then, and open again */
        if (!gate_try_enter(other))
            continue;
        entered++;
        gate_leave(other);
    }
    atomic_store(&may_leave, true);
    pthread_join(closer_thread, NULL);
    pthread_join(longer_thread, NULL);
    ck_assert_uint_eq(atomic_load(&let_in), 1); /* it was alone only after the other had left */
    gate_part(closer);
    gate_part(longer);
    gate_part(other);
}
END_TEST

/* One member stays for two milliseconds at a time, with hardly a pause: that keeps no closer out for ever. */
static void *stay_again_and_again(void *argument)
{
    struct gate_member *member = argument;
    while (!atomic_load(&enough)) {
        gate_enter(member);
        for (int64_t end_ns = clock_monotonic_ns() + 2000000; clock_monotonic_ns() < end_ns;)
            sched_yield();
        gate_leave(member);
    }
    return NULL;
}

START_TEST(a_closer_is_not_starved_by_long_stays)
{
    pthread_t threads[3];
    struct gate_member *closer = gate_join(gate), *stayers[3];
    for (int i = 0; i < 3; i++) {
        stayers[i] = gate_join(gate);
        pthread_create(&threads[i], NULL, stay_again_and_again, stayers[i]);
    }
    for (unsigned i = 0; i < scratch_rounds(20); i++) {
        gate_enter(closer);
        if (i % 2 == 0)
            gate_close(closer);
        else
            while (gate_attempt_close(closer) != GATE_CLOSED)
                sched_yield();
        ck_assert(gate_is_mine());
        gate_open(closer);
        gate_leave(closer);
    }
    atomic_store(&enough, true);
    for (int i = 0; i < 3; i++) {
        pthread_join(threads[i], NULL);
        gate_part(stayers[i]);
    }
    gate_part(closer);
}
END_TEST

/* ---- stepping out ---- */

static void *close_once(void *unused)
{
    struct gate_member *member = gate_join(gate);
    gate_enter(member);
    gate_close(member);
    ck_assert(gate_is_mine());
    gate_open(member);
    gate_leave(member);
    gate_part(member);
    return unused;
}

/* ---- long stays that are told, and claims ---- */

START_TEST(while_a_stay_is_told_attempts_fail_at_once)
{
    struct gate_member *closer = gate_join(gate), *longer = gate_join(gate);
    gate_enter(closer);
    ck_assert(!gate_has_stays(closer));
    gate_stay_begin(closer);
    ck_assert_int_eq(gate_attempt_close(closer), GATE_BUSY); /* even with nobody else inside */
    gate_enter(longer);
    gate_stay_begin(longer); /* they are counted */
    ck_assert(gate_has_stays(closer));
    uint64_t closings = gate_closings(closer);
    for (int i = 0; i < 100; i++) { /* more attempts than after which one waits as long as it takes */
        ck_assert_int_eq(gate_attempt_close(closer), GATE_BUSY);
        ck_assert(gate_is_open(closer));
        clock_nanosleep(CLOCK_MONOTONIC, 0, &(struct timespec){.tv_nsec = 100000}, NULL);
    }
    gate_stay_end(closer);
    ck_assert(gate_has_stays(closer));
    ck_assert_uint_eq(gate_closings(closer), closings);
    gate_stay_end(longer);
    ck_assert(!gate_has_stays(closer));
    gate_leave(longer);
    enum gate_attempt attempt;
    while ((attempt = gate_attempt_close(closer)) == GATE_BUSY)
        sched_yield();
    ck_assert_int_eq(attempt, GATE_CLOSED);
    gate_open(closer);
    gate_leave(closer);
    gate_part(closer);
    gate_part(longer);
}
END_TEST

/* The stay begins while a closer waits for the member: it opens the gate again, and sleeps outside. */
START_TEST(a_closer_gives_way_to_a_stay_that_begins)
{
    pthread_t thread;
    struct gate_member *closer = gate_join(gate), *longer = gate_join(gate), *other = gate_join(gate);
    gate_enter(longer);
    pthread_create(&thread, NULL, close_and_note, closer);
    while (gate_is_open(longer))
        sched_yield();
    gate_stay_begin(longer);
    while (!gate_is_open(longer) || gate_is_inside(closer))
        sched_yield();
    for (int i = 0; i < 1000; i++) { /* and stays open */
        ck_assert(gate_try_enter(other));
        gate_leave(other);
        sched_yield();
    }
    gate_stay_end(longer);
    atomic_store(&has_left, true);
    gate_leave(longer);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(atomic_load(&let_in), true);
    gate_part(closer);
    gate_part(longer);
    gate_part(other);
}
END_TEST

static void claim_closed(struct gate_member *member)
{
    gate_claim(member);
    while (!gate_claim_close(member))
        sched_yield();
}

/* Inside while somebody else is closing the gate: that one gives way, and nobody has run alone in between. */
static void *claim_it(void *argument)
{
    struct gate_member *member = argument;
    gate_enter(member);
    uint64_t closings = gate_closings(member);
    atomic_store(&is_in, true);
    for (int64_t closed_ms = clock_monotonic_ms(); clock_monotonic_ms() - closed_ms < 200; sched_yield())
        if (gate_is_open(member))
            closed_ms = clock_monotonic_ms();
    claim_closed(member); /* when the closer has come to wait as long as it takes */
    must(gate_is_mine());
    must(gate_closings(member) == closings + 1);
    must(atomic_load(&let_in) == 0);
    atomic_store(&has_left, true);
    gate_open(member);
    gate_claim_end(member);
    gate_leave(member);
    return NULL;
}

START_TEST(whoever_claims_it_goes_before_who_is_closing_the_gate)
{
    pthread_t thread;
    struct gate_member *closer = gate_join(gate), *claimant = gate_join(gate);
    pthread_create(&thread, NULL, claim_it, claimant);
    while (!atomic_load(&is_in))
        sched_yield();
    close_and_note(closer);
    pthread_join(thread, NULL);
    ck_assert_uint_eq(atomic_load(&let_in), true);
    gate_part(closer);
    gate_part(claimant);
}
END_TEST

START_TEST(whoever_claims_it_waits_for_those_inside)
{
    pthread_t thread;
    struct gate_member *claimant = gate_join(gate), *longer = gate_join(gate);
    pthread_create(&thread, NULL, stay_until_closing, longer);
    while (!atomic_load(&is_in))
        sched_yield();
    gate_enter(claimant);
    claim_closed(claimant);
    ck_assert(gate_has_claim(longer));
    ck_assert(atomic_load(&is_out));
    ck_assert(!gate_is_inside(longer));
    gate_open(claimant);
    gate_claim_end(claimant);
    ck_assert(!gate_is_mine() && !gate_has_claim(longer));
    gate_leave(claimant);
    pthread_join(thread, NULL);
    gate_part(claimant);
    gate_part(longer);
}
END_TEST

START_TEST(who_stepped_out_is_told_whether_the_world_was_stopped)
{
    pthread_t thread;
    struct gate_member *member = gate_join(gate);
    ck_assert(gate_step_in(gate_step_out())); /* outside, it is nothing */
    gate_enter(member);
    ck_assert_ptr_eq(gate_current(), member);
    struct gate_absence absence = gate_step_out();
    ck_assert_ptr_null(gate_current());
    ck_assert(!gate_is_inside(member));
    ck_assert(gate_step_in(absence));
    ck_assert(gate_is_inside(member));
    uint64_t closings = gate_closings(member);
    absence = gate_step_out();
    pthread_create(&thread, NULL, close_once, NULL);
    pthread_join(thread, NULL);
    ck_assert(!gate_step_in(absence));
    ck_assert_uint_eq(gate_closings(member), closings + 1);
    ck_assert(!gate_is_mine());
    gate_leave(member);
    gate_part(member);
}
END_TEST

Suite *suite_gate(void);
Suite *suite_gate(void)
{
    Suite *suite = suite_create("gate");
    TCase *tcase = tcase_create("gate");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, make, drop);
    tcase_add_test(tcase, going_in_and_out_is_told);
    tcase_add_test(tcase, members_outside_hold_nobody_up);
    tcase_add_test(tcase, closers_exclude_everybody);
    tcase_add_test(tcase, a_closer_is_not_starved_by_busy_members);
    tcase_add_test(tcase, all_who_wait_are_let_in_at_once);
    tcase_add_loop_test(tcase, a_closer_waits_for_a_member_at_every_place, 0, (PLACES + 1) * (PLACES + 1));
    tcase_add_test(tcase, an_attempt_gives_up_and_lets_others_go_on);
    tcase_add_test(tcase, a_closer_waits_for_a_long_stay_and_others_go_on);
    tcase_add_test(tcase, a_closer_is_not_starved_by_long_stays);
    tcase_add_test(tcase, while_a_stay_is_told_attempts_fail_at_once);
    tcase_add_test(tcase, a_closer_gives_way_to_a_stay_that_begins);
    tcase_add_test(tcase, whoever_claims_it_goes_before_who_is_closing_the_gate);
    tcase_add_test(tcase, whoever_claims_it_waits_for_those_inside);
    tcase_add_test(tcase, who_stepped_out_is_told_whether_the_world_was_stopped);
    suite_add_tcase(suite, tcase);
    return suite;
}
