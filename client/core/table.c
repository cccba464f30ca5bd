#include "core/table.h"

#include "core/memory.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#define GAP 2 /* blanks between columns */

struct table {
    const char *alignment;
    size_t columns;
    char **cells; /* by rows */
    size_t count;
    size_t capacity;
};

struct table *table_create(const char *alignment)
{
    struct table *table = memory_alloc_zeroed(sizeof *table);
    table->alignment = alignment;
    table->columns = strlen(alignment);
    return table;
}

void table_destroy(struct table *table)
{
    for (size_t i = 0; i < table->count; i++)
        free(table->cells[i]);
    free(table->cells);
    free(table);
}

void table_add(struct table *table, const char *format, ...)
{
    if (table->count == table->capacity) {
        table->capacity = table->capacity ? table->capacity * 2 : 64;
        table->cells = memory_resize(table->cells, table->capacity * sizeof *table->cells);
    }
    va_list values;
    va_start(values, format);
    if (vasprintf(&table->cells[table->count], format, values) < 0)
        memory_fail();
    va_end(values);
    table->count++;
}

static int column_width(const struct table *table, size_t column)
{
    size_t width = 0;
    for (size_t i = column; i < table->count; i += table->columns) {
        size_t length = strlen(table->cells[i]);
        width = length > width ? length : width;
    }
    return (int)width;
}

/* Blanks at the end of a line are left out. */
static void print_row(const struct table *table, size_t first, const int *widths, FILE *out)
{
    int owed = 0;
    for (size_t column = 0; column < table->columns && first + column < table->count; column++) {
        const char *cell = table->cells[first + column];
        int blanks = widths[column] - (int)strlen(cell);
        if (table->alignment[column] == 'r')
            owed += blanks;
        if (*cell != '\0') {
            fprintf(out, "%*s%s", owed, "", cell);
            owed = 0;
        }
        owed += (table->alignment[column] == 'l' ? blanks : 0) + GAP;
    }
    putc('\n', out);
}

void table_print(const struct table *table, FILE *out)
{
    int *widths = memory_alloc(table->columns * sizeof *widths);
    int total = -GAP;
    for (size_t column = 0; column < table->columns; column++) {
        widths[column] = column_width(table, column);
        total += widths[column] + GAP;
    }
    for (size_t first = 0; first < table->count; first += table->columns) {
        print_row(table, first, widths, out);
        for (int i = 0; first == 0 && i < total; i++)
            putc('-', out);
        if (first == 0)
            putc('\n', out);
    }
    free(widths);
}
