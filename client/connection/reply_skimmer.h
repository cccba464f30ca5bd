/*
 * Finds the ends of replies in the bytes of a connection, RESP2 and RESP3 alike, however they are cut, without
 * building a tree of what is in them: for those who count millions of replies and look at few.
 *
 * It takes what reader.h takes, but does not look inside the values that it skips. A server is not trusted here either:
 * memory is that of the struct, whatever comes. Lengths out of range and unknown types are errors.
 */
#ifndef KVS_CLIENT_CONNECTION_REPLY_SKIMMER_H
#define KVS_CLIENT_CONNECTION_REPLY_SKIMMER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SKIMMER_TEXT 256 /* bytes kept of a reply's text */

enum skim_status {
    SKIM_REPLY, /* the end of a reply or push message */
    SKIM_MORE,  /* all bytes were taken, and more are needed */
    SKIM_BAD,   /* the bytes are not RESP; nothing more can be skimmed */
};

/* Begins as all zero bytes. */
struct reply_skimmer {
    /* After SKIM_REPLY, until the next call: */
    char type;               /* the reply's first byte: '-' is an error, '!' too, '>' a push message */
    char text[SKIMMER_TEXT]; /* how its text begins, if it has one: a line, or a bulk string */
    size_t text_length;      /* bytes that are in `text` */

    /* private */
    uint64_t missing; /* values that are needed to complete the reply; 0: between replies */
    bool in_value;    /* the reply's own first line has been read, not only attributes before it */
    bool in_line;
    bool in_bulk;
    bool keeps;           /* what is being read is the reply's text */
    bool after_return;    /* the line's last byte so far was a carriage return */
    char line_type;       /* first byte of the line */
    char number[24];      /* the rest of a line that holds a length */
    size_t number_length; /* may be more than fits: then it is no length */
    uint64_t bulk_left;   /* bytes of the bulk string, with its line end */
};

/* Takes bytes from `*at`, which it moves, up to `end`. */
enum skim_status reply_skimmer_next(struct reply_skimmer *skimmer, const char **at, const char *end);

#endif
