#include "handlers/sort_pattern.h"

#include "base/memory.h"
#include "handlers/lookup.h"
#include "types/hash.h"

#include <string.h>

/* Bytes before the first NUL: Redis looks no further for a star and an arrow. */
static size_t searched_len(const char *data, size_t len)
{
    const char *nul = len > 0 ? memchr(data, '\0', len) : NULL;
    return nul ? (size_t)(nul - data) : len;
}

void sort_pattern_init(struct sort_pattern *pattern, const struct arg *arg)
{
    size_t searched = searched_len(arg->data, arg->len);
    const char *end = arg->data + arg->len, *star = searched > 0 ? memchr(arg->data, '*', searched) : NULL;
    *pattern = (struct sort_pattern){.names = SORT_NOTHING};
    if (searched == 1 && arg->data[0] == '#')
        pattern->names = SORT_ELEMENT;
    if (!star)
        return;
    const char *behind = star + 1, *arrow = memmem(behind, (size_t)(arg->data + searched - behind), "->", 2);
    pattern->names = SORT_KEY;
    pattern->has_field = arrow && arrow + 2 < arg->data + searched;
    const char *key_end = pattern->has_field ? arrow : end;
    pattern->before = (struct bytes){arg->data, (size_t)(star - arg->data)};
    pattern->behind = (struct bytes){behind, (size_t)(key_end - behind)};
    if (pattern->has_field)
        pattern->field = (struct bytes){arrow + 2, (size_t)(end - arrow) - 2};
}

bool sort_pattern_key(const struct sort_pattern *pattern, struct bytes element, struct sort_name *name,
                      struct key *key_out)
{
    size_t len = pattern->before.len + element.len + pattern->behind.len;
    if (len > name->capacity) {
        char *data = mem_try_realloc(name->data, 2 * len);
        if (!data)
            return false;
        name->data = data;
        name->capacity = 2 * len;
    }
    char *at = name->data;
    const struct bytes parts[] = {pattern->before, element, pattern->behind};
    for (size_t i = 0; i < sizeof parts / sizeof parts[0]; i++) {
        if (parts[i].len > 0)
            memcpy(at, parts[i].data, parts[i].len);
        at += parts[i].len;
    }
    *key_out = key_make(len > 0 ? name->data : "", len);
    return true;
}

bool sort_pattern_find(struct call *call, const struct sort_pattern *pattern, const struct key *key,
                       struct sort_value *value_out)
{
    struct collection hash;
    struct collection_place place;
    struct element field;
    const struct entry *entry = lookup_read(call, key);
    *value_out = (struct sort_value){0};
    if (!entry || entry->type != (pattern->has_field ? TYPE_HASH : TYPE_STRING))
        return false;
    if (!pattern->has_field) {
        value_out->string = entry;
        return true;
    }
    collection_open(&hash, &hash_kind, entry);
    element_init(&field, pattern->field.data, pattern->field.len);
    if (!hash_find(&hash, &field, call->view.now_ms, &place))
        return false;
    value_out->stored = hash_value(place.record);
    return true;
}

struct arg sort_value_text(const struct sort_value *value, struct sort_text *text)
{
    if (value->string) {
        string_view(value->string, &text->string);
        return (struct arg){.data = text->string.data, .len = text->string.len, .blob = text->string.blob};
    }
    element_view(value->stored, &text->element);
    return (struct arg){.data = text->element.text.data, .len = text->element.text.len, .blob = text->element.blob};
}
