/*
 * Statistics. Each worker has a set of its own on cache lines of its own, so counting is a load, an add
 * and a store without a lock prefix. A total is the sum over all sets.
 *
 * Resetting writes to other threads' counters, so it needs the world stopped: a thread that counted at the
 * same time would write its old sum back.
 */
#include "record/stats.h"

#include "base/bytes.h"
#include "base/memory.h"
#include "command/command_table.h"
#include "net/worker.h"

#include <pthread.h>
#include <string.h>

#define ERROR_CODES 128   /* how many codes have a counter of their own; the others count as ERROR_CODE_OTHER */
#define ERROR_CODE_LEN 31 /* bytes; a longer first word is no code: such a message counts as ERR */
#define ERROR_CODE_OTHER "OTHER"

#define RATE_SAMPLES 16

static struct thread_stats **sets; /* constant between stats_init() and stats_deinit() */
static unsigned set_count;

struct error_code {
    char code[ERROR_CODE_LEN + 1];
    uint64_t count;
};

static struct {
    pthread_mutex_t lock; /* guards the rest */
    unsigned count;
    struct error_code codes[ERROR_CODES];
} errors = {.lock = PTHREAD_MUTEX_INITIALIZER};

/* One rate: the growth of a total, averaged over the last samples. Only stats_sample() writes it. */
struct rate {
    uint64_t last_total;
    uint64_t samples[RATE_SAMPLES];
    relaxed_counter average; /* per second */
};

static struct rate rate_commands, rate_bytes_in, rate_bytes_out, rate_rounds, rate_cpu_ns;
static int64_t rate_sampled_ms;
static unsigned rate_next;

/* ---- sets ---- */

static struct thread_stats *set_create(void)
{
    size_t size = (sizeof(struct thread_stats) + 63) & ~(size_t)63;
    struct thread_stats *set = aligned_alloc(64, size);
    if (!set)
        mem_exhausted(size);
    memset(set, 0, size);
    set->per_command = mem_calloc(command_count() * sizeof *set->per_command);
    return set;
}

static void set_destroy(struct thread_stats *set)
{
    for (unsigned i = 0; i < command_count(); i++)
        mem_free((void *)atomic_load_explicit(&set->per_command[i].latency, memory_order_relaxed));
    mem_free(set->per_command);
    mem_free(set);
}

void stats_init(unsigned threads)
{
    sets = mem_calloc(threads * sizeof *sets);
    set_count = threads;
    for (unsigned i = 0; i < threads; i++)
        sets[i] = set_create();
}

void stats_deinit(void)
{
    for (unsigned i = 0; i < set_count; i++)
        set_destroy(sets[i]);
    mem_free(sets);
    sets = NULL;
    set_count = 0;
}

struct thread_stats *stats_of(unsigned thread)
{
    return sets[thread];
}

/* ---- recording ---- */

uint64_t stats_latency_bound(unsigned bucket)
{
    if (bucket < LATENCY_BUCKETS_PER_DOUBLING)
        return (uint64_t)(bucket + 1) * LATENCY_QUARTER_NS - 1;
    unsigned doubling = bucket / LATENCY_BUCKETS_PER_DOUBLING - 1;
    uint64_t quarter = bucket % LATENCY_BUCKETS_PER_DOUBLING;
    return ((LATENCY_BUCKETS_PER_DOUBLING + quarter + 1) << doubling) * LATENCY_QUARTER_NS - 1;
}

relaxed_counter *stats_make_latency(struct command_stats *stats)
{
    relaxed_counter *latency = mem_calloc(LATENCY_BUCKETS * sizeof *latency);
    /* Pairs with the acquire in stats_sum_command(): a reader that sees the pointer sees zeroed counters. */
    atomic_store_explicit(&stats->latency, latency, memory_order_release);
    return latency;
}

/* ---- sums ---- */

void stats_sum(struct stats_totals *totals_out)
{
    struct stats_totals sum = {0};
    for (unsigned i = 0; i < set_count; i++) {
        const struct thread_stats *set = sets[i];
        for (unsigned c = 0; c < command_count(); c++)
            sum.commands += counter_get(&set->per_command[c].calls);
        sum.bytes_in += counter_get(&set->bytes_in);
        sum.bytes_out += counter_get(&set->bytes_out);
        sum.reads += counter_get(&set->reads);
        sum.writes += counter_get(&set->writes);
        sum.connections += counter_get(&set->connections);
        sum.errors += counter_get(&set->errors);
        sum.query_limit_closed += counter_get(&set->query_limit_closed);
        sum.output_limit_closed += counter_get(&set->output_limit_closed);
        sum.evicted_clients += counter_get(&set->evicted_clients);
    }
    *totals_out = sum;
}

void stats_clients_read(struct stats_clients *clients_out)
{
    struct stats_clients all = {0};
    for (unsigned i = 0; i < set_count; i++) {
        uint64_t input = counter_get(&sets[i]->max_input), output = counter_get(&sets[i]->max_output);
        all.held += counter_get(&sets[i]->held_clients);
        all.max_input = input > all.max_input ? input : all.max_input;
        all.max_output = output > all.max_output ? output : all.max_output;
    }
    *clients_out = all;
}

void stats_sum_command(unsigned command_number, struct command_totals *totals_out)
{
    memset(totals_out, 0, sizeof *totals_out);
    for (unsigned i = 0; i < set_count; i++) {
        const struct command_stats *command = &sets[i]->per_command[command_number];
        totals_out->calls += counter_get(&command->calls);
        totals_out->nanoseconds += counter_get(&command->nanoseconds);
        totals_out->rejected += counter_get(&command->rejected);
        totals_out->failed += counter_get(&command->failed);
        /* Pairs with the release in latency_create(). */
        const relaxed_counter *latency = atomic_load_explicit(&command->latency, memory_order_acquire);
        for (unsigned b = 0; latency && b < LATENCY_BUCKETS; b++)
            totals_out->latency[b] += counter_get(&latency[b]);
    }
}

/* ---- resetting ---- */

static void command_latency_clear(struct command_stats *command)
{
    relaxed_counter *latency = atomic_load_explicit(&command->latency, memory_order_relaxed);
    for (unsigned b = 0; latency && b < LATENCY_BUCKETS; b++)
        counter_set(&latency[b], 0);
}

static void set_clear(struct thread_stats *set)
{
    relaxed_counter *const totals[] = {
        &set->bytes_in,
        &set->bytes_out,
        &set->reads,
        &set->writes,
        &set->connections,
        &set->errors,
        &set->query_limit_closed,
        &set->output_limit_closed,
        &set->evicted_clients,
    };
    for (size_t i = 0; i < sizeof totals / sizeof totals[0]; i++)
        counter_set(totals[i], 0);
    for (unsigned i = 0; i < command_count(); i++) {
        struct command_stats *command = &set->per_command[i];
        counter_set(&command->calls, 0);
        counter_set(&command->nanoseconds, 0);
        counter_set(&command->rejected, 0);
        counter_set(&command->failed, 0);
        command_latency_clear(command);
    }
}

static void errors_clear(void)
{
    pthread_mutex_lock(&errors.lock);
    errors.count = 0;
    pthread_mutex_unlock(&errors.lock);
}

void stats_reset(void)
{
    for (unsigned i = 0; i < set_count; i++)
        set_clear(sets[i]);
    errors_clear();
}

/* ---- errors by code ---- */

/* The length of the code that message begins with; 0 if it has none. */
static size_t error_code_len(const char *message, size_t len)
{
    const char *blank = memchr(message, ' ', len <= ERROR_CODE_LEN ? len : ERROR_CODE_LEN + 1);
    return blank ? (size_t)(blank - message) : 0;
}

/* The counter of code, or NULL. errors.lock is held. */
static struct error_code *error_code_find(const char *code, size_t len)
{
    for (unsigned i = 0; i < errors.count; i++)
        if (bytes_equal(errors.codes[i].code, strlen(errors.codes[i].code), code, len))
            return &errors.codes[i];
    return NULL;
}

/* A new counter; the caller keeps one place for ERROR_CODE_OTHER. errors.lock is held. */
static struct error_code *error_code_add(const char *code, size_t len)
{
    struct error_code *made = &errors.codes[errors.count++];
    memcpy(made->code, code, len);
    made->code[len] = '\0';
    made->count = 0;
    return made;
}

void stats_count_error(const char *message, size_t len)
{
    size_t code_len = error_code_len(message, len);
    if (code_len == 0) {
        message = "ERR";
        code_len = 3;
    }
    pthread_mutex_lock(&errors.lock);
    struct error_code *code = error_code_find(message, code_len);
    if (!code && errors.count >= ERROR_CODES - 1) {
        message = ERROR_CODE_OTHER;
        code_len = strlen(ERROR_CODE_OTHER);
        code = error_code_find(message, code_len);
    }
    if (!code)
        code = error_code_add(message, code_len);
    code->count++;
    pthread_mutex_unlock(&errors.lock);
}

static int error_code_compare(const void *a, const void *b)
{
    return strcmp(((const struct error_code *)a)->code, ((const struct error_code *)b)->code);
}

void stats_each_error(stats_visit_error *visit, void *context)
{
    pthread_mutex_lock(&errors.lock);
    unsigned count = errors.count;
    struct error_code *copy = mem_alloc(sizeof errors.codes);
    memcpy(copy, errors.codes, count * sizeof *copy);
    pthread_mutex_unlock(&errors.lock);

    qsort(copy, count, sizeof *copy, error_code_compare);
    for (unsigned i = 0; i < count; i++)
        visit(context, copy[i].code, copy[i].count);
    mem_free(copy);
}

/* ---- rates ---- */

static void rate_add(struct rate *rate, uint64_t total, int64_t elapsed_ms)
{
    /* A reset in between makes the total smaller: that sample counts as 0. */
    uint64_t grown = total >= rate->last_total ? total - rate->last_total : 0;
    rate->last_total = total;
    rate->samples[rate_next] = grown * 1000 / (uint64_t)elapsed_ms;
    uint64_t sum = 0;
    for (unsigned i = 0; i < RATE_SAMPLES; i++)
        sum += rate->samples[i];
    counter_set(&rate->average, sum / RATE_SAMPLES);
}

void stats_sample(int64_t now_ms)
{
    int64_t elapsed_ms = rate_sampled_ms != 0 ? now_ms - rate_sampled_ms : 0;
    if (elapsed_ms <= 0) { /* the first call */
        rate_sampled_ms = now_ms;
        return;
    }
    struct stats_totals totals;
    struct worker_load load;
    stats_sum(&totals);
    workers_load(&load);
    rate_add(&rate_commands, totals.commands, elapsed_ms);
    rate_add(&rate_bytes_in, totals.bytes_in, elapsed_ms);
    rate_add(&rate_bytes_out, totals.bytes_out, elapsed_ms);
    rate_add(&rate_rounds, load.rounds, elapsed_ms);
    rate_add(&rate_cpu_ns, load.cpu_ns, elapsed_ms);
    rate_next = (rate_next + 1) % RATE_SAMPLES;
    rate_sampled_ms = now_ms;
}

uint64_t stats_rate_commands(void)
{
    return counter_get(&rate_commands.average);
}

uint64_t stats_rate_bytes_in(void)
{
    return counter_get(&rate_bytes_in.average);
}

uint64_t stats_rate_bytes_out(void)
{
    return counter_get(&rate_bytes_out.average);
}

uint64_t stats_rate_rounds(void)
{
    unsigned loops = workers_count();
    return loops != 0 ? (counter_get(&rate_rounds.average) + loops - 1) / loops : 0;
}

uint64_t stats_rate_round_ns(void)
{
    uint64_t rounds = counter_get(&rate_rounds.average);
    return rounds != 0 ? counter_get(&rate_cpu_ns.average) / rounds : 0;
}
