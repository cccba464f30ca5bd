/*
 * Lines of the log that strangers can cause: protocol errors, refused connections, clients that exceed a limit.
 *
 * Each kind of line is a struct log_flood that lives forever. In an interval, which its first line begins, so many
 * lines of it are written as the kind permits; the others are counted, and when the interval is over a line says how
 * many there were: "... and 8000 more in the last 10 s: protocol errors". So what they write is bounded, whatever they
 * do.
 *
 * Any thread. The lock is the module's own, nothing is taken or written under it. Time is monotonic.
 */
#ifndef KVS_HOST_LOG_FLOOD_H
#define KVS_HOST_LOG_FLOOD_H

#include "host/log.h"

#include <stdbool.h>
#include <stdint.h>

#define LOG_FLOOD_MS 10000 /* an interval */
#define LOG_FLOOD_LINES 20 /* lines of a kind in it whose lines differ; of others the first says it all */

struct log_flood {
    const char *what; /* of what there were more, in the plural */
    unsigned lines;   /* in an interval, at least 1 */
    /* private: guarded by the module's lock */
    int64_t began_ms;       /* the interval; meaningless while written is 0 */
    unsigned written;       /* in it */
    uint64_t left_out;      /* in it */
    enum log_level level;   /* of the last one left out */
    struct log_flood *next; /* of those with left_out > 0 */
};

/* static struct log_flood flood = LOG_FLOOD("protocol errors", LOG_FLOOD_LINES); */
#define LOG_FLOOD(the_what, the_lines)                                                                                 \
    {                                                                                                                  \
        .what = (the_what), .lines = (the_lines)                                                                       \
    }

/* log_line() for such a line. */
#define log_flooding(flood, level, ...)                                                                                \
    do {                                                                                                               \
        if (log_flood_admits(flood, level))                                                                            \
            log_line(level, __VA_ARGS__);                                                                              \
    } while (0)

/*
 * Whether the line is to be written, for lines that cost something to make. False: it is counted, if its level is
 * wanted.
 */
bool log_flood_admits(struct log_flood *flood, enum log_level level);

/* Says of which lines there were more, where the interval is over. Often: main thread. */
void log_flood_settle(void);

/* The same of all kinds, whether or not their interval is over: before the process ends. */
void log_flood_settle_all(void);

/* ---- with a time of the caller's, for tests: milliseconds that only grow ---- */
bool log_flood_admits_at(struct log_flood *flood, enum log_level level, int64_t now_ms);
void log_flood_settle_at(int64_t now_ms);

#endif
