#include "persist/log_file.h"

#include "persist/disk.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

/* The owner's alone: it holds what the server holds. */
enum { LOG_FILE_MODE = 0600 };

static int fail(struct log_file *file, const char *what, int result)
{
    if (!file->failed) {
        file->failed = what;
        file->error = -result;
    }
    return result;
}

static int open_with(struct log_file *file, int folder, const char *name, int flags)
{
    struct stat status;
    *file = (struct log_file){.fd = -1};
    int fd = disk_open(folder, name, O_WRONLY | O_APPEND | O_NONBLOCK | flags, LOG_FILE_MODE);
    if (fd < 0)
        return fail(file, "open", fd);
    int result = fstat(fd, &status) != 0 ? -errno : 0;
    if (result == 0 && !S_ISREG(status.st_mode))
        result = -EINVAL;
    if (result != 0) {
        close(fd);
        return fail(file, "fstat", result);
    }
    file->fd = fd;
    atomic_init(&file->size, (uint64_t)status.st_size);
    atomic_init(&file->synced, 0); /* whoever wrote what is there may not have synced it */
    return 0;
}

int log_file_create(struct log_file *file, int folder, const char *name)
{
    return open_with(file, folder, name, O_CREAT | O_TRUNC);
}

int log_file_open(struct log_file *file, int folder, const char *name)
{
    return open_with(file, folder, name, 0);
}

void log_file_close(struct log_file *file)
{
    if (file->fd >= 0)
        close(file->fd);
    file->fd = -1;
}

/* Cuts off what a failed write has left. */
static void cut_rest(struct log_file *file)
{
    file->has_rest = disk_truncate(file->fd, atomic_load_explicit(&file->size, memory_order_relaxed)) != 0;
}

int log_file_append(struct log_file *file, const char *data, size_t len)
{
    size_t written;
    if (file->failed)
        return -file->error;
    int result = disk_write(file->fd, data, len, &written);
    if (result != 0) {
        if (written > 0)
            cut_rest(file);
        return fail(file, "write", result);
    }
    uint64_t size = atomic_load_explicit(&file->size, memory_order_relaxed);
    atomic_store_explicit(&file->size, size + len, memory_order_relaxed);
    return 0;
}

/*
 * A failed append doesn't keep from syncing what was appended before, which waits for it. The file's lost state does.
 */
int log_file_sync(struct log_file *file)
{
    uint64_t size = atomic_load_explicit(&file->size, memory_order_relaxed);
    if (file->is_lost)
        return -file->error;
    if (size == atomic_load_explicit(&file->synced, memory_order_relaxed))
        return 0;
    int result = disk_sync_data(file->fd);
    if (result != 0) {
        file->is_lost = true;
        file->failed = NULL; /* what lasts is more than what could have been overcome */
        return fail(file, "fdatasync", result);
    }
    atomic_store_explicit(&file->synced, size, memory_order_relaxed);
    return 0;
}

bool log_file_recover(struct log_file *file)
{
    if (file->is_lost || file->fd < 0)
        return false;
    if (file->has_rest)
        cut_rest(file);
    if (file->has_rest)
        return false;
    file->failed = NULL;
    file->error = 0;
    return true;
}
