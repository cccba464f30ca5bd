#include "modes/latency.h"

#include "core/histogram.h"
#include "core/monotonic.h"
#include "core/quantity.h"
#include "modes/latency_spectrum.h"
#include "modes/watch.h"
#include "output/output.h"

#include <locale.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#define SAMPLE_PAUSE 10000000 /* nanoseconds */
#define DRAW_PAUSE 100000000  /* nanoseconds: a line that changes faster cannot be read */
#define LEGEND_EVERY 20       /* lines of a spectrum */
#define CLOCK_WIDTH 10        /* columns of the time of day and the blanks after it */

struct latency {
    const struct options *options;
    struct watch *watch;
    struct histogram *times; /* nanoseconds, of this interval */
    struct spectrum spectrum;
    bool is_live; /* for a person: a line that is written anew */
    bool color;
    const char *micro; /* as this terminal writes "us" */
    uint64_t drawn;    /* when the line was, by monotonic_nanoseconds() */
    long long lines;   /* that were printed */
};

static void write_clock(char text[CLOCK_WIDTH + 1])
{
    time_t now = time(NULL);
    struct tm parts;
    localtime_r(&now, &parts);
    strftime(text, CLOCK_WIDTH + 1, "%H:%M:%S  ", &parts);
}

/* ---- for a person ---- */

/* Fits 80 columns: a history has the time of day in place of the least. */
static void draw_line(struct latency *latency)
{
    char start[CLOCK_WIDTH + QUANTITY_SIZE], line[256], mean[QUANTITY_SIZE], median[QUANTITY_SIZE], high[QUANTITY_SIZE],
        max[QUANTITY_SIZE];
    const struct histogram *times = latency->times;
    if (latency->options->mode == MODE_LATENCY_HISTORY) {
        write_clock(start);
    } else {
        char min[QUANTITY_SIZE];
        quantity_write_time(min, (double)histogram_min(times), latency->micro);
        snprintf(start, sizeof start, "min %.20s  ", min);
    }
    snprintf(line, sizeof line, "%savg %s  p50 %s  p99 %s  max %s  %llu %s", start,
             quantity_write_time(mean, histogram_mean(times), latency->micro),
             quantity_write_time(median, (double)histogram_percentile(times, 50), latency->micro),
             quantity_write_time(high, (double)histogram_percentile(times, 99), latency->micro),
             quantity_write_time(max, (double)histogram_max(times), latency->micro),
             (unsigned long long)histogram_count(times), quantity_noun(histogram_count(times), "sample", "samples"));
    watch_draw(latency->watch, line);
    latency->drawn = monotonic_nanoseconds();
}

static void print_spectrum(struct latency *latency)
{
    char clock[CLOCK_WIDTH + 1], high[QUANTITY_SIZE];
    if (latency->lines % LEGEND_EVERY == 0) {
        spectrum_print_legend(CLOCK_WIDTH, latency->color, latency->micro);
        putchar('\n');
    }
    write_clock(clock);
    fputs(clock, stdout);
    spectrum_print(&latency->spectrum, latency->color);
    double percentile = (double)histogram_percentile(latency->times, 99);
    printf(" p99 %s\n", quantity_write_time(high, percentile, latency->micro));
}

/* ---- for everybody else, in milliseconds ---- */

static void print_figures(const struct latency *latency)
{
    const struct histogram *times = latency->times;
    long long min = llround((double)histogram_min(times) / 1e6), max = llround((double)histogram_max(times) / 1e6);
    unsigned long long count = histogram_count(times);
    double mean = histogram_mean(times) / 1e6;
    double median = (double)histogram_percentile(times, 50) / 1e6, high = (double)histogram_percentile(times, 99) / 1e6;
    bool more = latency->options->mode == MODE_LATENCY_HISTORY;
    switch (latency->options->style.format) {
    case FORMAT_CSV:
        printf("%lld,%lld,%.2f,%llu", min, max, mean, count);
        if (more)
            printf(",%.3f,%.3f", median, high);
        break;
    case FORMAT_JSON:
    case FORMAT_QUOTED_JSON:
        printf("{\"min\": %lld, \"max\": %lld, \"avg\": %.2f, \"count\": %llu", min, max, mean, count);
        if (more)
            printf(", \"p50\": %.3f, \"p99\": %.3f", median, high);
        putchar('}');
        break;
    case FORMAT_TERMINAL:
    case FORMAT_HUMAN:
        printf("min: %lld, max: %lld, avg: %.2f (%llu samples)", min, max, mean, count);
        if (more)
            printf(", p50: %.3f, p99: %.3f", median, high);
        break;
    case FORMAT_RAW:
    case FORMAT_VERBATIM:
        printf("%lld %lld %.2f %llu", min, max, mean, count);
        if (more)
            printf(" %.3f %.3f", median, high);
        break;
    }
    putchar('\n');
}

/* What an interval has shown. */
static void print_interval(struct latency *latency)
{
    if (histogram_count(latency->times) == 0)
        return;
    if (latency->options->mode == MODE_LATENCY_DIST) {
        print_spectrum(latency);
    } else if (latency->is_live) {
        draw_line(latency);
        watch_end_line(latency->watch);
    } else {
        print_figures(latency);
    }
    output_flush();
    latency->lines++;
    histogram_reset(latency->times);
    latency->spectrum = (struct spectrum){0};
}

/* ---- sampling ---- */

/* A server that says it is loading, or busy, has answered. */
static bool is_unusable(const struct reply *reply)
{
    return reply->type == REPLY_ERROR && reply_has_prefix(reply, "ERR");
}

static enum watch_status sample(struct latency *latency)
{
    struct reply *reply;
    uint64_t time;
    enum watch_status status = watch_ask(latency->watch, "PING", &reply, &time);
    if (status != WATCH_OK)
        return status;
    if (is_unusable(reply))
        return watch_refuse(latency->watch, "PING", reply);
    reply_destroy(reply);
    histogram_add(latency->times, time);
    if (latency->options->mode == MODE_LATENCY_DIST)
        spectrum_add(&latency->spectrum, time);
    else if (latency->is_live && monotonic_nanoseconds() - latency->drawn >= DRAW_PAUSE)
        draw_line(latency);
    return WATCH_OK;
}

/* Samples until `end`, and once at least. */
static enum watch_status sample_until(struct latency *latency, uint64_t end)
{
    for (;;) {
        enum watch_status status = sample(latency);
        if (status != WATCH_OK)
            return status;
        uint64_t next = monotonic_nanoseconds() + SAMPLE_PAUSE;
        bool ends = next >= end;
        status = watch_pause_until(latency->watch, ends ? end : next);
        if (status != WATCH_OK || ends)
            return status;
    }
}

/* The interval in nanoseconds; UINT64_MAX: it never ends. */
static uint64_t choose_interval(const struct latency *latency)
{
    const struct options *options = latency->options;
    if (options->mode == MODE_LATENCY && latency->is_live)
        return UINT64_MAX;
    double seconds = options->mode == MODE_LATENCY_HISTORY ? 15 : 1;
    if (options->interval > 0)
        seconds = options->interval;
    return (uint64_t)(seconds * 1e9);
}

static bool wants_more(const struct latency *latency)
{
    const struct options *options = latency->options;
    if (options->mode == MODE_LATENCY)
        return latency->lines == 0;
    return !options->has_repeat || options->repeat < 0 || latency->lines < options->repeat;
}

static enum watch_status run(struct latency *latency)
{
    uint64_t interval = choose_interval(latency), end = monotonic_nanoseconds();
    enum watch_status status = WATCH_OK;
    while (status == WATCH_OK && wants_more(latency)) {
        uint64_t now = monotonic_nanoseconds();
        end = interval == UINT64_MAX ? interval : end + interval > now ? end + interval : now + interval;
        status = sample_until(latency, end);
        if (status != WATCH_FAILED)
            print_interval(latency);
    }
    return status;
}

enum exit_code latency_run(const struct options *options)
{
    setlocale(LC_CTYPE, "");
    bool is_endless = options->mode != MODE_LATENCY || watch_is_for_person(options);
    struct latency latency = {
        .options = options,
        .watch = watch_create(options, is_endless),
        .times = histogram_create(),
        .is_live = watch_is_for_person(options) && options->mode != MODE_LATENCY_DIST,
        .color = spectrum_has_color(options),
        .micro = MB_CUR_MAX > 1 ? "\u00b5s" : "us",
    };
    run(&latency);
    enum exit_code code = watch_code(latency.watch);
    watch_destroy(latency.watch);
    histogram_destroy(latency.times);
    return code;
}
