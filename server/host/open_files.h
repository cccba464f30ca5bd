/*
 * Open files: how many connections the process may have, by RLIMIT_NOFILE.
 * Called by the main thread at start and while the world is stopped.
 */
#ifndef KVS_HOST_OPEN_FILES_H
#define KVS_HOST_OPEN_FILES_H

/* Raises the limit until clients connections fit beside the server's own files; returns how many do, at most
 * clients. */
int open_files_fit(int clients);

#endif
