/*
 * String commands: SET and its relatives, GET and its relatives, counters, and writing into values.
 *
 * GET and a SET without options are what most clients do most of the time: both run from top to bottom without an
 * allocation when there is already a value of similar size. Everything with options goes through set_with_options().
 *
 * An overwrite changes the entry that is there if it keeps its layout: an entry that gains or loses a TTL is
 * made anew. So is one that held a blob: keyspace_put() frees large values after the lock, while
 * changing the entry would free them under it.
 */
#include "base/blob.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/room.h"
#include "handlers/expiry_time.h"
#include "handlers/lookup.h"
#include "server.h"
#include "types/string.h"
#include "types/type_number.h"

#include <math.h>

/* ---- answering with a value ---- */

static inline void reply_value(struct call *call, const struct entry *entry)
{
    switch ((enum string_encoding)entry->encoding) {
    case STRING_BYTES:
        reply_bulk(call->reply, entry_value(entry), entry_value_len(entry));
        return;
    case STRING_INT:
        reply_bulk_int(call->reply, string_int(entry));
        return;
    case STRING_BLOB:
        break;
    }
    struct blob *blob = string_blob(entry);
    reply_blob(call->reply, blob, 0, blob->len);
}

/* Answers with the value or null. False, with the error, if the key holds another type. */
static bool reply_old_value(struct call *call, const struct entry *entry)
{
    if (!entry) {
        reply_null(call->reply);
        return true;
    }
    if (!lookup_is_string(call, entry))
        return false;
    reply_value(call, entry);
    return true;
}

void cmd_get(struct call *call)
{
    reply_old_value(call, lookup_read(call, &call->keys[0]));
}

void cmd_mget(struct call *call)
{
    reply_array(call->reply, (size_t)call->key_count);
    for (int i = 0; i < call->key_count && !reply_is_over(call->reply); i++) {
        const struct entry *entry = lookup_read(call, &call->keys[i]);
        if (entry && entry->type == TYPE_STRING)
            reply_value(call, entry);
        else
            reply_null(call->reply);
    }
}

void cmd_strlen(struct call *call)
{
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!entry)
        reply_int(call->reply, 0);
    else if (lookup_is_string(call, entry))
        reply_int(call->reply, (int64_t)string_len(entry));
}

/* Turns two ends (negative: counted from the end) into a piece of a value of len bytes; false if it is empty. */
static bool resolve_range(int64_t start, int64_t end, size_t len, size_t *offset_out, size_t *count_out)
{
    int64_t total = (int64_t)len;
    if (total == 0 || (start < 0 && end < 0 && start > end))
        return false;
    if (start < 0)
        start = start + total < 0 ? 0 : start + total;
    if (end < 0)
        end = end + total < 0 ? 0 : end + total;
    if (end >= total)
        end = total - 1;
    if (start > end)
        return false;
    *offset_out = (size_t)start;
    *count_out = (size_t)(end - start + 1);
    return true;
}

void cmd_getrange(struct call *call)
{
    int64_t start, end;
    if (!argument_i64(call, &call->argv[2], &start) || !argument_i64(call, &call->argv[3], &end))
        return;
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (entry && !lookup_is_string(call, entry))
        return;
    struct string_view view = {.len = 0};
    if (entry)
        string_view(entry, &view);
    size_t offset, count;
    if (!resolve_range(start, end, view.len, &offset, &count))
        reply_bulk(call->reply, "", 0);
    else if (view.blob && count >= BLOB_MIN)
        reply_blob(call->reply, view.blob, offset, count);
    else
        reply_bulk(call->reply, view.data + offset, count);
}

void cmd_substr(struct call *call)
{
    cmd_getrange(call);
}

/* ---- storing ---- */

/*
 * Stores the value of an argument under key, whose present entry is old (or NULL), with that expiry. Without memory
 * returns false with nothing changed; the caller then answers.
 */
static bool store(struct call *call, const struct key *key, const struct entry *old, const struct arg *value,
                  int64_t expire_ms)
{
    struct view *view = &call->view;
    int64_t old_expire_ms = old ? entry_expiry(old) : ENTRY_NO_EXPIRY;
    bool in_place = old && old->type == TYPE_STRING && old->encoding != STRING_BLOB &&
                    (old_expire_ms == ENTRY_NO_EXPIRY) == (expire_ms == ENTRY_NO_EXPIRY);
    struct entry *stored =
        in_place ? string_set(keyspace_edit(view, key, old), value) : string_create(key->name, value, expire_ms);
    if (__builtin_expect(!stored, 0))
        return false;
    if (!in_place)
        keyspace_put(view, key, stored, &string_event_set);
    else if (expire_ms == old_expire_ms)
        keyspace_edited(view, key, old, stored, &string_event_set);
    else
        keyspace_edited_until(view, key, old, stored, expire_ms, &string_event_set);
    return true;
}

enum expiry_option {
    EXPIRY_DROP, /* none given: a SET takes the TTL away */
    EXPIRY_KEEP,
    EXPIRY_EX,
    EXPIRY_PX,
    EXPIRY_EXAT,
    EXPIRY_PXAT,
    EXPIRY_PERSIST,
};

struct set_options {
    enum expiry_option expiry;
    const struct arg *time; /* of EX, PX, EXAT and PXAT */
    bool only_absent;       /* NX */
    bool only_present;      /* XX */
    bool get;
};

/* Reads the time of an expiry option into absolute milliseconds. False, with the error, if it isn't valid. */
static bool read_expiry(struct call *call, enum expiry_option option, const struct arg *time, int64_t *expire_ms_out)
{
    enum time_unit unit = option == EXPIRY_EX || option == EXPIRY_EXAT ? TIME_SECONDS : TIME_MILLISECONDS;
    enum time_origin origin = option == EXPIRY_EX || option == EXPIRY_PX ? TIME_FROM_NOW : TIME_SINCE_1970;
    return expiry_time_read(call, time, unit, origin, 1, expire_ms_out);
}

/* Records an option about expiry; false if there was one of another kind. */
static bool choose_expiry(struct set_options *options, enum expiry_option expiry)
{
    if (options->expiry != EXPIRY_DROP && options->expiry != expiry)
        return false;
    options->expiry = expiry;
    return true;
}

/*
 * Reads one of the options that SET and GETEX share: those with a time. Advances *index over it. False if
 * the argument is no such option or contradicts an earlier one.
 */
static bool parse_expiry_option(struct call *call, int *index, struct set_options *options)
{
    static const struct {
        const char *word;
        enum expiry_option expiry;
    } timed[] = {{"ex", EXPIRY_EX}, {"px", EXPIRY_PX}, {"exat", EXPIRY_EXAT}, {"pxat", EXPIRY_PXAT}};

    for (size_t i = 0; i < sizeof timed / sizeof timed[0]; i++) {
        if (!arg_is(&call->argv[*index], timed[i].word))
            continue;
        if (*index + 1 >= call->argc || !choose_expiry(options, timed[i].expiry))
            return false;
        options->time = &call->argv[++*index];
        return true;
    }
    return false;
}

/* Reads SET's options from argv[3] on. False, with the error, if they are wrong. */
static bool parse_set_options(struct call *call, struct set_options *options)
{
    for (int i = 3; i < call->argc; i++) {
        const struct arg *arg = &call->argv[i];
        if (arg_is(arg, "nx") && !options->only_present)
            options->only_absent = true;
        else if (arg_is(arg, "xx") && !options->only_absent)
            options->only_present = true;
        else if (arg_is(arg, "get"))
            options->get = true;
        else if (!(arg_is(arg, "keepttl") && choose_expiry(options, EXPIRY_KEEP)) &&
                 !parse_expiry_option(call, &i, options)) {
            error_syntax(call);
            return false;
        }
    }
    return true;
}

enum set_outcome {
    SET_STORED,
    SET_REFUSED,  /* NX or XX said so */
    SET_ANSWERED, /* there is a reply already: an error, or the old value that GET asks for */
};

static enum set_outcome set_with_options(struct call *call, const struct set_options *options, const struct arg *value)
{
    const struct key *key = &call->keys[0];
    int64_t expire_ms = ENTRY_NO_EXPIRY;
    if (options->time && !read_expiry(call, options->expiry, options->time, &expire_ms))
        return SET_ANSWERED;
    struct reply_mark before = reply_mark(call->reply);
    if (options->get && !reply_old_value(call, lookup_read(call, key)))
        return SET_ANSWERED;
    const struct entry *old = keyspace_find_for_write(&call->view, key);
    if (old ? options->only_absent : options->only_present)
        return options->get ? SET_ANSWERED : SET_REFUSED;
    if (options->expiry == EXPIRY_KEEP && old)
        expire_ms = entry_expiry(old);
    if (!store(call, key, old, value, expire_ms)) {
        reply_rollback(call->reply, before);
        error_no_memory(call);
        return SET_ANSWERED;
    }
    return options->get ? SET_ANSWERED : SET_STORED;
}

static void reply_set_outcome(struct call *call, enum set_outcome outcome)
{
    if (outcome == SET_STORED)
        reply_ok(call->reply);
    else if (outcome == SET_REFUSED)
        reply_null(call->reply);
}

void cmd_set(struct call *call)
{
    if (__builtin_expect(call->argc != 3, 0)) {
        struct set_options options = {0};
        if (parse_set_options(call, &options))
            reply_set_outcome(call, set_with_options(call, &options, &call->argv[2]));
        return;
    }
    const struct key *key = &call->keys[0];
    if (store(call, key, keyspace_find_for_write(&call->view, key), &call->argv[2], ENTRY_NO_EXPIRY))
        reply_ok(call->reply);
    else
        error_no_memory(call);
}

void cmd_setnx(struct call *call)
{
    struct set_options options = {.only_absent = true};
    enum set_outcome outcome = set_with_options(call, &options, &call->argv[2]);
    if (outcome != SET_ANSWERED)
        reply_int(call->reply, outcome == SET_STORED);
}

void cmd_setex(struct call *call)
{
    struct set_options options = {.expiry = EXPIRY_EX, .time = &call->argv[2]};
    reply_set_outcome(call, set_with_options(call, &options, &call->argv[3]));
}

void cmd_psetex(struct call *call)
{
    struct set_options options = {.expiry = EXPIRY_PX, .time = &call->argv[2]};
    reply_set_outcome(call, set_with_options(call, &options, &call->argv[3]));
}

void cmd_getset(struct call *call)
{
    struct set_options options = {.get = true};
    set_with_options(call, &options, &call->argv[2]);
}

void cmd_getdel(struct call *call)
{
    const struct key *key = &call->keys[0];
    const struct entry *entry = lookup_read(call, key);
    if (reply_old_value(call, entry) && entry)
        keyspace_delete(&call->view, key, false);
}

/* Reads GETEX's options: at most one kind. False, with the error, if they are wrong. */
static bool parse_getex_options(struct call *call, struct set_options *options)
{
    for (int i = 2; i < call->argc; i++) {
        if (!(arg_is(&call->argv[i], "persist") && choose_expiry(options, EXPIRY_PERSIST)) &&
            !parse_expiry_option(call, &i, options)) {
            error_syntax(call);
            return false;
        }
    }
    return true;
}

void cmd_getex(struct call *call)
{
    const struct key *key = &call->keys[0];
    struct set_options options = {0};
    if (!parse_getex_options(call, &options))
        return;
    const struct entry *entry = lookup_read(call, key);
    if (!entry) {
        reply_null(call->reply);
        return;
    }
    int64_t expire_ms = ENTRY_NO_EXPIRY;
    if (!lookup_is_string(call, entry) ||
        (options.time && !read_expiry(call, options.expiry, options.time, &expire_ms)))
        return;
    struct reply_mark before = reply_mark(call->reply);
    reply_value(call, entry);
    if (options.expiry == EXPIRY_DROP)
        return; /* no option: a plain GET */
    bool is_absolute = options.expiry == EXPIRY_EXAT || options.expiry == EXPIRY_PXAT;
    if (is_absolute && expire_ms <= call->view.now_ms) {
        keyspace_delete(&call->view, key, call->server->config.lazyfree_lazy_expire);
        return;
    }
    entry = keyspace_find_for_write(&call->view, key);
    if (expire_ms == ENTRY_NO_EXPIRY && entry_expiry(entry) == ENTRY_NO_EXPIRY)
        return; /* setting the same TTL again is a change, for Redis too; PERSIST without a TTL isn't */
    if (keyspace_set_expiry(&call->view, key, entry, expire_ms) != 0) {
        reply_rollback(call->reply, before);
        error_no_memory(call);
    }
}

/* ---- several at once ---- */

/* Stores every pair, in order: a key that is named twice keeps the last value. */
static bool store_pairs(struct call *call)
{
    for (int i = 0; i < call->key_count; i++) {
        const struct key *key = &call->keys[i];
        const struct entry *old = keyspace_find_for_write(&call->view, key);
        if (!store(call, key, old, &call->argv[2 * i + 2], ENTRY_NO_EXPIRY)) {
            error_no_memory(call);
            return false;
        }
    }
    return true;
}

void cmd_mset(struct call *call)
{
    if (call->argc % 2 == 0)
        error_arity(call);
    else if (store_pairs(call))
        reply_ok(call->reply);
}

void cmd_msetnx(struct call *call)
{
    if (call->argc % 2 == 0) {
        error_arity(call);
        return;
    }
    for (int i = 0; i < call->key_count; i++) {
        if (keyspace_find_for_write(&call->view, &call->keys[i])) {
            reply_int(call->reply, 0);
            return;
        }
    }
    if (store_pairs(call))
        reply_int(call->reply, 1);
}

/* ---- counters ---- */

static const struct key_event event_incrby = {"incrby", EVENT_STRING, 1},
                              event_incrbyfloat = {"incrbyfloat", EVENT_STRING, 1},
                              event_append = {"append", EVENT_STRING, 1},
                              event_setrange = {"setrange", EVENT_STRING, 1};

/*
 * Completes a change of the first key, whose entry was old: changed is what a function of types/string.h made from it
 * (or, with old NULL, a new entry), or NULL without memory. False, with the error, in that case.
 */
static bool finish(struct call *call, const struct entry *old, struct entry *changed, const struct key_event *event)
{
    if (!changed)
        error_no_memory(call);
    else if (old)
        keyspace_edited(&call->view, &call->keys[0], old, changed, event);
    else
        keyspace_put(&call->view, &call->keys[0], changed, event);
    return changed;
}

/* The entry of the first key, to be changed. */
static struct entry *edit(struct call *call, const struct entry *found)
{
    return keyspace_edit(&call->view, &call->keys[0], found);
}

static void increment(struct call *call, int64_t by)
{
    const struct key *key = &call->keys[0];
    const struct entry *entry = keyspace_find_for_write(&call->view, key);
    int64_t value = 0;
    if (entry && !lookup_is_string(call, entry))
        return;
    if (entry && !string_to_i64(entry, &value)) {
        reply_error(call->reply, "ERR value is not an integer or out of range");
        return;
    }
    if (__builtin_add_overflow(value, by, &value)) {
        reply_error(call->reply, "ERR increment or decrement would overflow");
        return;
    }
    struct entry *changed =
        entry ? string_set_int(edit(call, entry), value) : string_create_int(key->name, value, ENTRY_NO_EXPIRY);
    if (finish(call, entry, changed, &event_incrby))
        reply_int(call->reply, value);
}

void cmd_incr(struct call *call)
{
    increment(call, 1);
}

void cmd_decr(struct call *call)
{
    increment(call, -1);
}

void cmd_incrby(struct call *call)
{
    int64_t by;
    if (argument_i64(call, &call->argv[2], &by))
        increment(call, by);
}

void cmd_decrby(struct call *call)
{
    int64_t by;
    if (!argument_i64(call, &call->argv[2], &by))
        return;
    if (by == INT64_MIN)
        reply_error(call->reply, "ERR decrement would overflow");
    else
        increment(call, -by);
}

void cmd_incrbyfloat(struct call *call)
{
    const struct key *key = &call->keys[0];
    const struct entry *entry = keyspace_find_for_write(&call->view, key);
    long double value = 0, by;
    if (entry && !lookup_is_string(call, entry))
        return;
    if ((entry && !string_to_long_double(entry, &value)) ||
        !number_parse_long_double(call->argv[2].data, call->argv[2].len, &by)) {
        reply_error(call->reply, "ERR value is not a valid float");
        return;
    }
    value += by;
    if (isnan(value) || isinf(value)) {
        reply_error(call->reply, "ERR increment would produce NaN or Infinity");
        return;
    }
    char text[NUMBER_LONG_DOUBLE_MAX_LEN];
    size_t len = number_format_long_double(text, value);
    struct entry *changed = entry ? string_set_bytes(edit(call, entry), text, len)
                                  : string_create_bytes(key->name, text, len, ENTRY_NO_EXPIRY);
    if (finish(call, entry, changed, &event_incrbyfloat))
        reply_bulk(call->reply, text, len);
}

/* ---- writing into values ---- */

/* Whether a string of len bytes, with more bytes appended, is within the limit; answers with the error if not. */
static bool check_length(struct call *call, size_t len, size_t more)
{
    size_t total;
    if (!__builtin_add_overflow(len, more, &total) && total <= call->server->config.proto_max_bulk_len)
        return true;
    reply_error(call->reply, "ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    return false;
}

void cmd_append(struct call *call)
{
    const struct key *key = &call->keys[0];
    const struct arg *more = &call->argv[2];
    const struct entry *entry = keyspace_find_for_write(&call->view, key);
    if (!entry) {
        if (finish(call, NULL, string_create(key->name, more, ENTRY_NO_EXPIRY), &event_append))
            reply_int(call->reply, (int64_t)more->len);
        return;
    }
    if (!lookup_is_string(call, entry))
        return;
    size_t len = string_len(entry);
    if (check_length(call, len, more->len) && room_for(call, string_write_adds(entry, len, more->len)) &&
        finish(call, entry, string_write(edit(call, entry), len, more->data, more->len), &event_append))
        reply_int(call->reply, (int64_t)(len + more->len));
}

/* SETRANGE where there is no key: zeros up to offset and then the value. */
static struct entry *create_with_range(const struct key *key, size_t offset, const struct arg *value)
{
    struct entry *entry = string_create_bytes(key->name, "", 0, ENTRY_NO_EXPIRY);
    struct entry *written = entry ? string_write(entry, offset, value->data, value->len) : NULL;
    if (!written && entry)
        entry_free(entry);
    return written;
}

void cmd_setrange(struct call *call)
{
    const struct key *key = &call->keys[0];
    const struct arg *value = &call->argv[3];
    int64_t offset;
    if (!argument_i64(call, &call->argv[2], &offset))
        return;
    if (offset < 0) {
        reply_error(call->reply, "ERR offset is out of range");
        return;
    }
    const struct entry *entry = keyspace_find_for_write(&call->view, key);
    if (entry && !lookup_is_string(call, entry))
        return;
    size_t old_len = entry ? string_len(entry) : 0;
    size_t end = (size_t)offset + value->len;
    if (value->len == 0) {
        reply_int(call->reply, (int64_t)old_len);
        return;
    }
    if (!check_length(call, (size_t)offset, value->len) ||
        !room_for(call, string_write_adds(entry, (size_t)offset, value->len)))
        return;
    struct entry *written = entry ? string_write(edit(call, entry), (size_t)offset, value->data, value->len)
                                  : create_with_range(key, (size_t)offset, value);
    if (finish(call, entry, written, &event_setrange))
        reply_int(call->reply, (int64_t)(end > old_len ? end : old_len));
}
