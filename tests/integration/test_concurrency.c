/*
 * Connections on different workers use the same keys at the same time. Each command is atomic, so sums are exact, what
 * was set together is read together, and what is moved about is always somewhere, once.
 */
#include "kit/served.h"

#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { THREADS = 6 };

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

static void check_no_error(redisContext *context, redisReply *reply, const char *command)
{
    ck_assert_msg(reply, "%s: %s", command, context->errstr);
    ck_assert_msg(reply->type != REDIS_REPLY_ERROR, "%s: %s", command, reply->str);
    freeReplyObject(reply);
}

/* Sends and forgets the reply, which has to be none of an error. */
static void run(redisContext *context, const char *format, ...) __attribute__((format(printf, 2, 3)));
static void run(redisContext *context, const char *format, ...)
{
    va_list list;
    va_start(list, format);
    redisReply *reply = redisvCommand(context, format, list);
    va_end(list);
    check_no_error(context, reply, format);
}

static void run_plain(redisContext *context, const char *command)
{
    check_no_error(context, redisCommand(context, command), command);
}

static long long ask_integer(redisContext *context, const char *command)
{
    redisReply *reply = redisCommand(context, command);
    ck_assert_ptr_nonnull(reply);
    ck_assert_msg(reply->type == REDIS_REPLY_INTEGER, "%s: %s", command, reply->str ? reply->str : "no integer");
    long long value = reply->integer;
    freeReplyObject(reply);
    return value;
}

/* ---- counters ---- */

enum { COUNTERS = 5 };

static void count_up(redisContext *context, unsigned index, void *unused)
{
    struct dice dice = dice_create(index);
    unsigned rounds = scratch_rounds(400);
    (void)unused;
    for (unsigned round = 0; round < rounds; round++) {
        unsigned batch = 1 + (unsigned)dice_below(&dice, 60);
        for (unsigned i = 0; i < batch; i++) { /* each adds up to nothing but one INCR of total */
            unsigned key = (unsigned)dice_below(&dice, COUNTERS);
            redisAppendCommand(context, "INCRBY n%u 3", key);
            redisAppendCommand(context, "INCR total");
            redisAppendCommand(context, "DECRBY n%u 2", key);
        }
        for (unsigned i = 0; i < 3 * batch; i++) {
            redisReply *reply;
            ck_assert_int_eq(redisGetReply(context, (void **)&reply), REDIS_OK);
            ck_assert_int_eq(reply->type, REDIS_REPLY_INTEGER);
            freeReplyObject(reply);
        }
    }
}

START_TEST(counted_sums_are_exact)
{
    long long sum = 0;
    begin(0);
    kit_parallel(server, THREADS, count_up, NULL);
    for (int i = 0; i < COUNTERS; i++) {
        char command[32];
        snprintf(command, sizeof command, "INCRBY n%d 0", i);
        sum += ask_integer(c, command);
    }
    ck_assert_int_gt(sum, 0);
    ck_assert_int_eq(ask_integer(c, "INCRBY total 0"), sum);
    end();
}
END_TEST

static void append_letters(redisContext *context, unsigned index, void *unused)
{
    (void)unused;
    char letter[2] = {(char)('a' + index), '\0'};
    for (unsigned i = 0; i < scratch_rounds(2000); i++)
        run(context, "APPEND text %s", letter);
}

START_TEST(no_append_is_lost)
{
    unsigned seen[THREADS] = {0};
    begin(0);
    kit_parallel(server, THREADS, append_letters, NULL);
    redisReply *reply = kit_command(c, "GET", "text");
    ck_assert_uint_eq(reply->len, THREADS * scratch_rounds(2000));
    for (size_t i = 0; i < reply->len; i++)
        seen[reply->str[i] - 'a']++;
    for (int i = 0; i < THREADS; i++)
        ck_assert_uint_eq(seen[i], scratch_rounds(2000));
    freeReplyObject(reply);
    end();
}
END_TEST

/* ---- several keys at once ---- */

enum { MANY = 8 };

/* The keys of a command in an order of its own: a lock of the first key alone would be another one each time. */
static void shuffle_many(struct dice *dice, unsigned *order)
{
    for (unsigned i = 0; i < MANY; i++) {
        unsigned other = (unsigned)dice_below(dice, i + 1);
        order[i] = order[other];
        order[other] = i + 1;
    }
}

static void set_many(redisContext *context, unsigned index)
{
    struct dice dice = dice_create(index);
    static const size_t lens[] = {1, 9, 60, 300, 20000}; /* integers, bytes in place, blobs */
    for (unsigned i = 0; i < scratch_rounds(2000); i++) {
        size_t len = lens[dice_below(&dice, 5)];
        char *value = malloc(len + 1);
        memset(value, '0' + (int)dice_below(&dice, 10), len);
        value[len] = '\0';
        unsigned n[MANY] = {0};
        shuffle_many(&dice, n);
        run(context, "MSET m%u %s m%u %s m%u %s m%u %s m%u %s m%u %s m%u %s m%u %s", n[0], value, n[1], value, n[2],
            value, n[3], value, n[4], value, n[5], value, n[6], value, n[7], value);
        free(value);
    }
    atomic_fetch_sub(&working, 1);
}

/* All are the same, or none is there. */
static void check_many(redisContext *context, struct dice *dice)
{
    unsigned n[MANY] = {0};
    shuffle_many(dice, n);
    redisReply *reply =
        redisCommand(context, "MGET m%u m%u m%u m%u m%u m%u m%u m%u", n[0], n[1], n[2], n[3], n[4], n[5], n[6], n[7]);
    ck_assert_msg(reply, "MGET: %s", context->errstr);
    ck_assert_uint_eq(reply->elements, MANY);
    for (size_t i = 1; i < MANY; i++) {
        ck_assert_int_eq(reply->element[i]->type, reply->element[0]->type);
        ck_assert_uint_eq(reply->element[i]->len, reply->element[0]->len);
        if (reply->element[0]->len)
            ck_assert_mem_eq(reply->element[i]->str, reply->element[0]->str, reply->element[0]->len);
    }
    freeReplyObject(reply);
}

static void set_or_get_many(redisContext *context, unsigned index, void *unused)
{
    struct dice dice = dice_create(50 + index);
    (void)unused;
    if (index < THREADS / 2)
        set_many(context, index);
    else
        while (atomic_load(&working))
            check_many(context, &dice);
}

START_TEST(what_mset_sets_mget_never_sees_torn)
{
    begin(THREADS / 2);
    kit_parallel(server, THREADS, set_or_get_many, NULL);
    end();
}
END_TEST

/* The same while whole databases are emptied and swapped, and the world is stopped for other reasons. */
static void set_get_or_disturb(redisContext *context, unsigned index, void *unused)
{
    static const char *const disturbances[] = {
        "FLUSHALL",     "SWAPDB 0 1", "FLUSHDB ASYNC",    "CLIENT LIST", "INFO",           "CONFIG SET hz 11",
        "MEMORY STATS", "DBSIZE",     "SCAN 0 COUNT 100", "DEBUG CHECK", "FLUSHALL ASYNC", "RANDOMKEY"};
    struct dice dice = dice_create(index);
    (void)unused;
    if (index == 0)
        while (atomic_load(&working))
            run_plain(context, disturbances[dice_below(&dice, sizeof disturbances / sizeof disturbances[0])]);
    else if (index < 4)
        set_many(context, index);
    else
        while (atomic_load(&working))
            check_many(context, &dice);
}

START_TEST(emptying_and_swapping_databases_tears_nothing)
{
    begin(3);
    kit_parallel(server, THREADS, set_get_or_disturb, NULL);
    kit_expect(c, "+OK", "FLUSHALL");
    kit_expect(c, ":0", "DBSIZE");
    end();
}
END_TEST

/* ---- one thing that is moved about ---- */

static void rename_about(redisContext *context, unsigned index, void *unused)
{
    struct dice dice = dice_create(index);
    (void)unused;
    if (index == THREADS - 1) {
        while (atomic_load(&working))
            ck_assert_int_eq(ask_integer(context, "EXISTS r0 r1 r2 r3 r4 r5 r6 r7"), 1);
        return;
    }
    for (unsigned i = 0; i < scratch_rounds(3000); i++) {
        unsigned from = (unsigned)dice_below(&dice, 8), to = (unsigned)dice_below(&dice, 8);
        redisReply *reply = redisCommand(context, i % 2 ? "RENAME r%u r%u" : "RENAMENX r%u r%u", from, to);
        ck_assert_ptr_nonnull(reply);
        if (reply->type == REDIS_REPLY_ERROR)
            ck_assert_str_eq(reply->str, "ERR no such key");
        freeReplyObject(reply);
    }
    atomic_fetch_sub(&working, 1);
}

START_TEST(a_renamed_key_is_always_somewhere_once)
{
    begin(THREADS - 1);
    kit_expect(c, "+OK", "SET", "r0", "the one");
    kit_parallel(server, THREADS, rename_about, NULL);
    redisReply *reply = kit_command(c, "MGET", "r0", "r1", "r2", "r3", "r4", "r5", "r6", "r7");
    unsigned found = 0;
    for (size_t i = 0; i < 8; i++)
        if (reply->element[i]->type == REDIS_REPLY_STRING) {
            ck_assert_str_eq(reply->element[i]->str, "the one");
            found++;
        }
    ck_assert_uint_eq(found, 1);
    freeReplyObject(reply);
    end();
}
END_TEST

static void move_about(redisContext *context, unsigned index, void *moved)
{
    run(context, "SELECT %u", index % 3);
    for (unsigned i = 0; i < scratch_rounds(3000); i++) {
        char command[32];
        snprintf(command, sizeof command, "MOVE thing %u", (index + 1 + i % 2) % 3);
        atomic_fetch_add((atomic_llong *)moved, ask_integer(context, command));
    }
}

START_TEST(a_moved_key_is_in_one_database_in_the_end)
{
    long long found = 0;
    atomic_llong moved = 0;
    begin(0);
    kit_expect(c, "+OK", "SET", "thing", "value", "EX", "1000");
    kit_parallel(server, THREADS, move_about, &moved);
    ck_assert_int_gt(atomic_load(&moved), 0);
    for (int db = 0; db < 3; db++) {
        run(c, "SELECT %d", db);
        found += ask_integer(c, "EXISTS thing");
        if (ask_integer(c, "EXISTS thing"))
            ck_assert_int_gt(ask_integer(c, "TTL thing"), 900);
    }
    ck_assert_int_eq(found, 1);
    end();
}
END_TEST

/* Values are eight equal bytes or 20,000: a copy is one of them, never a mixture. */
static void copy_and_change(redisContext *context, unsigned index, void *unused)
{
    char *value = malloc(20001);
    (void)unused;
    for (unsigned i = 0; i < scratch_rounds(1500); i++) {
        if (index % 2) {
            size_t len = i % 2 ? 20000 : 8;
            memset(value, 'a' + (int)(i % 26), len);
            value[len] = '\0';
            run(context, "SET c1 %s", value);
        } else {
            run(context, "COPY c1 c2 REPLACE");
            redisReply *reply = redisCommand(context, "GETRANGE c2 0 7");
            ck_assert_ptr_nonnull(reply);
            ck_assert_uint_eq(reply->len, 8);
            for (size_t k = 1; k < 8; k++)
                ck_assert_int_eq(reply->str[k], reply->str[0]);
            freeReplyObject(reply);
        }
    }
    free(value);
}

START_TEST(a_copy_is_never_a_mixture)
{
    begin(0);
    kit_expect(c, "+OK", "SET", "c1", "aaaaaaaa");
    kit_parallel(server, THREADS, copy_and_change, NULL);
    end();
}
END_TEST

/* ---- everything at once ---- */

static const char *const anything[] = {
    "SET k%u v%u",
    "SET k%u 12345 PX %u",
    "GET k%u",
    "DEL k%u k%u",
    "INCR k%u",
    "APPEND k%u x%u",
    "SETRANGE k%u %u abc",
    "GETRANGE k%u 0 %u",
    "EXPIRE k%u %u",
    "PERSIST k%u",
    "RENAME k%u k%u",
    "COPY k%u k%u REPLACE",
    "MSET k%u a k%u b",
    "MGET k%u k%u",
    "GETDEL k%u",
    "GETEX k%u PX %u",
    "UNLINK k%u k%u",
    "TOUCH k%u k%u",
    "OBJECT ENCODING k%u",
    "STRLEN k%u",
    "SCAN %u COUNT 20",
    "RANDOMKEY",
    "DBSIZE",
    "TTL k%u",
    "MOVE k%u 1",
    "INCRBYFLOAT k%u 1.5",
    "LCS k%u k%u",
    "KEYS k1%u",
    "MEMORY USAGE k%u",
    "TYPE k%u",
};

static void do_anything(redisContext *context, unsigned index, void *unused)
{
    struct dice dice = dice_create(100 + index);
    (void)unused;
    for (unsigned round = 0; round < scratch_rounds(500); round++) {
        unsigned batch = 1 + (unsigned)dice_below(&dice, 40);
        for (unsigned i = 0; i < batch; i++)
            redisAppendCommand(context, anything[dice_below(&dice, sizeof anything / sizeof anything[0])],
                               (unsigned)dice_below(&dice, 30), (unsigned)dice_below(&dice, 30));
        for (unsigned i = 0; i < batch; i++) {
            redisReply *reply;
            ck_assert_int_eq(redisGetReply(context, (void **)&reply), REDIS_OK);
            freeReplyObject(reply); /* errors are answers too */
        }
        if (dice_below(&dice, 100) == 0)
            run_plain(context, dice_chance(&dice, 50) ? "SWAPDB 0 1" : "CLIENT LIST");
    }
}

START_TEST(any_commands_on_the_same_keys_keep_the_tables_whole)
{
    begin(0);
    kit_parallel(server, THREADS, do_anything, NULL);
    end();
}
END_TEST

/* ---- clients that are killed while they work ---- */

static atomic_uint counted; /* requests of those that were answered */

static void work_and_be_killed(redisContext *context, unsigned index, void *unused)
{
    (void)unused;
    if (index == 0) {
        for (unsigned i = 0; i < scratch_rounds(200) || atomic_load(&counted) < 2; i++) {
            run(context, "CLIENT KILL TYPE normal SKIPME yes");
            run(context, "PING");
        }
        atomic_store(&working, 0);
        return;
    }
    redisContext *mine = kit_connect(server);
    while (atomic_load(&working)) {
        redisReply *reply = redisCommand(mine, "INCR killed");
        if (reply) {
            freeReplyObject(reply);
            atomic_fetch_add(&counted, 1);
            continue;
        }
        redisFree(mine);
        mine = kit_connect(server);
    }
    redisFree(mine);
}

START_TEST(clients_can_be_killed_at_any_moment)
{
    begin(1);
    atomic_store(&counted, 0);
    redisFree(c); /* it would be killed as well */
    kit_parallel(server, THREADS, work_and_be_killed, NULL);
    c = kit_connect(server);
    ck_assert_int_gt(ask_integer(c, "INCR killed"), 1);
    end();
}
END_TEST

/* ---- figures ---- */

/* Clients that come, name themselves by one letter again and again, leave keys behind and go. */
static void come_and_go(unsigned index)
{
    char name[200];
    unsigned rounds = scratch_rounds(100);
    for (unsigned i = 0; i < rounds; i++) {
        redisContext *guest = kit_connect(server);
        size_t len = 1 + (i * 7 + index) % (sizeof name - 1);
        memset(name, (int)('a' + index), len);
        name[len] = '\0';
        run(guest, "SELECT %u", i % 16);
        run(guest, "CLIENT SETNAME %s", name);
        run(guest, "CLIENT SETINFO LIB-NAME %s", name);
        run(guest, "SET k%u-%u v EX %u", index, i, 1 + i % 2 * 1000);
        run(guest, i % 2 ? "CLIENT SETNAME %s" : "PING %s", "");
        redisFree(guest);
    }
    atomic_fetch_sub(&working, 1);
}

/* Whether the field's value, which ends with a blank, consists of one letter. */
static void check_one_letter(const char *line, const char *field)
{
    const char *value = strstr(line, field);
    ck_assert_msg(value, "no %s in %s", field, line);
    value += strlen(field);
    for (const char *at = value; *at != ' '; at++)
        ck_assert_msg(*at == *value, "torn: %s", line);
}

static void check_client_list(redisContext *context)
{
    redisReply *list = redisCommand(context, "CLIENT LIST");
    ck_assert(list && list->type == REDIS_REPLY_STRING);
    long long last = 0, id, own = ask_integer(context, "CLIENT ID");
    bool has_own = false;
    for (char *line = list->str, *end; *line; line = end + 1) {
        end = strchr(line, '\n');
        ck_assert_ptr_nonnull(end);
        *end = '\0';
        ck_assert_int_eq(sscanf(line, "id=%lld ", &id), 1);
        ck_assert_int_gt(id, last);
        last = id;
        has_own |= id == own && strstr(line, " cmd=client|list ");
        check_one_letter(line, " name=");
        check_one_letter(line, " lib-name=");
    }
    ck_assert(has_own);
    freeReplyObject(list);
}

static void look_or_disturb(redisContext *context, unsigned index, void *data)
{
    (void)data;
    if (index >= 3) {
        come_and_go(index);
        return;
    }
    while (atomic_load(&working) > 0) {
        if (index == 2) {
            run_plain(context, "FLUSHALL ASYNC");
            run_plain(context, "SWAPDB 0 1");
            continue;
        }
        check_client_list(context);
        run_plain(context, "INFO everything");
        run_plain(context, "MEMORY STATS");
        run_plain(context, "DBSIZE");
    }
}

START_TEST(figures_are_whole_while_clients_and_keys_come_and_go)
{
    begin(THREADS - 3);
    kit_parallel(server, THREADS, look_or_disturb, NULL);
    run_plain(c, "FLUSHALL");
    ck_assert_int_eq(ask_integer(c, "DBSIZE"), 0);
    ck_assert_int_eq(kit_info(c, "blocked_clients"), 0);
    end();
}
END_TEST

Suite *suite_concurrency(void);
Suite *suite_concurrency(void)
{
    Suite *suite = suite_create("concurrency");
    TCase *tcase = kit_tcase("concurrency");
    tcase_add_test(tcase, counted_sums_are_exact);
    tcase_add_test(tcase, no_append_is_lost);
    tcase_add_test(tcase, what_mset_sets_mget_never_sees_torn);
    tcase_add_test(tcase, emptying_and_swapping_databases_tears_nothing);
    tcase_add_test(tcase, a_renamed_key_is_always_somewhere_once);
    tcase_add_test(tcase, a_moved_key_is_in_one_database_in_the_end);
    tcase_add_test(tcase, a_copy_is_never_a_mixture);
    tcase_add_test(tcase, any_commands_on_the_same_keys_keep_the_tables_whole);
    tcase_add_test(tcase, clients_can_be_killed_at_any_moment);
    tcase_add_test(tcase, figures_are_whole_while_clients_and_keys_come_and_go);
    suite_add_tcase(suite, tcase);
    return suite;
}
