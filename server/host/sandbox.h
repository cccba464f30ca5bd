/*
 * The sandbox: after start-up the kernel refuses the system calls that the server never makes.
 */
#ifndef KVS_HOST_SANDBOX_H
#define KVS_HOST_SANDBOX_H

#include <stddef.h>

/*
 * Makes the filter. Main thread, before others start. 0, or a negative errno and a line when the kernel can't.
 */
int sandbox_prepare(char *error, size_t error_size);

/*
 * Puts the filter that was made on all threads and those to come: no exec, no sockets but Unix ones, nothing that the
 * server does not use. Main thread, after start, before clients are served. 0, or a negative errno and a line.
 */
int sandbox_enter(char *error, size_t error_size);

#endif
