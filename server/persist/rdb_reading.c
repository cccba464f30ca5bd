#include "persist/rdb_reading.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

bool rdb_fail(struct rdb_reading *reading, enum rdb_ending ending, const char *format, ...)
{
    struct rdb_result *result = reading->result;
    va_list args;
    result->ending = ending;
    result->offset = reading->record;
    int len = snprintf(result->words, sizeof result->words, "offset %" PRIu64 ": ", reading->record);
    va_start(args, format);
    vsnprintf(result->words + len, sizeof result->words - (size_t)len, format, args);
    va_end(args);
    return false;
}

bool rdb_fail_taking(struct rdb_reading *reading, enum rdb_outcome outcome, const char *what)
{
    const struct rdb_reader *reader = reading->reader;
    uint64_t there = reader->total > 0 ? reader->total : rdb_reader_received(reader);
    if (outcome == RDB_NO_MEMORY || outcome == RDB_NO_ROOM || reader->is_out_of_memory)
        return rdb_fail(reading, RDB_OUT_OF_MEMORY, "there is no memory for %s", what);
    if (reader->error != 0)
        return rdb_fail(reading, RDB_UNREADABLE, "can't read on in %s: %s", what, strerror(reader->error));
    if (reader->has_ended)
        return rdb_fail(reading, RDB_ENDS_EARLY,
                        "the file ends in %s, after %" PRIu64 " bytes: the rest of it is missing", what, there);
    return rdb_fail(reading, RDB_DAMAGED, "%s is malformed", what);
}

bool rdb_fail_visit(struct rdb_reading *reading, const char *what)
{
    if (reading->why.len == 0)
        return rdb_fail(reading, RDB_OUT_OF_MEMORY, "there is no memory for %s", what);
    return rdb_fail(reading, RDB_REFUSED, "%s: %s", what, reading->why.data);
}
