#include "base/output.h"

#include "base/blob.h"
#include "base/connection_memory.h"
#include "base/memory.h"

#include <assert.h>
#include <string.h>

#define CHUNK_DATA (OUTPUT_CHUNK_SIZE - sizeof(struct output_chunk))
#define POOL_MAX 64      /* chunks a thread keeps: 896 KiB */
#define COMPACT_MAX 2048 /* up to so many bytes are worth moving out of a pooled chunk */

static __thread struct output_chunk *pool;
static __thread unsigned pool_count;

/* The pool's chunks are memory of connections as much as those in use. */
static struct output_chunk *chunk_alloc(size_t data)
{
    size_t size = sizeof(struct output_chunk) + data;
    connection_memory_add(mem_good_size(size));
    return mem_alloc(size);
}

static void chunk_free(struct output_chunk *chunk)
{
    size_t size = sizeof *chunk + chunk->capacity;
    connection_memory_subtract(mem_good_size(size));
    mem_free_sized(chunk, size);
}

static struct output_chunk *chunk_create(size_t data)
{
    struct output_chunk *chunk;
    if (data == CHUNK_DATA && pool) {
        chunk = pool;
        pool = chunk->next;
        pool_count--;
    } else {
        chunk = chunk_alloc(data);
    }
    *chunk = (struct output_chunk){.start = chunk->data, .capacity = data};
    return chunk;
}

static void chunk_destroy(struct output_chunk *chunk)
{
    if (chunk->blob)
        blob_return(chunk->blob);
    if (chunk->capacity == CHUNK_DATA && pool_count < POOL_MAX) {
        chunk->next = pool;
        pool = chunk;
        pool_count++;
    } else {
        chunk_free(chunk);
    }
}

static size_t chunk_lent(const struct output_chunk *chunk)
{
    return chunk->blob ? chunk->len : 0; /* what is left of it */
}

static size_t chunk_memory(const struct output_chunk *chunk)
{
    return sizeof *chunk + chunk->capacity + chunk_lent(chunk);
}

/* The chunk leaves the output. */
static void output_forget(struct output *output, const struct output_chunk *chunk)
{
    output->memory -= chunk_memory(chunk);
    output->lent -= chunk_lent(chunk);
}

static void output_append(struct output *output, struct output_chunk *chunk)
{
    if (output->tail)
        output->tail->next = chunk;
    else
        output->head = chunk;
    output->tail = chunk;
    output->memory += chunk_memory(chunk);
    output->lent += chunk_lent(chunk);
}

struct output_chunk *output_add_chunk(struct output *output, size_t size)
{
    struct output_chunk *chunk = chunk_create(size > CHUNK_DATA ? size : CHUNK_DATA);
    output_append(output, chunk);
    return chunk;
}

struct output_chunk *output_add_small_chunk(struct output *output, size_t size)
{
    struct output_chunk *chunk = chunk_create(size);
    output_append(output, chunk);
    return chunk;
}

void output_add_blob(struct output *output, struct blob *blob, size_t offset, size_t len)
{
    struct output_chunk *chunk = chunk_create(0);
    chunk->blob = blob_lend(blob);
    chunk->start = blob->data + offset;
    chunk->len = len;
    output_append(output, chunk);
    output->bytes += len;
}

/* Bytes that the chunk still has room for. */
static size_t chunk_room(const struct output_chunk *chunk)
{
    return chunk && chunk->capacity > 0 ? (size_t)(chunk->data + chunk->capacity - (chunk->start + chunk->len)) : 0;
}

static void chunk_fill(struct output *output, struct output_chunk *chunk, const char *data, size_t len)
{
    memcpy((char *)chunk->start + chunk->len, data, len);
    chunk->len += len;
    output->bytes += len;
}

void output_add_bytes(struct output *output, const char *data, size_t len)
{
    size_t room = chunk_room(output->tail), part = len < room ? len : room;
    if (part > 0)
        chunk_fill(output, output->tail, data, part);
    if (part == len)
        return;
    len -= part;
    size_t header = sizeof(struct output_chunk);
    struct output_chunk *chunk = output->head ? output_add_chunk(output, len)
                                              : output_add_small_chunk(output, mem_good_size(header + len) - header);
    chunk_fill(output, chunk, data + part, len);
}

void output_splice(struct output *output, struct output *from)
{
    if (!from->head)
        return;
    if (output->tail)
        output->tail->next = from->head;
    else
        output->head = from->head;
    output->tail = from->tail;
    output->bytes += from->bytes;
    output->memory += from->memory;
    output->lent += from->lent;
    *from = (struct output){0};
}

int output_vectors(const struct output *output, struct iovec *vectors, int max)
{
    int count = 0;
    for (const struct output_chunk *chunk = output->head; chunk && count < max; chunk = chunk->next)
        if (chunk->len > 0)
            vectors[count++] = (struct iovec){.iov_base = (void *)chunk->start, .iov_len = chunk->len};
    return count;
}

static void output_drop_head(struct output *output)
{
    struct output_chunk *chunk = output->head;
    output->head = chunk->next;
    if (!output->head)
        output->tail = NULL;
    output_forget(output, chunk);
    chunk_destroy(chunk);
}

void output_consume(struct output *output, size_t len)
{
    output->bytes -= len;
    while (output->head && output->head->len <= len) {
        len -= output->head->len;
        output_drop_head(output);
    }
    if (len > 0) {
        struct output_chunk *chunk = output->head;
        assert(chunk);
        if (chunk->blob) {
            output->memory -= len;
            output->lent -= len;
        }
        chunk->start += len;
        chunk->len -= len;
    }
}

void output_compact(struct output *output)
{
    struct output_chunk *chunk = output->head;
    if (!chunk || chunk->next || chunk->blob || chunk->capacity != CHUNK_DATA || chunk->len > COMPACT_MAX)
        return;
    struct output_chunk *small = chunk_create(chunk->len);
    memcpy(small->data, chunk->start, chunk->len);
    small->len = chunk->len;
    output->head = output->tail = small;
    output->memory = chunk_memory(small);
    chunk_destroy(chunk);
}

void output_clear(struct output *output)
{
    while (output->head)
        output_drop_head(output);
    output->bytes = 0;
}

void output_truncate_after(struct output *output, struct output_chunk *last)
{
    struct output_chunk *chunk = last ? last->next : output->head;
    if (last)
        last->next = NULL;
    else
        output->head = NULL;
    output->tail = last;
    while (chunk) {
        struct output_chunk *next = chunk->next;
        output_forget(output, chunk);
        output->bytes -= chunk->len;
        chunk_destroy(chunk);
        chunk = next;
    }
}

void output_pool_drain(void)
{
    while (pool) {
        struct output_chunk *chunk = pool;
        pool = chunk->next;
        chunk_free(chunk);
    }
    pool_count = 0;
}
