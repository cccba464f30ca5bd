/*
 * Hashes whose fields have times to live, beside a model: set, given another time, removed and reaped, packed and as a
 * tree, with memory that runs out at any allocation; what is due is not found, counted or picked, and is reaped in
 * time.
 */
#include "base/memory.h"
#include "kit/scratch.h"
#include "kit/suites.h"
#include "types/hash.h"
#include "types/sample.h"

#include <check.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>

#define FIELDS 500
#define NEVER ENTRY_NO_EXPIRY

static struct dice dice;
static struct hash_terms terms = {.entries = 128, .value = 64};
static struct {
    bool is_there; /* though it may be due */
    int64_t expire_ms;
} model[FIELDS];

static void make(struct element *element, unsigned number, char *text)
{
    size_t len = (size_t)sprintf(text, number % 3 ? "f%u" : "%u", number);
    if (number % 37 == 3)
        while (len < 300)
            text[len++] = '.';
    element_init(element, text, len);
}

static unsigned number_of(struct bytes text)
{
    unsigned number = 0;
    for (const char *at = text.data + (text.data[0] == 'f'); at < text.data + text.len && *at != '.'; at++)
        number = number * 10 + (unsigned)(*at - '0');
    return number;
}

static struct entry *create(void)
{
    struct entry *entry = collection_create(&hash_kind, (struct bytes){"key", 3}, NEVER);
    must(entry);
    memset(model, 0, sizeof model);
    terms.now_ms = 1000;
    return entry;
}

static bool is_live(unsigned i)
{
    return model[i].is_there && (model[i].expire_ms == NEVER || model[i].expire_ms > terms.now_ms);
}

static void check_hash(const struct entry *entry)
{
    struct collection hash;
    uint64_t live = 0, all = 0;
    int64_t next = INT64_MAX;
    collection_open(&hash, &hash_kind, entry);
    collection_check(&hash);
    for (unsigned i = 0; i < FIELDS; i++) {
        struct collection_place place;
        struct element field;
        char text[400];
        make(&field, i, text);
        must(hash_find(&hash, &field, terms.now_ms, &place) == is_live(i));
        must(!is_live(i) || hash_expiry(place.record) == model[i].expire_ms);
        live += is_live(i);
        all += model[i].is_there;
        if (model[i].is_there && model[i].expire_ms != NEVER && model[i].expire_ms < next)
            next = model[i].expire_ms;
    }
    must(hash_count(&hash, terms.now_ms) == live && collection_count(&hash) == all);
    must(collection_next_expiry(&hash) == next);
    must(next == INT64_MAX || (entry->flags & ENTRY_AGES));
}

static int64_t roll_time(void)
{
    return dice_chance(&dice, 40) ? NEVER : terms.now_ms + 1 + (int64_t)dice_below(&dice, 300);
}

static int put(struct collection *hash, unsigned number, int64_t expire_ms)
{
    struct element field;
    char text[400];
    make(&field, number, text);
    int outcome = hash_put(hash, (struct hash_part){&field, NULL}, (struct hash_part){&field, NULL}, expire_ms, &terms);
    must(outcome < 0 || outcome == !is_live(number));
    if (outcome >= 0) {
        model[number].is_there = true;
        model[number].expire_ms = expire_ms;
    }
    return outcome;
}

/* Sets a field, gives it another time, or removes it; the entry afterwards. */
static struct entry *change(struct entry *entry, unsigned number, bool memory_fails)
{
    struct collection hash;
    struct collection_place place;
    struct element field;
    char text[400];
    int64_t expire_ms = roll_time();
    unsigned way = (unsigned)dice_below(&dice, 10);
    int outcome = 0;
    collection_open(&hash, &hash_kind, entry);
    make(&field, number, text);
    mem_fail_after(memory_fails ? 1 + (unsigned)dice_below(&dice, 8) : 0);
    if (way < 6) {
        outcome = put(&hash, number, expire_ms);
    } else if (way < 8 && hash_find(&hash, &field, terms.now_ms, &place)) {
        outcome = hash_set_expiry(&hash, &place, expire_ms);
        model[number].expire_ms = outcome == 0 ? expire_ms : model[number].expire_ms;
    } else {
        outcome = hash_remove(&hash, &field, terms.now_ms);
        must(outcome < 0 || outcome == is_live(number));
        model[number].is_there &= outcome != 1;
    }
    mem_fail_after(0);
    must(outcome >= 0 || (outcome == -ENOMEM && memory_fails && hash.entry == entry));
    return hash.entry;
}

static void note_part(void *context, struct bytes part)
{
    unsigned number = number_of(part), *parts = context;
    must(number < FIELDS && model[number].is_there && !is_live(number));
    model[number].is_there = false;
    ++*parts;
}

/* Reaps at most limit fields, the earliest first. */
static struct entry *reap(struct entry *entry, unsigned limit)
{
    struct collection hash;
    unsigned parts = 0;
    collection_open(&hash, &hash_kind, entry);
    uint64_t due = collection_due(&hash, terms.now_ms);
    struct parts_expired expired = hash_type.expire_parts(entry, terms.now_ms, limit, note_part, &parts);
    must(expired.count == parts && parts == (due < limit ? due : limit));
    collection_open(&hash, &hash_kind, expired.entry);
    must(expired.emptied == (collection_count(&hash) == 0));
    return expired.entry;
}

/* Loops: 0, with all memory; 1, without some. */
START_TEST(a_field_is_there_until_its_time_is_over)
{
    dice = dice_create((uint64_t)_i);
    for (unsigned round = 0; round < scratch_rounds(40); round++) {
        struct entry *entry = create();
        unsigned range = round % 3 == 0 ? 10 : FIELDS; /* one in three stays packed */
        for (unsigned step = 0; step < 1500; step++) {
            entry = change(entry, (unsigned)dice_below(&dice, range), _i == 1 && dice_chance(&dice, 30));
            if (dice_chance(&dice, 10))
                terms.now_ms += (int64_t)dice_below(&dice, 20);
            if (dice_chance(&dice, 3))
                entry = reap(entry, 1 + (unsigned)dice_below(&dice, 60));
            if (step % 100 == 0)
                check_hash(entry);
        }
        struct entry *copy = entry_copy(entry, (struct bytes){"copy", 4}, NEVER);
        must(copy);
        entry_free(entry);
        check_hash(copy);
        entry_free(copy);
    }
}
END_TEST

static void count_part(void *context, struct bytes part)
{
    must(part.len > 0);
    ++*(unsigned *)context;
}

/* Thousands with one time, so that it fills many leaves of the index, some of them with equal records. */
START_TEST(fields_with_one_time_are_reaped_in_parts)
{
    struct entry *entry = create();
    struct collection hash;
    char text[40];
    unsigned reaped = 0, all = 20000;
    collection_open(&hash, &hash_kind, entry);
    for (unsigned i = 0; i < all; i++) {
        struct element field;
        element_init(&field, text, (size_t)sprintf(text, "field:%u", i));
        must(hash_put(&hash, (struct hash_part){&field, NULL}, (struct hash_part){&field, NULL}, 2000, &terms) == 1);
    }
    collection_check(&hash);
    must(hash_count(&hash, 1999) == all && hash_count(&hash, 2000) == 0);
    must(!sample_one(&hash, 2000) && sample_one(&hash, 1999));
    entry = hash.entry;
    for (struct parts_expired expired = {.count = 1}; !expired.emptied; reaped += expired.count) {
        unsigned told = 0;
        expired = hash_type.expire_parts(entry, 2000, 256, count_part, &told);
        entry = expired.entry;
        must(expired.count > 0 && expired.count == told);
    }
    must(reaped == all);
    entry_free(entry);
}
END_TEST

START_TEST(what_is_due_is_never_picked)
{
    dice = dice_create(7);
    for (unsigned range = 5; range <= FIELDS; range *= 10) {
        struct entry *entry = create();
        struct collection hash;
        unsigned live = 0, times[FIELDS] = {0};
        for (unsigned i = 0; i < range; i++) {
            collection_open(&hash, &hash_kind, entry);
            put(&hash, i, i % 2 ? NEVER : 1500);
            entry = hash.entry;
        }
        terms.now_ms = 1500;
        for (unsigned i = 0; i < FIELDS; i++)
            live += is_live(i);
        collection_open(&hash, &hash_kind, entry);
        for (unsigned round = 0; round < 300; round++) {
            struct sample sample;
            const char *record;
            struct element_view view;
            sample_begin(&sample, &hash, 1 + round % live, terms.now_ms);
            for (unsigned taken = 0; (record = sample_next(&sample)); taken++) {
                must(taken < 1 + round % live);
                element_view(hash_field(record), &view);
                must(is_live(number_of(view.text)));
                times[number_of(view.text)]++;
            }
            element_view(hash_field(sample_one(&hash, terms.now_ms)), &view);
            must(is_live(number_of(view.text)));
        }
        for (unsigned i = 0; i < range; i++)
            must((times[i] > 0) == is_live(i));
        entry_free(entry);
    }
}
END_TEST

START_TEST(a_hash_with_times_says_so)
{
    struct entry *entry = create();
    struct collection hash;
    collection_open(&hash, &hash_kind, entry);
    put(&hash, 1, NEVER);
    must(strcmp(hash_type.encoding(hash.entry), "listpack") == 0);
    put(&hash, 2, 5000);
    must(strcmp(hash_type.encoding(hash.entry), "listpackex") == 0);
    for (unsigned i = 0; i < FIELDS; i++)
        put(&hash, i, NEVER);
    must(strcmp(hash_type.encoding(hash.entry), "hashtable") == 0);
    must(collection_next_expiry(&hash) == INT64_MAX);
    entry_free(hash.entry);
}
END_TEST

Suite *suite_hash_times(void);
Suite *suite_hash_times(void)
{
    Suite *suite = suite_create("hash_times");
    TCase *tcase = tcase_create("hash_times");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 240 : 60);
    tcase_add_loop_test(tcase, a_field_is_there_until_its_time_is_over, 0, 2);
    tcase_add_test(tcase, fields_with_one_time_are_reaped_in_parts);
    tcase_add_test(tcase, what_is_due_is_never_picked);
    tcase_add_test(tcase, a_hash_with_times_says_so);
    suite_add_tcase(suite, tcase);
    return suite;
}
