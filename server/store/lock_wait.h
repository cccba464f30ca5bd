/*
 * Waiting for a lock that a script which runs long may hold.
 */
#ifndef KVS_STORE_LOCK_WAIT_H
#define KVS_STORE_LOCK_WAIT_H

#include <pthread.h>
#include <stdbool.h>

/*
 * Waits for the lock outside the gate, unless a thread stays inside for long (gate_stay_begin()). False: that is so, and
 * it isn't locked. same: cleared if the world was stopped while the thread waited.
 */
bool lock_unless_long(pthread_mutex_t *lock, bool *same);

#endif
