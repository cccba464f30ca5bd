/*
 * Polygons on the map: which places lie inside, and what is the middle.
 *
 * Edges are straight lines on the map of degrees, from each vertex to the next and from the last to the first; none
 * goes over the date line. Where they cross each other, a place is inside if a line from it crosses an odd number of
 * edges (the even-odd rule; M. Shimrat, Algorithm 112, CACM 1962). Only the edges near a place's own latitude are
 * looked at, so that a coast of a hundred thousand vertices costs little more than a simple shape: latitudes are
 * divided into bands, each with about as many vertices, and each knows the edges that touch it.
 *
 * A polygon belongs to one thread.
 */
#ifndef KVS_TYPES_GEO_POLYGON_H
#define KVS_TYPES_GEO_POLYGON_H

#include "types/geohash.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define GEO_POLYGON_VERTICES_MAX (1 << 28)

/* Most edges that may touch a band: what a place costs at most. */
#define GEO_POLYGON_EDGES_MAX 512

struct geo_edge {
    double south, north;     /* latitudes of its ends */
    double longitude, slope; /* of the end in the south; and how it changes with each degree of latitude */
};

struct geo_polygon {
    size_t count;
    struct geo_point *vertices; /* filled by the caller, all valid */
    struct geohash_bounds bounds;
    /* private */
    uint32_t bands;
    double *tops;           /* bands of them: the latitude up to which each reaches; without meaning for the last */
    uint32_t *starts;       /* bands + 1 of them: where each begins in touching */
    uint32_t *touching;     /* which edges each band has */
    struct geo_edge *edges; /* count of them, from the vertex before */
};

/* With room for 3 vertices or more. 0, or -ENOMEM, which is what more than GEO_POLYGON_VERTICES_MAX are as well. */
int geo_polygon_init(struct geo_polygon *polygon, size_t count);
void geo_polygon_deinit(struct geo_polygon *polygon); /* an all zero one as well */

/* Once all vertices are there. 0, -ENOMEM, or -E2BIG if too many edges touch a band; deinit it in any case. */
int geo_polygon_close(struct geo_polygon *polygon);

bool geo_polygon_has(const struct geo_polygon *polygon, const struct geo_point *point);

/* Where the mean of its vertices, as points of a globe, meets the ground. */
struct geo_point geo_polygon_middle(const struct geo_polygon *polygon);

#endif
