#include "types/stream_block.h"

#include "base/memory.h"
#include "types/stream_block_internal.h"

#include <errno.h>
#include <string.h>

#define BLOCK_HEAD offsetof(struct stream_block, bytes)

/* ---- drafts ---- */

int stream_draft_init(struct stream_draft *draft, const struct arg *pairs, uint32_t count)
{
    size_t bound = 0, len = 0;
    draft->pairs = count;
    draft->has_outside = draft->names_are_outside = false;
    for (uint32_t i = 0; i < 2 * count; i++) {
        bool outside = pairs[i].len > STREAM_TEXT_INLINE_MAX;
        bound += stream_text_bound(&pairs[i]);
        draft->has_outside = draft->has_outside || outside;
        draft->names_are_outside = draft->names_are_outside || (outside && i % 2 == 0);
    }
    draft->room = bound;
    draft->bytes = bound <= sizeof draft->small ? draft->small : mem_try_alloc(bound);
    if (!draft->bytes)
        return -ENOMEM;
    for (uint32_t i = 0; i < 2 * count; i++) {
        const struct arg *text = i < count ? &pairs[2 * i] : &pairs[2 * (i - count) + 1];
        size_t added = stream_text_store(draft->bytes + len, text);
        if (added == 0) {
            stream_text_release(draft->bytes, i);
            draft->has_outside = false;
            stream_draft_deinit(draft, false);
            return -ENOMEM;
        }
        len += added;
        if (i + 1 == count)
            draft->names_len = len;
    }
    draft->len = len;
    return 0;
}

void stream_draft_deinit(struct stream_draft *draft, bool is_kept)
{
    if (draft->has_outside && !is_kept)
        stream_text_release(draft->bytes, 2 * draft->pairs);
    if (draft->bytes != draft->small)
        mem_free_sized(draft->bytes, draft->room);
}

/* ---- allocation ---- */

static size_t size_for(size_t bytes)
{
    return mem_good_size(BLOCK_HEAD + bytes);
}

static struct stream_block *allocate(size_t bytes)
{
    size_t size = size_for(bytes);
    struct stream_block *block = mem_try_alloc(size);
    if (block) {
        memset(block, 0, BLOCK_HEAD);
        block->room = (uint32_t)(size - BLOCK_HEAD);
    }
    return block;
}

/* Gives the block another size, if there is memory. */
static bool resize(struct stream_block **block, size_t bytes)
{
    size_t size = size_for(bytes);
    struct stream_block *moved = mem_try_realloc(*block, size);
    if (!moved)
        return false;
    moved->room = (uint32_t)(size - BLOCK_HEAD);
    *block = moved;
    return true;
}

/* The one way in which the bytes of a block change: added_len bytes in the place of old_len ones; there is room. */
static void splice(struct stream_block *block, size_t offset, size_t old_len, const char *added, size_t added_len)
{
    char *at = block->bytes + offset;
    if (added_len != old_len)
        memmove(at + added_len, at + old_len, block->used - offset - old_len);
    if (added_len > 0)
        memcpy(at, added, added_len);
    block->used = (uint32_t)(block->used - old_len + added_len);
}

void stream_block_fit(struct stream_block **block)
{
    if (size_for((*block)->used) < BLOCK_HEAD + (*block)->room)
        resize(block, (*block)->used);
}

/* ---- whole blocks ---- */

static void for_all_texts(const struct stream_block *block, void (*act)(const char *stored, uint32_t count))
{
    struct stream_coded coded;
    const char *names, *values;
    for (unsigned list = 1; list <= block->lists; list++) {
        uint32_t count;
        names = stream_block_list(block, list, &count);
        act(names, count);
    }
    for (const char *entry = stream_block_entries(block); entry < stream_block_end(block); entry = coded.end) {
        stream_coded_read(entry, &coded);
        uint32_t pairs = stream_coded_texts(block, &coded, &names, &values);
        if (coded.list == STREAM_LIST_OWN)
            act(names, pairs);
        act(values, pairs);
    }
}

void stream_block_free(struct stream_block *block)
{
    if (block->has_outside)
        for_all_texts(block, stream_text_release);
    mem_free_sized(block, BLOCK_HEAD + block->room);
}

struct stream_block *stream_block_copy(const struct stream_block *block)
{
    struct stream_block *copy = allocate(block->used);
    if (!copy)
        return NULL;
    uint32_t room = copy->room;
    memcpy(copy, block, BLOCK_HEAD + block->used);
    copy->room = room;
    copy->epoch = 0;
    if (copy->has_outside)
        for_all_texts(copy, stream_text_retain);
    return copy;
}

size_t stream_block_memory(const struct stream_block *block)
{
    size_t bytes = mem_good_size(BLOCK_HEAD + block->room);
    struct stream_coded coded;
    const char *names, *values;
    if (!block->has_outside)
        return bytes;
    for (unsigned list = 1; list <= block->lists; list++) {
        uint32_t count;
        names = stream_block_list(block, list, &count);
        bytes += stream_text_outside(names, count);
    }
    for (const char *entry = stream_block_entries(block); entry < stream_block_end(block); entry = coded.end) {
        stream_coded_read(entry, &coded);
        uint32_t pairs = stream_coded_texts(block, &coded, &names, &values);
        bytes += stream_text_outside(values, pairs) +
                 (coded.list == STREAM_LIST_OWN ? stream_text_outside(names, pairs) : 0);
    }
    return bytes;
}

/* ---- adding ---- */

/*
 * The list with these names, or STREAM_LIST_OWN if there is none. They are compared as they are stored, so those in
 * blobs aren't found.
 */
static unsigned find_list(const struct stream_block *block, const struct stream_draft *draft)
{
    const char *at = block->bytes;
    size_t len = seven_bits_len(draft->pairs) + draft->names_len;
    if (draft->names_are_outside)
        return STREAM_LIST_OWN;
    for (unsigned list = 1; list <= block->lists; list++) {
        uint64_t list_len, count;
        at = seven_bits_get(at, &list_len);
        const char *names = seven_bits_get(at, &count);
        if (list_len == len && count == draft->pairs && memcmp(names, draft->bytes, draft->names_len) == 0)
            return list;
        at += list_len;
    }
    return STREAM_LIST_OWN;
}

/* What is added for a draft. */
struct addition {
    unsigned list;
    char list_head[2 * SEVEN_BITS_MAX]; /* of a new list, before its names */
    char head[STREAM_HEAD_MAX];
    size_t list_head_len, head_len;
    size_t list_len, entry_len;
};

static size_t code_head(char *out, unsigned list, struct stream_id before, struct stream_id id, size_t behind)
{
    char rest[STREAM_HEAD_MAX], *at = rest;
    uint64_t ms = id.ms - before.ms, number = ms == 0 ? id.seq - before.seq - 1 : id.seq;
    bool is_numbered = number != 0;
    at = seven_bits_put(at, (uint64_t)list << 1 | is_numbered);
    at = seven_bits_put(at, ms);
    if (is_numbered)
        at = seven_bits_put(at, number);
    size_t len = (size_t)(at - rest);
    char *end = seven_bits_put(out, len + behind);
    memcpy(end, rest, len);
    return (size_t)(end - out) + len;
}

/* The first entry stands as if it were the next one. */
static struct stream_id just_before(struct stream_id id)
{
    return (struct stream_id){id.ms, id.seq - 1};
}

/* block may be an empty one. */
static void plan(struct addition *addition, const struct stream_block *block, struct stream_id id,
                 const struct stream_draft *draft)
{
    char count[SEVEN_BITS_MAX];
    size_t count_len = (size_t)(seven_bits_put(count, draft->pairs) - count);
    struct stream_id before = block->count == 0 ? just_before(id) : block->last;
    bool is_new = false;
    addition->list = find_list(block, draft);
    addition->list_len = addition->list_head_len = 0;
    if (addition->list == STREAM_LIST_OWN && block->lists < STREAM_LISTS_MAX) {
        addition->list = block->lists + 1u;
        is_new = true;
    }
    bool own = addition->list == STREAM_LIST_OWN;
    size_t behind = own ? count_len + draft->len : draft->len - draft->names_len;
    addition->head_len = code_head(addition->head, addition->list, before, id, behind);
    addition->entry_len = addition->head_len + behind;
    if (own) {
        memcpy(addition->head + addition->head_len, count, count_len);
        addition->head_len += count_len;
    }
    if (is_new) {
        char *at = seven_bits_put(addition->list_head, count_len + draft->names_len);
        memcpy(at, count, count_len);
        addition->list_head_len = (size_t)(at - addition->list_head) + count_len;
        addition->list_len = addition->list_head_len + draft->names_len;
    }
}

/* There is room. */
static void add(struct stream_block *block, struct stream_id id, const struct addition *addition,
                const struct stream_draft *draft)
{
    if (addition->list_len > 0) {
        splice(block, block->lists_len, 0, addition->list_head, addition->list_head_len);
        splice(block, block->lists_len + addition->list_head_len, 0, draft->bytes, draft->names_len);
        block->lists_len += (uint32_t)addition->list_len;
        block->lists++;
    }
    size_t names = addition->list == STREAM_LIST_OWN ? 0 : draft->names_len;
    splice(block, block->used, 0, addition->head, addition->head_len);
    splice(block, block->used, 0, draft->bytes + names, draft->len - names);
    if (block->count == 0)
        block->first = id;
    block->last = id;
    block->count++;
    block->added++;
    block->has_outside = block->has_outside || draft->has_outside;
}

struct stream_block *stream_block_create(struct stream_id id, const struct stream_draft *draft, size_t room)
{
    struct stream_block none = {0};
    struct addition addition;
    plan(&addition, &none, id, draft);
    size_t len = addition.list_len + addition.entry_len;
    struct stream_block *block = allocate(len > room ? len : room);
    if (block)
        add(block, id, &addition, draft);
    return block;
}

int stream_block_append(struct stream_block **block, struct stream_id id, const struct stream_draft *draft,
                        size_t bytes_max)
{
    struct addition addition;
    plan(&addition, *block, id, draft);
    size_t len = (*block)->used + addition.list_len + addition.entry_len;
    if (len > bytes_max)
        return -EFBIG;
    if (len > (*block)->room) {
        size_t room = 2 * (size_t)(*block)->room < bytes_max ? 2 * (size_t)(*block)->room : bytes_max;
        if (!resize(block, len > room ? len : room))
            return -ENOMEM;
    }
    add(*block, id, &addition, draft);
    return 0;
}

/* ---- removing ---- */

static void release_entry(const struct stream_block *block, const struct stream_coded *coded)
{
    const char *names, *values;
    uint32_t pairs = stream_coded_texts(block, coded, &names, &values);
    if (coded->list == STREAM_LIST_OWN)
        stream_text_release(names, pairs);
    stream_text_release(values, pairs);
}

/* Where a list stands, with its length. */
static const char *whole_list(const struct stream_block *block, unsigned list, const char **end_out)
{
    const char *at = block->bytes;
    for (;; list--) {
        uint64_t len;
        const char *behind = seven_bits_get(at, &len) + len;
        *end_out = behind;
        if (list == 1)
            return at;
        at = behind;
    }
}

/* Lists that no entry names any more go; those behind them get other numbers. */
static void drop_unused_lists(struct stream_block *block)
{
    bool is_used[STREAM_LISTS_MAX + 1] = {false};
    struct stream_coded coded;
    for (const char *entry = stream_block_entries(block); entry < stream_block_end(block); entry = coded.end) {
        stream_coded_read(entry, &coded);
        is_used[coded.list] = true;
    }
    unsigned numbers[STREAM_LISTS_MAX + 1] = {0}, kept = 0, all = block->lists;
    for (unsigned list = 1; list <= all; list++) {
        const char *end, *begin = whole_list(block, kept + 1, &end);
        numbers[list] = ++kept;
        if (is_used[list])
            continue;
        uint32_t names;
        const char *texts = stream_block_list(block, kept, &names);
        if (block->has_outside)
            stream_text_release(texts, names);
        splice(block, (size_t)(begin - block->bytes), (size_t)(end - begin), NULL, 0);
        block->lists_len -= (uint32_t)(end - begin);
        kept--;
    }
    if (kept == all)
        return;
    block->lists = (uint8_t)kept;
    for (const char *entry = stream_block_entries(block); entry < stream_block_end(block); entry = coded.end) {
        uint64_t len;
        stream_coded_read(entry, &coded);
        char *mark = block->bytes + (seven_bits_get(entry, &len) - block->bytes);
        *mark = (char)(numbers[coded.list] << 1 | coded.is_numbered);
    }
}

/*
 * What the entry behind those that go says of its ID changes, and may take more bytes; no more than those that go have
 * had for theirs, and for what they can't do without.
 */
void stream_block_remove(struct stream_block **pointer, unsigned index, unsigned count)
{
    struct stream_block *block = *pointer;
    struct stream_coded coded;
    struct stream_id id = block->first, before = id,
                     last = id; /* of this entry, of those that stay, of the one passed */
    const char *entry = stream_block_entries(block), *from = entry, *to = stream_block_end(block);
    char head[STREAM_HEAD_MAX];
    size_t head_len = 0;
    for (unsigned i = 0; entry < stream_block_end(block); i++, entry = coded.end) {
        stream_coded_read(entry, &coded);
        id = i == 0 ? block->first : stream_coded_id(&coded, last);
        last = id;
        if (i < index) {
            before = id;
            from = coded.end;
        } else if (i < index + count) {
            if (block->has_outside)
                release_entry(block, &coded);
        } else {
            to = coded.body;
            if (index == 0)
                block->first = id;
            head_len = code_head(head, coded.list, index == 0 ? just_before(id) : before, id,
                                 (size_t)(coded.end - coded.body));
            break;
        }
    }
    if (head_len == 0)
        block->last = before;
    splice(block, (size_t)(from - block->bytes), (size_t)(to - from), head, head_len);
    block->count = (uint16_t)(block->count - count);
    drop_unused_lists(block);
    if (block->used < block->room / 2)
        stream_block_fit(pointer);
}
