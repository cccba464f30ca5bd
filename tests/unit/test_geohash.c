/* Geohashes: values known from elsewhere, round trips, and cells beside each other, also over the edges of the map. */
#include "kit/scratch.h"
#include "kit/suites.h"
#include "types/geohash.h"

#include <check.h>
#include <math.h>

#define ROUNDS 100000

static struct dice dice;

static double between(double low, double high)
{
    return low + (high - low) * (double)dice_below(&dice, UINT64_C(1) << 53) / 0x1p53;
}

static struct geo_point somewhere(void)
{
    return (struct geo_point){between(-180, 180), between(-GEOHASH_LATITUDE_MAX, GEOHASH_LATITUDE_MAX)};
}

static bool same_cell(struct geohash_cell a, struct geohash_cell b)
{
    return a.bits == b.bits && a.step == b.step;
}

START_TEST(places_have_the_texts_and_scores_that_others_give_them)
{
    /* Niemeyer's geohash.org and the Wikipedia article on it, Redis's documentation; scores from redis-server 7.0 */
    static const struct {
        struct geo_point point;
        double score;
        const char *text;
    } known[] = {{{10.40744, 57.64911}, 3681059750050666, "u4pruydqqv0"},
                 {{-5.6, 42.6}, 2157242200379188, "ezs42e44yx0"},
                 {{13.361389, 38.115556}, 3479099956230698, "sqc8b49rny0"},
                 {{15.087269, 37.502669}, 3479447370796909, "sqdtr74hyu0"},
                 {{0, 0}, 3377699720527872, "s0000000000"},
                 {{-180, -85.05112878}, 0, "00bh0hbj200"},
                 {{180, 85.05112878}, 13510798882111488, "bp05b5048p0"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char text[GEOHASH_TEXT_LEN + 1];
        ck_assert(geohash_score(&known[i].point) == known[i].score);
        geohash_text(known[i].score, text);
        ck_assert_str_eq(text, known[i].text);
    }
}
END_TEST

START_TEST(a_score_that_is_no_geohash_is_some_place)
{
    /* from redis-server 7.0 on x86 */
    static const struct {
        double score, longitude, latitude;
        const char *text;
    } known[] = {{-1, 180, 85.05112878, "bp05b5048p0"},
                 {-5, 180, 85.05112878, "bp05b5048p0"},
                 {1.5, -179.99999731779098511, -85.05112497791824921, "00bh0hbj210"},
                 {0x1p52, -179.99999731779098511, 85.05112878, "bp05b5048p0"},
                 {1e300, -179.99999731779098511, -85.05112751263942528, "00bh0hbj200"},
                 {-1e300, 180, -85.05112751263942528, "00bh0hbj200"},
                 {INFINITY, -179.99999731779098511, -85.05112751263942528, "00bh0hbj200"},
                 {-INFINITY, 180, -85.05112751263942528, "00bh0hbj200"},
                 {0x1p63, 180, -85.05112751263942528, "00bh0hbj200"},
                 {0x1p64, -179.99999731779098511, -85.05112751263942528, "00bh0hbj200"},
                 {-0x1p63, 180, -85.05112751263942528, "00bh0hbj200"},
                 {1.2e19, 180, 85.05112878, "bp05b5048p0"},
                 {9.3e18, 180, 85.05112878, "bp05b5048p0"}};
    for (size_t i = 0; i < sizeof known / sizeof known[0]; i++) {
        char text[GEOHASH_TEXT_LEN + 1];
        struct geo_point point = geohash_point(known[i].score);
        ck_assert(point.longitude == known[i].longitude && point.latitude == known[i].latitude);
        geohash_text(known[i].score, text);
        ck_assert_str_eq(text, known[i].text);
    }
}
END_TEST

START_TEST(a_score_leads_back_to_its_place)
{
    dice = dice_create(1);
    for (int round = 0; round < ROUNDS; round++) {
        struct geo_point point = somewhere(), back = geohash_point(geohash_score(&point));
        must(fabs(back.longitude - point.longitude) <= 180 / 0x1p26 * 1.001);
        must(fabs(back.latitude - point.latitude) <= GEOHASH_LATITUDE_MAX / 0x1p26 * 1.001);
        must(geohash_score(&back) == geohash_score(&point));
    }
}
END_TEST

START_TEST(a_cell_holds_its_places_and_their_scores)
{
    dice = dice_create(2);
    for (int round = 0; round < ROUNDS; round++) {
        struct geo_point point = somewhere();
        struct geohash_cell cell = geohash_cell_at(&point, 1 + (unsigned)dice_below(&dice, GEOHASH_STEP_MAX));
        struct geohash_bounds bounds;
        double from, below, score = geohash_score(&point), tiny = 1e-12;
        geohash_cell_bounds(&cell, &bounds);
        must(bounds.west - tiny <= point.longitude && point.longitude <= bounds.east + tiny);
        must(bounds.south - tiny <= point.latitude && point.latitude <= bounds.north + tiny);
        geohash_cell_scores(&cell, &from, &below);
        must(from <= score && score < below);
    }
}
END_TEST

START_TEST(neighbors_touch_and_have_each_other_for_neighbors)
{
    dice = dice_create(3);
    for (int round = 0; round < ROUNDS; round++) {
        struct geo_point point = somewhere();
        struct geohash_cell cell = geohash_cell_at(&point, 2 + (unsigned)dice_below(&dice, GEOHASH_STEP_MAX - 1));
        struct geohash_cell east = geohash_neighbor(&cell, 1, 0), north = geohash_neighbor(&cell, 0, 1);
        struct geohash_bounds own, eastern, northern;
        geohash_cell_bounds(&cell, &own);
        geohash_cell_bounds(&east, &eastern);
        geohash_cell_bounds(&north, &northern);
        must(eastern.west == own.east || (own.east == 180 && eastern.west == -180));
        must(eastern.south == own.south && northern.west == own.west);
        must(northern.south == own.north ||
             (fabs(own.north - GEOHASH_LATITUDE_MAX) < 1e-9 && northern.south == -GEOHASH_LATITUDE_MAX));
        must(same_cell(geohash_neighbor(&east, -1, 0), cell));
        must(same_cell(geohash_neighbor(&north, 0, -1), cell));
        must(same_cell(geohash_neighbor(&east, 0, 1), geohash_neighbor(&cell, 1, 1)));
    }
}
END_TEST

START_TEST(beyond_the_date_line_and_the_poles_is_the_opposite_edge)
{
    struct geo_point far_east = {179.9, 10}, far_west = {-179.9, 10}, far_north = {10, 85}, far_south = {10, -85};
    for (unsigned step = 1; step <= 8; step++) {
        struct geohash_cell east = geohash_cell_at(&far_east, step), north = geohash_cell_at(&far_north, step);
        ck_assert(same_cell(geohash_neighbor(&east, 1, 0), geohash_cell_at(&far_west, step)));
        ck_assert(same_cell(geohash_neighbor(&north, 0, 1), geohash_cell_at(&far_south, step)));
    }
    struct geo_point corner = {180, 0};
    struct geohash_cell outside = geohash_cell_at(&corner, 8);
    ck_assert(same_cell(geohash_neighbor(&outside, -1, 0), geohash_cell_at(&(struct geo_point){179.9, 0}, 8)));
}
END_TEST

START_TEST(what_is_no_place_is_invalid)
{
    static const struct geo_point invalid[] = {{180.1, 0}, {-180.1, 0}, {0, 85.06},   {0, -90},
                                               {NAN, 0},   {0, NAN},    {INFINITY, 0}};
    static const struct geo_point valid[] = {{180, 85.05112878}, {-180, -85.05112878}, {0, 0}};
    for (size_t i = 0; i < sizeof invalid / sizeof invalid[0]; i++)
        ck_assert(!geo_point_is_valid(&invalid[i]));
    for (size_t i = 0; i < sizeof valid / sizeof valid[0]; i++)
        ck_assert(geo_point_is_valid(&valid[i]));
}
END_TEST

Suite *suite_geohash(void);
Suite *suite_geohash(void)
{
    Suite *suite = suite_create("geohash");
    TCase *tcase = tcase_create("geohash");
    tcase_add_test(tcase, places_have_the_texts_and_scores_that_others_give_them);
    tcase_add_test(tcase, a_score_that_is_no_geohash_is_some_place);
    tcase_add_test(tcase, a_score_leads_back_to_its_place);
    tcase_add_test(tcase, a_cell_holds_its_places_and_their_scores);
    tcase_add_test(tcase, neighbors_touch_and_have_each_other_for_neighbors);
    tcase_add_test(tcase, beyond_the_date_line_and_the_poles_is_the_opposite_edge);
    tcase_add_test(tcase, what_is_no_place_is_invalid);
    suite_add_tcase(suite, tcase);
    return suite;
}
