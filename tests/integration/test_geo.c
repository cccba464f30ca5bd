/*
 * Places, as a client sees them. What Redis answers is the business of the differential tests; polygons, which it
 * doesn't know, and limits are that of these.
 */
#include "kit/served.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define NO_MEMBER "-ERR could not decode requested zset member"
#define FEW_VERTICES "-ERR GEOSEARCH BYPOLYGON must have at least 3 vertices"
#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value"

#define SQUARE "4", "12", "37", "16", "37", "16", "39", "12", "39"

static void add_sicily(void)
{
    kit_expect(c, ":5", "GEOADD", "g", "13.361389", "38.115556", "Palermo", "14.733333", "36.933333", "Ragusa",
               "15.087269", "37.502669", "Catania", "15.287602", "37.070104", "Siracusa", "13.588412", "37.311348",
               "Agrigento");
}

START_TEST(places_are_added_and_asked_for)
{
    kit_expect(c, ":1", "GEOADD", "g", "13.361389", "38.115556", "Palermo");
    kit_expect(c, ":1", "GEOADD", "g", "15", "37", "Palermo", "15.087269", "37.502669", "Catania");
    kit_expect(c, ":0", "GEOADD", "g", "NX", "CH", "0", "0", "Palermo");
    kit_expect(c, ":1", "GEOADD", "g", "XX", "CH", "13.361389", "38.115556", "Palermo", "1", "1", "Rome");
    kit_expect(c, "$166274.1516", "GEODIST", "g", "Palermo", "Catania");
    kit_expect(c, "$103.3182", "GEODIST", "g", "Palermo", "Catania", "MI");
    kit_expect(c, "nil", "GEODIST", "g", "Palermo", "Rome");
    kit_expect(c, "[$sqc8b49rny0 nil $sqdtr74hyu0]", "GEOHASH", "g", "Palermo", "Rome", "Catania");
    kit_expect(c, "[[$13.36138933897018433 $38.11555639549629859] nil]", "GEOPOS", "g", "Palermo", "Rome");
    kit_expect(c, "+zset", "TYPE", "g");
}
END_TEST

START_TEST(a_wrong_place_adds_none)
{
    kit_expect(c, "-ERR invalid longitude,latitude pair 0.000000,86.000000", "GEOADD", "g", "1", "1", "a", "0", "86",
               "b");
    kit_expect(c, "-ERR value is not a valid float", "GEOADD", "g", "1", "1", "a", "0", "x", "b");
    kit_expect(c, "-ERR syntax error", "GEOADD", "g", "NX", "XX", "1", "1", "a");
    kit_expect(c, "-ERR syntax error", "GEOADD", "g", "CH", "CH", "CH");
    kit_expect(c, ":0", "GEOADD", "g", "XX", "1", "1", "a");
    kit_expect(c, ":0", "EXISTS", "g");
    kit_expect(c, "+OK", "SET", "s", "v");
    kit_expect(c, WRONG_TYPE, "GEOADD", "s", "1", "1", "a");
    kit_expect(c, WRONG_TYPE, "GEOSEARCHSTORE", "g", "s", "no", "such", "options", "at", "all");
}
END_TEST

START_TEST(circles_and_boxes_are_searched)
{
    add_sicily();
    kit_expect(c, "[$Catania $Siracusa $Ragusa]", "GEOSEARCH", "g", "FROMLONLAT", "15", "37.4", "BYRADIUS", "60", "km",
               "ASC");
    kit_expect(c, "[$Ragusa $Siracusa]", "GEOSEARCH", "g", "FROMMEMBER", "Catania", "BYBOX", "80", "140", "km", "DESC",
               "COUNT", "2");
    kit_expect(c, "[[$Palermo $0.0000 :3479099956230698]]", "GEORADIUSBYMEMBER", "g", "Palermo", "10", "mi", "WITHHASH",
               "WITHDIST");
    kit_expect(c, NO_MEMBER, "GEOSEARCH", "g", "FROMMEMBER", "Rome", "BYRADIUS", "60", "km");
    kit_expect(c, "[]", "GEOSEARCH", "none", "FROMMEMBER", "Rome", "BYRADIUS", "60", "km");
    kit_expect(c, "[]", "GEORADIUS_RO", "g", "0", "0", "1", "m");
}
END_TEST

START_TEST(results_are_stored_also_under_the_key_that_was_searched)
{
    add_sicily();
    kit_expect(c, ":2", "GEOSEARCHSTORE", "near", "g", "FROMMEMBER", "Catania", "BYRADIUS", "60", "km");
    kit_expect(c, ":1", "GEORADIUS", "g", "15", "37.4", "60", "km", "COUNT", "1", "STORE", "none", "STORE", "nearest");
    kit_expect(c, ":0", "EXISTS", "none");
    kit_expect(c, "[$sqdtr74hyu0]", "GEOHASH", "nearest", "Catania");
    kit_expect(c, ":1", "EXPIRE", "g", "100");
    kit_expect(c, ":2", "GEOSEARCHSTORE", "g", "g", "FROMMEMBER", "Catania", "BYRADIUS", "60", "km");
    kit_expect(c, ":-1", "TTL", "g");
    kit_expect(c, "[nil $sqdtr74hyu0]", "GEOHASH", "g", "Palermo", "Catania");
    kit_expect(c, ":0", "GEOSEARCHSTORE", "g", "g", "FROMLONLAT", "0", "0", "BYRADIUS", "1", "km");
    kit_expect(c, ":0", "EXISTS", "g");
}
END_TEST

START_TEST(polygons_are_searched)
{
    add_sicily();
    /* examples of Valkey's documentation */
    kit_expect(c, ":2", "GEOADD", "g", "12.758489", "38.788135", "edge1", "17.241510", "38.788135", "edge2");
    kit_expect(c, "[[$Palermo $166482.0159] [$edge2 $180861.7725]]", "GEOSEARCH", "g", "BYPOLYGON", "5",
               "12.41098696654226", "38.05033923003755", "15.107936245794182", "38.00616649901906",
               "18.148439288534455", "38.63804787603499", "17.80831874257693", "39.50316813110968",
               "12.458468633214036", "38.57719533463012", "ASC", "WITHDIST");
    kit_expect(c, "[$Palermo $Ragusa $Siracusa]", "GEOSEARCH", "g", "BYPOLYGON", "6", "13.268550", "38.354626",
               "15.379554", "37.143270", "14.7", "36.6", "14.193438", "37.334376", "12.972021", "38.138380", "13.3",
               "38.2");
    kit_expect(c, ":2", "GEOSEARCHSTORE", "in", "g", "DESC", "BYPOLYGON", SQUARE, "COUNT", "2");
    kit_expect(c, "[]", "GEOSEARCH", "g", "BYPOLYGON", "3", "1", "1", "2", "2", "3", "3");
    kit_expect(c, "[]", "GEOSEARCH", "none", "BYPOLYGON", SQUARE);
}
END_TEST

START_TEST(polygons_that_are_none_are_refused)
{
    add_sicily();
    kit_expect(c, FEW_VERTICES, "GEOSEARCH", "g", "BYPOLYGON", "2", "1", "1", "2", "2");
    kit_expect(c, FEW_VERTICES, "GEOSEARCH", "g", "BYPOLYGON", "3", "1", "1", "2", "2");
    kit_expect(c, FEW_VERTICES, "GEOSEARCH", "g", "BYPOLYGON", "-1", "1", "1", "2", "2");
    kit_expect(c, "-ERR GEOSEARCH BYPOLYGON must have at least 9223372036854775807 vertices", "GEOSEARCH", "g",
               "BYPOLYGON", "9223372036854775807", "1", "1", "2");
    kit_expect(c, "-ERR value is not an integer or out of range", "GEOSEARCH", "g", "BYPOLYGON", "x", "1", "1", "2");
    kit_expect(c, "-ERR invalid longitude,latitude pair 1.000000,90.000000", "GEOSEARCH", "g", "BYPOLYGON", "3", "1",
               "90", "2", "2", "3", "3");
    kit_expect(c, "-ERR syntax error", "GEOSEARCH", "g", "BYPOLYGON", SQUARE, "BYBOX", "1", "1", "km");
    kit_expect(c, "-ERR syntax error", "GEOSEARCH", "g", "BYBOX", "1", "1", "km", "BYPOLYGON", SQUARE);
    kit_expect(c, "-ERR syntax error", "GEOSEARCH", "g", "BYPOLYGON", SQUARE, "FROMMEMBER", "Palermo");
    kit_expect(c, "-ERR syntax error", "GEOSEARCH", "g", "FROMLONLAT", "1", "1", "BYPOLYGON", SQUARE);
    kit_expect(c, "-ERR syntax error", "GEOSEARCH", "g", "BYPOLYGON", SQUARE, "BYPOLYGON", SQUARE);
    kit_expect(c, "-ERR syntax error", "GEORADIUS", "g", "1", "1", "1", "km", "BYPOLYGON", SQUARE);
    kit_expect(c, "-ERR COUNT must be > 0", "GEOSEARCH", "g", "BYPOLYGON", SQUARE, "COUNT", "0");
}
END_TEST

START_TEST(a_saw_with_too_many_teeth_is_refused)
{
    enum { teeth = 5000 };
    static char numbers[2 * teeth][16];
    const char *words[4 + 2 * teeth + 1] = {"GEOSEARCH", "g", "BYPOLYGON", "5000"};
    add_sicily();
    for (int i = 0; i < teeth; i++) {
        snprintf(numbers[2 * i], sizeof numbers[0], "%.3f", i / 100.0);
        snprintf(numbers[2 * i + 1], sizeof numbers[0], "%d", i % 2 * 60);
        words[4 + 2 * i] = numbers[2 * i];
        words[5 + 2 * i] = numbers[2 * i + 1];
    }
    kit_expect_reply(kit_command_args(c, words),
                     "-ERR GEOSEARCH BYPOLYGON must have at most 512 edges at one latitude");
}
END_TEST

/* Adds so many places around 0 0 in requests of a thousand. */
static void add_many(int count)
{
    for (int start = 0; start < count; start += 1000) {
        static char texts[3000][24];
        const char *words[3003] = {"GEOADD", "many"};
        for (int i = 0; i < 1000; i++) {
            snprintf(texts[3 * i], sizeof texts[0], "%.4f", (start + i) % 911 / 1000.0);
            snprintf(texts[3 * i + 1], sizeof texts[0], "%.4f", (start + i) % 1013 / 1000.0);
            snprintf(texts[3 * i + 2], sizeof texts[0], "place-%d", start + i);
            for (int word = 0; word < 3; word++)
                words[2 + 3 * i + word] = texts[3 * i + word];
        }
        kit_expect_reply(kit_command_args(c, words), ":1000");
    }
}

START_TEST(large_sets_are_searched_and_stored)
{
    add_many(20000);
    kit_expect(c, "$skiplist", "OBJECT", "ENCODING", "many");
    kit_expect(c, ":20000", "GEOSEARCHSTORE", "all", "many", "FROMLONLAT", "0", "0", "BYRADIUS", "500", "km");
    kit_expect(c, ":17", "GEOSEARCHSTORE", "few", "many", "FROMLONLAT", "0", "0", "BYRADIUS", "500", "km", "COUNT",
               "17", "ANY");
    redisReply *left = kit_command(c, "DEBUG", "DIGEST-VALUE", "all"),
               *right = kit_command(c, "DEBUG", "DIGEST-VALUE", "many");
    char *all = kit_reply_text(left), *many = kit_reply_text(right);
    ck_assert_str_eq(all, many);
    free(all);
    free(many);
    freeReplyObject(left);
    freeReplyObject(right);
    redisReply *found = kit_command(c, "GEOSEARCH", "many", "FROMLONLAT", "0", "0", "BYRADIUS", "500", "km", "DESC");
    ck_assert_uint_eq(found->elements, 20000);
    freeReplyObject(found);
}
END_TEST

START_TEST(results_that_are_too_large_for_maxmemory_are_not_stored)
{
    add_many(50000);
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", "noeviction");
    char limit[32];
    snprintf(limit, sizeof limit, "%lld", kit_info(c, "used_memory") + 400000);
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory", limit);
    kit_expect(c, "-OOM ...", "GEOSEARCHSTORE", "all", "many", "FROMLONLAT", "0", "0", "BYRADIUS", "500", "km");
    kit_expect(c, ":0", "EXISTS", "all");
    kit_expect(c, ":5", "GEOSEARCHSTORE", "few", "many", "FROMLONLAT", "0", "0", "BYRADIUS", "500", "km", "COUNT", "5");
}
END_TEST

Suite *suite_geo(void);
Suite *suite_geo(void)
{
    Suite *suite = suite_create("geo");
    TCase *tcase = served_tcase("geo");
    tcase_add_test(tcase, places_are_added_and_asked_for);
    tcase_add_test(tcase, a_wrong_place_adds_none);
    tcase_add_test(tcase, circles_and_boxes_are_searched);
    tcase_add_test(tcase, results_are_stored_also_under_the_key_that_was_searched);
    tcase_add_test(tcase, polygons_are_searched);
    tcase_add_test(tcase, polygons_that_are_none_are_refused);
    tcase_add_test(tcase, a_saw_with_too_many_teeth_is_refused);
    tcase_add_test(tcase, large_sets_are_searched_and_stored);
    tcase_add_test(tcase, results_that_are_too_large_for_maxmemory_are_not_stored);
    suite_add_tcase(suite, tcase);
    return suite;
}
