/*
 * What BY and GET of SORT name: keys that follow from the elements.
 *
 *     weight_*          the string under the key in which the element stands for the first star
 *     object_*->price   that field of the hash under such a key
 *     #                 the element itself
 *     nosort            without a star: nothing
 *
 * A pattern borrows its argument.
 */
#ifndef KVS_HANDLERS_SORT_PATTERN_H
#define KVS_HANDLERS_SORT_PATTERN_H

#include "base/bytes.h"
#include "command/call.h"
#include "shape/element.h"
#include "types/string.h"

#include <stdbool.h>

struct sort_pattern {
    enum { SORT_NOTHING, SORT_ELEMENT, SORT_KEY } names;
    struct bytes before, behind; /* the star, in the key */
    struct bytes field;          /* of a hash, if it has one */
    bool has_field;
};

/* Room for the names of keys, which grows; all zeros at first. */
struct sort_name {
    char *data;
    size_t capacity;
};

/* What was found: a value that is a string, or a stored element of a hash. Borrowed while the shards are locked. */
struct sort_value {
    const struct entry *string; /* NULL: see stored */
    const char *stored;
};

void sort_pattern_init(struct sort_pattern *pattern, const struct arg *arg);

/* The key that it names for an element, in the memory of name, which the caller frees; false without memory. */
bool sort_pattern_key(const struct sort_pattern *pattern, struct bytes element, struct sort_name *name,
                      struct key *key_out);

/* What is under that key, whose shard is locked; false if there is nothing of the right type. */
bool sort_pattern_find(struct call *call, const struct sort_pattern *pattern, const struct key *key,
                       struct sort_value *value_out);

/* As text, borrowed from the value or from the views. */
struct sort_text {
    struct string_view string;
    struct element_view element;
};
struct arg sort_value_text(const struct sort_value *value, struct sort_text *text);

#endif
