/*
 * Keys: a name with its hash, which is computed once per call.
 */
#ifndef KVS_STORE_KEY_H
#define KVS_STORE_KEY_H

#include "base/bytes.h"

#include <stddef.h>
#include <stdint.h>

struct key {
    struct bytes name;
    uint64_t hash;
};

/* Borrows name. */
struct key key_make(const char *name, size_t len);

uint64_t key_hash(const char *name, size_t len);

/*
 * For tests: replaces the hash function; NULL: back to the keyed one (base/siphash.h). Only while all tables are empty.
 */
typedef uint64_t key_hash_function(const void *data, size_t len);
void key_set_hash(key_hash_function *function);

#endif
