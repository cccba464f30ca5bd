/*
 * The capacity doubles; the byte after the text's len bytes is always a NUL.
 */
#include "base/text.h"

#include "base/memory.h"

#include <ctype.h>
#include <errno.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { TEXT_FIRST_CAPACITY = 64 };

/* Makes room for len more bytes and the NUL. */
static void reserve(struct text *text, size_t len)
{
    size_t needed = text->len + len + 1;
    if (needed <= text->capacity)
        return;
    size_t capacity = text->capacity > 0 ? text->capacity : TEXT_FIRST_CAPACITY;
    while (capacity < needed)
        capacity *= 2;
    text->data = mem_realloc(text->data, capacity);
    text->capacity = capacity;
}

void text_add_bytes(struct text *text, const char *data, size_t len)
{
    reserve(text, len);
    if (len > 0)
        memcpy(text->data + text->len, data, len);
    text->len += len;
    text->data[text->len] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

void text_add_char(struct text *text, char c)
{
    text_add_bytes(text, &c, 1);
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list args;
    va_start(args, format);
    text_vaddf(text, format, args);
    va_end(args);
}

void text_vaddf(struct text *text, const char *format, va_list args)
{
    va_list again;
    va_copy(again, args);
    reserve(text, 0);
    size_t room = text->capacity - text->len;
    int len = vsnprintf(text->data + text->len, room, format, args);
    if (len >= 0 && (size_t)len >= room) {
        reserve(text, (size_t)len);
        vsnprintf(text->data + text->len, (size_t)len + 1, format, again);
    }
    va_end(again);
    if (len > 0)
        text->len += (size_t)len;
}

/* The letter after the backslash of a byte's escape, or 0 for a byte that has none. */
static char escape_letter(char c)
{
    switch (c) {
    case '\n':
        return 'n';
    case '\r':
        return 'r';
    case '\t':
        return 't';
    case '\a':
        return 'a';
    case '\b':
        return 'b';
    case '\\':
    case '"':
        return c;
    default:
        return 0;
    }
}

void text_add_quoted(struct text *text, const char *data, size_t len)
{
    static const char hex[] = "0123456789abcdef";
    reserve(text, len + 2);
    text_add_char(text, '"');
    for (size_t i = 0; i < len; i++) {
        unsigned char byte = (unsigned char)data[i];
        char letter = escape_letter(data[i]);
        if (letter != 0)
            text_add_bytes(text, (char[]){'\\', letter}, 2);
        else if (byte >= ' ' && byte <= '~')
            text_add_char(text, data[i]);
        else
            text_add_bytes(text, (char[]){'\\', 'x', hex[byte >> 4], hex[byte & 15]}, 4);
    }
    text_add_char(text, '"');
}

void text_add_excerpt(struct text *text, const char *data, size_t len, size_t max)
{
    text_add_bytes(text, data, len <= max ? len : max);
    if (len > max)
        text_addf(text, "... (%zu more bytes)", len - max);
}

void text_add_word(struct text *text, const char *word)
{
    bool plain = *word != '\0';
    for (const char *at = word; *at != '\0'; at++)
        plain = plain && (unsigned char)*at > ' ' && *at != '"' && *at != '\'' && *at != 0x7f;
    if (plain)
        text_add(text, word);
    else
        text_add_quoted(text, word, strlen(word));
}

char *text_format(const char *format, ...)
{
    struct text text = TEXT_EMPTY;
    va_list args;
    va_start(args, format);
    text_vaddf(&text, format, args);
    va_end(args);
    return text.data;
}

void text_clear(struct text *text)
{
    text->len = 0;
    if (text->data)
        text->data[0] = '\0';
}

void text_deinit(struct text *text)
{
    mem_free(text->data);
    *text = TEXT_EMPTY;
}

static int hex_value(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    c = (char)(c | 0x20);
    return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* The byte that the escape at *at, in double quotes, stands for. Moves *at past it. */
static char read_escape(const char **at, const char *end)
{
    const char *p = *at + 1;
    if (end - p >= 3 && *p == 'x' && hex_value(p[1]) >= 0 && hex_value(p[2]) >= 0) {
        *at = p + 3;
        return (char)(hex_value(p[1]) * 16 + hex_value(p[2]));
    }
    *at = p + 1;
    switch (*p) {
    case 'n':
        return '\n';
    case 'r':
        return '\r';
    case 't':
        return '\t';
    case 'b':
        return '\b';
    case 'a':
        return '\a';
    default:
        return *p;
    }
}

/* Reads a quoted part, *at on its quote; false if it isn't closed or the word goes on after the closing quote. */
static bool read_quoted(const char **at, const char *end, struct text *word)
{
    const char *p = *at;
    char quote = *p++;
    while (p < end && *p != quote) {
        if (quote == '"' && *p == '\\' && end - p >= 2) {
            text_add_char(word, read_escape(&p, end));
        } else if (quote == '\'' && end - p >= 2 && p[0] == '\\' && p[1] == '\'') {
            text_add_char(word, '\'');
            p += 2;
        } else {
            text_add_char(word, *p++);
        }
    }
    if (p == end)
        return false;
    *at = ++p;
    return p == end || isspace((unsigned char)*p);
}

/* A quote may open in mid-word; the word ends where it closes. */
static bool read_word(const char **at, const char *end, struct text *word)
{
    const char *p = *at;
    while (p < end && *p != ' ' && *p != '\t' && *p != '\r' && *p != '\n') {
        if (*p == '"' || *p == '\'') {
            *at = p;
            return read_quoted(at, end, word);
        }
        text_add_char(word, *p++);
    }
    *at = p;
    return true;
}

static void words_add(struct text_words *words, const struct text *word)
{
    /* Capacities are powers of two, so the arrays are full when the count is one (or 0). */
    if ((words->count & (words->count - 1)) == 0) {
        size_t capacity = words->count > 0 ? 2 * words->count : 1;
        words->words = mem_realloc(words->words, capacity * sizeof *words->words);
        words->lens = mem_realloc(words->lens, capacity * sizeof *words->lens);
    }
    words->words[words->count] = mem_dup(word->data, word->len);
    words->lens[words->count] = word->len;
    words->count++;
}

int text_split(const char *line, size_t len, struct text_words *words_out)
{
    struct text_words words = {0};
    struct text word = TEXT_EMPTY;
    const char *at = line, *end = line + strnlen(line, len);
    bool is_good = true;
    for (;;) {
        while (at < end && isspace((unsigned char)*at))
            at++;
        if (at == end)
            break;
        text_clear(&word);
        is_good = read_word(&at, end, &word);
        if (!is_good)
            break;
        words_add(&words, &word);
    }
    text_deinit(&word);
    if (!is_good) {
        text_words_free(&words);
        return -EINVAL;
    }
    *words_out = words;
    return 0;
}

void text_words_free(struct text_words *words)
{
    for (size_t i = 0; i < words->count; i++)
        mem_free(words->words[i]);
    mem_free(words->words);
    mem_free(words->lens);
    *words = (struct text_words){0};
}
