/*
 * Blobs: one allocation each, the head and then the bytes. The capacity is whatever the allocator
 * really gave, so that appending fills the size class before it has to move.
 */
#include "base/blob.h"

#include "base/memory.h"

#include <stdint.h>

/* Bytes to allocate for a capacity; 0 if it doesn't fit in a size_t. */
static size_t allocation_size(size_t capacity)
{
    if (capacity > SIZE_MAX / 2)
        return 0;
    return mem_good_size(sizeof(struct blob) + capacity);
}

static void blob_init(struct blob *blob, size_t size)
{
    atomic_init(&blob->references, 1);
    blob->len = 0;
    blob->capacity = size - sizeof(struct blob);
}

struct blob *blob_create(size_t capacity)
{
    size_t size = allocation_size(capacity);
    struct blob *blob = size > 0 ? mem_try_alloc(size) : NULL;
    if (blob)
        blob_init(blob, size);
    return blob;
}

struct blob *blob_create_zeroed(size_t capacity)
{
    size_t size = allocation_size(capacity);
    struct blob *blob = size > 0 ? mem_try_calloc(size) : NULL;
    if (blob)
        blob_init(blob, size);
    return blob;
}

struct blob *blob_retain(struct blob *blob)
{
    /* Relaxed: the caller already holds a reference, which it received through some ordered operation. */
    atomic_fetch_add_explicit(&blob->references, 1, memory_order_relaxed);
    return blob;
}

void blob_release(struct blob *blob)
{
    if (!blob)
        return;
    /* Release: our reads and writes of the bytes are done before the count falls. Acquire: the thread that
     * frees sees those of every other releaser (the partner is this same line on their threads). */
    if (atomic_fetch_sub_explicit(&blob->references, 1, memory_order_acq_rel) == 1)
        mem_free_sized(blob, sizeof(struct blob) + blob->capacity);
}

bool blob_is_exclusive(const struct blob *blob)
{
    /* Acquire pairs with blob_release() on other threads: they have finished reading before we write. */
    return atomic_load_explicit(&blob->references, memory_order_acquire) == 1;
}

static struct blob *blob_grow(struct blob *blob, size_t capacity, bool zeroed)
{
    if (capacity <= blob->capacity)
        return blob;
    size_t size = allocation_size(capacity);
    struct blob *moved = NULL;
    if (size > 0)
        moved =
            zeroed ? mem_try_realloc_zeroed(blob, sizeof *blob + blob->capacity, size) : mem_try_realloc(blob, size);
    if (moved)
        moved->capacity = size - sizeof(struct blob);
    return moved;
}

struct blob *blob_reserve(struct blob *blob, size_t capacity)
{
    return blob_grow(blob, capacity, false);
}

struct blob *blob_reserve_zeroed(struct blob *blob, size_t capacity)
{
    return blob_grow(blob, capacity, true);
}

size_t blob_memory(const struct blob *blob)
{
    return mem_usable(blob);
}
