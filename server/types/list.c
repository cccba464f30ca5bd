#include "types/list.h"

#include "base/digest.h"
#include "types/type_number.h"

#include <errno.h>
#include <limits.h>
#include <string.h>

#define LIST_IS_QUICKLIST 2 /* of the entry's encoding */
#define LISTPACK_HEAD 7     /* bytes of an empty listpack */
#define LISTPACK_SAFE 8192  /* bytes that a listpack has at most if its elements are counted */

const struct collection_kind list_kind = {TYPE_LIST, TREE_BY_PLACE, {.fixed = 0, .elements = 1}};

/* ---- the two sides ---- */

void list_place_beyond(const struct collection *list, enum side side, struct collection_place *place_out)
{
    if (side == SIDE_RIGHT || !collection_at(list, 0, place_out))
        collection_end(list, place_out);
}

void list_place_at(struct collection *list, enum side side, struct collection_place *place_out)
{
    if (side == SIDE_RIGHT)
        collection_last(list, place_out);
    else
        collection_at(list, 0, place_out);
}

/*
 * A packed list without the element at that side, in an entry of its own: taking it out of the list itself may take
 * memory, which must not be found missing when the element is already in another list. -ENOMEM without.
 */
static int make_rest(const struct collection *list, enum side side, struct collection *rest_out)
{
    struct collection_place place;
    struct entry *copy = entry_copy(list->entry, entry_key(list->entry), entry_expiry(list->entry));
    if (!copy)
        return -ENOMEM;
    collection_open(rest_out, &list_kind, copy);
    list_place_at(rest_out, side, &place);
    if (collection_splice(rest_out, &place, 1, NULL, 0, false) == 0)
        return 0;
    entry_free(copy);
    return -ENOMEM;
}

int list_move(struct collection *source, enum side from, struct collection *target, enum side to)
{
    struct collection_place place;
    struct collection rest;
    bool packed = !source->is_tree;
    if (packed && make_rest(source, from, &rest) != 0)
        return -ENOMEM;
    char record[RECORD_MAX];
    list_place_at(source, from, &place);
    size_t len = record_len(place.record, list_kind.form);
    memcpy(record, place.record, len);
    element_retain(record);
    struct collection *receiver = packed && source == target ? &rest : target;
    list_place_beyond(receiver, to, &place);
    if (collection_splice(receiver, &place, 0, record, len, false) != 0) {
        element_release(record);
        if (packed)
            entry_free(rest.entry);
        return -ENOMEM;
    }
    if (packed) {
        entry_free(source->entry);
        *source = rest;
    } else {
        list_place_at(source, from, &place);
        collection_splice(source, &place, 1, NULL, 0, false); /* from a tree: it takes no memory */
    }
    return 0;
}

/* ---- what Redis would call it ---- */

struct listpack_limit {
    uint64_t bytes, count;
};

static struct listpack_limit limit_of(int directive)
{
    static const uint64_t sizes[] = {4096, 8192, 16384, 32768, 65536};
    if (directive >= 0)
        return (struct listpack_limit){LISTPACK_SAFE, directive == 0 ? 1 : (uint64_t)directive};
    return (struct listpack_limit){sizes[directive < -5 ? 4 : -directive - 1], UINT64_MAX};
}

/* Bytes of the listpack that would hold the list, or more than limit: an element has its length behind it as well. */
static uint64_t listpack_bytes(const struct collection *list, uint64_t limit)
{
    return LISTPACK_HEAD + collection_bytes(list, limit) + collection_count(list);
}

void list_settle(struct collection *list, int directive)
{
    struct listpack_limit limit = limit_of(directive);
    bool was = list->entry->encoding & LIST_IS_QUICKLIST;
    unsigned part = was ? 2 : 1; /* half of it makes a listpack of a quicklist */
    uint64_t count = collection_count(list);
    bool fits = count <= limit.count / part && count <= limit.bytes / part && /* so that not too much is added up */
                listpack_bytes(list, limit.bytes) <= limit.bytes / part;
    if (fits == was)
        list->entry->encoding ^= LIST_IS_QUICKLIST;
}

static const char *encoding_word(const struct entry *entry)
{
    return entry->encoding & LIST_IS_QUICKLIST ? "quicklist" : "listpack";
}

/* ---- operations for the store ---- */

static void add_to_digest(const struct entry *entry, struct digest *digest)
{
    struct collection list;
    struct collection_place place;
    struct element_view view;
    collection_open(&list, &list_kind, entry);
    for (bool more = collection_at(&list, 0, &place); more; more = collection_next(&list, &place)) {
        element_view(place.record, &view);
        digest_mix(digest, view.text.data, view.text.len);
    }
}

/* About: Redis's own form can't be known without making it. */
static size_t serialized_len(const struct entry *entry)
{
    struct collection list;
    collection_open(&list, &list_kind, entry);
    return (size_t)listpack_bytes(&list, UINT64_MAX - 1);
}

const struct value_type list_type = {
    .name = "list",
    .shape = &list_kind,
    .release = collection_release,
    .is_slow_to_release = collection_is_slow_to_release,
    .copy = collection_copy,
    .memory = collection_memory,
    .digest = add_to_digest,
    .encoding = encoding_word,
    .serialized_len = serialized_len,
};
