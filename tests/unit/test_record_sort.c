/*
 * Sorting of what is to become records, beside the C library's: by keys of all kinds, and by scores and texts of which
 * some begin or end alike, are numbers, or lie outside.
 */
#include "kit/scratch.h"
#include "kit/suites.h"
#include "shape/element.h"
#include "shape/record.h"
#include "shape/record_sort.h"

#include <check.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MOST 5000

static struct dice dice;
static struct record_ref refs[MOST], sorted[MOST];
static char stored[MOST][ELEMENT_MAX];

static int compare_keys(const void *a, const void *b)
{
    uint64_t x = ((const struct record_ref *)a)->key, y = ((const struct record_ref *)b)->key;
    return (x > y) - (x < y);
}

/* Few keys, keys of few bits, ascending ones, and any. */
static uint64_t make_key(unsigned kind, unsigned i)
{
    uint64_t key = dice_next(&dice);
    return kind == 0 ? key : kind == 1 ? key % 7 : kind == 2 ? key << 50 : kind == 3 ? i / 3 : (key & 0xff00ff00) | 3;
}

START_TEST(keys_sort)
{
    dice = dice_create((uint64_t)_i);
    for (unsigned round = 0; round < 60; round++) {
        unsigned count = (unsigned)dice_below(&dice, round % 2 ? 60 : MOST);
        for (unsigned i = 0; i < count; i++)
            refs[i] = (struct record_ref){make_key((unsigned)_i, i), stored[i], i};
        memcpy(sorted, refs, count * sizeof refs[0]);
        qsort(sorted, count, sizeof sorted[0], compare_keys);
        record_sort_by_key(refs, count);
        static bool seen[MOST];
        memset(seen, 0, sizeof seen);
        for (unsigned i = 0; i < count; i++) {
            unsigned which = (unsigned)refs[i].score;
            must(refs[i].key == sorted[i].key && refs[i].stored == stored[which] && !seen[which]);
            seen[which] = true;
        }
    }
}
END_TEST

/* ---- by score and text ---- */

static int compare_refs(const void *a, const void *b)
{
    const struct record_ref *x = a, *y = b;
    struct element_view view;
    if (x->score != y->score)
        return x->score < y->score ? -1 : 1;
    element_view(y->stored, &view);
    return element_compare(x->stored, view.text);
}

/* Each number has a text of its own; the kind says what these have in common. */
static size_t make_text(unsigned kind, unsigned number, char *text)
{
    size_t len = 0;
    switch (kind) {
    case 0:
        return (size_t)sprintf(text, "%d", (int)number * 31 - 40000);
    case 1:
        return (size_t)sprintf(text, "%0230u", number);
    case 2: /* zeros, of which there are the more the larger the number is */
        memset(text, 0, number / 20);
        text[number / 20] = (char)(number % 20);
        return number / 20 + 1;
    case 3: /* a tree of texts that is deeper than pieces go */
        for (unsigned bits = number; len < 13 * 18; bits /= 2, len += 18)
            memset(text + len, 'a' + (int)(bits % 2), 18);
        return len;
    default:
        len = (size_t)sprintf(text, "%u", number * 7919u % 1000003u);
        for (unsigned more = number % 300; more > 0; more--)
            text[len++] = (char)('.' + more % 2);
        return len;
    }
}

START_TEST(scores_and_texts_sort)
{
    static const double scores[] = {-0.0, 0.0, 1, -1.0 / 0.0, 1.0 / 0.0, 1e300, -5e-324, 2.5};
    dice = dice_create(10 + (uint64_t)_i);
    for (unsigned round = 0; round < 30; round++) {
        unsigned count = (unsigned)dice_below(&dice, round % 3 ? MOST : 40), different = 1 + round % 8;
        for (unsigned i = 0; i < count; i++) {
            char text[600];
            struct element element;
            size_t len = make_text((unsigned)_i, i, text);
            element_init(&element, text, len);
            must(element_store(stored[i], &element, NULL) > 0);
            refs[i] = (struct record_ref){0, stored[i], scores[dice_below(&dice, different)]};
        }
        for (unsigned i = count; i-- > 1;) {
            unsigned other = (unsigned)dice_below(&dice, i + 1);
            struct record_ref ref = refs[i];
            refs[i] = refs[other];
            refs[other] = ref;
        }
        memcpy(sorted, refs, count * sizeof refs[0]);
        qsort(sorted, count, sizeof sorted[0], compare_refs);
        for (unsigned again = 0; again < 2; again++) { /* and when they are sorted already */
            record_sort_by_score(refs, count);
            for (unsigned i = 0; i < count; i++)
                must(refs[i].stored == sorted[i].stored && memcmp(&refs[i].score, &sorted[i].score, 8) == 0);
        }
        for (unsigned i = 0; i < count; i++)
            element_release(stored[i]);
    }
}
END_TEST

Suite *suite_record_sort(void);
Suite *suite_record_sort(void)
{
    Suite *suite = suite_create("record_sort");
    TCase *tcase = tcase_create("record_sort");
    tcase_set_timeout(tcase, scratch_is_sanitized() ? 120 : 30);
    tcase_add_loop_test(tcase, keys_sort, 0, 5);
    tcase_add_loop_test(tcase, scores_and_texts_sort, 0, 5);
    suite_add_tcase(suite, tcase);
    return suite;
}
