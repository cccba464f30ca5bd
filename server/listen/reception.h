/*
 * Reception: connections come in, and are handed to a worker or sent away with the reason. Main thread.
 */
#ifndef KVS_LISTEN_RECEPTION_H
#define KVS_LISTEN_RECEPTION_H

#include <stdint.h>

struct config;
struct gate_member;
struct listener;

/* Before the first connection. config is read inside the gate. */
void reception_open(const struct config *config, struct gate_member *gate);

/* Accepts who waits at this listener, a few hundred at most. */
void reception_accept(struct listener *listener);

/*
 * Serves a connection that the parent made (--inherit-fd); when it closes the server ends. Takes fd. 0, or -EINVAL
 * when it isn't a connected stream socket of the Unix kind.
 */
int reception_inherit(int fd);

/* Connections sent away since start or reset (maxclients, maxclients-per-uid). Any thread. */
uint64_t reception_rejected(void);
void reception_reset_rejected(void);

#endif
