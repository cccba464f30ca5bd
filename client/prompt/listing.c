#include "prompt/listing.h"

#include "core/quoting.h"

#include <stdlib.h>
#include <string.h>

#define GAP 2 /* blanks between two columns */

static size_t longest(char *const *words, size_t count)
{
    size_t most = 0;
    for (size_t i = 0; i < count; i++) {
        size_t length = strlen(words[i]);
        most = length > most ? length : most;
    }
    return most;
}

/* The columns that fit beside each other: at least one, and the last needs no gap. */
static size_t fitting_columns(char *const *words, size_t count, int columns)
{
    size_t fitting = ((size_t)columns + GAP) / (longest(words, count) + GAP);
    return fitting > 0 ? fitting : 1;
}

size_t listing_rows(char *const *words, size_t count, int columns)
{
    size_t fitting = fitting_columns(words, count, columns);
    return (count + fitting - 1) / fitting;
}

void listing_print(FILE *out, char *const *words, size_t count, int columns)
{
    size_t rows = listing_rows(words, count, columns);
    int width = (int)longest(words, count) + GAP;
    for (size_t row = 0; row < rows; row++) {
        for (size_t i = row; i < count; i += rows) {
            char *text = quoting_copy_printable(words[i], strlen(words[i]));
            bool is_last = i + rows >= count;
            fprintf(out, is_last ? "%.*s\n" : "%-*s", is_last ? columns : width, text);
            free(text);
        }
    }
}
