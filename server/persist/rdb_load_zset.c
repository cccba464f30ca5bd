/*
 * Loading sorted sets. A large one that is a skiplist by its number of members is gathered and built.
 */
#include "persist/rdb_gather.h"
#include "persist/rdb_load_internal.h"

#include <math.h>

/* ---- scores ---- */

enum { SCORE_NAN = 253, SCORE_INFINITE = 254, SCORE_MINUS_INFINITE = 255 }; /* instead of a length */

/* As text behind its length of one byte. */
static enum rdb_outcome take_text_score(struct rdb_source *source, double *score_out)
{
    unsigned char len;
    if (!rdb_take_byte(source, &len) || len == SCORE_NAN)
        return RDB_BAD;
    if (len >= SCORE_INFINITE) {
        *score_out = len == SCORE_INFINITE ? INFINITY : -INFINITY;
        return RDB_READ;
    }
    if (!rdb_source_has(source, len) || !number_parse_double(source->at, len, score_out))
        return RDB_BAD;
    source->at += len;
    return RDB_READ;
}

static enum rdb_outcome take_score(struct rdb_loader *loader, enum rdb_type type, double *score_out)
{
    uint64_t bits;
    struct bytes item;
    if (type == RDB_ZSET_TEXT)
        return take_text_score(loader->source, score_out);
    if (type == RDB_ZSET) {
        if (!rdb_take_fixed64(loader->source, &bits))
            return RDB_BAD;
        memcpy(score_out, &bits, sizeof bits);
        return isnan(*score_out) ? RDB_BAD : RDB_READ;
    }
    enum rdb_outcome outcome = rdb_items_next(&loader->items, &item);
    if (outcome == RDB_READ && !number_parse_double(item.data, item.len, score_out))
        return RDB_BAD;
    return outcome;
}

/* A member and its score. */
static enum rdb_outcome take_member(struct rdb_loader *loader, enum rdb_type type, struct element *member_out,
                                    double *score_out)
{
    struct bytes item;
    enum rdb_outcome outcome = rdb_items_next(&loader->items, &item);
    if (outcome == RDB_READ && !rdb_source_allows(loader->source, item.len))
        return RDB_NO_ROOM;
    if (outcome == RDB_READ)
        outcome = take_score(loader, type, score_out);
    if (outcome == RDB_READ)
        element_init(member_out, item.data, item.len);
    return outcome;
}

/* ---- members ---- */

static enum rdb_outcome gather_members(struct rdb_loader *loader, enum rdb_type type, struct rdb_gather *gather)
{
    while (loader->items.count > 0) {
        struct element member;
        double score;
        char record[RECORD_MAX];
        enum rdb_outcome outcome = take_member(loader, type, &member, &score);
        if (outcome != RDB_READ)
            return outcome;
        memcpy(record, &score, sizeof score);
        size_t len = element_store(record + sizeof score, &member, NULL);
        outcome = len > 0 ? rdb_gather_add(gather, record, sizeof score + len) : RDB_NO_MEMORY;
        if (outcome != RDB_READ)
            return outcome;
    }
    return RDB_READ;
}

static enum rdb_outcome build(struct rdb_loader *loader, enum rdb_type type)
{
    struct rdb_gather gather;
    rdb_gather_init(&gather, &zset_kind);
    enum rdb_outcome outcome = gather_members(loader, type, &gather);
    zset_begin(&loader->collection); /* a skiplist */
    if (outcome == RDB_READ)
        outcome = rdb_gather_build(&gather, &loader->collection);
    rdb_gather_deinit(&gather);
    return outcome;
}

static enum rdb_outcome add_members(struct rdb_loader *loader, enum rdb_type type)
{
    struct collection *zset = &loader->collection;
    while (loader->items.count > 0) {
        struct element member;
        struct collection_place place;
        double score;
        enum rdb_outcome outcome = take_member(loader, type, &member, &score);
        if (outcome != RDB_READ)
            return outcome;
        if (zset_find(zset, &member, &place))
            return RDB_BAD;
        if (zset_add(zset, &member, NULL, score, &loader->terms->zset) != 0)
            return RDB_NO_MEMORY;
    }
    return RDB_READ;
}

enum rdb_outcome rdb_load_zset(struct rdb_loader *loader, enum rdb_type type)
{
    bool is_packed = type == RDB_ZSET_ZIPLIST || type == RDB_ZSET_LISTPACK;
    enum rdb_form form = type == RDB_ZSET_ZIPLIST    ? RDB_FORM_ZIPLIST
                         : type == RDB_ZSET_LISTPACK ? RDB_FORM_LISTPACK
                                                     : RDB_FORM_STRINGS;
    unsigned items_each = is_packed ? 2 : 1; /* other scores are no strings */
    enum rdb_outcome outcome = rdb_loader_begin(loader, form, items_each);
    if (outcome == RDB_READ)
        outcome = rdb_loader_create(loader, &zset_kind);
    if (outcome != RDB_READ)
        return outcome;
    uint64_t count = loader->items.count / items_each;
    bool builds = count >= RDB_LARGE && count > loader->terms->zset.entries;
    return builds ? build(loader, type) : add_members(loader, type);
}
