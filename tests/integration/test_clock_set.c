/* The machine's clock is set, an hour ahead or back, while the server runs: only keys' expiry goes by it. */
#include "kit/served.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const hours[] = {"3600", "-3600"};

static void set_clock(const char *seconds)
{
    kit_expect(c, "+OK", "DEBUG", "SHIFT-CLOCK", seconds);
}

static bool one_waits(void *data)
{
    (void)data;
    return kit_info(c, "blocked_clients") == 1;
}

START_TEST(a_pause_goes_on)
{
    for (int i = 0; i < 2; i++) {
        int fd = kit_raw_connect(server);
        kit_expect(c, "+OK", "CLIENT", "PAUSE", "1000000", "WRITE");
        set_clock(hours[i]);
        kit_raw_text(fd, "SET k v\r\n");
        kit_await(one_waits, NULL, "a client that waits");
        set_clock("0");
        kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
        kit_raw_expect(fd, "+OK\r\n");
        close(fd);
    }
}
END_TEST

START_TEST(a_pause_ends)
{
    for (int i = 0; i < 2; i++) {
        int fd = kit_raw_connect(server);
        kit_expect(c, "+OK", "CLIENT", "PAUSE", "200", "WRITE");
        set_clock(hours[i]);
        kit_raw_text(fd, "SET k v\r\n");
        kit_raw_expect(fd, "+OK\r\n");
        set_clock("0");
        close(fd);
    }
}
END_TEST

/* The number that follows a name in CLIENT INFO. */
static long client_number(const char *name)
{
    redisReply *line = kit_command(c, "CLIENT", "INFO");
    const char *found = strstr(line->str, name);
    ck_assert_ptr_nonnull(found);
    long number = strtol(found + strlen(name), NULL, 10);
    freeReplyObject(line);
    return number;
}

START_TEST(clients_and_keys_are_as_old_as_before)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "timeout", "1000");
    kit_expect(c, "+OK", "SET", "k", "v");
    for (int i = 0; i < 2; i++) {
        set_clock(hours[i]);
        ck_assert_int_le(labs(client_number(" age=")), 1000);
        ck_assert_int_le(labs(client_number(" idle=")), 1000);
        ck_assert_int_le(llabs(kit_integer(c, "OBJECT", "IDLETIME", "k")), 1000);
        ck_assert_int_le(llabs(kit_info(c, "uptime_in_seconds")), 1000);
    }
}
END_TEST

START_TEST(how_often_keys_are_used_is_not_forgotten)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", "allkeys-lfu");
    kit_expect(c, "+OK", "SET", "k", "v");
    for (int i = 0; i < 2; i++) {
        set_clock(hours[i]);
        ck_assert_int_ge(kit_integer(c, "OBJECT", "FREQ", "k"), 5);
    }
}
END_TEST

START_TEST(a_refusal_is_as_old_as_before)
{
    for (int i = 0; i < 2; i++) {
        set_clock("0");
        kit_expect(c, "+OK", "ACL", "LOG", "RESET");
        kit_expect(c, "-WRONGPASS...", "AUTH", "nobody", "x");
        set_clock(hours[i]);
        redisReply *log = kit_command(c, "ACL", "LOG");
        ck_assert_uint_eq(log->elements, 1);
        redisReply *entry = log->element[0];
        ck_assert_str_eq(entry->element[10]->str, "age-seconds");
        double age_s = strtod(entry->element[11]->str, NULL);
        ck_assert_msg(age_s >= 0 && age_s < 1000, "%s", entry->element[11]->str);
        freeReplyObject(log);
    }
}
END_TEST

START_TEST(keys_expire_by_it)
{
    kit_expect(c, "+OK", "SET", "k", "v", "EX", "1000");
    set_clock("-3600");
    ck_assert_int_gt(kit_integer(c, "TTL", "k"), 4000);
    set_clock("3600");
    kit_expect(c, "nil", "GET", "k");
}
END_TEST

Suite *suite_clock_set(void);
Suite *suite_clock_set(void)
{
    Suite *suite = suite_create("clock set");
    TCase *tcase = served_tcase("clock set");
    tcase_add_test(tcase, a_pause_goes_on);
    tcase_add_test(tcase, a_pause_ends);
    tcase_add_test(tcase, clients_and_keys_are_as_old_as_before);
    tcase_add_test(tcase, how_often_keys_are_used_is_not_forgotten);
    tcase_add_test(tcase, a_refusal_is_as_old_as_before);
    tcase_add_test(tcase, keys_expire_by_it);
    suite_add_tcase(suite, tcase);
    return suite;
}
