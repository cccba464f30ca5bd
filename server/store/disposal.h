/*
 * Disposal: frees entries that have left their table.
 *
 * An entry whose value lies in it is freed at once. One that owns more memory waits in a short list of the calling
 * thread until that holds no lock, and is then freed there; or the reaper frees it, if that would take long, whatever
 * made it leave.
 */
#ifndef KVS_STORE_DISPOSAL_H
#define KVS_STORE_DISPOSAL_H

#include "store/entry.h"

/* Takes the entry. With or without its shard's lock. */
void dispose_entry(struct entry *entry);

/* Private to the function below: the number of waiting entries, and the function that frees them. */
extern __thread unsigned disposal_waiting;
void disposal_drain_all(void);

/* Frees the entries that the calling thread has disposed of. It holds no lock. */
static inline void disposal_drain(void)
{
    if (__builtin_expect(disposal_waiting > 0, 0))
        disposal_drain_all();
}

#endif
