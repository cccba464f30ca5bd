#include "store/reaper.h"

#include "base/memory.h"
#include "base/usage.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t work = PTHREAD_COND_INITIALIZER;
static pthread_cond_t idle = PTHREAD_COND_INITIALIZER;

/* guarded by lock */
static struct reaper_job *first, **last = &first;
static pthread_t thread;
static bool started, stopping, busy;

static _Atomic uint64_t pending, pending_bytes, freed;
static __thread size_t bytes_left; /* of the job that this thread runs */
static __thread uint64_t handed_bytes;

/* Without the lock. */
static void run_job(struct reaper_job *job)
{
    size_t units = job->units;
    bytes_left = job->bytes;
    job->run(job);
    reaper_note_freed(bytes_left);
    atomic_fetch_sub(&pending, units);
    atomic_fetch_add(&freed, units);
}

static void *reaper_main(void *unused)
{
    (void)unused;
    usage_join();
    pthread_mutex_lock(&lock);
    while (first || !stopping) {
        if (!first) {
            pthread_cond_wait(&work, &lock);
            continue;
        }
        struct reaper_job *job = first;
        first = job->next;
        if (!first)
            last = &first;
        busy = true;
        pthread_mutex_unlock(&lock);
        run_job(job);
        mem_flush_thread(); /* other threads can use the freed memory */
        pthread_mutex_lock(&lock);
        busy = false;
        if (!first)
            pthread_cond_broadcast(&idle);
    }
    pthread_mutex_unlock(&lock);
    usage_part();
    return NULL;
}

void reaper_post(struct reaper_job *job)
{
    job->next = NULL;
    atomic_fetch_add(&pending, job->units);
    atomic_fetch_add(&pending_bytes, job->bytes);
    handed_bytes += job->bytes;
    pthread_mutex_lock(&lock);
    if (!started)
        started = pthread_create(&thread, NULL, reaper_main, NULL) == 0;
    bool here = !started; /* no thread could be started: better a stall than a leak */
    if (!here) {
        *last = job;
        last = &job->next;
        pthread_cond_signal(&work);
    }
    pthread_mutex_unlock(&lock);
    if (here)
        run_job(job);
}

void reaper_drain(void)
{
    pthread_mutex_lock(&lock);
    while (first || busy)
        pthread_cond_wait(&idle, &lock);
    pthread_mutex_unlock(&lock);
}

void reaper_stop(void)
{
    pthread_mutex_lock(&lock);
    bool was_started = started;
    stopping = true;
    pthread_cond_signal(&work);
    pthread_mutex_unlock(&lock);
    if (was_started)
        pthread_join(thread, NULL);
    pthread_mutex_lock(&lock);
    started = stopping = false;
    pthread_mutex_unlock(&lock);
}

uint64_t reaper_pending(void)
{
    return atomic_load(&pending);
}

uint64_t reaper_pending_bytes(void)
{
    return atomic_load(&pending_bytes);
}

uint64_t reaper_handed_bytes(void)
{
    return handed_bytes;
}

void reaper_note_freed(size_t bytes)
{
    size_t part = bytes < bytes_left ? bytes : bytes_left;
    bytes_left -= part;
    atomic_fetch_sub(&pending_bytes, part);
}

uint64_t reaper_freed(void)
{
    return atomic_load(&freed);
}

void reaper_reset_freed(void)
{
    atomic_store(&freed, 0);
}
