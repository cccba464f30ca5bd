/*
 * How the keys get from one server to another: SCAN and DUMP on this side, RESTORE on that, both pipelined.
 *
 * Held in memory are some names and no more than a fixed number of bytes of values, or one value that is larger. Times
 * to live are kept as moments, so that the time on the way is not added to them.
 *
 * Not promised: the same moment for all keys. A key that is changed while it is copied arrives as it was at some time
 * of the copy; one that is gone when its turn comes is counted, and is not an error. A name that SCAN gives twice,
 * which it may, is skipped the second time.
 */
#ifndef KVS_CLIENT_MODES_COPY_STREAM_H
#define KVS_CLIENT_MODES_COPY_STREAM_H

#include "core/exit_codes.h"
#include "core/progress.h"
#include "modes/copy_side.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct copy_plan {
    struct copy_side source, target; /* in the same database */
    bool names_database;             /* in messages about keys: there are several */
    const char *pattern;             /* `pattern_length` bytes; NULL: all keys */
    size_t pattern_length;
    const char *type; /* NULL: all */
    long long scan_count;
    double timeout;       /* seconds that a server may be silent; 0: for ever */
    bool replace;         /* what is there */
    bool has_expire_time; /* the source knows PEXPIRETIME */
    uint64_t expected;    /* keys, for the progress, of all databases; 0: unknown */
    uint64_t done;        /* keys of earlier databases */
};

struct copy_totals {
    uint64_t copied;
    uint64_t bytes; /* of the values that were copied, as DUMP makes them */
    uint64_t skipped;
    uint64_t vanished;
    uint64_t failed;
    bool is_stopped; /* before all keys were seen */
    bool is_interrupted;
};

/* Copies a database. What went wrong has been reported; `totals_out` is written in any case. EXIT_CODE_OK when nothing
 * failed; a Ctrl-C ends in EXIT_CODE_INTERRUPTED, after what was on its way has arrived. */
enum exit_code copy_stream_run(const struct copy_plan *plan, struct copy_totals *totals_out);

#endif
