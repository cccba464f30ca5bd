/*
 * A key on its way from one server to another, and queues of them. A key belongs to the queue that it is in, or to
 * whoever took it out.
 */
#ifndef KVS_CLIENT_MODES_COPY_KEY_H
#define KVS_CLIENT_MODES_COPY_KEY_H

#include "connection/reply.h"

#include <stddef.h>

struct copy_key {
    struct copy_key *next;
    char *name;
    size_t name_length;
    struct reply *value; /* what DUMP gave; NULL: nothing yet, or nothing any more */
    size_t value_length; /* bytes, also when it is gone */
    char *head;          /* of the RESTORE, up to the value, as long as there is a value to write */
    size_t head_length;
};

struct copy_queue {
    struct copy_key *first;
    struct copy_key *last;
    size_t count;
};

struct copy_key *copy_key_create(const char *name, size_t name_length);
void copy_key_destroy(struct copy_key *key);

/* The value and the head of the RESTORE are no longer needed. */
void copy_key_drop_value(struct copy_key *key);

void copy_queue_append(struct copy_queue *queue, struct copy_key *key);

/* The first, of a queue that is not empty. */
struct copy_key *copy_queue_take(struct copy_queue *queue);

/* Destroys all keys in it. */
void copy_queue_clear(struct copy_queue *queue);

#endif
