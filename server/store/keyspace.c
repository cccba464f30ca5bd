/*
 * The number of shards is fixed, so a key's shard never changes; it is several times any sensible number of threads.
 * A table is made with the first key of its shard and database, so databases cost nothing while they are empty: the
 * pointers to the tables are address space whose pages are touched as databases come into use.
 */
#include "store/keyspace.h"

#include "base/gate.h"
#include "base/memory.h"
#include "base/panic.h"
#include "store/disposal.h"
#include "store/keyspace_internal.h"
#include "store/lock_wait.h"
#include "store/reaper.h"
#include "store/recency.h"

#include <assert.h>
#include <errno.h>

void keyspace_reserve(struct keyspace *keyspace)
{
    size_t databases = (size_t)keyspace->databases, words = database_set_words(keyspace->databases);
    size_t tables = databases * KEYSPACE_SHARDS;
    keyspace->reserved_size = tables * sizeof(struct table *) + (KEYSPACE_SHARDS + 1) * words * sizeof(uint64_t);
    keyspace->reserved = mem_reserve(keyspace->reserved_size);
    struct table **table = keyspace->reserved;
    uint64_t *bits = (uint64_t *)(table + tables);
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++) {
        keyspace->shards[i].tables = table + i * databases;
        keyspace->shards[i].used = (struct database_set){.bits = bits + i * words};
    }
    keyspace->used = (struct database_set){.bits = bits + KEYSPACE_SHARDS * words};
}

struct keyspace *keyspace_create(int databases)
{
    struct keyspace *keyspace = mem_calloc(sizeof *keyspace);
    keyspace->databases = databases;
    atomic_init(&keyspace->active_expiry, true);
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++)
        shard_init(&keyspace->shards[i]);
    keyspace_reserve(keyspace);
    return keyspace;
}

void keyspace_destroy(struct keyspace *keyspace)
{
    keyspace_flush(&(struct view){.keyspace = keyspace}, -1, false);
    reaper_stop(); /* many keys are its work */
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++)
        shard_deinit(&keyspace->shards[i]);
    mem_unreserve(keyspace->reserved, keyspace->reserved_size);
    epoch_deinit(keyspace);
    mem_free(keyspace);
}

int keyspace_databases(const struct keyspace *keyspace)
{
    return keyspace->databases;
}

int keyspace_next_database(const struct keyspace *keyspace, int db)
{
    return database_set_next(&keyspace->used, db);
}

/* ---- locks ---- */

bool keyspace_lock(struct keyspace *keyspace, const struct shard_set *set)
{
    return shard_set_lock(set, keyspace->shards);
}

bool keyspace_lock_unless_long(struct keyspace *keyspace, const struct shard_set *set)
{
    return shard_set_lock_unless_long(set, keyspace->shards);
}

bool keyspace_lock_or_put_off(struct keyspace *keyspace, const struct shard_set *set)
{
    while (!shard_set_lock_unless_long(set, keyspace->shards)) {
        if (gate_current() && gate_has_stays(gate_current()))
            return false;
        lock_wait_stand_back();
    }
    return true;
}

bool keyspace_try_lock(struct keyspace *keyspace, const struct shard_set *set)
{
    return shard_set_try_lock(set, keyspace->shards);
}

void keyspace_unlock(struct keyspace *keyspace, const struct shard_set *set)
{
    shard_set_unlock(set, keyspace->shards);
    disposal_drain();
}

void keyspace_free_dropped(void)
{
    disposal_drain();
}

/* ---- who follows changes ---- */

unsigned keyspace_follow(struct keyspace *keyspace, const struct follower *follower)
{
    unsigned number = 0;
    while (keyspace->hooks.followers[number])
        number++;
    assert(number < FOLLOWERS_MAX);
    keyspace->hooks.followers[number] = follower;
    return number;
}

void keyspace_unfollow(struct keyspace *keyspace, unsigned number)
{
    for (unsigned i = 0; i < KEYSPACE_SHARDS; i++)
        keyspace_set_interest(keyspace, number, i, false);
    keyspace->hooks.followers[number] = NULL;
}

void keyspace_set_interest(struct keyspace *keyspace, unsigned number, unsigned shard, bool interested)
{
    unsigned bit = 1u << number, *interest = &keyspace->shards[shard].interest;
    *interest = interested ? *interest | bit : *interest & ~bit;
}

/* ---- looking up ---- */

/*
 * Reading deletes nothing while expiry is suspended. Writing does: writers wait until the suspension has ended.
 */
enum find { FIND_TO_READ, FIND_TO_WRITE };

static __attribute__((noinline)) void drop_expired(struct view *view, struct shard *shard, const struct key *key,
                                                   table_slot *slot, enum find find)
{
    if (find == FIND_TO_READ && keyspace_expiry_is_suspended(view->keyspace))
        return;
    shard_drop(view, shard, key, slot, &event_expired);
    counter_add(&shard->expired, 1);
}

#define PARTS_AT_ONCE 64 /* that a look at a value reaps */

static __attribute__((noinline)) table_slot *reap_parts(struct view *view, struct shard *shard, const struct key *key,
                                                        table_slot *slot, enum find find)
{
    unsigned expired;
    if (find == FIND_TO_READ && keyspace_expiry_is_suspended(view->keyspace))
        return slot;
    return shard_expire_parts(view, shard, key, slot, PARTS_AT_ONCE, &expired);
}

/* The slot of a key that hasn't expired. An expired key is deleted, unless expiry is suspended; so are parts. */
static inline table_slot *slot_find_live(struct view *view, struct shard *shard, const struct key *key, enum find find)
{
    struct table *table = shard->tables[view->db];
    if (!table)
        return NULL;
    table_slot *slot = table_find(table, key->hash, key->name.data, key->name.len);
    if (!slot || __builtin_expect((*slot & SLOT_MORTAL) == 0, 1))
        return slot;
    if (__builtin_expect(entry_is_due(slot_entry(*slot), view->now_ms), 0)) {
        drop_expired(view, shard, key, slot, find);
        return NULL;
    }
    return slot_ages(*slot) ? reap_parts(view, shard, key, slot, find) : slot;
}

table_slot *slot_find_to_change(struct view *view, struct shard *shard, const struct key *key)
{
    return slot_find_live(view, shard, key, FIND_TO_WRITE);
}

/* There is no such key. */
static void note_miss(const struct view *view, struct shard *shard, const struct key *key, enum lookup how)
{
    counter_add(&shard->misses, 1);
    if (!(how & LOOKUP_QUIET))
        keyspace_remark(view, key, &event_miss);
}

void keyspace_remark(const struct view *view, const struct key *key, const struct key_event *event)
{
    const struct shard *shard = shard_of(view, key->hash);
    if (__builtin_expect(shard->interest != 0, 0))
        hooks_tell_remark(&view->keyspace->hooks, shard->interest, view, key, event);
}

const struct entry *keyspace_find(struct view *view, const struct key *key, enum lookup how)
{
    struct shard *shard = shard_of(view, key->hash);
    table_slot *slot = slot_find_live(view, shard, key, FIND_TO_READ);
    if (!slot) {
        if (!(how & LOOKUP_NO_STATS))
            note_miss(view, shard, key, how);
        return NULL;
    }
    if (!(how & LOOKUP_NO_STATS))
        counter_add(&shard->hits, 1);
    struct entry *entry = slot_entry(*slot);
    if (!(how & LOOKUP_NO_TOUCH) && !view->no_touch)
        recency_touch(entry, view->now_s);
    return entry;
}

const struct entry *keyspace_find_for_write(struct view *view, const struct key *key)
{
    table_slot *slot = slot_find_live(view, shard_of(view, key->hash), key, FIND_TO_WRITE);
    if (!slot)
        return NULL;
    struct entry *entry = slot_entry(*slot);
    if (!view->no_touch)
        recency_touch(entry, view->now_s);
    return entry;
}

const struct entry *keyspace_peek(const struct view *view, const struct key *key)
{
    const struct table *table = shard_of(view, key->hash)->tables[view->db];
    const table_slot *slot = table ? table_find(table, key->hash, key->name.data, key->name.len) : NULL;
    return slot ? slot_entry(*slot) : NULL;
}

void keyspace_prefetch_bucket(const struct view *view, uint64_t hash)
{
    const struct table *table = shard_of(view, hash)->tables[view->db];
    if (table)
        table_prefetch_bucket(table, hash);
}

void keyspace_prefetch_entry(const struct view *view, uint64_t hash)
{
    const struct table *table = shard_of(view, hash)->tables[view->db];
    if (table)
        table_prefetch_entry(table, hash);
}

/* ---- changing ---- */

struct entry *keyspace_edit(struct view *view, const struct key *key, const struct entry *found)
{
    hook_before(view, shard_of(view, key->hash)->interest, key, found);
    return (struct entry *)found; /* const only prevents changes without hook_before(); the shard is locked */
}

/* Records in the table where the entry is, and whether and when it expires. found may have been freed. */
static __attribute__((noinline)) void table_note(struct table *table, const struct key *key, const struct entry *found,
                                                 struct entry *changed)
{
    table_replace(table, key->hash, table_find_address(table, key->hash, found), changed);
}

void keyspace_edited(struct view *view, const struct key *key, const struct entry *found, struct entry *changed,
                     const struct key_event *event)
{
    struct shard *shard = shard_of(view, key->hash);
    if (changed != found || (changed->flags & ENTRY_AGES))
        table_note(shard->tables[view->db], key, found, changed);
    hook_after(view, shard, shard->interest, key, event, event->changes);
}

void keyspace_edited_until(struct view *view, const struct key *key, const struct entry *found, struct entry *changed,
                           int64_t expire_ms, const struct key_event *event)
{
    struct shard *shard = shard_of(view, key->hash);
    entry_set_expiry(changed, expire_ms); /* in place: there is room for a TTL */
    table_note(shard->tables[view->db], key, found, changed);
    hook_after(view, shard, shard->interest, key, event, event->changes);
}

int keyspace_set_expiry(struct view *view, const struct key *key, const struct entry *found, int64_t expire_ms)
{
    struct shard *shard = shard_of(view, key->hash);
    struct entry *changed = entry_set_expiry(keyspace_edit(view, key, found), expire_ms);
    if (!changed)
        return -ENOMEM;
    table_note(shard->tables[view->db], key, found, changed);
    hook_after(view, shard, shard->interest, key, expire_ms == ENTRY_NO_EXPIRY ? &event_persist : &event_expire, 1);
    return 0;
}

static void keyspace_insert(const struct view *view, struct shard *shard, const struct key *key, struct entry *entry)
{
    struct table *table = shard->tables[view->db];
    if (!table) {
        table = mem_alloc(sizeof *table);
        table_init(table);
        database_set_add(&shard->used, view->db);
        database_set_add(&view->keyspace->used, view->db);
        /* Pairs with the acquire in table_peek(): who counts without the lock sees a table that is initialized. */
        __atomic_store_n(&shard->tables[view->db], table, __ATOMIC_RELEASE);
    }
    if (table_insert(table, key->hash, entry)) {
        panic("out of memory: a table of %zu keys can't grow; raise the machine's memory or set maxmemory",
              table_count(table));
    }
}

void keyspace_put(struct view *view, const struct key *key, struct entry *entry, const struct key_event *event)
{
    struct shard *shard = shard_of(view, key->hash);
    struct table *table = shard->tables[view->db];
    /* an old entry is replaced whether it has expired or not */
    table_slot *slot = table ? table_find(table, key->hash, key->name.data, key->name.len) : NULL;
    struct entry *old = slot ? slot_entry(*slot) : NULL;
    hook_before(view, shard->interest, key, old);
    entry->flags = (uint8_t)((entry->flags & ~ENTRY_EPOCH) | entry_epoch); /* it may have been made before this epoch */
    bool due = old && entry_is_due(old, view->now_ms);
    if (entry->recency == 0) { /* a new entry; a renamed, moved or copied one has its clock */
        if (old && !due)
            recency_succeed(entry, old, view->now_s);
        else
            recency_init(entry, view->now_s);
    }
    if (old) {
        if (due)
            counter_add(&shard->expired, 1);
        table_replace(table, key->hash, slot, entry);
        dispose_entry(old);
    } else {
        keyspace_insert(view, shard, key, entry);
    }
    hook_after(view, shard, shard->interest, key, event, event->changes);
}

void shard_drop(struct view *view, struct shard *shard, const struct key *key, table_slot *slot,
                const struct key_event *event)
{
    struct entry *entry = slot_entry(*slot);
    hook_before(view, shard->interest, key, entry);
    table_remove(shard->tables[view->db], key->hash, slot);
    hook_after(view, shard, shard->interest, key, event, event->changes); /* the key's name may lie in the entry */
    dispose_entry(entry);
}

void shard_drop_entry(struct view *view, struct shard *shard, struct entry *entry, const struct key_event *event)
{
    struct bytes name = entry_key(entry);
    struct key key = key_make(name.data, name.len);
    table_slot *slot = table_find_address(shard->tables[view->db], key.hash, entry);
    shard_drop(view, shard, &key, slot, event);
}

bool keyspace_delete(struct view *view, const struct key *key)
{
    struct shard *shard = shard_of(view, key->hash);
    table_slot *slot = slot_find_live(view, shard, key, FIND_TO_WRITE);
    if (slot)
        shard_drop(view, shard, key, slot, &event_del);
    return slot != NULL;
}

void keyspace_delete_emptied(struct view *view, const struct key *key)
{
    struct shard *shard = shard_of(view, key->hash);
    table_slot *slot = slot_find_live(view, shard, key, FIND_TO_WRITE);
    if (slot)
        shard_drop(view, shard, key, slot, &event_emptied);
}
