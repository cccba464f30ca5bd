/*
 * Transactions of connections on different workers, about the same keys at the same time. Each EXEC is atomic: what it
 * moves about is always somewhere, once; and it runs only if what it watches is as it was.
 */
#include "kit/served.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static atomic_int working; /* threads that change something; the others look as long as there are any */

static void begin(int workers)
{
    served_begin(kit_start());
    atomic_store(&working, workers);
}

static void end(void)
{
    kit_expect(c, "+OK", "DEBUG", "CHECK");
    served_end();
}

static void send_command(redisContext *context, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void send_command(redisContext *context, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    ck_assert_int_eq(redisvAppendCommand(context, format, list), REDIS_OK);
    va_end(list);
}

static redisReply *next_reply(redisContext *context)
{
    redisReply *reply;
    ck_assert_msg(redisGetReply(context, (void **)&reply) == REDIS_OK, "%s", context->errstr);
    return reply;
}

static void skip_replies(redisContext *context, unsigned count)
{
    for (unsigned i = 0; i < count; i++) {
        redisReply *reply = next_reply(context);
        ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s", reply->str);
        freeReplyObject(reply);
    }
}

/* The reply to EXEC: an array in which nothing has failed, or nil. */
static redisReply *exec_reply(redisContext *context, size_t count)
{
    redisReply *reply = next_reply(context);
    if (reply->type == REDIS_REPLY_NIL)
        return reply;
    ck_assert_msg(reply->type == REDIS_REPLY_ARRAY, "EXEC: %s", reply->str ? reply->str : "no array");
    ck_assert_uint_eq(reply->elements, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_msg(reply->element[i]->type != REDIS_REPLY_ERROR, "%s", reply->element[i]->str);
    return reply;
}

static void run(redisContext *context, const char *command)
{
    send_command(context, "%s", command); /* one word */
    skip_replies(context, 1);
}

/* ---- money that is moved between accounts ---- */

enum { ACCOUNTS = 12, EACH = 1000, BANKERS = 3, BANK_THREADS = 8 };

static long long sum_of(const redisReply *reply, size_t from)
{
    long long sum = 0;
    for (size_t i = from; i < from + ACCOUNTS; i++) {
        ck_assert_int_eq(reply->element[i]->type, REDIS_REPLY_STRING);
        sum += atoll(reply->element[i]->str);
    }
    return sum;
}

/* Several commands stand between the two halves, of which some want a stopped world. */
static void transfer(redisContext *context, struct dice *dice, const char *between)
{
    unsigned from = (unsigned)dice_below(dice, ACCOUNTS), to = (unsigned)dice_below(dice, ACCOUNTS);
    unsigned amount = 1 + (unsigned)dice_below(dice, 50);
    send_command(context, "MULTI");
    send_command(context, "DECRBY account%u %u", from, amount);
    send_command(context, "%s", "PING");
    if (between)
        redisAppendCommand(context, between);
    send_command(context, "INCRBY account%u %u", to, amount);
    if (dice_chance(dice, 5)) {
        send_command(context, "DISCARD");
        skip_replies(context, between ? 6 : 5);
        return;
    }
    send_command(context, "EXEC");
    skip_replies(context, between ? 5 : 4);
    freeReplyObject(exec_reply(context, between ? 4 : 3));
}

static void do_transfers(redisContext *context, unsigned index)
{
    struct dice dice = dice_create(index);
    unsigned rounds = scratch_rounds(3000);
    for (unsigned i = 0; i < rounds; i++)
        transfer(context, &dice, i % 4 == 0 ? "SET unrelated 1" : NULL);
    atomic_fetch_sub(&working, 1);
}

static void check_mget(redisContext *context)
{
    send_command(context, "MGET account0 account1 account2 account3 account4 account5 account6 account7 account8 "
                          "account9 account10 account11");
    redisReply *reply = next_reply(context);
    ck_assert_int_eq(sum_of(reply, 0), (long long)ACCOUNTS * EACH);
    freeReplyObject(reply);
}

/* In one EXEC, by single GETs that begin at any account; with DBSIZE, or without. */
static void check_exec(redisContext *context, struct dice *dice)
{
    unsigned first = (unsigned)dice_below(dice, ACCOUNTS), extra = dice_chance(dice, 10) ? 1 : 0;
    send_command(context, "MULTI");
    if (extra)
        send_command(context, "DBSIZE");
    for (unsigned i = 0; i < ACCOUNTS; i++)
        send_command(context, "GET account%u", (first + i) % ACCOUNTS);
    send_command(context, "EXEC");
    skip_replies(context, 1 + extra + ACCOUNTS);
    redisReply *reply = exec_reply(context, ACCOUNTS + extra);
    ck_assert_int_eq(sum_of(reply, extra), (long long)ACCOUNTS * EACH);
    freeReplyObject(reply);
}

/* One that stops the world: by a command in a transaction, or for something else. */
static void disturb(redisContext *context, struct dice *dice)
{
    static const char *const within[] = {"DBSIZE",        "SCAN 0 COUNT 100", "RANDOMKEY", "CLIENT LIST",
                                         "KEYS account*", "CONFIG SET hz 11", "SWAPDB 1 2"};
    static const char *const alone[] = {"SWAPDB 1 2", "CONFIG SET hz 12", "CLIENT LIST", "DEBUG CHECK"};
    if (dice_chance(dice, 50)) {
        transfer(context, dice, within[dice_below(dice, sizeof within / sizeof within[0])]);
        return;
    }
    redisAppendCommand(context, alone[dice_below(dice, sizeof alone / sizeof alone[0])]);
    skip_replies(context, 1);
    send_command(context, "MULTI");
    send_command(context, "SELECT 3");
    send_command(context, "SET account0 x");
    send_command(context, "FLUSHDB");
    send_command(context, "SELECT 0");
    send_command(context, "EXEC");
    skip_replies(context, 5);
    freeReplyObject(exec_reply(context, 4));
}

static void keep_bank(redisContext *context, unsigned index, void *unused)
{
    struct dice dice = dice_create(100 + index);
    (void)unused;
    if (index < BANKERS) {
        do_transfers(context, index);
        return;
    }
    while (atomic_load(&working)) {
        if (index == BANKERS) {
            disturb(context, &dice);
        } else if (index == BANKERS + 1) { /* single keys, of the same shards among others */
            for (unsigned i = 0; i < 100; i++)
                send_command(context, i % 10 ? "SET single%u %u" : "INCRBY account%u 0",
                             (unsigned)dice_below(&dice, i % 10 ? 1000 : ACCOUNTS), i);
            skip_replies(context, 100);
        } else if (index % 2) {
            check_mget(context);
        } else {
            check_exec(context, &dice);
        }
    }
}

START_TEST(transfers_keep_the_sum_in_every_snapshot)
{
    begin(BANKERS);
    for (unsigned i = 0; i < ACCOUNTS; i++)
        send_command(c, "SET account%u %u", i, (unsigned)EACH);
    skip_replies(c, ACCOUNTS);
    kit_parallel(server, BANK_THREADS, keep_bank, NULL);
    check_mget(c);
    end();
}
END_TEST

/* ---- increments by WATCH ---- */

enum { COUNTERS = 3, COUNTING = 16 };

/* One more for one of few counters, again and again until nobody was faster. */
static void increment(redisContext *context, struct dice *dice, bool stops_world)
{
    unsigned counter = (unsigned)dice_below(dice, COUNTERS);
    for (bool done = false; !done;) {
        send_command(context, "WATCH counter%u", counter);
        send_command(context, "GET counter%u", counter);
        skip_replies(context, 1);
        redisReply *reply = next_reply(context);
        long long value = reply->str ? atoll(reply->str) : 0;
        freeReplyObject(reply);
        send_command(context, "MULTI");
        if (stops_world)
            send_command(context, "DBSIZE");
        send_command(context, "SET counter%u %lld", counter, value + 1);
        send_command(context, "EXEC");
        skip_replies(context, stops_world ? 3 : 2);
        reply = exec_reply(context, stops_world ? 2 : 1);
        done = reply->type == REDIS_REPLY_ARRAY;
        freeReplyObject(reply);
    }
}

static void count_by_watching(redisContext *context, unsigned index, void *unused)
{
    struct dice dice = dice_create(200 + index);
    unsigned rounds = scratch_rounds(200);
    (void)unused;
    for (unsigned i = 0; i < rounds; i++)
        increment(context, &dice, index % 8 == 7);
}

START_TEST(no_increment_by_watch_is_lost)
{
    long long sum = 0;
    begin(0);
    kit_parallel(server, COUNTING, count_by_watching, NULL);
    for (unsigned i = 0; i < COUNTERS; i++) {
        send_command(c, "INCRBY counter%u 0", i);
        redisReply *reply = next_reply(c);
        sum += reply->integer;
        freeReplyObject(reply);
    }
    ck_assert_int_eq(sum, (long long)COUNTING * scratch_rounds(200));
    end();
}
END_TEST

/* ---- what EXEC finds is what WATCH found ---- */

enum { WATCHED = 4, CHANGERS = 2, WATCH_THREADS = 7 };

static atomic_uint versions; /* no value is given twice */

/* Changes one of the watched keys, or all of them, in one of the ways in which keys change. */
static void change_watched(redisContext *context, struct dice *dice)
{
    unsigned key = (unsigned)dice_below(dice, WATCHED), version = atomic_fetch_add(&versions, 1);
    switch (dice_below(dice, 12)) {
    case 0:
        send_command(context, "SET watched%u %u PX %u", key, version, 1 + (unsigned)dice_below(dice, 3));
        break;
    case 1:
        send_command(context, "DEL watched%u", key);
        break;
    case 2:
        send_command(context, "SET source %u", version);
        send_command(context, "RENAME source watched%u", key);
        skip_replies(context, 1);
        break;
    case 3:
        send_command(context, "SET source %u", version);
        send_command(context, "COPY source watched%u REPLACE", key);
        skip_replies(context, 1);
        break;
    case 4:
        send_command(context, "MOVE watched%u 1", key);
        break;
    case 5:
        send_command(context, "FLUSHDB");
        break;
    case 6:
        send_command(context, "SWAPDB 0 1");
        break;
    case 7:
        send_command(context, "APPEND watched%u .%u", key, version);
        break;
    case 8:
        send_command(context, "PEXPIRE watched%u 1", key);
        break;
    case 9:
        send_command(context, "FLUSHALL ASYNC");
        break;
    default:
        send_command(context, "SET watched%u %u", key, version);
    }
    redisReply *reply = next_reply(context); /* a key that isn't there is an answer as well */
    freeReplyObject(reply);
}

static void check_same(const redisReply *before, const redisReply *then)
{
    ck_assert_msg(before->type == then->type, "it was %s, and EXEC found %s", before->str ? before->str : "nil",
                  then->str ? then->str : "nil");
    if (before->str)
        ck_assert_str_eq(before->str, then->str);
}

/* Of two keys: what is read after WATCH is what EXEC reads, if it runs. */
static bool check_watched(redisContext *context, struct dice *dice, bool stops_world)
{
    unsigned key = (unsigned)dice_below(dice, WATCHED), other = (unsigned)dice_below(dice, WATCHED);
    send_command(context, "WATCH watched%u watched%u", key, other);
    send_command(context, "GET watched%u", key);
    send_command(context, "GET watched%u", other);
    send_command(context, "MULTI");
    send_command(context, "GET watched%u", key);
    send_command(context, "GET watched%u", other);
    if (stops_world)
        send_command(context, "DBSIZE");
    skip_replies(context, 1);
    redisReply *first = next_reply(context), *second = next_reply(context);
    skip_replies(context, stops_world ? 4 : 3);
    send_command(context, "EXEC"); /* not in the same pipeline, so that something can happen meanwhile */
    redisReply *reply = exec_reply(context, stops_world ? 3 : 2);
    bool ran = reply->type == REDIS_REPLY_ARRAY;
    if (ran) {
        check_same(first, reply->element[0]);
        check_same(second, reply->element[1]);
    }
    freeReplyObject(first);
    freeReplyObject(second);
    freeReplyObject(reply);
    return ran;
}

static void watch_or_change(redisContext *context, unsigned index, void *unused)
{
    struct dice dice = dice_create(300 + index);
    unsigned rounds = scratch_rounds(3000), ran = 0;
    (void)unused;
    if (index < CHANGERS) {
        while (atomic_load(&working))
            change_watched(context, &dice);
        return;
    }
    for (unsigned i = 0; i < rounds || ran == 0; i++)
        ran += check_watched(context, &dice, index == WATCH_THREADS - 1);
    atomic_fetch_sub(&working, 1);
}

START_TEST(exec_finds_what_was_watched_as_it_was)
{
    begin(WATCH_THREADS - CHANGERS);
    kit_parallel(server, WATCH_THREADS, watch_or_change, NULL);
    end();
}
END_TEST

/* Others fill the memory, so the watched keys are evicted and written again. */
static void watch_or_fill(redisContext *context, unsigned index, void *filling)
{
    struct dice dice = dice_create(400 + index);
    unsigned rounds = scratch_rounds(2000), ran = 0;
    if (index > 0) {
        for (unsigned i = 0; i < rounds || ran == 0; i++)
            ran += check_watched(context, &dice, false);
        atomic_fetch_sub(&working, 1);
        return;
    }
    while (atomic_load(&working)) {
        for (unsigned i = 0; i < WATCHED; i++)
            send_command(context, "SET watched%u %u", i, atomic_fetch_add(&versions, 1));
        for (unsigned i = 0; i < 20; i++)
            send_command(context, "SET filling%u %s", (unsigned)dice_below(&dice, 400), (const char *)filling);
        skip_replies(context, WATCHED + 20);
    }
}

START_TEST(eviction_of_a_watched_key_is_a_change)
{
    char *filling = malloc(100001);
    memset(filling, 'f', 100000);
    filling[100000] = '\0';
    served_begin(kit_start("--maxmemory", "16mb", "--maxmemory-policy", "allkeys-random"));
    atomic_store(&working, 3);
    kit_parallel(server, 4, watch_or_fill, filling);
    if (!scratch_is_sanitized()) /* whose allocators keep no account */
        ck_assert_int_gt(kit_info(c, "evicted_keys"), 0);
    free(filling);
    end();
}
END_TEST

/* ---- what is watched is held until EXEC has ended ---- */

enum { SKEW_THREADS = 4, SKEW_WORK = 60 };

static atomic_uint both_set;

/*
 * Of two keys, one may be set when the other isn't. Each thread watches one and sets the other: at the end of a
 * transaction that does much before, in which the watched key doesn't occur.
 */
static void set_one_of_two(redisContext *context, unsigned index, void *unused)
{
    unsigned watched = index % 2, rounds = scratch_rounds(1500);
    (void)unused;
    for (unsigned i = 0; i < rounds; i++) {
        send_command(context, "WATCH side%u", watched);
        send_command(context, "EXISTS side%u", watched);
        skip_replies(context, 1);
        redisReply *reply = next_reply(context);
        bool is_free = reply->integer == 0;
        freeReplyObject(reply);
        send_command(context, "MULTI");
        for (unsigned k = 0; k < SKEW_WORK; k++)
            send_command(context, "APPEND work%u-%u %s", index, k % 8, "x");
        send_command(context, is_free ? "SET side%u 1" : "EXISTS own%u", 1 - watched);
        send_command(context, "EXEC");
        skip_replies(context, SKEW_WORK + 2);
        freeReplyObject(exec_reply(context, SKEW_WORK + 1));
        send_command(context, "EXISTS side0 side1");
        reply = next_reply(context);
        atomic_fetch_add(&both_set, reply->integer == 2);
        freeReplyObject(reply);
        send_command(context, i % 8 ? "DEL side%u" : "DEL side%u work0 work1", 1 - watched);
        skip_replies(context, 1);
    }
}

START_TEST(a_watched_key_stays_as_it_is_until_exec_ends)
{
    begin(0);
    atomic_store(&both_set, 0);
    kit_parallel(server, SKEW_THREADS, set_one_of_two, NULL);
    ck_assert_uint_eq(atomic_load(&both_set), 0);
    end();
}
END_TEST

/* ---- clients that go in between ---- */

/* They watch what others write, queue, and are gone: by themselves or by CLIENT KILL. */
static void leave_or_write(redisContext *context, unsigned index, void *unused)
{
    struct dice dice = dice_create(500 + index);
    (void)unused;
    if (index < 2) {
        while (atomic_load(&working)) {
            send_command(context, "INCR left%u", (unsigned)dice_below(&dice, 4));
            skip_replies(context, 1);
            if (index == 1 && dice_chance(&dice, 2)) {
                send_command(context, dice_chance(&dice, 50) ? "CLIENT KILL TYPE normal SKIPME yes" : "FLUSHALL");
                skip_replies(context, 1);
            }
        }
        return;
    }
    for (unsigned i = 0; i < scratch_rounds(400); i++) {
        redisContext *guest = kit_connect(server);
        send_command(guest, "WATCH left0 left1 left2 left3");
        send_command(guest, "MULTI");
        send_command(guest, "INCR left%u", (unsigned)dice_below(&dice, 4));
        if (dice_chance(&dice, 50))
            send_command(guest, "EXEC");
        redisReply *reply;
        while (redisGetReply(guest, (void **)&reply) == REDIS_OK && reply->type == REDIS_REPLY_STATUS &&
               strcmp(reply->str, "QUEUED") != 0)
            freeReplyObject(reply);
        if (!guest->err)
            freeReplyObject(reply);
        redisFree(guest);
    }
    atomic_fetch_sub(&working, 1);
}

static void guard_against_kill(redisContext *context, unsigned index, void *unused)
{
    (void)context;
    redisContext *mine = NULL;
    if (index != 0) {
        leave_or_write(context, index, unused);
        return;
    }
    struct dice dice = dice_create(499);
    while (atomic_load(&working)) { /* is killed as the guests are */
        redisReply *reply = mine ? redisCommand(mine, "INCR left%u", (unsigned)dice_below(&dice, 4)) : NULL;
        if (reply) {
            freeReplyObject(reply);
            continue;
        }
        if (mine)
            redisFree(mine);
        mine = kit_connect(server);
    }
    if (mine)
        redisFree(mine);
}

START_TEST(clients_may_go_in_the_middle)
{
    begin(3);
    redisFree(c); /* it would be killed as well */
    kit_parallel(server, 5, guard_against_kill, NULL);
    c = kit_connect(server);
    run(c, "UNWATCH");
    end();
}
END_TEST

Suite *suite_transaction_races(void);
Suite *suite_transaction_races(void)
{
    Suite *suite = suite_create("transaction_races");
    TCase *tcase = kit_tcase("transaction_races");
    tcase_add_test(tcase, transfers_keep_the_sum_in_every_snapshot);
    tcase_add_test(tcase, no_increment_by_watch_is_lost);
    tcase_add_test(tcase, exec_finds_what_was_watched_as_it_was);
    tcase_add_test(tcase, eviction_of_a_watched_key_is_a_change);
    tcase_add_test(tcase, a_watched_key_stays_as_it_is_until_exec_ends);
    tcase_add_test(tcase, clients_may_go_in_the_middle);
    suite_add_tcase(suite, tcase);
    return suite;
}
