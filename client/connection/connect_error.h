/*
 * Says why a socket file could not be connected to and what to do about it: a missing file or folder, a file or folder
 * whose permissions refuse (its mode, owner and group, and who is asking), a file that is no socket, a socket whose
 * server has gone, a path too long for a socket address. One line; where sockets were found elsewhere, a line for each
 * follows.
 */
#ifndef KVS_CLIENT_CONNECTION_CONNECT_ERROR_H
#define KVS_CLIENT_CONNECTION_CONNECT_ERROR_H

#include <stdio.h>

/* `source` says where the path came from ("given with -s"); `error` is the errno of the attempt, positive. */
void connect_error_explain(FILE *out, const char *path, const char *source, int error);

#endif
