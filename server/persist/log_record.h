/*
 * Records: what the append-only log is written in.
 *
 * A record is what has to be done as a whole: one command, or several between MULTI and EXEC, in the protocol's words.
 * Whoever makes a change writes its record where it stands, into a buffer of its own. What stands between records
 * depends on the order in which they come together: SELECT where the database is another one than before, and a
 * timestamp. That is added by the one who brings them together, who knows where the log stands.
 *
 *     maker     log_record_begin(), log_record_add() ..., log_record_end()     under the locks of what it changed
 *     writer    log_record_lead(), the record's bytes                          in the order of the changes
 *
 * The module has no state of its own: a record belongs to its maker, a position to its log's writer.
 */
#ifndef KVS_PERSIST_LOG_RECORD_H
#define KVS_PERSIST_LOG_RECORD_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stdint.h>

struct text;

/* A record while it is made, and what its writer has to know of it. */
struct log_record {
    int first_db; /* that it begins in: it must be selected before */
    int last_db;  /* that is selected behind it */
    /* private */
    struct text *out;
    bool is_group;
    bool is_empty;
};

/*
 * Begins a record of so many commands, 1 or more, at the end of the text, which is borrowed until it ends. The text
 * grows as texts do (base/text.h).
 */
void log_record_begin(struct log_record *record, struct text *out, unsigned commands);

/* The next command, in the database with that index. count > 0. */
void log_record_add(struct log_record *record, int db, unsigned count, const struct bytes *words);

void log_record_end(struct log_record *record);

/* Where a log stands, behind its last record. */
struct log_position {
    int db;              /* selected; -1: none, as at the beginning of a file */
    int64_t annotated_s; /* second of the last timestamp */
    bool annotates;      /* aof-timestamp-enabled */
};

/*
 * Appends what has to stand before the record, which is to come next: a timestamp, if wanted and none of this second or
 * of a later one stands there (so they ascend though the clock is set back), and SELECT. now_ms: of the wall clock.
 */
void log_record_lead(struct log_position *position, struct text *out, const struct log_record *record, int64_t now_ms);

#endif
