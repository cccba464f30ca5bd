/*
 * CLIENT TRACKING: who is told of which changes, and in which order with replies. Clients speak inline commands and
 * RESP3; what a cache may rely on while many change and read is tested in test_caching.c.
 */
#include "kit/served.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define NOTICE ">2\r\n$10\r\ninvalidate\r\n"
#define TOLD1(length, name) NOTICE "*1\r\n$" length "\r\n" name "\r\n"
#define TOLD(name) TOLD1("1", name) /* of a key whose name has one letter */
#define TOLD_EVERYTHING NOTICE "_\r\n"

/* ---- clients ---- */

static int connect3(void)
{
    int fd = kit_raw_connect(server);
    char line[256];
    kit_raw_text(fd, "HELLO 3\r\n");
    do
        kit_raw_receive_line(fd, line, sizeof line);
    while (strcmp(line, "modules") != 0);
    kit_raw_expect(fd, "*0\r\n");
    return fd;
}

/* One that tracks, with these words behind CLIENT TRACKING ON. */
static int track(const char *options)
{
    int fd = connect3();
    char command[256];
    snprintf(command, sizeof command, "CLIENT TRACKING ON %s\r\n", options);
    kit_raw_text(fd, command);
    kit_raw_expect(fd, "+OK\r\n");
    return fd;
}

static long long id_of(int fd)
{
    char line[64];
    kit_raw_text(fd, "CLIENT ID\r\n");
    kit_raw_receive_line(fd, line, sizeof line);
    return strtoll(line + 1, NULL, 10);
}

static int track_to(const char *options, int target)
{
    char redirect[256];
    snprintf(redirect, sizeof redirect, "%s REDIRECT %lld", options, id_of(target));
    return track(redirect);
}

/* What it sends is answered so, and nothing came before: notices of earlier changes do, before a reply. */
#define ask(fd, sent, expected)                                                                                        \
    do {                                                                                                               \
        kit_raw_text(fd, sent);                                                                                        \
        kit_raw_expect(fd, expected);                                                                                  \
    } while (0)

#define expect_nothing(fd) ask(fd, "PING\r\n", "+PONG\r\n")

/* ---- the default mode ---- */

START_TEST(a_key_that_was_read_is_told_once)
{
    int fd = track("");
    ask(fd, "GET k\r\n", "_\r\n");
    kit_expect(c, "+OK", "SET", "k", "1");
    kit_raw_expect(fd, TOLD("k"));
    kit_expect(c, "+OK", "SET", "k", "2");
    kit_expect(c, "+OK", "SET", "other", "1");
    expect_nothing(fd);
    ask(fd, "GET k\r\n", "$1\r\n2\r\n");
    kit_expect(c, ":1", "DEL", "k");
    kit_raw_expect(fd, TOLD("k"));
    close(fd);
}
END_TEST

/* Whoever has seen a change acknowledged, and asks for something then, finds the notice before the reply. */
START_TEST(a_notice_comes_before_the_next_reply)
{
    int fd = track("");
    for (int i = 0; i < 500; i++) {
        ask(fd, "EXISTS k\r\n", ":0\r\n");
        kit_expect(c, "+OK", "SET", "k", "v");
        ask(fd, "PING\r\n", TOLD("k") "+PONG\r\n");
        kit_expect(c, ":1", "DEL", "k");
    }
    close(fd);
}
END_TEST

START_TEST(clients_of_all_workers_are_told)
{
    int fds[16];
    for (int i = 0; i < 16; i++) {
        fds[i] = track("");
        ask(fds[i], "GET k\r\n", "_\r\n");
    }
    ck_assert_int_eq(kit_info(c, "tracking_clients"), 16);
    ck_assert_int_eq(kit_info(c, "tracking_total_keys"), 1);
    ck_assert_int_eq(kit_info(c, "tracking_total_items"), 16);
    kit_expect(c, "+OK", "SET", "k", "v");
    for (int i = 0; i < 16; i++) {
        kit_raw_expect(fds[i], TOLD("k"));
        close(fds[i]);
    }
    ck_assert_int_eq(kit_info(c, "tracking_total_keys"), 0);
    ck_assert_int_eq(kit_info(c, "tracking_total_items"), 0);
}
END_TEST

/* Its own changes: behind the reply of the command that made them, in a pipeline as well. */
START_TEST(own_changes_are_told_behind_their_reply)
{
    int fd = track("");
    ask(fd, "GET k\r\nSET k 1\r\nGET k\r\nPING\r\n", "_\r\n+OK\r\n" TOLD("k") "$1\r\n1\r\n+PONG\r\n");
    ask(fd, "MGET a b\r\nMSET a 1 b 2\r\nGET a\r\n", "*2\r\n_\r\n_\r\n+OK\r\n" TOLD("a") TOLD("b") "$1\r\n1\r\n");
    ask(fd, "FLUSHALL\r\nPING\r\n", "+OK\r\n" TOLD_EVERYTHING "+PONG\r\n");
    close(fd);
}
END_TEST

struct change {
    const char *read;       /* what the client asks */
    const char *changes[8]; /* what then changes the key k */
};

static const struct change all_changes[] = {
    {"GET k", {"APPEND", "k", "x"}},
    {"GET k", {"INCR", "k"}},
    {"GET k", {"SETRANGE", "k", "1", "x"}},
    {"GET k", {"SETBIT", "k", "1", "1"}},
    {"GET k", {"GETDEL", "k"}},
    {"GET k", {"UNLINK", "k"}},
    {"TTL k", {"EXPIRE", "k", "100"}},
    {"TTL k", {"EXPIRE", "k", "-1"}},
    {"GET k", {"RENAME", "k", "other"}},
    {"GET k", {"RENAME", "source", "k"}},
    {"GET k", {"COPY", "source", "k", "REPLACE"}},
    {"GET k", {"MOVE", "k", "1"}},
    {"GET k", {"BITOP", "NOT", "k", "source"}},
    {"GET k", {"SORT", "list", "STORE", "k"}},
    {"STRLEN k", {"SET", "k", "1", "KEEPTTL"}},
    {"LRANGE list 0 -1", {"RPUSH", "list", "x"}},
    {"LRANGE list 0 -1", {"LPOP", "list", "9"}},
    {"SMEMBERS set", {"SADD", "set", "x"}},
    {"SCARD set", {"SPOP", "set"}},
    {"HGETALL hash", {"HSET", "hash", "f", "2"}},
    {"HGET hash f", {"HDEL", "hash", "f"}},
    {"ZRANGE zset 0 -1", {"ZADD", "zset", "2", "m"}},
    {"ZSCORE zset m", {"ZINCRBY", "zset", "1", "m"}},
    {"OBJECT ENCODING k", {"SET", "k", "text"}},
    {"MEMORY USAGE k", {"SET", "k", "text"}},
    {"HSCAN hash 0", {"HSET", "hash", "f", "2"}},
    {"BITCOUNT k", {"SETBIT", "k", "1", "1"}},
    {"SORT_RO list", {"RPUSH", "list", "3"}},
    {"SINTER set other", {"SREM", "set", "m"}},
    {"PFCOUNT hll", {"PFADD", "hll", "b"}},
};

static void fill(void)
{
    kit_expect(c, "+OK", "FLUSHALL");
    kit_expect(c, "+OK", "MSET", "k", "1", "source", "2");
    kit_expect(c, ":2", "RPUSH", "list", "1", "2");
    kit_expect(c, ":1", "SADD", "set", "m");
    kit_expect(c, ":1", "HSET", "hash", "f", "1");
    kit_expect(c, ":1", "ZADD", "zset", "1", "m");
    kit_expect(c, ":1", "PFADD", "hll", "a");
}

/* Receives until PONG, and says whether a notice of the key was there. */
static bool is_told(int fd, const char *key)
{
    char line[4096];
    bool told = false;
    kit_raw_text(fd, "PING\r\n");
    do {
        kit_raw_receive_line(fd, line, sizeof line);
        if (strcmp(line, "invalidate") == 0) {
            kit_raw_expect(fd, "*1\r\n");
            kit_raw_receive_line(fd, line, sizeof line);
            kit_raw_receive_line(fd, line, sizeof line);
            told = told || strcmp(line, key) == 0;
        }
    } while (strcmp(line, "+PONG") != 0);
    return told;
}

START_TEST(whatever_changes_a_key_is_told)
{
    const struct change *change = &all_changes[_i];
    char command[128], key[16];
    fill();
    int fd = track("");
    snprintf(command, sizeof command, "%s\r\n", change->read);
    kit_raw_text(fd, command);
    ck_assert(!is_told(fd, "nothing"));
    freeReplyObject(kit_command_args(c, change->changes));
    bool is_behind_a_word = strncmp(change->read, "OBJECT", 6) == 0 || strncmp(change->read, "MEMORY", 6) == 0;
    ck_assert_int_eq(sscanf(is_behind_a_word ? strrchr(change->read, ' ') : strchr(change->read, ' '), "%15s", key), 1);
    ck_assert_msg(is_told(fd, key), "%s was not told", change->changes[0]);
    close(fd);
}
END_TEST

/* What isn't a read of a key isn't tracked, and a change that changes nothing isn't told. */
START_TEST(nothing_else_is_told)
{
    int fd = track("");
    kit_expect(c, "+OK", "MSET", "k", "1", "l", "1");
    ask(fd, "SET w 1\r\nKEYS none*\r\nSCAN 0 COUNT 1 MATCH none\r\n", "+OK\r\n*0\r\n*2\r\n");
    kit_raw_text(fd, "INCR w\r\n");
    ck_assert(!is_told(fd, "w"));
    ask(fd, "GET k\r\n", "$1\r\n1\r\n");
    kit_expect(c, ":0", "DEL", "none");
    kit_expect(c, ":0", "SETNX", "k", "2");
    kit_expect(c, "$1", "GET", "k");
    expect_nothing(fd);
    close(fd);
}
END_TEST

/* Databases aren't told apart: a name is a name. */
START_TEST(a_name_is_told_whatever_its_database)
{
    int fd = track("");
    ask(fd, "GET k\r\n", "_\r\n");
    kit_expect(c, "+OK", "SELECT", "5");
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_raw_expect(fd, TOLD("k"));
    close(fd);
}
END_TEST

START_TEST(expiry_is_told_whether_the_key_is_looked_up_or_not)
{
    int fd = track(_i ? "NOLOOP" : "");
    kit_expect(c, "+OK", "SET", "k", "v", "PX", "20");
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    ask(fd, "GET k\r\n", "$1\r\nv\r\n");
    usleep(30000); /* until it is due, which nothing tells */
    ask(fd, "MGET x k\r\nPING\r\n", "*2\r\n_\r\n_\r\n" TOLD("k") "+PONG\r\n");
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "1");
    kit_expect(c, "+OK", "SET", "k", "v", "PX", "20");
    kit_raw_expect(fd, TOLD("k"));
    ask(fd, "GET k\r\n", "$1\r\nv\r\n");
    kit_raw_expect(fd, TOLD("k")); /* the server has deleted it by itself */
    close(fd);
}
END_TEST

START_TEST(eviction_is_told)
{
    int fd = track("");
    kit_expect(c, "+OK", "SET", "k", "v");
    ask(fd, "GET k\r\n", "$1\r\nv\r\n");
    kit_expect(c, "+OK", "CONFIG", "SET", "maxmemory-policy", "allkeys-lru", "maxmemory", "1");
    kit_raw_expect(fd, TOLD("k"));
    close(fd);
}
END_TEST

START_TEST(emptied_and_swapped_databases_are_told_as_everything)
{
    static const char *const commands[][4] = {
        {"FLUSHALL"}, {"FLUSHDB"}, {"FLUSHALL", "ASYNC"}, {"SWAPDB", "0", "1"}, {"FLUSHDB"},
    };
    int fd = track(""), all = track("BCAST");
    for (size_t i = 0; i < sizeof commands / sizeof commands[0]; i++) {
        kit_expect(c, "+OK", "SET", "k", "v");
        ask(all, "PING\r\n", TOLD("k") "+PONG\r\n");
        ask(fd, "GET k\r\n", "$1\r\nv\r\n");
        kit_expect_reply(kit_command_args(c, commands[i]), "+OK");
        kit_raw_expect(fd, TOLD_EVERYTHING);
        kit_raw_expect(all, TOLD_EVERYTHING);
        ck_assert_int_eq(kit_info(c, "tracking_total_keys"), 0);
        expect_nothing(fd);
    }
    close(fd);
    close(all);
}
END_TEST

START_TEST(noloop_leaves_out_own_changes_and_still_tells_others)
{
    int fd = track("NOLOOP");
    ask(fd, "GET k\r\nSET k 1\r\nPING\r\n", "_\r\n+OK\r\n+PONG\r\n");
    kit_expect(c, "+OK", "SET", "k", "2"); /* it may have kept what it has written itself */
    kit_raw_expect(fd, TOLD("k"));
    close(fd);
}
END_TEST

START_TEST(tracking_that_ends_is_told_nothing)
{
    static const char *const ends[] = {"CLIENT TRACKING OFF\r\n", "RESET\r\nHELLO 3\r\n"};
    int fd = track(_i == 1 ? "BCAST" : "");
    ask(fd, "GET k\r\n", "_\r\n");
    kit_raw_text(fd, ends[_i % 2]);
    ck_assert(!is_told(fd, "k"));
    kit_expect(c, "+OK", "SET", "k", "v");
    ck_assert(!is_told(fd, "k"));
    ck_assert_int_eq(kit_info(c, "tracking_clients"), 0);
    ask(fd, "CLIENT GETREDIR\r\n", ":-1\r\n");
    close(fd);
}
END_TEST

/* ---- OPTIN and OPTOUT ---- */

START_TEST(optin_tracks_the_command_behind_caching_yes)
{
    int fd = track("OPTIN");
    ask(fd, "GET a\r\nCLIENT CACHING YES\r\nGET b\r\nGET c\r\n", "_\r\n+OK\r\n_\r\n_\r\n");
    kit_expect(c, "+OK", "MSET", "a", "1", "b", "1", "c", "1");
    ask(fd, "PING\r\n", TOLD("b") "+PONG\r\n");
    ask(fd, "CLIENT CACHING YES\r\nNOSUCH\r\nGET a\r\n",
        "+OK\r\n-ERR unknown command 'NOSUCH', with args beginning with: \r\n$1\r\n1\r\n");
    ask(fd, "CLIENT CACHING YES\r\nCLIENT GETNAME\r\nGET d\r\n", "+OK\r\n_\r\n_\r\n");
    kit_expect(c, "+OK", "MSET", "a", "2", "d", "2");
    ask(fd, "PING\r\n", TOLD("d") "+PONG\r\n");
    close(fd);
}
END_TEST

START_TEST(optout_leaves_out_the_command_behind_caching_no)
{
    int fd = track("OPTOUT");
    ask(fd, "GET a\r\nCLIENT CACHING NO\r\nGET b\r\nGET c\r\n", "_\r\n+OK\r\n_\r\n_\r\n");
    kit_expect(c, "+OK", "MSET", "a", "1", "b", "1", "c", "1");
    ask(fd, "PING\r\n", TOLD("a") TOLD("c") "+PONG\r\n");
    close(fd);
}
END_TEST

/* ---- prefixes ---- */

START_TEST(prefixes_are_told_with_all_their_keys)
{
    int fd = track("BCAST PREFIX a: PREFIX b:");
    kit_expect(c, "+OK", "MSET", "a:2", "1", "b:1", "1", "a:1", "1", "c:1", "1", "a", "1", "a:2", "2");
    kit_raw_expect(fd, NOTICE "*2\r\n$3\r\na:1\r\n$3\r\na:2\r\n" NOTICE "*1\r\n$3\r\nb:1\r\n");
    ck_assert_int_eq(kit_info(c, "tracking_total_prefixes"), 2);
    ck_assert_int_eq(kit_info(c, "tracking_total_keys"), 0);
    ask(fd, "CLIENT TRACKING ON BCAST PREFIX c\r\nSET c:1 2\r\nSET c 1\r\nGET a:1\r\n",
        "+OK\r\n+OK\r\n+OK\r\n$1\r\n1\r\n" NOTICE "*2\r\n$1\r\nc\r\n$3\r\nc:1\r\n");
    close(fd);
    fd = track("BCAST");
    kit_expect(c, ":1", "DEL", "a:1");
    kit_raw_expect(fd, TOLD1("3", "a:1"));
    close(fd);
}
END_TEST

START_TEST(noloop_leaves_own_keys_out_of_a_prefix)
{
    int fd = track("BCAST NOLOOP");
    ask(fd, "SET a 1\r\nPING\r\n", "+OK\r\n+PONG\r\n");
    expect_nothing(fd);
    kit_expect(c, "+OK", "SET", "a", "2");
    kit_raw_expect(fd, TOLD("a"));
    close(fd);
}
END_TEST

/* Both changes are told together; the client knows what is there after its own. */
START_TEST(noloop_goes_by_the_last_change_of_a_key)
{
    kit_expect(c, "+OK", "DEBUG", "SET-ACTIVE-EXPIRE", "0");
    kit_expect(c, "+OK", "SET", "FOO", "v", "PX", "1");
    int fd = track("BCAST PREFIX FOO NOLOOP");
    usleep(5000); /* beyond the time to live */
    ask(fd, "MULTI\r\nGET FOO\r\nSET FOO 1\r\nEXEC\r\n", "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n_\r\n+OK\r\n");
    ask(fd, "PING\r\n", "+PONG\r\n");
    close(fd);
}
END_TEST

START_TEST(more_names_than_are_gathered_are_told_as_everything)
{
    enum { NAMES = 70000 };
    int fd = track("BCAST PREFIX FOO"), other = kit_raw_connect(server);
    char *text = malloc((size_t)NAMES * 32 + 64);
    size_t len = (size_t)sprintf(text, "*%d\r\n$4\r\nMSET\r\n", 2 * NAMES + 1);
    for (int i = 0; i < NAMES; i++)
        len += (size_t)sprintf(text + len, "$8\r\nFOO%05d\r\n$1\r\nv\r\n", i);
    kit_raw_send(other, text, len);
    kit_raw_expect(other, "+OK\r\n");
    ask(fd, "PING\r\n", TOLD_EVERYTHING "+PONG\r\n");
    free(text);
    close(fd), close(other);
}
END_TEST

START_TEST(prefixes_of_one_client_must_not_overlap)
{
    int fd = track("BCAST PREFIX FOO PREFIX BAR");
#define OVERLAPS(a, with, b)                                                                                           \
    "-ERR Prefix '" a "' overlaps with " with " prefix '" b "'. Prefixes for a single client must not overlap.\r\n"
    ask(fd, "CLIENT TRACKING ON BCAST PREFIX FO\r\n", OVERLAPS("FO", "an existing", "FOO"));
    ask(fd, "CLIENT TRACKING ON BCAST PREFIX x PREFIX BARB\r\n", OVERLAPS("BARB", "an existing", "BAR"));
    ask(fd, "CLIENT TRACKING ON BCAST PREFIX q PREFIX r PREFIX rs\r\n", OVERLAPS("r", "another provided", "rs"));
    ask(fd, "CLIENT TRACKING ON BCAST PREFIX rs PREFIX r PREFIX q\r\n", OVERLAPS("rs", "another provided", "r"));
    ask(fd, "SET x 1\r\nSET q 1\r\nSET BARBER 1\r\n", "+OK\r\n+OK\r\n+OK\r\n" TOLD1("6", "BARBER"));
    int other = track("BCAST PREFIX FO"); /* that is another client's */
    ask(fd, "SET FOOT 1\r\n", "+OK\r\n" TOLD1("4", "FOOT"));
    kit_raw_expect(other, TOLD1("4", "FOOT"));
    ask(other, "CLIENT TRACKING ON BCAST\r\n", "+OK\r\n"); /* the empty one overlaps with all that come later */
    ask(other, "CLIENT TRACKING ON BCAST PREFIX zzz\r\n", OVERLAPS("zzz", "an existing", ""));
    ask(other, "CLIENT TRACKING ON BCAST PREFIX FOOT\r\n", OVERLAPS("FOOT", "an existing", ""));
    close(fd);
    close(other);
}
END_TEST

/* ---- redirection ---- */

START_TEST(notices_are_redirected)
{
    int target = connect3(), fd = track_to("", target);
    char expected[64];
    ask(fd, "GET k\r\n", "_\r\n");
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_raw_expect(target, TOLD("k"));
    expect_nothing(fd);
    snprintf(expected, sizeof expected, ":%lld", id_of(target));
    char line[64];
    kit_raw_text(fd, "CLIENT GETREDIR\r\n");
    kit_raw_receive_line(fd, line, sizeof line);
    ck_assert_str_eq(line, expected);
    ask(fd, "SET k 1\r\nGET k\r\nDEL k\r\n", "+OK\r\n$1\r\n1\r\n:1\r\n");
    kit_raw_expect(target, TOLD("k"));
    close(fd);
    close(target);
}
END_TEST

static bool is_alone(void *unused)
{
    (void)unused;
    return kit_info(c, "connected_clients") == 2;
}

START_TEST(a_target_that_has_gone_is_told)
{
    int target = connect3(), fd = track_to(_i ? "BCAST" : "", target);
    long long id = id_of(target);
    char line[512], expected[64];
    ask(fd, "GET k\r\n", "_\r\n");
    close(target);
    kit_await(is_alone, NULL, "the target's end");
    kit_expect(c, "+OK", "SET", "k", "v");
    kit_raw_expect(fd, ">2\r\n$21\r\ntracking-redir-broken\r\n");
    kit_raw_receive_line(fd, line, sizeof line);
    snprintf(expected, sizeof expected, ":%lld", id);
    ck_assert_str_eq(line, expected);
    redisReply *reply = kit_command(c, "CLIENT", "LIST");
    snprintf(expected, sizeof expected, "redir=%lld", id);
    ck_assert_ptr_nonnull(strstr(reply->str, expected));
    ck_assert_ptr_nonnull(strstr(reply->str, _i ? "flags=tRBU" : "flags=tRU"));
    freeReplyObject(reply);
    ask(fd, "CLIENT TRACKING OFF\r\nCLIENT TRACKINGINFO\r\n",
        "+OK\r\n%3\r\n$5\r\nflags\r\n~1\r\n$3\r\noff\r\n$8\r\nredirect\r\n:-1\r\n$8\r\nprefixes\r\n*0\r\n");
    close(fd);
}
END_TEST

/* Without pushes a notice is a message, to whoever is subscribed to something. */
START_TEST(a_resp2_subscriber_is_told_by_messages)
{
    int target = kit_raw_connect(server), fd = track_to("", target);
    ask(fd, "GET k\r\n", "_\r\n");
    kit_expect(c, "+OK", "SET", "k", "1");
    expect_nothing(target); /* it isn't subscribed yet */
    ask(target, "SUBSCRIBE __redis__:invalidate\r\n", "*3\r\n$9\r\nsubscribe\r\n$20\r\n__redis__:invalidate\r\n:1\r\n");
    ask(fd, "GET k\r\n", "$1\r\n1\r\n");
    kit_expect(c, "+OK", "SET", "k", "2");
    kit_raw_expect(target, "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n");
    kit_expect(c, "+OK", "FLUSHALL");
    kit_raw_expect(target, "*3\r\n$7\r\nmessage\r\n$20\r\n__redis__:invalidate\r\n$-1\r\n");
    close(fd);
    close(target);
}
END_TEST

START_TEST(a_transaction_is_told_behind_its_reply)
{
    int fd = track("OPTIN");
    ask(fd, "CLIENT CACHING YES\r\nMULTI\r\nGET a\r\nSET a 1\r\nGET a\r\nGET b\r\nEXEC\r\nGET d\r\n",
        "+OK\r\n+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n*4\r\n_\r\n+OK\r\n$1\r\n1\r\n_\r\n" TOLD(
            "a") "_\r\n");
    kit_expect(c, "+OK", "MSET", "a", "2", "b", "2", "d", "2");
    ask(fd, "PING\r\n", TOLD("a") TOLD("b") "+PONG\r\n");
    close(fd);
}
END_TEST

static bool is_waiting(void *unused)
{
    (void)unused;
    return kit_info(c, "blocked_clients") == 1;
}

START_TEST(what_a_waiting_client_has_moved_is_told_behind_its_reply)
{
    for (int i = 0; i < 20; i++) {
        int fd = track("");
        kit_expect(c, "+OK", "FLUSHALL");
        ask(fd, "LLEN b\r\n", TOLD_EVERYTHING ":0\r\n");
        kit_raw_text(fd, "BLMOVE a b LEFT LEFT 0\r\n");
        kit_await(is_waiting, NULL, "the client's waiting");
        kit_expect(c, ":1", "RPUSH", "a", "x");
        kit_raw_expect(fd, "$1\r\nx\r\n" TOLD("b"));
        close(fd);
    }
}
END_TEST

START_TEST(noloop_leaves_out_what_a_waiting_client_has_moved)
{
    int fd = track(" NOLOOP");
    ask(fd, "LLEN b\r\n", ":0\r\n");
    kit_raw_text(fd, "BLMOVE a b LEFT LEFT 0\r\n");
    kit_await(is_waiting, NULL, "the client's waiting");
    kit_expect(c, ":1", "RPUSH", "a", "x");
    kit_raw_expect(fd, "$1\r\nx\r\n");
    ask(fd, "PING\r\n", "+PONG\r\n");
    close(fd);
}
END_TEST

/* RESP2 has no pushes. */
START_TEST(a_resp2_client_is_told_nothing)
{
    int fd = kit_raw_connect(server);
    ask(fd, "CLIENT TRACKING ON\r\nGET k\r\n", "+OK\r\n$-1\r\n");
    kit_expect(c, "+OK", "SET", "k", "v");
    expect_nothing(fd);
    close(fd);
}
END_TEST

/* ---- CLIENT REPLY ---- */

START_TEST(notices_come_where_replies_do_not)
{
    int fd = track("");
    ask(fd, "GET k\r\nCLIENT REPLY OFF\r\nGET k\r\nSET k 1\r\n", "_\r\n" TOLD("k"));
    kit_raw_text(fd, "GET k\r\n");
    kit_raw_await_taken(fd);
    kit_expect(c, "$1", "GET", "k");
    kit_expect(c, "+OK", "SET", "k", "2");
    kit_raw_expect(fd, TOLD("k"));
    ask(fd, "CLIENT REPLY ON\r\nGET k\r\nCLIENT REPLY SKIP\r\nSET k 3\r\nPING\r\n",
        "+OK\r\n$1\r\n2\r\n" TOLD("k") "+PONG\r\n");
    close(fd);
}
END_TEST

/* ---- limits ---- */

START_TEST(the_table_keeps_to_its_limit)
{
    char command[64], line[64];
    int fd = track("");
    kit_expect(c, "+OK", "CONFIG", "SET", "tracking-table-max-keys", "300");
    for (int i = 0; i < 2000; i++) {
        snprintf(command, sizeof command, "GET key:%04d\r\n", i);
        kit_raw_text(fd, command);
    }
    kit_raw_text(fd, "ECHO end\r\n");
    int told = 0;
    do {
        kit_raw_receive_line(fd, line, sizeof line);
        told += strcmp(line, "invalidate") == 0;
    } while (strcmp(line, "end") != 0);
    ck_assert_int_ge(told, 1400);
    ck_assert_int_le(kit_info(c, "tracking_total_keys"), 300 + 256);
    kit_expect(c, "+OK", "CONFIG", "SET", "tracking-table-max-keys", "1");
    while (kit_info(c, "tracking_total_keys") > 1)
        kit_expect(c, "+PONG", "PING");
    while (told < 1999) {
        kit_raw_receive_line(fd, line, sizeof line);
        told += strcmp(line, "invalidate") == 0;
    }
    close(fd);
}
END_TEST

/* A client that comes again and again leaves nothing behind that grows. */
START_TEST(clients_that_have_gone_are_weeded_out)
{
    for (int i = 0; i < 100; i++) {
        int fd = track("");
        ask(fd, "GET k\r\n", "_\r\n");
        close(fd);
    }
    ck_assert_int_le(kit_info(c, "tracking_total_items"), 30);
    ck_assert_int_eq(kit_info(c, "tracking_total_keys"), 1);
}
END_TEST

/* Adds to the len bytes that are there until what is new holds the text; returns how many there are. */
static size_t receive_until(int fd, char *all, size_t len, size_t size, const char *text)
{
    size_t from;
    do {
        from = len > 64 ? len - 64 : 0; /* the text may have come in part */
        ssize_t n = read(fd, all + len, size - len);
        ck_assert_int_gt(n, 0);
        len += (size_t)n;
        all[len] = '\0';
    } while (!strstr(all + from, text));
    return len;
}

/* One that never reads gets everything at once in the end, and the server no larger meanwhile. */
START_TEST(a_reader_that_waits_is_told_everything)
{
    enum { SIZE = 64 << 20 };
    int fd = track("BCAST");
    char name[1001];
    memset(name, 'n', 1000);
    name[1000] = '\0';
    for (int i = 0; i < 40000; i++) {
        name[snprintf(name, sizeof name, "%d", i)] = 'n';
        redisAppendCommand(c, "SET %s v EX 1000", name);
        redisAppendCommand(c, "DEL %s", name);
        if (i % 100 == 99) {
            redisReply *reply;
            for (int k = 0; k < 200; k++) {
                ck_assert_int_eq(redisGetReply(c, (void **)&reply), REDIS_OK);
                freeReplyObject(reply);
            }
        }
    }
    ck_assert_int_lt(kit_info(c, "mem_clients_normal"), 30000000);
    char *all = malloc(SIZE + 1);
    size_t len = receive_until(fd, all, 0, SIZE, TOLD_EVERYTHING);
    kit_raw_text(fd, "PING\r\n");
    receive_until(fd, all, len, SIZE, "+PONG\r\n"); /* and what has come since then */
    free(all);
    close(fd);
}
END_TEST

/* ---- errors ---- */

START_TEST(mistakes_get_the_words_of_redis)
{
    static const char *const mistakes[][2] = {
        {"CLIENT TRACKING ON PREFIX a\r\n", "-ERR PREFIX option requires BCAST mode to be enabled"},
        {"CLIENT TRACKING ON BCAST OPTIN\r\n", "-ERR OPTIN and OPTOUT are not compatible with BCAST"},
        {"CLIENT TRACKING ON OPTIN OPTOUT\r\n", "-ERR You can't specify both OPTIN mode and OPTOUT mode"},
        {"CLIENT TRACKING ON REDIRECT 99999\r\n", "-ERR The client ID you want redirect to does not exist"},
        {"CLIENT TRACKING ON REDIRECT x\r\n", "-ERR value is not an integer or out of range"},
        {"CLIENT TRACKING ON REDIRECT\r\n", "-ERR syntax error"},
        {"CLIENT TRACKING ON SOMEHOW\r\n", "-ERR syntax error"},
        {"CLIENT TRACKING MAYBE\r\n", "-ERR syntax error"},
        {"CLIENT CACHING YES\r\n", "-ERR CLIENT CACHING can be called only when the client is in tracking mode with "
                                   "OPTIN or OPTOUT mode enabled"},
    };
    char line[512];
    int fd = connect3();
    for (size_t i = 0; i < sizeof mistakes / sizeof mistakes[0]; i++) {
        kit_raw_text(fd, mistakes[i][0]);
        kit_raw_receive_line(fd, line, sizeof line);
        ck_assert_str_eq(line, mistakes[i][1]);
    }
    ask(fd, "CLIENT TRACKING ON OPTIN\r\nCLIENT CACHING NO\r\n",
        "+OK\r\n-ERR CLIENT CACHING NO is only valid when tracking is enabled in OPTOUT mode.\r\n");
    ask(fd, "CLIENT TRACKING ON OPTOUT\r\n",
        "-ERR You can't switch OPTIN/OPTOUT mode before disabling tracking for this client, and then re-enabling it "
        "with a different mode.\r\n");
    ask(fd, "CLIENT TRACKING ON BCAST\r\n",
        "-ERR You can't switch BCAST mode on/off before disabling tracking for this client, and then re-enabling it "
        "with a different mode.\r\n");
    close(fd);
}
END_TEST

/* A user who may not track any more stops. */
START_TEST(tracking_ends_with_the_right)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "eve", "on", ">secret", "~*", "+@all");
    int fd = connect3();
    ask(fd, "AUTH eve secret\r\nCLIENT TRACKING ON BCAST\r\n", "+OK\r\n+OK\r\n");
    kit_expect(c, "+OK", "ACL", "SETUSER", "eve", "-client|tracking");
    kit_expect(c, "+OK", "SET", "k", "v");
    ask(fd, "PING\r\nCLIENT GETREDIR\r\n", "+PONG\r\n:-1\r\n");
    close(fd);
}
END_TEST

Suite *suite_tracking(void)
{
    Suite *suite = suite_create("tracking");
    TCase *tcase = served_tcase("tracking");
    tcase_add_test(tcase, a_key_that_was_read_is_told_once);
    tcase_add_test(tcase, a_notice_comes_before_the_next_reply);
    tcase_add_test(tcase, clients_of_all_workers_are_told);
    tcase_add_test(tcase, own_changes_are_told_behind_their_reply);
    tcase_add_loop_test(tcase, whatever_changes_a_key_is_told, 0, (int)(sizeof all_changes / sizeof all_changes[0]));
    tcase_add_test(tcase, nothing_else_is_told);
    tcase_add_test(tcase, a_name_is_told_whatever_its_database);
    tcase_add_loop_test(tcase, expiry_is_told_whether_the_key_is_looked_up_or_not, 0, 2);
    tcase_add_test(tcase, eviction_is_told);
    tcase_add_test(tcase, emptied_and_swapped_databases_are_told_as_everything);
    tcase_add_test(tcase, noloop_leaves_out_own_changes_and_still_tells_others);
    tcase_add_loop_test(tcase, tracking_that_ends_is_told_nothing, 0, 3);
    tcase_add_test(tcase, optin_tracks_the_command_behind_caching_yes);
    tcase_add_test(tcase, optout_leaves_out_the_command_behind_caching_no);
    tcase_add_test(tcase, prefixes_are_told_with_all_their_keys);
    tcase_add_test(tcase, noloop_leaves_own_keys_out_of_a_prefix);
    tcase_add_test(tcase, noloop_goes_by_the_last_change_of_a_key);
    tcase_add_test(tcase, more_names_than_are_gathered_are_told_as_everything);
    tcase_add_test(tcase, prefixes_of_one_client_must_not_overlap);
    tcase_add_test(tcase, notices_are_redirected);
    tcase_add_loop_test(tcase, a_target_that_has_gone_is_told, 0, 2);
    tcase_add_test(tcase, a_resp2_subscriber_is_told_by_messages);
    tcase_add_test(tcase, a_transaction_is_told_behind_its_reply);
    tcase_add_test(tcase, what_a_waiting_client_has_moved_is_told_behind_its_reply);
    tcase_add_test(tcase, noloop_leaves_out_what_a_waiting_client_has_moved);
    tcase_add_test(tcase, a_resp2_client_is_told_nothing);
    tcase_add_test(tcase, notices_come_where_replies_do_not);
    tcase_add_test(tcase, the_table_keeps_to_its_limit);
    tcase_add_test(tcase, clients_that_have_gone_are_weeded_out);
    tcase_add_test(tcase, a_reader_that_waits_is_told_everything);
    tcase_add_test(tcase, mistakes_get_the_words_of_redis);
    tcase_add_test(tcase, tracking_ends_with_the_right);
    suite_add_tcase(suite, tcase);
    return suite;
}
