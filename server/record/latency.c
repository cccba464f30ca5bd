/*
 * Events stand in a small array, in the order in which they first happened. The server chooses their names,
 * so their number is bounded; an event beyond LATENCY_EVENTS would be a bug of ours, and is dropped.
 */
#include "record/latency.h"

#include "base/clock.h"
#include "base/memory.h"

#include <pthread.h>
#include <string.h>

#define LATENCY_EVENTS 32

static struct {
    pthread_mutex_t lock; /* guards the rest */
    unsigned count;
    struct latency_event *events[LATENCY_EVENTS];
} monitor = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- the lock is held ---- */

/* The event of that name, or NULL. */
static struct latency_event *event_find(const char *name, size_t len)
{
    for (unsigned i = 0; i < monitor.count; i++)
        if (bytes_equal(monitor.events[i]->name, strlen(monitor.events[i]->name), name, len))
            return monitor.events[i];
    return NULL;
}

static struct latency_event *event_make(const char *name)
{
    if (monitor.count == LATENCY_EVENTS)
        return NULL;
    struct latency_event *event = mem_calloc(sizeof *event);
    event->name = name;
    monitor.events[monitor.count++] = event;
    return event;
}

static void event_add(struct latency_event *event, int64_t ms)
{
    int64_t now_s = clock_wall_ms() / 1000;
    if (ms > event->worst_ms)
        event->worst_ms = ms;
    struct latency_sample *newest = event->count > 0 ? &event->samples[event->count - 1] : NULL;
    if (newest && newest->time_s == now_s) { /* one sample a second: the worst one */
        if (ms > newest->ms)
            newest->ms = ms;
        return;
    }
    if (event->count == LATENCY_SAMPLES) /* once a second at most, so moving them costs nothing */
        memmove(&event->samples[0], &event->samples[1], --event->count * sizeof event->samples[0]);
    event->samples[event->count++] = (struct latency_sample){now_s, clock_monotonic_ms() / 1000, ms};
}

/* ---- from outside ---- */

void latency_add(const char *name, int64_t ms)
{
    pthread_mutex_lock(&monitor.lock);
    struct latency_event *event = event_find(name, strlen(name));
    if (!event)
        event = event_make(name);
    if (event)
        event_add(event, ms);
    pthread_mutex_unlock(&monitor.lock);
}

bool latency_find(const char *name, size_t len, struct latency_event *event_out)
{
    pthread_mutex_lock(&monitor.lock);
    const struct latency_event *event = event_find(name, len);
    if (event)
        *event_out = *event;
    pthread_mutex_unlock(&monitor.lock);
    return event != NULL;
}

unsigned latency_events(struct latency_event **events_out)
{
    pthread_mutex_lock(&monitor.lock);
    unsigned count = monitor.count;
    struct latency_event *copy = mem_alloc((count + 1) * sizeof *copy);
    for (unsigned i = 0; i < count; i++)
        copy[i] = *monitor.events[i];
    pthread_mutex_unlock(&monitor.lock);
    *events_out = copy;
    return count;
}

size_t latency_bytes(void)
{
    pthread_mutex_lock(&monitor.lock);
    size_t bytes = monitor.count * sizeof(struct latency_event);
    pthread_mutex_unlock(&monitor.lock);
    return bytes;
}

int64_t latency_forget(const struct arg *name)
{
    int64_t forgotten = 0;
    unsigned kept = 0;
    pthread_mutex_lock(&monitor.lock);
    for (unsigned i = 0; i < monitor.count; i++) {
        struct latency_event *event = monitor.events[i];
        if (!name || arg_is(name, event->name)) {
            mem_free(event);
            forgotten++;
        } else {
            monitor.events[kept++] = event;
        }
    }
    monitor.count = kept;
    pthread_mutex_unlock(&monitor.lock);
    return forgotten;
}
