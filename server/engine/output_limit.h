/*
 * When the replies that wait for a client are too much: at once over the hard limit, after some seconds over the soft
 * one. Only numbers: whoever asks knows the client, the clock and what follows.
 */
#ifndef KVS_ENGINE_OUTPUT_LIMIT_H
#define KVS_ENGINE_OUTPUT_LIMIT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct output_limit;

/*
 * Whether a client with so many bytes of output is over the limit. *soft_since_ms is kept from call to call: since when
 * it is over the soft limit, 0 while it isn't.
 */
bool output_limit_reached(const struct output_limit *limit, size_t used, int64_t *soft_since_ms, int64_t now_ms);

#endif
