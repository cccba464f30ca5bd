#include "handlers/stream_groups_reply.h"

#include "handlers/stream_reply.h"
#include "types/stream_lag.h"

static void reply_name(struct reply *reply, struct bytes name)
{
    reply_bulk_text(reply, "name");
    reply_bulk(reply, name.data, name.len);
}

static void reply_count(struct reply *reply, const char *what, uint64_t count)
{
    reply_bulk_text(reply, what);
    reply_int(reply, (int64_t)count);
}

static void reply_last_id(struct reply *reply, const struct stream_group *group)
{
    reply_bulk_text(reply, "last-delivered-id");
    reply_stream_id(reply, group->last_id);
}

/* How far it has read, and what is left, as far as that is known. */
static void reply_progress(struct reply *reply, const struct stream *stream, const struct stream_group *group)
{
    int64_t lag;
    reply_bulk_text(reply, "entries-read");
    if (group->entries_read == GROUP_READ_UNKNOWN)
        reply_null(reply);
    else
        reply_int(reply, group->entries_read);
    reply_bulk_text(reply, "lag");
    if (stream_lag(stream, group, &lag))
        reply_int(reply, lag);
    else
        reply_null(reply);
}

void reply_group(struct reply *reply, const struct stream *stream, const struct stream_group *group)
{
    reply_map(reply, 6);
    reply_name(reply, group->named.name);
    reply_count(reply, "consumers", name_table_count(&group->consumers));
    reply_count(reply, "pending", pending_count(&group->pending));
    reply_last_id(reply, group);
    reply_progress(reply, stream, group);
}

void reply_consumer(struct reply *reply, const struct stream_consumer *consumer, int64_t now_ms)
{
    bool is_new = consumer->active_ms == CONSUMER_NEVER;
    reply_map(reply, 4);
    reply_name(reply, consumer->named.name);
    reply_count(reply, "pending", consumer->own.count);
    reply_bulk_text(reply, "idle");
    reply_int(reply, consumer->seen_ms < now_ms ? now_ms - consumer->seen_ms : 0);
    reply_bulk_text(reply, "inactive");
    reply_int(reply, is_new ? CONSUMER_NEVER : now_ms - consumer->active_ms);
}

/* ---- with all that is pending ---- */

struct bytes group_owner_name(const struct stream_group *group, const struct pending_entry *entry)
{
    if (entry->owner == PENDING_NO_OWNER)
        return (struct bytes){"", 0};
    return stream_consumer_at(group, entry->owner)->named.name;
}

static bool walk_read(struct consumer_walk *walk)
{
    struct tree_place place;
    struct record_id id = record_id(tree_record(&walk->place));
    return pending_find(&walk->group->pending, (struct stream_id){id.high, id.low}, &walk->entry, &place);
}

bool consumer_walk_begin(struct consumer_walk *walk, const struct stream_group *group,
                         const struct stream_consumer *consumer, struct stream_id from)
{
    walk->group = group;
    walk->consumer = consumer;
    return tree_seek_id(&consumer->own, stream_id_record(from), &walk->place) && walk_read(walk);
}

bool consumer_walk_next(struct consumer_walk *walk)
{
    return tree_next(&walk->consumer->own, &walk->place) && walk_read(walk);
}

/* At most count of those that are there; 0: all. */
static uint64_t shown(uint64_t there, uint64_t count)
{
    return count > 0 && count < there ? count : there;
}

static void reply_group_pending(struct reply *reply, const struct stream_group *group, uint64_t count)
{
    struct tree_place place;
    struct pending_entry entry;
    uint64_t left = shown(pending_count(&group->pending), count);
    reply_bulk_text(reply, "pending");
    reply_array(reply, left);
    for (bool more = pending_seek(&group->pending, STREAM_ID_MIN, &entry, &place);
         more && left > 0 && !reply_is_over(reply); more = pending_next(&group->pending, &entry, &place), left--) {
        struct bytes owner = group_owner_name(group, &entry);
        reply_array(reply, 4);
        reply_stream_id(reply, entry.id);
        reply_bulk(reply, owner.data, owner.len);
        reply_int(reply, pending_shown_ms(&entry));
        reply_int(reply, entry.count);
    }
}

static void reply_consumer_full(struct reply *reply, const struct stream_group *group,
                                const struct stream_consumer *consumer, uint64_t count)
{
    struct consumer_walk walk;
    uint64_t left = shown(consumer->own.count, count);
    reply_map(reply, 5);
    reply_name(reply, consumer->named.name);
    reply_bulk_text(reply, "seen-time");
    reply_int(reply, consumer->seen_ms);
    reply_bulk_text(reply, "active-time");
    reply_int(reply, consumer->active_ms);
    reply_count(reply, "pel-count", consumer->own.count);
    reply_bulk_text(reply, "pending");
    reply_array(reply, left);
    for (bool more = consumer_walk_begin(&walk, group, consumer, STREAM_ID_MIN);
         more && left > 0 && !reply_is_over(reply); more = consumer_walk_next(&walk), left--) {
        reply_array(reply, 3);
        reply_stream_id(reply, walk.entry.id);
        reply_int(reply, walk.entry.delivered_ms);
        reply_int(reply, walk.entry.count);
    }
}

static void reply_group_full(struct reply *reply, const struct stream *stream, const struct stream_group *group,
                             uint64_t count)
{
    struct tree_place place;
    reply_map(reply, 7);
    reply_name(reply, group->named.name);
    reply_last_id(reply, group);
    reply_progress(reply, stream, group);
    reply_count(reply, "pel-count", pending_count(&group->pending));
    reply_group_pending(reply, group, count);
    reply_bulk_text(reply, "consumers");
    reply_array(reply, name_table_count(&group->consumers));
    const struct named *named = name_table_first(&group->consumers, &place);
    for (; named && !reply_is_over(reply); named = name_table_next(&group->consumers, &place))
        reply_consumer_full(reply, group, (const struct stream_consumer *)named, count);
}

void stream_groups_reply_full(struct call *call, const struct stream *stream, uint64_t count)
{
    struct reply *reply = call->reply;
    struct tree_place place;
    reply_array(reply, stream_groups_count(stream->groups));
    const struct stream_group *group = stream_groups_first(stream->groups, &place);
    for (; group && !reply_is_over(reply); group = stream_groups_next(stream->groups, &place))
        reply_group_full(reply, stream, group, count);
}
