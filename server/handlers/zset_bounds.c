/*
 * A range of members means the order of texts, which the set has where all scores are the same. Otherwise there is no
 * such order, and the result is the one of Redis's walk through a small set: the first member that isn't below the one
 * end, and those behind it up to the first one beyond the other. In a large set Redis's result depends on chance; here
 * the same members are sought by bisection, so that it takes no longer than a range should.
 */
#include "handlers/zset_bounds.h"

#include "base/memory.h"
#include "command/arguments.h"
#include "shape/element.h"
#include "types/zset.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define WALK_MAX 1024 /* members up to which a set of different scores is walked through by text */

/* ---- reading scores ---- */

/* As strtod() reads it, all of it or up to a NUL. */
static bool read_score(const char *data, size_t len, double *score_out)
{
    char small[128], *end;
    char *text = len < sizeof small ? small : mem_try_alloc(len + 1);
    if (!text)
        return false;
    memcpy(text, data, len);
    text[len] = '\0';
    *score_out = strtod(text, &end);
    bool is_whole = *end == '\0' && !isnan(*score_out);
    if (text != small)
        mem_free_sized(text, len + 1);
    return is_whole;
}

static bool read_score_end(const struct arg *arg, double *score_out, bool *excluded_out)
{
    *excluded_out = arg->len > 0 && arg->data[0] == '(';
    return read_score(arg->data + *excluded_out, arg->len - *excluded_out, score_out);
}

static bool read_scores(struct call *call, const struct arg *min, const struct arg *max, struct zset_range *range)
{
    double from, to;
    bool from_excluded, to_excluded;
    if (!read_score_end(min, &from, &from_excluded) || !read_score_end(max, &to, &to_excluded)) {
        reply_error(call->reply, "ERR min or max is not a float");
        return false;
    }
    range->from = from_excluded ? record_bound_above(from) : record_bound_from(from);
    range->behind = to_excluded ? record_bound_from(to) : record_bound_above(to);
    return true;
}

/* ---- reading members ---- */

static bool read_lex_end(const struct arg *arg, struct zset_lex_end *end)
{
    char kind = arg->len > 0 ? arg->data[0] : '\0';
    *end = (struct zset_lex_end){.text = {arg->data, 0}};
    if (kind == '-' || kind == '+') {
        end->infinity = kind == '-' ? -1 : 1;
        return arg->len == 1 || arg->data[1] == '\0';
    }
    end->excluded = kind == '(';
    if (kind != '(' && kind != '[')
        return false;
    end->text = (struct bytes){arg->data + 1, arg->len - 1};
    return true;
}

static bool read_lex(struct call *call, const struct arg *min, const struct arg *max, struct zset_range *range)
{
    if (read_lex_end(min, &range->min) && read_lex_end(max, &range->max))
        return true;
    reply_error(call->reply, "ERR min or max not valid string range item");
    return false;
}

bool zset_range_read(struct call *call, enum zset_by by, const struct arg *min, const struct arg *max,
                     struct zset_range *range_out)
{
    range_out->by = by;
    switch (by) {
    case ZSET_BY_RANK:
        return argument_i64(call, min, &range_out->start) && argument_i64(call, max, &range_out->stop);
    case ZSET_BY_SCORE:
        return read_scores(call, min, max, range_out);
    case ZSET_BY_LEX:
        break;
    }
    return read_lex(call, min, max, range_out);
}

/* ---- finding: by rank and score ---- */

static struct zset_span between(uint64_t index, uint64_t end)
{
    return (struct zset_span){index, end > index ? end - index : 0};
}

static struct zset_span find_ranks(const struct zset_range *range, uint64_t count, bool down)
{
    int64_t all = (int64_t)count, start = range->start, stop = range->stop;
    start = start < 0 ? start + all : start;
    stop = stop < 0 ? stop + all : stop;
    start = start < 0 ? 0 : start;
    stop = stop >= all ? all - 1 : stop;
    if (start > stop || start >= all)
        return (struct zset_span){0, 0};
    uint64_t found = (uint64_t)(stop - start) + 1;
    return (struct zset_span){(uint64_t)(down ? all - 1 - stop : start), found};
}

static uint64_t index_of_bound(const struct collection *zset, const struct record_bound *bound)
{
    struct collection_place place;
    return collection_seek(zset, bound, &place) ? collection_index(zset, &place) : collection_count(zset);
}

/* ---- finding: by member ---- */

static double score_at(const struct collection *zset, uint64_t index)
{
    struct collection_place place;
    collection_at(zset, index, &place);
    return zset_score(place.record);
}

/* Where an end lies among members of that score; behind it, if what it names is on its lower side. */
static uint64_t index_of_lex(const struct collection *zset, double score, const struct zset_lex_end *end, bool behind)
{
    if (end->infinity)
        return end->infinity < 0 ? 0 : collection_count(zset);
    struct record_bound bound = record_bound_at(score, end->text);
    bound.after = behind;
    return index_of_bound(zset, &bound);
}

/* How a stored member compares with an end of a range: 0 if it is the named one. */
static int compare_with_end(const char *record, const struct zset_lex_end *end)
{
    return end->infinity ? -end->infinity : element_compare(zset_member(record), end->text);
}

static bool is_from_min_on(const char *record, const struct zset_range *range)
{
    int order = compare_with_end(record, &range->min);
    return range->min.excluded ? order > 0 : order >= 0;
}

static bool is_up_to_max(const char *record, const struct zset_range *range)
{
    int order = compare_with_end(record, &range->max);
    return range->max.excluded ? order < 0 : order <= 0;
}

static bool is_at(const struct collection *zset, uint64_t index, const struct zset_range *range,
                  bool (*is)(const char *record, const struct zset_range *range))
{
    struct collection_place place;
    return collection_at(zset, index, &place) && is(place.record, range);
}

/* The first index from low up to high whose member is so, or not so as wanted; as if there were an order. */
static uint64_t bisect(const struct collection *zset, uint64_t low, uint64_t high, const struct zset_range *range,
                       bool (*is)(const char *record, const struct zset_range *range), bool wanted)
{
    while (low < high) {
        uint64_t middle = low + (high - low) / 2;
        if (is_at(zset, middle, range, is) == wanted)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* The same, walking upwards, where the set is small. */
static uint64_t first_up(const struct collection *zset, uint64_t low, const struct zset_range *range,
                         bool (*is)(const char *record, const struct zset_range *range), bool wanted)
{
    struct collection_place place;
    uint64_t count = collection_count(zset);
    if (count > WALK_MAX)
        return bisect(zset, low, count, range, is, wanted);
    for (bool more = collection_at(zset, low, &place); more; more = collection_next(zset, &place), low++)
        if (is(place.record, range) == wanted)
            return low;
    return count;
}

/* The index behind the last one below high whose member is so, or not so as wanted; 0 if there is none. */
static uint64_t end_down(const struct collection *zset, uint64_t high, const struct zset_range *range,
                         bool (*is)(const char *record, const struct zset_range *range), bool wanted)
{
    if (collection_count(zset) > WALK_MAX)
        return bisect(zset, 0, high, range, is, !wanted);
    while (high > 0 && is_at(zset, high - 1, range, is) != wanted)
        high--;
    return high;
}

/* What is skipped is so whether or not it is in the range. */
static struct zset_span find_up(const struct zset_range *range, const struct collection *zset, uint64_t skipped)
{
    uint64_t count = collection_count(zset), first = first_up(zset, 0, range, is_from_min_on, true);
    if (!is_at(zset, first, range, is_up_to_max) || skipped >= count - first)
        return (struct zset_span){0, 0};
    return between(first + skipped, first_up(zset, first + skipped, range, is_up_to_max, false));
}

static struct zset_span find_down(const struct zset_range *range, const struct collection *zset, uint64_t skipped)
{
    uint64_t count = collection_count(zset), end = end_down(zset, count, range, is_up_to_max, true);
    if (end == 0 || !is_at(zset, end - 1, range, is_from_min_on) || skipped >= end)
        return (struct zset_span){0, 0};
    end -= skipped;
    return between(end_down(zset, end, range, is_from_min_on, false), end);
}

static struct zset_span find_unordered(const struct zset_range *range, const struct collection *zset, bool down,
                                       uint64_t skipped)
{
    if (!is_at(zset, collection_count(zset) - 1, range, is_from_min_on) || !is_at(zset, 0, range, is_up_to_max))
        return (struct zset_span){0, 0};
    return down ? find_down(range, zset, skipped) : find_up(range, zset, skipped);
}

static struct zset_span without_first(struct zset_span span, bool down, uint64_t skipped)
{
    if (skipped >= span.count)
        return (struct zset_span){0, 0};
    return (struct zset_span){down ? span.index : span.index + skipped, span.count - skipped};
}

/* Whether there is anything between the two ends, wherever they lie. */
static bool is_lex_range(const struct zset_range *range)
{
    const struct zset_lex_end *min = &range->min, *max = &range->max;
    if (min->infinity || max->infinity)
        return min->infinity < max->infinity;
    size_t shorter = min->text.len < max->text.len ? min->text.len : max->text.len;
    int order = memcmp(min->text.data, max->text.data, shorter);
    if (order == 0)
        order = (min->text.len > max->text.len) - (min->text.len < max->text.len);
    return order < 0 || (order == 0 && !min->excluded && !max->excluded);
}

static struct zset_span find_lex(const struct zset_range *range, const struct collection *zset, bool down,
                                 uint64_t skipped)
{
    double first = score_at(zset, 0), last = score_at(zset, collection_count(zset) - 1);
    if (!is_lex_range(range))
        return (struct zset_span){0, 0};
    if (first != last)
        return find_unordered(range, zset, down, skipped);
    uint64_t index = index_of_lex(zset, first, &range->min, range->min.excluded);
    uint64_t end = index_of_lex(zset, first, &range->max, !range->max.excluded);
    return without_first(between(index, end), down, skipped);
}

struct zset_span zset_range_find(const struct zset_range *range, const struct collection *zset, bool down,
                                 uint64_t skipped)
{
    struct zset_span span;
    switch (range->by) {
    case ZSET_BY_RANK:
        span = find_ranks(range, collection_count(zset), down);
        break;
    case ZSET_BY_SCORE:
        span = between(index_of_bound(zset, &range->from), index_of_bound(zset, &range->behind));
        break;
    default:
        return find_lex(range, zset, down, skipped);
    }
    return without_first(span, down, skipped);
}
