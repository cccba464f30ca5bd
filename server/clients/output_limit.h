/*
 * When the replies that wait for a client are too much: at once when they exceed the hard limit, after some seconds
 * when they exceed the soft one. This deals in numbers only: the caller knows the client and the clock, and what
 * follows.
 */
#ifndef KVS_CLIENTS_OUTPUT_LIMIT_H
#define KVS_CLIENTS_OUTPUT_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output_limit;

/*
 * Whether a client with used bytes of output is over the limit. *soft_since_ms is kept from call to call: the time
 * since which it has been over the soft limit, 0 while it isn't. Both times are of the same clock.
 */
bool output_limit_reached(const struct output_limit *limit, size_t used, int64_t *soft_since_ms, int64_t now_ms);

#endif
