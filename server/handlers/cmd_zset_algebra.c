/*
 * Sorted sets: unions, intersections and differences. Sets are sources too, whose members have the score 1.
 *
 * The result of a union or an intersection is made from the smallest source on, as in Redis: the order in which scores
 * are added up decides how a sum is rounded, and what comes of infinities.
 */
#include "base/memory.h"
#include "base/number.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/room.h"
#include "handlers/scored_members.h"
#include "handlers/zset_result.h"
#include "types/set.h"

#include <math.h>
#include <stdlib.h>

enum algebra_operation { ALGEBRA_UNION, ALGEBRA_INTER, ALGEBRA_DIFF };
enum aggregate { AGGREGATE_SUM, AGGREGATE_MIN, AGGREGATE_MAX, AGGREGATE_COUNT };

static const struct key_event event_algebra[] = {
    [ALGEBRA_UNION] = {"zunionstore", EVENT_ZSET, 1},
    [ALGEBRA_INTER] = {"zinterstore", EVENT_ZSET, 1},
    [ALGEBRA_DIFF] = {"zdiffstore", EVENT_ZSET, 1},
};

/* One of the keys; without an entry it is empty. */
struct source {
    const struct entry *entry;
    struct collection members;
    double weight;
    int given; /* its place among the keys */
};

struct algebra {
    struct call *call;
    enum algebra_operation operation;
    enum aggregate aggregate;
    bool stores, scores, counts; /* counts: ZINTERCARD, which makes no result */
    int64_t limit;               /* of what is counted; 0: none */
    struct source *sources;
    int count;
    const struct key *keys; /* those of the sources */
};

/* ---- sources ---- */

static bool is_of_set(const struct source *source)
{
    return source->entry->type == TYPE_SET;
}

static uint64_t source_count(const struct source *source)
{
    return source->entry ? collection_count(&source->members) : 0;
}

/* Of a record of the source. */
static double score_in(const struct source *source, const char *record)
{
    return is_of_set(source) ? 1 : zset_score(record);
}

static const char *member_in(const struct source *source, const char *record)
{
    return record_element(record, source->members.kind->form);
}

static bool source_find(const struct source *source, const struct element *member, double *score_out)
{
    struct collection_place place;
    if (!source->entry || !collection_find(&source->members, member, &place))
        return false;
    *score_out = score_in(source, place.record);
    return true;
}

static void open_source(struct source *source, const struct entry *entry, int given)
{
    *source = (struct source){.entry = entry, .weight = 1, .given = given};
    if (entry)
        collection_open(&source->members, is_of_set(source) ? &set_kind : &zset_kind, entry);
}

/* False, after the answer, if a key holds something else. */
static bool find_sources(struct algebra *algebra)
{
    for (int i = 0; i < algebra->count; i++) {
        const struct entry *entry = lookup_read(algebra->call, &algebra->keys[i]);
        if (entry && entry->type != TYPE_SET && !lookup_is(algebra->call, entry, TYPE_ZSET))
            return false;
        open_source(&algebra->sources[i], entry, i);
    }
    return true;
}

static int compare_sources(const void *a, const void *b)
{
    const struct source *x = a, *y = b;
    uint64_t x_count = source_count(x), y_count = source_count(y);
    return x_count != y_count ? (x_count > y_count) - (x_count < y_count) : x->given - y->given;
}

/* ---- options ---- */

static bool read_weights(struct algebra *algebra, const struct arg *words)
{
    for (int i = 0; i < algebra->count; i++) {
        if (!number_parse_double(words[i].data, words[i].len, &algebra->sources[i].weight)) {
            reply_error(algebra->call->reply, "ERR weight value is not a float");
            return false;
        }
    }
    return true;
}

static bool read_aggregate(struct algebra *algebra, const struct arg *word)
{
    static const char *const words[] = {"sum", "min", "max", "count"};
    for (unsigned i = 0; i < sizeof words / sizeof words[0]; i++) {
        if (arg_is(word, words[i])) {
            algebra->aggregate = (enum aggregate)i;
            return true;
        }
    }
    error_syntax(algebra->call);
    return false;
}

static bool read_limit(struct algebra *algebra, const struct arg *word)
{
    if (number_parse_i64(word->data, word->len, &algebra->limit) && algebra->limit >= 0)
        return true;
    reply_error(algebra->call->reply, "ERR LIMIT can't be negative");
    return false;
}

/* From argv[at] on. False, after the answer, if something is wrong. */
static bool algebra_options(struct algebra *algebra, int at)
{
    struct call *call = algebra->call;
    bool combines = algebra->operation != ALGEBRA_DIFF && !algebra->counts;
    while (at < call->argc) {
        const struct arg *word = &call->argv[at];
        int left = call->argc - at - 1, used = 1;
        bool valid;
        if (combines && left >= algebra->count && arg_is(word, "weights")) {
            valid = read_weights(algebra, word + 1);
            used += algebra->count;
        } else if (combines && left >= 1 && arg_is(word, "aggregate")) {
            valid = read_aggregate(algebra, word + 1);
            used++;
        } else if (algebra->counts && left >= 1 && arg_is(word, "limit")) {
            valid = read_limit(algebra, word + 1);
            used++;
        } else if (!algebra->stores && !algebra->counts && arg_is(word, "withscores")) {
            valid = algebra->scores = true;
        } else {
            error_syntax(call);
            return false;
        }
        if (!valid)
            return false;
        at += used;
    }
    return true;
}

/* ---- scores ---- */

static double or_zero(double score)
{
    return isnan(score) ? 0 : score;
}

static double weighted(const struct algebra *algebra, const struct source *source, double score)
{
    return algebra->aggregate == AGGREGATE_COUNT ? source->weight : source->weight * score;
}

static double aggregated(const struct algebra *algebra, double one, double other)
{
    switch (algebra->aggregate) {
    case AGGREGATE_MIN:
        return other < one ? other : one;
    case AGGREGATE_MAX:
        return other > one ? other : one;
    case AGGREGATE_SUM:
    case AGGREGATE_COUNT:
        break;
    }
    return or_zero(one + other);
}

/* ---- operations: each adds what it finds to the result, and returns false without memory ---- */

/* is_first: nothing of another source has been added. */
static bool add_to_union(const struct algebra *algebra, struct zset_result *result, const struct source *source,
                         const char *record, bool is_first)
{
    struct element member;
    struct element_view view;
    struct collection_place place;
    const char *stored = member_in(source, record);
    double score = or_zero(weighted(algebra, source, score_in(source, record)));
    element_init_stored(&member, stored, &view);
    if (is_first || !zset_find(&result->zset, &member, &place))
        return zset_result_add(result, stored, score);
    return zset_rescore(&result->zset, &place, aggregated(algebra, zset_score(place.record), score)) == 0;
}

static bool unite(const struct algebra *algebra, struct zset_result *result)
{
    struct collection_place place;
    for (int i = 0; i < algebra->count; i++) {
        const struct source *source = &algebra->sources[i];
        if (!source->entry)
            continue;
        bool is_first = collection_count(&result->zset) == 0;
        for (bool more = collection_at(&source->members, 0, &place); more;
             more = collection_next(&source->members, &place))
            if (!add_to_union(algebra, result, source, place.record, is_first))
                return false;
    }
    return true;
}

/* Whether all sources have a member of the first one, and its score then. */
static bool is_in_all(const struct algebra *algebra, const char *record, double *score_out)
{
    struct element member;
    struct element_view view;
    const struct source *first = &algebra->sources[0];
    double other, score = or_zero(weighted(algebra, first, score_in(first, record)));
    element_init_stored(&member, member_in(first, record), &view);
    for (int i = 1; i < algebra->count; i++) {
        const struct source *source = &algebra->sources[i];
        if (!source_find(source, &member, &other))
            return false;
        score = aggregated(algebra, score, weighted(algebra, source, other));
    }
    *score_out = score;
    return true;
}

/* Counts as well, up to the limit. With result NULL it does nothing else. */
static bool intersect(const struct algebra *algebra, struct zset_result *result, int64_t *count_out)
{
    const struct source *first = &algebra->sources[0];
    struct collection_place place;
    double score;
    *count_out = 0;
    if (!first->entry)
        return true;
    for (bool more = collection_at(&first->members, 0, &place); more; more = collection_next(&first->members, &place)) {
        if (!is_in_all(algebra, place.record, &score))
            continue;
        if (result && !zset_result_add(result, member_in(first, place.record), score))
            return false;
        if (++*count_out == algebra->limit)
            break;
    }
    return true;
}

static bool is_in_another(const struct algebra *algebra, const char *stored)
{
    struct element member;
    struct element_view view;
    double score;
    element_init_stored(&member, stored, &view);
    for (int i = 1; i < algebra->count; i++)
        if (source_find(&algebra->sources[i], &member, &score))
            return true;
    return false;
}

static bool subtract(const struct algebra *algebra, struct zset_result *result)
{
    const struct source *first = &algebra->sources[0];
    struct collection_place place;
    if (!first->entry)
        return true;
    for (bool more = collection_at(&first->members, 0, &place); more; more = collection_next(&first->members, &place)) {
        const char *stored = member_in(first, place.record);
        if (!is_in_another(algebra, stored) && !zset_result_add(result, stored, score_in(first, place.record)))
            return false;
    }
    return true;
}

static bool operate(const struct algebra *algebra, struct zset_result *result)
{
    int64_t count;
    switch (algebra->operation) {
    case ALGEBRA_UNION:
        return unite(algebra, result);
    case ALGEBRA_INTER:
        return intersect(algebra, result, &count);
    case ALGEBRA_DIFF:
        break;
    }
    return subtract(algebra, result);
}

/* ---- the commands ---- */

/* About what the result may take at most; what lies outside is shared. */
static size_t result_bytes(const struct algebra *algebra)
{
    size_t bytes = 0;
    int sources = algebra->operation == ALGEBRA_UNION ? algebra->count : 1;
    for (int i = 0; i < sources; i++) {
        const struct source *source = &algebra->sources[i];
        uint64_t count = source_count(source);
        if (count == 0)
            continue;
        uint64_t each = collection_memory(source->entry, 100) / count;
        each = each < ELEMENT_MAX ? each : ELEMENT_MAX;
        bytes += count * (each + 3 * sizeof(double)); /* the score, and what stands in the index */
    }
    return bytes;
}

static void reply_result(struct call *call, const struct zset_result *result, bool scores)
{
    uint64_t count = collection_count(&result->zset);
    reply_scored_count(call->reply, count, scores);
    reply_scored_run(call->reply, &result->zset, 0, count, false, scores);
}

static void make_result(const struct algebra *algebra)
{
    struct call *call = algebra->call;
    struct zset_result result;
    if (algebra->stores && !room_for(call, result_bytes(algebra)))
        return;
    if (!zset_result_begin(&result, call, &call->keys[0]))
        return;
    zset_begin(&result.zset);
    if (!operate(algebra, &result)) {
        zset_result_drop(&result);
        error_no_memory(call);
        return;
    }
    if (algebra->stores) {
        zset_settle(&result.zset, &result.limits);
        zset_result_store(&result, &call->keys[0], &event_algebra[algebra->operation]);
        return;
    }
    reply_result(call, &result, algebra->scores);
    zset_result_drop(&result);
}

static void run_algebra(struct algebra *algebra, int options)
{
    int64_t count;
    if (!find_sources(algebra) || !algebra_options(algebra, options))
        return;
    if (algebra->operation != ALGEBRA_DIFF)
        qsort(algebra->sources, (size_t)algebra->count, sizeof algebra->sources[0], compare_sources);
    if (algebra->counts) {
        intersect(algebra, NULL, &count);
        reply_int(algebra->call->reply, count);
        return;
    }
    make_result(algebra);
}

/* numkeys key [key ...] and options, from argv[at] on. */
static void combine(struct call *call, struct algebra algebra, int at)
{
    int64_t keys;
    algebra.call = call;
    if (!argument_i64(call, &call->argv[at], &keys))
        return;
    if (keys < 1) {
        reply_errorf(call->reply, "ERR at least 1 input key is needed for '%s' command",
                     command_full_name(call->command));
        return;
    }
    if (keys > call->argc - at - 1) {
        error_syntax(call);
        return;
    }
    algebra.count = (int)keys;
    algebra.keys = call->keys + algebra.stores;
    algebra.sources = mem_try_alloc((size_t)keys * sizeof algebra.sources[0]);
    if (!algebra.sources) {
        error_no_memory(call);
        return;
    }
    run_algebra(&algebra, at + 1 + (int)keys);
    mem_free_sized(algebra.sources, (size_t)keys * sizeof algebra.sources[0]);
}

void cmd_zunion(struct call *call)
{
    combine(call, (struct algebra){.operation = ALGEBRA_UNION}, 1);
}

void cmd_zinter(struct call *call)
{
    combine(call, (struct algebra){.operation = ALGEBRA_INTER}, 1);
}

void cmd_zdiff(struct call *call)
{
    combine(call, (struct algebra){.operation = ALGEBRA_DIFF}, 1);
}

void cmd_zunionstore(struct call *call)
{
    combine(call, (struct algebra){.operation = ALGEBRA_UNION, .stores = true}, 2);
}

void cmd_zinterstore(struct call *call)
{
    combine(call, (struct algebra){.operation = ALGEBRA_INTER, .stores = true}, 2);
}

void cmd_zdiffstore(struct call *call)
{
    combine(call, (struct algebra){.operation = ALGEBRA_DIFF, .stores = true}, 2);
}

void cmd_zintercard(struct call *call)
{
    combine(call, (struct algebra){.operation = ALGEBRA_INTER, .counts = true}, 1);
}
