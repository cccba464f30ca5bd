/*
 * Waiting for a lock that may be held for long, or by somebody who needs what the waiting thread holds.
 */
#ifndef KVS_STORE_LOCK_WAIT_H
#define KVS_STORE_LOCK_WAIT_H

#include <pthread.h>
#include <stdbool.h>

/*
 * Waits for the lock outside the gate, unless a thread stays inside for long (gate_stay_begin()), or there is a claim
 * (gate_claim()). False: that is so, and it isn't locked; then the thread has to give back what else it has locked.
 * same: cleared if the world was stopped while the thread waited.
 */
bool lock_unless_long(pthread_mutex_t *lock, bool *same);

/*
 * If there is a claim, some microseconds outside the gate, before what may be claimed is asked for again. By a thread
 * that holds nothing.
 */
void lock_wait_stand_back(void);

#endif
