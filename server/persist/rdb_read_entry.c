#include "persist/rdb_read_entry.h"

#include "base/memory.h"

#include <inttypes.h>

#define SHOWN_MAX 64 /* bytes of a key that a line shows */

static const char *type_name(unsigned type)
{
    switch (type) {
    case RDB_STRING:
        return "string";
    case RDB_LIST:
    case RDB_LIST_ZIPLIST:
    case RDB_LIST_ZIPLISTS:
    case RDB_LIST_LISTPACKS:
        return "list";
    case RDB_SET:
    case RDB_SET_INTSET:
    case RDB_SET_LISTPACK:
        return "set";
    case RDB_ZSET_TEXT:
    case RDB_ZSET:
    case RDB_ZSET_ZIPLIST:
    case RDB_ZSET_LISTPACK:
        return "sorted set";
    case RDB_STREAM_1:
    case RDB_STREAM_2:
    case RDB_STREAM_3:
        return "stream";
    default:
        return "hash";
    }
}

/* "the hash (type 4) under the key "abc" in database 0", which the caller frees. */
static char *describe_entry(const struct rdb_reading *reading, unsigned type)
{
    struct text text = TEXT_EMPTY;
    struct bytes key = reading->name.text;
    bool is_cut = key.len > SHOWN_MAX;
    text_addf(&text, "the %s (type %u) under the key ", type_name(type), type);
    text_add_quoted(&text, key.data, is_cut ? SHOWN_MAX : key.len);
    text_addf(&text, "%s in database %" PRIu64, is_cut ? "..." : "", reading->database);
    return text.data;
}

static bool fail_entry(struct rdb_reading *reading, enum rdb_outcome outcome, unsigned type)
{
    char *what = describe_entry(reading, type);
    if (outcome == RDB_READ)
        rdb_fail_visit(reading, what);
    else
        rdb_fail_taking(reading, outcome, what);
    mem_free(what);
    return false;
}

static bool give_entry(struct rdb_reading *reading, struct entry *entry, unsigned type)
{
    const struct rdb_visitor *visitor = reading->visitor;
    struct rdb_found found = {entry, reading->database, reading->use};
    reading->result->entries++;
    if (!visitor->entry)
        entry_free(entry);
    else if (!visitor->entry(visitor->context, &found, &reading->why))
        return fail_entry(reading, RDB_READ, type);
    return true;
}

static bool is_known_type(const struct rdb_reading *reading, unsigned type)
{
    bool knows_times = reading->result->is_valkey ? type == RDB_HASH_TIMED_VALKEY : type <= RDB_HASH_LISTPACK_TIMED;
    return type <= RDB_HASH || type == RDB_ZSET || (type >= RDB_HASH_ZIPMAP && type <= RDB_STREAM_3) ||
           (type > RDB_STREAM_3 && knows_times);
}

bool rdb_read_entry(struct rdb_reading *reading, unsigned type)
{
    struct entry *entry = NULL;
    if (type == 6 || type == 7)
        return rdb_fail(reading, RDB_UNKNOWN, "a value of a module (type %u) stands there; kvs has no modules", type);
    if (!is_known_type(reading, type))
        return rdb_fail(reading, RDB_UNKNOWN, "what stands there is of no kind that is known (%u)", type);
    enum rdb_outcome outcome = rdb_take_string(reading->source, &reading->name);
    if (outcome != RDB_READ)
        return rdb_fail_taking(reading, outcome, "a key");
    outcome = rdb_load_value(reading->source, type, reading->name.text, reading->expire_ms, &reading->terms, &entry);
    if (outcome == RDB_EMPTY)
        reading->result->empty++;
    else if (outcome == RDB_EXPIRED)
        reading->result->expired++;
    else if (outcome != RDB_READ)
        return fail_entry(reading, outcome, type);
    bool goes_on = !entry || give_entry(reading, entry, type);
    reading->expire_ms = ENTRY_NO_EXPIRY;
    reading->use = RDB_USE_UNKNOWN;
    return goes_on;
}
