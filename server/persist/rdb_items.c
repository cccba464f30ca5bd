#include "persist/rdb_items.h"

void rdb_items_init(struct rdb_items *items, struct rdb_source *source)
{
    *items = (struct rdb_items){.source = source};
}

void rdb_items_deinit(struct rdb_items *items)
{
    rdb_string_deinit(&items->packed);
    for (unsigned i = 0; i < RDB_ITEMS_AT_ONCE; i++)
        rdb_string_deinit(&items->strings[i]);
}

void rdb_items_begin(struct rdb_items *items, uint64_t count)
{
    items->form = RDB_FORM_STRINGS;
    items->count = count;
}

static bool open_packed(struct rdb_items *items)
{
    struct bytes packed = items->packed.text;
    switch (items->form) {
    case RDB_FORM_LISTPACK:
        return listpack_open(&items->listpack, packed);
    case RDB_FORM_ZIPLIST:
        return ziplist_open(&items->ziplist, packed);
    case RDB_FORM_ZIPMAP:
        return zipmap_open(&items->zipmap, packed);
    case RDB_FORM_INTSET:
        return intset_open(&items->intset, packed);
    case RDB_FORM_STRINGS:
        break;
    }
    return false;
}

static uint64_t packed_count(const struct rdb_items *items)
{
    switch (items->form) {
    case RDB_FORM_LISTPACK:
        return items->listpack.count;
    case RDB_FORM_ZIPLIST:
        return items->ziplist.count;
    case RDB_FORM_ZIPMAP:
        return items->zipmap.count;
    case RDB_FORM_INTSET:
        return items->intset.count;
    case RDB_FORM_STRINGS:
        break;
    }
    return 0;
}

enum rdb_outcome rdb_items_begin_packed(struct rdb_items *items, enum rdb_form form)
{
    enum rdb_outcome outcome = rdb_take_string_in_place(items->source, &items->packed);
    items->form = form;
    if (outcome != RDB_READ)
        return outcome;
    if (!open_packed(items))
        return RDB_BAD;
    items->count = packed_count(items);
    return RDB_READ;
}

static bool next_packed(struct rdb_items *items, struct packed_item *item)
{
    switch (items->form) {
    case RDB_FORM_LISTPACK:
        return listpack_next(&items->listpack, item);
    case RDB_FORM_ZIPLIST:
        return ziplist_next(&items->ziplist, item);
    case RDB_FORM_ZIPMAP:
        return zipmap_next(&items->zipmap, item);
    case RDB_FORM_INTSET:
        return intset_next(&items->intset, item);
    case RDB_FORM_STRINGS:
        break;
    }
    return false;
}

enum rdb_outcome rdb_items_next(struct rdb_items *items, struct bytes *item_out)
{
    unsigned place = items->next;
    items->next = (place + 1) % RDB_ITEMS_AT_ONCE;
    items->count--;
    if (items->form == RDB_FORM_STRINGS) {
        enum rdb_outcome outcome = rdb_take_string(items->source, &items->strings[place]);
        *item_out = items->strings[place].text;
        return outcome;
    }
    if (!next_packed(items, &items->items[place]))
        return RDB_BAD;
    *item_out = items->items[place].text;
    return RDB_READ;
}
