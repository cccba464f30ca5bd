#include "types/hash.h"

#include "base/digest.h"
#include "types/type_number.h"

#include <errno.h>
#include <string.h>

#define HASH_IS_HASHTABLE 2 /* of the entry's encoding */

const struct collection_kind hash_kind = {TYPE_HASH, TREE_BY_HASH, {.fixed = 0, .elements = 2}};

bool hash_is_listpack(const struct entry *entry)
{
    return !(entry->encoding & HASH_IS_HASHTABLE);
}

static const char *encoding_word(const struct entry *entry)
{
    if (!hash_is_listpack(entry))
        return "hashtable";
    return entry->flags & ENTRY_AGES ? "listpackex" : "listpack";
}

void hash_expect(struct collection *hash, uint64_t fields, const struct hash_terms *terms)
{
    if (fields > terms->entries)
        hash->entry->encoding |= HASH_IS_HASHTABLE;
}

/* ---- fields ---- */

bool hash_find(const struct collection *hash, const struct element *field, int64_t now_ms,
               struct collection_place *place_out)
{
    return collection_find(hash, field, place_out) && hash_is_live(place_out->record, now_ms);
}

uint64_t hash_count(const struct collection *hash, int64_t now_ms)
{
    return collection_count(hash) - collection_due(hash, now_ms);
}

const char *hash_field(const char *record)
{
    return record_element(record, hash_kind.form);
}

const char *hash_value(const char *record)
{
    return element_untimed(record_second(record, hash_kind.form));
}

int64_t hash_expiry(const char *record)
{
    return element_expiry(record_second(record, hash_kind.form));
}

bool hash_is_live(const char *record, int64_t now_ms)
{
    int64_t expire_ms = hash_expiry(record);
    return expire_ms == ENTRY_NO_EXPIRY || expire_ms > now_ms;
}

/* A record of both; 0 without memory. */
static size_t make_record(char *out, struct hash_part field, struct hash_part value, int64_t expire_ms)
{
    size_t len = element_store(out, field.element, field.arg);
    if (len == 0)
        return 0;
    len += element_store_expiry(out + len, expire_ms);
    size_t value_len = element_store(out + len, value.element, value.arg);
    if (value_len > 0)
        return len + value_len;
    element_release(out);
    return 0;
}

static int splice(struct collection *hash, struct collection_place *place, unsigned removed, const char *record,
                  size_t len, int64_t expire_ms, bool keep)
{
    return expire_ms == ENTRY_NO_EXPIRY ? collection_splice(hash, place, removed, record, len, keep)
                                        : collection_splice_timed(hash, place, removed, record, len, keep);
}

/* A number that was made by element_init_i64() has no text, and is short. */
static bool is_long(struct hash_part part, const struct hash_terms *terms)
{
    size_t len = part.element->text.data ? part.element->text.len : 1;
    return len > terms->value;
}

int hash_put(struct collection *hash, struct hash_part field, struct hash_part value, int64_t expire_ms,
             const struct hash_terms *terms)
{
    struct collection_place place;
    char record[RECORD_MAX];
    bool found = collection_find(hash, field.element, &place);
    bool is_new = !found || !hash_is_live(place.record, terms->now_ms);
    size_t len = make_record(record, field, value, expire_ms);
    if (len == 0)
        return -ENOMEM;
    if (splice(hash, &place, found, record, len, expire_ms, false) != 0) {
        record_release_all(record, record + len, hash_kind.form);
        return -ENOMEM;
    }
    if (is_long(field, terms) || is_long(value, terms) || collection_count(hash) > terms->entries)
        hash->entry->encoding |= HASH_IS_HASHTABLE;
    return is_new;
}

int hash_set_expiry(struct collection *hash, struct collection_place *place, int64_t expire_ms)
{
    char record[RECORD_MAX];
    if (expire_ms == hash_expiry(place->record))
        return 0;
    const char *value = hash_value(place->record);
    size_t field_len = element_len(place->record), value_len = element_len(value), len = field_len;
    memcpy(record, place->record, field_len);
    len += element_store_expiry(record + len, expire_ms);
    memcpy(record + len, value, value_len);
    /* the references of the old record are the new one's */
    return splice(hash, place, 1, record, len + value_len, expire_ms, true);
}

int hash_remove(struct collection *hash, const struct element *field, int64_t now_ms)
{
    struct collection_place place;
    if (!hash_find(hash, field, now_ms, &place))
        return 0;
    return collection_splice(hash, &place, 1, NULL, 0, false) == 0 ? 1 : -ENOMEM;
}

/* ---- operations for the store ---- */

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
        int64_t expire_ms = hash_expiry(place.record);
        if (expire_ms != ENTRY_NO_EXPIRY)
            digest_mix(&pair, &expire_ms, sizeof expire_ms);
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

static int64_t next_expiry(const struct entry *entry)
{
    struct collection hash;
    collection_open(&hash, &hash_kind, entry);
    return collection_next_expiry(&hash);
}

static struct parts_expired expire_parts(struct entry *entry, int64_t now_ms, unsigned limit, part_visit *visit,
                                         void *context)
{
    struct collection hash;
    struct collection_place place;
    struct element_view view;
    unsigned expired = 0;
    collection_open(&hash, &hash_kind, entry);
    while (expired < limit && collection_find_due(&hash, now_ms, &place)) {
        element_view(hash_field(place.record), &view);
        visit(context, view.text);
        if (collection_splice(&hash, &place, 1, NULL, 0, false) != 0)
            break;
        expired++;
    }
    return (struct parts_expired){hash.entry, expired, collection_count(&hash) == 0};
}

const struct value_type hash_type = {
    .name = "hash",
    .shape = &hash_kind,
    .release = collection_release,
    .is_slow_to_release = collection_is_slow_to_release,
    .copy = collection_copy,
    .memory = collection_memory,
    .digest = add_to_digest,
    .encoding = encoding_word,
    .serialized_len = serialized_len,
    .next_expiry = next_expiry,
    .expire_parts = expire_parts,
};
