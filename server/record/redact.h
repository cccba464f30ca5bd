/*
 * Secrets among arguments: what the slow log and MONITOR must not show.
 */
#ifndef KVS_RECORD_REDACT_H
#define KVS_RECORD_REDACT_H

#include "base/bytes.h"

#include <stdbool.h>

/* Whether argv[index] is a password or user name that stays hidden; it is shown as REDACTED. */
bool redact_is_secret(int argc, const struct arg *argv, int index);

#define REDACTED "(redacted)"

#endif
