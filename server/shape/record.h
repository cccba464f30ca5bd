/*
 * Records: what a collection has one of for each member. All records of a collection have the same form: some bytes of
 * fixed length (a score), and behind them up to two elements (a member; a field and its value).
 *
 *     list, set       element
 *     hash            field value
 *     sorted set      score 8 | member
 *     its index       score 8 | a piece of the member's hash 4
 *     stream          ID 16 | what is kept for it
 *
 * Records stand behind one another in a run: in an entry while the collection is small, in the leaves of a tree
 * (tree.h) when it isn't.
 */
#ifndef KVS_SHAPE_RECORD_H
#define KVS_SHAPE_RECORD_H

#include "shape/element.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define RECORD_FIXED_MAX 40
#define RECORD_ELEMENTS_MAX 2
#define RECORD_MAX (RECORD_FIXED_MAX + RECORD_ELEMENTS_MAX * ELEMENT_MAX)

struct record_form {
    uint8_t fixed;    /* bytes in front of the elements */
    uint8_t elements; /* how many */
    uint8_t owner;    /* record_owner of what the bytes in front refer to; such records have no elements */
};

/* Whose function releases what a record refers to, when the record is released. */
enum record_owner { RECORD_OWNS_NOTHING, RECORD_OWNS_BLOCK, RECORD_OWNERS };

/* Before threads start, for each owner but the first. */
void record_owner_register(enum record_owner owner, void (*release)(const char *record));

static inline size_t record_len(const char *record, struct record_form form)
{
    size_t len = form.fixed;
    for (unsigned i = 0; i < form.elements; i++)
        len += element_len(record + len);
    return len;
}

/* Its first element, if the form has any. */
static inline const char *record_element(const char *record, struct record_form form)
{
    return record + form.fixed;
}

static inline const char *record_second(const char *record, struct record_form form)
{
    const char *first = record_element(record, form);
    return first + element_len(first);
}

/* Skips count records of the run that goes on to end. */
const char *record_skip(const char *record, const char *end, struct record_form form, size_t count);

/*
 * The first of the records up to end whose first element is this one, and how many are before it; end if there is none.
 */
const char *record_find(const char *records, const char *end, struct record_form form, const struct element *element,
                        uint64_t *index_out);

/* For all elements of the records up to end; released is also what they own. That can't be retained. */
void record_retain_all(const char *records, const char *end, struct record_form form);
void record_release_all(const char *records, const char *end, struct record_form form);
size_t record_outside(const char *records, const char *end, struct record_form form);

/* Whether any of them refers to a blob. */
bool record_has_outside(const char *records, const char *end, struct record_form form);

/* ---- scores, which sort like numbers when they are compared as unsigned ones; -0 is 0 ---- */

static inline double record_score(const char *record)
{
    double score;
    memcpy(&score, record, sizeof score);
    return score;
}

/* Not NaN. */
static inline uint64_t record_score_key(double score)
{
    uint64_t bits;
    double normal = score == 0 ? 0 : score;
    memcpy(&bits, &normal, sizeof bits);
    return bits >> 63 ? ~bits : bits | UINT64_C(1) << 63;
}

/* ---- IDs: numbers of 128 bits, in two native ones ---- */

struct record_id {
    uint64_t high, low;
};

static inline struct record_id record_id(const char *record)
{
    struct record_id id;
    memcpy(&id, record, sizeof id);
    return id;
}

/* Below, equal to or above zero. */
static inline int record_id_compare(struct record_id a, struct record_id b)
{
    return a.high != b.high ? (a.high < b.high ? -1 : 1) : (a.low > b.low) - (a.low < b.low);
}

/* ---- bounds ---- */

/* A point in the order of scores and texts: before the records that aren't below it, or with after those above it. */
struct record_bound {
    uint64_t key; /* of the score */
    struct bytes text;
    bool after;
};

/* Before a score and text, before all with a score, and behind all with it. */
static inline struct record_bound record_bound_at(double score, struct bytes text)
{
    return (struct record_bound){record_score_key(score), text, false};
}

static inline struct record_bound record_bound_from(double score)
{
    return (struct record_bound){record_score_key(score), {"", 0}, false};
}

static inline struct record_bound record_bound_above(double score)
{
    return (struct record_bound){record_score_key(score) + 1, {"", 0}, false};
}

bool record_is_before_equal(const char *record, const struct record_bound *bound);

/* Whether a record, of a score and an element, stands before that point. */
static inline bool record_is_before(const char *record, const struct record_bound *bound)
{
    uint64_t key = record_score_key(record_score(record));
    return key == bound->key ? record_is_before_equal(record, bound) : key < bound->key;
}

#endif
