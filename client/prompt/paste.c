#include "prompt/paste.h"

#include "core/memory.h"
#include "core/quoting.h"

#include <ctype.h>
#include <string.h>

#define PASTE_END L"\033[201~"
#define PASTE_END_LENGTH 6
#define QUOTE_MOST_LINES 100 /* that a quoted argument may have */

/* ---- gathering ---- */

static void append(struct paste *paste, wchar_t character)
{
    if (paste->length + 1 >= paste->capacity) {
        paste->capacity = paste->capacity > 0 ? 2 * paste->capacity : 256;
        paste->text = memory_resize(paste->text, paste->capacity * sizeof *paste->text);
    }
    paste->text[paste->length++] = character;
    paste->text[paste->length] = L'\0';
}

/* Of a paste that is too long only so much is kept as may be the beginning of its end. */
static void drop_beginning(struct paste *paste)
{
    paste->is_too_long = true;
    wmemmove(paste->text, paste->text + paste->length - PASTE_END_LENGTH, PASTE_END_LENGTH + 1);
    paste->length = PASTE_END_LENGTH;
}

static bool is_control(wchar_t character)
{
    return character < L' ' || (character >= 0x7f && character < 0xa0);
}

/* The ends of lines, of which terminals send \r, become \n. */
static void clean(struct paste *paste)
{
    size_t kept = 0;
    for (size_t i = 0; i < paste->length; i++) {
        wchar_t character = paste->text[i];
        if (character == L'\r' && paste->text[i + 1] == L'\n')
            continue;
        if (character == L'\r')
            character = L'\n';
        if (!is_control(character) || character == L'\n' || character == L'\t')
            paste->text[kept++] = character;
    }
    while (kept > 0 && paste->text[kept - 1] == L'\n')
        kept--;
    paste->length = kept;
    paste->text[kept] = L'\0';
}

bool paste_add(struct paste *paste, wchar_t character)
{
    append(paste, character);
    size_t length = paste->length;
    if (length >= PASTE_END_LENGTH &&
        wmemcmp(paste->text + length - PASTE_END_LENGTH, PASTE_END, PASTE_END_LENGTH) == 0) {
        paste->length -= PASTE_END_LENGTH;
        clean(paste);
        return true;
    }
    if (length > PASTE_LONGEST + PASTE_END_LENGTH)
        drop_beginning(paste);
    return false;
}

/* ---- running ---- */

static bool is_balanced(const char *text, size_t length)
{
    struct arguments words;
    if (!quoting_split(text, length, &words))
        return false;
    arguments_deinit(&words);
    return true;
}

static size_t end_of_line(const char *text, size_t length, size_t from)
{
    const char *end = memchr(text + from, '\n', length - from);
    return end ? (size_t)(end - text) : length;
}

bool paste_next_command(const char *text, size_t length, size_t *at, size_t *start_out, size_t *length_out)
{
    size_t start = *at;
    while (start < length && isspace((unsigned char)text[start]))
        start++;
    if (start == length)
        return false;
    size_t first_end = end_of_line(text, length, start), end = first_end;
    bool is_whole = is_balanced(text + start, end - start);
    for (int lines = 1; !is_whole && end < length && lines < QUOTE_MOST_LINES; lines++) {
        end = end_of_line(text, length, end + 1);
        is_whole = is_balanced(text + start, end - start);
    }
    if (!is_whole)
        end = first_end; /* a quote that is never closed spoils its own line alone */
    *start_out = start;
    *length_out = end - start;
    *at = end;
    return true;
}
