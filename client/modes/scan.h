/*
 * --scan: the names of all keys, one on each line, as redis-cli prints them: quoted on a terminal and with --no-raw,
 * otherwise as they are. A key that holds a zero byte is printed whole.
 */
#ifndef KVS_CLIENT_MODES_SCAN_H
#define KVS_CLIENT_MODES_SCAN_H

#include "core/exit_codes.h"
#include "options/options.h"

/* -i is the pause between two SCANs. Ctrl-C ends the program by that signal. */
enum exit_code scan_run(const struct options *options);

#endif
