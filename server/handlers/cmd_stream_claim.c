/* XCLAIM and XAUTOCLAIM: what is pending with one consumer goes to another. */
#include "base/memory.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "engine/room.h"
#include "handlers/group_change.h"
#include "handlers/stream_arguments.h"
#include "handlers/stream_reply.h"
#include "types/stream_groups.h"

#include <errno.h>
#include <limits.h>

#define PENDING_BYTES 64 /* about what a pending entry takes */
#define TIME_NONE INT64_MIN
#define COUNT_NONE INT64_C(-1)

/* How entries are claimed. */
struct claim {
    struct group_change change;
    struct stream_consumer *consumer;
    int64_t idle_ms;      /* that they have been pending at least */
    int64_t delivered_ms; /* wall; the time that they get */
    int64_t count;        /* that they get; COUNT_NONE: one more */
    bool force;           /* those that aren't pending are as well */
    bool just_id;         /* the answer is IDs, and they aren't counted as delivered */
    uint64_t claimed, dropped;
};

/* ---- one entry ---- */

static int64_t count_of(const struct claim *claim, int64_t before)
{
    if (claim->count != COUNT_NONE)
        return claim->count;
    return claim->just_id || before == INT64_MAX ? before : before + 1;
}

static bool is_idle(const struct claim *claim, const struct pending_entry *entry)
{
    return entry->owner == PENDING_NO_OWNER || claim->idle_ms == 0 ||
           claim->change.call->view.now_ms - entry->delivered_ms >= claim->idle_ms;
}

static void answer_claimed(struct claim *claim, struct stream_walk *walk)
{
    struct reply *reply = claim->change.call->reply;
    if (claim->just_id) {
        reply_stream_id(reply, walk->id);
        return;
    }
    reply_stream_entry(reply, walk);
}

/* The entry isn't in the stream any more. */
static void drop(struct claim *claim, struct tree_place *place, const struct pending_entry *entry)
{
    stream_group_drop(claim->change.group, place, entry);
    group_say_acknowledged(&claim->change, entry->id);
    claim->dropped++;
}

/* An entry that is there, and pending if entry isn't NULL. 0 or -ENOMEM. */
static int take(struct claim *claim, struct tree_place *place, const struct pending_entry *entry,
                struct stream_walk *walk)
{
    struct pending_entry taken = {walk->id, claim->delivered_ms, count_of(claim, entry ? entry->count : 1),
                                  claim->consumer->named.number};
    struct stream_group *group = claim->change.group;
    int error = entry ? stream_group_claim(group, place, entry, claim->consumer, taken.delivered_ms, taken.count)
                      : stream_group_add(group, place, walk->id, claim->consumer, taken.delivered_ms, taken.count);
    if (error)
        return error;
    claim->consumer->active_ms = claim->change.call->view.now_ms;
    claim->claimed++;
    answer_claimed(claim, walk);
    group_say_pending(&claim->change, &taken);
    return 0;
}

/* ---- XCLAIM ---- */

struct claim_options {
    int ids; /* from the fifth argument on */
    struct stream_id last_id;
    int64_t delivered_ms, count;
    bool force, just_id;
};

static bool read_number(struct call *call, const struct arg *arg, const char *error, int64_t *number_out)
{
    return argument_at_least(call, arg, INT64_MIN, error, number_out);
}

/* An option at argument *at, which goes on to its value if it has one. */
static bool read_option(struct call *call, int *at, struct claim_options *options)
{
    const struct arg *option = &call->argv[*at], *value = option + 1;
    bool has_value = *at + 1 < call->argc;
    if (arg_is(option, "force")) {
        options->force = true;
        return true;
    }
    if (arg_is(option, "justid")) {
        options->just_id = true;
        return true;
    }
    ++*at;
    if (arg_is(option, "idle") && has_value) {
        int64_t idle_ms;
        if (!read_number(call, value, "ERR Invalid IDLE option argument for XCLAIM", &idle_ms))
            return false;
        options->delivered_ms = (int64_t)((uint64_t)call->view.now_ms - (uint64_t)idle_ms);
        return true;
    }
    if (arg_is(option, "time") && has_value)
        return read_number(call, value, "ERR Invalid TIME option argument for XCLAIM", &options->delivered_ms);
    if (arg_is(option, "retrycount") && has_value)
        return read_number(call, value, "ERR Invalid RETRYCOUNT option argument for XCLAIM", &options->count);
    if (arg_is(option, "lastid") && has_value)
        return argument_stream_id(call, value, 0, &options->last_id);
    reply_errorf(call->reply, "ERR Unrecognized XCLAIM option '%.*s'", (int)option->len, option->data);
    return false;
}

/* IDs, as many as there are, then options. A time that can't be right is now. */
static bool read_claim(struct call *call, struct claim_options *options)
{
    int at = 5;
    struct stream_id id;
    *options = (struct claim_options){.delivered_ms = -1, .count = COUNT_NONE};
    while (at < call->argc && stream_id_parse((struct bytes){call->argv[at].data, call->argv[at].len}, 0, &id))
        at++;
    options->ids = at - 5;
    for (; at < call->argc; at++)
        if (!read_option(call, &at, options))
            return false;
    if (options->delivered_ms < 0 || options->delivered_ms > call->view.now_ms)
        options->delivered_ms = call->view.now_ms;
    if (options->count < 0)
        options->count = COUNT_NONE;
    return true;
}

/* 0 or -ENOMEM. */
static int claim_id(struct claim *claim, struct stream_id id)
{
    struct tree_place place;
    struct pending_entry entry;
    struct stream_walk walk;
    bool is_pending = pending_find(&claim->change.group->pending, id, &entry, &place);
    stream_walk_begin(&walk, claim->change.stream, id, id, false);
    if (!is_pending && !claim->force)
        return 0;
    if (!stream_walk_next(&walk)) {
        if (is_pending)
            drop(claim, &place, &entry);
        return 0;
    }
    if (is_pending && !is_idle(claim, &entry))
        return 0;
    return take(claim, &place, is_pending ? &entry : NULL, &walk);
}

/* The group has got what came before that ID. */
static bool advance(struct claim *claim, struct stream_id last_id)
{
    if (stream_id_compare(last_id, claim->change.group->last_id) <= 0)
        return false;
    claim->change.group->last_id = last_id;
    return true;
}

static void claim_ids(struct claim *claim, const struct claim_options *options)
{
    struct call *call = claim->change.call;
    struct reply_mark before = reply_mark(call->reply);
    struct reply_hole hole = reply_defer(call->reply);
    int error = 0;
    group_begin(&claim->change);
    bool advances = advance(claim, options->last_id);
    for (int i = 0; i < options->ids && !error && !reply_is_over(call->reply); i++) {
        struct stream_id id;
        const struct arg *arg = &call->argv[5 + i];
        stream_id_parse((struct bytes){arg->data, arg->len}, 0, &id);
        error = claim_id(claim, id);
    }
    reply_defer_array(call->reply, hole, claim->claimed);
    uint64_t changes = claim->claimed + claim->dropped;
    if (advances && changes == 0) {
        group_say_progress(&claim->change);
        changes = 1;
    }
    if (changes > 0)
        group_end(&claim->change, &event_group_read, changes);
    if (error) { /* those before it are claimed */
        reply_rollback(call->reply, before);
        error_no_memory(call);
    }
}

static bool find_consumer(struct claim *claim)
{
    struct call *call = claim->change.call;
    claim->consumer = group_consumer(&claim->change, (struct bytes){call->argv[3].data, call->argv[3].len});
    if (!claim->consumer)
        error_no_memory(call);
    return claim->consumer != NULL;
}

/* XCLAIM key group consumer min-idle-time id [id ...] [options] */
void cmd_xclaim(struct call *call)
{
    struct claim claim = {0};
    struct claim_options options;
    if (!group_find_known(&claim.change, call, &call->keys[0], &call->argv[2], true) ||
        !read_number(call, &call->argv[4], "ERR Invalid min-idle-time argument for XCLAIM", &claim.idle_ms) ||
        !read_claim(call, &options))
        return;
    if (options.force && !room_for(call, (size_t)options.ids * PENDING_BYTES))
        return;
    if (claim.idle_ms < 0)
        claim.idle_ms = 0;
    claim.delivered_ms = options.delivered_ms;
    claim.count = options.count;
    claim.force = options.force;
    claim.just_id = options.just_id;
    if (find_consumer(&claim))
        claim_ids(&claim, &options);
}

/* ---- XAUTOCLAIM ---- */

#define LOOKS_PER_CLAIM 10 /* entries that are looked at for each that may be claimed */

struct autoclaim_options {
    struct stream_id from;
    int64_t count;
};

static bool read_autoclaim(struct call *call, struct claim *claim, struct autoclaim_options *options)
{
    int64_t most = INT64_MAX / 16;
    options->count = 100;
    if (!read_number(call, &call->argv[4], "ERR Invalid min-idle-time argument for XAUTOCLAIM", &claim->idle_ms) ||
        !argument_stream_start(call, &call->argv[5], &options->from))
        return false;
    for (int i = 6; i < call->argc; i++) {
        if (arg_is(&call->argv[i], "count") && i + 1 < call->argc) {
            if (!argument_at_least(call, &call->argv[++i], 1, "ERR COUNT must be > 0", &options->count))
                return false;
            if (options->count > most) {
                reply_error(call->reply, "ERR COUNT must be > 0");
                return false;
            }
        } else if (arg_is(&call->argv[i], "justid")) {
            claim->just_id = true;
        } else {
            error_syntax(call);
            return false;
        }
    }
    return true;
}

/* IDs that were pending, but are in the stream no more. */
struct dropped_ids {
    struct stream_id *ids;
    size_t count, room;
};

static int note_dropped(struct dropped_ids *dropped, struct stream_id id)
{
    if (dropped->count == dropped->room) {
        size_t room = dropped->room ? dropped->room * 2 : 16;
        struct stream_id *ids = mem_try_realloc(dropped->ids, room * sizeof *ids);
        if (!ids)
            return -ENOMEM;
        dropped->ids = ids;
        dropped->room = room;
    }
    dropped->ids[dropped->count++] = id;
    return 0;
}

/* Looks at entries from `from` on, which becomes where the next call goes on; 0-0 if it is through. 0 or -ENOMEM. */
static int claim_range(struct claim *claim, const struct autoclaim_options *options, struct stream_id *from,
                       struct dropped_ids *dropped)
{
    struct pending_list *pending = &claim->change.group->pending;
    struct pending_entry entry;
    struct tree_place place;
    int64_t left = options->count, looks = options->count * LOOKS_PER_CLAIM;
    while (pending_seek(pending, *from, &entry, &place)) {
        struct stream_walk walk;
        *from = entry.id;
        if (left == 0 || looks-- == 0 || reply_is_over(claim->change.call->reply))
            return 0;
        int error = 0;
        stream_walk_begin(&walk, claim->change.stream, entry.id, entry.id, false);
        if (!stream_walk_next(&walk)) {
            error = note_dropped(dropped, entry.id);
            if (!error)
                drop(claim, &place, &entry);
            left--;
        } else if (is_idle(claim, &entry)) {
            error = take(claim, &place, &entry, &walk);
            left--;
        }
        if (error)
            return error;
        if (!stream_id_increment(from))
            break;
    }
    *from = STREAM_ID_MIN;
    return 0;
}

static void autoclaim(struct claim *claim, const struct autoclaim_options *options)
{
    struct call *call = claim->change.call;
    struct reply *reply = call->reply;
    struct stream_id from = options->from;
    struct dropped_ids dropped = {0};
    struct output output = {0};
    struct reply claimed;
    struct call apart = *call;
    reply_begin(&claimed, &output, reply->resp);
    claimed.limit = reply->limit;
    apart.reply = &claimed; /* the cursor stands before what it follows from */
    claim->change.call = &apart;
    group_begin(&claim->change);
    int error = claim_range(claim, options, &from, &dropped);
    if (claim->claimed + claim->dropped > 0)
        group_end(&claim->change, &event_group_read, claim->claimed + claim->dropped);
    call->view.events = apart.view.events;
    call->effect_said = apart.effect_said;
    reply_end(&claimed);
    if (error) {
        output_clear(&output);
        error_no_memory(call);
    } else {
        reply_array(reply, 3);
        reply_stream_id(reply, from);
        reply_array(reply, claim->claimed);
        reply_splice(reply, &claimed);
        reply_array(reply, dropped.count);
        for (size_t i = 0; i < dropped.count; i++)
            reply_stream_id(reply, dropped.ids[i]);
    }
    mem_free(dropped.ids);
}

/* XAUTOCLAIM key group consumer min-idle-time start [COUNT count] [JUSTID] */
void cmd_xautoclaim(struct call *call)
{
    struct claim claim = {0};
    struct autoclaim_options options;
    if (!read_autoclaim(call, &claim, &options) ||
        !group_find_known(&claim.change, call, &call->keys[0], &call->argv[2], true))
        return;
    if (claim.idle_ms < 0)
        claim.idle_ms = 0;
    claim.delivered_ms = call->view.now_ms;
    claim.count = COUNT_NONE;
    if (find_consumer(&claim))
        autoclaim(&claim, &options);
}
