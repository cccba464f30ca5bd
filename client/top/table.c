#include "top/table.h"

#include "core/memory.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void table_init(struct table *table, const struct column *columns, int column_count, int sorted)
{
    *table = (struct table){.columns = columns, .column_count = column_count, .sorted = sorted};
}

void table_deinit(struct table *table)
{
    free(table->order);
}

/* ---- order and filter ---- */

struct sorting {
    const struct table *table;
    const struct table_rows *rows;
};

/* What is unknown comes last, whatever the direction. */
static int compare_numbers(double left, double right, bool is_falling)
{
    if (isnan(left) || isnan(right))
        return isnan(left) - isnan(right);
    int result = (left > right) - (left < right);
    return is_falling ? -result : result;
}

static int compare_rows(const void *left, const void *right, void *context)
{
    const struct sorting *sorting = context;
    const struct table_rows *rows = sorting->rows;
    size_t a = *(const size_t *)left, b = *(const size_t *)right;
    int column = sorting->table->sorted, result;
    bool is_falling = sorting->table->columns[column].is_falling != sorting->table->is_reversed;
    if (rows->is_text(column)) {
        char a_text[TABLE_CELL], b_text[TABLE_CELL];
        rows->write(rows->data, a, column, a_text, sizeof a_text);
        rows->write(rows->data, b, column, b_text, sizeof b_text);
        result = is_falling ? strcmp(b_text, a_text) : strcmp(a_text, b_text);
    } else {
        result = compare_numbers(rows->number(rows->data, a, column), rows->number(rows->data, b, column), is_falling);
    }
    return result != 0 ? result : (a > b) - (a < b);
}

static bool row_matches(const struct table *table, const struct table_rows *rows, size_t row, const char *filter)
{
    char text[TABLE_CELL];
    if (*filter == '\0')
        return true;
    for (int column = 0; column < table->column_count; column++) {
        rows->write(rows->data, row, column, text, sizeof text);
        if (strcasestr(text, filter))
            return true;
    }
    return false;
}

/* The selection stays with its row; where that is gone, with its place. */
static void follow_selection(struct table *table, const struct table_rows *rows)
{
    if (table->shown == 0)
        return;
    for (size_t i = 0; i < table->shown; i++) {
        if (rows->identity(rows->data, table->order[i]) == table->selected) {
            table->position = i;
            return;
        }
    }
    if (table->position >= table->shown)
        table->position = table->shown - 1;
    table->selected = rows->identity(rows->data, table->order[table->position]);
}

void table_arrange(struct table *table, const struct table_rows *rows, const char *filter)
{
    struct sorting sorting = {table, rows};
    if (rows->count > table->room) {
        table->room = rows->count;
        table->order = memory_resize(table->order, table->room * sizeof table->order[0]);
    }
    table->shown = 0;
    for (size_t row = 0; row < rows->count; row++) {
        if (row_matches(table, rows, row, filter))
            table->order[table->shown++] = row;
    }
    if (table->shown > 0)
        qsort_r(table->order, table->shown, sizeof table->order[0], compare_rows, &sorting);
    follow_selection(table, rows);
}

void table_move(struct table *table, const struct table_rows *rows, long rows_down)
{
    if (table->shown == 0)
        return;
    long last = (long)table->shown - 1, position = (long)table->position;
    if (rows_down < -position)
        position = 0;
    else if (rows_down > last - position)
        position = last;
    else
        position += rows_down;
    table->position = (size_t)position;
    table->selected = rows->identity(rows->data, table->order[position]);
}

void table_sort(struct table *table, int direction)
{
    table->sorted = (table->sorted + direction + table->column_count) % table->column_count;
    table->is_reversed = false;
}

bool table_shows(const struct table *table, int column)
{
    int width = table->width;
    for (int i = 0; i < table->column_count; i++) {
        if (table->hidden >> i & 1)
            width += table->columns[i].width + 1;
    }
    return !(table->hidden >> column & 1) && width >= table->columns[column].from;
}

bool table_selected(const struct table *table, size_t *row_out)
{
    if (!table->has_selection || table->position >= table->shown)
        return false;
    *row_out = table->order[table->position];
    return true;
}

/* ---- drawing ---- */

/* Where each column begins, or -1; and how wide the one is that takes what is left. */
static int place_columns(const struct table *table, int *places)
{
    int used = 1;
    for (int i = 0; i < table->column_count; i++) {
        if (table_shows(table, i))
            used += table->columns[i].width + 1;
    }
    int left = table->width - used > 4 ? table->width - used : 4;
    for (int i = 0, at = 1; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        places[i] = table_shows(table, i) ? at : -1;
        if (places[i] >= 0)
            at += (column->width > 0 ? column->width : left) + 1;
    }
    return left;
}

#define COLUMNS 16 /* more than any table has */

static void draw_cell(const struct rectangle *area, int line, int at, const struct column *column, int width,
                      enum look look, const char *text)
{
    struct rectangle cell = *area;
    int length = (int)strlen(text);
    cell.left += at;
    cell.width = at + width <= area->width ? width : area->width - at;
    if (cell.width < 3)
        return;
    if (length > cell.width && column->keeps_end)
        screen_print(&cell, line, 0, look, "...%s", text + length - cell.width + 3);
    else
        screen_print(&cell, line, column->is_right && length < width ? width - length : 0, look, "%s", text);
}

static void draw_titles(const struct table *table, const struct rectangle *area, const int *places, int left)
{
    screen_fill(area, 0, LOOK_BAR);
    for (int i = 0; i < table->column_count; i++) {
        const struct column *column = &table->columns[i];
        char title[32];
        bool is_falling = column->is_falling != table->is_reversed;
        const char *mark = i != table->sorted ? "" : is_falling ? "v" : "^";
        snprintf(title, sizeof title, "%s%s%s", column->is_right ? mark : "", column->title,
                 column->is_right ? "" : mark);
        if (places[i] >= 0)
            draw_cell(area, 0, places[i], column, column->width > 0 ? column->width : left, LOOK_BAR, title);
    }
}

static void scroll_to_selection(struct table *table)
{
    size_t page = table->page > 0 ? (size_t)table->page : 1;
    if (!table->has_selection)
        table->top = 0;
    else if (table->position < table->top)
        table->top = table->position;
    else if (table->position >= table->top + page)
        table->top = table->position - page + 1;
    if (table->top + page > table->shown)
        table->top = table->shown > page ? table->shown - page : 0;
}

void table_draw(struct table *table, const struct table_rows *rows, const struct rectangle *area)
{
    int places[COLUMNS] = {0};
    table->page = area->height - 1;
    table->width = area->width;
    int left = place_columns(table, places);
    draw_titles(table, area, places, left);
    scroll_to_selection(table);
    for (int line = 1; line < area->height; line++) {
        size_t index = table->top + (size_t)line - 1;
        if (index >= table->shown)
            break;
        bool is_selected = table->has_selection && index == table->position;
        enum look look = is_selected ? LOOK_SELECTED : LOOK_PLAIN;
        if (is_selected)
            screen_fill(area, line, look);
        for (int i = 0; i < table->column_count; i++) {
            char text[TABLE_CELL];
            if (places[i] < 0)
                continue;
            rows->write(rows->data, table->order[index], i, text, sizeof text);
            draw_cell(area, line, places[i], &table->columns[i],
                      table->columns[i].width > 0 ? table->columns[i].width : left, look, text);
        }
    }
}
