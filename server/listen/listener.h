/*
 * Listeners: one socket file, its life and its rights.
 *
 * The file appears with its final mode, owner and group, replaces nothing but the socket of a dead server, and is
 * removed only while it is still the one that this process made. The process's umask must be 0
 * (process_take_umask()).
 *
 * A listener is opened, changed and stopped under the lock of listen/sockets.h; only the main thread, which polls its
 * descriptor, closes or replaces that. Path, access, counters, retain and release: any thread.
 */
#ifndef KVS_LISTEN_LISTENER_H
#define KVS_LISTEN_LISTENER_H

#include "base/access_level.h"
#include "net/origin.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/* Who may connect, and with how much access. (uid_t)-1 and (gid_t)-1: those of the process that makes the file. */
struct listener_rights {
    mode_t mode;
    uid_t owner;
    gid_t group;
    enum access_level access;
    const char *user; /* name of the ACL user that connections start as; "": the default one; copied */
};

struct listener;

/*
 * Makes the socket file and listens. A relative path begins at the present working directory. backlog is
 * listen(2)'s. lock_until_ms is as in socket_file.h. Logs a
 * warning if others could remove the file. 0, or a negative errno and one line in error: what is in the way and what
 * to do.
 */
int listener_open(const char *path, const struct listener_rights *rights, int backlog, int64_t lock_until_ms,
                  struct listener **listener_out, char *error, size_t error_size);

/*
 * Whether listener_open() could do that, as far as it shows without making or removing anything or connecting
 * anywhere: a socket that is there is taken for one that may be replaced. 0, or a negative errno and one line in error.
 */
int listener_check(const char *path, const struct listener_rights *rights, char *error, size_t error_size);

/*
 * Takes over a listening socket that another process made. Takes fd, even on failure. Leaves its file alone: access and
 * user are taken from rights; mode, owner and group are read from the file.
 */
int listener_adopt(int fd, const char *path, const struct listener_rights *rights, struct listener **listener_out,
                   char *error, size_t error_size);

/* Stands in for the socket file of an inherited connection: its fd is -1, its path "(inherited)", its access admin. */
struct listener *listener_create_inherited(void);

/*
 * Removes the file if it is still ours, so that nobody else can connect; the descriptor stays open. Does nothing to a
 * socket that another process made.
 */
void listener_stop(struct listener *listener);

/* Stops it, closes the descriptor and drops a reference, the last of which frees the listener. */
void listener_close(struct listener *listener);

/* References, for others that hold a listener for a while. */
struct listener *listener_retain(struct listener *listener);
void listener_release(struct listener *listener);

/* Whether the path still leads to the file that this process made. */
bool listener_owns_file(const struct listener *listener);

/* Makes a lost file again; existing connections stay. Arguments and result as of listener_open(). */
int listener_remake(struct listener *listener, int backlog, int64_t lock_until_ms, char *error, size_t error_size);

/*
 * Changes access, user, and in place the file's mode, owner and group where they differ from the former rights. A lost
 * file gets them when it is made again. World stopped. 0, or a negative errno and one line in error, with nothing
 * changed.
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

/* The access that no command of its connections exceeds; changed while the world is stopped. */
enum access_level listener_access(const struct listener *listener);

/* The part that its connections retain. Borrowed until the listener is released. */
struct origin *listener_origin(const struct listener *listener);

#endif
