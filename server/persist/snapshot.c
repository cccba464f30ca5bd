#include "persist/snapshot.h"

#include "base/gate.h"
#include "base/memory.h"
#include "persist/rdb_records.h"
#include "persist/snapshot_queue.h"
#include "store/epoch.h"
#include "store/recency.h"

#include <stdatomic.h>
#include <time.h>

#define WALK_BYTES ((size_t)32 << 10)   /* under one lock: some tens of microseconds */
#define PIECE_BYTES ((size_t)256 << 10) /* of which the walk makes one text */
#define NAP_NS 1000000                  /* while what was flushed is freed */

/* Records of one thread, of entries that it keeps one after the other. */
struct piece {
    struct rdb_saver saver;
    struct text text;
    int db; /* of the last entry; -1: there is none yet */
};

struct snapshot {
    struct epoch_keeper keeper; /* first */
    struct snapshot_terms terms;
    struct snapshot_queue queue;
    atomic_bool failed; /* or cancelled: nothing more is written */
    atomic_uint version;
    atomic_uint_least64_t entries;
};

/* The piece of the thread that walks; others make one for each entry. */
static __thread struct piece *piece_of_walk;

static struct rdb_use use_of(const struct snapshot *snapshot, const struct entry *entry)
{
    const struct snapshot_terms *terms = &snapshot->terms;
    struct rdb_use use = RDB_USE_UNKNOWN;
    if (terms->use == SNAPSHOT_USE_IDLE)
        use.idle_s = recency_idle_seconds(entry, terms->now_s);
    else if (terms->use == SNAPSHOT_USE_FREQUENCY)
        use.frequency = (int)recency_frequency(entry, terms->now_s);
    return use;
}

static struct piece piece_begin(const struct snapshot *snapshot)
{
    return (struct piece){.saver.compresses = snapshot->terms.compresses, .text = TEXT_EMPTY, .db = -1};
}

static void piece_add(struct snapshot *snapshot, struct piece *piece, int db, const struct entry *entry)
{
    piece->saver.out = &piece->text;
    if (db != piece->db)
        rdb_add_database(&piece->text, (uint64_t)db);
    piece->db = db;
    rdb_add_entry(&piece->saver, entry, use_of(snapshot, entry));
    unsigned version = rdb_save_version(&piece->saver);
    if (version > atomic_load_explicit(&snapshot->version, memory_order_relaxed))
        atomic_store_explicit(&snapshot->version, version, memory_order_relaxed); /* there are but two */
    atomic_fetch_add_explicit(&snapshot->entries, 1, memory_order_relaxed);
}

static size_t keep(struct epoch_keeper *keeper, int db, const struct entry *entry)
{
    struct snapshot *snapshot = (struct snapshot *)keeper;
    if (atomic_load_explicit(&snapshot->failed, memory_order_relaxed))
        return 0;
    if (piece_of_walk) {
        size_t before = piece_of_walk->text.len;
        piece_add(snapshot, piece_of_walk, db, entry);
        return piece_of_walk->text.len - before;
    }
    struct piece piece = piece_begin(snapshot);
    piece_add(snapshot, &piece, db, entry);
    size_t bytes = piece.text.len;
    snapshot_queue_put(&snapshot->queue, &piece.text);
    return bytes;
}

struct snapshot *snapshot_begin(const struct snapshot_terms *terms)
{
    struct snapshot *snapshot = mem_calloc(sizeof *snapshot);
    snapshot->keeper.keep = keep;
    snapshot->terms = *terms;
    atomic_init(&snapshot->version, RDB_VERSION);
    snapshot_queue_init(&snapshot->queue, terms->file, terms->queue_limit);
    epoch_begin(terms->keyspace, &snapshot->keeper);
    return snapshot;
}

/* What waits, and whether it could be written. */
static void write_queued(struct snapshot *snapshot, bool at_end)
{
    while (snapshot_queue_write(&snapshot->queue, at_end))
        ;
    if (snapshot_queue_has_failed(&snapshot->queue))
        snapshot_cancel(snapshot);
}

/* One run under one lock. */
static bool walk_on(struct snapshot *snapshot, struct gate_member *member, struct piece *piece)
{
    if (member)
        gate_enter(member);
    piece_of_walk = piece;
    bool more = epoch_walk(snapshot->terms.keyspace, WALK_BYTES);
    piece_of_walk = NULL;
    if (member)
        gate_leave(member);
    return more;
}

bool snapshot_write(struct snapshot *snapshot, struct gate_member *member)
{
    struct piece piece = piece_begin(snapshot);
    while (walk_on(snapshot, member, &piece)) {
        if (piece.text.len < PIECE_BYTES)
            continue;
        snapshot_queue_put(&snapshot->queue, &piece.text);
        piece = piece_begin(snapshot);
        write_queued(snapshot, false);
    }
    while (epoch_goes_on(snapshot->terms.keyspace)) {
        write_queued(snapshot, false);
        nanosleep(&(struct timespec){.tv_nsec = NAP_NS}, NULL);
    }
    snapshot_queue_put(&snapshot->queue, &piece.text);
    write_queued(snapshot, true);
    return !atomic_load_explicit(&snapshot->failed, memory_order_relaxed);
}

void snapshot_cancel(struct snapshot *snapshot)
{
    atomic_store_explicit(&snapshot->failed, true, memory_order_relaxed);
}

uint64_t snapshot_entries(const struct snapshot *snapshot)
{
    return atomic_load_explicit(&snapshot->entries, memory_order_relaxed);
}

unsigned snapshot_version(const struct snapshot *snapshot)
{
    return atomic_load_explicit(&snapshot->version, memory_order_relaxed);
}

void snapshot_end(struct snapshot *snapshot)
{
    snapshot_queue_deinit(&snapshot->queue);
    mem_free(snapshot);
}
