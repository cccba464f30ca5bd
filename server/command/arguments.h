/*
 * Reading arguments: each function returns true and writes the value, or replies with Redis's error and
 * returns false. On the worker that runs the call.
 */
#ifndef KVS_COMMAND_ARGUMENTS_H
#define KVS_COMMAND_ARGUMENTS_H

#include "command/call.h"

#include <stdbool.h>
#include <stdint.h>

/* A canonical decimal int64_t. */
bool argument_i64(struct call *call, const struct arg *arg, int64_t *value_out);

/* The same, within the range of an int. message is the error reply; NULL: Redis's usual ones. */
bool argument_int(struct call *call, const struct arg *arg, const char *message, int *value_out);

/* An int64_t that is no less than least; otherwise the error. */
bool argument_at_least(struct call *call, const struct arg *arg, int64_t least, const char *error, int64_t *value_out);

/* A time to wait: seconds with decimals, rounded up to milliseconds, or milliseconds. 0 is for ever. */
bool argument_timeout_seconds(struct call *call, const struct arg *arg, int64_t *milliseconds_out);
bool argument_timeout_ms(struct call *call, const struct arg *arg, int64_t *milliseconds_out);

/* The number of an existing database. */
bool argument_db(struct call *call, const struct arg *arg, int *db_out);

#endif
