/*
 * What streams know of producers: against a model, with time that passes, limits that change, and memory that runs out
 * at any allocation.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "store/reaper.h"
#include "types/stream_producers.h"

#include <check.h>
#include <errno.h>
#include <stdlib.h>

#define PRODUCERS 5
#define MESSAGES 40
#define SENT_MAX 200000

static struct dice dice;

/* All that was ever sent and not forgotten by a change of limits, in order. */
static struct sent {
    unsigned producer, message;
    int64_t came_ms;
    struct stream_id id;
    bool forgotten;
} * sent;
static unsigned count;
static struct producer_limits limits;

static struct producer_message message_of(unsigned producer, unsigned message)
{
    return (struct producer_message){producer * UINT64_C(0x9e3779b97f4a7c15), message * UINT64_C(0xc2b2ae3d27d4eb4f)};
}

/* The message, if it is among the last maxsize ones of its producer and not too old. */
static const struct sent *model_find(unsigned producer, unsigned message, int64_t now_ms)
{
    int64_t passed = 0;
    for (unsigned i = count; i-- > 0 && passed < limits.maxsize;) {
        if (sent[i].producer != producer)
            continue;
        passed++;
        if (sent[i].message == message)
            return !sent[i].forgotten && sent[i].came_ms + limits.duration_s * 1000 > now_ms ? &sent[i] : NULL;
    }
    return NULL;
}

/* For one that wasn't added after all, the oldest may have made room. */
static void model_make_room(unsigned producer)
{
    int64_t passed = 1;
    for (unsigned i = count; i-- > 0 && passed <= limits.maxsize;)
        if (sent[i].producer == producer)
            sent[i].forgotten = passed++ >= limits.maxsize;
}

START_TEST(messages_are_known_until_they_are_too_old_or_too_many)
{
    struct producer_figures figures;
    int64_t now_ms = 1000;
    uint64_t added = 0, duplicates = 0;
    dice = dice_create(90 + (uint64_t)_i);
    sent = calloc(SENT_MAX, sizeof *sent);
    count = 0;
    limits = (struct producer_limits){2, 10};
    struct stream_producers *producers = stream_producers_create(limits);
    for (unsigned step = 0; step < scratch_rounds(30000); step++) {
        unsigned producer = (unsigned)dice_below(&dice, PRODUCERS), number = (unsigned)dice_below(&dice, MESSAGES);
        struct producer_message message = message_of(producer, number);
        struct stream_id id = {1, step + 1}, found = {0, 0};
        now_ms += (int64_t)dice_below(&dice, dice_chance(&dice, 1) ? 5000 : 150);
        const struct sent *known = model_find(producer, number, now_ms);
        must(stream_producers_find(producers, message, now_ms, &found) == (known != NULL));
        if (known) {
            must(stream_id_compare(found, known->id) == 0);
            duplicates++;
        } else {
            mem_fail_after(_i & 1 && dice_chance(&dice, 20) ? 1 + (unsigned)dice_below(&dice, 5) : 0);
            int error = stream_producers_add(producers, message, now_ms, id);
            mem_fail_after(0);
            must(error == 0 || error == -ENOMEM);
            if (error == 0 && dice_chance(&dice, 10)) {
                stream_producers_take_back(producers, message);
                model_make_room(producer);
            } else if (error == 0) {
                sent[count++] = (struct sent){producer, number, now_ms, id, false};
                added++;
            } else {
                model_make_room(producer);
            }
        }
        if (dice_below(&dice, 3000) == 0) {
            struct producer_limits others = {1 + (int64_t)dice_below(&dice, 3), 1 + (int64_t)dice_below(&dice, 20)};
            if (others.duration_s != limits.duration_s || others.maxsize != limits.maxsize)
                count = 0;
            limits = others;
            stream_producers_limit(producers, limits);
        }
        if (step % 50 == 0)
            stream_producers_check(producers);
    }
    stream_producers_read(producers, &figures);
    must(figures.added == added && figures.duplicates == duplicates && figures.producers <= PRODUCERS);
    must(figures.messages <= PRODUCERS * (uint64_t)limits.maxsize && figures.limits.maxsize == limits.maxsize);
    struct stream_producers *copy = stream_producers_copy(producers);
    stream_producers_free(producers);
    stream_producers_check(copy);
    stream_producers_free(copy);
    free(sent);
}
END_TEST

/* Many producers that send once: what is too old goes as others send. */
START_TEST(producers_who_send_no_more_are_forgotten)
{
    struct producer_figures figures;
    struct stream_producers *producers = stream_producers_create((struct producer_limits){1, 100});
    for (unsigned i = 0; i < 100000; i++)
        must(stream_producers_add(producers, message_of(i, 1), i / 10, (struct stream_id){1, i + 1}) == 0);
    stream_producers_read(producers, &figures);
    ck_assert_uint_lt(figures.messages, 35000); /* 10,000 are young enough */
    stream_producers_check(producers);
    stream_producers_limit(producers, (struct producer_limits){2, 100});
    stream_producers_read(producers, &figures);
    must(figures.messages == 0 && figures.producers == 0 && figures.added == 100000);
    stream_producers_free(producers);
    reaper_stop();
}
END_TEST

Suite *suite_stream_producers(void);
Suite *suite_stream_producers(void)
{
    Suite *suite = suite_create("stream_producers");
    TCase *tcase = tcase_create("stream_producers");
    tcase_set_timeout(tcase, 60);
    tcase_add_loop_test(tcase, messages_are_known_until_they_are_too_old_or_too_many, 0, 4);
    tcase_add_test(tcase, producers_who_send_no_more_are_forgotten);
    suite_add_tcase(suite, tcase);
    return suite;
}
