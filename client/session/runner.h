/*
 * Runs commands over a session and prints their replies: what the prompt, commands from a file and a one-shot command
 * have in common. Replies go to standard output, messages about trouble to standard error.
 */
#ifndef KVS_CLIENT_SESSION_RUNNER_H
#define KVS_CLIENT_SESSION_RUNNER_H

#include "core/quoting.h"
#include "session/session.h"

#include <stdio.h>

struct runner;

/* `session` is borrowed for the runner's life. */
struct runner *runner_create(struct session *session);
void runner_destroy(struct runner *runner);

struct session *runner_session(const struct runner *runner);

/* Runs a command `repeat` times (negative: for ever), reconnecting first if the connection is gone. A command whose
 * connection dies is not sent again: it may have been executed. Ctrl-C ends it; a Ctrl-C that no wait took is still to
 * be taken. */
enum exit_code runner_run(struct runner *runner, const struct arguments *arguments, long long repeat);

/* How long the last run took, without the time for printing, during which a person may be reading or be asked. 0 when
 * Ctrl-C ended it or its replies went elsewhere. */
double runner_seconds(const struct runner *runner);

/* For -e: how many error replies there were so far, the text of the last one, made printable (borrowed until the next;
 * NULL without any), and the exit status that it means. */
unsigned long long runner_error_count(const struct runner *runner);
const char *runner_last_error(const struct runner *runner);
enum exit_code runner_last_error_code(const struct runner *runner);

/* From now on replies go to `out` in this style, which is borrowed, except errors, which go to standard error. A
 * failure to write ends the command, and is reported unless the reader had enough. NULL: to standard output again. */
void runner_redirect(struct runner *runner, FILE *out, const struct format_style *style);

#endif
