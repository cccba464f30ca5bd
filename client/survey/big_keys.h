/*
 * --bigkeys and --memkeys: the biggest key of each type, by its elements or by its memory.
 *
 * The lines of the summary are those of redis-cli, for scripts that look for them.
 */
#ifndef KVS_CLIENT_SURVEY_BIG_KEYS_H
#define KVS_CLIENT_SURVEY_BIG_KEYS_H

#include "survey/key_walk.h"

struct key_walk_result big_keys_run(struct session *session, bool by_memory);

#endif
