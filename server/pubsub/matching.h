/*
 * Matching later: messages of those who can't wait (key events, PUBLISH inside EXEC), whose walk through the patterns
 * took longer than a moment.
 *
 * They hold locks, and others wait for these. So they leave the rest of the walk here, and a worker goes on with it in
 * turns, outside of any lock but that of the patterns, one message after the other. While any wait, what comes is put
 * behind them; hence the subscribers of a pattern get messages in the order in which those who can't wait sent them.
 *
 * What waits is bounded: where it is more than MATCHING_WAITS_MAX, the message is left out, and all subscribers of patterns
 * are disconnected, since none can tell what it has missed.
 *
 * Any thread.
 */
#ifndef KVS_PUBSUB_MATCHING_H
#define KVS_PUBSUB_MATCHING_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define MATCHING_WAITS_MAX ((size_t)64 << 20) /* bytes */

/* Whether any wait: then a message may not be matched before them. Exact for what the caller's locks keep in order. */
bool matching_waits(void);

/* A message that is still to be matched from pattern number `next` on. Copies what it needs. */
void matching_add(struct bytes channel, const struct arg *message, uint64_t next);

#endif
