/*
 * Glob matching.
 *
 * Every part of a pattern except the star matches exactly one byte, so only the last star ever needs to be
 * tried again: if the parts after it fail, letting an earlier star match more can't help. So the work is at
 * most the product of both lengths, with no recursion, and the state between two steps is a few addresses.
 *
 * The corner cases are those that Redis's users see:
 * - an unclosed class ends with the pattern: "[ab" is "[ab]";
 * - in a class "x-y" is a range whatever y is, even "]", and its ends may come in either order;
 * - a backslash in a class makes the next byte literal, even where case is otherwise ignored;
 * - a backslash at the very end is itself;
 * - bytes are compared as signed, so "[a-\xff]" contains the bytes from \xff (-1) up to a;
 * - the empty string matches only the empty pattern, not "*".
 */
#include "base/glob.h"

#include <stdint.h>
#include <string.h>

#define SKIP_BYTES 32 /* that memchr() passes over in the time of a comparison */

static signed char lower(signed char c)
{
    return c >= 'A' && c <= 'Z' ? (signed char)(c + ('a' - 'A')) : c;
}

static bool same(char a, char b, bool ignore_case)
{
    return a == b || (ignore_case && lower((signed char)a) == lower((signed char)b));
}

static bool in_range(char from, char to, char c, bool ignore_case)
{
    signed char low = (signed char)(from < to ? from : to);
    signed char high = (signed char)(from < to ? to : from);
    signed char byte = (signed char)c;
    if (ignore_case) {
        low = lower(low);
        high = lower(high);
        byte = lower(byte);
    }
    return byte >= low && byte <= high;
}

/*
 * Goes on with the class at glob->pattern, for the byte at glob->string. When it is decided, glob->pattern is past the
 * class.
 */
static enum glob_result match_class(struct glob *glob, size_t *left)
{
    const char *p = glob->in_class, *end = glob->pattern_end;
    char c = *glob->string;
    if (!p) {
        p = glob->pattern + 1;
        glob->class_is_negated = p < end && *p == '^';
        glob->class_has = false;
        p += glob->class_is_negated;
    }
    for (; p < end && *p != ']'; p++) {
        if (*left == 0) {
            glob->in_class = p;
            return GLOB_UNDECIDED;
        }
        --*left;
        if (*p == '\\' && end - p >= 2) {
            p++;
            glob->class_has |= *p == c;
        } else if (end - p >= 3 && p[1] == '-') {
            glob->class_has |= in_range(p[0], p[2], c, glob->ignore_case);
            p += 2;
        } else {
            glob->class_has |= same(*p, c, glob->ignore_case);
        }
    }
    glob->in_class = NULL;
    glob->pattern = p < end ? p + 1 : end;
    return glob->class_has != glob->class_is_negated ? GLOB_YES : GLOB_NO;
}

/* Matches the byte at glob->string with the part at glob->pattern, which is not a star, and moves past that part. */
static inline enum glob_result match_one(struct glob *glob, size_t *left)
{
    const char *p = glob->pattern;
    if (p == glob->pattern_end)
        return GLOB_NO;
    if (*p == '[')
        return match_class(glob, left);
    if (*p == '?') {
        glob->pattern++;
        return GLOB_YES;
    }
    if (*p == '\\' && glob->pattern_end - p >= 2)
        p++;
    glob->pattern = p + 1;
    return same(*p, *glob->string, glob->ignore_case) ? GLOB_YES : GLOB_NO;
}

/*
 * The part behind the last star is to be matched anew. If it begins with a byte that stands for itself, the star takes
 * what comes before the next such byte. False: there is none.
 */
static inline bool star_skip(struct glob *glob, size_t *left)
{
    const char *p = glob->behind_star;
    glob->pattern = p;
    glob->string = glob->star_takes;
    if (glob->ignore_case || p == glob->pattern_end || *p == '*' || *p == '?' || *p == '[' || *p == '\\')
        return true;
    size_t rest = (size_t)(glob->string_end - glob->string);
    size_t most = *left > rest / SKIP_BYTES ? rest : *left * SKIP_BYTES;
    const char *found = memchr(glob->string, *p, most);
    if (!found && most == rest)
        return false;
    glob->star_takes = found ? found : glob->string + most;
    *left -= (size_t)(glob->star_takes - glob->string) / SKIP_BYTES;
    glob->string = glob->star_takes;
    return true;
}

void glob_begin(struct glob *glob, const char *pattern, size_t pattern_len, const char *string, size_t string_len,
                bool ignore_case)
{
    *glob = (struct glob){
        .pattern = pattern,
        .pattern_end = pattern + pattern_len,
        .string = string,
        .string_end = string + string_len,
        .ignore_case = ignore_case,
        .is_hopeless = string_len == 0 && pattern_len > 0,
    };
}

enum glob_result glob_step(struct glob *glob, size_t comparisons)
{
    size_t left = comparisons;
    if (glob->is_hopeless)
        return GLOB_NO;
    while (glob->string < glob->string_end) {
        if (left == 0)
            return GLOB_UNDECIDED;
        left -= glob->in_class == NULL; /* a class that was begun counts by what is in it */
        if (glob->pattern < glob->pattern_end && *glob->pattern == '*') {
            glob->behind_star = ++glob->pattern;
            glob->star_takes = glob->string;
            if (glob->pattern == glob->pattern_end)
                return GLOB_YES;
            if (!star_skip(glob, &left))
                return GLOB_NO;
            continue;
        }
        enum glob_result one = match_one(glob, &left);
        if (one == GLOB_YES) {
            glob->string++;
        } else if (one == GLOB_UNDECIDED) {
            return GLOB_UNDECIDED;
        } else if (glob->behind_star) {
            glob->star_takes++;
            if (!star_skip(glob, &left))
                return GLOB_NO;
        } else {
            return GLOB_NO;
        }
    }
    for (; glob->pattern < glob->pattern_end && *glob->pattern == '*'; glob->pattern++)
        if (left-- == 0)
            return GLOB_UNDECIDED;
    return glob->pattern == glob->pattern_end ? GLOB_YES : GLOB_NO;
}

bool glob_match(const char *pattern, size_t pattern_len, const char *string, size_t string_len, bool ignore_case)
{
    struct glob glob;
    glob_begin(&glob, pattern, pattern_len, string, string_len, ignore_case);
    enum glob_result result;
    do
        result = glob_step(&glob, SIZE_MAX);
    while (result == GLOB_UNDECIDED);
    return result == GLOB_YES;
}
