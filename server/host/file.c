/*
 * The new file is made by mkostemp(), for its owner alone, and gets its mode and owner before a byte is in it.
 */
#include "host/file.h"

#include "base/memory.h"
#include "base/text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { READ_SIZE = 16 << 10 };

int file_read(const char *path, struct text *text)
{
    char buffer[READ_SIZE];
    int fd = open(path, O_RDONLY | O_CLOEXEC), result = 0;
    if (fd < 0)
        return -errno;
    text_add(text, "");
    for (;;) {
        ssize_t len = read(fd, buffer, sizeof buffer);
        if (len > 0)
            text_add_bytes(text, buffer, (size_t)len);
        else if (len == 0)
            break;
        else if (errno != EINTR) {
            result = -errno;
            break;
        }
    }
    close(fd);
    return result;
}

static int write_all(int fd, const char *data, size_t len)
{
    while (len > 0) {
        ssize_t written = write(fd, data, len);
        if (written < 0 && errno != EINTR)
            return -errno;
        if (written > 0) {
            data += written;
            len -= (size_t)written;
        }
    }
    return 0;
}

/*
 * Gives the new file, which only we can read so far, the old one's mode and, where we may, its owner and group. If we
 * may not set the group, the group's permissions are left out: they would let another group in.
 */
static int take_over_rights(int fd, const struct stat *old)
{
    mode_t mode = old->st_mode & 07777;
    if (fchown(fd, old->st_uid, old->st_gid) != 0 && fchown(fd, (uid_t)-1, old->st_gid) != 0) {
        if (errno != EPERM)
            return -errno;
        mode &= ~(mode_t)(S_IRWXG | S_ISGID);
    }
    return fchmod(fd, mode) != 0 ? -errno : 0;
}

static int sync_folder(const char *path)
{
    char *folder = mem_strdup(path);
    char *slash = strrchr(folder, '/');
    if (slash)
        slash[1] = '\0';
    int fd = open(slash ? folder : ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    int result = fd < 0 || fsync(fd) != 0 ? -errno : 0;
    if (fd >= 0)
        close(fd);
    mem_free(folder);
    return result;
}

static int replace(const char *path, const char *data, size_t len, mode_t mode)
{
    struct stat old;
    struct text temporary = TEXT_EMPTY;
    bool had_one = stat(path, &old) == 0;
    text_addf(&temporary, "%s.XXXXXX", path);
    int fd = mkostemp(temporary.data, O_CLOEXEC);
    int result = fd < 0 ? -errno : 0;
    if (fd < 0)
        goto free_name;

    if (had_one)
        result = take_over_rights(fd, &old);
    else if (fchmod(fd, mode) != 0)
        result = -errno;
    if (result == 0)
        result = write_all(fd, data, len);
    if (result == 0 && fsync(fd) != 0)
        result = -errno;
    close(fd);
    if (result == 0 && rename(temporary.data, path) != 0)
        result = -errno;
    if (result != 0)
        unlink(temporary.data);
    else
        result = sync_folder(path);
free_name:
    text_deinit(&temporary);
    return result;
}

int file_replace(const char *path, const char *data, size_t len, mode_t mode)
{
    char *target = realpath(path, NULL);
    int result = replace(target ? target : path, data, len, mode);
    free(target);
    return result;
}
