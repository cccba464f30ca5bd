/*
 * Backtracking over items. An item is a part of the pattern that takes bytes: a single one (a byte, a class, a set) with
 * its repetition, or one of the others: captures, %b, %f, a back-reference, $. Items are taken in a loop; where there is
 * a choice, the rest of the pattern is tried by recursion. So the recursion is no deeper than the pattern has choices,
 * whatever the subject, and a byte of subject costs one step for each time it is looked at.
 */
#include "script/pattern.h"

#include <ctype.h>
#include <lauxlib.h>
#include <string.h>

#define ESCAPE '%'
#define SPECIALS "^$*+?.([%-"
#define MAX_DEPTH 1000
#define STEPS_AT_ONCE 1024 /* are counted, so that the interpreter is asked seldom */
#define BYTES_AT_ONCE 8192

static inline void count_step(struct pattern_match *match)
{
    if (__builtin_expect(++match->steps >= STEPS_AT_ONCE, 0)) {
        size_t steps = match->steps;
        match->steps = 0;
        script_steps(match->L, match->interpreter, steps);
    }
}

void pattern_begin(struct pattern_match *match, lua_State *L, const char *subject, size_t subject_len,
                   const char *pattern)
{
    match->L = L;
    match->interpreter = library_state_of_call(L);
    match->subject = subject;
    match->subject_end = subject + subject_len;
    match->pattern_end = pattern + strlen(pattern);
    match->steps = 0;
    match->captures = 0;
    match->depth = 0;
}

/* ---- single bytes ---- */

/* Whether the class that a letter stands for has the byte; other letters stand for themselves. */
static bool class_has(unsigned char letter, unsigned char byte)
{
    bool has;
    switch (letter | 32) {
    case 'a':
        has = isalpha(byte);
        break;
    case 'c':
        has = iscntrl(byte);
        break;
    case 'd':
        has = isdigit(byte);
        break;
    case 'l':
        has = islower(byte);
        break;
    case 'p':
        has = ispunct(byte);
        break;
    case 's':
        has = isspace(byte);
        break;
    case 'u':
        has = isupper(byte);
        break;
    case 'w':
        has = isalnum(byte);
        break;
    case 'x':
        has = isxdigit(byte);
        break;
    case 'z':
        has = byte == 0;
        break;
    default:
        return letter == byte;
    }
    return isupper(letter) ? !has : has;
}

/* What is behind the single byte, class or set at pattern. */
static const char *single_end(struct pattern_match *match, const char *pattern)
{
    const char *end = match->pattern_end;
    char c = *pattern++;
    if (c == ESCAPE) {
        if (pattern == end)
            luaL_error(match->L, "malformed pattern (ends with '%%')");
        return pattern + 1;
    }
    if (c != '[')
        return pattern;
    if (pattern < end && *pattern == '^')
        pattern++;
    const char *first = pattern; /* where ] is a byte like any other */
    for (;; pattern++) {
        count_step(match);
        if (pattern == end)
            luaL_error(match->L, "malformed pattern (missing ']')");
        if (*pattern == ']' && pattern > first)
            return pattern + 1;
        if (*pattern == ESCAPE && ++pattern == end)
            luaL_error(match->L, "malformed pattern (missing ']')");
    }
}

/* The set begins at [ and ends with the ] at last. */
static bool set_has(struct pattern_match *match, const char *set, const char *last, unsigned char byte)
{
    bool is_complement = set[1] == '^';
    const char *at = set + 1 + is_complement;
    for (; at < last; at++) {
        count_step(match);
        if (*at == ESCAPE) {
            at++;
            if (class_has((unsigned char)*at, byte))
                return !is_complement;
        } else if (at[1] == '-' && at + 2 < last) {
            if ((unsigned char)at[0] <= byte && byte <= (unsigned char)at[2])
                return !is_complement;
            at += 2;
        } else if ((unsigned char)*at == byte) {
            return !is_complement;
        }
    }
    return is_complement;
}

/* Whether the single at pattern, which ends at end, takes the byte. */
static inline bool single_takes(struct pattern_match *match, const char *pattern, const char *end, unsigned char byte)
{
    switch (*pattern) {
    case '.':
        return true;
    case ESCAPE:
        return class_has((unsigned char)pattern[1], byte);
    case '[':
        return set_has(match, pattern, end - 1, byte);
    default:
        return (unsigned char)*pattern == byte;
    }
}

/* ---- items ---- */

__attribute__((nonnull)) static const char *match_here(struct pattern_match *match, const char *at,
                                                       const char *pattern);

/* Tries the rest of a pattern, one deeper. */
static const char *try_rest(struct pattern_match *match, const char *at, const char *pattern)
{
    if (match->depth >= MAX_DEPTH)
        luaL_error(match->L, "pattern too complex");
    match->depth++;
    const char *end = match_here(match, at, pattern);
    match->depth--;
    return end;
}

static const char *match_longest(struct pattern_match *match, const char *at, const char *single,
                                 const char *single_last)
{
    const char *end = at;
    while (end < match->subject_end && single_takes(match, single, single_last, (unsigned char)*end)) {
        count_step(match);
        end++;
    }
    for (;; end--) {
        count_step(match);
        const char *found = try_rest(match, end, single_last + 1);
        if (found || end == at)
            return found;
    }
}

static const char *match_shortest(struct pattern_match *match, const char *at, const char *single,
                                  const char *single_last)
{
    for (;; at++) {
        count_step(match);
        const char *found = try_rest(match, at, single_last + 1);
        if (found)
            return found;
        if (at == match->subject_end || !single_takes(match, single, single_last, (unsigned char)*at))
            return NULL;
    }
}

static const char *open_capture(struct pattern_match *match, const char *at, const char *rest, ptrdiff_t len)
{
    int i = match->captures;
    if (i >= PATTERN_MAX_CAPTURES)
        luaL_error(match->L, "too many captures");
    match->capture[i].begin = at;
    match->capture[i].len = len;
    match->captures = i + 1;
    const char *end = try_rest(match, at, rest);
    if (!end)
        match->captures--;
    return end;
}

static const char *close_capture(struct pattern_match *match, const char *at, const char *rest)
{
    int i = match->captures - 1;
    while (i >= 0 && match->capture[i].len != PATTERN_CAPTURE_OPEN)
        i--;
    if (i < 0)
        luaL_error(match->L, "invalid pattern capture");
    match->capture[i].len = at - match->capture[i].begin;
    const char *end = try_rest(match, at, rest);
    if (!end)
        match->capture[i].len = PATTERN_CAPTURE_OPEN;
    return end;
}

/* %bxy at pattern: what is behind the y that balances the x at at, or NULL. */
static const char *match_balanced(struct pattern_match *match, const char *at, const char *pattern)
{
    if (match->pattern_end - pattern < 4)
        luaL_error(match->L, "unbalanced pattern");
    if (at == match->subject_end || *at != pattern[2])
        return NULL;
    size_t open = 1;
    while (++at < match->subject_end) {
        count_step(match);
        if (*at == pattern[3]) {
            if (--open == 0)
                return at + 1;
        } else if (*at == pattern[2]) {
            open++;
        }
    }
    return NULL;
}

/* %f[set]: the set is at pattern. Whether it begins to hold at at. */
static bool is_frontier(struct pattern_match *match, const char *at, const char *pattern, const char *end)
{
    unsigned char before = at == match->subject ? 0 : (unsigned char)at[-1];
    unsigned char here = at == match->subject_end ? 0 : (unsigned char)*at;
    return !set_has(match, pattern, end - 1, before) && set_has(match, pattern, end - 1, here);
}

/* The same bytes as a capture: what is behind them, or NULL. */
static const char *match_back(struct pattern_match *match, const char *at, char digit)
{
    int i = digit - '1';
    if (i < 0 || i >= match->captures || match->capture[i].len == PATTERN_CAPTURE_OPEN)
        luaL_error(match->L, "invalid capture index");
    size_t len = (size_t)match->capture[i].len; /* a position is longer than any subject */
    if ((size_t)(match->subject_end - at) < len)
        return NULL;
    for (size_t done = 0; done < len; done += BYTES_AT_ONCE) {
        size_t part = len - done < BYTES_AT_ONCE ? len - done : BYTES_AT_ONCE;
        script_steps(match->L, match->interpreter, part / 8);
        if (memcmp(match->capture[i].begin + done, at + done, part) != 0)
            return NULL;
    }
    return at + len;
}

static const char *match_here(struct pattern_match *match, const char *at, const char *pattern)
{
    while (pattern < match->pattern_end) {
        count_step(match);
        switch (*pattern) {
        case '(':
            if (pattern[1] == ')')
                return open_capture(match, at, pattern + 2, PATTERN_CAPTURE_POSITION);
            return open_capture(match, at, pattern + 1, PATTERN_CAPTURE_OPEN);
        case ')':
            return close_capture(match, at, pattern + 1);
        case '$':
            if (pattern + 1 == match->pattern_end)
                return at == match->subject_end ? at : NULL;
            break;
        case ESCAPE:
            if (pattern[1] == 'b') {
                at = match_balanced(match, at, pattern);
                if (!at)
                    return NULL;
                pattern += 4;
                continue;
            }
            if (pattern[1] == 'f') {
                if (pattern[2] != '[')
                    luaL_error(match->L, "missing '[' after '%%f' in pattern");
                const char *end = single_end(match, pattern + 2);
                if (!is_frontier(match, at, pattern + 2, end))
                    return NULL;
                pattern = end;
                continue;
            }
            if (isdigit((unsigned char)pattern[1])) {
                at = match_back(match, at, pattern[1]);
                if (!at)
                    return NULL;
                pattern += 2;
                continue;
            }
            break;
        default:
            break;
        }
        const char *end = single_end(match, pattern);
        char repetition = end < match->pattern_end ? *end : '\0';
        if (repetition == '*')
            return match_longest(match, at, pattern, end);
        if (repetition == '-')
            return match_shortest(match, at, pattern, end);
        bool takes = at < match->subject_end && single_takes(match, pattern, end, (unsigned char)*at);
        if (repetition == '+')
            return takes ? match_longest(match, at + 1, pattern, end) : NULL;
        if (repetition == '?') {
            const char *found = takes ? try_rest(match, at + 1, end + 1) : NULL;
            if (found)
                return found;
            pattern = end + 1;
            continue;
        }
        if (!takes)
            return NULL;
        at++;
        pattern = end;
    }
    return at;
}

const char *pattern_match_at(struct pattern_match *match, const char *at, const char *pattern)
{
    match->captures = 0;
    match->depth = 0;
    return match_here(match, at, pattern);
}

bool pattern_is_plain(const char *pattern)
{
    return !strpbrk(pattern, SPECIALS);
}

/* ---- captures ---- */

void pattern_push_capture(struct pattern_match *match, int i, const char *begin, const char *end)
{
    lua_State *L = match->L;
    if (i >= match->captures) {
        if (i != 0)
            luaL_error(L, "invalid capture index");
        lua_pushlstring(L, begin, (size_t)(end - begin));
        return;
    }
    ptrdiff_t len = match->capture[i].len;
    if (len == PATTERN_CAPTURE_OPEN)
        luaL_error(L, "unfinished capture");
    if (len == PATTERN_CAPTURE_POSITION)
        lua_pushinteger(L, match->capture[i].begin - match->subject + 1);
    else
        lua_pushlstring(L, match->capture[i].begin, (size_t)len);
}

int pattern_push_captures(struct pattern_match *match, const char *begin, const char *end)
{
    int count = match->captures == 0 && begin ? 1 : match->captures;
    luaL_checkstack(match->L, count, "too many captures");
    for (int i = 0; i < count; i++)
        pattern_push_capture(match, i, begin, end);
    return count;
}

/* ---- without a pattern ---- */

const char *pattern_find_plain(lua_State *L, struct library_state *interpreter, const char *text, size_t text_len,
                               const char *needle, size_t needle_len)
{
    if (needle_len == 0)
        return text;
    while (text_len >= needle_len) {
        /* memmem() takes linear time; in parts, so that there are interruptions */
        size_t part = needle_len + (needle_len > BYTES_AT_ONCE ? needle_len : BYTES_AT_ONCE);
        if (part > text_len)
            part = text_len;
        script_steps(L, interpreter, part / 8);
        const char *found = memmem(text, part, needle, needle_len);
        if (found || part == text_len)
            return found;
        text += part - needle_len + 1;
        text_len -= part - needle_len + 1;
    }
    return NULL;
}
