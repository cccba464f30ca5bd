/* INFO: sections, and counters that count what they say. */
#include "kit/served.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The titles of the sections that a request answers, with blanks between. */
static char *titles_of(const char *const *request)
{
    static char titles[512];
    titles[0] = '\0';
    redisReply *info = kit_command_args(c, request);
    ck_assert_int_eq(info->type, REDIS_REPLY_STRING);
    for (char *line = strtok(info->str, "\r\n"); line; line = strtok(NULL, "\r\n"))
        if (strncmp(line, "# ", 2) == 0)
            snprintf(titles + strlen(titles), sizeof titles - strlen(titles), "%s%s", titles[0] ? " " : "", line + 2);
    freeReplyObject(info);
    return titles;
}

#define TITLES(...) titles_of((const char *const[]){"INFO", ##__VA_ARGS__, NULL})

START_TEST(sections_are_chosen_as_in_redis)
{
    static const char all[] = "Server Clients Memory Persistence Stats Replication CPU Modules Commandstats Errorstats "
                              "Latencystats Cluster Keyspace Sockets";
    static const char by_default[] =
        "Server Clients Memory Persistence Stats Replication CPU Modules Errorstats Cluster Keyspace Sockets";
    ck_assert_str_eq(TITLES(), by_default);
    ck_assert_str_eq(TITLES("default"), by_default);
    ck_assert_str_eq(TITLES("all"), all);
    ck_assert_str_eq(TITLES("EVERYTHING"), all);
    ck_assert_str_eq(TITLES("keyspace", "CPU", "keyspace"), "CPU Keyspace");
    ck_assert_str_eq(TITLES("cluster", "nosuch"), "Cluster");
    ck_assert_str_eq(TITLES("nosuch"), "");
}
END_TEST

START_TEST(sections_are_apart_by_an_empty_line)
{
    redisReply *info = kit_command(c, "INFO", "cluster", "keyspace");
    ck_assert_str_eq(info->str, "# Cluster\r\ncluster_enabled:0\r\n\r\n# Keyspace\r\n");
    freeReplyObject(info);
}
END_TEST

static void expect_text(const char *field, const char *expected)
{
    char *text = kit_info_text(c, field);
    ck_assert_ptr_nonnull(text);
    ck_assert_str_eq(text, expected);
    free(text);
}

START_TEST(the_server_says_who_it_is)
{
    expect_text("redis_mode", "standalone");
    expect_text("role", "master");
    expect_text("multiplexing_api", "epoll");
    expect_text("unixsocket", server->socket);
    ck_assert_int_eq(kit_info(c, "process_id"), server->pid);
    ck_assert_int_eq(kit_info(c, "threads"), 4);
    ck_assert_int_eq(kit_info(c, "tcp_port"), 0);
    char *version = kit_info_text(c, "redis_version");
    ck_assert_int_eq(strncmp(version, "7.2.", 4), 0);
    free(version);
    char *run_id = kit_info_text(c, "run_id");
    ck_assert_uint_eq(strlen(run_id), 40);
    free(run_id);
}
END_TEST

START_TEST(keyspace_lists_databases_that_have_keys)
{
    kit_expect(c, "+OK", "MSET", "a", "1", "b", "2");
    kit_expect(c, "+OK", "SET", "c", "3", "EX", "100");
    kit_expect(c, "+OK", "SELECT", "9");
    kit_expect(c, "+OK", "SET", "d", "4");
    char *first = kit_info_text(c, "db0"), *other = kit_info_text(c, "db9");
    ck_assert_int_eq(strncmp(first, "keys=3,expires=1,avg_ttl=", 25), 0);
    ck_assert_str_eq(other, "keys=1,expires=0,avg_ttl=0");
    free(first);
    free(other);
}
END_TEST

static bool largest_input_is_large(void *wanted)
{
    return (kit_info(c, "client_recent_max_input_buffer") >= 100000) == *(bool *)wanted;
}

START_TEST(largest_buffers_are_those_of_clients_that_are_there)
{
    bool large = true;
    char bytes[100000];
    memset(bytes, 'x', sizeof bytes);
    int fd = kit_raw_connect(server); /* the only one of its worker */
    kit_raw_text(fd, "*2\r\n$4\r\nECHO\r\n$200000\r\n");
    kit_raw_send(fd, bytes, sizeof bytes);
    kit_await(largest_input_is_large, &large, "a large input buffer");
    close(fd);
    large = false;
    kit_await(largest_input_is_large, &large, "no large input buffer");
}
END_TEST

START_TEST(commands_that_ran_are_counted_and_rejected_ones_apart)
{
    kit_expect(c, "+OK", "CONFIG", "RESETSTAT");
    kit_expect(c, "+OK", "SET", "text", "x");
    kit_expect(c, "-ERR value is not an integer or out of range", "INCR", "text");
    kit_expect(c, "-ERR wrong number of arguments for 'get' command", "GET");
    freeReplyObject(kit_command(c, "nosuch"));
    ck_assert_int_eq(kit_info(c, "total_commands_processed"), 3); /* RESETSTAT, SET, INCR */
    ck_assert_int_eq(kit_info(c, "total_error_replies"), 3);

    redisReply *info = kit_command(c, "INFO", "commandstats", "errorstats");
    ck_assert_ptr_nonnull(strstr(info->str, "cmdstat_set:calls=1,"));
    ck_assert_ptr_nonnull(strstr(info->str, "cmdstat_config|resetstat:calls=1,"));
    ck_assert_ptr_nonnull(
        strstr(info->str, "cmdstat_get:calls=0,usec=0,usec_per_call=0.00,rejected_calls=1,failed_calls=0"));
    ck_assert_ptr_nonnull(strstr(strstr(info->str, "cmdstat_incr:calls=1,"), ",rejected_calls=0,failed_calls=1"));
    ck_assert_ptr_nonnull(strstr(info->str, "errorstat_ERR:count=3\r\n"));
    freeReplyObject(info);
}
END_TEST

START_TEST(hits_and_misses_are_counted)
{
    kit_expect(c, "+OK", "CONFIG", "RESETSTAT");
    kit_expect(c, "+OK", "SET", "key", "value");
    kit_expect(c, "[$value nil nil]", "MGET", "key", "no", "nor");
    ck_assert_int_eq(kit_info(c, "keyspace_hits"), 1);
    ck_assert_int_eq(kit_info(c, "keyspace_misses"), 2);
}
END_TEST

START_TEST(connections_and_bytes_are_counted)
{
    kit_expect(c, "+OK", "CONFIG", "RESETSTAT");
    long long before = kit_info(c, "total_net_input_bytes");
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "PING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    ck_assert_int_eq(kit_info(c, "connected_clients"), 2);
    ck_assert_int_eq(kit_info(c, "total_connections_received"), 1);
    ck_assert_int_gt(kit_info(c, "total_net_input_bytes"), before);
    ck_assert_int_gt(kit_info(c, "total_net_output_bytes"), 7);
    close(fd);
}
END_TEST

START_TEST(latency_percentiles_are_those_configured)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "latency-tracking-info-percentiles", "0 50 99.9");
    kit_expect(c, "+OK", "CONFIG", "RESETSTAT");
    kit_expect(c, "+OK", "DEBUG", "SLEEP", "0.05");
    redisReply *info = kit_command(c, "INFO", "latencystats");
    const char *line = strstr(info->str, "latency_percentiles_usec_debug:");
    double lowest, middle, highest;
    ck_assert_ptr_nonnull(line);
    ck_assert_int_eq(
        sscanf(line, "latency_percentiles_usec_debug:p0=%lf,p50=%lf,p99.9=%lf", &lowest, &middle, &highest), 3);
    ck_assert_double_ge(lowest, 50000);
    ck_assert_double_eq(lowest, middle);
    ck_assert_double_eq(middle, highest);
    freeReplyObject(info);
}
END_TEST

static void get_and_set(redisContext *context, unsigned index, void *data)
{
    (void)data;
    unsigned rounds = scratch_rounds(1000);
    for (unsigned i = 0; i < rounds; i++) {
        kit_expect(context, "+OK", "SET", "key", "value");
        kit_expect(context, "$value", "GET", "key");
        if (i % 100 == index)
            freeReplyObject(kit_command(context, "INFO", "all"));
    }
}

START_TEST(counters_add_up_over_all_workers)
{
    kit_expect(c, "+OK", "CONFIG", "RESETSTAT");
    kit_parallel(server, 8, get_and_set, NULL);
    char expected[64];
    redisReply *info = kit_command(c, "INFO", "commandstats");
    snprintf(expected, sizeof expected, "cmdstat_get:calls=%u,", 8 * scratch_rounds(1000));
    ck_assert_ptr_nonnull(strstr(info->str, expected));
    snprintf(expected, sizeof expected, "cmdstat_set:calls=%u,", 8 * scratch_rounds(1000));
    ck_assert_ptr_nonnull(strstr(info->str, expected));
    freeReplyObject(info);
}
END_TEST

Suite *suite_info(void);
Suite *suite_info(void)
{
    Suite *suite = suite_create("info");
    TCase *tcase = served_tcase("info");
    tcase_add_test(tcase, sections_are_chosen_as_in_redis);
    tcase_add_test(tcase, sections_are_apart_by_an_empty_line);
    tcase_add_test(tcase, the_server_says_who_it_is);
    tcase_add_test(tcase, keyspace_lists_databases_that_have_keys);
    tcase_add_test(tcase, largest_buffers_are_those_of_clients_that_are_there);
    tcase_add_test(tcase, commands_that_ran_are_counted_and_rejected_ones_apart);
    tcase_add_test(tcase, hits_and_misses_are_counted);
    tcase_add_test(tcase, connections_and_bytes_are_counted);
    tcase_add_test(tcase, latency_percentiles_are_those_configured);
    tcase_add_test(tcase, counters_add_up_over_all_workers);
    suite_add_tcase(suite, tcase);
    return suite;
}
