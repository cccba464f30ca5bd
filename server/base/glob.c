/*
 * Glob matching.
 *
 * Every part of a pattern except the star matches exactly one byte, so only the last star ever needs to be
 * tried again: if the parts after it fail, letting an earlier star match more can't help. So the work is at
 * most the product of both lengths, with no recursion.
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

/* Matches c with the class whose inside starts at *at; moves *at past the class. */
static bool match_class(const char **at, const char *end, char c, bool ignore_case)
{
    const char *p = *at;
    bool is_negated = p < end && *p == '^';
    if (is_negated)
        p++;
    bool is_member = false;
    for (; p < end && *p != ']'; p++) {
        if (*p == '\\' && end - p >= 2) {
            p++;
            is_member |= *p == c;
        } else if (end - p >= 3 && p[1] == '-') {
            is_member |= in_range(p[0], p[2], c, ignore_case);
            p += 2;
        } else {
            is_member |= same(*p, c, ignore_case);
        }
    }
    *at = p < end ? p + 1 : end;
    return is_member != is_negated;
}

/* Matches c with the part of the pattern at *at, which is not a star; moves *at past that part. */
static bool match_one(const char **at, const char *end, char c, bool ignore_case)
{
    const char *p = (*at)++;
    switch (*p) {
    case '?':
        return true;
    case '[':
        return match_class(at, end, c, ignore_case);
    case '\\':
        if (end - p >= 2)
            p = (*at)++;
        break;
    default:
        break;
    }
    return same(*p, c, ignore_case);
}

bool glob_match(const char *pattern, size_t pattern_len, const char *string, size_t string_len, bool ignore_case)
{
    if (string_len == 0)
        return pattern_len == 0;
    const char *p = pattern, *p_end = pattern + pattern_len;
    const char *s = string, *s_end = string + string_len;
    const char *behind_star = NULL; /* the pattern after the last star seen */
    const char *star_takes = NULL;  /* the string after the bytes that this star matches so far */

    while (s < s_end) {
        if (p < p_end && *p == '*') {
            behind_star = ++p;
            star_takes = s;
            if (p == p_end)
                return true;
        } else if (p < p_end && match_one(&p, p_end, *s, ignore_case)) {
            s++;
        } else if (behind_star) {
            p = behind_star;
            s = ++star_takes;
        } else {
            return false;
        }
    }
    while (p < p_end && *p == '*')
        p++;
    return p == p_end;
}
