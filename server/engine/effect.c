#include "engine/effect.h"

#include "base/memory.h"
#include "base/number.h"
#include "store/key_event.h"

struct effect_sink *effect_sink;

/* ---- keys, and fields of hashes, that go by themselves ---- */

static void tell_deletion(void *context, const struct view *view, const struct key *key, const struct key_event *event)
{
    struct effect_sink *sink = context;
    if (event == &event_expired || event == &event_evicted)
        sink->take(sink, view->db, 2, (struct bytes[]){EFFECT_WORD("DEL"), key->name});
}

static void tell_part_deletion(void *context, const struct view *view, const struct key *key, struct bytes part)
{
    struct effect_sink *sink = context;
    sink->take(sink, view->db, 3, (struct bytes[]){EFFECT_WORD("HDEL"), key->name, part});
}

static void follow_all(struct keyspace *keyspace, unsigned follower)
{
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++)
        keyspace_set_interest(keyspace, follower, shard, true);
}

void effect_sink_set(struct keyspace *keyspace, struct effect_sink *sink)
{
    static struct follower follower = {.after = tell_deletion, .part_expired = tell_part_deletion};
    effect_sink_clear(keyspace);
    follower.context = sink;
    sink->follower = keyspace_follow(keyspace, &follower);
    follow_all(keyspace, sink->follower);
    effect_sink = sink;
}

void effect_sink_clear(struct keyspace *keyspace)
{
    if (effect_sink)
        keyspace_unfollow(keyspace, effect_sink->follower);
    effect_sink = NULL;
}

/* ---- calls ---- */

void effect_say(struct call *call, unsigned count, const struct bytes *words)
{
    if (!effect_is_wanted())
        return;
    call->effect_said = true;
    effect_sink->take(effect_sink, call->view.db, count, words);
}

void effect_delete(struct call *call, const struct key *key)
{
    effect_say(call, 2, (struct bytes[]){EFFECT_WORD("DEL"), key->name});
}

void effect_pop(struct call *call, struct bytes command, const struct key *key, uint64_t count)
{
    char digits[NUMBER_I64_MAX_LEN];
    struct bytes number = {digits, number_format_u64(digits, count)};
    effect_say(call, 3, (struct bytes[]){command, key->name, number});
}

void effect_expire_at(struct call *call, int64_t expire_ms)
{
    char digits[NUMBER_I64_MAX_LEN];
    struct bytes key = call->keys[0].name;
    if (expire_ms == ENTRY_NO_EXPIRY) {
        effect_say(call, 2, (struct bytes[]){EFFECT_WORD("PERSIST"), key});
        return;
    }
    struct bytes time = {digits, number_format_i64(digits, expire_ms)};
    effect_say(call, 3, (struct bytes[]){EFFECT_WORD("PEXPIREAT"), key, time});
}

static void say_as_given(struct call *call)
{
    struct bytes *words = mem_alloc((size_t)call->argc * sizeof *words);
    for (int i = 0; i < call->argc; i++)
        words[i] = (struct bytes){call->argv[i].data, call->argv[i].len};
    effect_say(call, (unsigned)call->argc, words);
    mem_free(words);
}

void effect_of_call(struct call *call)
{
    if (call->view.events > 0 && !call->effect_said && (call->command->flags & (CMD_WRITE | CMD_MAY_REPLICATE)))
        say_as_given(call);
}
