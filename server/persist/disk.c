#include "persist/disk.h"

#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 16 << 10 };

/* What a test asked for. Relaxed: it publishes no other data. */
static struct {
    atomic_uint countdown; /* 0: off */
    atomic_uint times;
    atomic_int error;
    atomic_bool write_was_halved; /* so the next one fails */
} failure;

void disk_fail_after(unsigned countdown, unsigned times, int error)
{
    atomic_store_explicit(&failure.times, times, memory_order_relaxed);
    atomic_store_explicit(&failure.error, error, memory_order_relaxed);
    atomic_store_explicit(&failure.write_was_halved, false, memory_order_relaxed);
    atomic_store_explicit(&failure.countdown, countdown, memory_order_relaxed);
}

/* Whether this call is to fail; errno is then set. */
static bool failure_is_due(void)
{
    unsigned left = atomic_load_explicit(&failure.countdown, memory_order_relaxed);
    if (__builtin_expect(left == 0, 1))
        return false;
    if (left > 1) {
        atomic_store_explicit(&failure.countdown, left - 1, memory_order_relaxed);
        return false;
    }
    unsigned times = atomic_load_explicit(&failure.times, memory_order_relaxed);
    atomic_store_explicit(&failure.times, times - 1, memory_order_relaxed);
    if (times <= 1)
        atomic_store_explicit(&failure.countdown, 0, memory_order_relaxed);
    errno = atomic_load_explicit(&failure.error, memory_order_relaxed);
    return true;
}

static int result_of(int returned)
{
    return returned < 0 ? -errno : returned;
}

int disk_open(int folder, const char *name, int flags, mode_t mode)
{
    if ((flags & (O_CREAT | O_TRUNC)) != 0 && failure_is_due())
        return -errno;
    return result_of(openat(folder, name, flags | O_CLOEXEC, mode));
}

int disk_make_folder(int folder, const char *name, mode_t mode)
{
    if (failure_is_due())
        return -errno;
    return mkdirat(folder, name, mode) != 0 && errno != EEXIST ? -errno : 0;
}

/* write(), but for what tests ask for. */
static ssize_t write_some(int fd, const char *data, size_t len)
{
    bool is_last = atomic_load_explicit(&failure.countdown, memory_order_relaxed) == 1;
    if (is_last && len > 1 && !atomic_load_explicit(&failure.write_was_halved, memory_order_relaxed)) {
        atomic_store_explicit(&failure.write_was_halved, true, memory_order_relaxed);
        return write(fd, data, len / 2);
    }
    return failure_is_due() ? -1 : write(fd, data, len);
}

int disk_write(int fd, const char *data, size_t len, size_t *written_out)
{
    *written_out = 0;
    while (*written_out < len) {
        ssize_t written = write_some(fd, data + *written_out, len - *written_out);
        if (written > 0)
            *written_out += (size_t)written;
        else if (written == 0)
            return -EIO; /* a regular file takes something or says why not */
        else if (errno != EINTR)
            return -errno;
    }
    return 0;
}

int disk_sync_data(int fd)
{
    return failure_is_due() ? -errno : result_of(fdatasync(fd));
}

int disk_sync(int fd)
{
    return failure_is_due() ? -errno : result_of(fsync(fd));
}

int disk_truncate(int fd, uint64_t size)
{
    int result;
    do
        result = failure_is_due() ? -errno : result_of(ftruncate(fd, (off_t)size));
    while (result == -EINTR);
    return result;
}

int disk_rename(int from_folder, const char *from, int to_folder, const char *to)
{
    return failure_is_due() ? -errno : result_of(renameat(from_folder, from, to_folder, to));
}

int disk_remove(int folder, const char *name)
{
    if (failure_is_due())
        return -errno;
    return unlinkat(folder, name, 0) != 0 && errno != ENOENT ? -errno : 0;
}

static int read_all(int fd, uint64_t max, struct text *text)
{
    char buffer[READ_SIZE];
    size_t before = text->len;
    text_add(text, "");
    for (;;) {
        ssize_t len = read(fd, buffer, sizeof buffer);
        if (len == 0)
            return 0;
        if (len < 0 && errno != EINTR)
            return -errno;
        if (len > 0 && text->len - before + (uint64_t)len > max) {
            text->len = before;
            return -EFBIG;
        }
        if (len > 0)
            text_add_bytes(text, buffer, (size_t)len);
    }
}

int disk_read(int folder, const char *name, uint64_t max, struct text *text)
{
    struct stat status;
    int fd = disk_open(folder, name, O_RDONLY | O_NONBLOCK, 0); /* a pipe of that name keeps nobody waiting */
    if (fd < 0)
        return fd;
    int result = result_of(fstat(fd, &status));
    if (result == 0 && !S_ISREG(status.st_mode))
        result = S_ISDIR(status.st_mode) ? -EISDIR : -EINVAL;
    if (result == 0)
        result = read_all(fd, max, text);
    close(fd);
    return result;
}
