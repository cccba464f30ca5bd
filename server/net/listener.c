/*
 * Making the file: under a lock on its folder (flock, so that two servers don't take each other's fresh
 * socket for a stale one), what is there is looked at, a dead socket is removed, and bind(2) makes the
 * new one. Its mode is that of the socket's own inode, set before, less the umask, which is 0 for the
 * moment: so the file never exists with another mode.
 *
 * Whether a socket is dead only connect(2) can tell: it is refused where nobody listens.
 */
#include "net/listener.h"

#include "core/memory.h"

#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <pwd.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

#define FOLDER_LOCK_TRIES 100 /* of 50 ms */

struct listener {
    atomic_uint references;
    int fd;       /* -1 once closed */
    dev_t device; /* of the file that we made */
    ino_t inode;
    char path[];
};

static int fail(int error, char *text, size_t size, const char *path, const char *what)
{
    snprintf(text, size, "can't listen on %s: %s", path, what);
    return -error;
}

static void address_of(const char *path, struct sockaddr_un *address)
{
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    memcpy(address->sun_path, path, strlen(path) + 1);
}

static int folder_open(const char *path, char *error, size_t error_size)
{
    char copy[LISTENER_PATH_MAX + 1];
    snprintf(copy, sizeof copy, "%s", path);
    const char *folder = dirname(copy);
    int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) {
        int saved = errno;
        snprintf(error, error_size, "can't listen on %s: folder %s: %s; create it or choose another path with -s", path,
                 folder, strerror(saved));
        return -saved;
    }
    return fd;
}

static int folder_lock(int folder, const char *path, char *error, size_t error_size)
{
    for (int i = 0; i < FOLDER_LOCK_TRIES; i++) {
        if (flock(folder, LOCK_EX | LOCK_NB) == 0)
            return 0;
        if (errno != EWOULDBLOCK && errno != EINTR)
            return 0; /* a file system without locks: go on without */
        nanosleep(&(struct timespec){.tv_nsec = 50000000}, NULL);
    }
    return fail(EBUSY, error, error_size, path,
                "another process keeps the folder locked; end it or choose a folder of your own");
}

static int describe_live(int fd, const char *path, char *error, size_t error_size)
{
    struct ucred peer;
    socklen_t len = sizeof peer;
    if (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &peer, &len) == 0) {
        struct passwd entry, *owner = NULL;
        char names[1024];
        getpwuid_r(peer.uid, &entry, names, sizeof names, &owner); /* NULL where it has no name */
        snprintf(error, error_size,
                 "can't listen on %s: a server is listening there, pid %d of uid %u (%s); stop it or choose another "
                 "path with -s",
                 path, (int)peer.pid, (unsigned)peer.uid, owner ? owner->pw_name : "no name");
        return -EADDRINUSE;
    }
    return fail(EADDRINUSE, error, error_size, path,
                "a server is listening there; stop it or choose another path with -s");
}

/* Removes the socket of a dead server; anything else at the path is an error. 0 when the path is free. */
static int path_clear(const char *path, char *error, size_t error_size)
{
    struct stat found;
    if (lstat(path, &found))
        return errno == ENOENT ? 0 : fail(errno, error, error_size, path, strerror(errno));
    if (!S_ISSOCK(found.st_mode))
        return fail(EEXIST, error, error_size, path,
                    "something that is not a socket is there; move it away or choose another path with -s");
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fail(errno, error, error_size, path, strerror(errno));
    struct sockaddr_un address;
    address_of(path, &address);
    int refused = connect(fd, (struct sockaddr *)&address, sizeof address) ? errno : 0;
    int result = 0;
    if (refused == 0)
        result = describe_live(fd, path, error, error_size);
    else if (refused == EAGAIN)
        result =
            fail(EADDRINUSE, error, error_size, path, "a busy server is listening there; choose another path with -s");
    else if (refused != ECONNREFUSED && refused != ENOENT)
        result = fail(refused, error, error_size, path, strerror(refused));
    else if (unlink(path) && errno != ENOENT)
        result = fail(errno, error, error_size, path,
                      "the stale socket file can't be removed: not yours, or a read-only folder");
    close(fd);
    return result;
}

/* Binds with exactly this mode and listens. */
static int path_bind(int fd, const char *path, mode_t mode, int backlog, char *error, size_t error_size)
{
    struct sockaddr_un address;
    address_of(path, &address);
    if (fchmod(fd, mode))
        return fail(errno, error, error_size, path, strerror(errno));
    mode_t mask = umask(0);
    int failed = bind(fd, (struct sockaddr *)&address, sizeof address) ? errno : 0;
    umask(mask);
    if (failed)
        return fail(failed, error, error_size, path, strerror(failed));
    if (listen(fd, backlog)) {
        failed = errno;
        unlink(path);
        return fail(failed, error, error_size, path, strerror(failed));
    }
    return 0;
}

int listener_open(const char *path, mode_t mode, int backlog, struct listener **listener_out, char *error,
                  size_t error_size)
{
    size_t len = strlen(path);
    if (len == 0 || len > LISTENER_PATH_MAX) {
        snprintf(error, error_size,
                 "can't listen on %s: the path has %zu bytes, a socket's has 1 to %d; choose a shorter one with -s",
                 path, len, LISTENER_PATH_MAX);
        return -ENAMETOOLONG;
    }
    int folder = folder_open(path, error, error_size);
    if (folder < 0)
        return folder;
    int result = folder_lock(folder, path, error, error_size);
    if (result == 0)
        result = path_clear(path, error, error_size);
    int fd = -1;
    if (result == 0) {
        fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
        result = fd < 0 ? fail(errno, error, error_size, path, strerror(errno))
                        : path_bind(fd, path, mode, backlog, error, error_size);
    }
    struct stat made = {0};
    if (result == 0)
        lstat(path, &made);
    close(folder); /* and with it the lock */
    if (result) {
        if (fd >= 0)
            close(fd);
        return result;
    }
    struct listener *listener = mem_alloc(sizeof *listener + len + 1);
    atomic_init(&listener->references, 1);
    listener->fd = fd;
    listener->device = made.st_dev;
    listener->inode = made.st_ino;
    memcpy(listener->path, path, len + 1);
    *listener_out = listener;
    return 0;
}

static bool listener_owns_file(const struct listener *listener)
{
    struct stat found;
    return lstat(listener->path, &found) == 0 && found.st_dev == listener->device && found.st_ino == listener->inode;
}

void listener_close(struct listener *listener)
{
    if (listener_owns_file(listener))
        unlink(listener->path);
    close(listener->fd);
    listener->fd = -1;
    listener_release(listener);
}

struct listener *listener_retain(struct listener *listener)
{
    atomic_fetch_add_explicit(&listener->references, 1, memory_order_relaxed);
    return listener;
}

void listener_release(struct listener *listener)
{
    if (atomic_fetch_sub_explicit(&listener->references, 1, memory_order_acq_rel) == 1)
        mem_free(listener);
}

int listener_fd(const struct listener *listener)
{
    return listener->fd;
}

const char *listener_path(const struct listener *listener)
{
    return listener->path;
}

int listener_set_mode(struct listener *listener, mode_t mode)
{
    if (!listener_owns_file(listener))
        return -ENOENT;
    return chmod(listener->path, mode) ? -errno : 0;
}

int listener_accept(struct listener *listener)
{
    int fd;
    do
        fd = accept4(listener->fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    return fd < 0 ? -errno : fd;
}
