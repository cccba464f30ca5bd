/*
 * A string is taken apart into pieces: a run of plain ASCII, one character of UTF-8, or one byte that has to be
 * escaped. What is safe is decided by the locale (iswprint, wcwidth), less a list: glibc calls some characters
 * printable that show nothing, or move what stands beside them.
 */
#include "output/text.h"

#include "core/memory.h"
#include "core/terminal.h"

#include <stdbool.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>
#include <wctype.h>

#define MAX_RUN 4096 /* bytes of a piece, so that a failed stream is noticed */
#define MAX_MARKS 3  /* accents on one character; living scripts get by with that */

struct piece {
    size_t length; /* bytes */
    int columns;
    bool escaped; /* then it is one byte */
};

struct walk {
    const unsigned char *at, *end;
    const char *special; /* printable ASCII that is escaped nevertheless */
    bool utf8;
    int marks; /* accents that the character before may still get */
};

static struct walk walk_begin(const char *bytes, size_t length, const char *special)
{
    const unsigned char *at = (const unsigned char *)bytes;
    return (struct walk){.at = at, .end = at + length, .special = special, .utf8 = terminal_is_utf8()};
}

/* The character at the beginning: its length in bytes, 0 when that is no UTF-8. */
static size_t decode(const unsigned char *at, size_t left, wchar_t *character_out)
{
    static const unsigned least[] = {0, 0, 0x80, 0x800, 0x10000};
    size_t length = *at >= 0xf0 ? 4 : *at >= 0xe0 ? 3 : 2;
    if (*at < 0xc2 || *at > 0xf4 || left < length)
        return 0;
    unsigned character = *at & (0xffU >> (length + 1));
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xc0) != 0x80)
            return 0;
        character = character << 6 | (at[i] & 0x3f);
    }
    if (character < least[length] || character > 0x10ffff || (character >= 0xd800 && character <= 0xdfff))
        return 0;
    *character_out = (wchar_t)character;
    return length;
}

/* Printable to the locale, and yet nothing to see, or a meaning that only its user knows. */
static bool is_deceptive(wchar_t character)
{
    static const struct {
        wchar_t first, last;
    } ranges[] = {
        {0x00a0, 0x00a0},    /* no-break space */
        {0x00ad, 0x00ad},    /* soft hyphen */
        {0x034f, 0x034f},    /* grapheme joiner */
        {0x0600, 0x0605},    /* signs that go around numbers */
        {0x061c, 0x061c},    /* direction */
        {0x06dd, 0x06dd},    /* sign around a number */
        {0x070f, 0x070f},    /* abbreviation */
        {0x0890, 0x0891},    /* signs around numbers */
        {0x08e2, 0x08e2},    /* sign around a number */
        {0x115f, 0x1160},    /* fillers */
        {0x1680, 0x1680},    /* blank */
        {0x17b4, 0x17b5},    /* vowels that are not seen */
        {0x180b, 0x180f},    /* variations, separator */
        {0x2000, 0x200f},    /* blanks, joiners, directions */
        {0x2028, 0x202f},    /* line ends, directions */
        {0x205f, 0x206f},    /* blanks, joiners, directions */
        {0x3164, 0x3164},    /* filler */
        {0xe000, 0xf8ff},    /* private */
        {0xfe00, 0xfe0f},    /* variations */
        {0xfeff, 0xfeff},    /* byte order */
        {0xffa0, 0xffa0},    /* filler */
        {0xfff0, 0xfffb},    /* between lines */
        {0x110bd, 0x110bd},  /* sign around a number */
        {0x110cd, 0x110cd},  /* sign around a number */
        {0x13430, 0x1345f},  /* joiners of hieroglyphs */
        {0x1bca0, 0x1bca3},  /* of shorthand */
        {0x1d173, 0x1d17a},  /* of music */
        {0xe0000, 0x10ffff}, /* tags, variations, private */
    };
    for (size_t i = 0; i < sizeof ranges / sizeof ranges[0]; i++) {
        if (character >= ranges[i].first && character <= ranges[i].last)
            return true;
    }
    return false;
}

static bool is_plain(const struct walk *walk, unsigned char byte)
{
    return byte >= ' ' && byte <= '~' && !strchr(walk->special, byte);
}

static bool take_character(struct walk *walk, struct piece *piece)
{
    wchar_t character = 0;
    size_t length = decode(walk->at, (size_t)(walk->end - walk->at), &character);
    if (length == 0 || is_deceptive(character) || !iswprint((wint_t)character))
        return false;
    int columns = wcwidth(character);
    if (columns < 0 || (columns == 0 && walk->marks == 0))
        return false;
    walk->marks = columns > 0 ? MAX_MARKS : walk->marks - 1;
    *piece = (struct piece){.length = length, .columns = columns};
    return true;
}

/* The next piece, which is at walk->at - piece.length afterwards. */
static struct piece walk_next(struct walk *walk)
{
    struct piece piece = {0};
    if (is_plain(walk, *walk->at)) {
        while (walk->at + piece.length < walk->end && piece.length < MAX_RUN && is_plain(walk, walk->at[piece.length]))
            piece.length++;
        piece.columns = (int)piece.length;
        walk->marks = MAX_MARKS;
    } else if (!walk->utf8 || *walk->at < 0x80 || !take_character(walk, &piece)) {
        piece = (struct piece){.length = 1, .columns = 4, .escaped = true};
        if (*walk->at != '\0' && strchr("\"\\\n\r\t\a\b", *walk->at))
            piece.columns = 2;
        walk->marks = 0;
    }
    walk->at += piece.length;
    return piece;
}

static void write_escape(FILE *out, unsigned char byte)
{
    static const char codes[] = "\"\\\n\r\t\a\b", letters[] = "\"\\nrtab", digits[] = "0123456789abcdef";
    const char *code = byte != '\0' ? strchr(codes, byte) : NULL;
    putc_unlocked('\\', out);
    if (code) {
        putc_unlocked(letters[code - codes], out);
        return;
    }
    putc_unlocked('x', out);
    putc_unlocked(digits[byte >> 4], out);
    putc_unlocked(digits[byte & 15], out);
}

/* What has to be escaped as '?', byte by byte. */
static void write_replaced(FILE *out, struct walk walk)
{
    while (walk.at < walk.end) {
        struct piece piece = walk_next(&walk);
        fwrite_unlocked(piece.escaped ? "?" : (const char *)walk.at - piece.length, 1, piece.length, out);
    }
}

static void write_pieces(FILE *out, struct walk walk)
{
    while (walk.at < walk.end && !ferror_unlocked(out)) {
        struct piece piece = walk_next(&walk);
        if (piece.escaped)
            write_escape(out, walk.at[-1]);
        else
            fwrite_unlocked(walk.at - piece.length, 1, piece.length, out);
    }
}

void text_write_quoted(FILE *out, const char *bytes, size_t length)
{
    putc_unlocked('"', out);
    write_pieces(out, walk_begin(bytes, length, "\"\\"));
    putc_unlocked('"', out);
}

void text_write_line(FILE *out, const char *bytes, size_t length)
{
    write_pieces(out, walk_begin(bytes, length, ""));
}

char *text_copy_message(const char *bytes, size_t length)
{
    char *message;
    size_t size;
    terminal_choose_locale();
    FILE *out = memory_stream_open(&message, &size);
    if (isatty(STDERR_FILENO))
        text_write_line(out, bytes, length);
    else
        write_replaced(out, walk_begin(bytes, length, ""));
    memory_stream_close(out);
    return message;
}

/* A line with its tabs. */
static void write_with_tabs(FILE *out, const char *bytes, size_t length)
{
    for (;;) {
        const char *tab = memchr(bytes, '\t', length);
        text_write_line(out, bytes, tab ? (size_t)(tab - bytes) : length);
        if (!tab || ferror_unlocked(out))
            return;
        putc_unlocked('\t', out);
        length -= (size_t)(tab + 1 - bytes);
        bytes = tab + 1;
    }
}

void text_write_lines(FILE *out, const char *bytes, size_t length, int indent)
{
    for (;;) {
        const char *end = memchr(bytes, '\n', length);
        size_t size = end ? (size_t)(end - bytes) : length;
        bool has_return = end && size > 0 && bytes[size - 1] == '\r';
        write_with_tabs(out, bytes, has_return ? size - 1 : size);
        if (!end || ferror_unlocked(out))
            return;
        bytes += size + 1;
        length -= size + 1;
        putc_unlocked('\n', out);
        if (length > 0 && *bytes != '\n')
            fprintf(out, "%*s", indent, "");
    }
}

static int count_columns(struct walk walk, int limit)
{
    int columns = 0;
    while (walk.at < walk.end && columns <= limit)
        columns += walk_next(&walk).columns;
    return columns;
}

int text_quoted_columns(const char *bytes, size_t length, int limit)
{
    return 2 + count_columns(walk_begin(bytes, length, "\"\\"), limit);
}

int text_line_columns(const char *bytes, size_t length, int limit)
{
    return count_columns(walk_begin(bytes, length, ""), limit);
}
