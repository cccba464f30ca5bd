/*
 * Listeners: the life of a socket file.
 *
 * The file appears with its final mode, never replaces anything but the socket of a dead server, and
 * is removed only while it is still the one that this process made. Main thread; path, retain and release
 * any thread.
 */
#ifndef KVS_NET_LISTENER_H
#define KVS_NET_LISTENER_H

#include <stddef.h>
#include <sys/types.h>

struct listener;

#define LISTENER_PATH_MAX 107 /* bytes of a Unix socket's path */

/*
 * Makes the socket file and listens. mode is the file's, backlog listen(2)'s. On failure returns a negative errno
 * and writes one line that says what is in the way and what to do.
 */
int listener_open(const char *path, mode_t mode, int backlog, struct listener **listener_out, char *error,
                  size_t error_size);

/* Stops listening and removes the file if it is still ours; memory goes with the last reference. */
void listener_close(struct listener *listener);

/* Connections hold a reference, so that their path outlives the listener. */
struct listener *listener_retain(struct listener *listener);
void listener_release(struct listener *listener);

int listener_fd(const struct listener *listener);
const char *listener_path(const struct listener *listener);

/* Changes the file's mode (CONFIG SET unixsocketperm). 0 or a negative errno. */
int listener_set_mode(struct listener *listener, mode_t mode);

/* Accepts one connection: a non-blocking descriptor, or a negative errno. */
int listener_accept(struct listener *listener);

#endif
