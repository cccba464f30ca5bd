#include "types/set.h"

#include "base/digest.h"
#include "types/type_number.h"

#include <errno.h>

/* Of the entry's encoding; neither: an intset. */
#define SET_IS_LISTPACK 2
#define SET_IS_HASHTABLE 4
#define SET_NAME (SET_IS_LISTPACK | SET_IS_HASHTABLE)

const struct collection_kind set_kind = {TYPE_SET, TREE_BY_HASH, {.fixed = 0, .elements = 1}};

/* ---- what Redis would call it ---- */

static void call_it(struct collection *set, unsigned name)
{
    set->entry->encoding = (set->entry->encoding & ~(unsigned)SET_NAME) | name;
}

static bool is_number(const struct element *element)
{
    int64_t number;
    return element->len > 0 && element_to_i64(element->stored, &number);
}

void set_name(struct collection *set, const struct element *first, uint64_t count, const struct set_limits *limits)
{
    if (is_number(first) && count <= limits->intset_entries)
        call_it(set, 0);
    else
        call_it(set, count <= limits->listpack_entries ? SET_IS_LISTPACK : SET_IS_HASHTABLE);
}

/*
 * Whether all members are short enough for a listpack: of numbers, which are 20 bytes at most, few limits exclude any.
 */
static bool are_short(const struct collection *set, uint64_t limit)
{
    struct collection_place place;
    struct element_view view;
    if (limit >= NUMBER_I64_MAX_LEN)
        return true;
    for (bool more = collection_at(set, 0, &place); more; more = collection_next(set, &place)) {
        element_view(place.record, &view);
        if (view.text.len > limit)
            return false;
    }
    return true;
}

void set_name_like(struct collection *set, const struct collection *other)
{
    call_it(set, other->entry->encoding & SET_NAME);
}

void set_name_large(struct collection *set)
{
    call_it(set, SET_IS_HASHTABLE);
}

void set_name_before(struct collection *set, uint64_t count, const struct set_limits *limits)
{
    unsigned name = set->entry->encoding & SET_NAME;
    if (name != SET_IS_HASHTABLE && count > (name == 0 ? limits->intset_entries : limits->listpack_entries))
        call_it(set, SET_IS_HASHTABLE);
}

void set_name_remains(struct collection *set, const struct set_limits *limits)
{
    if ((set->entry->encoding & SET_NAME) == SET_IS_HASHTABLE && collection_count(set) <= limits->listpack_entries &&
        are_short(set, limits->listpack_value))
        call_it(set, SET_IS_LISTPACK);
}

/* After a member was added. */
static void rename_for(struct collection *set, const struct element *member, const struct set_limits *limits)
{
    uint64_t count = collection_count(set);
    unsigned name = set->entry->encoding & SET_NAME;
    if (name == SET_IS_HASHTABLE)
        return;
    if (name == 0 && is_number(member)) {
        if (count > limits->intset_entries)
            call_it(set, SET_IS_HASHTABLE);
        return;
    }
    bool fits = count <= limits->listpack_entries && member->text.len <= limits->listpack_value &&
                (name == SET_IS_LISTPACK || are_short(set, limits->listpack_value));
    call_it(set, fits ? SET_IS_LISTPACK : SET_IS_HASHTABLE);
}

static const char *encoding_word(const struct entry *entry)
{
    unsigned name = entry->encoding & SET_NAME;
    return name == 0 ? "intset" : name == SET_IS_LISTPACK ? "listpack" : "hashtable";
}

bool set_is_compact(const struct entry *entry)
{
    return (entry->encoding & SET_NAME) != SET_IS_HASHTABLE;
}

/* ---- members ---- */

bool set_has(const struct collection *set, const struct element *member)
{
    struct collection_place place;
    return collection_find(set, member, &place);
}

int set_add(struct collection *set, const struct element *member, const struct arg *arg,
            const struct set_limits *limits)
{
    struct collection_place place;
    char record[RECORD_MAX];
    if (collection_find(set, member, &place))
        return 0;
    size_t len = element_store(record, member, arg);
    if (len == 0)
        return -ENOMEM;
    if (collection_splice(set, &place, 0, record, len, false) != 0) {
        element_release(record);
        return -ENOMEM;
    }
    rename_for(set, member, limits);
    return 1;
}

int set_add_stored(struct collection *set, const char *stored, const struct set_limits *limits)
{
    struct element member;
    struct element_view view;
    element_init_stored(&member, stored, &view);
    struct arg arg = {.data = view.text.data, .len = view.text.len, .blob = view.blob};
    return set_add(set, &member, &arg, limits);
}

int set_remove(struct collection *set, const struct element *member)
{
    struct collection_place place;
    if (!collection_find(set, member, &place))
        return 0;
    return collection_splice(set, &place, 1, NULL, 0, false) == 0 ? 1 : -ENOMEM;
}

/* ---- operations for the store ---- */

static void add_to_digest(const struct entry *entry, struct digest *digest)
{
    struct collection set;
    struct collection_place place;
    struct element_view view;
    collection_open(&set, &set_kind, entry);
    for (bool more = collection_at(&set, 0, &place); more; more = collection_next(&set, &place)) {
        element_view(place.record, &view);
        digest_xor(digest, view.text.data, view.text.len);
    }
}

/* About: a byte of length in front of each member. */
static size_t serialized_len(const struct entry *entry)
{
    struct collection set;
    collection_open(&set, &set_kind, entry);
    return 1 + (size_t)collection_bytes(&set, UINT64_MAX - 1);
}

const struct value_type set_type = {
    .name = "set",
    .shape = &set_kind,
    .release = collection_release,
    .is_slow_to_release = collection_is_slow_to_release,
    .copy = collection_copy,
    .memory = collection_memory,
    .digest = add_to_digest,
    .encoding = encoding_word,
    .serialized_len = serialized_len,
};
