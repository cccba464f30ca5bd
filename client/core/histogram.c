/*
 * Log-linear, as in HdrHistogram (Gil Tene): values below 2 * STEPS have a counter each; every power of two above is
 * cut into STEPS counters of equal width. So a counter's width is at most 1 / STEPS of its values.
 *
 *   value   0 .. 255   256 .. 511   512 .. 1023  ...
 *   width   1          2            4
 *
 * A value is shifted right until it is below 2 * STEPS; the shift chooses the row, the rest the counter in it.
 */
#include "core/histogram.h"

#include "core/memory.h"

#include <math.h>
#include <stddef.h>
#include <stdlib.h>

#define STEP_BITS 7
#define STEPS (1u << STEP_BITS)
#define SHIFT_MAX (64 - STEP_BITS - 1)
#define COUNTERS ((SHIFT_MAX + 2) * STEPS)

struct histogram {
    uint64_t count, min, max;
    double sum;
    uint64_t counters[COUNTERS];
};

static size_t index_of(uint64_t value)
{
    unsigned bits = value == 0 ? 0 : 64 - (unsigned)__builtin_clzll(value);
    unsigned shift = bits > STEP_BITS + 1 ? bits - STEP_BITS - 1 : 0;
    return (size_t)shift * STEPS + (size_t)(value >> shift);
}

/* The greatest value that is counted there. */
static uint64_t greatest_at(size_t index)
{
    unsigned shift = index < 2 * STEPS ? 0 : (unsigned)(index / STEPS - 1);
    uint64_t step = index - (size_t)shift * STEPS;
    return (step << shift) + ((UINT64_C(1) << shift) - 1);
}

struct histogram *histogram_create(void)
{
    return memory_alloc_zeroed(sizeof(struct histogram));
}

void histogram_destroy(struct histogram *histogram)
{
    free(histogram);
}

void histogram_reset(struct histogram *histogram)
{
    *histogram = (struct histogram){0};
}

static void widen(struct histogram *histogram, uint64_t min, uint64_t max)
{
    if (histogram->count == 0 || min < histogram->min)
        histogram->min = min;
    if (max > histogram->max)
        histogram->max = max;
}

void histogram_add(struct histogram *histogram, uint64_t value)
{
    widen(histogram, value, value);
    histogram->count++;
    histogram->sum += (double)value;
    histogram->counters[index_of(value)]++;
}

uint64_t histogram_count(const struct histogram *histogram)
{
    return histogram->count;
}

uint64_t histogram_min(const struct histogram *histogram)
{
    return histogram->min;
}

uint64_t histogram_max(const struct histogram *histogram)
{
    return histogram->max;
}

double histogram_mean(const struct histogram *histogram)
{
    return histogram->count == 0 ? 0 : histogram->sum / (double)histogram->count;
}

uint64_t histogram_percentile(const struct histogram *histogram, double percent)
{
    double rank = ceil((double)histogram->count * percent / 100);
    uint64_t seen = 0;
    if (rank <= 1)
        return histogram->min;
    for (size_t i = index_of(histogram->min); i < COUNTERS; i++) {
        seen += histogram->counters[i];
        if ((double)seen >= rank) {
            uint64_t value = greatest_at(i);
            return value < histogram->max ? value : histogram->max;
        }
    }
    return histogram->max;
}
