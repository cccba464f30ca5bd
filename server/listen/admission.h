/*
 * Admission: whether one more connection may come in.
 *
 * maxclients counts all connections, maxclients-per-uid those of one account. A few of the former are kept for
 * sockets with access=admin, so that there is a way in when everything else is used up. Guarded by a lock of
 * its own.
 */
#ifndef KVS_LISTEN_ADMISSION_H
#define KVS_LISTEN_ADMISSION_H

#include <stddef.h>

struct config;
struct origin;
struct peer;

enum admission { ADMISSION_GRANTED, ADMISSION_FULL, ADMISSION_UID_FULL };

/*
 * Asks for a connection of this peer through this socket; open_now is how many there are. When granted it is
 * counted until admission_release(). Main thread, inside the gate.
 */
enum admission admission_ask(const struct config *config, const struct origin *origin, const struct peer *peer,
                             unsigned open_now);

/* That connection is gone, or never came to be. Any thread. */
void admission_release(const struct peer *peer);

#endif
