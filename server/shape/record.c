#include "shape/record.h"

#define ALIKE 8 /* elements that are looked at together */

/*
 * Where an element ends is known when its tag has come from the cache, so whoever goes from one to the next waits for
 * each of them. Where as many as ALIKE have the same tag, and so the same length, none waits for the one before.
 */
static const char *skip_alike(const char *stored, const char *end, size_t *count)
{
    unsigned char tag = (unsigned char)*stored;
    size_t len = element_len(stored);
    if (tag == ELEMENT_TEXT) /* its length isn't in the tag */
        return stored;
    while (*count >= ALIKE && (size_t)(end - stored) >= ALIKE * len) {
        unsigned different = 0;
        for (unsigned i = 0; i < ALIKE; i++)
            different |= tag ^ (unsigned char)stored[i * len];
        if (different)
            break;
        stored += ALIKE * len;
        *count -= ALIKE;
    }
    return stored;
}

static const char *skip_elements(const char *stored, const char *end, size_t count)
{
    while (count >= ALIKE) {
        stored = skip_alike(stored, end, &count);
        for (unsigned i = 0; i < 2 * ALIKE && count > 0; i++, count--) /* before it is tried again */
            stored += element_len(stored);
    }
    while (count-- > 0)
        stored += element_len(stored);
    return stored;
}

const char *record_skip(const char *record, const char *end, struct record_form form, size_t count)
{
    if (form.fixed == 0 && form.elements == 1)
        return skip_elements(record, end, count);
    if (form.elements == 0)
        return record + count * form.fixed;
    while (count-- > 0)
        record += record_len(record, form);
    return record;
}

const char *record_find(const char *records, const char *end, struct record_form form, const struct element *element,
                        uint64_t *index_out)
{
    uint64_t index = 0;
    for (; records < end && !element_equals(record_element(records, form), element); index++)
        records += record_len(records, form);
    *index_out = index;
    return records;
}

static void for_all(const char *records, const char *end, struct record_form form, void (*act)(const char *stored))
{
    while (records < end) {
        records += form.fixed;
        for (unsigned i = 0; i < form.elements; i++) {
            size_t len = element_len(records);
            act(records);
            records += len;
        }
    }
}

void record_retain_all(const char *records, const char *end, struct record_form form)
{
    if (form.elements > 0)
        for_all(records, end, form, element_retain);
}

static void (*releases[RECORD_OWNERS])(const char *record);

void record_owner_register(enum record_owner owner, void (*release)(const char *record))
{
    releases[owner] = release;
}

void record_release_all(const char *records, const char *end, struct record_form form)
{
    if (form.elements > 0)
        for_all(records, end, form, element_release);
    else if (form.owner != RECORD_OWNS_NOTHING)
        for (; records < end; records += form.fixed)
            releases[form.owner](records);
}

size_t record_outside(const char *records, const char *end, struct record_form form)
{
    size_t bytes = 0;
    while (records < end) {
        records += form.fixed;
        for (unsigned i = 0; i < form.elements; i++) {
            bytes += element_outside(records);
            records += element_len(records);
        }
    }
    return bytes;
}

bool record_has_outside(const char *records, const char *end, struct record_form form)
{
    while (records < end) {
        records += form.fixed;
        for (unsigned i = 0; i < form.elements; i++) {
            if ((unsigned char)*element_untimed(records) == ELEMENT_BLOB)
                return true;
            records += element_len(records);
        }
    }
    return false;
}

/* Of the bound's score. */
bool record_is_before_equal(const char *record, const struct record_bound *bound)
{
    int order = element_compare(record + sizeof(double), bound->text);
    return bound->after ? order <= 0 : order < 0;
}
