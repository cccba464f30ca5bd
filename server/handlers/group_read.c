#include "handlers/group_read.h"

#include "base/memory.h"
#include "command/errors.h"
#include "handlers/stream_groups_reply.h"
#include "handlers/stream_reply.h"
#include "types/stream_lag.h"

#include <errno.h>

/* One answer as it is made. */
struct reading {
    struct group_change *change;
    struct stream_consumer *consumer;
    const struct group_read *read;
    uint64_t left;    /* entries that may still be written */
    uint64_t written; /* those that are */
    bool dropped;     /* some that can't be read any more */
    bool no_memory;
};

static uint64_t limit_of(const struct group_read *read)
{
    return read->count > 0 ? (uint64_t)read->count : UINT64_MAX;
}

static bool goes_on(const struct reading *reading)
{
    return reading->left > 0 && !reading->no_memory && !reply_is_over(reading->change->call->reply);
}

static void note_written(struct reading *reading)
{
    reading->left--;
    reading->written++;
}

/* ---- what there is ---- */

static bool has_entries(const struct group_change *change)
{
    const struct stream *stream = change->stream;
    return stream->length > 0 && stream_id_compare(stream_last_entry_id(stream), change->group->last_id) > 0;
}

int64_t group_read_next_claim_ms(const struct group_change *change, const struct group_read *read)
{
    struct pending_entry first;
    struct stream_id id;
    struct tree_place place;
    struct pending_list *pending = &change->group->pending;
    if (read->claim_ms == READ_CLAIMS_NOT || pending_keep_times(pending) != 0 || !pending_by_time(pending, 0, &id) ||
        !pending_find(pending, id, &first, &place))
        return INT64_MAX;
    if (first.owner == PENDING_NO_OWNER)
        return 0;
    return first.delivered_ms < INT64_MAX - read->claim_ms ? first.delivered_ms + read->claim_ms : INT64_MAX;
}

bool group_read_has_new(const struct group_change *change, const struct group_read *read)
{
    return has_entries(change) || group_read_next_claim_ms(change, read) <= change->call->view.now_ms;
}

/* ---- claiming ---- */

static void claim(struct reading *reading, struct stream_id id)
{
    struct group_change *change = reading->change;
    struct reply *reply = change->call->reply;
    struct stream_group *group = change->group;
    int64_t now_ms = change->call->view.now_ms;
    struct stream_walk walk;
    struct tree_place place;
    struct pending_entry entry;
    if (!pending_find(&group->pending, id, &entry, &place))
        return;
    stream_walk_begin(&walk, change->stream, id, id, false);
    if (!stream_walk_next(&walk)) { /* it was deleted: nobody can read it any more */
        stream_group_drop(group, &place, &entry);
        group_say_acknowledged(change, id);
        reading->dropped = true;
        return;
    }
    int64_t count = entry.count < INT64_MAX ? entry.count + 1 : entry.count;
    if (stream_group_claim(group, &place, &entry, reading->consumer, now_ms, count) != 0) {
        reading->no_memory = true;
        return;
    }
    reply_array(reply, 4);
    reply_stream_entry_parts(reply, &walk);
    reply_int(reply, now_ms - pending_shown_ms(&entry));
    reply_int(reply, entry.count);
    note_written(reading);
    reading->consumer->active_ms = now_ms;
    struct pending_entry claimed = {id, now_ms, count, reading->consumer->named.number};
    group_say_pending(change, &claimed);
}

/*
 * Claims what has waited longest. It is looked for first and claimed afterwards, since claiming changes the order: what
 * may be claimed at once again would be met again.
 */
static void claim_due(struct reading *reading)
{
    struct group_change *change = reading->change;
    struct pending_list *pending = &change->group->pending;
    if (reading->read->claim_ms == READ_CLAIMS_NOT)
        return;
    if (pending_keep_times(pending) != 0) {
        reading->no_memory = true;
        return;
    }
    uint64_t due = pending_due(pending, change->call->view.now_ms - reading->read->claim_ms);
    uint64_t count = due < reading->left ? due : reading->left;
    struct stream_id *ids = count > 0 ? mem_try_alloc(count * sizeof *ids) : NULL;
    if (!ids) {
        reading->no_memory = count > 0;
        return;
    }
    for (uint64_t i = 0; i < count; i++)
        pending_by_time(pending, i, &ids[i]);
    for (uint64_t i = 0; i < count && goes_on(reading); i++)
        claim(reading, ids[i]);
    mem_free(ids);
}

/* ---- delivering ---- */

/* False without memory. */
static bool deliver(struct reading *reading, struct stream_walk *walk)
{
    struct group_change *change = reading->change;
    struct reply *reply = change->call->reply;
    int64_t now_ms = change->call->view.now_ms;
    bool claims = reading->read->claim_ms != READ_CLAIMS_NOT;
    if (!reading->read->no_ack && stream_group_deliver(change->group, reading->consumer, walk->id, now_ms) != 0)
        return false;
    stream_lag_advance(change->stream, change->group, walk->id);
    reply_array(reply, claims ? 4 : 2);
    reply_stream_entry_parts(reply, walk);
    if (claims) {
        reply_int(reply, 0);
        reply_int(reply, 0);
    }
    note_written(reading);
    if (!reading->read->no_ack) {
        struct pending_entry pending = {walk->id, now_ms, 1, reading->consumer->named.number};
        group_say_pending(change, &pending);
    }
    return true;
}

static void deliver_entries(struct reading *reading)
{
    struct group_change *change = reading->change;
    struct stream_id from = change->group->last_id;
    struct stream_walk walk;
    uint64_t before = reading->written;
    if (!goes_on(reading) || !has_entries(change) || !stream_id_increment(&from))
        return;
    stream_walk_begin(&walk, change->stream, from, STREAM_ID_MAX, false);
    while (goes_on(reading) && stream_walk_next(&walk))
        reading->no_memory = !deliver(reading, &walk);
    if (reading->written == before)
        return;
    if (!reading->read->no_ack)
        reading->consumer->active_ms = change->call->view.now_ms;
    group_say_progress(change);
}

int64_t group_read_new(struct group_change *change, struct stream_consumer *consumer, const struct group_read *read)
{
    struct reply *reply = change->call->reply;
    struct reading reading = {.change = change, .consumer = consumer, .read = read, .left = limit_of(read)};
    struct reply_hole hole = reply_defer(reply);
    group_begin(change);
    claim_due(&reading);
    deliver_entries(&reading);
    reply_defer_array(reply, hole, reading.written);
    if (reading.written > 0 || reading.dropped)
        group_end(change, &event_group_read, 1);
    return reading.written == 0 && reading.no_memory ? -1 : (int64_t)reading.written;
}

/* ---- what is pending with one consumer ---- */

static void show_again(struct reading *reading, const struct pending_entry *entry)
{
    struct group_change *change = reading->change;
    struct reply *reply = change->call->reply;
    struct pending_entry shown = *entry, found;
    struct stream_walk walk;
    struct tree_place place;
    stream_walk_begin(&walk, change->stream, entry->id, entry->id, false);
    note_written(reading);
    if (!stream_walk_next(&walk)) { /* it was deleted */
        reply_array(reply, 2);
        reply_stream_id(reply, entry->id);
        reply_null_array(reply);
        return;
    }
    reply_stream_entry(reply, &walk);
    shown.delivered_ms = change->call->view.now_ms;
    shown.count += shown.count < INT64_MAX;
    if (pending_find(&change->group->pending, entry->id, &found, &place) &&
        pending_change(&change->group->pending, &place, &found, &shown) == 0)
        group_say_pending(change, &shown);
}

void group_read_history(struct group_change *change, struct stream_consumer *consumer, struct stream_id after,
                        const struct group_read *read)
{
    struct reply *reply = change->call->reply;
    struct reading reading = {.change = change, .consumer = consumer, .read = read, .left = limit_of(read)};
    struct reply_hole hole = reply_defer(reply);
    struct consumer_walk walk;
    group_begin(change);
    bool more = stream_id_increment(&after) && consumer_walk_begin(&walk, change->group, consumer, after);
    for (; more && goes_on(&reading); more = consumer_walk_next(&walk))
        show_again(&reading, &walk.entry);
    reply_defer_array(reply, hole, reading.written);
    group_end(change, &event_group_read, 1);
    change->call->effect_said = true; /* Redis counts it as a change, even if nothing was */
}
