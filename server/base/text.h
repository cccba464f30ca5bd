/*
 * Growing text, for what is made of pieces and is not hot: INFO, CLIENT LIST, reports, files.
 * One owner, one thread. Memory for it can't fail (it is bounded by the server's own content).
 */
#ifndef KVS_BASE_TEXT_H
#define KVS_BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>

struct text {
    char *data; /* NUL-terminated once anything was added; NULL before */
    size_t len;
    size_t capacity;
};

#define TEXT_EMPTY ((struct text){0})

void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *data, size_t len);
void text_add_char(struct text *text, char c);
void text_addf(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_vaddf(struct text *text, const char *format, va_list args) __attribute__((format(printf, 2, 0)));

/* Adds data in double quotes, with \n, \r, \t, \a, \b, \\, \" and \xHH escapes, as logs and MONITOR show
 * bytes. */
void text_add_quoted(struct text *text, const char *data, size_t len);

/* Adds a word so that text_split() reads it back: in quotes if need be. */
void text_add_word(struct text *text, const char *word);

/* A formatted text on the heap (mem_free()). */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

void text_clear(struct text *text);  /* keeps the memory */
void text_deinit(struct text *text); /* frees it */

/*
 * Splits a line into words as configuration files, inline commands and the prompt do: blanks separate,
 * "double quotes" know the escapes above, 'single quotes' only \'. A quote may open in mid-word but has to
 * close at the word's end. The line ends at len or at a NUL byte.
 */
struct text_words {
    size_t count;
    char **words; /* each NUL-terminated, which its length doesn't count; NULL if count is 0 */
    size_t *lens;
};

/* 0, and words_out is the caller's to free; -EINVAL where a quote is left open or closes in mid-word. */
int text_split(const char *line, size_t len, struct text_words *words_out);
void text_words_free(struct text_words *words);

#endif
