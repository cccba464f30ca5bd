#include "record/memory_report.h"

#include "base/memory.h"
#include "base/usage.h"
#include "record/acl_log.h"
#include "record/latency.h"
#include "record/slowlog.h"
#include "store/keyspace.h"

#include <stdatomic.h>

static atomic_size_t startup_bytes, peak_bytes;

void memory_note_startup(void)
{
    atomic_store_explicit(&startup_bytes, (size_t)usage_total(), memory_order_relaxed);
}

double memory_ratio(size_t a, size_t b)
{
    return b != 0 ? (double)a / (double)b : 0;
}

void memory_note_allocated(size_t allocated)
{
    size_t peak = atomic_load_explicit(&peak_bytes, memory_order_relaxed);
    while (allocated > peak && !atomic_compare_exchange_weak_explicit(&peak_bytes, &peak, allocated,
                                                                      memory_order_relaxed, memory_order_relaxed)) {
    }
}

void memory_report_read(struct keyspace *keyspace, size_t clients, struct memory_report *report_out)
{
    struct memory_report report = {0};
    struct mem_stats stats;
    mem_stats_read(&stats);
    report.allocated = (size_t)usage_total();
    report.active = stats.active;
    report.resident = stats.resident;
    report.rss = mem_rss();
    memory_note_allocated(report.allocated);
    report.peak = atomic_load_explicit(&peak_bytes, memory_order_relaxed);
    report.startup = atomic_load_explicit(&startup_bytes, memory_order_relaxed);
    report.clients = clients;
    report.tables = keyspace_table_memory(keyspace, -1);
    for (int db = keyspace_next_database(keyspace, 0); db >= 0; db = keyspace_next_database(keyspace, db + 1))
        report.keys += keyspace_size(keyspace, db);

    report.slowlog = slowlog_bytes();
    report.acl_log = acl_log_bytes();
    report.latency = latency_bytes();
    report.records = report.slowlog + report.acl_log + report.latency;

    report.overhead = report.startup + report.clients + report.tables + report.records;
    report.dataset = report.allocated > report.overhead ? report.allocated - report.overhead : 0;
    size_t grown = report.allocated > report.startup ? report.allocated - report.startup : 1;
    report.dataset_percent = 100 * memory_ratio(report.dataset, grown);
    report.peak_percent = 100 * memory_ratio(report.allocated, report.peak);
    *report_out = report;
}
