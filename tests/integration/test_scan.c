/* SCAN and KEYS: nothing that stays is missed, nothing that is gone is shown. */
#include "kit/served.h"

#include <check.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define KEYS 5000
#define WORDS(...) ((const char *const[]){__VA_ARGS__, NULL})

static void fill(redisContext *context, const char *prefix, int from, int to)
{
    for (int i = from; i < to; i++)
        redisAppendCommand(context, "SET %s:%d %d", prefix, i, i);
    for (int i = from; i < to; i++)
        kit_expect_next(context, "+OK");
}

/* Notes the names key:0 .. key:KEYS-1 among the elements; returns how many others there were. */
static size_t note_keys(const redisReply *names, unsigned char *seen)
{
    size_t others = 0;
    for (size_t i = 0; i < names->elements; i++) {
        int number;
        if (sscanf(names->element[i]->str, "key:%d", &number) == 1 && number >= 0 && number < KEYS)
            seen[number]++;
        else
            others++;
    }
    return others;
}

/*
 * Walks with these words behind each SCAN, a NULL at the end. Counts how often each key was seen and returns
 * the number of calls that it took.
 */
static size_t scan_all(const char *const *options, unsigned char *seen, size_t *others_out)
{
    char cursor[32] = "0";
    const char *command[8] = {"SCAN", cursor};
    size_t calls = 0;
    for (size_t i = 0; options[i]; i++)
        command[2 + i] = options[i];
    memset(seen, 0, KEYS);
    *others_out = 0;
    do {
        redisReply *reply = kit_command_args(c, command);
        ck_assert_int_eq(reply->type, REDIS_REPLY_ARRAY);
        ck_assert_uint_eq(reply->elements, 2);
        snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
        *others_out += note_keys(reply->element[1], seen);
        freeReplyObject(reply);
        calls++;
    } while (strcmp(cursor, "0") != 0);
    return calls;
}

static size_t count_seen(const unsigned char *seen)
{
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++)
        count += seen[i] > 0;
    return count;
}

START_TEST(scan_returns_every_key_in_steps_of_about_count)
{
    static unsigned char seen[KEYS];
    size_t others;
    kit_expect(c, "[$0 []]", "SCAN", "0");
    fill(c, "key", 0, KEYS);
    size_t calls = scan_all(WORDS(NULL), seen, &others);
    ck_assert_uint_eq(count_seen(seen), KEYS);
    ck_assert_uint_gt(calls, KEYS / 100);
    calls = scan_all(WORDS("COUNT", "1000"), seen, &others);
    ck_assert_uint_eq(count_seen(seen), KEYS);
    ck_assert_uint_le(calls, 50);
    ck_assert_uint_eq(others, 0);
}
END_TEST

START_TEST(scan_filters_by_pattern_and_type)
{
    static unsigned char seen[KEYS];
    size_t others;
    fill(c, "key", 0, 1000);
    fill(c, "other", 0, 1000);
    scan_all(WORDS("MATCH", "key:1??", "COUNT", "100"), seen, &others);
    ck_assert_uint_eq(count_seen(seen), 100);
    ck_assert_uint_eq(others, 0);
    scan_all(WORDS("TYPE", "string", "COUNT", "100"), seen, &others);
    ck_assert_uint_eq(count_seen(seen), 1000);
    ck_assert_uint_ge(others, 1000);
    scan_all(WORDS("TYPE", "hash", "COUNT", "100"), seen, &others);
    ck_assert_uint_eq(count_seen(seen) + others, 0);
    scan_all(WORDS("TYPE", "nonsense", "COUNT", "100"), seen, &others);
    ck_assert_uint_eq(count_seen(seen) + others, 0);
}
END_TEST

START_TEST(scan_refuses_bad_cursors_and_options)
{
    static const char *const cursors[] = {"x", "1x", "-", " 0", "18446744073709551616"};
    for (size_t i = 0; i < sizeof cursors / sizeof cursors[0]; i++)
        kit_expect(c, "-ERR invalid cursor", "SCAN", cursors[i]);
    kit_expect(c, "-ERR syntax error", "SCAN", "0", "COUNT", "0");
    kit_expect(c, "-ERR value is not an integer or out of range", "SCAN", "0", "COUNT", "x");
    kit_expect(c, "-ERR syntax error", "SCAN", "0", "COUNT");
    kit_expect(c, "-ERR syntax error", "SCAN", "0", "NONSENSE", "1");
    kit_expect(c, "[$0 []]", "SCAN", "");
    redisReply *reply = redisCommand(c, "SCAN %b", "0\0x", (size_t)3); /* a NUL ends the number */
    ck_assert_int_eq(reply->type, REDIS_REPLY_ARRAY);
    freeReplyObject(reply);
}
END_TEST

START_TEST(a_cursor_beyond_the_last_finds_nothing)
{
    kit_expect(c, "+OK", "DEBUG", "POPULATE", "1000");
    kit_expect(c, "[$0 []]", "SCAN", "18446744073709551615");
    kit_expect(c, "[$0 []]", "SCAN", "-1"); /* the same: it wraps around */
    kit_expect(c, "[$0 []]", "SCAN", "-2");
}
END_TEST

START_TEST(scan_leaves_expired_keys_out_and_deletes_them)
{
    static unsigned char seen[KEYS];
    size_t others;
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    fill(c, "key", 0, 1000);
    for (int i = 0; i < 500; i++)
        redisAppendCommand(c, "SET key:%d v PXAT 1", i * 2);
    for (int i = 0; i < 500; i++)
        kit_expect_next(c, "+OK");
    kit_expect(c, ":1000", "DBSIZE");
    scan_all(WORDS("COUNT", "10"), seen, &others);
    ck_assert_uint_eq(count_seen(seen), 500);
    for (int i = 0; i < 500; i++)
        ck_assert_uint_eq(seen[i * 2], 0);
    kit_expect(c, ":500", "DBSIZE");
}
END_TEST

START_TEST(scan_sees_keys_that_stay_while_the_table_grows_and_shrinks)
{
    static unsigned char seen[KEYS];
    char cursor[32] = "0";
    int round = 0;
    fill(c, "key", 0, KEYS);
    memset(seen, 0, KEYS);
    do {
        redisReply *reply = kit_command(c, "SCAN", cursor, "COUNT", "50");
        snprintf(cursor, sizeof cursor, "%s", reply->element[0]->str);
        note_keys(reply->element[1], seen);
        freeReplyObject(reply);
        if (round < 60) {
            fill(c, "noise", round * 500, (round + 1) * 500);
        } else if (round == 60) {
            for (int i = 0; i < 30000; i++)
                redisAppendCommand(c, "DEL noise:%d", i);
            for (int i = 0; i < 30000; i++)
                kit_expect_next(c, ":1");
        }
        round++;
    } while (strcmp(cursor, "0") != 0);
    ck_assert_uint_eq(count_seen(seen), KEYS);
}
END_TEST

START_TEST(keys_matches_patterns)
{
    kit_expect(c, "+OK", "MSET", "hello", "1", "hallo", "2", "hxllo", "3", "hllo", "4", "a*b", "5");
    redisReply *reply = kit_command(c, "KEYS", "*");
    ck_assert_uint_eq(reply->elements, 5);
    freeReplyObject(reply);
    kit_expect(c, "[$hallo]", "KEYS", "h[ab]llo");
    kit_expect(c, "[$hxllo]", "KEYS", "h[^ae]llo");
    kit_expect(c, "[$hllo]", "KEYS", "hl*");
    kit_expect(c, "[$a*b]", "KEYS", "a\\*b");
    kit_expect(c, "[]", "KEYS", "");
    kit_expect(c, "[]", "KEYS", "none*");
}
END_TEST

/* One connection lists the keys again and again while others let the tables grow and shrink. */
static void list_or_write(redisContext *context, unsigned index, void *data)
{
    atomic_bool *done = data;
    char prefix[16];
    snprintf(prefix, sizeof prefix, "noise%u", index);
    if (index == 0) {
        unsigned char *seen = malloc(KEYS);
        for (unsigned round = 0; round < scratch_rounds(100); round++) {
            memset(seen, 0, KEYS);
            redisReply *reply = kit_command(context, "KEYS", "*");
            note_keys(reply, seen);
            freeReplyObject(reply);
            for (size_t i = 0; i < KEYS; i++)
                ck_assert_uint_eq(seen[i], 1);
        }
        free(seen);
        atomic_store(done, true);
    }
    while (!atomic_load(done)) {
        fill(context, prefix, 0, 5000);
        for (int i = 0; i < 5000; i++)
            redisAppendCommand(context, "DEL %s:%d", prefix, i);
        for (int i = 0; i < 5000; i++)
            kit_expect_next(context, ":1");
    }
}

START_TEST(keys_gives_each_name_once_while_others_write)
{
    atomic_bool done = false;
    fill(c, "key", 0, KEYS);
    kit_parallel(server, 3, list_or_write, &done);
}
END_TEST

static bool keys_shows_none(void *unused)
{
    (void)unused;
    redisReply *reply = kit_command(c, "KEYS", "*");
    bool none = reply->elements == 0;
    freeReplyObject(reply);
    return none;
}

/* As in Redis, whose SCAN deletes what it meets. */
START_TEST(keys_leaves_expired_keys_out_and_where_they_are)
{
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    kit_expect(c, "+OK", "SET", "a*b*c*d", "v", "PX", "1");
    kit_await(keys_shows_none, NULL, "the key to expire");
    kit_expect(c, "[]", "KEYS", "*a*b*c*d*");
    kit_expect(c, ":1", "DBSIZE");
    kit_expect(c, "[$0 []]", "SCAN", "0");
    kit_expect(c, ":0", "DBSIZE");
}
END_TEST

Suite *suite_scan(void);
Suite *suite_scan(void)
{
    Suite *suite = suite_create("scan");
    TCase *tcase = served_tcase("scan");
    tcase_add_test(tcase, scan_returns_every_key_in_steps_of_about_count);
    tcase_add_test(tcase, scan_filters_by_pattern_and_type);
    tcase_add_test(tcase, scan_refuses_bad_cursors_and_options);
    tcase_add_test(tcase, a_cursor_beyond_the_last_finds_nothing);
    tcase_add_test(tcase, scan_leaves_expired_keys_out_and_deletes_them);
    tcase_add_test(tcase, scan_sees_keys_that_stay_while_the_table_grows_and_shrinks);
    tcase_add_test(tcase, keys_matches_patterns);
    tcase_add_test(tcase, keys_leaves_expired_keys_out_and_where_they_are);
    tcase_add_test(tcase, keys_gives_each_name_once_while_others_write);
    suite_add_tcase(suite, tcase);
    return suite;
}
