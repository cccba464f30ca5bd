/*
 * Workers: one thread each, one epoll loop, a list of connections.
 *
 * A worker sleeps in epoll_wait() and is inside the gate (base/gate.h) otherwise, so that whoever stops the world
 * finds every connection at rest. Others reach a worker only through its mailbox.
 */
#ifndef KVS_NET_WORKER_H
#define KVS_NET_WORKER_H

#include "net/mailbox.h"
#include "net/service.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>

struct conn;
struct gate;
struct gate_member;
struct origin;
struct peer;
struct worker;

/* Starts count threads that serve connections. 0 or a negative errno. */
int workers_start(unsigned count, struct gate *gate, const struct net_service *service);

/* Ends them: each sends what it can within grace_ms, closes its connections and stops. */
void workers_stop(int grace_ms);

unsigned workers_count(void);
struct worker *worker_at(unsigned index);
unsigned worker_index(const struct worker *worker);
struct worker *worker_self(void); /* NULL on other threads */

/* The worker's membership of the gate: for commands that stop the world, on that worker. */
struct gate_member *worker_gate(const struct worker *worker);

/* Any thread. Takes the message; wakes the worker if it sleeps. */
void worker_post(struct worker *worker, struct message *message);

/* Hands a connected descriptor to the worker with the fewest connections. Takes fd. Main thread. */
void workers_adopt(int fd, const struct peer *peer, struct origin *origin);

/* Open connections, any thread; the sum is what maxclients limits. */
unsigned worker_conn_count(const struct worker *worker);
unsigned workers_conn_count(void);

/* What the workers have done since they started, together. Main thread, or a worker, while they run. */
struct worker_load {
    uint64_t rounds; /* of the event loop */
    uint64_t cpu_ns; /* processor time */
};
void workers_load(struct worker_load *load_out);

/* The worker's connections, newest last: by the worker itself or while the world is stopped. */
struct conn *worker_first_conn(const struct worker *worker);

#endif
