/*
 * Reading arguments: each function returns whether the argument was good, and has answered with Redis's
 * error if it was not.
 */
#ifndef KVS_COMMAND_ARGUMENTS_H
#define KVS_COMMAND_ARGUMENTS_H

#include "command/call.h"

#include <stdbool.h>
#include <stdint.h>

/* A canonical decimal int64_t. */
bool argument_i64(struct call *call, const struct arg *arg, int64_t *value_out);

/* The same within an int. message NULL: Redis's words for both mistakes; else these. */
bool argument_int(struct call *call, const struct arg *arg, const char *message, int *value_out);

/* The number of an existing database. */
bool argument_db(struct call *call, const struct arg *arg, int *db_out);

#endif
