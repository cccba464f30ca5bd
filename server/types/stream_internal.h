/*
 * What the sources of streams share. Private to them.
 */
#ifndef KVS_TYPES_STREAM_INTERNAL_H
#define KVS_TYPES_STREAM_INTERNAL_H

#include "types/stream.h"

/*
 * Records of the tree: an ID that isn't above those of the block's entries, nor below those of the block before; the
 * block; and how many entries it has, so that they are counted without a look at each block.
 */
#define STREAM_RECORD_BLOCK sizeof(struct stream_id)
#define STREAM_RECORD_COUNT (STREAM_RECORD_BLOCK + sizeof(struct stream_block *))
#define STREAM_RECORD_LEN (STREAM_RECORD_COUNT + sizeof(uint32_t))

static inline struct stream_block *stream_record_block(const char *record)
{
    struct stream_block *block;
    memcpy(&block, record + STREAM_RECORD_BLOCK, sizeof block);
    return block;
}

static inline uint32_t stream_record_count(const char *record)
{
    uint32_t count;
    memcpy(&count, record + STREAM_RECORD_COUNT, sizeof count);
    return count;
}

extern const struct record_form stream_block_form;

/* Takes entries from the block at the place in the tree, or for NULL from the open one. A block that is emptied goes. */
void stream_remove_from(struct stream *stream, struct tree_place *place, unsigned index, unsigned count);

void stream_free(struct stream *stream);
struct stream *stream_copy(const struct stream *stream); /* NULL without memory */

#endif
