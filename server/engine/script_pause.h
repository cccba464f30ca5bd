/*
 * What a worker does while one of its scripts runs long: every few milliseconds it serves its other clients.
 */
#ifndef KVS_ENGINE_SCRIPT_PAUSE_H
#define KVS_ENGINE_SCRIPT_PAUSE_H

#include <stdbool.h>

struct script_watch;

/* By the script's worker, between two instructions of it. False: the script is to end. */
bool script_pause(struct script_watch *watch);

#endif
