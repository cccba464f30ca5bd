/*
 * Secrets among arguments, which the slow log and MONITOR must not show. Any thread.
 */
#ifndef KVS_RECORD_REDACT_H
#define KVS_RECORD_REDACT_H

#include "base/bytes.h"

#include <stdbool.h>

/* Whether argv[index] is a password, user name or ACL rule that stays hidden; it is then shown as REDACTED. */
bool redact_is_secret(int argc, const struct arg *argv, int index);

#define REDACTED "(redacted)"

#endif
