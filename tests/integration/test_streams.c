/*
 * Streams: those who wait for entries, the IDs that the clock gives, the words of effects. What the other replies are is
 * shown by tests/differential.
 */
#include "kit/waiters.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/time.h>
#include <unistd.h>

/* ---- waiting ---- */

#define NEWS_OF(key, id) "*1\r\n*2\r\n$1\r\n" key "\r\n*1\r\n*2\r\n$3\r\n" id "\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n"

START_TEST(one_entry_serves_all_who_wait_in_order)
{
    kit_expect(c, "$1-0", "XADD", "s", "1", "a", "0");
    int first = waiter("XREAD BLOCK 0 STREAMS s $\r\n", 0);
    int second = waiter("XREAD COUNT 1 BLOCK 0 STREAMS no s 5 1-0\r\n", 1);
    int third = waiter("XREAD BLOCK 100000 STREAMS s s 9 $\r\n", 2);
    int later = waiter("XREAD BLOCK 0 STREAMS s 2-0\r\n", 3);
    kit_expect(c, "$2-0", "XADD", "s", "2", "a", "1");
    kit_raw_expect(first, NEWS_OF("s", "2-0"));
    kit_raw_expect(second, NEWS_OF("s", "2-0"));
    kit_raw_expect(third, NEWS_OF("s", "2-0"));
    expect_waits(later);
    kit_expect(c, ":2", "XLEN", "s"); /* nobody has taken anything */
    kit_expect(c, "$2-1", "XADD", "s", "2-*", "a", "1");
    kit_raw_expect(later, NEWS_OF("s", "2-1"));
    await_waiting(0);
    close(first), close(second), close(third), close(later);
}
END_TEST

START_TEST(what_is_no_news_serves_nobody)
{
    kit_expect(c, "$5-0", "XADD", "s", "5", "a", "1");
    kit_expect(c, "$6-0", "XADD", "s", "6", "a", "1");
    int fd = waiter("XREAD BLOCK 0 STREAMS s $\r\n", 0);
    kit_expect(c, ":1", "XDEL", "s", "5");
    kit_expect(c, ":1", "XTRIM", "s", "MAXLEN", "0");
    kit_expect(c, "+OK", "XSETID", "s", "7");
    kit_expect(c, ":1", "DEL", "s");
    kit_expect(c, "+OK", "SET", "s", "text");
    expect_waits(fd);
    await_waiting(1);
    kit_expect(c, ":1", "DEL", "s");
    kit_expect(c, "$4-0", "XADD", "s", "4", "a", "1"); /* below what was the last ID */
    expect_waits(fd);
    kit_expect(c, "$9-0", "XADD", "s", "9", "a", "1");
    kit_raw_expect(fd, NEWS_OF("s", "9-0"));
    close(fd);
}
END_TEST

START_TEST(whatever_brings_entries_serves)
{
    static const char *const feeds[][6] = {{"RENAME", "other", "s"}, {"COPY", "other", "s", "REPLACE"}};
    for (size_t i = 0; i < sizeof feeds / sizeof feeds[0]; i++) {
        kit_expect(c, "$2-0", "XADD", "other", "2-0", "a", "1");
        int fd = waiter("XREAD BLOCK 0 STREAMS s $\r\n", 0);
        freeReplyObject(kit_command_args(c, feeds[i]));
        kit_raw_expect(fd, NEWS_OF("s", "2-0"));
        close(fd);
        kit_expect(c, "+OK", "FLUSHALL");
    }
    int fd = waiter("XREAD BLOCK 0 STREAMS s $\r\n", 0);
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "XADD", "s", "2-0", "a", "0");
    kit_expect(c, "+QUEUED", "XDEL", "s", "2-0");
    kit_expect(c, "+QUEUED", "XADD", "s", "2-5", "a", "1");
    kit_expect(c, "[$2-0 :1 $2-5]", "EXEC");
    kit_raw_expect(fd, NEWS_OF("s", "2-5"));
    close(fd);
}
END_TEST

START_TEST(in_vain_it_is_null)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "XREAD BLOCK 1 STREAMS s $\r\n");
    kit_raw_expect(fd, "*-1\r\n");
    kit_raw_text(fd, "MULTI\r\nXREAD BLOCK 0 STREAMS s $\r\nEXEC\r\n");
    kit_raw_expect(fd, "+OK\r\n+QUEUED\r\n*1\r\n*-1\r\n");
    kit_raw_text(fd, "HELLO 3\r\n");
    char line[64];
    kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_str_eq(line, "%7");
    close(fd);
    kit_expect(c, "nil", "XREAD", "BLOCK", "1", "STREAMS", "s", "0");
}
END_TEST

START_TEST(resp3_has_a_map_of_streams)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "HELLO 3\r\nPING\r\n");
    for (char line[256] = ""; strcmp(line, "+PONG") != 0;)
        kit_raw_receive_line(fd, line, sizeof line);
    kit_raw_text(fd, "XREAD BLOCK 0 STREAMS s $\r\n");
    await_waiting(1);
    kit_expect(c, "$2-0", "XADD", "s", "2", "a", "1");
    kit_raw_expect(fd, "%1\r\n$1\r\ns\r\n*1\r\n*2\r\n$3\r\n2-0\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n");
    close(fd);
}
END_TEST

START_TEST(plus_is_the_last_entry)
{
    kit_expect(c, "nil", "XREAD", "STREAMS", "s", "+");
    kit_expect(c, "$1-0", "XADD", "s", "1", "a", "1");
    kit_expect(c, "$2-0", "XADD", "s", "2", "a", "2");
    kit_expect(c, "[[$s [[$2-0 [$a $2]]]]]", "XREAD", "STREAMS", "s", "+");
    kit_expect(c, ":1", "XDEL", "s", "2");
    kit_expect(c, "[[$s [[$1-0 [$a $1]]]]]", "XREAD", "COUNT", "9", "BLOCK", "0", "STREAMS", "s", "+");
}
END_TEST

/* ---- IDs of the clock ---- */

static int64_t wall_ms(void)
{
    struct timeval now;
    gettimeofday(&now, NULL);
    return (int64_t)now.tv_sec * 1000 + now.tv_usec / 1000;
}

START_TEST(ids_are_of_the_clock_and_rise)
{
    long long ms = 0, seq = -1, last_ms = wall_ms() - 1, last_seq = 0;
    for (unsigned i = 0; i < 500; i++) {
        redisReply *reply = kit_command(c, "XADD", "s", "*", "a", "1");
        ck_assert_int_eq(sscanf(reply->str, "%lld-%lld", &ms, &seq), 2);
        ck_assert(ms > last_ms ? seq == 0 : ms == last_ms && seq == last_seq + 1);
        last_ms = ms;
        last_seq = seq;
        freeReplyObject(reply);
    }
    ck_assert_int_le(ms, wall_ms());
    kit_expect(c, "+OK", "XSETID", "s", "99999999999999-18446744073709551615");
    kit_expect(c, "$100000000000000-0", "XADD", "s", "*", "a", "1");
}
END_TEST

/* ---- effects ---- */

START_TEST(a_trim_to_whole_blocks_is_told_as_an_exact_one)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "stream-node-max-entries", "2");
    kit_expect(c, "+OK", "DEBUG", "EFFECTS", "START");
    kit_expect(c, "nil", "XADD", "s", "NOMKSTREAM", "1-*", "a", "1");
    for (unsigned i = 1; i <= 5; i++) {
        char id[16], expected[16];
        snprintf(id, sizeof id, "%u-*", i);
        snprintf(expected, sizeof expected, "$%u-0", i);
        kit_expect(c, expected, "XADD", "s", id, "a", "1");
    }
    freeReplyObject(kit_command(c, "DEBUG", "EFFECTS", "TAKE"));
    kit_expect(c, "$6-0", "XADD", "s", "NOMKSTREAM", "MAXLEN", "~", "3", "LIMIT", "10", "6-*", "limit", "~");
    kit_expect(c, ":2", "XTRIM", "s", "MINID", "~", "6");
    kit_expect(c, ":0", "XTRIM", "s", "MAXLEN", "~", "1");
    kit_expect(c, "$7-0", "XADD", "s", "MAXLEN", "=", "1", "7-0", "a", "1");
    kit_expect(c,
               "[[:0 $XADD $s $NOMKSTREAM $MAXLEN $= $4 $6-0 $limit $~] [:0 $XTRIM $s $MINID $= $5-0] "
               "[:0 $XADD $s $MAXLEN $= $1 $7-0 $a $1]]",
               "DEBUG", "EFFECTS", "TAKE");
    redisReply *reply = kit_command(c, "XADD", "s", "*", "a", "1");
    char expected[128];
    snprintf(expected, sizeof expected, "[[:0 $XADD $s $%s $a $1]]", reply->str);
    freeReplyObject(reply);
    kit_expect(c, expected, "DEBUG", "EFFECTS", "TAKE");
}
END_TEST

/* ---- messages that are sent again ---- */

static char *added(const char *const *words)
{
    redisReply *reply = kit_command_args(c, words);
    ck_assert_int_eq(reply->type, REDIS_REPLY_STRING);
    char *id = strdup(reply->str);
    freeReplyObject(reply);
    return id;
}

#define ADDED(...) added((const char *const[]){"XADD", "s", __VA_ARGS__, NULL})

START_TEST(a_message_that_is_sent_again_is_the_same_entry)
{
    char *ids[] = {ADDED("IDMP", "p", "m", "*", "a", "1"),
                   ADDED("IDMP", "p", "m", "MAXLEN", "0", "*", "b", "2", "c", "3"),
                   ADDED("NOMKSTREAM", "IDMP", "q", "m", "KEEPREF", "*", "a", "1"),
                   ADDED("IDMPAUTO", "p", "*", "a", "1", "b", "2"),
                   ADDED("IDMPAUTO", "p", "*", "b", "2", "a", "1"),
                   ADDED("IDMPAUTO", "p", "*", "a", "2", "b", "1")};
    ck_assert_str_eq(ids[0], ids[1]);
    ck_assert_str_ne(ids[0], ids[2]);
    ck_assert_str_eq(ids[3], ids[4]);
    ck_assert_str_ne(ids[3], ids[5]);
    kit_expect(c, ":4", "XLEN", "s");
    redisReply *reply = kit_command(c, "XINFO", "STREAM", "s");
    char *text = kit_reply_text(reply), *figures = strstr(text, "$idmp-duration");
    const char *expected = "$idmp-duration :100 $idmp-maxsize :100 $pids-tracked :2 $iids-tracked :4 $iids-added :4 "
                           "$iids-duplicates :2 $groups";
    ck_assert_msg(figures && strncmp(figures, expected, strlen(expected)) == 0, "%s", text);
    free(text);
    freeReplyObject(reply);
    kit_expect(c, "+OK", "XCFGSET", "s", "IDMP-DURATION", "100");
    char *same = ADDED("IDMP", "p", "m", "*", "a", "1");
    ck_assert_str_eq(same, ids[0]);
    kit_expect(c, "+OK", "XCFGSET", "s", "IDMP-MAXSIZE", "1"); /* forgets */
    char *other = ADDED("IDMP", "p", "m", "*", "a", "1"), *next = ADDED("IDMP", "p", "n", "*", "a", "1"),
         *again = ADDED("IDMP", "p", "m", "*", "a", "1");
    ck_assert_str_ne(other, ids[0]);
    ck_assert_str_ne(again, other);
    free(same), free(other), free(next), free(again);
    for (size_t i = 0; i < sizeof ids / sizeof ids[0]; i++)
        free(ids[i]);
    kit_expect(c, ":1", "COPY", "s", "t");
    kit_expect(c, ":7", "XLEN", "t");
    redisReply *copied = kit_command(c, "XADD", "t", "IDMP", "p", "m", "*", "a", "1");
    freeReplyObject(copied);
    kit_expect(c, ":7", "XLEN", "t");
}
END_TEST

START_TEST(who_sends_messages_is_told_what_is_wrong)
{
    kit_expect(c, "-ERR Invalid stream ID...", "XADD", "s", "IDMP", "p", "*", "a", "1");
    kit_expect(c, "-ERR IDMP/IDMPAUTO can be used only with auto-generated IDs", "XADD", "s", "IDMP", "p", "m", "1-1",
               "a", "1");
    kit_expect(c, "-ERR IDMP/IDMPAUTO specified multiple times", "XADD", "s", "IDMP", "p", "m", "IDMPAUTO", "q", "*",
               "a", "1");
    kit_expect(c, "-ERR IDMP requires a non-empty producer ID", "XADD", "s", "IDMP", "", "m", "*", "a", "1");
    kit_expect(c, "-ERR IDMP requires a non-empty idempotent ID", "XADD", "s", "IDMP", "p", "", "*", "a", "1");
    kit_expect(c, "-ERR IDMPAUTO requires a non-empty producer ID", "XADD", "s", "IDMPAUTO", "", "*", "a", "1");
    kit_expect(c, "nil", "XADD", "s", "NOMKSTREAM", "IDMP", "p", "m", "*", "a", "1");
    kit_expect(c, "-ERR no such key", "XCFGSET", "s", "IDMP-DURATION", "5");
    kit_expect(c, "$1-0", "XADD", "s", "1-0", "a", "1");
    kit_expect(c, "-ERR At least one parameter...", "XCFGSET", "s");
    kit_expect(c, "-ERR syntax error", "XCFGSET", "s", "IDMP-DURATION");
    kit_expect(c, "-ERR syntax error", "XCFGSET", "s", "x", "1");
    kit_expect(c, "-ERR IDMP-DURATION must be between...", "XCFGSET", "s", "IDMP-DURATION", "86401");
    kit_expect(c, "-ERR IDMP-MAXSIZE must be between...", "XCFGSET", "s", "IDMP-MAXSIZE", "0");
    kit_expect(c, "-ERR value is not an integer or out of range", "XCFGSET", "s", "IDMP-MAXSIZE", "x");
    kit_expect(c, "-ERR syntax error", "XTRIM", "s", "MAXLEN", "5", "IDMP", "p", "m");
    kit_expect(c, "-ERR syntax error", "XTRIM", "s", "MAXLEN", "5", "ACKED", "DELREF");
    kit_expect(c, ":0", "XTRIM", "s", "ACKED", "MAXLEN", "5");
}
END_TEST

START_TEST(effects_of_messages_have_their_ids_alone)
{
    kit_expect(c, "+OK", "DEBUG", "EFFECTS", "START");
    char *id = ADDED("IDMP", "IDMP", "limit", "MAXLEN", "~", "9", "*", "a", "1"), expected[256];
    char *same = ADDED("IDMP", "IDMP", "limit", "MAXLEN", "~", "0", "*", "a", "1");
    char *by_itself = ADDED("NOMKSTREAM", "IDMPAUTO", "limit", "*", "limit", "~");
    snprintf(expected, sizeof expected,
             "[[:0 $XADD $s $MAXLEN $= $1 $%s $a $1] [:0 $XADD $s $NOMKSTREAM $%s $limit $~]]", id, by_itself);
    kit_expect(c, expected, "DEBUG", "EFFECTS", "TAKE");
    free(id), free(same), free(by_itself);
}
END_TEST

/* ---- limits ---- */

START_TEST(a_long_stream_goes_in_the_background)
{
    for (unsigned i = 0; i < 60; i++) {
        for (unsigned j = 0; j < 1000; j++)
            redisAppendCommand(c, "XADD s %u-%u a 1", i + 1, j);
        for (unsigned j = 0; j < 1000; j++) {
            redisReply *reply;
            ck_assert_int_eq(redisGetReply(c, (void **)&reply), REDIS_OK);
            freeReplyObject(reply);
        }
    }
    kit_expect(c, ":59990", "XTRIM", "s", "MAXLEN", "10");
    kit_expect(c, ":10", "XLEN", "s");
    kit_expect(c, ":1", "DEL", "s");
}
END_TEST

Suite *suite_streams(void);
Suite *suite_streams(void)
{
    Suite *suite = suite_create("streams");
    TCase *tcase = served_tcase("streams");
    tcase_add_test(tcase, one_entry_serves_all_who_wait_in_order);
    tcase_add_test(tcase, what_is_no_news_serves_nobody);
    tcase_add_test(tcase, whatever_brings_entries_serves);
    tcase_add_test(tcase, in_vain_it_is_null);
    tcase_add_test(tcase, resp3_has_a_map_of_streams);
    tcase_add_test(tcase, plus_is_the_last_entry);
    tcase_add_test(tcase, ids_are_of_the_clock_and_rise);
    tcase_add_test(tcase, a_trim_to_whole_blocks_is_told_as_an_exact_one);
    tcase_add_test(tcase, a_message_that_is_sent_again_is_the_same_entry);
    tcase_add_test(tcase, who_sends_messages_is_told_what_is_wrong);
    tcase_add_test(tcase, effects_of_messages_have_their_ids_alone);
    tcase_add_test(tcase, a_long_stream_goes_in_the_background);
    suite_add_tcase(suite, tcase);
    return suite;
}
