/*
 * The slow log: the last commands that took longer than slowlog-log-slower-than, newest first.
 *
 * There is one log per process; any thread, its lock is its own. Arguments are copied and cut short, so that the log
 * stays small whatever clients send, and secrets among them are left out.
 */
#ifndef KVS_RECORD_SLOWLOG_H
#define KVS_RECORD_SLOWLOG_H

#include "base/bytes.h"
#include "net/peer.h"

#include <stddef.h>
#include <stdint.h>

#define SLOWLOG_MAX_ARGS 32    /* parts kept of one request, including the note that says how many are missing */
#define SLOWLOG_MAX_BYTES 128  /* bytes kept of one argument, and of the client's name */
#define SLOWLOG_ENTRY_MAX 8704 /* bytes that an entry occupies at most */

/* One execution, and its client. Texts are borrowed for the call. */
struct slow_command {
    int argc;
    const struct arg *argv; /* as they were received */
    int64_t duration_us;
    const char *address; /* the client's */
    const char *name;    /* the client's, "" none */
    struct peer peer;
};

/* Records an execution, and keeps the max_len newest. */
void slowlog_add(const struct slow_command *command, int64_t max_len);

/* An entry as the log keeps it. Texts are borrowed for the visit. */
struct slowlog_entry {
    int64_t id;
    int64_t time_s; /* wall: when the command ended */
    int64_t duration_us;
    int argc;
    struct bytes argv[SLOWLOG_MAX_ARGS];
    struct bytes address; /* "path:0 pid=1 uid=2 gid=3" */
    struct bytes name;
};

/* Calls visit for the max newest entries, newest first, under the log's lock. Returns how many there were. */
typedef void slowlog_visit(void *context, const struct slowlog_entry *entry);
int64_t slowlog_each(int64_t max, slowlog_visit *visit, void *context);

/* The bytes that the entries occupy. */
size_t slowlog_bytes(void);

/* Forgets all but the max_len newest entries; ids continue. Returns how many are left. */
int64_t slowlog_cut(int64_t max_len);

#endif
