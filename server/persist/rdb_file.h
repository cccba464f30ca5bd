/*
 * RDB files as they come to the disk: a new file is written under another name, beside the one whose place it takes
 * when all of it is there. So whatever ends the process or the machine, the place holds the old file or the new one.
 *
 *     rdb_file_begin()     makes temp-PID-NAME in the folder, and writes the first bytes
 *     rdb_file_append()    any number of times: records (rdb_records.h)
 *     rdb_file_end()       the last bytes; then all is synced, renamed, and the folder synced
 *     rdb_file_abandon()   instead of it, at any time: nothing is left
 *
 * The first failure sticks: what comes behind it does nothing and fails as well, and the end then abandons. A sync
 * that has failed is not tried again, since the kernel may have dropped what it couldn't write, and the next one would
 * succeed.
 *
 * What was appended is sent to the disk while more comes, and then dropped from the page cache: so the last sync has
 * little left to do, and a file that nobody will read soon takes no memory from those that are read.
 *
 * Any thread, one at a time. All functions block on the disk.
 */
#ifndef KVS_PERSIST_RDB_FILE_H
#define KVS_PERSIST_RDB_FILE_H

#include "base/text.h"

#include <limits.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* The system calls that a file is made by, so that tests can have them fail. Each as in the manual. */
struct rdb_disk {
    int (*open)(int folder, const char *name, int flags, mode_t mode);
    ssize_t (*write)(int fd, const void *data, size_t len);
    ssize_t (*write_at)(int fd, const void *data, size_t len, off_t offset);
    int (*sync_range)(int fd, off_t offset, off_t len, unsigned flags);
    int (*sync)(int fd);
    int (*close)(int fd);
    int (*rename)(int folder, const char *from, const char *to);
    int (*remove)(int folder, const char *name);
};

struct rdb_file_terms {
    int folder;       /* descriptor, which stays open while the file is written */
    const char *name; /* in the folder, without a slash; copied */
    mode_t mode;      /* 0644 under the operator's umask, say: the process's own umask is 0 */
    bool sums;        /* with a checksum (rdbchecksum) */
    uint64_t
        sync_every; /* bytes after which they are sent to the disk; 0: all at the end (rdb-save-incremental-fsync) */
    const struct rdb_disk *disk; /* NULL: the kernel's */
};

struct rdb_file {
    uint64_t len;       /* bytes so far */
    int error;          /* errno of what failed first, or 0 */
    const char *failed; /* what that was: "write to", "sync" */
    /* private */
    struct rdb_file_terms terms;
    int fd; /* -1: there is none */
    uint64_t sum;
    uint64_t sent, dropped; /* up to where */
    char name[NAME_MAX + 1], temporary[NAME_MAX + 1];
};

/* All of these: false when something has failed, now or before. */
bool rdb_file_begin(struct rdb_file *file, const struct rdb_file_terms *terms);

/* Best in pieces of 64 KiB and more, as each is a system call. */
bool rdb_file_append(struct rdb_file *file, const void *data, size_t len);

/*
 * version is the highest that any record needs (rdb_save_version()). False: the old file is untouched, unless only the
 * folder's sync failed ("sync the folder of"), after which either may be there when the machine has crashed.
 */
bool rdb_file_end(struct rdb_file *file, unsigned version);

void rdb_file_abandon(struct rdb_file *file);

/* Adds the line about what failed: "can't write to temp-123-dump.rdb in /var/lib/kvs: ...", with what to do. */
void rdb_file_explain(const struct rdb_file *file, const char *folder_path, struct text *out);

#endif
