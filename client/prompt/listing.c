#include "prompt/listing.h"

#include "output/text.h"

#include <string.h>

#define GAP 2 /* blanks between two columns */

static int width_of(const char *word, int columns)
{
    int width = text_line_columns(word, strlen(word), columns);
    return width < columns ? width : columns;
}

static int longest(char *const *words, size_t count, int columns)
{
    int most = 0;
    for (size_t i = 0; i < count; i++) {
        int width = width_of(words[i], columns);
        most = width > most ? width : most;
    }
    return most;
}

/* The columns that fit beside each other: at least one, and the last needs no gap. */
static size_t fitting_columns(char *const *words, size_t count, int columns)
{
    int fitting = (columns + GAP) / (longest(words, count, columns) + GAP);
    return fitting > 0 ? (size_t)fitting : 1;
}

size_t listing_rows(char *const *words, size_t count, int columns)
{
    size_t fitting = fitting_columns(words, count, columns);
    return (count + fitting - 1) / fitting;
}

/* As much of a word as fits. */
static void print_word(FILE *out, const char *word, int columns)
{
    size_t length = strlen(word);
    while (length > 0 && text_line_columns(word, length, columns) > columns)
        length--;
    text_write_line(out, word, length);
}

void listing_print(FILE *out, char *const *words, size_t count, int columns)
{
    size_t rows = listing_rows(words, count, columns);
    int width = longest(words, count, columns) + GAP;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = row; i < count; i += rows) {
            print_word(out, words[i], columns);
            if (i + rows >= count)
                putc('\n', out);
            else
                fprintf(out, "%*s", width - width_of(words[i], columns), "");
        }
    }
}
