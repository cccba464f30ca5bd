/*
 * How a great many whole numbers (times, sizes) are distributed, in little memory: count, least, greatest and mean are
 * exact, percentiles may be too large, by less than one part in 128. Any uint64_t is taken; the unit is the caller's.
 */
#ifndef KVS_CLIENT_CORE_HISTOGRAM_H
#define KVS_CLIENT_CORE_HISTOGRAM_H

#include <stdint.h>

struct histogram;

struct histogram *histogram_create(void);
void histogram_destroy(struct histogram *histogram);

void histogram_add(struct histogram *histogram, uint64_t value);

/* Forgets everything. */
void histogram_reset(struct histogram *histogram);

/* All of these are 0 for a histogram that holds nothing. */
uint64_t histogram_count(const struct histogram *histogram);
uint64_t histogram_min(const struct histogram *histogram);
uint64_t histogram_max(const struct histogram *histogram);
double histogram_mean(const struct histogram *histogram);

/* The least value that `percent` (0 to 100) of all values do not exceed: 50 asks for the median, 100 for the
 * greatest. */
uint64_t histogram_percentile(const struct histogram *histogram, double percent);

#endif
