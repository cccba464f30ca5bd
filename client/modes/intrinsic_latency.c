/*
 * Reads the clock again and again. Two readings are a few tens of nanoseconds apart, unless something else ran in
 * between: the kernel, another program, or another guest of the machine's host. What this program itself does besides
 * (looking for Ctrl-C, printing) lies outside what is measured.
 */
#include "modes/intrinsic_latency.h"

#include "core/histogram.h"
#include "core/interrupt.h"
#include "core/monotonic.h"
#include "core/quantity.h"
#include "modes/watch.h"
#include "output/output.h"

#include <stdio.h>

#define ROUND 1000000 /* nanoseconds until something else is looked at */

/* Measures for one round. Returns the longest gap, in nanoseconds. */
static uint64_t measure(struct histogram *gaps)
{
    uint64_t start = monotonic_nanoseconds(), last = start, longest = 0;
    while (last - start < ROUND) {
        uint64_t now = monotonic_nanoseconds(), gap = now - last;
        histogram_add(gaps, gap);
        longest = gap > longest ? gap : longest;
        last = now;
    }
    return longest;
}

static void print_summary(const struct histogram *gaps)
{
    static const double percents[] = {50, 90, 99, 99.9, 99.99, 99.999};
    double mean = histogram_mean(gaps), max = (double)histogram_max(gaps);
    char text[QUANTITY_SIZE];
    printf("\n%llu total runs (avg latency: %.4f microseconds / %.2f nanoseconds per run).\n",
           (unsigned long long)histogram_count(gaps), mean / 1000, mean);
    printf("Worst run took %.0fx longer than the average latency.\n\n", mean > 0 ? max / mean : 0);
    for (size_t i = 0; i < sizeof percents / sizeof percents[0]; i++) {
        double gap = (double)histogram_percentile(gaps, percents[i]);
        printf("%7.7g %%  %s\n", percents[i], quantity_write_time(text, gap, "us"));
    }
    printf("    max    %s\n", quantity_write_time(text, max, "us"));
}

enum exit_code intrinsic_latency_run(const struct options *options)
{
    struct histogram *gaps = histogram_create();
    uint64_t end = monotonic_nanoseconds() + (uint64_t)(options->run_seconds * 1e9);
    uint64_t longest = 0; /* microseconds, that was printed */
    interrupt_install();
    do {
        uint64_t gap = measure(gaps) / 1000;
        if (gap > longest) {
            longest = gap;
            printf("Max latency so far: %llu microseconds.\n", (unsigned long long)gap);
            output_flush();
        }
    } while (!interrupt_is_pending() && monotonic_nanoseconds() < end);
    print_summary(gaps);
    output_flush();
    histogram_destroy(gaps);
    return EXIT_CODE_OK;
}
