#include "modes/stat.h"

#include "core/monotonic.h"
#include "core/quantity.h"
#include "modes/watch.h"
#include "output/output.h"
#include "session/info.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define HEADER_EVERY 20 /* lines */
#define CELL_SIZE 48
#define LARGEST 1e15 /* what no counter reaches; beyond, doubles are no longer whole */

/* What the next line is compared with. */
struct counters {
    double requests, hits, misses;
    double cpu;    /* seconds */
    uint64_t time; /* monotonic_nanoseconds() */
    bool is_known;
};

struct stat_mode {
    const struct options *options;
    struct watch *watch;
    struct counters last;
    char run_id[64];
    long long lines;
};

/* ---- fields ---- */

/* A whole number as text, or "-". */
static const char *write_field(const struct info *info, const char *name, char text[CELL_SIZE])
{
    double value;
    bool is_plain = info_number(info, name, &value) && value >= 0 && value < LARGEST;
    snprintf(text, CELL_SIZE, is_plain ? "%.0f" : "-", is_plain ? value : 0);
    return text;
}

/* The keys of all databases, or "-". */
static void write_keys(const struct info *info, char text[CELL_SIZE])
{
    double keys = info_count_keys(info);
    snprintf(text, CELL_SIZE, isnan(keys) ? "-" : "%.0f", keys);
}

static double number_or_zero(const struct info *info, const char *name)
{
    double value;
    return info_number(info, name, &value) && value >= 0 && value < LARGEST ? value : 0;
}

static struct counters read_counters(const struct info *info)
{
    return (struct counters){
        .requests = number_or_zero(info, "total_commands_processed"),
        .hits = number_or_zero(info, "keyspace_hits"),
        .misses = number_or_zero(info, "keyspace_misses"),
        .cpu = number_or_zero(info, "used_cpu_sys") + number_or_zero(info, "used_cpu_user"),
        .time = monotonic_nanoseconds(),
        .is_known = true,
    };
}

/* ---- cells ---- */

static void write_memory(const struct info *info, char text[CELL_SIZE])
{
    char size[QUANTITY_SIZE];
    double bytes;
    bool is_known = info_number(info, "used_memory", &bytes) && bytes >= 0 && bytes < LARGEST;
    snprintf(text, CELL_SIZE, "%s", is_known ? quantity_write_size(size, bytes) : "-");
}

static void write_requests(const struct info *info, double more, char text[CELL_SIZE])
{
    char all[CELL_SIZE];
    if (strcmp(write_field(info, "total_commands_processed", all), "-") == 0)
        snprintf(text, CELL_SIZE, "-");
    else
        snprintf(text, CELL_SIZE, "%.20s (+%.0f)", all, more);
}

/* Hits of a hundred lookups since the last line; of all there were, on the first. */
static void write_hits(const struct counters *now, const struct counters *last, char text[CELL_SIZE])
{
    double hits = now->hits - last->hits, lookups = hits + now->misses - last->misses;
    if (lookups > 0 && hits >= 0 && hits <= lookups)
        snprintf(text, CELL_SIZE, "%.0f%%", hits / lookups * 100);
    else
        snprintf(text, CELL_SIZE, "-");
}

static void write_cpu(const struct counters *now, const struct counters *last, char text[CELL_SIZE])
{
    double seconds = (double)(now->time - last->time) / 1e9;
    if (last->is_known && seconds > 0 && now->cpu >= last->cpu)
        snprintf(text, CELL_SIZE, "%.0f%%", (now->cpu - last->cpu) / seconds * 100);
    else
        snprintf(text, CELL_SIZE, "-");
}

/* What the server does besides answering, as redis-cli names it. */
static void write_work(const struct info *info, char text[CELL_SIZE])
{
    bool saves = number_or_zero(info, "rdb_bgsave_in_progress") > 0;
    bool rewrites = number_or_zero(info, "aof_rewrite_in_progress") > 0;
    const char *work = saves && rewrites ? "SAVE+AOF" : saves ? "SAVE" : rewrites ? "AOF" : "";
    snprintf(text, CELL_SIZE, "%s", number_or_zero(info, "loading") > 0 ? "LOAD" : work);
}

/* ---- the line ---- */

static void print_header(void)
{
    puts("------- data ------ --------------------- load -------------------- -- server --\n"
         "keys       mem      clients blocked requests            connections hits cpu");
}

static void print_line(const struct info *info, const struct counters *now, const struct counters *last)
{
    char keys[CELL_SIZE], memory[CELL_SIZE], clients[CELL_SIZE], blocked[CELL_SIZE], requests[CELL_SIZE],
        connections[CELL_SIZE], hits[CELL_SIZE], cpu[CELL_SIZE], work[CELL_SIZE];
    double more = last->is_known && now->requests > last->requests ? now->requests - last->requests : 0;
    write_keys(info, keys);
    write_memory(info, memory);
    write_field(info, "connected_clients", clients);
    write_field(info, "blocked_clients", blocked);
    write_requests(info, more, requests);
    write_field(info, "total_connections_received", connections);
    write_hits(now, last, hits);
    write_cpu(now, last, cpu);
    write_work(info, work);
    printf("%-10s %-8s %-7s %-7s %-19s %-11s %-4s %-4s %s\n", keys, memory, clients, blocked, requests, connections,
           hits, cpu, work);
}

/* A server that was restarted counts from zero again. */
static void note_restart(struct stat_mode *mode, const struct info *info)
{
    const char *id = info_text(info, "run_id");
    if (!id)
        return;
    if (mode->run_id[0] != '\0' && strncmp(id, mode->run_id, sizeof mode->run_id - 1) != 0) {
        fprintf(stderr, "kvs-cli: the server was restarted; its counters began again\n");
        mode->last = (struct counters){0};
    }
    snprintf(mode->run_id, sizeof mode->run_id, "%s", id);
}

static enum watch_status show(struct stat_mode *mode)
{
    struct reply *reply;
    uint64_t time;
    enum watch_status status = watch_ask(mode->watch, "INFO", &reply, &time);
    if (status != WATCH_OK)
        return status;
    if (reply->type == REPLY_ERROR)
        return watch_refuse(mode->watch, "INFO", reply);
    struct info *info = info_parse_reply(reply);
    reply_destroy(reply);
    if (!info) /* no server of this protocol, but nothing that could do harm */
        info = info_parse("", 0);
    note_restart(mode, info);
    struct counters now = read_counters(info);
    if (mode->lines % HEADER_EVERY == 0)
        print_header();
    print_line(info, &now, &mode->last);
    output_flush();
    info_destroy(info);
    mode->last = now;
    mode->lines++;
    return WATCH_OK;
}

static bool wants_more(const struct stat_mode *mode)
{
    const struct options *options = mode->options;
    return !options->has_repeat || options->repeat < 0 || mode->lines < options->repeat;
}

static void run(struct stat_mode *mode)
{
    uint64_t interval = (uint64_t)((mode->options->interval > 0 ? mode->options->interval : 1) * 1e9);
    uint64_t next = monotonic_nanoseconds();
    enum watch_status status = WATCH_OK;
    while (status == WATCH_OK && wants_more(mode)) {
        status = show(mode);
        uint64_t now = monotonic_nanoseconds();
        next = next + interval > now ? next + interval : now + interval;
        if (status == WATCH_OK && wants_more(mode))
            status = watch_pause_until(mode->watch, next);
    }
}

enum exit_code stat_run(const struct options *options)
{
    struct stat_mode mode = {.options = options, .watch = watch_create(options, true)};
    run(&mode);
    enum exit_code code = watch_code(mode.watch);
    watch_destroy(mode.watch);
    return code;
}
