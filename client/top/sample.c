#include "top/sample.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

static double number_of(const struct info *info, const char *name)
{
    double value;
    return info_number(info, name, &value) ? value : NAN;
}

static void read_server(struct sample *sample, const struct info *info)
{
    static const char *const names[][2] = {
        {"kvs_version", "kvs"}, {"valkey_version", "Valkey"}, {"redis_version", "Redis"}};
    snprintf(sample->server, sizeof sample->server, "server");
    for (int i = 0; i < 3; i++) {
        const char *version = info_text(info, names[i][0]);
        if (version) {
            snprintf(sample->server, sizeof sample->server, "%s %s", names[i][1], version);
            break;
        }
    }
    sample->pid = number_of(info, "process_id");
    sample->uptime = number_of(info, "uptime_in_seconds");
}

void sample_forget(struct sample *sample)
{
    struct info *nothing = info_parse("", 0);
    sample_read(sample, nothing, 0);
    sample->keys = NAN;
    info_destroy(nothing);
}

void sample_read(struct sample *sample, const struct info *info, double time)
{
    *sample = (struct sample){
        .time = time,
        .clients = number_of(info, "connected_clients"),
        .clients_limit = number_of(info, "maxclients"),
        .blocked = number_of(info, "blocked_clients"),
        .memory = number_of(info, "used_memory"),
        .resident = number_of(info, "used_memory_rss"),
        .peak = number_of(info, "used_memory_peak"),
        .memory_limit = number_of(info, "maxmemory"),
        .keys = info_count_keys(info),
        .commands = number_of(info, "total_commands_processed"),
        .hits = number_of(info, "keyspace_hits"),
        .misses = number_of(info, "keyspace_misses"),
        .bytes_in = number_of(info, "total_net_input_bytes"),
        .bytes_out = number_of(info, "total_net_output_bytes"),
        .connections = number_of(info, "total_connections_received"),
        .rejected = number_of(info, "rejected_connections"),
        .expired = number_of(info, "expired_keys"),
        .evicted = number_of(info, "evicted_keys"),
        .cpu = number_of(info, "used_cpu_sys") + number_of(info, "used_cpu_user"),
    };
    read_server(sample, info);
}

static double rate(double older, double newer, double elapsed)
{
    double result = (newer - older) / elapsed;
    return result >= 0 ? result : NAN;
}

/* A total that holds something of our own, which the server may count a little later. */
static double rate_of_others(double older, double newer, double own, double elapsed)
{
    double all = rate(older, newer, elapsed);
    return isnan(all) ? NAN : fmax(0, all - own / elapsed);
}

void rates_compute(struct rates *rates, const struct sample *older, const struct sample *newer,
                   const struct own_share *own)
{
    double elapsed = newer->time - older->time;
    if (!(elapsed > 0)) {
        rates_forget(rates);
        return;
    }
    *rates = (struct rates){
        .requests = rate_of_others(older->commands, newer->commands, own->commands, elapsed),
        .hits = rate(older->hits, newer->hits, elapsed),
        .misses = rate(older->misses, newer->misses, elapsed),
        .bytes_in = rate_of_others(older->bytes_in, newer->bytes_in, own->bytes_in, elapsed),
        .bytes_out = rate_of_others(older->bytes_out, newer->bytes_out, own->bytes_out, elapsed),
        .connections = rate(older->connections, newer->connections, elapsed),
        .rejected = rate(older->rejected, newer->rejected, elapsed),
        .expired = rate(older->expired, newer->expired, elapsed),
        .evicted = rate(older->evicted, newer->evicted, elapsed),
        .cpu = rate(older->cpu, newer->cpu, elapsed) * 100,
    };
    double lookups = rates->hits + rates->misses;
    rates->hit_rate = lookups > 0 ? rates->hits / lookups * 100 : NAN;
}

void rates_forget(struct rates *rates)
{
    *rates = (struct rates){NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN, NAN};
}
