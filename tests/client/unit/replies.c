#include "client/unit/replies.h"

#include "connection/reader.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SAMPLE(bytes, tree)                                                                                            \
    {                                                                                                                  \
        bytes, sizeof(bytes) - 1, tree                                                                                 \
    }

const struct sample replies_samples[] = {
    SAMPLE("+OK\r\n", "+OK"),
    SAMPLE("+\r\n", "+"),
    SAMPLE("+a\rb\nc\r\n", "+a\rb\nc"),
    SAMPLE("-ERR no such thing\r\n", "-ERR no such thing"),
    SAMPLE(":0\r\n", ":0"),
    SAMPLE(":-9223372036854775808\r\n", ":-9223372036854775808"),
    SAMPLE(":9223372036854775807\r\n", ":9223372036854775807"),
    SAMPLE("$0\r\n\r\n", "$\"\""),
    SAMPLE("$5\r\nhello\r\n", "$\"hello\""),
    SAMPLE("$4\r\n\r\n\r\n\r\n", "$\"\r\n\r\n\""),
    SAMPLE("$3\r\n$1\n\r\n", "$\"$1\n\""),
    SAMPLE("$-1\r\n", "_"),
    SAMPLE("*-1\r\n", "_"),
    SAMPLE("_\r\n", "_"),
    SAMPLE("#t\r\n", "#1"),
    SAMPLE("#f\r\n", "#0"),
    SAMPLE(",1.5\r\n", ",1.5"),
    SAMPLE(",-inf\r\n", ",-inf"),
    SAMPLE(",nan\r\n", ",nan"),
    SAMPLE("(-123456789012345678901234567890\r\n", "(-123456789012345678901234567890"),
    SAMPLE("=8\r\ntxt:some\r\n", "=\"some\""),
    SAMPLE("=4\r\nmkd:\r\n", "=\"\""),
    SAMPLE("!8\r\nERR a\r\nb\r\n", "-ERR a\r\nb"),
    SAMPLE("*0\r\n", "*[]"),
    SAMPLE("*2\r\n$1\r\na\r\n:1\r\n", "*[$\"a\" :1]"),
    SAMPLE("*3\r\n*1\r\n*0\r\n$-1\r\n*2\r\n+x\r\n*-1\r\n", "*[*[*[]] _ *[+x _]]"),
    SAMPLE("~2\r\n+a\r\n+b\r\n", "~[+a +b]"),
    SAMPLE(">2\r\n$7\r\nmessage\r\n$1\r\nc\r\n", ">[$\"message\" $\"c\"]"),
    SAMPLE("%2\r\n+a\r\n:1\r\n+b\r\n*1\r\n#t\r\n", "%[+a :1 +b *[#1]]"),
    SAMPLE("%0\r\n", "%[]"),
    SAMPLE("|1\r\n+ttl\r\n:9\r\n$1\r\nv\r\n", "|[+ttl :9]$\"v\""),
    SAMPLE("*2\r\n|1\r\n+ttl\r\n:9\r\n:1\r\n:2\r\n", "*[|[+ttl :9]:1 :2]"),
    SAMPLE("|0\r\n+OK\r\n", "|[]+OK"),
    SAMPLE("|1\r\n+a\r\n:1\r\n|1\r\n+b\r\n:2\r\n+OK\r\n", "|[+b :2]+OK"),
};

const size_t replies_sample_count = sizeof replies_samples / sizeof replies_samples[0];

/* ---- describing ---- */

static void describe_aggregate(FILE *out, const struct reply *reply, char sign);

static void describe(FILE *out, const struct reply *reply)
{
    if (reply->attributes)
        describe_aggregate(out, reply->attributes, '|');
    switch (reply->type) {
    case REPLY_NULL:
        putc('_', out);
        break;
    case REPLY_INTEGER:
        fprintf(out, ":%lld", reply->integer);
        break;
    case REPLY_BOOLEAN:
        fprintf(out, "#%lld", reply->integer);
        break;
    case REPLY_STRING:
    case REPLY_VERBATIM:
        fputs(reply->type == REPLY_STRING ? "$\"" : "=\"", out);
        fwrite(reply->text, 1, reply->length, out);
        putc('"', out);
        break;
    case REPLY_STATUS:
    case REPLY_ERROR:
    case REPLY_DOUBLE:
    case REPLY_BIG_NUMBER:
        putc("+-,("[reply->type == REPLY_STATUS   ? 0
                    : reply->type == REPLY_ERROR  ? 1
                    : reply->type == REPLY_DOUBLE ? 2
                                                  : 3],
             out);
        fwrite(reply->text, 1, reply->length, out);
        break;
    default:
        describe_aggregate(out, reply, "*~>%"[reply->type - REPLY_ARRAY]);
    }
}

static void describe_aggregate(FILE *out, const struct reply *reply, char sign)
{
    fprintf(out, "%c[", sign);
    for (size_t i = 0; i < reply->count; i++) {
        if (i > 0)
            putc(' ', out);
        describe(out, &reply->elements[i]);
    }
    putc(']', out);
}

char *replies_describe(const struct reply *reply)
{
    char *text;
    size_t size;
    FILE *out = open_memstream(&text, &size);
    describe(out, reply);
    fclose(out);
    return text;
}

/* ---- random replies ---- */

struct pair {
    FILE *bytes, *tree;
};

/* Without zero bytes and quotes, so that the text of a tree shows where it ends. */
static void write_random_text(struct dice *dice, struct pair out, size_t length, bool is_line)
{
    static const char plain[] = "abcXYZ019 +-:$*%\r\n";
    for (size_t i = 0; i < length; i++) {
        char c = plain[dice_below(dice, sizeof plain - (is_line ? 3 : 1))];
        putc(c, out.bytes);
        putc(c, out.tree);
    }
}

static void write_random(struct dice *dice, struct pair out, int depth);

static void write_random_elements(struct dice *dice, struct pair out, size_t count, int depth)
{
    putc('[', out.tree);
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            putc(' ', out.tree);
        write_random(dice, out, depth + 1);
    }
    putc(']', out.tree);
}

static void write_random_aggregate(struct dice *dice, struct pair out, int depth)
{
    char sign = "*~>%"[dice_below(dice, 4)];
    size_t count = dice_below(dice, 5);
    fprintf(out.bytes, "%c%zu\r\n", sign, count);
    putc(sign, out.tree);
    write_random_elements(dice, out, sign == '%' ? 2 * count : count, depth);
}

static void write_random(struct dice *dice, struct pair out, int depth)
{
    if (depth < 4 && dice_chance(dice, 10)) {
        fprintf(out.bytes, "|1\r\n");
        putc('|', out.tree);
        write_random_elements(dice, out, 2, depth);
    }
    size_t length = dice_chance(dice, 5) ? dice_below(dice, 40000) : dice_below(dice, 12);
    long long number = (long long)dice_next(dice);
    switch (dice_below(dice, depth < 4 ? 8 : 5)) {
    case 0:
        fprintf(out.bytes, ":%lld\r\n", number);
        fprintf(out.tree, ":%lld", number);
        break;
    case 1:
        fprintf(out.bytes, "$-1\r\n");
        fprintf(out.tree, "_");
        break;
    case 2:
        putc('+', out.bytes);
        putc('+', out.tree);
        write_random_text(dice, out, length, true);
        fputs("\r\n", out.bytes);
        break;
    case 3:
        fprintf(out.bytes, "=%zu\r\ntxt:", length + 4);
        fputs("=\"", out.tree);
        write_random_text(dice, out, length, false);
        fputs("\r\n", out.bytes);
        putc('"', out.tree);
        break;
    case 4:
        fprintf(out.bytes, "$%zu\r\n", length);
        fputs("$\"", out.tree);
        write_random_text(dice, out, length, false);
        fputs("\r\n", out.bytes);
        putc('"', out.tree);
        break;
    default:
        write_random_aggregate(dice, out, depth);
    }
}

void replies_create_random(struct dice *dice, char **bytes_out, size_t *length_out, char **tree_out)
{
    size_t tree_length;
    struct pair out = {open_memstream(bytes_out, length_out), open_memstream(tree_out, &tree_length)};
    write_random(dice, out, 0);
    fclose(out.bytes);
    fclose(out.tree);
}

/* ---- replies in short ---- */

static const char *skip_separators(const char *text)
{
    return text + strspn(text, " \n:,");
}

/* Writes one value as RESP. Returns what is behind it. */
static const char *write_value(FILE *out, const char *text)
{
    text = skip_separators(text);
    if (*text == '[' || *text == '{') {
        char closing = *text == '[' ? ']' : '}', *elements;
        size_t size, count = 0;
        FILE *inner = open_memstream(&elements, &size);
        for (text = skip_separators(text + 1); *text != closing; text = skip_separators(text), count++)
            text = write_value(inner, text);
        fclose(inner);
        fprintf(out, closing == ']' ? "*%zu\r\n" : "%%%zu\r\n", closing == ']' ? count : count / 2);
        fwrite(elements, 1, size, out);
        free(elements);
        return text + 1;
    }
    bool is_quoted = *text == '\'';
    text += is_quoted;
    size_t length = strcspn(text, is_quoted ? "'" : " \n:,]}");
    fprintf(out, "$%zu\r\n%.*s\r\n", length, (int)length, text);
    return text + length + is_quoted;
}

struct reply *replies_parse(const char *text)
{
    char *bytes;
    size_t size, room;
    FILE *out = open_memstream(&bytes, &size);
    write_value(out, text);
    fclose(out);
    struct reader *reader = reader_create();
    struct reply *reply = NULL;
    for (size_t at = 0; at < size;) {
        char *space = reader_space(reader, &room);
        size_t part = size - at < room ? size - at : room;
        memcpy(space, bytes + at, part);
        reader_commit(reader, part);
        at += part;
        if (reader_next(reader, &reply) == READ_BAD)
            abort();
    }
    reader_destroy(reader);
    free(bytes);
    return reply;
}
