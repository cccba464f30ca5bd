/*
 * What is pasted at the prompt. A terminal that was told so (mode 2004, "bracketed paste") puts signs around it; what
 * is between them is text, in which no character is a key: the ends of its lines run nothing.
 *
 * Control characters other than tabs and ends of lines are left out.
 */
#ifndef KVS_CLIENT_PROMPT_PASTE_H
#define KVS_CLIENT_PROMPT_PASTE_H

#include <stdbool.h>
#include <stddef.h>
#include <wchar.h>

#define PASTE_MODE_ON "\033[?2004h"
#define PASTE_MODE_OFF "\033[?2004l"
#define PASTE_BEGIN L"\033[200~"
#define PASTE_LONGEST 1000000 /* characters; of a longer one nothing is taken */

/* ---- gathering ---- */

struct paste {
    wchar_t *text; /* of `length` characters, and a zero; for the owner to free */
    size_t length, capacity;
    bool is_too_long;
};

/* Adds a character behind PASTE_BEGIN; begins as zero. True: it was the last, and the text is whole: its lines end in
 * \n, the last line has no end. */
bool paste_add(struct paste *paste, wchar_t character);

/* ---- running ---- */

/*
 * Steps through the commands of a text, which are its lines. Where a quote is open at the end of a line and closed in
 * one of the next hundred, these lines are one command. `*at` begins as 0. False: there are no more; blank lines are
 * passed.
 */
bool paste_next_command(const char *text, size_t length, size_t *at, size_t *start_out, size_t *length_out);

#endif
