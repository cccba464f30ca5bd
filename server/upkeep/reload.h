/*
 * SIGHUP: edits of the configuration file take effect, the log is reopened, and the file of users is read again.
 * Main thread, outside the gate.
 */
#ifndef KVS_UPKEEP_RELOAD_H
#define KVS_UPKEEP_RELOAD_H

#include <stdbool.h>

struct config;
struct config_sources;
struct gate_member;
struct server;

/* Logs the remarks on the configuration that the server starts with. */
void reload_tell_remarks(const struct config *config);

/* Opens the log anew and reads the sources. False, with a line in the log: nothing is to be applied. */
bool reload_begin(struct config_sources *sources);

/*
 * Stops the world and applies what has been read: as much as possible; what fails is logged and stays as it was. False:
 * some thread is busy for longer than a few milliseconds, or has stopped the world, and it must be tried again.
 */
bool reload_finish(struct server *server, struct config_sources *sources, struct gate_member *gate);

#endif
