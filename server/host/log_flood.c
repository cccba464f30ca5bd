/*
 * Only kinds that have left something out are in the list, so settling looks at a single word while there is no flood.
 * What is to be said is taken out under the lock and written after it.
 */
#include "host/log_flood.h"

#include "base/clock.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stddef.h>

static struct {
    pthread_mutex_t lock;
    struct log_flood *first; /* guarded by lock */
    atomic_bool is_any;      /* whether first isn't NULL: a hint, so relaxed */
} floods = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* What has been left out in an interval. */
struct rest {
    const char *what;
    enum log_level level;
    uint64_t count;
    int64_t seconds;
};

/* ---- the lock is held ---- */

static bool is_over_locked(const struct log_flood *flood, int64_t now_ms)
{
    return now_ms - flood->began_ms >= LOG_FLOOD_MS;
}

/* Ends the interval of the flood that *link points to, and takes it out of the list. */
static struct rest take_locked(struct log_flood **link, int64_t now_ms)
{
    struct log_flood *flood = *link;
    struct rest rest = {flood->what, flood->level, flood->left_out, (now_ms - flood->began_ms + 500) / 1000};
    *link = flood->next;
    flood->left_out = 0;
    flood->written = 0;
    atomic_store_explicit(&floods.is_any, floods.first != NULL, memory_order_relaxed);
    return rest;
}

static struct log_flood **find_locked(const struct log_flood *flood)
{
    struct log_flood **link = &floods.first;
    while (*link != flood)
        link = &(*link)->next;
    return link;
}

static void leave_out_locked(struct log_flood *flood, enum log_level level)
{
    if (flood->left_out++ == 0) {
        flood->next = floods.first;
        floods.first = flood;
        atomic_store_explicit(&floods.is_any, true, memory_order_relaxed);
    }
    flood->level = level;
}

/* ---- from outside ---- */

static void say(const struct rest *rest)
{
    if (rest->count > 0)
        log_line(rest->level, "... and %llu more in the last %lld s: %s", (unsigned long long)rest->count,
                 (long long)(rest->seconds > 0 ? rest->seconds : 1), rest->what);
}

bool log_flood_admits_at(struct log_flood *flood, enum log_level level, int64_t now_ms)
{
    struct rest rest = {0};
    if (!log_wants(level))
        return false;
    pthread_mutex_lock(&floods.lock);
    if (flood->written > 0 && is_over_locked(flood, now_ms)) {
        if (flood->left_out > 0)
            rest = take_locked(find_locked(flood), now_ms);
        flood->written = 0;
    }
    if (flood->written == 0)
        flood->began_ms = now_ms;
    bool admitted = flood->written < flood->lines;
    if (admitted)
        flood->written++;
    else
        leave_out_locked(flood, level);
    pthread_mutex_unlock(&floods.lock);
    say(&rest);
    return admitted;
}

/* One that is over, or any if all; false if there is none. */
static bool take_one(int64_t now_ms, bool all, struct rest *rest_out)
{
    pthread_mutex_lock(&floods.lock);
    struct log_flood **link = &floods.first;
    while (*link && !all && !is_over_locked(*link, now_ms))
        link = &(*link)->next;
    bool found = *link;
    if (found)
        *rest_out = take_locked(link, now_ms);
    pthread_mutex_unlock(&floods.lock);
    return found;
}

static void settle(int64_t now_ms, bool all)
{
    struct rest rest;
    if (!atomic_load_explicit(&floods.is_any, memory_order_relaxed))
        return;
    while (take_one(now_ms, all, &rest))
        say(&rest);
}

void log_flood_settle_at(int64_t now_ms)
{
    settle(now_ms, false);
}

static int64_t monotonic_ms(void)
{
    return clock_monotonic_ns() / 1000000;
}

bool log_flood_admits(struct log_flood *flood, enum log_level level)
{
    return log_wants(level) && log_flood_admits_at(flood, level, monotonic_ms());
}

void log_flood_settle(void)
{
    settle(monotonic_ms(), false);
}

void log_flood_settle_all(void)
{
    settle(monotonic_ms(), true);
}
