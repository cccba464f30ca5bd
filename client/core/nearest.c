/*
 * The distance counts letters that were left out, added, mistaken or swapped with their neighbour ("optimal string
 * alignment"), in any case. A third of the word may be wrong, so a word of two letters is near to nothing.
 */
#include "core/nearest.h"

#include <ctype.h>
#include <stdbool.h>
#include <string.h>

#define NEAREST_LONGEST 48 /* letters: longer words are no mistyped names */

struct nearest nearest_begin(const char *word)
{
    size_t length = strlen(word);
    return (struct nearest){.word = word, .distance = length / 3 + 1};
}

static bool same_letter(char a, char b)
{
    return tolower((unsigned char)a) == tolower((unsigned char)b);
}

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

/* Both are at most NEAREST_LONGEST long. */
static size_t distance_between(const char *a, const char *b)
{
    size_t a_length = strlen(a), b_length = strlen(b);
    size_t table[NEAREST_LONGEST + 1][NEAREST_LONGEST + 1];
    for (size_t j = 0; j <= b_length; j++)
        table[0][j] = j;
    for (size_t i = 1; i <= a_length; i++) {
        table[i][0] = i;
        for (size_t j = 1; j <= b_length; j++) {
            size_t mistaken = table[i - 1][j - 1] + !same_letter(a[i - 1], b[j - 1]);
            table[i][j] = least(mistaken, least(table[i - 1][j], table[i][j - 1]) + 1);
            if (i > 1 && j > 1 && same_letter(a[i - 1], b[j - 2]) && same_letter(a[i - 2], b[j - 1]))
                table[i][j] = least(table[i][j], table[i - 2][j - 2] + 1);
        }
    }
    return table[a_length][b_length];
}

void nearest_offer(struct nearest *nearest, const char *name)
{
    if (strlen(nearest->word) > NEAREST_LONGEST || strlen(name) > NEAREST_LONGEST)
        return;
    size_t distance = distance_between(nearest->word, name);
    if (distance >= nearest->distance)
        return;
    nearest->distance = distance;
    nearest->name = name;
}
