/*
 * Elements: the strings that collections consist of, as they are stored.
 *
 * An element is one to 242 bytes that begin with a tag. Text that is the canonical form of an int64_t is stored as that
 * number; longer texts than ELEMENT_INLINE_MAX lie outside, in a blob, whose reference belongs to the element:
 *
 *     0xxxxxxx                      a number from 0 to 127
 *     10nnnnnn text                 up to 63 bytes
 *     110xxxxx x                    a number of 13 bits, signed, like all that follow, high byte first
 *     11100000 n text               64 to 240 bytes
 *     11110001 ... 11110100         a number of 2, 3, 4 or 8 bytes
 *     11110101 address              8 bytes: a blob
 *     11110110 time element         8 bytes: when the element that follows expires; see below
 *
 * Each string has only one form, so two elements within their 242 bytes are equal if their bytes are. The idea of
 * numbers and short texts behind a tag is that of Redis's listpack; without its lengths at the end, since runs of
 * elements are short here and read forwards.
 *
 * Values of hashes may have a time to live. It stands in front of the element, and whatever is not about time looks
 * through it, so values without one don't know of it.
 *
 * Whoever changes the collection owns its elements; functions take no locks.
 */
#ifndef KVS_SHAPE_ELEMENT_H
#define KVS_SHAPE_ELEMENT_H

#include "base/bytes.h"
#include "base/number.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define ELEMENT_INLINE_MAX 240
#define ELEMENT_MAX (2 + ELEMENT_INLINE_MAX) /* bytes of an element in its collection */

enum element_tag {
    ELEMENT_SHORT_TEXT = 0x80,
    ELEMENT_INT13 = 0xc0,
    ELEMENT_TEXT = 0xe0,
    ELEMENT_INT16 = 0xf1,
    ELEMENT_INT24 = 0xf2,
    ELEMENT_INT32 = 0xf3,
    ELEMENT_INT64 = 0xf4,
    ELEMENT_BLOB = 0xf5,
    ELEMENT_TIMED = 0xf6,
};

#define ELEMENT_NO_EXPIRY INT64_C(-1)
#define ELEMENT_TIME_LEN 9 /* bytes of a time to live in front of an element */

/* An element that is to be stored or looked for. Its text is borrowed from whoever made it. */
struct element {
    struct bytes text;
    uint64_t hash;            /* element_hash(), if it is known; 0: it isn't yet */
    uint8_t len;              /* bytes of stored; 0: it doesn't fit and goes into a blob */
    char stored[ELEMENT_MAX]; /* as it lies in a collection */
};

/* A stored element as text, borrowed from the collection, or lying in the view if it is a number. */
struct element_view {
    struct bytes text;
    struct blob *blob; /* NULL, or where the text lies; not retained */
    char digits[NUMBER_I64_MAX_LEN];
};

void element_init(struct element *element, const char *data, size_t len);
void element_init_i64(struct element *element, int64_t number); /* its text lies in no one place: only to be stored */

/* An element like a stored one, whose text is borrowed from view_out or from where the stored one lies. */
void element_init_stored(struct element *element, const char *stored, struct element_view *view_out);

/*
 * Writes the element to out, which has room for ELEMENT_MAX bytes; returns the bytes written, or 0 without memory. One
 * that lies outside then owns a reference to a blob: to arg's, if that has one (arg may be NULL), or to a new one.
 */
size_t element_store(char *out, const struct element *element, const struct arg *arg);

/* The same of a text of at most ELEMENT_INLINE_MAX bytes, without a detour. */
size_t element_store_inline(char *out, struct bytes text);

void element_view(const char *stored, struct element_view *view_out);

/* The number that a stored element is, or that its text would be; false if it is none. */
bool element_to_i64(const char *stored, int64_t *number_out);

/* Whether two stored elements are the same string. */
bool element_is_same(const char *stored, const char *other);

/* Below, equal to or above zero, as memcmp() of their texts. */
int element_compare(const char *stored, struct bytes text);

/* The hash that orders collections: of a stored element, and the same of one that is looked for. */
uint64_t element_hash_stored(const char *stored);
uint64_t element_hash(const struct element *element);

/* Takes another reference to what lies outside, for a copy of the element's bytes; gives it up. */
void element_retain(const char *stored);
void element_release(const char *stored);

/* Bytes of memory outside the collection. */
size_t element_outside(const char *stored);

/* Writes the time, wall in milliseconds, that an element behind it is to have; nothing for ELEMENT_NO_EXPIRY. */
size_t element_store_expiry(char *out, int64_t expire_ms);

size_t element_len_rare(const char *stored);
bool element_equals_blob(const char *stored, const struct element *element);

/* Bytes of a stored element in its collection. */
static inline size_t element_len(const char *stored)
{
    unsigned char tag = (unsigned char)*stored;
    if (tag < ELEMENT_SHORT_TEXT)
        return 1;
    if (tag < ELEMENT_INT13)
        return 1 + (size_t)(tag - ELEMENT_SHORT_TEXT);
    return element_len_rare(stored);
}

/* The element behind a time to live, if it has one. */
static inline const char *element_untimed(const char *stored)
{
    return (unsigned char)*stored == ELEMENT_TIMED ? stored + ELEMENT_TIME_LEN : stored;
}

static inline int64_t element_expiry(const char *stored)
{
    int64_t expire_ms = ELEMENT_NO_EXPIRY;
    if ((unsigned char)*stored == ELEMENT_TIMED)
        memcpy(&expire_ms, stored + 1, sizeof expire_ms);
    return expire_ms;
}

/* Most elements of a run differ in their ends, and have one tag: so that is what is compared first. */
static inline bool element_equals(const char *stored, const struct element *element)
{
    size_t len = element->len, word = sizeof(uint64_t);
    if (len == 0)
        return element_equals_blob(stored, element);
    if (stored[0] != element->stored[0] || element_len(stored) != len)
        return false;
    if (len > word && memcmp(stored + len - word, element->stored + len - word, word) != 0)
        return false;
    return memcmp(stored, element->stored, len) == 0;
}

#endif
