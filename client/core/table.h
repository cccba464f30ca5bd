/*
 * A table of short texts in aligned columns: filled cell by cell, row by row, then printed. The first row is the
 * heading and has a line below it.
 *
 * Texts are printable ASCII: a byte is a column.
 */
#ifndef KVS_CLIENT_CORE_TABLE_H
#define KVS_CLIENT_CORE_TABLE_H

#include <stddef.h>
#include <stdio.h>

struct table;

/* A letter for each column: 'l' aligns to the left, 'r' to the right. The string is borrowed for the table's life. */
struct table *table_create(const char *alignment);
void table_destroy(struct table *table);

/* The next cell. */
__attribute__((format(printf, 2, 3))) void table_add(struct table *table, const char *format, ...);

/* Leaves empty what is missing in the last row. */
void table_print(const struct table *table, FILE *out);

#endif
