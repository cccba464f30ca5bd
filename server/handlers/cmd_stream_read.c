/*
 * Streams: reading ranges of entries, and what has come after an ID, also by those who wait for it.
 */
#include "base/memory.h"
#include "clients/waiting.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/lookup.h"
#include "handlers/stream_arguments.h"
#include "handlers/stream_reply.h"

/* ---- ranges ---- */

/* [COUNT count]; count_out: -1 without. */
static bool range_count(struct call *call, int64_t *count_out)
{
    *count_out = -1;
    for (int at = 4; at < call->argc; at += 2) {
        if (at + 1 >= call->argc || !arg_is(&call->argv[at], "count")) {
            error_syntax(call);
            return false;
        }
        if (!argument_i64(call, &call->argv[at + 1], count_out))
            return false;
        *count_out = *count_out < 0 ? 0 : *count_out;
    }
    return true;
}

static void reply_range(struct call *call, bool back)
{
    struct stream_id from, to;
    int64_t count;
    if (!argument_stream_start(call, &call->argv[back ? 3 : 2], &from) ||
        !argument_stream_end(call, &call->argv[back ? 2 : 3], &to) || !range_count(call, &count))
        return;
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!lookup_is(call, entry, TYPE_STREAM))
        return;
    if (!entry)
        reply_array(call->reply, 0);
    else if (count == 0)
        reply_null_array(call->reply);
    else
        reply_stream_range(call->reply, stream_of(entry), from, to, back, count < 0 ? 0 : (uint64_t)count);
}

void cmd_xrange(struct call *call)
{
    reply_range(call, false);
}

void cmd_xrevrange(struct call *call)
{
    reply_range(call, true);
}

/* ---- XREAD [COUNT count] [BLOCK milliseconds] STREAMS key [key ...] id [id ...] ---- */

struct xread {
    int64_t count;      /* 0: all */
    int64_t timeout_ms; /* -1: it doesn't wait */
    int streams;        /* how many */
    int keys;           /* the argument with the first key; behind the keys are the IDs */
};

/* False, with the error, if they are wrong. */
static bool xread_options(struct call *call, struct xread *options)
{
    *options = (struct xread){.timeout_ms = -1};
    for (int at = 1; at < call->argc && options->keys == 0; at++) {
        const struct arg *word = &call->argv[at];
        int more = call->argc - at - 1;
        if (more >= 1 && arg_is(word, "block")) {
            if (!argument_timeout_ms(call, &call->argv[++at], &options->timeout_ms))
                return false;
        } else if (more >= 1 && arg_is(word, "count")) {
            if (!argument_i64(call, &call->argv[++at], &options->count))
                return false;
            options->count = options->count < 0 ? 0 : options->count;
        } else if (more >= 1 && arg_is(word, "streams")) {
            options->keys = at + 1;
        } else if (more >= 2 && arg_is(word, "group")) {
            reply_error(call->reply, "ERR The GROUP option is only supported by XREADGROUP. You called XREAD instead.");
            return false;
        } else if (arg_is(word, "noack")) {
            reply_error(call->reply, "ERR The NOACK option is only supported by XREADGROUP. You called XREAD instead.");
            return false;
        } else {
            error_syntax(call);
            return false;
        }
    }
    if (options->keys == 0) {
        error_syntax(call);
        return false;
    }
    int words = call->argc - options->keys;
    if (words % 2 != 0) {
        reply_error(call->reply, "ERR Unbalanced 'xread' list of streams: for each stream key an ID or '$' must be "
                                 "specified.");
        return false;
    }
    options->streams = words / 2;
    return true;
}

/* The ID behind which a stream, which may be NULL, is read. False, with the error, if the argument is none. */
static bool argument_read_from(struct call *call, const struct arg *arg, const struct stream *stream,
                               struct stream_id *id_out)
{
    *id_out = STREAM_ID_MIN;
    if (arg->len == 1 && arg->data[0] == '$') {
        *id_out = stream ? stream->last_id : STREAM_ID_MIN;
    } else if (arg->len == 1 && arg->data[0] == '+') {
        if (stream && stream->length > 0) {
            *id_out = stream_last_entry_id(stream);
            stream_id_decrement(id_out);
        }
    } else if (arg->len == 1 && arg->data[0] == '>') {
        reply_error(call->reply, "ERR The > ID can be specified only when calling XREADGROUP using the GROUP <group> "
                                 "<consumer> option.");
        return false;
    } else {
        return argument_stream_id(call, arg, 0, id_out);
    }
    return true;
}

/* The stream, if there is one, has entries behind that ID. */
static bool has_news(const struct stream *stream, struct stream_id after)
{
    return stream && stream->length > 0 && stream_id_compare(stream_last_entry_id(stream), after) > 0;
}

/* The key of that stream, or NULL if the call is that of a client that waits, and about another key. */
static const struct key *xread_key(const struct call *call, const struct xread *options, int i)
{
    const struct arg *name = &call->argv[options->keys + i];
    if (call->key_count == options->streams)
        return &call->keys[i];
    const struct key *key = &call->keys[0];
    return bytes_equal(key->name.data, key->name.len, name->data, name->len) ? key : NULL;
}

static const struct stream *xread_stream(struct call *call, const struct xread *options, int i, enum lookup how)
{
    const struct key *key = xread_key(call, options, i);
    const struct entry *entry = key ? keyspace_find(&call->view, key, how) : NULL;
    return entry && entry->type == TYPE_STREAM ? stream_of(entry) : NULL;
}

/* Answers with the streams that have entries behind their IDs. False: none has, and nothing was done. */
static bool xread_reply(struct call *call, const struct xread *options, const struct stream_id *after)
{
    struct reply *reply = call->reply;
    size_t replied = 0;
    struct reply_hole hole = {0};
    for (int i = 0; i < options->streams && !(replied > 0 && reply_is_over(reply)); i++) {
        struct stream_id from = after[i];
        const struct stream *stream = xread_stream(call, options, i, LOOKUP_TOUCH);
        if (!has_news(stream, from))
            continue;
        if (replied++ == 0)
            hole = reply_defer(reply);
        if (reply->resp == 2)
            reply_array(reply, 2);
        reply_bulk(reply, call->argv[options->keys + i].data, call->argv[options->keys + i].len);
        stream_id_increment(&from);
        reply_stream_range(reply, stream, from, STREAM_ID_MAX, false, (uint64_t)options->count);
    }
    if (replied > 0 && reply->resp == 2)
        reply_defer_array(reply, hole, replied);
    else if (replied > 0)
        reply_defer_map(reply, hole, replied);
    return replied > 0;
}

/* ---- waiting: the IDs in the request are numbers ---- */

static struct stream_id id_of_waiter(const struct call *call, const struct xread *options, int i)
{
    struct stream_id id = STREAM_ID_MIN;
    const struct arg *arg = &call->argv[options->keys + options->streams + i];
    stream_id_parse((struct bytes){arg->data, arg->len}, 0, &id);
    return id;
}

static bool xread_is_ready(struct call *call)
{
    struct xread options;
    xread_options(call, &options);
    for (int i = 0; i < options.streams; i++)
        if (has_news(xread_stream(call, &options, i, LOOKUP_PEEK), id_of_waiter(call, &options, i)))
            return true;
    return false;
}

static bool serve_xread(struct call *call)
{
    struct xread options;
    xread_options(call, &options);
    struct stream_id *after = mem_alloc((size_t)options.streams * sizeof *after);
    for (int i = 0; i < options.streams; i++)
        after[i] = id_of_waiter(call, &options, i);
    bool served = xread_reply(call, &options, after);
    mem_free(after);
    return served;
}

static const struct wait_kind wait_xread = {
    .type = TYPE_STREAM, .is_ready = xread_is_ready, .serve = serve_xread, .give_up = reply_null_array};

/* The request is copied with the IDs that its words stood for. */
static void wait_behind(struct call *call, const struct xread *options, const struct stream_id *after)
{
    struct arg *ids = &call->argv[options->keys + options->streams];
    size_t streams = (size_t)options->streams, bytes = streams * (sizeof *ids + STREAM_ID_MAX_LEN);
    struct arg *given = mem_alloc(bytes);
    char *text = (char *)(given + streams);
    memcpy(given, ids, streams * sizeof *given);
    for (size_t i = 0; i < streams; i++, text += STREAM_ID_MAX_LEN)
        ids[i] = (struct arg){.data = text, .len = stream_id_format(text, after[i])};
    waiting_begin(call, &wait_xread, options->timeout_ms);
    memcpy(ids, given, streams * sizeof *given);
    mem_free_sized(given, bytes);
}

/* The IDs behind which the streams are read. False, with the error, if one is wrong or a key holds something else. */
static bool xread_ids(struct call *call, const struct xread *options, struct stream_id *after)
{
    for (int i = 0; i < options->streams; i++) {
        const struct entry *entry = lookup_read(call, &call->keys[i]);
        const struct arg *arg = &call->argv[options->keys + options->streams + i];
        if (!lookup_is(call, entry, TYPE_STREAM) ||
            !argument_read_from(call, arg, entry ? stream_of(entry) : NULL, &after[i]))
            return false;
    }
    return true;
}

#define FEW_STREAMS 16

void cmd_xread(struct call *call)
{
    struct xread options;
    struct stream_id few[FEW_STREAMS], *after = few;
    if (!xread_options(call, &options))
        return;
    if (options.streams > FEW_STREAMS)
        after = mem_try_alloc((size_t)options.streams * sizeof *after);
    if (!after) {
        error_no_memory(call);
        return;
    }
    if (xread_ids(call, &options, after) && !xread_reply(call, &options, after)) {
        if (options.timeout_ms < 0 || call->inside)
            reply_null_array(call->reply);
        else
            wait_behind(call, &options, after);
    }
    if (after != few)
        mem_free(after);
}
