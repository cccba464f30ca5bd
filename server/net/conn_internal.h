/* What conn.c and worker.c share. Worker only. */
#ifndef KVS_NET_CONN_INTERNAL_H
#define KVS_NET_CONN_INTERNAL_H

#include "net/conn.h"
#include "net/service.h"

#include <stdint.h>

/* A connection over a connected socket, not yet polled; whose it is is filled in by the caller. */
struct conn *conn_create(struct worker *worker, const struct net_service *service, const struct transport *transport,
                         int fd, uint64_t id, struct origin *origin);

/* After the service has been told: closes the transport and frees. */
void conn_destroy(struct conn *conn);

/* Sends what the socket takes; closes a draining connection when all is sent. */
void conn_flush(struct conn *conn, const struct net_service *service, int64_t now_ms);

/* Events that epoll should watch for now. */
uint32_t conn_wanted_events(const struct conn *conn);

/* In worker.c: brings epoll up to date, queues for the end of the round, knows the time. */
void worker_update_events(struct conn *conn);
void worker_queue_flush(struct conn *conn);
void worker_queue_closed(struct conn *conn);
int64_t worker_now_ms(const struct worker *worker);

#endif
