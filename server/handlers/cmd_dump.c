/*
 * DUMP and RESTORE: values as payloads, which Redis and Valkey know as well.
 */
#include "base/memory.h"
#include "command/arguments.h"
#include "command/errors.h"
#include "command/handlers.h"
#include "engine/effect.h"
#include "engine/room.h"
#include "engine/value_terms.h"
#include "handlers/lookup.h"
#include "persist/dump_payload.h"
#include "persist/rdb_load.h"
#include "persist/rdb_save.h"
#include "persist/rdb_string.h"
#include "server.h"
#include "store/disposal.h"
#include "store/recency.h"

void cmd_dump(struct call *call)
{
    struct text payload = TEXT_EMPTY;
    struct rdb_saver saver = {.out = &payload, .compresses = call->server->config.rdbcompression};
    const struct entry *entry = lookup_read(call, &call->keys[0]);
    if (!entry) {
        reply_null(call->reply);
        return;
    }
    rdb_save_value(&saver, entry);
    dump_payload_seal(&payload, rdb_save_version(&saver));
    reply_bulk(call->reply, payload.data, payload.len);
    text_deinit(&payload);
}

/* ---- RESTORE ---- */

#define USUAL_EXPANSION 4               /* how many times its payload a value takes without asking for room */
#define USUAL_BYTES ((size_t)256 << 10) /* and beside that */

struct restore_options {
    bool replace, is_absolute;
    int64_t idle_s, frequency; /* -1: not given */
    int64_t ttl_ms;
};

/* A number from 0 to most. False, with Redis's error for what is no number, or else with this one. */
static bool parse_number(struct call *call, const struct arg *arg, int64_t most, const char *error, int64_t *number_out)
{
    int64_t number;
    if (!argument_i64(call, arg, &number))
        return false;
    if (number < 0 || number > most) {
        reply_error(call->reply, error);
        return false;
    }
    *number_out = number;
    return true;
}

static bool parse_options(struct call *call, struct restore_options *options)
{
    for (int i = 4; i < call->argc; i++) {
        const struct arg *arg = &call->argv[i];
        bool has_more = i + 1 < call->argc;
        if (arg_is(arg, "replace")) {
            options->replace = true;
        } else if (arg_is(arg, "absttl")) {
            options->is_absolute = true;
        } else if (arg_is(arg, "idletime") && has_more && options->frequency < 0) {
            if (!parse_number(call, &call->argv[++i], INT64_MAX, "ERR Invalid IDLETIME value, must be >= 0",
                              &options->idle_s))
                return false;
        } else if (arg_is(arg, "freq") && has_more && options->idle_s < 0) {
            if (!parse_number(call, &call->argv[++i], 255, "ERR Invalid FREQ value, must be >= 0 and <= 255",
                              &options->frequency))
                return false;
        } else {
            error_syntax(call);
            return false;
        }
    }
    return true;
}

/* When the key expires, wall, in milliseconds; a time that is beyond all time counts as past, as in Redis. */
static int64_t expiry_of(const struct call *call, const struct restore_options *options)
{
    int64_t at;
    if (options->ttl_ms == 0)
        return ENTRY_NO_EXPIRY;
    if (options->is_absolute)
        return options->ttl_ms;
    return __builtin_add_overflow(options->ttl_ms, call->view.now_ms, &at) ? 0 : at;
}

/*
 * Makes the entry of a payload. What it takes beyond what a request of its length is given room for is asked for where
 * it is missing: then all is dropped, and made anew. RDB_NO_ROOM: the call begins again.
 */
static enum rdb_outcome load(struct call *call, struct bytes payload, unsigned version, int64_t expire_ms,
                             struct entry **entry_out)
{
    struct rdb_terms terms = value_terms(&call->server->config, version, call->view.now_ms);
    size_t room = USUAL_EXPANSION * payload.len + USUAL_BYTES;
    unsigned char type;
    enum rdb_outcome outcome = RDB_NO_ROOM;
    if (room < call->room)
        room = call->room;
    for (; outcome == RDB_NO_ROOM; room *= 2) {
        struct rdb_source source = rdb_source_of(payload);
        rdb_source_allow(&source, call->server->config.maxmemory > 0 ? room : UINT64_MAX);
        if (!rdb_take_byte(&source, &type))
            return RDB_BAD;
        outcome = rdb_load_value(&source, type, call->keys[0].name, expire_ms, &terms, entry_out);
        if (outcome == RDB_NO_ROOM && !room_for(call, 2 * room))
            return outcome;
    }
    return outcome;
}

/* A key that would have expired already isn't made. */
static void restore_nothing(struct call *call, bool replace)
{
    const struct key *key = &call->keys[0];
    if (replace && keyspace_delete(&call->view, key))
        effect_delete(call, key);
    reply_ok(call->reply);
}

/* A time to live from now on is said as the time at which it ends. */
static void say_effect(struct call *call, const struct restore_options *options, int64_t expire_ms)
{
    char digits[NUMBER_I64_MAX_LEN];
    if (!effect_is_wanted() || expire_ms == ENTRY_NO_EXPIRY || options->is_absolute)
        return;
    unsigned count = (unsigned)call->argc + 1;
    struct bytes *words = mem_alloc(count * sizeof *words);
    for (int i = 0; i < call->argc; i++)
        words[i] = (struct bytes){call->argv[i].data, call->argv[i].len};
    words[2] = (struct bytes){digits, number_format_i64(digits, expire_ms)};
    words[call->argc] = EFFECT_WORD("ABSTTL");
    effect_say(call, count, words);
    mem_free_sized(words, count * sizeof *words);
}

static void put(struct call *call, const struct restore_options *options, struct entry *entry, bool is_there)
{
    static const struct key_event event_restore = {"restore", EVENT_GENERIC, 1};
    const struct key *key = &call->keys[0];
    recency_set(entry, options->idle_s, (int)options->frequency, call->view.now_s);
    if (is_there)
        keyspace_remark(&call->view, key, &event_new); /* what takes the place of a key counts as new */
    keyspace_put(&call->view, key, entry, &event_restore);
    reply_ok(call->reply);
}

/* RESTORE key ttl payload [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency] */
void cmd_restore(struct call *call)
{
    struct restore_options options = {.idle_s = -1, .frequency = -1};
    struct bytes payload = {call->argv[3].data, call->argv[3].len};
    struct entry *entry = NULL;
    unsigned version;
    if (!parse_options(call, &options))
        return;
    bool is_there = keyspace_find_for_write(&call->view, &call->keys[0]) != NULL;
    if (is_there && !options.replace) {
        reply_error(call->reply, "BUSYKEY Target key name already exists.");
        return;
    }
    if (!parse_number(call, &call->argv[2], INT64_MAX, "ERR Invalid TTL value, must be >= 0", &options.ttl_ms))
        return;
    if (!dump_payload_open(&payload, &version)) {
        reply_error(call->reply, "ERR DUMP payload version or checksum are wrong");
        return;
    }
    int64_t expire_ms = expiry_of(call, &options);
    bool is_past = expire_ms != ENTRY_NO_EXPIRY && expire_ms <= call->view.now_ms;
    switch (load(call, payload, version, expire_ms, &entry)) {
    case RDB_READ:
        if (is_past) {
            dispose_entry(entry);
            restore_nothing(call, options.replace);
        } else {
            put(call, &options, entry, is_there);
            say_effect(call, &options, expire_ms);
        }
        break;
    case RDB_EXPIRED:
        restore_nothing(call, options.replace);
        break;
    case RDB_BAD:
    case RDB_EMPTY:
        reply_error(call->reply, "ERR Bad data format");
        break;
    case RDB_NO_MEMORY:
        error_no_memory(call);
        break;
    case RDB_NO_ROOM: /* the call begins again */
        break;
    }
}
