/*
 * Places and distances in the arguments of commands: as command/arguments.h, in Redis's order and words.
 */
#ifndef KVS_HANDLERS_GEO_ARGUMENTS_H
#define KVS_HANDLERS_GEO_ARGUMENTS_H

#include "command/call.h"
#include "types/geohash.h"

#include <stdbool.h>

/* A longitude, and behind it a latitude. */
bool argument_geo_point(struct call *call, const struct arg *arg, struct geo_point *point_out);

/* A number; the error is what the caller says. */
bool argument_geo_number(struct call *call, const struct arg *arg, const char *error, double *number_out);

/* The meters of M, KM, FT or MI. */
bool argument_geo_unit(struct call *call, const struct arg *arg, double *meters_out);

/* Answers with a distance, which has four decimals. */
void reply_geo_distance(struct reply *reply, double distance);

/* Answers with longitude and latitude. */
void reply_geo_point(struct reply *reply, const struct geo_point *point);

#endif
