/*
 * The types of keys that a client can know, and how each is sized. Modules bring others.
 */
#ifndef KVS_CLIENT_SURVEY_KEY_TYPE_H
#define KVS_CLIENT_SURVEY_KEY_TYPE_H

#include <stddef.h>

struct key_type {
    const char *name;           /* as TYPE says it */
    const char *length_command; /* such as STRLEN */
    const char *unit;           /* of what that command returns */
};

extern const struct key_type key_types[];
extern const size_t key_type_count;

/* NULL: a type of a module. */
const struct key_type *key_type_find(const char *name);

#endif
