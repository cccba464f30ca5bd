/*
 * Reading blocks. Entries can only be read forwards; whoever goes back notes the places of the last hundred on the way,
 * and when these are used up the places of those before them.
 */
#include "base/panic.h"
#include "types/stream_block_internal.h"

/* Reads the entry at walk->next, of that index; id is that of the entry before. */
static inline void read_entry(struct stream_block_walk *walk, unsigned index, struct stream_id before,
                              struct stream_coded *coded)
{
    stream_coded_read(walk->next, coded);
    walk->index = index;
    walk->id = index == 0 ? walk->block->first : stream_coded_id(coded, before);
    walk->next = coded->end;
}

static inline void open_entry(struct stream_block_walk *walk, const struct stream_coded *coded)
{
    walk->pairs = stream_coded_texts(walk->block, coded, &walk->name, &walk->value);
}

static void begin(struct stream_block_walk *walk, const struct stream_block *block)
{
    walk->block = block;
    walk->next = stream_block_entries(block);
    walk->places_from = walk->places_to = 0;
}

bool stream_block_seek(struct stream_block_walk *walk, const struct stream_block *block, struct stream_id id)
{
    struct stream_coded coded;
    begin(walk, block);
    if (stream_id_compare(block->last, id) < 0)
        return false;
    struct stream_id before = block->first;
    for (unsigned index = 0;; index++) {
        read_entry(walk, index, before, &coded);
        if (stream_id_compare(walk->id, id) >= 0)
            break;
        before = walk->id;
    }
    open_entry(walk, &coded);
    return true;
}

bool stream_block_next(struct stream_block_walk *walk)
{
    struct stream_coded coded;
    if (walk->index + 1u >= walk->block->count)
        return false;
    read_entry(walk, walk->index + 1, walk->id, &coded);
    open_entry(walk, &coded);
    return true;
}

/* ---- back ---- */

/* Notes places from the block's beginning on, to the last entry whose ID isn't higher, and to an index. */
static void note_places(struct stream_block_walk *walk, struct stream_id highest, unsigned limit)
{
    struct stream_coded coded;
    struct stream_id before = walk->block->first;
    unsigned index = 0;
    walk->next = stream_block_entries(walk->block);
    for (; index < limit; index++) {
        uint32_t offset = (uint32_t)(walk->next - walk->block->bytes);
        read_entry(walk, index, before, &coded);
        if (stream_id_compare(walk->id, highest) > 0)
            break;
        walk->places[index % STREAM_BLOCK_PLACES] = (struct stream_block_place){walk->id, offset};
        before = walk->id;
    }
    walk->places_to = index;
    walk->places_from = index > STREAM_BLOCK_PLACES ? index - STREAM_BLOCK_PLACES : 0;
}

static void go_to_place(struct stream_block_walk *walk, unsigned index)
{
    struct stream_coded coded;
    const struct stream_block_place *place = &walk->places[index % STREAM_BLOCK_PLACES];
    walk->index = index;
    walk->id = place->id;
    stream_coded_read(walk->block->bytes + place->offset, &coded);
    walk->next = coded.end;
    open_entry(walk, &coded);
}

bool stream_block_seek_back(struct stream_block_walk *walk, const struct stream_block *block, struct stream_id id)
{
    begin(walk, block);
    note_places(walk, id, block->count);
    if (walk->places_to == 0)
        return false;
    go_to_place(walk, walk->places_to - 1);
    return true;
}

bool stream_block_previous(struct stream_block_walk *walk)
{
    if (walk->index == 0)
        return false;
    unsigned index = walk->index - 1;
    if (index < walk->places_from)
        note_places(walk, STREAM_ID_MAX, index + 1);
    go_to_place(walk, index);
    return true;
}

/* ---- checking ---- */

void stream_block_check(const struct stream_block *block)
{
    struct stream_block_walk walk;
    unsigned lists = 0, count = 0;
    bool has_outside = false;
    const char *list = block->bytes;
    for (; list < stream_block_entries(block); lists++) {
        uint64_t len, names;
        list = seven_bits_get(list, &len);
        const char *end = list + len;
        list = seven_bits_get(list, &names);
        has_outside = has_outside || stream_text_has_outside(list, (uint32_t)names);
        panic_unless(names > 0 && stream_text_skip(list, (uint32_t)names) == end);
        list = end;
    }
    panic_unless(list == stream_block_entries(block) && lists == block->lists && lists <= STREAM_LISTS_MAX);
    panic_unless(block->count > 0 && block->count <= block->added && block->used <= block->room);
    for (bool more = stream_block_seek(&walk, block, STREAM_ID_MIN); more; more = stream_block_next(&walk), count++) {
        struct stream_id id = walk.id;
        const char *end = stream_text_skip(walk.value, walk.pairs);
        has_outside = has_outside || stream_text_has_outside(walk.value, walk.pairs) ||
                      stream_text_has_outside(walk.name, walk.pairs);
        panic_unless(walk.index == count && walk.pairs > 0 && end == walk.next);
        panic_unless(count > 0 || stream_id_compare(id, block->first) == 0);
    }
    panic_unless(count == block->count && walk.next == stream_block_end(block));
    panic_unless(stream_id_compare(walk.id, block->last) == 0 && (block->has_outside || !has_outside));
}
