/*
 * The watch: a descriptor (inotify) that becomes readable when something may have happened to a socket file.
 *
 * It tells no more than that: its user then checks the files. What it misses (a moved parent folder, a file system
 * mounted over the folder) is found by a check from time to time. Main thread, or at start.
 */
#ifndef KVS_LISTEN_SOCKET_WATCH_H
#define KVS_LISTEN_SOCKET_WATCH_H

/* A watch that watches nothing yet; -1 and errno if the kernel gives none. The caller closes it. */
int socket_watch_open(void);

/* Watches a file and its folder. 0 or a negative errno. */
int socket_watch_add(int watch, const char *file);

/* Reads and discards all pending events. */
void socket_watch_drain(int watch);

#endif
