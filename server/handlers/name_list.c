/* Names lie in one growing piece of memory. */
#include "handlers/name_list.h"

#include "base/memory.h"

#include <stdint.h>

void name_list_add(struct name_list *names, struct bytes name)
{
    uint32_t name_len = (uint32_t)name.len;
    size_t needed = names->len + sizeof name_len + name.len;
    if (names->failed)
        return;
    if (needed > names->capacity) {
        size_t capacity = needed + needed / 2 + 256;
        char *data = mem_try_realloc(names->data, capacity);
        if (!data) {
            names->failed = true;
            return;
        }
        names->data = data;
        names->capacity = capacity;
    }
    memcpy(names->data + names->len, &name_len, sizeof name_len);
    memcpy(names->data + names->len + sizeof name_len, name.data, name.len);
    names->len = needed;
    names->count++;
}

struct bytes name_list_next(const struct name_list *names, size_t *offset)
{
    uint32_t name_len;
    memcpy(&name_len, names->data + *offset, sizeof name_len);
    struct bytes name = {names->data + *offset + sizeof name_len, name_len};
    *offset += sizeof name_len + name_len;
    return name;
}

void name_list_deinit(struct name_list *names)
{
    mem_free(names->data);
}

void name_list_clear(struct name_list *names)
{
    names->len = names->count = 0;
}

void name_list_keep(struct name_list *names, size_t from, name_list_wants *wants, void *context)
{
    size_t kept_len = from, offset = from;
    while (offset < names->len) {
        size_t start = offset;
        if (!wants(context, name_list_next(names, &offset))) {
            names->count--;
            continue;
        }
        if (kept_len != start)
            memmove(names->data + kept_len, names->data + start, offset - start);
        kept_len += offset - start;
    }
    names->len = kept_len;
}
