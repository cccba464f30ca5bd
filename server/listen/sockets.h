/*
 * Sockets: the set of socket files that the server listens on, as the configuration names them.
 *
 * unixsocket (with unixsocketperm and unixsocketgroup; access=admin) and each `listen` entry is one. The set
 * can be changed while running, all or nothing. The files are watched (inotify): one that is removed or
 * replaced is made again, never over a live server. A socket that is taken from the set gets no new clients;
 * those it has stay, under its rights.
 *
 * Guarded by a lock of its own, taken inside the gate or outside, and the gate is never entered under it. The
 * main thread polls, accepts and closes descriptors; sockets_apply() runs on any thread with the world stopped.
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
 * Opens all. Sockets handed over by a service manager (listen/activation.h) are matched first: by path, then by
 * name, which is that of the file with or without ".sock". What matches nothing is served with access=write;
 * but the first one as unixsocket would be (admin) where the configuration names no socket at all. 0, or -errno
 * and a line, and nothing is open.
 */
int sockets_open(const struct config *config, char *error, size_t error_size);

/*
 * The connection that came without a socket file (--inherit-fd), to be told of in INFO. Takes a reference of
 * its own.
 */
void sockets_note_inherited(struct listener *listener);

/* Closes all and removes the files that are ours. Main thread. */
void sockets_close(void);

/*
 * Brings the set in line with the configuration. World stopped. On failure nothing has changed, and *error_out
 * is one line (mem_free()). Afterwards a socket's access or user may be others: guard_refresh().
 */
int sockets_apply(const struct config *config, char **error_out);

/* ---- main thread: retry, poll, poll(2), serve, and again ---- */

#define SOCKETS_POLL_MAX 128 /* sockets, the watch and the wake-up; the set is never larger */

/* Fills in what to poll for; returns the number. Closes what was taken from the set. */
size_t sockets_poll(struct pollfd polled[SOCKETS_POLL_MAX]);

/*
 * Acts on what poll() said, also when its time was up: lets in whoever waits (accept_ready, for each listener
 * that is ready; without the lock), remakes lost files.
 */
typedef void sockets_accept(struct listener *listener);
void sockets_serve(const struct pollfd *polled, size_t count, sockets_accept *accept_ready);

/* Milliseconds until a file is to be looked at, or made again, even if nothing is heard; -1 never. */
int sockets_retry(void);

/* ---- any thread ---- */

/* Whether one of them has access=admin. */
bool sockets_have_admin(void);

/* INFO's section: one line a socket. Adds "socket0:path=...,mode=0660,...\r\n". */
void sockets_describe(struct text *text);

/* "/tmp/kvs.sock, /run/kvs/app.sock" */
void sockets_list_paths(struct text *text);

#endif
