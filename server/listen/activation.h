/*
 * Socket activation (sd_listen_fds(3)): listening sockets that the service manager made and handed over.
 * Main thread, at start.
 */
#ifndef KVS_LISTEN_ACTIVATION_H
#define KVS_LISTEN_ACTIVATION_H

#include <stdbool.h>
#include <stddef.h>

struct activated {
    int fd;           /* non-blocking and close-on-exec by now */
    const char *name; /* FileDescriptorName=; "": none */
    const char *path; /* of the socket file */
};

/*
 * Reads LISTEN_PID, LISTEN_FDS and LISTEN_FDNAMES, and removes them. Returns the number of sockets and sets
 * *activated_out to an array that lives as long as the process; or 0 if there are none. -EINVAL and one line in error
 * if one of them is not a listening Unix stream socket with a path.
 */
int activation_take(struct activated **activated_out, char *error, size_t error_size);

#endif
