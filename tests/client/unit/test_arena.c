/* Pieces of an arena are zeroed, aligned, apart from each other, and live until its end. */
#include "core/arena.h"
#include "kit/scratch.h"
#include "kit/suites.h"

#include <stdint.h>
#include <string.h>

static bool is_filled(const char *piece, size_t size, char with)
{
    for (size_t i = 0; i < size; i++) {
        if (piece[i] != with)
            return false;
    }
    return true;
}

START_TEST(pieces_of_any_size_are_zeroed_and_do_not_overlap)
{
    enum { PIECES = 500 };
    struct dice dice = dice_create(11);
    struct arena *arena = arena_create();
    char *pieces[PIECES];
    size_t sizes[PIECES];
    for (int i = 0; i < PIECES; i++) {
        sizes[i] = dice_below(&dice, dice_chance(&dice, 5) ? 100000 : 200);
        pieces[i] = arena_alloc(arena, sizes[i]);
        must((uintptr_t)pieces[i] % _Alignof(max_align_t) == 0);
        must(is_filled(pieces[i], sizes[i], 0));
        memset(pieces[i], i % 100 + 1, sizes[i]);
    }
    for (int i = 0; i < PIECES; i++)
        must(is_filled(pieces[i], sizes[i], (char)(i % 100 + 1)));
    arena_destroy(arena);
}
END_TEST

START_TEST(nothing_has_a_place_of_its_own)
{
    struct arena *arena = arena_create();
    char *first = arena_alloc(arena, 0), *second = arena_alloc(arena, 0);
    ck_assert_ptr_nonnull(first);
    ck_assert_ptr_ne(first, second);
    arena_destroy(arena);
}
END_TEST

Suite *suite_arena(void);
Suite *suite_arena(void)
{
    Suite *suite = suite_create("arena");
    TCase *tcase = tcase_create("arena");
    tcase_add_test(tcase, pieces_of_any_size_are_zeroed_and_do_not_overlap);
    tcase_add_test(tcase, nothing_has_a_place_of_its_own);
    suite_add_tcase(suite, tcase);
    return suite;
}
