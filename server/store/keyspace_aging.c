/*
 * How keys, and parts of their values, are removed as time passes or memory runs short: active expiry, in rounds of a
 * tour of all tables; and eviction.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/random.h"
#include "store/disposal.h"
#include "store/keyspace_internal.h"
#include "store/recency.h"

/* ---- expiry ---- */

#define EXPIRED_AT_ONCE 64
#define PARTS_AT_ONCE 256 /* of values, a microsecond or two each */

struct parts_told {
    const struct view *view;
    const struct shard *shard;
    const struct key *key;
};

static void tell_part(void *context, struct bytes part)
{
    const struct parts_told *told = context;
    if (told->shard->interest)
        hooks_tell_part(&told->view->keyspace->hooks, told->shard->interest, told->view, told->key, part);
}

table_slot *shard_expire_parts(struct view *view, struct shard *shard, const struct key *key, table_slot *slot,
                               unsigned limit, unsigned *expired_out)
{
    struct entry *entry = slot_entry(*slot);
    struct parts_told told = {view, shard, key};
    *expired_out = 0;
    if (entry_next_expiry(entry) > view->now_ms)
        return slot;
    hook_before(view, shard->interest, key, entry);
    struct parts_expired expired = entry_value_type(entry)->expire_parts(entry, view->now_ms, limit, tell_part, &told);
    table_replace(shard->tables[view->db], key->hash, slot, expired.entry);
    counter_add(&shard->parts_expired, expired.count);
    if (expired.count > 0)
        hook_after(view, shard, shard->interest, key, &event_part_expired, event_part_expired.changes);
    *expired_out = expired.count;
    if (!expired.emptied)
        return slot;
    shard_drop(view, shard, key, slot, &event_emptied);
    return NULL;
}

/*
 * Parts that are due, of a value that was found on a walk, as many as *left_parts allows. False: some are left, so the
 * walk is to come back to the value's segment, which knows of them.
 */
static bool entry_expire_parts(struct view *view, struct shard *shard, struct entry *entry, unsigned *left_parts)
{
    struct bytes name = entry_key(entry);
    struct key key = key_make(name.data, name.len);
    struct table *table = shard->tables[view->db];
    table_slot *slot = table_find_address(table, key.hash, entry);
    unsigned expired;
    if (*left_parts == 0) {
        table_replace(table, key.hash, slot, entry);
        return false;
    }
    char *copy = mem_dup(name.data, name.len);
    key.name.data = copy;
    slot = shard_expire_parts(view, shard, &key, slot, *left_parts, &expired);
    mem_free(copy);
    *left_parts -= expired;
    return !slot || expired == 0 || entry_next_expiry(slot_entry(*slot)) > view->now_ms;
}

/*
 * Continues a table's walk at *position. Deletes at most EXPIRED_AT_ONCE entries and PARTS_AT_ONCE parts; true at the
 * end of the table.
 */
static bool table_expire_some(struct view *view, struct shard *shard, uint64_t *position, size_t *deleted)
{
    struct entry *expired[EXPIRED_AT_ONCE];
    struct table *table = shard->tables[view->db];
    size_t count = 0, looked = 0, dropped = 0;
    uint64_t here;
    unsigned left_parts = PARTS_AT_ONCE;
    bool stays = false;
    do {
        here = *position;
        *position = table_find_expired(table, here, view->now_ms, expired, EXPIRED_AT_ONCE, &count, &looked);
    } while (*position && count == 0 && looked < 1024);
    for (size_t i = 0; i < count; i++) {
        if (!entry_is_due(expired[i], view->now_ms)) {
            stays |= !entry_expire_parts(view, shard, expired[i], &left_parts);
            continue;
        }
        shard_drop_entry(view, shard, expired[i], &event_expired);
        dropped++;
    }
    counter_add(&shard->expired, dropped);
    *deleted += dropped;
    if (stays)
        *position = table_stay(here);
    return *position == 0;
}

/*
 * Where the tour is, in the shard that is locked, it does one piece of work; false when there is none left in the
 * shard.
 */
static bool shard_expire_some(struct keyspace *keyspace, struct shard *shard, int64_t now_ms, size_t *deleted)
{
    struct tour *tour = &keyspace->tour;
    for (int db = database_set_next(&shard->used, tour->db); db >= 0; db = database_set_next(&shard->used, db + 1)) {
        if (db != tour->db)
            tour->position = 0; /* the one that it was in has been emptied */
        tour->db = db;
        const struct table *table = shard->tables[db];
        struct view view = {.keyspace = keyspace, .db = db, .now_ms = now_ms};
        if (counter_get(&table->expires) + counter_get(&table->ages) == 0)
            continue;
        if (table_expire_some(&view, shard, &tour->position, deleted))
            tour->db++;
        return true;
    }
    return false;
}

static void tour_leave_shard(struct tour *tour)
{
    tour->shard = (tour->shard + 1) % KEYSPACE_SHARDS;
    tour->db = 0;
    tour->position = 0;
}

static void tour_finish_shard(struct tour *tour)
{
    tour->done[tour->shard / 64] |= UINT64_C(1) << (tour->shard % 64);
    tour->shards_done++;
    tour_leave_shard(tour);
}

/* Goes on to the next shard that the tour hasn't been through; there is one. */
static void tour_find_shard(struct tour *tour)
{
    while (tour->done[tour->shard / 64] >> (tour->shard % 64) & 1)
        tour_leave_shard(tour);
}

/* Does one piece of work in the shard where the tour is, or finishes that shard. False: somebody else has its lock. */
static bool tour_step(struct keyspace *keyspace, int64_t now_ms, size_t *deleted)
{
    struct tour *tour = &keyspace->tour;
    struct shard *shard = &keyspace->shards[tour->shard];
    if (!shard_try_lock(shard)) {
        tour_leave_shard(tour); /* and comes back: it begins this shard anew, where little is left of what it did */
        return false;
    }
    bool worked = shard_expire_some(keyspace, shard, now_ms, deleted);
    shard_unlock(shard);
    disposal_drain();
    if (!worked)
        tour_finish_shard(tour);
    return true;
}

size_t keyspace_expire_round(struct keyspace *keyspace, int64_t now_ms, int64_t budget_us, bool *again_out)
{
    struct tour *tour = &keyspace->tour;
    size_t deleted = 0;
    unsigned busy = 0; /* shards in a row that couldn't be locked */
    int64_t end_ns = clock_monotonic_ns() + budget_us * 1000;
    bool on_time = true;
    *again_out = false;
    if (!atomic_load(&keyspace->active_expiry) || keyspace_expiry_is_suspended(keyspace))
        return 0;
    while (on_time && tour->shards_done + busy < KEYSPACE_SHARDS) {
        tour_find_shard(tour);
        busy = tour_step(keyspace, now_ms, &deleted) ? 0 : busy + 1;
        on_time = clock_monotonic_ns() <= end_ns;
    }
    *again_out = tour->shards_done + busy < KEYSPACE_SHARDS;
    if (!*again_out) /* the next tour begins with those that are busy */
        *tour = (struct tour){.shard = tour->shard};
    return deleted;
}

void keyspace_set_active_expiry(struct keyspace *keyspace, bool on)
{
    atomic_store(&keyspace->active_expiry, on);
}

void keyspace_suspend_expiry_until(struct keyspace *keyspace, int64_t monotonic_ms)
{
    atomic_store(&keyspace->expiry_suspended_until_ms, monotonic_ms);
}

/* ---- eviction ---- */

/* How suitable an entry is as a victim: the larger the better. */
static int64_t victim_score(enum victim victim, const struct entry *entry, uint32_t now_s)
{
    switch (victim) {
    case VICTIM_IDLE:
        return recency_idle_seconds(entry, now_s);
    case VICTIM_RARE:
        return 255 - (int64_t)recency_frequency(entry, now_s);
    case VICTIM_SOONEST:
        return INT64_MAX - entry_expiry(entry);
    default:
        return 0;
    }
}

static void note_volatile(void *context, struct entry *entry)
{
    if (entry_expiry(entry) != ENTRY_NO_EXPIRY)
        *(struct entry **)context = entry;
}

/* For tables where so few keys have a TTL that sampling misses them: the next one from somewhere on; NULL: none. */
static struct entry *table_find_volatile(struct table *table)
{
    struct entry *found = NULL;
    uint64_t position = random_next(random_thread()) >> (64 - TABLE_CURSOR_BITS);
    for (unsigned round = 0; round < 2 && !found; round++)
        do
            position = table_scan(table, position, note_volatile, &found);
        while (position && !found);
    return found;
}

/* The best victim of a table by sampling, or NULL. */
static struct entry *table_choose_victim(struct table *table, enum victim victim, bool only_volatile, int samples,
                                         uint32_t now_s)
{
    struct entry *best = NULL;
    int64_t best_score = -1;
    int tries = only_volatile ? 8 * samples : samples; /* keys without a TTL are skipped */
    for (int i = 0, seen = 0; i < tries && seen < samples; i++) {
        struct entry *entry = table_random(table, random_thread());
        if (only_volatile && entry_expiry(entry) == ENTRY_NO_EXPIRY)
            continue;
        seen++;
        int64_t score = victim_score(victim, entry, now_s);
        if (score > best_score) {
            best = entry;
            best_score = score;
        }
    }
    if (!best && only_volatile)
        best = table_find_volatile(table);
    return best;
}

/* Keys of a table that may be evicted; 0 for NULL. Without the lock it is a guess. */
static size_t table_candidates(const struct table *table, bool only_volatile)
{
    return table && only_volatile ? atomic_load_explicit(&table->expires, memory_order_relaxed) : table_count(table);
}

static uint64_t shard_candidates(const struct shard *shard, bool only_volatile)
{
    const struct database_set *used = &shard->used;
    uint64_t candidates = 0;
    for (int db = database_set_next(used, 0); db >= 0; db = database_set_next(used, db + 1))
        candidates += table_candidates(table_peek(shard, db), only_volatile);
    return candidates;
}

/* A database whose table is to lose a key, each as likely as it has candidates; -1 if there is none. */
static int shard_choose_database(const struct shard *shard, bool only_volatile)
{
    const struct database_set *used = &shard->used;
    uint64_t candidates = shard_candidates(shard, only_volatile);
    if (candidates == 0)
        return -1;
    uint64_t dice = random_below(random_thread(), candidates);
    int db = database_set_next(used, 0);
    for (size_t here; dice >= (here = table_candidates(shard->tables[db], only_volatile));
         db = database_set_next(used, db + 1))
        dice -= here;
    return db;
}

/* Evicts a key of a shard that is locked; false if it finds none. */
static bool shard_evict(struct keyspace *keyspace, struct shard *shard, const struct eviction_wish *wish,
                        int64_t now_ms)
{
    struct view view = {.keyspace = keyspace, .now_ms = now_ms, .now_s = clock_monotonic_s()};
    view.db = shard_choose_database(shard, wish->only_volatile);
    if (view.db < 0)
        return false;
    struct entry *entry =
        table_choose_victim(shard->tables[view.db], wish->victim, wish->only_volatile, wish->samples, view.now_s);
    if (entry)
        shard_drop_entry(&view, shard, entry, &event_evicted);
    return entry;
}

enum evicted keyspace_evict(struct keyspace *keyspace, const struct eviction_wish *wish, int64_t now_ms)
{
    unsigned start = (unsigned)random_below(random_thread(), KEYSPACE_SHARDS);
    enum evicted result = EVICTED_NONE;
    for (unsigned i = 0; i < KEYSPACE_SHARDS && result != EVICTED_KEY; i++) {
        struct shard *shard = &keyspace->shards[(start + i) % KEYSPACE_SHARDS];
        if (shard_candidates(shard, wish->only_volatile) == 0)
            continue;
        if (shard_try_lock(shard)) {
            result = shard_evict(keyspace, shard, wish, now_ms) ? EVICTED_KEY : EVICTED_LATER;
            shard_unlock(shard);
        } else {
            result = EVICTED_LATER;
        }
    }
    disposal_drain();
    return result;
}
