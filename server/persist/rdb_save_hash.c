/*
 * Saving hashes. In one with times these stand relative to the first, and 0 is none; but in its listpack as they are,
 * and fields in the order of their times, those that have none last, as Redis 7.4 has them there.
 */
#include "persist/rdb_save_internal.h"
#include "types/hash.h"

#include <stdlib.h>

#define PACKED_FIELDS_MAX (COLLECTION_PACKED_MAX / 2) /* two elements have two bytes at least */

static void save_listpack(struct rdb_saver *saver, const struct collection *hash)
{
    struct text packed = TEXT_EMPTY;
    struct listpack_writer writer;
    struct collection_place place;
    listpack_begin(&writer, &packed);
    for (bool more = collection_at(hash, 0, &place); more; more = collection_next(hash, &place)) {
        rdb_pack_element(&writer, hash_field(place.record));
        rdb_pack_element(&writer, hash_value(place.record));
    }
    rdb_save_type(saver, RDB_HASH_LISTPACK);
    rdb_save_listpack(saver, &writer);
}

static int compare_times(const void *a, const void *b)
{
    const char *left = *(const char *const *)a, *right = *(const char *const *)b;
    uint64_t left_ms = (uint64_t)hash_expiry(left), right_ms = (uint64_t)hash_expiry(right); /* none is the highest */
    if (left_ms != right_ms)
        return left_ms < right_ms ? -1 : 1;
    return (left > right) - (left < right);
}

static void save_timed_listpack(struct rdb_saver *saver, const struct collection *hash)
{
    const char *records[PACKED_FIELDS_MAX] = {NULL};
    struct text packed = TEXT_EMPTY;
    struct listpack_writer writer;
    struct collection_place place;
    size_t count = 0;
    for (bool more = collection_at(hash, 0, &place); more; more = collection_next(hash, &place))
        records[count++] = place.record;
    qsort(records, count, sizeof records[0], compare_times);
    listpack_begin(&writer, &packed);
    for (size_t i = 0; i < count; i++) {
        int64_t expire_ms = hash_expiry(records[i]);
        rdb_pack_element(&writer, hash_field(records[i]));
        rdb_pack_element(&writer, hash_value(records[i]));
        listpack_add_i64(&writer, expire_ms == ENTRY_NO_EXPIRY ? 0 : expire_ms);
    }
    rdb_save_type(saver, RDB_HASH_LISTPACK_TIMED);
    rdb_add_fixed64(saver->out, (uint64_t)saver->base_ms);
    rdb_save_listpack(saver, &writer);
}

bool rdb_save_hash(struct rdb_saver *saver, const struct entry *entry)
{
    struct collection hash;
    collection_open(&hash, &hash_kind, entry);
    saver->base_ms = hash.ages ? collection_next_expiry(&hash) : INT64_MAX;
    bool has_times = saver->base_ms != INT64_MAX;
    if (!hash.is_tree && hash_is_listpack(entry)) {
        if (has_times)
            save_timed_listpack(saver, &hash);
        else
            save_listpack(saver, &hash);
        return false;
    }
    rdb_save_type(saver, has_times ? RDB_HASH_TIMED : RDB_HASH);
    if (has_times)
        rdb_add_fixed64(saver->out, (uint64_t)saver->base_ms);
    rdb_add_length(saver->out, collection_count(&hash));
    return true;
}

void rdb_save_hash_records(struct rdb_saver *saver, const char *records, const char *end)
{
    for (; records < end; records += record_len(records, hash_kind.form)) {
        int64_t expire_ms = hash_expiry(records);
        if (saver->type == RDB_HASH_TIMED)
            rdb_add_length(saver->out, expire_ms == ENTRY_NO_EXPIRY ? 0 : (uint64_t)(expire_ms - saver->base_ms) + 1);
        rdb_save_element(saver, hash_field(records));
        rdb_save_element(saver, hash_value(records));
    }
}
