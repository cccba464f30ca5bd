/*
 * XACK and XNACK: what was delivered is done with, or given back; XACKDEL and XDELEX: entries are deleted, with regard to
 * who still needs them.
 */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/room.h"
#include "handlers/group_change.h"
#include "handlers/stream_reply.h"
#include "types/stream_groups.h"

#define PENDING_BYTES 64 /* about what a pending entry takes */

static const struct key_event event_xdel = {"xdel", EVENT_STREAM, 1},
                              event_xnack = {"xnack", EVENT_WHOLE, 1}; /* not told, but somebody may wait to claim */

/* An ID that is known to be one. */
static struct stream_id id_of(const struct arg *arg)
{
    struct stream_id id = STREAM_ID_MIN;
    stream_id_parse((struct bytes){arg->data, arg->len}, 0, &id);
    return id;
}

/* Whether all arguments from one on are IDs; the error if not. */
static bool are_ids(struct call *call, int from, int64_t count)
{
    struct stream_id id;
    bool right = true;
    for (int64_t i = 0; i < count && right; i++)
        right = argument_stream_id(call, &call->argv[from + i], 0, &id);
    return right;
}

/* ---- XACK key group id [id ...] ---- */

void cmd_xack(struct call *call)
{
    struct group_change change;
    int64_t count = 0;
    if (!group_find(&change, call, &call->keys[0], &call->argv[2], false))
        return;
    if (!change.group) {
        reply_int(call->reply, 0);
        return;
    }
    if (!are_ids(call, 3, call->argc - 3))
        return;
    group_begin(&change);
    for (int i = 3; i < call->argc; i++)
        count += stream_group_acknowledge(change.group, id_of(&call->argv[i]));
    if (count > 0)
        group_end(&change, &event_group_read, (uint64_t)count);
    reply_int(call->reply, count);
}

/* ---- deleting: [KEEPREF|DELREF|ACKED] IDS numids id [id ...], in any order ---- */

enum references { KEEP_REFERENCES, DELETE_REFERENCES, ONLY_ACKNOWLEDGED };

struct deletion {
    enum references references;
    int first, count; /* IDs */
};

static bool read_ids(struct call *call, int at, struct deletion *deletion)
{
    int64_t count = 0;
    deletion->first = at + 2;
    if (at + 1 < call->argc &&
        !argument_at_least(call, &call->argv[at + 1], 1, "ERR Number of IDs must be a positive integer", &count))
        return false;
    if (count == 0 || count > call->argc - deletion->first) {
        reply_error(call->reply, "ERR The `numids` parameter must match the number of arguments");
        return false;
    }
    deletion->count = (int)count;
    return are_ids(call, deletion->first, count);
}

/* From an argument on. False, with the error, if they are wrong. */
static bool read_deletion(struct call *call, int at, struct deletion *deletion)
{
    *deletion = (struct deletion){0};
    for (bool refers = false; at < call->argc; at++) {
        const struct arg *arg = &call->argv[at];
        bool keeps = arg_is(arg, "keepref"), deletes = arg_is(arg, "delref"), only = arg_is(arg, "acked");
        if ((keeps || deletes || only) && !refers) {
            deletion->references = keeps ? KEEP_REFERENCES : deletes ? DELETE_REFERENCES : ONLY_ACKNOWLEDGED;
            refers = true;
        } else if (arg_is(arg, "ids") && deletion->count == 0) {
            if (!read_ids(call, at, deletion))
                return false;
            at += 1 + deletion->count;
        } else {
            error_syntax(call);
            return false;
        }
    }
    if (deletion->count == 0)
        error_syntax(call);
    return deletion->count > 0;
}

/* What is answered for an ID. */
enum deleted { DELETED_NOT_THERE = -1, DELETED = 1, DELETED_NOT = 2 };

/* What a request has done so far. */
struct deletions {
    struct group_change *change;
    uint64_t deleted, forgotten;
};

static enum deleted delete_entry(struct deletions *done, struct stream_id id, enum references references)
{
    struct stream *stream = done->change->stream;
    if (references == ONLY_ACKNOWLEDGED && !stream_groups_all_acked(stream->groups, id))
        return stream_has(stream, id) ? DELETED_NOT : DELETED_NOT_THERE;
    if (references == DELETE_REFERENCES)
        done->forgotten += stream_groups_forget(stream->groups, id);
    if (!stream_delete(stream, id))
        return DELETED_NOT_THERE;
    done->deleted++;
    return DELETED;
}

static void end_deletions(const struct deletions *done)
{
    if (done->deleted > 0)
        group_end(done->change, &event_xdel, done->deleted + done->forgotten);
    else if (done->forgotten > 0)
        group_end(done->change, &event_group_read, done->forgotten);
}

static void answer_none(struct call *call, int count)
{
    reply_array(call->reply, (size_t)count);
    for (int i = 0; i < count; i++)
        reply_int(call->reply, DELETED_NOT_THERE);
}

/* Answers what became of each ID. */
static void delete_each(struct group_change *change, const struct deletion *deletion,
                        enum deleted (*delete_one)(struct deletions *, struct stream_id, enum references))
{
    struct call *call = change->call;
    struct deletions done = {.change = change};
    group_begin(change);
    reply_array(call->reply, (size_t)deletion->count);
    for (int i = 0; i < deletion->count; i++)
        reply_int(call->reply, delete_one(&done, id_of(&call->argv[deletion->first + i]), deletion->references));
    end_deletions(&done);
}

void cmd_xdelex(struct call *call)
{
    struct group_change change;
    struct deletion deletion;
    if (!read_deletion(call, 2, &deletion) || !group_find(&change, call, &call->keys[0], &call->argv[1], false))
        return;
    if (change.stream)
        delete_each(&change, &deletion, delete_entry);
    else
        answer_none(call, deletion.count);
}

/* One that was pending, and so is known, is answered as deleted even if it was before. */
static enum deleted acknowledge_and_delete(struct deletions *done, struct stream_id id, enum references references)
{
    if (!stream_group_acknowledge(done->change->group, id))
        return DELETED_NOT_THERE;
    done->forgotten++;
    enum deleted deleted = delete_entry(done, id, references);
    return deleted == DELETED_NOT_THERE ? DELETED : deleted;
}

void cmd_xackdel(struct call *call)
{
    struct group_change change;
    struct deletion deletion;
    if (!read_deletion(call, 3, &deletion) || !group_find(&change, call, &call->keys[0], &call->argv[2], false))
        return;
    if (change.group)
        delete_each(&change, &deletion, acknowledge_and_delete);
    else
        answer_none(call, deletion.count);
}

/* ---- XNACK key group SILENT|FAIL|FATAL IDS numids id [id ...] [RETRYCOUNT count] [FORCE] ---- */

struct giving_back {
    bool silent, fatal; /* neither: FAIL */
    bool force;
    int64_t count; /* -1: it isn't given */
    int first, ids;
};

static bool read_mode(struct call *call, struct giving_back *back)
{
    const struct arg *mode = &call->argv[3];
    back->silent = arg_is(mode, "silent");
    back->fatal = arg_is(mode, "fatal");
    if (back->silent || back->fatal || arg_is(mode, "fail"))
        return true;
    reply_error(call->reply, "ERR mode must be SILENT, FAIL, or FATAL");
    return false;
}

static bool read_nack_ids(struct call *call, int at, struct giving_back *back)
{
    int64_t count;
    if (!argument_at_least(call, &call->argv[at + 1], 1, "ERR numids must be a positive integer", &count))
        return false;
    back->first = at + 2;
    if (count > call->argc - back->first) {
        reply_error(call->reply, "ERR number of IDs doesn't match numids");
        return false;
    }
    back->ids = (int)count;
    return are_ids(call, back->first, count);
}

static bool read_retry_count(struct call *call, const struct arg *arg, int64_t *count_out)
{
    if (!argument_i64(call, arg, count_out))
        return false;
    if (*count_out < 0)
        reply_error(call->reply, "ERR Invalid RETRYCOUNT value, must be >= 0");
    return *count_out >= 0;
}

static bool read_giving_back(struct call *call, struct giving_back *back)
{
    *back = (struct giving_back){.count = -1};
    if (!read_mode(call, back))
        return false;
    for (int at = 4; at < call->argc; at++) {
        const struct arg *arg = &call->argv[at];
        bool has_value = at + 1 < call->argc, right = true;
        if (arg_is(arg, "force")) {
            back->force = true;
        } else if (arg_is(arg, "retrycount") && has_value) {
            right = read_retry_count(call, &call->argv[++at], &back->count);
        } else if (arg_is(arg, "ids") && has_value && back->ids == 0) {
            right = read_nack_ids(call, at, back);
            at += 1 + back->ids;
        } else {
            reply_errorf(call->reply, "ERR Unrecognized XNACK option '%.*s'", (int)arg->len, arg->data);
            right = false;
        }
        if (!right)
            return false;
    }
    if (back->ids == 0)
        reply_error(call->reply, "ERR syntax error, expected IDS keyword");
    return back->ids > 0;
}

/* The count that an entry gets which had that one. */
static int64_t count_after(const struct giving_back *back, int64_t before)
{
    if (back->count >= 0)
        return back->count;
    if (back->fatal)
        return INT64_MAX;
    return back->silent && before > 0 ? before - 1 : before;
}

/* 1 if the entry is given back, 0 if it isn't pending, or -ENOMEM. */
static int give_back(struct group_change *change, const struct giving_back *back, struct stream_id id)
{
    struct tree_place place;
    struct pending_entry entry;
    struct stream_group *group = change->group;
    int error = 0;
    if (pending_find(&group->pending, id, &entry, &place))
        error = stream_group_give_back(group, &place, &entry, count_after(back, entry.count));
    else if (back->force && stream_has(change->stream, id))
        error = stream_group_add(group, &place, id, NULL, 0, count_after(back, 0));
    else
        return 0;
    return error ? error : 1;
}

void cmd_xnack(struct call *call)
{
    struct group_change change;
    struct giving_back back;
    int64_t count = 0;
    int given = 0;
    if (!group_find_known(&change, call, &call->keys[0], &call->argv[2], false) || !read_giving_back(call, &back))
        return;
    if (back.force && !room_for(call, (size_t)back.ids * PENDING_BYTES))
        return;
    group_begin(&change);
    for (int i = 0; i < back.ids && given >= 0; i++) {
        given = give_back(&change, &back, id_of(&call->argv[back.first + i]));
        count += given > 0;
    }
    if (count > 0)
        group_end(&change, &event_xnack, (uint64_t)count);
    if (given >= 0)
        reply_int(call->reply, count);
    else
        error_no_memory(call); /* those before it are given back */
}
