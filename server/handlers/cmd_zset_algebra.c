/*
 * Sorted sets: unions, intersections and differences. Sets are sources too, whose members have the score 1.
 *
 * The result of a union or an intersection is made from the smallest source on, as in Redis: the order in which scores
 * are added up decides how a sum is rounded, and what comes of infinities.
 *
 * Members of several sources are gathered and joined, which is sorting; only where the first source is much smaller
 * than the others are its members looked for in these.
 */
#include "base/memory.h"
#include "base/number.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/room.h"
#include "handlers/scored_members.h"
#include "handlers/zset_result.h"
#include "types/gathering.h"
#include "types/set.h"

#include <math.h>
#include <stdlib.h>

#define JOINED_MIN 100  /* members of the first source from which on joining pays, */
#define JOINED_FACTOR 4 /* where all sources together have at most so many times as many */

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

/* ---- joining ---- */

static uint64_t total_count(const struct algebra *algebra)
{
    uint64_t total = 0;
    for (int i = 0; i < algebra->count; i++)
        total += source_count(&algebra->sources[i]);
    return total;
}

static bool joining_pays(const struct algebra *algebra)
{
    uint64_t first = source_count(&algebra->sources[0]);
    if (algebra->operation == ALGEBRA_UNION || algebra->count == 1)
        return algebra->count > 1;
    return first >= JOINED_MIN && algebra->limit == 0 && total_count(algebra) / JOINED_FACTOR <= first;
}

static void aggregate_same(const struct algebra *algebra, struct record_ref *same, size_t count)
{
    for (size_t i = 1; i < count; i++)
        same[0].score = aggregated(algebra, same[0].score, same[i].score);
}

static bool join_union(void *context, const struct gathering *gathering, struct record_ref *same, size_t count)
{
    (void)gathering;
    aggregate_same(context, same, count);
    return true;
}

static bool join_intersection(void *context, const struct gathering *gathering, struct record_ref *same, size_t count)
{
    const struct algebra *algebra = context;
    (void)gathering;
    if (count < (size_t)algebra->count)
        return false;
    aggregate_same(algebra, same, count);
    return true;
}

static bool join_difference(void *context, const struct gathering *gathering, struct record_ref *same, size_t count)
{
    (void)context;
    return count == 1 && gathering_source(gathering, same) == 0;
}

/* What a source adds to the score of a member. */
static double gathered_score(const struct algebra *algebra, int number, const char *record)
{
    const struct source *source = &algebra->sources[number];
    double score = weighted(algebra, source, score_in(source, record));
    return algebra->operation == ALGEBRA_INTER && number > 0 ? score : or_zero(score);
}

/* Gathers the members of all sources. False without memory. */
static bool gather_all(const struct algebra *algebra, struct gathering *gathering)
{
    struct collection_place place;
    for (int i = 0; i < algebra->count; i++) {
        const struct source *source = &algebra->sources[i];
        if (!source->entry)
            continue;
        if (gathering_reserve(gathering, source_count(source)) != 0)
            return false;
        for (bool more = collection_at(&source->members, 0, &place); more;
             more = collection_next(&source->members, &place))
            gathering_add_of(gathering, (uint64_t)i, member_in(source, place.record),
                             gathered_score(algebra, i, place.record));
    }
    return true;
}

/* ---- looking: members of the first source go one by one into the result ---- */

static void take_first(const struct algebra *algebra, struct zset_result *result)
{
    const struct source *first = &algebra->sources[0];
    struct collection_place place;
    if (!first->entry)
        return;
    for (bool more = collection_at(&first->members, 0, &place); more; more = collection_next(&first->members, &place))
        zset_result_add(result, member_in(first, place.record), gathered_score(algebra, 0, place.record));
}

/* Whether all sources have a member of the first one, and its score then. */
static bool is_in_all(const struct algebra *algebra, const char *record, double *score_out)
{
    struct element member;
    struct element_view view;
    double other, score = gathered_score(algebra, 0, record);
    element_init_stored(&member, member_in(&algebra->sources[0], record), &view);
    for (int i = 1; i < algebra->count; i++) {
        const struct source *source = &algebra->sources[i];
        if (!source_find(source, &member, &other))
            return false;
        score = aggregated(algebra, score, weighted(algebra, source, other));
    }
    *score_out = score;
    return true;
}

/* Counts, up to the limit. With result NULL it does nothing else. */
static int64_t intersect(const struct algebra *algebra, struct zset_result *result)
{
    const struct source *first = &algebra->sources[0];
    struct collection_place place;
    int64_t count = 0;
    double score;
    if (!first->entry)
        return 0;
    for (bool more = collection_at(&first->members, 0, &place); more; more = collection_next(&first->members, &place)) {
        if (!is_in_all(algebra, place.record, &score))
            continue;
        if (result)
            zset_result_add(result, member_in(first, place.record), score);
        if (++count == algebra->limit)
            break;
    }
    return count;
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

static void subtract(const struct algebra *algebra, struct zset_result *result)
{
    const struct source *first = &algebra->sources[0];
    struct collection_place place;
    if (!first->entry)
        return;
    for (bool more = collection_at(&first->members, 0, &place); more; more = collection_next(&first->members, &place)) {
        const char *stored = member_in(first, place.record);
        if (!is_in_another(algebra, stored))
            zset_result_add(result, stored, score_in(first, place.record));
    }
}

static void look_for_members(const struct algebra *algebra, struct zset_result *result)
{
    switch (algebra->operation) {
    case ALGEBRA_UNION: /* of one */
        take_first(algebra, result);
        return;
    case ALGEBRA_INTER:
        intersect(algebra, result);
        return;
    case ALGEBRA_DIFF:
        subtract(algebra, result);
        return;
    }
}

/* ---- results ---- */

/*
 * Members that there is to be room for at first: of a union, which may have the same ones again and again, not for
 * all.
 */
static uint64_t first_room(const struct algebra *algebra)
{
    uint64_t total = total_count(algebra), largest = 0;
    for (int i = 0; i < algebra->count; i++) {
        uint64_t count = source_count(&algebra->sources[i]);
        largest = count > largest ? count : largest;
    }
    return total < JOINED_FACTOR * largest ? total : JOINED_FACTOR * largest;
}

/* False, after the answer, without memory. */
static bool join_members(struct algebra *algebra, struct zset_result *result)
{
    static gathering_rule *const rules[] = {join_union, join_intersection, join_difference};
    if (!zset_result_begin_joined(result, algebra->call, first_room(algebra), (uint64_t)algebra->count,
                                  rules[algebra->operation], algebra))
        return false;
    if (gather_all(algebra, &result->members))
        return true;
    zset_result_fail(result);
    return false;
}

/* The members that the operation yields. False, after the answer, without memory. */
static bool operate(struct algebra *algebra, struct zset_result *result)
{
    if (joining_pays(algebra))
        return join_members(algebra, result);
    if (!zset_result_begin(result, algebra->call, source_count(&algebra->sources[0])))
        return false;
    result->is_skiplist = result->settles = true;
    look_for_members(algebra, result);
    return true;
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

static void make_result(struct algebra *algebra)
{
    struct call *call = algebra->call;
    struct zset_result result;
    if (algebra->stores && !room_for(call, result_bytes(algebra) + zset_result_bytes(total_count(algebra))))
        return;
    if (!operate(algebra, &result))
        return;
    if (algebra->stores)
        zset_result_store(&result, &call->keys[0], &event_algebra[algebra->operation]);
    else if (algebra->counts)
        zset_result_reply_count(&result);
    else
        zset_result_reply(&result, algebra->scores);
}

static void run_algebra(struct algebra *algebra, int options)
{
    if (!find_sources(algebra) || !algebra_options(algebra, options))
        return;
    if (algebra->operation != ALGEBRA_DIFF)
        qsort(algebra->sources, (size_t)algebra->count, sizeof algebra->sources[0], compare_sources);
    if (algebra->counts && !joining_pays(algebra))
        reply_int(algebra->call->reply, intersect(algebra, NULL));
    else
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
