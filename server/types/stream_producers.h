/*
 * Producers of a stream, and which of their messages it has already got: who sends one again is given the ID of the
 * entry that it has become.
 *
 * Producers and messages are known by hashes of their names with the server's secret (siphash.h), so each message takes
 * the same few bytes whatever its name, and nobody can choose two that collide. A producer's messages are forgotten
 * from the oldest on: when there are more than maxsize, and duration seconds after they came. What is too old is
 * removed when the producer sends, and a few at each message of others.
 *
 * Under the lock of the stream's shard.
 */
#ifndef KVS_TYPES_STREAM_PRODUCERS_H
#define KVS_TYPES_STREAM_PRODUCERS_H

#include "types/stream_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define PRODUCER_DURATION_MAX 86400 /* seconds */
#define PRODUCER_MAXSIZE_MAX 10000

struct stream_producers;

struct producer_limits {
    int64_t duration_s, maxsize;
};

/* A message: hashes of its producer's name and of its own. */
struct producer_message {
    uint64_t producer, message;
};

struct producer_figures {
    struct producer_limits limits;
    uint64_t producers, messages; /* that are known */
    uint64_t added, duplicates;   /* ever */
};

/* NULL without memory. */
struct stream_producers *stream_producers_create(struct producer_limits limits);

void stream_producers_free(struct stream_producers *producers); /* about 4 ms for a million messages */
bool stream_producers_are_slow_to_free(const struct stream_producers *producers);
struct stream_producers *stream_producers_copy(const struct stream_producers *producers); /* NULL without memory */
size_t stream_producers_memory(const struct stream_producers *producers, size_t samples);
void stream_producers_read(const struct stream_producers *producers, struct producer_figures *figures_out);

/* The ID of the entry that a message has become, which counts as a duplicate. False: it isn't known. */
bool stream_producers_find(struct stream_producers *producers, struct producer_message message, int64_t now_ms,
                           struct stream_id *id_out);

/* A message that isn't known becomes that entry. 0 or -ENOMEM. */
int stream_producers_add(struct stream_producers *producers, struct producer_message message, int64_t now_ms,
                         struct stream_id id);

/* The message that was added last isn't known after all. */
void stream_producers_take_back(struct stream_producers *producers, struct producer_message message);

/* Other limits make it forget all messages. What takes long to free is freed in the background. */
void stream_producers_limit(struct stream_producers *producers, struct producer_limits limits);

/* Ends the process if something is wrong with them. */
void stream_producers_check(const struct stream_producers *producers);

#endif
