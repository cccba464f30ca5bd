/*
 * What a snapshot has kept, on its way to the file.
 *
 * Whoever keeps an entry puts its records here and goes on; the snapshot's own thread writes. If more is put in than the
 * disk takes, whoever puts in more than the limit writes as well, so that memory stays bounded and nobody else waits.
 * Records may come in any order, as each text begins with its database. Any thread, under locks of shards too.
 */
#ifndef KVS_PERSIST_SNAPSHOT_QUEUE_H
#define KVS_PERSIST_SNAPSHOT_QUEUE_H

#include "base/text.h"
#include "persist/rdb_file.h"

#include <pthread.h>
#include <stdbool.h>
#include <stddef.h>

struct snapshot_chunk;

struct snapshot_queue {
    /* private */
    pthread_mutex_t lock; /* guards what follows, for moments */
    struct snapshot_chunk *first, **last;
    struct text open; /* small texts, until they are worth a system call */
    size_t bytes, limit;
    pthread_mutex_t file_lock; /* guards the file, for as long as the disk takes */
    struct rdb_file *file;
};

/* The file has begun, and is borrowed. limit: bytes. */
void snapshot_queue_init(struct snapshot_queue *queue, struct rdb_file *file, size_t limit);
void snapshot_queue_deinit(struct snapshot_queue *queue);

/* Takes the text's memory; the text is empty afterwards. */
void snapshot_queue_put(struct snapshot_queue *queue, struct text *text);

/* Writes a piece of what was put in. False: there is none. At the end also the small ones. */
bool snapshot_queue_write(struct snapshot_queue *queue, bool at_end);

/* Whether writing has failed: what is put in from then on is dropped. */
bool snapshot_queue_has_failed(struct snapshot_queue *queue);

#endif
