/*
 * The file that the append-only log grows in: the last increment.
 *
 * Its end is always that of a whole append. A write that fails half-way, on a full disk, is taken back by cutting the
 * file there; it can be tried again when there is room. A sync that fails is another matter: the kernel drops what it
 * couldn't write and says so once, so a second sync that succeeds proves nothing. The file is lost from there, and only
 * a new one, with a base of its own, helps. The first failure stays to be read until it has been overcome.
 *
 * Nothing is preallocated. With the size kept that saves hardly any time, since a sync still has to write the size; and
 * zeros at the end, which would save it, are no log to Redis.
 *
 * The thread that writes calls everything; the sizes may be read by others. Allocates nothing.
 */
#ifndef KVS_PERSIST_LOG_FILE_H
#define KVS_PERSIST_LOG_FILE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct log_file {
    int fd;                   /* -1: closed */
    _Atomic(uint64_t) size;   /* bytes, up to the end of the last whole append */
    _Atomic(uint64_t) synced; /* bytes of it that are known to be on the disk */
    const char *failed;       /* the call that failed ("write", "fdatasync", ...), or NULL */
    int error;                /* and its errno */
    bool is_lost;             /* a sync failed: nothing more will be written to it */
    /* private */
    bool has_rest; /* a write failed, and what it left couldn't be cut off */
};

/*
 * Makes the file in the folder, or empties it; its name is safe once the folder has been synced, as
 * log_manifest_write() does. Or opens one that is there, to go on behind its last byte, having been read and cut. 0 or
 * a negative errno; then it is closed, and `failed` says what failed.
 */
int log_file_create(struct log_file *file, int folder, const char *name);
int log_file_open(struct log_file *file, int folder, const char *name);

/* Closes it without a sync. A closed one does nothing. */
void log_file_close(struct log_file *file);

/*
 * Appends all of it or nothing. 0 or a negative errno: that of the failure that stands, if there is one. After a
 * failure the caller keeps the bytes, to append them again when log_file_recover() says so.
 */
int log_file_append(struct log_file *file, const char *data, size_t len);

/*
 * Syncs what was appended; nothing to do is nothing done. 0 or a negative errno: from then on the file is lost.
 */
int log_file_sync(struct log_file *file);

/*
 * After a failed append: forgets the failure if the file ends where it should, which is tried again. False: it is lost,
 * or what the failed write left can't be cut off yet. True without a failure.
 */
bool log_file_recover(struct log_file *file);

#endif
