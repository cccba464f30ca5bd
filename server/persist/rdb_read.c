#include "persist/rdb_read.h"

#include "base/number.h"
#include "persist/rdb_read_entry.h"
#include "persist/rdb_reading.h"

#include <inttypes.h>
#include <string.h>

/* ---- what is said of the next entry ---- */

/* Times before 1970 are past like any other; only one of them has a meaning in entries. */
static void set_expiry(struct rdb_reading *reading, int64_t expire_ms)
{
    reading->expire_ms = expire_ms >= 0 || expire_ms == ENTRY_NO_EXPIRY ? expire_ms : 0;
}

static bool read_expiry(struct rdb_reading *reading, bool in_seconds)
{
    uint64_t number = 0;
    unsigned char byte;
    bool is_there = in_seconds || rdb_take_fixed64(reading->source, &number);
    for (unsigned i = 0; in_seconds && is_there && i < 4; i++) {
        is_there = rdb_take_byte(reading->source, &byte);
        number |= is_there ? (uint64_t)byte << 8 * i : 0;
    }
    if (!is_there)
        return rdb_fail_taking(reading, RDB_BAD, "the time at which a key expires");
    set_expiry(reading, in_seconds ? (int64_t)(int32_t)number * 1000 : (int64_t)number);
    return true;
}

static bool read_idle(struct rdb_reading *reading)
{
    uint64_t idle_s;
    if (!rdb_take_length(reading->source, &idle_s))
        return rdb_fail_taking(reading, RDB_BAD, "a key's idle time");
    reading->use.idle_s = idle_s <= INT64_MAX ? (int64_t)idle_s : INT64_MAX;
    return true;
}

static bool read_frequency(struct rdb_reading *reading)
{
    unsigned char frequency;
    if (!rdb_take_byte(reading->source, &frequency))
        return rdb_fail_taking(reading, RDB_BAD, "how often a key was used");
    reading->use.frequency = frequency;
    return true;
}

/* ---- other records ---- */

static bool read_aux(struct rdb_reading *reading)
{
    const struct rdb_visitor *visitor = reading->visitor;
    enum rdb_outcome outcome = rdb_take_string(reading->source, &reading->name);
    if (outcome == RDB_READ)
        outcome = rdb_take_string(reading->source, &reading->value);
    if (outcome != RDB_READ)
        return rdb_fail_taking(reading, outcome, "what the file says of itself");
    return !visitor->aux || visitor->aux(visitor->context, reading->name.text, reading->value.text, &reading->why) ||
           rdb_fail_visit(reading, "what the file says of itself");
}

static bool read_library(struct rdb_reading *reading)
{
    const struct rdb_visitor *visitor = reading->visitor;
    enum rdb_outcome outcome = rdb_take_string(reading->source, &reading->value);
    if (outcome != RDB_READ)
        return rdb_fail_taking(reading, outcome, "a library of functions");
    return !visitor->library || visitor->library(visitor->context, reading->value.text, &reading->why) ||
           rdb_fail_visit(reading, "a library of functions");
}

static bool read_database(struct rdb_reading *reading)
{
    const struct rdb_visitor *visitor = reading->visitor;
    if (!rdb_take_length(reading->source, &reading->database))
        return rdb_fail_taking(reading, RDB_BAD, "the number of a database");
    return !visitor->database || visitor->database(visitor->context, reading->database, &reading->why) ||
           rdb_fail_visit(reading, "a database");
}

static bool read_sizes(struct rdb_reading *reading)
{
    const struct rdb_visitor *visitor = reading->visitor;
    uint64_t keys, expiring;
    if (!rdb_take_length(reading->source, &keys) || !rdb_take_length(reading->source, &expiring))
        return rdb_fail_taking(reading, RDB_BAD, "the size of a database");
    return !visitor->sizes || visitor->sizes(visitor->context, reading->database, keys, expiring, &reading->why) ||
           rdb_fail_visit(reading, "the size of a database");
}

/* Of a slot of a cluster: its number, its keys, how many of them expire. */
static bool pass_slot(struct rdb_reading *reading)
{
    uint64_t number;
    for (int i = 0; i < 3; i++)
        if (!rdb_take_length(reading->source, &number))
            return rdb_fail_taking(reading, RDB_BAD, "the size of a slot");
    return true;
}

/* One that isn't the end. */
static bool read_record(struct rdb_reading *reading, unsigned opcode)
{
    switch (opcode) {
    case RDB_OPCODE_SLOT_INFO:
        return pass_slot(reading);
    case RDB_OPCODE_LIBRARY:
        return read_library(reading);
    case RDB_OPCODE_LIBRARY_EARLY:
        return rdb_fail(reading, RDB_UNKNOWN,
                        "functions stand there in the form of Redis 7.0 before its release; save them "
                        "again by the release");
    case RDB_OPCODE_MODULE:
        return rdb_fail(reading, RDB_UNKNOWN, "a module's data stands there; kvs has no modules");
    case RDB_OPCODE_IDLE:
        return read_idle(reading);
    case RDB_OPCODE_FREQUENCY:
        return read_frequency(reading);
    case RDB_OPCODE_AUX:
        return read_aux(reading);
    case RDB_OPCODE_SIZES:
        return read_sizes(reading);
    case RDB_OPCODE_EXPIRE_MS:
        return read_expiry(reading, false);
    case RDB_OPCODE_EXPIRE_S:
        return read_expiry(reading, true);
    case RDB_OPCODE_DATABASE:
        return read_database(reading);
    default:
        return rdb_read_entry(reading, opcode);
    }
}

/* ---- begin and end ---- */

/* "REDIS0010" or "VALKEY080". */
static bool read_head(struct rdb_reading *reading)
{
    struct rdb_result *result = reading->result;
    struct rdb_source *source = reading->source;
    uint64_t version;
    bool is_there = rdb_source_has(source, RDB_HEAD_LEN);
    size_t have = (size_t)(source->end - source->at), len = have < RDB_HEAD_LEN ? have : RDB_HEAD_LEN;
    const char *head = source->at;
    if (reading->reader->error != 0)
        return rdb_fail_taking(reading, RDB_BAD, "its first bytes");
    if (len == 0)
        return rdb_fail(reading, RDB_NO_RDB, "it is empty, and no RDB file");
    if (memcmp(head, "REDIS", len < 5 ? len : 5) != 0 && memcmp(head, "VALKEY", len < 6 ? len : 6) != 0)
        return rdb_fail(reading, RDB_NO_RDB, "it is no RDB file: these begin with REDIS or VALKEY");
    if (!is_there)
        return rdb_fail_taking(reading, RDB_BAD, "its first bytes");
    result->is_valkey = head[0] == 'V';
    const char *digits = head + (result->is_valkey ? 6 : 5), *end = head + RDB_HEAD_LEN;
    while (digits < end - 1 && *digits == '0')
        digits++;
    if (!number_parse_u64(digits, (size_t)(end - digits), &version) || version == 0)
        return rdb_fail(reading, RDB_NO_RDB, "it is no RDB file: a version should follow its first word");
    result->version = reading->terms.version = (unsigned)version;
    source->at += RDB_HEAD_LEN;
    if (result->is_valkey ? version == RDB_VERSION_VALKEY : version <= RDB_VERSION_READ)
        return true;
    return rdb_fail(reading, RDB_LATER_VERSION,
                    "it is of %s's RDB version %u; kvs reads Redis's up to %d and Valkey's %d",
                    result->is_valkey ? "Valkey" : "Redis", result->version, RDB_VERSION_READ, RDB_VERSION_VALKEY);
}

static bool read_end(struct rdb_reading *reading)
{
    uint64_t expected;
    struct rdb_reader *reader = reading->reader;
    if (reading->result->version < RDB_CHECKSUM_FROM)
        return true;
    uint64_t sum = rdb_reader_sum(reader);
    if (!rdb_take_fixed64(reading->source, &expected))
        return rdb_fail_taking(reading, RDB_BAD, "its checksum");
    reading->result->was_summed = reader->sums && expected != 0;
    return !reading->result->was_summed || expected == sum ||
           rdb_fail(reading, RDB_DAMAGED,
                    "the checksum is wrong: it is %016" PRIx64 " and should be %016" PRIx64
                    ", so something before it has changed since it was written",
                    sum, expected);
}

static bool read_all(struct rdb_reading *reading)
{
    unsigned char opcode;
    if (!read_head(reading))
        return false;
    for (;;) {
        reading->record = rdb_reader_offset(reading->reader);
        if (!rdb_take_byte(reading->source, &opcode))
            return rdb_fail_taking(reading, RDB_BAD, "what follows a key");
        if (opcode == RDB_OPCODE_END)
            return read_end(reading);
        if (!read_record(reading, opcode))
            return false;
    }
}

bool rdb_read(struct rdb_reader *reader, const struct rdb_terms *terms, const struct rdb_visitor *visitor,
              struct rdb_result *result_out)
{
    struct rdb_reading reading = {
        .reader = reader,
        .source = &reader->source,
        .terms = *terms,
        .visitor = visitor,
        .result = result_out,
        .record = rdb_reader_offset(reader),
        .expire_ms = ENTRY_NO_EXPIRY,
        .use = RDB_USE_UNKNOWN,
    };
    *result_out = (struct rdb_result){.ending = RDB_COMPLETE};
    bool is_complete = read_all(&reading);
    if (is_complete)
        result_out->offset = rdb_reader_offset(reader);
    rdb_string_deinit(&reading.name);
    rdb_string_deinit(&reading.value);
    text_deinit(&reading.why);
    return is_complete;
}
