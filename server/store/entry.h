/*
 * Entries: one key with its value, in one allocation.
 *
 *     header 8 | lengths 16, only of a wide entry | expiry 8, only with a TTL | key | value
 *
 * The value is a run of bytes whose meaning belongs to the entry's type and encoding (value_type.h): text, a number, or
 * the address of something larger, and then the entry is marked ENTRY_OWNS. Keys of up to 255 bytes with values of up to
 * 65,535 fit the narrow header.
 *
 * Entries belong to their table and are read and changed under the lock of its shard, before they are
 * in a table by their maker alone. Functions that may have to move an entry return its new address.
 */
#ifndef KVS_STORE_ENTRY_H
#define KVS_STORE_ENTRY_H

#include "base/bytes.h"
#include "store/value_type.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define ENTRY_NO_EXPIRY INT64_C(-1)
#define ENTRY_NARROW_KEY 255
#define ENTRY_NARROW_VALUE 65535

enum {
    ENTRY_HAS_EXPIRY = 1, /* eight bytes of expiry follow the header */
    ENTRY_WIDE = 2,       /* the lengths follow the header */
    ENTRY_OWNS = 4,       /* the value refers to memory of its own, which the type's operations know */
    ENTRY_MARK = 8,       /* the type's own */
};
#define ENTRY_VALUE_FLAGS (ENTRY_OWNS | ENTRY_MARK) /* those that go with the value, and not with the layout */

struct entry {
    uint32_t recency : 24; /* when or how often it was last used: see recency.h */
    uint32_t type : 4;     /* number of its value_type */
    uint32_t encoding : 4; /* the type's own */
    uint8_t flags;
    uint8_t key_len;    /* narrow only */
    uint16_t value_len; /* narrow only */
    char body[];
};

_Static_assert(sizeof(struct entry) == 8, "the header is eight bytes");

struct entry_wide {
    uint64_t value_len;
    uint64_t key_len;
};

static inline const struct value_type *entry_value_type(const struct entry *e)
{
    return value_types[e->type];
}

/* What an entry's value is: bytes with what they mean. */
struct value {
    const void *data;
    size_t len;
    uint8_t type, encoding;
    uint8_t flags; /* of ENTRY_VALUE_FLAGS */
};

/* ---- making and freeing ---- */

/*
 * expire_ms is ENTRY_NO_EXPIRY or an absolute wall time. What the value refers to is the entry's on success. NULL when
 * memory can't be had.
 */
struct entry *entry_create(struct bytes key, const struct value *value, int64_t expire_ms);

/* Copies entry, with its value, under another key. NULL without memory. */
struct entry *entry_copy(const struct entry *entry, struct bytes key, int64_t expire_ms);

/* Gives it another key: the value moves, whatever its size. Takes entry on success; NULL without memory. */
struct entry *entry_rename(struct entry *entry, struct bytes key);

/* Frees the entry and its value; large values cost time, see disposal.h. */
void entry_free(struct entry *entry);

/* ---- reading; what is handed out is borrowed until the entry is changed or its shard unlocked ---- */
static inline size_t entry_key_offset(const struct entry *e)
{
    return ((e->flags & ENTRY_WIDE) ? sizeof(struct entry_wide) : 0) + ((e->flags & ENTRY_HAS_EXPIRY) ? 8 : 0);
}

static inline size_t entry_key_len(const struct entry *e)
{
    return (e->flags & ENTRY_WIDE) ? ((const struct entry_wide *)e->body)->key_len : e->key_len;
}

static inline struct bytes entry_key(const struct entry *e)
{
    return (struct bytes){e->body + entry_key_offset(e), entry_key_len(e)};
}

/* Bytes of the value in place. */
static inline size_t entry_value_len(const struct entry *e)
{
    return (e->flags & ENTRY_WIDE) ? ((const struct entry_wide *)e->body)->value_len : e->value_len;
}

static inline char *entry_value(const struct entry *e)
{
    return (char *)e->body + entry_key_offset(e) + entry_key_len(e);
}

static inline int64_t entry_expiry(const struct entry *e)
{
    int64_t at = ENTRY_NO_EXPIRY;
    if (e->flags & ENTRY_HAS_EXPIRY)
        memcpy(&at, e->body + ((e->flags & ENTRY_WIDE) ? sizeof(struct entry_wide) : 0), sizeof at);
    return at;
}

/* Bytes of memory that the entry and its value occupy, allocator slack included; samples as in value_type.memory(). */
size_t entry_memory(const struct entry *entry, size_t samples);

/* ---- changing: each may move the entry and then frees the old one; NULL (entry unchanged) without memory ---- */
struct entry *entry_set_expiry(struct entry *entry, int64_t expire_ms);

/*
 * Replaces the value by another of the same type; key, TTL and recency stay. flags are of ENTRY_VALUE_FLAGS; data isn't
 * in the entry. What the old value referred to is the caller's to release.
 */
struct entry *entry_set_value(struct entry *entry, unsigned encoding, unsigned flags, const void *data, size_t len);

/*
 * Makes the value len bytes long, keeping what fits and zeroing what is new. The caller then writes into
 * entry_value().
 */
struct entry *entry_resize(struct entry *entry, size_t len);

#endif
