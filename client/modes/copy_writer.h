/*
 * Writes RESTOREs to a socket, without waiting, and keeps their keys until they are answered.
 *
 * A value goes to the socket straight from the reply of DUMP, of which there is no second copy, and is released as soon
 * as its last byte is written.
 */
#ifndef KVS_CLIENT_MODES_COPY_WRITER_H
#define KVS_CLIENT_MODES_COPY_WRITER_H

#include "modes/copy_key.h"

#include <stdbool.h>
#include <stddef.h>

struct copy_writer {
    bool replace;             /* keys that are there */
    bool is_deaf;             /* the other end takes nothing any more; its last words may still come */
    struct copy_queue keys;   /* in the order of the answers */
    struct copy_key *writing; /* the first of them that is not written whole, or NULL */
    size_t writing_at;        /* bytes of it that are written */
    size_t held;              /* bytes of values that are not written */
};

/* Takes a key with its value. `expires` is a moment in Unix milliseconds; 0: never. */
void copy_writer_add(struct copy_writer *writer, struct copy_key *key, long long expires);

bool copy_writer_has_work(const struct copy_writer *writer);

/* Writes what the socket takes. */
void copy_writer_write(struct copy_writer *writer, int fd);

/* The key that an answer belongs to, which is the caller's from now on; NULL: nothing was asked. */
struct copy_key *copy_writer_take_answered(struct copy_writer *writer);

void copy_writer_clear(struct copy_writer *writer);

#endif
