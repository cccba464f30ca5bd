#include "persist/rdb_gather.h"

#include "base/memory.h"
#include "shape/expiry_index.h"
#include "shape/tree_build.h"

#include <string.h>

#define CHUNK_BYTES (((size_t)32 << 10) - sizeof(void *) - sizeof(size_t)) /* records of one chunk */

struct rdb_gather_chunk {
    struct rdb_gather_chunk *next;
    size_t used;
    char records[CHUNK_BYTES];
};

void rdb_gather_init(struct rdb_gather *gather, const struct collection_kind *kind)
{
    *gather = (struct rdb_gather){.kind = kind};
}

void rdb_gather_deinit(struct rdb_gather *gather)
{
    for (struct rdb_gather_chunk *chunk = gather->chunks, *next; chunk; chunk = next) {
        next = chunk->next;
        record_release_all(chunk->records, chunk->records + chunk->used, gather->kind->form);
        mem_free_sized(chunk, sizeof *chunk);
    }
    mem_free(gather->refs);
    rdb_gather_init(gather, gather->kind);
}

/* ---- adding ---- */

static bool make_room(struct rdb_gather *gather, size_t len)
{
    struct rdb_gather_chunk *chunk = gather->chunks;
    if (gather->count == gather->room) {
        size_t room = gather->room > 0 ? 2 * gather->room : 1024;
        struct record_ref *refs = mem_try_realloc(gather->refs, room * sizeof *refs);
        if (!refs)
            return false;
        gather->refs = refs;
        gather->room = room;
    }
    if (chunk && CHUNK_BYTES - chunk->used >= len)
        return true;
    chunk = mem_try_alloc(sizeof *chunk);
    if (!chunk)
        return false;
    chunk->next = gather->chunks;
    chunk->used = 0;
    gather->chunks = chunk;
    return true;
}

enum rdb_outcome rdb_gather_add(struct rdb_gather *gather, const char *record, size_t len)
{
    struct record_form form = gather->kind->form;
    if (!make_room(gather, len)) {
        record_release_all(record, record + len, form);
        return RDB_NO_MEMORY;
    }
    struct rdb_gather_chunk *chunk = gather->chunks;
    char *kept = memcpy(chunk->records + chunk->used, record, len);
    const char *element = record_element(kept, form);
    chunk->used += len;
    gather->refs[gather->count++] = (struct record_ref){
        .key = element_hash_stored(element),
        .stored = element,
        .score = form.fixed > 0 ? record_score(kept) : 0,
    };
    return RDB_READ;
}

/* ---- building ---- */

/* Sorted, equal members have equal keys, so they are near one another. */
static bool has_twins(const struct rdb_gather *gather)
{
    const struct record_ref *refs = gather->refs;
    for (size_t at = 1; at < gather->count; at++) {
        record_ref_prefetch(refs, gather->count, at);
        for (size_t before = at; before-- > 0 && refs[before].key == refs[at].key;)
            if (element_is_same(refs[before].stored, refs[at].stored))
                return true;
    }
    return false;
}

static int build_by_hash(const struct rdb_gather *gather, struct tree *tree_out)
{
    struct tree_builder builder;
    struct record_form form = gather->kind->form;
    tree_build_begin(&builder, TREE_BY_HASH, form);
    for (size_t i = 0; i < gather->count; i++) {
        const char *record = gather->refs[i].stored;
        record_ref_prefetch(gather->refs, gather->count, i);
        size_t len = record_len(record, form);
        record_retain_all(record, record + len, form);
        if (tree_build_add(&builder, gather->refs[i].key, record, len) != 0) {
            tree_build_drop(&builder);
            return -1;
        }
    }
    return tree_build_end(&builder, tree_out);
}

static enum rdb_outcome plant(const struct rdb_gather *gather, struct collection *collection)
{
    struct collection_trees trees;
    expiry_index_init(&trees.index); /* hashes have one: of the times, of which there are none */
    if (build_by_hash(gather, &trees.tree) != 0)
        return RDB_NO_MEMORY;
    if (collection_plant(collection, &trees) == 0)
        return RDB_READ;
    tree_deinit(&trees.tree);
    return RDB_NO_MEMORY;
}

enum rdb_outcome rdb_gather_build(struct rdb_gather *gather, struct collection *collection)
{
    record_sort_by_key(gather->refs, gather->count);
    if (has_twins(gather))
        return RDB_BAD;
    if (gather->kind->order == TREE_BY_HASH)
        return plant(gather, collection);
    return collection_build(collection, gather->refs, gather->count, true) == 0 ? RDB_READ : RDB_NO_MEMORY;
}
