/*
 * Streams: commands that change them or count their entries.
 */
#include "base/memory.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "handlers/lookup.h"
#include "handlers/stream_change.h"
#include "handlers/stream_options.h"
#include "handlers/stream_reply.h"
#include "handlers/stream_sent.h"
#include "server.h"

#include <errno.h>

#define ENTRY_BYTES_MAX ((size_t)1 << 30) /* of the fields and values of an entry: Redis's limit */

static const struct key_event event_xadd = {"xadd", EVENT_STREAM, 1}, event_xtrim = {"xtrim", EVENT_STREAM, 1},
                              event_xdel = {"xdel", EVENT_STREAM, 1}, event_xsetid = {"xsetid", EVENT_STREAM, 1};

/* ---- trimming ---- */

/*
 * The arguments with a trim to what is there now in the place of an approximate one, which would do something else
 * elsewhere; and with this ID, unless it is empty.
 */
static void say_exactly(struct call *call, const struct stream_options *options, const struct stream *stream,
                        struct bytes id)
{
    char threshold[STREAM_ID_MAX_LEN];
    unsigned count = 0;
    const struct stream_trim *trim = &options->trim;
    bool by_id = trim->by_id && trim->references != STREAM_ONLY_ACKED; /* which leaves others in front */
    if (!effect_is_wanted())
        return;
    struct bytes *words = mem_alloc((size_t)(call->argc + 2) * sizeof *words);
    for (int at = 0; at < call->argc; at++) {
        const struct arg *arg = &call->argv[at];
        bool is_option = at > 1 && at < options->id_at;
        if (trim->whole_blocks && at == options->threshold) {
            struct stream_id first = stream->length > 0 ? stream_first_id(stream) : STREAM_ID_MAX;
            size_t len = by_id ? stream_id_format(threshold, first) : number_format_u64(threshold, stream->length);
            words[count++] = (struct bytes){threshold, len};
        } else if (trim->whole_blocks && at == options->threshold - 2) {
            words[count++] = by_id ? EFFECT_WORD("MINID") : EFFECT_WORD("MAXLEN");
        } else if (trim->whole_blocks && at == options->threshold - 1) {
            words[count++] = EFFECT_WORD("=");
        } else if (options->producer > 0 && at == options->producer - 1) {
            at += options->has_message ? 2 : 1; /* with an ID that is given nobody is asked */
        } else if (is_option && at != options->threshold && arg_is(arg, "limit")) {
            at++; /* only approximate ones have a limit */
        } else if (at == options->id_at && id.len > 0) {
            words[count++] = id;
        } else {
            words[count++] = (struct bytes){arg->data, arg->len};
        }
    }
    effect_say(call, count, words);
    mem_free(words);
}

/* XTRIM key MAXLEN|MINID [=|~] threshold [LIMIT count] [KEEPREF|DELREF|ACKED] */
void cmd_xtrim(struct call *call)
{
    struct stream_change change;
    struct stream_options options;
    struct tree cut;
    if (!stream_options_read(call, false, &options) || !stream_change_find(&change, call, &call->keys[0]))
        return;
    uint64_t trimmed = 0;
    if (change.found && stream_change_begin(&change)) {
        trimmed = stream_trim(change.stream, &options.trim, &cut);
        stream_discard(&cut);
    }
    if (trimmed > 0) {
        stream_change_end(&change, &event_xtrim, trimmed);
        if (options.trim.whole_blocks)
            say_exactly(call, &options, change.stream, (struct bytes){NULL, 0});
    }
    reply_int(call->reply, (int64_t)trimmed);
}

/* ---- adding ---- */

/* The ID that the options ask for, given the last one. False, with the error, if there can't be one. */
static bool choose_id(struct call *call, const struct stream_options *options, struct stream_id last,
                      struct stream_id *id_out)
{
    uint64_t now = (uint64_t)call->view.now_ms;
    if (stream_id_compare(last, STREAM_ID_MAX) == 0) {
        reply_error(call->reply, "ERR The stream has exhausted the last possible ID, unable to add more items");
        return false;
    }
    *id_out = options->id;
    if (!options->has_id && now > last.ms) {
        *id_out = (struct stream_id){now, 0};
    } else if (!options->has_id) {
        *id_out = last;
        stream_id_increment(id_out);
    } else if (options->any_seq && options->id.ms == last.ms && last.seq < UINT64_MAX) {
        id_out->seq = last.seq + 1;
    }
    if (stream_id_compare(*id_out, last) > 0)
        return true;
    reply_error(call->reply, "ERR The ID specified in XADD is equal or smaller than the target stream top item");
    return false;
}

static bool is_too_large(const struct arg *pairs, int count)
{
    size_t bytes = 0;
    for (int i = 0; i < count; i++)
        bytes += pairs[i].len;
    return bytes > ENTRY_BYTES_MAX;
}

/* Adds the entry, and notes the message that it was sent as, if there is one. 0 or -ENOMEM. */
static int append_sent(struct stream_change *change, const struct stream_options *options, struct stream_id id,
                       const struct producer_message *message)
{
    struct call *call = change->call;
    const struct config *config = &call->server->config;
    struct stream_limits limits = {config->stream_node_max_bytes, (uint64_t)config->stream_node_max_entries};
    const struct arg *pairs = &call->argv[options->id_at + 1];
    uint32_t count = (uint32_t)(call->argc - options->id_at - 1) / 2;
    if (message && stream_sent_now(change, *message, id) != 0)
        return -ENOMEM;
    int error = stream_append(change->stream, id, pairs, count, &limits);
    if (error && message)
        stream_sent_not(change, *message);
    return error;
}

/* Adds the entry. False, with the error, if that can't be. */
static bool append(struct stream_change *change, const struct stream_options *options,
                   const struct producer_message *message, struct stream_id *id_out)
{
    struct call *call = change->call;
    struct stream_id last = change->found ? change->stream->last_id : STREAM_ID_MIN;
    if (!choose_id(call, options, last, id_out))
        return false;
    if (is_too_large(&call->argv[options->id_at + 1], call->argc - options->id_at - 1)) {
        reply_error(call->reply, "ERR Elements are too large to be stored");
        return false;
    }
    if (!stream_change_begin(change))
        return false;
    if (append_sent(change, options, *id_out, message) == 0)
        return true;
    stream_change_abandon(change);
    error_no_memory(call);
    return false;
}

/*
 * XADD key [NOMKSTREAM] [KEEPREF|DELREF|ACKED] [IDMP producer message | IDMPAUTO producer] [MAXLEN|MINID [=|~] threshold [LIMIT count]] *|id
 *     field value [field value ...]
 */
void cmd_xadd(struct call *call)
{
    struct stream_change change;
    struct stream_options options;
    struct stream_id id;
    char text[STREAM_ID_MAX_LEN];
    if (!stream_options_read(call, true, &options))
        return;
    int count = call->argc - options.id_at - 1;
    if (count < 2 || count % 2 == 1) {
        error_arity(call);
        return;
    }
    if (options.has_id && !options.any_seq && stream_id_is_zero(options.id)) {
        reply_error(call->reply, "ERR The ID specified in XADD must be greater than 0-0");
        return;
    }
    if (!stream_change_find(&change, call, &call->keys[0]))
        return;
    if (!change.found && options.makes_none) {
        reply_null(call->reply);
        return;
    }
    struct producer_message message = {0};
    if (options.producer != 0) {
        message = stream_sent_message(call, &options);
        if (stream_sent_before(&change, message))
            return;
    }
    if (!append(&change, &options, options.producer != 0 ? &message : NULL, &id))
        return;
    size_t len = stream_id_format(text, id);
    reply_bulk(call->reply, text, len);
    struct tree cut;
    uint64_t trimmed = 0;
    if (options.trims) {
        trimmed = stream_trim(change.stream, &options.trim, &cut);
        stream_discard(&cut);
    }
    stream_change_end(&change, &event_xadd, 1);
    if (trimmed > 0)
        keyspace_remark(&call->view, &call->keys[0], &event_xtrim);
    if (!options.has_id || options.any_seq || options.trim.whole_blocks)
        say_exactly(call, &options, change.stream, (struct bytes){text, len});
}

/* ---- deleting ---- */

/* XDEL key id [id ...] */
void cmd_xdel(struct call *call)
{
    struct stream_change change;
    struct stream_id id;
    int64_t deleted = 0;
    if (!stream_change_find(&change, call, &call->keys[0]))
        return;
    if (!change.found) {
        reply_int(call->reply, 0);
        return;
    }
    for (int i = 2; i < call->argc; i++)
        if (!argument_stream_id(call, &call->argv[i], 0, &id))
            return;
    stream_change_begin(&change);
    for (int i = 2; i < call->argc; i++) {
        stream_id_parse((struct bytes){call->argv[i].data, call->argv[i].len}, 0, &id);
        deleted += stream_delete(change.stream, id);
    }
    if (deleted > 0)
        stream_change_end(&change, &event_xdel, (uint64_t)deleted);
    reply_int(call->reply, deleted);
}

/* ---- what a stream knows of itself ---- */

void cmd_xlen(struct call *call)
{
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (lookup_is(call, entry, TYPE_STREAM))
        reply_int(call->reply, entry ? (int64_t)stream_of(entry)->length : 0);
}

struct xsetid {
    struct stream_id last, max_deleted;
    int64_t added; /* -1: as it is */
};

/* last-id [ENTRIESADDED entries-added] [MAXDELETEDID max-deleted-id]. False, with the error, if they are wrong. */
static bool xsetid_options(struct call *call, struct xsetid *options)
{
    *options = (struct xsetid){.added = -1};
    if (!argument_stream_id(call, &call->argv[2], 0, &options->last))
        return false;
    for (int at = 3; at < call->argc; at += 2) {
        const struct arg *word = &call->argv[at], *value = word + 1;
        bool more = at + 1 < call->argc;
        if (more && arg_is(word, "entriesadded")) {
            if (!argument_i64(call, value, &options->added))
                return false;
            if (options->added < 0) {
                reply_error(call->reply, "ERR entries_added must be positive");
                return false;
            }
        } else if (more && arg_is(word, "maxdeletedid")) {
            if (!argument_stream_id(call, value, 0, &options->max_deleted))
                return false;
            if (stream_id_compare(options->last, options->max_deleted) < 0) {
                reply_error(call->reply,
                            "ERR The ID specified in XSETID is smaller than the provided max_deleted_entry_id");
                return false;
            }
        } else {
            error_syntax(call);
            return false;
        }
    }
    return true;
}

/* What is wrong with them for this stream; NULL: nothing. */
static const char *xsetid_problem(const struct xsetid *options, const struct stream *stream)
{
    if (stream_id_compare(options->last, stream->max_deleted_id) < 0)
        return "ERR The ID specified in XSETID is smaller than current max_deleted_entry_id";
    if (stream->length == 0)
        return NULL;
    if (stream_id_compare(options->last, stream_last_entry_id(stream)) < 0)
        return "ERR The ID specified in XSETID is smaller than the target stream top item";
    if (options->added >= 0 && stream->length > (uint64_t)options->added)
        return "ERR The entries_added specified in XSETID is smaller than the target stream length";
    return NULL;
}

void cmd_xsetid(struct call *call)
{
    struct stream_change change;
    struct xsetid options;
    if (!xsetid_options(call, &options) || !stream_change_find(&change, call, &call->keys[0]))
        return;
    if (!change.found) {
        error_no_such_key(call);
        return;
    }
    const char *problem = xsetid_problem(&options, change.stream);
    if (problem) {
        reply_error(call->reply, problem);
        return;
    }
    stream_change_begin(&change);
    struct stream *stream = change.stream;
    stream->last_id = options.last;
    if (options.added >= 0)
        stream->entries_added = (uint64_t)options.added;
    if (!stream_id_is_zero(options.max_deleted))
        stream->max_deleted_id = options.max_deleted;
    stream_change_end(&change, &event_xsetid, 1);
    reply_ok(call->reply);
}

/* ---- what is kept of producers ---- */

static bool is_between(struct call *call, int64_t value, int64_t most, const char *error)
{
    if (value >= 1 && value <= most)
        return true;
    reply_error(call->reply, error);
    return false;
}

/* [IDMP-DURATION seconds] [IDMP-MAXSIZE count]; 0: isn't given. False, with the error, if they are wrong. */
static bool xcfgset_options(struct call *call, struct producer_limits *limits)
{
    *limits = (struct producer_limits){0};
    if (call->argc == 2) {
        reply_error(call->reply, "ERR At least one parameter must be specified");
        return false;
    }
    for (int at = 2; at < call->argc; at += 2) {
        const struct arg *word = &call->argv[at];
        bool lasts = arg_is(word, "idmp-duration"), more = at + 1 < call->argc;
        if (!more || !(lasts || arg_is(word, "idmp-maxsize"))) {
            error_syntax(call);
            return false;
        }
        if (!argument_i64(call, word + 1, lasts ? &limits->duration_s : &limits->maxsize))
            return false;
        if (lasts ? !is_between(call, limits->duration_s, PRODUCER_DURATION_MAX,
                                "ERR IDMP-DURATION must be between 1 and 86400 seconds")
                  : !is_between(call, limits->maxsize, PRODUCER_MAXSIZE_MAX,
                                "ERR IDMP-MAXSIZE must be between 1 and 10000 entries"))
            return false;
    }
    return true;
}

static const struct key_event event_xcfgset = {"xcfgset", EVENT_WHOLE, 1};

/* XCFGSET key [IDMP-DURATION seconds] [IDMP-MAXSIZE count] */
void cmd_xcfgset(struct call *call)
{
    struct stream_change change;
    struct producer_limits given;
    if (!xcfgset_options(call, &given) || !stream_change_find(&change, call, &call->keys[0]))
        return;
    if (!change.found) {
        error_no_such_key(call);
        return;
    }
    stream_change_begin(&change);
    if (stream_sent_limit(&change, given) != 0) {
        error_no_memory(call);
        return;
    }
    stream_change_end(&change, &event_xcfgset, 1);
    reply_ok(call->reply);
}
