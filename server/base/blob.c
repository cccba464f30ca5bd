/*
 * Blobs: one allocation each, the head and then the bytes. The capacity is whatever the allocator
 * really gave, so that appending fills the size class before it has to move.
 */
#include "base/blob.h"

#include "base/connection_memory.h"
#include "base/memory.h"

#define ONE UINT64_C(1)
#define ONE_LENT (ONE + (ONE << 32))

/* Bytes to allocate for a capacity; 0 if it doesn't fit in a size_t. */
static size_t allocation_size(size_t capacity)
{
    if (capacity > SIZE_MAX / 2)
        return 0;
    return mem_good_size(sizeof(struct blob) + capacity);
}

static void blob_init(struct blob *blob, size_t size)
{
    atomic_init(&blob->references, ONE);
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
    atomic_fetch_add_explicit(&blob->references, ONE, memory_order_relaxed);
    return blob;
}

struct blob *blob_lend(struct blob *blob)
{
    atomic_fetch_add_explicit(&blob->references, ONE_LENT, memory_order_relaxed); /* as blob_retain() */
    return blob;
}

static void blob_destroy(struct blob *blob)
{
    mem_free_sized(blob, sizeof(struct blob) + blob->capacity);
}

/*
 * Drops a reference and returns the numbers that are left. Release: our reads and writes of the bytes are done before
 * the count falls. Acquire: the thread that frees sees those of every other releaser (the partner is this same line on
 * their threads).
 */
static uint64_t blob_drop(struct blob *blob, uint64_t one)
{
    return atomic_fetch_sub_explicit(&blob->references, one, memory_order_acq_rel) - one;
}

void blob_release(struct blob *blob)
{
    if (!blob)
        return;
    size_t memory = sizeof *blob + blob->capacity; /* a reply's thread may free it as soon as we have let go */
    uint64_t left = blob_drop(blob, ONE);
    if (left == 0)
        blob_destroy(blob);
    else if ((uint32_t)left == left >> 32)
        connection_memory_add(memory); /* only replies are left, and no others can come */
}

void blob_return(struct blob *blob)
{
    if (blob_drop(blob, ONE_LENT) != 0)
        return;
    connection_memory_subtract(sizeof *blob + blob->capacity);
    blob_destroy(blob);
}

bool blob_is_exclusive(const struct blob *blob)
{
    /* Acquire pairs with blob_release() on other threads: they have finished reading before we write. */
    return atomic_load_explicit(&blob->references, memory_order_acquire) == ONE;
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

size_t blob_memory_for(size_t capacity)
{
    return allocation_size(capacity);
}

size_t blob_memory(const struct blob *blob)
{
    return mem_usable(blob);
}
