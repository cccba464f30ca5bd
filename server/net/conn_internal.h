/* What conn.c and worker.c share. Only on the connection's worker, except worker_queue_closed() in a stopped world. */
#ifndef KVS_NET_CONN_INTERNAL_H
#define KVS_NET_CONN_INTERNAL_H

#include "net/conn.h"
#include "net/service.h"

#include <stdint.h>

/* A connection over a connected socket, not yet polled. Takes fd; the caller fills in the peer. */
struct conn *conn_create(struct worker *worker, const struct net_service *service, const struct transport *transport,
                         int fd, uint64_t id, struct origin *origin);

/* After service->closed(): closes the transport and frees the connection. */
void conn_destroy(struct conn *conn);

/* Sends as much as the socket takes; closes a draining connection once all is sent. */
void conn_flush(struct conn *conn, const struct net_service *service, int64_t now_ms);

/* The events that epoll should watch for. */
uint32_t conn_wanted_events(const struct conn *conn);

/* Defined in worker.c: updates epoll, queues work for the end of the round, tells the round's wall time. */
void worker_update_events(struct conn *conn);
void worker_queue_flush(struct conn *conn);
void worker_queue_closed(struct conn *conn);
int64_t worker_now_ms(const struct worker *worker);
const struct net_service *worker_service(const struct worker *worker);

#endif
