/*
 * Three trees by two 64-bit numbers, of which the first one is the producer's hash:
 *
 *     known       producer, message   | entry's ID 16 | number in the queue 8
 *     queues      producer, number    | message 8 | when it came 8
 *     producers   producer, 0         | first number in its queue 8 | next one 8
 */
#include "types/stream_producers.h"

#include "base/memory.h"
#include "base/panic.h"
#include "shape/tree.h"
#include "types/collection.h"

#include <errno.h>
#include <string.h>

#define SLOW_MESSAGES 4000 /* from which on freeing takes long */
#define SWEPT 2            /* producers that are looked at for each message of another */
#define EXPIRED_MOST 8     /* messages of a producer that are forgotten at once */

struct known {
    struct record_id key;
    struct stream_id id;
    uint64_t number;
};

struct queued {
    struct record_id key;
    uint64_t message;
    int64_t came_ms;
};

struct producer {
    struct record_id key;
    uint64_t first, next;
};

struct stream_producers {
    struct producer_limits limits;
    uint64_t added, duplicates;
    uint64_t swept; /* the producer that was looked at last */
    struct tree known, queues, producers;
};

static void init_trees(struct stream_producers *producers)
{
    tree_init(&producers->known, TREE_BY_ID, (struct record_form){.fixed = sizeof(struct known)});
    tree_init(&producers->queues, TREE_BY_ID, (struct record_form){.fixed = sizeof(struct queued)});
    tree_init(&producers->producers, TREE_BY_ID, (struct record_form){.fixed = sizeof(struct producer)});
}

struct stream_producers *stream_producers_create(struct producer_limits limits)
{
    struct stream_producers *producers = mem_try_alloc(sizeof *producers);
    if (!producers)
        return NULL;
    *producers = (struct stream_producers){.limits = limits};
    init_trees(producers);
    return producers;
}

void stream_producers_free(struct stream_producers *producers)
{
    tree_deinit(&producers->known);
    tree_deinit(&producers->queues);
    tree_deinit(&producers->producers);
    mem_free_sized(producers, sizeof *producers);
}

bool stream_producers_are_slow_to_free(const struct stream_producers *producers)
{
    return producers->known.count >= SLOW_MESSAGES;
}

struct stream_producers *stream_producers_copy(const struct stream_producers *producers)
{
    struct stream_producers *copy = stream_producers_create(producers->limits);
    if (!copy)
        return NULL;
    copy->added = producers->added;
    copy->duplicates = producers->duplicates;
    if (tree_copy(&copy->known, &producers->known) == 0 && tree_copy(&copy->queues, &producers->queues) == 0 &&
        tree_copy(&copy->producers, &producers->producers) == 0)
        return copy;
    stream_producers_free(copy);
    return NULL;
}

size_t stream_producers_memory(const struct stream_producers *producers, size_t samples)
{
    return mem_good_size(sizeof *producers) + tree_memory(&producers->known, samples) +
           tree_memory(&producers->queues, samples) + tree_memory(&producers->producers, samples);
}

void stream_producers_read(const struct stream_producers *producers, struct producer_figures *figures_out)
{
    *figures_out = (struct producer_figures){.limits = producers->limits,
                                             .producers = producers->producers.count,
                                             .messages = producers->known.count,
                                             .added = producers->added,
                                             .duplicates = producers->duplicates};
}

/* ---- records ---- */

/* Copies the record with that key to record_out. False if there is none; the place is where it would be. */
static bool read_record(const struct tree *tree, struct record_id key, void *record_out, struct tree_place *place_out)
{
    if (!tree_find_id(tree, key, place_out))
        return false;
    memcpy(record_out, tree_record(place_out), tree->form.fixed);
    return true;
}

static void remove_record(struct tree *tree, struct record_id key)
{
    struct tree_place place;
    panic_unless(tree_find_id(tree, key, &place));
    tree_remove(tree, &place);
}

/* Puts the record in the place of the one with its key, for which it takes no memory, or adds it. 0 or -ENOMEM. */
static int write_record(struct tree *tree, const void *record)
{
    struct tree_place place;
    bool found = tree_find_id(tree, record_id(record), &place);
    return tree_splice(tree, &place, found, record, tree->form.fixed, false);
}

/* ---- forgetting ---- */

/* Forgets the oldest messages of a producer while there are more than most or they are too old. */
static void forget_oldest(struct stream_producers *producers, uint64_t hash, uint64_t most, int64_t now_ms)
{
    struct producer producer;
    struct queued oldest;
    struct tree_place place;
    if (!read_record(&producers->producers, (struct record_id){hash, 0}, &producer, &place))
        return;
    unsigned expired = 0;
    while (producer.first < producer.next) {
        struct record_id key = {hash, producer.first};
        panic_unless(read_record(&producers->queues, key, &oldest, &place));
        bool is_old = oldest.came_ms + producers->limits.duration_s * 1000 <= now_ms;
        if (producer.next - producer.first <= most && (!is_old || expired++ == EXPIRED_MOST))
            break;
        remove_record(&producers->queues, key);
        remove_record(&producers->known, (struct record_id){hash, oldest.message});
        producer.first++;
    }
    if (producer.first == producer.next)
        remove_record(&producers->producers, producer.key);
    else
        write_record(&producers->producers, &producer);
}

/* Looks at the next producers in turn. */
static void sweep(struct stream_producers *producers, int64_t now_ms)
{
    struct tree_place place;
    for (unsigned i = 0; i < SWEPT; i++) {
        struct record_id key = {producers->swept, 1};
        if (!tree_seek_id(&producers->producers, key, &place) && !tree_at(&producers->producers, 0, &place))
            return;
        producers->swept = record_id(tree_record(&place)).high;
        forget_oldest(producers, producers->swept, UINT64_MAX, now_ms);
    }
}

/* ---- messages ---- */

bool stream_producers_find(struct stream_producers *producers, struct producer_message message, int64_t now_ms,
                           struct stream_id *id_out)
{
    struct known known;
    struct queued queued;
    struct tree_place place;
    if (!read_record(&producers->known, (struct record_id){message.producer, message.message}, &known, &place))
        return false;
    panic_unless(read_record(&producers->queues, (struct record_id){message.producer, known.number}, &queued, &place));
    if (queued.came_ms + producers->limits.duration_s * 1000 <= now_ms)
        return false;
    *id_out = known.id;
    producers->duplicates++;
    return true;
}

/* Room for it among those of its producer: those before it that are too old go, be they many. */
static void make_room(struct stream_producers *producers, struct producer_message message, int64_t now_ms)
{
    struct known known;
    struct producer producer;
    struct tree_place place;
    uint64_t most = (uint64_t)producers->limits.maxsize - 1;
    bool found = read_record(&producers->known, (struct record_id){message.producer, message.message}, &known, &place);
    if (found && read_record(&producers->producers, (struct record_id){message.producer, 0}, &producer, &place) &&
        producer.next - known.number - 1 < most)
        most = producer.next - known.number - 1; /* it is there, and was too old: all up to it are */
    forget_oldest(producers, message.producer, most, now_ms);
}

int stream_producers_add(struct stream_producers *producers, struct producer_message message, int64_t now_ms,
                         struct stream_id id)
{
    struct producer producer = {.key = {message.producer, 0}};
    struct tree_place place;
    make_room(producers, message, now_ms);
    sweep(producers, now_ms);
    read_record(&producers->producers, producer.key, &producer, &place);
    struct known known = {{message.producer, message.message}, id, producer.next};
    struct queued queued = {{message.producer, producer.next}, message.message, now_ms};
    producer.next++;
    if (write_record(&producers->known, &known) != 0)
        return -ENOMEM;
    if (write_record(&producers->queues, &queued) != 0) {
        remove_record(&producers->known, known.key);
        return -ENOMEM;
    }
    if (write_record(&producers->producers, &producer) != 0) {
        remove_record(&producers->known, known.key);
        remove_record(&producers->queues, queued.key);
        return -ENOMEM;
    }
    producers->added++;
    return 0;
}

void stream_producers_take_back(struct stream_producers *producers, struct producer_message message)
{
    struct producer producer;
    struct tree_place place;
    struct record_id key = {message.producer, 0};
    panic_unless(read_record(&producers->producers, key, &producer, &place));
    producer.next--;
    remove_record(&producers->known, (struct record_id){message.producer, message.message});
    remove_record(&producers->queues, (struct record_id){message.producer, producer.next});
    if (producer.first == producer.next)
        remove_record(&producers->producers, key);
    else
        write_record(&producers->producers, &producer);
    producers->added--;
}

void stream_producers_limit(struct stream_producers *producers, struct producer_limits limits)
{
    struct tree old[] = {producers->known, producers->queues, producers->producers};
    if (limits.duration_s == producers->limits.duration_s && limits.maxsize == producers->limits.maxsize)
        return;
    producers->limits = limits;
    init_trees(producers);
    for (unsigned i = 0; i < sizeof old / sizeof old[0]; i++)
        collection_discard(&old[i]);
}

void stream_producers_check(const struct stream_producers *producers)
{
    struct tree_place place;
    uint64_t messages = 0;
    tree_check(&producers->known);
    tree_check(&producers->queues);
    tree_check(&producers->producers);
    for (bool more = tree_at(&producers->producers, 0, &place); more; more = tree_next(&producers->producers, &place)) {
        struct producer producer;
        memcpy(&producer, tree_record(&place), sizeof producer);
        uint64_t count = producer.next - producer.first;
        panic_unless(count > 0 && count <= (uint64_t)producers->limits.maxsize);
        messages += count;
        for (uint64_t number = producer.first; number < producer.next; number++) {
            struct tree_place found;
            struct queued queued;
            struct known known;
            panic_unless(
                read_record(&producers->queues, (struct record_id){producer.key.high, number}, &queued, &found));
            panic_unless(
                read_record(&producers->known, (struct record_id){producer.key.high, queued.message}, &known, &found) &&
                known.number == number);
        }
    }
    panic_unless(messages == producers->known.count && messages == producers->queues.count);
}
