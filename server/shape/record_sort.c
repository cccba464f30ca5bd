/*
 * Keys are sorted by their highest eight bits in which they differ, in place, and then what has these in common by the
 * next ones (an MSD radix sort; in place it is McIlroy, Bostic and McIlroy's "American flag sort", 1993).
 *
 * Among equal scores the texts decide. Pieces of them become keys: seven bytes, behind what all texts have in common,
 * and a byte that says how many more there are, up to eight. So a text that ends comes before one that goes on, and
 * only texts that both go on have equal keys; these are sorted by the piece behind it.
 */
#include "shape/record_sort.h"

#include "shape/record.h"

#include <stdbool.h>
#include <stdlib.h>

#define FEW 24       /* up to which inserting is faster */
#define RADIX_BITS 8 /* of a key that are looked at together */
#define BUCKETS (1 << RADIX_BITS)
#define PIECE_LEN 7   /* bytes of text in a key */
#define PIECES_MAX 24 /* so deep does it go into texts, to bound the stack */

static void swap(struct record_ref *a, struct record_ref *b)
{
    struct record_ref kept = *a;
    *a = *b;
    *b = kept;
}

/* ---- by key ---- */

static void insert_by_key(struct record_ref *refs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        struct record_ref ref = refs[i];
        size_t at = i;
        for (; at > 0 && refs[at - 1].key > ref.key; at--)
            refs[at] = refs[at - 1];
        refs[at] = ref;
    }
}

/* The bits in which keys differ; 0 also if they are sorted already. */
static uint64_t bits_to_sort(const struct record_ref *refs, size_t count)
{
    uint64_t different = 0;
    bool sorted = true;
    for (size_t i = 1; i < count; i++) {
        different |= refs[i].key ^ refs[0].key;
        sorted = sorted && refs[i - 1].key <= refs[i].key;
    }
    return sorted ? 0 : different;
}

/* Brings all into buckets by the bits from shift on. ends_out: where each bucket ends. */
static void part_by_bits(struct record_ref *refs, size_t count, unsigned shift, size_t ends_out[BUCKETS])
{
    size_t at[BUCKETS], end = 0, counts[BUCKETS] = {0};
    for (size_t i = 0; i < count; i++)
        counts[refs[i].key >> shift & (BUCKETS - 1)]++;
    for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
        at[bucket] = end;
        ends_out[bucket] = end += counts[bucket];
    }
    for (unsigned bucket = 0; bucket < BUCKETS; bucket++) {
        while (at[bucket] < ends_out[bucket]) {
            struct record_ref *ref = &refs[at[bucket]];
            unsigned home = ref->key >> shift & (BUCKETS - 1);
            if (home != bucket)
                swap(ref, &refs[at[home]]);
            at[home]++;
        }
    }
}

void record_sort_by_key(struct record_ref *refs, size_t count)
{
    size_t ends[BUCKETS];
    if (count <= FEW) {
        insert_by_key(refs, count);
        return;
    }
    uint64_t bits = bits_to_sort(refs, count);
    if (bits == 0)
        return;
    unsigned highest = 63 - (unsigned)__builtin_clzll(bits);
    unsigned shift = highest < RADIX_BITS ? 0 : highest + 1 - RADIX_BITS;
    part_by_bits(refs, count, shift, ends);
    for (unsigned bucket = 0; shift > 0 && bucket < BUCKETS; bucket++) {
        size_t begin = bucket > 0 ? ends[bucket - 1] : 0;
        if (ends[bucket] - begin > 1)
            record_sort_by_key(refs + begin, ends[bucket] - begin);
    }
}

/* ---- by text ---- */

/* Texts that have the first offset bytes in common. */
static int compare_from(const struct record_ref *a, const struct record_ref *b, size_t offset)
{
    struct element_view x, y;
    element_view(a->stored, &x);
    element_view(b->stored, &y);
    size_t shorter = x.text.len < y.text.len ? x.text.len : y.text.len;
    int order = shorter > offset ? memcmp(x.text.data + offset, y.text.data + offset, shorter - offset) : 0;
    return order ? order : (x.text.len > y.text.len) - (x.text.len < y.text.len);
}

static int compare_texts(const void *a, const void *b)
{
    return compare_from(a, b, 0);
}

static void insert_by_text(struct record_ref *refs, size_t count, size_t offset)
{
    for (size_t i = 1; i < count; i++) {
        struct record_ref ref = refs[i];
        size_t at = i;
        for (; at > 0 && compare_from(&refs[at - 1], &ref, offset) > 0; at--)
            refs[at] = refs[at - 1];
        refs[at] = ref;
    }
}

static bool are_in_order(const struct record_ref *refs, size_t count)
{
    for (size_t i = 1; i < count; i++) {
        record_ref_prefetch(refs, count, i);
        if (compare_texts(&refs[i - 1], &refs[i]) > 0)
            return false;
    }
    return true;
}

/* How many bytes from offset on, up to which all have the same, all texts have in common. */
static size_t common_len(const struct record_ref *refs, size_t count, size_t offset)
{
    struct element_view first, view;
    element_view(refs[0].stored, &first);
    size_t common = first.text.len - offset;
    for (size_t i = 1; i < count && common > 0; i++) {
        record_ref_prefetch(refs, count, i);
        element_view(refs[i].stored, &view);
        size_t most = view.text.len - offset < common ? view.text.len - offset : common, same = 0;
        while (same < most && view.text.data[offset + same] == first.text.data[offset + same])
            same++;
        common = same;
    }
    return common;
}

static uint64_t piece_of(const char *stored, size_t offset)
{
    struct element_view view;
    uint64_t piece = 0;
    element_view(stored, &view);
    size_t left = view.text.len - offset;
    for (unsigned i = 0; i < PIECE_LEN; i++)
        piece = piece << 8 | (i < left ? (unsigned char)view.text.data[offset + i] : 0);
    return piece << 8 | (left <= PIECE_LEN ? left : PIECE_LEN + 1);
}

/* Texts have the first offset bytes in common. */
static void sort_by_text(struct record_ref *refs, size_t count, size_t offset, unsigned pieces)
{
    if (pieces == PIECES_MAX) {
        qsort(refs, count, sizeof refs[0], compare_texts);
        return;
    }
    if (pieces == 0 && are_in_order(refs, count))
        return;
    if (count > 2)
        offset += common_len(refs, count, offset);
    if (count <= FEW) {
        insert_by_text(refs, count, offset);
        return;
    }
    for (size_t i = 0; i < count; i++) {
        record_ref_prefetch(refs, count, i);
        refs[i].key = piece_of(refs[i].stored, offset);
    }
    record_sort_by_key(refs, count);
    for (size_t i = 0, end; i < count; i = end) {
        for (end = i + 1; end < count && refs[end].key == refs[i].key;)
            end++;
        if (end - i > 1 && (refs[i].key & UINT8_MAX) > PIECE_LEN)
            sort_by_text(refs + i, end - i, offset + PIECE_LEN, pieces + 1);
    }
}

/* ---- by score ---- */

void record_sort_by_score(struct record_ref *refs, size_t count)
{
    for (size_t i = 0; i < count; i++)
        refs[i].key = record_score_key(refs[i].score);
    record_sort_by_key(refs, count);
    for (size_t i = 0, end; i < count; i = end) {
        uint64_t key = refs[i].key;
        for (end = i + 1; end < count && refs[end].key == key;)
            end++;
        if (end - i > 1)
            sort_by_text(refs + i, end - i, 0, 0);
    }
}
