#include "types/hash.h"

#include "base/digest.h"
#include "types/type_number.h"

#include <errno.h>

#define HASH_IS_HASHTABLE 2 /* of the entry's encoding */

const struct collection_kind hash_kind = {TYPE_HASH, TREE_BY_HASH, {.fixed = 0, .elements = 2}};

bool hash_is_listpack(const struct entry *entry)
{
    return !(entry->encoding & HASH_IS_HASHTABLE);
}

static const char *encoding_word(const struct entry *entry)
{
    return hash_is_listpack(entry) ? "listpack" : "hashtable";
}

void hash_expect(struct collection *hash, uint64_t fields, const struct hash_limits *limits)
{
    if (fields > limits->entries)
        hash->entry->encoding |= HASH_IS_HASHTABLE;
}

/* ---- fields ---- */

bool hash_find(const struct collection *hash, const struct element *field, struct collection_place *place_out)
{
    return collection_find(hash, field, place_out);
}

const char *hash_field(const char *record)
{
    return record_element(record, hash_kind.form);
}

const char *hash_value(const char *record)
{
    return record_second(record, hash_kind.form);
}

/* A record of both; 0 without memory. */
static size_t make_record(char *out, struct hash_part field, struct hash_part value)
{
    size_t len = element_store(out, field.element, field.arg);
    if (len == 0)
        return 0;
    size_t value_len = element_store(out + len, value.element, value.arg);
    if (value_len > 0)
        return len + value_len;
    element_release(out);
    return 0;
}

/* A number that was made by element_init_i64() has no text, and is short. */
static bool is_long(struct hash_part part, const struct hash_limits *limits)
{
    size_t len = part.element->text.data ? part.element->text.len : 1;
    return len > limits->value;
}

int hash_put(struct collection *hash, struct hash_part field, struct hash_part value, const struct hash_limits *limits)
{
    struct collection_place place;
    char record[RECORD_MAX];
    bool found = hash_find(hash, field.element, &place);
    size_t len = make_record(record, field, value);
    if (len == 0)
        return -ENOMEM;
    if (collection_splice(hash, &place, found, record, len, false) != 0) {
        record_release_all(record, record + len, hash_kind.form);
        return -ENOMEM;
    }
    if (is_long(field, limits) || is_long(value, limits) || collection_count(hash) > limits->entries)
        hash->entry->encoding |= HASH_IS_HASHTABLE;
    return !found;
}

int hash_remove(struct collection *hash, const struct element *field)
{
    struct collection_place place;
    if (!hash_find(hash, field, &place))
        return 0;
    return collection_splice(hash, &place, 1, NULL, 0, false) == 0 ? 1 : -ENOMEM;
}

/* ---- operations for the store ---- */

static void release(struct entry *entry)
{
    collection_release(entry, &hash_kind);
}

static bool is_slow_to_release(const struct entry *entry)
{
    return collection_is_slow_to_release(entry, &hash_kind);
}

static int copy_value(struct entry *copy)
{
    return collection_copy(copy, &hash_kind);
}

static size_t memory(const struct entry *entry, size_t samples)
{
    return collection_memory(entry, &hash_kind, samples);
}

static void add_to_digest(const struct entry *entry, struct digest *digest)
{
    struct collection hash;
    struct collection_place place;
    struct element_view view;
    collection_open(&hash, &hash_kind, entry);
    for (bool more = collection_at(&hash, 0, &place); more; more = collection_next(&hash, &place)) {
        struct digest pair = {{0}};
        element_view(hash_field(place.record), &view);
        digest_mix(&pair, view.text.data, view.text.len);
        element_view(hash_value(place.record), &view);
        digest_mix(&pair, view.text.data, view.text.len);
        digest_xor(digest, pair.bytes, sizeof pair.bytes);
    }
}

/* About: a byte of length in front of each field and value. */
static size_t serialized_len(const struct entry *entry)
{
    struct collection hash;
    collection_open(&hash, &hash_kind, entry);
    return 1 + (size_t)collection_bytes(&hash, UINT64_MAX - 1);
}

const struct value_type hash_type = {
    .name = "hash",
    .release = release,
    .is_slow_to_release = is_slow_to_release,
    .copy = copy_value,
    .memory = memory,
    .digest = add_to_digest,
    .encoding = encoding_word,
    .serialized_len = serialized_len,
};
