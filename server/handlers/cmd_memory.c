/* MEMORY: how the server's memory is used. All figures come from the allocator, the keyspace and the clients. */
#include "base/memory.h"
#include "base/text.h"
#include "clients/client_limits.h"
#include "command/arguments.h"
#include "command/call.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/session.h"
#include "net/worker.h"
#include "record/memory_report.h"
#include "script/function_set.h"
#include "script/interpreters.h"
#include "script/script_cache.h"
#include "server.h"
#include "store/keyspace.h"

#include <stdio.h>
#include <string.h>

#define MIB ((size_t)1 << 20)

/* Bytes that a key takes in its table, besides its entry: one slot. */
#define SLOT_BYTES sizeof(struct entry *)

/* ---- USAGE ---- */

#define USAGE_SAMPLES 5 /* members of a collection that are measured by default */

/* Reads the options behind the key. False, with the error, if they are wrong. */
static bool usage_options_read(struct call *call, int64_t *samples_out)
{
    for (int i = 3; i < call->argc; i += 2) {
        if (!arg_is(&call->argv[i], "samples") || i + 1 == call->argc) {
            error_syntax(call);
            return false;
        }
        if (!argument_i64(call, &call->argv[i + 1], samples_out))
            return false;
        if (*samples_out < 0) {
            error_syntax(call);
            return false;
        }
    }
    return true;
}

void cmd_memory_usage(struct call *call)
{
    int64_t samples = USAGE_SAMPLES;
    if (!usage_options_read(call, &samples))
        return;
    const struct entry *entry = keyspace_find(&call->view, &call->keys[0], LOOKUP_PEEK);
    if (!entry)
        reply_null(call->reply);
    else
        reply_int(call->reply, (int64_t)(entry_memory(entry, (size_t)samples) + SLOT_BYTES));
}

/* ---- STATS ---- */

static void pair_size(struct reply *reply, const char *name, size_t value)
{
    reply_bulk_text(reply, name);
    reply_int(reply, (int64_t)value);
}

/* The distance from b to a, which may be negative. */
static void pair_difference(struct reply *reply, const char *name, size_t a, size_t b)
{
    reply_bulk_text(reply, name);
    reply_int(reply, (int64_t)a - (int64_t)b);
}

static void pair_double(struct reply *reply, const char *name, double value)
{
    reply_bulk_text(reply, name);
    reply_double(reply, value);
}

/* Answers with one map for every database that has keys; returns their number. */
static size_t reply_database_tables(struct reply *reply, struct keyspace *keyspace)
{
    size_t count = 0;
    for (int db = keyspace_next_database(keyspace, 0); db >= 0; db = keyspace_next_database(keyspace, db + 1)) {
        if (keyspace_size(keyspace, db) == 0)
            continue;
        char name[32];
        snprintf(name, sizeof name, "db.%d", db);
        reply_bulk_text(reply, name);
        reply_map(reply, 3);
        pair_size(reply, "overhead.hashtable.main", keyspace_table_memory(keyspace, db));
        pair_size(reply, "overhead.hashtable.expires", 0); /* times to live stand in the entries */
        pair_size(reply, "overhead.hashtable.slot-to-keys", 0);
        count++;
    }
    return count;
}

static void reply_allocator(struct reply *reply, const struct memory_report *report)
{
    pair_size(reply, "allocator.allocated", report->allocated);
    pair_size(reply, "allocator.active", report->active);
    pair_size(reply, "allocator.resident", report->resident);
    pair_double(reply, "allocator-fragmentation.ratio", memory_ratio(report->active, report->allocated));
    pair_difference(reply, "allocator-fragmentation.bytes", report->active, report->allocated);
    pair_double(reply, "allocator-rss.ratio", memory_ratio(report->resident, report->active));
    pair_difference(reply, "allocator-rss.bytes", report->resident, report->active);
    pair_double(reply, "rss-overhead.ratio", memory_ratio(report->rss, report->resident));
    pair_difference(reply, "rss-overhead.bytes", report->rss, report->resident);
    pair_double(reply, "fragmentation", memory_ratio(report->rss, report->allocated));
    pair_difference(reply, "fragmentation.bytes", report->rss, report->allocated);
}

void cmd_memory_stats(struct call *call)
{
    struct reply *reply = call->reply;
    struct memory_report report;
    memory_report_read(call->server->keyspace, clients_counted_memory(), &report);

    struct reply_hole hole = reply_defer(reply);
    pair_size(reply, "peak.allocated", report.peak);
    pair_size(reply, "total.allocated", report.allocated);
    pair_size(reply, "startup.allocated", report.startup);
    pair_size(reply, "replication.backlog", 0);
    pair_size(reply, "clients.slaves", 0);
    pair_size(reply, "clients.normal", report.clients);
    pair_size(reply, "cluster.links", 0);
    pair_size(reply, "aof.buffer", 0);
    pair_size(reply, "lua.caches", script_cache_memory() + interpreters_memory(INTERPRETER_SCRIPTS));
    pair_size(reply, "functions.caches", function_set_memory() + interpreters_memory(INTERPRETER_FUNCTIONS));
    size_t databases = reply_database_tables(reply, call->server->keyspace);
    pair_size(reply, "kvs.slowlog", report.slowlog);
    pair_size(reply, "kvs.acllog", report.acl_log);
    pair_size(reply, "kvs.latency", report.latency);
    pair_size(reply, "overhead.total", report.overhead);
    pair_size(reply, "keys.count", report.keys);
    pair_size(reply, "keys.bytes-per-key",
              report.keys != 0 && report.allocated > report.startup ? (report.allocated - report.startup) / report.keys
                                                                    : 0);
    pair_size(reply, "dataset.bytes", report.dataset);
    pair_double(reply, "dataset.percentage", report.dataset_percent);
    pair_double(reply, "peak.percentage", report.peak_percent);
    reply_allocator(reply, &report);
    reply_defer_map(reply, hole, 30 + databases);
}

/* ---- DOCTOR ---- */

/* Whether a is more than factor times b, and by more than ten megabytes. */
static bool exceeds(size_t a, size_t b, double factor)
{
    return a > b + 10 * MIB && memory_ratio(a, b) > factor;
}

static void doctor_write(struct text *text, const struct memory_report *report)
{
    if (report->allocated < report->startup + 5 * MIB) {
        text_add(text, "This server holds too little data to say anything about its memory.\n");
        return;
    }
    if (memory_ratio(report->peak, report->allocated) > 1.5)
        text_add(text, "- Peak: the server once used more than one and a half times what it uses now. It may "
                       "still hold that memory, and will use it when data grows; MEMORY PURGE gives it back.\n");
    if (exceeds(report->rss, report->allocated, 1.4))
        text_add(text, "- Fragmentation: the process occupies more than 1.4 times what is allocated. That is "
                       "harmless after a peak; otherwise values of very different sizes come and go.\n");
    if (exceeds(report->active, report->allocated, 1.1))
        text_add(text, "- Allocator: pages in use are more than a tenth larger than what lies in them. "
                       "Deleting most of the keys causes that; writing new ones fills the gaps.\n");
    if (exceeds(report->resident, report->active, 1.1))
        text_add(text, "- Unused pages: the allocator holds a tenth more than it uses. MEMORY PURGE gives it "
                       "back.\n");
    if (exceeds(report->rss, report->resident, 1.1))
        text_add(text, "- Process: more than a tenth of its memory is unknown to the allocator.\n");
    unsigned clients = workers_conn_count();
    if (clients != 0 && report->clients / clients > 200 * 1024)
        text_add(text, "- Clients: their buffers hold more than 200 kB each on average. CLIENT LIST shows "
                       "in tot-mem which ones; they read too slowly, or send too much at once.\n");
    if (report->records > 10 * MIB)
        text_add(text, "- Records: the slow log, the ACL log and the latency monitor hold more than 10 MB. "
                       "slowlog-max-len and acllog-max-len bound them; SLOWLOG RESET and ACL LOG RESET empty them.\n");
    if (text->len == 0)
        text_add(text, "There is nothing wrong with the memory of this server.\n");
}

void cmd_memory_doctor(struct call *call)
{
    struct memory_report report;
    memory_report_read(call->server->keyspace, clients_counted_memory(), &report);
    struct text text = TEXT_EMPTY;
    doctor_write(&text, &report);
    reply_verbatim(call->reply, "txt", text.data, text.len);
    text_deinit(&text);
}

/* ---- PURGE, MALLOC-STATS, HELP ---- */

void cmd_memory_purge(struct call *call)
{
    mem_purge();
    sessions_purge(); /* a moment later the other workers do the same */
    reply_ok(call->reply);
}

void cmd_memory_malloc_stats(struct call *call)
{
    char *report = mem_report();
    reply_verbatim(call->reply, "txt", report, strlen(report));
    mem_free(report);
}

void cmd_memory_help(struct call *call)
{
    static const char *const lines[] = {
        "DOCTOR",
        "    Explain in words what is wrong with the server's memory.",
        "MALLOC-STATS",
        "    Show the allocator's own report.",
        "PURGE",
        "    Give unused memory back to the kernel.",
        "STATS",
        "    Show how the server's memory is used.",
        "USAGE <key> [SAMPLES <count>]",
        "    Tell how many bytes a key and its value occupy. In a collection, <count> members",
        "    are measured (5 by default, 0 for all).",
    };
    reply_help(call->reply, "MEMORY", lines, sizeof lines / sizeof lines[0]);
}
