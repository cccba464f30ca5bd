/*
 * The file is removed before it is unlocked. Whoever was waiting for it then has the lock of a file that is gone, sees
 * that and begins again.
 */
#include "listen/folder_lock.h"

#include "base/clock.h"
#include "host/account.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define POLL_MS 5
#define NAME_MAX_LEN 32

static void name_lock(char out[NAME_MAX_LEN])
{
    snprintf(out, NAME_MAX_LEN, ".kvs-%u.lock", (unsigned)geteuid());
}

/* The open file, or -1 where there is none that only this account can lock. */
static int open_file(int folder)
{
    struct stat found;
    char name[NAME_MAX_LEN];
    name_lock(name);
    int fd = openat(folder, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
    if (fd < 0)
        return -1;
    if (fstat(fd, &found) == 0 && S_ISREG(found.st_mode) && found.st_uid == geteuid() && (found.st_mode & 077) == 0)
        return fd;
    close(fd);
    return -1;
}

/* Whether the file is still the one that others would lock. */
static bool is_there(int folder, int fd)
{
    struct stat ours, found;
    char name[NAME_MAX_LEN];
    name_lock(name);
    return fstat(fd, &ours) == 0 && fstatat(folder, name, &found, AT_SYMLINK_NOFOLLOW) == 0 &&
           ours.st_dev == found.st_dev && ours.st_ino == found.st_ino;
}

/* The process that /proc/locks names for the file; 0 if it names none. */
static int find_holder(int fd)
{
    struct stat file;
    char line[256];
    int holder = 0;
    FILE *locks = fopen("/proc/locks", "re");
    if (!locks || fstat(fd, &file))
        file.st_ino = 0;
    while (locks && !holder && fgets(line, sizeof line, locks)) {
        int pid;
        unsigned long long inode;
        if (sscanf(line, "%*d: FLOCK %*s %*s %d %*x:%*x:%llu", &pid, &inode) == 2 && inode == file.st_ino)
            holder = pid;
    }
    if (locks)
        fclose(locks);
    return holder;
}

static void name_holder(int fd, char out[FOLDER_LOCK_TEXT_MAX])
{
    char path[32], name[ACCOUNT_NAME_MAX];
    struct stat process;
    int pid = find_holder(fd);
    snprintf(path, sizeof path, "/proc/%d", pid);
    if (pid > 0 && stat(path, &process) == 0)
        snprintf(out, FOLDER_LOCK_TEXT_MAX, "pid %d of uid %u (%s)", pid, (unsigned)process.st_uid,
                 account_user_name(process.st_uid, name));
    else
        snprintf(out, FOLDER_LOCK_TEXT_MAX, "another process of this account");
}

/* False: it is locked all the while. */
static bool lock_file(int fd, int64_t until_ms)
{
    while (flock(fd, LOCK_EX | LOCK_NB)) {
        if (errno != EWOULDBLOCK && errno != EINTR)
            return true; /* the file system knows no locks */
        if (until_ms == 0 || clock_monotonic_ms() >= until_ms)
            return false;
        nanosleep(&(struct timespec){.tv_nsec = POLL_MS * 1000000}, NULL);
    }
    return true;
}

int folder_lock_take(int folder, int64_t until_ms, struct folder_lock *lock_out, char holder[FOLDER_LOCK_TEXT_MAX])
{
    for (;;) {
        int fd = open_file(folder);
        if (fd >= 0 && !lock_file(fd, until_ms)) {
            name_holder(fd, holder);
            close(fd);
            return -EBUSY;
        }
        if (fd < 0 || is_there(folder, fd)) {
            *lock_out = (struct folder_lock){folder, fd};
            return 0;
        }
        close(fd);
    }
}

void folder_lock_give_back(struct folder_lock *lock)
{
    char name[NAME_MAX_LEN];
    if (lock->fd < 0)
        return;
    name_lock(name);
    unlinkat(lock->folder, name, 0);
    close(lock->fd);
    lock->fd = -1;
}
