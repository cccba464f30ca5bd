/*
 * Loading the entries of streams: nodes, each of which is an ID and a listpack (see rdb_save_stream.c).
 *
 * Nodes and entries come in the order of their IDs. Redis only says so; here it is asked for, since what comes is
 * appended.
 */
#include "persist/rdb_load_stream.h"

#include "base/memory.h"

enum { FLAG_DELETED = 1, FLAG_SAME_NAMES = 2, FLAGS = 3 };

/* Names and values of an entry, which lie in the listpack, or here. */
struct pairs {
    struct packed_item *items;
    struct arg *args;
    size_t room;
};

struct node {
    struct rdb_loader *loader;
    struct stream *stream;
    struct stream_id first;
    struct listpack listpack;
    uint64_t live, deleted; /* entries that are still to come */
    size_t name_count;
    struct pairs names, entry;
    struct rdb_string id, packed;
};

/* ---- items ---- */

static bool take_i64(struct node *node, int64_t *number_out)
{
    struct packed_item item;
    return listpack_next(&node->listpack, &item) && number_parse_i64(item.text.data, item.text.len, number_out);
}

static bool take_u64(struct node *node, uint64_t *number_out)
{
    int64_t number;
    if (!take_i64(node, &number) || number < 0)
        return false;
    *number_out = (uint64_t)number;
    return true;
}

static void free_pairs(struct pairs *pairs)
{
    mem_free(pairs->items);
    mem_free(pairs->args);
    *pairs = (struct pairs){0};
}

/* What it has is lost. There are as many items in the listpack, so it takes no more than a multiple of that. */
static enum rdb_outcome make_room(const struct node *node, struct pairs *pairs, uint64_t count)
{
    if (count <= pairs->room)
        return RDB_READ;
    size_t room = count < 64 ? 64 : count;
    free_pairs(pairs);
    if (!rdb_source_allows(node->loader->source, room * (sizeof pairs->items[0] + sizeof pairs->args[0])))
        return RDB_NO_ROOM;
    pairs->items = mem_try_alloc(room * sizeof pairs->items[0]);
    pairs->args = mem_try_alloc(room * sizeof pairs->args[0]);
    pairs->room = room;
    return pairs->items && pairs->args ? RDB_READ : RDB_NO_MEMORY;
}

static bool take_text(struct node *node, struct pairs *pairs, size_t at)
{
    struct packed_item *item = &pairs->items[at];
    if (!listpack_next(&node->listpack, item))
        return false;
    pairs->args[at] = (struct arg){.data = item->text.data, .len = item->text.len};
    return true;
}

/* ---- entries ---- */

/* The names of the node's first entry, and what comes before them. */
static enum rdb_outcome take_head(struct node *node)
{
    uint64_t count, zero;
    if (!take_u64(node, &node->live) || !take_u64(node, &node->deleted) || !take_u64(node, &count) ||
        count > node->listpack.count)
        return RDB_BAD;
    enum rdb_outcome outcome = make_room(node, &node->names, count);
    if (outcome != RDB_READ)
        return outcome;
    for (size_t i = 0; i < count; i++)
        if (!take_text(node, &node->names, i))
            return RDB_BAD;
    node->name_count = count;
    return take_u64(node, &zero) && zero == 0 ? RDB_READ : RDB_BAD;
}

/* The pairs of the entry that was begun, as arguments of XADD, and the number of items that they take. */
static enum rdb_outcome take_pairs(struct node *node, bool same_names, uint64_t *pairs_out, uint64_t *items_out)
{
    uint64_t count = node->name_count;
    struct pairs *entry = &node->entry;
    if (!same_names && !take_u64(node, &count))
        return RDB_BAD;
    *pairs_out = count;
    *items_out = same_names ? count : 2 * count + 1;
    if (count == 0 || count > node->listpack.count || count > UINT32_MAX / 2)
        return RDB_BAD;
    enum rdb_outcome outcome = make_room(node, entry, 2 * count);
    if (outcome != RDB_READ)
        return outcome;
    for (size_t i = 0; i < count; i++) {
        if (same_names)
            entry->args[2 * i] = node->names.args[i];
        else if (!take_text(node, entry, 2 * i))
            return RDB_BAD;
        if (!take_text(node, entry, 2 * i + 1))
            return RDB_BAD;
    }
    return RDB_READ;
}

static enum rdb_outcome append(const struct node *node, struct stream_id id, uint64_t pairs)
{
    struct stream *stream = node->stream;
    const struct rdb_loader *loader = node->loader;
    if (stream_id_compare(id, stream->last_id) <= 0)
        return RDB_BAD;
    if (stream_append(stream, id, node->entry.args, (uint32_t)pairs, &loader->terms->stream) != 0)
        return RDB_NO_MEMORY;
    return rdb_loader_check_room(loader);
}

static enum rdb_outcome take_entry(struct node *node)
{
    int64_t flags, ms, seq;
    uint64_t pairs, items, said;
    if (!take_i64(node, &flags) || !take_i64(node, &ms) || !take_i64(node, &seq) || flags < 0 || flags > FLAGS)
        return RDB_BAD;
    enum rdb_outcome outcome = take_pairs(node, flags & FLAG_SAME_NAMES, &pairs, &items);
    if (outcome != RDB_READ)
        return outcome;
    uint64_t *left = flags & FLAG_DELETED ? &node->deleted : &node->live;
    if (!take_u64(node, &said) || said != items + 3 || (*left)-- == 0)
        return RDB_BAD;
    struct stream_id id = {node->first.ms + (uint64_t)ms, node->first.seq + (uint64_t)seq};
    return flags & FLAG_DELETED ? RDB_READ : append(node, id, pairs);
}

static enum rdb_outcome take_node(struct node *node)
{
    struct rdb_source *source = node->loader->source;
    enum rdb_outcome outcome = rdb_take_string(source, &node->id);
    if (outcome == RDB_READ && node->id.text.len != RDB_RAW_ID_LEN)
        return RDB_BAD;
    if (outcome != RDB_READ)
        return outcome;
    node->first = rdb_raw_id(node->id.text.data);
    outcome = rdb_take_string_in_place(source, &node->packed);
    if (outcome == RDB_READ && !listpack_open(&node->listpack, node->packed.text))
        outcome = RDB_BAD;
    if (outcome == RDB_READ)
        outcome = take_head(node);
    while (outcome == RDB_READ && node->listpack.count > 0)
        outcome = take_entry(node);
    return outcome == RDB_READ && (node->live != 0 || node->deleted != 0) ? RDB_BAD : outcome;
}

static enum rdb_outcome take_nodes(struct rdb_loader *loader, struct stream *stream)
{
    struct node node = {.loader = loader, .stream = stream};
    enum rdb_outcome outcome = RDB_READ;
    uint64_t count;
    if (!rdb_take_length(loader->source, &count))
        return RDB_BAD;
    for (; outcome == RDB_READ && count > 0; count--)
        outcome = take_node(&node);
    free_pairs(&node.names);
    free_pairs(&node.entry);
    rdb_string_deinit(&node.id);
    rdb_string_deinit(&node.packed);
    return outcome;
}

/* ---- the stream ---- */

static bool take_figures(struct rdb_source *source, struct stream *stream, enum rdb_type type)
{
    uint64_t length;
    struct stream_id last, first;
    if (!rdb_take_length(source, &length) || length != stream->length || !rdb_take_id(source, &last) ||
        stream_id_compare(last, stream->last_id) < 0)
        return false;
    stream->last_id = last;
    stream->entries_added = length;
    if (type == RDB_STREAM_1)
        return true;
    return rdb_take_id(source, &first) && rdb_take_id(source, &stream->max_deleted_id) &&
           rdb_take_length(source, &stream->entries_added) && stream->entries_added <= INT64_MAX;
}

enum rdb_outcome rdb_load_stream(struct rdb_loader *loader, enum rdb_type type)
{
    loader->entry = stream_create(loader->key);
    if (!loader->entry)
        return RDB_NO_MEMORY;
    struct stream *stream = stream_of(loader->entry);
    enum rdb_outcome outcome = take_nodes(loader, stream);
    if (outcome == RDB_READ && !take_figures(loader->source, stream, type))
        return RDB_BAD;
    if (outcome == RDB_READ)
        outcome = rdb_load_groups(loader, stream, type);
    if (outcome != RDB_READ || loader->expire_ms == ENTRY_NO_EXPIRY)
        return outcome;
    struct entry *timed = entry_set_expiry(loader->entry, loader->expire_ms);
    if (!timed)
        return RDB_NO_MEMORY;
    loader->entry = timed;
    return RDB_READ;
}
