/*
 * How net/ reaches the layer above: one set of callbacks, given at start by main.c.
 * All run on the connection's worker, inside the gate (except ended).
 */
#ifndef KVS_NET_SERVICE_H
#define KVS_NET_SERVICE_H

#include <stddef.h>
#include <stdint.h>

struct conn;
struct worker;

struct net_service {
    void *context;
    size_t conn_size; /* bytes of the struct that embeds struct conn */

    void (*opened)(void *context, struct conn *conn);   /* fields of struct conn are set, the rest is zero */
    void (*readable)(void *context, struct conn *conn); /* conn_read() has bytes or the end of the stream */
    /*
     * All connections with input have had their readable(), and messages and the tick, which may give work to do, have
     * run. Returns after how many milliseconds the next round begins at the latest; -1: when there is something to do
     * for net/.
     */
    int (*served)(void *context);
    void (*meanwhile)(void *context);                             /* after each worker_serve_meanwhile() */
    void (*sent)(void *context, struct conn *conn, size_t bytes); /* after each write(2) that took bytes */
    /* it won't be CONN_OPEN any more: by its worker, or in a stopped world. More than once, perhaps */
    void (*ending)(void *context, struct conn *conn);
    void (*closed)(void *context, struct conn *conn); /* the last call: the layer above frees what it attached */
    void (*ended)(void *context); /* the worker's thread ends, outside the gate: frees what is kept for the thread */
    /* ten times a second on each worker; now_ms is monotonic */
    void (*tick)(void *context, struct worker *worker, int64_t now_ms);
};

#endif
