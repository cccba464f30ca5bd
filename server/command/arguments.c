/* Reading arguments, with Redis's error texts. */
#include "command/arguments.h"

#include "base/number.h"

#include <limits.h>
#include <math.h>

bool argument_i64(struct call *call, const struct arg *arg, int64_t *value_out)
{
    if (number_parse_i64(arg->data, arg->len, value_out))
        return true;
    reply_error(call->reply, "ERR value is not an integer or out of range");
    return false;
}

bool argument_int(struct call *call, const struct arg *arg, const char *message, int *value_out)
{
    int64_t value;
    bool is_number = number_parse_i64(arg->data, arg->len, &value);
    if (is_number && value >= INT_MIN && value <= INT_MAX) {
        *value_out = (int)value;
        return true;
    }
    if (message)
        reply_error(call->reply, message);
    else if (is_number)
        reply_errorf(call->reply, "ERR value is out of range, value must between %d and %d", INT_MIN, INT_MAX);
    else
        reply_error(call->reply, "ERR value is not an integer or out of range");
    return false;
}

bool argument_at_least(struct call *call, const struct arg *arg, int64_t least, const char *error, int64_t *value_out)
{
    int64_t value;
    if (number_parse_i64(arg->data, arg->len, &value) && value >= least) {
        *value_out = value;
        return true;
    }
    reply_error(call->reply, error);
    return false;
}

static bool timeout_fits(struct call *call, int64_t milliseconds, int64_t *milliseconds_out)
{
    if (milliseconds < 0) {
        reply_error(call->reply, "ERR timeout is negative");
        return false;
    }
    if (milliseconds > INT64_MAX - call->view.now_ms) {
        reply_error(call->reply, "ERR timeout is out of range");
        return false;
    }
    *milliseconds_out = milliseconds;
    return true;
}

bool argument_timeout_seconds(struct call *call, const struct arg *arg, int64_t *milliseconds_out)
{
    long double seconds;
    if (!number_parse_long_double(arg->data, arg->len, &seconds)) {
        reply_error(call->reply, "ERR timeout is not a float or out of range");
        return false;
    }
    if (seconds * 1000 > (long double)INT64_MAX) {
        reply_error(call->reply, "ERR timeout is out of range");
        return false;
    }
    long double milliseconds = ceill(seconds * 1000);
    return timeout_fits(call, milliseconds < 0 ? -1 : (int64_t)milliseconds, milliseconds_out);
}

bool argument_timeout_ms(struct call *call, const struct arg *arg, int64_t *milliseconds_out)
{
    int64_t milliseconds;
    if (!number_parse_i64(arg->data, arg->len, &milliseconds)) {
        reply_error(call->reply, "ERR timeout is not an integer or out of range");
        return false;
    }
    return timeout_fits(call, milliseconds, milliseconds_out);
}

bool argument_db(struct call *call, const struct arg *arg, int *db_out)
{
    int db;
    if (!argument_int(call, arg, NULL, &db))
        return false;
    if (db < 0 || db >= keyspace_databases(call->view.keyspace)) {
        reply_error(call->reply, "ERR DB index is out of range");
        return false;
    }
    *db_out = db;
    return true;
}
