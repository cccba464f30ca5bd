/*
 * A file is made under a lock (folder_lock.h), so that two servers don't take each other's fresh socket for a
 * stale one: what exists at the path is examined, a dead socket is removed, and bind(2) makes the new one. The file
 * gets the mode that was set on the socket's own inode before, less the umask, which is 0: so it never exists with
 * another mode.
 *
 * An owner or a group can be given only to an existing file. In that case the socket is bound to a temporary
 * name in the same folder, given away, set listening, and only then moved to the place where clients look for
 * it, without replacing anything. Nobody gets in by the temporary name: a socket that doesn't listen yet
 * refuses everybody.
 *
 * Only connect(2) can tell whether a socket is dead: it is refused where no process listens.
 */
#include "listen/socket_file.h"

#include "base/random.h"
#include "host/account.h"
#include "listen/folder_lock.h"
#include "net/peer.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define ASIDE_DIGITS 8

/* A file's folder, held open, and its name there. */
struct place {
    const char *path;
    const char *name;
    int folder;
    char *error; /* receives one line on failure */
    size_t error_size;
};

static int fail(const struct place *place, int error, const char *what)
{
    snprintf(place->error, place->error_size, "can't listen on %s: %s", place->path, what);
    return -error;
}

/* ---- the folder ---- */

static void folder_of(const char *path, char out[PATH_MAX])
{
    const char *slash = strrchr(path, '/');
    size_t len = slash > path ? (size_t)(slash - path) : 1;
    snprintf(out, PATH_MAX, "%.*s", (int)len, path);
}

static int place_open(struct place *place, const char *path, char *error, size_t error_size)
{
    char folder[PATH_MAX];
    *place = (struct place){.path = path, .name = strrchr(path, '/') + 1, .error = error, .error_size = error_size};
    folder_of(path, folder);
    place->folder = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (place->folder < 0 && errno == EACCES) /* it may be usable, even if it can't be listed or locked */
        place->folder = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
    if (place->folder >= 0)
        return 0;
    int failed = errno;
    snprintf(error, error_size, "can't listen on %s: folder %s: %s; create it or choose another path", path, folder,
             strerror(failed));
    return -failed;
}

/* The address of a name in the folder: its path or, if that is too long, a path through the open folder. */
static int place_address(const struct place *place, const char *name, struct sockaddr_un *address)
{
    char folder[PATH_MAX];
    *address = (struct sockaddr_un){.sun_family = AF_UNIX};
    folder_of(place->path, folder);
    const char *slash = folder[1] == '\0' ? "" : "/";
    size_t size = sizeof address->sun_path;
    if ((size_t)snprintf(address->sun_path, size, "%s%s%s", folder, slash, name) < size)
        return 0;
    if ((size_t)snprintf(address->sun_path, size, "/proc/self/fd/%d/%s", place->folder, name) < size)
        return 0;
    return fail(place, ENAMETOOLONG, "the name is too long for a socket; choose a shorter one");
}

/* ---- what is there already ---- */

static const char *kind_of(mode_t mode)
{
    return S_ISREG(mode)    ? "a regular file"
           : S_ISDIR(mode)  ? "a folder"
           : S_ISLNK(mode)  ? "a symbolic link"
           : S_ISSOCK(mode) ? "a socket"
           : S_ISFIFO(mode) ? "a pipe"
                            : "a device";
}

const char *socket_file_fate(const char *path, char out[SOCKET_FILE_TEXT_MAX])
{
    struct stat found;
    char folder[PATH_MAX], name[ACCOUNT_NAME_MAX];
    folder_of(path, folder);
    if (lstat(path, &found) == 0)
        snprintf(out, SOCKET_FILE_TEXT_MAX, "replaced by %s of uid %u (%s)", kind_of(found.st_mode),
                 (unsigned)found.st_uid, account_user_name(found.st_uid, name));
    else if (errno == ENOENT && lstat(folder, &found) == 0)
        strcpy(out, "removed");
    else
        strcpy(out, "removed with its folder");
    return out;
}

static int fail_occupied(const struct place *place)
{
    return fail(place, EEXIST, "something that is not a socket is there; move it away or choose another path");
}

static int fail_live(const struct place *place, int fd)
{
    struct peer peer;
    char name[ACCOUNT_NAME_MAX];
    if (peer_of_socket(fd, &peer))
        return fail(place, EADDRINUSE, "a server is listening there; stop it or choose another path");
    snprintf(place->error, place->error_size,
             "can't listen on %s: a server is listening there, pid %d of uid %u (%s); stop it or choose another path",
             place->path, (int)peer.pid, (unsigned)peer.uid, account_user_name(peer.uid, name));
    return -EADDRINUSE;
}

static int fail_foreign(const struct place *place, uid_t owner)
{
    char name[ACCOUNT_NAME_MAX];
    snprintf(place->error, place->error_size,
             "can't listen on %s: a socket of uid %u (%s) is there that this server may not connect to; remove it or "
             "choose another path",
             place->path, (unsigned)owner, account_user_name(owner, name));
    return -EACCES;
}

/* Removes a socket on which no process listens, unless another file has taken its place meanwhile. */
static int remove_dead(const struct place *place, const struct stat *dead)
{
    struct stat found;
    if (fstatat(place->folder, place->name, &found, AT_SYMLINK_NOFOLLOW) == 0) {
        if (found.st_dev != dead->st_dev || found.st_ino != dead->st_ino)
            return fail(place, EEXIST, "another server is starting there; choose another path");
        if (unlinkat(place->folder, place->name, 0) == 0)
            return 0;
    }
    return errno == ENOENT
               ? 0
               : fail(place, errno, "can't remove the stale socket file: it isn't yours, or the folder is read-only");
}

/* Removes the socket of a dead server; anything else at the path is an error. 0 when the path is free. */
static int place_clear(const struct place *place)
{
    struct stat found;
    struct sockaddr_un address;
    if (fstatat(place->folder, place->name, &found, AT_SYMLINK_NOFOLLOW))
        return errno == ENOENT ? 0 : fail(place, errno, strerror(errno));
    if (!S_ISSOCK(found.st_mode))
        return fail_occupied(place);
    int result = place_address(place, place->name, &address);
    if (result)
        return result;
    int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (fd < 0)
        return fail(place, errno, strerror(errno));
    int refused = connect(fd, (struct sockaddr *)&address, sizeof address) ? errno : 0;
    if (refused == 0)
        result = fail_live(place, fd);
    else if (refused == EAGAIN)
        result = fail(place, EADDRINUSE, "a busy server is listening there; choose another path");
    else if (refused == EACCES || refused == EPERM)
        result = fail_foreign(place, found.st_uid);
    else if (refused == ECONNREFUSED)
        result = remove_dead(place, &found);
    else if (refused != ENOENT)
        result = fail(place, refused, strerror(refused));
    close(fd);
    return result;
}

/* ---- making ---- */

static int bind_at(const struct place *place, const char *name, mode_t mode, struct socket_file *file)
{
    struct sockaddr_un address;
    int result = place_address(place, name, &address);
    if (result)
        return result;
    file->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    if (file->fd < 0)
        return fail(place, errno, strerror(errno));
    if (fchmod(file->fd, mode) || bind(file->fd, (struct sockaddr *)&address, sizeof address)) {
        result = fail(place, errno, strerror(errno));
        close(file->fd);
    }
    return result;
}

/* Undoes a bind() after a later step has failed. */
static int give_up(const struct place *place, const char *name, const struct socket_file *file, int result)
{
    unlinkat(place->folder, name, 0);
    close(file->fd);
    return result;
}

static int make_in_place(const struct place *place, mode_t mode, int backlog, struct socket_file *file)
{
    struct stat made = {0}; /* stays 0 if the file is gone at once: it will be found lost */
    int result = bind_at(place, place->name, mode, file);
    if (result)
        return result;
    (void)fstatat(place->folder, place->name, &made, AT_SYMLINK_NOFOLLOW);
    file->device = made.st_dev;
    file->inode = made.st_ino;
    if (listen(file->fd, backlog))
        return give_up(place, place->name, file, fail(place, errno, strerror(errno)));
    return 0;
}

static int fail_giving(const struct place *place, struct socket_owner owner, int failed)
{
    char name[ACCOUNT_NAME_MAX], self[ACCOUNT_NAME_MAX];
    account_user_name(geteuid(), self);
    if (failed != EPERM)
        return fail(place, failed, strerror(failed));
    if (owner.user != (uid_t)-1 && owner.user != geteuid())
        snprintf(
            place->error, place->error_size,
            "can't listen on %s: only root can give a file away, and this server runs as %s; leave out owner=%s, or "
            "name one of this server's groups instead",
            place->path, self, account_user_name(owner.user, name));
    else {
        account_group_name(owner.group, name);
        snprintf(place->error, place->error_size,
                 "can't listen on %s: this server runs as %s, which is not in group %s; add it (usermod -aG %s %s) and "
                 "restart the server, or choose one of its groups",
                 place->path, self, name, name, self);
    }
    return -EPERM;
}

/* Gives away only the socket that was just made, whatever others may have put in its place. */
static int give_away(const struct place *place, const char *name, struct socket_owner owner, struct socket_file *file)
{
    struct stat made;
    int handle = openat(place->folder, name, O_PATH | O_NOFOLLOW | O_CLOEXEC), result = 0;
    if (handle < 0)
        return fail(place, errno, strerror(errno));
    if (fstat(handle, &made) || !S_ISSOCK(made.st_mode) || made.st_uid != geteuid() || made.st_nlink != 1)
        result = fail(place, EPERM, "somebody meddles with the folder; choose one that others can't write to");
    else if (fchownat(handle, "", owner.user, owner.group, AT_EMPTY_PATH))
        result = fail_giving(place, owner, errno);
    file->device = made.st_dev;
    file->inode = made.st_ino;
    close(handle);
    return result;
}

/* Moves the file to its final name, if that is free. */
static int move_in(const struct place *place, const char *name)
{
    if (renameat2(place->folder, name, place->folder, place->name, RENAME_NOREPLACE) == 0)
        return 0;
    if (errno == EINVAL || errno == ENOSYS) { /* the file system can't: a link does it, with two names for a moment */
        if (linkat(place->folder, name, place->folder, place->name, 0) == 0) {
            unlinkat(place->folder, name, 0);
            return 0;
        }
    }
    return fail(place, errno, errno == EEXIST ? "something else has just appeared there; try again" : strerror(errno));
}

/*
 * ".kvs.sock.1f2e3d4c", which tells a reader of `ss -x` which file it becomes; if that is too long, a name without
 * the file's.
 */
static void name_aside(const struct place *place, char out[NAME_MAX + 1])
{
    char digits[ASIDE_DIGITS + 1];
    random_hex(digits, ASIDE_DIGITS);
    bool fits = strlen(place->path) + sizeof "..01234567" <= sizeof((struct sockaddr_un *)0)->sun_path;
    snprintf(out, NAME_MAX + 1, ".%s.%s", fits ? place->name : "kvs", digits);
}

static int make_aside(const struct place *place, mode_t mode, struct socket_owner owner, int backlog,
                      struct socket_file *file)
{
    char name[NAME_MAX + 1];
    name_aside(place, name);
    int result = bind_at(place, name, mode, file);
    if (result)
        return result;
    result = give_away(place, name, owner, file);
    if (result == 0 && listen(file->fd, backlog))
        result = fail(place, errno, strerror(errno));
    if (result == 0)
        result = move_in(place, name);
    return result ? give_up(place, name, file, result) : 0;
}

static int lock_place(const struct place *place, int64_t until_ms, struct folder_lock *lock)
{
    char holder[FOLDER_LOCK_TEXT_MAX];
    int result = folder_lock_take(place->folder, until_ms, lock, holder);
    if (result)
        snprintf(place->error, place->error_size,
                 "can't listen on %s: %s is making a socket in the same folder; try again, or end that process",
                 place->path, holder);
    return result;
}

int socket_file_make(const char *path, mode_t mode, struct socket_owner owner, int backlog, int64_t lock_until_ms,
                     struct socket_file *file_out, char *error, size_t error_size)
{
    struct place place;
    struct folder_lock lock = {.fd = -1};
    struct socket_file file;
    int result = place_open(&place, path, error, error_size);
    if (result)
        return result;
    result = lock_place(&place, lock_until_ms, &lock);
    if (owner.user == geteuid())
        owner.user = (uid_t)-1; /* the file gets it anyway */
    bool plain = owner.user == (uid_t)-1 && owner.group == (gid_t)-1;
    if (result == 0)
        result = place_clear(&place);
    if (result == 0)
        result = plain ? make_in_place(&place, mode, backlog, &file) : make_aside(&place, mode, owner, backlog, &file);
    folder_lock_give_back(&lock);
    close(place.folder);
    if (result == 0)
        *file_out = file;
    return result;
}

/* Whether this process could give a file of its own to the owner: root may, others only to their groups. */
static bool may_give(struct socket_owner owner)
{
    bool same_user = owner.user == (uid_t)-1 || owner.user == geteuid();
    bool same_group = owner.group == (gid_t)-1 || owner.group == getegid();
    return geteuid() == 0 || (same_user && (same_group || group_member(owner.group)));
}

int socket_file_check(const char *path, struct socket_owner owner, char *error, size_t error_size)
{
    struct place place = {.path = path, .folder = -1, .error = error, .error_size = error_size};
    struct stat found;
    if (lstat(path, &found) == 0 && !S_ISSOCK(found.st_mode))
        return fail_occupied(&place);
    return may_give(owner) ? 0 : fail_giving(&place, owner, EPERM);
}

/* ---- afterwards ---- */

bool socket_file_is_at(const struct socket_file *file, const char *path)
{
    struct stat found;
    return lstat(path, &found) == 0 && found.st_dev == file->device && found.st_ino == file->inode;
}

void socket_file_remove(const struct socket_file *file, const char *path)
{
    if (socket_file_is_at(file, path))
        unlink(path);
}

static int set_mode(int handle, mode_t mode)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", handle); /* O_PATH descriptors know no fchmod() */
    return chmod(path, mode);
}

static int change_owner(const struct place *place, int handle, mode_t before, mode_t after, struct socket_owner owner)
{
    if (set_mode(handle, before & after))
        return fail(place, errno, strerror(errno));
    if (fchownat(handle, "", owner.user, owner.group, AT_EMPTY_PATH) == 0)
        return 0;
    int result = fail_giving(place, owner, errno);
    set_mode(handle, before);
    return result;
}

int socket_file_change(const struct socket_file *file, const char *path, mode_t mode, struct socket_owner owner,
                       char *error, size_t error_size)
{
    struct place place = {.path = path, .error = error, .error_size = error_size};
    struct stat found;
    int handle = open(path, O_PATH | O_NOFOLLOW | O_CLOEXEC), result = 0;
    if (handle < 0)
        return fail(&place, errno, strerror(errno));
    if (fstat(handle, &found) || found.st_dev != file->device || found.st_ino != file->inode)
        result = fail(&place, ENOENT, "the file is no longer the one that this server made");
    mode_t before = found.st_mode & 07777;
    bool gives = (owner.user != (uid_t)-1 && owner.user != found.st_uid) ||
                 (owner.group != (gid_t)-1 && owner.group != found.st_gid);
    if (result == 0 && gives)
        result = change_owner(&place, handle, before, mode, owner);
    if (result == 0 && set_mode(handle, mode))
        result = fail(&place, errno, strerror(errno));
    close(handle);
    return result;
}

gid_t socket_file_natural_group(const char *path)
{
    char folder[PATH_MAX];
    struct stat found;
    folder_of(path, folder);
    return stat(folder, &found) == 0 && (found.st_mode & S_ISGID) ? found.st_gid : getegid();
}
