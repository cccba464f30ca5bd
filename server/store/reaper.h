/*
 * The reaper: a background thread that frees what takes long to free.
 *
 * A thread that has taken something large out of the keyspace hands it over and goes on. The reaper's thread starts
 * with the first job and ends at reaper_stop(), which waits for all jobs. Any thread may call, under locks too.
 */
#ifndef KVS_STORE_REAPER_H
#define KVS_STORE_REAPER_H

#include <stddef.h>
#include <stdint.h>

/* A job, embedded in what it frees. */
struct reaper_job {
    struct reaper_job *next;
    void (*run)(struct reaper_job *job); /* frees the job as well */
    size_t units;                        /* number of entries, which INFO reports */
    size_t bytes;                        /* that it will free, about */
};

void reaper_post(struct reaper_job *job);
void reaper_stop(void);

/* Blocks until all jobs posted so far are done. Without locks. */
void reaper_drain(void);

/* For a job that takes long, while it runs: so many of its bytes are free. */
void reaper_note_freed(size_t bytes);

/* Bytes that the calling thread has ever handed over. */
uint64_t reaper_handed_bytes(void);

uint64_t reaper_pending(void); /* units waiting or being freed */
uint64_t reaper_pending_bytes(void);
uint64_t reaper_freed(void); /* units since start or reset */
void reaper_reset_freed(void);

#endif
