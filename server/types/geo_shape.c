#include "types/geo_shape.h"

#include <math.h>

#define RADIAN (M_PI / 180)
#define MERCATOR_MAX 20037726.37 /* meters from the middle of the map to its edge */

/*
 * What lies at the very edge of the map, outside the grid, is in no polygon; a cell in the middle has to be in the
 * grid.
 */
#define LONGITUDE_IN_GRID (GEOHASH_LONGITUDE_MAX * (1 - 0x1p-30))
#define LATITUDE_IN_GRID (GEOHASH_LATITUDE_MAX * (1 - 0x1p-30))

/* Farther than that in latitude alone is farther, whatever the digits that rounding takes. */
#define SURELY 1.00001

/* ---- distances ---- */

static double radians(double degrees)
{
    return degrees * RADIAN;
}

static double latitude_distance(double a, double b)
{
    return GEO_EARTH_RADIUS * fabs(radians(a) - radians(b));
}

double geo_distance(const struct geo_point *a, const struct geo_point *b)
{
    double across = sin((radians(b->longitude) - radians(a->longitude)) / 2);
    if (across == 0)
        return latitude_distance(b->latitude, a->latitude);
    double from = radians(a->latitude), to = radians(b->latitude), along = sin((to - from) / 2);
    double square = along * along + cos(from) * cos(to) * across * across;
    return 2 * GEO_EARTH_RADIUS * asin(sqrt(fmin(square, 1)));
}

static bool circle_has(const struct geo_shape *shape, const struct geo_point *point, double *distance_out)
{
    double radius = shape->radius * shape->unit;
    if (latitude_distance(point->latitude, shape->center.latitude) > radius * SURELY)
        return false;
    *distance_out = geo_distance(&shape->center, point);
    return *distance_out <= radius;
}

/* Half the height is measured along a meridian, half the width along the place's own parallel. */
static bool box_has(const struct geo_shape *shape, const struct geo_point *point, double *distance_out)
{
    struct geo_point beside = {shape->center.longitude, point->latitude};
    if (latitude_distance(point->latitude, shape->center.latitude) > shape->height * shape->unit / 2 ||
        geo_distance(point, &beside) > shape->width * shape->unit / 2)
        return false;
    *distance_out = geo_distance(&shape->center, point);
    return true;
}

bool geo_shape_has(const struct geo_shape *shape, const struct geo_point *point, double *distance_out)
{
    switch (shape->form) {
    case GEO_CIRCLE:
        return circle_has(shape, point, distance_out);
    case GEO_BOX:
        return box_has(shape, point, distance_out);
    case GEO_POLYGON:
        break;
    }
    if (!geo_polygon_has(&shape->polygon, point))
        return false;
    *distance_out = geo_distance(&shape->center, point);
    return true;
}

/* ---- cells ---- */

/* The degrees of longitude that so many meters are on a parallel. Beyond a pole they count backwards. */
static double longitudes_of(double meters, double latitude)
{
    return meters / GEO_EARTH_RADIUS / cos(radians(latitude)) / RADIAN;
}

/* Of a circle or a box. A pole or the date line are no ends for it. */
static struct geohash_bounds bounds_of(const struct geo_shape *shape)
{
    const struct geo_point *center = &shape->center;
    double height = shape->unit * (shape->form == GEO_CIRCLE ? shape->radius : shape->height / 2);
    double width = shape->unit * (shape->form == GEO_CIRCLE ? shape->radius : shape->width / 2);
    double latitudes = height / GEO_EARTH_RADIUS / RADIAN;
    /* where a degree of longitude is shortest: on the side of the nearer pole */
    double widest = center->latitude < 0 ? center->latitude - latitudes : center->latitude + latitudes;
    double longitudes = longitudes_of(width, widest);
    return (struct geohash_bounds){center->longitude - longitudes, center->longitude + longitudes,
                                   center->latitude - latitudes, center->latitude + latitudes};
}

/* How far the shape reaches from its center. */
static double reach_of(const struct geo_shape *shape)
{
    double reach = 0;
    switch (shape->form) {
    case GEO_CIRCLE:
        return shape->radius * shape->unit;
    case GEO_BOX:
        return sqrt(shape->width / 2 * (shape->width / 2) + shape->height / 2 * (shape->height / 2)) * shape->unit;
    case GEO_POLYGON:
        break;
    }
    for (size_t i = 0; i < shape->polygon.count; i++)
        reach = fmax(reach, geo_distance(&shape->center, &shape->polygon.vertices[i]));
    return reach;
}

/*
 * The step of cells of about that size, or twice it, in the middle of the map; larger ones where the map is
 * stretched.
 */
static unsigned step_for(double meters, double latitude)
{
    int step = -1;
    if (meters == 0)
        return GEOHASH_STEP_MAX;
    while (meters < MERCATOR_MAX) {
        meters *= 2;
        step++;
    }
    if (fabs(latitude) > 66)
        step--;
    if (fabs(latitude) > 80)
        step--;
    if (step < 1)
        return 1;
    return step > GEOHASH_STEP_MAX ? GEOHASH_STEP_MAX : (unsigned)step;
}

/* Whether a cell and those beside it reach as far as the bounds in each direction. */
static bool neighbors_cover(const struct geohash_cell *cell, const struct geohash_bounds *bounds)
{
    struct geohash_bounds northern, southern, eastern, western;
    struct geohash_cell north = geohash_neighbor(cell, 0, 1), south = geohash_neighbor(cell, 0, -1),
                        east = geohash_neighbor(cell, 1, 0), west = geohash_neighbor(cell, -1, 0);
    geohash_cell_bounds(&north, &northern);
    geohash_cell_bounds(&south, &southern);
    geohash_cell_bounds(&east, &eastern);
    geohash_cell_bounds(&west, &western);
    return !(northern.north < bounds->north) && !(southern.south > bounds->south) && !(eastern.east < bounds->east) &&
           !(western.west > bounds->west);
}

/*
 * The same for bounds that end at the edge of the map: where the cell itself reaches that far, none beside it has
 * to.
 */
static bool neighbors_cover_map(const struct geohash_cell *cell, const struct geohash_bounds *bounds)
{
    struct geohash_bounds own, rest = *bounds;
    geohash_cell_bounds(cell, &own);
    rest.north = own.north >= bounds->north ? -INFINITY : bounds->north;
    rest.south = own.south <= bounds->south ? INFINITY : bounds->south;
    rest.east = own.east >= bounds->east ? -INFINITY : bounds->east;
    rest.west = own.west <= bounds->west ? INFINITY : bounds->west;
    return neighbors_cover(cell, &rest);
}

static double within(double degree, double low, double high)
{
    return fmin(fmax(degree, low), high);
}

/*
 * The cell in the middle. Those of a circle or box are made larger once, if at all; those of a polygon until they
 * do.
 */
static struct geohash_cell middle_cell(const struct geo_shape *shape, const struct geohash_bounds *bounds)
{
    struct geo_point center = shape->center;
    if (shape->form == GEO_POLYGON) {
        center.longitude = within(center.longitude, bounds->west, fmin(bounds->east, LONGITUDE_IN_GRID));
        center.latitude = within(center.latitude, bounds->south, fmin(bounds->north, LATITUDE_IN_GRID));
    }
    struct geohash_cell cell = geohash_cell_at(&center, step_for(reach_of(shape), center.latitude));
    if (shape->form != GEO_POLYGON)
        return cell.step > 1 && !neighbors_cover(&cell, bounds) ? geohash_cell_at(&center, cell.step - 1) : cell;
    while (cell.step > 1 && !neighbors_cover_map(&cell, bounds))
        cell = geohash_cell_at(&center, cell.step - 1);
    return cell;
}

/* Whether the bounds reach from the cell into one beside it. In the coarsest grid all cells are looked through. */
static bool reaches(const struct geohash_bounds *bounds, const struct geohash_cell *cell, int east, int north)
{
    struct geohash_bounds own;
    geohash_cell_bounds(cell, &own);
    return cell->step < 2 || !((north < 0 && own.south < bounds->south) || (north > 0 && own.north > bounds->north) ||
                               (east < 0 && own.west < bounds->west) || (east > 0 && own.east > bounds->east));
}

unsigned geo_shape_cells(const struct geo_shape *shape, struct geohash_cell cells_out[GEO_CELLS_MAX])
{
    static const signed char around[][2] = {{0, 1}, {0, -1}, {1, 0}, {-1, 0}, {1, 1}, {-1, 1}, {1, -1}, {-1, -1}};
    struct geohash_bounds bounds = shape->form == GEO_POLYGON ? shape->polygon.bounds : bounds_of(shape);
    unsigned count = 1;
    cells_out[0] = middle_cell(shape, &bounds);
    for (unsigned i = 0; i < sizeof around / sizeof around[0]; i++) {
        struct geohash_cell cell = geohash_neighbor(&cells_out[0], around[i][0], around[i][1]);
        bool again = count > 1 && cell.bits == cells_out[count - 1].bits; /* in the coarsest grid */
        if (!again && reaches(&bounds, &cells_out[0], around[i][0], around[i][1]))
            cells_out[count++] = cell;
    }
    return count;
}
