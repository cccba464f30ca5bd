/*
 * SIGHUP: edits of the configuration file take effect, the log is reopened, and the file of users is read again.
 * Main thread, outside the gate.
 */
#ifndef KVS_UPKEEP_RELOAD_H
#define KVS_UPKEEP_RELOAD_H

struct config_sources;
struct gate_member;
struct server;

/* Does as much as possible; what fails is logged and stays as it was. Stops the world meanwhile. */
void server_reload(struct server *server, struct config_sources *sources, struct gate_member *gate);

#endif
