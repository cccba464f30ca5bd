/*
 * INFO: what the server reports about itself, as lines "name:value" in sections.
 *
 * One table lists the sections in the order in which they are answered, with a function that writes each. Names of
 * sections and fields are Redis's, because monitoring tools look for them; a field without a counterpart in kvs shows
 * the value that it has on a lone server that doesn't use the feature. Other workers go on meanwhile: everything comes
 * from counters, from what each worker records about its clients, and from short looks under one lock at a time.
 */
#include "base/clock.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "clients/client_limits.h"
#include "clients/subscriptions.h"
#include "clients/tracker.h"
#include "clients/tracking_prefixes.h"
#include "clients/tracking_table.h"
#include "clients/waiting.h"
#include "clients/watch.h"
#include "command/call.h"
#include "command/command_table.h"
#include "command/handlers.h"
#include "engine/eviction.h"
#include "engine/loading.h"
#include "engine/saving.h"
#include "listen/reception.h"
#include "listen/sockets.h"
#include "net/worker.h"
#include "pubsub/registry.h"
#include "record/acl_log.h"
#include "record/memory_report.h"
#include "record/stats.h"
#include "script/function_set.h"
#include "script/interpreters.h"
#include "script/script_cache.h"
#include "server.h"
#include "version.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <unistd.h>

#define SECONDS_PER_DAY (24 * 3600)

/* ---- fields ---- */

static void field_text(struct text *info, const char *name, const char *value)
{
    text_addf(info, "%s:%s\r\n", name, value);
}

static void field_int(struct text *info, const char *name, int64_t value)
{
    text_addf(info, "%s:%" PRId64 "\r\n", name, value);
}

static void field_decimal(struct text *info, const char *name, double value)
{
    text_addf(info, "%s:%.2f\r\n", name, value);
}

static void field_percent(struct text *info, const char *name, double value)
{
    text_addf(info, "%s:%.2f%%\r\n", name, value);
}

/* Two fields, name and name_human: bytes, and the same in a form for people. */
static void field_human(struct text *info, const char *name, uint64_t bytes)
{
    char human[64];
    number_format_human(human, bytes);
    field_text(info, name, human);
}

static void field_bytes(struct text *info, const char *name, uint64_t bytes)
{
    char human[64];
    number_format_human(human, bytes);
    text_addf(info, "%s:%" PRIu64 "\r\n%s_human:%s\r\n", name, bytes, name, human);
}

/* Fields that are always the same. */
static void fields_constant(struct text *info, const char *const *names, size_t count, const char *value)
{
    for (size_t i = 0; i < count; i++)
        field_text(info, names[i], value);
}

#define FIELDS_ZERO(info, ...)                                                                                         \
    fields_constant(info, (const char *const[]){__VA_ARGS__},                                                          \
                    sizeof((const char *const[]){__VA_ARGS__}) / sizeof(const char *), "0")

/* ---- Server ---- */

static void write_server_build(struct text *info)
{
    struct utsname name;
    uname(&name);
    field_text(info, "redis_version", KVS_REDIS_VERSION);
    field_text(info, "kvs_version", KVS_VERSION);
    field_text(info, "redis_git_sha1", "00000000");
    FIELDS_ZERO(info, "redis_git_dirty", "redis_build_id");
    field_text(info, "redis_mode", "standalone");
    text_addf(info, "os:%s %s %s\r\n", name.sysname, name.release, name.machine);
    field_int(info, "arch_bits", 8 * (int)sizeof(void *));
    field_text(info, "monotonic_clock", "POSIX clock_gettime");
    field_text(info, "multiplexing_api", "epoll");
    field_text(info, "atomicvar_api", "c11-builtin");
    text_addf(info, "gcc_version:%d.%d.%d\r\n", __GNUC__, __GNUC_MINOR__, __GNUC_PATCHLEVEL__);
}

static void write_server(struct text *info, struct server *server)
{
    int64_t now_us = clock_wall_us();
    int64_t uptime_s = (clock_monotonic_ns() - server->started_ns) / 1000000000;
    write_server_build(info);
    field_int(info, "process_id", getpid());
    field_text(info, "process_supervised", "no");
    field_text(info, "run_id", server->run_id);
    field_int(info, "tcp_port", 0);
    field_text(info, "unixsocket", server->config.unixsocket);
    field_int(info, "server_time_usec", now_us);
    field_int(info, "uptime_in_seconds", uptime_s);
    field_int(info, "uptime_in_days", uptime_s / SECONDS_PER_DAY);
    field_int(info, "hz", server->config.hz);
    field_int(info, "configured_hz", server->config.hz);
    field_int(info, "lru_clock", (now_us / 1000000) & 0xffffff);
    field_text(info, "executable", server->executable ? server->executable : "");
    field_text(info, "config_file", server->config.file ? server->config.file : "");
    field_int(info, "threads", workers_count());
    field_int(info, "io_threads_active", workers_count() > 1);
    text_addf(info, "listener0:name=unix,bind=%s\r\n", server->config.unixsocket);
}

/* ---- Clients ---- */

static void write_clients(struct text *info, struct server *server)
{
    struct stats_clients clients;
    stats_clients_read(&clients);
    field_int(info, "connected_clients", workers_conn_count());
    field_int(info, "cluster_connections", 0);
    field_int(info, "maxclients", server->config.maxclients);
    field_int(info, "client_recent_max_input_buffer", (int64_t)clients.max_input);
    field_int(info, "client_recent_max_output_buffer", (int64_t)clients.max_output);
    field_int(info, "blocked_clients", (int64_t)clients.held);
    field_int(info, "tracking_clients", (int64_t)trackers_on());
    field_int(info, "pubsub_clients", subscribed_clients());
    field_int(info, "watching_clients", watching_clients());
    field_int(info, "clients_in_timeout_table", (int64_t)waiting_with_timeout());
    field_int(info, "total_blocking_keys", (int64_t)wait_queue_keys());
    field_int(info, "total_blocking_keys_on_nokey", (int64_t)wait_queue_minded_keys());
}

/* ---- Memory ---- */

static const char *policy_name(int policy)
{
    static const char *const names[] = {
        [POLICY_VOLATILE_LRU] = "volatile-lru",       [POLICY_VOLATILE_LFU] = "volatile-lfu",
        [POLICY_VOLATILE_RANDOM] = "volatile-random", [POLICY_VOLATILE_TTL] = "volatile-ttl",
        [POLICY_ALLKEYS_LRU] = "allkeys-lru",         [POLICY_ALLKEYS_LFU] = "allkeys-lfu",
        [POLICY_ALLKEYS_RANDOM] = "allkeys-random",   [POLICY_NOEVICTION] = "noeviction",
    };
    return names[policy];
}

/* How far a is above b, as a ratio and in bytes. */
static void field_overhead(struct text *info, const char *ratio_name, const char *bytes_name, size_t a, size_t b)
{
    field_decimal(info, ratio_name, memory_ratio(a, b));
    field_int(info, bytes_name, (int64_t)a - (int64_t)b);
}

static void write_memory_scripts(struct text *info)
{
    size_t vm_eval = interpreters_memory(INTERPRETER_SCRIPTS),
           vm_functions = interpreters_memory(INTERPRETER_FUNCTIONS);
    size_t scripts = script_cache_memory(), functions = function_set_memory();
    struct function_set *set = function_set_take();
    field_int(info, "used_memory_lua", (int64_t)vm_eval);
    field_int(info, "used_memory_vm_eval", (int64_t)vm_eval);
    field_human(info, "used_memory_lua_human", vm_eval);
    field_int(info, "used_memory_scripts_eval", (int64_t)scripts);
    field_int(info, "number_of_cached_scripts", (int64_t)script_cache_count());
    field_int(info, "number_of_functions", set->function_count);
    field_int(info, "number_of_libraries", set->library_count);
    field_int(info, "used_memory_vm_functions", (int64_t)vm_functions);
    field_bytes(info, "used_memory_vm_total", vm_eval + vm_functions);
    field_int(info, "used_memory_functions", (int64_t)functions);
    field_bytes(info, "used_memory_scripts", scripts + functions);
    function_set_release(set);
}

static void write_memory(struct text *info, struct server *server)
{
    struct memory_report report;
    struct keyspace_stats keys;
    memory_report_read(server->keyspace, clients_counted_memory(), &report);
    keyspace_stats_read(server->keyspace, &keys);

    field_bytes(info, "used_memory", report.allocated);
    field_bytes(info, "used_memory_rss", report.rss);
    field_bytes(info, "used_memory_peak", report.peak);
    field_percent(info, "used_memory_peak_perc", report.peak_percent);
    field_int(info, "used_memory_overhead", (int64_t)report.overhead);
    field_int(info, "used_memory_startup", (int64_t)report.startup);
    field_int(info, "used_memory_dataset", (int64_t)report.dataset);
    field_percent(info, "used_memory_dataset_perc", report.dataset_percent);
    field_int(info, "allocator_allocated", (int64_t)report.allocated);
    field_int(info, "allocator_active", (int64_t)report.active);
    field_int(info, "allocator_resident", (int64_t)report.resident);
    field_bytes(info, "total_system_memory", mem_physical());
    write_memory_scripts(info);
    field_bytes(info, "maxmemory", server->config.maxmemory);
    field_text(info, "maxmemory_policy", policy_name(server->config.maxmemory_policy));
    field_overhead(info, "allocator_frag_ratio", "allocator_frag_bytes", report.active, report.allocated);
    field_overhead(info, "allocator_rss_ratio", "allocator_rss_bytes", report.resident, report.active);
    field_overhead(info, "rss_overhead_ratio", "rss_overhead_bytes", report.rss, report.resident);
    field_overhead(info, "mem_fragmentation_ratio", "mem_fragmentation_bytes", report.rss, report.allocated);
    field_int(info, "mem_not_counted_for_evict", (int64_t)report.clients);
    FIELDS_ZERO(info, "mem_replication_backlog", "mem_total_replication_buffers", "mem_clients_slaves");
    field_int(info, "mem_clients_normal", (int64_t)report.clients);
    field_int(info, "kvs_mem_records", (int64_t)report.records);
    FIELDS_ZERO(info, "mem_cluster_links", "mem_aof_buffer");
    field_text(info, "mem_allocator", mem_allocator());
    field_int(info, "active_defrag_running", 0);
    field_int(info, "lazyfree_pending_objects", (int64_t)keys.lazy_pending);
    field_int(info, "lazyfreed_objects", (int64_t)keys.lazy_freed);
}

/* ---- Persistence ---- */

static void write_loading(struct text *info, const struct loading_report *loading)
{
    double percent = loading->total > 0 ? 100.0 * (double)loading->loaded / (double)loading->total : 0;
    field_int(info, "loading_start_time", loading->began_s);
    field_int(info, "loading_total_bytes", (int64_t)loading->total);
    field_int(info, "loading_rdb_used_mem", (int64_t)loading->memory_then);
    field_int(info, "loading_loaded_bytes", (int64_t)loading->loaded);
    field_decimal(info, "loading_loaded_perc", percent);
    field_int(info, "loading_eta_seconds", loading->eta_s);
}

static void write_persistence(struct text *info, struct server *server)
{
    struct saving_report saving = saving_report();
    struct loading_report loading = loading_report();
    field_int(info, "loading", loading_runs());
    FIELDS_ZERO(info, "async_loading", "current_cow_peak", "current_cow_size", "current_cow_size_age");
    field_text(info, "current_fork_perc", "0.00");
    field_int(info, "current_save_keys_processed", (int64_t)saving.entries);
    field_int(info, "current_save_keys_total", (int64_t)saving.of);
    field_int(info, "rdb_changes_since_last_save", (int64_t)saving_changes(server));
    field_int(info, "rdb_bgsave_in_progress", saving.began_s >= 0);
    field_int(info, "rdb_last_save_time", saving.last_s);
    field_text(info, "rdb_last_bgsave_status", saving.failed ? "err" : "ok");
    field_int(info, "rdb_last_bgsave_time_sec", saving.last_took_s);
    field_int(info, "rdb_current_bgsave_time_sec", saving.began_s < 0 ? -1 : clock_wall_ms() / 1000 - saving.began_s);
    field_int(info, "rdb_saves", (int64_t)saving.saves);
    field_int(info, "rdb_last_cow_size", 0);
    field_int(info, "rdb_last_load_keys_expired", (int64_t)loading.expired);
    field_int(info, "rdb_last_load_keys_loaded", (int64_t)loading.keys);
    FIELDS_ZERO(info, "aof_enabled", "aof_rewrite_in_progress", "aof_rewrite_scheduled");
    field_int(info, "aof_last_rewrite_time_sec", -1);
    field_int(info, "aof_current_rewrite_time_sec", -1);
    field_text(info, "aof_last_bgrewrite_status", "ok");
    FIELDS_ZERO(info, "aof_rewrites", "aof_rewrites_consecutive_failures");
    field_text(info, "aof_last_write_status", "ok");
    FIELDS_ZERO(info, "aof_last_cow_size", "module_fork_in_progress", "module_fork_last_cow_size");
    if (loading_runs())
        write_loading(info, &loading);
    field_text(info, "kvs_persistence", server->config.save[0] != '\0' ? "rdb" : "none"); /* Redis doesn't say it */
}

/* ---- Stats ---- */

static void write_stats_traffic(struct text *info, const struct stats_totals *totals)
{
    field_int(info, "total_connections_received", (int64_t)totals->connections);
    field_int(info, "total_commands_processed", (int64_t)totals->commands);
    field_int(info, "instantaneous_ops_per_sec", (int64_t)stats_rate_commands());
    field_int(info, "total_net_input_bytes", (int64_t)totals->bytes_in);
    field_int(info, "total_net_output_bytes", (int64_t)totals->bytes_out);
    FIELDS_ZERO(info, "total_net_repl_input_bytes", "total_net_repl_output_bytes");
    field_decimal(info, "instantaneous_input_kbps", (double)stats_rate_bytes_in() / 1024);
    field_decimal(info, "instantaneous_output_kbps", (double)stats_rate_bytes_out() / 1024);
    field_text(info, "instantaneous_input_repl_kbps", "0.00");
    field_text(info, "instantaneous_output_repl_kbps", "0.00");
    field_int(info, "rejected_connections", (int64_t)reception_rejected());
    FIELDS_ZERO(info, "sync_full", "sync_partial_ok", "sync_partial_err");
}

static void write_stats_rounds(struct text *info)
{
    struct worker_load load;
    uint64_t command_ns = 0;
    workers_load(&load);
    for (unsigned i = 0; i < command_count(); i++) {
        struct command_totals totals;
        stats_sum_command(i, &totals);
        command_ns += totals.nanoseconds;
    }
    field_int(info, "eventloop_cycles", (int64_t)load.rounds);
    field_int(info, "eventloop_duration_sum", (int64_t)(load.cpu_ns / 1000));
    field_int(info, "eventloop_duration_cmd_sum", (int64_t)(command_ns / 1000));
    field_int(info, "instantaneous_eventloop_cycles_per_sec", (int64_t)stats_rate_rounds());
    field_int(info, "instantaneous_eventloop_duration_usec", (int64_t)(stats_rate_round_ns() / 1000));
}

static void write_stats(struct text *info, struct server *server)
{
    struct stats_totals totals;
    struct keyspace_stats keys;
    stats_sum(&totals);
    keyspace_stats_read(server->keyspace, &keys);

    write_stats_traffic(info, &totals);
    field_int(info, "expired_keys", (int64_t)keys.expired);
    field_int(info, "expired_subkeys", (int64_t)keys.parts_expired);
    field_text(info, "expired_stale_perc", "0.00");
    FIELDS_ZERO(info, "expired_time_cap_reached_count", "expire_cycle_cpu_milliseconds");
    field_int(info, "evicted_keys", (int64_t)eviction_keys());
    field_int(info, "evicted_clients", (int64_t)totals.evicted_clients);
    FIELDS_ZERO(info, "total_eviction_exceeded_time", "current_eviction_exceeded_time");
    field_int(info, "keyspace_hits", (int64_t)keys.hits);
    field_int(info, "keyspace_misses", (int64_t)keys.misses);
    field_int(info, "pubsub_channels", (int64_t)registry_count(CHANNEL_PLAIN));
    field_int(info, "pubsub_patterns", (int64_t)registry_count(CHANNEL_PATTERN));
    field_int(info, "pubsubshard_channels", (int64_t)registry_count(CHANNEL_SHARD));
    FIELDS_ZERO(info, "latest_fork_usec", "total_forks", "migrate_cached_sockets", "slave_expires_tracked_keys",
                "active_defrag_hits", "active_defrag_misses", "active_defrag_key_hits", "active_defrag_key_misses",
                "total_active_defrag_time", "current_active_defrag_time");
    field_int(info, "tracking_total_keys", (int64_t)tracking_table_keys());
    field_int(info, "tracking_total_items", (int64_t)tracking_table_items());
    field_int(info, "tracking_total_prefixes", (int64_t)prefixes_count());
    field_int(info, "unexpected_error_replies", 0);
    field_int(info, "total_error_replies", (int64_t)totals.errors);
    field_int(info, "dump_payload_sanitizations", 0);
    field_int(info, "total_reads_processed", (int64_t)totals.reads);
    field_int(info, "total_writes_processed", (int64_t)totals.writes);
    FIELDS_ZERO(info, "io_threaded_reads_processed", "io_threaded_writes_processed", "reply_buffer_shrinks",
                "reply_buffer_expands");
    field_int(info, "client_query_buffer_limit_disconnections", (int64_t)totals.query_limit_closed);
    field_int(info, "client_output_buffer_limit_disconnections", (int64_t)totals.output_limit_closed);
    write_stats_rounds(info);
    field_int(info, "acl_access_denied_auth", (int64_t)acl_log_count(ACL_LOG_AUTH));
    field_int(info, "acl_access_denied_cmd", (int64_t)acl_log_count(ACL_LOG_COMMAND));
    field_int(info, "acl_access_denied_key", (int64_t)acl_log_count(ACL_LOG_KEY));
    field_int(info, "acl_access_denied_channel", (int64_t)acl_log_count(ACL_LOG_CHANNEL));
    field_int(info, "kvs_acl_access_denied_socket", (int64_t)acl_log_count(ACL_LOG_SOCKET));
}

/* ---- Replication ---- */

static void write_replication(struct text *info, struct server *server)
{
    field_text(info, "role", "master");
    field_int(info, "connected_slaves", 0);
    field_text(info, "master_failover_state", "no-failover");
    field_text(info, "master_replid", server->run_id);
    field_text(info, "master_replid2", "0000000000000000000000000000000000000000");
    field_int(info, "master_repl_offset", 0);
    field_int(info, "second_repl_offset", -1);
    field_int(info, "repl_backlog_active", 0);
    field_int(info, "repl_backlog_size", 1 << 20);
    FIELDS_ZERO(info, "repl_backlog_first_byte_offset", "repl_backlog_histlen");
}

/* ---- CPU ---- */

static void field_cpu(struct text *info, const char *name, struct timeval used)
{
    text_addf(info, "%s:%ld.%06ld\r\n", name, (long)used.tv_sec, (long)used.tv_usec);
}

/* The main thread's time, from another thread: from the kernel's file about it, in clock ticks. */
static void write_cpu_main_thread(struct text *info)
{
    char path[64];
    snprintf(path, sizeof path, "/proc/self/task/%d/stat", (int)getpid());
    FILE *file = fopen(path, "re");
    if (!file)
        return;
    unsigned long user, sys;
    /* Behind the name, which is in parentheses and may hold blanks, utime and stime are the 12th and 13th. */
    int fields = fscanf(file, "%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %lu %lu", &user, &sys);
    fclose(file);
    if (fields != 2)
        return;
    double ticks = (double)sysconf(_SC_CLK_TCK);
    text_addf(info, "used_cpu_sys_main_thread:%.6f\r\n", (double)sys / ticks);
    text_addf(info, "used_cpu_user_main_thread:%.6f\r\n", (double)user / ticks);
}

static void write_cpu(struct text *info, struct server *server)
{
    (void)server;
    struct rusage self, children;
    getrusage(RUSAGE_SELF, &self);
    getrusage(RUSAGE_CHILDREN, &children);
    field_cpu(info, "used_cpu_sys", self.ru_stime);
    field_cpu(info, "used_cpu_user", self.ru_utime);
    field_cpu(info, "used_cpu_sys_children", children.ru_stime);
    field_cpu(info, "used_cpu_user_children", children.ru_utime);
    write_cpu_main_thread(info);
}

/* ---- Modules ---- */

static void write_modules(struct text *info, struct server *server)
{
    (void)info; /* there are none: a heading without lines */
    (void)server;
}

/* ---- Commandstats, Errorstats, Latencystats ---- */

static void write_commandstats(struct text *info, struct server *server)
{
    (void)server;
    for (unsigned i = 0; i < command_count(); i++) {
        struct command_totals totals;
        stats_sum_command(i, &totals);
        if (totals.calls == 0 && totals.rejected == 0 && totals.failed == 0)
            continue;
        double usec = (double)totals.nanoseconds / 1000;
        text_addf(info,
                  "cmdstat_%s:calls=%" PRIu64 ",usec=%" PRIu64 ",usec_per_call=%.2f,rejected_calls=%" PRIu64
                  ",failed_calls=%" PRIu64 "\r\n",
                  command_full_name(command_by_number(i)), totals.calls, totals.nanoseconds / 1000,
                  totals.calls != 0 ? usec / (double)totals.calls : 0, totals.rejected, totals.failed);
    }
}

/* Codes may come from clients (DEBUG ERROR): what would break the line's form is replaced. */
static void write_error(void *context, const char *code, uint64_t count)
{
    struct text *info = context;
    text_add(info, "errorstat_");
    for (; *code != '\0'; code++)
        text_add_char(info, strchr("#:\n\r", *code) ? '_' : *code);
    text_addf(info, ":count=%" PRIu64 "\r\n", count);
}

static void write_errorstats(struct text *info, struct server *server)
{
    (void)server;
    stats_each_error(write_error, info);
}

/* The duration in nanoseconds that this percentage of the calls didn't exceed. */
static uint64_t latency_percentile(const struct command_totals *totals, uint64_t calls, double percent)
{
    uint64_t rank = (uint64_t)ceil(percent / 100 * (double)calls);
    uint64_t below = 0;
    unsigned bucket = 0;
    for (; bucket < LATENCY_BUCKETS - 1; bucket++) {
        below += totals->latency[bucket];
        if (below != 0 && below >= rank)
            break;
    }
    return stats_latency_bound(bucket);
}

/* "50", "99.9": at most six decimals, without trailing zeros. */
static void add_percent(struct text *info, double percent)
{
    char digits[64];
    int len = snprintf(digits, sizeof digits, "%f", percent);
    while (digits[len - 1] == '0')
        len--;
    if (digits[len - 1] == '.')
        len--;
    text_add_bytes(info, digits, (size_t)len);
}

static void write_latencystats(struct text *info, struct server *server)
{
    const struct config *config = &server->config;
    for (unsigned i = 0; config->latency_tracking && i < command_count(); i++) {
        struct command_totals totals;
        stats_sum_command(i, &totals);
        uint64_t calls = 0;
        for (unsigned b = 0; b < LATENCY_BUCKETS; b++)
            calls += totals.latency[b];
        if (calls == 0)
            continue;
        text_addf(info, "latency_percentiles_usec_%s:", command_full_name(command_by_number(i)));
        for (size_t p = 0; p < config->latency_percentile_count; p++) {
            text_add(info, p == 0 ? "p" : ",p");
            add_percent(info, config->latency_percentiles[p]);
            text_addf(info, "=%.3f", (double)latency_percentile(&totals, calls, config->latency_percentiles[p]) / 1000);
        }
        text_add(info, "\r\n");
    }
}

/* ---- Cluster, Keyspace ---- */

static void write_cluster(struct text *info, struct server *server)
{
    (void)server;
    field_int(info, "cluster_enabled", 0);
}

static void write_keyspace(struct text *info, struct server *server)
{
    struct keyspace *keyspace = server->keyspace;
    for (int db = keyspace_next_database(keyspace, 0); db >= 0; db = keyspace_next_database(keyspace, db + 1)) {
        size_t keys = keyspace_size(keyspace, db);
        if (keys != 0)
            text_addf(info, "db%d:keys=%zu,expires=%zu,avg_ttl=%" PRId64 "\r\n", db, keys,
                      keyspace_expires(keyspace, db), keyspace_average_ttl(keyspace, db));
    }
}

/* ---- Sockets ---- */

static void write_sockets(struct text *info, struct server *server)
{
    (void)server;
    sockets_describe(info);
}

/* ---- sections ---- */

typedef void write_section(struct text *info, struct server *server);

struct section {
    const char *title; /* also its name, whatever the case */
    const char *alias; /* another name, or NULL */
    bool by_default;   /* answered when none is asked for */
    write_section *write;
};

static const struct section sections[] = {
    {"Server", NULL, true, write_server},
    {"Clients", NULL, true, write_clients},
    {"Memory", NULL, true, write_memory},
    {"Persistence", NULL, true, write_persistence},
    {"Stats", NULL, true, write_stats},
    {"Replication", NULL, true, write_replication},
    {"CPU", NULL, true, write_cpu},
    {"Modules", "module_list", true, write_modules},
    {"Commandstats", NULL, false, write_commandstats},
    {"Errorstats", NULL, true, write_errorstats},
    {"Latencystats", NULL, false, write_latencystats},
    {"Cluster", NULL, true, write_cluster},
    {"Keyspace", NULL, true, write_keyspace},
    {"Sockets", NULL, true, write_sockets},
};

static bool section_is_wanted(const struct section *section, const struct call *call)
{
    if (call->argc == 1)
        return section->by_default;
    for (int i = 1; i < call->argc; i++) {
        const struct arg *word = &call->argv[i];
        if (arg_is(word, "all") || arg_is(word, "everything") || (section->by_default && arg_is(word, "default")) ||
            arg_is(word, section->title) || (section->alias && arg_is(word, section->alias)))
            return true;
    }
    return false;
}

void cmd_info(struct call *call)
{
    struct text info = TEXT_EMPTY;
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++) {
        if (!section_is_wanted(&sections[i], call))
            continue;
        text_addf(&info, "%s# %s\r\n", info.len != 0 ? "\r\n" : "", sections[i].title);
        sections[i].write(&info, call->server);
    }
    reply_verbatim(call->reply, "txt", info.len != 0 ? info.data : "", info.len);
    text_deinit(&info);
}
