/*
 * Byte strings: a pointer and a length side by side.
 *
 * `struct bytes` borrows; the function that hands one out says until when. `struct arg` is one argument of a
 * request: its bytes live in the connection's input until the request has been executed, or, if the
 * argument is large, in a blob that it was received into. A command that keeps a large argument retains
 * the blob instead of copying it.
 */
#ifndef KVS_BASE_BYTES_H
#define KVS_BASE_BYTES_H

#include <stdbool.h>
#include <stddef.h>
#include <string.h>
#include <strings.h>

struct blob;

struct bytes {
    const char *data;
    size_t len;
};

struct arg {
    const char *data;
    size_t len;
    struct blob *blob; /* NULL, or the blob whose data and len the two fields above repeat */
};

static inline bool bytes_equal(const char *a, size_t a_len, const char *b, size_t b_len)
{
    return a_len == b_len && memcmp(a, b, a_len) == 0;
}

/* Compares with a C string, ignoring ASCII case: how options and subcommands are matched. */
static inline bool arg_is(const struct arg *arg, const char *word)
{
    size_t len = strlen(word);
    return arg->len == len && strncasecmp(arg->data, word, len) == 0;
}

#endif
