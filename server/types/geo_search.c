/*
 * Of a few wanted among many found, the array is a heap once it is full: the match that would be the last of them
 * stands first, and goes when one comes that is before it. So memory is bound by what is wanted, and by the set.
 */
#include "types/geo_search.h"

#include "base/memory.h"
#include "types/zset.h"

#include <errno.h>
#include <stdlib.h>

#define ROOM_AT_FIRST 16

/* ---- searching ---- */

/* False if the visitor wants no more. */
static bool search_cell(const struct collection *zset, const struct geo_shape *shape, const struct geohash_cell *cell,
                        struct geo_match *match, geo_visit *visit, void *context)
{
    struct collection_place place;
    double from, below;
    geohash_cell_scores(cell, &from, &below);
    struct record_bound bound = record_bound_from(from);
    for (bool more = collection_seek(zset, &bound, &place); more; more = collection_next(zset, &place)) {
        double score = zset_score(place.record);
        if (score >= below)
            return true;
        struct geo_point point = geohash_point(score);
        if (!geo_shape_has(shape, &point, &match->distance))
            continue;
        match->record = place.record;
        if (!visit(context, match))
            return false;
        match->place++;
    }
    return true;
}

void geo_search(const struct collection *zset, const struct geo_shape *shape, geo_visit *visit, void *context)
{
    struct geohash_cell cells[GEO_CELLS_MAX];
    struct geo_match match = {0};
    unsigned count = geo_shape_cells(shape, cells);
    for (unsigned i = 0; i < count; i++)
        if (!search_cell(zset, shape, &cells[i], &match, visit, context))
            return;
}

/* ---- matches ---- */

/* Below, or above zero: a comes before b, or after. */
static int compare(const struct geo_match *a, const struct geo_match *b, enum geo_order order)
{
    int found = (a->place > b->place) - (a->place < b->place);
    if (order == GEO_AS_FOUND || a->distance == b->distance)
        return found;
    return (a->distance < b->distance) == (order == GEO_NEAREST_FIRST) ? -1 : 1;
}

static void sift_down(struct geo_matches *matches, size_t at)
{
    struct geo_match *array = matches->array, sifted = array[at];
    for (size_t child = 2 * at + 1; child < matches->count; child = 2 * at + 1) {
        if (child + 1 < matches->count && compare(&array[child + 1], &array[child], matches->order) > 0)
            child++;
        if (compare(&sifted, &array[child], matches->order) > 0)
            break;
        array[at] = array[child];
        at = child;
    }
    array[at] = sifted;
}

static int make_room(struct geo_matches *matches)
{
    size_t room = matches->room ? 2 * matches->room : ROOM_AT_FIRST;
    struct geo_match *array = mem_try_realloc(matches->array, room * sizeof *array);
    if (!array)
        return -ENOMEM;
    matches->array = array;
    matches->room = room;
    return 0;
}

int geo_matches_add(struct geo_matches *matches, const struct geo_match *match)
{
    if (matches->count == matches->wanted) {
        if (compare(match, &matches->array[0], matches->order) < 0) {
            matches->array[0] = *match;
            sift_down(matches, 0);
        }
        return 0;
    }
    if (matches->count == matches->room && make_room(matches) != 0)
        return -ENOMEM;
    matches->array[matches->count++] = *match;
    if (matches->count == matches->wanted)
        for (size_t at = matches->count / 2; at-- > 0;)
            sift_down(matches, at);
    return 0;
}

static int compare_as_found(const void *a, const void *b)
{
    return compare(a, b, GEO_AS_FOUND);
}

static int compare_nearest(const void *a, const void *b)
{
    return compare(a, b, GEO_NEAREST_FIRST);
}

static int compare_farthest(const void *a, const void *b)
{
    return compare(a, b, GEO_FARTHEST_FIRST);
}

void geo_matches_sort(struct geo_matches *matches)
{
    static int (*const comparisons[])(const void *, const void *) = {compare_as_found, compare_nearest,
                                                                     compare_farthest};
    if (matches->count > 1)
        qsort(matches->array, matches->count, sizeof *matches->array, comparisons[matches->order]);
}

void geo_matches_deinit(struct geo_matches *matches)
{
    mem_free(matches->array);
}
