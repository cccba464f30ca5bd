/*
 * The last TIMELINE_SIZE rounds of each figure. A round that said nothing about a figure left it unknown (NAN).
 */
#ifndef KVS_CLIENT_TOP_TIMELINE_H
#define KVS_CLIENT_TOP_TIMELINE_H

#include <stddef.h>

#define TIMELINE_SIZE 3600 /* an hour of seconds */
#define TIMELINE_WORKERS 64

enum figure {
    FIGURE_REQUESTS, /* a second */
    FIGURE_HIT_RATE, /* percent */
    FIGURE_MEMORY,   /* bytes */
    FIGURE_CLIENTS,
    FIGURE_CPU,     /* percent of one processor */
    FIGURE_LATENCY, /* microseconds: the 99th percentile of a round's probes */
    FIGURE_WORKER,  /* percent of one processor; the first of TIMELINE_WORKERS */
    FIGURE_COUNT = FIGURE_WORKER + TIMELINE_WORKERS,
};

struct timeline;

struct timeline *timeline_create(void);
void timeline_destroy(struct timeline *timeline);

/* A new round, about which nothing is known yet. */
void timeline_begin(struct timeline *timeline);

/* Of the newest round. What is no number of a sensible size stays unknown. */
void timeline_set(struct timeline *timeline, enum figure figure, double value);

/* Rounds begun in all, those forgotten included. */
size_t timeline_total(const struct timeline *timeline);

/* Of the round that was begun `age` rounds before the newest; NAN when unknown, forgotten or never there. */
double timeline_value(const struct timeline *timeline, enum figure figure, size_t age);

#endif
