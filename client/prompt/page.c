#include "prompt/page.h"

#include <string.h>

static void page_break(const struct page *page, size_t indent)
{
    fprintf(page->out, "\n%*s", (int)indent, "");
}

/* Writes a piece that is not to be broken, after a blank or nothing, on a line of its own if need be. Returns the
 * column after it. */
static size_t page_put(const struct page *page, size_t at, size_t indent, bool blank, const char *text, size_t length)
{
    if (at + blank + length > page->width && at > indent) {
        page_break(page, indent);
        at = indent;
    } else if (blank) {
        putc(' ', page->out);
        at++;
    }
    fwrite(text, 1, length, page->out);
    return at + length;
}

/* Writes a text from column `at` on, its further lines from column `indent` on. Returns the column after it. */
static size_t page_wrap(const struct page *page, size_t at, size_t indent, const char *text, size_t size)
{
    const char *end = text + size;
    bool blank = false;
    while (text < end) {
        const char *stop = memchr(text, ' ', (size_t)(end - text));
        size_t length = (size_t)((stop ? stop : end) - text);
        if (length > 0)
            at = page_put(page, at, indent, blank, text, length);
        blank = blank || length > 0;
        text += length + 1;
    }
    return at;
}

void page_write_text(const struct page *page, const char *text)
{
    fprintf(page->out, "%*s", PAGE_INDENT, "");
    page_wrap(page, PAGE_INDENT, PAGE_INDENT, text, strlen(text));
    putc('\n', page->out);
}

void page_write_row(const struct page *page, const char *label, size_t column, const char *text)
{
    if (!text)
        return;
    if (column + 20 > page->width) {
        fprintf(page->out, "  %s\n", label);
        page_write_text(page, text);
        return;
    }
    fprintf(page->out, "  %-*s", (int)column - 2, label);
    page_wrap(page, column, column, text, strlen(text));
    putc('\n', page->out);
}

/* The length of what ends before a `separator` outside all brackets but the outermost `depth` ones. */
static size_t unit_length(const char *text, size_t size, char separator, int depth)
{
    size_t i = 0;
    for (int open = 0; i < size && !(text[i] == separator && open <= depth); i++) {
        if (text[i] == '[' || text[i] == '<')
            open++;
        else if (text[i] == ']' || text[i] == '>')
            open--;
    }
    return i;
}

/* An argument that is longer than a line breaks after the bars of its alternatives. */
static size_t page_wrap_alternatives(const struct page *page, size_t at, const char *text, size_t size)
{
    for (bool begun = false; size > 0; begun = true) {
        int depth = !begun && (*text == '[' || *text == '<');
        size_t length = unit_length(text, size, '|', depth);
        length += length < size;
        if (at + length > page->width && at > PAGE_INDENT) {
            page_break(page, PAGE_INDENT);
            at = PAGE_INDENT;
        }
        at = page_wrap(page, at, PAGE_INDENT, text, length);
        text += length;
        size -= length;
    }
    return at;
}

void page_write_syntax(const struct page *page, const char *syntax)
{
    size_t size = strlen(syntax), at = 2;
    fprintf(page->out, "  %s", page->color ? "\033[1m" : "");
    while (size > 0) {
        size_t length = unit_length(syntax, size, ' ', 0);
        if (PAGE_INDENT + length <= page->width) {
            at = page_put(page, at, PAGE_INDENT, at > 2, syntax, length);
        } else {
            page_break(page, PAGE_INDENT);
            at = page_wrap_alternatives(page, PAGE_INDENT, syntax, length);
        }
        length += length < size;
        syntax += length;
        size -= length;
    }
    fputs(page->color ? "\033[0m\n" : "\n", page->out);
}
