/*
 * A listener is a socket file (socket_file.h) and the rights that the configuration gives it. It keeps the absolute
 * path, since the working directory may change while it serves, and shows people the path that they gave.
 */
#include "listen/listener.h"

#include "base/memory.h"
#include "host/log.h"
#include "listen/socket_file.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

struct listener {
    atomic_uint references;
    struct origin *origin;         /* const; access and user as in rights */
    struct socket_file made;       /* guarded by the lock of listen/sockets.h; fd is -1 once closed */
    struct listener_rights rights; /* changed while the world is stopped; user is the origin's */
    char *file;                    /* const */
};

static struct listener *listener_create(enum origin_kind kind, const char *path, const char *file,
                                        const struct listener_rights *rights)
{
    struct listener *listener = mem_calloc(sizeof *listener);
    atomic_init(&listener->references, 1);
    listener->origin = origin_create(kind, path, rights->access, rights->user);
    listener->made.fd = -1;
    listener->rights = *rights;
    listener->rights.user = origin_user(listener->origin);
    listener->file = mem_strdup(file);
    return listener;
}

struct listener *listener_create_inherited(void)
{
    struct listener_rights rights = {.owner = geteuid(), .group = getegid(), .access = ACCESS_ADMIN, .user = ""};
    return listener_create(ORIGIN_INHERITED, "(inherited)", "", &rights);
}

/* ---- opening ---- */

static int check_path(const char *path, char *error, size_t error_size)
{
    size_t len = strlen(path);
    const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
    if (path[0] == '@') {
        snprintf(error, error_size,
                 "can't listen on %s: an abstract name has no permissions, so every user could connect; give the path "
                 "of a file",
                 path);
        return -EINVAL;
    }
    if (len == 0 || len > ORIGIN_PATH_MAX) {
        snprintf(error, error_size,
                 "can't listen on %s: the path has %zu bytes, but a socket's has 1 to %d; choose another", path, len,
                 ORIGIN_PATH_MAX);
        return -ENAMETOOLONG;
    }
    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0) {
        snprintf(error, error_size, "can't listen on %s: that names a folder; add the name of a file", path);
        return -EISDIR;
    }
    return 0;
}

static int make_absolute(const char *path, char out[PATH_MAX], char *error, size_t error_size)
{
    char here[PATH_MAX];
    if (path[0] == '/') {
        snprintf(out, PATH_MAX, "%s", path);
        return 0;
    }
    int failed = getcwd(here, sizeof here) ? 0 : errno;
    if (!failed && snprintf(out, PATH_MAX, "%s/%s", here, path) >= PATH_MAX)
        failed = ENAMETOOLONG;
    if (!failed)
        return 0;
    snprintf(error, error_size, "can't listen on %s: %s; give a path that begins with /", path, strerror(failed));
    return -failed;
}

/*
 * Users who can write to the folder can replace the file with a socket of their own, unless the sticky bit is set. If
 * the folder's group is ours and has our uid's number, it is taken for a private group without other members.
 */
static void warn_about_folder(const struct listener *listener)
{
    char folder[PATH_MAX];
    struct stat found;
    snprintf(folder, sizeof folder, "%s", listener->file);
    char *slash = strrchr(folder, '/');
    slash[slash == folder] = '\0';
    if (stat(folder, &found) || (found.st_mode & S_ISVTX))
        return;
    bool world = found.st_mode & S_IWOTH;
    bool group = (found.st_mode & S_IWGRP) && !(found.st_gid == getegid() && getegid() == (gid_t)geteuid());
    if (world || group)
        log_warning("%s can write to the folder %s, and so replace %s with a socket of their own; forbid that "
                    "(chmod %s %s) or set the sticky bit (chmod +t %s)",
                    world ? "all users" : "members of its group", folder, listener_path(listener),
                    world ? "go-w" : "g-w", folder, folder);
}

int listener_open(const char *path, const struct listener_rights *rights, int backlog, int64_t lock_until_ms,
                  struct listener **listener_out, char *error, size_t error_size)
{
    char file[PATH_MAX];
    struct socket_file made;
    int result = check_path(path, error, error_size);
    if (result == 0)
        result = make_absolute(path, file, error, error_size);
    if (result == 0)
        result = socket_file_make(file, rights->mode, (struct socket_owner){rights->owner, rights->group}, backlog,
                                  lock_until_ms, &made, error, error_size);
    if (result)
        return result;
    struct listener *listener = listener_create(ORIGIN_OWN, path, file, rights);
    listener->made = made;
    warn_about_folder(listener);
    *listener_out = listener;
    return 0;
}

int listener_check(const char *path, const struct listener_rights *rights, char *error, size_t error_size)
{
    char file[PATH_MAX];
    int result = check_path(path, error, error_size);
    if (result == 0)
        result = make_absolute(path, file, error, error_size);
    if (result == 0)
        result = socket_file_check(file, (struct socket_owner){rights->owner, rights->group}, error, error_size);
    return result;
}

int listener_adopt(int fd, const char *path, const struct listener_rights *rights, struct listener **listener_out,
                   char *error, size_t error_size)
{
    char file[PATH_MAX];
    struct stat found;
    struct listener_rights seen = *rights;
    int result = make_absolute(path, file, error, error_size);
    if (result) {
        close(fd);
        return result;
    }
    if (lstat(file, &found) == 0) {
        seen.mode = found.st_mode & 07777;
        seen.owner = found.st_uid;
        seen.group = found.st_gid;
    }
    struct listener *listener = listener_create(ORIGIN_ACTIVATED, path, file, &seen);
    listener->made.fd = fd;
    *listener_out = listener;
    return 0;
}

int listener_remake(struct listener *listener, int backlog, int64_t lock_until_ms, char *error, size_t error_size)
{
    struct socket_file made;
    const struct listener_rights *rights = &listener->rights;
    int result = socket_file_make(listener->file, rights->mode, (struct socket_owner){rights->owner, rights->group},
                                  backlog, lock_until_ms, &made, error, error_size);
    if (result)
        return result;
    close(listener->made.fd);
    listener->made = made;
    return 0;
}

/* ---- changing ---- */

static int change_file(struct listener *listener, const struct listener_rights *rights, char *error, size_t error_size)
{
    const struct listener_rights *before = &listener->rights;
    struct socket_owner owner = {(uid_t)-1, (gid_t)-1};
    if (rights->owner != before->owner)
        owner.user = rights->owner != (uid_t)-1 ? rights->owner : geteuid();
    if (rights->group != before->group)
        owner.group = rights->group != (gid_t)-1 ? rights->group : socket_file_natural_group(listener->file);
    if (rights->mode == before->mode && owner.user == (uid_t)-1 && owner.group == (gid_t)-1)
        return 0;
    return socket_file_change(&listener->made, listener->file, rights->mode, owner, error, error_size);
}

int listener_set_rights(struct listener *listener, const struct listener_rights *rights, char *error, size_t error_size)
{
    struct listener_rights after = *rights;
    if (origin_kind(listener->origin) == ORIGIN_OWN && listener_owns_file(listener)) {
        int result = change_file(listener, rights, error, error_size);
        if (result)
            return result;
    } else if (origin_kind(listener->origin) != ORIGIN_OWN) {
        after.mode = listener->rights.mode;
        after.owner = listener->rights.owner;
        after.group = listener->rights.group;
    }
    origin_set_rights(listener->origin, rights->access, rights->user);
    after.user = origin_user(listener->origin);
    listener->rights = after;
    return 0;
}

/* ---- the end ---- */

bool listener_owns_file(const struct listener *listener)
{
    return origin_kind(listener->origin) == ORIGIN_OWN && socket_file_is_at(&listener->made, listener->file);
}

void listener_stop(struct listener *listener)
{
    if (origin_kind(listener->origin) != ORIGIN_OWN)
        return;
    socket_file_remove(&listener->made, listener->file);
    shutdown(listener->made.fd, SHUT_RDWR); /* who has the file under another name is refused as well */
}

void listener_close(struct listener *listener)
{
    if (listener->made.fd >= 0) {
        listener_stop(listener);
        close(listener->made.fd);
        listener->made.fd = -1;
    }
    listener_release(listener);
}

struct listener *listener_retain(struct listener *listener)
{
    atomic_fetch_add_explicit(&listener->references, 1, memory_order_relaxed);
    return listener;
}

void listener_release(struct listener *listener)
{
    /* pairs with itself: the thread that frees sees what all others did before they released */
    if (atomic_fetch_sub_explicit(&listener->references, 1, memory_order_acq_rel) != 1)
        return;
    origin_release(listener->origin);
    mem_free(listener->file);
    mem_free(listener);
}

/* ---- reading ---- */

int listener_accept(struct listener *listener)
{
    int fd;
    do
        fd = accept4(listener->made.fd, NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
    while (fd < 0 && (errno == EINTR || errno == ECONNABORTED));
    return fd < 0 ? -errno : fd;
}

int listener_fd(const struct listener *listener)
{
    return listener->made.fd;
}

enum origin_kind listener_kind(const struct listener *listener)
{
    return origin_kind(listener->origin);
}

const char *listener_path(const struct listener *listener)
{
    return origin_path(listener->origin);
}

const char *listener_file(const struct listener *listener)
{
    return listener->file;
}

struct listener_rights listener_rights(const struct listener *listener)
{
    return listener->rights;
}

enum access_level listener_access(const struct listener *listener)
{
    return origin_access(listener->origin);
}

struct origin *listener_origin(const struct listener *listener)
{
    return listener->origin;
}
