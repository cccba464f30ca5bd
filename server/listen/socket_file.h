/*
 * Socket files: from a path to a listening socket, and back.
 *
 * A new file replaces nothing but the socket of a dead server, and files that this process didn't make are never
 * changed or otherwise removed. Paths are absolute and may be longer than a socket's address can hold. The process's
 * umask is 0. Functions that fail return a negative errno and write one line to error: what, where, what to do. Any
 * thread, one at a time for one file. They may block on the file system.
 */
#ifndef KVS_LISTEN_SOCKET_FILE_H
#define KVS_LISTEN_SOCKET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/*
 * A listening socket, and the identity of its file. The inode's number isn't reused while the socket is open, so it
 * identifies the file.
 */
struct socket_file {
    int fd;
    dev_t device;
    ino_t inode;
};

/* (uid_t)-1 and (gid_t)-1: leave as they are, or as bind(2) makes them. */
struct socket_owner {
    uid_t user;
    gid_t group;
};

/*
 * Makes the file and listens. The file never appears with another mode, owner or group. Until the monotonic time
 * lock_until_ms it waits for another server of this account that is making a file in the folder (0: not at all); after
 * that it fails with -EBUSY.
 */
int socket_file_make(const char *path, mode_t mode, struct socket_owner owner, int backlog, int64_t lock_until_ms,
                     struct socket_file *file_out, char *error, size_t error_size);

/*
 * What of that would fail in any case, found out without changing anything: something that isn't a socket is at the
 * path, or the file couldn't be given to the owner.
 */
int socket_file_check(const char *path, struct socket_owner owner, char *error, size_t error_size);

/* Whether the path leads to this file. */
bool socket_file_is_at(const struct socket_file *file, const char *path);

/* Removes the file if the path still leads to it; the socket stays open. */
void socket_file_remove(const struct socket_file *file, const char *path);

/*
 * Changes the mode, and owner and group unless they are -1. Meanwhile the file is never more accessible than before
 * or after.
 */
int socket_file_change(const struct socket_file *file, const char *path, mode_t mode, struct socket_owner owner,
                       char *error, size_t error_size);

/* The group that a file made at this path would have. */
gid_t socket_file_natural_group(const char *path);

/*
 * What became of a file that isn't at its path: "removed", "replaced by a regular file of uid 1000 (alice)".
 * Returns out.
 */
#define SOCKET_FILE_TEXT_MAX 192
const char *socket_file_fate(const char *path, char out[SOCKET_FILE_TEXT_MAX]);

#endif
