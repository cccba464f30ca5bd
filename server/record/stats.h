/*
 * Counters of the server's work: one set a worker, written by that worker alone and summed by readers.
 */
#ifndef KVS_RECORD_STATS_H
#define KVS_RECORD_STATS_H

#include "base/counter.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * Histograms of latency: four buckets to every doubling, so a percentile is at most a quarter too high.
 * Every fourth bucket ends at 1032 ns << k, the bounds that LATENCY HISTOGRAM answers. Longer than the
 * last: in the last.
 */
#define LATENCY_BUCKETS 84
#define LATENCY_BUCKETS_PER_DOUBLING 4

struct command_stats {
    relaxed_counter calls;
    relaxed_counter nanoseconds;
    relaxed_counter rejected;         /* not run: arity, permission, memory */
    relaxed_counter failed;           /* ran and answered with an error */
    relaxed_counter *_Atomic latency; /* LATENCY_BUCKETS counters, made by the worker when first needed */
};

struct thread_stats {
    relaxed_counter bytes_in, bytes_out;
    relaxed_counter reads, writes; /* system calls on sockets */
    relaxed_counter connections;   /* accepted */
    relaxed_counter errors;        /* error replies */
    relaxed_counter query_limit_closed, output_limit_closed, evicted_clients;
    struct command_stats *per_command; /* command_count() of them */
    /* what is the case, not what has happened: a reset leaves it */
    relaxed_counter held_clients;          /* held.h */
    relaxed_counter max_input, max_output; /* largest buffers of a client, once a second; client_limits.h */
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

/* What is the case with the clients of all threads together. */
struct stats_clients {
    uint64_t held, max_input, max_output;
};
void stats_clients_read(struct stats_clients *clients_out);

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
