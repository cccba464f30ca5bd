#include "prompt/place.h"

#include <stdlib.h>
#include <string.h>
#include <wctype.h>

static void place_step(struct place *place, int width, int columns)
{
    if (place->column + width > columns)
        *place = (struct place){.row = place->row + 1};
    place->column += width;
    if (place->column >= columns)
        *place = (struct place){.row = place->row + 1};
}

static void place_add(struct place *place, wchar_t character, int columns)
{
    int width = wcwidth(character);
    if (character == L'\n') {
        *place = (struct place){.row = place->row + 1};
    } else if (character == L'\t') {
        do {
            place_step(place, 1, columns);
        } while (place->column % 8 != 0);
    } else if (character < L' ' || character == L'\x7f') {
        place_step(place, 1, columns); /* as ^X */
        place_step(place, 1, columns);
    } else if (width < 0) {
        int digits = character > 0xffff ? 8 : 7; /* as \U+XXXX */
        for (int i = 0; i < digits; i++)
            place_step(place, 1, columns);
    } else {
        place_step(place, width, columns);
    }
}

struct place place_find(const char *prompt, const wchar_t *line, size_t count, int columns)
{
    struct place place = {0};
    mbstate_t decoder = {0};
    const char *end = prompt + strlen(prompt);
    while (prompt < end) {
        wchar_t character;
        size_t length = mbrtowc(&character, prompt, (size_t)(end - prompt), &decoder);
        if (length == 0 || length == (size_t)-1 || length == (size_t)-2)
            break;
        place_add(&place, character, columns);
        prompt += length;
    }
    for (size_t i = 0; i < count; i++)
        place_add(&place, line[i], columns);
    return place;
}
