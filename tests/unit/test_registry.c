/* The registry, inboxes, and matching later: who is counted, what is posted to whom, and what happens when it is too much. */
#include "base/gate.h"
#include "base/memory.h"
#include "kit/suites.h"
#include "net/mailbox.h"
#include "net/service.h"
#include "net/worker.h"
#include "pubsub/crowd.h"
#include "pubsub/inbox.h"
#include "pubsub/matching.h"
#include "pubsub/payload.h"
#include "pubsub/registry.h"

#include <check.h>
#include <semaphore.h>
#include <stdio.h>
#include <string.h>

#define MEBIBYTE ((size_t)1 << 20)

static struct gate *gate;
static char *large; /* a mebibyte */

static int no_service(void *context)
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

/* The tests take what lies in the inboxes themselves. */
static void no_delivery(struct worker *worker, struct message *message)
{
    (void)worker;
    (void)message;
}

static void setup(void)
{
    static const struct net_service service = {.served = no_service, .ended = nothing, .tick = no_tick};
    gate = gate_create();
    ck_assert_int_eq(workers_start(2, gate, &service), 0);
    inboxes_init(2, no_delivery);
    large = mem_calloc(MEBIBYTE);
}

static void teardown(void)
{
    workers_stop(0);
    workers_join();
    gate_destroy(gate);
    mem_free(large);
}

static struct bytes text(const char *string)
{
    return (struct bytes){string, strlen(string)};
}

static struct crowd *join(enum channel_kind kind, const char *name, unsigned worker)
{
    uint64_t seen;
    return registry_join(kind, text(name), worker, &seen);
}

static unsigned post(const char *channel, const struct arg *message)
{
    struct posting posting = {.channel = text(channel), .message = message};
    return registry_post(CHANNEL_PLAIN, &posting) ? posting.receivers : UINT32_MAX;
}

static const struct arg small = {"text", 4, NULL};

static void batch_free(struct delivery_batch *batch)
{
    for (unsigned i = 0; i < batch->count; i++)
        delivery_free(batch->deliveries[i]);
}

/* Takes what waits for the worker in one batch, and returns how many messages it is. */
static unsigned take(unsigned worker, struct delivery_batch *batch)
{
    inbox_take(worker, batch);
    batch_free(batch);
    return batch->count;
}

START_TEST(subscribers_are_counted_by_channel_and_kind)
{
    struct crowd *a = join(CHANNEL_PLAIN, "x", 0);
    ck_assert_ptr_eq(join(CHANNEL_PLAIN, "x", 0), a);
    struct crowd *b = join(CHANNEL_PLAIN, "x", 1), *s = join(CHANNEL_SHARD, "x", 0);
    ck_assert_ptr_ne(a, b);
    ck_assert_uint_eq(registry_subscribers(CHANNEL_PLAIN, text("x")), 3);
    ck_assert_uint_eq(registry_subscribers(CHANNEL_SHARD, text("x")), 1);
    ck_assert_uint_eq(registry_subscribers(CHANNEL_PLAIN, text("y")), 0);
    ck_assert_uint_eq(registry_count(CHANNEL_PLAIN), 1);
    registry_leave(a);
    registry_leave(b);
    ck_assert_uint_eq(registry_subscribers(CHANNEL_PLAIN, text("x")), 1);
    registry_leave(a);
    registry_leave(s);
    ck_assert_uint_eq(registry_count(CHANNEL_PLAIN) + registry_count(CHANNEL_SHARD), 0);
}
END_TEST

START_TEST(many_channels_come_are_listed_and_go)
{
    enum { MANY = 3000 };
    static struct crowd *crowds[MANY];
    char name[16];
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, "c%u", i);
        crowds[i] = join(CHANNEL_PLAIN, name, i % 2);
    }
    size_t listed = 0;
    for (unsigned part = 0; part < REGISTRY_PARTS; part++) {
        struct channel **channels;
        size_t count = registry_list(CHANNEL_PLAIN, part, &channels);
        for (size_t i = 0; i < count; i++) {
            ck_assert_uint_eq(registry_subscribers(CHANNEL_PLAIN, channel_name(channels[i])), 1);
            channel_release(channels[i]);
        }
        listed += count;
        mem_free(channels);
    }
    ck_assert_uint_eq(listed, MANY);
    for (unsigned i = 0; i < MANY; i++) {
        registry_leave(crowds[i]);
        snprintf(name, sizeof name, "c%u", i);
        ck_assert_uint_eq(registry_subscribers(CHANNEL_PLAIN, text(name)), 0);
        snprintf(name, sizeof name, "c%d", MANY - 1);
        ck_assert_uint_eq(registry_subscribers(CHANNEL_PLAIN, text(name)), i < MANY - 1);
    }
    ck_assert_uint_eq(registry_count(CHANNEL_PLAIN), 0);
}
END_TEST

START_TEST(a_subscription_begins_between_two_messages)
{
    uint64_t first, second;
    struct delivery_batch batch;
    struct crowd *crowd = registry_join(CHANNEL_PLAIN, text("x"), 0, &first);
    ck_assert_uint_eq(post("x", &small), 1);
    registry_join(CHANNEL_PLAIN, text("x"), 0, &second);
    ck_assert_uint_eq(second, first + 1);
    ck_assert_uint_eq(post("x", &small), 2);
    ck_assert_uint_eq(post("y", &small), 0);
    ck_assert_uint_eq(inbox_last(0), second + 1);
    struct inbox_view view = inbox_look(0);
    ck_assert_uint_eq(view.number, first + 1);
    ck_assert_ptr_eq(view.first->next, view.last);
    ck_assert_uint_eq(take(0, &batch), 2);
    ck_assert_uint_eq(batch.first, first + 1);
    ck_assert(batch.is_last && inbox_is_empty(0) && inbox_is_empty(1));
    ck_assert_ptr_null(inbox_look(0).first);
    registry_leave(crowd);
    registry_leave(crowd);
}
END_TEST

START_TEST(a_batch_is_for_one_crowd_and_bounded)
{
    struct delivery_batch batch;
    struct crowd *x = join(CHANNEL_PLAIN, "x", 0), *y = join(CHANNEL_PLAIN, "y", 0);
    for (unsigned i = 0; i < BATCH_MAX + 1; i++)
        post("x", &small);
    post("y", &small);
    post("x", &small);
    ck_assert_uint_eq(take(0, &batch), BATCH_MAX);
    ck_assert(!batch.is_last);
    for (unsigned i = 0; i < 3; i++) {
        ck_assert_uint_eq(take(0, &batch), 1);
        ck_assert_uint_eq(batch.first, BATCH_MAX + 1 + i);
    }
    ck_assert(batch.is_last);
    struct arg message = {large, BATCH_BYTES / 2 + 1, NULL};
    for (unsigned i = 0; i < 3; i++)
        post("x", &message);
    ck_assert_uint_eq(take(0, &batch), 2);
    ck_assert_uint_eq(take(0, &batch), 1);
    registry_leave(x);
    registry_leave(y);
}
END_TEST

START_TEST(a_full_inbox_makes_publishers_wait_but_those_who_insist)
{
    struct delivery_batch batch;
    struct crowd *x = join(CHANNEL_PLAIN, "x", 0), *y = join(CHANNEL_PLAIN, "y", 1);
    struct arg message = {large, MEBIBYTE, NULL};
    ck_assert_uint_eq(post("x", &message), 1);
    ck_assert_uint_eq(post("x", &small), UINT32_MAX);
    ck_assert_uint_eq(post("y", &small), 1);
    struct posting posting = {.channel = text("x"), .message = &message, .insists = true};
    for (unsigned i = 0; i < 2 * INBOX_MAX / MEBIBYTE; i++)
        ck_assert(registry_post(CHANNEL_PLAIN, &posting));
    unsigned whole = 0;
    while (!inbox_is_empty(0)) {
        inbox_take(0, &batch);
        ck_assert_uint_eq(batch.count, 1);
        whole += batch.deliveries[0]->payload != NULL;
        ck_assert_int_eq(batch.deliveries[0]->payload == NULL, batch.is_last); /* what was too much ends them, once */
        batch_free(&batch);
    }
    ck_assert_uint_eq(whole, INBOX_MAX / MEBIBYTE);
    ck_assert_uint_eq(post("x", &small), 1);
    ck_assert_uint_eq(take(0, &batch), 1);
    ck_assert_uint_eq(take(1, &batch), 1);
    registry_leave(x);
    registry_leave(y);
}
END_TEST

/* No memory is as large as this message. */
START_TEST(a_message_without_memory_says_so_and_reaches_nobody)
{
    struct crowd *x = join(CHANNEL_PLAIN, "x", 0);
    struct arg message = {large, (size_t)1 << 50, NULL};
    struct posting posting = {.channel = text("x"), .message = &message};
    ck_assert(registry_post(CHANNEL_PLAIN, &posting));
    ck_assert(posting.no_memory);
    ck_assert(inbox_is_empty(0));
    registry_leave(x);
}
END_TEST

START_TEST(a_crowd_outlives_its_subscribers_while_messages_for_it_wait)
{
    struct delivery_batch batch;
    struct crowd *crowd = join(CHANNEL_PLAIN, "x", 0);
    post("x", &small);
    registry_leave(crowd);
    ck_assert_uint_eq(registry_count(CHANNEL_PLAIN), 0);
    struct crowd *another = join(CHANNEL_PLAIN, "x", 0);
    ck_assert_ptr_ne(another, crowd);
    post("x", &small);
    ck_assert_uint_eq(take(0, &batch), 1); /* they are different crowds */
    ck_assert_uint_eq(take(0, &batch), 1);
    registry_leave(another);
}
END_TEST

START_TEST(a_walk_through_many_patterns_goes_on_where_it_was)
{
    enum { MANY = 2000 };
    static struct crowd *crowds[MANY];
    char name[16];
    struct delivery_batch batch;
    for (unsigned i = 0; i < MANY; i++) {
        snprintf(name, sizeof name, i == 0 || i == MANY - 1 ? "*%u" : "never%u", i == 0 ? 1 : 9);
        crowds[i] = join(CHANNEL_PATTERN, name, 0);
    }
    ck_assert_uint_eq(registry_count(CHANNEL_PATTERN), 3);
    struct posting posting = {.channel = text("191"), .message = &small};
    struct pattern_walk walk = {0};
    bool waits;
    while (!registry_post_to_patterns(&posting, &walk, &waits))
        ck_assert(!waits);
    ck_assert_uint_eq(posting.receivers, 1);
    ck_assert_uint_eq(take(0, &batch), 1);
    for (unsigned i = 0; i < MANY; i++)
        registry_leave(crowds[i]);
    ck_assert_uint_eq(registry_count(CHANNEL_PATTERN), 0);
}
END_TEST

/* ---- matching later ---- */

static sem_t may_go_on;

static void block(struct worker *worker, struct message *message)
{
    (void)worker;
    mem_free(message);
    sem_wait(&may_go_on);
}

/* Worker 0 matches, and does nothing until the queue is as long as it is to be. */
static void hold_matching(void)
{
    struct message *message = mem_alloc(sizeof *message);
    *message = (struct message){.run = block};
    sem_init(&may_go_on, 0, 0);
    worker_post(worker_at(0), message);
}

START_TEST(where_too_much_is_to_be_matched_subscribers_of_patterns_are_ended)
{
    enum { FIT = MATCHING_WAITS_MAX / MEBIBYTE };
    struct crowd *crowd = join(CHANNEL_PATTERN, "*", 1);
    struct arg message = {large, MEBIBYTE, NULL};
    struct delivery_batch batch;
    unsigned whole = 0, ends = 0;
    hold_matching();
    for (unsigned i = 0; i < FIT + 5; i++)
        matching_add(text("x"), &message, 0);
    ck_assert(matching_waits());
    sem_post(&may_go_on);
    while (ends == 0) {
        inbox_take(1, &batch);
        for (unsigned i = 0; i < batch.count; i++) {
            whole += batch.deliveries[i]->payload != NULL;
            ends += batch.deliveries[i]->payload == NULL;
        }
        batch_free(&batch);
    }
    ck_assert_uint_eq(whole, FIT);
    ck_assert_uint_eq(ends, 1);
    while (matching_waits())
        continue;
    matching_add(text("x"), &small, 0); /* and it goes on */
    while (inbox_is_empty(1))
        continue;
    ck_assert_uint_eq(take(1, &batch), 1);
    ck_assert(inbox_is_empty(1));
    while (matching_waits())
        continue;
    registry_leave(crowd);
}
END_TEST

Suite *suite_registry(void);
Suite *suite_registry(void)
{
    Suite *suite = suite_create("registry");
    TCase *tcase = tcase_create("registry");
    tcase_add_checked_fixture(tcase, setup, teardown);
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, subscribers_are_counted_by_channel_and_kind);
    tcase_add_test(tcase, many_channels_come_are_listed_and_go);
    tcase_add_test(tcase, a_subscription_begins_between_two_messages);
    tcase_add_test(tcase, a_batch_is_for_one_crowd_and_bounded);
    tcase_add_test(tcase, a_full_inbox_makes_publishers_wait_but_those_who_insist);
    tcase_add_test(tcase, a_message_without_memory_says_so_and_reaches_nobody);
    tcase_add_test(tcase, a_crowd_outlives_its_subscribers_while_messages_for_it_wait);
    tcase_add_test(tcase, a_walk_through_many_patterns_goes_on_where_it_was);
    tcase_add_test(tcase, where_too_much_is_to_be_matched_subscribers_of_patterns_are_ended);
    suite_add_tcase(suite, tcase);
    return suite;
}
