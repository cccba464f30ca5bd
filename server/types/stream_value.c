/*
 * Streams as values of keys: what the store does with them without knowing them.
 */
#include "base/digest.h"
#include "base/memory.h"
#include "base/panic.h"
#include "store/reaper.h"
#include "types/stream_groups.h"
#include "types/stream_internal.h"
#include "types/stream_producers.h"

#include <errno.h>

#define SLOW_BLOCKS 200   /* from which on freeing takes so long that the reaper should do it */
#define SAMPLED_BLOCKS 20 /* from which the size of what is freed is estimated */
#define LISTPACK_ENTRY 11 /* bytes that Redis's listpack has for an entry beyond its values, about */
#define LISTPACK_NODE 40  /* the same for a node */

/* ---- freeing in the background ---- */

struct blocks_job {
    struct reaper_job job; /* first */
    struct tree blocks;
};

static void run_job(struct reaper_job *job)
{
    struct blocks_job *blocks = (struct blocks_job *)(void *)job;
    tree_deinit(&blocks->blocks);
    mem_free_sized(blocks, sizeof *blocks);
}

/* Bytes of the blocks of a tree, estimated from so many (0: all). */
static size_t blocks_memory(const struct tree *blocks, uint64_t samples)
{
    struct tree_place place;
    size_t bytes = 0;
    uint64_t seen = 0;
    for (bool more = tree_at(blocks, 0, &place); more && (samples == 0 || seen < samples);
         more = tree_next(blocks, &place), seen++)
        bytes += stream_block_memory(stream_record_block(tree_record(&place)));
    return seen > 0 ? (size_t)((double)bytes * (double)blocks->count / (double)seen) : 0;
}

void stream_discard(struct tree *cut)
{
    if (cut->count < SLOW_BLOCKS) {
        tree_deinit(cut);
        return;
    }
    struct blocks_job *job = mem_alloc(sizeof *job);
    job->job = (struct reaper_job){.run = run_job, .units = 1, .bytes = blocks_memory(cut, SAMPLED_BLOCKS)};
    job->blocks = *cut;
    reaper_post(&job->job);
}

/* ---- operations for the store ---- */

static void release(struct entry *entry)
{
    stream_free(stream_of(entry));
}

static bool is_slow_to_release(const struct entry *entry)
{
    const struct stream *stream = stream_of(entry);
    return stream->blocks.count >= SLOW_BLOCKS || (stream->groups && stream_groups_are_slow_to_free(stream->groups)) ||
           (stream->producers && stream_producers_are_slow_to_free(stream->producers));
}

static int copy(struct entry *copied)
{
    struct stream *stream = stream_copy(stream_of(copied));
    if (!stream)
        return -ENOMEM;
    memcpy(entry_value(copied), &stream, sizeof stream);
    return 0;
}

/* Samples are entries; there are about a hundred in a block. */
static size_t memory(const struct entry *entry, size_t samples)
{
    const struct stream *stream = stream_of(entry);
    return mem_good_size(sizeof *stream) + tree_memory(&stream->blocks, samples) +
           blocks_memory(&stream->blocks, samples == 0 ? 0 : samples / 100 + 1) +
           (stream->open ? stream_block_memory(stream->open) : 0) +
           (stream->groups ? stream_groups_memory(stream->groups, samples) : 0) +
           (stream->producers ? stream_producers_memory(stream->producers, samples) : 0);
}

static void add_to_digest(const struct entry *entry, struct digest *digest)
{
    struct stream_walk walk;
    stream_walk_begin(&walk, stream_of(entry), STREAM_ID_MIN, STREAM_ID_MAX, false);
    while (stream_walk_next(&walk)) {
        char id[STREAM_ID_MAX_LEN];
        struct element_view field, value;
        size_t len = stream_id_format(id, walk.id);
        *(char *)memchr(id, '-', len) = '.';
        digest_mix(digest, id, len);
        for (uint32_t i = 0; i < walk.pairs; i++) {
            stream_walk_pair(&walk, &field, &value);
            digest_mix(digest, field.text.data, field.text.len);
            digest_mix(digest, value.text.data, value.text.len);
        }
    }
}

static const char *encoding_word(const struct entry *entry)
{
    (void)entry;
    return "stream";
}

/* About: Redis's own form can't be known without making it. */
static size_t serialized_len(const struct entry *entry)
{
    const struct stream *stream = stream_of(entry);
    struct tree_place place;
    size_t bytes = stream->open ? stream->open->used : 0;
    for (bool more = tree_at(&stream->blocks, 0, &place); more; more = tree_next(&stream->blocks, &place))
        bytes += stream_record_block(tree_record(&place))->used;
    return bytes + stream->length * LISTPACK_ENTRY + stream_blocks(stream) * LISTPACK_NODE;
}

const struct value_type stream_type = {
    .name = "stream",
    .release = release,
    .is_slow_to_release = is_slow_to_release,
    .copy = copy,
    .memory = memory,
    .digest = add_to_digest,
    .encoding = encoding_word,
    .serialized_len = serialized_len,
};

/* ---- checking ---- */

void stream_check(const struct stream *stream)
{
    struct tree_place place;
    struct stream_id last = STREAM_ID_MIN;
    uint64_t length = 0;
    tree_check(&stream->blocks);
    for (bool more = tree_at(&stream->blocks, 0, &place); more; more = tree_next(&stream->blocks, &place)) {
        struct record_id id = record_id(tree_record(&place));
        const struct stream_block *block = stream_record_block(tree_record(&place));
        stream_block_check(block);
        panic_unless(record_id_compare(id, stream_id_record(block->first)) <= 0);
        panic_unless(record_id_compare(stream_id_record(last), id) < 0);
        panic_unless(block->count == stream_record_count(tree_record(&place)));
        length += block->count;
        last = block->last;
    }
    if (stream->open) {
        stream_block_check(stream->open);
        panic_unless(stream_id_compare(last, stream->open->first) < 0);
        length += stream->open->count;
        last = stream->open->last;
    }
    if (stream->producers)
        stream_producers_check(stream->producers);
    panic_unless(length == stream->length && stream_id_compare(last, stream->last_id) <= 0);
}
