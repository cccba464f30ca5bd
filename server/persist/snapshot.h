/*
 * Snapshots: the whole keyspace as it was at one moment, in a file, while everything goes on (store/epoch.h).
 *
 *     snapshot_begin()   in a stopped world: that is the moment
 *     snapshot_write()   all of it goes to the file
 *     snapshot_end()
 *
 * The walk waits for nothing but the disk. What changes before the walk has come to it is kept by whoever changes it, in
 * a queue that is bounded (snapshot_queue.h).
 */
#ifndef KVS_PERSIST_SNAPSHOT_H
#define KVS_PERSIST_SNAPSHOT_H

#include "persist/rdb_file.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct gate_member;
struct keyspace;
struct snapshot;

/* What is said of how a key was used. */
enum snapshot_use { SNAPSHOT_USE_NONE, SNAPSHOT_USE_IDLE, SNAPSHOT_USE_FREQUENCY };

struct snapshot_terms {
    struct keyspace *keyspace;
    struct rdb_file *file; /* which has begun, and has what stands before the first entry; borrowed */
    bool compresses;
    enum snapshot_use use;
    uint32_t now_s;     /* monotonic, for that */
    size_t queue_limit; /* bytes that may wait for the disk */
};

/* World stopped; there is no other snapshot. */
struct snapshot *snapshot_begin(const struct snapshot_terms *terms);

/*
 * Returns when all of it has been appended to the file, or (false) when something has failed or it was cancelled, and
 * the keyspace is ready for another one. Its own thread, outside the gate, with a membership; or NULL, in a stopped
 * world.
 */
bool snapshot_write(struct snapshot *snapshot, struct gate_member *member);

/* Any thread, while it is written. */
void snapshot_cancel(struct snapshot *snapshot);
uint64_t snapshot_entries(const struct snapshot *snapshot); /* kept so far */

/* The version of RDB that the entries need. After snapshot_write(). */
unsigned snapshot_version(const struct snapshot *snapshot);

void snapshot_end(struct snapshot *snapshot);

#endif
