/* Epochs (epoch.h): what the keyspace does for them. */
#include "base/memory.h"
#include "store/keyspace_internal.h"

#define PIECE_KEYS 128   /* under one lock: some ten microseconds */
#define STEPS_PER_KEY 10 /* empty buckets cost time too: a tenth of what a key costs */
#define AHEAD 32         /* entries that are fetched before the first of them is looked at */

uint8_t entry_epoch;

static bool is_past(const struct entry *entry)
{
    return (entry->flags & ENTRY_EPOCH) != entry_epoch;
}

int epoch_number(const struct keyspace *keyspace, int db)
{
    return keyspace->epoch.numbers ? keyspace->epoch.numbers[db] : db;
}

/* ---- keeping ---- */

struct keeping {
    struct epoch_keeper *keeper;
    int db; /* its number then */
    size_t entries, bytes;
};

static void keep(void *context, struct entry *entry)
{
    struct keeping *keeping = context;
    keeping->entries++;
    if (!is_past(entry))
        return;
    keeping->bytes += keeping->keeper->keep(keeping->keeper, keeping->db, entry);
    entry->flags ^= ENTRY_EPOCH;
}

static void keep_before_change(void *context, const struct view *view, const struct key *key, const struct entry *entry)
{
    const struct keyspace *keyspace = context;
    struct keeping keeping = {.keeper = keyspace->epoch.keeper, .db = epoch_number(keyspace, view->db)};
    if (key && entry) /* otherwise a whole database goes, or there is none */
        keep(&keeping, (struct entry *)entry);
}

/* ---- begin and end ---- */

static void follow(struct keyspace *keyspace)
{
    struct epoch *epoch = &keyspace->epoch;
    if (!epoch->follows) {
        epoch->follower = (struct follower){.before = keep_before_change, .context = keyspace};
        epoch->follower_number = keyspace_follow(keyspace, &epoch->follower);
        epoch->follows = true;
    }
    for (unsigned shard = 0; shard < KEYSPACE_SHARDS; shard++)
        keyspace_set_interest(keyspace, epoch->follower_number, shard, true);
}

void epoch_begin(struct keyspace *keyspace, struct epoch_keeper *keeper)
{
    struct epoch *epoch = &keyspace->epoch;
    follow(keyspace);
    mem_free(epoch->numbers);
    epoch->numbers = NULL;
    epoch->keeper = keeper;
    epoch->shard = 0;
    epoch->db = 0;
    epoch->position = 0;
    atomic_store_explicit(&epoch->heirs, 0, memory_order_relaxed);
    atomic_store_explicit(&epoch->walks, true, memory_order_relaxed);
    entry_epoch ^= ENTRY_EPOCH;
}

bool epoch_has_begun(const struct keyspace *keyspace)
{
    return atomic_load_explicit(&keyspace->epoch.walks, memory_order_relaxed) || epoch_goes_on(keyspace);
}

bool epoch_goes_on(const struct keyspace *keyspace)
{
    return atomic_load_explicit(&keyspace->epoch.heirs, memory_order_acquire) > 0;
}

void epoch_deinit(struct keyspace *keyspace)
{
    mem_free(keyspace->epoch.numbers);
}

/* ---- the walk ---- */

/* Entries that are being fetched from memory, where most of them are. */
struct fetching {
    struct keeping keeping;
    unsigned count;
    struct entry *entries[AHEAD + BUCKET_SLOTS];
};

static void fetch(void *context, struct entry *entry)
{
    struct fetching *fetching = context;
    if (fetching->count == sizeof fetching->entries / sizeof fetching->entries[0]) {
        keep(&fetching->keeping, entry); /* many keys of one place */
        return;
    }
    __builtin_prefetch(entry, 1);
    __builtin_prefetch((const void *)((uintptr_t)entry + 64));
    fetching->entries[fetching->count++] = entry;
}

static void keep_fetched(struct fetching *fetching)
{
    for (unsigned i = 0; i < fetching->count; i++)
        keep(&fetching->keeping, fetching->entries[i]);
    fetching->count = 0;
}

/* A piece of the table where the walk is. */
static void walk_table(struct epoch *epoch, const struct table *table, struct fetching *fetching, size_t bytes)
{
    size_t steps = 0;
    do {
        epoch->position = table_scan(table, epoch->position, fetch, fetching);
        if (fetching->count >= AHEAD || !epoch->position)
            keep_fetched(fetching);
    } while (epoch->position && fetching->keeping.bytes < bytes && fetching->keeping.entries < PIECE_KEYS &&
             ++steps < (size_t)PIECE_KEYS * STEPS_PER_KEY);
    keep_fetched(fetching);
    if (!epoch->position)
        epoch->db++;
}

/* A piece of the shard where the walk is, which is locked. */
static void walk_shard(struct keyspace *keyspace, struct shard *shard, size_t bytes)
{
    struct epoch *epoch = &keyspace->epoch;
    int db = database_set_next(&shard->used, epoch->db);
    if (db >= 0) {
        if (db != epoch->db)
            epoch->position = 0;
        epoch->db = db;
        struct fetching fetching = {.keeping = {.keeper = epoch->keeper, .db = epoch_number(keyspace, db)}};
        walk_table(epoch, shard->tables[db], &fetching, bytes);
        return;
    }
    keyspace_set_interest(keyspace, epoch->follower_number, epoch->shard, false);
    epoch->shard++;
    epoch->db = 0;
    epoch->position = 0;
}

bool epoch_walk(struct keyspace *keyspace, size_t bytes)
{
    struct epoch *epoch = &keyspace->epoch;
    if (epoch->shard < KEYSPACE_SHARDS) {
        struct shard *shard = &keyspace->shards[epoch->shard];
        shard_lock(shard);
        walk_shard(keyspace, shard, bytes);
        shard_unlock(shard);
    }
    bool ended = epoch->shard == KEYSPACE_SHARDS;
    if (ended)
        atomic_store_explicit(&epoch->walks, false, memory_order_relaxed);
    return !ended;
}

/* ---- whole databases ---- */

void epoch_note_flush(struct keyspace *keyspace, unsigned tables)
{
    atomic_fetch_add_explicit(&keyspace->epoch.heirs, tables, memory_order_relaxed);
}

void epoch_inherit(struct keyspace *keyspace, int db, const struct table *table)
{
    struct keeping keeping = {.keeper = keyspace->epoch.keeper, .db = db};
    uint64_t position = 0;
    do
        position = table_scan(table, position, keep, &keeping);
    while (position);
    atomic_fetch_sub_explicit(&keyspace->epoch.heirs, 1, memory_order_release);
}

/* In the shard where the walk is, the tables have changed their places: it begins there anew, which costs little. */
void epoch_note_swap(struct keyspace *keyspace, int a, int b)
{
    struct epoch *epoch = &keyspace->epoch;
    if (!atomic_load_explicit(&epoch->walks, memory_order_relaxed))
        return;
    if (!epoch->numbers) {
        epoch->numbers = mem_alloc((size_t)keyspace->databases * sizeof *epoch->numbers);
        for (int db = 0; db < keyspace->databases; db++)
            epoch->numbers[db] = db;
    }
    int number = epoch->numbers[a];
    epoch->numbers[a] = epoch->numbers[b];
    epoch->numbers[b] = number;
    epoch->db = 0;
    epoch->position = 0;
}
