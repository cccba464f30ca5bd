/*
 * Consumer groups: those who wait for entries, also when their group or their stream goes; claiming by time; giving back
 * and deleting, which Debian's Redis doesn't have; the words of effects, events and limits. What the other replies are is
 * shown by tests/differential.
 */
#include "kit/waiters.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ENTRY(id) "*2\r\n$3\r\n" id "\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n"
#define NEWS(id) "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n" ENTRY(id)
#define GONE "-NOGROUP No such key 's' or consumer group 'g' in XREADGROUP with GROUP option\r\n"
#define WRONG_TYPE "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n"

static void add(const char *id)
{
    char expected[32];
    snprintf(expected, sizeof expected, "$%s", id);
    kit_expect(c, expected, "XADD", "s", id, "a", "1");
}

static void make_group(void)
{
    kit_expect(c, "+OK", "XGROUP", "CREATE", "s", "g", "0", "MKSTREAM");
}

/* ---- waiting ---- */

START_TEST(who_came_first_gets_the_first_entry)
{
    make_group();
    int first = waiter("XREADGROUP GROUP g one BLOCK 0 STREAMS s >\r\n", 0);
    int second = waiter("XREADGROUP GROUP g two BLOCK 0 COUNT 1 STREAMS s >\r\n", 1);
    int third = waiter("XREADGROUP GROUP g one BLOCK 100000 NOACK STREAMS s >\r\n", 2);
    add("1-0");
    kit_raw_expect(first, NEWS("1-0"));
    expect_waits(second);
    add("2-0");
    kit_raw_expect(second, NEWS("2-0"));
    expect_waits(third);
    add("3-0");
    kit_raw_expect(third, NEWS("3-0"));
    kit_expect(c, "[:2 $1-0 $2-0 [[$one $1] [$two $1]]]", "XPENDING", "s", "g");
    close(first), close(second), close(third);
}
END_TEST

/* What one EXEC adds is there at once: the first takes as much as it asked for, the next one the rest. */
START_TEST(entries_of_one_moment_are_shared_by_count)
{
    make_group();
    int first = waiter("XREADGROUP GROUP g one BLOCK 0 COUNT 1 STREAMS s >\r\n", 0);
    int second = waiter("XREADGROUP GROUP g two BLOCK 0 STREAMS s >\r\n", 1);
    int third = waiter("XREADGROUP GROUP g one BLOCK 0 STREAMS s >\r\n", 2);
    kit_expect(c, "+OK", "MULTI");
    for (char id[] = "1-0"; *id <= '3'; ++*id)
        kit_expect(c, "+QUEUED", "XADD", "s", id, "a", "1");
    kit_expect(c, "[$1-0 $2-0 $3-0]", "EXEC");
    kit_raw_expect(first, NEWS("1-0"));
    kit_raw_expect(second, "*1\r\n*2\r\n$1\r\ns\r\n*2\r\n" ENTRY("2-0") ENTRY("3-0"));
    expect_waits(third);
    close(first), close(second), close(third);
}
END_TEST

START_TEST(who_waits_is_told_that_its_group_is_gone)
{
    static const char *const losses[][5] = {{"XGROUP", "DESTROY", "s", "g"}, {"DEL", "s"},       {"FLUSHALL"},
                                            {"RENAME", "s", "other"},        {"MOVE", "s", "3"}, {"SWAPDB", "0", "5"},
                                            {"PEXPIREAT", "s", "1"}};
    for (size_t i = 0; i < sizeof losses / sizeof losses[0]; i++) {
        make_group();
        int fd = waiter("XREADGROUP GROUP g one BLOCK 0 STREAMS s >\r\n", 0);
        int other = waiter("XREAD BLOCK 0 STREAMS s $\r\n", 1);
        freeReplyObject(kit_command_args(c, losses[i]));
        kit_raw_expect(fd, GONE);
        expect_waits(other); /* it doesn't mind */
        close(other);
        await_waiting(0);
        kit_raw_text(fd, "PING\r\n");
        kit_raw_expect(fd, "+PONG\r\n");
        close(fd);
        kit_expect(c, "+OK", "FLUSHALL");
    }
}
END_TEST

START_TEST(who_waits_is_told_that_the_key_is_something_else)
{
    make_group();
    int fd = waiter("XREADGROUP GROUP g one BLOCK 0 STREAMS s >\r\n", 0);
    kit_expect(c, "+OK", "SET", "s", "text");
    kit_raw_expect(fd, WRONG_TYPE);
    kit_expect(c, ":1", "DEL", "s");
    make_group();
    kit_raw_text(fd, "XREADGROUP GROUP g one BLOCK 0 STREAMS s >\r\n");
    await_waiting(1);
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "DEL", "s");
    kit_expect(c, "+QUEUED", "SADD", "s", "member");
    kit_expect(c, "[:1 :1]", "EXEC");
    kit_raw_expect(fd, WRONG_TYPE);
    close(fd);
}
END_TEST

/* What comes back within one EXEC was never gone to those who wait. */
START_TEST(a_group_that_is_made_anew_at_once_is_there)
{
    make_group();
    int fd = waiter("XREADGROUP GROUP g one BLOCK 0 STREAMS s >\r\n", 0);
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "DEL", "s");
    kit_expect(c, "+QUEUED", "XGROUP", "CREATE", "s", "g", "0", "MKSTREAM");
    kit_expect(c, "[:1 +OK]", "EXEC");
    expect_waits(fd);
    kit_expect(c, "+OK", "XGROUP", "CREATE", "s", "h", "0");
    kit_expect(c, ":1", "XGROUP", "DESTROY", "s", "h");
    expect_waits(fd);
    add("1-0");
    kit_raw_expect(fd, NEWS("1-0"));
    close(fd);
}
END_TEST

START_TEST(a_consumer_that_is_deleted_while_it_waits_is_made_again)
{
    make_group();
    int fd = waiter("XREADGROUP GROUP g one BLOCK 0 STREAMS s >\r\n", 0);
    kit_expect(c, ":0", "XGROUP", "DELCONSUMER", "s", "g", "one");
    expect_waits(fd);
    add("1-0");
    kit_raw_expect(fd, NEWS("1-0"));
    kit_expect(c, ":1", "XGROUP", "DELCONSUMER", "s", "g", "one");
    kit_expect(c, ":0", "XACK", "s", "g", "1-0");
    close(fd);
}
END_TEST

START_TEST(one_of_several_streams_serves)
{
    make_group();
    kit_expect(c, "+OK", "XGROUP", "CREATE", "t", "g", "0", "MKSTREAM");
    int fd = waiter("XREADGROUP GROUP g one BLOCK 0 STREAMS t s t > > >\r\n", 0);
    add("1-0");
    kit_raw_expect(fd, NEWS("1-0"));
    kit_raw_text(fd, "XREADGROUP GROUP g one BLOCK 0 STREAMS t s > 0\r\n"); /* history is there at once */
    kit_raw_expect(fd, NEWS("1-0"));
    kit_raw_text(fd, "XREADGROUP GROUP g one BLOCK 0 STREAMS t s > >\r\n");
    await_waiting(1);
    kit_expect(c, ":1", "DEL", "t");
    kit_raw_expect(fd, "-NOGROUP No such key 't' or consumer group 'g' in XREADGROUP with GROUP option\r\n");
    close(fd);
}
END_TEST

START_TEST(within_a_transaction_nobody_waits)
{
    make_group();
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "XREADGROUP GROUP g one BLOCK 1 STREAMS s >\r\n");
    kit_raw_expect(fd, "*-1\r\n");
    kit_raw_text(fd, "MULTI\r\nXREADGROUP GROUP g one BLOCK 0 STREAMS s >\r\nEXEC\r\n");
    kit_raw_expect(fd, "+OK\r\n+QUEUED\r\n*1\r\n*-1\r\n");
    close(fd);
}
END_TEST

START_TEST(setting_a_group_back_serves)
{
    add("1-0");
    kit_expect(c, "+OK", "XGROUP", "CREATE", "s", "g", "$");
    int fd = waiter("XREADGROUP GROUP g one BLOCK 0 STREAMS s >\r\n", 0);
    kit_expect(c, "+OK", "XGROUP", "SETID", "s", "g", "0");
    kit_raw_expect(fd, NEWS("1-0"));
    close(fd);
}
END_TEST

/* ---- claiming while reading ---- */

START_TEST(what_waited_longest_is_claimed_first)
{
    make_group();
    add("1-0");
    add("2-0");
    add("3-0");
    kit_expect(c, "[[$s [[$1-0 [$a $1]] [$2-0 [$a $1]]]]]", "XREADGROUP", "GROUP", "g", "one", "COUNT", "2", "STREAMS",
               "s", ">");
    kit_expect(c, "[$2-0]", "XCLAIM", "s", "g", "one", "0", "2-0", "TIME", "5", "RETRYCOUNT", "7", "JUSTID");
    kit_expect(c, "[[$s [[$3-0 [$a $1] :0 :0]]]]", "XREADGROUP", "GROUP", "g", "two", "CLAIM", "9223372036854775807",
               "STREAMS", "s", ">");
    redisReply *reply =
        kit_command(c, "XREADGROUP", "GROUP", "g", "two", "COUNT", "1", "CLAIM", "1000000", "STREAMS", "s", ">");
    const redisReply *entry = reply->element[0]->element[1]->element[0];
    ck_assert_uint_eq(reply->element[0]->element[1]->elements, 1);
    ck_assert_str_eq(entry->element[0]->str, "2-0");
    ck_assert_int_gt(entry->element[2]->integer, 1000000);
    ck_assert_int_eq(entry->element[3]->integer, 7);
    freeReplyObject(reply);
    kit_expect(c, "nil", "XREADGROUP", "GROUP", "g", "two", "CLAIM", "1000000", "STREAMS", "s", ">");
    kit_expect(c, "[:3 $1-0 $3-0 [[$one $1] [$two $2]]]", "XPENDING", "s", "g");
    reply = kit_command(c, "XREADGROUP", "GROUP", "g", "one", "NOACK", "CLAIM", "0", "STREAMS", "s", ">");
    ck_assert_uint_eq(reply->element[0]->element[1]->elements, 3); /* each once */
    freeReplyObject(reply);
    kit_expect(c, "[:3 $1-0 $3-0 [[$one $3]]]", "XPENDING", "s", "g");
    kit_expect(c, "-ERR min-idle-time is not an integer", "XREADGROUP", "GROUP", "g", "one", "CLAIM", "-0", "STREAMS",
               "s", ">");
    kit_expect(c, "-ERR min-idle-time must be a positive integer", "XREADGROUP", "GROUP", "g", "one", "CLAIM", "-1",
               "STREAMS", "s", ">");
}
END_TEST

/* What is deleted can't be claimed, and is pending no more. */
START_TEST(what_was_deleted_is_not_claimed)
{
    make_group();
    add("1-0");
    add("2-0");
    freeReplyObject(kit_command(c, "XREADGROUP", "GROUP", "g", "one", "STREAMS", "s", ">"));
    kit_expect(c, ":1", "XDEL", "s", "1-0");
    kit_expect(c, "[[$s [[$1-0 nil] [$2-0 [$a $1]]]]]", "XREADGROUP", "GROUP", "g", "one", "STREAMS", "s", "0");
    redisReply *reply = kit_command(c, "XREADGROUP", "GROUP", "g", "two", "CLAIM", "0", "STREAMS", "s", ">");
    ck_assert_uint_eq(reply->element[0]->element[1]->elements, 1);
    freeReplyObject(reply);
    kit_expect(c, "[:1 $2-0 $2-0 [[$two $1]]]", "XPENDING", "s", "g");
    kit_expect(c, ":1", "XDEL", "s", "2-0");
    kit_expect(c, "nil", "XREADGROUP", "GROUP", "g", "two", "CLAIM", "0", "STREAMS", "s", ">");
    kit_expect(c, "[:0 nil nil nil]", "XPENDING", "s", "g");
}
END_TEST

/* Nothing but time makes the entry claimable. */
START_TEST(who_waits_to_claim_is_served_when_it_is_time)
{
    make_group();
    int late = waiter("XREADGROUP GROUP g two BLOCK 0 CLAIM 150 STREAMS s >\r\n", 0);
    add("1-0");
    kit_raw_expect(late, "*1\r\n*2\r\n$1\r\ns\r\n*1\r\n*4\r\n$3\r\n1-0\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n:0\r\n:0\r\n");
    int claims = waiter("XREADGROUP GROUP g three BLOCK 0 CLAIM 20 STREAMS s >\r\n", 0);
    char line[64];
    for (unsigned i = 0; i < 13; i++)
        kit_raw_receive_line(claims, line, sizeof line);
    kit_raw_receive_line(claims, line, sizeof line);
    ck_assert_int_ge(atoi(line + 1), 20);
    kit_raw_expect(claims, ":1\r\n");
    kit_raw_text(claims, "XREADGROUP GROUP g three BLOCK 30 CLAIM 1000000 STREAMS s >\r\n");
    kit_raw_expect(claims, "*-1\r\n"); /* it gives up before */
    close(late), close(claims);
}
END_TEST

START_TEST(what_is_given_back_serves_who_waits_to_claim)
{
    make_group();
    add("1-0");
    add("2-0");
    freeReplyObject(kit_command(c, "XREADGROUP", "GROUP", "g", "one", "STREAMS", "s", ">"));
    int fd = waiter("XREADGROUP GROUP g two BLOCK 0 COUNT 1 CLAIM 1000000 STREAMS s >\r\n", 0);
    kit_expect(c, ":1", "XNACK", "s", "g", "FAIL", "IDS", "1", "2-0");
    char line[64];
    for (unsigned i = 0; i < 8; i++)
        kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_str_eq(line, "2-0");
    await_waiting(0);
    kit_expect(c, "[:2 $1-0 $2-0 [[$one $1] [$two $1]]]", "XPENDING", "s", "g");
    close(fd);
}
END_TEST

/* ---- giving back ---- */

START_TEST(what_is_given_back_is_nobodys_and_comes_first)
{
    make_group();
    for (char id[] = "1-0"; *id <= '4'; ++*id)
        add(id);
    freeReplyObject(kit_command(c, "XREADGROUP", "GROUP", "g", "one", "STREAMS", "s", ">"));
    kit_expect(c, ":3", "XNACK", "s", "g", "SILENT", "IDS", "4", "3-0", "9-9", "1-0", "1-0");
    kit_expect(c, ":1", "XNACK", "s", "g", "FATAL", "IDS", "1", "4-0");
    kit_expect(c, "[[$1-0 $ :-1 :0] [$3-0 $ :-1 :0] [$4-0 $ :-1 :9223372036854775807]]", "XPENDING", "s", "g", "IDLE",
               "1000000", "-", "+", "9");
    kit_expect(c, "[:4 $1-0 $4-0 [[$one $1]]]", "XPENDING", "s", "g");
    static const char *const order[] = {"3-0", "1-0", "4-0"};
    for (unsigned i = 0; i < 3; i++) {
        redisReply *reply =
            kit_command(c, "XREADGROUP", "GROUP", "g", "two", "COUNT", "1", "CLAIM", "1000000", "STREAMS", "s", ">");
        ck_assert_str_eq(reply->element[0]->element[1]->element[0]->element[0]->str, order[i]);
        freeReplyObject(reply);
    }
    kit_expect(c, ":1", "XNACK", "s", "g", "FAIL", "FORCE", "IDS", "1", "4-0", "RETRYCOUNT", "5");
    kit_expect(c, "[$4-0]", "XCLAIM", "s", "g", "one", "1000000", "4-0", "JUSTID");
    kit_expect(c, ":1", "XNACK", "s", "g", "FAIL", "IDS", "1", "4-0");
    kit_expect(c, "[$0-0 [$4-0] []]", "XAUTOCLAIM", "s", "g", "two", "1000000", "4", "JUSTID");
    kit_expect(c, ":1", "XGROUP", "DELCONSUMER", "s", "g", "one");
}
END_TEST

START_TEST(giving_back_has_its_errors)
{
    make_group();
    add("1-0");
    kit_expect(c, "-NOGROUP No such key 'x' or consumer group 'g'", "XNACK", "x", "g", "FAIL", "IDS", "1", "1-0");
    kit_expect(c, "-ERR mode must be SILENT, FAIL, or FATAL", "XNACK", "s", "g", "BAD", "IDS", "1", "1-0");
    kit_expect(c, "-ERR Unrecognized XNACK option 'FATAL'", "XNACK", "s", "g", "FAIL", "FATAL", "IDS", "1", "1-0");
    kit_expect(c, "-ERR Unrecognized XNACK option '2-0'", "XNACK", "s", "g", "FAIL", "IDS", "1", "1-0", "2-0");
    kit_expect(c, "-ERR Unrecognized XNACK option 'RETRYCOUNT'", "XNACK", "s", "g", "FAIL", "IDS", "1", "1-0",
               "RETRYCOUNT");
    kit_expect(c, "-ERR numids must be a positive integer", "XNACK", "s", "g", "FAIL", "IDS", "0", "1-0");
    kit_expect(c, "-ERR number of IDs doesn't match numids", "XNACK", "s", "g", "FAIL", "IDS", "2", "1-0");
    kit_expect(c, "-ERR Invalid RETRYCOUNT value, must be >= 0", "XNACK", "s", "g", "FAIL", "IDS", "1", "1-0",
               "RETRYCOUNT", "-1");
    kit_expect(c, "-ERR syntax error, expected IDS keyword", "XNACK", "s", "g", "FAIL", "FORCE", "RETRYCOUNT", "5");
    kit_expect(c, ":0", "XNACK", "s", "g", "FAIL", "IDS", "1", "1-0");
    kit_expect(c, ":1", "XNACK", "s", "g", "FAIL", "IDS", "2", "1-0", "2-0", "FORCE");
    kit_expect(c, "[[$1-0 $ :-1 :0]]", "XPENDING", "s", "g", "-", "+", "9");
}
END_TEST

/* ---- deleting with regard to groups ---- */

START_TEST(entries_are_deleted_with_what_is_pending_or_not)
{
    make_group();
    for (char id[] = "1-0"; *id <= '6'; ++*id)
        add(id);
    kit_expect(c, "[:-1 :-1]", "XDELEX", "no", "IDS", "2", "1-0", "2-0");
    kit_expect(c, "[:-1]", "XACKDEL", "s", "no", "IDS", "1", "1-0");
    kit_expect(c, "[:2]", "XDELEX", "s", "ACKED", "IDS", "1", "6-0"); /* the group hasn't got it */
    freeReplyObject(kit_command(c, "XREADGROUP", "GROUP", "g", "one", "STREAMS", "s", ">"));
    kit_expect(c, "+OK", "XGROUP", "CREATE", "s", "h", "2-0");
    kit_expect(c, ":1", "XACK", "s", "g", "1-0");
    kit_expect(c, "[:1 :2 :2 :-1]", "XDELEX", "s", "ACKED", "IDS", "4", "1-0", "2-0", "3-0", "9-9");
    kit_expect(c, "[:1 :2 :-1]", "XACKDEL", "s", "g", "ACKED", "IDS", "3", "2-0", "3-0", "1-0");
    kit_expect(c, "[:1]", "XDELEX", "s", "KEEPREF", "IDS", "1", "4-0");
    kit_expect(c, "[:3 $4-0 $6-0 [[$one $3]]]", "XPENDING", "s", "g");
    kit_expect(c, "[:-1 :1]", "XDELEX", "s", "IDS", "2", "4-0", "5-0", "DELREF");
    kit_expect(c, "[:1 $6-0 $6-0 [[$one $1]]]", "XPENDING", "s", "g");
    kit_expect(c, "[:1]", "XACKDEL", "s", "g", "IDS", "1", "6-0");
    kit_expect(c, ":1", "XLEN", "s");
    kit_expect(c, ":1", "XGROUP", "DESTROY", "s", "g");
    kit_expect(c, ":1", "XGROUP", "DESTROY", "s", "h");
    kit_expect(c, "[:2]", "XDELEX", "s", "ACKED", "IDS", "1", "3-0"); /* nobody has acknowledged it */
    kit_expect(c, "-ERR Number of IDs must be a positive integer", "XDELEX", "s", "IDS", "0", "1-0");
    kit_expect(c, "-ERR The `numids` parameter must match the number of arguments", "XDELEX", "s", "IDS", "2", "1-0");
    kit_expect(c, "-ERR syntax error", "XDELEX", "s", "KEEPREF", "ACKED", "IDS", "1", "1-0");
    kit_expect(c, "-ERR syntax error", "XACKDEL", "s", "g", "IDS", "1", "1-0", "2-0");
}
END_TEST

/* ---- effects ---- */

START_TEST(effects_say_what_is_pending_with_whom)
{
    make_group();
    add("1-0");
    add("2-0");
    kit_expect(c, "+OK", "DEBUG", "EFFECTS", "START");
    kit_expect(c, "[[$s [[$1-0 [$a $1]]]]]", "XREADGROUP", "GROUP", "g", "one", "COUNT", "1", "NOACK", "STREAMS", "s",
               ">");
    kit_expect(c, "[[:0 $XGROUP $CREATECONSUMER $s $g $one] [:0 $XGROUP $SETID $s $g $1-0 $ENTRIESREAD $1]]", "DEBUG",
               "EFFECTS", "TAKE");
    kit_expect(c, "[$1-0]", "XCLAIM", "s", "g", "two", "0", "1-0", "FORCE", "JUSTID", "TIME", "77", "RETRYCOUNT", "3");
    kit_expect(c,
               "[[:0 $XGROUP $CREATECONSUMER $s $g $two] [:0 $XCLAIM $s $g $two $0 $1-0 $TIME $77 $RETRYCOUNT $3 "
               "$FORCE $JUSTID $LASTID $1-0]]",
               "DEBUG", "EFFECTS", "TAKE");
    kit_expect(c, "[]", "XCLAIM", "s", "g", "two", "0", "9-9", "LASTID", "2-0");
    kit_expect(c, "[[:0 $XGROUP $SETID $s $g $2-0 $ENTRIESREAD $1]]", "DEBUG", "EFFECTS", "TAKE");
    kit_expect(c, ":1", "XDEL", "s", "1-0");
    kit_expect(c, "[$0-0 [] [$1-0]]", "XAUTOCLAIM", "s", "g", "one", "0", "-");
    kit_expect(c, "[[$s []]]", "XREADGROUP", "GROUP", "g", "one", "STREAMS", "s", "0"); /* changes nothing */
    kit_expect(c, ":0", "XACK", "s", "g", "1-0");
    kit_expect(c, "[[:0 $XDEL $s $1-0] [:0 $XACK $s $g $1-0]]", "DEBUG", "EFFECTS", "TAKE");
    int fd = waiter("XREADGROUP GROUP g one BLOCK 0 NOACK STREAMS s >\r\n", 0);
    add("3-0");
    kit_raw_expect(fd, NEWS("3-0"));
    kit_expect(c, "[[:0 $XADD $s $3-0 $a $1] [:0 $XGROUP $SETID $s $g $3-0 $ENTRIESREAD $2]]", "DEBUG", "EFFECTS",
               "TAKE");
    close(fd);
}
END_TEST

/* A group told by its effects is the same elsewhere. */
START_TEST(effects_make_the_same_group)
{
    make_group();
    kit_expect(c, "+OK", "DEBUG", "EFFECTS", "START");
    for (char id[] = "1-0"; *id <= '9'; ++*id)
        add(id);
    freeReplyObject(kit_command(c, "XREADGROUP", "GROUP", "g", "one", "COUNT", "6", "STREAMS", "s", ">"));
    freeReplyObject(kit_command(c, "XREADGROUP", "GROUP", "g", "two", "STREAMS", "s", ">"));
    freeReplyObject(kit_command(c, "XREADGROUP", "GROUP", "g", "two", "STREAMS", "s", "0"));
    kit_expect(c, ":3", "XACK", "s", "g", "1-0", "4-0", "8-0");
    kit_expect(c, ":1", "XDEL", "s", "2-0");
    freeReplyObject(kit_command(c, "XAUTOCLAIM", "s", "g", "three", "0", "-", "COUNT", "3"));
    kit_expect(c, ":1", "XNACK", "s", "g", "SILENT", "IDS", "1", "9-0");
    freeReplyObject(kit_command(c, "XREADGROUP", "GROUP", "g", "one", "COUNT", "1", "CLAIM", "0", "STREAMS", "s", ">"));
    redisReply *effects = kit_command(c, "DEBUG", "EFFECTS", "TAKE");
    redisReply *expected = kit_command(c, "XINFO", "STREAM", "s", "FULL", "COUNT", "0");
    redisReply *group = expected->element[17]->element[0];
    kit_expect(c, "+OK", "FLUSHALL");
    make_group();
    for (size_t i = 0; i < effects->elements; i++) {
        const char *words[32];
        size_t count = effects->element[i]->elements - 1;
        for (size_t word = 0; word < count; word++)
            words[word] = effects->element[i]->element[word + 1]->str;
        words[count] = NULL;
        freeReplyObject(kit_command_args(c, words));
    }
    redisReply *made = kit_command(c, "XINFO", "STREAM", "s", "FULL", "COUNT", "0");
    for (size_t i = 0; i < 12; i++) /* all but the consumers, of which times are kept */
        if (group->element[i]->type == REDIS_REPLY_ARRAY) {
            const redisReply *a = group->element[i], *b = made->element[17]->element[0]->element[i];
            ck_assert_uint_eq(a->elements, b->elements);
            ck_assert_uint_gt(a->elements, 3);
            for (size_t entry = 0; entry < a->elements; entry++)
                for (size_t part = 0; part < 2; part++)
                    ck_assert_str_eq(a->element[entry]->element[part]->str, b->element[entry]->element[part]->str);
            for (size_t entry = 0; entry < a->elements; entry++)
                for (size_t part = 2; part < 4; part++)
                    ck_assert_int_eq(a->element[entry]->element[part]->integer,
                                     b->element[entry]->element[part]->integer);
        } else if (group->element[i]->str) {
            ck_assert_str_eq(group->element[i]->str, made->element[17]->element[0]->element[i]->str);
        } else {
            ck_assert_int_eq(group->element[i]->integer, made->element[17]->element[0]->element[i]->integer);
        }
    freeReplyObject(effects), freeReplyObject(expected), freeReplyObject(made);
}
END_TEST

/* ---- limits ---- */

static void add_many(unsigned count)
{
    for (unsigned i = 0; i < count; i++)
        redisAppendCommand(c, "XADD s %u-0 a 1", i + 1);
    for (unsigned i = 0; i < count; i++) {
        redisReply *reply;
        ck_assert_int_eq(redisGetReply(c, (void **)&reply), REDIS_OK);
        freeReplyObject(reply);
    }
}

static size_t used(void)
{
    redisReply *reply = kit_command(c, "MEMORY", "USAGE", "s", "SAMPLES", "0");
    size_t bytes = (size_t)reply->integer;
    freeReplyObject(reply);
    return bytes;
}

/* Redis 7.0 takes about 110 bytes for each. */
START_TEST(a_pending_entry_takes_few_bytes)
{
    make_group();
    add_many(20000);
    size_t before = used();
    redisReply *reply = kit_command(c, "XREADGROUP", "GROUP", "g", "one", "STREAMS", "s", ">");
    ck_assert_uint_eq(reply->element[0]->element[1]->elements, 20000);
    freeReplyObject(reply);
    ck_assert_uint_lt((used() - before) / 20000, 60);
    ck_assert_uint_gt((used() - before) / 20000, 40);
    kit_expect(c, ":1", "COPY", "s", "t");
    kit_expect(c, ":20000", "XGROUP", "DELCONSUMER", "t", "g", "one");
    kit_expect(c, "[:20000 $1-0 $20000-0 [[$one $20000]]]", "XPENDING", "s", "g");
    kit_expect(c, ":1", "XGROUP", "DESTROY", "s", "g");
    ck_assert_uint_le(used(), before);
}
END_TEST

/* The keyword's place is found behind names that are called like it. */
START_TEST(names_may_be_those_of_options)
{
    kit_expect(c, "+OK", "XGROUP", "CREATE", "streams", "streams", "0", "MKSTREAM");
    kit_expect(c, "$1-0", "XADD", "streams", "1", "a", "1");
    kit_expect(c, "[$streams]", "COMMAND", "GETKEYS", "XREADGROUP", "COUNT", "1", "GROUP", "streams", "streams",
               "STREAMS", "streams", ">");
    kit_expect(c, "[[$streams [[$1-0 [$a $1]]]]]", "XREADGROUP", "COUNT", "1", "GROUP", "streams", "streams", "STREAMS",
               "streams", ">");
    kit_expect(c, "-ERR syntax error", "XREADGROUP", "GROUP", "a", "b", "FOO", "STREAMS", "streams", ">");
    kit_expect(c, "-ERR Missing GROUP option for XREADGROUP", "XREADGROUP", "COUNT", "1", "NOACK", "STREAMS", "streams",
               ">");
}
END_TEST

Suite *suite_stream_groups(void);
Suite *suite_stream_groups(void)
{
    Suite *suite = suite_create("stream_groups");
    TCase *tcase = served_tcase("groups");
    tcase_add_test(tcase, who_came_first_gets_the_first_entry);
    tcase_add_test(tcase, entries_of_one_moment_are_shared_by_count);
    tcase_add_test(tcase, who_waits_is_told_that_its_group_is_gone);
    tcase_add_test(tcase, who_waits_is_told_that_the_key_is_something_else);
    tcase_add_test(tcase, a_group_that_is_made_anew_at_once_is_there);
    tcase_add_test(tcase, a_consumer_that_is_deleted_while_it_waits_is_made_again);
    tcase_add_test(tcase, one_of_several_streams_serves);
    tcase_add_test(tcase, within_a_transaction_nobody_waits);
    tcase_add_test(tcase, setting_a_group_back_serves);
    tcase_add_test(tcase, what_waited_longest_is_claimed_first);
    tcase_add_test(tcase, what_was_deleted_is_not_claimed);
    tcase_add_test(tcase, who_waits_to_claim_is_served_when_it_is_time);
    tcase_add_test(tcase, what_is_given_back_serves_who_waits_to_claim);
    tcase_add_test(tcase, what_is_given_back_is_nobodys_and_comes_first);
    tcase_add_test(tcase, giving_back_has_its_errors);
    tcase_add_test(tcase, entries_are_deleted_with_what_is_pending_or_not);
    tcase_add_test(tcase, effects_say_what_is_pending_with_whom);
    tcase_add_test(tcase, effects_make_the_same_group);
    tcase_add_test(tcase, a_pending_entry_takes_few_bytes);
    tcase_add_test(tcase, names_may_be_those_of_options);
    suite_add_tcase(suite, tcase);
    return suite;
}
