#include "shape/search.h"

#include <string.h>

#define LANES 16 /* bytes that are compared at once; the compiler knows each machine's way to do that */

typedef unsigned char lanes __attribute__((vector_size(LANES)));

static lanes load_lanes(const char *from)
{
    lanes loaded;
    memcpy(&loaded, from, sizeof loaded);
    return loaded;
}

static bool any_lane(lanes compared)
{
    uint64_t halves[2];
    memcpy(halves, &compared, sizeof halves);
    return (halves[0] | halves[1]) != 0;
}

static bool stands_among(const char *from, const char *end, const char *bytes, size_t len)
{
    for (; from < end; from++)
        if (from[len - 1] == bytes[len - 1] && memcmp(from, bytes, len) == 0)
            return true;
    return false;
}

/*
 * Whether those bytes stand anywhere from records up to end. Where three of them are in their places, all are compared:
 * the tag, without which a run of zeros is found in every longer one, and the last two, in which numbered elements
 * differ. The method is W. Mula's, "SIMD-friendly algorithms for substring searching".
 */
static bool stands_anywhere(const char *records, const char *end, const char *bytes, size_t len)
{
    if ((size_t)(end - records) < len)
        return false;
    const char *last = end - len + 1, *from = records;
    size_t at_last = len - 1, at_second = len > 1 ? len - 2 : 0;
    lanes tag = {0}, second = {0}, final = {0};
    tag += (unsigned char)bytes[0];
    second += (unsigned char)bytes[at_second];
    final += (unsigned char)bytes[at_last];
    for (; (size_t)(last - from) >= LANES && from < last; from += LANES) {
        lanes alike = (lanes)(load_lanes(from) == tag) & (lanes)(load_lanes(from + at_last) == final) &
                      (lanes)(load_lanes(from + at_second) == second);
        if (any_lane(alike) && stands_among(from, from + LANES, bytes, len))
            return true;
    }
    return stands_among(from, last, bytes, len);
}

static bool may_be_in(const char *records, const char *end, const struct element *element)
{
    if (element->len > 0)
        return stands_anywhere(records, end, element->stored, element->len);
    return records < end && memchr(records, ELEMENT_BLOB, (size_t)(end - records));
}

const char *search_run(const char *records, const char *end, const struct element *element, bool back,
                       uint64_t *index_out)
{
    const char *found = NULL;
    if (!may_be_in(records, end, element))
        return NULL;
    uint64_t index = 0;
    for (const char *at = records; at < end && (back || !found); at += element_len(at), index++) {
        if (element_equals(at, element)) {
            found = at;
            *index_out = index;
        }
    }
    return found;
}
