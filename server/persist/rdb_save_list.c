/*
 * Saving lists and sets.
 *
 * A list that is written as a whole becomes listpacks of up to 8 KiB, as Redis has them by default, of which a longer
 * element has one of its own; what no listpack holds, an element of a gibibyte for Redis, has a container of its own.
 */
#include "base/memory.h"
#include "persist/intset.h"
#include "persist/rdb_save_internal.h"
#include "types/list.h"
#include "types/set.h"

#define NODE_BYTES_MAX 8192
#define PLAIN_FROM ((size_t)1 << 30) /* bytes of an element */

/* ---- lists ---- */

/* The listpacks of a list, which are counted before they are written. */
struct nodes {
    struct rdb_saver *saver; /* writes to a text of its own */
    uint64_t count;
    struct text packed;
    struct listpack_writer writer;
};

static void end_node(struct nodes *nodes)
{
    if (nodes->writer.count == 0)
        return;
    rdb_add_length(nodes->saver->out, RDB_CONTAINER_PACKED);
    rdb_save_listpack(nodes->saver, &nodes->writer);
    nodes->count++;
    listpack_begin(&nodes->writer, &nodes->packed);
}

static void add_to_nodes(struct nodes *nodes, struct bytes text)
{
    if (listpack_bytes(&nodes->writer) + text.len + LISTPACK_ITEM_OVERHEAD_MAX > NODE_BYTES_MAX)
        end_node(nodes);
    if (text.len < PLAIN_FROM) {
        listpack_add(&nodes->writer, text);
        return;
    }
    rdb_add_length(nodes->saver->out, RDB_CONTAINER_PLAIN);
    rdb_save_text(nodes->saver, text);
    nodes->count++;
}

void rdb_save_listpacks(struct rdb_saver *saver, const struct entry *entry)
{
    struct collection list;
    struct text body = TEXT_EMPTY;
    struct rdb_saver inner = {.out = &body, .compresses = saver->compresses};
    struct nodes nodes = {.saver = &inner};
    struct collection_place place;
    collection_open(&list, &list_kind, entry);
    listpack_begin(&nodes.writer, &nodes.packed);
    for (bool more = collection_at(&list, 0, &place); more; more = collection_next(&list, &place)) {
        struct element_view view;
        element_view(place.record, &view);
        add_to_nodes(&nodes, view.text);
    }
    end_node(&nodes);
    text_deinit(&nodes.packed);
    rdb_save_type(saver, RDB_LIST_LISTPACKS);
    rdb_add_length(saver->out, nodes.count);
    text_add_bytes(saver->out, body.data, body.len);
    text_deinit(&body);
}

bool rdb_save_list(struct rdb_saver *saver, const struct entry *entry)
{
    struct collection list;
    collection_open(&list, &list_kind, entry);
    if (!list.is_tree) {
        rdb_save_listpacks(saver, entry);
        return false;
    }
    rdb_save_type(saver, RDB_LIST);
    rdb_add_length(saver->out, collection_count(&list));
    return true;
}

void rdb_save_list_records(struct rdb_saver *saver, const char *records, const char *end)
{
    for (; records < end; records += element_len(records))
        rdb_save_element(saver, records);
}

/* ---- sets ---- */

#define PACKED_NUMBERS_MAX COLLECTION_PACKED_MAX /* an element has a byte at least */

/* An intset, of a set in its entry. False: not all of its members are numbers. */
static bool save_intset(struct rdb_saver *saver, const struct collection *set)
{
    int64_t numbers[PACKED_NUMBERS_MAX];
    struct collection_place place;
    struct text packed = TEXT_EMPTY;
    uint32_t count = 0;
    for (bool more = collection_at(set, 0, &place); more; more = collection_next(set, &place))
        if (!element_to_i64(place.record, &numbers[count++]))
            return false;
    rdb_save_type(saver, RDB_SET_INTSET);
    intset_add(&packed, numbers, count);
    rdb_save_text(saver, (struct bytes){packed.data, packed.len});
    text_deinit(&packed);
    return true;
}

bool rdb_save_set(struct rdb_saver *saver, const struct entry *entry)
{
    struct collection set;
    collection_open(&set, &set_kind, entry);
    if (!set.is_tree && set_is_compact(entry) && save_intset(saver, &set))
        return false;
    rdb_save_type(saver, RDB_SET);
    rdb_add_length(saver->out, collection_count(&set));
    return true;
}
