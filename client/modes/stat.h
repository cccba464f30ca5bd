/*
 * --stat: a line of figures about the server now and then.
 */
#ifndef KVS_CLIENT_MODES_STAT_H
#define KVS_CLIENT_MODES_STAT_H

#include "core/exit_codes.h"
#include "options.h"

enum exit_code stat_run(const struct options *options);

#endif
