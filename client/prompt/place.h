/*
 * Where a character of the edited line stands on the screen, counted from where the prompt begins. libedit knows, but
 * does not say; so its rules are followed here: lines wrap at the last column, tabs go to the next multiple of eight,
 * control characters take two columns, a wide character that does not fit begins the next row.
 */
#ifndef KVS_CLIENT_PROMPT_PLACE_H
#define KVS_CLIENT_PROMPT_PLACE_H

#include <stddef.h>
#include <wchar.h>

struct place {
    int row, column;
};

/* After a prompt and the first `count` characters of a line. */
struct place place_find(const char *prompt, const wchar_t *line, size_t count, int columns);

#endif
