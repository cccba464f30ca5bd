#include "types/stream_pending.h"

#include "base/memory.h"
#include "base/panic.h"
#include "shape/tree_build.h"

#include <endian.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

/* As it lies in the tree: an ID, a time, a count and an owner. */
#define PENDING_LEN (sizeof(struct stream_id) + 2 * sizeof(int64_t) + sizeof(uint32_t))

static const struct record_form pending_form = {.fixed = PENDING_LEN},
                                time_form = {.fixed = sizeof(double), .elements = 1};

/* Turns are below the times of all that has an owner, and a double has each of them. */
#define FIRST_TURN (-(INT64_C(1) << 52))

void pending_init(struct pending_list *list)
{
    *list = (struct pending_list){.next_turn = FIRST_TURN};
    tree_init(&list->by_id, TREE_BY_ID, pending_form);
    tree_init(&list->by_time, TREE_BY_SCORE, time_form);
}

void pending_deinit(struct pending_list *list)
{
    tree_deinit(&list->by_id);
    tree_deinit(&list->by_time);
}

int pending_copy(struct pending_list *copy, const struct pending_list *list)
{
    *copy = *list;
    tree_init(&copy->by_time, TREE_BY_SCORE, time_form);
    if (tree_copy(&copy->by_id, &list->by_id) == 0 && tree_copy(&copy->by_time, &list->by_time) == 0)
        return 0;
    pending_deinit(copy);
    pending_init(copy);
    return -ENOMEM;
}

size_t pending_memory(const struct pending_list *list, size_t samples)
{
    return tree_memory(&list->by_id, samples) + tree_memory(&list->by_time, samples);
}

/* ---- records ---- */

static void write_record(char record[PENDING_LEN], const struct pending_entry *entry)
{
    char *at = record;
    memcpy(at, &entry->id, sizeof entry->id);
    at += sizeof entry->id;
    memcpy(at, &entry->delivered_ms, sizeof entry->delivered_ms);
    at += sizeof entry->delivered_ms;
    memcpy(at, &entry->count, sizeof entry->count);
    at += sizeof entry->count;
    memcpy(at, &entry->owner, sizeof entry->owner);
}

static void read_record(const struct tree_place *place, struct pending_entry *entry)
{
    const char *at = tree_record(place);
    memcpy(&entry->id, at, sizeof entry->id);
    at += sizeof entry->id;
    memcpy(&entry->delivered_ms, at, sizeof entry->delivered_ms);
    at += sizeof entry->delivered_ms;
    memcpy(&entry->count, at, sizeof entry->count);
    at += sizeof entry->count;
    memcpy(&entry->owner, at, sizeof entry->owner);
}

/* ---- finding ---- */

bool pending_find(const struct pending_list *list, struct stream_id id, struct pending_entry *entry_out,
                  struct tree_place *place_out)
{
    if (!tree_find_id(&list->by_id, stream_id_record(id), place_out))
        return false;
    read_record(place_out, entry_out);
    return true;
}

bool pending_seek(const struct pending_list *list, struct stream_id id, struct pending_entry *entry_out,
                  struct tree_place *place_out)
{
    if (!tree_seek_id(&list->by_id, stream_id_record(id), place_out))
        return false;
    read_record(place_out, entry_out);
    return true;
}

bool pending_next(const struct pending_list *list, struct pending_entry *entry_out, struct tree_place *place)
{
    if (!tree_next(&list->by_id, place))
        return false;
    read_record(place, entry_out);
    return true;
}

bool pending_last(const struct pending_list *list, struct pending_entry *entry_out)
{
    struct tree_place place;
    if (list->by_id.count == 0 || !tree_at(&list->by_id, list->by_id.count - 1, &place))
        return false;
    read_record(&place, entry_out);
    return true;
}

/* ---- the index of times: a time, and the ID's bytes in their order ---- */

#define TIME_RECORD_MAX (sizeof(double) + ELEMENT_MAX)

struct time_key {
    double time;
    uint64_t id[2];
};

static struct time_key time_key_of(const struct pending_entry *entry)
{
    return (struct time_key){(double)entry->delivered_ms, {htobe64(entry->id.ms), htobe64(entry->id.seq)}};
}

static struct bytes time_key_text(const struct time_key *key)
{
    return (struct bytes){(const char *)key->id, sizeof key->id};
}

static size_t write_time(char record[TIME_RECORD_MAX], const struct time_key *key)
{
    struct bytes text = time_key_text(key);
    struct element element;
    memcpy(record, &key->time, sizeof key->time);
    element_init(&element, text.data, text.len);
    return sizeof key->time + element_store(record + sizeof key->time, &element, NULL);
}

static int add_time(struct pending_list *list, const struct pending_entry *entry)
{
    char record[TIME_RECORD_MAX];
    struct time_key key = time_key_of(entry);
    struct tree_place place;
    size_t len = write_time(record, &key);
    tree_find_score(&list->by_time, key.time, time_key_text(&key), &place);
    return tree_insert(&list->by_time, &place, record, len);
}

static void remove_time(struct pending_list *list, const struct pending_entry *entry)
{
    struct time_key key = time_key_of(entry);
    struct tree_place place;
    panic_unless(tree_find_score(&list->by_time, key.time, time_key_text(&key), &place));
    tree_remove(&list->by_time, &place);
}

static int compare_times(const void *a, const void *b)
{
    const struct time_key *left = a, *right = b;
    if (left->time != right->time)
        return left->time < right->time ? -1 : 1;
    return memcmp(left->id, right->id, sizeof left->id);
}

/* The keys of all entries, in their order. Most were delivered in the order of their IDs. */
static void gather_times(const struct pending_list *list, struct time_key *keys)
{
    struct tree_place place;
    struct pending_entry entry;
    uint64_t count = 0;
    bool sorted = true;
    for (bool more = pending_seek(list, STREAM_ID_MIN, &entry, &place); more;
         more = pending_next(list, &entry, &place), count++) {
        keys[count] = time_key_of(&entry);
        sorted = sorted && (count == 0 || compare_times(&keys[count - 1], &keys[count]) < 0);
    }
    if (!sorted)
        qsort(keys, count, sizeof keys[0], compare_times);
}

static int build_times(struct pending_list *list, const struct time_key *keys)
{
    struct tree_builder builder;
    int error = 0;
    tree_build_begin(&builder, TREE_BY_SCORE, time_form);
    for (uint64_t i = 0; i < list->by_id.count && !error; i++) {
        char record[TIME_RECORD_MAX];
        size_t len = write_time(record, &keys[i]);
        error = tree_build_add(&builder, record_score_key(keys[i].time), record, len);
    }
    if (!error)
        return tree_build_end(&builder, &list->by_time);
    tree_build_drop(&builder);
    return error;
}

int pending_keep_times(struct pending_list *list)
{
    if (list->is_timed)
        return 0;
    int error = 0;
    if (list->by_id.count > 0) {
        struct time_key *keys = mem_try_alloc(list->by_id.count * sizeof *keys);
        if (!keys)
            return -ENOMEM;
        gather_times(list, keys);
        error = build_times(list, keys);
        mem_free(keys);
    }
    list->is_timed = !error;
    return error;
}

uint64_t pending_due(const struct pending_list *list, int64_t time_ms)
{
    struct tree_place place;
    struct record_bound behind = record_bound_above(time_ms < 0 ? -1 : (double)time_ms);
    return tree_seek(&list->by_time, &behind, &place) ? tree_index(&list->by_time, &place) : list->by_time.count;
}

bool pending_by_time(const struct pending_list *list, uint64_t index, struct stream_id *id_out)
{
    struct tree_place place;
    struct element_view view;
    uint64_t id[2];
    if (!tree_at(&list->by_time, index, &place))
        return false;
    element_view(record_element(tree_record(&place), time_form), &view);
    memcpy(id, view.text.data, sizeof id);
    *id_out = (struct stream_id){be64toh(id[0]), be64toh(id[1])};
    return true;
}

/* ---- changing ---- */

static unsigned is_back(const struct pending_entry *entry)
{
    return entry->owner == PENDING_NO_OWNER;
}

int pending_add(struct pending_list *list, struct tree_place *place, const struct pending_entry *entry)
{
    char record[PENDING_LEN];
    if (list->is_timed && add_time(list, entry) != 0)
        return -ENOMEM;
    write_record(record, entry);
    int error = tree_insert(&list->by_id, place, record, sizeof record);
    if (error && list->is_timed)
        remove_time(list, entry);
    else if (!error)
        list->given_back += is_back(entry);
    return error;
}

int pending_change(struct pending_list *list, struct tree_place *place, const struct pending_entry *from,
                   const struct pending_entry *to)
{
    char record[PENDING_LEN];
    bool moves = list->is_timed && from->delivered_ms != to->delivered_ms;
    if (moves && add_time(list, to) != 0)
        return -ENOMEM;
    write_record(record, to);
    int error = tree_splice(&list->by_id, place, 1, record, sizeof record, false);
    panic_unless(error == 0); /* it has the length of the one that it replaces */
    if (moves)
        remove_time(list, from);
    list->given_back += is_back(to) - (uint64_t)is_back(from);
    return 0;
}

void pending_remove(struct pending_list *list, struct tree_place *place, const struct pending_entry *entry)
{
    if (list->is_timed)
        remove_time(list, entry);
    tree_remove(&list->by_id, place);
    list->given_back -= is_back(entry);
}

/* The tree that is left without an owner's entries. */
static int build_without(const struct pending_list *list, uint32_t owner, struct tree *tree_out)
{
    struct tree_builder builder;
    struct tree_place place;
    struct pending_entry entry;
    int error = 0;
    tree_build_begin(&builder, TREE_BY_ID, pending_form);
    for (bool more = pending_seek(list, STREAM_ID_MIN, &entry, &place); more && !error;
         more = pending_next(list, &entry, &place))
        if (entry.owner != owner)
            error = tree_build_add(&builder, entry.id.ms, tree_record(&place), PENDING_LEN);
    if (!error)
        return tree_build_end(&builder, tree_out);
    tree_build_drop(&builder);
    return error;
}

int pending_remove_owner(struct pending_list *list, uint32_t owner, struct tree *old_out)
{
    struct tree left;
    int error = build_without(list, owner, &left);
    if (error)
        return error;
    *old_out = list->by_id;
    list->by_id = left;
    tree_deinit(&list->by_time);
    list->is_timed = false;
    return 0;
}

int64_t pending_next_turn(struct pending_list *list)
{
    return list->next_turn++;
}

/* ---- checking ---- */

void pending_check(const struct pending_list *list)
{
    struct tree_place place;
    struct pending_entry entry;
    struct stream_id id;
    uint64_t given_back = 0;
    tree_check(&list->by_id);
    tree_check(&list->by_time);
    panic_unless(list->by_time.count == (list->is_timed ? list->by_id.count : 0));
    for (bool more = pending_seek(list, STREAM_ID_MIN, &entry, &place); more;
         more = pending_next(list, &entry, &place)) {
        panic_unless((entry.delivered_ms < 0) == (entry.owner == PENDING_NO_OWNER));
        given_back += is_back(&entry);
    }
    panic_unless(given_back == list->given_back);
    int64_t before = INT64_MIN;
    for (uint64_t i = 0; list->is_timed && i < list->by_time.count; i++) {
        panic_unless(pending_by_time(list, i, &id) && pending_find(list, id, &entry, &place));
        panic_unless(entry.delivered_ms >= before);
        before = entry.delivered_ms;
    }
}
