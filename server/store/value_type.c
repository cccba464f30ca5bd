#include "store/value_type.h"

#include <assert.h>
#include <string.h>
#include <strings.h>

const struct value_type *value_types[VALUE_TYPES];

void value_type_register(unsigned number, const struct value_type *type)
{
    assert(number < VALUE_TYPES && (!value_types[number] || value_types[number] == type));
    value_types[number] = type;
}

int value_type_find(const char *name, size_t len)
{
    for (int i = 0; i < VALUE_TYPES; i++)
        if (value_types[i] && strlen(value_types[i]->name) == len && strncasecmp(value_types[i]->name, name, len) == 0)
            return i;
    return -1;
}
