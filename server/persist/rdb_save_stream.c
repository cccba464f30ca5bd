/*
 * Saving streams, in Redis 7.0's form. A block becomes a listpack that begins with the names of the fields of its first
 * entry; entries with the same names are their values, and their IDs what they are beyond the first.
 *
 *     listpack:  entries | deleted ones | number of names | names | 0 | entry ...
 *     entry:     flags | milliseconds | number | number of pairs, unless the names are the same | pairs, or values
 *                | items of the entry
 *
 * Entries that a group was given back (XNACK) have no consumer, which Redis 7.0 doesn't know. They are written as
 * pending since 1970 with a consumer whose name is empty: there they come first when entries are claimed, as they do
 * here, and by that they are known when they are read. Which messages producers have sent (XADD ... IDMP) is known by
 * secret hashes, which mean nothing to another server: that isn't written.
 */
#include "persist/rdb_save_internal.h"
#include "types/stream_block.h"
#include "types/stream_groups.h"
#include "types/stream_internal.h"

enum { FLAG_SAME_NAMES = 2 };

/* ---- blocks ---- */

static void pack_pair(struct listpack_writer *writer, struct stream_block_walk *walk, bool name, bool value)
{
    struct element_view view;
    if (name) {
        stream_text_view(walk->name, &view);
        listpack_add(writer, view.text);
    }
    if (value) {
        stream_text_view(walk->value, &view);
        listpack_add(writer, view.text);
    }
    walk->name += stream_text_len(walk->name);
    walk->value += stream_text_len(walk->value);
}

static void pack_entry(struct listpack_writer *writer, struct stream_block_walk *walk, struct stream_id first,
                       bool same_names)
{
    uint32_t pairs = walk->pairs;
    listpack_add_i64(writer, same_names ? FLAG_SAME_NAMES : 0);
    listpack_add_i64(writer, (int64_t)(walk->id.ms - first.ms));
    listpack_add_i64(writer, (int64_t)(walk->id.seq - first.seq));
    if (!same_names)
        listpack_add_i64(writer, pairs);
    for (uint32_t i = 0; i < pairs; i++)
        pack_pair(writer, walk, !same_names, true);
    listpack_add_i64(writer, same_names ? (int64_t)pairs + 3 : 2 * (int64_t)pairs + 4);
}

static void add_raw_id(char out[16], struct stream_id id)
{
    for (int i = 0; i < 8; i++) {
        out[i] = (char)(id.ms >> 8 * (7 - i));
        out[8 + i] = (char)(id.seq >> 8 * (7 - i));
    }
}

void rdb_save_block(struct rdb_saver *saver, const struct stream_block *block)
{
    struct text packed = TEXT_EMPTY;
    struct listpack_writer writer;
    struct stream_block_walk walk;
    char id[16];
    bool more = stream_block_seek(&walk, block, STREAM_ID_MIN);
    struct stream_block_walk names = walk;
    listpack_begin(&writer, &packed);
    listpack_add_i64(&writer, block->count);
    listpack_add_i64(&writer, 0);
    listpack_add_i64(&writer, walk.pairs);
    for (uint32_t i = 0; i < names.pairs; i++)
        pack_pair(&writer, &names, true, false);
    listpack_add_i64(&writer, 0);
    for (const char *first_names = walk.name; more; more = stream_block_next(&walk))
        pack_entry(&writer, &walk, block->first, walk.name == first_names);
    add_raw_id(id, block->first);
    rdb_save_text(saver, (struct bytes){id, sizeof id});
    rdb_save_listpack(saver, &writer);
}

bool rdb_save_stream(struct rdb_saver *saver, const struct entry *entry)
{
    rdb_save_type(saver, RDB_STREAM_2);
    rdb_add_length(saver->out, stream_blocks(stream_of(entry)));
    return true;
}

/* ---- groups ---- */

static void add_id(struct text *out, struct stream_id id)
{
    rdb_add_length(out, id.ms);
    rdb_add_length(out, id.seq);
}

static void add_raw(struct text *out, struct stream_id id)
{
    char raw[16];
    add_raw_id(raw, id);
    text_add_bytes(out, raw, sizeof raw);
}

static void save_pending(struct text *out, const struct pending_list *list)
{
    struct pending_entry entry;
    struct tree_place place;
    rdb_add_length(out, pending_count(list));
    for (bool more = pending_seek(list, STREAM_ID_MIN, &entry, &place); more;
         more = pending_next(list, &entry, &place)) {
        add_raw(out, entry.id);
        rdb_add_fixed64(out, (uint64_t)pending_shown_ms(&entry));
        rdb_add_length(out, (uint64_t)entry.count);
    }
}

/* The IDs of a group's entries with that owner. */
static void save_owned(struct text *out, const struct pending_list *list, uint32_t owner)
{
    struct pending_entry entry;
    struct tree_place place;
    for (bool more = pending_seek(list, STREAM_ID_MIN, &entry, &place); more; more = pending_next(list, &entry, &place))
        if (entry.owner == owner)
            add_raw(out, entry.id);
}

/* What was given back goes to a consumer with an empty name, along with what that has itself. */
static void save_nobody(struct rdb_saver *saver, const struct stream_group *group, const struct stream_consumer *nobody)
{
    rdb_save_text(saver, (struct bytes){"", 0});
    rdb_add_fixed64(saver->out, nobody ? (uint64_t)nobody->seen_ms : 0);
    rdb_add_length(saver->out, group->pending.given_back + (nobody ? nobody->own.count : 0));
    save_owned(saver->out, &group->pending, PENDING_NO_OWNER);
    if (nobody)
        save_owned(saver->out, &group->pending, nobody->named.number);
}

static void save_consumer(struct rdb_saver *saver, const struct stream_consumer *consumer)
{
    struct tree_place place;
    rdb_save_text(saver, consumer->named.name);
    rdb_add_fixed64(saver->out, (uint64_t)consumer->seen_ms);
    rdb_add_length(saver->out, consumer->own.count);
    for (bool more = tree_at(&consumer->own, 0, &place); more; more = tree_next(&consumer->own, &place)) {
        struct record_id id = record_id(tree_record(&place));
        add_raw(saver->out, (struct stream_id){id.high, id.low});
    }
}

static void save_group(struct rdb_saver *saver, const struct stream_group *group)
{
    struct tree_place place;
    const struct stream_consumer *nobody = stream_consumer_find(group, (struct bytes){"", 0});
    bool gave_back = group->pending.given_back > 0;
    rdb_save_text(saver, group->named.name);
    add_id(saver->out, group->last_id);
    rdb_add_length(saver->out, (uint64_t)group->entries_read);
    save_pending(saver->out, &group->pending);
    rdb_add_length(saver->out, name_table_count(&group->consumers) + (gave_back && !nobody));
    if (gave_back)
        save_nobody(saver, group, nobody);
    const struct named *named = name_table_first(&group->consumers, &place);
    for (; named; named = name_table_next(&group->consumers, &place)) {
        const struct stream_consumer *consumer = (const struct stream_consumer *)named;
        if (!gave_back || consumer != nobody)
            save_consumer(saver, consumer);
    }
}

void rdb_save_stream_end(struct rdb_saver *saver, const struct stream *stream)
{
    struct text *out = saver->out;
    struct tree_place place;
    rdb_add_length(out, stream->length);
    add_id(out, stream->last_id);
    add_id(out, stream_first_id(stream));
    add_id(out, stream->max_deleted_id);
    rdb_add_length(out, stream->entries_added);
    rdb_add_length(out, stream_groups_count(stream->groups));
    const struct stream_group *group = stream_groups_first(stream->groups, &place);
    for (; group; group = stream_groups_next(stream->groups, &place))
        save_group(saver, group);
}
