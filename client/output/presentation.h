/*
 * How somebody gets to see a reply: a formatter writes it, and this module decides where that goes.
 *
 * Where standard output is no terminal, straight there. At a terminal a long reply is not poured out:
 * - with --pager, what is longer than the screen goes through the pager (pager.h);
 * - where somebody can answer, what is longer than PRESENTATION_MANY_LINES or PRESENTATION_MANY_BYTES is shown after
 *   a question only;
 * - Ctrl-C (interrupt.h) stops it, and is left to be taken by whoever asked for the reply.
 * A text is never built as a whole: the decision is made as soon as enough of it is there.
 */
#ifndef KVS_CLIENT_OUTPUT_PRESENTATION_H
#define KVS_CLIENT_OUTPUT_PRESENTATION_H

#include "output/format.h"

#include <stdbool.h>

#define PRESENTATION_MANY_LINES 10000
#define PRESENTATION_MANY_BYTES (1024 * 1024)

/* Prints a reply to standard output and flushes it; `as_text`: see format_reply_as_text(). Ends the program when that
 * can't be written to (output.h). */
void presentation_show(const struct reply *reply, const struct format_style *style, bool as_text, bool use_pager);

/* Prints the text of an error that ends the program, to standard error. */
void presentation_show_failure(const struct reply *error);

#endif
