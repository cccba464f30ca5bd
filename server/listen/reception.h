/*
 * Reception: accepts connections, and hands each to a worker or refuses it with a reason. Main thread.
 */
#ifndef KVS_LISTEN_RECEPTION_H
#define KVS_LISTEN_RECEPTION_H

#include <stdbool.h>
#include <stdint.h>

struct config;
struct gate_member;
struct listener;

/* Before the first connection. config is read inside the gate. */
void reception_open(const struct config *config, struct gate_member *gate);

/*
 * Accepts the connections that wait at this listener, a few hundred at most. While the gate is closed, they go on
 * waiting: nobody could be served.
 */
void reception_accept(struct listener *listener);

/*
 * Whether no listener is to be polled for a moment: a client waits for which there is no descriptor, not even to refuse
 * it, and poll() would report it again and again.
 */
bool reception_rests(void);

/* Serves a connection that the parent made, from inheritance_take(). Takes fd on success. 0, or a negative errno. */
int reception_inherit(int fd);

/* Connections refused since start or reset (maxclients, maxclients-per-uid). Any thread. */
uint64_t reception_rejected(void);
void reception_reset_rejected(void);

#endif
