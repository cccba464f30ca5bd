/*
 * How far a command has got whose arguments are being typed: the documented arguments are a tree, the typed words are
 * led through it one by one, and what can still come is what is left.
 *
 *   SET key value [NX|XX] [GET] [EX seconds|PX milliseconds]
 *       k   v     GET           EX 10                          leaves [NX|XX]
 *
 * Values are taken in their order; tokens in any order among their neighbours, as servers do. A token that can come
 * wins over a value that can come. After a count (numkeys) exactly that many follow. There is no looking back: where
 * only a later word could tell (the end of `key [key ...] timeout`), more of the same is expected.
 */
#ifndef KVS_CLIENT_PROMPT_ARGUMENT_MATCH_H
#define KVS_CLIENT_PROMPT_ARGUMENT_MATCH_H

#include "core/quoting.h"
#include "prompt/documentation.h"

#include <stddef.h>
#include <stdio.h>

struct argument_match;

/* What can come next: a token, or a value that is the user's to give. */
struct argument_visit {
    void (*token)(void *context, const char *token);
    void (*value)(void *context, const struct command_argument *argument);
    void *context;
};

/* Walks the first `count` words of a command line, of which there is at least one. NULL: they fit no command, or one
 * whose subcommand is still to come. Borrows from the documentation. */
struct argument_match *argument_match_create(const struct documentation *documentation, const struct arguments *words,
                                             size_t count);
void argument_match_destroy(struct argument_match *match);

/* Writes what can still come, each argument after a blank (syntax.h). */
void argument_match_write_rest(const struct argument_match *match, FILE *out);

/* Visits what can be the next word, some of it perhaps more than once. */
void argument_match_visit_next(const struct argument_match *match, const struct argument_visit *visit);

#endif
