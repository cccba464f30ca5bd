/*
 * Workers: each is one thread with one epoll loop and a list of connections.
 *
 * A worker sleeps in epoll_wait() and is otherwise inside the gate (base/gate.h), so that a thread that stops the world
 * finds every connection at rest. Other threads reach a worker only through its mailbox.
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

/* Starts count threads that serve connections. 0, or a negative errno: the process then has to end. Main thread. */
int workers_start(unsigned count, struct gate *gate, const struct net_service *service);

/*
 * The end, in three steps of the main thread. Stop asks every worker to send what it has within grace_ms, to close each
 * connection that has taken everything, and to end; asked again, the last word counts. Then it waits until all have
 * ended, or until fd is readable (false). Join frees them; it returns how many connections were closed with replies
 * that their clients hadn't taken.
 */
void workers_stop(int64_t grace_ms);
bool workers_have_ended(int fd);
unsigned workers_join(void);

unsigned workers_count(void);
struct worker *worker_at(unsigned index);
unsigned worker_index(const struct worker *worker);
struct worker *worker_self(void); /* NULL on other threads */

/* The worker's membership in the gate: for commands that stop the world, on that worker. */
struct gate_member *worker_gate(const struct worker *worker);

/* Any thread. Takes the message; wakes the worker if it sleeps. */
void worker_post(struct worker *worker, struct message *message);

/* Hands a connected descriptor to the worker with the fewest connections. Takes fd, retains origin. Main thread. */
void workers_adopt(int fd, const struct peer *peer, struct origin *origin);

/*
 * In the middle of a connection's request: serves the other connections as a round does, but those that are in_use.
 * Messages wait for the next round, unless they bring connections or say that the worker is to end. On that worker.
 */
void worker_serve_meanwhile(struct worker *worker);

/* Whether it has been told to end. On that worker. */
bool worker_is_stopping(const struct worker *worker);

/* Open connections, of one worker and of all; maxclients limits the latter. Any thread. */
unsigned worker_conn_count(const struct worker *worker);
unsigned workers_conn_count(void);

/* What all workers together have done since they started. Main thread, or a worker, while they run. */
struct worker_load {
    uint64_t rounds; /* of the event loop */
    uint64_t cpu_ns; /* processor time */
};
void workers_load(struct worker_load *load_out);

/* The first of the worker's connections, linked by next, newest last. On that worker, or while the world is stopped. */
struct conn *worker_first_conn(const struct worker *worker);

#endif
