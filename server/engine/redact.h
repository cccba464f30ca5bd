/*
 * Secrets among arguments: what the slow log and MONITOR must not show.
 */
#ifndef KVS_ENGINE_REDACT_H
#define KVS_ENGINE_REDACT_H

#include "core/bytes.h"

#include <stdbool.h>

/* Whether argv[index] is a password or user name that stays hidden; it is shown as REDACTED. */
bool redact_is_secret(int argc, const struct arg *argv, int index);

#define REDACTED "(redacted)"

#endif
