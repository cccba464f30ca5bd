#include "types/geo_polygon.h"

#include "base/memory.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>

#define VERTICES_A_BAND 128

int geo_polygon_init(struct geo_polygon *polygon, size_t count)
{
    *polygon = (struct geo_polygon){.count = count, .bands = (uint32_t)(count / VERTICES_A_BAND) + 1};
    if (count <= GEO_POLYGON_VERTICES_MAX)
        polygon->vertices = mem_try_alloc(count * sizeof *polygon->vertices);
    return polygon->vertices ? 0 : -ENOMEM;
}

void geo_polygon_deinit(struct geo_polygon *polygon)
{
    mem_free(polygon->vertices);
    mem_free(polygon->tops);
    mem_free(polygon->starts);
    mem_free(polygon->touching);
    mem_free(polygon->edges);
    *polygon = (struct geo_polygon){0};
}

/* ---- bands ---- */

static void find_bounds(struct geo_polygon *polygon)
{
    const struct geo_point *first = polygon->vertices;
    struct geohash_bounds bounds = {first->longitude, first->longitude, first->latitude, first->latitude};
    for (size_t i = 1; i < polygon->count; i++) {
        const struct geo_point *vertex = &polygon->vertices[i];
        bounds.west = fmin(bounds.west, vertex->longitude);
        bounds.east = fmax(bounds.east, vertex->longitude);
        bounds.south = fmin(bounds.south, vertex->latitude);
        bounds.north = fmax(bounds.north, vertex->latitude);
    }
    polygon->bounds = bounds;
}

static int compare_latitudes(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* Divides the latitudes of all vertices. 0 or -ENOMEM. */
static int find_tops(struct geo_polygon *polygon)
{
    double *latitudes = mem_try_alloc(polygon->count * sizeof *latitudes);
    polygon->tops = mem_try_alloc(polygon->bands * sizeof *polygon->tops);
    if (latitudes && polygon->tops) {
        for (size_t i = 0; i < polygon->count; i++)
            latitudes[i] = polygon->vertices[i].latitude;
        qsort(latitudes, polygon->count, sizeof *latitudes, compare_latitudes);
        for (size_t band = 0; band < polygon->bands; band++)
            polygon->tops[band] = latitudes[(band + 1) * polygon->count / (polygon->bands + 1)];
    }
    mem_free(latitudes);
    return latitudes && polygon->tops ? 0 : -ENOMEM;
}

/* The first band that reaches beyond a latitude, or the last. */
static uint32_t band_at(const struct geo_polygon *polygon, double latitude)
{
    uint32_t low = 0, high = polygon->bands - 1;
    while (low < high) {
        uint32_t middle = low + (high - low) / 2;
        if (polygon->tops[middle] > latitude)
            high = middle;
        else
            low = middle + 1;
    }
    return low;
}

/* ---- edges ---- */

static struct geo_edge edge_between(const struct geo_point *a, const struct geo_point *b)
{
    const struct geo_point *south = a->latitude < b->latitude ? a : b, *north = south == a ? b : a;
    double height = north->latitude - south->latitude;
    double slope = height > 0 ? (north->longitude - south->longitude) / height : 0;
    return (struct geo_edge){south->latitude, north->latitude, south->longitude, slope};
}

static int find_edges(struct geo_polygon *polygon)
{
    const struct geo_point *before = &polygon->vertices[polygon->count - 1];
    polygon->edges = mem_try_alloc(polygon->count * sizeof *polygon->edges);
    if (!polygon->edges)
        return -ENOMEM;
    for (size_t i = 0; i < polygon->count; i++) {
        polygon->edges[i] = edge_between(before, &polygon->vertices[i]);
        before = &polygon->vertices[i];
    }
    return 0;
}

/*
 * Makes starts[band] the number of edges that touch the band. Each adds one where it begins and takes it away
 * behind.
 */
static bool count_edges(struct geo_polygon *polygon)
{
    uint32_t touching = 0;
    for (size_t i = 0; i < polygon->count; i++) {
        polygon->starts[band_at(polygon, polygon->edges[i].south)]++;
        polygon->starts[band_at(polygon, polygon->edges[i].north) + 1]--;
    }
    for (uint32_t band = 0; band < polygon->bands; band++) {
        polygon->starts[band] = touching += polygon->starts[band];
        if (touching > GEO_POLYGON_EDGES_MAX)
            return false;
    }
    return true;
}

/* Makes numbers into places: starts[band] is where the edges of the band end, and each is put before that. */
static int list_edges(struct geo_polygon *polygon)
{
    size_t all = 0;
    for (uint32_t band = 0; band < polygon->bands; band++)
        polygon->starts[band] = (uint32_t)(all += polygon->starts[band]);
    polygon->starts[polygon->bands] = (uint32_t)all;
    polygon->touching = mem_try_alloc(all * sizeof *polygon->touching);
    if (!polygon->touching)
        return -ENOMEM;
    for (size_t i = 0; i < polygon->count; i++) {
        uint32_t last = band_at(polygon, polygon->edges[i].north);
        for (uint32_t band = band_at(polygon, polygon->edges[i].south); band <= last; band++)
            polygon->touching[--polygon->starts[band]] = (uint32_t)i;
    }
    return 0;
}

int geo_polygon_close(struct geo_polygon *polygon)
{
    find_bounds(polygon);
    if (find_tops(polygon) != 0 || find_edges(polygon) != 0)
        return -ENOMEM;
    polygon->starts = mem_try_calloc(((size_t)polygon->bands + 1) * sizeof *polygon->starts);
    if (!polygon->starts)
        return -ENOMEM;
    return count_edges(polygon) ? list_edges(polygon) : -E2BIG;
}

/* ---- places ---- */

/* Whether a line from the place to the east crosses an edge. Of an edge's ends the one in the south belongs to it. */
static bool crosses(const struct geo_edge *edge, const struct geo_point *point)
{
    bool beside = (edge->south <= point->latitude) & (point->latitude < edge->north);
    return beside & (point->longitude < edge->longitude + (point->latitude - edge->south) * edge->slope);
}

bool geo_polygon_has(const struct geo_polygon *polygon, const struct geo_point *point)
{
    bool inside = false;
    const struct geohash_bounds *bounds = &polygon->bounds;
    if (point->latitude < bounds->south || point->latitude > bounds->north || point->longitude < bounds->west ||
        point->longitude > bounds->east)
        return false;
    uint32_t band = band_at(polygon, point->latitude);
    for (uint32_t i = polygon->starts[band]; i < polygon->starts[band + 1]; i++)
        inside ^= crosses(&polygon->edges[polygon->touching[i]], point);
    return inside;
}

struct geo_point geo_polygon_middle(const struct geo_polygon *polygon)
{
    const double radian = M_PI / 180;
    double x = 0, y = 0, z = 0;
    for (size_t i = 0; i < polygon->count; i++) {
        double longitude = polygon->vertices[i].longitude * radian, latitude = polygon->vertices[i].latitude * radian;
        x += cos(latitude) * cos(longitude);
        y += cos(latitude) * sin(longitude);
        z += sin(latitude);
    }
    return (struct geo_point){atan2(y, x) / radian, atan2(z, hypot(x, y)) / radian};
}
