/*
 * Output: the bytes a connection still has to send, as a chain of chunks.
 *
 * A chunk either holds its own bytes or refers to a piece of a blob, which is then sent from where it
 * lies. Chunks of the common size come from a pool of the calling thread and go back to it when they
 * have been sent, so that an idle connection holds none.
 *
 * An output belongs to one connection and is touched by that connection's worker alone, or by anyone
 * while the world is stopped (gate.h).
 */
#ifndef KVS_BASE_OUTPUT_H
#define KVS_BASE_OUTPUT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/uio.h>

struct blob;

#define OUTPUT_CHUNK_SIZE ((size_t)16384) /* bytes of the common chunk, its header included */

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
    size_t bytes;  /* sum of len, the open tail of a reply being written excepted */
    size_t memory; /* what the chunks occupy; a blob counts in full */
};

/* Appends an empty chunk with room for at least size bytes and returns it. */
struct output_chunk *output_add_chunk(struct output *output, size_t size);

/* Appends an empty chunk of just that size, for what is filled in later. */
struct output_chunk *output_add_small_chunk(struct output *output, size_t size);

/* Appends a reference to len bytes of blob, from offset on; retains the blob. */
void output_add_blob(struct output *output, struct blob *blob, size_t offset, size_t len);

/* Describes the first bytes to send; returns the number of vectors filled. */
int output_vectors(const struct output *output, struct iovec *vectors, int max);

/* Drops the first len bytes, which have been sent. */
void output_consume(struct output *output, size_t len);

/* What stays for long stays small: moves a few bytes out of a pooled chunk into one of their size. */
void output_compact(struct output *output);

/* Drops all chunks behind last (all chunks, if NULL). */
void output_truncate_after(struct output *output, struct output_chunk *last);

void output_clear(struct output *output);

/* Frees the calling thread's pool; before the thread ends. */
void output_pool_drain(void);

#endif
