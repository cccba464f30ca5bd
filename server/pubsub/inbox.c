#include "pubsub/inbox.h"

#include "base/connection_memory.h"
#include "base/memory.h"
#include "net/worker.h"
#include "pubsub/crowd.h"
#include "pubsub/payload.h"

#include <pthread.h>
#include <stdatomic.h>

struct inbox {
    _Alignas(64) pthread_mutex_t lock;
    /* guarded by the lock */
    struct delivery *first, *last;
    uint64_t added; /* number of the last message */
    uint64_t taken;
    bool called; /* message is under way, or the worker delivers */
    struct message message;
    /* atomic: written under the lock */
    atomic_size_t bytes; /* of what waits */
};

static struct inbox *inboxes;

void inboxes_init(unsigned workers, void (*deliver)(struct worker *worker, struct message *message))
{
    inboxes = mem_reserve(workers * sizeof *inboxes);
    for (unsigned i = 0; i < workers; i++) {
        pthread_mutex_init(&inboxes[i].lock, NULL);
        inboxes[i].message.run = deliver;
    }
}

static size_t delivery_size(const struct delivery *delivery)
{
    return sizeof *delivery + (delivery->payload ? delivery->payload->len : 0);
}

static void change_bytes(struct inbox *inbox, size_t by)
{
    size_t bytes = atomic_load_explicit(&inbox->bytes, memory_order_relaxed);
    atomic_store_explicit(&inbox->bytes, bytes + by, memory_order_relaxed); /* read as a hint alone */
}

static void add_locked(struct inbox *inbox, struct delivery *delivery)
{
    if (inbox->last)
        inbox->last->next = delivery;
    else
        inbox->first = delivery;
    inbox->last = delivery;
    inbox->added++;
    change_bytes(inbox, delivery_size(delivery));
}

/* Leaves the message out where too much waits. False: nothing is to be added, since its crowd is to end already. */
static bool limit_locked(const struct inbox *inbox, struct delivery *delivery)
{
    if (atomic_load_explicit(&inbox->bytes, memory_order_relaxed) >= INBOX_MAX)
        delivery->payload = NULL;
    if (delivery->payload)
        return true;
    bool is_first = !delivery->crowd->ends;
    delivery->crowd->ends = true;
    return is_first;
}

void inbox_add(unsigned worker, struct crowd *crowd, struct payload *payload, uint64_t skip)
{
    struct inbox *inbox = &inboxes[worker];
    struct delivery *delivery = mem_alloc(sizeof *delivery);
    connection_memory_add(sizeof *delivery);
    *delivery = (struct delivery){NULL, crowd, payload, skip};
    pthread_mutex_lock(&inbox->lock);
    bool adds = limit_locked(inbox, delivery), left_out = payload && !delivery->payload;
    bool calls = adds && !inbox->called;
    if (adds) {
        add_locked(inbox, delivery);
        inbox->called = true;
    }
    pthread_mutex_unlock(&inbox->lock);
    if (left_out)
        payload_release(payload);
    if (!adds)
        delivery_free(delivery);
    if (calls)
        worker_post(worker_at(worker), &inbox->message);
}

uint64_t inbox_last(unsigned worker)
{
    struct inbox *inbox = &inboxes[worker];
    pthread_mutex_lock(&inbox->lock);
    uint64_t last = inbox->added;
    pthread_mutex_unlock(&inbox->lock);
    return last;
}

bool inbox_is_full(unsigned worker)
{
    return atomic_load_explicit(&inboxes[worker].bytes, memory_order_relaxed) >= INBOX_FULL;
}

bool inbox_is_empty(unsigned worker)
{
    /* Whoever knows of a message has read, behind a lock or a socket, what its sender wrote before. */
    return atomic_load_explicit(&inboxes[worker].bytes, memory_order_relaxed) == 0;
}

static struct delivery *take_locked(struct inbox *inbox)
{
    struct delivery *delivery = inbox->first;
    inbox->first = delivery->next;
    if (!inbox->first)
        inbox->last = NULL;
    inbox->taken++;
    change_bytes(inbox, 0 - delivery_size(delivery));
    if (!delivery->payload)
        delivery->crowd->ends = false;
    return delivery;
}

void inbox_take(unsigned worker, struct delivery_batch *batch)
{
    struct inbox *inbox = &inboxes[worker];
    batch->count = 0;
    batch->bytes = 0;
    pthread_mutex_lock(&inbox->lock);
    batch->first = inbox->taken + 1;
    while (inbox->first && batch->count < BATCH_MAX && batch->bytes < BATCH_BYTES &&
           (batch->count == 0 || (inbox->first->crowd == batch->deliveries[0]->crowd && inbox->first->payload))) {
        struct delivery *delivery = take_locked(inbox);
        batch->deliveries[batch->count++] = delivery;
        if (!delivery->payload)
            break;
        batch->bytes += delivery->payload->len;
    }
    batch->is_last = !inbox->first;
    pthread_mutex_unlock(&inbox->lock);
}

struct inbox_view inbox_look(unsigned worker)
{
    struct inbox *inbox = &inboxes[worker];
    pthread_mutex_lock(&inbox->lock);
    struct inbox_view view = {inbox->first, inbox->last, inbox->taken + 1};
    pthread_mutex_unlock(&inbox->lock);
    return view;
}

void inbox_settle(unsigned worker, bool some_are_left)
{
    struct inbox *inbox = &inboxes[worker];
    pthread_mutex_lock(&inbox->lock);
    bool more = inbox->called = inbox->first || some_are_left;
    pthread_mutex_unlock(&inbox->lock);
    if (more)
        worker_post(worker_at(worker), &inbox->message);
}

void delivery_free(struct delivery *delivery)
{
    crowd_release(delivery->crowd);
    if (delivery->payload)
        payload_release(delivery->payload);
    connection_memory_subtract(sizeof *delivery);
    mem_free_sized(delivery, sizeof *delivery);
}
