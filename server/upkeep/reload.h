/*
 * SIGHUP: what was edited in the configuration file takes effect, the log and the file of users are opened anew.
 * Main thread.
 */
#ifndef KVS_UPKEEP_RELOAD_H
#define KVS_UPKEEP_RELOAD_H

struct config_sources;
struct gate_member;
struct server;

/* Does all that can be done; what can't is logged, and stays as it was. Stops the world for it. */
void server_reload(struct server *server, struct config_sources *sources, struct gate_member *gate);

#endif
