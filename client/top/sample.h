/*
 * What one INFO says about the server, and what two of them say about the time between. What a server does not say is
 * unknown (NAN).
 */
#ifndef KVS_CLIENT_TOP_SAMPLE_H
#define KVS_CLIENT_TOP_SAMPLE_H

#include "session/info.h"

struct sample {
    double time; /* seconds of a steady clock, when it came */

    char server[48]; /* "kvs 0.1.0", "Redis 7.2.5"; printable */
    double pid, uptime;
    double clients, clients_limit, blocked;
    double memory, resident, peak, memory_limit; /* bytes; a limit of 0 is none */
    double keys;                                 /* of all databases */

    /* totals since the server's start */
    double commands, hits, misses, bytes_in, bytes_out, connections, rejected, expired, evicted;
    double cpu; /* seconds */
};

/* A second, unless said otherwise; NAN where a total is unknown or went back (CONFIG RESETSTAT). */
struct rates {
    double requests, bytes_in, bytes_out; /* without this program's own */
    double hits, misses, connections, rejected, expired, evicted;
    double hit_rate; /* percent of the lookups; NAN when there were none */
    double cpu;      /* percent of one processor */
};

/* Nothing is known. */
void sample_forget(struct sample *sample);

void sample_read(struct sample *sample, const struct info *info, double time);

/* What is this program's own of that which the newer totals count and the older do not. */
struct own_share {
    double commands, bytes_in, bytes_out;
};

void rates_compute(struct rates *rates, const struct sample *older, const struct sample *newer,
                   const struct own_share *own);

void rates_forget(struct rates *rates);

#endif
