/* A refusal of the same kind as one of the last GROUPING_MS is counted in that entry. */
#include "record/acl_log.h"

#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "record/recent.h"

#include <stdatomic.h>
#include <stddef.h>

#define GROUPING_MS 60000

struct entry_of_refusal {
    struct recent_entry recent; /* first */
    int64_t count;
    enum acl_log_reason reason;
    int64_t created_ms, updated_ms; /* wall */
    int64_t happened_ms;            /* monotonic; the last time */
    struct text object, user, client;
    enum acl_log_context context;
};

static void refusal_destroy(struct recent_entry *recent)
{
    struct entry_of_refusal *entry = (struct entry_of_refusal *)recent;
    text_deinit(&entry->object);
    text_deinit(&entry->user);
    text_deinit(&entry->client);
    mem_free(entry);
}

static size_t refusal_measure(const struct recent_entry *recent)
{
    const struct entry_of_refusal *entry = (const struct entry_of_refusal *)recent;
    return mem_usable(entry) + entry->object.capacity + entry->user.capacity + entry->client.capacity;
}

static struct recent acl_log = RECENT_INIT(refusal_destroy, refusal_measure);
static _Atomic uint64_t counts[ACL_LOG_REASONS];

/* ---- writing ---- */

static struct entry_of_refusal *refusal_create(const struct acl_refusal *refusal)
{
    struct entry_of_refusal *entry = mem_calloc(sizeof *entry);
    entry->count = 1;
    entry->reason = refusal->reason;
    entry->created_ms = entry->updated_ms = clock_wall_ms();
    entry->happened_ms = clock_monotonic_ms();
    entry->context = refusal->context;
    text_add_excerpt(&entry->object, refusal->object.data, refusal->object.len, ACL_LOG_TEXT_MAX);
    text_add_excerpt(&entry->user, refusal->user.data, refusal->user.len, ACL_LOG_TEXT_MAX);
    text_add_excerpt(&entry->client, refusal->client.data, refusal->client.len, ACL_LOG_CLIENT_MAX);
    return entry;
}

static bool texts_equal(const struct text *a, const struct text *b)
{
    return a->len == b->len && (a->len == 0 || memcmp(a->data, b->data, a->len) == 0);
}

static bool is_of_one_kind(const struct entry_of_refusal *a, const struct entry_of_refusal *b)
{
    int64_t apart_ms = a->happened_ms - b->happened_ms;
    return a->reason == b->reason && a->context == b->context && apart_ms <= GROUPING_MS && apart_ms >= -GROUPING_MS &&
           texts_equal(&a->object, &b->object) && texts_equal(&a->user, &b->user);
}

static bool refusal_merge(struct recent_entry *known_entry, struct recent_entry *fresh_entry)
{
    struct entry_of_refusal *known = (struct entry_of_refusal *)known_entry;
    struct entry_of_refusal *fresh = (struct entry_of_refusal *)fresh_entry;
    if (!is_of_one_kind(known, fresh))
        return false;
    struct text client = known->client;
    known->client = fresh->client;
    fresh->client = client;
    known->updated_ms = fresh->updated_ms;
    known->happened_ms = fresh->happened_ms;
    known->count++;
    return true;
}

void acl_log_add(const struct acl_refusal *refusal, int64_t max_len)
{
    atomic_fetch_add_explicit(&counts[refusal->reason], 1, memory_order_relaxed);
    recent_add(&acl_log, &refusal_create(refusal)->recent, refusal_merge, max_len);
}

void acl_log_reset(void)
{
    recent_cut(&acl_log, 0);
}

size_t acl_log_bytes(void)
{
    return recent_bytes(&acl_log);
}

void acl_log_reset_counts(void)
{
    for (int reason = 0; reason < ACL_LOG_REASONS; reason++)
        atomic_store_explicit(&counts[reason], 0, memory_order_relaxed);
}

/* ---- reading ---- */

struct visitor {
    acl_log_visit *visit;
    void *context;
};

static struct bytes bytes_of(const struct text *text)
{
    return (struct bytes){text->len > 0 ? text->data : "", text->len};
}

static void show(void *context, const struct recent_entry *recent)
{
    const struct visitor *visitor = context;
    const struct entry_of_refusal *entry = (const struct entry_of_refusal *)recent;
    visitor->visit(visitor->context, &(struct acl_log_entry){
                                         .id = recent->id,
                                         .count = entry->count,
                                         .created_ms = entry->created_ms,
                                         .updated_ms = entry->updated_ms,
                                         .happened_ms = entry->happened_ms,
                                         .refusal = {entry->reason, bytes_of(&entry->object), bytes_of(&entry->user),
                                                     bytes_of(&entry->client), entry->context},
                                     });
}

int64_t acl_log_each(int64_t max, acl_log_visit *visit, void *context)
{
    return recent_each(&acl_log, max, show, &(struct visitor){visit, context});
}

uint64_t acl_log_count(enum acl_log_reason reason)
{
    return atomic_load_explicit(&counts[reason], memory_order_relaxed);
}
