/*
 * The sandbox: after start-up the kernel refuses the system calls that the server never makes.
 */
#ifndef KVS_HOST_SANDBOX_H
#define KVS_HOST_SANDBOX_H

#include <stddef.h>

/*
 * Makes the filter. Main thread, before others start. 0, or a negative errno and one line in error if it can't be had.
 */
int sandbox_prepare(char *error, size_t error_size);

/*
 * Puts the filter from sandbox_prepare() on all present and future threads: no exec, no sockets but Unix ones, no call
 * that the server doesn't use. Main thread, after start, before clients are served. 0, or a negative errno and one line
 * in error.
 */
int sandbox_enter(char *error, size_t error_size);

#endif
