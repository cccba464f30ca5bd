/*
 * Reading streams: from entry to entry, and from block to block.
 */
#include "types/stream_internal.h"

void stream_walk_begin(struct stream_walk *walk, const struct stream *stream, struct stream_id from,
                       struct stream_id to, bool back)
{
    walk->stream = stream;
    walk->from = from;
    walk->to = to;
    walk->back = back;
    walk->block = NULL;
    walk->begun = false;
}

static void enter_open(struct stream_walk *walk)
{
    walk->in_tree = false;
    walk->block = walk->stream->open;
}

static void enter_place(struct stream_walk *walk)
{
    walk->in_tree = true;
    walk->block = stream_record_block(tree_record(&walk->place));
}

/* To the block where the first entry is looked for; NULL if there is none. */
static void enter_first(struct stream_walk *walk)
{
    const struct stream *stream = walk->stream;
    struct stream_id id = walk->back ? walk->to : walk->from;
    if (stream->open && stream_id_compare(stream->open->first, id) <= 0)
        enter_open(walk);
    else if (tree_seek_id_back(&stream->blocks, stream_id_record(id), &walk->place))
        enter_place(walk);
    else if (walk->back)
        walk->block = NULL;
    else if (tree_at(&stream->blocks, 0, &walk->place))
        enter_place(walk);
    else
        enter_open(walk);
}

/* To the block behind, or before; NULL if there is none. */
static void enter_next(struct stream_walk *walk)
{
    const struct tree *blocks = &walk->stream->blocks;
    if (walk->back && !walk->in_tree) {
        tree_end(blocks, &walk->place);
        walk->block = NULL;
        if (walk->place.leaf && tree_previous(blocks, &walk->place))
            enter_place(walk);
    } else if (walk->in_tree && (walk->back ? tree_previous(blocks, &walk->place) : tree_next(blocks, &walk->place))) {
        enter_place(walk);
    } else if (walk->in_tree && !walk->back) {
        enter_open(walk);
    } else {
        walk->block = NULL;
    }
}

static bool seek_in_block(struct stream_walk *walk)
{
    return walk->back ? stream_block_seek_back(&walk->at, walk->block, walk->to)
                      : stream_block_seek(&walk->at, walk->block, walk->from);
}

static bool is_in_range(const struct stream_walk *walk)
{
    return walk->back ? stream_id_compare(walk->at.id, walk->from) >= 0 : stream_id_compare(walk->at.id, walk->to) <= 0;
}

bool stream_walk_next(struct stream_walk *walk)
{
    bool found = false;
    if (!walk->begun) {
        walk->begun = true;
        enter_first(walk);
        found = walk->block && seek_in_block(walk);
    } else if (walk->block) {
        found = walk->back ? stream_block_previous(&walk->at) : stream_block_next(&walk->at);
    }
    while (!found && walk->block) {
        enter_next(walk);
        found = walk->block && seek_in_block(walk);
    }
    if (!found || !is_in_range(walk)) {
        walk->block = NULL;
        return false;
    }
    walk->id = walk->at.id;
    walk->pairs = walk->at.pairs;
    return true;
}

void stream_walk_pair(struct stream_walk *walk, struct element_view *field_out, struct element_view *value_out)
{
    stream_text_view(walk->at.name, field_out);
    stream_text_view(walk->at.value, value_out);
    walk->at.name += stream_text_len(walk->at.name);
    walk->at.value += stream_text_len(walk->at.value);
}
