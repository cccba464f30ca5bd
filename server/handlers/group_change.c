#include "handlers/group_change.h"

#include "command/errors.h"
#include "engine/effect.h"
#include "handlers/lookup.h"
#include "types/stream_groups.h"

const struct key_event event_group_read = {"xreadgroup", EVENT_READERS, 1};
static const struct key_event event_createconsumer = {"xgroup-createconsumer", EVENT_STREAM, 1};

/* ---- finding ---- */

bool group_find(struct group_change *change, struct call *call, const struct key *key, const struct arg *name,
                bool reads)
{
    const struct entry *found = reads ? lookup_read(call, key) : keyspace_find_for_write(&call->view, key);
    *change = (struct group_change){.call = call, .key = key, .name = name, .found = found};
    if (!lookup_is(call, found, TYPE_STREAM))
        return false;
    if (found) {
        change->stream = stream_of(found);
        change->group = stream_groups_find(change->stream->groups, (struct bytes){name->data, name->len});
    }
    return true;
}

bool group_find_known(struct group_change *change, struct call *call, const struct key *key, const struct arg *name,
                      bool reads)
{
    if (!group_find(change, call, key, name, reads))
        return false;
    if (!change->group)
        reply_errorf(call->reply, "NOGROUP No such key '%.*s' or consumer group '%.*s'", (int)key->name.len,
                     key->name.data, (int)name->len, name->data);
    return change->group != NULL;
}

/* ---- changing ---- */

void group_begin(struct group_change *change)
{
    keyspace_edit(&change->call->view, change->key, change->found);
}

void group_end(struct group_change *change, const struct key_event *event, uint64_t changes)
{
    struct key_event told = *event;
    told.changes = (uint32_t)changes;
    keyspace_edited(&change->call->view, change->key, change->found, (struct entry *)change->found, &told);
}

static void say_consumer(struct group_change *change, struct bytes name)
{
    struct bytes group = {change->name->data, change->name->len};
    effect_say(change->call, 5,
               (struct bytes[]){EFFECT_WORD("XGROUP"), EFFECT_WORD("CREATECONSUMER"), change->key->name, group, name});
}

struct stream_consumer *group_consumer(struct group_change *change, struct bytes name)
{
    struct stream_consumer *consumer = stream_consumer_find(change->group, name);
    int64_t now_ms = change->call->view.now_ms;
    if (consumer) {
        consumer->seen_ms = now_ms;
        return consumer;
    }
    group_begin(change);
    consumer = stream_consumer_add(change->group, name, now_ms);
    if (!consumer)
        return NULL;
    group_end(change, &event_createconsumer, 1);
    say_consumer(change, name);
    return consumer;
}

/* ---- effects ---- */

/* Room for the words that are numbers. */
struct number_words {
    char id[STREAM_ID_MAX_LEN], last_id[STREAM_ID_MAX_LEN], time[NUMBER_I64_MAX_LEN], count[NUMBER_I64_MAX_LEN];
};

void group_say_pending(struct group_change *change, const struct pending_entry *entry)
{
    struct number_words text;
    if (!effect_is_wanted())
        return;
    struct bytes words[] = {
        EFFECT_WORD("XCLAIM"),
        change->key->name,
        {change->name->data, change->name->len},
        stream_consumer_at(change->group, entry->owner)->named.name,
        EFFECT_WORD("0"),
        {text.id, stream_id_format(text.id, entry->id)},
        EFFECT_WORD("TIME"),
        {text.time, number_format_i64(text.time, entry->delivered_ms)},
        EFFECT_WORD("RETRYCOUNT"),
        {text.count, number_format_i64(text.count, entry->count)},
        EFFECT_WORD("FORCE"),
        EFFECT_WORD("JUSTID"),
        EFFECT_WORD("LASTID"),
        {text.last_id, stream_id_format(text.last_id, change->group->last_id)},
    };
    effect_say(change->call, sizeof words / sizeof words[0], words);
}

void group_say_acknowledged(struct group_change *change, struct stream_id id)
{
    struct number_words text;
    if (!effect_is_wanted())
        return;
    struct bytes group = {change->name->data, change->name->len}, number = {text.id, stream_id_format(text.id, id)};
    effect_say(change->call, 4, (struct bytes[]){EFFECT_WORD("XACK"), change->key->name, group, number});
}

void group_say_progress(struct group_change *change)
{
    struct number_words text;
    if (!effect_is_wanted())
        return;
    struct bytes words[] = {
        EFFECT_WORD("XGROUP"),
        EFFECT_WORD("SETID"),
        change->key->name,
        {change->name->data, change->name->len},
        {text.id, stream_id_format(text.id, change->group->last_id)},
        EFFECT_WORD("ENTRIESREAD"),
        {text.count, number_format_i64(text.count, change->group->entries_read)},
    };
    effect_say(change->call, sizeof words / sizeof words[0], words);
}
