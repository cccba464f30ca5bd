/*
 * String commands that read values, count, or write into values. Those that store whole ones are in cmd_set.c.
 */
#include "base/blob.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "engine/room.h"
#include "handlers/lookup.h"
#include "handlers/string_reply.h"
#include "handlers/value_edit.h"
#include "handlers/value_range.h"
#include "server.h"
#include "types/string.h"
#include "types/type_number.h"

#include <math.h>

void cmd_get(struct call *call)
{
    string_reply_or_null(call, lookup_read(call, &call->keys[0]));
}

void cmd_mget(struct call *call)
{
    reply_array(call->reply, (size_t)call->key_count);
    for (int i = 0; i < call->key_count && !reply_is_over(call->reply); i++) {
        const struct entry *entry = lookup_read(call, &call->keys[i]);
        if (entry && entry->type == TYPE_STRING)
            string_reply(call, entry);
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
    if (value_range_is_reversed(start, end) || !value_range(start, end, view.len, &offset, &count))
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

/* ---- counters ---- */

static const struct key_event event_incrby = {"incrby", EVENT_STRING, 1},
                              event_incrbyfloat = {"incrbyfloat", EVENT_STRING, 1},
                              event_append = {"append", EVENT_STRING, 1},
                              event_setrange = {"setrange", EVENT_STRING, 1};

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
        entry ? string_set_int(value_edit(call, entry), value) : string_create_int(key->name, value, ENTRY_NO_EXPIRY);
    if (value_finish(call, entry, changed, &event_incrby))
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
    struct entry *changed = entry ? string_set_bytes(value_edit(call, entry), text, len)
                                  : string_create_bytes(key->name, text, len, ENTRY_NO_EXPIRY);
    if (!value_finish(call, entry, changed, &event_incrbyfloat))
        return;
    reply_bulk(call->reply, text, len);
    effect_say(call, 4, (struct bytes[]){EFFECT_WORD("SET"), key->name, {text, len}, EFFECT_WORD("KEEPTTL")});
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
        if (value_finish(call, NULL, string_create(key->name, more, ENTRY_NO_EXPIRY), &event_append))
            reply_int(call->reply, (int64_t)more->len);
        return;
    }
    if (!lookup_is_string(call, entry))
        return;
    size_t len = string_len(entry);
    if (check_length(call, len, more->len) && room_for(call, string_write_adds(entry, len, more->len)) &&
        value_finish(call, entry, string_write(value_edit(call, entry), len, more->data, more->len), &event_append))
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
    struct entry *written = entry ? string_write(value_edit(call, entry), (size_t)offset, value->data, value->len)
                                  : create_with_range(key, (size_t)offset, value);
    if (value_finish(call, entry, written, &event_setrange))
        reply_int(call->reply, (int64_t)(end > old_len ? end : old_len));
}
