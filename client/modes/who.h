/*
 * kvs-cli --who: who serves a socket file, who you are to that server, and what you may do there, as aligned lines
 * "name: value" on standard output. For people; the lines differ with what the server tells (Redis tells less than
 * kvs).
 */
#ifndef KVS_CLIENT_MODES_WHO_H
#define KVS_CLIENT_MODES_WHO_H

#include "core/exit_codes.h"
#include "options/options.h"

/* A server that wants a password first is EXIT_CODE_REFUSED with -e, as for other commands. */
enum exit_code who_run(const struct options *options);

#endif
