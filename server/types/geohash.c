#include "types/geohash.h"

#include <string.h>

#define POLE 90.0
#define LETTER_BITS 5

/* Where a degree is counted from, and how many there are. */
struct scale {
    double min, span;
};

static const struct scale longitudes = {-GEOHASH_LONGITUDE_MAX, 2 * GEOHASH_LONGITUDE_MAX},
                          latitudes = {-GEOHASH_LATITUDE_MAX, 2 * GEOHASH_LATITUDE_MAX},
                          latitudes_to_poles = {-POLE, 2 * POLE};

/* ---- Morton's order: the bits of two numbers in turn ---- */

/* Bit n goes to 2n. The bits move apart by half as much in each step (H. S. Warren, Hacker's Delight, 7-2). */
static uint64_t spread(uint32_t number)
{
    uint64_t bits = number;
    bits = (bits | bits << 16) & UINT64_C(0x0000ffff0000ffff);
    bits = (bits | bits << 8) & UINT64_C(0x00ff00ff00ff00ff);
    bits = (bits | bits << 4) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    bits = (bits | bits << 2) & UINT64_C(0x3333333333333333);
    return (bits | bits << 1) & UINT64_C(0x5555555555555555);
}

static uint32_t gather(uint64_t bits)
{
    bits &= UINT64_C(0x5555555555555555);
    bits = (bits | bits >> 1) & UINT64_C(0x3333333333333333);
    bits = (bits | bits >> 2) & UINT64_C(0x0f0f0f0f0f0f0f0f);
    bits = (bits | bits >> 4) & UINT64_C(0x00ff00ff00ff00ff);
    bits = (bits | bits >> 8) & UINT64_C(0x0000ffff0000ffff);
    return (uint32_t)(bits | bits >> 16);
}

static uint64_t interleave(uint32_t column, uint32_t row)
{
    return spread(column) << 1 | spread(row);
}

/* ---- cells ---- */

bool geo_point_is_valid(const struct geo_point *point)
{
    return point->longitude >= -GEOHASH_LONGITUDE_MAX && point->longitude <= GEOHASH_LONGITUDE_MAX &&
           point->latitude >= -GEOHASH_LATITUDE_MAX && point->latitude <= GEOHASH_LATITUDE_MAX;
}

/* How many cells are below that degree. */
static uint32_t index_of(double degree, const struct scale *scale, unsigned step)
{
    return (uint32_t)((degree - scale->min) / scale->span * (double)(UINT64_C(1) << step));
}

/* The lower end of the cell with that index. */
static double degree_of(uint32_t index, const struct scale *scale, unsigned step)
{
    return scale->min + index / (double)(UINT64_C(1) << step) * scale->span;
}

struct geohash_cell geohash_cell_at(const struct geo_point *point, unsigned step)
{
    uint32_t column = index_of(point->longitude, &longitudes, step);
    uint32_t row = index_of(point->latitude, &latitudes, step);
    return (struct geohash_cell){interleave(column, row), step};
}

void geohash_cell_bounds(const struct geohash_cell *cell, struct geohash_bounds *bounds_out)
{
    uint32_t column = gather(cell->bits >> 1), row = gather(cell->bits);
    bounds_out->west = degree_of(column, &longitudes, cell->step);
    bounds_out->east = degree_of(column + 1, &longitudes, cell->step);
    bounds_out->south = degree_of(row, &latitudes, cell->step);
    bounds_out->north = degree_of(row + 1, &latitudes, cell->step);
}

/* An index outside the grid stays there, unless it moves. */
static uint32_t moved(uint32_t index, int by, unsigned step)
{
    return by == 0 ? index : (index + (uint32_t)by) & ((UINT32_C(1) << step) - 1);
}

struct geohash_cell geohash_neighbor(const struct geohash_cell *cell, int east, int north)
{
    uint32_t column = moved(gather(cell->bits >> 1), east, cell->step);
    uint32_t row = moved(gather(cell->bits), north, cell->step);
    return (struct geohash_cell){interleave(column, row), cell->step};
}

void geohash_cell_scores(const struct geohash_cell *cell, double *from_out, double *below_out)
{
    unsigned finer = 2 * (GEOHASH_STEP_MAX - cell->step);
    *from_out = (double)(cell->bits << finer);
    *below_out = (double)((cell->bits + 1) << finer);
}

/* ---- scores ---- */

double geohash_score(const struct geo_point *point)
{
    return (double)geohash_cell_at(point, GEOHASH_STEP_MAX).bits;
}

/*
 * A score that is no geohash, as bits. Where C leaves it open what becomes of a number beyond the range, this is what
 * x86 processors make of it, and so Redis: negative ones wrap around, and those that don't fit are 2^63 or 0.
 */
static uint64_t score_bits(double score)
{
    if (score >= 0x1p63)
        return score < 0x1p64 ? (uint64_t)(score - 0x1p63) + (UINT64_C(1) << 63) : 0;
    if (score < -0x1p63)
        return UINT64_C(1) << 63;
    return (uint64_t)(int64_t)score;
}

static double middle(double low, double high, double limit)
{
    double degree = (low + high) / 2;
    if (degree > limit)
        return limit;
    return degree < -limit ? -limit : degree;
}

struct geo_point geohash_point(double score)
{
    struct geohash_cell cell = {score_bits(score), GEOHASH_STEP_MAX};
    struct geohash_bounds bounds;
    geohash_cell_bounds(&cell, &bounds);
    return (struct geo_point){middle(bounds.west, bounds.east, GEOHASH_LONGITUDE_MAX),
                              middle(bounds.south, bounds.north, GEOHASH_LATITUDE_MAX)};
}

void geohash_text(double score, char out[GEOHASH_TEXT_LEN + 1])
{
    static const char letters[] = "0123456789bcdefghjkmnpqrstuvwxyz";
    struct geo_point point = geohash_point(score);
    uint64_t bits = interleave(index_of(point.longitude, &longitudes, GEOHASH_STEP_MAX),
                               index_of(point.latitude, &latitudes_to_poles, GEOHASH_STEP_MAX));
    memset(out, '0', GEOHASH_TEXT_LEN);
    out[GEOHASH_TEXT_LEN] = '\0';
    for (unsigned i = 0; i < GEOHASH_TEXT_LEN - 1; i++)
        out[i] = letters[bits >> (2 * GEOHASH_STEP_MAX - LETTER_BITS * (i + 1)) & 31];
}
