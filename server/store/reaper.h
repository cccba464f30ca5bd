/*
 * The reaper: a background thread that frees what takes long to free.
 *
 * Whoever has taken something large out of the keyspace hands it over and goes on. The thread starts with the
 * first piece of work and ends at reaper_stop(), which waits for it. Any thread may call.
 */
#ifndef KVS_STORE_REAPER_H
#define KVS_STORE_REAPER_H

#include <stddef.h>
#include <stdint.h>

/* What is to be freed carries its own queue link. units counts what INFO reports (entries). */
struct reaper_job {
    struct reaper_job *next;
    void (*run)(struct reaper_job *job); /* frees the job as well */
    size_t units;
};

void reaper_post(struct reaper_job *job);
void reaper_stop(void);

/* Blocks until all that was posted before has been freed. */
void reaper_drain(void);

uint64_t reaper_pending(void); /* units waiting or in work */
uint64_t reaper_freed(void);   /* units since start or reset */
void reaper_reset_freed(void);

#endif
