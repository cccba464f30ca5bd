/*
 * An entry has the size of its content; the bytes that the allocator adds are used when a value is changed in place.
 * The size of the allocation follows from the header (entry_size), so frees are sized, and a change within the same
 * size class moves nothing.
 *
 * A value follows the key at any alignment: numbers and addresses are read with memcpy.
 */
#include "store/entry.h"

#include "base/memory.h"
#include "store/value_type.h"

/* The parameters that decide an entry's layout. */
struct entry_shape {
    size_t key_len;
    size_t value_len;
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

static size_t entry_size(const struct entry *entry)
{
    return sizeof(struct entry) + entry_key_offset(entry) + entry_key_len(entry) + entry_value_len(entry);
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

/* An entry of this shape with its key in place and its value not yet written. */
static struct entry *entry_allocate(struct entry_shape shape, const char *key, int64_t expire_ms)
{
    struct entry *entry = mem_try_alloc(shape_size(shape));
    if (!entry)
        return NULL;
    *entry = (struct entry){
        .flags = (uint8_t)((shape.wide ? ENTRY_WIDE : 0) | (shape.expires ? ENTRY_HAS_EXPIRY : 0) | entry_epoch)};
    entry_write_lens(entry, shape);
    entry_write_expiry(entry, expire_ms);
    memcpy(entry->body + entry_key_offset(entry), key, shape.key_len);
    return entry;
}

static void entry_free_shell(struct entry *entry)
{
    mem_free_sized(entry, entry_size(entry));
}

/* Copies all properties except layout, key and value. */
static void entry_inherit(struct entry *entry, const struct entry *from)
{
    entry->recency = from->recency;
    entry->type = from->type;
    entry->encoding = from->encoding;
    entry->flags = (uint8_t)((entry->flags & ~ENTRY_VALUE_FLAGS) | (from->flags & ENTRY_VALUE_FLAGS));
}

/* ---- making and freeing ---- */

struct entry *entry_create(struct bytes key, const struct value *value, int64_t expire_ms)
{
    struct entry_shape shape = shape_for(key.len, value->len, expire_ms != ENTRY_NO_EXPIRY);
    struct entry *entry = entry_allocate(shape, key.data, expire_ms);
    if (!entry)
        return NULL;
    entry->type = value->type & (VALUE_TYPES - 1);
    entry->encoding = value->encoding & 15;
    entry->flags |= value->flags;
    if (value->len)
        memcpy(entry_value(entry), value->data, value->len);
    return entry;
}

/* A new entry with another key and TTL; the value's bytes and all else are from's, so both refer to the same memory. */
static struct entry *entry_transplant(const struct entry *from, struct bytes key, int64_t expire_ms)
{
    size_t len = entry_value_len(from);
    struct entry *entry = entry_allocate(shape_for(key.len, len, expire_ms != ENTRY_NO_EXPIRY), key.data, expire_ms);
    if (!entry)
        return NULL;
    entry_inherit(entry, from);
    memcpy(entry_value(entry), entry_value(from), len);
    return entry;
}

struct entry *entry_copy(const struct entry *entry, struct bytes key, int64_t expire_ms)
{
    struct entry *copy = entry_transplant(entry, key, expire_ms);
    if (copy && (copy->flags & ENTRY_OWNS) && entry_value_type(copy)->copy(copy)) {
        entry_free_shell(copy);
        return NULL;
    }
    return copy;
}

struct entry *entry_rename(struct entry *entry, struct bytes key)
{
    struct entry *moved = entry_transplant(entry, key, entry_expiry(entry));
    if (moved)
        entry_free_shell(entry);
    return moved;
}

void entry_free(struct entry *entry)
{
    if (entry->flags & ENTRY_OWNS)
        entry_value_type(entry)->release(entry);
    entry_free_shell(entry);
}

size_t entry_memory(const struct entry *entry, size_t samples)
{
    size_t own = (entry->flags & ENTRY_OWNS) ? entry_value_type(entry)->memory(entry, samples) : 0;
    return mem_good_size(entry_size(entry)) + own;
}

/* ---- changing ---- */

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

/* The entry with room for a value of len bytes: itself if its layout and size class allow, else a new one, or NULL. */
static struct entry *entry_make_room(struct entry *entry, size_t len)
{
    struct entry_shape shape = shape_for(entry_key_len(entry), len, entry->flags & ENTRY_HAS_EXPIRY);
    if (shape.wide == !!(entry->flags & ENTRY_WIDE) &&
        mem_good_size(shape_size(shape)) == mem_good_size(entry_size(entry))) {
        entry_write_lens(entry, shape);
        return entry;
    }
    struct entry *moved = entry_allocate(shape, entry_key(entry).data, entry_expiry(entry));
    if (moved)
        entry_inherit(moved, entry);
    return moved;
}

struct entry *entry_set_value(struct entry *entry, unsigned encoding, unsigned flags, const void *data, size_t len)
{
    struct entry *changed = entry;
    if (len != entry_value_len(entry)) {
        changed = entry_make_room(entry, len);
        if (!changed)
            return NULL;
        if (changed != entry)
            entry_free_shell(entry);
    }
    changed->encoding = encoding & 15;
    changed->flags = (uint8_t)((changed->flags & ~ENTRY_VALUE_FLAGS) | flags);
    if (len)
        memcpy(entry_value(changed), data, len);
    return changed;
}

struct entry *entry_resize(struct entry *entry, size_t len)
{
    size_t old_len = entry_value_len(entry), kept = old_len < len ? old_len : len;
    struct entry *changed = entry_make_room(entry, len);
    if (!changed)
        return NULL;
    if (changed != entry) {
        memcpy(entry_value(changed), entry_value(entry), kept);
        entry_free_shell(entry);
    }
    memset(entry_value(changed) + kept, 0, len - kept);
    return changed;
}
