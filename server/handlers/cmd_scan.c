/*
 * SCAN, KEYS and RANDOMKEY: the commands that walk the keyspace (handlers/name_walk.h).
 *
 * None of them stops the world: they hold one shard's lock at a time, for microseconds, and KEYS and a SCAN with a large
 * COUNT give way to the worker's other clients every millisecond.
 */
#include "base/memory.h"
#include "base/number.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/name_walk.h"
#include "store/keyspace.h"
#include "store/value_type.h"

/* NULL for a pattern that lets everything pass. */
static const struct arg *useful_pattern(const struct arg *pattern)
{
    return pattern->len == 1 && pattern->data[0] == '*' ? NULL : pattern;
}

/* ---- SCAN ---- */

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

struct scan_options {
    int64_t count;
    const struct arg *pattern; /* NULL: any */
    int type;                  /* as a walk has it */
};

/* Reads SCAN's options from argv[2] on. False, with the error, if they are wrong. */
static bool parse_scan_options(struct call *call, struct scan_options *options)
{
    for (int i = 2; i < call->argc; i += 2) {
        const struct arg *option = &call->argv[i], *value = option + 1;
        bool has_value = i + 1 < call->argc;
        if (has_value && arg_is(option, "count")) {
            if (!argument_i64(call, value, &options->count))
                return false;
            if (options->count >= 1)
                continue;
        } else if (has_value && arg_is(option, "match")) {
            options->pattern = useful_pattern(value);
            continue;
        } else if (has_value && arg_is(option, "type")) {
            options->type = value_type_find(value->data, value->len);
            continue;
        }
        error_syntax(call);
        return false;
    }
    return true;
}

static void reply_scan(struct call *call, struct name_walk *walk)
{
    if (name_walk_failed(walk)) {
        error_no_memory(call);
        return;
    }
    char text[NUMBER_I64_MAX_LEN];
    reply_array(call->reply, 2);
    reply_bulk(call->reply, text, number_format_u64(text, walk->cursor));
    name_walk_reply(walk, call);
}

void cmd_scan(struct call *call)
{
    struct name_walk begun = {.deletes = true}, *walk = name_walk_of(call);
    struct scan_options options = {.count = 10, .type = WALK_ANY_TYPE};
    if (!parse_cursor(&call->argv[1], &begun.cursor)) {
        reply_error(call->reply, "ERR invalid cursor");
        return;
    }
    if (!parse_scan_options(call, &options))
        return;
    if (!walk) {
        walk = &begun;
        walk->left = (size_t)options.count;
        walk->type = options.type;
        name_walk_begin(walk);
    }
    if (!name_walk_go_on(walk, call, options.pattern))
        return;
    reply_scan(call, walk);
    name_walk_end(walk, call);
}

/* ---- KEYS and RANDOMKEY ---- */

void cmd_keys(struct call *call)
{
    struct name_walk begun = {.left = SIZE_MAX, .type = WALK_ANY_TYPE, .unique = true}, *walk = name_walk_of(call);
    if (!walk) {
        walk = &begun;
        name_walk_begin(walk);
    }
    if (!name_walk_go_on(walk, call, useful_pattern(&call->argv[1])))
        return;
    if (name_walk_failed(walk))
        error_no_memory(call);
    else
        name_walk_reply(walk, call);
    name_walk_end(walk, call);
}

void cmd_randomkey(struct call *call)
{
    char *name;
    size_t len;
    if (!keyspace_random_key(&call->view, &name, &len)) {
        reply_null(call->reply);
        return;
    }
    reply_bulk(call->reply, name, len);
    mem_free(name);
}
