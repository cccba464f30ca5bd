/*
 * Former sockets: those that have left the set and still have connections.
 *
 * A connection that came through a removed socket keeps the access that the socket had. When the same file is listened
 * to again, the connection may do no more than that socket allows: its access is lowered to the new one and is never
 * raised again, whatever becomes of the socket; and RESET makes it the user that the new socket names.
 *
 * Guarded by the lock of listen/sockets.h, the only user of this. Rights change while the world is stopped.
 */
#ifndef KVS_LISTEN_FORMER_SOCKETS_H
#define KVS_LISTEN_FORMER_SOCKETS_H

struct listener;

/* Its socket has left the set. Takes a reference to the part that connections need. */
void former_sockets_add(struct listener *listener);

/* This one is in the set: lowers the rights of former sockets with the same file to its own. */
void former_sockets_follow(const struct listener *listener);

/* Forgets those whose connections are all gone; or all of them, at the end. */
void former_sockets_prune(void);
void former_sockets_forget_all(void);

#endif
