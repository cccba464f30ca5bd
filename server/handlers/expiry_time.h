/*
 * Turns times to live as clients write them (seconds or milliseconds, from now on or since 1970) into absolute wall
 * time, and asks the conditions under which they are set.
 */
#ifndef KVS_HANDLERS_EXPIRY_TIME_H
#define KVS_HANDLERS_EXPIRY_TIME_H

#include "command/arguments.h"
#include "command/call.h"
#include "command/errors.h"
#include "store/entry.h"

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

/* NX, XX, GT and LT of EXPIRE and HEXPIRE. */
struct expire_condition {
    bool nx, xx, gt, lt;
};

/* Whether a key or field with this expiry may get the new one. No expiry counts as later than any. */
static inline bool expire_condition_holds(const struct expire_condition *condition, int64_t current_ms, int64_t new_ms)
{
    bool has_one = current_ms != ENTRY_NO_EXPIRY;
    if ((condition->nx && has_one) || (condition->xx && !has_one))
        return false;
    if (condition->gt && (!has_one || new_ms <= current_ms))
        return false;
    return !(condition->lt && has_one && new_ms >= current_ms);
}

#endif
