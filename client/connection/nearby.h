/*
 * Where else a server may be: the places where servers are usually found, and the folder of the path that led nowhere.
 * Each socket there is asked for a connection, which is closed again at once: nothing is sent.
 */
#ifndef KVS_CLIENT_CONNECTION_NEARBY_H
#define KVS_CLIENT_CONNECTION_NEARBY_H

#include <stdbool.h>
#include <stdio.h>

/*
 * After a message about `path`: prints, as one more sentence, that there is no socket elsewhere; or, on lines of their
 * own, the sockets that there are, whether somebody listens, and the command that uses them. Nothing is said about
 * `path` itself. With `only_alive` it is silent about sockets that nobody can use, and about finding nothing. Ends the
 * line.
 */
void nearby_print(FILE *out, const char *path, bool only_alive);

#endif
