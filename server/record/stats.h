/*
 * Counters of the server's work: one set a worker, written by that worker alone and summed by readers.
 *
 * Fields are relaxed atomics written with plain load and store (stat_add), so counting costs no locked
 * instruction, and INFO on another worker reads values that are at most a moment old.
 */
#ifndef KVS_RECORD_STATS_H
#define KVS_RECORD_STATS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

typedef _Atomic uint64_t stat_counter;

static inline void stat_add(stat_counter *counter, uint64_t n)
{
    atomic_store_explicit(counter, atomic_load_explicit(counter, memory_order_relaxed) + n, memory_order_relaxed);
}

static inline uint64_t stat_get(const stat_counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

/*
 * Histograms of latency: four buckets to every doubling, so a percentile is at most a quarter too high.
 * Every fourth bucket ends at 1032 ns << k, the bounds that LATENCY HISTOGRAM answers. Longer than the
 * last: in the last.
 */
#define LATENCY_BUCKETS 84
#define LATENCY_BUCKETS_PER_DOUBLING 4

struct command_stats {
    stat_counter calls;
    stat_counter nanoseconds;
    stat_counter rejected;         /* not run: arity, permission, memory */
    stat_counter failed;           /* ran and answered with an error */
    stat_counter *_Atomic latency; /* LATENCY_BUCKETS counters, made by the worker when first needed */
};

struct thread_stats {
    stat_counter bytes_in, bytes_out;
    stat_counter reads, writes; /* system calls on sockets */
    stat_counter connections;   /* accepted */
    stat_counter errors;        /* error replies */
    stat_counter query_limit_closed, output_limit_closed, evicted_clients;
    struct command_stats *per_command; /* command_count() of them */
};

/* Makes room for threads sets; before threads start, after command_table_init(). */
void stats_init(unsigned threads);
void stats_deinit(void);

/* A thread's own. */
struct thread_stats *stats_of(unsigned thread);

/* Records one execution, whether it answered with an error, and if histogram is set its duration's bucket. */
void stats_record(struct thread_stats *stats, unsigned command_number, uint64_t nanoseconds, bool failed,
                  bool histogram);

/* Sums over all threads; commands are those that ran. */
struct stats_totals {
    uint64_t commands, bytes_in, bytes_out, reads, writes, connections, errors;
    uint64_t query_limit_closed, output_limit_closed, evicted_clients;
};
void stats_sum(struct stats_totals *totals_out);

struct command_totals {
    uint64_t calls, nanoseconds, rejected, failed;
    uint64_t latency[LATENCY_BUCKETS];
};
void stats_sum_command(unsigned command_number, struct command_totals *totals_out);

/* The largest duration in nanoseconds that bucket counts. */
uint64_t stats_latency_bound(unsigned bucket);

/* World stopped. CONFIG RESETSTAT. */
void stats_reset(void);

/* Error replies by their code ("ERR", "WRONGTYPE"): any thread; bounded number of different codes. */
void stats_count_error(const char *message, size_t len);
typedef void stats_visit_error(void *context, const char *code, uint64_t count);
void stats_each_error(stats_visit_error *visit, void *context);

/* Instantaneous rates, sampled by the main thread's timer ten times a second. */
void stats_sample(int64_t now_ms);
uint64_t stats_rate_commands(void), stats_rate_bytes_in(void), stats_rate_bytes_out(void);
uint64_t stats_rate_rounds(void);   /* of one event loop, on average over all workers */
uint64_t stats_rate_round_ns(void); /* processor time that a round took, in nanoseconds */

#endif
