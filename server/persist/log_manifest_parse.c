/*
 * Reading a manifest. What Redis 7.0 refuses is refused, and so are a file that is named twice, which would be deleted
 * as history and needed as well, and sequence numbers that no server comes to.
 */
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"
#include "persist/log_manifest.h"

#include <limits.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

enum {
    LINE_MAX_LEN = 1023, /* bytes, without the line feed: Redis's limit */
    WRITTEN_MAX = 960,   /* of a name with what has to be escaped: so that a line with it isn't longer */
};
#define SEQ_MAX (INT64_MAX / 2) /* so that the next ones can be counted */

struct parse {
    struct log_manifest *manifest;
    struct text *mistake;
    unsigned line; /* from 1 on */
    size_t capacity;
};

static void note(const struct parse *parse, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* The line says what a file's words are, whatever they are: it stays one line. */
static void note(const struct parse *parse, const char *format, ...)
{
    va_list args;
    size_t begin = parse->mistake->len;
    text_addf(parse->mistake, "line %u: ", parse->line);
    va_start(args, format);
    text_vaddf(parse->mistake, format, args);
    va_end(args);
    for (char *at = parse->mistake->data + begin; *at != '\0'; at++)
        if ((unsigned char)*at < ' ' || *at == 0x7f)
            *at = '?';
}

/* False, and the mistake has been noted. */
#define fail(...) (note(__VA_ARGS__), false)

/* What a line says, as words. */
struct line {
    const char *name, *seq, *type;
};

static bool take_keys(const struct parse *parse, const struct text_words *words, struct line *line)
{
    *line = (struct line){0};
    for (size_t i = 0; i < words->count; i++)
        if (strlen(words->words[i]) != words->lens[i])
            return fail(parse, "a zero byte is in a word");
    if (words->count % 2 != 0)
        return fail(parse, "'%s' has no value; a line is: file NAME seq NUMBER type b, h or i",
                    words->words[words->count - 1]);
    for (size_t i = 0; i < words->count; i += 2) {
        const char *key = words->words[i];
        const char **value = strcasecmp(key, "file") == 0   ? &line->name
                             : strcasecmp(key, "seq") == 0  ? &line->seq
                             : strcasecmp(key, "type") == 0 ? &line->type
                                                            : NULL;
        if (value && *value)
            return fail(parse, "'%s' stands there twice", key);
        if (value)
            *value = words->words[i + 1];
    }
    const char *missing = !line->name ? "file" : !line->seq ? "seq" : !line->type ? "type" : NULL;
    return !missing || fail(parse, "'%s' is missing; a line is: file NAME seq NUMBER type b, h or i", missing);
}

/* How long it may become in quotes, where a byte may take four. */
static size_t written_length(const char *name)
{
    size_t len = 0;
    for (; *name != '\0'; name++)
        len += (unsigned char)*name > ' ' && (unsigned char)*name < 0x7f ? 1 : 4;
    return len;
}

static bool name_is_good(const struct parse *parse, const char *name)
{
    if (*name == '\0' || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
        return fail(parse, "'%s' is no name of a file", name);
    if (strpbrk(name, "/\\"))
        return fail(parse, "'%s' is a path; files are in the manifest's folder, and named without it", name);
    if (strlen(name) > NAME_MAX || written_length(name) > WRITTEN_MAX)
        return fail(parse, "a name of %zu bytes is too long", strlen(name));
    return true;
}

static bool order_is_good(const struct parse *parse, enum log_role role, int64_t seq)
{
    const struct log_manifest *manifest = parse->manifest;
    if (role == LOG_BASE && manifest->base_seq > 0)
        return fail(parse, "a second base; there is one at most");
    if (role == LOG_INCREMENT && seq <= manifest->increment_seq)
        return fail(parse, "increment %lld comes after %lld; they have to ascend", (long long)seq,
                    (long long)manifest->increment_seq);
    return true;
}

/* Behind all others; they are sorted in the end. */
static void append(struct parse *parse, struct log_part part)
{
    struct log_manifest *manifest = parse->manifest;
    if (manifest->count == parse->capacity) {
        parse->capacity = parse->capacity * 2 + 8;
        manifest->parts = mem_realloc(manifest->parts, parse->capacity * sizeof part);
    }
    manifest->parts[manifest->count++] = part;
}

static bool take_words(struct parse *parse, const struct text_words *words)
{
    struct log_manifest *manifest = parse->manifest;
    struct line line;
    int64_t seq;
    if (!take_keys(parse, words, &line) || !name_is_good(parse, line.name))
        return false;
    if (!number_parse_i64(line.seq, strlen(line.seq), &seq) || seq < 1 || seq > SEQ_MAX)
        return fail(parse, "'%s' is no sequence number; they count from 1 on", line.seq);
    if (line.type[0] == '\0' || !strchr("bhi", line.type[0]) || line.type[1] != '\0')
        return fail(parse, "'%s' is no type; b, h and i are", line.type);
    enum log_role role = (enum log_role)line.type[0];
    if (!order_is_good(parse, role, seq))
        return false;
    if (role == LOG_BASE)
        manifest->base_seq = seq;
    if (role == LOG_INCREMENT)
        manifest->increment_seq = seq;
    append(parse, (struct log_part){mem_strdup(line.name), seq, role});
    return true;
}

static bool take_line(struct parse *parse, const char *line, size_t len)
{
    struct text_words words;
    if (len > LINE_MAX_LEN)
        return fail(parse, "it is longer than %d bytes", LINE_MAX_LEN);
    if (len > 0 && line[0] == '#')
        return true;
    if (memchr(line, '\0', len))
        return fail(parse, "a zero byte is in it");
    if (text_split(line, len, &words) != 0)
        return fail(parse, "unbalanced quotes");
    bool good = words.count > 0 ? take_words(parse, &words) : fail(parse, "it is empty");
    text_words_free(&words);
    return good;
}

static int compare_names(const void *left, const void *right)
{
    return strcmp(*(const char *const *)left, *(const char *const *)right);
}

/* No file stands there twice. */
static bool names_differ(const struct parse *parse)
{
    const struct log_manifest *manifest = parse->manifest;
    const char **names = mem_alloc(manifest->count * sizeof *names), *twice = NULL;
    for (size_t i = 0; i < manifest->count; i++)
        names[i] = manifest->parts[i].name;
    qsort(names, manifest->count, sizeof *names, compare_names);
    for (size_t i = 1; i < manifest->count && !twice; i++)
        if (strcmp(names[i - 1], names[i]) == 0)
            twice = names[i];
    mem_free(names);
    return !twice || fail(parse, "'%s' has been named twice by then", twice);
}

/* The base, history, increments, each in the order of their lines. */
static void put_in_order(struct log_manifest *manifest)
{
    static const enum log_role roles[] = {LOG_BASE, LOG_HISTORY, LOG_INCREMENT};
    struct log_part *ordered = mem_alloc(manifest->count * sizeof *ordered);
    size_t count = 0;
    for (size_t role = 0; role < sizeof roles / sizeof roles[0]; role++)
        for (size_t i = 0; i < manifest->count; i++)
            if (manifest->parts[i].role == roles[role])
                ordered[count++] = manifest->parts[i];
    mem_free(manifest->parts);
    manifest->parts = ordered;
}

static bool take_lines(struct parse *parse, struct bytes content)
{
    for (const char *at = content.data, *end = content.data + content.len; at < end;) {
        const char *feed = memchr(at, '\n', (size_t)(end - at));
        parse->line++;
        if (!feed)
            return fail(parse, "it has no line feed at its end; the manifest isn't whole");
        if (!take_line(parse, at, (size_t)(feed - at)))
            return false;
        at = feed + 1;
    }
    parse->line += parse->line == 0;
    return parse->manifest->count > 0 ? names_differ(parse) : fail(parse, "the manifest names no file");
}

bool log_manifest_parse(struct log_manifest *manifest, struct bytes content, struct text *mistake)
{
    struct parse parse = {.manifest = manifest, .mistake = mistake};
    if (take_lines(&parse, content)) {
        put_in_order(manifest);
        return true;
    }
    char *stem = mem_strdup(manifest->stem);
    log_manifest_deinit(manifest);
    log_manifest_init(manifest, stem);
    mem_free(stem);
    return false;
}
