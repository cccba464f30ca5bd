/*
 * Names lie in one growing piece of memory. Repetitions are found with a table of the offsets of the names
 * that are kept, at most half full, probed one slot after the other; the names are moved up in the same pass.
 */
#include "handlers/name_list.h"

#include "base/hash.h"
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

bool name_list_make_unique(struct name_list *names)
{
    size_t slots = 16;
    while (slots < names->count * 2)
        slots *= 2;
    size_t *seen = mem_try_alloc(slots * sizeof *seen); /* offset + 1 of a name that is kept */
    if (!seen)
        return false;
    memset(seen, 0, slots * sizeof *seen);
    size_t kept_len = 0, offset = 0;
    while (offset < names->len) {
        size_t start = offset;
        struct bytes name = name_list_next(names, &offset);
        size_t slot = hash_bytes(name.data, name.len) & (slots - 1);
        bool repeated = false;
        for (; seen[slot] != 0 && !repeated; slot = (slot + 1) & (slots - 1)) {
            size_t other_offset = seen[slot] - 1;
            struct bytes other = name_list_next(names, &other_offset);
            repeated = bytes_equal(name.data, name.len, other.data, other.len);
        }
        if (repeated) {
            names->count--;
            continue;
        }
        seen[slot] = kept_len + 1;
        memmove(names->data + kept_len, names->data + start, offset - start);
        kept_len += offset - start;
    }
    names->len = kept_len;
    mem_free(seen);
    return true;
}
