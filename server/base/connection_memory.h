/*
 * The memory that connections hold, all together: unfinished requests and those that run, replies that haven't been
 * read, what threads keep for either, and the clients themselves. It isn't data, so maxmemory doesn't count it.
 *
 * Whoever takes such memory, or gives it back, says so here, at once and in bytes as the allocator has them
 * (mem_good_size). A value that a reply refers to counts from when nobody else refers to it (blob.h).
 *
 * Any thread.
 */
#ifndef KVS_BASE_CONNECTION_MEMORY_H
#define KVS_BASE_CONNECTION_MEMORY_H

#include <stddef.h>

void connection_memory_add(size_t bytes);
void connection_memory_subtract(size_t bytes);

/* Bytes that are held at this moment. */
size_t connection_memory(void);

#endif
