/*
 * Admission: whether one more connection may come in.
 *
 * maxclients limits all connections, maxclients-per-uid those of one account. A few connections are reserved for
 * sockets with access=admin, so that there is a way in when all others are in use. Guarded by a lock of its own.
 */
#ifndef KVS_LISTEN_ADMISSION_H
#define KVS_LISTEN_ADMISSION_H

#include <stddef.h>

struct config;
struct origin;
struct peer;

enum admission { ADMISSION_GRANTED, ADMISSION_FULL, ADMISSION_UID_FULL };

/*
 * Asks for a connection of this peer through this socket; open_now is the number of open connections. If granted, it
 * counts until admission_release(). Main thread, inside the gate.
 */
enum admission admission_ask(const struct config *config, const struct origin *origin, const struct peer *peer,
                             unsigned open_now);

/* A connection that was granted is closed, or was never made. Any thread. */
void admission_release(const struct peer *peer);

#endif
