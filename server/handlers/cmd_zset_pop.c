/*
 * Sorted sets: members taken from the lowest or the highest score on.
 */
#include "base/number.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "handlers/change.h"
#include "handlers/scored_members.h"

enum zset_end { ZSET_MIN, ZSET_MAX };

static const struct key_event event_zpop[] = {{"zpopmin", EVENT_ZSET, 1}, {"zpopmax", EVENT_ZSET, 1}};

/* A number that counts, as Redis reads it. */
static bool read_count(struct call *call, const struct arg *arg, int64_t least, const char *error, int64_t *count_out)
{
    if (number_parse_i64(arg->data, arg->len, count_out) && *count_out >= least)
        return true;
    reply_error(call->reply, error);
    return false;
}

static int take(struct change *change, uint64_t index, uint64_t count)
{
    struct collection_place place;
    if (count > 1 || !collection_at(&change->collection, index, &place))
        return collection_cut(&change->collection, index, count, &change->cut);
    return collection_splice(&change->collection, &place, 1, NULL, 0, false);
}

/* Answers with the run of members at an end; nested: each is a pair of its own. */
static void reply_popped(struct reply *reply, const struct collection *zset, enum zset_end end, uint64_t count,
                         bool nested)
{
    struct collection_place place;
    uint64_t all = collection_count(zset);
    bool more = collection_at(zset, end == ZSET_MIN ? 0 : all - 1, &place);
    reply_array(reply, nested ? count : count * 2);
    while (more && !reply_is_over(reply)) {
        if (nested)
            reply_array(reply, 2);
        reply_element(reply, zset_member(place.record));
        reply_double(reply, zset_score(place.record));
        more = --count > 0 && (end == ZSET_MIN ? collection_next(zset, &place) : collection_previous(zset, &place));
    }
}

/*
 * Takes at most count members, of which there is at least one, from an end of the set that was found, and answers with
 * them. Returns how many; 0 without memory: the answer from the mark on is that alone.
 */
static uint64_t pop_members(struct change *change, enum zset_end end, int64_t count, bool nested,
                            struct reply_mark before)
{
    uint64_t all = collection_count(&change->collection);
    uint64_t taken = (uint64_t)count < all ? (uint64_t)count : all;
    reply_popped(change->call->reply, &change->collection, end, taken, nested);
    change_begin(change);
    if (take(change, end == ZSET_MIN ? 0 : all - taken, taken) == 0) {
        change_end(change, &event_zpop[end], taken);
        return taken;
    }
    reply_rollback(change->call->reply, before);
    error_no_memory(change->call);
    return 0;
}

/* key [count] */
static void pop_one_key(struct call *call, enum zset_end end)
{
    struct change change;
    int64_t count = 1;
    bool counts = call->argc == 3;
    if (call->argc > 3) {
        error_syntax(call);
        return;
    }
    if (counts && !read_count(call, &call->argv[2], 0, "ERR value is out of range, must be positive", &count))
        return;
    if (!change_find(&change, call, &call->keys[0], &zset_kind))
        return;
    if (!change.found || count == 0)
        reply_array(call->reply, 0);
    else
        pop_members(&change, end, count, counts && call->reply->resp > 2, reply_mark(call->reply));
}

void cmd_zpopmin(struct call *call)
{
    pop_one_key(call, ZSET_MIN);
}

void cmd_zpopmax(struct call *call)
{
    pop_one_key(call, ZSET_MAX);
}

/* MIN|MAX [COUNT count], from argv[at] on. False, after the answer, if something is wrong. */
static bool zmpop_options(struct call *call, int at, enum zset_end *end_out, int64_t *count_out)
{
    bool counted = false;
    const struct arg *where = &call->argv[at++];
    if (!arg_is(where, "min") && !arg_is(where, "max")) {
        error_syntax(call);
        return false;
    }
    *end_out = arg_is(where, "min") ? ZSET_MIN : ZSET_MAX;
    *count_out = 1;
    for (; at < call->argc; at += 2, counted = true) {
        if (counted || at + 1 >= call->argc || !arg_is(&call->argv[at], "count")) {
            error_syntax(call);
            return false;
        }
        if (!read_count(call, &call->argv[at + 1], 1, "ERR count should be greater than 0", count_out))
            return false;
    }
    return true;
}

/* ZMPOP numkeys key [key ...] MIN|MAX [COUNT count] */
void cmd_zmpop(struct call *call)
{
    int64_t keys, count;
    enum zset_end end;
    if (!read_count(call, &call->argv[1], 1, "ERR numkeys should be greater than 0", &keys))
        return;
    if (keys > call->argc - 3) {
        error_syntax(call);
        return;
    }
    if (!zmpop_options(call, (int)keys + 2, &end, &count))
        return;
    for (int i = 0; i < call->key_count; i++) {
        struct change change;
        if (!change_find(&change, call, &call->keys[i], &zset_kind))
            return;
        if (!change.found)
            continue;
        struct reply_mark before = reply_mark(call->reply);
        reply_array(call->reply, 2);
        reply_bulk(call->reply, call->keys[i].name.data, call->keys[i].name.len);
        uint64_t taken = pop_members(&change, end, count, true, before);
        if (taken > 0)
            effect_pop(call, end == ZSET_MIN ? EFFECT_WORD("ZPOPMIN") : EFFECT_WORD("ZPOPMAX"), &call->keys[i], taken);
        return;
    }
    reply_null_array(call->reply);
}
