/*
 * The messages that are being delivered are a batch: they are for the same crowd. It is gone through from the end: who
 * leaves meanwhile is replaced by the last member, which has had its turn, and whoever joins stands behind all others.
 * So nobody is missed, and as each member notes what it has seen, nobody gets a message twice.
 */
#include "pubsub/delivery.h"

#include "base/blob.h"
#include "base/clock.h"
#include "base/memory.h"
#include "base/output.h"
#include "net/conn.h"
#include "net/worker.h"
#include "pubsub/crowd.h"
#include "pubsub/inbox.h"
#include "pubsub/payload.h"
#include "pubsub/subscriber.h"
#include "resp/reply.h"

#include <string.h>

#define CLOCK_EVERY 32 /* members are written to between two looks at the clock */
#define AHEAD 8        /* members whose memory is fetched in advance */

/* A worker's own. */
static __thread struct work {
    struct delivery_batch batch; /* count 0: none */
    struct crowd *crowd;         /* of the batch */
    uint64_t delivered;          /* number of the last message before it */
    uint32_t next;               /* members below this index are still to be written to */
    bool whole;                  /* all of it is short and for everybody: text holds it, by version of the protocol */
    size_t len;
    char *text[2]; /* for RESP2 and RESP3; BATCH_TEXT bytes, kept from batch to batch */
} work;

/*
 * The last message that is known to have been given ahead of its turn, and to whom: who asks again goes on behind it, as
 * long as it waits. A subscriber that has got the memory of another one has nothing that is older.
 */
static __thread struct ahead {
    const struct subscriber *subscriber;
    const struct delivery *delivery;
    uint64_t number;
} ahead;

#define BATCH_TEXT (BATCH_BYTES + BLOB_MIN) /* the last one may be nearly a blob */

static void (*after_writing)(struct conn *conn);
static void (*when_over)(struct conn *conn);

/* ---- batches ---- */

static bool is_whole(const struct delivery_batch *batch)
{
    for (unsigned i = 0; i < batch->count; i++)
        if (batch->deliveries[i]->skip != 0 || !batch->deliveries[i]->payload || batch->deliveries[i]->payload->blob)
            return false;
    return true;
}

static void put_together(void)
{
    if (!work.text[0])
        for (unsigned i = 0; i < 2; i++)
            work.text[i] = mem_alloc(BATCH_TEXT);
    work.len = 0;
    for (unsigned i = 0; i < work.batch.count; i++) {
        const struct payload *payload = work.batch.deliveries[i]->payload;
        memcpy(work.text[0] + work.len, payload->head, payload->len);
        memcpy(work.text[1] + work.len, payload->head, payload->len);
        work.text[1][work.len] = '>';
        work.len += payload->len;
    }
}

static bool batch_begin(unsigned worker)
{
    inbox_take(worker, &work.batch);
    if (work.batch.count == 0)
        return false;
    work.crowd = work.batch.deliveries[0]->crowd;
    work.next = work.crowd->count;
    work.whole = is_whole(&work.batch);
    if (work.whole && work.next > 0)
        put_together();
    return true;
}

static void batch_end(void)
{
    for (unsigned i = 0; i < work.batch.count; i++)
        delivery_free(work.batch.deliveries[i]);
    work.delivered = work.batch.first + work.batch.count - 1;
    work.batch.count = 0;
}

/* ---- writing ---- */

/* The same bytes as everybody else. */
static void write_whole(struct subscriber *subscriber)
{
    struct conn *conn = subscriber->conn;
    const char *text = work.text[subscriber->resp == 3];
    size_t sent = work.batch.is_last ? conn_send_at_once(conn, text, work.len) : 0;
    if (sent == work.len)
        return;
    output_add_bytes(&conn->output, text + sent, work.len - sent);
    if (sent == 0)
        conn_flush_later(conn);
    if (conn->output.memory - conn->output.lent > REPLY_COPY_LIMIT)
        when_over(conn);
    else
        after_writing(conn);
}

/* Those from number first of the batch on that it doesn't have already. */
static void write_each(struct subscriber *subscriber, unsigned first)
{
    struct conn *conn = subscriber->conn;
    struct reply reply;
    reply_begin(&reply, &conn->output, subscriber->resp);
    reply.limit = REPLY_COPY_LIMIT; /* of blobs, too: nothing else may hold them */
    for (unsigned i = first; i < work.batch.count && !reply_is_over(&reply); i++)
        if (work.batch.deliveries[i]->skip != conn->id)
            payload_write(work.batch.deliveries[i]->payload, &reply);
    reply_end(&reply);
    conn_flush_later(conn);
    if (reply_is_over(&reply))
        when_over(conn);
    else
        after_writing(conn);
}

static void write_member(struct subscription *subscription)
{
    struct subscriber *subscriber = subscription->subscriber;
    uint64_t last = work.batch.first + work.batch.count - 1, seen = subscription->seen;
    if (seen >= last)
        return;
    subscription->seen = last;
    if (!subscriber->conn || subscriber->conn->state != CONN_OPEN)
        return;
    if (!work.batch.deliveries[0]->payload)
        when_over(subscriber->conn);
    else if (work.whole && seen < work.batch.first)
        write_whole(subscriber);
    else
        write_each(subscriber, seen < work.batch.first ? 0 : (unsigned)(seen - work.batch.first + 1));
}

static void fetch_ahead(const struct crowd *crowd, uint32_t index)
{
    if (index >= 2 * AHEAD) {
        __builtin_prefetch(crowd->members[index - 2 * AHEAD]);
        __builtin_prefetch(crowd->members[index - AHEAD]->subscriber);
    }
}

/* Goes on until all members have been written to, or the turn is over: false. */
static bool batch_write(int64_t end_ns)
{
    struct crowd *crowd = work.crowd;
    for (unsigned done = 0;; done++) {
        if (work.next > crowd->count)
            work.next = crowd->count; /* the others have left */
        if (work.next == 0)
            return true;
        if (done % CLOCK_EVERY == CLOCK_EVERY - 1 && clock_monotonic_ns() >= end_ns)
            return false;
        work.next--;
        fetch_ahead(crowd, work.next);
        write_member(crowd->members[work.next]);
    }
}

bool delivery_catch_up(void)
{
    unsigned worker = worker_index(worker_self());
    if (work.batch.count == 0 && inbox_is_empty(worker))
        return true;
    int64_t end_ns = clock_monotonic_ns() + DELIVERY_NS;
    do {
        if (work.batch.count == 0 && !batch_begin(worker))
            return true;
        if (!batch_write(end_ns))
            return false;
        batch_end();
    } while (clock_monotonic_ns() < end_ns);
    return inbox_is_empty(worker);
}

/* ---- ahead of the turn ---- */

static void give_ahead(const struct subscriber *subscriber, const struct delivery *delivery, uint64_t number,
                       struct reply *reply)
{
    struct subscription *subscription = subscriber_find(subscriber, delivery->crowd->channel);
    if (!subscription || subscription->crowd != delivery->crowd || subscription->seen >= number)
        return;
    subscription->seen = number;
    if (!delivery->payload)
        when_over(subscriber->conn);
    else if (delivery->skip != subscriber->conn->id)
        payload_write(delivery->payload, reply);
}

void delivery_catch_up_one(const struct subscriber *subscriber, struct reply *reply)
{
    for (unsigned i = 0; i < work.batch.count; i++)
        give_ahead(subscriber, work.batch.deliveries[i], work.batch.first + i, reply);
    struct inbox_view view = inbox_look(worker_index(worker_self()));
    if (!view.last)
        return;
    const struct delivery *delivery = view.first;
    uint64_t number = view.number;
    if (ahead.subscriber == subscriber && ahead.number >= number) {
        delivery = ahead.delivery;
        number = ahead.number;
    }
    while (subscriber->conn->state == CONN_OPEN) {
        give_ahead(subscriber, delivery, number, reply);
        if (delivery == view.last)
            break;
        delivery = delivery->next;
        number++;
    }
    ahead = (struct ahead){subscriber, delivery, number};
}

uint64_t delivery_last(void)
{
    return inbox_last(worker_index(worker_self()));
}

bool delivery_has_come_to(uint64_t number)
{
    return work.delivered >= number;
}

/* On the main thread at the end of the server, when there are no clients any more. */
static void drop_all(unsigned worker)
{
    while (batch_begin(worker))
        batch_end();
}

static void deliver(struct worker *worker, struct message *message)
{
    (void)message;
    if (worker_self())
        delivery_catch_up();
    else
        drop_all(worker_index(worker));
    inbox_settle(worker_index(worker), work.batch.count > 0);
}

void delivery_init(unsigned workers, void (*written)(struct conn *conn), void (*is_over)(struct conn *conn))
{
    after_writing = written;
    when_over = is_over;
    inboxes_init(workers, deliver);
}

void delivery_part(void)
{
    drop_all(worker_index(worker_self()));
    for (unsigned i = 0; i < 2; i++)
        mem_free(work.text[i]);
}
