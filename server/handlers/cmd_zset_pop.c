/*
 * Sorted sets: members taken from the lowest or the highest score on, by commands that answer at once or wait for one.
 */
#include "clients/waiting.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "handlers/change.h"
#include "handlers/scored_members.h"
#include "types/type_number.h"

enum zset_end { ZSET_MIN, ZSET_MAX };

static const struct key_event event_zpop[] = {{"zpopmin", EVENT_ZSET, 1}, {"zpopmax", EVENT_ZSET, 1}};

static int take(struct change *change, uint64_t index, uint64_t count)
{
    struct collection_place place;
    if (count > 1 || !collection_at(&change->collection, index, &place))
        return collection_cut(&change->collection, index, count, &change->cut);
    return collection_splice(&change->collection, &place, 1, NULL, 0, false);
}

/* Takes so many members from an end. False without memory: the answer from the mark on is that alone. */
static bool take_members(struct change *change, enum zset_end end, uint64_t count, struct reply_mark before)
{
    uint64_t all = collection_count(&change->collection);
    change_begin(change);
    if (take(change, end == ZSET_MIN ? 0 : all - count, count) == 0) {
        change_end(change, &event_zpop[end], count);
        return true;
    }
    reply_rollback(change->call->reply, before);
    error_no_memory(change->call);
    return false;
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
    return take_members(change, end, taken, before) ? taken : 0;
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
    if (counts && !argument_at_least(call, &call->argv[2], 0, "ERR value is out of range, must be positive", &count))
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

/* numkeys key [key ...] MIN|MAX [COUNT count] */
struct zmpop {
    enum zset_end end;
    int64_t count;
};

/* Reads them from argv[at] on. False, after the answer, if something is wrong. */
static bool zmpop_options(struct call *call, int at, struct zmpop *options)
{
    int64_t keys;
    bool counted = false;
    options->count = 1;
    if (!argument_at_least(call, &call->argv[at++], 1, "ERR numkeys should be greater than 0", &keys))
        return false;
    if (keys > call->argc - at - 1) {
        error_syntax(call);
        return false;
    }
    const struct arg *where = &call->argv[at + (int)keys];
    if (!arg_is(where, "min") && !arg_is(where, "max")) {
        error_syntax(call);
        return false;
    }
    options->end = arg_is(where, "min") ? ZSET_MIN : ZSET_MAX;
    for (at += (int)keys + 1; at < call->argc; at += 2, counted = true) {
        if (counted || at + 1 >= call->argc || !arg_is(&call->argv[at], "count")) {
            error_syntax(call);
            return false;
        }
        if (!argument_at_least(call, &call->argv[at + 1], 1, "ERR count should be greater than 0", &options->count))
            return false;
    }
    return true;
}

static struct bytes pop_word(enum zset_end end)
{
    return end == ZSET_MIN ? EFFECT_WORD("ZPOPMIN") : EFFECT_WORD("ZPOPMAX");
}

/* Answers with members of the first of the keys that has any, and takes them away. False: none has. */
static bool zmpop(struct call *call, const struct zmpop *options)
{
    for (int i = 0; i < call->key_count; i++) {
        struct change change;
        if (!change_find(&change, call, &call->keys[i], &zset_kind))
            return true;
        if (!change.found)
            continue;
        struct reply_mark before = reply_mark(call->reply);
        reply_array(call->reply, 2);
        reply_bulk(call->reply, call->keys[i].name.data, call->keys[i].name.len);
        uint64_t taken = pop_members(&change, options->end, options->count, true, before);
        if (taken > 0)
            effect_pop(call, pop_word(options->end), &call->keys[i], taken);
        return true;
    }
    return false;
}

void cmd_zmpop(struct call *call)
{
    struct zmpop options;
    if (zmpop_options(call, 1, &options) && !zmpop(call, &options))
        reply_null_array(call->reply);
}

/* ---- waiting for a member (clients/waiting.h) ---- */

/* The first of the call's keys that has a member gives one away. */
static bool take_first(struct call *call, enum zset_end end)
{
    for (int i = 0; i < call->key_count; i++) {
        struct change change;
        struct collection_place place;
        const struct key *key = &call->keys[i];
        if (!change_find(&change, call, key, &zset_kind))
            return true;
        if (!change.found)
            continue;
        struct reply_mark before = reply_mark(call->reply);
        uint64_t all = collection_count(&change.collection);
        collection_at(&change.collection, end == ZSET_MIN ? 0 : all - 1, &place);
        reply_array(call->reply, 3);
        reply_bulk(call->reply, key->name.data, key->name.len);
        reply_element(call->reply, zset_member(place.record));
        reply_double(call->reply, zset_score(place.record));
        if (take_members(&change, end, 1, before))
            effect_say(call, 2, (struct bytes[]){pop_word(end), key->name});
        return true;
    }
    return false;
}

static bool serve_bzpopmin(struct call *call)
{
    return take_first(call, ZSET_MIN);
}

static bool serve_bzpopmax(struct call *call)
{
    return take_first(call, ZSET_MAX);
}

static bool serve_bzmpop(struct call *call)
{
    struct zmpop options;
    return !zmpop_options(call, 2, &options) || zmpop(call, &options);
}

static const struct wait_kind wait_bzpopmin = {.type = TYPE_ZSET, .serve = serve_bzpopmin, .give_up = reply_null_array},
                              wait_bzpopmax = {.type = TYPE_ZSET, .serve = serve_bzpopmax, .give_up = reply_null_array},
                              wait_bzmpop = {.type = TYPE_ZSET, .serve = serve_bzmpop, .give_up = reply_null_array};

/* BZPOPMIN key [key ...] timeout */
void cmd_bzpopmin(struct call *call)
{
    waiting_try(call, &wait_bzpopmin, &call->argv[call->argc - 1], reply_null_array);
}

void cmd_bzpopmax(struct call *call)
{
    waiting_try(call, &wait_bzpopmax, &call->argv[call->argc - 1], reply_null_array);
}

/* BZMPOP timeout numkeys key [key ...] MIN|MAX [COUNT count] */
void cmd_bzmpop(struct call *call)
{
    struct zmpop options;
    if (zmpop_options(call, 2, &options))
        waiting_try(call, &wait_bzmpop, &call->argv[1], reply_null_array);
}
