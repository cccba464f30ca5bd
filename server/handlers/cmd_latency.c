/*
 * LATENCY: the events that took long, in numbers and in words.
 *
 * LATENCY HISTOGRAM has nothing to do with events: it reads the histograms of record/stats.h.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/text.h"
#include "command/call.h"
#include "command/command_table.h"
#include "command/handlers.h"
#include "record/latency.h"
#include "record/stats.h"
#include "server.h"

#include <inttypes.h>
#include <string.h>

/* ---- LATEST, HISTORY, RESET ---- */

void cmd_latency_latest(struct call *call)
{
    struct latency_event *events;
    unsigned count = latency_events(&events);
    reply_array(call->reply, count);
    for (unsigned i = 0; i < count; i++) {
        const struct latency_sample *newest = &events[i].samples[events[i].count - 1];
        reply_array(call->reply, 4);
        reply_bulk_text(call->reply, events[i].name);
        reply_int(call->reply, newest->time_s);
        reply_int(call->reply, newest->ms);
        reply_int(call->reply, events[i].worst_ms);
    }
    mem_free(events);
}

void cmd_latency_history(struct call *call)
{
    struct latency_event event;
    if (!latency_find(call->argv[2].data, call->argv[2].len, &event))
        event.count = 0;
    reply_array(call->reply, event.count);
    for (unsigned i = 0; i < event.count; i++) {
        reply_array(call->reply, 2);
        reply_int(call->reply, event.samples[i].time_s);
        reply_int(call->reply, event.samples[i].ms);
    }
}

void cmd_latency_reset(struct call *call)
{
    int64_t forgotten = 0;
    if (call->argc == 2)
        forgotten = latency_forget(NULL);
    for (int i = 2; i < call->argc; i++)
        forgotten += latency_forget(&call->argv[i]);
    reply_int(call->reply, forgotten);
}

/* ---- HISTOGRAM ---- */

/*
 * Answers with one command's histogram as key and value of a map; if the command never ran, answers nothing and returns
 * false.
 */
static bool reply_histogram(struct reply *reply, const struct command *command)
{
    struct command_totals totals;
    stats_sum_command(command_number(command), &totals);
    uint64_t calls = 0;
    for (unsigned b = 0; b < LATENCY_BUCKETS; b++)
        calls += totals.latency[b];
    if (calls == 0)
        return false;

    reply_bulk_text(reply, command_full_name(command));
    reply_map(reply, 2);
    reply_bulk_text(reply, "calls");
    reply_int(reply, (int64_t)calls);
    reply_bulk_text(reply, "histogram_usec");
    struct reply_hole hole = reply_defer(reply);
    size_t pairs = 0;
    uint64_t below = 0, told = 0;
    for (unsigned b = 0; b < LATENCY_BUCKETS; b++) {
        below += totals.latency[b];
        if ((b + 1) % LATENCY_BUCKETS_PER_DOUBLING != 0 || below == told)
            continue;
        reply_int(reply, (int64_t)(stats_latency_bound(b) / 1000));
        reply_int(reply, (int64_t)below);
        told = below;
        pairs++;
    }
    reply_defer_map(reply, hole, pairs);
    return true;
}

/* Answers with the histograms of a command and its subcommands; returns how many there were. */
static size_t reply_histograms(struct reply *reply, const struct command *command)
{
    size_t pairs = reply_histogram(reply, command);
    for (size_t i = 0; i < command->subcommand_count; i++)
        pairs += reply_histogram(reply, &command->subcommands[i]);
    return pairs;
}

void cmd_latency_histogram(struct call *call)
{
    struct reply_hole hole = reply_defer(call->reply);
    size_t pairs = 0;
    if (call->argc == 2)
        for (unsigned i = 0; i < command_top_count(); i++)
            pairs += reply_histograms(call->reply, command_top(i));
    for (int i = 2; i < call->argc && !reply_is_over(call->reply); i++) {
        const struct command *command = command_find_full(call->argv[i].data, call->argv[i].len);
        if (command)
            pairs += reply_histograms(call->reply, command);
    }
    reply_defer_map(call->reply, hole, pairs);
}

/* ---- GRAPH ---- */

#define GRAPH_COLUMNS 80
#define GRAPH_ROWS 4

/* "12s", "3m", "5h", "2d": how long ago. */
static void add_age(struct text *graph, int64_t seconds)
{
    if (seconds < 60)
        text_addf(graph, "%" PRId64 "s", seconds);
    else if (seconds < 3600)
        text_addf(graph, "%" PRId64 "m", seconds / 60);
    else if (seconds < 24 * 3600)
        text_addf(graph, "%" PRId64 "h", seconds / 3600);
    else
        text_addf(graph, "%" PRId64 "d", seconds / (24 * 3600));
}

/* Draws one column for each sample, from low to high in GRAPH_ROWS steps. */
static void graph_draw(struct text *graph, const struct latency_sample *samples, unsigned count, int64_t low,
                       int64_t high)
{
    for (int row = GRAPH_ROWS - 1; row >= 0; row--) {
        for (unsigned i = 0; i < count; i++) {
            int64_t step = high > low ? (samples[i].ms - low) * (GRAPH_ROWS - 1) / (high - low) : 0;
            text_add_char(graph, step >= row ? '#' : ' ');
        }
        text_add_char(graph, '\n');
    }
}

static void graph_write(struct text *graph, const struct latency_event *event)
{
    const struct latency_sample *all = event->samples;
    unsigned count = event->count;
    int64_t low = all[0].ms, high = all[0].ms;
    for (unsigned i = 1; i < count; i++) {
        low = all[i].ms < low ? all[i].ms : low;
        high = all[i].ms > high ? all[i].ms : high;
    }
    text_addf(graph, "%s - high %" PRId64 " ms, low %" PRId64 " ms (all time high %" PRId64 " ms)\n", event->name, high,
              low, event->worst_ms);
    for (int i = 0; i < GRAPH_COLUMNS; i++)
        text_add_char(graph, '-');
    text_add_char(graph, '\n');

    unsigned shown = count < GRAPH_COLUMNS ? count : GRAPH_COLUMNS;
    const struct latency_sample *samples = all + (count - shown);
    int64_t now_s = clock_monotonic_ms() / 1000;
    graph_draw(graph, samples, shown, low, high);
    add_age(graph, now_s - samples[0].at_s);
    text_add(graph, " to ");
    add_age(graph, now_s - samples[shown - 1].at_s);
    text_add(graph, " ago\n");
}

void cmd_latency_graph(struct call *call)
{
    const struct arg *name = &call->argv[2];
    struct text graph = TEXT_EMPTY;
    struct latency_event event;
    if (latency_find(name->data, name->len, &event))
        graph_write(&graph, &event);
    if (graph.len != 0)
        reply_verbatim(call->reply, "txt", graph.data, graph.len);
    else
        reply_errorf(call->reply, "ERR No samples available for event '%.*s'", (int)name->len, name->data);
    text_deinit(&graph);
}

/* ---- DOCTOR ---- */

struct findings {
    unsigned spikes;
    int64_t average_ms, deviation_ms; /* mean, and mean distance from it */
    double period_s;                  /* seconds from one spike to the next */
};

static struct findings event_examine(const struct latency_event *event, int64_t now_s)
{
    const struct latency_sample *samples = event->samples;
    struct findings found = {.spikes = event->count};
    int64_t sum = 0, distance = 0;
    if (found.spikes == 0)
        return found;
    for (unsigned i = 0; i < found.spikes; i++)
        sum += samples[i].ms;
    found.average_ms = sum / found.spikes;
    for (unsigned i = 0; i < found.spikes; i++)
        distance += llabs(samples[i].ms - found.average_ms);
    found.deviation_ms = distance / found.spikes;
    int64_t span_s = now_s > samples[0].at_s ? now_s - samples[0].at_s : 1;
    found.period_s = (double)span_s / found.spikes;
    return found;
}

/* What to do about an event; NULL when there is no particular advice. */
static const char *event_advice(const char *name)
{
    static const struct {
        const char *prefix, *advice;
    } advices[] = {
        {"command",
         "Slow commands: look at SLOWLOG GET. Replace KEYS with SCAN, FLUSHALL with FLUSHALL ASYNC, DEL of large "
         "values with UNLINK, and a long MGET or MSET with several shorter ones."},
        {"fast-command",
         "Commands that should be fast were not: the machine is overloaded, swaps, or lends its processors "
         "to others. Compare INFO cpu with the machine's load."},
        {"expire", "Many keys expire at the same moment: add some randomness to their times to live."},
        {"eviction", "maxmemory is reached in leaps: leave more room below it, or write smaller values."},
        {"aof", "The disk is slow to sync the log: use a faster or a local one, or appendfsync everysec."},
    };
    for (size_t i = 0; i < sizeof advices / sizeof advices[0]; i++)
        if (strncmp(name, advices[i].prefix, strlen(advices[i].prefix)) == 0)
            return advices[i].advice;
    return NULL;
}

static void doctor_write(struct text *report, const struct latency_event *events, unsigned count, int64_t threshold_ms)
{
    if (count == 0 && threshold_ms == 0) {
        text_add(report, "Latency is not being watched. CONFIG SET latency-monitor-threshold <milliseconds> "
                         "starts recording everything that takes at least that long.\n");
        return;
    }
    if (count == 0) {
        text_addf(report, "Nothing has taken %" PRId64 " ms or longer since the watching began.\n", threshold_ms);
        return;
    }
    int64_t now_s = clock_monotonic_ms() / 1000;
    text_add(report, "What took too long:\n\n");
    for (unsigned i = 0; i < count; i++) {
        struct findings found = event_examine(&events[i], now_s);
        text_addf(report,
                  "%u. %s: %u spike%s, %" PRId64 " ms on average (mean deviation %" PRId64
                  " ms), one every %.1f seconds; the worst ever took %" PRId64 " ms.\n",
                  i + 1, events[i].name, found.spikes, text_plural(found.spikes), found.average_ms, found.deviation_ms,
                  found.period_s, events[i].worst_ms);
    }
    text_add(report, "\nWhat may help:\n\n");
    for (unsigned i = 0; i < count; i++)
        if (event_advice(events[i].name))
            text_addf(report, "- %s\n", event_advice(events[i].name));
}

void cmd_latency_doctor(struct call *call)
{
    struct latency_event *events;
    unsigned count = latency_events(&events);
    struct text report = TEXT_EMPTY;
    doctor_write(&report, events, count, call->server->config.latency_monitor_threshold);
    reply_verbatim(call->reply, "txt", report.data, report.len);
    text_deinit(&report);
    mem_free(events);
}

void cmd_latency_help(struct call *call)
{
    static const char *const lines[] = {
        "DOCTOR",
        "    Explain in words what took too long, and what may help.",
        "GRAPH <event>",
        "    Draw the last spikes of an event.",
        "HISTOGRAM [<command> ...]",
        "    Show how the durations of the named commands, or of all, are distributed:",
        "    for growing bounds in microseconds, the number of calls that took no longer.",
        "HISTORY <event>",
        "    Show the time and milliseconds of the last spikes of an event.",
        "LATEST",
        "    Show for each event its name, the time and milliseconds of the last spike, and the worst ever.",
        "RESET [<event> ...]",
        "    Forget the spikes of the named events, or of all.",
    };
    reply_help(call->reply, "LATENCY", lines, sizeof lines / sizeof lines[0]);
}
