/*
 * Blobs: large byte strings with a reference count.
 *
 * A value of BLOB_MIN bytes or more is not copied between the socket and the keyspace: the parser
 * receives it into a blob, an entry keeps a reference, and a reply holds another until the bytes are
 * in the socket. A blob with one reference may be changed in place by its owner (under the shard
 * lock, if an entry holds it); with more it is read-only and has to be copied first.
 *
 * References are dropped on any thread, so their number is atomic. Those that replies have are counted apart: a blob
 * that only replies refer to any more is no longer data, and counts as memory of connections (connection_memory.h).
 */
#ifndef KVS_BASE_BLOB_H
#define KVS_BASE_BLOB_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define BLOB_MIN ((size_t)16384)

struct blob {
    _Atomic uint64_t references; /* private: all of them in the lower half, those of replies in the upper one */
    size_t len;                  /* bytes in use */
    size_t capacity;             /* bytes allocated in data */
    char data[];
};

/* Returns a blob with one reference and len 0, or NULL when the memory can't be had. */
struct blob *blob_create(size_t capacity);

/* The same with zeros in all of its capacity. */
struct blob *blob_create_zeroed(size_t capacity);

/* Takes one more reference; returns the same blob. */
struct blob *blob_retain(struct blob *blob);

/* Drops a reference, the last of which frees the blob. NULL is allowed and does nothing. */
void blob_release(struct blob *blob);

/* The same for the references of replies. Whoever lends holds another one meanwhile. */
struct blob *blob_lend(struct blob *blob);
void blob_return(struct blob *blob);

/* Whether the caller's reference is the only one. */
bool blob_is_exclusive(const struct blob *blob);

/*
 * Makes room for capacity bytes in an exclusively held blob. Takes the reference and returns the blob,
 * which may have moved; on failure returns NULL and the caller keeps the old one.
 */
struct blob *blob_reserve(struct blob *blob, size_t capacity);

/* The same, and what the capacity grows by is zero. */
struct blob *blob_reserve_zeroed(struct blob *blob, size_t capacity);

/* Bytes of memory that the blob occupies, allocator slack included. Constant while there is more than one reference. */
size_t blob_memory(const struct blob *blob);

/* Bytes that a blob of that capacity would occupy. */
size_t blob_memory_for(size_t capacity);

#endif
