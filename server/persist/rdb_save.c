#include "persist/rdb_save.h"

#include "base/panic.h"
#include "persist/rdb_save_internal.h"
#include "types/stream_internal.h"
#include "types/string.h"
#include "types/type_number.h"

void rdb_save_string(struct rdb_saver *saver, const struct entry *entry)
{
    struct string_view view;
    rdb_save_type(saver, RDB_STRING);
    string_view(entry, &view);
    rdb_save_text(saver, (struct bytes){view.data, view.len});
}

bool rdb_save_begin(struct rdb_saver *saver, const struct entry *entry)
{
    switch (entry->type) {
    case TYPE_STRING:
        rdb_save_string(saver, entry);
        return false;
    case TYPE_LIST:
        return rdb_save_list(saver, entry);
    case TYPE_SET:
        return rdb_save_set(saver, entry);
    case TYPE_ZSET:
        return rdb_save_zset(saver, entry);
    case TYPE_HASH:
        return rdb_save_hash(saver, entry);
    case TYPE_STREAM:
        return rdb_save_stream(saver, entry);
    default:
        panic("an entry of type %u", (unsigned)entry->type);
    }
}

void rdb_save_records(struct rdb_saver *saver, const char *records, const char *end)
{
    switch ((enum rdb_type)saver->type) {
    case RDB_ZSET:
        rdb_save_zset_records(saver, records, end);
        break;
    case RDB_HASH:
    case RDB_HASH_TIMED:
        rdb_save_hash_records(saver, records, end);
        break;
    default:
        rdb_save_list_records(saver, records, end);
    }
}

void rdb_save_end(struct rdb_saver *saver, const struct entry *entry)
{
    if (entry->type == TYPE_STREAM)
        rdb_save_stream_end(saver, stream_of(entry));
}

/* ---- all at once ---- */

static void save_all_blocks(struct rdb_saver *saver, const struct stream *stream)
{
    struct tree_place place;
    for (bool more = tree_at(&stream->blocks, 0, &place); more; more = tree_next(&stream->blocks, &place))
        rdb_save_block(saver, stream_record_block(tree_record(&place)));
    if (stream->open)
        rdb_save_block(saver, stream->open);
}

static const struct collection_kind *kind_of(const struct entry *entry)
{
    return entry_value_type(entry)->shape;
}

static void save_all_records(struct rdb_saver *saver, const struct entry *entry)
{
    struct collection collection;
    struct collection_place place;
    collection_open(&collection, kind_of(entry), entry);
    for (bool more = collection_at(&collection, 0, &place); more; more = collection_next_run(&collection, &place)) {
        const char *end, *records = collection_run(&collection, &place, &end);
        rdb_save_records(saver, records, end);
    }
}

void rdb_save_value(struct rdb_saver *saver, const struct entry *entry)
{
    if (entry->type == TYPE_LIST) {
        rdb_save_listpacks(saver, entry);
        return;
    }
    if (!rdb_save_begin(saver, entry))
        return;
    if (entry->type == TYPE_STREAM)
        save_all_blocks(saver, stream_of(entry));
    else
        save_all_records(saver, entry);
    rdb_save_end(saver, entry);
}
