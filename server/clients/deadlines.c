#include "clients/deadlines.h"

#include "base/memory.h"

#define CAPACITY_MIN 16

static void put(struct deadlines *deadlines, size_t at, struct waiter *waiter)
{
    deadlines->heap[at] = waiter;
    waiter->heap_at = at;
}

/* Puts the waiter at the free place `at`, or above it where its deadline belongs. */
static void rise(struct deadlines *deadlines, size_t at, struct waiter *waiter)
{
    for (; at > 1 && deadlines->heap[at / 2]->deadline_ns > waiter->deadline_ns; at /= 2)
        put(deadlines, at, deadlines->heap[at / 2]);
    put(deadlines, at, waiter);
}

/* The same below it. */
static void sink(struct deadlines *deadlines, size_t at, struct waiter *waiter)
{
    for (size_t below; (below = at * 2) <= deadlines->count; at = below) {
        if (below < deadlines->count && deadlines->heap[below + 1]->deadline_ns < deadlines->heap[below]->deadline_ns)
            below++;
        if (deadlines->heap[below]->deadline_ns >= waiter->deadline_ns)
            break;
        put(deadlines, at, deadlines->heap[below]);
    }
    put(deadlines, at, waiter);
}

static void set_capacity(struct deadlines *deadlines, size_t capacity)
{
    deadlines->heap = mem_realloc(deadlines->heap, (capacity + 1) * sizeof deadlines->heap[0]);
    deadlines->capacity = capacity;
}

void deadlines_add(struct deadlines *deadlines, struct waiter *waiter)
{
    if (deadlines->count == deadlines->capacity)
        set_capacity(deadlines, deadlines->capacity ? deadlines->capacity * 2 : CAPACITY_MIN);
    rise(deadlines, ++deadlines->count, waiter);
}

void deadlines_remove(struct deadlines *deadlines, struct waiter *waiter)
{
    size_t at = waiter->heap_at;
    if (at == 0)
        return;
    waiter->heap_at = 0;
    struct waiter *last = deadlines->heap[deadlines->count--];
    if (last != waiter) {
        if (at > 1 && deadlines->heap[at / 2]->deadline_ns > last->deadline_ns)
            rise(deadlines, at, last);
        else
            sink(deadlines, at, last);
    }
    if (deadlines->count == 0) {
        mem_free(deadlines->heap);
        *deadlines = (struct deadlines){0};
    } else if (deadlines->capacity > CAPACITY_MIN && deadlines->count < deadlines->capacity / 4) {
        set_capacity(deadlines, deadlines->capacity / 2);
    }
}

struct waiter *deadlines_soonest(const struct deadlines *deadlines)
{
    return deadlines->count > 0 ? deadlines->heap[1] : NULL;
}
