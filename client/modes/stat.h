/*
 * --stat: a line of figures about the server every second (-i), -r of them or until Ctrl-C, with a header every 20
 * lines.
 *
 * The columns are redis-cli's up to the connections. Then follow the hits per hundred lookups and the server's
 * processor time in percent of one processor, both since the line before, and what the server does besides.
 */
#ifndef KVS_CLIENT_MODES_STAT_H
#define KVS_CLIENT_MODES_STAT_H

#include "core/exit_codes.h"
#include "options/options.h"

enum exit_code stat_run(const struct options *options);

#endif
