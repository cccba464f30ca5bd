/*
 * Clients together: what waits, moves, runs as one and is told, on four workers at the same time, while connections are
 * killed and the world is stopped. Nothing is lost or doubled, and somebody always gets on.
 */
#include "kit/served.h"

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static atomic_int producers_left;
static atomic_ullong answers; /* that anybody got */

static void begin(void)
{
    served_begin(kit_start("--threads", "4", "--maxclients", "1000"));
}

/* The connections of those that have left are at an end, so nothing is done for them any more. */
static bool is_alone(void *unused)
{
    (void)unused;
    return kit_info(c, "connected_clients") == 1 && kit_info(c, "blocked_clients") == 0;
}

static void end(void)
{
    kit_expect(c, "+OK", "DEBUG", "CHECK");
    served_end();
}

/* The reply to a command that may be refused; NULL: the connection was killed, and is a new one now. */
static redisReply *try_command(redisContext *context, const char *format, ...) __attribute__((format(printf, 2, 3)));
static redisReply *try_command(redisContext *context, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    redisReply *reply = redisvCommand(context, format, list);
    va_end(list);
    if (!reply) {
        ck_assert_msg(context->err == REDIS_ERR_EOF || context->err == REDIS_ERR_IO, "%s", context->errstr);
        while (redisReconnect(context) != REDIS_OK)
            usleep(1000);
    }
    atomic_fetch_add(&answers, 1);
    return reply;
}

static void drop(redisReply *reply)
{
    if (reply)
        freeReplyObject(reply);
}

/* ---- queues ---- */

enum { PRODUCERS = 20, MOVERS = 40, CONSUMERS = 30, KILLERS = 2, EACH = 150 };
enum { ROLES = PRODUCERS + MOVERS + CONSUMERS + KILLERS };

static void produce_one(redisContext *context, struct dice *dice, unsigned number)
{
    switch (dice_below(dice, 4)) {
    case 0:
        drop(try_command(context, "LPUSH in %u", number));
        break;
    case 1:
        drop(try_command(context, "RPUSH in %u", number));
        break;
    case 2: /* under another name first */
        redisAppendCommand(context, "MULTI");
        redisAppendCommand(context, "RPUSH fresh:%u %u", number, number);
        redisAppendCommand(context, "LMOVE fresh:%u in LEFT RIGHT", number);
        redisAppendCommand(context, "EXEC");
        for (int i = 0; i < 4; i++) {
            redisReply *reply;
            ck_assert_int_eq(redisGetReply(context, (void **)&reply), REDIS_OK);
            ck_assert_int_ne(reply->type, REDIS_REPLY_ERROR);
            freeReplyObject(reply);
        }
        break;
    default: /* straight to the middle, by a name that comes into being */
        drop(try_command(context, "RPUSH fresh:%u %u", number, number));
        redisReply *reply = try_command(context, "RENAMENX fresh:%u middle", number);
        bool renamed = reply && reply->integer == 1;
        drop(reply);
        if (!renamed)
            drop(try_command(context, "LMOVE fresh:%u middle LEFT LEFT", number));
    }
}

static void produce(redisContext *context, unsigned index)
{
    struct dice dice = dice_create(index);
    for (unsigned i = 0; i < scratch_rounds(EACH); i++)
        produce_one(context, &dice, index * scratch_rounds(EACH) + i);
    atomic_fetch_sub(&producers_left, 1);
}

/* Takes what waits and passes it on; now and then its connection ends while it waits, or just before the answer. */
static void move(redisContext *context, unsigned index)
{
    struct dice dice = dice_create(index);
    const char *from = index % 2 ? "in" : "middle", *to = index % 2 ? "middle" : "out";
    bool moved = true;
    while (moved || atomic_load(&producers_left) > 0) {
        if (dice_below(&dice, 20) == 0) { /* as a client that is killed: nobody reads the answer */
            redisAppendCommand(context, "BLMOVE %s %s LEFT RIGHT 0.2", from, to);
            int done = 0;
            while (!done && redisBufferWrite(context, &done) == REDIS_OK)
                ;
            ck_assert_int_eq(redisReconnect(context), REDIS_OK);
            continue;
        }
        redisReply *reply = try_command(
            context, dice_chance(&dice, 50) ? "BLMOVE %s %s LEFT RIGHT 0.2" : "BRPOPLPUSH %s %s 0.2", from, to);
        moved = !reply || reply->type != REDIS_REPLY_NIL;
        ck_assert(!reply || reply->type != REDIS_REPLY_ERROR);
        drop(reply);
    }
}

static void consume(redisContext *context, unsigned index)
{
    bool took = true;
    while (took || atomic_load(&producers_left) > 0) {
        redisReply *reply = try_command(context, "BLMOVE out done:%u LEFT RIGHT 0.3", index);
        took = !reply || reply->type != REDIS_REPLY_NIL;
        drop(reply);
    }
}

static void kill_some(redisContext *context, unsigned index)
{
    struct dice dice = dice_create(index);
    while (atomic_load(&producers_left) > 0) {
        redisReply *list = try_command(context, "CLIENT LIST");
        char *line = list ? list->str : NULL;
        for (unsigned skip = (unsigned)dice_below(&dice, ROLES); line && skip > 0; skip--) {
            line = strchr(line, '\n');
            line = line ? line + 1 : NULL;
        }
        /* a producer that is killed doesn't know what it has done */
        if (line && *line && strncmp(strstr(line, "cmd=") + 4, "bl", 2) == 0)
            drop(try_command(context, "CLIENT KILL ID %llu", strtoull(line + 3, NULL, 10)));
        drop(list);
        usleep(2000);
    }
}

static void play(redisContext *context, unsigned index, void *unused)
{
    (void)unused;
    if (index < PRODUCERS)
        produce(context, index);
    else if (index < PRODUCERS + MOVERS)
        move(context, index);
    else if (index < PRODUCERS + MOVERS + CONSUMERS)
        consume(context, index);
    else
        kill_some(context, index);
}

static void count_list(const char *key, unsigned *times, unsigned total)
{
    redisReply *list = kit_command(c, "LRANGE", key, "0", "-1");
    for (size_t i = 0; i < list->elements; i++) {
        unsigned long number = strtoul(list->element[i]->str, NULL, 10);
        ck_assert_uint_lt(number, total);
        times[number]++;
    }
    freeReplyObject(list);
}

START_TEST(queues_lose_and_double_nothing)
{
    unsigned total = PRODUCERS * scratch_rounds(EACH);
    unsigned *times = calloc(total, sizeof *times);
    atomic_store(&producers_left, PRODUCERS);
    kit_parallel(server, ROLES, play, NULL);
    kit_await(is_alone, NULL, "all others have left");
    redisReply *keys = kit_command(c, "KEYS", "*");
    for (size_t i = 0; i < keys->elements; i++)
        count_list(keys->element[i]->str, times, total);
    freeReplyObject(keys);
    for (unsigned i = 0; i < total; i++)
        ck_assert_msg(times[i] == 1, "%u is there %u times", i, times[i]);
    free(times);
}
END_TEST

/*
 * ---- somebody always gets on ----
 *
 * KVS_TURMOIL_SECONDS=600 makes it go on for so long, with a watchdog that waits for one second, for a machine that
 * does nothing else; otherwise it is a number of rounds, and the watchdog is patient.
 */

enum { PLAYERS = 16, TURMOIL_ROUNDS = 1200, PATIENCE_MS = 20000, LONG_PATIENCE_MS = 1000 };

static atomic_int playing;
static int64_t turmoil_ends_ms; /* 0: it is a number of rounds */

static int64_t turmoil_seconds(void)
{
    const char *seconds = getenv("KVS_TURMOIL_SECONDS");
    return seconds ? atoll(seconds) : 0;
}

static bool turmoil_goes_on(unsigned round)
{
    return turmoil_ends_ms > 0 ? kit_now_ms() < turmoil_ends_ms : round < scratch_rounds(TURMOIL_ROUNDS);
}

static void run_transaction(redisContext *context, struct dice *dice)
{
    static const char *const within[] = {"INCR n%u", "LPUSH l%u x",   "RPOPLPUSH l%u l0",  "BLPOP l%u 0",
                                         "DBSIZE",   "SCAN 0",        "PUBLISH channel x", "FLUSHDB",
                                         "GET n%u",  "RENAME l%u l1", "SELECT 1"};
    unsigned count = 1 + (unsigned)dice_below(dice, 6);
    if (dice_chance(dice, 30))
        drop(try_command(context, "WATCH n%u n%u", (unsigned)dice_below(dice, 8), (unsigned)dice_below(dice, 8)));
    drop(try_command(context, "MULTI"));
    for (unsigned i = 0; i < count; i++) {
        unsigned which = (unsigned)dice_below(dice, sizeof within / sizeof within[0]);
        if (which == 7 && dice_chance(dice, 90))
            which = 0; /* rarely all of it */
        char command[64];
        snprintf(command, sizeof command, within[which], (unsigned)dice_below(dice, 8));
        drop(try_command(context, command, 0));
    }
    drop(try_command(context, dice_chance(dice, 90) ? "EXEC" : "DISCARD"));
    drop(try_command(context, "SELECT %d", (int)dice_below(dice, 2)));
}

static void stop_world(redisContext *context, struct dice *dice)
{
    static const char *const commands[] = {
        "SWAPDB 0 1",
        "CONFIG SET hz 10",
        "CLIENT LIST",
        "ACL SETUSER default on nopass ~* &* +@all",
        "ACL SETUSER other on nopass ~n* +@all -blmove",
        "CLIENT KILL TYPE pubsub",
        "CONFIG RESETSTAT",
        "CLIENT PAUSE 5 WRITE",
        "CLIENT UNPAUSE",
        "CLIENT UNBLOCK 7",
        "INFO everything",
        "FLUSHDB",
    };
    drop(try_command(context, commands[dice_below(dice, sizeof commands / sizeof commands[0])], 0));
}

static void turmoil(redisContext *context, unsigned index, void *unused)
{
    struct dice dice = dice_create(index);
    (void)unused;
    for (unsigned i = 0; turmoil_goes_on(i); i++) {
        unsigned a = (unsigned)dice_below(&dice, 8), b = (unsigned)dice_below(&dice, 8);
        switch (dice_below(&dice, 12)) {
        case 0:
        case 1:
            run_transaction(context, &dice);
            break;
        case 2:
            drop(try_command(context, "BLMOVE l%u l%u LEFT RIGHT 0.00%u", a, b, 1 + a));
            break;
        case 3:
            drop(try_command(context, "BLMPOP 0.002 3 l%u l%u l%u LEFT COUNT 2", a, b, a));
            break;
        case 4:
            drop(try_command(context, "BZPOPMIN z%u z%u 0.002", a, b));
            break;
        case 5:
            drop(try_command(context, "ZADD z%u 1 x 2 y", a));
            break;
        case 6:
            drop(try_command(context, "SORT l%u BY nosort STORE l%u", a, b));
            break;
        case 7:
            drop(try_command(context, "AUTH %s any", dice_chance(&dice, 50) ? "other" : "default"));
            break;
        case 8:
            stop_world(context, &dice);
            break;
        case 9:
            drop(try_command(context, "MSET n%u 1 n%u 2", a, b));
            break;
        default:
            drop(try_command(context, "RPUSH l%u x y", a));
        }
    }
    atomic_fetch_sub(&playing, 1);
}

static void *watch_over(void *unused)
{
    unsigned long long seen = atomic_load(&answers);
    int64_t since_ms = kit_now_ms(), patience_ms = turmoil_ends_ms > 0 ? LONG_PATIENCE_MS : PATIENCE_MS;
    int64_t longest_ms = 0;
    while (atomic_load(&playing) > 0) {
        usleep(20000);
        unsigned long long now = atomic_load(&answers);
        int64_t waited_ms = kit_now_ms() - since_ms;
        if (now != seen)
            since_ms = kit_now_ms();
        else if (waited_ms > longest_ms)
            longest_ms = waited_ms;
        seen = now;
        if (waited_ms > patience_ms) {
            fprintf(stderr, "nobody got an answer for %lld ms\n", (long long)waited_ms);
            kit_signal(server, SIGABRT); /* the clients' connections end, and the test fails */
            return unused;
        }
    }
    if (turmoil_ends_ms > 0)
        printf("turmoil: %llu answers; nobody got one for %lld ms at most\n", atomic_load(&answers),
               (long long)longest_ms);
    return NULL;
}

START_TEST(somebody_always_gets_on)
{
    pthread_t watchdog;
    atomic_store(&playing, PLAYERS);
    if (turmoil_seconds() > 0)
        turmoil_ends_ms = kit_now_ms() + turmoil_seconds() * 1000;
    ck_assert_int_eq(pthread_create(&watchdog, NULL, watch_over, server), 0);
    kit_parallel(server, PLAYERS, turmoil, NULL);
    void *complaint;
    pthread_join(watchdog, &complaint);
    ck_assert_ptr_null(complaint);
    kit_await(is_alone, NULL, "all others have left");
}
END_TEST

Suite *suite_together(void);
Suite *suite_together(void)
{
    Suite *suite = suite_create("together");
    TCase *tcase = kit_tcase("together");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_add_test(tcase, queues_lose_and_double_nothing);
    tcase_add_test(tcase, somebody_always_gets_on);
    if (turmoil_seconds() > 0)
        tcase_set_timeout(tcase, (double)turmoil_seconds() + 60);
    suite_add_tcase(suite, tcase);
    return suite;
}
