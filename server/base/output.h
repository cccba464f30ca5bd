/*
 * Output: the bytes a connection still has to send, as a chain of chunks.
 *
 * A chunk either holds its own bytes or refers to a part of a blob, which is then sent without being
 * copied. Chunks of the common size come from the calling thread's pool and go back to it once they
 * have been sent, so an idle connection holds none.
 *
 * An output belongs to one connection and is touched only by that connection's worker, or by the thread that
 * has stopped the world (base/gate.h).
 */
#ifndef KVS_BASE_OUTPUT_H
#define KVS_BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct blob;

/*
 * Bytes of the common chunk, its header included: the largest size of which the allocator puts several into a row of
 * pages. Larger ones would each have a page of their own beside them.
 */
#define OUTPUT_CHUNK_SIZE ((size_t)14336)

struct output_chunk {
    struct output_chunk *next;
    struct blob *blob; /* NULL: the bytes are in data */
    const char *start; /* first byte not yet sent */
    size_t len;        /* bytes from start on */
    size_t capacity;   /* bytes of data; 0 for a blob's chunk */
    char data[];
};

struct output {
    struct output_chunk *head;
    struct output_chunk *tail;
    size_t bytes;  /* sum of all len, except the open tail of a reply that is being written */
    size_t memory; /* what the chunks occupy, and what they refer to */
    size_t lent;   /* of that, bytes of blobs: shared with the keyspace, and not copied */
};

/* Appends an empty chunk with room for at least size bytes and returns it. */
struct output_chunk *output_add_chunk(struct output *output, size_t size);

/* Appends an empty chunk of exactly size bytes, to be filled in later. */
struct output_chunk *output_add_small_chunk(struct output *output, size_t size);

/* Appends a reference to len bytes of blob, from offset on; retains the blob. */
void output_add_blob(struct output *output, struct blob *blob, size_t offset, size_t len);

/*
 * Appends a copy of the bytes: into the last chunk as far as there is room, then into one of their size if the output
 * was empty, since it may stay so for long, or a common one.
 */
void output_add_bytes(struct output *output, const char *data, size_t len);

/* Moves all that from holds to the end of output. */
void output_splice(struct output *output, struct output *from);

/* Fills at most max vectors with the first bytes to send; returns how many. Valid until the output changes. */
int output_vectors(const struct output *output, struct iovec *vectors, int max);

/* Drops the first len bytes, which have been sent. */
void output_consume(struct output *output, size_t len);

/* For bytes that may stay for a long time: if they are few, moves them out of a pooled chunk into one of their size. */
void output_compact(struct output *output);

/* Drops all chunks after last (all chunks if it is NULL). */
void output_truncate_after(struct output *output, struct output_chunk *last);

void output_clear(struct output *output);

/* Frees the calling thread's pool. Each thread calls it before it ends. */
void output_pool_drain(void);

#endif
