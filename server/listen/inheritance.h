/*
 * Inheritance: the connection that the parent process made (--inherit-fd), before it is served.
 *
 * It may come as standard input or output, which the log and messages go to. Main thread, at start.
 */
#ifndef KVS_LISTEN_INHERITANCE_H
#define KVS_LISTEN_INHERITANCE_H

#include <stddef.h>

/*
 * Takes the connection that has this descriptor: sets *taken_out to the one it has afterwards, which is beyond standard
 * error and closed on exec. Standard output or error that is the same connection becomes the other of the two or, if
 * both are, /dev/null; standard input becomes /dev/null. 0, or a negative errno and the reason in error: it is no
 * connected Unix stream socket. Before anything else is opened.
 */
int inheritance_take(int fd, int *taken_out, char *error, size_t error_size);

#endif
