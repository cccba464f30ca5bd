/*
 * Replies for tests: some of every kind, as bytes and as a text that says what they hold; random ones; and the text of
 * a tree that was read.
 *
 *   +OK -ERR :7 $"bytes" ="verbatim" ,1.5 (123 #1 _ *[...] ~[...] >[...] %[key value ...] |[attributes] before a value
 */
#ifndef KVS_CLIENT_UNIT_REPLIES_H
#define KVS_CLIENT_UNIT_REPLIES_H

#include "connection/reply.h"
#include "kit/scratch.h"

#include <stddef.h>

struct sample {
    const char *bytes;
    size_t length;
    const char *tree;
};

extern const struct sample replies_samples[];
extern const size_t replies_sample_count;

/* The text of a tree, which the caller frees. */
char *replies_describe(const struct reply *reply);

/* A random reply; both texts are the caller's to free. */
void replies_create_random(struct dice *dice, char **bytes_out, size_t *length_out, char **tree_out);

/*
 * A reply written in short: [a b] is an array, {a b c d} a map, 'text' a string, and so is a word without quotes;
 * blanks, colons and commas separate. The caller destroys it.
 */
struct reply *replies_parse(const char *text);

#endif
