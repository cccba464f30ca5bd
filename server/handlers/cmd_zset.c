/*
 * Sorted sets: their members one by one.
 */
#include "base/number.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/change.h"
#include "handlers/elements.h"
#include "handlers/member_sample.h"
#include "handlers/member_scan.h"
#include "handlers/scored_members.h"

#include <math.h>

static const struct key_event event_zadd = {"zadd", EVENT_ZSET, 1}, event_zincr = {"zincr", EVENT_ZSET, 1},
                              event_zrem = {"zrem", EVENT_ZSET, 1};

/* ---- adding ---- */

struct zadd {
    bool nx, xx, gt, lt, changed, increments;
    int first;    /* argument of the first score, */
    double score; /* which it is */
};

/* How a member went in. */
enum zadd_outcome { ZADD_SKIPPED, ZADD_SAME, ZADD_UPDATED, ZADD_ADDED, ZADD_NAN, ZADD_NO_MEMORY };

static bool zadd_option(struct zadd *options, const struct arg *word)
{
    if (arg_is(word, "nx"))
        options->nx = true;
    else if (arg_is(word, "xx"))
        options->xx = true;
    else if (arg_is(word, "gt"))
        options->gt = true;
    else if (arg_is(word, "lt"))
        options->lt = true;
    else if (arg_is(word, "ch"))
        options->changed = true;
    else if (arg_is(word, "incr"))
        options->increments = true;
    else
        return false;
    return true;
}

/* What is wrong with the options and the number of what is behind them, or NULL. */
static const char *zadd_mistake(const struct zadd *options, int left)
{
    if (left == 0 || left % 2 != 0)
        return "ERR syntax error";
    if (options->nx && options->xx)
        return "ERR XX and NX options at the same time are not compatible";
    if (options->gt + options->lt + options->nx > 1)
        return "ERR GT, LT, and/or NX options at the same time are not compatible";
    if (options->increments && left > 2)
        return "ERR INCR option supports a single increment-element pair";
    return NULL;
}

static bool read_float(struct call *call, const struct arg *arg, double *value_out)
{
    if (number_parse_double(arg->data, arg->len, value_out))
        return true;
    reply_error(call->reply, "ERR value is not a valid float");
    return false;
}

static bool zadd_options(struct call *call, struct zadd *options)
{
    options->first = 2;
    while (options->first < call->argc && zadd_option(options, &call->argv[options->first]))
        options->first++;
    const char *mistake = zadd_mistake(options, call->argc - options->first);
    if (mistake) {
        reply_error(call->reply, mistake);
        return false;
    }
    for (int at = call->argc - 2; at >= options->first; at -= 2) /* all of them, before anything is changed */
        if (!read_float(call, &call->argv[at], &options->score))
            return false;
    return true;
}

/* A member that is there. score becomes what it has then. */
static enum zadd_outcome update_score(struct collection *zset, struct collection_place *place,
                                      const struct zadd *options, double *score)
{
    double old = zset_score(place->record), wanted = options->increments ? old + *score : *score;
    if (options->nx)
        return ZADD_SKIPPED;
    if (isnan(wanted))
        return ZADD_NAN;
    if ((options->lt && wanted >= old) || (options->gt && wanted <= old))
        return ZADD_SKIPPED;
    *score = wanted;
    if (wanted == old)
        return ZADD_SAME;
    return zset_rescore(zset, place, wanted) == 0 ? ZADD_UPDATED : ZADD_NO_MEMORY;
}

/* The member of argument at. score becomes what it has afterwards. */
static enum zadd_outcome zadd_member(const struct call *call, int at, struct collection *zset,
                                     const struct zadd *options, const struct zset_limits *limits, double *score)
{
    struct element member;
    struct collection_place place;
    element_init_arg(&member, call, at);
    if (zset_find(zset, &member, &place))
        return update_score(zset, &place, options, score);
    if (options->xx)
        return ZADD_SKIPPED;
    return zset_add(zset, &member, &call->argv[at], *score, limits) == 0 ? ZADD_ADDED : ZADD_NO_MEMORY;
}

static void zadd_reply(struct call *call, const struct zadd *options, bool skipped, double score, int64_t added,
                       int64_t updated)
{
    if (!options->increments)
        reply_int(call->reply, options->changed ? added + updated : added);
    else if (skipped)
        reply_null(call->reply);
    else
        reply_double(call->reply, score);
}

/* Without memory for the rest, what stands before is done, and the answer is the error. */
static void zadd(struct call *call, struct zadd options)
{
    struct change change;
    struct zset_limits limits = zset_limits_of(call);
    if (!zadd_options(call, &options) || !change_find(&change, call, &call->keys[0], &zset_kind))
        return;
    if (!change.found && options.xx) {
        zadd_reply(call, &options, true, 0, 0, 0);
        return;
    }
    if (!change_begin(&change))
        return;
    enum zadd_outcome outcome = ZADD_SKIPPED;
    double score = 0;
    int64_t counts[ZADD_NO_MEMORY + 1] = {0};
    for (int at = options.first; at < call->argc && outcome < ZADD_NAN; at += 2) {
        score = options.score;
        if (at > options.first)
            number_parse_double(call->argv[at].data, call->argv[at].len, &score);
        outcome = zadd_member(call, at + 1, &change.collection, &options, &limits, &score);
        counts[outcome]++;
    }
    if (outcome == ZADD_NAN)
        reply_error(call->reply, "ERR resulting score is not a number (NaN)");
    else if (outcome == ZADD_NO_MEMORY)
        error_no_memory(call);
    else
        zadd_reply(call, &options, outcome == ZADD_SKIPPED, score, counts[ZADD_ADDED], counts[ZADD_UPDATED]);
    int64_t changes = counts[ZADD_ADDED] + counts[ZADD_UPDATED];
    if (changes > 0)
        change_end(&change, options.increments ? &event_zincr : &event_zadd, (uint64_t)changes);
    else
        change_abandon(&change);
}

void cmd_zadd(struct call *call)
{
    zadd(call, (struct zadd){.increments = false});
}

void cmd_zincrby(struct call *call)
{
    zadd(call, (struct zadd){.increments = true});
}

/* ---- removing ---- */

void cmd_zrem(struct call *call)
{
    struct change change;
    int64_t removed = 0;
    bool failed = false;
    if (!change_find(&change, call, &call->keys[0], &zset_kind))
        return;
    if (change.found)
        change_begin(&change);
    for (int at = 2; at < call->argc && change.found && !failed; at++) {
        struct element member;
        element_init(&member, call->argv[at].data, call->argv[at].len);
        int gone = zset_remove(&change.collection, &member);
        failed = gone < 0;
        removed += gone > 0;
    }
    if (failed)
        error_no_memory(call);
    else
        reply_int(call->reply, removed);
    if (removed > 0)
        change_end(&change, &event_zrem, (uint64_t)removed);
}

/* ---- reading ---- */

void cmd_zcard(struct call *call)
{
    struct collection zset;
    bool found;
    if (zset_lookup(call, &call->keys[0], &zset, &found))
        reply_int(call->reply, found ? (int64_t)collection_count(&zset) : 0);
}

/* The member of argument at. */
static bool find_member(const struct call *call, int at, const struct collection *zset,
                        struct collection_place *place_out)
{
    struct element member;
    element_init_arg(&member, call, at);
    return zset_find(zset, &member, place_out);
}

static void reply_score_of(struct call *call, int at, const struct collection *zset)
{
    struct collection_place place;
    if (zset && find_member(call, at, zset, &place))
        reply_double(call->reply, zset_score(place.record));
    else
        reply_null(call->reply);
}

void cmd_zscore(struct call *call)
{
    struct collection zset;
    bool found;
    if (zset_lookup(call, &call->keys[0], &zset, &found))
        reply_score_of(call, 2, found ? &zset : NULL);
}

void cmd_zmscore(struct call *call)
{
    struct collection zset;
    bool found;
    if (!zset_lookup(call, &call->keys[0], &zset, &found))
        return;
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int at = 2; at < call->argc && !reply_is_over(call->reply); at++)
        reply_score_of(call, at, found ? &zset : NULL);
}

/* key member [WITHSCORE] */
static void rank(struct call *call, bool down)
{
    struct collection zset;
    struct collection_place place;
    bool found, with_score = call->argc == 4;
    if (call->argc > 4) {
        error_arity(call);
        return;
    }
    if (with_score && !arg_is(&call->argv[3], "withscore")) {
        error_syntax(call);
        return;
    }
    if (!zset_lookup(call, &call->keys[0], &zset, &found))
        return;
    if (!found || !find_member(call, 2, &zset, &place)) {
        if (with_score)
            reply_null_array(call->reply);
        else
            reply_null(call->reply);
        return;
    }
    uint64_t index = collection_index(&zset, &place);
    if (with_score)
        reply_array(call->reply, 2);
    reply_int(call->reply, (int64_t)(down ? collection_count(&zset) - 1 - index : index));
    if (with_score)
        reply_double(call->reply, zset_score(place.record));
}

void cmd_zrank(struct call *call)
{
    rank(call, false);
}

void cmd_zrevrank(struct call *call)
{
    rank(call, true);
}

/* ---- walking, and members by chance ---- */

static void answer_member(struct reply *reply, const char *record)
{
    reply_element(reply, zset_member(record));
}

static void answer_score(struct reply *reply, const char *record)
{
    reply_double(reply, zset_score(record));
}

/* ZSCAN has all scores as strings. */
static void answer_with_score_text(struct reply *reply, const char *record)
{
    char text[NUMBER_DOUBLE_MAX_LEN];
    answer_member(reply, record);
    reply_bulk(reply, text, number_format_double(text, zset_score(record)));
}

void cmd_zscan(struct call *call)
{
    static const struct member_scan scan = {&zset_kind, zset_is_listpack, 2, answer_with_score_text, NULL};
    member_scan(call, &scan);
}

void cmd_zrandmember(struct call *call)
{
    static const struct member_sample sample = {&zset_kind, "withscores", answer_member, answer_score};
    member_sample(call, &sample);
}
