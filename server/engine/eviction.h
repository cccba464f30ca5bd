/*
 * maxmemory: noticing that it is exceeded, and evicting keys by maxmemory-policy until it isn't.
 *
 * The main thread measures ten times a second (a hundred near the limit) and sets ATTENTION_MEMORY when there is too
 * much. While the bit is set, commands that may need memory ask for room first: each evicts a few sampled keys, as many
 * as the excess calls for.
 */
#ifndef KVS_ENGINE_EVICTION_H
#define KVS_ENGINE_EVICTION_H

#include <stdbool.h>
#include <stdint.h>

struct server;

/*
 * Any thread inside the gate that holds no lock. Returns false when no room can be made; then the command is refused.
 */
bool eviction_make_room(struct server *server);

/* Keys that were evicted since the start or the last eviction_reset_stats(). Any thread. */
uint64_t eviction_keys(void);
void eviction_reset_stats(void);

/* Main thread, inside the gate. Returns the milliseconds until the next measurement is due. */
int eviction_measure(struct server *server);

/* Makes the access clock and eviction follow maxmemory-policy. World stopped, or before threads start. */
void eviction_configure(struct server *server);

#endif
