/*
 * What the server does periodically: active expiry, sampling rates, measuring memory, giving unused pages back, saying
 * what the log has left out. Main thread, outside the gate. Waits for nobody: what needs the gate is put off while the
 * gate is closed, and a shard whose lock is taken is left for later.
 */
#ifndef KVS_UPKEEP_CRON_H
#define KVS_UPKEEP_CRON_H

struct gate_member;
struct server;

/* Does what is due; returns the milliseconds until the next call, 0 where there is more to evict or it is late. */
int cron_run(struct server *server, struct gate_member *gate);

#endif
