/*
 * A table on the screen: columns, an order, a filter, a row that is selected. What the rows hold is the business of
 * their owner, who is asked cell by cell (struct table_rows).
 */
#ifndef KVS_CLIENT_TOP_TABLE_H
#define KVS_CLIENT_TOP_TABLE_H

#include "top/screen.h"

#include <stdbool.h>
#include <stddef.h>

#define TABLE_CELL 128 /* bytes of the text of a cell */

struct column {
    const char *title;
    int width;       /* 0: what is left; one column at most */
    int from;        /* the width of table from which it is shown */
    bool is_right;   /* aligned */
    bool is_falling; /* the greatest first, when it is sorted by */
    bool keeps_end;  /* where there is no room, the beginning is left out */
};

struct table_rows {
    void *data;
    size_t count;
    /* Writes a cell's printable text. */
    void (*write)(void *data, size_t row, int column, char *text, size_t size);
    /* What a cell is sorted by; NAN: unknown. Columns for which is_text() holds are sorted by their text. */
    double (*number)(void *data, size_t row, int column);
    bool (*is_text)(int column);
    /* What makes a row the same one in the next round. */
    long long (*identity)(void *data, size_t row);
};

struct table {
    /* const after table_init() */
    const struct column *columns;
    int column_count;

    unsigned hidden; /* columns that are not shown, a bit for each; others get their room */
    int sorted;      /* column */
    bool is_reversed;
    bool has_selection; /* shown, and moved by keys */
    long long selected; /* identity */
    size_t position;    /* of the selected row among those shown */
    size_t top;         /* the first row that is on the screen */
    int page, width;    /* rows and columns of the screen that it had when it was last drawn */

    size_t *order; /* rows that are shown, in their order */
    size_t shown;
    size_t room;
};

void table_init(struct table *table, const struct column *columns, int column_count, int sorted);
void table_deinit(struct table *table);

/* After the rows, the order or the filter changed. Rows in which no cell contains `filter` (in any case) are left out;
 * an empty one lets all through. */
void table_arrange(struct table *table, const struct table_rows *rows, const char *filter);

/* A line of titles and as many rows as fit, around the selected one. Rows have to be those that were arranged. */
void table_draw(struct table *table, const struct table_rows *rows, const struct rectangle *area);

/* Moves the selection, by rows or pages; the ends hold it. */
void table_move(struct table *table, const struct table_rows *rows, long rows_down);

/* The next column to sort by, or the one before. */
void table_sort(struct table *table, int direction);

/* Whether a column was on the screen when it was last drawn. */
bool table_shows(const struct table *table, int column);

/* The row that is selected. False: there is none. */
bool table_selected(const struct table *table, size_t *row_out);

#endif
