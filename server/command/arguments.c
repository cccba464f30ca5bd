/* Reading arguments, with Redis's error texts. */
#include "command/arguments.h"

#include "base/number.h"

#include <limits.h>

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
