/*
 * Open files: how many connections RLIMIT_NOFILE lets the process have.
 * Main thread at start, or any thread that has stopped the world.
 */
#ifndef KVS_HOST_OPEN_FILES_H
#define KVS_HOST_OPEN_FILES_H

/*
 * Raises the limit so that this number of connections fits beside the server's own files; returns how many fit, at
 * most clients.
 */
int open_files_fit(int clients);

#endif
