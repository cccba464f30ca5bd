/*
 * Sorted sets: ranges of ranks, of scores and of members, which are counted, read, stored or removed.
 */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/room.h"
#include "handlers/change.h"
#include "handlers/scored_members.h"
#include "handlers/zset_bounds.h"
#include "handlers/zset_result.h"

static const struct key_event event_zrangestore = {"zrangestore", EVENT_ZSET, 1};
static const struct key_event event_zremrange[] = {
    [ZSET_BY_RANK] = {"zremrangebyrank", EVENT_ZSET, 1},
    [ZSET_BY_SCORE] = {"zremrangebyscore", EVENT_ZSET, 1},
    [ZSET_BY_LEX] = {"zremrangebylex", EVENT_ZSET, 1},
};

/* ---- counting ---- */

static void count_range(struct call *call, enum zset_by by)
{
    struct zset_range range;
    struct collection zset;
    bool found;
    if (!zset_range_read(call, by, &call->argv[2], &call->argv[3], &range) ||
        !zset_lookup(call, &call->keys[0], &zset, &found))
        return;
    reply_int(call->reply, found ? (int64_t)zset_range_find(&range, &zset, false, 0).count : 0);
}

void cmd_zcount(struct call *call)
{
    count_range(call, ZSET_BY_SCORE);
}

void cmd_zlexcount(struct call *call)
{
    count_range(call, ZSET_BY_LEX);
}

/* ---- options ---- */

/* What the name of a command leaves open, ZRANGE's options say. */
struct range_query {
    struct zset_range range;
    enum zset_by by;
    bool chooses_by, chooses_direction; /* by options that haven't come yet */
    bool down, scores, stores;
    int64_t offset, limit; /* limit: all where negative */
};

/* Reads one option, of which left arguments follow. False, after the answer, if it is wrong. */
static bool read_option(struct call *call, struct range_query *query, int at, int *used_out)
{
    const struct arg *word = &call->argv[at];
    *used_out = 1;
    if (!query->stores && arg_is(word, "withscores")) {
        query->scores = true;
    } else if (arg_is(word, "limit") && call->argc - at > 2) {
        *used_out = 3;
        return argument_i64(call, word + 1, &query->offset) && argument_i64(call, word + 2, &query->limit);
    } else if (query->chooses_direction && arg_is(word, "rev")) {
        query->down = true;
        query->chooses_direction = false;
    } else if (query->chooses_by && (arg_is(word, "bylex") || arg_is(word, "byscore"))) {
        query->by = arg_is(word, "bylex") ? ZSET_BY_LEX : ZSET_BY_SCORE;
        query->chooses_by = false;
    } else {
        error_syntax(call);
        return false;
    }
    return true;
}

/* min and max stand at argv[first], or max and min, if scores or members go down. */
static bool read_query(struct call *call, struct range_query *query, int first)
{
    query->limit = -1;
    for (int at = first + 2, used; at < call->argc; at += used)
        if (!read_option(call, query, at, &used))
            return false;
    if (query->limit != -1 && query->by == ZSET_BY_RANK) {
        reply_error(call->reply,
                    "ERR syntax error, LIMIT is only supported in combination with either BYSCORE or BYLEX");
        return false;
    }
    if (query->scores && query->by == ZSET_BY_LEX) {
        reply_error(call->reply, "ERR syntax error, WITHSCORES not supported in combination with BYLEX");
        return false;
    }
    if (query->by == ZSET_BY_RANK) /* with a limit of -1 it may have been given, and means nothing */
        query->offset = 0;
    bool swapped = query->down && query->by != ZSET_BY_RANK;
    return zset_range_read(call, query->by, &call->argv[first + swapped], &call->argv[first + !swapped], &query->range);
}

/* The members that the query asks for, which its offset and limit may be only some of. */
static struct zset_span find_span(const struct range_query *query, const struct collection *zset)
{
    if (query->offset < 0)
        return (struct zset_span){0, 0};
    struct zset_span span = zset_range_find(&query->range, zset, query->down, (uint64_t)query->offset);
    if (query->limit < 0 || (uint64_t)query->limit >= span.count)
        return span;
    if (query->down)
        span.index += span.count - (uint64_t)query->limit;
    span.count = (uint64_t)query->limit;
    return span;
}

/* ---- reading ---- */

static void read_range(struct call *call, struct range_query query)
{
    struct collection zset;
    bool found;
    if (!read_query(call, &query, 2) || !zset_lookup(call, &call->keys[0], &zset, &found))
        return;
    struct zset_span span = found ? find_span(&query, &zset) : (struct zset_span){0, 0};
    reply_scored_count(call->reply, span.count, query.scores);
    reply_scored_run(call->reply, &zset, query.down ? span.index + span.count - 1 : span.index, span.count, query.down,
                     query.scores);
}

void cmd_zrange(struct call *call)
{
    read_range(call, (struct range_query){.by = ZSET_BY_RANK, .chooses_by = true, .chooses_direction = true});
}

void cmd_zrevrange(struct call *call)
{
    read_range(call, (struct range_query){.by = ZSET_BY_RANK, .down = true});
}

void cmd_zrangebyscore(struct call *call)
{
    read_range(call, (struct range_query){.by = ZSET_BY_SCORE});
}

void cmd_zrevrangebyscore(struct call *call)
{
    read_range(call, (struct range_query){.by = ZSET_BY_SCORE, .down = true});
}

void cmd_zrangebylex(struct call *call)
{
    read_range(call, (struct range_query){.by = ZSET_BY_LEX});
}

void cmd_zrevrangebylex(struct call *call)
{
    read_range(call, (struct range_query){.by = ZSET_BY_LEX, .down = true});
}

/* ---- storing ---- */

/* Bytes that so many of its members take in another set, about; what lies outside is shared. */
static size_t bytes_of_some(const struct collection *zset, uint64_t count)
{
    uint64_t each = collection_memory(zset->entry, 100) / collection_count(zset) + 1;
    return count * (each < RECORD_MAX ? each : RECORD_MAX);
}

/* In the order in which they would be read. */
static void take_span(struct zset_result *result, const struct collection *zset, struct zset_span span, bool down)
{
    struct collection_place place;
    bool more = span.count > 0 && collection_at(zset, down ? span.index + span.count - 1 : span.index, &place);
    while (more) {
        zset_result_add(result, zset_member(place.record), zset_score(place.record));
        more = --span.count > 0 && (down ? collection_previous(zset, &place) : collection_next(zset, &place));
    }
}

/* ZRANGESTORE dst src min max [BYSCORE|BYLEX] [REV] [LIMIT offset count] */
void cmd_zrangestore(struct call *call)
{
    struct range_query query = {.by = ZSET_BY_RANK, .chooses_by = true, .chooses_direction = true, .stores = true};
    struct collection zset;
    struct zset_result result;
    bool found;
    if (!read_query(call, &query, 3) || !zset_lookup(call, &call->keys[1], &zset, &found))
        return;
    struct zset_span span = found ? find_span(&query, &zset) : (struct zset_span){0, 0};
    if (span.count > 0 && !room_for(call, bytes_of_some(&zset, span.count) + zset_result_bytes(span.count)))
        return;
    if (!zset_result_begin(&result, call, span.count))
        return;
    result.is_skiplist = query.by == ZSET_BY_RANK && /* of the others Redis doesn't know how many they will be */
                         span.count > result.limits.entries;
    take_span(&result, &zset, span, query.down);
    zset_result_store(&result, &call->keys[0], &event_zrangestore);
}

/* ---- removing ---- */

static void remove_range(struct call *call, enum zset_by by)
{
    struct zset_range range;
    struct change change;
    if (!zset_range_read(call, by, &call->argv[2], &call->argv[3], &range) ||
        !change_find(&change, call, &call->keys[0], &zset_kind))
        return;
    struct zset_span span = {0, 0};
    if (change.found)
        span = zset_range_find(&range, &change.collection, false, 0);
    if (span.count > 0) {
        change_begin(&change);
        if (collection_cut(&change.collection, span.index, span.count, &change.cut) != 0) {
            error_no_memory(call);
            return;
        }
        change_end(&change, &event_zremrange[by], span.count);
    }
    reply_int(call->reply, (int64_t)span.count);
}

void cmd_zremrangebyrank(struct call *call)
{
    remove_range(call, ZSET_BY_RANK);
}

void cmd_zremrangebyscore(struct call *call)
{
    remove_range(call, ZSET_BY_SCORE);
}

void cmd_zremrangebylex(struct call *call)
{
    remove_range(call, ZSET_BY_LEX);
}
