#include "engine/effect.h"

#include "base/memory.h"
#include "base/number.h"
#include "store/key_event.h"

#include <string.h>

struct effect_sink *effect_sink;

/* ---- effects that are told together ---- */

/* What has been said since effect_group_begin(): copies, each in an allocation of its own. */
static __thread struct effect_group group;

static struct bytes *copy_words(unsigned count, const struct bytes *words)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < count; i++)
        bytes += words[i].len;
    struct bytes *copies = mem_alloc(count * sizeof *copies + bytes);
    char *at = (char *)(copies + count);
    for (unsigned i = 0; i < count; i++) {
        memcpy(at, words[i].data, words[i].len);
        copies[i] = (struct bytes){at, words[i].len};
        at += words[i].len;
    }
    return copies;
}

static void group_add(const struct effect *effect)
{
    if (group.count == group.capacity) {
        group.capacity = group.capacity ? group.capacity * 2 : 16;
        group.effects = mem_realloc(group.effects, group.capacity * sizeof *group.effects);
    }
    group.effects[group.count++] = (struct effect){effect->db, effect->count, copy_words(effect->count, effect->words)};
}

void effect_group_begin(void)
{
    group.is_open = effect_is_wanted();
}

void effect_group_end(void)
{
    if (!group.is_open)
        return;
    if (group.count > 0 && effect_is_wanted())
        effect_sink->take(effect_sink, group.count, group.effects);
    for (unsigned i = 0; i < group.count; i++)
        mem_free((void *)group.effects[i].words);
    mem_free(group.effects);
    group = (struct effect_group){0};
}

struct effect_group effect_group_set_aside(void)
{
    struct effect_group aside = group;
    group = (struct effect_group){0};
    return aside;
}

void effect_group_bring_back(struct effect_group aside)
{
    group = aside;
}

static void tell(int db, unsigned count, const struct bytes *words)
{
    struct effect effect = {db, count, words};
    if (group.is_open)
        group_add(&effect);
    else
        effect_sink->take(effect_sink, 1, &effect);
}

/* ---- keys, and fields of hashes, that go by themselves ---- */

static void tell_deletion(void *context, const struct view *view, const struct key *key, const struct key_event *event)
{
    (void)context;
    if (event == &event_expired || event == &event_evicted)
        tell(view->db, 2, (struct bytes[]){EFFECT_WORD("DEL"), key->name});
}

static void tell_part_deletion(void *context, const struct view *view, const struct key *key, struct bytes part)
{
    (void)context;
    tell(view->db, 3, (struct bytes[]){EFFECT_WORD("HDEL"), key->name, part});
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
    tell(call->view.db, count, words);
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
