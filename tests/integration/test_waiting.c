/* Clients that wait: who is served, by what, in which order, and how else a wait ends. */
#include "kit/waiters.h"

#include <check.h>
#include <hiredis/hiredis.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

static long long id_of(int fd)
{
    char line[32];
    kit_raw_text(fd, "CLIENT ID\r\n");
    kit_raw_receive_line(fd, line, sizeof line);
    return atoll(line + 1);
}

static void unblock(long long id, const char *how)
{
    char number[32];
    snprintf(number, sizeof number, "%lld", id);
    kit_expect(c, ":1", "CLIENT", "UNBLOCK", number, how);
}

/* ---- being served ---- */

START_TEST(each_command_is_served_by_what_comes)
{
    static const struct {
        const char *request, *feed[4], *answer;
    } cases[] = {
        {"BLPOP k 0\r\n", {"RPUSH", "k", "a"}, "*2\r\n$1\r\nk\r\n$1\r\na\r\n"},
        {"BRPOP no k 0\r\n", {"LPUSH", "k", "a"}, "*2\r\n$1\r\nk\r\n$1\r\na\r\n"},
        {"BLMPOP 0 2 no k LEFT COUNT 5\r\n", {"LPUSH", "k", "a"}, "*2\r\n$1\r\nk\r\n*1\r\n$1\r\na\r\n"},
        {"BLMOVE k to LEFT RIGHT 0\r\n", {"LPUSH", "k", "a"}, "$1\r\na\r\n"},
        {"BRPOPLPUSH k to 0\r\n", {"LPUSH", "k", "a"}, "$1\r\na\r\n"},
        {"BZPOPMIN k 0\r\n", {"ZADD", "k", "1", "a"}, "*3\r\n$1\r\nk\r\n$1\r\na\r\n$1\r\n1\r\n"},
        {"BZPOPMAX k no 0\r\n", {"ZADD", "k", "1", "a"}, "*3\r\n$1\r\nk\r\n$1\r\na\r\n$1\r\n1\r\n"},
        {"BZMPOP 0 1 k MAX COUNT 2\r\n",
         {"ZADD", "k", "1", "a"},
         "*2\r\n$1\r\nk\r\n*1\r\n*2\r\n$1\r\na\r\n$1\r\n1\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = waiter(cases[i].request, 0);
        const char *feed[5] = {0};
        memcpy(feed, cases[i].feed, sizeof cases[i].feed);
        kit_expect_at(__FILE__, __LINE__, c, ":1", feed);
        kit_raw_expect_at(__FILE__, __LINE__, fd, cases[i].answer, strlen(cases[i].answer));
        kit_expect(c, ":0", "EXISTS", "k");
        close(fd);
    }
    kit_expect(c, "[$a $a]", "LRANGE", "to", "0", "-1");
    await_waiting(0);
}
END_TEST

START_TEST(what_is_there_is_taken_at_once)
{
    kit_expect(c, ":3", "RPUSH", "l", "a", "b", "c");
    kit_expect(c, ":2", "ZADD", "z", "1", "a", "2", "b");
    kit_expect(c, "[$l $a]", "BLPOP", "no", "l", "0");
    kit_expect(c, "[$l $c]", "BRPOP", "l", "no", "0");
    kit_expect(c, "$b", "BLMOVE", "l", "m", "LEFT", "LEFT", "0");
    kit_expect(c, "[$z $a $1]", "BZPOPMIN", "z", "0");
    kit_expect(c, "[$z [[$b $2]]]", "BZMPOP", "0", "1", "z", "MIN");
    kit_expect(c, ":1", "DBSIZE");
}
END_TEST

#define QUEUE 12

START_TEST(first_come_first_served_whatever_the_worker)
{
    int fds[QUEUE];
    char answer[64];
    for (int i = 0; i < QUEUE; i++)
        fds[i] = waiter(i % 2 ? "BLPOP other k 0\r\n" : "BRPOP k 0\r\n", i);
    for (int i = 0; i < QUEUE; i++) {
        char element[16];
        snprintf(element, sizeof element, "%02d", i);
        kit_expect(c, ":1", "RPUSH", "k", element);
        snprintf(answer, sizeof answer, "*2\r\n$1\r\nk\r\n$2\r\n%s\r\n", element);
        kit_raw_expect_at(__FILE__, __LINE__, fds[i], answer, strlen(answer));
        if (i + 1 < QUEUE)
            expect_waits(fds[i + 1]);
    }
    for (int i = 0; i < QUEUE; i++)
        close(fds[i]);
}
END_TEST

START_TEST(one_push_serves_as_many_as_it_has_elements)
{
    int one = waiter("BLPOP k 0\r\n", 0), two = waiter("BRPOP k 0\r\n", 1), three = waiter("BLPOP k 0\r\n", 2);
    kit_expect(c, ":2", "RPUSH", "k", "a", "b");
    kit_raw_expect(one, "*2\r\n$1\r\nk\r\n$1\r\na\r\n");
    kit_raw_expect(two, "*2\r\n$1\r\nk\r\n$1\r\nb\r\n");
    await_waiting(1);
    kit_expect(c, ":4", "RPUSH", "k", "c", "d", "e", "f");
    kit_raw_expect(three, "*2\r\n$1\r\nk\r\n$1\r\nc\r\n");
    kit_expect(c, ":3", "LLEN", "k");
    close(one), close(two), close(three);
}
END_TEST

START_TEST(the_same_key_twice_is_one_place_in_the_queue)
{
    int first = waiter("BLPOP k k j k 0\r\n", 0), second = waiter("BLPOP k 0\r\n", 1);
    kit_expect(c, ":1", "RPUSH", "k", "a");
    kit_raw_expect(first, "*2\r\n$1\r\nk\r\n$1\r\na\r\n");
    kit_expect(c, ":1", "RPUSH", "k", "b");
    kit_raw_expect(second, "*2\r\n$1\r\nk\r\n$1\r\nb\r\n");
    kit_expect(c, ":1", "RPUSH", "j", "c"); /* nobody is left in any queue */
    kit_expect(c, ":1", "LLEN", "j");
    ck_assert_int_eq(kit_info(c, "total_blocking_keys"), 0);
    close(first), close(second);
}
END_TEST

START_TEST(whatever_makes_the_key_serves)
{
    static const struct {
        const char *request, *feed[8];
    } cases[] = {
        {"BLPOP k 0\r\n", {"RENAME", "list", "k"}},
        {"BLPOP k 0\r\n", {"RENAMENX", "list", "k"}},
        {"BLPOP k 0\r\n", {"COPY", "list", "k"}},
        {"BLPOP k 0\r\n", {"SORT", "list", "STORE", "k"}},
        {"BLPOP k 0\r\n", {"LMOVE", "list", "k", "LEFT", "LEFT"}},
        {"BLPOP k 0\r\n", {"RPOPLPUSH", "list", "k"}},
        {"BZPOPMIN k 0\r\n", {"ZUNIONSTORE", "k", "1", "zset"}},
        {"BZPOPMIN k 0\r\n", {"ZRANGESTORE", "k", "zset", "0", "-1"}},
        {"BZPOPMIN k 0\r\n", {"RENAME", "zset", "k"}},
        {"BZPOPMIN k 0\r\n", {"ZINCRBY", "k", "1", "m"}},
        {"BZPOPMIN k 0\r\n", {"GEOADD", "k", "1", "1", "m"}},
        {"BLPOP k 0\r\n", {"DEBUG", "INSIDE", "RPUSH", "k", "a"}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const char *feed[9] = {0};
        kit_expect(c, ":1", "RPUSH", "list", "7");
        kit_expect(c, ":1", "ZADD", "zset", "1", "m");
        int fd = waiter(cases[i].request, 0);
        memcpy(feed, cases[i].feed, sizeof cases[i].feed);
        redisReply *reply = kit_command_args(c, feed);
        ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s: %s", feed[0], reply->str);
        freeReplyObject(reply);
        kit_raw_expect(fd, "*");
        kit_expect(c, ":0", "EXISTS", "k");
        kit_expect(c, "+OK", "FLUSHALL");
        close(fd);
    }
}
END_TEST

START_TEST(other_databases_are_other_keys)
{
    int first = waiter("SELECT 1\r\nBLPOP k 0\r\n", 0), second = waiter("SELECT 2\r\nBLPOP k 0\r\n", 1);
    kit_raw_expect(first, "+OK\r\n");
    kit_raw_expect(second, "+OK\r\n");
    kit_expect(c, ":1", "RPUSH", "k", "a");
    kit_expect(c, ":1", "MOVE", "k", "1");
    kit_raw_expect(first, "*2\r\n$1\r\nk\r\n$1\r\na\r\n");
    kit_expect(c, ":1", "RPUSH", "k", "b");
    expect_waits(second);
    kit_expect(c, "+OK", "SWAPDB", "0", "2");
    kit_raw_expect(second, "*2\r\n$1\r\nk\r\n$1\r\nb\r\n");
    kit_expect(c, ":1", "RPUSH", "j", "c");
    close(second);
    second = waiter("SELECT 3\r\nBLPOP k 0\r\n", 0);
    kit_raw_expect(second, "+OK\r\n");
    kit_expect(c, ":1", "COPY", "j", "k", "DB", "3");
    kit_raw_expect(second, "*2\r\n$1\r\nk\r\n$1\r\nc\r\n");
    close(first), close(second);
}
END_TEST

START_TEST(another_type_serves_nobody_and_keeps_nobody_from_waiting)
{
    int fd = waiter("BLPOP k 0\r\n", 0), set = waiter("BZPOPMIN k 0\r\n", 1);
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_expect(c, ":1", "DEL", "k");
    kit_expect(c, "+OK", "FLUSHALL");
    kit_expect(c, ":1", "SADD", "k", "v");
    kit_expect(c, ":1", "DEL", "k");
    kit_expect(c, ":1", "ZADD", "k", "1", "m");
    kit_raw_expect(set, "*3\r\n$1\r\nk\r\n$1\r\nm\r\n$1\r\n1\r\n");
    expect_waits(fd);
    kit_expect(c, ":1", "RPUSH", "k", "v");
    kit_raw_expect(fd, "*2\r\n$1\r\nk\r\n$1\r\nv\r\n");
    close(fd), close(set);
}
END_TEST

/* ---- moving on ---- */

START_TEST(a_moved_element_serves_the_next)
{
    int a = waiter("BLMOVE a b LEFT LEFT 0\r\n", 0), b = waiter("BRPOPLPUSH b c 0\r\n", 1);
    int d = waiter("BLPOP c 0\r\n", 2);
    kit_expect(c, ":1", "RPUSH", "a", "x");
    kit_raw_expect(a, "$1\r\nx\r\n");
    kit_raw_expect(b, "$1\r\nx\r\n");
    kit_raw_expect(d, "*2\r\n$1\r\nc\r\n$1\r\nx\r\n");
    kit_expect(c, ":0", "DBSIZE");
    close(a), close(b), close(d);
}
END_TEST

START_TEST(moves_in_a_circle_end)
{
    int a = waiter("BLMOVE a b LEFT LEFT 0\r\n", 0), b = waiter("BLMOVE b a LEFT LEFT 0\r\n", 1);
    int self = waiter("BRPOPLPUSH a a 0\r\n", 2);
    kit_expect(c, ":1", "RPUSH", "a", "x");
    kit_raw_expect(a, "$1\r\nx\r\n");
    kit_raw_expect(b, "$1\r\nx\r\n");
    kit_raw_expect(self, "$1\r\nx\r\n");
    kit_expect(c, "[$x]", "LRANGE", "a", "0", "-1");
    close(a), close(b), close(self);
}
END_TEST

START_TEST(where_the_destination_is_no_list_the_element_stays_for_the_next)
{
    int a = waiter("BLMOVE a s LEFT LEFT 0\r\n", 0), b = waiter("BLPOP a 0\r\n", 1);
    kit_expect(c, "+OK", "SET", "s", "v");
    kit_expect(c, ":1", "RPUSH", "a", "x");
    kit_raw_expect(a, "-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
    kit_raw_expect(b, "*2\r\n$1\r\na\r\n$1\r\nx\r\n");
    close(a), close(b);
}
END_TEST

START_TEST(a_sorted_list_that_is_stored_is_moved_on)
{
    int a = waiter("BLMOVE a b LEFT LEFT 0\r\n", 0), b = waiter("BLPOP b 0\r\n", 1);
    kit_expect(c, ":2", "RPUSH", "l", "2", "1");
    kit_expect(c, ":2", "SORT", "l", "STORE", "a");
    kit_raw_expect(a, "$1\r\n1\r\n");
    kit_raw_expect(b, "*2\r\n$1\r\nb\r\n$1\r\n1\r\n");
    close(a), close(b);
}
END_TEST

/* ---- transactions ---- */

START_TEST(exec_serves_at_its_end)
{
    int a = waiter("BLPOP k j 0\r\n", 0), b = waiter("BLPOP j 0\r\n", 1);
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "RPUSH", "k", "gone");
    kit_expect(c, "+QUEUED", "DEL", "k");
    kit_expect(c, "+QUEUED", "BLPOP", "none", "0");
    kit_expect(c, "+QUEUED", "RPUSH", "j", "2");
    kit_expect(c, "+QUEUED", "RPUSH", "k", "1");
    kit_expect(c, "+QUEUED", "LLEN", "k");
    kit_expect(c, "[:1 :1 nil :1 :1 :1]", "EXEC");
    kit_raw_expect(a, "*2\r\n$1\r\nk\r\n$1\r\n1\r\n"); /* k was ready first, and again when it mattered */
    kit_raw_expect(b, "*2\r\n$1\r\nj\r\n$1\r\n2\r\n");
    kit_expect(c, ":0", "DBSIZE");
    close(a), close(b);
}
END_TEST

START_TEST(exec_moves_on_to_keys_that_it_doesn_t_name)
{
    int a = waiter("BLMOVE a b LEFT LEFT 0\r\n", 0), b = waiter("BLMOVE b d LEFT LEFT 0\r\n", 1);
    int d = waiter("BLPOP d 0\r\n", 2);
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "RPUSH", "a", "x");
    kit_expect(c, "+QUEUED", "PING");
    kit_expect(c, "[:1 +PONG]", "EXEC");
    kit_expect(c, ":0", "DBSIZE");
    kit_raw_expect(a, "$1\r\nx\r\n");
    kit_raw_expect(b, "$1\r\nx\r\n");
    kit_raw_expect(d, "*2\r\n$1\r\nd\r\n$1\r\nx\r\n");
    close(a), close(b), close(d);
}
END_TEST

START_TEST(a_key_that_expires_in_exec_serves_nobody)
{
    int fd = waiter("BLPOP k 0\r\n", 0);
    kit_expect(c, "+OK", "MULTI");
    kit_expect(c, "+QUEUED", "RPUSH", "k", "x");
    kit_expect(c, "+QUEUED", "PEXPIRE", "k", "1");
    kit_expect(c, "+QUEUED", "DEBUG", "SLEEP", "0.01");
    kit_expect(c, "[:1 :1 +OK]", "EXEC");
    expect_waits(fd);
    kit_expect(c, ":1", "RPUSH", "k", "y");
    kit_raw_expect(fd, "*2\r\n$1\r\nk\r\n$1\r\ny\r\n");
    close(fd);
}
END_TEST

START_TEST(being_served_touches_what_others_watch)
{
    int fd = waiter("BLMOVE a b LEFT LEFT 0\r\n", 0);
    redisContext *other = kit_connect(server);
    kit_expect(other, "+OK", "WATCH", "b");
    kit_expect(c, ":1", "RPUSH", "a", "x");
    kit_raw_expect(fd, "$1\r\nx\r\n");
    kit_expect(other, "+OK", "MULTI");
    kit_expect(other, "nil", "EXEC");
    redisFree(other);
    close(fd);
}
END_TEST

/* ---- other ends ---- */

START_TEST(a_timeout_has_bounds)
{
    static const char *const too_large[] = {"inf", "1e400", "9223372036854775", "9999999999999999999"};
    for (size_t i = 0; i < sizeof too_large / sizeof too_large[0]; i++)
        kit_expect(c, "-ERR timeout is out of range", "BLPOP", "k", too_large[i]);
    kit_expect(c, "-ERR timeout is negative", "BLPOP", "k", "-0.01");
    kit_expect(c, "-ERR timeout is not a float or out of range", "BRPOP", "k", "nan");
    kit_expect(c, "-ERR timeout is out of range", "WAIT", "1", "9223372036854775807");
    kit_expect(c, "-ERR timeout is not an integer or out of range", "WAIT", "1", "1.5");
    kit_expect(c, "-ERR value is out of range, value must between 0 and 1", "WAITAOF", "2", "0", "0");
    kit_expect(c, "-ERR value is out of range, must be positive", "WAITAOF", "0", "-1", "0");
    kit_expect(c, "-ERR WAITAOF cannot be used when numlocal is set but appendonly is disabled.", "WAITAOF", "1", "0",
               "0");
    kit_expect(c, "[:0 :0]", "WAITAOF", "0", "0", "0");
}
END_TEST

START_TEST(time_runs_out_to_the_millisecond)
{
    static const struct {
        const char *request, *answer;
    } cases[] = {
        {"BLPOP k 0.03\r\n", "*-1\r\n"},
        {"BLMOVE k j LEFT LEFT 0.03\r\n", "*-1\r\n"},
        {"BRPOPLPUSH k j 0.03\r\n", "*-1\r\n"},
        {"BZMPOP 0.03 1 k MIN\r\n", "*-1\r\n"},
        {"WAIT 1 30\r\n", ":0\r\n"},
        {"WAITAOF 0 1 30\r\n", "*2\r\n:0\r\n:0\r\n"},
        {"HELLO 3\r\nBLPOP k 0.03\r\n", "_\r\n"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int fd = kit_raw_connect(server);
        char line[64];
        int64_t began = kit_now_ms();
        kit_raw_text(fd, cases[i].request);
        while (cases[i].request[0] == 'H' && kit_raw_receive_line(fd, line, sizeof line) > 0 &&
               strcmp(line, "*0") != 0) {
        }
        kit_raw_expect_at(__FILE__, __LINE__, fd, cases[i].answer, strlen(cases[i].answer));
        ck_assert_int_ge(kit_now_ms() - began, 29);
        close(fd);
    }
    kit_expect(c, ":1", "RPUSH", "k", "a");
    kit_expect(c, ":1", "LLEN", "k");
    ck_assert_int_eq(kit_info(c, "clients_in_timeout_table"), 0);
}
END_TEST

START_TEST(timeouts_end_in_their_order)
{
    int late = waiter("BLPOP k 1000\r\n", 0), later = waiter("BLPOP j k 2000\r\n", 1), soon = kit_raw_connect(server);
    ck_assert_int_eq(kit_info(c, "clients_in_timeout_table"), 2);
    ck_assert_int_eq(kit_info(c, "total_blocking_keys"), 2);
    int64_t began = kit_now_ms();
    kit_raw_text(soon, "BLPOP k 0.09\r\nBLPOP j 0.03\r\n");
    kit_raw_expect(soon, "*-1\r\n*-1\r\n");
    ck_assert_int_ge(kit_now_ms() - began, 118);
    expect_waits(late);
    expect_waits(later);
    ck_assert_int_eq(kit_info(c, "clients_in_timeout_table"), 2);
    close(late), close(later), close(soon);
    await_waiting(0);
}
END_TEST

START_TEST(unblock_ends_a_wait_in_either_way)
{
    int fd = kit_raw_connect(server);
    long long id = id_of(fd);
    char number[32];
    snprintf(number, sizeof number, "%lld", id);
    kit_expect(c, ":0", "CLIENT", "UNBLOCK", number);
    kit_raw_text(fd, "BLPOP k j 0\r\n");
    await_waiting(1);
    unblock(id, "TIMEOUT");
    kit_raw_expect(fd, "*-1\r\n");
    kit_raw_text(fd, "WAIT 3 0\r\n");
    await_waiting(1);
    unblock(id, "TIMEOUT");
    kit_raw_expect(fd, ":0\r\n");
    kit_raw_text(fd, "BZPOPMAX k 0\r\n");
    await_waiting(1);
    unblock(id, "ERROR");
    kit_raw_expect(fd, "-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n");
    kit_expect(c, ":0", "CLIENT", "UNBLOCK", number);
    kit_expect(c, ":1", "RPUSH", "k", "a");
    kit_expect(c, ":1", "LLEN", "k");
    close(fd);
}
END_TEST

START_TEST(unblock_leaves_a_client_that_is_paused)
{
    int fd = kit_raw_connect(server);
    char number[32];
    snprintf(number, sizeof number, "%lld", id_of(fd));
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
    kit_raw_text(fd, "BLPOP k 0\r\n");
    await_waiting(1);
    kit_expect(c, ":0", "CLIENT", "UNBLOCK", number);
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
    kit_expect(c, ":1", "RPUSH", "k", "a");
    kit_raw_expect(fd, "*2\r\n$1\r\nk\r\n$1\r\na\r\n");
    close(fd);
}
END_TEST

START_TEST(time_runs_out_during_a_pause)
{
    int fd = waiter("BLPOP k 1\r\n", 0); /* long enough for the pause to begin on a busy machine */
    kit_expect(c, "+OK", "CLIENT", "PAUSE", "100000", "WRITE");
    kit_raw_expect(fd, "*-1\r\n");
    kit_expect(c, "+OK", "CLIENT", "UNPAUSE");
    close(fd);
}
END_TEST

START_TEST(one_that_goes_takes_nothing)
{
    for (int half = 0; half < 2; half++) {
        int gone = waiter("BLPOP k 0\r\n", 0), next = waiter("BLPOP k 0\r\n", 1);
        if (half)
            shutdown(gone, SHUT_WR);
        else
            close(gone);
        await_waiting(1);
        kit_expect(c, ":1", "RPUSH", "k", "a");
        kit_raw_expect(next, "*2\r\n$1\r\nk\r\n$1\r\na\r\n");
        if (half) {
            kit_raw_expect_end(gone);
            close(gone);
        }
        close(next);
        await_waiting(0);
    }
    ck_assert_int_eq(kit_info(c, "total_blocking_keys"), 0);
}
END_TEST

#define BLPOP_K "*3\r\n$5\r\nBLPOP\r\n$1\r\nk\r\n$1\r\n0\r\n"

/* It isn't read from, as requests, or what is none, wait behind the one that waits. */
START_TEST(one_that_goes_with_requests_behind_takes_nothing)
{
    static const char twice[] = BLPOP_K BLPOP_K;
    static const char *const behind[] = {"*1\r\n$4\r\nPING\r\n", twice, "*1\r\n+\r\n", "PING\r\n", "*\r\n"};
    for (unsigned i = 0; i < 2 * sizeof behind / sizeof behind[0]; i++) {
        int fd = kit_raw_connect(server);
        char text[128];
        snprintf(text, sizeof text, "%s%s", BLPOP_K, behind[i / 2]);
        kit_raw_text(fd, text);
        await_waiting(1);
        if (i % 2) {
            shutdown(fd, SHUT_WR);
            kit_raw_expect_end(fd);
        }
        close(fd);
        await_waiting(0);
    }
}
END_TEST

/* Its end is noticed while its replies lie unread, and what it has sent is still executed, up to what would wait. */
START_TEST(one_that_went_before_its_request_ran_takes_nothing)
{
    enum { LEN = 2 << 20, TIMES = 40 };
    char *value = calloc(LEN + 2, 1);
    memset(value, 'x', LEN);
    kit_expect(c, "+OK", "SET", "v", value);
    int fd = kit_raw_connect(server);
    for (int i = 0; i < TIMES; i++)
        kit_raw_text(fd, "GET v\r\n");
    kit_raw_text(fd, BLPOP_K);
    shutdown(fd, SHUT_WR);
    for (int i = 0; i < TIMES; i++) {
        kit_raw_expect(fd, "$2097152\r\n");
        kit_raw_receive(fd, value, LEN + 2);
    }
    kit_raw_expect_end(fd);
    kit_expect(c, ":1", "RPUSH", "k", "a");
    kit_expect(c, ":1", "LLEN", "k");
    close(fd);
    free(value);
}
END_TEST

START_TEST(one_that_is_killed_takes_nothing)
{
    int fd = kit_raw_connect(server);
    char number[32];
    snprintf(number, sizeof number, "%lld", id_of(fd));
    kit_raw_text(fd, "BLPOP k 0\r\n");
    await_waiting(1);
    redisAppendCommand(c, "CLIENT KILL ID %s", number); /* both in one go: no worker has seen the end yet */
    redisAppendCommand(c, "RPUSH k a");
    redisAppendCommand(c, "LLEN k");
    kit_expect_next(c, ":1");
    kit_expect_next(c, ":1");
    kit_expect_next(c, ":1");
    kit_raw_expect_end(fd);
    await_waiting(0);
    close(fd);
}
END_TEST

START_TEST(one_that_loses_its_rights_gets_nothing_but_that)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "u", "on", "nopass", "+@all", "~*");
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "AUTH u x\r\nBLPOP k 0\r\n");
    kit_raw_expect(fd, "+OK\r\n");
    await_waiting(1);
    kit_expect(c, "+OK", "ACL", "SETUSER", "u", "-lpop");
    expect_waits(fd);
    kit_expect(c, "+OK", "ACL", "SETUSER", "u", "resetkeys", "~j");
    kit_raw_expect(fd, "-NOPERM No permissions to access a key\r\n");
    kit_expect(c, ":1", "RPUSH", "k", "a");
    kit_expect(c, ":1", "LLEN", "k");
    kit_raw_text(fd, "BLPOP j 0\r\n");
    await_waiting(1);
    kit_expect(c, "+OK", "ACL", "SETUSER", "u", "-blpop");
    kit_raw_expect(fd, "-NOPERM User u has no permissions to run the 'blpop' command\r\n");
    kit_raw_text(fd, "BRPOP j 0\r\n");
    await_waiting(1);
    kit_expect(c, ":1", "ACL", "DELUSER", "u");
    kit_raw_expect_end(fd);
    kit_expect(c, ":1", "RPUSH", "j", "a");
    kit_expect(c, ":1", "LLEN", "j");
    close(fd);
}
END_TEST

/* ---- around it ---- */

START_TEST(requests_behind_it_wait_for_the_answer)
{
    int fd = waiter("PING\r\nBLPOP k 0\r\nECHO a\r\nBLPOP k 0\r\nECHO b\r\n", 0);
    kit_raw_expect(fd, "+PONG\r\n");
    kit_raw_text(fd, "ECHO c\r\n");
    expect_waits(fd);
    kit_expect(c, ":1", "RPUSH", "k", "1");
    kit_raw_expect(fd, "*2\r\n$1\r\nk\r\n$1\r\n1\r\n$1\r\na\r\n");
    kit_expect(c, ":1", "RPUSH", "k", "2");
    kit_raw_expect(fd, "*2\r\n$1\r\nk\r\n$1\r\n2\r\n$1\r\nb\r\n$1\r\nc\r\n");
    kit_raw_text(fd, "BLPOP k 0\r\n");
    await_waiting(1);
    kit_raw_text(fd, "ECHO d\r\nECH");
    kit_expect(c, ":1", "RPUSH", "k", "3");
    kit_raw_expect(fd, "*2\r\n$1\r\nk\r\n$1\r\n3\r\n$1\r\nd\r\n");
    kit_raw_text(fd, "O e\r\n");
    kit_raw_expect(fd, "$1\r\ne\r\n");
    close(fd);
}
END_TEST

START_TEST(a_protocol_error_behind_it_comes_after_the_answer)
{
    int fd = waiter("*3\r\n$5\r\nBLPOP\r\n$1\r\nk\r\n$1\r\n0\r\n*1\r\nx\r\n", 0);
    kit_expect(c, ":1", "RPUSH", "k", "1");
    kit_raw_expect(fd, "*2\r\n$1\r\nk\r\n$1\r\n1\r\n-ERR Protocol error: expected '$', got 'x'\r\n");
    kit_raw_expect_end(fd);
    close(fd);
}
END_TEST

START_TEST(inside_another_call_nobody_waits)
{
    kit_expect(c, "nil", "DEBUG", "INSIDE", "BLPOP", "k", "0");
    kit_expect(c, "nil", "DEBUG", "INSIDE", "BLMOVE", "k", "j", "LEFT", "LEFT", "0");
    kit_expect(c, "nil", "DEBUG", "INSIDE", "BZMPOP", "0", "1", "k", "MIN");
    kit_expect(c, ":0", "DEBUG", "INSIDE", "WAIT", "1", "0");
    kit_expect(c, "[:0 :0]", "DEBUG", "INSIDE", "WAITAOF", "0", "1", "0");
    int fd = kit_raw_connect(server); /* the two kinds of nothing that hiredis calls the same */
    kit_raw_text(fd, "MULTI\r\nBLPOP k 0\r\nBLMOVE k j LEFT LEFT 0\r\nBRPOPLPUSH k j 0\r\nEXEC\r\n");
    kit_raw_expect(fd, "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*3\r\n*-1\r\n$-1\r\n$-1\r\n");
    close(fd);
}
END_TEST

START_TEST(client_reply_off_leaves_the_answer_out)
{
    int fd = waiter("CLIENT REPLY SKIP\r\nBLPOP k 0\r\nPING\r\n", 0);
    kit_expect(c, ":2", "RPUSH", "k", "1", "2");
    kit_raw_expect(fd, "+PONG\r\n");
    kit_expect(c, ":1", "LLEN", "k");
    close(fd);
}
END_TEST

START_TEST(a_server_that_ends_lets_go_of_those_who_wait)
{
    struct kit_server *other = kit_start("--threads", "2");
    int fds[4];
    for (int i = 0; i < 4; i++) {
        fds[i] = kit_raw_connect(other);
        kit_raw_text(fds[i], "BLPOP k j 0\r\n");
        kit_raw_await_taken(fds[i]);
    }
    kit_stop(other);
    for (int i = 0; i < 4; i++) {
        kit_raw_expect_end(fds[i]);
        close(fds[i]);
    }
}
END_TEST

/* ---- all at once ---- */

#define TAKERS 6
#define GIVERS 3
#define GIFTS 3000

static struct {
    unsigned char seen[GIVERS][GIFTS];
} taken;

/* Even ones take by moving from one list to the next. */
static void take_gifts(redisContext *context, unsigned index, void *data)
{
    static const char *const requests[] = {"BLPOP gifts odd 0.2", "BRPOP odd gifts 0.2", "BLMPOP 0.2 2 gifts odd LEFT"};
    (void)data;
    for (;;) {
        redisReply *reply = redisCommand(context, requests[index % 3]);
        ck_assert_ptr_nonnull(reply);
        if (reply->type == REDIS_REPLY_NIL) {
            freeReplyObject(reply);
            return;
        }
        ck_assert_int_eq(reply->type, REDIS_REPLY_ARRAY);
        const redisReply *element = reply->element[1];
        if (element->type == REDIS_REPLY_ARRAY)
            element = element->element[0];
        unsigned giver, gift;
        ck_assert_int_eq(sscanf(element->str, "%u:%u", &giver, &gift), 2);
        __atomic_fetch_add(&taken.seen[giver][gift], 1, __ATOMIC_RELAXED);
        freeReplyObject(reply);
    }
}

static void give_gifts(redisContext *context, unsigned index, void *data)
{
    (void)data;
    for (unsigned gift = 0; gift < GIFTS; gift++) {
        const char *key = gift % 3 == 0 ? "odd" : gift % 3 == 1 ? "gifts" : "detour";
        redisReply *reply = redisCommand(context, "RPUSH %s %u:%u", key, index, gift);
        ck_assert_ptr_nonnull(reply);
        freeReplyObject(reply);
    }
}

static void move_on(redisContext *context, unsigned index, void *data)
{
    (void)index;
    (void)data;
    for (;;) {
        redisReply *reply = redisCommand(context, "BLMOVE detour gifts LEFT RIGHT 0.2");
        ck_assert_ptr_nonnull(reply);
        bool over = reply->type == REDIS_REPLY_NIL;
        freeReplyObject(reply);
        if (over)
            return;
    }
}

static void play(redisContext *context, unsigned index, void *data)
{
    if (index < TAKERS)
        take_gifts(context, index, data);
    else if (index < TAKERS + GIVERS)
        give_gifts(context, index - TAKERS, data);
    else
        move_on(context, index, data);
}

START_TEST(everything_is_taken_once)
{
    kit_parallel(server, TAKERS + GIVERS + 2, play, NULL);
    unsigned left = (unsigned)kit_integer(c, "LLEN", "gifts") + (unsigned)kit_integer(c, "LLEN", "odd") +
                    (unsigned)kit_integer(c, "LLEN", "detour");
    unsigned missing = 0;
    for (unsigned giver = 0; giver < GIVERS; giver++)
        for (unsigned gift = 0; gift < GIFTS; gift++) {
            ck_assert_int_le(taken.seen[giver][gift], 1);
            missing += taken.seen[giver][gift] == 0;
        }
    ck_assert_uint_eq(missing, left);
    ck_assert_uint_eq(left, 0);
    ck_assert_int_eq(kit_info(c, "total_blocking_keys"), 0);
    ck_assert_int_eq(kit_info(c, "blocked_clients"), 0);
}
END_TEST

Suite *suite_waiting(void);
Suite *suite_waiting(void)
{
    Suite *suite = suite_create("waiting");
    TCase *tcase = served_tcase("waiting");
    tcase_add_test(tcase, each_command_is_served_by_what_comes);
    tcase_add_test(tcase, what_is_there_is_taken_at_once);
    tcase_add_test(tcase, first_come_first_served_whatever_the_worker);
    tcase_add_test(tcase, one_push_serves_as_many_as_it_has_elements);
    tcase_add_test(tcase, the_same_key_twice_is_one_place_in_the_queue);
    tcase_add_test(tcase, whatever_makes_the_key_serves);
    tcase_add_test(tcase, other_databases_are_other_keys);
    tcase_add_test(tcase, another_type_serves_nobody_and_keeps_nobody_from_waiting);
    tcase_add_test(tcase, a_moved_element_serves_the_next);
    tcase_add_test(tcase, moves_in_a_circle_end);
    tcase_add_test(tcase, where_the_destination_is_no_list_the_element_stays_for_the_next);
    tcase_add_test(tcase, a_sorted_list_that_is_stored_is_moved_on);
    tcase_add_test(tcase, exec_serves_at_its_end);
    tcase_add_test(tcase, exec_moves_on_to_keys_that_it_doesn_t_name);
    tcase_add_test(tcase, a_key_that_expires_in_exec_serves_nobody);
    tcase_add_test(tcase, being_served_touches_what_others_watch);
    tcase_add_test(tcase, a_timeout_has_bounds);
    tcase_add_test(tcase, time_runs_out_to_the_millisecond);
    tcase_add_test(tcase, timeouts_end_in_their_order);
    tcase_add_test(tcase, unblock_ends_a_wait_in_either_way);
    tcase_add_test(tcase, unblock_leaves_a_client_that_is_paused);
    tcase_add_test(tcase, time_runs_out_during_a_pause);
    tcase_add_test(tcase, one_that_goes_takes_nothing);
    tcase_add_test(tcase, one_that_goes_with_requests_behind_takes_nothing);
    tcase_add_test(tcase, one_that_went_before_its_request_ran_takes_nothing);
    tcase_add_test(tcase, one_that_is_killed_takes_nothing);
    tcase_add_test(tcase, one_that_loses_its_rights_gets_nothing_but_that);
    tcase_add_test(tcase, requests_behind_it_wait_for_the_answer);
    tcase_add_test(tcase, a_protocol_error_behind_it_comes_after_the_answer);
    tcase_add_test(tcase, inside_another_call_nobody_waits);
    tcase_add_test(tcase, client_reply_off_leaves_the_answer_out);
    tcase_add_test(tcase, a_server_that_ends_lets_go_of_those_who_wait);
    tcase_add_test(tcase, everything_is_taken_once);
    suite_add_tcase(suite, tcase);
    return suite;
}
