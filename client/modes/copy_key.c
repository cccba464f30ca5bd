#include "modes/copy_key.h"

#include "core/memory.h"

#include <stdlib.h>

struct copy_key *copy_key_create(const char *name, size_t name_length)
{
    struct copy_key *key = memory_alloc_zeroed(sizeof *key);
    key->name = memory_copy_text(name, name_length);
    key->name_length = name_length;
    return key;
}

void copy_key_drop_value(struct copy_key *key)
{
    reply_destroy(key->value);
    key->value = NULL;
    free(key->head);
    key->head = NULL;
}

void copy_key_destroy(struct copy_key *key)
{
    copy_key_drop_value(key);
    free(key->name);
    free(key);
}

void copy_queue_append(struct copy_queue *queue, struct copy_key *key)
{
    key->next = NULL;
    if (queue->last)
        queue->last->next = key;
    else
        queue->first = key;
    queue->last = key;
    queue->count++;
}

struct copy_key *copy_queue_take(struct copy_queue *queue)
{
    struct copy_key *key = queue->first;
    queue->first = key->next;
    if (!queue->first)
        queue->last = NULL;
    queue->count--;
    return key;
}

void copy_queue_clear(struct copy_queue *queue)
{
    while (queue->first)
        copy_key_destroy(copy_queue_take(queue));
}
