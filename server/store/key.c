#include "store/key.h"

#include "base/hash.h"

static key_hash_function *hash_function = hash_bytes;

void key_set_hash(key_hash_function *function)
{
    hash_function = function ? function : hash_bytes;
}

uint64_t key_hash(const char *name, size_t len)
{
    return hash_function(name, len);
}

struct key key_make(const char *name, size_t len)
{
    return (struct key){{name, len}, key_hash(name, len)};
}
