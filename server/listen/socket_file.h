/*
 * Socket files: what lies between a path and a listening socket.
 *
 * Making one never takes the place of anything but the socket of a dead server, and what this process did not
 * make is never changed or removed. Paths are absolute and may be longer than a socket's address can hold. The
 * process's umask is 0. Functions that fail return a negative errno and write one line: what, where, what to
 * do. Any thread, one at a time for one file.
 */
#ifndef KVS_LISTEN_SOCKET_FILE_H
#define KVS_LISTEN_SOCKET_FILE_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/*
 * A listening socket, and which file is its. The inode stays in use as long as the socket is open, so it names
 * the file.
 */
struct socket_file {
    int fd;
    dev_t device;
    ino_t inode;
};

/* (uid_t)-1 and (gid_t)-1: as they come. */
struct socket_owner {
    uid_t user;
    gid_t group;
};

/*
 * Makes the file and listens. Whoever sees the file sees this mode, owner and group. lock_wait_ms bounds the
 * wait for another server that is starting in the folder; it goes on without the lock afterwards.
 */
int socket_file_make(const char *path, mode_t mode, struct socket_owner owner, int backlog, int lock_wait_ms,
                     struct socket_file *file_out, char *error, size_t error_size);

/* Whether the path leads to this file. */
bool socket_file_is_at(const struct socket_file *file, const char *path);

/* Removes the file if the path still leads to it; the socket goes on. */
void socket_file_remove(const struct socket_file *file, const char *path);

/*
 * Changes the mode, and the owner and group where asked for. On the way the file is never wider open than
 * before or after.
 */
int socket_file_change(const struct socket_file *file, const char *path, mode_t mode, struct socket_owner owner,
                       char *error, size_t error_size);

/* The group that a file made at this path would have. */
gid_t socket_file_natural_group(const char *path);

/*
 * What became of a file that isn't at its path any more: "removed", "replaced by a regular file of uid 1000
 * (alice)". Returns out.
 */
#define SOCKET_FILE_TEXT_MAX 192
const char *socket_file_fate(const char *path, char out[SOCKET_FILE_TEXT_MAX]);

#endif
