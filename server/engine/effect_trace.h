/*
 * Effect traces: effects kept in memory for a test that reads them (DEBUG EFFECTS) and replays them elsewhere.
 *
 * A trace holds as much as EFFECT_TRACE_MAX bytes; what comes after that is dropped, and said at the next reading. All
 * functions but the sink's run in a stopped world.
 */
#ifndef KVS_ENGINE_EFFECT_TRACE_H
#define KVS_ENGINE_EFFECT_TRACE_H

#include "resp/reply.h"

#include <stdbool.h>
#include <stddef.h>

#define EFFECT_TRACE_MAX ((size_t)64 << 20)

struct keyspace;

/* Begins a trace, or begins it anew; ends it. */
void effect_trace_start(struct keyspace *keyspace);
void effect_trace_stop(struct keyspace *keyspace);

/*
 * Answers with what was traced since the last time and forgets it: an array with, for each effect, an array of the
 * database's index and the words. An error if something was dropped or there is no trace.
 */
void effect_trace_take(struct reply *reply);

#endif
