/*
 * A lock guards the list of threads, and so keeps a thread's counters, which lie in its own memory, from going while
 * they are read.
 */
#include "base/usage.h"

#include "base/memory.h"
#include "base/panic.h"

#include <pthread.h>
#include <stddef.h>

#define THREADS_MAX 300 /* workers, of which config/ allows 256, the main thread, the reaper, and some more for tests */

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
/* guarded by lock */
static struct usage_counters threads[THREADS_MAX];
static unsigned thread_count;
static int64_t departed; /* the sum of those that have parted */

static const uint64_t none;
__thread struct usage_counters usage_counters = {&none, &none}; /* of a thread that hasn't joined */

static int64_t usage_of(const struct usage_counters *counters)
{
    /* Relaxed: each is a number by itself. What was freed is read first, so that the difference is never too small. */
    uint64_t freed = __atomic_load_n(counters->freed, __ATOMIC_RELAXED);
    uint64_t allocated = __atomic_load_n(counters->allocated, __ATOMIC_RELAXED);
    return (int64_t)(allocated - freed);
}

void usage_join(void)
{
    mem_counters(&usage_counters.allocated, &usage_counters.freed);
    pthread_mutex_lock(&lock);
    if (thread_count == THREADS_MAX)
        panic("more than %d threads", THREADS_MAX);
    threads[thread_count++] = usage_counters;
    pthread_mutex_unlock(&lock);
}

void usage_part(void)
{
    pthread_mutex_lock(&lock);
    departed += usage_of(&usage_counters);
    unsigned mine = 0;
    while (threads[mine].allocated != usage_counters.allocated)
        mine++;
    threads[mine] = threads[--thread_count];
    pthread_mutex_unlock(&lock);
}

int64_t usage_total(void)
{
    pthread_mutex_lock(&lock);
    int64_t sum = departed;
    for (unsigned i = 0; i < thread_count; i++)
        sum += usage_of(&threads[i]);
    pthread_mutex_unlock(&lock);
    return sum > 0 ? sum : 0;
}
