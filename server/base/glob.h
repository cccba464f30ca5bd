/*
 * Glob patterns as KEYS, SCAN and CONFIG GET take them: * ? [a-z] [^a] and backslash.
 *
 * The work is at most the product of both lengths, however many stars there are. Where clients choose both, that may
 * still be much; so a match can be done in steps of so many comparisons. Any thread.
 */
#ifndef KVS_BASE_GLOB_H
#define KVS_BASE_GLOB_H

#include <stdbool.h>
#include <stddef.h>

bool glob_match(const char *pattern, size_t pattern_len, const char *string, size_t string_len, bool ignore_case);

/* ---- in steps ---- */

enum glob_result { GLOB_NO, GLOB_YES, GLOB_UNDECIDED };

/* A match under way; private to the functions below. Borrows pattern and string. */
struct glob {
    const char *pattern, *pattern_end; /* what is still to be matched */
    const char *string, *string_end;
    const char *behind_star; /* the pattern after the last star seen; NULL: none yet */
    const char *star_takes;  /* the string after the bytes that this star matches so far */
    const char *in_class;    /* how far the class at pattern has been read; NULL: it hasn't been begun */
    bool class_is_negated, class_has;
    bool ignore_case;
    bool is_hopeless; /* the string is empty, and the pattern isn't */
};

void glob_begin(struct glob *glob, const char *pattern, size_t pattern_len, const char *string, size_t string_len,
                bool ignore_case);

/* Goes on for about so many comparisons; GLOB_UNDECIDED if they don't suffice: call it again. */
enum glob_result glob_step(struct glob *glob, size_t comparisons);

#endif
