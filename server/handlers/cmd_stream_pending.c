/* XPENDING, and what XINFO tells of groups and consumers. */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/group_change.h"
#include "handlers/lookup.h"
#include "handlers/stream_arguments.h"
#include "handlers/stream_groups_reply.h"
#include "handlers/stream_reply.h"
#include "types/stream_groups.h"

/* ---- XPENDING key group ---- */

static void reply_owners(struct reply *reply, const struct stream_group *group)
{
    struct tree_place place;
    size_t count = 0;
    struct reply_hole hole = reply_defer(reply);
    const struct named *named = name_table_first(&group->consumers, &place);
    for (; named && !reply_is_over(reply); named = name_table_next(&group->consumers, &place)) {
        const struct stream_consumer *consumer = (const struct stream_consumer *)named;
        if (consumer->own.count == 0)
            continue;
        reply_array(reply, 2);
        reply_bulk(reply, named->name.data, named->name.len);
        reply_bulk_int(reply, (int64_t)consumer->own.count);
        count++;
    }
    reply_defer_array(reply, hole, count);
}

static void reply_summary(struct reply *reply, const struct stream_group *group)
{
    struct pending_entry first, last;
    struct tree_place place;
    reply_array(reply, 4);
    reply_int(reply, (int64_t)pending_count(&group->pending));
    if (!pending_seek(&group->pending, STREAM_ID_MIN, &first, &place) || !pending_last(&group->pending, &last)) {
        reply_null(reply);
        reply_null(reply);
        reply_null_array(reply);
        return;
    }
    reply_stream_id(reply, first.id);
    reply_stream_id(reply, last.id);
    reply_owners(reply, group);
}

/* ---- XPENDING key group [IDLE min-idle-time] start end count [consumer] ---- */

struct pending_range {
    int64_t idle_ms, count;
    struct stream_id from, to;
    const struct arg *consumer; /* NULL: all */
};

static bool read_range(struct call *call, struct pending_range *range)
{
    int at = 3;
    if (arg_is(&call->argv[at], "idle")) {
        if (!argument_i64(call, &call->argv[at + 1], &range->idle_ms))
            return false;
        if (call->argc < 8) {
            error_syntax(call);
            return false;
        }
        at += 2;
    }
    if (at + 3 < call->argc)
        range->consumer = &call->argv[at + 3];
    return argument_i64(call, &call->argv[at + 2], &range->count) &&
           argument_stream_start(call, &call->argv[at], &range->from) &&
           argument_stream_end(call, &call->argv[at + 1], &range->to);
}

/* How long ago it was delivered; -1 if it was given back. */
static int64_t idle_of(const struct pending_entry *entry, int64_t now_ms)
{
    if (entry->owner == PENDING_NO_OWNER)
        return -1;
    return entry->delivered_ms < now_ms ? now_ms - entry->delivered_ms : 0;
}

/* Whether it was written. */
static bool reply_pending(struct call *call, const struct stream_group *group, const struct pending_entry *entry,
                          const struct pending_range *range)
{
    struct reply *reply = call->reply;
    if (range->idle_ms != 0 && call->view.now_ms - pending_shown_ms(entry) < range->idle_ms)
        return false;
    struct bytes owner = group_owner_name(group, entry);
    reply_array(reply, 4);
    reply_stream_id(reply, entry->id);
    reply_bulk(reply, owner.data, owner.len);
    reply_int(reply, idle_of(entry, call->view.now_ms));
    reply_int(reply, entry->count);
    return true;
}

/* Of all consumers, in the order of IDs. */
static size_t reply_group_range(struct call *call, const struct stream_group *group, const struct pending_range *range)
{
    struct pending_entry entry;
    struct tree_place place;
    int64_t written = 0;
    bool more = pending_seek(&group->pending, range->from, &entry, &place);
    for (; more && stream_id_compare(entry.id, range->to) <= 0 && written < range->count && !reply_is_over(call->reply);
         more = pending_next(&group->pending, &entry, &place))
        written += reply_pending(call, group, &entry, range);
    return (size_t)written;
}

static size_t reply_consumer_range(struct call *call, const struct stream_group *group,
                                   const struct stream_consumer *consumer, const struct pending_range *range)
{
    struct consumer_walk walk;
    int64_t written = 0;
    bool more = consumer_walk_begin(&walk, group, consumer, range->from);
    for (; more && stream_id_compare(walk.entry.id, range->to) <= 0 && written < range->count &&
           !reply_is_over(call->reply);
         more = consumer_walk_next(&walk))
        written += reply_pending(call, group, &walk.entry, range);
    return (size_t)written;
}

static void reply_range(struct call *call, const struct stream_group *group, const struct pending_range *range)
{
    const struct stream_consumer *consumer = NULL;
    if (range->consumer)
        consumer = stream_consumer_find(group, (struct bytes){range->consumer->data, range->consumer->len});
    if (range->consumer && !consumer) {
        reply_array(call->reply, 0);
        return;
    }
    struct reply_hole hole = reply_defer(call->reply);
    size_t count =
        consumer ? reply_consumer_range(call, group, consumer, range) : reply_group_range(call, group, range);
    reply_defer_array(call->reply, hole, count);
}

void cmd_xpending(struct call *call)
{
    struct group_change found;
    struct pending_range range = {0};
    if (call->argc != 3 && (call->argc < 6 || call->argc > 9)) {
        error_syntax(call);
        return;
    }
    if (call->argc > 3 && !read_range(call, &range))
        return;
    if (!group_find_known(&found, call, &call->keys[0], &call->argv[2], true))
        return;
    if (call->argc == 3)
        reply_summary(call->reply, found.group);
    else
        reply_range(call, found.group, &range);
}

/* ---- XINFO ---- */

/* The stream under the key; NULL, with the error, if there is none. */
static const struct stream *find_stream(struct call *call)
{
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!entry)
        error_no_such_key(call);
    return entry && lookup_is(call, entry, TYPE_STREAM) ? stream_of(entry) : NULL;
}

void cmd_xinfo_groups(struct call *call)
{
    struct tree_place place;
    const struct stream *stream = find_stream(call);
    if (!stream)
        return;
    reply_array(call->reply, stream_groups_count(stream->groups));
    const struct stream_group *group = stream_groups_first(stream->groups, &place);
    for (; group && !reply_is_over(call->reply); group = stream_groups_next(stream->groups, &place))
        reply_group(call->reply, stream, group);
}

void cmd_xinfo_consumers(struct call *call)
{
    struct tree_place place;
    const struct stream *stream = find_stream(call);
    if (!stream)
        return;
    const struct arg *name = &call->argv[3];
    const struct stream_group *group = stream_groups_find(stream->groups, (struct bytes){name->data, name->len});
    if (!group) {
        reply_errorf(call->reply, "NOGROUP No such consumer group '%.*s' for key name '%.*s'", (int)name->len,
                     name->data, (int)call->argv[2].len, call->argv[2].data);
        return;
    }
    reply_array(call->reply, name_table_count(&group->consumers));
    const struct named *named = name_table_first(&group->consumers, &place);
    for (; named && !reply_is_over(call->reply); named = name_table_next(&group->consumers, &place))
        reply_consumer(call->reply, (const struct stream_consumer *)named, call->view.now_ms);
}
