/*
 * Disposal: what becomes of entries that have left their table.
 *
 * An entry whose value lies in it is freed at once. One that owns more waits in a short list of the calling thread until
 * no lock is held, and is then freed there, or by the reaper where that would take long.
 */
#ifndef KVS_STORE_DISPOSAL_H
#define KVS_STORE_DISPOSAL_H

#include "store/entry.h"

#include <stdbool.h>

/* Takes the entry. Under its shard's lock or not; lazily: the reaper frees what is slow to free. */
void dispose_entry(struct entry *entry, bool lazily);

/* Private to the function below: how many entries wait, and what frees them. */
extern __thread unsigned disposal_waiting;
void disposal_drain_all(void);

/* Frees what the calling thread has disposed of. No lock is held. */
static inline void disposal_drain(void)
{
    if (__builtin_expect(disposal_waiting > 0, 0))
        disposal_drain_all();
}

#endif
