#include "survey/key_type.h"

#include <string.h>

const struct key_type key_types[] = {
    {"string", "STRLEN", "bytes"}, {"list", "LLEN", "items"},    {"set", "SCARD", "members"},
    {"hash", "HLEN", "fields"},    {"zset", "ZCARD", "members"}, {"stream", "XLEN", "entries"},
};

const size_t key_type_count = sizeof key_types / sizeof key_types[0];

const struct key_type *key_type_find(const char *name)
{
    for (size_t i = 0; i < key_type_count; i++) {
        if (strcmp(key_types[i].name, name) == 0)
            return &key_types[i];
    }
    return NULL;
}
