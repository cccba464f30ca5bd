/*
 * Counters of the server's work: each worker has a set, which it alone writes; readers sum them up, on any thread.
 */
#ifndef KVS_RECORD_STATS_H
#define KVS_RECORD_STATS_H

#include "base/counter.h"
#include "record/latency_bucket.h"

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct command_stats {
    relaxed_counter calls;
    relaxed_counter nanoseconds;
    relaxed_counter rejected;         /* not run: arity, permission, memory */
    relaxed_counter failed;           /* ran and answered with an error */
    relaxed_counter *_Atomic latency; /* LATENCY_BUCKETS counters, made by the worker at first use */
};

struct thread_stats {
    relaxed_counter bytes_in, bytes_out;
    relaxed_counter reads, writes; /* system calls on sockets */
    relaxed_counter connections;   /* accepted */
    relaxed_counter errors;        /* error replies */
    relaxed_counter query_limit_closed, output_limit_closed, evicted_clients;
    struct command_stats *per_command; /* command_count() elements, by command_number() */
    /* what is the case, not what has happened: a reset leaves it */
    relaxed_counter held_clients;          /* held.h */
    relaxed_counter max_input, max_output; /* largest buffers of a client, once a second; client_limits.h */
};

/* Makes one set for each of so many threads. Before threads start, after command_table_init(). */
void stats_init(unsigned threads);
void stats_deinit(void);

/* The set of the worker with that index. */
struct thread_stats *stats_of(unsigned thread);

/* private: the counters of a histogram, for a command that has none yet */
relaxed_counter *stats_make_latency(struct command_stats *stats);

/*
 * Records one execution, on the set's worker; if histogram is set, also in the histogram of durations. A part of the
 * callers: every request comes by.
 */
static inline __attribute__((always_inline)) void stats_record(struct thread_stats *stats, unsigned command_number,
                                                               uint64_t nanoseconds, bool failed, bool histogram)
{
    struct command_stats *command = &stats->per_command[command_number];
    counter_add(&command->calls, 1);
    counter_add(&command->nanoseconds, nanoseconds);
    if (failed)
        counter_add(&command->failed, 1);
    if (histogram) {
        relaxed_counter *latency = atomic_load_explicit(&command->latency, memory_order_relaxed);
        if (!latency)
            latency = stats_make_latency(command);
        counter_add(&latency[latency_bucket(nanoseconds)], 1);
    }
}

/* Sums over all threads. commands: those that ran. */
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

/* Sets all to 0 (CONFIG RESETSTAT). World stopped. */
void stats_reset(void);

/* Error replies by their code ("ERR", "WRONGTYPE"), of which a bounded number is kept. Any thread; takes a lock. */
void stats_count_error(const char *message, size_t len);
typedef void stats_visit_error(void *context, const char *code, uint64_t count);
void stats_each_error(stats_visit_error *visit, void *context);

/*
 * Rates per second, averaged over the last 16 samples, which the main thread takes ten times a second. now_ms is
 * monotonic.
 */
void stats_sample(int64_t now_ms);
uint64_t stats_rate_commands(void), stats_rate_bytes_in(void), stats_rate_bytes_out(void);
uint64_t stats_rate_rounds(void);   /* of one event loop, on average over all workers */
uint64_t stats_rate_round_ns(void); /* processor time that a round took, in nanoseconds */

#endif
