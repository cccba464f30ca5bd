/*
 * Finds the ends of commands in bytes that are on their way to a server, however they are cut: in RESP, or inline, one
 * on each line. It counts those that get a reply, and those that get none because of CLIENT REPLY, and the lines while
 * all is inline.
 *
 * Memory is that of the struct, whatever comes. What the server would refuse as a protocol error makes it lose the
 * thread: from then on it knows nothing.
 */
#ifndef KVS_CLIENT_CONNECTION_COMMAND_SKIMMER_H
#define KVS_CLIENT_CONNECTION_COMMAND_SKIMMER_H

#include "connection/silence.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SKIMMER_WORD 8  /* bytes of a word that may matter, with a zero */
#define SKIMMER_LINE 64 /* bytes of a line that may matter */

enum command_place {
    PLACE_BETWEEN, /* no command has begun */
    PLACE_INLINE,  /* in a line; its end ends the command */
    PLACE_COUNT,   /* in the line that says how many words follow */
    PLACE_WORD,    /* before a word */
    PLACE_LENGTH,  /* in the line that says how long a word is */
    PLACE_BYTES,   /* in a word, or the line end after it */
    PLACE_LOST,    /* what came is no command */
};

/* Begins as all zero bytes. */
struct command_skimmer {
    enum command_place place;
    uint64_t commands; /* complete, not empty, and answered */
    uint64_t silent;   /* not answered */
    uint64_t lines;    /* complete, empty ones too */
    bool has_resp;     /* a command in RESP has been seen: `lines` is no longer the number of the line */
    struct silence silence;

    /* private */
    bool line_has_word; /* inline: the line is not blank */
    bool after_return;  /* in a number: the line feed is next */
    uint64_t number;
    int digits;
    uint64_t words, words_left;
    uint64_t word_length, bytes_left;  /* of a word; the latter with its line end */
    char first_words[3][SKIMMER_WORD]; /* of a command of at most three words */
    bool has_long_word;                /* one of them didn't fit */
    char line[SKIMMER_LINE];           /* inline: how it begins */
    size_t line_length;
};

/* Takes bytes up to the end of a command that gets a reply, where it stops, or all of them. Returns how many. */
size_t command_skimmer_next(struct command_skimmer *skimmer, const char *bytes, size_t size);

#endif
