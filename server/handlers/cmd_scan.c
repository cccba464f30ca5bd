/*
 * Walking the keyspace: SCAN, KEYS and RANDOMKEY.
 *
 * All three hold only the lock of the one shard that keyspace_scan() takes while it visits some hundred entries: names
 * are copied out under the lock, and answered with when the walk is over. So a KEYS on millions of keys occupies only
 * its own client's worker, and the others go on; in a stopped world all would wait.
 *
 * The price is that KEYS doesn't show a single moment: a key that is renamed meanwhile may be seen under both names or
 * under neither. Keys that stay are seen, and each name is given once: the walk may visit a key twice when its table
 * grows in between, so KEYS drops repetitions at the end.
 */
#include "base/glob.h"
#include "base/memory.h"
#include "base/number.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "handlers/name_list.h"
#include "store/keyspace.h"
#include "store/value_type.h"

/* ---- walking ---- */

static void reply_names(struct call *call, const struct name_list *names)
{
    reply_array(call->reply, names->count);
    for (size_t offset = 0; offset < names->len;) {
        struct bytes name = name_list_next(names, &offset);
        reply_bulk(call->reply, name.data, name.len);
    }
}

enum { NO_TYPE = -1, ANY_TYPE = -2 };

struct walk {
    const struct arg *pattern; /* NULL: any */
    int type;                  /* number of a value type, ANY_TYPE, or NO_TYPE for the name of no type */
    int64_t now_ms;
    struct name_list names;   /* what is to be answered with */
    struct name_list expired; /* keys whose time had come */
};

static void walk_visit(void *context, const struct entry *entry)
{
    struct walk *walk = context;
    struct bytes name = entry_key(entry);
    const struct arg *pattern = walk->pattern;
    if (pattern && !glob_match(pattern->data, pattern->len, name.data, name.len, false))
        return;
    int64_t expire_ms = entry_expiry(entry);
    if (expire_ms != ENTRY_NO_EXPIRY && expire_ms <= walk->now_ms)
        name_list_add(&walk->expired, name);
    else if (walk->type == ANY_TYPE || walk->type == entry->type)
        name_list_add(&walk->names, name);
}

static void walk_deinit(struct walk *walk)
{
    name_list_deinit(&walk->names);
    name_list_deinit(&walk->expired);
}

/* NULL for a pattern that lets everything pass. */
static const struct arg *useful_pattern(const struct arg *pattern)
{
    return pattern->len == 1 && pattern->data[0] == '*' ? NULL : pattern;
}

/* Deletes the expired keys that the walk met, each under its shard's lock: looking them up does it. */
static void delete_expired(struct call *call, const struct name_list *expired)
{
    for (size_t offset = 0; offset < expired->len;) {
        struct bytes name = name_list_next(expired, &offset);
        struct key key = key_make(name.data, name.len);
        struct shard_set set = {0};
        shard_set_add(&set, key.hash);
        keyspace_lock(call->view.keyspace, &set);
        keyspace_find(&call->view, &key, LOOKUP_PEEK);
        keyspace_unlock(call->view.keyspace, &set);
    }
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

/* Reads SCAN's options from argv[2] on. False, with the error, if they are wrong. */
static bool parse_scan_options(struct call *call, struct walk *walk, int64_t *count)
{
    for (int i = 2; i < call->argc; i += 2) {
        const struct arg *option = &call->argv[i], *value = option + 1;
        bool has_value = i + 1 < call->argc;
        if (has_value && arg_is(option, "count")) {
            if (!argument_i64(call, value, count))
                return false;
            if (*count >= 1)
                continue;
        } else if (has_value && arg_is(option, "match")) {
            walk->pattern = useful_pattern(value);
            continue;
        } else if (has_value && arg_is(option, "type")) {
            walk->type = value_type_find(value->data, value->len);
            continue;
        }
        error_syntax(call);
        return false;
    }
    return true;
}

void cmd_scan(struct call *call)
{
    uint64_t cursor;
    int64_t count = 10;
    struct walk walk = {.type = ANY_TYPE, .now_ms = call->view.now_ms};
    if (!parse_cursor(&call->argv[1], &cursor)) {
        reply_error(call->reply, "ERR invalid cursor");
        return;
    }
    if (!parse_scan_options(call, &walk, &count))
        return;
    cursor = keyspace_scan(&call->view, cursor, (size_t)count, walk_visit, &walk);
    delete_expired(call, &walk.expired);
    if (walk.names.failed) {
        error_no_memory(call);
    } else {
        char text[NUMBER_I64_MAX_LEN];
        reply_array(call->reply, 2);
        reply_bulk(call->reply, text, number_format_u64(text, cursor));
        reply_names(call, &walk.names);
    }
    walk_deinit(&walk);
}

/* ---- KEYS and RANDOMKEY ---- */

void cmd_keys(struct call *call)
{
    struct walk walk = {.type = ANY_TYPE, .now_ms = call->view.now_ms};
    walk.pattern = useful_pattern(&call->argv[1]);
    keyspace_scan(&call->view, 0, SIZE_MAX, walk_visit, &walk);
    if (walk.names.failed || !name_list_make_unique(&walk.names))
        error_no_memory(call);
    else
        reply_names(call, &walk.names);
    walk_deinit(&walk);
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
