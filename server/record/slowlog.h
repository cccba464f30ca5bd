/*
 * The slow log: the last commands that took longer than slowlog-log-slower-than, newest first.
 *
 * One log a process, behind a lock of its own that nothing else is taken under. Arguments are copied and
 * cut short, so that the log stays small whatever clients send.
 */
#ifndef KVS_RECORD_SLOWLOG_H
#define KVS_RECORD_SLOWLOG_H

#include "base/bytes.h"

#include <stdint.h>

struct client;

/*
 * Notes one execution of duration_us microseconds. The executor calls it on the client's worker only when
 * the threshold is passed, with the arguments as they came.
 */
void slowlog_record(struct client *client, int argc, const struct arg *argv, int64_t duration_us);

/* Forgets all entries; their numbers go on. */
void slowlog_reset(void);

#endif
