/*
 * Hashes beside a model: fields set and removed, from packed to tree and back, with memory that runs out at any
 * allocation, when nothing has changed; what OBJECT ENCODING says; and walks in parts while the hash changes.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "store/value_type.h"
#include "types/hash.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIELDS 700
#define NONE (-1)

static const struct hash_terms terms = {.now_ms = 1000, .entries = 128, .value = 64};

static struct dice dice;
static int model[FIELDS]; /* the number of a field's value, or NONE */
static unsigned model_count;

/* Some texts are numbers, some lie outside. */
static size_t text_of(char kind, unsigned number, char *out)
{
    size_t len = number % 3 ? (size_t)sprintf(out, "%c%u", kind, number) : (size_t)sprintf(out, "%u", number);
    if (number % 31 == 3)
        while (len < 300)
            out[len++] = '.';
    return len;
}

static void make(struct element *element, char kind, unsigned number, char *text)
{
    element_init(element, text, text_of(kind, number, text));
}

static struct entry *create(void)
{
    struct entry *entry = collection_create(&hash_kind, (struct bytes){"key", 3}, ENTRY_NO_EXPIRY);
    must(entry);
    for (unsigned i = 0; i < FIELDS; i++)
        model[i] = NONE;
    model_count = 0;
    return entry;
}

static bool has_text(const char *stored, char kind, unsigned number)
{
    char text[400];
    struct element_view view;
    size_t len = text_of(kind, number, text);
    element_view(stored, &view);
    return bytes_equal(view.text.data, view.text.len, text, len);
}

static void check_hash(const struct entry *entry)
{
    struct collection hash;
    struct collection_place place;
    struct element field;
    char text[400];
    collection_open(&hash, &hash_kind, entry);
    collection_check(&hash);
    must(collection_count(&hash) == model_count);
    for (unsigned i = 0; i < FIELDS; i++) {
        make(&field, 'f', i, text);
        bool found = hash_find(&hash, &field, terms.now_ms, &place);
        must(found == (model[i] != NONE));
        if (found)
            must(has_text(hash_field(place.record), 'f', i) &&
                 has_text(hash_value(place.record), 'v', (unsigned)model[i]));
    }
}

/* Sets or removes a field; the entry afterwards. */
static struct entry *change(struct entry *entry, unsigned number, bool sets, bool memory_fails)
{
    struct collection hash;
    struct element field, value;
    char field_text[400], value_text[400];
    unsigned value_number = (unsigned)dice_below(&dice, 1000);
    collection_open(&hash, &hash_kind, entry);
    make(&field, 'f', number, field_text);
    make(&value, 'v', value_number, value_text);
    mem_fail_after(memory_fails ? 1 + (unsigned)dice_below(&dice, 6) : 0);
    int outcome = sets ? hash_put(&hash, (struct hash_part){&field, NULL}, (struct hash_part){&value, NULL},
                                  ENTRY_NO_EXPIRY, &terms)
                       : hash_remove(&hash, &field, terms.now_ms);
    mem_fail_after(0);
    if (outcome < 0) {
        must(outcome == -ENOMEM && memory_fails && hash.entry == entry);
        return entry;
    }
    bool was_there = model[number] != NONE;
    must(outcome == (sets ? !was_there : was_there));
    model[number] = sets ? (int)value_number : NONE;
    model_count = model_count - was_there + sets;
    return hash.entry;
}

/* Loops: 0, with all memory; 1, without some. */
START_TEST(a_hash_holds_what_was_set)
{
    dice = dice_create((uint64_t)_i);
    for (unsigned round = 0; round < scratch_rounds(60); round++) {
        struct entry *entry = create();
        unsigned range = round % 3 == 0 ? 12 : FIELDS; /* one in three stays packed */
        for (unsigned step = 0; step < 1500; step++) {
            bool sets = dice_chance(&dice, step < 900 ? 80 : 20);
            entry = change(entry, (unsigned)dice_below(&dice, range), sets, _i == 1 && dice_chance(&dice, 30));
            if (step % 100 == 0)
                check_hash(entry);
        }
        check_hash(entry);
        struct entry *copy = entry_copy(entry, (struct bytes){"copy", 4}, ENTRY_NO_EXPIRY);
        must(copy);
        entry_free(entry);
        check_hash(copy);
        entry_free(copy);
    }
}
END_TEST

static const char *name_of(const struct entry *entry)
{
    return entry_value_type(entry)->encoding(entry);
}

START_TEST(a_hash_is_a_listpack_up_to_its_limits)
{
    dice = dice_create(2);
    struct entry *entry = create();
    for (unsigned i = 0, put = 0; put < terms.entries; i++) {
        if (i % 31 == 3)
            continue; /* a long one */
        model[i] = NONE;
        struct collection hash;
        struct element field;
        char text[400];
        collection_open(&hash, &hash_kind, entry);
        make(&field, 'f', i, text);
        must(hash_put(&hash, (struct hash_part){&field, NULL}, (struct hash_part){&field, NULL}, ENTRY_NO_EXPIRY,
                      &terms) == 1);
        entry = hash.entry;
        must(hash_is_listpack(entry) && strcmp(name_of(entry), "listpack") == 0);
        put++;
    }
    entry = change(entry, 699, true, false);
    must(!hash_is_listpack(entry) && strcmp(name_of(entry), "hashtable") == 0);
    entry = change(entry, 699, false, false);
    must(!hash_is_listpack(entry));
    entry_free(entry);
}
END_TEST

START_TEST(a_long_field_or_value_makes_a_hashtable)
{
    static const char text[65] = "0123456789012345678901234567890123456789012345678901234567890123x";
    for (unsigned way = 0; way < 4; way++) { /* 64 or 65 bytes; field or value */
        struct entry *entry = create();
        struct collection hash;
        struct element longer, shorter;
        collection_open(&hash, &hash_kind, entry);
        element_init(&longer, text, 64 + way % 2);
        element_init(&shorter, "a", 1);
        struct hash_part parts[2] = {{&longer, NULL}, {&shorter, NULL}};
        must(hash_put(&hash, parts[way / 2], parts[1 - way / 2], ENTRY_NO_EXPIRY, &terms) == 1);
        must(hash_is_listpack(hash.entry) == (way % 2 == 0));
        entry_free(hash.entry);
    }
}
END_TEST

START_TEST(a_hash_that_expects_many_is_a_hashtable_at_once)
{
    struct collection hash;
    struct entry *entry = create();
    collection_open(&hash, &hash_kind, entry);
    hash_expect(&hash, terms.entries, &terms);
    must(hash_is_listpack(hash.entry));
    hash_expect(&hash, terms.entries + 1, &terms);
    must(!hash_is_listpack(hash.entry));
    entry_free(hash.entry);
}
END_TEST

/* ---- walks in parts ---- */

static unsigned seen[FIELDS];

static void note(void *context, const char *record)
{
    struct element_view view;
    unsigned *visited = context;
    element_view(hash_field(record), &view);
    const char *digits = view.text.data[0] == 'f' ? view.text.data + 1 : view.text.data;
    unsigned number = 0;
    while (digits < view.text.data + view.text.len && *digits >= '0' && *digits <= '9')
        number = number * 10 + (unsigned)(*digits++ - '0');
    must(number < FIELDS && has_text(hash_field(record), 'f', number));
    seen[number]++;
    ++*visited;
}

/* Changes at random so that the number of fields goes there; those below kept stay. */
static struct entry *drift(struct entry *entry, unsigned kept, unsigned towards)
{
    for (unsigned i = 0; i < 40; i++)
        entry = change(entry, kept + (unsigned)dice_below(&dice, FIELDS - kept), model_count < towards, false);
    return entry;
}

START_TEST(what_stays_is_seen_by_a_walk_while_the_hash_changes)
{
    dice = dice_create(3);
    for (unsigned round = 0; round < scratch_rounds(300); round++) {
        struct entry *entry = create();
        struct collection hash;
        unsigned kept = 1 + (unsigned)dice_below(&dice, round % 2 ? 20 : 300), visited = 0;
        uint64_t cursor = 0, count = 1 + dice_below(&dice, 30);
        for (unsigned i = 0; i < kept; i++)
            entry = change(entry, i, true, false);
        memset(seen, 0, sizeof seen);
        do {
            collection_open(&hash, &hash_kind, entry);
            cursor = collection_scan(&hash, cursor, count, note, &visited);
            must(cursor >> 53 == 0);
            entry = drift(entry, kept, dice_chance(&dice, 50) ? FIELDS : kept);
        } while (cursor != 0);
        for (unsigned i = 0; i < kept; i++)
            must(seen[i] > 0);
        entry_free(entry);
    }
}
END_TEST

START_TEST(a_walk_sees_each_field_once_if_nothing_changes)
{
    dice = dice_create(4);
    for (unsigned fields = 1; fields < FIELDS; fields += 1 + fields / 4) {
        struct entry *entry = create();
        struct collection hash;
        unsigned visited = 0, parts = 0;
        uint64_t cursor = 0;
        for (unsigned i = 0; i < fields; i++)
            entry = change(entry, i, true, false);
        memset(seen, 0, sizeof seen);
        collection_open(&hash, &hash_kind, entry);
        do {
            cursor = collection_scan(&hash, cursor, 10, note, &visited);
            parts++;
        } while (cursor != 0);
        for (unsigned i = 0; i < FIELDS; i++)
            must(seen[i] == (i < fields));
        must(visited == fields && (fields < 300 || parts > 3));
        entry_free(entry);
    }
}
END_TEST

Suite *suite_hash(void);
Suite *suite_hash(void)
{
    Suite *suite = suite_create("hash");
    TCase *tcase = tcase_create("hash");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 120 : 60);
    tcase_add_loop_test(tcase, a_hash_holds_what_was_set, 0, 2);
    tcase_add_test(tcase, a_hash_is_a_listpack_up_to_its_limits);
    tcase_add_test(tcase, a_long_field_or_value_makes_a_hashtable);
    tcase_add_test(tcase, a_hash_that_expects_many_is_a_hashtable_at_once);
    tcase_add_test(tcase, what_stays_is_seen_by_a_walk_while_the_hash_changes);
    tcase_add_test(tcase, a_walk_sees_each_field_once_if_nothing_changes);
    suite_add_tcase(suite, tcase);
    return suite;
}
