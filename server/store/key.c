#include "store/key.h"

#include "base/siphash.h"

static key_hash_function *hash_function = siphash_bytes;

void key_set_hash(key_hash_function *function)
{
    hash_function = function ? function : siphash_bytes;
}

uint64_t key_hash(const char *name, size_t len)
{
    return hash_function(name, len);
}

struct key key_make(const char *name, size_t len)
{
    return (struct key){{name, len}, key_hash(name, len)};
}
