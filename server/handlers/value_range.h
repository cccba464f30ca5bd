/*
 * Pieces of values, as commands name them: by two positions, of which negative ones count from the end.
 */
#ifndef KVS_HANDLERS_VALUE_RANGE_H
#define KVS_HANDLERS_VALUE_RANGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Turns the positions of the first and the last unit (byte, bit) of a piece into its offset and length, cut to a value
 * of total units; false if nothing is left of it.
 */
static inline bool value_range(int64_t first, int64_t last, size_t total, size_t *offset_out, size_t *count_out)
{
    int64_t end = (int64_t)total;
    if (first < 0)
        first = first + end < 0 ? 0 : first + end;
    if (last < 0)
        last = last + end < 0 ? 0 : last + end;
    if (last >= end)
        last = end - 1;
    if (first > last)
        return false;
    *offset_out = (size_t)first;
    *count_out = (size_t)(last - first + 1);
    return true;
}

/*
 * Whether both count from the end and are in the wrong order: GETRANGE and BITCOUNT find nothing there, wherever it is.
 */
static inline bool value_range_is_reversed(int64_t first, int64_t last)
{
    return first < 0 && last < 0 && first > last;
}

#endif
