/*
 * Holds: threads that lock, ask for more and stop the world see nothing torn and wait for nobody for ever. The model is
 * a bank: whatever is moved between accounts, their sum stays, for everybody who may look.
 */
#include "base/gate.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "store/hold.h"
#include "store/keyspace.h"
#include "store/keyspace_internal.h"
#include "store/table.h"
#include "types/string.h"

#include <check.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>

enum { ACCOUNTS = 24, START_VALUE = 1000, PLAYERS = 6 };

static struct gate *gate;
static struct keyspace *keyspace;
static char names[ACCOUNTS][16];
static struct key keys[ACCOUNTS]; /* each in a shard of its own */
static struct shard_set all;

static struct view look(void)
{
    return (struct view){.keyspace = keyspace, .now_ms = 1000000};
}

static int64_t balance(unsigned account)
{
    struct view view = look();
    return string_int(keyspace_find(&view, &keys[account], LOOKUP_PEEK));
}

static void add(unsigned account, int64_t amount)
{
    struct view view = look();
    const struct entry *found = keyspace_find_for_write(&view, &keys[account]);
    struct entry *entry = keyspace_edit(&view, &keys[account], found);
    keyspace_edited(&view, &keys[account], found, string_set_int(entry, string_int(entry) + amount), &string_event_set);
}

static struct shard_set shard_of_account(unsigned account)
{
    struct shard_set set = {0};
    shard_set_add(&set, keys[account].hash);
    return set;
}

static void make(void)
{
    gate = gate_create();
    keyspace = keyspace_create(1);
    all = (struct shard_set){0};
    for (unsigned count = 0, number = 0; count < ACCOUNTS; number++) {
        int len = snprintf(names[count], sizeof names[count], "account:%u", number);
        uint64_t hash = key_hash(names[count], (size_t)len);
        if (shard_set_has(&all, hash))
            continue;
        shard_set_add(&all, hash);
        keys[count] = (struct key){{names[count], (size_t)len}, hash};
        count++;
    }
    keyspace_lock(keyspace, &all);
    for (unsigned i = 0; i < ACCOUNTS; i++) {
        struct view view = look();
        keyspace_put(&view, &keys[i], string_create_int(keys[i].name, START_VALUE, ENTRY_NO_EXPIRY), &string_event_set);
    }
    keyspace_unlock(keyspace, &all);
}

static void drop(void)
{
    keyspace_check(keyspace);
    keyspace_destroy(keyspace);
    gate_destroy(gate);
}

/* ---- one after the other ---- */

START_TEST(what_is_free_is_held_at_once)
{
    struct gate_member *member = gate_join(gate);
    struct shard_set first = shard_of_account(0);
    struct hold hold;
    gate_enter(member);
    ck_assert(hold_begin(&hold, keyspace, &first, false));
    ck_assert_int_eq(hold_also(&hold, keys[0].hash, false), HOLD_HELD);
    for (unsigned i = ACCOUNTS; i-- > 0;) /* in any order */
        ck_assert_int_eq(hold_also(&hold, keys[i].hash, i % 2), HOLD_HELD);
    ck_assert_mem_eq(&hold.shards, &all, sizeof all);
    hold_end(&hold);
    ck_assert(keyspace_lock(keyspace, &all)); /* nothing was left locked */
    keyspace_unlock(keyspace, &all);
    gate_leave(member);
    gate_part(member);
}
END_TEST

static void be_alone(struct hold *hold, bool changed)
{
    enum hold_outcome outcome = HOLD_BUSY;
    while (outcome == HOLD_BUSY)
        outcome = hold_alone(hold, changed);
    ck_assert_int_eq(outcome, HOLD_HELD);
    ck_assert(gate_is_mine());
    ck_assert(shard_set_is_full(&hold->shards));
    ck_assert(!gate_has_claim(gate_current()));
}

START_TEST(the_world_is_stopped_and_runs_again_while_everything_is_held)
{
    struct gate_member *member = gate_join(gate);
    struct shard_set first = shard_of_account(0), full = {0};
    struct hold hold, inner;
    shard_set_fill(&full);
    gate_enter(member);
    hold_begin(&hold, keyspace, &first, true);
    ck_assert_int_eq(hold_alone(&hold, false), HOLD_RESTART); /* with all shards */
    be_alone(&hold, true);
    ck_assert_int_eq(hold_also(&hold, keys[7].hash, true), HOLD_HELD);
    ck_assert_uint_eq(keyspace_size(keyspace, 0), ACCOUNTS);
    ck_assert(hold_begin(&inner, keyspace, &first, false));
    ck_assert_int_eq(hold_also(&inner, keys[7].hash, true), HOLD_HELD);
    hold_end(&inner);
    ck_assert(gate_is_mine()); /* an inner hold doesn't end what it hasn't begun */
    hold_beside(&hold);
    ck_assert(!gate_is_mine());
    ck_assert_int_eq(hold_also(&hold, keys[7].hash, false), HOLD_HELD);
    be_alone(&hold, false);
    hold_end(&hold);
    ck_assert(!gate_is_mine());
    ck_assert(hold_begin(&hold, keyspace, &full, false));
    ck_assert_int_eq(hold_alone(&hold, false), HOLD_RESTART); /* with the right */
    be_alone(&hold, true);
    hold_end(&hold);
    ck_assert(keyspace_lock(keyspace, &all));
    keyspace_unlock(keyspace, &all);
    gate_leave(member);
    gate_part(member);
}
END_TEST

/* As EXEC has it: the locks are its own, and stay. */
START_TEST(an_inner_hold_stops_the_world_and_leaves_the_locks)
{
    struct gate_member *member = gate_join(gate);
    struct shard_set full = {0};
    struct hold hold;
    shard_set_fill(&full);
    gate_enter(member);
    keyspace_lock(keyspace, &full);
    for (int i = 0; i < 2; i++) {
        hold_begin_inside(&hold, keyspace);
        be_alone(&hold, true);
        hold_end(&hold);
        ck_assert(!gate_is_mine());
        for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++)
            ck_assert_int_ne(pthread_mutex_trylock(&keyspace->shards[shard].lock), 0);
    }
    keyspace_unlock(keyspace, &full);
    gate_leave(member);
    gate_part(member);
}
END_TEST

/* ---- two threads ---- */

static atomic_int meeting;

/* Both are here. */
static void meet(int total)
{
    atomic_fetch_add(&meeting, 1);
    while (atomic_load(&meeting) < total)
        sched_yield();
}

struct waiter {
    struct gate_member *member;
    struct shard_set set;
    atomic_bool ready;
    bool same_world;
};

static void *wait_for_locks(void *argument)
{
    struct waiter *waiter = argument;
    gate_enter(waiter->member);
    atomic_store(&waiter->ready, true);
    waiter->same_world = keyspace_lock(keyspace, &waiter->set);
    keyspace_unlock(keyspace, &waiter->set);
    gate_leave(waiter->member);
    return NULL;
}

/* Account 0 or 1, whichever comes first in the order of locks. */
static unsigned lower(void)
{
    return key_shard(keys[0].hash) < key_shard(keys[1].hash) ? 0 : 1;
}

/* The waiter has the lower lock and waits for the higher, whose holder stops the world and asks for figures. */
START_TEST(who_waits_for_a_lock_holds_up_nobody_who_stops_the_world)
{
    pthread_t thread;
    struct gate_member *member = gate_join(gate);
    struct waiter waiter = {.member = gate_join(gate), .set = shard_of_account(0)};
    struct shard_set higher = shard_of_account(1 - lower());
    shard_set_add(&waiter.set, keys[1].hash);
    gate_enter(member);
    keyspace_lock(keyspace, &higher);
    pthread_create(&thread, NULL, wait_for_locks, &waiter);
    while (!atomic_load(&waiter.ready) || gate_is_inside(waiter.member))
        sched_yield();
    gate_close(member);
    ck_assert_uint_eq(keyspace_size(keyspace, 0), ACCOUNTS);
    ck_assert_int_eq(balance(lower()), START_VALUE);
    gate_open(member);
    keyspace_unlock(keyspace, &higher);
    gate_leave(member);
    pthread_join(thread, NULL);
    ck_assert(!waiter.same_world);
    gate_part(member);
    gate_part(waiter.member);
}
END_TEST

static struct {
    atomic_uint held, restarted, busy, stopped, refused, undone, observed;
} seen;

struct rival {
    pthread_t thread;
    unsigned own, wanted;
    bool changed, has_right;
    enum hold_outcome outcome;
};

/* As long as the world is stopped meanwhile, it is asked again. */
static void begin(struct hold *hold, const struct shard_set *set, bool with_right)
{
    while (!hold_begin(hold, keyspace, set, with_right))
        must(!hold->has_right);
}

/* What was asked for is busy: begins again with it. */
static void begin_again(struct hold *hold, uint64_t hash)
{
    struct shard_set wanted = hold->shards;
    shard_set_add(&wanted, hash);
    hold_end(hold);
    begin(hold, &wanted, true);
}

/* What is busy is asked for again. */
static enum hold_outcome also(struct hold *hold, unsigned account, bool changed)
{
    enum hold_outcome outcome = HOLD_BUSY;
    while (outcome == HOLD_BUSY) {
        outcome = hold_also(hold, keys[account].hash, changed);
        must(changed || outcome != HOLD_BUSY);
        if (outcome == HOLD_BUSY)
            atomic_fetch_add(&seen.busy, 1);
    }
    return outcome;
}

static void *take_own_and_want_the_other(void *argument)
{
    struct rival *rival = argument;
    struct gate_member *member = gate_join(gate);
    struct shard_set own = shard_of_account(rival->own);
    struct hold hold;
    gate_enter(member);
    begin(&hold, &own, rival->has_right);
    if (rival->changed)
        add(rival->own, -1);
    meet(2);
    rival->outcome = also(&hold, rival->wanted, rival->changed);
    if (rival->outcome == HOLD_RESTART) {
        begin_again(&hold, keys[rival->wanted].hash);
        rival->outcome = HOLD_HELD;
    }
    if (rival->outcome == HOLD_HELD) {
        ck_assert_int_eq(balance(rival->wanted), START_VALUE); /* it took back what it had begun */
        add(rival->wanted, 1);
    } else if (rival->changed) {
        add(rival->own, 1);
    }
    hold_end(&hold);
    gate_leave(member);
    gate_part(member);
    return NULL;
}

static void let_two_collide(struct rival *rivals, bool first_changed, bool second_changed)
{
    rivals[0] = (struct rival){.own = 0, .wanted = 1, .changed = first_changed, .has_right = true};
    rivals[1] = (struct rival){.own = 1, .wanted = 0, .changed = second_changed};
    atomic_store(&meeting, 0);
    for (int i = 0; i < 2; i++)
        pthread_create(&rivals[i].thread, NULL, take_own_and_want_the_other, &rivals[i]);
    for (int i = 0; i < 2; i++)
        pthread_join(rivals[i].thread, NULL);
}

START_TEST(of_two_that_have_changed_something_the_one_without_the_right_is_refused)
{
    for (unsigned round = 0; round < scratch_rounds(200); round++) {
        struct rival rivals[2];
        let_two_collide(rivals, true, true);
        unsigned winner = 0;
        ck_assert_int_eq(rivals[winner].outcome, HOLD_HELD);
        ck_assert_int_eq(rivals[1 - winner].outcome, HOLD_REFUSED);
        struct gate_member *member = gate_join(gate);
        gate_enter(member);
        keyspace_lock(keyspace, &all);
        add(winner, 1);
        add(1 - winner, -1);
        keyspace_unlock(keyspace, &all);
        gate_leave(member);
        gate_part(member);
    }
}
END_TEST

/* ---- any number of them, at random ---- */

static int64_t sum(void)
{
    int64_t sum = 0;
    for (unsigned i = 0; i < ACCOUNTS; i++)
        sum += balance(i);
    return sum;
}

/* In the middle of a transfer, in a stopped world: nothing of anybody else is under way. */
static void look_at_all(struct hold *hold, int64_t under_way)
{
    enum hold_outcome outcome = HOLD_BUSY;
    while (outcome == HOLD_BUSY)
        outcome = hold_alone(hold, true);
    if (outcome == HOLD_HELD) {
        must(sum() == (int64_t)ACCOUNTS * START_VALUE - under_way);
        must(keyspace_size(keyspace, 0) == ACCOUNTS);
        atomic_fetch_add(&seen.stopped, 1);
    }
    hold_beside(hold);
}

static void transfer(struct dice *dice)
{
    struct hold hold;
    unsigned from = (unsigned)dice_below(dice, ACCOUNTS), steps = 1 + (unsigned)dice_below(dice, 4);
    struct shard_set first = shard_of_account(from);
    int64_t taken = 0;
    begin(&hold, &first, dice_chance(dice, 40));
    if (dice_chance(dice, 2)) {
        hold_end(&hold);
        gate_close(gate_current());
        begin(&hold, &first, true);
    }
    for (unsigned i = 0; i < steps; i++) {
        unsigned to = (unsigned)dice_below(dice, ACCOUNTS);
        bool changed = taken != 0;
        int64_t before = balance(from);
        enum hold_outcome outcome = also(&hold, to, changed);
        if (outcome == HOLD_RESTART) {
            atomic_fetch_add(&seen.restarted, 1);
            must(!changed);
            begin_again(&hold, keys[to].hash);
            before = balance(from);
            outcome = HOLD_HELD;
        }
        must(balance(from) == before); /* what is held changes for nobody else */
        if (outcome == HOLD_REFUSED) {
            must(changed && !hold.has_right);
            atomic_fetch_add(&seen.refused, 1);
            break;
        }
        atomic_fetch_add(&seen.held, 1);
        if (changed && dice_chance(dice, 5))
            look_at_all(&hold, taken);
        if (to == from)
            continue;
        add(from, -1); /* the receiver gets it at the end: the account that is last reached */
        taken++;
        if (dice_chance(dice, 40)) {
            add(to, taken);
            taken = 0;
            break; /* a call that has given everything is whole: let others look */
        }
        if (dice_chance(dice, 5))
            sched_yield();
    }
    if (taken) {
        add(from, taken);
        atomic_fetch_add(&seen.undone, 1);
    }
    hold_end(&hold);
    if (gate_is_mine())
        gate_open(gate_current());
}

static void check_sum(void)
{
    must(sum() == (int64_t)ACCOUNTS * START_VALUE);
    atomic_fetch_add(&seen.observed, 1);
}

static void observe(struct dice *dice, struct gate_member *member)
{
    if (dice_chance(dice, 50)) {
        gate_close(member);
        check_sum();
        must(keyspace_size(keyspace, 0) == ACCOUNTS);
        gate_open(member);
    } else {
        keyspace_lock(keyspace, &all);
        check_sum();
        keyspace_unlock(keyspace, &all);
    }
}

static void *play(void *argument)
{
    struct dice dice = dice_create((uint64_t)(uintptr_t)argument);
    struct gate_member *member = gate_join(gate);
    for (unsigned i = 0; i < scratch_rounds(20000); i++) {
        gate_enter(member);
        if (dice_chance(&dice, 5))
            observe(&dice, member);
        else
            transfer(&dice);
        gate_leave(member);
    }
    gate_part(member);
    return NULL;
}

START_TEST(nothing_is_torn_and_nobody_waits_for_ever)
{
    pthread_t threads[PLAYERS];
    for (uintptr_t i = 0; i < PLAYERS; i++)
        pthread_create(&threads[i], NULL, play, (void *)(i + 1));
    for (int i = 0; i < PLAYERS; i++)
        pthread_join(threads[i], NULL);
    keyspace_lock(keyspace, &all);
    check_sum();
    keyspace_unlock(keyspace, &all);
    ck_assert_uint_gt(atomic_load(&seen.held), 0);
    ck_assert_uint_gt(atomic_load(&seen.restarted), 0);
    ck_assert_uint_gt(atomic_load(&seen.busy), 0);
    ck_assert_uint_gt(atomic_load(&seen.stopped), 0);
    ck_assert_uint_gt(atomic_load(&seen.refused), 0);
    ck_assert_uint_gt(atomic_load(&seen.undone), 0);
    ck_assert_uint_gt(atomic_load(&seen.observed), 0);
}
END_TEST

/* ---- what debug builds don't let pass ---- */

#ifdef KVS_DEBUG
START_TEST(a_key_whose_shard_is_not_held_ends_the_process)
{
    struct shard_set other = shard_of_account(1);
    struct view view = look();
    keyspace_lock(keyspace, &other);
    switch (_i) {
    case 0:
        keyspace_find(&view, &keys[0], LOOKUP_PEEK);
        break;
    case 1:
        keyspace_find_for_write(&view, &keys[0]);
        break;
    case 2:
        keyspace_put(&view, &keys[0], string_create_int(keys[0].name, 1, ENTRY_NO_EXPIRY), &string_event_set);
        break;
    case 3:
        keyspace_delete(&view, &keys[0]);
        break;
    case 4:
        keyspace_prefetch_bucket(&view, keys[0].hash);
        break;
    case 5:
        keyspace_prefetch_entry(&view, keys[0].hash);
        break;
    case 6:
        keyspace_rename(&view, &keys[1], &keys[0], true);
        break;
    case 7:
        keyspace_edit(&view, &keys[0], keyspace_find(&view, &keys[1], LOOKUP_PEEK));
        break;
    default:
        keyspace_set_expiry(&view, &keys[0], keyspace_find(&view, &keys[1], LOOKUP_PEEK), 1);
    }
}
END_TEST

START_TEST(locks_out_of_order_end_the_process)
{
    struct shard_set low = shard_of_account(lower()), high = shard_of_account(1 - lower());
    keyspace_lock(keyspace, &high);
    keyspace_lock(keyspace, &low);
}
END_TEST
#endif

Suite *suite_hold(void);
Suite *suite_hold(void)
{
    Suite *suite = suite_create("hold");
    TCase *tcase = tcase_create("hold");
    tcase_set_timeout(tcase, 60);
    tcase_add_checked_fixture(tcase, make, drop);
    tcase_add_test(tcase, what_is_free_is_held_at_once);
    tcase_add_test(tcase, the_world_is_stopped_and_runs_again_while_everything_is_held);
    tcase_add_test(tcase, an_inner_hold_stops_the_world_and_leaves_the_locks);
    tcase_add_test(tcase, who_waits_for_a_lock_holds_up_nobody_who_stops_the_world);
    tcase_add_test(tcase, of_two_that_have_changed_something_the_one_without_the_right_is_refused);
    tcase_add_test(tcase, nothing_is_torn_and_nobody_waits_for_ever);
#ifdef KVS_DEBUG
    tcase_add_loop_test_raise_signal(tcase, a_key_whose_shard_is_not_held_ends_the_process, SIGABRT, 0, 9);
    tcase_add_test_raise_signal(tcase, locks_out_of_order_end_the_process, SIGABRT);
#endif
    suite_add_tcase(suite, tcase);
    return suite;
}
