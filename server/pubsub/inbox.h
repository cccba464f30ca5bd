/*
 * Inboxes: the messages that wait for each worker until it delivers them to its clients.
 *
 * Messages have numbers, counted up for each worker. Who subscribes notes the last one, and is given those behind it.
 * Any thread may add a message; adding one, and asking for the last number, is a moment under the inbox's lock, which
 * is a leaf. The worker takes them in the order in which they came; the message in its mailbox that makes it do so is
 * under way as long as any wait.
 */
#ifndef KVS_PUBSUB_INBOX_H
#define KVS_PUBSUB_INBOX_H

#include "net/mailbox.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct crowd;
struct payload;
struct worker;

/* One message for the subscribers of one channel at one worker. */
struct delivery {
    struct delivery *next;
    struct crowd *crowd;     /* counted */
    struct payload *payload; /* counted; NULL: its subscribers missed something, and are to be disconnected */
    uint64_t skip;           /* the number of a connection that has it already; 0: none */
};

/* Before threads start. deliver is run by a worker for whom messages wait. */
void inboxes_init(unsigned workers, void (*deliver)(struct worker *worker, struct message *message));

/* ---- any thread ---- */

/*
 * Takes both references; payload NULL: the subscribers of the crowd are to be disconnected. So they are where INBOX_MAX
 * bytes wait already, which is only so if somebody who can't wait publishes faster than the worker delivers: it is as if
 * the messages lay in their outputs, for which there are limits as well.
 */
#define INBOX_MAX ((size_t)64 << 20) /* bytes */
void inbox_add(unsigned worker, struct crowd *crowd, struct payload *payload, uint64_t skip);

/* The number of the last message that was added. */
uint64_t inbox_last(unsigned worker);

/* Whether so much waits that publishers are to wait as well. */
#define INBOX_FULL ((size_t)1 << 20) /* bytes */
bool inbox_is_full(unsigned worker);

/* ---- the worker ---- */

/* What is taken at once: messages for one crowd, oldest first, or one without a payload. */
#define BATCH_MAX 64
#define BATCH_BYTES ((size_t)16 << 10) /* of which no more is added when there are so many */

struct delivery_batch {
    unsigned count; /* 0: none wait */
    uint64_t first; /* number of the first */
    bool is_last;   /* nothing waits behind it */
    size_t bytes;
    struct delivery *deliveries[BATCH_MAX]; /* the caller's to free with delivery_free() */
};
void inbox_take(unsigned worker, struct delivery_batch *batch);

/*
 * What waits now, to be looked at and left there. From the first to the last nothing changes until the worker takes
 * some; behind the last one more may come.
 */
struct inbox_view {
    const struct delivery *first, *last; /* NULL: none waits */
    uint64_t number;                     /* of the first */
};
struct inbox_view inbox_look(unsigned worker);

/* Whether nothing waits. Exact for what was added before the caller learned of it. */
bool inbox_is_empty(unsigned worker);

/*
 * At the end of deliver: it runs again in the next round if messages wait, or if some that were taken are left;
 * otherwise when the next one is added.
 */
void inbox_settle(unsigned worker, bool some_are_left);

/* Gives up both references. */
void delivery_free(struct delivery *delivery);

#endif
