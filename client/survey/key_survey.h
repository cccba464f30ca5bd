/*
 * --bigkeys, --memkeys, --keystats and --hotkeys: walk through all keys (key_walk.h) and report those that stand out.
 */
#ifndef KVS_CLIENT_SURVEY_KEY_SURVEY_H
#define KVS_CLIENT_SURVEY_KEY_SURVEY_H

#include "core/exit_codes.h"
#include "options/options.h"

/* Ctrl-C ends the walk, and what was seen so far is reported, as it is when the server goes away. */
enum exit_code key_survey_run(const struct options *options);

#endif
