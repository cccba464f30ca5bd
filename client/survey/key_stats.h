/*
 * --keystats: all keys in tables: types with their elements and memory, how sizes, names and times to live are
 * distributed, and the keys that take the most memory.
 */
#ifndef KVS_CLIENT_SURVEY_KEY_STATS_H
#define KVS_CLIENT_SURVEY_KEY_STATS_H

#include "survey/key_walk.h"

struct key_walk_result key_stats_run(struct session *session);

#endif
