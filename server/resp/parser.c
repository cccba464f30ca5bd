/*
 * The buffer:
 *
 *     0 ......... start ............ pos ............ len ......... capacity
 *       executed    of the request     not yet         to be read
 *                   being parsed       looked at       into
 *
 * One vector holds the arguments of all requests of a batch, those of the unfinished request last. The arguments of
 * an unfinished request already point into the buffer, and are adjusted when it moves (parser_target). It moves at most
 * once per request and grows by doubling, so all work stays linear.
 *
 * A blob begins with room for BLOB_GROWTH times what has come of its element, or BLOB_FIRST, and grows by that factor
 * whenever it is full. The last step takes just what was announced, and may be up to twice as large. So a blob is moved
 * a few times at most, all moves together copy an eighth of it or less, and nobody makes the server take more than
 * sixteen times what he has sent.
 */
#include "resp/parser.h"

#include "base/blob.h"
#include "base/connection_memory.h"
#include "base/memory.h"
#include "base/number.h"
#include "base/text.h"

#include <limits.h>
#include <stdio.h>

#define ARGS_KEPT 1024            /* arguments whose vector a drained parser keeps */
#define WASTE_MIN ((size_t)65536) /* a buffer of so many bytes may stay, whatever it holds */
#define SPARE_MIN ((size_t)4096)  /* room offered to each read */
#define NO_MEMORY_FOR_BULK "out of memory for a bulk of that length"
#define BLOB_GROWTH 8                                   /* bytes of a blob for each that has come */
#define BLOB_FIRST ((size_t)4096 - sizeof(struct blob)) /* bytes of room in a blob at least */

struct parser {
    char *buffer;
    size_t capacity, len, pos, start;
    /* the unfinished request */
    int64_t elements_left; /* of the array; 0: between requests */
    int64_t bulk_len;      /* of the element being read; -1: its header is still to come */
    size_t line_seen;      /* bytes behind pos known to hold no end of line */
    struct blob *blob;     /* receives the element being read, which has bulk_len bytes; NULL: none does */
    size_t blob_bytes;     /* bytes of the unfinished request that lie in blobs */
    /* what it occupies, in the allocator's bytes */
    size_t memory;       /* all but the blobs */
    size_t blob_memory;  /* the blobs of the arguments and of the element being read */
    size_t words_memory; /* of memory, that of the words below */
    /* arguments of the batch and of the unfinished request */
    struct arg *args;
    size_t arg_count, arg_capacity;
    size_t first_arg; /* of the unfinished request */
    /* an inline request's words; it is the last of its batch */
    struct text_words words;
    char error[96];
    struct request requests[PARSER_BATCH];
};

/* ---- what it occupies ---- */

static void parser_take(struct parser *parser, size_t bytes)
{
    parser->memory += bytes;
    connection_memory_add(bytes);
}

static void parser_give_back(struct parser *parser, size_t bytes)
{
    parser->memory -= bytes;
    connection_memory_subtract(bytes);
}

static void parser_take_blob(struct parser *parser, size_t bytes)
{
    parser->blob_memory += bytes;
    connection_memory_add(bytes);
}

/* From here on it is data, if an entry has taken a reference. */
static void parser_release_blob(struct parser *parser, struct blob *blob)
{
    size_t bytes = blob_memory(blob);
    parser->blob_memory -= bytes;
    connection_memory_subtract(bytes);
    blob_release(blob);
}

static size_t args_memory(const struct parser *parser)
{
    return parser->args ? mem_good_size(parser->arg_capacity * sizeof *parser->args) : 0;
}

/* Each word is an allocation, with a pointer and a length. */
static size_t words_memory(const struct text_words *words)
{
    size_t memory = 0;
    for (size_t i = 0; i < words->count; i++)
        memory += mem_good_size(words->lens[i] + 1) + sizeof *words->words + sizeof *words->lens;
    return memory;
}

/* ---- making one ---- */

struct parser *parser_create(size_t capacity)
{
    struct parser *parser = mem_calloc(sizeof *parser);
    parser->buffer = mem_alloc(capacity);
    parser->capacity = capacity;
    parser->bulk_len = -1;
    parser_take(parser, mem_good_size(sizeof *parser) + mem_good_size(capacity));
    return parser;
}

/* Drops the references of the first count arguments. */
static inline void parser_release_args(struct parser *parser, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (__builtin_expect(parser->args[i].blob != NULL, 0))
            parser_release_blob(parser, parser->args[i].blob);
}

static void parser_drop_args(struct parser *parser)
{
    parser_release_args(parser, parser->arg_count);
    parser->arg_count = 0;
}

static void parser_drop_blob(struct parser *parser)
{
    if (parser->blob)
        parser_release_blob(parser, parser->blob);
    parser->blob = NULL;
}

static inline void parser_drop_words(struct parser *parser)
{
    if (__builtin_expect(!parser->words.words, 1))
        return;
    text_words_free(&parser->words);
    parser_give_back(parser, parser->words_memory);
    parser->words_memory = 0;
}

void parser_destroy(struct parser *parser)
{
    if (!parser)
        return;
    parser_drop_args(parser);
    parser_drop_words(parser);
    parser_drop_blob(parser);
    connection_memory_subtract(parser->memory);
    mem_free(parser->args);
    mem_free_sized(parser->buffer, parser->capacity);
    mem_free(parser);
}

/* What became of a step in parsing. */
enum step { STEP_OK, STEP_MORE, STEP_BAD };

static enum step parser_fail(struct parser *parser, const char *what)
{
    snprintf(parser->error, sizeof parser->error, "ERR Protocol error: %s", what);
    return STEP_BAD;
}

/* ---- the buffer ---- */

/* Drops the arguments of executed requests; those of the unfinished one move to the front of the vector. */
static void parser_drop_batch(struct parser *parser)
{
    size_t rest = parser->arg_count - parser->first_arg;
    parser_release_args(parser, parser->first_arg);
    if (rest && parser->first_arg)
        memmove(parser->args, parser->args + parser->first_arg, rest * sizeof *parser->args);
    parser->arg_count = rest;
    parser->first_arg = 0;
    if (rest == 0 && parser->arg_capacity > ARGS_KEPT) {
        parser_give_back(parser, args_memory(parser));
        mem_free(parser->args);
        parser->args = NULL;
        parser->arg_capacity = 0;
    }
    parser_drop_words(parser);
}

/* The same, if there are any: this is called twice for each read. */
static inline void parser_forget_batch(struct parser *parser)
{
    if (parser->first_arg > 0 || __builtin_expect(parser->arg_capacity > ARGS_KEPT, 0))
        parser_drop_batch(parser);
}

/* Makes the unfinished request's arguments point into the buffer's new place. */
static void parser_move_args(struct parser *parser, const char *from, const char *to)
{
    for (size_t i = parser->first_arg; i < parser->arg_count; i++)
        if (!parser->args[i].blob)
            parser->args[i].data = to + (parser->args[i].data - from);
}

/* Moves the unfinished request to the front of the buffer. */
static void parser_compact(struct parser *parser)
{
    size_t start = parser->start;
    if (start == 0)
        return;
    if (parser->len > start) {
        memmove(parser->buffer, parser->buffer + start, parser->len - start);
        parser_move_args(parser, parser->buffer + start, parser->buffer);
    }
    parser->len -= start;
    parser->pos -= start;
    parser->start = 0;
}

static void parser_reserve(struct parser *parser, size_t capacity)
{
    char *buffer = mem_alloc(capacity);
    memcpy(buffer, parser->buffer, parser->len);
    parser_move_args(parser, parser->buffer, buffer);
    parser_take(parser, mem_good_size(capacity));
    parser_give_back(parser, mem_good_size(parser->capacity));
    mem_free_sized(parser->buffer, parser->capacity);
    parser->buffer = buffer;
    parser->capacity = capacity;
}

/* Bytes of the element being read that the blob has room for. */
static size_t parser_blob_room(const struct parser *parser)
{
    const struct blob *blob = parser->blob;
    size_t end = blob->capacity < (size_t)parser->bulk_len ? blob->capacity : (size_t)parser->bulk_len;
    return end - blob->len;
}

/* Capacity for a blob of which so many bytes have come. */
static size_t blob_capacity_for(size_t size, size_t come)
{
    if (size / 2 / BLOB_GROWTH <= come)
        return size;
    return BLOB_GROWTH * come > BLOB_FIRST ? BLOB_GROWTH * come : BLOB_FIRST;
}

/* The blob is full, and more of it is to come. */
static __attribute__((noinline)) void parser_grow_blob(struct parser *parser)
{
    size_t before = blob_memory(parser->blob);
    struct blob *grown = blob_reserve(parser->blob, blob_capacity_for((size_t)parser->bulk_len, parser->blob->len));
    if (!grown) {
        parser_fail(parser, NO_MEMORY_FOR_BULK);
        return;
    }
    parser->blob = grown;
    parser_take_blob(parser, blob_memory(grown) - before);
}

static inline size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

int parser_target(struct parser *parser, struct iovec *vectors)
{
    int count = 0;
    parser_forget_batch(parser);
    parser_compact(parser);
    if (parser->capacity - parser->len < SPARE_MIN)
        parser_reserve(parser,
                       2 * parser->capacity > parser->len + SPARE_MIN ? 2 * parser->capacity : parser->len + SPARE_MIN);
    if (parser->blob) {
        if (parser_blob_room(parser) == 0 && parser->blob->len < (size_t)parser->bulk_len)
            parser_grow_blob(parser);
        size_t room = least(parser_blob_room(parser), PARSER_READ_MAX);
        if (room > 0)
            vectors[count++] = (struct iovec){parser->blob->data + parser->blob->len, room};
        if (parser->blob->len + room < (size_t)parser->bulk_len && count > 0)
            return count; /* what comes next is still of the element */
    }
    vectors[count++] =
        (struct iovec){parser->buffer + parser->len, least(parser->capacity - parser->len, PARSER_READ_MAX)};
    return count;
}

void parser_fed(struct parser *parser, size_t len)
{
    if (parser->blob) {
        size_t room = parser_blob_room(parser), part = len < room ? len : room;
        parser->blob->len += part;
        parser->blob_bytes += part;
        len -= part;
    }
    parser->len += len;
}

/* ---- parsing ---- */

static __attribute__((noinline)) void parser_grow_args(struct parser *parser)
{
    size_t before = args_memory(parser);
    parser->arg_capacity = parser->arg_capacity ? 2 * parser->arg_capacity : 64;
    parser->args = mem_realloc(parser->args, parser->arg_capacity * sizeof *parser->args);
    parser_take(parser, args_memory(parser) - before);
}

static void parser_add_arg(struct parser *parser, const char *data, size_t len, struct blob *blob)
{
    if (__builtin_expect(parser->arg_count == parser->arg_capacity, 0))
        parser_grow_args(parser);
    parser->args[parser->arg_count++] = (struct arg){data, len, blob};
}

/* A length line that isn't just a few digits: a long one, one with a sign, or one that hasn't arrived whole. */
static enum step parser_slow_count(struct parser *parser, const char *too_big, const char *invalid, int64_t *value_out)
{
    const char *line = parser->buffer + parser->pos;
    size_t have = parser->len - parser->pos;
    const char *end = memchr(line + parser->line_seen, '\r', have - parser->line_seen);
    if (!end) {
        parser->line_seen = have;
        return have > PARSER_LINE_MAX ? parser_fail(parser, too_big) : STEP_MORE;
    }
    if ((size_t)(end - line) + 1 >= have) {
        parser->line_seen = (size_t)(end - line);
        return STEP_MORE; /* the \n is still to come */
    }
    parser->line_seen = 0;
    if (!number_parse_i64(line + 1, (size_t)(end - line) - 1, value_out))
        return parser_fail(parser, invalid);
    parser->pos += (size_t)(end - line) + 2;
    return STEP_OK;
}

/* Reads the number behind a type byte at pos and the end of its line. */
static inline enum step parser_count(struct parser *parser, const char *too_big, const char *invalid,
                                     int64_t *value_out)
{
    const char *at = parser->buffer + parser->pos + 1, *end = parser->buffer + parser->len;
    const char *digit = at;
    int64_t value = 0;
    while (digit < end && digit - at < 10 && *digit >= '0' && *digit <= '9')
        value = value * 10 + (*digit++ - '0');
    bool plain = digit + 1 < end && *digit == '\r' && digit > at && (*at != '0' || digit == at + 1);
    if (__builtin_expect(!plain, 0))
        return parser_slow_count(parser, too_big, invalid, value_out);
    parser->line_seen = 0;
    parser->pos += (size_t)(digit + 2 - (at - 1));
    *value_out = value;
    return STEP_OK;
}

/* Begins to receive an element that has not arrived whole into a blob. */
static enum step parser_begin_blob(struct parser *parser)
{
    size_t size = (size_t)parser->bulk_len, have = parser->len - parser->pos;
    parser->blob = blob_create(blob_capacity_for(size, have));
    if (!parser->blob)
        return parser_fail(parser, NO_MEMORY_FOR_BULK);
    parser_take_blob(parser, blob_memory(parser->blob));
    size_t part = have < size ? have : size;
    memcpy(parser->blob->data, parser->buffer + parser->pos, part);
    parser->blob->len = part;
    parser->blob_bytes += part;
    /* these bytes leave the buffer, which holds only what isn't in a blob */
    memmove(parser->buffer + parser->pos, parser->buffer + parser->pos + part, have - part);
    parser->len -= part;
    return STEP_OK;
}

static enum step parser_element(struct parser *parser, const struct parser_limits *limits)
{
    if (parser->bulk_len < 0) {
        if (parser->pos >= parser->len)
            return STEP_MORE;
        char type = parser->buffer[parser->pos];
        int64_t len;
        /* Redis looks for the end of the line before it looks at the type */
        if (__builtin_expect(type != '$', 0)) {
            const char *line = parser->buffer + parser->pos;
            size_t have = parser->len - parser->pos;
            const char *end = memchr(line, '\r', have);
            if (!end || (size_t)(end - line) + 1 >= have)
                return !end && have > PARSER_LINE_MAX ? parser_fail(parser, "too big bulk count string") : STEP_MORE;
            char what[] = "expected '$', got '?'";
            what[sizeof what - 3] = type;
            return parser_fail(parser, what);
        }
        enum step step = parser_count(parser, "too big bulk count string", "invalid bulk length", &len);
        if (step != STEP_OK)
            return step;
        if (len < 0 || (uint64_t)len > limits->max_bulk)
            return parser_fail(parser, "invalid bulk length");
        if (limits->stranger && len > PARSER_STRANGER_BULK)
            return parser_fail(parser, "unauthenticated bulk length");
        parser->bulk_len = len;
    }
    size_t len = (size_t)parser->bulk_len;
    if (!parser->blob && len >= BLOB_MIN && parser->len - parser->pos < len + 2) {
        enum step step = parser_begin_blob(parser);
        if (step != STEP_OK)
            return step;
    }
    if (parser->blob) {
        if (parser->blob->len < len || parser->len - parser->pos < 2)
            return STEP_MORE;
        parser_add_arg(parser, parser->blob->data, len, parser->blob);
        parser->blob = NULL;
        parser->pos += 2;
    } else {
        if (parser->len - parser->pos < len + 2)
            return STEP_MORE;
        parser_add_arg(parser, parser->buffer + parser->pos, len, NULL);
        parser->pos += len + 2;
    }
    parser->bulk_len = -1;
    parser->elements_left--;
    return STEP_OK;
}

static enum step parser_inline(struct parser *parser)
{
    const char *line = parser->buffer + parser->pos;
    size_t have = parser->len - parser->pos;
    const char *end = memchr(line + parser->line_seen, '\n', have - parser->line_seen);
    if (!end) {
        parser->line_seen = have;
        return have > PARSER_LINE_MAX ? parser_fail(parser, "too big inline request") : STEP_MORE;
    }
    parser->line_seen = 0;
    size_t len = (size_t)(end - line);
    parser->pos += len + 1;
    if (len > 0 && line[len - 1] == '\r')
        len--;
    if (text_split(line, len, &parser->words))
        return parser_fail(parser, "unbalanced quotes in request");
    parser->words_memory = words_memory(&parser->words);
    parser_take(parser, parser->words_memory);
    for (size_t i = 0; i < parser->words.count; i++)
        parser_add_arg(parser, parser->words.words[i], parser->words.lens[i], NULL);
    return STEP_OK;
}

/* Continues one request; STEP_OK when it is whole; one without arguments is to be skipped. */
static inline enum step parser_request(struct parser *parser, const struct parser_limits *limits)
{
    if (parser->elements_left == 0) {
        if (parser->pos >= parser->len)
            return STEP_MORE;
        if (__builtin_expect(parser->buffer[parser->pos] != '*', 0))
            return parser_inline(parser);
        int64_t count;
        enum step step = parser_count(parser, "too big mbulk count string", "invalid multibulk length", &count);
        if (step != STEP_OK)
            return step;
        if (count > INT_MAX)
            return parser_fail(parser, "invalid multibulk length");
        if (count > limits->max_arguments)
            return parser_fail(parser, "unauthenticated multibulk length");
        if (count <= 0)
            return STEP_OK;
        parser->elements_left = count;
    }
    while (parser->elements_left > 0) {
        enum step step = parser_element(parser, limits);
        if (step != STEP_OK)
            return step;
    }
    return STEP_OK;
}

enum parse_result parser_batch(struct parser *parser, const struct parser_limits *limits, struct request **requests_out,
                               unsigned *count_out)
{
    enum step step = parser->error[0] ? STEP_BAD : STEP_OK; /* once bad, always bad */
    unsigned count = 0, most = limits->stranger ? 1 : PARSER_BATCH;
    parser_forget_batch(parser);
    while (step == STEP_OK && count < most && !parser->words.words) {
        step = parser_request(parser, limits);
        if (step != STEP_OK)
            break;
        size_t argc = parser->arg_count - parser->first_arg;
        if (argc > 0)
            parser->requests[count++] =
                (struct request){(int)argc, NULL, parser->pos - parser->start + parser->blob_bytes};
        else
            parser_drop_words(parser);
        parser->start = parser->pos;
        parser->blob_bytes = 0;
        parser->first_arg = parser->arg_count;
    }
    struct arg *argv = parser->args; /* only from here on is it sure not to move */
    for (unsigned i = 0; i < count; i++) {
        parser->requests[i].argv = argv;
        argv += parser->requests[i].argc;
    }
    *requests_out = parser->requests;
    *count_out = count;
    return step == STEP_OK ? PARSE_DONE : step == STEP_MORE ? PARSE_MORE : PARSE_BAD;
}

const char *parser_error(const struct parser *parser)
{
    return parser->error;
}

/* ---- the rest ---- */

bool parser_has_rest(const struct parser *parser)
{
    return parser->len > parser->start || parser->blob || parser->elements_left > 0;
}

bool parser_is_wasteful(const struct parser *parser)
{
    return parser->capacity > WASTE_MIN && (parser->len - parser->start) < parser->capacity / 8;
}

/* Forgets the unfinished request without freeing what it held. */
static void parser_clear_rest(struct parser *parser)
{
    parser->len = parser->pos = parser->start = 0;
    parser->elements_left = 0;
    parser->bulk_len = -1;
    parser->line_seen = 0;
    parser->blob = NULL;
    parser->blob_bytes = 0;
    parser->arg_count = parser->first_arg = 0;
    parser->error[0] = '\0';
}

void parser_reset(struct parser *parser)
{
    parser_forget_batch(parser);
    parser_drop_args(parser);
    parser_drop_blob(parser);
    parser_clear_rest(parser);
}

struct parser *parser_split_rest(struct parser *parser)
{
    parser_forget_batch(parser);
    size_t rest = parser->len - parser->start;
    struct parser *split = parser_create(rest + SPARE_MIN);
    memcpy(split->buffer, parser->buffer + parser->start, rest);
    split->len = rest;
    split->pos = parser->pos - parser->start;
    split->elements_left = parser->elements_left;
    split->bulk_len = parser->bulk_len;
    split->line_seen = parser->line_seen;
    split->blob = parser->blob;
    split->blob_bytes = parser->blob_bytes;
    for (size_t i = 0; i < parser->arg_count; i++) {
        struct arg arg = parser->args[i];
        if (!arg.blob)
            arg.data = split->buffer + (arg.data - (parser->buffer + parser->start));
        parser_add_arg(split, arg.data, arg.len, arg.blob);
    }
    split->blob_memory = parser->blob_memory;
    parser->blob_memory = 0;
    parser_clear_rest(parser); /* arguments and blobs belong to the new one */
    return split;
}

size_t parser_pending(const struct parser *parser)
{
    return parser->len - parser->start + parser->blob_bytes;
}

size_t parser_held(const struct parser *parser)
{
    return parser->len + parser->arg_count * sizeof *parser->args + parser->blob_memory;
}

size_t parser_memory(const struct parser *parser)
{
    return parser ? parser->memory + parser->blob_memory : 0;
}

size_t parser_free_space(const struct parser *parser)
{
    return parser ? parser->capacity - parser->len : 0;
}

size_t parser_argument_memory(const struct parser *parser)
{
    return parser ? parser->arg_capacity * sizeof *parser->args : 0;
}
