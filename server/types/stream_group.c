#include "types/stream_group.h"

#include "base/memory.h"
#include "base/panic.h"
#include "types/collection.h"

#include <errno.h>
#include <string.h>

static const struct record_form own_form = {.fixed = sizeof(struct stream_id)};

/* The ID at the place in a consumer's tree. */
static struct stream_id own_id(const struct tree_place *place)
{
    struct record_id id = record_id(tree_record(place));
    return (struct stream_id){id.high, id.low};
}

/* ---- consumers ---- */

static struct stream_consumer *consumer_create(struct bytes name)
{
    struct stream_consumer *consumer = mem_try_alloc(sizeof *consumer + name.len);
    if (!consumer)
        return NULL;
    *consumer = (struct stream_consumer){.named = {.name = {consumer->name, name.len}}, .active_ms = CONSUMER_NEVER};
    memcpy(consumer->name, name.data, name.len);
    tree_init(&consumer->own, TREE_BY_ID, own_form);
    return consumer;
}

static void consumer_free(struct stream_consumer *consumer, bool at_once)
{
    if (at_once)
        tree_deinit(&consumer->own);
    else
        collection_discard(&consumer->own);
    mem_free(consumer);
}

static void free_copied_consumer(struct named *consumer)
{
    consumer_free((struct stream_consumer *)consumer, true);
}

static struct named *copy_consumer(const struct named *named)
{
    const struct stream_consumer *consumer = (const struct stream_consumer *)named;
    struct stream_consumer *copy = consumer_create(named->name);
    if (!copy)
        return NULL;
    copy->named.number = named->number;
    copy->seen_ms = consumer->seen_ms;
    copy->active_ms = consumer->active_ms;
    if (tree_copy(&copy->own, &consumer->own) == 0)
        return &copy->named;
    mem_free(copy);
    return NULL;
}

struct stream_consumer *stream_consumer_find(const struct stream_group *group, struct bytes name)
{
    return (struct stream_consumer *)name_table_find(&group->consumers, name);
}

struct stream_consumer *stream_consumer_at(const struct stream_group *group, uint32_t number)
{
    return (struct stream_consumer *)name_table_at(&group->consumers, number);
}

struct stream_consumer *stream_consumer_add(struct stream_group *group, struct bytes name, int64_t now_ms)
{
    struct stream_consumer *consumer = consumer_create(name);
    if (!consumer)
        return NULL;
    consumer->seen_ms = now_ms;
    if (name_table_add(&group->consumers, &consumer->named) == 0)
        return consumer;
    mem_free(consumer);
    return NULL;
}

static void remove_each(struct stream_group *group, const struct stream_consumer *consumer)
{
    struct tree_place own, place;
    struct pending_entry entry;
    for (bool more = tree_at(&consumer->own, 0, &own); more; more = tree_next(&consumer->own, &own)) {
        bool found = pending_find(&group->pending, own_id(&own), &entry, &place);
        panic_unless(found);
        pending_remove(&group->pending, &place, &entry);
    }
}

/* Where many go, those that stay are put together anew, if there is memory for that. */
#define MANY 1000
#define PART 10 /* of all that is pending */

void stream_consumer_remove(struct stream_group *group, struct stream_consumer *consumer)
{
    struct tree old;
    uint64_t count = consumer->own.count;
    if (count >= MANY && count >= pending_count(&group->pending) / PART &&
        pending_remove_owner(&group->pending, consumer->named.number, &old) == 0)
        collection_discard(&old);
    else
        remove_each(group, consumer);
    name_table_remove(&group->consumers, &consumer->named);
    consumer_free(consumer, false);
}

/* ---- groups ---- */

struct stream_group *stream_group_create(struct bytes name, struct stream_id last_id, int64_t entries_read)
{
    struct stream_group *group = mem_try_alloc(sizeof *group + name.len);
    if (!group)
        return NULL;
    *group = (struct stream_group){
        .named = {.name = {group->name, name.len}}, .last_id = last_id, .entries_read = entries_read};
    memcpy(group->name, name.data, name.len);
    name_table_init(&group->consumers);
    pending_init(&group->pending);
    return group;
}

void stream_group_free(struct stream_group *group, bool at_once)
{
    struct tree_place place;
    struct named *consumer = name_table_first(&group->consumers, &place);
    for (; consumer; consumer = name_table_next(&group->consumers, &place))
        consumer_free((struct stream_consumer *)consumer, at_once);
    name_table_deinit(&group->consumers);
    if (!at_once) {
        collection_discard(&group->pending.by_id);
        collection_discard(&group->pending.by_time);
    } else {
        pending_deinit(&group->pending);
    }
    mem_free(group);
}

struct stream_group *stream_group_copy(const struct stream_group *group)
{
    struct stream_group *copy = stream_group_create(group->named.name, group->last_id, group->entries_read);
    if (!copy)
        return NULL;
    copy->named.number = group->named.number;
    if (pending_copy(&copy->pending, &group->pending) == 0) {
        if (name_table_copy(&copy->consumers, &group->consumers, copy_consumer, free_copied_consumer) == 0)
            return copy;
        pending_deinit(&copy->pending);
    }
    mem_free(copy);
    return NULL;
}

size_t stream_group_memory(const struct stream_group *group, size_t samples)
{
    struct tree_place place;
    size_t bytes = mem_usable(group) + pending_memory(&group->pending, samples) + name_table_memory(&group->consumers);
    const struct named *named = name_table_first(&group->consumers, &place);
    for (; named; named = name_table_next(&group->consumers, &place))
        bytes += mem_usable(named) + tree_memory(&((const struct stream_consumer *)named)->own, samples);
    return bytes;
}

/* ---- entries ---- */

static int own_add(struct stream_consumer *consumer, struct stream_id id)
{
    struct tree_place place;
    tree_find_id(&consumer->own, stream_id_record(id), &place);
    return tree_insert(&consumer->own, &place, (const char *)&id, sizeof id);
}

static void own_remove(struct stream_consumer *consumer, struct stream_id id)
{
    struct tree_place place;
    panic_unless(tree_find_id(&consumer->own, stream_id_record(id), &place));
    tree_remove(&consumer->own, &place);
}

static void leave_owner(struct stream_group *group, const struct pending_entry *entry)
{
    if (entry->owner != PENDING_NO_OWNER)
        own_remove(stream_consumer_at(group, entry->owner), entry->id);
}

int stream_group_add(struct stream_group *group, struct tree_place *place, struct stream_id id,
                     struct stream_consumer *consumer, int64_t delivered_ms, int64_t count)
{
    struct pending_entry entry = {id, delivered_ms, count, PENDING_NO_OWNER};
    if (consumer && own_add(consumer, id) != 0)
        return -ENOMEM;
    if (consumer)
        entry.owner = consumer->named.number;
    else
        entry.delivered_ms = pending_next_turn(&group->pending);
    int error = pending_add(&group->pending, place, &entry);
    if (error && consumer)
        own_remove(consumer, id);
    return error;
}

int stream_group_claim(struct stream_group *group, struct tree_place *place, const struct pending_entry *entry,
                       struct stream_consumer *consumer, int64_t delivered_ms, int64_t count)
{
    struct pending_entry changed = {entry->id, delivered_ms, count, consumer->named.number};
    bool changes_owner = entry->owner != changed.owner;
    if (changes_owner && own_add(consumer, entry->id) != 0)
        return -ENOMEM;
    int error = pending_change(&group->pending, place, entry, &changed);
    if (error && changes_owner)
        own_remove(consumer, entry->id);
    else if (changes_owner)
        leave_owner(group, entry);
    return error;
}

int stream_group_deliver(struct stream_group *group, struct stream_consumer *consumer, struct stream_id id,
                         int64_t now_ms)
{
    struct tree_place place;
    struct pending_entry entry;
    if (pending_find(&group->pending, id, &entry, &place))
        return stream_group_claim(group, &place, &entry, consumer, now_ms, 1);
    return stream_group_add(group, &place, id, consumer, now_ms, 1);
}

int stream_group_give_back(struct stream_group *group, struct tree_place *place, const struct pending_entry *entry,
                           int64_t count)
{
    struct pending_entry changed = {entry->id, pending_next_turn(&group->pending), count, PENDING_NO_OWNER};
    int error = pending_change(&group->pending, place, entry, &changed);
    if (!error)
        leave_owner(group, entry);
    return error;
}

void stream_group_drop(struct stream_group *group, struct tree_place *place, const struct pending_entry *entry)
{
    leave_owner(group, entry);
    pending_remove(&group->pending, place, entry);
}

bool stream_group_acknowledge(struct stream_group *group, struct stream_id id)
{
    struct tree_place place;
    struct pending_entry entry;
    if (!pending_find(&group->pending, id, &entry, &place))
        return false;
    stream_group_drop(group, &place, &entry);
    return true;
}

/* ---- checking ---- */

void stream_group_check(const struct stream_group *group)
{
    struct tree_place place, own, at;
    struct pending_entry entry;
    uint64_t owned = 0;
    name_table_check(&group->consumers);
    pending_check(&group->pending);
    const struct named *named = name_table_first(&group->consumers, &place);
    for (; named; named = name_table_next(&group->consumers, &place)) {
        const struct stream_consumer *consumer = (const struct stream_consumer *)named;
        tree_check(&consumer->own);
        owned += consumer->own.count;
        for (bool more = tree_at(&consumer->own, 0, &own); more; more = tree_next(&consumer->own, &own))
            panic_unless(pending_find(&group->pending, own_id(&own), &entry, &at) && entry.owner == named->number);
    }
    panic_unless(owned + group->pending.given_back == pending_count(&group->pending));
}
