/*
 * Reception: connections come in, and are handed to a worker or sent away with the reason. Main thread.
 */
#ifndef KVS_ENGINE_RECEPTION_H
#define KVS_ENGINE_RECEPTION_H

struct gate_member;
struct listener;
struct server;

/* Before the first connection. */
void reception_open(struct server *server, struct gate_member *gate);

/* Accepts who waits at this listener, a few hundred at most. */
void reception_accept(struct listener *listener);

/*
 * Serves a connection that the parent made (--inherit-fd); when it closes the server ends. Takes fd. 0, or -EINVAL
 * when it isn't a connected stream socket of the Unix kind.
 */
int reception_inherit(int fd);

#endif
