/*
 * Each member has a word of its own in a cache line of its own, so that going in and out touches no
 * shared line unless the gate is closed. It is Dekker's pattern: a member writes its word and then
 * reads `closed`; the closer writes `closed` and then reads all words; both in sequentially consistent
 * order, so that at least one of them sees the other.
 *
 * All waiting happens under one mutex; the two conditions are "a member has gone out" and "the gate is open".
 *
 * While a closer waits for one member, all others would wait for the closer. So an attempt shuts the gate for a
 * millisecond, and if somebody is still inside then, everybody goes on for four before the next attempt, which takes
 * twice as long. Only after the longest of them a closer waits as long as it takes: a member whose stays are all long
 * can't put it off for ever.
 */
#include "base/gate.h"

#include "base/clock.h"
#include "base/memory.h"

#include <limits.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <time.h>

#define ATTEMPTS 6     /* of 1 ms, 2 ms ... 32 ms */
#define PAUSE_FACTOR 4 /* an attempt is followed by so many times its length in which the gate stays open */

struct gate_member {
    atomic_bool inside; /* written by its thread; seq_cst, pairs with gate.closed */
    struct gate *gate;
    struct gate_member *next; /* guarded by gate.lock */
    bool stays;               /* guarded by gate.lock */
    char pad[64 - 2 * sizeof(atomic_bool) - 2 * sizeof(void *)];
};

struct gate {
    atomic_bool closed; /* written under lock; seq_cst, pairs with gate_member.inside */
    atomic_uint stays;  /* members that are inside for long; written under lock */
    atomic_uint claims; /* members inside that need what others hold; written under lock */
    pthread_mutex_t lock;
    pthread_cond_t went_out, opened;
    /* guarded by lock */
    struct gate_member *members;
    unsigned failed;      /* attempts to close it, in a row */
    int64_t next_attempt; /* monotonic, ns: when the next one is due */
    uint64_t closings;    /* written by the closer, once all others are out; read by members inside */
};

__thread bool gate_closed_here;
static __thread struct gate_member *current;

struct gate *gate_create(void)
{
    struct gate *gate = mem_calloc(sizeof *gate);
    pthread_mutex_init(&gate->lock, NULL);
    pthread_condattr_t monotonic;
    pthread_condattr_init(&monotonic);
    pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
    pthread_cond_init(&gate->went_out, &monotonic);
    pthread_condattr_destroy(&monotonic);
    pthread_cond_init(&gate->opened, NULL);
    return gate;
}

void gate_destroy(struct gate *gate)
{
    pthread_cond_destroy(&gate->opened);
    pthread_cond_destroy(&gate->went_out);
    pthread_mutex_destroy(&gate->lock);
    mem_free(gate);
}

struct gate_member *gate_join(struct gate *gate)
{
    struct gate_member *member = mem_calloc(sizeof *member);
    member->gate = gate;
    pthread_mutex_lock(&gate->lock);
    member->next = gate->members;
    gate->members = member;
    pthread_mutex_unlock(&gate->lock);
    return member;
}

void gate_part(struct gate_member *member)
{
    struct gate *gate = member->gate;
    pthread_mutex_lock(&gate->lock);
    struct gate_member **link = &gate->members;
    while (*link != member)
        link = &(*link)->next;
    *link = member->next;
    pthread_mutex_unlock(&gate->lock);
    mem_free(member);
}

static void gate_wait_open(struct gate *gate)
{
    while (atomic_load(&gate->closed))
        pthread_cond_wait(&gate->opened, &gate->lock);
}

/* The gate is closed: steps back, waits, and goes in under the lock, so that nobody can close it meanwhile. */
static __attribute__((noinline)) void gate_enter_slowly(struct gate_member *member)
{
    struct gate *gate = member->gate;
    pthread_mutex_lock(&gate->lock);
    atomic_store(&member->inside, false);
    pthread_cond_signal(&gate->went_out);
    gate_wait_open(gate);
    atomic_store(&member->inside, true);
    pthread_mutex_unlock(&gate->lock);
}

void gate_enter(struct gate_member *member)
{
    atomic_store(&member->inside, true);
    if (__builtin_expect(atomic_load(&member->gate->closed), 0))
        gate_enter_slowly(member);
    current = member;
}

/* Somebody waits for members to be outside. */
static __attribute__((noinline)) void gate_tell_outside(struct gate *gate)
{
    pthread_mutex_lock(&gate->lock);
    pthread_cond_signal(&gate->went_out);
    pthread_mutex_unlock(&gate->lock);
}

bool gate_try_enter(struct gate_member *member)
{
    struct gate *gate = member->gate;
    atomic_store(&member->inside, true);
    if (__builtin_expect(!atomic_load(&gate->closed), 1)) {
        current = member;
        return true;
    }
    atomic_store(&member->inside, false);
    gate_tell_outside(gate);
    return false;
}

void gate_leave(struct gate_member *member)
{
    struct gate *gate = member->gate;
    current = NULL;
    atomic_store(&member->inside, false);
    if (__builtin_expect(atomic_load(&gate->closed), 0))
        gate_tell_outside(gate);
}

bool gate_is_open(const struct gate_member *member)
{
    return !atomic_load_explicit(&member->gate->closed, memory_order_relaxed);
}

bool gate_is_inside(const struct gate_member *member)
{
    return atomic_load(&member->inside);
}

struct gate_member *gate_current(void)
{
    return current;
}

static bool gate_others_inside(const struct gate *gate, const struct gate_member *member)
{
    for (const struct gate_member *m = gate->members; m; m = m->next)
        if (m != member && atomic_load(&m->inside))
            return true;
    return false;
}

/* Others, who stay inside, have the better right: a claim, or a long stay. */
static bool gate_gives_way(const struct gate *gate, const struct gate_member *member, bool claims)
{
    unsigned stays = atomic_load_explicit(&gate->stays, memory_order_relaxed);
    if (claims)
        return stays > member->stays;
    return stays > 0 || atomic_load_explicit(&gate->claims, memory_order_relaxed) > 0;
}

/* Under gate.lock, with the gate open: shuts it, and waits for all others to be out, or until the deadline. */
static bool gate_shut(struct gate *gate, const struct gate_member *member, bool claims, const struct timespec *deadline)
{
    int error = 0;
    atomic_store(&gate->closed, true);
    while (error == 0 && gate_others_inside(gate, member) && !gate_gives_way(gate, member, claims))
        error = pthread_cond_timedwait(&gate->went_out, &gate->lock, deadline);
    if (gate_others_inside(gate, member)) {
        atomic_store(&gate->closed, false);
        pthread_cond_broadcast(&gate->opened);
        return false;
    }
    gate->closings++;
    gate->failed = 0;
    gate->next_attempt = 0;
    gate_closed_here = true;
    return true;
}

static struct timespec time_at(int64_t ns)
{
    return (struct timespec){ns / 1000000000, ns % 1000000000};
}

/* Under gate.lock, with the gate open. */
static enum gate_attempt gate_attempt(struct gate *gate, const struct gate_member *member, bool claims)
{
    int64_t now_ns = clock_monotonic_ns(), patience_ns = INT64_C(1000000)
                                                         << (gate->failed < ATTEMPTS ? gate->failed : 0);
    struct timespec deadline = time_at(now_ns + patience_ns);
    if (now_ns < gate->next_attempt)
        return GATE_BUSY;
    if (gate->failed >= ATTEMPTS)
        deadline = time_at(INT64_MAX);
    if (!gate_gives_way(gate, member, claims) && gate_shut(gate, member, claims, &deadline))
        return GATE_CLOSED;
    if (!gate_gives_way(gate, member, claims))
        gate->failed++;
    gate->next_attempt = now_ns + patience_ns + PAUSE_FACTOR * patience_ns;
    return GATE_BUSY;
}

enum gate_attempt gate_attempt_close(struct gate_member *member)
{
    struct gate *gate = member->gate;
    pthread_mutex_lock(&gate->lock);
    enum gate_attempt outcome = atomic_load(&gate->closed) ? GATE_TAKEN : gate_attempt(gate, member, false);
    pthread_mutex_unlock(&gate->lock);
    return outcome;
}

void gate_close(struct gate_member *member)
{
    struct gate *gate = member->gate;
    pthread_mutex_lock(&gate->lock);
    for (;;) {
        bool taken = atomic_load(&gate->closed);
        if (!taken && gate_attempt(gate, member, false) == GATE_CLOSED)
            break;
        atomic_store(&member->inside, false); /* whoever closes the gate meanwhile needn't wait for this one */
        if (taken) {
            pthread_cond_signal(&gate->went_out);
            gate_wait_open(gate);
        } else {
            struct timespec next = time_at(gate->next_attempt);
            pthread_mutex_unlock(&gate->lock);
            clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &next, NULL);
            pthread_mutex_lock(&gate->lock);
            gate_wait_open(gate);
        }
        atomic_store(&member->inside, true);
    }
    pthread_mutex_unlock(&gate->lock);
}

static void gate_count_claim(struct gate *gate, unsigned difference)
{
    pthread_mutex_lock(&gate->lock);
    atomic_fetch_add_explicit(&gate->claims, difference, memory_order_relaxed);
    pthread_cond_signal(&gate->went_out); /* who is closing it opens it again: the claimant is inside */
    pthread_mutex_unlock(&gate->lock);
}

void gate_claim(struct gate_member *member)
{
    gate_count_claim(member->gate, 1);
}

void gate_claim_end(struct gate_member *member)
{
    gate_count_claim(member->gate, UINT_MAX);
}

bool gate_has_claim(const struct gate_member *member)
{
    return atomic_load_explicit(&member->gate->claims, memory_order_relaxed) > 0;
}

bool gate_claim_close(struct gate_member *member)
{
    struct gate *gate = member->gate;
    pthread_mutex_lock(&gate->lock);
    bool closed = !atomic_load(&gate->closed) && gate_attempt(gate, member, true) == GATE_CLOSED;
    pthread_mutex_unlock(&gate->lock);
    return closed;
}

static void gate_set_stay(struct gate_member *member, bool stays)
{
    struct gate *gate = member->gate;
    pthread_mutex_lock(&gate->lock);
    atomic_fetch_add_explicit(&gate->stays, stays ? 1 : UINT_MAX, memory_order_relaxed);
    member->stays = stays;
    pthread_cond_signal(&gate->went_out);
    pthread_mutex_unlock(&gate->lock);
}

void gate_stay_begin(struct gate_member *member)
{
    gate_set_stay(member, true);
}

void gate_stay_end(struct gate_member *member)
{
    gate_set_stay(member, false);
}

bool gate_has_stays(const struct gate_member *member)
{
    return atomic_load_explicit(&member->gate->stays, memory_order_relaxed) > 0;
}

void gate_open(struct gate_member *member)
{
    struct gate *gate = member->gate;
    pthread_mutex_lock(&gate->lock);
    gate_closed_here = false;
    atomic_store(&gate->closed, false);
    pthread_cond_broadcast(&gate->opened);
    pthread_mutex_unlock(&gate->lock);
}

uint64_t gate_closings(const struct gate_member *member)
{
    return member->gate->closings;
}

struct gate_absence gate_step_out(void)
{
    struct gate_absence absence = {.member = current};
    if (absence.member) {
        absence.closings = gate_closings(absence.member);
        gate_leave(absence.member);
    }
    return absence;
}

bool gate_step_in(struct gate_absence absence)
{
    if (!absence.member)
        return true;
    gate_enter(absence.member);
    return gate_closings(absence.member) == absence.closings;
}
