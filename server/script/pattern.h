/*
 * Matching of Lua 5.1's patterns: private to this folder.
 *
 * The language is Lua's, with its corner cases and messages. Lua's own matcher can take exponential time in which no
 * hook is called, and recurses once for each byte of a subject; this one counts steps, which may raise an error, and its
 * recursion is bounded ("pattern too complex"). It allocates nothing.
 */
#ifndef KVS_SCRIPT_PATTERN_H
#define KVS_SCRIPT_PATTERN_H

#include "script/library_state.h"

#include <stddef.h>

#define PATTERN_MAX_CAPTURES 32

#define PATTERN_CAPTURE_OPEN (-1)     /* a capture that has no end yet */
#define PATTERN_CAPTURE_POSITION (-2) /* one that is a position */

struct pattern_match {
    lua_State *L;
    struct library_state *interpreter;
    const char *subject, *subject_end;
    const char *pattern_end;
    size_t steps; /* not yet counted by the interpreter */
    int depth;
    int captures;
    struct {
        const char *begin;
        ptrdiff_t len; /* bytes, or one of the above */
    } capture[PATTERN_MAX_CAPTURES];
};

/* Borrows subject and pattern, which ends at its first NUL. */
void pattern_begin(struct pattern_match *match, lua_State *L, const char *subject, size_t subject_len,
                   const char *pattern);

/*
 * Matches the pattern at exactly this place of the subject; an anchor (^) is the caller's to skip. Returns where the
 * match ends, or NULL. Raises an error where the pattern is malformed.
 */
const char *pattern_match_at(struct pattern_match *match, const char *at, const char *pattern);

/* Whether the pattern has none of the bytes that mean something. */
bool pattern_is_plain(const char *pattern);

/* Pushes capture i (from 0) of a match that began at begin and ends at end: capture 0 of none is the whole. */
void pattern_push_capture(struct pattern_match *match, int i, const char *begin, const char *end);

/* Pushes all of them, or the whole match if there are none and begin isn't NULL; returns how many. */
int pattern_push_captures(struct pattern_match *match, const char *begin, const char *end);

/* The place of needle in text, or NULL; counts steps. */
const char *pattern_find_plain(lua_State *L, struct library_state *interpreter, const char *text, size_t text_len,
                               const char *needle, size_t needle_len);

#endif
