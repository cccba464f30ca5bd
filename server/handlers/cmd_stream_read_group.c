/*
 * XREADGROUP: answers at once, or waits for what is new (clients/waiting.h).
 *
 * A client that waits is served for the one key that has got something; it is also told when its group is gone, as if it
 * had asked then.
 */
#include "clients/waiting.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/room.h"
#include "handlers/group_read.h"
#include "handlers/stream_reply.h"
#include "types/type_number.h"

#define NO_TIMEOUT INT64_C(-1)
#define PENDING_BYTES 64 /* about what a pending entry takes */

/* XREADGROUP's options, in any order, the last one STREAMS key [key ...] id [id ...]. */
struct read_request {
    const struct arg *group, *consumer;
    struct group_read read;
    int64_t timeout_ms; /* NO_TIMEOUT: it doesn't wait */
    int first_key, streams;
};

/* ---- the request ---- */

static bool read_streams(struct call *call, int at, struct read_request *request)
{
    int rest = call->argc - at;
    request->first_key = at;
    request->streams = rest / 2;
    if (rest % 2 == 0)
        return true;
    reply_error(call->reply, "ERR Unbalanced 'xreadgroup' list of streams: for each stream key an ID or '>' must be "
                             "specified.");
    return false;
}

static bool read_claim(struct call *call, const struct arg *arg, int64_t *claim_ms)
{
    return argument_at_least(call, arg, INT64_MIN, "ERR min-idle-time is not an integer", claim_ms) &&
           argument_at_least(call, arg, 0, "ERR min-idle-time must be a positive integer", claim_ms);
}

/* Up to STREAMS. False, with the error, if they are wrong. */
static bool read_options(struct call *call, struct read_request *request)
{
    *request = (struct read_request){.timeout_ms = NO_TIMEOUT, .read = {.claim_ms = READ_CLAIMS_NOT}};
    for (int i = 1; i < call->argc; i++) {
        const struct arg *option = &call->argv[i];
        int more = call->argc - i - 1;
        bool right = true;
        if (arg_is(option, "block") && more > 0) {
            right = argument_timeout_ms(call, &call->argv[++i], &request->timeout_ms);
        } else if (arg_is(option, "count") && more > 0) {
            right = argument_i64(call, &call->argv[++i], &request->read.count);
        } else if (arg_is(option, "claim") && more > 0) {
            right = read_claim(call, &call->argv[++i], &request->read.claim_ms);
        } else if (arg_is(option, "group") && more >= 2) {
            request->group = &call->argv[++i];
            request->consumer = &call->argv[++i];
        } else if (arg_is(option, "noack")) {
            request->read.no_ack = true;
        } else if (arg_is(option, "streams") && more > 0) {
            return read_streams(call, i + 1, request);
        } else {
            break;
        }
        if (!right)
            return false;
    }
    error_syntax(call);
    return false;
}

static bool read_request(struct call *call, struct read_request *request)
{
    if (!read_options(call, request))
        return false;
    if (!request->group)
        reply_error(call->reply, "ERR Missing GROUP option for XREADGROUP");
    return request->group != NULL;
}

/* What is asked for of one stream. */
struct read_from {
    struct stream_id after;
    bool is_new; /* ">": what nobody has got yet */
};

static bool read_id(struct call *call, const struct arg *arg, struct read_from *from)
{
    *from = (struct read_from){.is_new = arg_is(arg, ">"), .after = STREAM_ID_MAX};
    if (from->is_new)
        return true;
    if (arg_is(arg, "$")) {
        reply_error(call->reply,
                    "ERR The $ ID is meaningless in the context of XREADGROUP: you want to read the history of this "
                    "consumer by specifying a proper ID, or use the > ID to get new messages. The $ ID would just "
                    "return an empty result set.");
        return false;
    }
    if (!argument_stream_id(call, arg, 0, &from->after))
        return false;
    from->is_new = stream_id_compare(from->after, STREAM_ID_MAX) == 0; /* which is how Redis knows it */
    return true;
}

/* The group of the stream number i. False, with the error, if it isn't there or its ID is wrong. */
static bool find(struct call *call, const struct read_request *request, const struct key *key, int i, bool reads,
                 struct group_change *change, struct read_from *from)
{
    if (!group_find(change, call, key, request->group, reads))
        return false;
    if (!change->group) {
        reply_errorf(call->reply, "NOGROUP No such key '%.*s' or consumer group '%.*s' in XREADGROUP with GROUP option",
                     (int)key->name.len, key->name.data, (int)request->group->len, request->group->data);
        return false;
    }
    return read_id(call, &call->argv[request->first_key + request->streams + i], from);
}

/* ---- answering ---- */

enum answer { ANSWER_NONE, ANSWER_WRITTEN, ANSWER_FAILED };

/*
 * The key, and what its stream has for the consumer. Where it has nothing, or there was no memory, nothing is written.
 */
static enum answer answer_stream(struct group_change *change, const struct read_request *request,
                                 const struct read_from *from)
{
    struct reply *reply = change->call->reply;
    struct reply_mark before = reply_mark(reply);
    struct stream_consumer *consumer =
        group_consumer(change, (struct bytes){request->consumer->data, request->consumer->len});
    int64_t written = 1;
    if (!consumer)
        return ANSWER_FAILED;
    if (from->is_new && !group_read_has_new(change, &request->read))
        return ANSWER_NONE;
    if (reply->resp == 2)
        reply_array(reply, 2);
    reply_bulk(reply, change->key->name.data, change->key->name.len);
    if (from->is_new)
        written = group_read_new(change, consumer, &request->read);
    else
        group_read_history(change, consumer, from->after, &request->read);
    if (written > 0)
        return ANSWER_WRITTEN;
    reply_rollback(reply, before);
    return written < 0 ? ANSWER_FAILED : ANSWER_NONE;
}

/* The reply to count streams, which stand behind the hole; without any there is none. */
static void end_answer(struct call *call, struct reply_mark before, struct reply_hole hole, size_t count, bool failed)
{
    if (count == 0)
        reply_rollback(call->reply, before);
    if (count == 0 && failed)
        error_no_memory(call);
    else if (count > 0 && call->reply->resp == 2)
        reply_defer_array(call->reply, hole, count);
    else if (count > 0)
        reply_defer_map(call->reply, hole, count);
}

/* Whether it was answered: with what some streams had, or the error that there is no memory for any. */
static bool answer_streams(struct call *call, const struct read_request *request)
{
    struct reply_mark before = reply_mark(call->reply);
    struct reply_hole hole = reply_defer(call->reply);
    enum answer answer = ANSWER_NONE;
    size_t count = 0;
    for (int i = 0; i < request->streams && answer != ANSWER_FAILED; i++) {
        struct group_change change;
        struct read_from from;
        if (!find(call, request, &call->keys[i], i, false, &change, &from))
            break; /* it was there a moment before */
        answer = answer_stream(&change, request, &from);
        count += answer == ANSWER_WRITTEN;
    }
    end_answer(call, before, hole, count, answer == ANSWER_FAILED);
    return count > 0 || answer == ANSWER_FAILED;
}

/* ---- waiting ---- */

/* The key that a waiter is asked about or served for, and its place in the request. */
static int place_of_key(const struct call *call, const struct read_request *request)
{
    struct bytes name = call->keys[0].name;
    int i = 0;
    for (; i + 1 < request->streams; i++) {
        const struct arg *arg = &call->argv[request->first_key + i];
        if (bytes_equal(arg->data, arg->len, name.data, name.len))
            break;
    }
    return i;
}

/* What a waiter waits for, as far as it is there. False: its group isn't, or the key holds another type. */
static bool find_waited_for(struct call *call, struct read_request *request, struct group_change *change)
{
    const struct entry *entry = keyspace_find(&call->view, &call->keys[0], LOOKUP_PEEK);
    if (!read_request(call, request) || !entry || entry->type != TYPE_STREAM)
        return false;
    return group_find(change, call, &call->keys[0], request->group, false) && change->group;
}

static bool is_ready(struct call *call)
{
    struct read_request request;
    struct group_change change;
    return !find_waited_for(call, &request, &change) || group_read_has_new(&change, &request.read);
}

static bool serve(struct call *call)
{
    struct read_request request;
    struct group_change change;
    struct read_from from;
    struct reply_mark before = reply_mark(call->reply);
    if (!read_request(call, &request) ||
        !find(call, &request, &call->keys[0], place_of_key(call, &request), false, &change, &from))
        return true;
    struct reply_hole hole = reply_defer(call->reply);
    enum answer answer = answer_stream(&change, &request, &from);
    end_answer(call, before, hole, answer == ANSWER_WRITTEN, answer == ANSWER_FAILED);
    if (answer == ANSWER_NONE)
        reply_null_array(call->reply); /* what it could claim was deleted, and there is nothing else */
    return true;
}

/*
 * Time alone makes entries claimable. Those that are delivered while it waits are so after min-idle-time at the
 * earliest, so it is enough to look then, and not more often than ten times a second.
 */
#define LOOK_MS 100

static int64_t ask_again_ms(struct call *call)
{
    struct read_request request;
    int64_t now_ms = call->view.now_ms, next_ms = INT64_MAX;
    if (!read_options(call, &request) || request.read.claim_ms == READ_CLAIMS_NOT)
        return INT64_MAX;
    for (int i = 0; i < call->key_count; i++) {
        struct group_change change;
        const struct entry *entry = keyspace_find(&call->view, &call->keys[i], LOOKUP_PEEK);
        if (!entry || entry->type != TYPE_STREAM || !group_find(&change, call, &call->keys[i], request.group, false) ||
            !change.group)
            continue;
        int64_t at_ms = group_read_next_claim_ms(&change, &request.read);
        next_ms = at_ms < next_ms ? at_ms : next_ms;
    }
    int64_t in_ms = next_ms > now_ms ? next_ms - now_ms : 1;
    int64_t most_ms = request.read.claim_ms > LOOK_MS ? request.read.claim_ms : LOOK_MS;
    return in_ms < most_ms ? in_ms : most_ms;
}

static const struct wait_kind wait_xreadgroup = {.type = TYPE_STREAM,
                                                 .minds_loss = true,
                                                 .is_ready = is_ready,
                                                 .serve = serve,
                                                 .ask_again_ms = ask_again_ms,
                                                 .give_up = reply_null_array};

/* ---- the command ---- */

/* All keys, groups and IDs are looked at before anything is done. */
static bool check_streams(struct call *call, const struct read_request *request, uint64_t *entries_out)
{
    *entries_out = 0;
    for (int i = 0; i < request->streams; i++) {
        struct group_change change;
        struct read_from from;
        if (!find(call, request, &call->keys[i], i, true, &change, &from))
            return false;
        *entries_out += from.is_new ? change.stream->length : 0;
    }
    return true;
}

/* Bytes that pending entries will take at most. */
static size_t bytes_to_add(const struct read_request *request, uint64_t entries)
{
    uint64_t most = request->read.count > 0 ? (uint64_t)request->read.count * (uint64_t)request->streams : entries;
    return request->read.no_ack ? 0 : (size_t)(most < entries ? most : entries) * PENDING_BYTES;
}

void cmd_xreadgroup(struct call *call)
{
    struct read_request request;
    uint64_t entries;
    if (!read_request(call, &request))
        return;
    if (call->key_count != request.streams) {
        error_syntax(call);
        return;
    }
    if (!check_streams(call, &request, &entries) || !room_for(call, bytes_to_add(&request, entries)) ||
        answer_streams(call, &request))
        return;
    if (request.timeout_ms == NO_TIMEOUT || call->inside)
        reply_null_array(call->reply);
    else
        waiting_begin(call, &wait_xreadgroup, request.timeout_ms);
}
