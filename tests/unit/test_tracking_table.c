/*
 * The table and the prefixes of tracking, against simple models: whoever may have a key is told of its change, once,
 * and nobody else; a prefix is told just the names that begin with it. Nothing is left when all have gone.
 */
#include "base/connection_memory.h"
#include "base/gate.h"
#include "base/memory.h"
#include "base/text.h"
#include "clients/client.h"
#include "clients/client_extra.h"
#include "clients/tracker.h"
#include "clients/tracking_prefixes.h"
#include "clients/tracking_table.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "net/service.h"
#include "net/worker.h"
#include "resp/reply.h"
#include "store/reaper.h"
#include "store/shard.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { CLIENTS = 20, NAMES = 60 };

static struct gate *gate;
static struct client clients[CLIENTS];
static size_t memory_before;

/* ---- a worker that has nothing to do: the test looks at what waits ---- */

static int no_wish(void *context)
{
    (void)context;
    return -1;
}

static void nothing(void *context)
{
    (void)context;
}

static void no_tick(void *context, struct worker *worker, int64_t now_ms)
{
    (void)context;
    (void)worker;
    (void)now_ms;
}

static void no_message(struct worker *worker, struct message *message)
{
    (void)worker;
    (void)message;
}

static struct tracker *tracker(unsigned client)
{
    return clients[client].extra->tracker;
}

static void client_comes(unsigned number, uint32_t mode)
{
    clients[number] = (struct client){.resp = 3, .conn = {.id = number + 1, .worker = worker_at(0)}};
    tracker_set_mode(tracker_of(&clients[number]), TRACKER_ON | mode);
}

static void begin(void)
{
    static const struct net_service service = {.served = no_wish, .ended = nothing, .tick = no_tick};
    gate = gate_create();
    ck_assert_int_eq(workers_start(1, gate, &service), 0);
    trackers_init(1, no_message);
    memory_before = connection_memory();
    for (unsigned i = 0; i < CLIENTS; i++)
        client_comes(i, 0);
}

static void end(void)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        if (clients[i].flags & CLIENT_TRACKER)
            tracker_forget(&clients[i]);
    for (struct tracker *left; (left = trackers_next(worker_at(0)));)
        tracker_release(left);
    tracking_table_clear();
    reaper_stop();
    output_pool_drain();
    ck_assert_uint_eq(tracking_table_keys(), 0);
    ck_assert_uint_eq(tracking_table_items(), 0);
    ck_assert_uint_eq(trackers_on(), 0);
    ck_assert_uint_eq(prefixes_count(), 0);
    ck_assert_uint_eq(connection_memory(), memory_before);
    workers_stop(0);
    workers_join();
    gate_destroy(gate);
}

/* What waits for the client, which is taken: "[a b]" for a notice of names, "everything", "broken". */
static void expect_told(unsigned client, const char *expected)
{
    struct notices notices;
    struct text told = TEXT_EMPTY;
    text_add(&told, "");
    tracker_take_notices(tracker(client), &notices);
    for (size_t i = 0; i < notices.count; i++) {
        struct output output = {0};
        struct reply reply;
        if (notices.first[i].kind != NOTICE_NAMES) {
            text_add(&told, notices.first[i].kind == NOTICE_BROKEN ? "broken" : "everything");
            continue;
        }
        reply_begin(&reply, &output, 3);
        names_told_write(notices.first[i].names, &reply);
        reply_end(&reply);
        text_add_char(&told, '[');
        for (const char *at = output.head->start, *limit = at + output.bytes; at < limit;
             at++) /* lengths are left out */
            if (*at == '$') {
                at = (const char *)memchr(at, '\n', (size_t)(limit - at)) + 1;
                const char *stop = memchr(at, '\r', (size_t)(limit - at));
                text_addf(&told, "%s%.*s", told.data[told.len - 1] == '[' ? "" : " ", (int)(stop - at), at);
                at = stop;
            }
        text_add_char(&told, ']');
        output_clear(&output);
    }
    ck_assert_msg(strcmp(told.data, expected) == 0, "client %u was told %s, not %s", client, told.data, expected);
    text_deinit(&told);
    notices_release(&notices);
}

static struct key key_of(const char *name)
{
    return key_make(name, strlen(name));
}

static struct bytes bytes_of(const char *text)
{
    return (struct bytes){text, strlen(text)};
}

/* ---- the table ---- */

START_TEST(who_may_have_a_key_is_told_once_and_nobody_else)
{
    static bool may_have[NAMES][CLIENTS];
    struct dice dice = dice_create(0);
    for (unsigned i = 0; i < scratch_rounds(20000); i++) {
        unsigned client = (unsigned)dice_below(&dice, CLIENTS), number = (unsigned)dice_below(&dice, NAMES);
        char name[16], told[24];
        snprintf(name, sizeof name, "key:%u", number);
        snprintf(told, sizeof told, "[%s]", name);
        struct key key = key_of(name);
        ck_assert_int_eq(tracking_table_has(&key, tracker(client)), may_have[number][client]);
        if (dice_chance(&dice, 80)) {
            tracking_table_add(&key, tracker(client));
            may_have[number][client] = true;
            continue;
        }
        tracking_table_tell(&key, client + 1);
        for (unsigned k = 0; k < CLIENTS; k++) {
            expect_told(k, may_have[number][k] ? told : "");
            may_have[number][k] = false;
        }
    }
    size_t keys = 0, items = 0;
    for (unsigned n = 0; n < NAMES; n++) {
        size_t here = 0;
        for (unsigned k = 0; k < CLIENTS; k++)
            here += may_have[n][k];
        keys += here > 0;
        items += here;
    }
    ck_assert_uint_eq(tracking_table_keys(), keys);
    ck_assert_uint_eq(tracking_table_items(), items);
}
END_TEST

START_TEST(modes_decide_who_is_told)
{
    struct key key = key_of("k");
    for (unsigned i = 0; i < 5; i++)
        tracking_table_add(&key, tracker(i));
    tracker_set_mode(tracker(1), 0);
    tracker_set_mode(tracker(2), TRACKER_ON | TRACKER_BCAST);
    tracker_set_mode(tracker(3), TRACKER_ON | TRACKER_NOLOOP);
    tracking_table_tell(&key, 4);
    expect_told(0, "[k]");
    expect_told(1, "");
    expect_told(2, "");
    expect_told(3, ""); /* it has done it itself, and is remembered */
    expect_told(4, "[k]");
    ck_assert_uint_eq(tracking_table_items(), 1);
    tracking_table_tell(&key, 1);
    expect_told(3, "[k]");
    ck_assert(tracking_table_is_empty(key_shard(key.hash)));
}
END_TEST

START_TEST(those_who_have_gone_are_weeded_out)
{
    struct key key = key_of("k");
    for (unsigned round = 0; round < 1000; round++) {
        tracking_table_add(&key, tracker(0));
        tracking_table_add(&key, tracker(1));
        tracker_forget(&clients[0]);
        client_comes(0, 0);
    }
    ck_assert_uint_le(tracking_table_items(), 8);
    ck_assert(tracking_table_has(&key, tracker(1)));
    tracking_table_tell(&key, 0);
    expect_told(1, "[k]");
    expect_told(0, "");
}
END_TEST

START_TEST(what_is_too_much_is_told_and_forgotten)
{
    char name[2000];
    unsigned shards = 0;
    for (unsigned i = 0; i < 1000; i++) {
        struct key key = key_make(name, (size_t)snprintf(name, sizeof name, "%u", i));
        tracking_table_add(&key, tracker(i % 2));
    }
    ck_assert(tracking_table_is_over(999));
    ck_assert(!tracking_table_is_over(1000));
    ck_assert(!tracking_table_is_over(0));
    for (; tracking_table_is_over(100); shards++)
        tracking_table_trim(shards % KEYSPACE_SHARDS, 100, 2);
    ck_assert_uint_eq(tracking_table_keys(), 100);
    size_t told = 0;
    for (unsigned i = 0; i < 2; i++) {
        struct notices notices;
        tracker_take_notices(tracker(i), &notices);
        told += notices.count;
        notices_release(&notices);
    }
    ck_assert_uint_eq(told, 900);
    memset(name, 'n', sizeof name);
    struct key key = key_make(name, 3 * TRACKING_NAME_BYTES);
    tracking_table_add(&key, tracker(0));
    ck_assert(tracking_table_is_over(103)); /* a long name weighs more */
    ck_assert(!tracking_table_is_over(104));
    tracking_table_clear();
    ck_assert(!tracking_table_is_over(1));
}
END_TEST

/* ---- notices ---- */

START_TEST(very_many_notices_become_one)
{
    char name[1000];
    memset(name, 'n', sizeof name);
    struct names_told *names = names_told_create(&(struct bytes){name, sizeof name}, 1);
    for (unsigned i = 0; i < 5000; i++)
        tracker_tell(tracker(0), names);
    struct notices notices;
    tracker_take_notices(tracker(0), &notices);
    ck_assert_uint_lt(notices.count, 1100);
    ck_assert_int_eq(notices.first[0].kind, NOTICE_EVERYTHING);
    notices_release(&notices);
    tracker_tell(tracker(0), names);
    tracker_tell(tracker(0), NULL);
    tracker_tell(tracker(0), NULL);
    expect_told(0, "everything");
    names_told_release(names);
}
END_TEST

START_TEST(notices_are_redirected_until_the_target_goes)
{
    struct bytes name = bytes_of("k");
    struct names_told *names = names_told_create(&name, 1);
    tracker_redirect(tracker(0), tracker(1));
    ck_assert_uint_eq(tracker_redirect_id(tracker(0)), 2);
    tracker_tell(tracker(0), names);
    expect_told(0, "");
    expect_told(1, "[k]");
    tracker_forget(&clients[1]);
    tracker_tell(tracker(0), names);
    expect_told(0, "broken");
    ck_assert(tracker_mode(tracker(0)) & TRACKER_BROKEN);
    tracker_redirect(tracker(0), tracker(0)); /* to itself: nothing keeps it from going */
    tracker_tell(tracker(0), names);
    expect_told(0, "[k]");
    names_told_release(names);
}
END_TEST

/* ---- prefixes ---- */

static struct own_prefixes own[CLIENTS];

static void drop_own(void)
{
    for (unsigned i = 0; i < CLIENTS; i++)
        own_prefixes_drop(&own[i], tracker(i));
}

/* Of letters a and b, so that many begin with others. */
static size_t random_word(struct dice *dice, char *word)
{
    size_t len = (size_t)dice_below(dice, 7);
    for (size_t i = 0; i < len; i++)
        word[i] = (char)('a' + dice_below(dice, 2));
    word[len] = '\0';
    return len;
}

static bool begins(const char *name, struct bytes prefix)
{
    return strlen(name) >= prefix.len && memcmp(name, prefix.data, prefix.len) == 0;
}

/* A thread that is no worker tells each change at once. */
START_TEST(prefixes_are_told_the_names_that_begin_with_them)
{
    struct dice dice = dice_create(0);
    for (unsigned i = 0; i < scratch_rounds(4000); i++) {
        unsigned client = (unsigned)dice_below(&dice, CLIENTS);
        char word[8], told[16];
        size_t len = random_word(&dice, word);
        struct bytes prefix = {word, len};
        if (dice_chance(&dice, 20)) {
            bool overlaps = false;
            for (size_t k = 0; k < own[client].count; k++)
                overlaps = overlaps || begins(word, own[client].names[k]) ||
                           (own[client].names[k].len >= len && memcmp(own[client].names[k].data, word, len) == 0);
            ck_assert_int_eq(own_prefixes_overlap(&own[client], &prefix, 1).given != NULL, overlaps);
            if (!overlaps)
                own_prefixes_add(&own[client], tracker(client), &prefix, 1);
        } else if (dice_chance(&dice, 10)) {
            own_prefixes_drop(&own[client], tracker(client));
        }
        random_word(&dice, word);
        snprintf(told, sizeof told, "[%s]", word);
        prefixes_gather(bytes_of(word), 0);
        for (unsigned k = 0; k < CLIENTS; k++) {
            bool has = false;
            for (size_t p = 0; p < own[k].count; p++)
                has = has || begins(word, own[k].names[p]);
            expect_told(k, has ? told : "");
        }
    }
    drop_own();
}
END_TEST

START_TEST(the_first_overlap_is_named)
{
    const struct bytes have[] = {bytes_of("foo"), bytes_of("bar")};
    own_prefixes_add(&own[0], tracker(0), have, 2);
    const struct bytes other[] = {bytes_of("q"), bytes_of("rs"), bytes_of("barb"), bytes_of("r")};
    struct prefix_overlap overlap = own_prefixes_overlap(&own[0], other, 4);
    ck_assert_ptr_eq(overlap.given, &other[1]);
    ck_assert(!overlap.with_own);
    ck_assert_ptr_eq(overlap.with.data, other[3].data);
    overlap = own_prefixes_overlap(&own[0], other + 2, 2);
    ck_assert_ptr_eq(overlap.given, &other[2]);
    ck_assert(overlap.with_own);
    ck_assert_ptr_null(own_prefixes_overlap(&own[0], other, 2).given);
    const struct bytes twice[] = {bytes_of("x"), bytes_of("x")};
    ck_assert_ptr_eq(own_prefixes_overlap(&own[0], twice, 2).given, &twice[0]);
    drop_own();
}
END_TEST

/* What would be slow if each were compared with each. */
START_TEST(very_many_prefixes_are_compared_quickly)
{
    enum { MANY = OWN_PREFIXES_MAX };
    struct bytes *names = malloc(MANY * sizeof *names);
    char *texts = calloc(MANY, 8);
    for (unsigned i = 0; i < MANY; i++)
        names[i] = (struct bytes){texts + i * 8, (size_t)snprintf(texts + i * 8, 8, "%06u", i)};
    ck_assert_ptr_null(own_prefixes_overlap(&own[0], names, MANY).given);
    own_prefixes_add(&own[0], tracker(0), names, MANY);
    ck_assert_uint_eq(prefixes_count(), MANY);
    ck_assert_ptr_eq(own_prefixes_overlap(&own[0], names + 7, 3).given, names + 7);
    prefixes_gather(bytes_of("000077x"), 0);
    expect_told(0, "[000077x]");
    drop_own();
    free(names);
    free(texts);
}
END_TEST

Suite *suite_tracking_table(void)
{
    Suite *suite = suite_create("tracking_table");
    TCase *tcase = tcase_create("tracking_table");
    tcase_add_checked_fixture(tcase, begin, end);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, who_may_have_a_key_is_told_once_and_nobody_else);
    tcase_add_test(tcase, modes_decide_who_is_told);
    tcase_add_test(tcase, those_who_have_gone_are_weeded_out);
    tcase_add_test(tcase, what_is_too_much_is_told_and_forgotten);
    tcase_add_test(tcase, very_many_notices_become_one);
    tcase_add_test(tcase, notices_are_redirected_until_the_target_goes);
    tcase_add_test(tcase, prefixes_are_told_the_names_that_begin_with_them);
    tcase_add_test(tcase, the_first_overlap_is_named);
    tcase_add_test(tcase, very_many_prefixes_are_compared_quickly);
    suite_add_tcase(suite, tcase);
    return suite;
}
