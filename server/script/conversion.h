/*
 * Conversions of numbers to integers that are defined for all numbers: private to this folder. What doesn't fit becomes
 * what x86-64's instructions make of it, since that is what scripts have come to see in Redis.
 */
#ifndef KVS_SCRIPT_CONVERSION_H
#define KVS_SCRIPT_CONVERSION_H

#include <limits.h>
#include <stdint.h>

#define CONVERSION_TWO_63 9223372036854775808.0

static inline int script_to_int(double number)
{
    return number > INT_MIN - 1.0 && number < INT_MAX + 1.0 ? (int)number : INT_MIN;
}

static inline int64_t script_to_i64(double number)
{
    return number >= -CONVERSION_TWO_63 && number < CONVERSION_TWO_63 ? (int64_t)number : INT64_MIN;
}

static inline uint64_t script_to_u64(double number)
{
    if (number < CONVERSION_TWO_63 || number != number)
        return (uint64_t)script_to_i64(number);
    return (uint64_t)script_to_i64(number - CONVERSION_TWO_63) ^ UINT64_C(1) << 63;
}

#endif
