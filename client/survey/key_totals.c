#include "survey/key_totals.h"

#include "core/memory.h"
#include "survey/key_report.h"

#include <stdlib.h>
#include <string.h>

static struct key_total *add_type(struct key_totals *totals, const char *name, const char *unit)
{
    totals->types = memory_resize(totals->types, (totals->count + 1) * sizeof *totals->types);
    struct key_total *total = &totals->types[totals->count++];
    *total = (struct key_total){.type_name = memory_copy_text(name, strlen(name)), .unit = unit};
    return total;
}

void key_totals_init(struct key_totals *totals, bool by_memory)
{
    *totals = (struct key_totals){.by_memory = by_memory};
    for (size_t i = 0; i < key_type_count; i++)
        add_type(totals, key_types[i].name, by_memory ? "bytes" : key_types[i].unit);
}

void key_totals_deinit(struct key_totals *totals)
{
    for (size_t i = 0; i < totals->count; i++) {
        free(totals->types[i].type_name);
        free(totals->types[i].biggest_name);
    }
    free(totals->types);
}

static struct key_total *find_type(struct key_totals *totals, const char *name)
{
    for (size_t i = 0; i < totals->count; i++) {
        if (strcmp(totals->types[i].type_name, name) == 0)
            return &totals->types[i];
    }
    return add_type(totals, name, "bytes");
}

const struct key_total *key_totals_add(struct key_totals *totals, const struct walked_key *key)
{
    struct key_total *total = find_type(totals, key->type_name ? key->type_name : "unknown");
    bool by_memory = totals->by_memory || !key->type;
    int64_t size = key->answers[by_memory ? KEY_MEMORY : KEY_LENGTH];
    totals->keys++;
    totals->name_bytes += key->name_length;
    total->count++;
    if (size < 0)
        return NULL;
    total->sized++;
    total->size += (uint64_t)size;
    if (total->biggest_name && (uint64_t)size <= total->biggest)
        return NULL;
    total->biggest = (uint64_t)size;
    free(total->biggest_name);
    total->biggest_name = key_report_name(key->name, key->name_length);
    return total;
}
