/*
 * --hotkeys: the keys that are used most often, by the count of a server with an LFU maxmemory-policy.
 *
 * The lines of the summary are those of redis-cli, for scripts that look for them.
 */
#ifndef KVS_CLIENT_SURVEY_HOT_KEYS_H
#define KVS_CLIENT_SURVEY_HOT_KEYS_H

#include "survey/key_walk.h"

struct key_walk_result hot_keys_run(struct session *session);

#endif
