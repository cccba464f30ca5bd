/*
 * The version stands at the front and is known at the end. Since sums are linear, the sum of a file whose first bytes
 * change follows from the two sums of these bytes and the length of the rest (crc64.h).
 */
#include "persist/rdb_file.h"

#include "persist/crc64.h"
#include "persist/rdb_type.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#define FOLDER_FAILED "sync the folder of" /* only then the file is in its place */

/* ---- the kernel's ---- */

static int kernel_open(int folder, const char *name, int flags, mode_t mode)
{
    return openat(folder, name, flags, mode);
}

static int kernel_rename(int folder, const char *from, const char *to)
{
    return renameat(folder, from, folder, to);
}

static int kernel_remove(int folder, const char *name)
{
    return unlinkat(folder, name, 0);
}

static const struct rdb_disk kernel = {
    kernel_open, write, pwrite, sync_file_range, fsync, close, kernel_rename, kernel_remove,
};

/* ---- failures ---- */

/* The first one sticks. */
static bool fail(struct rdb_file *file, const char *what)
{
    if (file->error == 0) {
        file->error = errno != 0 ? errno : EIO;
        file->failed = what;
    }
    return false;
}

static const char *advice(int error)
{
    switch (error) {
    case ENOSPC:
    case EDQUOT:
        return "make room on that file system, or set dir to a folder on another one";
    case EIO:
        return "look for errors of the disk in the kernel's log (dmesg)";
    case EACCES:
    case EPERM:
        return "give the account that kvs-server runs as the right to write in that folder";
    case EROFS:
        return "mount that file system for writing, or set dir to a folder on another one";
    case ENAMETOOLONG:
        return "set dbfilename to a shorter name";
    case EMFILE:
    case ENFILE:
        return "let the server open more files (ulimit -n, LimitNOFILE=)";
    case EFBIG:
        return "let the server write larger files (ulimit -f, LimitFSIZE=)";
    case ENOENT:
        return "the folder is gone: make it again, or set dir to another one";
    default:
        return "see that files can be made and synced there, or set dir to another folder";
    }
}

void rdb_file_explain(const struct rdb_file *file, const char *folder_path, struct text *out)
{
    const char *name = strcmp(file->failed, FOLDER_FAILED) == 0 ? file->name : file->temporary;
    text_addf(out, "can't %s %s in %s: %s; %s", file->failed, name, folder_path, strerror(file->error),
              advice(file->error));
}

/* ---- writing ---- */

static bool write_all(struct rdb_file *file, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t written = file->terms.disk->write(file->fd, data, len);
        if (written < 0 && errno == EINTR)
            continue;
        if (written <= 0) {
            errno = written < 0 ? errno : EIO;
            return fail(file, "write to");
        }
        data += written;
        len -= (size_t)written;
        file->len += (uint64_t)written;
    }
    return true;
}

/*
 * Sends what has been written since the last time to the disk, waits for what was sent before, and drops that. A
 * failure of the disk is told here once and not again by a sync, so it counts. A file system that can't do this is
 * left alone.
 */
static bool send_ahead(struct rdb_file *file)
{
    const struct rdb_disk *disk = file->terms.disk;
    off_t sent = (off_t)file->sent, waits = (off_t)(file->sent - file->dropped),
          fresh = (off_t)(file->len - file->sent);
    int result = disk->sync_range(file->fd, sent, fresh, SYNC_FILE_RANGE_WRITE);
    if (result == 0 && waits > 0)
        result = disk->sync_range(file->fd, (off_t)file->dropped, waits,
                                  SYNC_FILE_RANGE_WAIT_BEFORE | SYNC_FILE_RANGE_WRITE | SYNC_FILE_RANGE_WAIT_AFTER);
    if (result != 0 && (errno == EIO || errno == ENOSPC || errno == EDQUOT))
        return fail(file, "sync");
    if (result != 0) {
        file->terms.sync_every = 0;
        return true;
    }
    if (waits > 0)
        posix_fadvise(file->fd, (off_t)file->dropped, waits, POSIX_FADV_DONTNEED);
    file->dropped = file->sent;
    file->sent = file->len;
    return true;
}

bool rdb_file_append(struct rdb_file *file, const void *data, size_t len)
{
    if (file->error != 0 || !write_all(file, data, len))
        return false;
    if (file->terms.sums)
        file->sum = crc64_add(file->sum, data, len);
    bool is_time = file->terms.sync_every > 0 && file->len - file->sent >= file->terms.sync_every;
    return !is_time || send_ahead(file);
}

/* ---- the first bytes ---- */

static void format_head(char out[RDB_HEAD_LEN + 1], unsigned version)
{
    snprintf(out, RDB_HEAD_LEN + 1, "REDIS%04u", version % 10000);
}

bool rdb_file_begin(struct rdb_file *file, const struct rdb_file_terms *terms)
{
    char head[RDB_HEAD_LEN + 1];
    *file = (struct rdb_file){.terms = *terms, .fd = -1};
    if (!terms->disk)
        file->terms.disk = &kernel;
    int name_len = snprintf(file->name, sizeof file->name, "%s", terms->name);
    int len = snprintf(file->temporary, sizeof file->temporary, "temp-%d-%s", (int)getpid(), terms->name);
    if (name_len > NAME_MAX || len > NAME_MAX) {
        errno = ENAMETOOLONG;
        return fail(file, "make");
    }
    file->terms.name = NULL;                                  /* the caller's */
    file->terms.disk->remove(terms->folder, file->temporary); /* of a server that had our number and crashed */
    do
        file->fd = file->terms.disk->open(terms->folder, file->temporary,
                                          O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, terms->mode);
    while (file->fd < 0 && errno == EINTR);
    if (file->fd < 0)
        return fail(file, "make");
    format_head(head, RDB_VERSION);
    return rdb_file_append(file, head, RDB_HEAD_LEN);
}

static bool correct_version(struct rdb_file *file, unsigned version)
{
    char was[RDB_HEAD_LEN + 1], head[RDB_HEAD_LEN + 1];
    ssize_t written;
    if (version == RDB_VERSION)
        return true;
    format_head(was, RDB_VERSION);
    format_head(head, version);
    do
        written = file->terms.disk->write_at(file->fd, head, RDB_HEAD_LEN, 0);
    while (written < 0 && errno == EINTR);
    if (written != RDB_HEAD_LEN) {
        errno = written < 0 ? errno : EIO;
        return fail(file, "write to");
    }
    uint64_t change = crc64_add(0, was, RDB_HEAD_LEN) ^ crc64_add(0, head, RDB_HEAD_LEN);
    file->sum ^= crc64_add_zeros(change, file->len - RDB_HEAD_LEN);
    return true;
}

/* ---- the end ---- */

static bool close_file(struct rdb_file *file)
{
    int fd = file->fd;
    file->fd = -1;
    return fd < 0 || file->terms.disk->close(fd) == 0 || errno == EINTR ||
           fail(file, "close"); /* it is closed anyway */
}

void rdb_file_abandon(struct rdb_file *file)
{
    if (file->fd >= 0) {
        close_file(file);
        file->terms.disk->remove(file->terms.folder, file->temporary);
    }
}

static bool write_end(struct rdb_file *file, unsigned version)
{
    unsigned char sum[8] = {0};
    if (!correct_version(file, version) || !rdb_file_append(file, (char[]){(char)RDB_OPCODE_END}, 1))
        return false;
    for (unsigned i = 0; file->terms.sums && i < sizeof sum; i++)
        sum[i] = (unsigned char)(file->sum >> 8 * i);
    return write_all(file, (const char *)sum, sizeof sum);
}

/* Syncs, closes and renames. */
static bool put_in_place(struct rdb_file *file)
{
    const struct rdb_disk *disk = file->terms.disk;
    if (disk->sync(file->fd) != 0)
        return fail(file, "sync");
    if (!close_file(file))
        return false;
    return disk->rename(file->terms.folder, file->temporary, file->name) == 0 || fail(file, "rename");
}

bool rdb_file_end(struct rdb_file *file, unsigned version)
{
    const struct rdb_disk *disk = file->terms.disk;
    if (file->error != 0 || !write_end(file, version) || !put_in_place(file)) {
        bool was_made = file->fd >= 0 || strcmp(file->failed, "make") != 0;
        close_file(file);
        if (was_made)
            disk->remove(file->terms.folder, file->temporary);
        return false;
    }
    return disk->sync(file->terms.folder) == 0 || fail(file, FOLDER_FAILED);
}
