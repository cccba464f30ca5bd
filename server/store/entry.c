/*
 * An entry is sized to its content; what the allocator rounds up is used when a value is changed in place.
 * The size of the allocation follows from the header (entry_size), so frees are sized, and a change that
 * stays in the same size class moves nothing.
 *
 * Blobs and integers sit behind the key like bytes do, at any alignment, and are read with memcpy.
 */
#include "store/entry.h"

#include "base/blob.h"
#include "base/memory.h"

#include <assert.h>

/* What an entry is to look like: the parameters that decide its layout. */
struct entry_shape {
    size_t key_len;
    size_t value_len; /* bytes behind the key */
    bool expires;
    bool wide;
};

static struct entry_shape shape_for(size_t key_len, size_t value_len, bool expires)
{
    bool wide = key_len > ENTRY_NARROW_KEY || value_len > ENTRY_NARROW_VALUE;
    return (struct entry_shape){key_len, value_len, expires, wide};
}

static size_t shape_size(struct entry_shape shape)
{
    return sizeof(struct entry) + (shape.wide ? sizeof(struct entry_wide) : 0) + (shape.expires ? 8 : 0) +
           shape.key_len + shape.value_len;
}

/* Bytes behind the key for each encoding. */
static size_t entry_payload_len(const struct entry *entry)
{
    switch (entry->encoding) {
    case ENTRY_INT:
        return sizeof(int64_t);
    case ENTRY_BLOB:
        return sizeof(struct blob *);
    default:
        return entry_value_len(entry);
    }
}

static size_t entry_size(const struct entry *entry)
{
    return sizeof(struct entry) + entry_key_offset(entry) + entry_key_len(entry) + entry_payload_len(entry);
}

static void entry_write_lens(struct entry *entry, struct entry_shape shape)
{
    if (shape.wide) {
        struct entry_wide wide = {.value_len = shape.value_len, .key_len = shape.key_len};
        memcpy(entry->body, &wide, sizeof wide);
    } else {
        entry->key_len = (uint8_t)shape.key_len;
        entry->value_len = (uint16_t)shape.value_len;
    }
}

static void entry_write_expiry(struct entry *entry, int64_t expire_ms)
{
    if (entry->flags & ENTRY_HAS_EXPIRY)
        memcpy(entry->body + ((entry->flags & ENTRY_WIDE) ? sizeof(struct entry_wide) : 0), &expire_ms, 8);
}

/* A string entry of this shape with its key in place and its value not yet written. */
static struct entry *entry_create(struct entry_shape shape, const char *key, enum entry_encoding encoding,
                                  int64_t expire_ms)
{
    struct entry *entry = mem_try_alloc(shape_size(shape));
    if (!entry)
        return NULL;
    entry->recency = 0;
    entry->type = ENTRY_STRING;
    entry->encoding = encoding;
    entry->flags = (uint8_t)((shape.wide ? ENTRY_WIDE : 0) | (shape.expires ? ENTRY_HAS_EXPIRY : 0));
    entry->key_len = 0;
    entry->value_len = 0;
    entry_write_lens(entry, shape);
    entry_write_expiry(entry, expire_ms);
    memcpy(entry->body + entry_key_offset(entry), key, shape.key_len);
    return entry;
}

struct entry *entry_create_bytes(struct bytes key, const char *value, size_t len, int64_t expire_ms)
{
    struct entry_shape shape = shape_for(key.len, len, expire_ms != ENTRY_NO_EXPIRY);
    struct entry *entry = entry_create(shape, key.data, ENTRY_BYTES, expire_ms);
    if (entry && len)
        memcpy(entry_value(entry), value, len);
    return entry;
}

struct entry *entry_create_int(struct bytes key, int64_t value, int64_t expire_ms)
{
    struct entry_shape shape = shape_for(key.len, sizeof value, expire_ms != ENTRY_NO_EXPIRY);
    struct entry *entry = entry_create(shape, key.data, ENTRY_INT, expire_ms);
    if (entry)
        memcpy(entry_value(entry), &value, sizeof value);
    return entry;
}

struct entry *entry_create_blob(struct bytes key, struct blob *blob, int64_t expire_ms)
{
    struct entry_shape shape = shape_for(key.len, sizeof blob, expire_ms != ENTRY_NO_EXPIRY);
    struct entry *entry = entry_create(shape, key.data, ENTRY_BLOB, expire_ms);
    if (entry)
        memcpy(entry_value(entry), &blob, sizeof blob);
    return entry;
}

/* A new entry with the payload and all properties of another but its key and TTL; a blob isn't retained. */
static struct entry *entry_transplant(const struct entry *from, struct bytes key, int64_t expire_ms)
{
    size_t payload = entry_payload_len(from);
    struct entry_shape shape = shape_for(key.len, payload, expire_ms != ENTRY_NO_EXPIRY);
    struct entry *entry = entry_create(shape, key.data, from->encoding, expire_ms);
    if (!entry)
        return NULL;
    entry->type = from->type;
    entry->recency = from->recency;
    entry->flags |= from->flags & ENTRY_RAW;
    memcpy(entry_value(entry), entry_value(from), payload);
    return entry;
}

struct entry *entry_copy(const struct entry *entry, struct bytes key, int64_t expire_ms)
{
    struct entry *copy = entry_transplant(entry, key, expire_ms);
    if (copy && copy->encoding == ENTRY_BLOB)
        blob_retain(entry_blob(copy));
    return copy;
}

static void entry_free_shell(struct entry *entry)
{
    mem_free_sized(entry, entry_size(entry));
}

void entry_free(struct entry *entry)
{
    if (entry->encoding == ENTRY_BLOB)
        blob_release(entry_blob(entry));
    entry_free_shell(entry);
}

size_t entry_memory(const struct entry *entry)
{
    size_t memory = mem_good_size(entry_size(entry));
    if (entry->encoding == ENTRY_BLOB)
        memory += blob_memory(entry_blob(entry));
    return memory;
}

struct entry *entry_set_expiry(struct entry *entry, int64_t expire_ms)
{
    bool had = entry->flags & ENTRY_HAS_EXPIRY, has = expire_ms != ENTRY_NO_EXPIRY;
    if (had == has) {
        entry_write_expiry(entry, expire_ms);
        return entry;
    }
    struct entry *moved = entry_transplant(entry, entry_key(entry), expire_ms);
    if (moved)
        entry_free_shell(entry);
    return moved;
}

/*
 * The entry with room for payload bytes behind its key, in place if layout and size class allow, else moved
 * without the old payload. Its old value has been or will be dropped by the caller.
 */
static struct entry *entry_reshape(struct entry *entry, enum entry_encoding encoding, size_t payload)
{
    size_t key_len = entry_key_len(entry);
    struct entry_shape shape = shape_for(key_len, payload, entry->flags & ENTRY_HAS_EXPIRY);
    if (shape.wide == !!(entry->flags & ENTRY_WIDE)) {
        size_t old_size = entry_size(entry), size = shape_size(shape);
        if (size == old_size || mem_good_size(size) == mem_good_size(old_size)) {
            entry->encoding = encoding;
            entry_write_lens(entry, shape);
            return entry;
        }
    }
    struct entry *moved = entry_create(shape, entry_key(entry).data, encoding, entry_expiry(entry));
    if (moved) {
        moved->type = entry->type;
        moved->recency = entry->recency;
        entry_free_shell(entry);
    }
    return moved;
}

/* Changes the value to payload bytes from source, dropping a blob that was the old value. */
static struct entry *entry_set_payload(struct entry *entry, enum entry_encoding encoding, const void *source,
                                       size_t len)
{
    struct blob *old = entry->encoding == ENTRY_BLOB ? entry_blob(entry) : NULL;
    struct entry *changed = entry_reshape(entry, encoding, len);
    if (!changed)
        return NULL;
    changed->flags &= (uint8_t)~ENTRY_RAW;
    if (len)
        memcpy(entry_value(changed), source, len);
    blob_release(old);
    return changed;
}

struct entry *entry_set_bytes(struct entry *entry, const char *value, size_t len)
{
    return entry_set_payload(entry, ENTRY_BYTES, value, len);
}

struct entry *entry_set_int(struct entry *entry, int64_t value)
{
    return entry_set_payload(entry, ENTRY_INT, &value, sizeof value);
}

struct entry *entry_set_blob(struct entry *entry, struct blob *blob)
{
    return entry_set_payload(entry, ENTRY_BLOB, &blob, sizeof blob);
}

struct entry *entry_resize_bytes(struct entry *entry, size_t len)
{
    assert(entry->encoding == ENTRY_BYTES);
    size_t old_len = entry_value_len(entry), kept = old_len < len ? old_len : len;
    struct entry_shape shape = shape_for(entry_key_len(entry), len, entry->flags & ENTRY_HAS_EXPIRY);
    struct entry *changed = entry;
    if (shape.wide == !!(entry->flags & ENTRY_WIDE) &&
        mem_good_size(shape_size(shape)) == mem_good_size(entry_size(entry))) {
        entry_write_lens(entry, shape);
    } else {
        changed = entry_create(shape, entry_key(entry).data, ENTRY_BYTES, entry_expiry(entry));
        if (!changed)
            return NULL;
        changed->type = entry->type;
        changed->recency = entry->recency;
        changed->flags |= entry->flags & ENTRY_RAW;
        memcpy(entry_value(changed), entry_value(entry), kept);
        entry_free_shell(entry);
    }
    memset(entry_value(changed) + kept, 0, len - kept);
    return changed;
}
