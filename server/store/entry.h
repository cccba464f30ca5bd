/*
 * Entries: one key with its value, in one allocation.
 *
 *     header 8 | lengths 16, only of a wide entry | expiry 8, only with a TTL | key | value
 *
 * A value is an integer (8 bytes), a byte string in place, or a blob (a pointer), and later the root of
 * a collection. Keys of up to 255 bytes with values of up to 65,535 fit the narrow header.
 *
 * Entries belong to their table and are read and changed under the lock of its shard, before they are
 * in a table by their maker alone. Functions that may have to move an entry return its new address.
 */
#ifndef KVS_STORE_ENTRY_H
#define KVS_STORE_ENTRY_H

#include "base/bytes.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct blob;

enum entry_type { ENTRY_STRING, ENTRY_LIST, ENTRY_SET, ENTRY_ZSET, ENTRY_HASH, ENTRY_STREAM };
enum entry_encoding { ENTRY_INT, ENTRY_BYTES, ENTRY_BLOB };

#define ENTRY_NO_EXPIRY INT64_C(-1)
#define ENTRY_NARROW_KEY 255
#define ENTRY_NARROW_VALUE 65535

enum {
    ENTRY_HAS_EXPIRY = 1, /* eight bytes of expiry follow the header */
    ENTRY_WIDE = 2,       /* the lengths follow the header */
    ENTRY_RAW = 4,        /* was changed in place: OBJECT ENCODING says "raw" whatever the length */
};

struct entry {
    uint32_t recency : 24; /* when or how often it was last used: see recency.h */
    uint32_t type : 4;
    uint32_t encoding : 4;
    uint8_t flags;
    uint8_t key_len;    /* narrow only */
    uint16_t value_len; /* narrow only; for ENTRY_BYTES */
    char body[];
};

_Static_assert(sizeof(struct entry) == 8, "the header is eight bytes");

struct entry_wide {
    uint64_t value_len;
    uint64_t key_len;
};

/* ---- making and freeing ---- */

/* A string entry; expire_ms is ENTRY_NO_EXPIRY or an absolute wall time. NULL when memory can't be had. */
struct entry *entry_create_bytes(struct bytes key, const char *value, size_t len, int64_t expire_ms);
struct entry *entry_create_int(struct bytes key, int64_t value, int64_t expire_ms);

/* Takes the reference to blob on success. */
struct entry *entry_create_blob(struct bytes key, struct blob *blob, int64_t expire_ms);

/* Copies entry, with its value (a blob is shared), under another key. */
struct entry *entry_copy(const struct entry *entry, struct bytes key, int64_t expire_ms);

/* Frees the entry and its value; large values cost time, see reaper.h. */
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

/* ENTRY_BYTES: the length of the value in place. */
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

static inline int64_t entry_int(const struct entry *e)
{
    int64_t value;
    memcpy(&value, entry_value(e), sizeof value);
    return value;
}

static inline struct blob *entry_blob(const struct entry *e)
{
    struct blob *blob;
    memcpy(&blob, entry_value(e), sizeof blob);
    return blob;
}

/* Bytes of memory that the entry and its value occupy, allocator slack included. */
size_t entry_memory(const struct entry *entry);

/* ---- changing: each may move the entry and then frees the old one, so value isn't the entry's own; NULL (entry
 * unchanged) without memory ---- */
struct entry *entry_set_expiry(struct entry *entry, int64_t expire_ms);
struct entry *entry_set_bytes(struct entry *entry, const char *value, size_t len);
struct entry *entry_set_int(struct entry *entry, int64_t value);
struct entry *entry_set_blob(struct entry *entry, struct blob *blob); /* takes the reference on success */

/*
 * ENTRY_BYTES only: makes the value len bytes long, keeping what fits and zeroing what is new. The
 * caller then writes into entry_value().
 */
struct entry *entry_resize_bytes(struct entry *entry, size_t len);

#endif
