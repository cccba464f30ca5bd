#include "types/zset.h"

#include "base/digest.h"
#include "types/type_number.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#define ZSET_IS_SKIPLIST 2 /* of the entry's encoding */

const struct collection_kind zset_kind = {TYPE_ZSET, TREE_BY_SCORE, {.fixed = sizeof(double), .elements = 1}};

bool zset_is_listpack(const struct entry *entry)
{
    return !(entry->encoding & ZSET_IS_SKIPLIST);
}

static const char *encoding_word(const struct entry *entry)
{
    return zset_is_listpack(entry) ? "listpack" : "skiplist";
}

/* ---- members ---- */

bool zset_find(const struct collection *zset, const struct element *member, struct collection_place *place_out)
{
    return collection_find(zset, member, place_out);
}

double zset_score(const char *record)
{
    return record_score(record);
}

const char *zset_member(const char *record)
{
    return record_element(record, zset_kind.form);
}

static bool outgrows(uint64_t count, size_t text_len, const struct zset_limits *limits)
{
    return text_len > limits->value || count > limits->entries;
}

double zset_score_kept(double score, bool is_skiplist)
{
    return score == 0 && !is_skiplist ? 0 : score; /* -0 is equal to 0 */
}

/* The score as the set has it. */
static double as_kept(const struct collection *zset, double score)
{
    return zset_score_kept(score, !zset_is_listpack(zset->entry));
}

/* Puts a record in its place; the references of its member are the set's then, or are released: without memory. */
static int put_record(struct collection *zset, char *record, size_t len, struct bytes text,
                      const struct zset_limits *limits)
{
    struct collection_place place;
    double score = record_score(record);
    struct record_bound bound = record_bound_at(score, text);
    bool grows = outgrows(collection_count(zset) + 1, text.len, limits);
    if (!grows)
        score = as_kept(zset, score);
    memcpy(record, &score, sizeof score);
    collection_find_bound(zset, &bound, &place);
    if (collection_splice(zset, &place, 0, record, len, false) != 0) {
        record_release_all(record, record + len, zset_kind.form);
        return -ENOMEM;
    }
    if (grows)
        zset->entry->encoding |= ZSET_IS_SKIPLIST;
    return 0;
}

int zset_add(struct collection *zset, const struct element *member, const struct arg *arg, double score,
             const struct zset_limits *limits)
{
    char record[RECORD_MAX];
    memcpy(record, &score, sizeof score);
    size_t len = element_store(record + sizeof score, member, arg);
    return len > 0 ? put_record(zset, record, sizeof score + len, member->text, limits) : -ENOMEM;
}

int zset_rescore(struct collection *zset, struct collection_place *place, double score)
{
    return collection_rescore(zset, place, as_kept(zset, score));
}

void zset_begin(struct collection *zset)
{
    zset->entry->encoding |= ZSET_IS_SKIPLIST;
}

void zset_settle(struct collection *zset, const struct zset_limits *limits)
{
    struct collection_place place;
    struct element_view view;
    if (collection_count(zset) > limits->entries)
        return;
    for (bool more = collection_at(zset, 0, &place); more; more = collection_next(zset, &place)) {
        element_view(zset_member(place.record), &view);
        if (view.text.len > limits->value)
            return;
    }
    zset->entry->encoding &= (uint8_t)~ZSET_IS_SKIPLIST;
    struct record_bound zero = record_bound_from(0);
    if (!collection_seek(zset, &zero, &place))
        return;
    for (uint64_t at = collection_index(zset, &place); collection_at(zset, at, &place) && zset_score(place.record) == 0;
         at++)
        zset_rescore(zset, &place, 0); /* it keeps its place: nothing is allocated */
}

int zset_remove(struct collection *zset, const struct element *member)
{
    struct collection_place place;
    if (!zset_find(zset, member, &place))
        return 0;
    return collection_splice(zset, &place, 1, NULL, 0, false) == 0 ? 1 : -ENOMEM;
}

/* ---- operations for the store ---- */

static void add_to_digest(const struct entry *entry, struct digest *digest)
{
    struct collection zset;
    struct collection_place place;
    struct element_view view;
    char score[32];
    collection_open(&zset, &zset_kind, entry);
    for (bool more = collection_at(&zset, 0, &place); more; more = collection_next(&zset, &place)) {
        struct digest pair = {{0}};
        element_view(zset_member(place.record), &view);
        digest_mix(&pair, view.text.data, view.text.len);
        int len = snprintf(score, sizeof score, "%.17g", zset_score(place.record));
        digest_mix(&pair, score, (size_t)len);
        digest_xor(digest, pair.bytes, sizeof pair.bytes);
    }
}

/* About: a byte of length in front of each member. */
static size_t serialized_len(const struct entry *entry)
{
    struct collection zset;
    collection_open(&zset, &zset_kind, entry);
    return 1 + (size_t)collection_bytes(&zset, UINT64_MAX - 1);
}

const struct value_type zset_type = {
    .name = "zset",
    .shape = &zset_kind,
    .release = collection_release,
    .is_slow_to_release = collection_is_slow_to_release,
    .copy = collection_copy,
    .memory = collection_memory,
    .digest = add_to_digest,
    .encoding = encoding_word,
    .serialized_len = serialized_len,
};
