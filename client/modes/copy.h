/*
 * --copy-from: the keys of another server into this one, by SCAN, DUMP and RESTORE.
 */
#ifndef KVS_CLIENT_MODES_COPY_H
#define KVS_CLIENT_MODES_COPY_H

#include "core/exit_codes.h"
#include "options.h"

enum exit_code copy_run(const struct options *options);

#endif
