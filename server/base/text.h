/*
 * Growing text, made of pieces, for places that are not hot: INFO, CLIENT LIST, reports, files. Also splits lines into
 * words. A text has one owner and is used by one thread at a time. If there is no memory for it, the process ends (its
 * size is bounded by the server's own content).
 */
#ifndef KVS_BASE_TEXT_H
#define KVS_BASE_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

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

/* Adds data in double quotes, with the escapes \n \r \t \a \b \\ \" \xHH, as logs and MONITOR show bytes. */
void text_add_quoted(struct text *text, const char *data, size_t len);

/*
 * Adds data if it has max bytes or less, else its first max bytes and "... (N more bytes)": how a record keeps what a
 * client chose.
 */
void text_add_excerpt(struct text *text, const char *data, size_t len, size_t max);

/* Adds a word in a form that text_split() reads back: in quotes if necessary. */
void text_add_word(struct text *text, const char *word);

/* A formatted string on the heap, which the caller frees with mem_free(). */
char *text_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The ending of a regular noun behind that number: "", or "s" unless it is 1. */
static inline const char *text_plural(uint64_t count)
{
    return count == 1 ? "" : "s";
}

void text_clear(struct text *text);  /* keeps the memory */
void text_deinit(struct text *text); /* frees it */

/*
 * Lines are split into words as in configuration files, inline commands and at the prompt: blanks separate,
 * "double quotes" know the escapes above, 'single quotes' only \'. A quote may open in mid-word but has to
 * close at the word's end. The line ends at len or at a NUL byte.
 */
struct text_words {
    size_t count;
    char **words; /* each ends with a NUL that its length doesn't count; NULL if count is 0 */
    size_t *lens;
};

/*
 * 0, and the caller frees *words_out with text_words_free(); -EINVAL where a quote isn't closed or closes in mid-word.
 */
int text_split(const char *line, size_t len, struct text_words *words_out);
void text_words_free(struct text_words *words);

#endif
