/*
 * --top: a live screen of what the server does and for whom.
 */
#ifndef KVS_CLIENT_TOP_TOP_H
#define KVS_CLIENT_TOP_TOP_H

#include "core/exit_codes.h"
#include "options/options.h"

enum exit_code top_run(const struct options *options);

#endif
