/*
 * Blocks: runs of stream entries in one allocation each.
 *
 *     header | lists of field names | entries
 *
 *     list     length of the rest | number of names | names
 *     entry    length of the rest | list * 2 + numbered | milliseconds | number, if numbered
 *              | number of names, names, if list is 0 | values
 *
 * Lengths and numbers are of seven bits a byte, low ones first; names and values are as in stream_text.h. An entry says
 * how many milliseconds it came after the one before. Its number is the next one, or 0 in another millisecond; where it
 * isn't, it is said how far behind that it is. The first entry says neither. Entries with the same fields as one before
 * them in the block name that list, so most are their values and three bytes.
 *
 * A block knows nothing of others, so it is copied and freed as it is. What it has grown to or shrunk to decides its
 * allocation; all its changes pass through one function of stream_block.c, and it has room for the epoch of the last
 * snapshot that has it. Private to streams.
 */
#ifndef KVS_TYPES_STREAM_BLOCK_H
#define KVS_TYPES_STREAM_BLOCK_H

#include "types/stream_id.h"
#include "types/stream_text.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define STREAM_BLOCK_BYTES_MAX 65536 /* of a block with more than one entry */
#define STREAM_BLOCK_ENTRIES_MAX 2000

struct stream_block {
    uint32_t epoch; /* of the last snapshot that has it */
    uint32_t used;  /* bytes of lists and entries */
    uint32_t room;  /* bytes for them */
    uint32_t lists_len;
    uint16_t count; /* entries */
    uint16_t added; /* entries ever */
    uint8_t lists;
    bool has_outside; /* some text has ever referred to a blob */
    struct stream_id first, last;
    char bytes[];
};

/* When a block is full. 0: there is no limit, but for those above. */
struct stream_limits {
    uint64_t bytes, entries;
};

/* What an entry consists of, before it is in a block. */
struct stream_draft {
    char *bytes; /* names, then values, as they are stored */
    size_t names_len, len, room;
    uint32_t pairs;
    bool has_outside, names_are_outside; /* some text refers to a blob; some name does */
    char small[1024];                    /* where the bytes are if these are enough */
};

/* count pairs, which are field, value, field, value in pairs. 0 or -ENOMEM. */
int stream_draft_init(struct stream_draft *draft, const struct arg *pairs, uint32_t count);

/* Frees it; references that its texts own stay with the block that has got it, or end. */
void stream_draft_deinit(struct stream_draft *draft, bool is_kept);

/*
 * A block with one entry, and with room for that many bytes or more. NULL without memory; else it takes the draft's
 * references.
 */
struct stream_block *stream_block_create(struct stream_id id, const struct stream_draft *draft, size_t room);

void stream_block_free(struct stream_block *block);

struct stream_block *stream_block_copy(const struct stream_block *block); /* NULL without memory */

/*
 * Adds an entry at the end, unless the block would have more than bytes_max bytes of lists and entries then. The ID is
 * above the last one. The block may move. 0, -EFBIG or -ENOMEM; if 0 it takes the draft's references.
 */
int stream_block_append(struct stream_block **block, struct stream_id id, const struct stream_draft *draft,
                        size_t bytes_max);

/* Gives up room that isn't used. The block may move. */
void stream_block_fit(struct stream_block **block);

/* Takes count entries away from the index on; some stay. The block may move. */
void stream_block_remove(struct stream_block **pointer, unsigned index, unsigned count);

/* Bytes of memory, with what texts have outside. */
size_t stream_block_memory(const struct stream_block *block);

/* ---- reading ---- */

struct stream_block_place {
    struct stream_id id;
    uint32_t offset; /* of the entry, into the block's bytes */
};

#define STREAM_BLOCK_PLACES 128

/* An entry of the block, and the way to others. A change of the block invalidates it. */
struct stream_block_walk {
    struct stream_id id;
    const struct stream_block *block;
    const char *next; /* entry */
    unsigned index;   /* of the entry */
    uint32_t pairs;
    const char *name, *value;        /* the next ones of it */
    unsigned places_from, places_to; /* back: indices of entries whose places are known, at the index modulo so many */
    struct stream_block_place places[STREAM_BLOCK_PLACES];
};

/* To the first entry whose ID isn't lower; back: to the last whose ID isn't higher. False: there is none. */
bool stream_block_seek(struct stream_block_walk *walk, const struct stream_block *block, struct stream_id id);
bool stream_block_seek_back(struct stream_block_walk *walk, const struct stream_block *block, struct stream_id id);

/* To the next, or after seeking back to the one before. False: there is none. */
bool stream_block_next(struct stream_block_walk *walk);
bool stream_block_previous(struct stream_block_walk *walk);

/* Walks the block; ends the process if something is wrong with it. */
void stream_block_check(const struct stream_block *block);

#endif
