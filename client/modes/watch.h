/*
 * What the modes that go on until Ctrl-C have in common: one question asked again and again, over a new connection when
 * the server was restarted, with pauses in between; and a line of the terminal that is rewritten.
 *
 * Ctrl-C ends such a mode with success: it is how a person says "enough".
 */
#ifndef KVS_CLIENT_MODES_WATCH_H
#define KVS_CLIENT_MODES_WATCH_H

#include "connection/reply.h"
#include "core/exit_codes.h"
#include "options/options.h"

#include <stdbool.h>
#include <stdint.h>

struct watch;

enum watch_status {
    WATCH_OK,
    WATCH_STOPPED, /* by Ctrl-C */
    WATCH_FAILED,  /* what went wrong was said; watch_code() tells the exit status */
};

/* Takes over Ctrl-C. `options` is borrowed. `reconnects`: a connection that was lost is not the end. */
struct watch *watch_create(const struct options *options, bool reconnects);

/* Ends an open line. */
void watch_destroy(struct watch *watch);

/* EXIT_CODE_OK unless something ended with WATCH_FAILED. */
enum exit_code watch_code(const struct watch *watch);

/*
 * Sends a command of one word and waits for the reply, which is the caller's to destroy; `*time_out`, in nanoseconds,
 * is how long that took. Connects first where needed. With `reconnects`, a lost connection is reported and a new one
 * waited for, unless the server has never answered. NOAUTH and NOPERM are failures; other error replies are given back.
 */
enum watch_status watch_ask(struct watch *watch, const char *command, struct reply **reply_out, uint64_t *time_out);

/* Reports an error reply that is the end, and destroys it. Returns WATCH_FAILED. */
enum watch_status watch_refuse(struct watch *watch, const char *command, struct reply *error);

/* Waits until monotonic_nanoseconds() has reached that. Returns WATCH_OK or WATCH_STOPPED. */
enum watch_status watch_pause_until(struct watch *watch, uint64_t moment);

/* Writes the last line of the terminal anew, cut to its width, and leaves it open. For terminals only. */
void watch_draw(struct watch *watch, const char *line);

/* Ends an open line. To be called before anything else is printed. */
void watch_end_line(struct watch *watch);

/* Whether standard output is a terminal, and a format for persons is wanted. */
bool watch_is_for_person(const struct options *options);

#endif
