/*
 * Time for measuring and waiting: it only goes forward.
 */
#ifndef KVS_CLIENT_CORE_MONOTONIC_H
#define KVS_CLIENT_CORE_MONOTONIC_H

/* Seconds since some moment in the past. */
double monotonic_seconds(void);

#endif
