/*
 * What the server does by the clock and not by request: active expiry, sampling of rates, measuring memory,
 * giving unused pages back. Main thread, outside the gate.
 */
#ifndef KVS_UPKEEP_CRON_H
#define KVS_UPKEEP_CRON_H

struct gate_member;
struct server;

/* Does what is due; returns the milliseconds until it wants to be called again. */
int cron_run(struct server *server, struct gate_member *gate);

#endif
