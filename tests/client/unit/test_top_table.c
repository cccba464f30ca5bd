/* The order of a table's rows, and the selection that follows them. */
#include "top/table.h"

#include <check.h>
#include <math.h>
#include <stdio.h>

static double figures[] = {3, NAN, 7, 5, NAN};
static const struct column columns[] = {{.title = "rising", .width = 8}, {.title = "falling", .is_falling = true}};

static void write_cell(void *data, size_t row, int column, char *text, size_t size)
{
    (void)column;
    snprintf(text, size, "%g", ((double *)data)[row]);
}

static double number(void *data, size_t row, int column)
{
    (void)column;
    return ((double *)data)[row];
}

static bool is_text(int column)
{
    (void)column;
    return false;
}

static long long identity(void *data, size_t row)
{
    (void)data;
    return (long long)row;
}

static const struct table_rows rows = {figures, 5, write_cell, number, is_text, identity};

static void expect_order(const struct table *table, const size_t *expected, size_t count)
{
    ck_assert_uint_eq(table->shown, count);
    for (size_t i = 0; i < count; i++)
        ck_assert_uint_eq(table->order[i], expected[i]);
}

START_TEST(what_is_unknown_comes_last_whatever_the_direction)
{
    for (int column = 0; column < 2; column++) {
        struct table table;
        table_init(&table, columns, 2, column);
        for (int reversed = 0; reversed < 2; reversed++) {
            table.is_reversed = reversed;
            table_arrange(&table, &rows, "");
            expect_order(&table, column == reversed ? (size_t[]){0, 3, 2, 1, 4} : (size_t[]){2, 3, 0, 1, 4}, 5);
        }
        table_deinit(&table);
    }
}
END_TEST

START_TEST(the_selection_stays_with_its_row_and_else_with_its_place)
{
    struct table table;
    size_t row;
    table_init(&table, columns, 2, 0);
    table.has_selection = true;
    table_arrange(&table, &rows, "");
    table_move(&table, &rows, 1);
    ck_assert(table_selected(&table, &row));
    ck_assert_uint_eq(row, 3);
    table_sort(&table, 1);
    table_arrange(&table, &rows, "");
    ck_assert(table_selected(&table, &row));
    ck_assert_uint_eq(row, 3);
    table_arrange(&table, &rows, "7"); /* its row is left out */
    ck_assert(table_selected(&table, &row));
    ck_assert_uint_eq(row, 2);
    table_deinit(&table);
}
END_TEST

Suite *suite_top_table(void);
Suite *suite_top_table(void)
{
    Suite *suite = suite_create("top table");
    TCase *tcase = tcase_create("top table");
    tcase_add_test(tcase, what_is_unknown_comes_last_whatever_the_direction);
    tcase_add_test(tcase, the_selection_stays_with_its_row_and_else_with_its_place);
    suite_add_tcase(suite, tcase);
    return suite;
}
