#include "core/quantity.h"
#include "top/strip.h"
#include "top/view.h"

#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#define FIGURES 6

__attribute__((format(printf, 3, 4))) static void write_line(struct strip *strip, int line, const char *format, ...)
{
    va_list values;
    va_start(values, format);
    vsnprintf(strip->lines[line], sizeof strip->lines[line], format, values);
    va_end(values);
}

static void describe_requests(struct strip *strip, const struct model *model)
{
    *strip = (struct strip){.title = "Requests/s", .value = amount_count(model->rates.requests)};
    write_line(strip, 0, "in %s/s", amount_bytes(model->rates.bytes_in).text);
    write_line(strip, 1, "out %s/s", amount_bytes(model->rates.bytes_out).text);
    write_line(strip, 2, "%s since the start", amount_count(model->sample.commands).text);
}

static void describe_hits(struct strip *strip, const struct model *model)
{
    *strip = (struct strip){
        .title = "Hit rate", .value = amount_percent(model->rates.hit_rate), .unit = UNIT_PERCENT, .top = 100};
    write_line(strip, 0, "hit %s/s miss %s/s", amount_count(model->rates.hits).text,
               amount_count(model->rates.misses).text);
    write_line(strip, 1, "expired %s/s evict %s/s", amount_count(model->rates.expired).text,
               amount_count(model->rates.evicted).text);
}

static void describe_memory(struct strip *strip, const struct model *model)
{
    const struct sample *sample = &model->sample;
    *strip = (struct strip){.title = "Memory", .value = amount_bytes(sample->memory), .unit = UNIT_BYTES};
    const char *noun = quantity_noun(sample->keys == 1, "key", "keys");
    if (sample->memory_limit > 0)
        write_line(strip, 0, "%s %s, limit %s", amount_count(sample->keys).text, noun,
                   amount_bytes(sample->memory_limit).text);
    else
        write_line(strip, 0, "%s %s, no limit", amount_count(sample->keys).text, noun);
    write_line(strip, 1, "rss %s, peak %s", amount_bytes(sample->resident).text, amount_bytes(sample->peak).text);
}

static void describe_clients(struct strip *strip, const struct model *model)
{
    *strip = (struct strip){.title = "Clients", .value = amount_count(model->sample.clients)};
    write_line(strip, 0, "%s new/s, %s refused/s", amount_count(model->rates.connections).text,
               amount_count(model->rates.rejected).text);
    write_line(strip, 1, "%s blocked, limit %s", amount_count(model->sample.blocked).text,
               amount_count(model->sample.clients_limit).text);
}

/* The workers one by one, while that has room: a line each for two of them. */
static void describe_cpu(struct strip *strip, const struct model *model)
{
    const struct workers *workers = &model->workers;
    *strip = (struct strip){.title = "CPU", .value = amount_percent(model->rates.cpu), .unit = UNIT_PERCENT};
    size_t a_line = workers->count > 4 ? 4 : 2;
    for (size_t i = 0; i < workers->count && i / a_line < STRIP_LINES; i++) {
        const struct worker *worker = &workers->all[i];
        char *line = strip->lines[i / a_line];
        size_t length = strlen(line), size = sizeof strip->lines[0];
        if (a_line == 2)
            snprintf(line + length, size - length, "%s%s %s", i % a_line > 0 ? " " : "", worker->name,
                     isnan(worker->percent) ? "-" : amount_count(round(worker->percent)).text);
        else
            snprintf(line + length, size - length, "%5s",
                     isnan(worker->percent) ? "-" : amount_percent(round(worker->percent)).text);
    }
}

static void describe_latency(struct strip *strip, const struct model *model)
{
    struct probe_summary summary = probes_summarize(&model->probes);
    *strip = (struct strip){.title = "PING p99", .value = amount_microseconds(summary.p99), .unit = UNIT_MICROSECONDS};
    if (model->ping.is_refused) {
        write_line(strip, 0, "%.24s", model->ping.refusal);
        return;
    }
    write_line(strip, 0, "p50 %s, p99.9 %s", amount_microseconds(summary.p50).text,
               amount_microseconds(summary.p999).text);
    write_line(strip, 1, "max %s of last %zu", amount_microseconds(summary.greatest).text, summary.count);
}

void view_figures_draw(const struct rectangle *area, const struct ui *ui, const struct model *model)
{
    static void (*const describers[FIGURES])(struct strip *, const struct model *) = {
        [FIGURE_REQUESTS] = describe_requests, [FIGURE_HIT_RATE] = describe_hits, [FIGURE_MEMORY] = describe_memory,
        [FIGURE_CLIENTS] = describe_clients,   [FIGURE_CPU] = describe_cpu,       [FIGURE_LATENCY] = describe_latency,
    };
    struct rectangle place = *area;
    if (model->info.is_refused) {
        place.height = 2;
        view_refusal_draw(&place, "INFO", &model->info);
        place.top += 3;
    }
    int height = area->height / FIGURES > 2 ? area->height / FIGURES : 2;
    place.height = height;
    for (int figure = model->info.is_refused ? FIGURE_LATENCY : 0; figure < FIGURES; figure++) {
        struct strip strip;
        describers[figure](&strip, model);
        strip.figure = (enum figure)figure;
        strip.look = (enum look)(LOOK_PLOT + figure);
        if (place.top + height > area->top + area->height)
            break;
        strip_draw(&strip, &place, model->timeline, ui->step);
        place.top += height;
    }
}
