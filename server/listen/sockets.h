/*
 * Sockets: the set of socket files that the server listens on, as the configuration names them.
 *
 * unixsocket (with unixsocketperm and unixsocketgroup; access=admin) and each `listen` entry is one socket. The set
 * can be changed while the server runs, completely or not at all. The files are watched (inotify): one that is
 * removed or replaced is made again, but never over a live server. A socket that is removed from the set gets no new
 * clients; those that it has stay, with at most its rights (former_sockets.h).
 *
 * Guarded by a lock of its own, which is taken inside or outside the gate; the gate is never entered under it. The
 * main thread polls, accepts and closes descriptors; sockets_apply() runs on any thread that has stopped the world.
 */
#ifndef KVS_LISTEN_SOCKETS_H
#define KVS_LISTEN_SOCKETS_H

#include "base/access_level.h"

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>

struct config;
struct listener;
struct text;

/*
 * Opens all sockets. Those that a service manager handed over (listen/activation.h) are matched to entries first: by
 * path, then by name, which is the file's with or without ".sock". Sockets that match no entry are served with
 * access=write; but if the configuration names no socket at all, the first gets access=admin, as unixsocket would.
 * 0, or a negative errno and one line in error, with no socket open. Main thread.
 */
int sockets_open(const struct config *config, char *error, size_t error_size);

/*
 * Notes the connection that came without a socket file (--inherit-fd), for INFO. Takes a reference of its own. Main
 * thread.
 */
void sockets_note_inherited(struct listener *listener);

/* Closes all and removes the files that are ours. Main thread. */
void sockets_close(void);

/*
 * Brings the set in line with the configuration. World stopped. 0, or a negative errno with nothing changed, and
 * *error_out is one line (mem_free()). Afterwards a socket's access or user may differ: call guard_refresh().
 */
int sockets_apply(const struct config *config, char **error_out);

/* ---- main thread: sockets_retry(), sockets_poll(), poll(2), sockets_serve(), and again ---- */

#define SOCKETS_POLL_MAX 128 /* sockets, the watch and the wake-up; the set is never larger */

#define SOCKETS_POLL_OTHERS 2 /* the watch and the wake-up, which come first */

/* Fills in what to poll for; returns the number. Closes the descriptors of sockets that have left the set. */
size_t sockets_poll(struct pollfd polled[SOCKETS_POLL_MAX]);

/*
 * Acts on poll()'s result, also after a timeout: calls accept_ready for each listener with waiting clients, without
 * the lock, and makes lost files again.
 */
typedef void sockets_accept(struct listener *listener);
void sockets_serve(const struct pollfd *polled, size_t count, sockets_accept *accept_ready);

/* Milliseconds until a file has to be checked or made again, even without an event; -1: never. */
int sockets_retry(void);

/* ---- any thread ---- */

/* Whether one of the sockets has access=admin. */
bool sockets_have_admin(void);

/* INFO's section, with one line per socket. Adds "socket0:path=...,mode=0660,...\r\n". May look accounts up. */
void sockets_describe(struct text *text);

/* Adds "/tmp/kvs.sock, /run/kvs/app.sock". */
void sockets_list_paths(struct text *text);

#endif
