#include "survey/top_keys.h"

#include "core/memory.h"

#include <stdlib.h>
#include <string.h>

struct top_keys {
    size_t capacity;
    size_t count;
    struct top_key list[]; /* sorted; one more than `capacity` for the moment of an insertion */
};

struct top_keys *top_keys_create(size_t capacity)
{
    struct top_keys *top = memory_alloc_zeroed(sizeof *top + (capacity + 1) * sizeof top->list[0]);
    top->capacity = capacity;
    return top;
}

static void drop_last(struct top_keys *top)
{
    struct top_key *last = &top->list[--top->count];
    free(last->name);
    free(last->type_name);
}

void top_keys_destroy(struct top_keys *top)
{
    while (top->count > 0)
        drop_last(top);
    free(top);
}

static bool has_key(const struct top_keys *top, const struct walked_key *key)
{
    for (size_t i = 0; i < top->count; i++) {
        const struct top_key *other = &top->list[i];
        if (other->name_length == key->name_length && memcmp(other->name, key->name, key->name_length) == 0)
            return true;
    }
    return false;
}

bool top_keys_add(struct top_keys *top, uint64_t value, const struct walked_key *key)
{
    bool full = top->count == top->capacity;
    if (value == 0 || (full && value <= top->list[top->count - 1].value) || has_key(top, key))
        return false;
    size_t at = top->count;
    while (at > 0 && top->list[at - 1].value < value)
        at--;
    memmove(&top->list[at + 1], &top->list[at], (top->count - at) * sizeof top->list[0]);
    const char *type_name = key->type_name ? key->type_name : "";
    top->list[at] = (struct top_key){
        .value = value,
        .name = memory_copy_text(key->name, key->name_length),
        .name_length = key->name_length,
        .type_name = memory_copy_text(type_name, strlen(type_name)),
    };
    memcpy(top->list[at].answers, key->answers, sizeof key->answers);
    top->count++;
    if (full)
        drop_last(top);
    return true;
}

const struct top_key *top_keys_list(const struct top_keys *top, size_t *count_out)
{
    *count_out = top->count;
    return top->list;
}
