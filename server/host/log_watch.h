/*
 * Follows the log file when it is rotated without a signal, as Debian does it for Redis: a file that was renamed,
 * removed or replaced is left, and the one at the path opened, or made with the old one's mode, owner and group.
 *
 * A file that was renamed has a moment in which whoever renamed it (logrotate with `create`) may make the new one.
 * Where it can't be opened, the old one stays in use; that is said once and tried again when something changes there.
 * Lines are in either file. Standard output, pipes and devices aren't watched. Main thread.
 */
#ifndef KVS_HOST_LOG_WATCH_H
#define KVS_HOST_LOG_WATCH_H

#include <stdbool.h>

/* Watches the log that log_open() opened. Again after another log_open(). */
void log_watch_start(void);

/* Opens the log anew at once, whether or not it was rotated, and says so in it: SIGHUP. */
void log_watch_reopen(void);

/* ---- main thread: log_watch_timeout(), poll(2) for log_watch_fd(), log_watch_serve(), and again ---- */

/* To be polled for input; -1: nothing. */
int log_watch_fd(void);

/* Milliseconds until the file has to be looked at even without an event; -1: never. */
int log_watch_timeout(void);

/* Looks at the file if there was an event, or if it is time. */
void log_watch_serve(bool event);

#endif
