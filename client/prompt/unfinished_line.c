#include "prompt/unfinished_line.h"

#include <ctype.h>
#include <string.h>

/* The length of the word that a text begins with; up to its end if a quote is left open. */
static size_t word_length(const char *text, size_t size, bool *is_quoted_out)
{
    char quote = '\0';
    size_t i = 0;
    *is_quoted_out = false;
    for (; i < size && (quote != '\0' || !isspace((unsigned char)text[i])); i++) {
        if (text[i] == '\\' && i + 1 < size && (quote == '"' || (quote == '\'' && text[i + 1] == '\'')))
            i++;
        else if (quote != '\0' && text[i] == quote)
            quote = '\0';
        else if (quote == '\0' && (text[i] == '"' || text[i] == '\''))
            quote = text[i];
        *is_quoted_out = *is_quoted_out || quote != '\0';
    }
    return i < size ? i : size;
}

/* Finds the word at the end. Returns the first | or > that stands alone before it, or nothing. */
static char find_last_word(const char *line, size_t size, struct unfinished_line *typed)
{
    char sign = '\0';
    size_t i = 0;
    for (;;) {
        while (i < size && isspace((unsigned char)line[i]))
            i++;
        typed->start = i;
        typed->has_begun = i < size;
        i += word_length(line + i, size - i, &typed->is_quoted);
        if (i == size)
            return sign;
        const char *word = line + typed->start;
        size_t length = i - typed->start;
        bool is_sign = (length == 1 && (*word == '|' || *word == '>')) || (length == 2 && memcmp(word, ">>", 2) == 0);
        if (is_sign && sign == '\0')
            sign = *word;
    }
}

/* Adds the word at the cursor, in which a quote may be open. */
static bool add_last_word(const char *text, size_t length, struct arguments *words)
{
    char closed[UNFINISHED_LINE_MAX + 1];
    struct arguments word;
    bool is_whole = quoting_split(text, length, &word);
    for (const char *quote = "\"'"; !is_whole && *quote != '\0'; quote++) {
        memcpy(closed, text, length);
        closed[length] = *quote;
        is_whole = quoting_split(closed, length + 1, &word);
    }
    if (!is_whole)
        return false;
    arguments_append(words, word.count > 0 ? word.values[0] : "", word.count > 0 ? word.lengths[0] : 0);
    arguments_deinit(&word);
    return true;
}

static void drop_repeat_number(struct arguments *words)
{
    const char *first = words->values[0];
    if (words->count > 1 && *first != '\0' && first[strspn(first, "0123456789")] == '\0')
        arguments_shift(words);
}

bool unfinished_line_read(const char *line, size_t cursor, struct unfinished_line *line_out)
{
    struct unfinished_line typed = {0};
    if (cursor > UNFINISHED_LINE_MAX)
        return false;
    char sign = find_last_word(line, cursor, &typed);
    if (sign == '|' || !quoting_split(line, typed.start, &typed.words))
        return false;
    bool is_whole = add_last_word(line + typed.start, cursor - typed.start, &typed.words);
    if (is_whole)
        drop_repeat_number(&typed.words);
    if (!is_whole || (sign == '>' && !arguments_is(&typed.words, 0, "xreadgroup"))) { /* where > is an ID */
        arguments_deinit(&typed.words);
        return false;
    }
    *line_out = typed;
    return true;
}

void unfinished_line_deinit(struct unfinished_line *typed)
{
    arguments_deinit(&typed->words);
}

const char *unfinished_line_last(const struct unfinished_line *typed)
{
    return typed->words.values[typed->words.count - 1];
}

size_t unfinished_line_last_length(const struct unfinished_line *typed)
{
    return typed->words.lengths[typed->words.count - 1];
}
