/*
 * Geohashes: places on Earth as numbers, such that what is near has, mostly, near numbers.
 *
 * Longitude and latitude are halved step times each; whether a place lies in the upper half is a bit, and the bits
 * of both stand in turn, longitude first (G. Niemeyer's geohash, 2008; G. M. Morton's order, 1966). So a geohash of
 * step s is a cell of a grid of 2^s by 2^s, and all places within the cell have numbers that begin with its bits.
 * Scores of sorted sets are geohashes of GEOHASH_STEP_MAX, 52 bits, which a double holds exactly; their latitudes
 * end at those of the Web Mercator projection, and cells are as high as they are wide there. Text, as elsewhere, is
 * about latitudes up to the poles.
 *
 * The numbers, and what becomes of those that are at or beyond the edge, are Redis's: a place at the very edge in
 * the east or north lies in a cell of its own outside the grid. Degrees everywhere. Pure; any thread.
 */
#ifndef KVS_TYPES_GEOHASH_H
#define KVS_TYPES_GEOHASH_H

#include <stdbool.h>
#include <stdint.h>

#define GEOHASH_STEP_MAX 26
#define GEOHASH_LONGITUDE_MAX 180.0
#define GEOHASH_LATITUDE_MAX 85.05112878
#define GEOHASH_TEXT_LEN 11

struct geo_point {
    double longitude, latitude;
};

struct geohash_cell {
    uint64_t bits; /* 2 * step of them; more if it lies outside the grid */
    unsigned step; /* 1 to GEOHASH_STEP_MAX */
};

struct geohash_bounds {
    double west, east, south, north;
};

/* Whether both are within the limits above; not if one is NaN. */
bool geo_point_is_valid(const struct geo_point *point);

/* The cell in which a valid place lies. */
struct geohash_cell geohash_cell_at(const struct geo_point *point, unsigned step);

void geohash_cell_bounds(const struct geohash_cell *cell, struct geohash_bounds *bounds_out);

/* The cell so many to the east and to the north, -1 to 1; beyond the edge is the opposite one. */
struct geohash_cell geohash_neighbor(const struct geohash_cell *cell, int east, int north);

/* The scores of the places in the cell: from, and up to but without below. */
void geohash_cell_scores(const struct geohash_cell *cell, double *from_out, double *below_out);

double geohash_score(const struct geo_point *point);

/* The middle of the cell of a score. Any score will do: what comes out is valid. */
struct geo_point geohash_point(double score);

/* The standard text, of which 50 bits tell; the last letter is 0. NUL-terminated. */
void geohash_text(double score, char out[GEOHASH_TEXT_LEN + 1]);

#endif
