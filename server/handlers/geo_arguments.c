#include "handlers/geo_arguments.h"

#include "base/number.h"

#include <math.h>

#define DECIMALS 4
#define DECIMALS_FACTOR 10000

bool argument_geo_number(struct call *call, const struct arg *arg, const char *error, double *number_out)
{
    if (number_parse_double(arg->data, arg->len, number_out))
        return true;
    reply_error(call->reply, error);
    return false;
}

bool argument_geo_point(struct call *call, const struct arg *arg, struct geo_point *point_out)
{
    static const char error[] = "ERR value is not a valid float";
    struct geo_point point;
    if (!argument_geo_number(call, &arg[0], error, &point.longitude) ||
        !argument_geo_number(call, &arg[1], error, &point.latitude))
        return false;
    if (!geo_point_is_valid(&point)) {
        reply_errorf(call->reply, "ERR invalid longitude,latitude pair %f,%f", point.longitude, point.latitude);
        return false;
    }
    *point_out = point;
    return true;
}

bool argument_geo_unit(struct call *call, const struct arg *arg, double *meters_out)
{
    static const struct {
        const char *word;
        double meters;
    } units[] = {{"m", 1}, {"km", 1000}, {"ft", 0.3048}, {"mi", 1609.34}};
    for (size_t i = 0; i < sizeof units / sizeof units[0]; i++) {
        if (arg_is(arg, units[i].word)) {
            *meters_out = units[i].meters;
            return true;
        }
    }
    reply_error(call->reply, "ERR unsupported unit provided. please use M, KM, FT, MI");
    return false;
}

void reply_geo_distance(struct reply *reply, double distance)
{
    long long parts = llrint(distance * DECIMALS_FACTOR);
    reply_bulkf(reply, "%lld.%0*lld", parts / DECIMALS_FACTOR, DECIMALS, parts % DECIMALS_FACTOR);
}

void reply_geo_point(struct reply *reply, const struct geo_point *point)
{
    reply_array(reply, 2);
    reply_long_double(reply, point->longitude);
    reply_long_double(reply, point->latitude);
}
