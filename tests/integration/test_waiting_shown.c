/* Clients that wait, as they are seen from outside: in lists, in statistics, in memory, in effects. */
#include "kit/waiters.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

START_TEST(a_client_that_waits_is_shown_so)
{
    int fd = waiter("BLPOP k 0\r\n", 0);
    redisReply *list = kit_command(c, "CLIENT", "LIST");
    ck_assert_msg(strstr(list->str, " flags=bU ") != NULL, "%s", list->str);
    freeReplyObject(list);
    kit_expect(c, ":1", "RPUSH", "k", "1");
    kit_raw_expect(fd, "*2\r\n");
    list = kit_command(c, "CLIENT", "LIST");
    ck_assert_msg(strstr(list->str, " flags=b") == NULL, "%s", list->str);
    freeReplyObject(list);
    close(fd);
}
END_TEST

START_TEST(waiting_takes_at_most_600_bytes)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "PING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    long long memory[2];
    for (int waits = 0; waits < 2; waits++) {
        redisReply *list = kit_command(c, "CLIENT", "LIST");
        const char *line = strstr(list->str, waits ? " flags=bU " : "cmd=ping");
        ck_assert_ptr_nonnull(line);
        while (!waits && line > list->str && line[-1] != '\n')
            line--;
        memory[waits] = atoll(strstr(line, "tot-mem=") + strlen("tot-mem="));
        freeReplyObject(list);
        kit_raw_text(fd, "BLPOP queue:mails 0\r\n");
        await_waiting(1);
    }
    ck_assert_int_gt(memory[1], memory[0]);
    ck_assert_int_le(memory[1] - memory[0], 600);
    close(fd);
}
END_TEST

static void expect_counts(const char *begins, const char *ends)
{
    redisReply *stats = kit_command(c, "INFO", "commandstats");
    const char *line = strstr(stats->str, begins);
    const char *end = line ? strstr(line, ends) : NULL;
    ck_assert_msg(end && end < strchr(line, '\n'), "%s", stats->str);
    freeReplyObject(stats);
}

START_TEST(waits_are_counted_once_and_when_they_end)
{
    int fd = waiter("BLPOP k 0\r\n", 0);
    redisReply *stats = kit_command(c, "INFO", "commandstats");
    ck_assert_ptr_null(strstr(stats->str, "cmdstat_blpop:"));
    freeReplyObject(stats);
    kit_expect(c, ":1", "RPUSH", "k", "1");
    kit_raw_expect(fd, "*2\r\n");
    expect_counts("cmdstat_blpop:calls=1,", "rejected_calls=0,failed_calls=0");
    close(fd);
}
END_TEST

START_TEST(an_answer_that_is_an_error_is_counted_as_one)
{
    int fd = waiter("BLMOVE a s LEFT LEFT 0\r\n", 0);
    kit_expect(c, "+OK", "SET", "s", "v");
    kit_expect(c, ":1", "RPUSH", "a", "x");
    kit_raw_expect(fd, "-WRONGTYPE ");
    expect_counts("cmdstat_blmove:calls=1,", "rejected_calls=0,failed_calls=1");
    kit_expect(c, ":1", "LLEN", "a");
    close(fd);
}
END_TEST

START_TEST(one_that_loses_its_rights_is_counted_as_rejected)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*");
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "AUTH u any\r\n");
    kit_raw_expect(fd, "+OK\r\n");
    kit_raw_text(fd, "BLPOP k 0\r\n");
    expect_waits(fd);
    kit_expect(c, "+OK", "ACL", "SETUSER", "u", "resetkeys", "~j");
    kit_raw_expect(fd, "-NOPERM No permissions to access a key\r\n");
    expect_counts("cmdstat_blpop:calls=0,usec=0,", "rejected_calls=1,failed_calls=0");
    close(fd);
}
END_TEST

START_TEST(one_that_was_served_slowly_is_in_the_slow_log)
{
    int fd = waiter("BLPOP k 0\r\n", 0);
    kit_expect(c, "+OK", "CONFIG", "SET", "slowlog-log-slower-than", "0");
    kit_expect(c, ":1", "RPUSH", "k", "1");
    kit_raw_expect(fd, "*2\r\n$1\r\nk\r\n$1\r\n1\r\n");
    redisReply *log = kit_command(c, "SLOWLOG", "GET");
    unsigned found = 0;
    for (size_t i = 0; i < log->elements; i++) {
        const redisReply *argv = log->element[i]->element[3];
        found += strcmp(argv->element[0]->str, "BLPOP") == 0 && argv->elements == 3;
    }
    ck_assert_uint_eq(found, 1);
    freeReplyObject(log);
    close(fd);
}
END_TEST

START_TEST(what_is_waited_with_is_memory_of_clients)
{
    size_t len = 1 << 20;
    char *name = malloc(len);
    int fd = kit_raw_connect(server);
    memset(name, 'k', len);
    long long before = kit_info(c, "mem_clients_normal");
    kit_raw_text(fd, "*3\r\n$5\r\nBLPOP\r\n$1048576\r\n");
    kit_raw_send(fd, name, len);
    kit_raw_text(fd, "\r\n$1\r\n0\r\n");
    await_waiting(1);
    ck_assert_int_ge(kit_info(c, "mem_clients_normal") - before, (long long)len);
    close(fd);
    await_waiting(0);
    long long left = kit_info(c, "mem_clients_normal") - before;
    ck_assert_int_lt(left, (long long)len / 2);
    ck_assert_int_gt(left, -(long long)len / 2);
    free(name);
}
END_TEST

START_TEST(what_is_served_is_told_as_a_pop)
{
    static const char *const requests[] = {"BLMOVE a b LEFT RIGHT 0\r\n",
                                           "BLPOP b 0\r\n",
                                           "BZPOPMAX z 0\r\n",
                                           "BLMPOP 0 1 m LEFT COUNT 3\r\n",
                                           "BRPOPLPUSH from to 0\r\n",
                                           "BRPOP r 0\r\n",
                                           "BZMPOP 0 1 y MIN COUNT 2\r\n",
                                           "BZPOPMIN x 0\r\n"};
    enum { REQUESTS = sizeof requests / sizeof requests[0] };
    int fds[REQUESTS];
    for (int i = 0; i < REQUESTS; i++)
        fds[i] = waiter(requests[i], i);
    kit_expect(c, "+OK", "DEBUG", "EFFECTS", "START");
    kit_expect(c, ":1", "RPUSH", "a", "x");
    kit_expect(c, ":1", "ZADD", "z", "1", "m");
    kit_expect(c, ":2", "RPUSH", "m", "1", "2");
    kit_expect(c,
               "[[:0 $RPUSH $a $x] [:0 $LMOVE $a $b $LEFT $RIGHT] [:0 $LPOP $b] [:0 $ZADD $z $1 $m] [:0 $ZPOPMAX $z] "
               "[:0 $RPUSH $m $1 $2] [:0 $LPOP $m $2]]",
               "DEBUG", "EFFECTS", "TAKE");
    kit_expect(c, "+OK", "DEBUG", "EFFECTS", "START");
    kit_expect(c, ":1", "RPUSH", "from", "x");
    kit_expect(c, ":1", "RPUSH", "r", "x");
    kit_expect(c, ":3", "ZADD", "y", "1", "k", "2", "l", "3", "m");
    kit_expect(c, ":1", "ZADD", "x", "1", "m");
    kit_expect(c,
               "[[:0 $RPUSH $from $x] [:0 $RPOPLPUSH $from $to] [:0 $RPUSH $r $x] [:0 $RPOP $r] "
               "[:0 $ZADD $y $1 $k $2 $l $3 $m] [:0 $ZPOPMIN $y $2] [:0 $ZADD $x $1 $m] [:0 $ZPOPMIN $x]]",
               "DEBUG", "EFFECTS", "TAKE");
    for (int i = 0; i < REQUESTS; i++)
        close(fds[i]);
}
END_TEST

Suite *suite_waiting_shown(void);
Suite *suite_waiting_shown(void)
{
    Suite *suite = suite_create("waiting shown");
    TCase *tcase = served_tcase("waiting shown");
    tcase_add_test(tcase, a_client_that_waits_is_shown_so);
    tcase_add_test(tcase, waiting_takes_at_most_600_bytes);
    tcase_add_test(tcase, waits_are_counted_once_and_when_they_end);
    tcase_add_test(tcase, an_answer_that_is_an_error_is_counted_as_one);
    tcase_add_test(tcase, one_that_loses_its_rights_is_counted_as_rejected);
    tcase_add_test(tcase, one_that_was_served_slowly_is_in_the_slow_log);
    tcase_add_test(tcase, what_is_waited_with_is_memory_of_clients);
    tcase_add_test(tcase, what_is_served_is_told_as_a_pop);
    suite_add_tcase(suite, tcase);
    return suite;
}
