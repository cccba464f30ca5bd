/*
 * Where else a server may be: the places that servers are usually found at, and the folder of the path that led
 * nowhere. Each socket there is asked for a connection, which is closed again at once: nothing is sent.
 */
#ifndef KVS_CLIENT_CONNECTION_NEARBY_H
#define KVS_CLIENT_CONNECTION_NEARBY_H

#include <stdbool.h>
#include <stdio.h>

/*
 * Behind a message about `path`: prints that nothing is elsewhere, as one more sentence; or, on lines of their own,
 * the sockets that are there, whether somebody listens, and the command that uses them. Nothing is said of `path`
 * itself. With `only_alive` it is silent about sockets that nobody can use, and about finding nothing. Ends the line.
 */
void nearby_print(FILE *out, const char *path, bool only_alive);

#endif
