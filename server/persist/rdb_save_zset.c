/*
 * Saving sorted sets. Scores in listpacks are text, or numbers where they are whole.
 */
#include "persist/rdb_save_internal.h"
#include "types/zset.h"

static void pack_score(struct listpack_writer *writer, double score)
{
    char text[NUMBER_DOUBLE_MAX_LEN];
    size_t len = number_format_double(text, score);
    listpack_add(writer, (struct bytes){text, len});
}

static void save_listpack(struct rdb_saver *saver, const struct collection *zset)
{
    struct text packed = TEXT_EMPTY;
    struct listpack_writer writer;
    struct collection_place place;
    listpack_begin(&writer, &packed);
    for (bool more = collection_at(zset, 0, &place); more; more = collection_next(zset, &place)) {
        rdb_pack_element(&writer, zset_member(place.record));
        pack_score(&writer, zset_score(place.record));
    }
    rdb_save_type(saver, RDB_ZSET_LISTPACK);
    rdb_save_listpack(saver, &writer);
}

bool rdb_save_zset(struct rdb_saver *saver, const struct entry *entry)
{
    struct collection zset;
    collection_open(&zset, &zset_kind, entry);
    if (!zset.is_tree && zset_is_listpack(entry)) {
        save_listpack(saver, &zset);
        return false;
    }
    rdb_save_type(saver, RDB_ZSET);
    rdb_add_length(saver->out, collection_count(&zset));
    return true;
}

void rdb_save_zset_records(struct rdb_saver *saver, const char *records, const char *end)
{
    for (; records < end; records += record_len(records, zset_kind.form)) {
        uint64_t bits;
        double score = zset_score(records);
        memcpy(&bits, &score, sizeof bits);
        rdb_save_element(saver, zset_member(records));
        rdb_add_fixed64(saver->out, bits);
    }
}
