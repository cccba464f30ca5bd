#include "top/probes.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

void probes_init(struct probes *probes)
{
    *probes = (struct probes){.round = histogram_create()};
}

void probes_deinit(struct probes *probes)
{
    histogram_destroy(probes->round);
}

void probes_add(struct probes *probes, double microseconds)
{
    probes->values[probes->total++ % PROBES_KEPT] = microseconds;
    histogram_add(probes->round, (uint64_t)(microseconds * 1000));
}

static int by_value(const void *left, const void *right)
{
    double a = *(const double *)left, b = *(const double *)right;
    return (a > b) - (a < b);
}

/* The least of sorted values that `percent` of them do not exceed. */
static double percentile(const double *values, size_t count, double percent)
{
    size_t rank = (size_t)ceil(percent / 100 * (double)count);
    return values[rank > 0 ? rank - 1 : 0];
}

struct probe_summary probes_summarize(const struct probes *probes)
{
    double sorted[PROBES_KEPT];
    size_t count = probes->total < PROBES_KEPT ? probes->total : PROBES_KEPT;
    if (count == 0)
        return (struct probe_summary){.p50 = NAN, .p99 = NAN, .p999 = NAN, .greatest = NAN};
    memcpy(sorted, probes->values, count * sizeof sorted[0]);
    qsort(sorted, count, sizeof sorted[0], by_value);
    return (struct probe_summary){
        .count = count,
        .p50 = percentile(sorted, count, 50),
        .p99 = percentile(sorted, count, 99),
        .p999 = percentile(sorted, count, 99.9),
        .greatest = sorted[count - 1],
    };
}

double probes_end_round(struct probes *probes)
{
    double result = NAN;
    if (histogram_count(probes->round) > 0)
        result = (double)histogram_percentile(probes->round, 99) / 1000;
    histogram_reset(probes->round);
    return result;
}
