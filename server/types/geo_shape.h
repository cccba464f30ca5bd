/*
 * Shapes on Earth: circles, boxes and polygons; which places are within one, and which geohashes are to be looked
 * through to find them all.
 *
 * Earth is a ball, as Redis has it. Distances are those of the great circle by the haversine formula (R. W. Sinnott,
 * Virtues of the Haversine, 1984), in the order of operations that gives Redis's last digit.
 *
 * A shape is looked for in at most nine cells of one grid: the one that its center lies in, and those around, as far
 * as they meet its bounding box. The grid is as fine as the shape's size allows. Which cells they are for circles
 * and boxes is Redis's choice, so that results come in its order; near the poles it leaves out some that huge shapes
 * reach.
 *
 * A shape belongs to one thread.
 */
#ifndef KVS_TYPES_GEO_SHAPE_H
#define KVS_TYPES_GEO_SHAPE_H

#include "types/geo_polygon.h"
#include "types/geohash.h"

#include <stdbool.h>

#define GEO_EARTH_RADIUS 6372797.560856 /* meters */
#define GEO_CELLS_MAX 9

enum geo_form { GEO_CIRCLE, GEO_BOX, GEO_POLYGON };

struct geo_shape {
    enum geo_form form;
    struct geo_point center; /* valid; of a polygon, geo_polygon_middle() */
    double unit;             /* meters in one of these: */
    double radius;           /* of a circle, 0 or more */
    double width, height;    /* of a box, 0 or more */
    struct geo_polygon polygon;
};

/* Meters between two places. */
double geo_distance(const struct geo_point *a, const struct geo_point *b);

/* Whether a place is within the shape, and how many meters it is from the center. */
bool geo_shape_has(const struct geo_shape *shape, const struct geo_point *point, double *distance_out);

/*
 * The cells that hold all there is within the shape, in the order in which Redis looks through them. How many there
 * are.
 */
unsigned geo_shape_cells(const struct geo_shape *shape, struct geohash_cell cells_out[GEO_CELLS_MAX]);

#endif
