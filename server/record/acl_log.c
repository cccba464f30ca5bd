/*
 * A list from the newest to the oldest entry under one mutex. An entry is made before the lock is taken and freed after
 * it has been let go. A refusal of the same kind as one of the NEIGHBOURS newest entries, not longer ago than
 * GROUPING_MS, is added to that entry, which then is the newest.
 *
 * Every command runs by itself so far, so the context is always "toplevel".
 */
#include "record/acl_log.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "command/call.h"
#include "engine/client_description.h"
#include "server.h"

#include <pthread.h>
#include <stdatomic.h>

#define NEIGHBOURS 10
#define GROUPING_MS 60000

struct acl_entry {
    struct acl_entry *newer, *older;
    int64_t id;
    int64_t count;
    enum acl_log_reason reason;
    int64_t created_ms, updated_ms; /* wall */
    struct text object, user, client;
};

static struct {
    pthread_mutex_t lock; /* guards the rest but the counts */
    struct acl_entry *newest, *oldest;
    int64_t count;
    int64_t next_id;
    _Atomic uint64_t counts[ACL_LOG_REASONS];
} acl_log = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* ---- entries ---- */

static void add_cut(struct text *text, struct bytes bytes)
{
    text_add_bytes(text, bytes.data, bytes.len < ACL_LOG_TEXT_MAX ? bytes.len : ACL_LOG_TEXT_MAX);
}

static struct acl_entry *acl_entry_create(const struct call *call, enum acl_log_reason reason, struct bytes object,
                                      struct bytes user)
{
    struct acl_entry *entry = mem_calloc(sizeof *entry);
    entry->count = 1;
    entry->reason = reason;
    entry->created_ms = entry->updated_ms = clock_wall_ms();
    add_cut(&entry->object, object);
    add_cut(&entry->user, user);
    client_describe(&entry->client, call->client, call, entry->created_ms);
    return entry;
}

static void entries_free(struct acl_entry *newest)
{
    while (newest) {
        struct acl_entry *older = newest->older;
        text_deinit(&newest->object);
        text_deinit(&newest->user);
        text_deinit(&newest->client);
        mem_free(newest);
        newest = older;
    }
}

static bool texts_equal(const struct text *a, const struct text *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool is_of_one_kind(const struct acl_entry *a, const struct acl_entry *b)
{
    int64_t apart_ms = a->updated_ms - b->updated_ms;
    return a->reason == b->reason && apart_ms <= GROUPING_MS && apart_ms >= -GROUPING_MS &&
           texts_equal(&a->object, &b->object) && texts_equal(&a->user, &b->user);
}

/* ---- the list; acl_log.lock is held ---- */

static void list_push(struct acl_entry *entry)
{
    entry->newer = NULL;
    entry->older = acl_log.newest;
    if (acl_log.newest)
        acl_log.newest->newer = entry;
    else
        acl_log.oldest = entry;
    acl_log.newest = entry;
    acl_log.count++;
}

static void list_remove(struct acl_entry *entry)
{
    if (entry->newer)
        entry->newer->older = entry->older;
    else
        acl_log.newest = entry->older;
    if (entry->older)
        entry->older->newer = entry->newer;
    else
        acl_log.oldest = entry->newer;
    acl_log.count--;
}

static struct acl_entry *list_find_alike(const struct acl_entry *entry)
{
    struct acl_entry *found = acl_log.newest;
    for (int i = 0; found && i < NEIGHBOURS; i++, found = found->older)
        if (is_of_one_kind(found, entry))
            return found;
    return NULL;
}

/* Cuts off what is over max; returns the entries cut off, linked by older, which the caller frees. */
static struct acl_entry *list_cut(int64_t max)
{
    struct acl_entry *kept = acl_log.oldest, *cut;
    if (acl_log.count <= max)
        return NULL;
    for (; acl_log.count > max; acl_log.count--)
        kept = kept->newer;
    if (kept) {
        cut = kept->older;
        kept->older = NULL;
    } else {
        cut = acl_log.newest;
        acl_log.newest = NULL;
    }
    acl_log.oldest = kept;
    return cut;
}

/* Adds the entry to one of its kind and returns it, as it isn't needed any more; or NULL: it stands for itself. */
static struct acl_entry *list_add(struct acl_entry *entry)
{
    struct acl_entry *alike = list_find_alike(entry);
    if (!alike) {
        entry->id = acl_log.next_id++;
        list_push(entry);
        return NULL;
    }
    struct text client = alike->client;
    alike->client = entry->client;
    entry->client = client;
    alike->updated_ms = entry->updated_ms;
    alike->count++;
    list_remove(alike);
    list_push(alike);
    return entry;
}

/* ---- from outside ---- */

void acl_log_add(const struct call *call, enum acl_log_reason reason, struct bytes object, struct bytes user)
{
    atomic_fetch_add_explicit(&acl_log.counts[reason], 1, memory_order_relaxed);
    struct acl_entry *entry = acl_entry_create(call, reason, object, user);
    pthread_mutex_lock(&acl_log.lock);
    struct acl_entry *merged = list_add(entry);
    struct acl_entry *cut = list_cut(call->server->config.acllog_max_len);
    pthread_mutex_unlock(&acl_log.lock);
    entries_free(merged);
    entries_free(cut);
}

static void reply_text(struct reply *reply, const char *name, const struct text *text)
{
    reply_bulk_text(reply, name);
    reply_bulk(reply, text->len > 0 ? text->data : "", text->len);
}

static void reply_number(struct reply *reply, const char *name, int64_t number)
{
    reply_bulk_text(reply, name);
    reply_int(reply, number);
}

static void reply_entry(struct reply *reply, const struct acl_entry *entry, int64_t now_ms)
{
    static const char *const reasons[] = {"auth", "command", "key", "channel", "socket"};
    reply_map(reply, 10);
    reply_number(reply, "count", entry->count);
    reply_bulk_text(reply, "reason");
    reply_bulk_text(reply, reasons[entry->reason]);
    reply_bulk_text(reply, "context");
    reply_bulk_text(reply, "toplevel");
    reply_text(reply, "object", &entry->object);
    reply_text(reply, "username", &entry->user);
    reply_bulk_text(reply, "age-seconds");
    reply_double(reply, (double)(now_ms - entry->updated_ms) / 1000);
    reply_text(reply, "client-info", &entry->client);
    reply_number(reply, "entry-id", entry->id);
    reply_number(reply, "timestamp-created", entry->created_ms);
    reply_number(reply, "timestamp-last-updated", entry->updated_ms);
}

void acl_log_reply(struct reply *reply, size_t max)
{
    int64_t now_ms = clock_wall_ms();
    pthread_mutex_lock(&acl_log.lock);
    size_t count = (size_t)acl_log.count < max ? (size_t)acl_log.count : max;
    reply_array(reply, count);
    for (const struct acl_entry *entry = acl_log.newest; count > 0; count--, entry = entry->older)
        reply_entry(reply, entry, now_ms);
    pthread_mutex_unlock(&acl_log.lock);
}

void acl_log_reset(void)
{
    pthread_mutex_lock(&acl_log.lock);
    struct acl_entry *cut = list_cut(0);
    pthread_mutex_unlock(&acl_log.lock);
    entries_free(cut);
}

uint64_t acl_log_count(enum acl_log_reason reason)
{
    return atomic_load_explicit(&acl_log.counts[reason], memory_order_relaxed);
}

void acl_log_reset_counts(void)
{
    for (int reason = 0; reason < ACL_LOG_REASONS; reason++)
        atomic_store_explicit(&acl_log.counts[reason], 0, memory_order_relaxed);
}
