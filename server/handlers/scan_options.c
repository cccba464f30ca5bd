#include "handlers/scan_options.h"

#include "command/arguments.h"
#include "command/errors.h"

#include <string.h>

/*
 * Reads a cursor as strtoul() reads a number, since that is what Redis accepts: an empty one is 0, signs are
 * allowed, a minus wraps around, and what follows a NUL doesn't count.
 */
static bool parse_cursor(const struct arg *arg, uint64_t *cursor_out)
{
    const char *end = memchr(arg->data, '\0', arg->len);
    const char *at = arg->data;
    uint64_t cursor = 0;
    bool negative = false;
    if (!end)
        end = arg->data + arg->len;
    if (at != end && (*at == '+' || *at == '-')) {
        negative = *at++ == '-';
        if (at == end)
            return false;
    }
    for (; at != end; at++) {
        if (*at < '0' || *at > '9' || __builtin_mul_overflow(cursor, 10u, &cursor) ||
            __builtin_add_overflow(cursor, (uint64_t)(*at - '0'), &cursor))
            return false;
    }
    *cursor_out = negative ? -cursor : cursor;
    return true;
}

bool scan_cursor(struct call *call, const struct arg *arg, uint64_t *cursor_out)
{
    if (parse_cursor(arg, cursor_out))
        return true;
    reply_error(call->reply, "ERR invalid cursor");
    return false;
}

const struct arg *scan_pattern(const struct arg *pattern)
{
    return pattern->len == 1 && pattern->data[0] == '*' ? NULL : pattern;
}

/* Reads the option at argv[at]. Returns how many arguments it takes, or 0, after the error. */
static int read_option(struct call *call, int at, struct scan_options *options)
{
    const struct arg *option = &call->argv[at], *value = option + 1;
    bool has_value = at + 1 < call->argc;
    if (has_value && arg_is(option, "count")) {
        if (!argument_i64(call, value, &options->count))
            return 0;
        if (options->count >= 1)
            return 2;
    } else if (has_value && arg_is(option, "match")) {
        options->pattern = scan_pattern(value);
        return 2;
    } else if (has_value && options->takes_type && arg_is(option, "type")) {
        options->type = value;
        return 2;
    } else if (arg_is(option, "novalues")) {
        options->novalues = options->takes_novalues;
        if (options->novalues)
            return 1;
        reply_error(call->reply, "ERR NOVALUES option can only be used in HSCAN");
        return 0;
    }
    error_syntax(call);
    return 0;
}

bool scan_options_parse(struct call *call, int first, struct scan_options *options)
{
    options->count = 10;
    for (int at = first, taken; at < call->argc; at += taken) {
        taken = read_option(call, at, options);
        if (taken == 0)
            return false;
    }
    return true;
}
