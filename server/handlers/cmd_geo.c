/*
 * Commands of places on Earth: adding them, and what is asked of single ones. The values are sorted sets, whose
 * scores are geohashes (types/geohash.h); any other sorted set will do, and its scores are taken for some place.
 */
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/change.h"
#include "handlers/geo_arguments.h"
#include "handlers/lookup.h"
#include "handlers/scored_members.h"
#include "handlers/zset_put.h"
#include "types/geo_shape.h"

static const struct key_event event_geoadd = {"zadd", EVENT_ZSET, 1};

/* ---- GEOADD key [NX|XX] [CH] longitude latitude member ... ---- */

struct geoadd {
    enum zset_put_if condition;
    bool counts_changed;
    int first; /* argument: the first longitude */
};

static bool geoadd_options(struct call *call, struct geoadd *options)
{
    bool only_new = false, only_present = false;
    *options = (struct geoadd){.first = 2};
    for (; options->first < call->argc; options->first++) {
        const struct arg *word = &call->argv[options->first];
        if (arg_is(word, "nx"))
            only_new = true;
        else if (arg_is(word, "xx"))
            only_present = true;
        else if (arg_is(word, "ch"))
            options->counts_changed = true;
        else
            break;
    }
    options->condition = only_new ? ZSET_PUT_IF_NEW : only_present ? ZSET_PUT_IF_PRESENT : ZSET_PUT_ANY;
    int rest = call->argc - options->first;
    if (rest > 0 && rest % 3 == 0 && !(only_new && only_present))
        return true;
    error_syntax(call);
    return false;
}

/* All places are read before the first is added, so that none is if one is wrong. */
static bool geoadd_check_points(struct call *call, const struct geoadd *options)
{
    struct geo_point point;
    for (int at = options->first; at < call->argc; at += 3)
        if (!argument_geo_point(call, &call->argv[at], &point))
            return false;
    return true;
}

/* Without memory for the rest, those before are added, and the answer is the error. */
static void geoadd_put(struct call *call, const struct geoadd *options, struct change *change)
{
    struct zset_limits limits = zset_limits_of(call);
    struct geo_point point;
    uint64_t added = 0, changed = 0;
    int at = options->first;
    for (; at < call->argc; at += 3) {
        argument_geo_point(call, &call->argv[at], &point);
        enum zset_put put =
            zset_put(&change->collection, &call->argv[at + 2], geohash_score(&point), options->condition, &limits);
        if (put == ZSET_PUT_NO_MEMORY)
            break;
        added += put == ZSET_PUT_ADDED;
        changed += put == ZSET_PUT_CHANGED;
    }
    if (at < call->argc)
        error_no_memory(call);
    else
        reply_int(call->reply, (int64_t)(options->counts_changed ? added + changed : added));
    if (added + changed > 0)
        change_end(change, &event_geoadd, added + changed);
    else
        change_abandon(change);
}

void cmd_geoadd(struct call *call)
{
    struct geoadd options;
    struct change change;
    if (!geoadd_options(call, &options) || !geoadd_check_points(call, &options) ||
        !change_find(&change, call, &call->keys[0], &zset_kind))
        return;
    if (!change.found && options.condition == ZSET_PUT_IF_PRESENT)
        reply_int(call->reply, 0);
    else if (change_begin(&change))
        geoadd_put(call, &options, &change);
}

/* ---- what is asked of members ---- */

/* The set that is read. False, after the answer, if the key holds something else; found says whether there is one. */
static bool find_places(struct call *call, struct collection *places_out, bool *found_out)
{
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!lookup_is(call, entry, TYPE_ZSET))
        return false;
    *found_out = entry != NULL;
    if (entry)
        collection_open(places_out, &zset_kind, entry);
    return true;
}

static bool find_score(const struct collection *places, const struct arg *member, double *score_out)
{
    struct element element;
    struct collection_place place;
    element_init(&element, member->data, member->len);
    if (!zset_find(places, &element, &place))
        return false;
    *score_out = zset_score(place.record);
    return true;
}

void cmd_geodist(struct call *call)
{
    struct collection places;
    double unit = 1, from, to;
    bool found;
    if (call->argc > 5) {
        error_syntax(call);
        return;
    }
    if (call->argc == 5 && !argument_geo_unit(call, &call->argv[4], &unit))
        return;
    if (!find_places(call, &places, &found))
        return;
    if (!found || !find_score(&places, &call->argv[2], &from) || !find_score(&places, &call->argv[3], &to)) {
        reply_null(call->reply);
        return;
    }
    struct geo_point a = geohash_point(from), b = geohash_point(to);
    reply_geo_distance(call->reply, geo_distance(&a, &b) / unit);
}

/* Answers for each member: as told with its score, or with null if it isn't there. */
static void reply_each(struct call *call, void (*reply_score)(struct reply *reply, double score),
                       void (*reply_absent)(struct reply *reply))
{
    struct collection places;
    double score;
    bool found;
    if (!find_places(call, &places, &found))
        return;
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc && !reply_is_over(call->reply); i++) {
        if (found && find_score(&places, &call->argv[i], &score))
            reply_score(call->reply, score);
        else
            reply_absent(call->reply);
    }
}

static void reply_text(struct reply *reply, double score)
{
    char text[GEOHASH_TEXT_LEN + 1];
    geohash_text(score, text);
    reply_bulk(reply, text, GEOHASH_TEXT_LEN);
}

static void reply_position(struct reply *reply, double score)
{
    struct geo_point point = geohash_point(score);
    reply_geo_point(reply, &point);
}

void cmd_geohash(struct call *call)
{
    reply_each(call, reply_text, reply_null);
}

void cmd_geopos(struct call *call)
{
    reply_each(call, reply_position, reply_null_array);
}
