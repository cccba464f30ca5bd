/*
 * Effects: what a write has done, in words that do the same wherever the data is the same.
 *
 * Most writes do that as they were given. A handler whose request would do something else elsewhere or later (a time to
 * live, a random member, a sum of floats) says other words; they are Redis's, so that its logs and ours read alike. A
 * call that has changed nothing has no effect, and a key that has expired or was evicted has one without a call.
 *
 * Somebody who follows what happens (a log, a test) is the sink; there is one at most, and without it nothing is said.
 * It is told under the locks of the shards that were changed, so that effects on a key come in the order in which they
 * happened.
 */
#ifndef KVS_ENGINE_EFFECT_H
#define KVS_ENGINE_EFFECT_H

#include "base/bytes.h"
#include "command/call.h"

#include <stdbool.h>
#include <stdint.h>

struct keyspace;

/* One command, in words. */
struct effect {
    int db;
    unsigned count;
    const struct bytes *words;
};

/*
 * Takes effects that belong together: what one call has done, which is one effect as a rule, or one EXEC; they are to be
 * followed as a whole. Borrowed until it returns. On any thread that runs commands or upkeep.
 */
struct effect_sink {
    void (*take)(struct effect_sink *sink, unsigned count, const struct effect *effects);
    unsigned follower; /* private */
};

/* NULL: nobody. Read-only. */
extern struct effect_sink *effect_sink;

/* World stopped. */
void effect_sink_set(struct keyspace *keyspace, struct effect_sink *sink);
void effect_sink_clear(struct keyspace *keyspace);

static inline bool effect_is_wanted(void)
{
    return __builtin_expect(effect_sink != NULL, 0);
}

/* For handlers, after the change: this was done instead of the call as given. If called again, that as well. */
void effect_say(struct call *call, unsigned count, const struct bytes *words);

/* DEL of a key; a pop of so many from one; PEXPIREAT or PERSIST of the first one. Nothing if no effect is wanted. */
void effect_delete(struct call *call, const struct key *key);
void effect_pop(struct call *call, struct bytes command, const struct key *key, uint64_t count);
void effect_expire_at(struct call *call, int64_t expire_ms); /* ENTRY_NO_EXPIRY: PERSIST */

/*
 * What the calling thread says between the two is told together, at the end: for EXEC. Not nested; nothing happens
 * where no effect is wanted.
 */
void effect_group_begin(void);
void effect_group_end(void);

/*
 * Other calls run in the middle of those between the two: sets what has been said so far aside, and brings it back.
 */
struct effect_group {
    bool is_open;
    unsigned count, capacity;
    struct effect *effects;
};
struct effect_group effect_group_set_aside(void);
void effect_group_bring_back(struct effect_group aside);

/*
 * Says the call as given, if it has changed something and nothing was said: by the executor after the call, or by a
 * handler that gives its locks back before it ends.
 */
void effect_of_call(struct call *call);

#define EFFECT_WORD(text) ((struct bytes){text, sizeof(text) - 1})

#endif
