#include "types/stream.h"

#include "base/memory.h"
#include "shape/tree_build.h"
#include "types/stream_groups.h"
#include "types/stream_internal.h"
#include "types/stream_producers.h"
#include "types/type_number.h"

#include <errno.h>
#include <string.h>

/* ---- records of the tree ---- */

const struct record_form stream_block_form = {.fixed = STREAM_RECORD_LEN, .owner = RECORD_OWNS_BLOCK};

static void make_record(char *record, struct stream_id first, struct stream_block *block)
{
    uint32_t count = block->count;
    memcpy(record, &first, sizeof first);
    memcpy(record + STREAM_RECORD_BLOCK, &block, sizeof block);
    memcpy(record + STREAM_RECORD_COUNT, &count, sizeof count);
}

static void release_record(const char *record)
{
    stream_block_free(stream_record_block(record));
}

void stream_register(void)
{
    record_owner_register(RECORD_OWNS_BLOCK, release_record);
}

/* ---- making ---- */

static void init(struct stream *stream)
{
    *stream = (struct stream){0};
    tree_init(&stream->blocks, TREE_BY_ID, stream_block_form);
}

struct entry *stream_create(struct bytes key)
{
    struct stream *stream = mem_try_alloc(sizeof *stream);
    if (!stream)
        return NULL;
    init(stream);
    struct value value = {.data = &stream, .len = sizeof stream, .type = TYPE_STREAM, .flags = ENTRY_OWNS};
    struct entry *entry = entry_create(key, &value, ENTRY_NO_EXPIRY);
    if (!entry)
        mem_free_sized(stream, sizeof *stream);
    return entry;
}

struct stream *stream_of(const struct entry *entry)
{
    struct stream *stream;
    memcpy(&stream, entry_value(entry), sizeof stream);
    return stream;
}

void stream_free(struct stream *stream)
{
    tree_deinit(&stream->blocks);
    if (stream->open)
        stream_block_free(stream->open);
    if (stream->groups)
        stream_groups_free(stream->groups);
    if (stream->producers)
        stream_producers_free(stream->producers);
    mem_free_sized(stream, sizeof *stream);
}

/* Copies of all blocks in the tree. 0 or -ENOMEM; then copy is empty. */
static int copy_blocks(struct tree *copy, const struct tree *blocks)
{
    struct tree_builder builder;
    struct tree_place place;
    int error = 0;
    tree_build_begin(&builder, TREE_BY_ID, stream_block_form);
    for (bool more = tree_at(blocks, 0, &place); more && !error; more = tree_next(blocks, &place)) {
        char record[STREAM_RECORD_LEN];
        struct record_id id = record_id(tree_record(&place));
        struct stream_block *block = stream_block_copy(stream_record_block(tree_record(&place)));
        if (!block) {
            error = -ENOMEM;
            break;
        }
        make_record(record, (struct stream_id){id.high, id.low}, block);
        error = tree_build_add(&builder, id.high, record, sizeof record);
    }
    if (!error)
        return tree_build_end(&builder, copy);
    tree_build_drop(&builder);
    return error;
}

struct stream *stream_copy(const struct stream *stream)
{
    struct stream *copy = mem_try_alloc(sizeof *copy);
    if (!copy)
        return NULL;
    *copy = *stream;
    tree_init(&copy->blocks, TREE_BY_ID, stream_block_form);
    copy->open = NULL;
    copy->groups = NULL;
    copy->producers = NULL;
    bool failed = copy_blocks(&copy->blocks, &stream->blocks) != 0;
    if (!failed && stream->open) {
        copy->open = stream_block_copy(stream->open);
        failed = !copy->open;
    }
    if (!failed && stream->groups) {
        copy->groups = stream_groups_copy(stream->groups);
        failed = !copy->groups;
    }
    if (!failed && stream->producers) {
        copy->producers = stream_producers_copy(stream->producers);
        failed = !copy->producers;
    }
    if (!failed)
        return copy;
    stream_free(copy);
    return NULL;
}

/* ---- adding ---- */

/* The open block becomes one of those in the tree, and this one is open instead. 0 or -ENOMEM. */
static int open_block(struct stream *stream, struct stream_block *block)
{
    struct tree_place place;
    char record[STREAM_RECORD_LEN];
    if (stream->open) {
        stream_block_fit(&stream->open);
        make_record(record, stream->open->first, stream->open);
        tree_end(&stream->blocks, &place);
        if (tree_insert(&stream->blocks, &place, record, sizeof record) != 0)
            return -ENOMEM;
    }
    stream->open = block;
    return 0;
}

/* A block of which the first was full will probably become as large. */
static int begin_block(struct stream *stream, struct stream_id id, const struct stream_draft *draft, size_t bytes_max)
{
    size_t room = stream->open && stream->open->used < bytes_max ? stream->open->used : 0;
    struct stream_block *block = stream_block_create(id, draft, room);
    if (!block)
        return -ENOMEM;
    if (open_block(stream, block) == 0)
        return 0;
    block->has_outside = false; /* the draft's references stay the draft's */
    stream_block_free(block);
    return -ENOMEM;
}

static int add_draft(struct stream *stream, struct stream_id id, const struct stream_draft *draft,
                     const struct stream_limits *limits)
{
    size_t bytes = limits->bytes, entries = limits->entries;
    if (bytes == 0 || bytes > STREAM_BLOCK_BYTES_MAX)
        bytes = STREAM_BLOCK_BYTES_MAX;
    if (entries == 0 || entries > STREAM_BLOCK_ENTRIES_MAX)
        entries = STREAM_BLOCK_ENTRIES_MAX;
    if (stream->open && stream->open->added < entries) {
        int error = stream_block_append(&stream->open, id, draft, bytes);
        if (error != -EFBIG)
            return error;
    }
    return begin_block(stream, id, draft, bytes);
}

int stream_append(struct stream *stream, struct stream_id id, const struct arg *pairs, uint32_t count,
                  const struct stream_limits *limits)
{
    struct stream_draft draft;
    if (stream_draft_init(&draft, pairs, count) != 0)
        return -ENOMEM;
    int error = add_draft(stream, id, &draft, limits);
    stream_draft_deinit(&draft, error == 0);
    if (error)
        return error;
    stream->last_id = id;
    stream->length++;
    stream->entries_added++;
    return 0;
}

/* ---- finding ---- */

/* The block in which the ID is, if it is there; NULL if there is none. place_out: where it is in the tree. */
static struct stream_block *find_block(const struct stream *stream, struct stream_id id, bool *in_tree_out,
                                       struct tree_place *place_out)
{
    *in_tree_out = false;
    if (stream->open && stream_id_compare(stream->open->first, id) <= 0)
        return stream->open;
    *in_tree_out = tree_seek_id_back(&stream->blocks, stream_id_record(id), place_out);
    return *in_tree_out ? stream_record_block(tree_record(place_out)) : NULL;
}

bool stream_has(const struct stream *stream, struct stream_id id)
{
    struct tree_place place;
    struct stream_block_walk walk;
    bool in_tree;
    const struct stream_block *block = find_block(stream, id, &in_tree, &place);
    return block && stream_block_seek(&walk, block, id) && stream_id_compare(walk.id, id) == 0;
}

struct stream_id stream_first_id(const struct stream *stream)
{
    struct tree_place place;
    if (tree_at(&stream->blocks, 0, &place))
        return stream_record_block(tree_record(&place))->first;
    return stream->open ? stream->open->first : STREAM_ID_MIN;
}

struct stream_id stream_last_entry_id(const struct stream *stream)
{
    struct tree_place place;
    if (stream->open)
        return stream->open->last;
    tree_end(&stream->blocks, &place);
    return place.leaf && tree_previous(&stream->blocks, &place) ? stream_record_block(tree_record(&place))->last
                                                                : STREAM_ID_MIN;
}

uint64_t stream_blocks(const struct stream *stream)
{
    return stream->blocks.count + (stream->open != NULL);
}

/* ---- removing ---- */

void stream_remove_from(struct stream *stream, struct tree_place *place, unsigned index, unsigned count)
{
    struct stream_block *block = place ? stream_record_block(tree_record(place)) : stream->open;
    stream->length -= count;
    if (count < block->count) {
        stream_block_remove(&block, index, count);
        if (place) {
            char record[STREAM_RECORD_LEN];
            struct record_id id = record_id(tree_record(place));
            make_record(record, (struct stream_id){id.high, id.low}, block);
            tree_splice(&stream->blocks, place, 1, record, sizeof record, true); /* as long: it takes no memory */
        } else {
            stream->open = block;
        }
    } else if (place) {
        tree_remove(&stream->blocks, place);
    } else {
        stream_block_free(block);
        stream->open = NULL;
    }
}

bool stream_delete(struct stream *stream, struct stream_id id)
{
    struct tree_place place;
    struct stream_block_walk walk;
    bool in_tree;
    const struct stream_block *block = find_block(stream, id, &in_tree, &place);
    if (!block || !stream_block_seek(&walk, block, id) || stream_id_compare(walk.id, id) != 0)
        return false;
    stream_remove_from(stream, in_tree ? &place : NULL, walk.index, 1);
    if (stream_id_compare(id, stream->max_deleted_id) > 0)
        stream->max_deleted_id = id;
    return true;
}
