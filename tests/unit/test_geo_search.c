/*
 * Shapes on Earth and searches: distances that are known, cells that leave out nothing, polygons beside the plain
 * rule, and matches that are kept beside all of them sorted.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "types/geo_search.h"
#include "types/zset.h"

#include <check.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#define SHAPES 3000
#define POINTS 300

static struct dice dice;

static double between(double low, double high)
{
    return low + (high - low) * (double)dice_below(&dice, UINT64_C(1) << 53) / 0x1p53;
}

static struct geo_point somewhere(double width, double height)
{
    return (struct geo_point){between(-width, width), between(-height, height)};
}

/* ---- distances ---- */

START_TEST(distances_are_those_of_the_globe)
{
    const double quarter = M_PI / 2 * GEO_EARTH_RADIUS;
    struct geo_point origin = {0, 0}, east = {90, 0}, west = {-180, 0}, pole = {17, 90};
    struct geo_point palermo = geohash_point(3479099956230698), catania = geohash_point(3479447370796909);
    ck_assert_double_eq_tol(geo_distance(&palermo, &catania), 166274.1516, 0.0001); /* Redis's documentation */
    ck_assert_double_eq_tol(geo_distance(&origin, &east), quarter, 0.001);
    ck_assert_double_eq_tol(geo_distance(&origin, &pole), quarter, 0.001);
    ck_assert_double_eq_tol(geo_distance(&origin, &west), 2 * quarter, 0.001);
    ck_assert(geo_distance(&palermo, &palermo) == 0);
}
END_TEST

START_TEST(opposite_places_have_a_distance)
{
    dice = dice_create(1);
    for (int round = 0; round < 100000; round++) {
        struct geo_point a = somewhere(180, 85),
                         b = {a.longitude > 0 ? a.longitude - 180 : a.longitude + 180, -a.latitude};
        must(fabs(geo_distance(&a, &b) - M_PI * GEO_EARTH_RADIUS) < 1);
    }
}
END_TEST

/* ---- cells ---- */

static bool in_cells(const struct geo_shape *shape, const struct geo_point *point)
{
    struct geohash_cell cells[GEO_CELLS_MAX];
    unsigned count = geo_shape_cells(shape, cells), found = 0;
    double score = geohash_score(point), from, below;
    must(count >= 1 && count <= GEO_CELLS_MAX);
    for (unsigned i = 0; i < count; i++) {
        geohash_cell_scores(&cells[i], &from, &below);
        found += score >= from && score < below;
    }
    must(found <= 1);
    return found == 1;
}

/* Points near and far, each of which lies in just one cell if it lies within the shape. */
static void check_cells(const struct geo_shape *shape, double degrees)
{
    double distance;
    for (int i = 0; i < POINTS; i++) {
        struct geo_point near = {shape->center.longitude + between(-degrees, degrees),
                                 shape->center.latitude + between(-degrees, degrees)};
        near.longitude -= near.longitude > 180 ? 360 : near.longitude < -180 ? -360 : 0;
        if (geo_point_is_valid(&near) && geo_shape_has(shape, &near, &distance))
            must(in_cells(shape, &near));
    }
}

START_TEST(all_of_a_circle_lies_in_its_cells)
{
    dice = dice_create(2);
    for (int round = 0; round < SHAPES; round++) {
        struct geo_shape shape = {.form = GEO_CIRCLE, .center = somewhere(180, 60), .unit = 1};
        shape.radius = pow(10, between(0, 6.2));
        check_cells(&shape, fmin(shape.radius / 50000, 60));
    }
}
END_TEST

START_TEST(all_of_a_box_lies_in_its_cells)
{
    dice = dice_create(3);
    for (int round = 0; round < SHAPES; round++) {
        struct geo_shape shape = {.form = GEO_BOX, .center = somewhere(180, 60), .unit = 1000};
        shape.width = pow(10, between(-3, 3.2));
        shape.height = pow(10, between(-3, 3.2));
        check_cells(&shape, fmin(fmax(shape.width, shape.height) / 50, 60));
    }
}
END_TEST

/* ---- polygons ---- */

static struct geo_shape polygon_shape(size_t count)
{
    struct geo_shape shape = {.form = GEO_POLYGON, .unit = 1};
    must(geo_polygon_init(&shape.polygon, count) == 0);
    return shape;
}

/* Vertices anywhere, so that edges cross each other. */
static struct geo_shape any_polygon(void)
{
    struct geo_shape shape = polygon_shape(3 + dice_below(&dice, dice_chance(&dice, 30) ? 400 : 12));
    double width = pow(10, between(-3, 1.9)), height = pow(10, between(-3, 1.5));
    struct geo_point corner = somewhere(180 - width, 85 - height);
    for (size_t i = 0; i < shape.polygon.count; i++)
        shape.polygon.vertices[i] =
            (struct geo_point){corner.longitude + between(-width, width), corner.latitude + between(-height, height)};
    must(geo_polygon_close(&shape.polygon) == 0);
    shape.center = geo_polygon_middle(&shape.polygon);
    return shape;
}

static bool plainly_has(const struct geo_polygon *polygon, const struct geo_point *point)
{
    bool inside = false;
    for (size_t i = 0; i < polygon->count; i++) {
        struct geo_point a = polygon->vertices[i], b = polygon->vertices[(i + 1) % polygon->count];
        if ((a.latitude > point->latitude) != (b.latitude > point->latitude) &&
            point->longitude <
                a.longitude + (point->latitude - a.latitude) / (b.latitude - a.latitude) * (b.longitude - a.longitude))
            inside = !inside;
    }
    return inside;
}

START_TEST(a_polygon_has_what_an_odd_number_of_edges_is_beside)
{
    dice = dice_create(4);
    for (int round = 0; round < SHAPES / 10; round++) {
        struct geo_shape shape = any_polygon();
        const struct geohash_bounds *bounds = &shape.polygon.bounds;
        double distance, width = bounds->east - bounds->west, height = bounds->north - bounds->south;
        for (int i = 0; i < POINTS; i++) {
            struct geo_point point = {between(bounds->west - width / 10, bounds->east + width / 10),
                                      between(bounds->south - height / 10, bounds->north + height / 10)};
            bool has = geo_shape_has(&shape, &point, &distance);
            must(has == plainly_has(&shape.polygon, &point));
            if (has)
                must(geo_point_is_valid(&point) && in_cells(&shape, &point));
        }
        geo_polygon_deinit(&shape.polygon);
    }
}
END_TEST

START_TEST(a_polygon_is_searched_in_all_of_the_map_if_need_be)
{
    static const struct geo_point world[] = {{-180, -85}, {180, -85}, {180, 85}, {-180, 85}};
    static const struct geo_point cap[] = {{-180, 84}, {0, 84}, {180, 84}, {180, 85}, {0, 85}, {-180, 85}};
    static const struct geo_point points[] = {{-179, 84.5}, {-1, 84.5}, {1, 84.5}, {90, 84.5}, {179, 84.5}};
    struct geo_shape shapes[] = {polygon_shape(4), polygon_shape(6)};
    double distance;
    memcpy(shapes[0].polygon.vertices, world, sizeof world);
    memcpy(shapes[1].polygon.vertices, cap, sizeof cap);
    for (size_t s = 0; s < 2; s++) {
        ck_assert_int_eq(geo_polygon_close(&shapes[s].polygon), 0);
        shapes[s].center = geo_polygon_middle(&shapes[s].polygon);
        for (size_t i = 0; i < sizeof points / sizeof points[0]; i++)
            ck_assert(geo_shape_has(&shapes[s], &points[i], &distance) && in_cells(&shapes[s], &points[i]));
        geo_polygon_deinit(&shapes[s].polygon);
    }
}
END_TEST

START_TEST(a_flat_polygon_has_nothing)
{
    struct geo_shape shape = polygon_shape(100);
    for (size_t i = 0; i < 100; i++)
        shape.polygon.vertices[i] = (struct geo_point){(double)i, 10};
    ck_assert_int_eq(geo_polygon_close(&shape.polygon), 0);
    ck_assert(!geo_polygon_has(&shape.polygon, &(struct geo_point){5, 10}));
    geo_polygon_deinit(&shape.polygon);
}
END_TEST

START_TEST(a_vertex_at_a_place_s_latitude_counts_once)
{
    static const struct geo_point corners[] = {{0, -1}, {1, 0}, {0, 1}, {-1, 0}};
    struct geo_shape shape = polygon_shape(4);
    memcpy(shape.polygon.vertices, corners, sizeof corners);
    ck_assert_int_eq(geo_polygon_close(&shape.polygon), 0);
    ck_assert(geo_polygon_has(&shape.polygon, &(struct geo_point){0, 0}));
    ck_assert(geo_polygon_has(&shape.polygon, &(struct geo_point){-0.5, 0}));
    geo_polygon_deinit(&shape.polygon);
}
END_TEST

/* A coast of so many vertices around 0 0, a saw, or the same saw upright. */
static int close_polygon(size_t count, bool round, bool upright)
{
    struct geo_shape shape = polygon_shape(count);
    for (size_t i = 0; i < count; i++) {
        double part = (double)i / (double)count, turn = 2 * M_PI * part, wave = 10 + (double)(i % 2) * 0.001;
        struct geo_point saw = {upright ? (i % 2) * 50.0 : part * 50, upright ? part * 50 : (i % 2) * 50.0};
        shape.polygon.vertices[i] = round ? (struct geo_point){wave * cos(turn), wave * sin(turn)} : saw;
    }
    int outcome = geo_polygon_close(&shape.polygon);
    if (outcome == 0 && round)
        must(geo_polygon_has(&shape.polygon, &(struct geo_point){7, 7}) &&
             !geo_polygon_has(&shape.polygon, &(struct geo_point){7.2, 7.2}));
    geo_polygon_deinit(&shape.polygon);
    return outcome;
}

START_TEST(a_place_costs_a_bounded_number_of_edges)
{
    ck_assert_int_eq(close_polygon(100000, true, false), 0);
    ck_assert_int_eq(close_polygon(100000, false, true), 0);
    ck_assert_int_eq(close_polygon(GEO_POLYGON_EDGES_MAX, false, false), 0);
    ck_assert_int_eq(close_polygon(2 * GEO_POLYGON_EDGES_MAX, false, false), -E2BIG);
}
END_TEST

START_TEST(a_polygon_without_memory_is_none)
{
    for (unsigned countdown = 1; countdown <= 6; countdown++) {
        struct geo_polygon polygon;
        mem_fail_after(countdown);
        int outcome = geo_polygon_init(&polygon, 200);
        for (size_t i = 0; outcome == 0 && i < 200; i++)
            polygon.vertices[i] = (struct geo_point){(double)(i % 7), (double)i / 4};
        if (outcome == 0)
            outcome = geo_polygon_close(&polygon);
        mem_fail_after(0);
        ck_assert_int_eq(outcome, -ENOMEM);
        geo_polygon_deinit(&polygon);
    }
}
END_TEST

START_TEST(the_middle_of_a_polygon_is_on_the_ground_below_its_vertices)
{
    struct geo_shape shape = polygon_shape(4);
    struct geo_point square[] = {{-10, -10}, {10, -10}, {10, 10}, {-10, 10}};
    memcpy(shape.polygon.vertices, square, sizeof square);
    struct geo_point middle = geo_polygon_middle(&shape.polygon);
    ck_assert(fabs(middle.longitude) < 1e-9 && fabs(middle.latitude) < 1e-9);
    geo_polygon_deinit(&shape.polygon);
}
END_TEST

/* ---- searching, and what is kept ---- */

static struct entry *places_create(unsigned count)
{
    static const struct zset_limits limits = {128, 64};
    struct collection places;
    struct entry *entry = collection_create(&zset_kind, (struct bytes){"key", 3}, ENTRY_NO_EXPIRY);
    collection_open(&places, &zset_kind, entry);
    for (unsigned i = 0; i < count; i++) {
        char text[16];
        struct element element;
        struct geo_point point = somewhere(5, 5);
        element_init(&element, text, (size_t)snprintf(text, sizeof text, "p%u", i));
        must(zset_add(&places, &element, NULL, geohash_score(&point), &limits) == 0);
    }
    return places.entry;
}

struct gathering {
    struct geo_matches *all, *some;
    unsigned calls, limit;
};

static bool gather_match(void *context, const struct geo_match *match)
{
    struct gathering *gathering = context;
    must(match->place == gathering->calls++);
    must(geo_matches_add(gathering->all, match) == 0 && geo_matches_add(gathering->some, match) == 0);
    return gathering->calls != gathering->limit;
}

START_TEST(a_search_finds_what_looking_at_each_finds)
{
    dice = dice_create(5);
    for (unsigned count = 20; count <= 2000; count *= 10) {
        struct entry *entry = places_create(count);
        struct collection places;
        collection_open(&places, &zset_kind, entry);
        for (int round = 0; round < 50; round++) {
            struct geo_shape shape = {
                .form = GEO_CIRCLE, .center = somewhere(5, 5), .unit = 1, .radius = between(1, 9e5)};
            struct geo_matches all = {.order = GEO_AS_FOUND, .wanted = UINT64_MAX}, some = all;
            struct gathering gathering = {.all = &all, .some = &some};
            struct collection_place place;
            unsigned expected = 0;
            double distance;
            geo_search(&places, &shape, gather_match, &gathering);
            for (bool more = collection_at(&places, 0, &place); more; more = collection_next(&places, &place)) {
                struct geo_point point = geohash_point(zset_score(place.record));
                expected += geo_shape_has(&shape, &point, &distance);
            }
            ck_assert_uint_eq(gathering.calls, expected);
            if (expected > 1) {
                gathering.calls = 0;
                gathering.limit = expected / 2;
                geo_search(&places, &shape, gather_match, &gathering);
                ck_assert_uint_eq(gathering.calls, expected / 2);
            }
            geo_matches_deinit(&all);
            geo_matches_deinit(&some);
        }
        entry_free(entry);
    }
}
END_TEST

static bool is_before(const struct geo_match *a, const struct geo_match *b, enum geo_order order)
{
    if (order == GEO_AS_FOUND || a->distance == b->distance)
        return a->place < b->place;
    return order == GEO_NEAREST_FIRST ? a->distance < b->distance : a->distance > b->distance;
}

START_TEST(of_many_matches_the_first_are_kept)
{
    dice = dice_create(6);
    for (int round = 0; round < 600; round++) {
        enum geo_order order = (enum geo_order)(round % 3);
        uint64_t wanted = 1 + dice_below(&dice, 60), count = dice_below(&dice, 200);
        struct geo_matches all = {.order = order, .wanted = UINT64_MAX}, some = {.order = order, .wanted = wanted};
        for (uint64_t i = 0; i < count; i++) {
            struct geo_match match = {.distance = (double)dice_below(&dice, 50), .place = i};
            must(geo_matches_add(&all, &match) == 0 && geo_matches_add(&some, &match) == 0);
        }
        geo_matches_sort(&all);
        geo_matches_sort(&some);
        must(all.count == count && some.count == (wanted < count ? wanted : count));
        for (size_t i = 0; i + 1 < all.count; i++)
            must(is_before(&all.array[i], &all.array[i + 1], order));
        for (size_t i = 0; i < some.count; i++)
            must(some.array[i].place == all.array[i].place);
        geo_matches_deinit(&all);
        geo_matches_deinit(&some);
    }
}
END_TEST

START_TEST(without_memory_the_matches_so_far_stay)
{
    struct geo_matches matches = {.order = GEO_NEAREST_FIRST, .wanted = UINT64_MAX};
    unsigned failures = 0;
    for (uint64_t i = 0; i < 1000; i++) {
        struct geo_match match = {.distance = (double)(i * 7 % 1000), .place = i};
        mem_fail_after(1);
        int outcome = geo_matches_add(&matches, &match);
        mem_fail_after(0);
        ck_assert(outcome == 0 || outcome == -ENOMEM);
        ck_assert_uint_eq(matches.count, i + (outcome == 0));
        failures += outcome != 0;
        if (outcome != 0)
            ck_assert_int_eq(geo_matches_add(&matches, &match), 0);
    }
    ck_assert_uint_gt(failures, 2);
    geo_matches_deinit(&matches);
}
END_TEST

Suite *suite_geo_search(void);
Suite *suite_geo_search(void)
{
    Suite *suite = suite_create("geo search");
    TCase *tcase = tcase_create("shapes");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 120 : 30);
    tcase_add_test(tcase, distances_are_those_of_the_globe);
    tcase_add_test(tcase, opposite_places_have_a_distance);
    tcase_add_test(tcase, all_of_a_circle_lies_in_its_cells);
    tcase_add_test(tcase, all_of_a_box_lies_in_its_cells);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("polygons");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 120 : 30);
    tcase_add_test(tcase, a_polygon_has_what_an_odd_number_of_edges_is_beside);
    tcase_add_test(tcase, a_polygon_is_searched_in_all_of_the_map_if_need_be);
    tcase_add_test(tcase, a_flat_polygon_has_nothing);
    tcase_add_test(tcase, a_vertex_at_a_place_s_latitude_counts_once);
    tcase_add_test(tcase, a_place_costs_a_bounded_number_of_edges);
    tcase_add_test(tcase, a_polygon_without_memory_is_none);
    tcase_add_test(tcase, the_middle_of_a_polygon_is_on_the_ground_below_its_vertices);
    suite_add_tcase(suite, tcase);
    tcase = tcase_create("matches");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 120 : 30);
    tcase_add_test(tcase, a_search_finds_what_looking_at_each_finds);
    tcase_add_test(tcase, of_many_matches_the_first_are_kept);
    tcase_add_test(tcase, without_memory_the_matches_so_far_stay);
    suite_add_tcase(suite, tcase);
    return suite;
}
