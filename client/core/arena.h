/*
 * Memory that is given piece by piece and released all at once, for structures that are built once and then only read.
 */
#ifndef KVS_CLIENT_CORE_ARENA_H
#define KVS_CLIENT_CORE_ARENA_H

#include <stddef.h>

struct arena;

struct arena *arena_create(void);
void arena_destroy(struct arena *arena);

/* `size` bytes of zeroes, aligned for any type, that live as long as the arena. */
void *arena_alloc(struct arena *arena, size_t size);

#endif
