#include "shape/hash_leaf.h"

#include <errno.h>
#include <string.h>

#define LIST_MAX (LEAF_ROOM + RECORD_MAX) /* records: each has a byte at least */
#define BISECTIONS 64                     /* of the range of hashes */

_Static_assert(sizeof(struct section_table) == HASH_SECTIONS * sizeof(uint16_t), "a table is its ends");

/* Records that are to be divided among leaves and sections. */
struct hash_list {
    uint64_t low, high; /* the lowest and the highest hash */
    size_t bytes;
    unsigned count;
    struct hash_listed {
        const char *record;
        uint64_t hash;
        size_t len;
    } records[LIST_MAX];
};

/* ---- tables ---- */

void hash_leaf_inserted(struct tree_leaf *leaf, unsigned section, size_t added)
{
    struct section_table *table = section_table(leaf);
    for (unsigned i = section; i < HASH_SECTIONS; i++)
        table->ends[i] = (uint16_t)(table->ends[i] + added);
}

void hash_leaf_changed(struct tree_leaf *leaf, size_t offset, size_t old_len, size_t len)
{
    struct section_table *table = section_table(leaf);
    for (unsigned i = 0; i < HASH_SECTIONS; i++) {
        size_t end = table->ends[i], before = end < offset + old_len ? end - offset : old_len;
        if (end > offset)
            table->ends[i] = (uint16_t)(end - before + len);
    }
}

/* ---- lists ---- */

static void list_begin(struct hash_list *list)
{
    list->count = 0;
    list->bytes = 0;
    list->low = UINT64_MAX;
    list->high = 0;
}

static void list_add(struct hash_list *list, struct record_form form, const char *record, size_t len)
{
    uint64_t hash = hash_of_record(record, form);
    list->records[list->count++] = (struct hash_listed){record, hash, len};
    list->bytes += len;
    list->low = hash < list->low ? hash : list->low;
    list->high = hash > list->high ? hash : list->high;
}

static void list_add_run(struct hash_list *list, struct record_form form, const char *record, const char *end)
{
    while (record < end) {
        size_t len = record_len(record, form);
        list_add(list, form, record, len);
        record += len;
    }
}

/* A leaf of the listed records with those hashes, which are some. NULL without memory. */
static struct tree_leaf *list_leaf(const struct hash_list *list, uint64_t low, uint64_t high)
{
    unsigned sums[HASH_SECTIONS] = {0}, count = 0, all = 0;
    for (unsigned i = 0; i < list->count; i++)
        if (list->records[i].hash >= low && list->records[i].hash <= high) {
            sums[hash_section(list->records[i].hash)] += (unsigned)list->records[i].len;
            count++;
        }
    for (unsigned i = 0; i < HASH_SECTIONS; i++)
        all += sums[i];
    struct tree_leaf *leaf = leaf_create_headed(all, sizeof(struct section_table));
    if (!leaf)
        return NULL;
    leaf->count = (uint16_t)count;
    leaf->used = (uint16_t)all;
    struct section_table *table = section_table(leaf);
    for (unsigned i = 0, end = 0; i < HASH_SECTIONS;
         i++) { /* an end is where the next record goes until all are there */
        table->ends[i] = (uint16_t)end;
        end += sums[i];
    }
    for (unsigned i = 0; i < list->count; i++) {
        const struct hash_listed *listed = &list->records[i];
        if (listed->hash < low || listed->hash > high)
            continue;
        uint16_t *at = &table->ends[hash_section(listed->hash)];
        memcpy(leaf_records(leaf) + *at, listed->record, listed->len);
        *at = (uint16_t)(*at + listed->len);
    }
    return leaf;
}

/* ---- parting and joining ---- */

static size_t bytes_below(const struct hash_list *list, uint64_t key)
{
    size_t bytes = 0;
    for (unsigned i = 0; i < list->count; i++)
        bytes += list->records[i].hash < key ? list->records[i].len : 0;
    return bytes;
}

/*
 * A hash with three to five eighths of the bytes below it, or the best that there is. Since hashes are spread evenly,
 * it is mostly the first one tried.
 */
static uint64_t list_middle(const struct hash_list *list)
{
    uint64_t low = list->low, high = list->high, best = 0; /* it is above low, and at most high */
    size_t best_smaller = 0;
    for (unsigned i = 0; i < BISECTIONS && low < high; i++) {
        uint64_t key = low + (high - low - 1) / 2 + 1;
        size_t below = bytes_below(list, key), smaller = below < list->bytes - below ? below : list->bytes - below;
        if (smaller > best_smaller) {
            best = key;
            best_smaller = smaller;
        }
        if (smaller >= list->bytes * 3 / 8)
            break;
        if (below < list->bytes - below)
            low = key;
        else
            high = key - 1;
    }
    return best;
}

int hash_leaf_part(struct record_form form, const struct tree_leaf *leaf, size_t offset, size_t old_len,
                   const char *record, size_t len, struct tree_leaf *halves_out[2], uint64_t *key_out)
{
    struct hash_list list;
    const char *records = leaf_begin(leaf);
    list_begin(&list);
    list_add_run(&list, form, records, records + offset);
    list_add(&list, form, record, len);
    list_add_run(&list, form, records + offset + old_len, leaf_end(leaf));
    if (list.low == list.high)
        return -EDOM;
    *key_out = list_middle(&list);
    halves_out[0] = list_leaf(&list, 0, *key_out - 1);
    halves_out[1] = list_leaf(&list, *key_out, UINT64_MAX);
    return halves_out[0] && halves_out[1] ? 0 : -ENOMEM;
}

struct tree_leaf *hash_leaf_of_run(struct record_form form, const char *records, size_t len)
{
    struct hash_list list;
    list_begin(&list);
    list_add_run(&list, form, records, records + len);
    return list_leaf(&list, 0, UINT64_MAX);
}

struct tree_leaf *hash_leaf_join(struct record_form form, const struct tree_leaf *left, const struct tree_leaf *right)
{
    struct hash_list list;
    list_begin(&list);
    list_add_run(&list, form, leaf_begin(left), leaf_end(left));
    list_add_run(&list, form, leaf_begin(right), leaf_end(right));
    return list_leaf(&list, 0, UINT64_MAX);
}

/* ---- checking ---- */

bool hash_leaf_is_sound(struct record_form form, const struct tree_leaf *leaf)
{
    const char *records = leaf_begin(leaf), *record = records;
    unsigned end, begin = 0;
    if (leaf->head == 0)
        return true;
    for (unsigned i = 0; i < HASH_SECTIONS; i++) {
        if (section_begin(leaf, i, &end) != begin || end < begin)
            return false;
        for (; record < records + end; record += record_len(record, form))
            if (hash_section(hash_of_record(record, form)) != i)
                return false;
        begin = end;
    }
    return begin == leaf->used;
}
