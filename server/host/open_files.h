/*
 * Open files: how many connections RLIMIT_NOFILE lets the process have beside its own files.
 * Main thread at start, or any thread that has stopped the world.
 */
#ifndef KVS_HOST_OPEN_FILES_H
#define KVS_HOST_OPEN_FILES_H

#define OPEN_FILES_CLIENTS_MIN 8 /* with fewer connections a server serves nobody: some are kept for administration */

/* How many files of its own a server with so many threads and socket files may have open at a time. */
int open_files_own(int threads, int sockets);

/*
 * Raises the limit so that this number of connections fits beside so many files of the server's own; returns how many
 * fit, at most clients.
 */
int open_files_fit(int clients, int own);

#endif
