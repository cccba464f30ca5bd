/*
 * Turns times to live as clients write them (seconds or milliseconds, from now on or since 1970) into absolute wall
 * time.
 */
#ifndef KVS_HANDLERS_EXPIRY_TIME_H
#define KVS_HANDLERS_EXPIRY_TIME_H

#include "command/arguments.h"
#include "command/call.h"
#include "command/errors.h"

#include <stdbool.h>
#include <stdint.h>

enum time_unit { TIME_SECONDS = 1000, TIME_MILLISECONDS = 1 }; /* in milliseconds */
enum time_origin { TIME_FROM_NOW, TIME_SINCE_1970 };

/*
 * Reads arg, which must be at least `least`, into milliseconds of wall time. False, with the error, if it isn't a
 * number or there is no such time. The result may lie in the past.
 */
static inline bool expiry_time_read(struct call *call, const struct arg *arg, enum time_unit unit,
                                    enum time_origin origin, int64_t least, int64_t *wall_ms_out)
{
    int64_t at, base_ms = origin == TIME_FROM_NOW ? call->view.now_ms : 0;
    if (!argument_i64(call, arg, &at))
        return false;
    if (at < least || __builtin_mul_overflow(at, (int64_t)unit, &at) || __builtin_add_overflow(at, base_ms, &at)) {
        error_expire_time(call);
        return false;
    }
    *wall_ms_out = at;
    return true;
}

#endif
