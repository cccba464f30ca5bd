#include "engine/effect_trace.h"

#include "base/memory.h"
#include "base/text.h"
#include "engine/effect.h"

#include <pthread.h>

/* The effects as they are answered: RESP arrays behind one another, the same in both protocols. */
static struct {
    struct effect_sink sink; /* first */
    pthread_mutex_t lock;
    struct text effects;
    size_t count;
    bool is_on, has_dropped;
} trace = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void add_word(const char *data, size_t len)
{
    text_addf(&trace.effects, "$%zu\r\n", len);
    text_add_bytes(&trace.effects, data, len);
    text_add_bytes(&trace.effects, "\r\n", 2);
}

static void add_effect(int db, unsigned count, const struct bytes *words)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += words[i].len;
    if (trace.effects.len + bytes > EFFECT_TRACE_MAX) {
        trace.has_dropped = true;
    } else {
        text_addf(&trace.effects, "*%u\r\n:%d\r\n", count + 1, db);
        for (unsigned i = 0; i < count; i++)
            add_word(words[i].data, words[i].len);
        trace.count++;
    }
}

/* Effects that belong together stand between MULTI and EXEC. */
static void take(struct effect_sink *sink, unsigned count, const struct effect *effects)
{
    (void)sink;
    pthread_mutex_lock(&trace.lock);
    if (count > 1)
        add_effect(effects[0].db, 1, &EFFECT_WORD("MULTI"));
    for (unsigned i = 0; i < count; i++)
        add_effect(effects[i].db, effects[i].count, effects[i].words);
    if (count > 1)
        add_effect(effects[0].db, 1, &EFFECT_WORD("EXEC"));
    pthread_mutex_unlock(&trace.lock);
}

static void forget(void)
{
    text_deinit(&trace.effects);
    trace.effects = TEXT_EMPTY;
    trace.count = 0;
    trace.has_dropped = false;
}

void effect_trace_start(struct keyspace *keyspace)
{
    forget();
    trace.sink.take = take;
    trace.is_on = true;
    effect_sink_set(keyspace, &trace.sink);
}

void effect_trace_stop(struct keyspace *keyspace)
{
    if (trace.is_on)
        effect_sink_clear(keyspace);
    trace.is_on = false;
    forget();
}

void effect_trace_take(struct reply *reply)
{
    if (!trace.is_on || trace.has_dropped) {
        reply_error(reply, trace.is_on ? "ERR effects were dropped: more than the trace holds"
                                       : "ERR there is no trace: begin one with DEBUG EFFECTS START");
        return;
    }
    reply_array(reply, trace.count);
    reply_raw(reply, trace.effects.data, trace.effects.len);
    forget();
}
