/*
 * Texts that are made for reading (INFO, CLIENT LIST), shown on a terminal. Each line is known by its looks, since
 * texts of one kind come from many commands:
 *
 *      # Server                         a heading
 *      redis_version:  7.2.5            a pair; the values of pairs that follow each other are aligned
 *      id=3 addr=... name= age=0        fields; a line longer than the terminal is broken between two of them
 *
 * Names step back, so that values stand out. Every other line is shown as it is, except what could do harm (text.h).
 */
#include "output/colors.h"
#include "output/format.h"
#include "output/text.h"

#include <ctype.h>
#include <string.h>

#define NAME_MAX_ALIGNED 32 /* characters; longer names are not waited for */
#define FIELDS_MIN 3        /* a=b alone may be anything */
#define FIELDS_INDENT 4     /* of the second and later lines */

enum line_kind { LINE_TEXT, LINE_HEADING, LINE_PAIR, LINE_FIELDS };

struct line {
    const char *bytes;
    size_t length;
    size_t name_length; /* of a LINE_PAIR */
};

/* Cuts a line off the text, without its end (LF or CR LF). */
static struct line take_line(const char **text, size_t *length)
{
    const char *end = memchr(*text, '\n', *length);
    struct line line = {.bytes = *text, .length = end ? (size_t)(end - *text) : *length};
    size_t taken = line.length + (end != NULL);
    *text += taken;
    *length -= taken;
    if (end && line.length > 0 && line.bytes[line.length - 1] == '\r')
        line.length--;
    return line;
}

/* How many bytes at the beginning may be those of a name. */
static size_t name_length(const char *bytes, size_t length)
{
    size_t i = 0;
    while (i < length && (isalnum((unsigned char)bytes[i]) || memchr("_-.|", bytes[i], 4)))
        i++;
    return i;
}

static bool is_field(const char *word, size_t length)
{
    size_t name = name_length(word, length);
    return name > 0 && name < length && word[name] == '=';
}

/* The word at the beginning, up to the separator or the end. */
static size_t word_length(const char *bytes, size_t length, char separator)
{
    const char *end = memchr(bytes, separator, length);
    return end ? (size_t)(end - bytes) : length;
}

/* Whether all words between separators are name=value, and at least `least` of them. */
static bool has_fields(const char *bytes, size_t length, char separator, size_t least)
{
    size_t count = 0;
    while (length > 0) {
        size_t word = word_length(bytes, length, separator);
        if (!is_field(bytes, word))
            return false;
        count++;
        word += word < length;
        bytes += word;
        length -= word;
    }
    return count >= least;
}

static enum line_kind judge_line(struct line *line)
{
    if (line->length > 2 && line->bytes[0] == '#' && line->bytes[1] == ' ')
        return LINE_HEADING;
    size_t name = name_length(line->bytes, line->length);
    if (name > 0 && name < line->length && line->bytes[name] == ':' &&
        (name + 1 == line->length || line->bytes[name + 1] != ' ')) {
        line->name_length = name;
        return LINE_PAIR;
    }
    return has_fields(line->bytes, line->length, ' ', FIELDS_MIN) ? LINE_FIELDS : LINE_TEXT;
}

static void write_colored(FILE *out, enum color_role role, const char *bytes, size_t length, bool color)
{
    color_begin(out, role, color);
    text_write_line(out, bytes, length);
    color_end(out, role, color);
}

/* name=value, separated, from a column on; what would go beyond `columns` (0: any) goes on below. */
static void write_fields(FILE *out, const char *bytes, size_t length, char separator, int column, int columns,
                         bool color)
{
    bool is_first = true;
    while (length > 0 && !ferror_unlocked(out)) {
        size_t word = word_length(bytes, length, separator), name = name_length(bytes, word);
        int width = text_line_columns(bytes, word, 1 << 16) + 1;
        if (columns > 0 && !is_first && column + width > columns) {
            fprintf(out, "\n%*s", FIELDS_INDENT, "");
            column = FIELDS_INDENT;
        }
        write_colored(out, ROLE_FAINT, bytes, name + 1, color);
        text_write_line(out, bytes + name + 1, word - name - 1);
        column += width;
        is_first = false;
        if (word < length)
            putc_unlocked(separator, out);
        word += word < length;
        bytes += word;
        length -= word;
    }
}

static void write_pair(FILE *out, const struct line *line, size_t longest, int columns, bool color)
{
    const char *value = line->bytes + line->name_length + 1;
    size_t length = line->length - line->name_length - 1;
    write_colored(out, ROLE_KEY, line->bytes, line->name_length, color);
    putc_unlocked(':', out);
    if (length == 0)
        return;
    size_t pad = (longest > line->name_length ? longest - line->name_length : 0) + 1;
    fprintf(out, "%*s", (int)pad, "");
    if (has_fields(value, length, ',', 2))
        write_fields(out, value, length, ',', (int)(line->name_length + 1 + pad), columns, color);
    else
        text_write_line(out, value, length);
}

/* The longest name among the pairs that follow each other from here on. */
static size_t longest_name(const char *text, size_t length)
{
    size_t longest = 0;
    while (length > 0) {
        struct line line = take_line(&text, &length);
        if (judge_line(&line) != LINE_PAIR)
            break;
        if (line.name_length <= NAME_MAX_ALIGNED && line.name_length > longest)
            longest = line.name_length;
    }
    return longest;
}

void format_sections(FILE *out, const char *text, size_t length, int columns, bool color)
{
    size_t longest = 0;
    bool in_pairs = false;
    while (length > 0 && !ferror_unlocked(out)) {
        const char *begin = text;
        size_t left = length;
        struct line line = take_line(&text, &length);
        enum line_kind kind = judge_line(&line);
        if (kind == LINE_PAIR && !in_pairs)
            longest = longest_name(begin, left);
        in_pairs = kind == LINE_PAIR;
        if (kind == LINE_HEADING)
            write_colored(out, ROLE_HEADING, line.bytes, line.length, color);
        else if (kind == LINE_PAIR)
            write_pair(out, &line, longest, columns, color);
        else if (kind == LINE_FIELDS)
            write_fields(out, line.bytes, line.length, ' ', 0, columns, color);
        else
            text_write_lines(out, line.bytes, line.length, 0);
        putc_unlocked('\n', out);
    }
}
