#include "shape/expiry_index.h"

#include "base/panic.h"

#include <string.h>

#define PIECE_LEN sizeof(uint32_t)

static const struct record_form index_form = {.fixed = sizeof(double), .elements = 1};

void expiry_index_init(struct tree *index)
{
    tree_init(index, TREE_BY_SCORE, index_form);
}

/* The record's element: the piece's bytes as a text. */
static void piece_init(struct element *element, const uint32_t *piece)
{
    element_init(element, (const char *)piece, PIECE_LEN);
}

static uint32_t piece_of(uint64_t hash)
{
    return (uint32_t)(hash >> 32);
}

int expiry_index_add(struct tree *index, int64_t expire_ms, uint64_t hash)
{
    struct tree_place place;
    struct element element;
    char record[sizeof(double) + ELEMENT_MAX];
    double score = (double)expire_ms;
    uint32_t piece = piece_of(hash);
    piece_init(&element, &piece);
    memcpy(record, &score, sizeof score);
    size_t len = sizeof score + element_store(record + sizeof score, &element, NULL);
    tree_find_score(index, score, element.text, &place);
    return tree_insert(index, &place, record, len);
}

void expiry_index_remove(struct tree *index, int64_t expire_ms, uint64_t hash)
{
    struct tree_place place;
    uint32_t piece = piece_of(hash);
    struct bytes text = {(const char *)&piece, PIECE_LEN};
    panic_unless(tree_find_score(index, (double)expire_ms, text, &place));
    tree_remove(index, &place);
}

bool expiry_index_first(const struct tree *index, int64_t *expire_ms_out, uint64_t *hash_out)
{
    struct tree_place place;
    struct element_view view;
    uint32_t piece;
    if (!tree_at(index, 0, &place))
        return false;
    const char *record = tree_record(&place);
    element_view(record_element(record, index_form), &view);
    memcpy(&piece, view.text.data, PIECE_LEN);
    *expire_ms_out = (int64_t)record_score(record);
    *hash_out = (uint64_t)piece << 32;
    return true;
}

uint64_t expiry_index_due(const struct tree *index, int64_t now_ms)
{
    struct tree_place place;
    struct record_bound behind = record_bound_above((double)now_ms);
    return tree_seek(index, &behind, &place) ? tree_index(index, &place) : index->count;
}
