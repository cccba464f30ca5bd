/*
 * Loading consumer groups. What is pending comes twice: for the group with times and counts, and for each consumer
 * only IDs. So it is put down, in the order of IDs, gets its owners, and becomes the group's when these are known.
 */
#include "base/memory.h"
#include "persist/rdb_load_stream.h"
#include "types/stream_groups.h"
#include "types/stream_lag.h"

#define TIME_MAX ((INT64_C(1) << 53) - 1) /* milliseconds that an entry has been pending since */

struct waiting {
    struct stream_id id;
    int64_t delivered_ms, count;
    struct stream_consumer *owner; /* NULL: not yet */
};

struct group_reader {
    struct rdb_loader *loader;
    const struct stream *stream;
    enum rdb_type type;
    struct stream_group *group;
    struct rdb_string name;
    struct waiting *waiting;
    size_t count, room;
};

/* ---- what is pending ---- */

static bool take_raw_id(struct rdb_source *source, struct stream_id *id_out)
{
    if (!rdb_source_has(source, RDB_RAW_ID_LEN))
        return false;
    *id_out = rdb_raw_id(source->at);
    source->at += RDB_RAW_ID_LEN;
    return true;
}

/* A wall time in milliseconds, or fallback where none can be. */
static bool take_time(struct rdb_source *source, int64_t fallback, int64_t *time_out)
{
    uint64_t time;
    if (!rdb_take_fixed64(source, &time))
        return false;
    *time_out = time <= TIME_MAX ? (int64_t)time : fallback;
    return true;
}

static enum rdb_outcome make_room(struct group_reader *reader)
{
    if (reader->count < reader->room)
        return RDB_READ;
    size_t room = reader->room > 0 ? 2 * reader->room : 64;
    if (!rdb_source_allows(reader->loader->source, room * sizeof reader->waiting[0]))
        return RDB_NO_ROOM;
    struct waiting *waiting = mem_try_realloc(reader->waiting, room * sizeof *waiting);
    if (!waiting)
        return RDB_NO_MEMORY;
    reader->waiting = waiting;
    reader->room = room;
    return RDB_READ;
}

static enum rdb_outcome take_pending(struct group_reader *reader)
{
    struct rdb_source *source = reader->loader->source;
    uint64_t count, deliveries;
    if (!rdb_take_length(source, &count))
        return RDB_BAD;
    for (reader->count = 0; count > 0; count--) {
        enum rdb_outcome outcome = make_room(reader);
        if (outcome != RDB_READ)
            return outcome;
        struct waiting *waiting = &reader->waiting[reader->count];
        waiting->owner = NULL;
        if (!take_raw_id(source, &waiting->id) || !take_time(source, 0, &waiting->delivered_ms) ||
            !rdb_take_length(source, &deliveries) || deliveries > INT64_MAX ||
            (reader->count > 0 && stream_id_compare(waiting[-1].id, waiting->id) >= 0))
            return RDB_BAD;
        waiting->count = (int64_t)deliveries;
        reader->count++;
    }
    return RDB_READ;
}

static struct waiting *find_waiting(const struct group_reader *reader, struct stream_id id)
{
    size_t low = 0, high = reader->count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        int order = stream_id_compare(reader->waiting[middle].id, id);
        if (order == 0)
            return &reader->waiting[middle];
        if (order < 0)
            low = middle + 1;
        else
            high = middle;
    }
    return NULL;
}

/* ---- consumers ---- */

static enum rdb_outcome add_consumer(struct group_reader *reader, struct stream_consumer **consumer_out)
{
    struct rdb_source *source = reader->loader->source;
    int64_t seen_ms, active_ms;
    enum rdb_outcome outcome = rdb_take_string(source, &reader->name);
    if (outcome != RDB_READ)
        return outcome;
    if (stream_consumer_find(reader->group, reader->name.text) || !take_time(source, 0, &seen_ms))
        return RDB_BAD;
    active_ms = seen_ms;
    if (reader->type == RDB_STREAM_3 && !take_time(source, CONSUMER_NEVER, &active_ms))
        return RDB_BAD;
    struct stream_consumer *consumer = stream_consumer_add(reader->group, reader->name.text, seen_ms);
    if (!consumer)
        return RDB_NO_MEMORY;
    consumer->active_ms = active_ms;
    *consumer_out = consumer;
    return rdb_loader_check_room(reader->loader);
}

static enum rdb_outcome take_consumer(struct group_reader *reader)
{
    struct stream_consumer *consumer;
    struct stream_id id;
    uint64_t count;
    enum rdb_outcome outcome = add_consumer(reader, &consumer);
    if (outcome != RDB_READ)
        return outcome;
    if (!rdb_take_length(reader->loader->source, &count))
        return RDB_BAD;
    for (; count > 0; count--) {
        struct waiting *waiting = take_raw_id(reader->loader->source, &id) ? find_waiting(reader, id) : NULL;
        if (!waiting || waiting->owner)
            return RDB_BAD;
        waiting->owner = consumer;
    }
    return RDB_READ;
}

/* Whether that is how an entry without a consumer was written: see rdb_save_stream.c. */
static bool was_given_back(const struct waiting *waiting)
{
    return waiting->owner->named.name.len == 0 && waiting->delivered_ms == 0;
}

/* All that is pending becomes the group's. */
static enum rdb_outcome own_pending(const struct group_reader *reader)
{
    for (size_t i = 0; i < reader->count; i++) {
        const struct waiting *waiting = &reader->waiting[i];
        struct pending_entry entry;
        struct tree_place place;
        if (!waiting->owner)
            return RDB_BAD;
        pending_find(&reader->group->pending, waiting->id, &entry, &place);
        if (stream_group_add(reader->group, &place, waiting->id, was_given_back(waiting) ? NULL : waiting->owner,
                             waiting->delivered_ms, waiting->count) != 0)
            return RDB_NO_MEMORY;
        enum rdb_outcome outcome = rdb_loader_check_room(reader->loader);
        if (outcome != RDB_READ)
            return outcome;
    }
    return RDB_READ;
}

/* The consumer that only stood for nobody goes. */
static void remove_nobody(struct stream_group *group)
{
    struct stream_consumer *nobody = stream_consumer_find(group, (struct bytes){"", 0});
    if (nobody && nobody->seen_ms == 0 && nobody->own.count == 0 && group->pending.given_back > 0)
        stream_consumer_remove(group, nobody);
}

/* ---- groups ---- */

/* The group's name, and what it has read; it isn't the stream's yet. */
static enum rdb_outcome begin_group(struct group_reader *reader)
{
    struct rdb_source *source = reader->loader->source;
    const struct stream *stream = reader->stream;
    struct stream_id last_id;
    uint64_t read;
    enum rdb_outcome outcome = rdb_take_string(source, &reader->name);
    if (outcome != RDB_READ)
        return outcome;
    if (stream_groups_find(stream->groups, reader->name.text) || !rdb_take_id(source, &last_id))
        return RDB_BAD;
    if (reader->type == RDB_STREAM_1)
        read = (uint64_t)stream_added_up_to(stream, last_id);
    else if (!rdb_take_length(source, &read) || ((int64_t)read < 0 && (int64_t)read != GROUP_READ_UNKNOWN))
        return RDB_BAD;
    reader->group = stream_group_create(reader->name.text, last_id, (int64_t)read);
    return reader->group ? RDB_READ : RDB_NO_MEMORY;
}

static enum rdb_outcome take_group(struct group_reader *reader, struct stream *stream)
{
    uint64_t consumers = 0;
    enum rdb_outcome outcome = begin_group(reader);
    if (outcome != RDB_READ)
        return outcome;
    if (stream_groups_add(&stream->groups, reader->group) != 0) {
        stream_group_free(reader->group, true);
        return RDB_NO_MEMORY;
    }
    outcome = take_pending(reader);
    if (outcome == RDB_READ && !rdb_take_length(reader->loader->source, &consumers))
        return RDB_BAD;
    for (; outcome == RDB_READ && consumers > 0; consumers--)
        outcome = take_consumer(reader);
    if (outcome == RDB_READ)
        outcome = own_pending(reader);
    remove_nobody(reader->group);
    return outcome;
}

enum rdb_outcome rdb_load_groups(struct rdb_loader *loader, struct stream *stream, enum rdb_type type)
{
    struct group_reader reader = {.loader = loader, .stream = stream, .type = type};
    enum rdb_outcome outcome = RDB_READ;
    uint64_t count;
    if (!rdb_take_length(loader->source, &count))
        return RDB_BAD;
    for (; outcome == RDB_READ && count > 0; count--)
        outcome = take_group(&reader, stream);
    rdb_string_deinit(&reader.name);
    mem_free(reader.waiting);
    return outcome;
}
