/*
 * Taking whole ranges out of collections, and freeing what was taken out.
 */
#include "base/memory.h"
#include "shape/member_index.h"
#include "store/reaper.h"
#include "types/collection_internal.h"

#include <errno.h>
#include <string.h>

#define BUILT_ANEW 3 /* from this part on it takes less time to build the index of those that stay */
#define SAMPLES 500  /* records from which the size of what is freed is estimated */

/* Of a packed collection; leaves it as it is if there is no memory for a smaller one. */
static int packed_cut(struct collection *collection, uint64_t index, uint64_t count)
{
    struct entry *entry = collection->entry;
    struct record_form form = collection->kind->form;
    char value[PACKED_HEAD + COLLECTION_PACKED_MAX], removed[COLLECTION_PACKED_MAX];
    const char *from = record_skip(packed_records(entry), packed_end(entry), form, index);
    const char *to = record_skip(from, packed_end(entry), form, count);
    size_t before = (size_t)(from - entry_value(entry)), gone = (size_t)(to - from);
    size_t behind = (size_t)(packed_end(entry) - to);
    uint16_t left = (uint16_t)(packed_count(entry) - count);
    memcpy(removed, from, gone);
    memcpy(value, entry_value(entry), before);
    memcpy(value, &left, sizeof left);
    memcpy(value + before, to, behind);
    entry = entry_set_value(entry, entry->encoding, entry->flags & ENTRY_VALUE_FLAGS, value, before + behind);
    if (!entry)
        return -ENOMEM;
    collection->entry = entry;
    record_release_all(removed, removed + gone, form);
    return 0;
}

static struct record_ref *refer(struct record_ref *refs, const struct tree *members, uint64_t from, uint64_t count)
{
    struct tree_place place;
    for (bool more = count > 0 && tree_at(members, from, &place); more && count > 0; count--) {
        const char *record = tree_record(&place), *stored = record_element(record, members->form);
        *refs++ = (struct record_ref){element_hash_stored(stored), stored, record_score(record)};
        more = tree_next(members, &place);
    }
    return refs;
}

/* An index of those that stay, in the place of the one of all. False without memory; then it is as it was. */
static bool index_those_that_stay(struct collection_trees *trees, uint64_t index, uint64_t count)
{
    struct tree those;
    uint64_t behind = index + count, staying = trees->tree.count - count;
    size_t bytes = (size_t)staying * sizeof(struct record_ref);
    struct record_ref *refs = mem_try_alloc(bytes + 1); /* there may be none */
    if (!refs)
        return false;
    struct record_ref *end = refer(refs, &trees->tree, 0, index);
    refer(end, &trees->tree, behind, trees->tree.count - behind);
    record_sort_by_key(refs, staying);
    int error = member_index_build(&those, refs, staying);
    mem_free_sized(refs, bytes + 1);
    if (error)
        return false;
    collection_discard(&trees->index);
    trees->index = those;
    return true;
}

/*
 * What is cut off leaves the index as well, record by record, unless that is a large part of it: then it is built
 * anew.
 */
static void index_cut(struct collection_trees *trees, uint64_t index, uint64_t count)
{
    struct tree_place place;
    struct record_form form = trees->tree.form;
    if (count >= trees->tree.count / BUILT_ANEW && index_those_that_stay(trees, index, count))
        return;
    for (bool more = tree_at(&trees->tree, index, &place); more && count > 0; count--) {
        const char *record = tree_record(&place);
        member_index_remove(&trees->index, record_score(record), element_hash_stored(record_element(record, form)));
        more = tree_next(&trees->tree, &place);
    }
}

int collection_cut(struct collection *collection, uint64_t index, uint64_t count, struct tree *cut_out)
{
    uint64_t all = collection_count(collection);
    tree_init(cut_out, (enum tree_order)collection->kind->order, collection->kind->form);
    if (index >= all || count == 0)
        return 0;
    count = count < all - index ? count : all - index;
    if (!collection->is_tree)
        return packed_cut(collection, index, count);
    if (is_sorted(collection->kind))
        index_cut(&collection->trees, index, count);
    tree_cut(&collection->trees.tree, index, count, cut_out);
    store_trees(collection);
    return 0;
}

/* ---- freeing ---- */

struct tree_job {
    struct reaper_job job; /* first */
    struct tree tree;
};

static void tree_job_run(struct reaper_job *job)
{
    tree_deinit(&((struct tree_job *)job)->tree);
    mem_free_sized(job, sizeof(struct tree_job));
}

void collection_discard(struct tree *cut)
{
    if (cut->count < SLOW_RECORDS) {
        tree_deinit(cut);
        return;
    }
    struct tree_job *job = mem_alloc(sizeof *job);
    job->job = (struct reaper_job){.run = tree_job_run, .units = 1, .bytes = tree_memory(cut, SAMPLES)};
    job->tree = *cut;
    reaper_post(&job->job);
}
