/*
 * A name that is a few letters off is a typing error; one that is part of a directive's name is a guess at it.
 */
#include "config/suggest.h"

#include "config/directive.h"

#include <assert.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

/* The number of letters to insert, drop, change or swap (optimal string alignment; Damerau 1964), for short
 * words. */
static size_t distance(const char *a, const char *b)
{
    enum { LONGEST = 63 };
    size_t a_len = strlen(a), b_len = strlen(b);
    size_t rows[3][LONGEST + 1];
    size_t *before = rows[0], *last = rows[1], *now = rows[2];
    if (a_len > LONGEST || b_len > LONGEST)
        return SIZE_MAX;
    for (size_t j = 0; j <= b_len; j++)
        last[j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        now[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            size_t least = last[j - 1] + (a[i - 1] != b[j - 1] ? 1 : 0);
            if (last[j] + 1 < least)
                least = last[j] + 1;
            if (now[j - 1] + 1 < least)
                least = now[j - 1] + 1;
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && before[j - 2] + 1 < least)
                least = before[j - 2] + 1;
            now[j] = least;
        }
        size_t *oldest = before;
        before = last;
        last = now;
        now = oldest;
    }
    return last[b_len];
}

/* The shortest name that contains word. */
static const char *shortest_with(const char *word)
{
    const char *best = NULL;
    for (size_t i = 0; strlen(word) >= 3 && i < directive_count; i++) {
        const char *name = directives[i].name;
        assert(name != NULL);
        if (strstr(name, word) && (!best || strlen(name) < strlen(best)))
            best = name;
    }
    return best;
}

const char *suggest_directive(const char *name)
{
    size_t least = 2 + strlen(name) / 4;
    const char *best = NULL;
    for (size_t i = 0; i < 2 * directive_count; i++) {
        const struct directive *directive = &directives[i / 2];
        const char *candidate = i % 2 == 0 ? directive->name : directive->alias;
        if (!candidate || (directive->flags & DIRECTIVE_HIDDEN) != 0)
            continue;
        size_t steps = distance(name, candidate);
        if (steps < least && 2 * steps < strlen(name)) {
            least = steps;
            best = candidate;
        }
    }
    return best ? best : shortest_with(name);
}
