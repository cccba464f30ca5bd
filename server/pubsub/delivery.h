/*
 * Delivery: a worker writes the messages that wait in its inbox to those of its clients that are subscribed.
 *
 * It is done in turns of DELIVERY_NS, between which the worker serves its other clients. Messages for the same channel
 * that have come one after another go to each subscriber as one piece, which is put together once for all of them; a
 * connection that has nothing else to send is given it by one system call, from where it lies, so that a message to
 * many takes no memory but for those whose sockets are full.
 *
 * Who leaves meanwhile gets nothing more; who is added later has seen what was there before.
 */
#ifndef KVS_PUBSUB_DELIVERY_H
#define KVS_PUBSUB_DELIVERY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct conn;
struct reply;
struct subscriber;

#define DELIVERY_NS 1000000

/*
 * Before threads start. written is called when a connection has got messages and not all of them were sent: it may
 * close it. is_over is called instead if what lies unread is more than any output may hold.
 */
void delivery_init(unsigned workers, void (*written)(struct conn *conn), void (*is_over)(struct conn *conn));

/*
 * Delivers what waits for the calling worker, for a turn at most. False: some is left. No reply is being written to any
 * of its connections.
 */
bool delivery_catch_up(void);

/*
 * What waits for one of the calling worker's subscribers comes at once, in a reply to it, and in its order. So does what
 * was posted to a channel before the caller locked it or left it.
 */
void delivery_catch_up_one(const struct subscriber *subscriber, struct reply *reply);

/* The number of the last message for the calling worker, and whether all up to a number have been delivered. */
uint64_t delivery_last(void);
bool delivery_has_come_to(uint64_t number);

/* The calling worker ends, and has no clients any more. */
void delivery_part(void);

#endif
