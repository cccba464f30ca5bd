/*
 * Hash commands.
 */
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "handlers/change.h"
#include "handlers/elements.h"
#include "handlers/hash_put.h"
#include "handlers/lookup.h"
#include "handlers/member_sample.h"
#include "handlers/member_scan.h"
#include "types/hash.h"

#include <math.h>

static const struct key_event event_hset = {"hset", EVENT_HASH, 1}, event_hdel = {"hdel", EVENT_HASH, 1},
                              event_hincrby = {"hincrby", EVENT_HASH, 1},
                              event_hincrbyfloat = {"hincrbyfloat", EVENT_HASH, 1};

/* ---- setting ---- */

/* Without memory for the rest, the fields before are set, and the answer is the error. */
static void set_fields(struct call *call, void (*reply)(struct call *call, int64_t created))
{
    struct change change;
    struct hash_terms terms = hash_terms_of(call);
    int fields = (call->argc - 2) / 2, set = 0;
    int64_t created = 0;
    if (call->argc % 2 == 1) {
        error_arity(call);
        return;
    }
    if (!change_find(&change, call, &call->keys[0], &hash_kind) || !change_begin(&change))
        return;
    hash_expect(&change.collection, (uint64_t)fields, &terms);
    for (; set < fields; set++) {
        const struct arg *field = &call->argv[2 + 2 * set];
        int added = hash_put_arg(call, &change.collection, field, field + 1, ENTRY_NO_EXPIRY);
        if (added < 0)
            break;
        created += added;
    }
    if (set == fields)
        reply(call, created);
    else
        error_no_memory(call);
    if (set > 0)
        change_end(&change, &event_hset, (uint64_t)set);
    else
        change_abandon(&change);
}

static void reply_created(struct call *call, int64_t created)
{
    reply_int(call->reply, created);
}

static void reply_done(struct call *call, int64_t created)
{
    (void)created;
    reply_ok(call->reply);
}

void cmd_hset(struct call *call)
{
    set_fields(call, reply_created);
}

void cmd_hmset(struct call *call)
{
    set_fields(call, reply_done);
}

/*
 * Sets one field of the hash that was found or is to be made, and tells the event. False, with the error, without
 * memory.
 */
static bool set_one(struct change *change, const struct arg *value, int64_t expire_ms, const struct key_event *event)
{
    if (!change_begin(change))
        return false;
    if (hash_put_arg(change->call, &change->collection, &change->call->argv[2], value, expire_ms) < 0) {
        change_abandon(change);
        error_no_memory(change->call);
        return false;
    }
    change_end(change, event, 1);
    return true;
}

/* The record of the field of argv[2] in the hash that was found, if any; or NULL. */
static const char *find_field(const struct change *change)
{
    struct element field;
    struct collection_place place;
    if (!change->found)
        return NULL;
    element_init_arg(&field, change->call, 2);
    return hash_find(&change->collection, &field, change->call->view.now_ms, &place) ? place.record : NULL;
}

void cmd_hsetnx(struct call *call)
{
    struct change change;
    if (!change_find(&change, call, &call->keys[0], &hash_kind))
        return;
    if (find_field(&change))
        reply_int(call->reply, 0);
    else if (set_one(&change, &call->argv[3], ENTRY_NO_EXPIRY, &event_hset))
        reply_int(call->reply, 1);
}

/* ---- numbers ---- */

void cmd_hincrby(struct call *call)
{
    struct change change;
    int64_t by, value = 0;
    if (!argument_i64(call, &call->argv[3], &by) || !change_find(&change, call, &call->keys[0], &hash_kind))
        return;
    const char *record = find_field(&change);
    int64_t expire_ms = record ? hash_expiry(record) : ENTRY_NO_EXPIRY;
    if (record && !element_to_i64(hash_value(record), &value)) {
        reply_error(call->reply, "ERR hash value is not an integer");
        return;
    }
    if (__builtin_add_overflow(value, by, &value)) {
        reply_error(call->reply, "ERR increment or decrement would overflow");
        return;
    }
    char text[NUMBER_I64_MAX_LEN];
    struct arg sum = {.data = text, .len = number_format_i64(text, value)};
    if (set_one(&change, &sum, expire_ms, &event_hincrby))
        reply_int(call->reply, value);
}

static bool element_to_long_double(const char *stored, long double *value_out)
{
    struct element_view view;
    element_view(stored, &view);
    return number_parse_long_double(view.text.data, view.text.len, value_out);
}

void cmd_hincrbyfloat(struct call *call)
{
    struct change change;
    long double by, value = 0;
    if (!number_parse_long_double(call->argv[3].data, call->argv[3].len, &by)) {
        reply_error(call->reply, "ERR value is not a valid float");
        return;
    }
    if (isinf(by)) {
        reply_error(call->reply, "ERR value is NaN or Infinity");
        return;
    }
    if (!change_find(&change, call, &call->keys[0], &hash_kind))
        return;
    const char *record = find_field(&change);
    int64_t expire_ms = record ? hash_expiry(record) : ENTRY_NO_EXPIRY;
    if (record && !element_to_long_double(hash_value(record), &value)) {
        reply_error(call->reply, "ERR hash value is not a float");
        return;
    }
    value += by;
    if (isnan(value) || isinf(value)) {
        reply_error(call->reply, "ERR increment would produce NaN or Infinity");
        return;
    }
    char text[NUMBER_LONG_DOUBLE_MAX_LEN];
    struct arg sum = {.data = text, .len = number_format_long_double(text, value)};
    if (!set_one(&change, &sum, expire_ms, &event_hincrbyfloat))
        return;
    reply_bulk(call->reply, sum.data, sum.len);
    struct bytes key = call->keys[0].name, field = {call->argv[2].data, call->argv[2].len}, total = {sum.data, sum.len};
    if (expire_ms == ENTRY_NO_EXPIRY)
        effect_say(call, 4, (struct bytes[]){EFFECT_WORD("HSET"), key, field, total});
    else
        effect_say(call, 7,
                   (struct bytes[]){EFFECT_WORD("HSETEX"), key, EFFECT_WORD("KEEPTTL"), EFFECT_WORD("FIELDS"),
                                    EFFECT_WORD("1"), field, total});
}

/* ---- deleting ---- */

void cmd_hdel(struct call *call)
{
    struct change change;
    int64_t removed = 0;
    bool failed = false;
    if (!change_find(&change, call, &call->keys[0], &hash_kind))
        return;
    if (!change.found) {
        reply_int(call->reply, 0);
        return;
    }
    change_begin(&change);
    for (int i = 2; i < call->argc && !failed && collection_count(&change.collection) > 0; i++) {
        struct element field;
        element_init_arg(&field, call, i);
        int gone = hash_remove(&change.collection, &field, call->view.now_ms);
        failed = gone < 0;
        removed += !failed && gone;
    }
    if (failed)
        error_no_memory(call);
    else
        reply_int(call->reply, removed);
    if (removed > 0)
        change_end(&change, &event_hdel, (uint64_t)removed);
}

/* ---- reading ---- */

/* The hash that is read. False, after the answer, if the key holds something else; found says whether there is one. */
static bool find_hash(struct call *call, struct collection *hash_out, bool *found_out)
{
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!lookup_is(call, entry, TYPE_HASH))
        return false;
    *found_out = entry != NULL;
    if (entry)
        collection_open(hash_out, &hash_kind, entry);
    return true;
}

/* The stored value of the field that argument names, or NULL. */
static const char *find_value(const struct call *call, const struct collection *hash, int at)
{
    struct element element;
    struct collection_place place;
    element_init_arg(&element, call, at);
    return hash_find(hash, &element, call->view.now_ms, &place) ? hash_value(place.record) : NULL;
}

static void reply_value(struct reply *reply, const char *stored)
{
    if (stored)
        reply_element(reply, stored);
    else
        reply_null(reply);
}

void cmd_hget(struct call *call)
{
    struct collection hash;
    bool found;
    if (find_hash(call, &hash, &found))
        reply_value(call->reply, found ? find_value(call, &hash, 2) : NULL);
}

void cmd_hmget(struct call *call)
{
    struct collection hash;
    bool found;
    if (!find_hash(call, &hash, &found))
        return;
    reply_array(call->reply, (size_t)call->argc - 2);
    for (int i = 2; i < call->argc && !reply_is_over(call->reply); i++)
        reply_value(call->reply, found ? find_value(call, &hash, i) : NULL);
}

void cmd_hlen(struct call *call)
{
    struct collection hash;
    bool found;
    if (find_hash(call, &hash, &found))
        reply_int(call->reply, found ? (int64_t)hash_count(&hash, call->view.now_ms) : 0);
}

void cmd_hexists(struct call *call)
{
    struct collection hash;
    bool found;
    if (find_hash(call, &hash, &found))
        reply_int(call->reply, found && find_value(call, &hash, 2));
}

void cmd_hstrlen(struct call *call)
{
    struct collection hash;
    struct element_view view = {.text = {.len = 0}};
    bool found;
    if (!find_hash(call, &hash, &found))
        return;
    const char *value = found ? find_value(call, &hash, 2) : NULL;
    if (value)
        element_view(value, &view);
    reply_int(call->reply, (int64_t)view.text.len);
}

/* ---- reading all ---- */

static void answer_field(struct reply *reply, const char *record)
{
    reply_element(reply, hash_field(record));
}

static void answer_value(struct reply *reply, const char *record)
{
    reply_element(reply, hash_value(record));
}

static void answer_pair(struct reply *reply, const char *record)
{
    answer_field(reply, record);
    answer_value(reply, record);
}

/* Answers for each field, behind an aggregate of so many. */
static void reply_all(struct call *call, void (*begin)(struct reply *reply, size_t count),
                      void (*answer)(struct reply *reply, const char *record))
{
    struct collection hash;
    struct collection_place place;
    bool found;
    if (!find_hash(call, &hash, &found))
        return;
    begin(call->reply, found ? (size_t)hash_count(&hash, call->view.now_ms) : 0);
    for (bool more = found && collection_at(&hash, 0, &place); more && !reply_is_over(call->reply);
         more = collection_next(&hash, &place))
        if (hash_is_live(place.record, call->view.now_ms))
            answer(call->reply, place.record);
}

void cmd_hgetall(struct call *call)
{
    reply_all(call, reply_map, answer_pair);
}

void cmd_hkeys(struct call *call)
{
    reply_all(call, reply_array, answer_field);
}

void cmd_hvals(struct call *call)
{
    reply_all(call, reply_array, answer_value);
}

void cmd_hscan(struct call *call)
{
    static const struct member_scan scan = {&hash_kind, hash_is_listpack, 2, answer_pair, answer_field};
    member_scan(call, &scan);
}

void cmd_hrandfield(struct call *call)
{
    static const struct member_sample sample = {&hash_kind, "withvalues", answer_field, answer_value};
    member_sample(call, &sample);
}
