/*
 * Each worker has an inbox: the list of its trackers for which notices wait, under a lock that is held for a few
 * instructions. Notices are kept with their tracker, so that a client's own can be written before its requests run.
 *
 * Whoever fills an empty inbox calls the worker, and that once: its message is under way until the inbox is empty.
 * Posting it may wake the worker, so it isn't done under the locks of shards: the thread remembers which inboxes it has
 * to call.
 *
 * The last reference to a tracker may be a key's in the table (tracking_table.h), long after its client.
 */
#include "clients/tracker.h"

#include "base/blob.h"
#include "base/connection_memory.h"
#include "base/memory.h"
#include "base/text.h"
#include "clients/client.h"
#include "clients/client_extra.h"
#include "net/worker.h"
#include "resp/reply.h"

#include <pthread.h>
#include <string.h>

#define NOTICES_MAX_BYTES ((size_t)1 << 20) /* that wait for one client; more become one that says everything */

struct names_told {
    atomic_uint references;
    struct text text;  /* empty if there is a blob */
    struct blob *blob; /* lent; NULL: the bytes are in text */
    size_t len;
    size_t memory; /* bytes, as connection_memory_add() was told; a blob counts by itself */
};

struct tracker {
    atomic_uint references;
    _Atomic uint32_t
        mode; /* relaxed: a change of mode is a request like any other, and comes before or after a notice */
    atomic_size_t waiting; /* notices, without the lock: released with it, acquired by the worker */
    uint64_t id;           /* of the client */
    struct inbox *inbox;   /* of its worker */
    /* worker only, or world stopped */
    struct client *client; /* NULL when it has gone */
    uint64_t redirect_id;
    struct own_prefixes *prefixes;
    /* guarded by the inbox's lock */
    struct tracker *redirect; /* holds a reference; NULL: none */
    struct notices notices;
    size_t bytes;         /* of notices */
    bool is_listed;       /* in the inbox's list, which then holds a reference */
    struct tracker *next; /* there */
    /* guarded by everybody.lock */
    struct tracker *before, *after;
};

struct inbox {
    pthread_mutex_t lock; /* nothing else is taken under it */
    struct message message;
    struct worker *worker;         /* set with its first tracker */
    struct tracker *first, **last; /* guarded by lock, as the next is */
    bool called;                   /* its message is under way, or a thread is about to post it */
    struct inbox *next;            /* of those that a thread is to call: that thread's */
};

static struct inbox *inboxes;
__thread struct inbox *trackers_to_call;

static struct {
    pthread_mutex_t lock; /* nothing else is taken under it */
    struct tracker *first;
} everybody = {.lock = PTHREAD_MUTEX_INITIALIZER};

static atomic_size_t count_on; /* relaxed: a figure */

/* ---- names ---- */

struct names_told *names_told_create(const struct bytes *names, size_t count)
{
    struct names_told *told = mem_alloc(sizeof *told);
    *told = (struct names_told){.references = 1, .text = TEXT_EMPTY};
    text_addf(&told->text, "*%zu\r\n", count);
    for (size_t i = 0; i < count; i++) {
        text_addf(&told->text, "$%zu\r\n", names[i].len);
        text_add_bytes(&told->text, names[i].data, names[i].len);
        text_add_bytes(&told->text, "\r\n", 2);
    }
    told->len = told->text.len;
    struct blob *blob = told->len >= BLOB_MIN ? blob_create(told->len) : NULL;
    if (blob) { /* so that all outputs refer to the same bytes */
        memcpy(blob->data, told->text.data, told->len);
        blob->len = told->len;
        text_deinit(&told->text);
        told->text = TEXT_EMPTY;
        told->blob = blob_lend(blob);
        blob_release(blob);
    }
    told->memory = mem_usable(told) + (blob ? 0 : mem_usable(told->text.data));
    connection_memory_add(told->memory);
    return told;
}

void names_told_release(struct names_told *names)
{
    /* release: our reading is over; acquire: the last one frees after everybody's reading */
    if (atomic_fetch_sub_explicit(&names->references, 1, memory_order_acq_rel) != 1)
        return;
    connection_memory_subtract(names->memory);
    if (names->blob)
        blob_return(names->blob);
    text_deinit(&names->text);
    mem_free_sized(names, sizeof *names);
}

void names_told_write(const struct names_told *names, struct reply *reply)
{
    if (names->blob)
        reply_raw_blob(reply, names->blob, 0, names->len);
    else
        reply_raw(reply, names->text.data, names->len);
}

/* ---- references ---- */

void trackers_init(unsigned workers, void (*call)(struct worker *worker, struct message *message))
{
    inboxes = mem_calloc(workers * sizeof *inboxes);
    for (unsigned i = 0; i < workers; i++) {
        pthread_mutex_init(&inboxes[i].lock, NULL);
        inboxes[i].message.run = call;
        inboxes[i].last = &inboxes[i].first;
    }
}

struct tracker *tracker_retain(struct tracker *tracker)
{
    atomic_fetch_add_explicit(&tracker->references, 1, memory_order_relaxed); /* under another reference */
    return tracker;
}

void tracker_release(struct tracker *tracker)
{
    /* as in names_told_release() */
    if (atomic_fetch_sub_explicit(&tracker->references, 1, memory_order_acq_rel) != 1)
        return;
    connection_memory_subtract(mem_usable(tracker));
    mem_free_sized(tracker, sizeof *tracker);
}

uint32_t tracker_mode(const struct tracker *tracker)
{
    return atomic_load_explicit(&tracker->mode, memory_order_relaxed);
}

uint64_t tracker_id(const struct tracker *tracker)
{
    return tracker->id;
}

struct client *tracker_client(const struct tracker *tracker)
{
    return tracker->client;
}

uint64_t tracker_redirect_id(const struct tracker *tracker)
{
    return tracker->redirect_id;
}

bool tracker_has_notices(const struct tracker *tracker)
{
    return atomic_load_explicit(&tracker->waiting, memory_order_acquire) > 0;
}

size_t trackers_on(void)
{
    return atomic_load_explicit(&count_on, memory_order_relaxed);
}

/* ---- notices ---- */

static size_t notice_size(const struct names_told *names)
{
    return sizeof(struct notice) + (names ? sizeof *names + names->len : 0);
}

void notices_release(struct notices *notices)
{
    if (!notices->first)
        return;
    for (size_t i = 0; i < notices->count; i++)
        if (notices->first[i].names)
            names_told_release(notices->first[i].names);
    connection_memory_subtract(mem_usable(notices->first));
    mem_free(notices->first);
    *notices = (struct notices){0};
}

static void notices_add(struct notices *notices, struct notice notice)
{
    if (notices->count == notices->capacity) {
        if (notices->first)
            connection_memory_subtract(mem_usable(notices->first));
        notices->capacity = notices->capacity ? notices->capacity * 2 : 4;
        notices->first = mem_realloc(notices->first, notices->capacity * sizeof *notices->first);
        connection_memory_add(mem_usable(notices->first));
    }
    notices->first[notices->count++] = notice;
}

/* Notices of names are superfluous behind one that says everything. */
static void say_everything_locked(struct tracker *tracker, bool redirected)
{
    struct notices *notices = &tracker->notices;
    size_t kept = 0;
    for (size_t i = 0; i < notices->count; i++) {
        struct notice *notice = &notices->first[i];
        if (notice->names)
            names_told_release(notice->names);
        if (notice->kind == NOTICE_BROKEN)
            notices->first[kept++] = *notice;
    }
    notices->count = kept;
    notices_add(notices, (struct notice){.kind = NOTICE_EVERYTHING, .redirected = redirected});
    tracker->bytes = 0;
}

static void notices_take_locked(struct tracker *tracker, struct notices *taken_out)
{
    *taken_out = tracker->notices;
    tracker->notices = (struct notices){0};
    tracker->bytes = 0;
    atomic_store_explicit(&tracker->waiting, 0, memory_order_relaxed); /* only its worker, which we are, relies on it */
}

static void list_add_locked(struct inbox *inbox, struct tracker *tracker)
{
    tracker->is_listed = true;
    tracker->next = NULL;
    *inbox->last = tracker_retain(tracker);
    inbox->last = &tracker->next;
}

static struct tracker *list_take_locked(struct inbox *inbox)
{
    struct tracker *tracker = inbox->first;
    if (!tracker)
        return NULL;
    inbox->first = tracker->next;
    if (!inbox->first)
        inbox->last = &inbox->first;
    tracker->is_listed = false;
    return tracker;
}

static void note_to_call_locked(struct inbox *inbox)
{
    inbox->called = true;
    inbox->next = trackers_to_call;
    trackers_to_call = inbox;
}

/* Takes over the notice's names. */
static void queue_locked(struct tracker *tracker, struct notice notice)
{
    struct inbox *inbox = tracker->inbox;
    size_t size = notice_size(notice.names);
    bool is_repeated = tracker->notices.count > 0 && notice.kind != NOTICE_NAMES &&
                       tracker->notices.first[tracker->notices.count - 1].kind == notice.kind;
    if (is_repeated)
        return;
    if (notice.kind == NOTICE_EVERYTHING || (notice.names && tracker->bytes + size > NOTICES_MAX_BYTES)) {
        if (notice.names)
            names_told_release(notice.names);
        say_everything_locked(tracker, notice.redirected);
    } else {
        notices_add(&tracker->notices, notice);
        tracker->bytes += size;
    }
    atomic_store_explicit(&tracker->waiting, tracker->notices.count, memory_order_release);
    if (!tracker->is_listed)
        list_add_locked(inbox, tracker);
    if (!inbox->called)
        note_to_call_locked(inbox);
}

/* False: the client has gone, and the names are still the caller's. */
static bool queue(struct tracker *tracker, struct notice notice)
{
    pthread_mutex_lock(&tracker->inbox->lock);
    bool is_there = !(tracker_mode(tracker) & TRACKER_GONE);
    if (is_there)
        queue_locked(tracker, notice);
    pthread_mutex_unlock(&tracker->inbox->lock);
    return is_there;
}

static struct tracker *redirect_retain(struct tracker *tracker)
{
    pthread_mutex_lock(&tracker->inbox->lock);
    struct tracker *redirect = tracker->redirect ? tracker_retain(tracker->redirect) : NULL;
    pthread_mutex_unlock(&tracker->inbox->lock);
    return redirect;
}

void tracker_take_notices(struct tracker *tracker, struct notices *notices_out)
{
    pthread_mutex_lock(&tracker->inbox->lock);
    notices_take_locked(tracker, notices_out);
    pthread_mutex_unlock(&tracker->inbox->lock);
}

/* ---- calling ---- */

struct tracker *trackers_next(const struct worker *worker)
{
    struct inbox *inbox = &inboxes[worker_index(worker)];
    pthread_mutex_lock(&inbox->lock);
    struct tracker *tracker = list_take_locked(inbox);
    inbox->called = tracker != NULL;
    pthread_mutex_unlock(&inbox->lock);
    return tracker;
}

void trackers_put_off(const struct worker *worker)
{
    struct inbox *inbox = &inboxes[worker_index(worker)];
    worker_post(inbox->worker, &inbox->message);
}

bool trackers_post_calls(void)
{
    const struct worker *self = worker_self();
    bool own = false;
    while (trackers_to_call) {
        struct inbox *inbox = trackers_to_call;
        trackers_to_call = inbox->next;
        if (inbox->worker == self)
            own = true;
        else
            worker_post(inbox->worker, &inbox->message);
    }
    return own;
}

void tracker_tell(struct tracker *tracker, struct names_told *names)
{
    struct notice notice = {.kind = names ? NOTICE_NAMES : NOTICE_EVERYTHING, .names = names};
    struct tracker *redirect = redirect_retain(tracker);
    if (names)
        atomic_fetch_add_explicit(&names->references, 1, memory_order_relaxed); /* under the caller's reference */
    notice.redirected = redirect != NULL;
    bool is_queued = queue(redirect ? redirect : tracker, notice);
    if (!is_queued && names)
        names_told_release(names);
    if (!is_queued && redirect) {
        atomic_fetch_or_explicit(&tracker->mode, TRACKER_BROKEN, memory_order_relaxed);
        queue(tracker, (struct notice){.kind = NOTICE_BROKEN});
    }
    if (redirect)
        tracker_release(redirect);
    if (trackers_wait() && !worker_self())
        trackers_post_calls();
}

/* ---- clients come and go ---- */

static struct tracker *tracker_create(struct client *client)
{
    struct tracker *tracker = mem_calloc(sizeof *tracker);
    struct inbox *inbox = &inboxes[worker_index(client->conn.worker)];
    connection_memory_add(mem_usable(tracker));
    atomic_init(&tracker->references, 1);
    tracker->id = client->conn.id;
    tracker->inbox = inbox;
    tracker->client = client;
    pthread_mutex_lock(&inbox->lock);
    if (!inbox->worker)
        inbox->worker = client->conn.worker;
    pthread_mutex_unlock(&inbox->lock);
    pthread_mutex_lock(&everybody.lock);
    tracker->after = everybody.first;
    if (tracker->after)
        tracker->after->before = tracker;
    everybody.first = tracker;
    pthread_mutex_unlock(&everybody.lock);
    return tracker;
}

struct tracker *tracker_of(struct client *client)
{
    struct client_extra *extra = client_extra(client);
    if (!extra->tracker) {
        extra->tracker = tracker_create(client);
        client->flags |= CLIENT_TRACKER;
    }
    return extra->tracker;
}

void tracker_forget(struct client *client)
{
    struct tracker *tracker = client->extra->tracker;
    struct notices notices;
    client->flags &= ~(uint32_t)CLIENT_TRACKER;
    client->extra->tracker = NULL;
    client_extra_settle(client);
    tracker_set_mode(tracker, TRACKER_GONE);
    tracker_redirect(tracker, NULL);
    pthread_mutex_lock(&tracker->inbox->lock);
    notices_take_locked(tracker, &notices);
    tracker->client = NULL;
    pthread_mutex_unlock(&tracker->inbox->lock);
    notices_release(&notices);
    pthread_mutex_lock(&everybody.lock);
    *(tracker->before ? &tracker->before->after : &everybody.first) = tracker->after;
    if (tracker->after)
        tracker->after->before = tracker->before;
    pthread_mutex_unlock(&everybody.lock);
    tracker_release(tracker);
}

void tracker_set_mode(struct tracker *tracker, uint32_t mode)
{
    pthread_mutex_lock(&tracker->inbox->lock); /* who finds it there under the lock queues before it has gone */
    uint32_t before = atomic_exchange_explicit(&tracker->mode, mode, memory_order_relaxed);
    pthread_mutex_unlock(&tracker->inbox->lock);
    if ((mode ^ before) & TRACKER_ON)
        atomic_fetch_add_explicit(&count_on, mode & TRACKER_ON ? 1 : (size_t)-1, memory_order_relaxed);
}

void tracker_set_caching(struct tracker *tracker, bool caching)
{
    if (caching)
        atomic_fetch_or_explicit(&tracker->mode, TRACKER_CACHING, memory_order_relaxed);
    else
        atomic_fetch_and_explicit(&tracker->mode, ~(uint32_t)TRACKER_CACHING, memory_order_relaxed);
}

void tracker_redirect(struct tracker *tracker, struct tracker *target)
{
    if (target)
        tracker_retain(target);
    tracker->redirect_id = target ? target->id : 0;
    pthread_mutex_lock(&tracker->inbox->lock);
    struct tracker *before = tracker->redirect;
    tracker->redirect = target;
    pthread_mutex_unlock(&tracker->inbox->lock);
    if (before)
        tracker_release(before);
}

struct own_prefixes **tracker_prefixes(struct tracker *tracker)
{
    return &tracker->prefixes;
}

size_t tracker_memory(const struct tracker *tracker)
{
    pthread_mutex_lock(&tracker->inbox->lock);
    size_t bytes = sizeof *tracker + tracker->bytes;
    pthread_mutex_unlock(&tracker->inbox->lock);
    return bytes;
}

void trackers_each(void (*visit)(void *context, struct tracker *tracker), void *context)
{
    pthread_mutex_lock(&everybody.lock);
    for (struct tracker *tracker = everybody.first; tracker; tracker = tracker->after)
        visit(context, tracker);
    pthread_mutex_unlock(&everybody.lock);
}
