/* Messages: subscribing and publishing, over all workers. */
#include "kit/served.h"
#include "kit/suites.h"

#include <errno.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define SUBSCRIBED(word, channel, count) "*3\r\n" word "\r\n" channel "\r\n:" #count "\r\n"
#define SUBSCRIBE "$9\r\nsubscribe"
#define PSUBSCRIBE "$10\r\npsubscribe"
#define UNSUBSCRIBE "$11\r\nunsubscribe"
#define REFUSED(command)                                                                                               \
    "-ERR Can't execute '" command "': only (P|S)SUBSCRIBE / (P|S)UNSUBSCRIBE / PING / QUIT / RESET are allowed in "   \
    "this context\r\n"

static int subscriber_of(const char *command, const char *expected)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, command);
    char *got = malloc(strlen(expected) + 1);
    kit_raw_receive(fd, got, strlen(expected));
    ck_assert_int_eq(memcmp(got, expected, strlen(expected)), 0);
    free(got);
    return fd;
}

static int resp3(void)
{
    char line[256];
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "HELLO 3\r\nECHO ready\r\n");
    do
        kit_raw_receive_line(fd, line, sizeof line);
    while (strcmp(line, "ready") != 0);
    return fd;
}

START_TEST(a_subscriber_gets_what_is_published)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "SUBSCRIBE x y x\r\n");
    kit_raw_expect(fd, SUBSCRIBED(SUBSCRIBE, "$1\r\nx", 1) SUBSCRIBED(SUBSCRIBE, "$1\r\ny", 2)
                           SUBSCRIBED(SUBSCRIBE, "$1\r\nx", 2));
    kit_expect(c, ":1", "PUBLISH", "x", "hello");
    kit_expect(c, ":0", "PUBLISH", "z", "nobody");
    kit_expect(c, ":0", "SPUBLISH", "x", "a shard channel is another");
    kit_raw_expect(fd, "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$5\r\nhello\r\n");
    kit_raw_text(fd, "PSUBSCRIBE x*\r\n");
    kit_raw_expect(fd, SUBSCRIBED(PSUBSCRIBE, "$2\r\nx*", 3));
    kit_expect(c, ":2", "PUBLISH", "x", "");
    kit_expect(c, ":1", "PUBLISH", "xx", "1");
    kit_raw_expect(fd,
                   "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$0\r\n\r\n*4\r\n$8\r\npmessage\r\n$2\r\nx*\r\n$1\r\nx\r\n$0\r\n"
                   "\r\n*4\r\n$8\r\npmessage\r\n$2\r\nx*\r\n$2\r\nxx\r\n$1\r\n1\r\n");
    kit_raw_text(fd, "UNSUBSCRIBE x y z\r\nPUNSUBSCRIBE\r\nPUNSUBSCRIBE\r\nUNSUBSCRIBE\r\n");
    kit_raw_expect(fd, SUBSCRIBED(UNSUBSCRIBE, "$1\r\nx", 2) SUBSCRIBED(UNSUBSCRIBE, "$1\r\ny", 1)
                           SUBSCRIBED(UNSUBSCRIBE, "$1\r\nz", 1) SUBSCRIBED("$12\r\npunsubscribe", "$2\r\nx*", 0)
                               SUBSCRIBED("$12\r\npunsubscribe", "$-1", 0) SUBSCRIBED(UNSUBSCRIBE, "$-1", 0));
    kit_expect(c, ":0", "PUBLISH", "x", "gone");
    kit_raw_text(fd, "GET none\r\n");
    kit_raw_expect(fd, "$-1\r\n");
    close(fd);
}
END_TEST

START_TEST(who_listens_in_resp2_may_do_little_else)
{
    int fd = subscriber_of("SSUBSCRIBE s\r\n", SUBSCRIBED("$10\r\nssubscribe", "$1\r\ns", 1));
    kit_raw_text(fd, "GET k\r\nCLIENT INFO\r\nPUBLISH s x\r\nPING\r\nPING text\r\nGET\r\n");
    kit_raw_expect(fd, REFUSED("get") REFUSED("client|info")
                           REFUSED("publish") "*2\r\n$4\r\npong\r\n$0\r\n\r\n*2\r\n$4\r\npong\r\n$4\r\ntext\r\n"
                                              "-ERR wrong number of arguments for 'get' command\r\n");
    kit_raw_text(fd, "SUNSUBSCRIBE s\r\nPING\r\n");
    kit_raw_expect(fd, SUBSCRIBED("$12\r\nsunsubscribe", "$1\r\ns", 0) "+PONG\r\n");
    kit_raw_text(fd, "SUBSCRIBE a\r\nRESET\r\nPING\r\n");
    kit_raw_expect(fd, SUBSCRIBED(SUBSCRIBE, "$1\r\na", 1) "+RESET\r\n+PONG\r\n");
    kit_expect(c, ":0", "PUBLISH", "a", "reset");
    kit_raw_text(fd, "SUBSCRIBE a\r\nQUIT\r\n");
    kit_raw_expect(fd, SUBSCRIBED(SUBSCRIBE, "$1\r\na", 1) "+OK\r\n");
    kit_raw_expect_end(fd);
    close(fd);
}
END_TEST

START_TEST(shard_channels_are_not_for_transactions)
{
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "MULTI\r\nSSUBSCRIBE s\r\nSUBSCRIBE x y\r\nEXEC\r\n");
    kit_raw_expect(fd, "+OK\r\n+QUEUED\r\n+QUEUED\r\n*2\r\n-ERR SSUBSCRIBE isn't allowed for a DENY BLOCKING client"
                       "\r\n" SUBSCRIBED(SUBSCRIBE, "$1\r\nx", 1) SUBSCRIBED(SUBSCRIBE, "$1\r\ny", 2));
    close(fd);
}
END_TEST

START_TEST(in_resp3_messages_are_pushes_and_a_publishers_own_come_behind_its_reply)
{
    int fd = resp3();
    kit_raw_text(
        fd, "SUBSCRIBE x\r\nPSUBSCRIBE x*\r\nSSUBSCRIBE s\r\nPUBLISH x own\r\nSPUBLISH s own\r\nPING\r\nGET k\r\n");
    kit_raw_expect(fd, ">3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n>3\r\n$10\r\npsubscribe\r\n$2\r\nx*\r\n:2\r\n"
                       ">3\r\n$10\r\nssubscribe\r\n$1\r\ns\r\n:1\r\n"
                       ":2\r\n>3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$3\r\nown\r\n"
                       ">4\r\n$8\r\npmessage\r\n$2\r\nx*\r\n$1\r\nx\r\n$3\r\nown\r\n"
                       ":1\r\n>3\r\n$8\r\nsmessage\r\n$1\r\ns\r\n$3\r\nown\r\n+PONG\r\n_\r\n");
    kit_expect(c, ":2", "PUBLISH", "x", "other");
    kit_raw_text(fd, "ECHO next\r\n");
    kit_raw_expect(fd, ">3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$5\r\nother\r\n"
                       ">4\r\n$8\r\npmessage\r\n$2\r\nx*\r\n$1\r\nx\r\n$5\r\nother\r\n$4\r\nnext\r\n");
    close(fd);
}
END_TEST

START_TEST(a_transactions_own_messages_come_behind_its_reply)
{
    int fd = resp3();
    kit_raw_text(fd,
                 "SUBSCRIBE x\r\nMULTI\r\nECHO a\r\nPUBLISH x 1\r\nPUBLISH x 2\r\nUNSUBSCRIBE x\r\nECHO z\r\nEXEC\r\n");
    kit_raw_expect(fd, ">3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n"
                       "+OK\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n+QUEUED\r\n"
                       "*5\r\n$1\r\na\r\n:1\r\n:1\r\n>3\r\n$11\r\nunsubscribe\r\n$1\r\nx\r\n:0\r\n$1\r\nz\r\n"
                       ">3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1\r\n1\r\n"
                       ">3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1\r\n2\r\n");
    kit_raw_text(fd, "PING\r\n");
    kit_raw_expect(fd, "+PONG\r\n");
    close(fd);
}
END_TEST

START_TEST(of_a_transaction_whose_reply_is_left_out_only_pushes_come)
{
    int fd = resp3();
    kit_raw_text(
        fd,
        "CLIENT REPLY OFF\r\nMULTI\r\nECHO a\r\nSUBSCRIBE x\r\nPUBLISH x 1\r\nECHO z\r\nEXEC\r\nCLIENT REPLY ON\r\n");
    kit_raw_expect(fd, ">3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n"
                       ">3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$1\r\n1\r\n+OK\r\n");
    close(fd);
}
END_TEST

START_TEST(the_version_of_the_protocol_may_change_while_subscribed)
{
    char line[256];
    int fd = subscriber_of("SUBSCRIBE x\r\n", SUBSCRIBED(SUBSCRIBE, "$1\r\nx", 1));
    kit_raw_text(fd, "HELLO 3\r\n");
    kit_raw_expect(fd, REFUSED("hello"));
    kit_raw_text(fd, "RESET\r\n");
    kit_raw_expect(fd, "+RESET\r\n");
    close(fd);
    fd = resp3();
    kit_raw_text(fd, "SUBSCRIBE x\r\nHELLO 2\r\n");
    do
        kit_raw_receive_line(fd, line, sizeof line);
    while (strcmp(line, "modules") != 0);
    kit_raw_expect(fd, "*0\r\n");
    kit_expect(c, ":1", "PUBLISH", "x", "two");
    kit_raw_expect(fd, "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$3\r\ntwo\r\n");
    kit_raw_text(fd, "GET k\r\n");
    kit_raw_expect(fd, REFUSED("get"));
    close(fd);
}
END_TEST

START_TEST(messages_come_where_replies_are_off)
{
    int fd = resp3();
    kit_raw_text(fd, "CLIENT REPLY OFF\r\nSUBSCRIBE x\r\nPUBLISH x own\r\nPING\r\n");
    kit_raw_expect(fd, ">3\r\n$9\r\nsubscribe\r\n$1\r\nx\r\n:1\r\n>3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$3\r\nown\r\n");
    kit_expect(c, ":1", "PUBLISH", "x", "off");
    kit_raw_expect(fd, ">3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$3\r\noff\r\n");
    kit_raw_text(fd, "CLIENT REPLY ON\r\nCLIENT REPLY SKIP\r\nPUBLISH x skip\r\nPING\r\n");
    kit_raw_expect(fd, "+OK\r\n>3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$4\r\nskip\r\n+PONG\r\n");
    close(fd);
}
END_TEST

/* Publisher and subscriber belong to different workers, which have nothing to do with each other otherwise. */
START_TEST(what_is_published_before_an_unsubscribe_comes_before_its_reply)
{
    for (unsigned i = 0; i < scratch_rounds(500); i++) {
        char expected[160], got[160];
        int fd = subscriber_of("SUBSCRIBE x\r\n", SUBSCRIBED(SUBSCRIBE, "$1\r\nx", 1));
        kit_expect(c, ":1", "PUBLISH", "x", "last");
        kit_raw_text(fd, "UNSUBSCRIBE\r\n");
        int len = snprintf(expected, sizeof expected, "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$4\r\nlast\r\n%s",
                           SUBSCRIBED(UNSUBSCRIBE, "$1\r\nx", 0));
        kit_raw_receive(fd, got, (size_t)len);
        ck_assert_int_eq(memcmp(got, expected, (size_t)len), 0);
        kit_expect(c, ":0", "PUBLISH", "x", "late");
        close(fd);
    }
}
END_TEST

/* Of those who publish while one client comes and goes. */
struct churn {
    bool in_transaction;
    atomic_bool ended;
    atomic_llong counted; /* receivers, as PUBLISH told */
    long long received;
};

static void publish_until_ended(redisContext *context, struct churn *churn)
{
    enum { PIPELINE = 20 };
    while (!atomic_load(&churn->ended)) {
        for (int i = 0; i < PIPELINE; i++)
            redisAppendCommand(context, "PUBLISH x text");
        for (int i = 0; i < PIPELINE; i++) {
            redisReply *reply;
            ck_assert_int_eq(redisGetReply(context, (void **)&reply), REDIS_OK);
            atomic_fetch_add(&churn->counted, reply->integer);
            freeReplyObject(reply);
        }
    }
}

/*
 * Behind the answer to UNSUBSCRIBE comes that to PING, and nothing between the two. In a transaction what has come since
 * EXEC began stands there, but nothing within its reply.
 */
static void subscribe_for_a_while(int fd, struct churn *churn)
{
    char line[64];
    bool in_reply = false;
    kit_raw_text(fd, "SUBSCRIBE x\r\n");
    kit_raw_text(fd,
                 churn->in_transaction ? "MULTI\r\nUNSUBSCRIBE x\r\nEXEC\r\nPING\r\n" : "UNSUBSCRIBE x\r\nPING\r\n");
    do {
        kit_raw_receive_line(fd, line, sizeof line);
        in_reply = in_reply || strcmp(line, "*1") == 0;
        if (strcmp(line, "message") == 0) {
            ck_assert(!in_reply);
            churn->received++;
        }
    } while (strcmp(line, "unsubscribe") != 0);
    kit_raw_expect(fd, "$1\r\nx\r\n:0\r\n");
    if (!churn->in_transaction) {
        kit_raw_expect(fd, "+PONG\r\n");
        return;
    }
    do {
        kit_raw_receive_line(fd, line, sizeof line);
        churn->received += strcmp(line, "message") == 0;
    } while (strcmp(line, "+PONG") != 0);
}

static void publish_or_churn(redisContext *context, unsigned index, void *data)
{
    struct churn *churn = data;
    if (index > 0) {
        publish_until_ended(context, churn);
        return;
    }
    int fd = resp3();
    for (unsigned i = 0; i < scratch_rounds(500); i++)
        subscribe_for_a_while(fd, churn);
    atomic_store(&churn->ended, true);
    close(fd);
}

static void check_counted_is_received(bool in_transaction)
{
    struct churn churn = {.in_transaction = in_transaction};
    kit_parallel(server, 4, publish_or_churn, &churn);
    ck_assert_int_gt(churn.received, 0);
    ck_assert_int_eq(churn.received, atomic_load(&churn.counted));
}

START_TEST(who_is_counted_gets_the_message_before_the_answer_to_unsubscribe)
{
    check_counted_is_received(false);
}
END_TEST

START_TEST(in_a_transaction_as_well)
{
    check_counted_is_received(true);
}
END_TEST

enum { TALKERS = 3 };

/* What each of those who publish on a channel that they listen to has got, in its order. */
struct conversation {
    unsigned each;      /* messages that one publishes */
    char *got[TALKERS]; /* each with a blank behind it */
};

static void talk_and_listen(redisContext *context, unsigned index, void *data)
{
    enum { BATCH = 10 };
    struct conversation *conversation = data;
    unsigned all = TALKERS * conversation->each, got = 0;
    char line[64], *at = conversation->got[index] = malloc(all * sizeof line);
    int fd = resp3();
    kit_raw_text(fd, "SUBSCRIBE talk\r\n");
    while (kit_info(context, "pubsub_clients") < TALKERS)
        continue;
    for (unsigned sent = 0; got < all;) {
        for (unsigned i = 0; i < BATCH && sent < conversation->each; i++, sent++) {
            snprintf(line, sizeof line, "PUBLISH talk p%u:%u\r\n", index, sent);
            kit_raw_text(fd, line);
        }
        for (unsigned i = 0; got < all && (i < BATCH || sent == conversation->each); i++) {
            do
                kit_raw_receive_line(fd, line, sizeof line);
            while (line[0] != 'p');
            at += sprintf(at, "%s ", line);
            got++;
        }
    }
    close(fd);
}

START_TEST(who_publishes_sees_messages_in_the_same_order_as_others)
{
    struct conversation conversation = {.each = scratch_rounds(1000)};
    kit_parallel(server, TALKERS, talk_and_listen, &conversation);
    for (int i = 1; i < TALKERS; i++)
        ck_assert_msg(strcmp(conversation.got[0], conversation.got[i]) == 0, "0 and %d see another order", i);
    for (int i = 0; i < TALKERS; i++)
        free(conversation.got[i]);
}
END_TEST

/* ---- many ---- */

enum { PUBLISHERS = 4 };

static unsigned messages_each(void)
{
    return scratch_rounds(400);
}

static void publish_numbers(redisContext *context, unsigned index, void *data)
{
    (void)data;
    char text[32];
    for (unsigned i = 0; i < messages_each(); i++) {
        snprintf(text, sizeof text, "%u:%u", index, i);
        redisAppendCommand(context, "PUBLISH news %s", text);
    }
    for (unsigned i = 0; i < messages_each(); i++) {
        redisReply *reply;
        ck_assert_int_eq(redisGetReply(context, (void **)&reply), REDIS_OK);
        ck_assert_int_eq(reply->integer, *(long long *)data);
        freeReplyObject(reply);
    }
}

/* Bytes that all messages together are. */
static size_t length_of_all(void)
{
    size_t len = 0;
    for (unsigned i = 0; i < PUBLISHERS * messages_each(); i++) {
        int text = snprintf(NULL, 0, "%u:%u", i % PUBLISHERS, i / PUBLISHERS);
        len += (size_t)snprintf(NULL, 0, "*3\r\n$7\r\nmessage\r\n$4\r\nnews\r\n$%d\r\n", text) + (size_t)text + 2;
    }
    return len;
}

/* All messages, and those of each publisher in their order. They are received as a whole: they are many. */
static void check_numbers(int fd)
{
    unsigned next[PUBLISHERS] = {0};
    size_t len = length_of_all();
    char *text = malloc(len + 1), *at = text;
    kit_raw_receive(fd, text, len);
    text[len] = '\0';
    for (unsigned i = 0; i < PUBLISHERS * messages_each(); i++) {
        unsigned publisher, number;
        int taken = 0;
        ck_assert_msg(sscanf(at, "*3 $7 message $4 news $%*d %u:%u%n", &publisher, &number, &taken) == 2, "%.60s", at);
        ck_assert_uint_lt(publisher, PUBLISHERS);
        ck_assert_uint_eq(number, next[publisher]);
        next[publisher]++;
        at += taken + 2;
    }
    ck_assert_ptr_eq(at, text + len);
    free(text);
}

START_TEST(nobody_misses_anything_and_each_publishers_order_holds)
{
    long long count = scratch_is_sanitized() ? 100 : 400;
    int *fds = malloc((size_t)count * sizeof *fds);
    for (long long i = 0; i < count; i++)
        fds[i] = subscriber_of("SUBSCRIBE news\r\n", SUBSCRIBED(SUBSCRIBE, "$4\r\nnews", 1));
    kit_parallel(server, PUBLISHERS, publish_numbers, &count);
    for (long long i = 0; i < count; i++) {
        check_numbers(fds[i]);
        close(fds[i]);
    }
    free(fds);
}
END_TEST

START_TEST(a_large_message_reaches_all_whole)
{
    enum { SIZE = 1 << 20, COUNT = 20 };
    int fds[COUNT];
    char *text = malloc(SIZE + 1), *got = malloc(SIZE + 1);
    memset(text, 'm', SIZE);
    text[SIZE] = '\0';
    for (int i = 0; i < COUNT; i++)
        fds[i] = subscriber_of("PSUBSCRIBE l*\r\n", SUBSCRIBED(PSUBSCRIBE, "$2\r\nl*", 1));
    kit_expect(c, ":20", "PUBLISH", "large", text);
    kit_expect(c, ":20", "PUBLISH", "large", "small");
    for (int i = 0; i < COUNT; i++) {
        kit_raw_expect(fds[i], "*4\r\n$8\r\npmessage\r\n$2\r\nl*\r\n$5\r\nlarge\r\n$1048576\r\n");
        kit_raw_receive(fds[i], got, SIZE);
        ck_assert_int_eq(memcmp(got, text, SIZE), 0);
        kit_raw_expect(fds[i], "\r\n*4\r\n$8\r\npmessage\r\n$2\r\nl*\r\n$5\r\nlarge\r\n$5\r\nsmall\r\n");
        close(fds[i]);
    }
    free(text);
    free(got);
}
END_TEST

/* Its message goes to many, so it is written in turns; meanwhile others leave, and new ones come. */
static void come_and_go(redisContext *context, unsigned index, void *data)
{
    (void)data;
    for (unsigned i = 0; i < scratch_rounds(200); i++) {
        if (index == 0) {
            freeReplyObject(kit_command(context, "PUBLISH", "busy", "text"));
            continue;
        }
        int fd = subscriber_of("SUBSCRIBE busy\r\n", SUBSCRIBED(SUBSCRIBE, "$4\r\nbusy", 1));
        if (i % 3 == 0)
            kit_raw_text(fd, "UNSUBSCRIBE busy\r\n");
        close(fd);
    }
}

static bool nobody_listens(void *data)
{
    (void)data;
    return kit_info(c, "pubsub_clients") == 0;
}

START_TEST(subscribers_that_come_and_go_under_load_are_survived)
{
    kit_parallel(server, 4, come_and_go, NULL);
    kit_await(nobody_listens, NULL, "subscribers that have closed are gone");
    kit_expect(c, ":0", "PUBLISH", "busy", "nobody");
    kit_expect(c, "[]", "PUBSUB", "CHANNELS");
}
END_TEST

/* ---- what is told of it ---- */

START_TEST(pubsub_tells_who_is_subscribed)
{
    int a = subscriber_of("SUBSCRIBE one two\r\n",
                          SUBSCRIBED(SUBSCRIBE, "$3\r\none", 1) SUBSCRIBED(SUBSCRIBE, "$3\r\ntwo", 2));
    int b = subscriber_of("SUBSCRIBE one\r\n", SUBSCRIBED(SUBSCRIBE, "$3\r\none", 1));
    int s = subscriber_of("SSUBSCRIBE one\r\n", SUBSCRIBED("$10\r\nssubscribe", "$3\r\none", 1));
    int p = subscriber_of("PSUBSCRIBE o*\r\n", SUBSCRIBED(PSUBSCRIBE, "$2\r\no*", 1));
    kit_expect(c, "[$one :2 $two :1 $three :0]", "PUBSUB", "NUMSUB", "one", "two", "three");
    kit_expect(c, "[$one :1 $two :0]", "PUBSUB", "SHARDNUMSUB", "one", "two");
    kit_expect(c, "[]", "PUBSUB", "NUMSUB");
    kit_expect(c, "[$one]", "PUBSUB", "CHANNELS", "o*");
    kit_expect(c, "[$one]", "PUBSUB", "SHARDCHANNELS");
    kit_expect(c, ":1", "PUBSUB", "NUMPAT");
    kit_expect(c, "-ERR unknown subcommand or wrong number of arguments for 'CHANNELS'. Try PUBSUB HELP.", "PUBSUB",
               "CHANNELS", "a", "b");
    ck_assert_int_eq(kit_info(c, "pubsub_channels"), 2);
    ck_assert_int_eq(kit_info(c, "pubsub_patterns"), 1);
    ck_assert_int_eq(kit_info(c, "pubsubshard_channels"), 1);
    ck_assert_int_eq(kit_info(c, "pubsub_clients"), 4);
    redisReply *reply = kit_command(c, "CLIENT", "LIST", "TYPE", "pubsub");
    ck_assert_ptr_nonnull(strstr(reply->str, "flags=PU db=0 sub=2 psub=0 ssub=0"));
    ck_assert_ptr_nonnull(strstr(reply->str, "flags=PU db=0 sub=0 psub=1 ssub=0"));
    ck_assert_ptr_nonnull(strstr(reply->str, "flags=PU db=0 sub=0 psub=0 ssub=1"));
    ck_assert_ptr_null(strstr(reply->str, "sub=0 psub=0 ssub=0"));
    freeReplyObject(reply);
    reply = kit_command(c, "CLIENT", "LIST", "TYPE", "normal");
    ck_assert_ptr_null(strstr(reply->str, "flags=PU"));
    freeReplyObject(reply);
    kit_expect(c, ":4", "CLIENT", "KILL", "TYPE", "pubsub");
    kit_raw_expect_end(a); /* each by its own worker */
    kit_raw_expect_end(b);
    kit_raw_expect_end(s);
    kit_raw_expect_end(p);
    kit_expect(c, ":0", "PUBLISH", "one", "gone");
    ck_assert_int_eq(kit_info(c, "pubsub_channels") + kit_info(c, "pubsub_patterns"), 0);
    close(a);
    close(b);
    close(s);
    close(p);
}
END_TEST

static long long memory_of(redisContext *context, const char *id)
{
    redisReply *reply = kit_command(context, "CLIENT", "LIST", "ID", id);
    const char *field = strstr(reply->str, "tot-mem=");
    ck_assert_ptr_nonnull(field);
    long long memory = atoll(field + strlen("tot-mem="));
    freeReplyObject(reply);
    return memory;
}

START_TEST(an_idle_subscriber_costs_little)
{
    char id[32];
    int fd = kit_raw_connect(server);
    kit_raw_text(fd, "CLIENT ID\r\n");
    kit_raw_receive_line(fd, id, sizeof id);
    long long before = memory_of(c, id + 1);
    kit_raw_text(fd, "SUBSCRIBE channel\r\n");
    kit_raw_expect(fd, SUBSCRIBED(SUBSCRIBE, "$7\r\nchannel", 1));
    ck_assert_int_le(memory_of(c, id + 1) - before, 600);
    kit_raw_text(fd, "UNSUBSCRIBE channel\r\n");
    kit_raw_expect(fd, SUBSCRIBED(UNSUBSCRIBE, "$7\r\nchannel", 0));
    ck_assert_int_eq(memory_of(c, id + 1), before);
    close(fd);
}
END_TEST

/* Takes what is there, until the server has closed the connection. */
static void take_to_the_end(int fd)
{
    char bytes[65536];
    ssize_t n;
    while ((n = recv(fd, bytes, sizeof bytes, 0)) > 0) {
    }
    ck_assert(n == 0 || errno == ECONNRESET);
}

START_TEST(output_limit_of_pubsub_closes_a_subscriber_that_never_reads)
{
    char text[10001];
    memset(text, 'x', sizeof text - 1);
    text[sizeof text - 1] = '\0';
    kit_expect(c, "+OK", "CONFIG", "SET", "client-output-buffer-limit", "normal 0 0 0 pubsub 1mb 0 0");
    int fd = subscriber_of("SUBSCRIBE x\r\n", SUBSCRIBED(SUBSCRIBE, "$1\r\nx", 1));
    int other = subscriber_of("SUBSCRIBE y\r\n", SUBSCRIBED(SUBSCRIBE, "$1\r\ny", 1));
    for (int i = 0; kit_info(c, "client_output_buffer_limit_disconnections") == 0; i++) {
        ck_assert_int_lt(i, 1000);
        freeReplyObject(kit_command(c, "PUBLISH", "x", text));
    }
    take_to_the_end(fd); /* it is counted before it is gone */
    kit_expect(c, ":0", "PUBLISH", "x", "gone");
    kit_expect(c, ":1", "PUBLISH", "y", "there");
    kit_raw_expect(other, "*3\r\n$7\r\nmessage\r\n$1\r\ny\r\n$5\r\nthere\r\n");
    close(fd);
    close(other);
}
END_TEST

START_TEST(a_subscriber_may_be_idle_for_longer_than_timeout)
{
    kit_expect(c, "+OK", "CONFIG", "SET", "timeout", "1");
    int idle = kit_raw_connect(server), fd = subscriber_of("SUBSCRIBE x\r\n", SUBSCRIBED(SUBSCRIBE, "$1\r\nx", 1));
    kit_raw_expect_end(idle);
    redisContext *again = kit_connect(server);
    kit_expect(again, ":1", "PUBLISH", "x", "there");
    kit_raw_expect(fd, "*3\r\n$7\r\nmessage\r\n$1\r\nx\r\n$5\r\nthere\r\n");
    redisFree(again);
    close(idle);
    close(fd);
    redisFree(c);
    c = kit_connect(server);
}
END_TEST

/* ---- rights ---- */

START_TEST(rights_on_channels_are_asked_for)
{
    kit_expect(c, "+OK", "ACL", "SETUSER", "eve", "on", ">secret", "+@all", "&news*", "&*.log");
    redisContext *eve = kit_connect(server);
    kit_expect(eve, "+OK", "AUTH", "eve", "secret");
    kit_expect(eve, "-NOPERM No permissions to access a channel", "PUBLISH", "other", "x");
    kit_expect(eve, "-NOPERM No permissions to access a channel", "SPUBLISH", "other", "x");
    kit_expect(eve, ":0", "PUBLISH", "news1", "x");
    kit_expect(eve, ":0", "SPUBLISH", "a.log", "x");
    kit_expect(eve, "-NOPERM No permissions to access a channel", "SUBSCRIBE", "news", "other");
    kit_expect(eve, "-NOPERM No permissions to access a channel", "SSUBSCRIBE", "other");
    kit_expect(eve, "-NOPERM No permissions to access a channel", "PSUBSCRIBE", "news1*");
    kit_expect(eve, "[$psubscribe $news* :1]", "PSUBSCRIBE", "news*");
    kit_expect(eve, "[$unsubscribe $other :1]", "UNSUBSCRIBE", "other");
    kit_expect(c, "$User eve has no permissions to access the 'other' channel", "ACL", "DRYRUN", "eve", "SUBSCRIBE",
               "news", "other");
    kit_expect(c, "+OK", "ACL", "DRYRUN", "eve", "PUBLISH", "news", "x");
    redisFree(eve);
}
END_TEST

START_TEST(a_subscriber_that_loses_the_right_is_disconnected)
{
    static const struct {
        const char *request, *rule;
        bool ends;
    } cases[] = {
        {"SUBSCRIBE news\r\n", "resetchannels", true},  {"PSUBSCRIBE news\r\n", "resetchannels", true},
        {"SSUBSCRIBE news\r\n", "resetchannels", true}, {"SUBSCRIBE news\r\n", "allchannels", false},
        {"PSUBSCRIBE news\r\n", "allchannels", false},  {"SUBSCRIBE news\r\n", "-get", false},
        {"SUBSCRIBE news\r\n", "-subscribe", true},     {"PSUBSCRIBE news\r\n", "-subscribe", false},
    };
    char line[64];
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        kit_expect(c, "+OK", "ACL", "SETUSER", "eve", "reset", "on", ">secret", "+@all", "&news", "&ne*");
        int fd = kit_raw_connect(server);
        kit_raw_text(fd, "AUTH eve secret\r\n");
        kit_raw_expect(fd, "+OK\r\n");
        kit_raw_text(fd, cases[i].request);
        for (unsigned skipped = 0; skipped < 6; skipped++)
            kit_raw_receive_line(fd, line, sizeof line);
        kit_expect(c, "+OK", "ACL", "SETUSER", "eve", cases[i].rule);
        kit_raw_text(fd, cases[i].ends ? "" : "PING\r\n");
        if (cases[i].ends)
            kit_raw_expect_end(fd);
        else
            kit_raw_expect(fd, "*2\r\n$4\r\npong\r\n$0\r\n\r\n");
        close(fd);
    }
}
END_TEST

Suite *suite_pubsub(void);
Suite *suite_pubsub(void)
{
    Suite *suite = suite_create("pubsub");
    TCase *tcase = served_tcase("pubsub");
    tcase_add_test(tcase, a_subscriber_gets_what_is_published);
    tcase_add_test(tcase, who_listens_in_resp2_may_do_little_else);
    tcase_add_test(tcase, in_resp3_messages_are_pushes_and_a_publishers_own_come_behind_its_reply);
    tcase_add_test(tcase, a_transactions_own_messages_come_behind_its_reply);
    tcase_add_test(tcase, of_a_transaction_whose_reply_is_left_out_only_pushes_come);
    tcase_add_test(tcase, shard_channels_are_not_for_transactions);
    tcase_add_test(tcase, the_version_of_the_protocol_may_change_while_subscribed);
    tcase_add_test(tcase, messages_come_where_replies_are_off);
    tcase_add_test(tcase, what_is_published_before_an_unsubscribe_comes_before_its_reply);
    tcase_add_test(tcase, who_is_counted_gets_the_message_before_the_answer_to_unsubscribe);
    tcase_add_test(tcase, in_a_transaction_as_well);
    tcase_add_test(tcase, who_publishes_sees_messages_in_the_same_order_as_others);
    tcase_add_test(tcase, nobody_misses_anything_and_each_publishers_order_holds);
    tcase_add_test(tcase, a_large_message_reaches_all_whole);
    tcase_add_test(tcase, subscribers_that_come_and_go_under_load_are_survived);
    tcase_add_test(tcase, pubsub_tells_who_is_subscribed);
    tcase_add_test(tcase, an_idle_subscriber_costs_little);
    tcase_add_test(tcase, output_limit_of_pubsub_closes_a_subscriber_that_never_reads);
    tcase_add_test(tcase, a_subscriber_may_be_idle_for_longer_than_timeout);
    tcase_add_test(tcase, rights_on_channels_are_asked_for);
    tcase_add_test(tcase, a_subscriber_that_loses_the_right_is_disconnected);
    suite_add_tcase(suite, tcase);
    return suite;
}
