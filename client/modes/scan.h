/*
 * --scan: the names of all keys, a line each.
 */
#ifndef KVS_CLIENT_MODES_SCAN_H
#define KVS_CLIENT_MODES_SCAN_H

#include "core/exit_codes.h"
#include "options.h"

enum exit_code scan_run(const struct options *options);

#endif
