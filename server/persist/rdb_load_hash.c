/*
 * Loading hashes. A large one without times that is a hashtable by its number of fields is gathered and built.
 *
 * Where a field's time stands depends on who wrote it: in front of the field, relative to a first time (Redis 7.4) or
 * as it is (before its release), behind the value (Valkey), or as a third item of a listpack, as it is.
 */
#include "persist/rdb_gather.h"
#include "persist/rdb_load_internal.h"
#include "types/hash.h"

#define EXPIRY_MAX ((UINT64_C(1) << 48) - 2) /* milliseconds: Redis's limit */

enum times {
    TIMES_NONE,
    TIMES_RELATIVE, /* plus one; 0 is none */
    TIMES_IN_FRONT, /* 0 is none */
    TIMES_BEHIND,   /* -1 is none */
    TIMES_IN_ITEMS, /* 0 is none */
};

struct layout {
    enum rdb_form form;
    enum times times;
    bool has_base; /* the first time comes before everything */
};

static struct layout layout_of(enum rdb_type type, unsigned version)
{
    switch (type) {
    case RDB_HASH_ZIPMAP:
        return (struct layout){RDB_FORM_ZIPMAP, TIMES_NONE, false};
    case RDB_HASH_ZIPLIST:
        return (struct layout){RDB_FORM_ZIPLIST, TIMES_NONE, false};
    case RDB_HASH_LISTPACK:
        return (struct layout){RDB_FORM_LISTPACK, TIMES_NONE, false};
    case RDB_HASH_TIMED_EARLY:
        return (struct layout){RDB_FORM_STRINGS, version == RDB_VERSION_VALKEY ? TIMES_BEHIND : TIMES_IN_FRONT, false};
    case RDB_HASH_LISTPACK_EARLY:
        return (struct layout){RDB_FORM_LISTPACK, TIMES_IN_ITEMS, false};
    case RDB_HASH_TIMED:
        return (struct layout){RDB_FORM_STRINGS, TIMES_RELATIVE, true};
    case RDB_HASH_LISTPACK_TIMED:
        return (struct layout){RDB_FORM_LISTPACK, TIMES_IN_ITEMS, true};
    default:
        return (struct layout){RDB_FORM_STRINGS, TIMES_NONE, false};
    }
}

/* ---- fields ---- */

struct field {
    struct bytes name, value;
    uint64_t expire_ms; /* 0: it doesn't expire */
};

static bool take_time_in_front(struct rdb_loader *loader, enum times times, uint64_t base_ms, uint64_t *expire_ms_out)
{
    *expire_ms_out = 0;
    if (times != TIMES_RELATIVE && times != TIMES_IN_FRONT)
        return true;
    if (!rdb_take_length(loader->source, expire_ms_out))
        return false;
    if (times == TIMES_RELATIVE && *expire_ms_out > 0)
        return !__builtin_add_overflow(*expire_ms_out - 1, base_ms, expire_ms_out);
    return true;
}

static enum rdb_outcome take_time_behind(struct rdb_loader *loader, enum times times, uint64_t *expire_ms)
{
    struct bytes item;
    if (times == TIMES_BEHIND) {
        if (!rdb_take_fixed64(loader->source, expire_ms))
            return RDB_BAD;
        if (*expire_ms == UINT64_MAX)
            *expire_ms = 0;
        else if (*expire_ms == 0)
            *expire_ms = 1; /* it is a time, and it is over */
    } else if (times == TIMES_IN_ITEMS) {
        enum rdb_outcome outcome = rdb_items_next(&loader->items, &item);
        if (outcome != RDB_READ || !number_parse_u64(item.data, item.len, expire_ms))
            return outcome != RDB_READ ? outcome : RDB_BAD;
    }
    return *expire_ms <= EXPIRY_MAX ? RDB_READ : RDB_BAD;
}

static enum rdb_outcome take_field(struct rdb_loader *loader, enum times times, uint64_t base_ms,
                                   struct field *field_out)
{
    if (!take_time_in_front(loader, times, base_ms, &field_out->expire_ms))
        return RDB_BAD;
    enum rdb_outcome outcome = rdb_items_next(&loader->items, &field_out->name);
    if (outcome == RDB_READ)
        outcome = rdb_items_next(&loader->items, &field_out->value);
    if (outcome == RDB_READ)
        outcome = take_time_behind(loader, times, &field_out->expire_ms);
    if (outcome == RDB_READ && !rdb_source_allows(loader->source, field_out->name.len + field_out->value.len))
        outcome = RDB_NO_ROOM;
    return outcome;
}

/* ---- all at once ---- */

static enum rdb_outcome gather_field(struct rdb_gather *gather, const struct field *field)
{
    struct element element;
    char record[RECORD_MAX];
    element_init(&element, field->name.data, field->name.len);
    size_t name_len = element_store(record, &element, NULL);
    if (name_len == 0)
        return RDB_NO_MEMORY;
    element_init(&element, field->value.data, field->value.len);
    size_t value_len = element_store(record + name_len, &element, NULL);
    if (value_len > 0)
        return rdb_gather_add(gather, record, name_len + value_len);
    element_release(record);
    return RDB_NO_MEMORY;
}

static enum rdb_outcome build(struct rdb_loader *loader)
{
    struct rdb_gather gather;
    struct field field;
    enum rdb_outcome outcome = RDB_READ;
    rdb_gather_init(&gather, &hash_kind);
    while (outcome == RDB_READ && loader->items.count > 0) {
        outcome = take_field(loader, TIMES_NONE, 0, &field);
        if (outcome == RDB_READ)
            outcome = gather_field(&gather, &field);
    }
    if (outcome == RDB_READ)
        outcome = rdb_gather_build(&gather, &loader->collection);
    rdb_gather_deinit(&gather);
    return outcome;
}

/* ---- one by one ---- */

/* A field that has expired is left out, though it must not be there twice. */
static enum rdb_outcome put_field(struct rdb_loader *loader, const struct field *field, const struct hash_terms *terms)
{
    struct element name, value;
    struct collection_place place;
    struct collection *hash = &loader->collection;
    bool has_time = field->expire_ms != 0;
    element_init(&name, field->name.data, field->name.len);
    if (has_time && (int64_t)field->expire_ms <= terms->now_ms)
        return collection_find(hash, &name, &place) ? RDB_BAD : RDB_READ;
    element_init(&value, field->value.data, field->value.len);
    int put = hash_put(hash, (struct hash_part){&name, NULL}, (struct hash_part){&value, NULL},
                       has_time ? (int64_t)field->expire_ms : ENTRY_NO_EXPIRY, terms);
    return put == 1 ? RDB_READ : put == 0 ? RDB_BAD : RDB_NO_MEMORY;
}

static enum rdb_outcome put_fields(struct rdb_loader *loader, enum times times, uint64_t base_ms)
{
    const struct rdb_terms *terms = loader->terms;
    struct hash_terms hash_terms = {terms->now_ms, terms->hash_entries, terms->hash_value};
    enum rdb_outcome outcome = RDB_READ;
    while (outcome == RDB_READ && loader->items.count > 0) {
        struct field field;
        outcome = take_field(loader, times, base_ms, &field);
        if (outcome == RDB_READ)
            outcome = put_field(loader, &field, &hash_terms);
    }
    if (outcome == RDB_READ && collection_count(&loader->collection) == 0)
        return RDB_EXPIRED;
    return outcome;
}

enum rdb_outcome rdb_load_hash(struct rdb_loader *loader, enum rdb_type type)
{
    const struct rdb_terms *terms = loader->terms;
    struct layout layout = layout_of(type, terms->version);
    unsigned items_each = layout.times == TIMES_IN_ITEMS ? 3 : 2;
    uint64_t base_ms = 0;
    if (layout.has_base && !rdb_take_fixed64(loader->source, &base_ms))
        return RDB_BAD;
    enum rdb_outcome outcome = rdb_loader_begin(loader, layout.form, items_each);
    if (outcome == RDB_READ)
        outcome = rdb_loader_create(loader, &hash_kind);
    if (outcome != RDB_READ)
        return outcome;
    uint64_t count = loader->items.count / items_each;
    struct hash_terms hash_terms = {terms->now_ms, terms->hash_entries, terms->hash_value};
    hash_expect(&loader->collection, count, &hash_terms);
    bool builds = layout.times == TIMES_NONE && count >= RDB_LARGE && count > terms->hash_entries;
    return builds ? build(loader) : put_fields(loader, layout.times, base_ms);
}
