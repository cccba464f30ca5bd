/*
 * Streams: what XINFO tells of them.
 */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/lookup.h"
#include "handlers/stream_groups_reply.h"
#include "handlers/stream_reply.h"
#include "types/stream_groups.h"
#include "types/stream_producers.h"

#define FULL_COUNT 10 /* entries of FULL without COUNT */

/* [FULL [COUNT count]]. False, with the error, if they are wrong. */
static bool read_options(struct call *call, bool *full_out, int64_t *count_out)
{
    *full_out = call->argc > 3;
    *count_out = FULL_COUNT;
    if (call->argc == 3)
        return true;
    bool counts = call->argc == 6;
    if ((call->argc != 4 && !counts) || !arg_is(&call->argv[3], "full") ||
        (counts && !arg_is(&call->argv[4], "count"))) {
        reply_errorf(call->reply, "ERR unknown subcommand or wrong number of arguments for '%.*s'. Try XINFO HELP.",
                     (int)call->argv[1].len, call->argv[1].data);
        return false;
    }
    if (counts && !argument_i64(call, &call->argv[5], count_out))
        return false;
    if (*count_out < 0)
        *count_out = FULL_COUNT;
    return true;
}

/* The first entry in that direction, or null. */
static void reply_edge(struct reply *reply, const struct stream *stream, bool last)
{
    struct stream_walk walk;
    stream_walk_begin(&walk, stream, STREAM_ID_MIN, STREAM_ID_MAX, last);
    if (stream_walk_next(&walk))
        reply_stream_entry(reply, &walk);
    else
        reply_null(reply);
}

/* What Redis tells of the tree that its blocks would be in. How many nodes that has is estimated. */
static void reply_blocks(struct reply *reply, const struct stream *stream)
{
    reply_bulk_text(reply, "radix-tree-keys");
    reply_int(reply, (int64_t)stream_blocks(stream));
    reply_bulk_text(reply, "radix-tree-nodes");
    reply_int(reply, (int64_t)stream_blocks(stream) + 1);
}

static void reply_named_id(struct reply *reply, const char *name, struct stream_id id)
{
    reply_bulk_text(reply, name);
    reply_stream_id(reply, id);
}

static void reply_named_int(struct reply *reply, const char *name, uint64_t number)
{
    reply_bulk_text(reply, name);
    reply_int(reply, (int64_t)number);
}

/* Of a stream with producers, or limits on what is kept of them. */
static void reply_producers(struct reply *reply, const struct stream_producers *producers)
{
    struct producer_figures figures;
    stream_producers_read(producers, &figures);
    reply_named_int(reply, "idmp-duration", (uint64_t)figures.limits.duration_s);
    reply_named_int(reply, "idmp-maxsize", (uint64_t)figures.limits.maxsize);
    reply_named_int(reply, "pids-tracked", figures.producers);
    reply_named_int(reply, "iids-tracked", figures.messages);
    reply_named_int(reply, "iids-added", figures.added);
    reply_named_int(reply, "iids-duplicates", figures.duplicates);
}

/* XINFO STREAM key [FULL [COUNT count]] */
void cmd_xinfo_stream(struct call *call)
{
    struct reply *reply = call->reply;
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    bool full;
    int64_t count;
    if (!entry) {
        error_no_such_key(call);
        return;
    }
    if (!lookup_is(call, entry, TYPE_STREAM) || !read_options(call, &full, &count))
        return;
    const struct stream *stream = stream_of(entry);
    reply_map(reply, (full ? 9 : 10) + (stream->producers ? 6 : 0));
    reply_bulk_text(reply, "length");
    reply_int(reply, (int64_t)stream->length);
    reply_blocks(reply, stream);
    reply_named_id(reply, "last-generated-id", stream->last_id);
    reply_named_id(reply, "max-deleted-entry-id", stream->max_deleted_id);
    reply_bulk_text(reply, "entries-added");
    reply_int(reply, (int64_t)stream->entries_added);
    reply_named_id(reply, "recorded-first-entry-id", stream_first_id(stream));
    if (stream->producers)
        reply_producers(reply, stream->producers);
    if (full) {
        reply_bulk_text(reply, "entries");
        reply_stream_range(reply, stream, STREAM_ID_MIN, STREAM_ID_MAX, false, (uint64_t)count);
        reply_bulk_text(reply, "groups");
        stream_groups_reply_full(call, stream, (uint64_t)count);
        return;
    }
    reply_bulk_text(reply, "groups");
    reply_int(reply, stream->groups ? (int64_t)stream_groups_count(stream->groups) : 0);
    reply_bulk_text(reply, "first-entry");
    reply_edge(reply, stream, false);
    reply_bulk_text(reply, "last-entry");
    reply_edge(reply, stream, true);
}

void cmd_xinfo_help(struct call *call)
{
    static const char *const lines[] = {
        "CONSUMERS <key> <groupname>",
        "    Tell of the consumers of a group.",
        "GROUPS <key>",
        "    Tell of the groups of a stream.",
        "STREAM <key> [FULL [COUNT <count>]]",
        "    Tell of a stream: its length and IDs, its first and last entry; or of it, its entries and its groups.",
    };
    reply_help(call->reply, "XINFO", lines, sizeof lines / sizeof lines[0]);
}
