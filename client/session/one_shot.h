/*
 * The command of the command line: its arguments may be quoted (--quoted-input) and one of them may come from
 * standard input (-x, -X).
 */
#ifndef KVS_CLIENT_SESSION_ONE_SHOT_H
#define KVS_CLIENT_SESSION_ONE_SHOT_H

#include "core/exit_codes.h"
#include "options.h"

enum exit_code one_shot_run(const struct options *options);

#endif
