/*
 * Scripts are one moment to everybody else: money that scripts move between accounts is never seen on its way, whether
 * they declare their keys or not, by whatever looks at it, on several workers.
 */
#include "kit/served.h"

#include <check.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define ACCOUNTS 24
#define EACH 1000
#define THREADS 8
#define MOVERS 4 /* of them; the others look */

#define MOVE(from, to)                                                                                                 \
    "local n = tonumber(ARGV[1]) if tonumber(redis.call('get', " from ")) < n then return 0 end "                      \
    "redis.call('decrby', " from ", n) redis.call('incrby', " to ", n) return 1"
#define SUM "local sum = 0 for i = 0, 23 do sum = sum + redis.call('get', 'account' .. i) end return sum"

static atomic_int working;

static void ask(redisContext *context, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    ck_assert_int_eq(redisvAppendCommand(context, format, list), REDIS_OK);
    va_end(list);
}

static redisReply *next(redisContext *context)
{
    void *reply;
    ck_assert_msg(redisGetReply(context, &reply) == REDIS_OK, "%s", context->errstr);
    ck_assert_msg(((redisReply *)reply)->type != REDIS_REPLY_ERROR, "%s", ((redisReply *)reply)->str);
    return reply;
}

static void skip(redisContext *context, int count)
{
    while (count-- > 0)
        freeReplyObject(next(context));
}

/* ---- those who move ---- */

static void move(redisContext *context, struct dice *dice)
{
    unsigned from = (unsigned)dice_below(dice, ACCOUNTS), to = (unsigned)dice_below(dice, ACCOUNTS);
    unsigned n = (unsigned)dice_below(dice, 50);
    switch (dice_below(dice, 6)) {
    case 0:
        ask(context, "EVAL %s 2 account%u account%u %u", MOVE("KEYS[1]", "KEYS[2]"), from, to, n);
        break;
    case 1: /* none is declared */
        ask(context, "EVAL %s 0 %u account%u account%u", MOVE("ARGV[2]", "ARGV[3]"), n, from, to);
        break;
    case 2: /* one of them is */
        ask(context, "EVAL %s 1 account%u %u account%u", MOVE("KEYS[1]", "ARGV[2]"), from, n, to);
        break;
    case 3: /* the world is asked for, before and after a change */
        ask(context, "EVAL %s 2 account%u account%u %u", "redis.call('dbsize') " MOVE("KEYS[1]", "KEYS[2]"), from, to,
            n);
        break;
    case 4:
        ask(context, "EVAL %s 2 account%u account%u %u",
            "redis.call('decrby', KEYS[1], ARGV[1]) redis.call('scan', 0) redis.call('incrby', KEYS[2], ARGV[1])", from,
            to, n);
        break;
    default:
        ask(context, "MULTI");
        ask(context, "EVAL %s 0 %u account%u account%u", MOVE("ARGV[2]", "ARGV[3]"), n, from, to);
        ask(context, "EVAL %s 2 account%u account%u %u", MOVE("KEYS[1]", "KEYS[2]"), to, from, n);
        ask(context, "EXEC");
        skip(context, 3);
    }
    skip(context, 1);
}

/* ---- those who look ---- */

static void expect_sum(const redisReply *values)
{
    long long sum = 0;
    ck_assert_int_eq(values->type, REDIS_REPLY_ARRAY);
    for (size_t i = 0; i < values->elements; i++)
        sum += atoll(values->element[i]->str);
    ck_assert_int_eq(sum, (long long)ACCOUNTS * EACH);
}

static void ask_all(redisContext *context)
{
    const char *args[ACCOUNTS + 1] = {"MGET"};
    char names[ACCOUNTS][16];
    for (int i = 0; i < ACCOUNTS; i++) {
        snprintf(names[i], sizeof names[i], "account%d", i);
        args[i + 1] = names[i];
    }
    ck_assert_int_eq(redisAppendCommandArgv(context, ACCOUNTS + 1, args, NULL), REDIS_OK);
}

static void look(redisContext *context, struct dice *dice)
{
    redisReply *reply;
    switch (dice_below(dice, 4)) {
    case 0:
        ask_all(context);
        reply = next(context);
        expect_sum(reply);
        break;
    case 1: /* holds all of their shards, so that scripts begin again */
        ask(context, "MULTI");
        for (int i = 0; i < 5; i++)
            ask_all(context);
        ask(context, "EVAL %s 0", SUM);
        ask(context, "EXEC");
        skip(context, 7);
        reply = next(context);
        for (size_t i = 0; i < 5; i++)
            expect_sum(reply->element[i]);
        ck_assert_int_eq(reply->element[5]->integer, (long long)ACCOUNTS * EACH);
        break;
    case 2:
        ask(context, "EVAL %s 0", SUM);
        reply = next(context);
        ck_assert_int_eq(reply->integer, (long long)ACCOUNTS * EACH);
        break;
    default: /* half of them declared */
        ask(context, "EVAL_RO %s 3 account1 account7 account8", SUM);
        reply = next(context);
        ck_assert_int_eq(reply->integer, (long long)ACCOUNTS * EACH);
    }
    freeReplyObject(reply);
}

static void move_or_look(redisContext *context, unsigned index, void *unused)
{
    struct dice dice = dice_create(500 + index);
    (void)unused;
    if (index >= MOVERS) {
        while (atomic_load(&working) > 0)
            look(context, &dice);
        return;
    }
    for (unsigned i = 0; i < scratch_rounds(1500); i++)
        move(context, &dice);
    atomic_fetch_sub(&working, 1);
}

START_TEST(what_scripts_move_is_never_on_its_way)
{
    char each[16];
    snprintf(each, sizeof each, "%d", EACH);
    for (int i = 0; i < ACCOUNTS; i++) {
        char name[16];
        snprintf(name, sizeof name, "account%d", i);
        kit_expect(c, "+OK", "SET", name, each);
    }
    atomic_store(&working, MOVERS);
    kit_parallel(server, THREADS, move_or_look, NULL);
    ck_assert_int_eq(kit_integer(c, "EVAL", SUM, "0"), (long long)ACCOUNTS * EACH);
}
END_TEST

/* ---- waiters ---- */

static void push_or_wait(redisContext *context, unsigned index, void *unused)
{
    unsigned rounds = scratch_rounds(1000);
    (void)unused;
    for (unsigned i = 0; i < rounds; i++) {
        if (index == 0) { /* both lists, or none: what is deleted again is nobody's */
            ask(context, "EVAL %s 0",
                "redis.call('rpush', 'half', 'no') redis.call('rpush', 'other', 'no') "
                "redis.call('del', 'half', 'other') redis.call('incr', 'pushed') "
                "redis.call('rpush', 'list', redis.call('get', 'pushed'))");
            skip(context, 1);
        } else { /* the counter has been raised by whoever pushed this */
            ask(context, "BLPOP half other list 0");
            redisReply *reply = next(context);
            ck_assert_str_eq(reply->element[0]->str, "list");
            long long element = atoll(reply->element[1]->str);
            freeReplyObject(reply);
            ck_assert_int_ge(kit_integer(context, "EVAL", "return tonumber(redis.call('get', 'pushed'))", "0"),
                             element);
        }
    }
}

START_TEST(waiters_are_served_by_what_a_script_has_left)
{
    kit_parallel(server, 2, push_or_wait, NULL);
    kit_expect(c, ":1", "EXISTS", "pushed");
    kit_expect(c, ":0", "EXISTS", "list", "half", "other");
}
END_TEST

/* A chain of BLMOVE through lists of several shards, fed by scripts, loses nothing and shows nothing twice. */
static void feed_or_move(redisContext *context, unsigned index, void *unused)
{
    unsigned rounds = scratch_rounds(500);
    (void)unused;
    for (unsigned i = 0; i < rounds; i++) {
        if (index == 0)
            ask(context, i % 2 ? "EVAL %s 1 chain0 %u" : "EVAL %s 0 %u",
                i % 2 ? "return redis.call('rpush', KEYS[1], ARGV[1])"
                      : "return redis.call('rpush', 'chain0', ARGV[1])",
                i);
        else
            ask(context, "BLMOVE chain%u chain%u LEFT RIGHT 0", index - 1, index);
        skip(context, 1);
    }
}

START_TEST(a_chain_of_moves_is_fed_by_scripts)
{
    kit_parallel(server, 4, feed_or_move, NULL);
    redisReply *all = kit_command(c, "LRANGE", "chain3", "0", "-1");
    ck_assert_uint_eq(all->elements, scratch_rounds(500));
    for (size_t i = 0; i < all->elements; i++)
        ck_assert_int_eq(atoll(all->element[i]->str), (long long)i);
    freeReplyObject(all);
    kit_expect(c, ":0", "EXISTS", "chain0", "chain1", "chain2");
}
END_TEST

Suite *suite_script_races(void);
Suite *suite_script_races(void)
{
    Suite *suite = suite_create("script_races");
    TCase *tcase = served_tcase("together");
    tcase_add_test(tcase, what_scripts_move_is_never_on_its_way);
    tcase_add_test(tcase, waiters_are_served_by_what_a_script_has_left);
    tcase_add_test(tcase, a_chain_of_moves_is_fed_by_scripts);
    suite_add_tcase(suite, tcase);
    return suite;
}
