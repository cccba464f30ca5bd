/*
 * Trimming. What goes is at the front: whole blocks, which are cut off the tree, and entries of the first one that
 * stays; or, if only what all groups have acknowledged may go, entries wherever they are.
 */
#include "types/stream_groups.h"
#include "types/stream_internal.h"

/* Whether a block that goes on to that last ID goes as a whole, with so many entries before it gone already. */
static bool goes_as_a_whole(const struct stream *stream, const struct stream_trim *trim, uint64_t gone, uint64_t count,
                            struct stream_id last)
{
    if (trim->by_id)
        return stream_id_compare(last, trim->first) < 0;
    return stream->length >= gone + count && stream->length - gone - count >= trim->most;
}

static bool is_beyond_limit(const struct stream_trim *trim, uint64_t gone, uint64_t count)
{
    return trim->whole_blocks && trim->limit > 0 && gone + count > trim->limit;
}

/* Where the front ends that goes. */
struct front {
    uint64_t blocks;  /* of the tree, as a whole */
    uint64_t whole;   /* entries of those */
    bool open;        /* the open block goes as well */
    unsigned further; /* entries of the first block that stays */
};

/* Blocks of the tree that go, and their entries. By ID those before the block with that ID do, and perhaps that one. */
static void count_blocks(const struct stream *stream, const struct stream_trim *trim, struct front *front)
{
    struct tree_place place;
    uint64_t sure = 0;
    if (trim->by_id && tree_seek_id_back(&stream->blocks, stream_id_record(trim->first), &place))
        sure = tree_index(&stream->blocks, &place);
    for (bool more = tree_at(&stream->blocks, 0, &place); more; more = tree_next(&stream->blocks, &place)) {
        const char *record = tree_record(&place);
        uint64_t count = stream_record_count(record);
        if (is_beyond_limit(trim, front->whole, count))
            return;
        if (front->blocks >= sure && !goes_as_a_whole(stream, trim, front->whole, count,
                                                      trim->by_id ? stream_record_block(record)->last : STREAM_ID_MIN))
            return;
        front->whole += count;
        front->blocks++;
    }
}

/* Entries that go of a block that doesn't go as a whole; whole ones with so many have gone before it. */
static unsigned count_entries(const struct stream *stream, const struct stream_trim *trim, uint64_t gone,
                              const struct stream_block *block)
{
    struct stream_block_walk walk;
    if (!trim->by_id)
        return stream->length - gone > trim->most ? (unsigned)(stream->length - gone - trim->most) : 0;
    return stream_block_seek(&walk, block, trim->first) ? walk.index : 0;
}

static struct front find_front(const struct stream *stream, const struct stream_trim *trim)
{
    struct tree_place place;
    struct front front = {0};
    count_blocks(stream, trim, &front);
    bool in_tree = tree_at(&stream->blocks, front.blocks, &place);
    const struct stream_block *first = in_tree ? stream_record_block(tree_record(&place)) : stream->open;
    if (!first)
        return front;
    front.open = !in_tree && !is_beyond_limit(trim, front.whole, first->count) &&
                 goes_as_a_whole(stream, trim, front.whole, first->count, first->last);
    if (!front.open && !trim->whole_blocks)
        front.further = count_entries(stream, trim, front.whole, first);
    return front;
}

/* ---- what the groups have ---- */

static void forget_first(struct stream *stream, uint64_t count)
{
    struct stream_walk walk;
    stream_walk_begin(&walk, stream, STREAM_ID_MIN, STREAM_ID_MAX, false);
    while (count-- > 0 && stream_walk_next(&walk))
        stream_groups_forget(stream->groups, walk.id);
}

/* Where a run of entries of one block begins, and how many they are. */
struct run {
    struct tree_place place;
    bool in_tree;
    unsigned index, count;
    struct stream_id last; /* that was looked at */
};

/*
 * The first run of acknowledged entries from an ID on, among the next *left entries, of which those are subtracted that
 * were looked at; of most entries at most.
 */
static struct run find_acked(const struct stream *stream, struct stream_id from, uint64_t *left, uint64_t most)
{
    struct stream_walk walk;
    struct run run = {.last = from};
    const struct stream_block *block = NULL;
    stream_walk_begin(&walk, stream, from, STREAM_ID_MAX, false);
    while (*left > 0 && run.count < most && stream_walk_next(&walk)) {
        bool acked = stream_groups_all_acked(stream->groups, walk.id);
        if (run.count > 0 && (!acked || walk.block != block))
            break;
        run.last = walk.id;
        --*left;
        if (!acked)
            continue;
        if (run.count++ == 0) {
            block = walk.block;
            run.in_tree = walk.in_tree;
            run.place = walk.place;
            run.index = walk.at.index;
        }
    }
    return run;
}

/* Of the first so many entries those go that are acknowledged, and no more than most. Returns how many have. */
static uint64_t trim_acked(struct stream *stream, uint64_t among, uint64_t most)
{
    struct stream_id from = STREAM_ID_MIN;
    uint64_t gone = 0;
    while (among > 0 && gone < most) {
        struct run run = find_acked(stream, from, &among, most - gone);
        if (run.count == 0)
            break;
        stream_remove_from(stream, run.in_tree ? &run.place : NULL, run.index, run.count);
        gone += run.count;
        from = run.last;
        if (!stream_id_increment(&from))
            break;
    }
    return gone;
}

/* ---- trimming ---- */

static void cut_front(struct stream *stream, const struct front *front, struct tree *cut_out)
{
    struct tree_place place;
    if (front->blocks > 0)
        tree_cut(&stream->blocks, 0, front->blocks, cut_out);
    stream->length -= front->whole;
    if (front->open)
        stream_remove_from(stream, NULL, 0, stream->open->count);
    else if (front->further > 0)
        stream_remove_from(stream, tree_at(&stream->blocks, 0, &place) ? &place : NULL, 0, front->further);
}

uint64_t stream_trim(struct stream *stream, const struct stream_trim *trim, struct tree *cut_out)
{
    bool has_groups = stream->groups && stream_groups_count(stream->groups) > 0;
    uint64_t before = stream->length;
    tree_init(cut_out, TREE_BY_ID, stream_block_form);
    struct front front = find_front(stream, trim);
    uint64_t goes = front.whole + front.further + (front.open ? stream->open->count : 0);
    if (has_groups && trim->references == STREAM_ONLY_ACKED) {
        bool everywhere = !trim->by_id && !trim->whole_blocks;
        return trim_acked(stream, everywhere ? before : goes, goes);
    }
    if (has_groups && trim->references == STREAM_DROP_REFERENCES)
        forget_first(stream, goes);
    cut_front(stream, &front, cut_out);
    return before - stream->length;
}
