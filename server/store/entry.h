/*
 * Entries: one key with its value, in one allocation.
 *
 *     header 8 | lengths 16, only of a wide entry | expiry 8, only with a TTL | key | value
 *
 * The value is a run of bytes whose meaning depends on the entry's type and encoding (value_type.h): text, a number, or
 * the address of something larger; in the latter case the entry has the flag ENTRY_OWNS. A key of up to 255 bytes with
 * a value of up to 65,535 bytes fits the narrow header.
 *
 * An entry in a table belongs to the keyspace and is read and changed under its shard's lock; before that it belongs to
 * its maker. Functions that may have to move an entry return its new address.
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
    ENTRY_OWNS = 4,       /* the value refers to memory outside the entry, which the type's operations manage */
    ENTRY_MARK = 8,       /* its meaning is the type's */
    ENTRY_AGES = 16,      /* parts of the value may expire by themselves: see value_type.h */
    ENTRY_EPOCH = 32,     /* it is of the past or of the present: see epoch.h */
};
#define ENTRY_VALUE_FLAGS (ENTRY_OWNS | ENTRY_MARK | ENTRY_AGES) /* those that describe the value, not the layout */

struct entry {
    uint32_t recency : 24; /* when it was last used, or how often: see recency.h */
    uint32_t type : 4;     /* number of its value_type */
    uint32_t encoding : 4; /* its meaning is the type's */
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

/* A value for an entry: its bytes and their meaning. */
struct value {
    const void *data;
    size_t len;
    uint8_t type, encoding;
    uint8_t flags; /* some of ENTRY_VALUE_FLAGS */
};

/* ENTRY_EPOCH or 0: what entries of the present have. Changed by epoch_begin(), in a stopped world. */
extern uint8_t entry_epoch;

/* ---- making and freeing ---- */

/*
 * expire_ms is ENTRY_NO_EXPIRY or an absolute wall time in milliseconds. On success the entry owns what the value
 * refers to. NULL without memory.
 */
struct entry *entry_create(struct bytes key, const struct value *value, int64_t expire_ms);

/* Copies entry, with its value, under another key. NULL without memory. */
struct entry *entry_copy(const struct entry *entry, struct bytes key, int64_t expire_ms);

/* Gives it another key; a large value isn't copied. Takes entry on success; NULL without memory. */
struct entry *entry_rename(struct entry *entry, struct bytes key);

/* Frees the entry and its value. Freeing a large value takes time: see disposal.h. */
void entry_free(struct entry *entry);

/* ---- reading; results are borrowed until the entry is changed or its shard unlocked ---- */
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

/* Bytes of the value that lie in the entry. */
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

static inline bool entry_is_due(const struct entry *e, int64_t now_ms)
{
    return (e->flags & ENTRY_HAS_EXPIRY) && entry_expiry(e) <= now_ms;
}

/* When it, or a part of its value, expires next; INT64_MAX: never. */
static inline int64_t entry_next_expiry(const struct entry *e)
{
    int64_t at = (e->flags & ENTRY_HAS_EXPIRY) ? entry_expiry(e) : INT64_MAX;
    int64_t part = (e->flags & ENTRY_AGES) ? entry_value_type(e)->next_expiry(e) : INT64_MAX;
    return at < part ? at : part;
}

/* Bytes of memory that the entry and its value occupy, allocator slack included; samples as in value_type.memory(). */
size_t entry_memory(const struct entry *entry, size_t samples);

/* ---- changing: each may move the entry and then frees the old one; NULL (entry unchanged) without memory ---- */
struct entry *entry_set_expiry(struct entry *entry, int64_t expire_ms);

/*
 * Replaces the value with another of the same type; key, TTL and recency stay. flags are some of ENTRY_VALUE_FLAGS;
 * data lies outside the entry. The caller releases what the old value referred to.
 */
struct entry *entry_set_value(struct entry *entry, unsigned encoding, unsigned flags, const void *data, size_t len);

/*
 * Makes the value len bytes long; keeps the bytes that fit and zeroes new ones. The caller then writes into
 * entry_value().
 */
struct entry *entry_resize(struct entry *entry, size_t len);

#endif
