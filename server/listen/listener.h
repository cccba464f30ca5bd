/*
 * Listeners: one socket file, its life and its rights.
 *
 * The file appears with its final mode, owner and group, never replaces anything but the socket of a dead
 * server, and is removed only while it is still the one that this process made. The process's umask must be 0
 * (process_take_umask()).
 *
 * A listener is opened, changed and stopped by whoever holds the lock of listen/sockets.h; its descriptor is
 * closed or exchanged by the main thread only, which polls it. Path, access, counters, retain and release any
 * thread.
 */
#ifndef KVS_LISTEN_LISTENER_H
#define KVS_LISTEN_LISTENER_H

#include "base/access_level.h"
#include "net/origin.h"

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* Who may connect, and how far. (uid_t)-1 and (gid_t)-1: whoever makes it. */
struct listener_rights {
    mode_t mode;
    uid_t owner;
    gid_t group;
    enum access_level access;
    const char *user; /* name of the ACL user that connections start as, "" none; copied */
};

struct listener;

/*
 * Makes the socket file and listens. A relative path begins at the working directory of this moment. backlog is
 * listen(2)'s. lock_wait_ms bounds the wait for another process that is at work in the folder. Logs a warning
 * where others could remove the file. On failure returns a negative errno and writes one line that says what is
 * in the way and what to do.
 */
int listener_open(const char *path, const struct listener_rights *rights, int backlog, int lock_wait_ms,
                  struct listener **listener_out, char *error, size_t error_size);

/*
 * A listening socket that somebody else made; takes fd, on failure too. Nothing of its file is touched: rights
 * tell access and user, and its mode, owner and group are what is found.
 */
int listener_adopt(int fd, const char *path, const struct listener_rights *rights, struct listener **listener_out,
                   char *error, size_t error_size);

/* Stands for the socket of a connection that has no file; its fd is -1, its path "(inherited)", its access admin. */
struct listener *listener_create_inherited(void);

/*
 * Removes the file if it is still ours, and lets nobody in any more; the descriptor stays. Nothing for a socket
 * that somebody else made.
 */
void listener_stop(struct listener *listener);

/* Stops, and closes the descriptor; memory goes with the last reference. */
void listener_close(struct listener *listener);

/* Others that hold one for a while. */
struct listener *listener_retain(struct listener *listener);
void listener_release(struct listener *listener);

/* Whether the path still leads to the file that this process made. */
bool listener_owns_file(const struct listener *listener);

/* Makes the file again after it was lost; connections that were made stay. As listener_open(). */
int listener_remake(struct listener *listener, int backlog, int lock_wait_ms, char *error, size_t error_size);

/*
 * Changes the file's mode, owner and group in place where they differ from what was asked for before, and
 * access and user. A file that is lost gets them when it is made again. 0, or a negative errno with a line,
 * nothing changed.
 */
int listener_set_rights(struct listener *listener, const struct listener_rights *rights, char *error,
                        size_t error_size);

/* Accepts one connection: a non-blocking descriptor, or a negative errno. Main thread. */
int listener_accept(struct listener *listener);

int listener_fd(const struct listener *listener);
enum origin_kind listener_kind(const struct listener *listener);
const char *listener_path(const struct listener *listener);              /* as it was given */
const char *listener_file(const struct listener *listener);              /* absolute */
struct listener_rights listener_rights(const struct listener *listener); /* user: until they are changed */

/* The ceiling, for every command: changed while the world is stopped. */
enum access_level listener_access(const struct listener *listener);

/* What its connections hold on to. Borrowed until the listener is released. */
struct origin *listener_origin(const struct listener *listener);

#endif
