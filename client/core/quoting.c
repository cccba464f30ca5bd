#include "core/quoting.h"

#include "core/memory.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* ---- arguments ---- */

void arguments_deinit(struct arguments *arguments)
{
    for (size_t i = 0; i < arguments->count; i++)
        free(arguments->values[i]);
    free(arguments->values);
    free(arguments->lengths);
    *arguments = (struct arguments){0};
}

void arguments_append(struct arguments *arguments, const char *bytes, size_t length)
{
    size_t count = arguments->count;
    if ((count & (count - 1)) == 0) { /* none, or a power of two: the vectors are full */
        size_t grown = count ? count * 2 : 1;
        arguments->values = memory_resize(arguments->values, grown * sizeof *arguments->values);
        arguments->lengths = memory_resize(arguments->lengths, grown * sizeof *arguments->lengths);
    }
    arguments->values[count] = memory_copy_text(bytes, length);
    arguments->lengths[count] = length;
    arguments->count++;
}

void arguments_replace(struct arguments *arguments, size_t index, const char *bytes, size_t length)
{
    free(arguments->values[index]);
    arguments->values[index] = memory_copy_text(bytes, length);
    arguments->lengths[index] = length;
}

void arguments_shift(struct arguments *arguments)
{
    free(arguments->values[0]);
    arguments->count--;
    memmove(arguments->values, arguments->values + 1, arguments->count * sizeof *arguments->values);
    memmove(arguments->lengths, arguments->lengths + 1, arguments->count * sizeof *arguments->lengths);
}

bool arguments_is(const struct arguments *arguments, size_t index, const char *word)
{
    return index < arguments->count && strcasecmp(arguments->values[index], word) == 0;
}

/* ---- cutting a line ---- */

struct cursor {
    const char *line;
    const char *at;
    const char *end;
    char *word; /* room for every byte of the line: a word is never longer than its source */
    size_t length;
    const char *start;   /* of this word in the line */
    const char *opening; /* the quote that opened in this word, or NULL */
};

enum cut {
    CUT_WORD,
    CUT_END,   /* no more words */
    CUT_OPEN,  /* a word whose quote is never closed */
    CUT_GLUED, /* a word whose closing quote, just before `at`, has more text after it */
};

static struct cursor cursor_create(const char *line, size_t length)
{
    return (struct cursor){.line = line, .at = line, .end = line + length, .word = memory_alloc(length)};
}

static bool cursor_is_blank(const struct cursor *cursor)
{
    return cursor->at == cursor->end || isspace((unsigned char)*cursor->at);
}

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

/* Just after a backslash between double quotes, with at least one byte left. */
static char cursor_take_escape(struct cursor *cursor)
{
    char c = *cursor->at++;
    if (c == 'x' && cursor->end - cursor->at >= 2) {
        int high = hex_digit(cursor->at[0]), low = hex_digit(cursor->at[1]);
        if (high >= 0 && low >= 0) {
            cursor->at += 2;
            return (char)(high * 16 + low);
        }
    }
    switch (c) {
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
        return c;
    }
}

/* After an opening quote: takes everything up to its partner. */
static enum cut cursor_take_quoted(struct cursor *cursor, char quote)
{
    while (cursor->at < cursor->end) {
        char c = *cursor->at++;
        if (c == quote)
            return cursor_is_blank(cursor) ? CUT_WORD : CUT_GLUED;
        if (c == '\\' && cursor->at < cursor->end && (quote == '"' || *cursor->at == '\'')) {
            c = quote == '"' ? cursor_take_escape(cursor) : *cursor->at++;
        }
        cursor->word[cursor->length++] = c;
    }
    return CUT_OPEN;
}

/* The next word, whole or broken. A quote may open in the middle of a word, and always ends it. */
static enum cut cursor_take_word(struct cursor *cursor)
{
    cursor->length = 0;
    cursor->opening = NULL;
    while (cursor->at < cursor->end && cursor_is_blank(cursor))
        cursor->at++;
    if (cursor->at == cursor->end)
        return CUT_END;
    cursor->start = cursor->at;
    while (cursor->at < cursor->end) {
        char c = *cursor->at;
        if (c == ' ' || c == '\n' || c == '\r' || c == '\t')
            break;
        cursor->at++;
        if (c == '"' || c == '\'') {
            cursor->opening = cursor->at - 1;
            return cursor_take_quoted(cursor, c);
        }
        cursor->word[cursor->length++] = c;
    }
    return CUT_WORD;
}

bool quoting_split(const char *line, size_t length, struct arguments *arguments_out)
{
    struct arguments arguments = {0};
    struct cursor cursor = cursor_create(line, length);
    enum cut cut;
    while ((cut = cursor_take_word(&cursor)) == CUT_WORD)
        arguments_append(&arguments, cursor.word, cursor.length);
    free(cursor.word);
    if (cut != CUT_END) {
        arguments_deinit(&arguments);
        return false;
    }
    *arguments_out = arguments;
    return true;
}

void quoting_split_anyway(const char *line, size_t length, struct arguments *arguments_out)
{
    struct cursor cursor = cursor_create(line, length);
    *arguments_out = (struct arguments){0};
    while (cursor_take_word(&cursor) != CUT_END)
        arguments_append(arguments_out, cursor.word, cursor.length);
    free(cursor.word);
}

bool quoting_next_word(const char *line, size_t length, struct quoting_word *word)
{
    struct cursor cursor = cursor_create(line, length);
    cursor.at = line + word->end;
    enum cut cut = cursor_take_word(&cursor);
    free(cursor.word);
    if (cut != CUT_WORD)
        return false;
    word->start = (size_t)(cursor.start - line);
    word->end = (size_t)(cursor.at - line);
    word->is_quoted = cursor.opening;
    return true;
}

/* Counts characters, from 1; bytes that continue one in UTF-8 are no characters. */
static size_t column_of(const char *line, const char *at)
{
    size_t column = 1;
    for (const char *c = line; c < at; c++)
        column += ((unsigned char)c[1] & 0xc0) != 0x80;
    return column;
}

void quoting_explain(const char *line, size_t length, char *text, size_t size)
{
    struct cursor cursor = cursor_create(line, length);
    enum cut cut;
    do {
        cut = cursor_take_word(&cursor);
    } while (cut == CUT_WORD);
    free(cursor.word);
    if (cut == CUT_OPEN) {
        snprintf(text, size, "Unbalanced quotes: the %c in column %zu is never closed", *cursor.opening,
                 column_of(line, cursor.opening));
    } else if (cut == CUT_GLUED) {
        snprintf(text, size, "Unbalanced quotes: no blank follows the closing %c in column %zu", cursor.at[-1],
                 column_of(line, cursor.at - 1));
    } else if (size > 0) {
        *text = '\0';
    }
}

/* ---- printing ---- */

void quoting_write(FILE *out, const char *bytes, size_t length)
{
    putc('"', out);
    for (size_t i = 0; i < length && !ferror_unlocked(out); i++) {
        unsigned char c = (unsigned char)bytes[i];
        switch (c) {
        case '\\':
            fputs("\\\\", out);
            break;
        case '"':
            fputs("\\\"", out);
            break;
        case '\n':
            fputs("\\n", out);
            break;
        case '\r':
            fputs("\\r", out);
            break;
        case '\t':
            fputs("\\t", out);
            break;
        case '\a':
            fputs("\\a", out);
            break;
        case '\b':
            fputs("\\b", out);
            break;
        default:
            if (c >= ' ' && c <= '~')
                putc_unlocked(c, out);
            else
                fprintf(out, "\\x%02x", c);
        }
    }
    putc('"', out);
}

char *quoting_copy_printable(const char *bytes, size_t length)
{
    char *line = memory_copy_text(bytes, length);
    quoting_make_printable(line, length);
    return line;
}

void quoting_make_printable(char *bytes, size_t length)
{
    for (size_t i = 0; i < length; i++) {
        if (bytes[i] < ' ' || bytes[i] > '~')
            bytes[i] = '?';
    }
}

/* Bytes of the control character that begins here: of ASCII, or of the second set in UTF-8. 0: it is none. */
static size_t control_length(const char *at)
{
    unsigned char byte = (unsigned char)at[0];
    if (byte != 0xc2)
        return (byte != '\0' && byte < ' ') || byte == 0x7f;
    unsigned char next = (unsigned char)at[1];
    return next >= 0x80 && next <= 0x9f ? 2 : 0;
}

void quoting_write_path(FILE *out, const char *path)
{
    while (*path != '\0') {
        size_t control = control_length(path);
        putc(control > 0 ? '?' : *path, out);
        path += control > 0 ? control : 1;
    }
}

static bool has_control(const char *word)
{
    while (*word != '\0' && control_length(word) == 0)
        word++;
    return *word != '\0';
}

/* As $'...', which has escapes. */
static void write_escaped_word(FILE *out, const char *word)
{
    fputs("$'", out);
    while (*word != '\0') {
        size_t escaped = *word == '\'' || *word == '\\' ? 1 : control_length(word);
        if (escaped == 0)
            putc(*word++, out);
        for (; escaped > 0; escaped--)
            fprintf(out, "\\%03o", (unsigned char)*word++);
    }
    putc('\'', out);
}

void quoting_write_shell_word(FILE *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-+=:,./@%";
    if (word[0] != '\0' && word[strspn(word, plain)] == '\0') {
        fputs(word, out);
        return;
    }
    if (has_control(word)) {
        write_escaped_word(out, word);
        return;
    }
    putc('\'', out);
    for (; *word != '\0'; word++) {
        if (*word == '\'')
            fputs("'\\''", out);
        else
            putc(*word, out);
    }
    putc('\'', out);
}
