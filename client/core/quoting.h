/*
 * Quotes: cutting a typed line into arguments, and printing bytes so that they could be typed again.
 *
 *   outside quotes   blanks separate; everything else stands for itself
 *   "..."            \n \r \t \b \a \xHH, and \c for c itself
 *   '...'            only \' is special
 *
 * A closing quote must be followed by a blank or the end.
 */
#ifndef KVS_CLIENT_CORE_QUOTING_H
#define KVS_CLIENT_CORE_QUOTING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* The words of one command. They own their bytes, which may hold zero bytes; each also ends in one. */
struct arguments {
    size_t count;
    char **values;
    size_t *lengths;
};

void arguments_deinit(struct arguments *arguments);
void arguments_append(struct arguments *arguments, const char *bytes, size_t length);

/* Replaces the argument at `index`. */
void arguments_replace(struct arguments *arguments, size_t index, const char *bytes, size_t length);

/* Drops the first argument. */
void arguments_shift(struct arguments *arguments);

/* True when the argument at `index` is there and is `word`, in any case. */
bool arguments_is(const struct arguments *arguments, size_t index, const char *word);

/* Cuts a line. False, and nothing to release, when its quotes are not balanced. No words at all is success.
 */
bool quoting_split(const char *line, size_t length, struct arguments *arguments_out);

/* Writes which quote of a line that could not be cut is at fault, and its column, in a sentence. */
void quoting_explain(const char *line, size_t length, char *text, size_t size);

/* Cuts a line whose quotes may be unbalanced: a word that is broken counts as far as it goes. */
void quoting_split_anyway(const char *line, size_t length, struct arguments *arguments_out);

/* Where a word stands in its line, in bytes. */
struct quoting_word {
    size_t start, end;
    bool is_quoted; /* some of it */
};

/* Steps from one word to the next; begins with {0}. False, and `word` unchanged, at the end or unbalanced quotes. */
bool quoting_next_word(const char *line, size_t length, struct quoting_word *word);

/* Prints bytes between double quotes, with escapes for whatever is not printable ASCII. */
void quoting_write(FILE *out, const char *bytes, size_t length);

/* A line that is safe to show without quotes, which the caller frees: what is not printable ASCII becomes '?'. */
char *quoting_copy_printable(const char *bytes, size_t length);

/* The same in place. */
void quoting_make_printable(char *bytes, size_t length);

/* Prints a path, into which others may have put something that harms a terminal: control characters become '?'. */
void quoting_write_path(FILE *out, const char *path);

/* Prints a word, such as a path, so that a shell takes it as one. */
void quoting_write_shell_word(FILE *out, const char *word);

#endif
