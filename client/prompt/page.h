/*
 * Text for reading, wrapped to a width. Texts are printable ASCII.
 */
#ifndef KVS_CLIENT_PROMPT_PAGE_H
#define KVS_CLIENT_PROMPT_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct page {
    FILE *out;
    size_t width; /* columns */
    bool color;
};

#define PAGE_INDENT 6 /* columns before what belongs to the line above */

/* A paragraph, indented. */
void page_write_text(const struct page *page, const char *text);

/* A label, and from `column` on a text; in a narrow terminal the text is below. Nothing at all if `text` is NULL. */
void page_write_row(const struct page *page, const char *label, size_t column, const char *text);

/* A command's syntax (syntax.h), bold in colour. Lines break between arguments, inside one only where it must be. */
void page_write_syntax(const struct page *page, const char *syntax);

#endif
