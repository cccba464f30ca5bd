/*
 * Streams: entries of fields and values in the order of their IDs, to which new ones are added at the end.
 *
 * Entries stand in blocks (stream_block.h) of about a hundred. The newest block is open; those before it hang in a tree
 * by their first IDs, so what is looked for is found in logarithmic time, and a long run of the oldest ones is cut off
 * at once. The entry of a stream has one pointer, to a struct stream, which moves with the key and never alone.
 *
 * All under the lock of the entry's shard; the caller encloses changes in keyspace_edit() and keyspace_edited(). A
 * stream may be empty. Any change of blocks ends the walks over the stream.
 */
#ifndef KVS_TYPES_STREAM_H
#define KVS_TYPES_STREAM_H

#include "base/bytes.h"
#include "shape/tree.h"
#include "store/entry.h"
#include "types/stream_block.h"
#include "types/stream_id.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct stream_groups;
struct stream_producers;

struct stream {
    struct tree blocks;        /* private: by ID; all blocks but the open one */
    struct stream_block *open; /* private: the last block, or NULL: the next entry begins a new one */
    uint64_t length;           /* read-only: entries */
    struct stream_id last_id;  /* the highest that was ever added, or was set */
    struct stream_id max_deleted_id;
    uint64_t entries_added;             /* ever */
    struct stream_groups *groups;       /* stream_groups.h; owned. NULL: there are none */
    struct stream_producers *producers; /* stream_producers.h; owned. NULL: none is known, nor a limit */
};

/* A new entry with an empty stream, to be filled before or after it is put under its key. NULL without memory. */
struct entry *stream_create(struct bytes key);

struct stream *stream_of(const struct entry *entry);

/* The first entry's ID; 0-0 if there is none. */
struct stream_id stream_first_id(const struct stream *stream);

/* The ID of the last entry that is there; 0-0 if there is none. */
struct stream_id stream_last_entry_id(const struct stream *stream);

/* ---- changing ---- */

/*
 * Adds an entry of count pairs, which are field, value, field, value in pairs. The id is above last_id, which it
 * becomes. 0 or -ENOMEM; nothing has changed then.
 */
int stream_append(struct stream *stream, struct stream_id id, const struct arg *pairs, uint32_t count,
                  const struct stream_limits *limits);

/* Whether there was such an entry, which is gone now. What is deleted becomes max_deleted_id if that is lower. */
bool stream_delete(struct stream *stream, struct stream_id id);

/* What becomes of entries that groups have pending when they are trimmed, and of what the groups know of them. */
enum stream_references {
    STREAM_KEEP_REFERENCES,
    STREAM_DROP_REFERENCES, /* entries go, from the groups as well */
    STREAM_ONLY_ACKED,      /* only entries go that all groups have acknowledged */
};

/* How entries at the front are trimmed. */
struct stream_trim {
    bool by_id;        /* those below first; otherwise all but the last most ones */
    bool whole_blocks; /* only blocks that go as a whole */
    uint64_t most;
    struct stream_id first;
    uint64_t limit;     /* of entries that go, if whole_blocks; 0: none */
    uint8_t references; /* enum stream_references */
};

/*
 * Returns how many entries are gone, and in cut_out what is to be given to stream_discard(). Logarithmic, but for some
 * nanoseconds for each block.
 */
uint64_t stream_trim(struct stream *stream, const struct stream_trim *trim, struct tree *cut_out);

/* Frees what was cut off, in the background if that takes long. With or without locks. */
void stream_discard(struct tree *cut);

/* ---- reading ---- */

/* A walk over entries, in order or back. Members without a remark are private. */
struct stream_walk {
    struct stream_id id; /* of the entry that the walk is at */
    uint32_t pairs;      /* of that entry */
    const struct stream *stream;
    const struct stream_block *block;
    bool back, begun, in_tree;
    struct stream_id from, to; /* the lowest and the highest that are visited */
    struct tree_place place;
    struct stream_block_walk at;
};

/* From the lowest to the highest ID, both included; back: from the highest on. from may be above to: it is empty. */
void stream_walk_begin(struct stream_walk *walk, const struct stream *stream, struct stream_id from,
                       struct stream_id to, bool back);

/* To the first entry, then to the next. False: there is none. */
bool stream_walk_next(struct stream_walk *walk);

/*
 * The next field and value of the entry that the walk is at, which may be called as often as it has pairs. They are
 * borrowed from the stream, or lie in the views.
 */
void stream_walk_pair(struct stream_walk *walk, struct element_view *field_out, struct element_view *value_out);

bool stream_has(const struct stream *stream, struct stream_id id);

/* Blocks of entries; Redis would have as many nodes in its tree. */
uint64_t stream_blocks(const struct stream *stream);

/* ---- as a type ---- */

extern const struct value_type stream_type;

/* Before threads start. */
void stream_register(void);

/* Walks the whole stream; ends the process if something is wrong with it. For tests and DEBUG. */
void stream_check(const struct stream *stream);

#endif
