/*
 * The watch: a descriptor (inotify) that becomes readable when something may have happened to a socket file.
 *
 * It says no more than that: whoever watches looks at the files. What it misses (a folder further up that is
 * moved, a file system mounted over it) a look from time to time finds. Main thread, or at start.
 */
#ifndef KVS_LISTEN_SOCKET_WATCH_H
#define KVS_LISTEN_SOCKET_WATCH_H

/* A watch on nothing; -1 when the kernel gives none, with errno. */
int socket_watch_open(void);

/* Watches a file and its folder. 0, or a negative errno when that can't be done. */
int socket_watch_add(int watch, const char *file);

/* Takes what has been reported. */
void socket_watch_drain(int watch);

#endif
