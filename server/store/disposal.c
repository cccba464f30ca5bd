#include "store/disposal.h"

#include "base/memory.h"
#include "store/reaper.h"
#include "store/value_type.h"

#define WAITING_MAX 32
#define SAMPLES 5 /* members of a collection from which its size is estimated */

static __thread struct entry *waiting[WAITING_MAX];
__thread unsigned disposal_waiting;

struct entry_job {
    struct reaper_job job; /* first */
    struct entry *entry;
};

static void entry_job_run(struct reaper_job *job)
{
    entry_free(((struct entry_job *)job)->entry);
    mem_free_sized(job, sizeof(struct entry_job));
}

static void reap(struct entry *entry)
{
    struct entry_job *job = mem_alloc(sizeof *job);
    job->job = (struct reaper_job){.run = entry_job_run, .units = 1, .bytes = entry_memory(entry, SAMPLES)};
    job->entry = entry;
    reaper_post(&job->job);
}

void dispose_entry(struct entry *entry)
{
    if (!(entry->flags & ENTRY_OWNS)) {
        entry_free(entry);
    } else if (entry_value_type(entry)->is_slow_to_release(entry)) {
        reap(entry);
    } else {
        if (disposal_waiting == WAITING_MAX)
            disposal_drain(); /* better to free under a lock than to let the list grow without bound */
        waiting[disposal_waiting++] = entry;
    }
}

void disposal_drain_all(void)
{
    while (disposal_waiting > 0)
        entry_free(waiting[--disposal_waiting]);
}
