/*
 * A line on standard error that tells how far something has got; the next one overwrites it. Nothing is ever shown
 * where standard error is no terminal.
 *
 * Whoever prints other lines meanwhile calls progress_clear() before. One line, so one owner; main thread only.
 */
#ifndef KVS_CLIENT_CORE_PROGRESS_H
#define KVS_CLIENT_CORE_PROGRESS_H

#include <stdbool.h>

struct progress {
    bool enabled;
    bool is_shown;
    double next; /* monotonic seconds of the next line */
};

struct progress progress_begin(void);

/* Whether it is time for a new line: a few times a second, not at once. Cheap. */
bool progress_is_due(struct progress *progress);

/* `fraction` is drawn as a bar before the text, unless it is negative (unknown). What is wider than the terminal is
 * cut. The text is printable ASCII. */
__attribute__((format(printf, 3, 4))) void progress_show(struct progress *progress, double fraction, const char *format,
                                                         ...);

/* Takes the line off the screen, if there is one. */
void progress_clear(struct progress *progress);

#endif
