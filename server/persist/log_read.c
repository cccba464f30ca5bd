#include "persist/log_read.h"

#include "base/memory.h"
#include "base/number.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum {
    BUFFER_SIZE = 128 << 10,
    ANNOTATION_MAX = 1023, /* bytes with the line's end: Redis's limit */
};

/* What is kept of a file while it is read: a window on it, and the words of the commands that aren't handed out yet. */
struct reading {
    struct log_reader *reader;
    char *buffer;
    size_t capacity, len; /* of the buffer, and how much of it was read */
    size_t at;            /* what was parsed */
    uint64_t offset;      /* of the buffer's first byte in the file */
    bool at_end;          /* there is no more */

    struct bytes *words; /* of all commands that wait, one behind the other, in the buffer */
    size_t word_count, word_capacity;
    struct log_command *commands;
    size_t command_count, command_capacity;

    uint64_t begin;      /* of the command that is being parsed */
    uint64_t unit_begin; /* of that or of the group that it is in: from here on the buffer is needed */
    uint32_t words_left; /* 0: no command has begun */
    uint32_t word_total;
    int64_t bulk; /* length of the next word; -1: isn't known */
    bool in_group;
    int64_t timestamp_s;
};

enum step { STEP_DONE, STEP_MORE, STEP_BAD, STEP_END, STEP_NO_MEMORY, STEP_FAILED, STEP_STOPPED };

static uint64_t place(const struct reading *reading)
{
    return reading->offset + reading->at;
}

static enum step bad(struct reading *reading, size_t at, const char *why)
{
    reading->reader->stopped_at = reading->offset + at;
    reading->reader->why = why;
    return STEP_BAD;
}

/* ---- the buffer ---- */

/* Moves what is needed to the beginning of the buffer, which is this one or another. */
static void move_to(struct reading *reading, char *buffer, size_t needed)
{
    const char *from = reading->buffer + needed;
    memmove(buffer, from, reading->len - needed);
    for (size_t i = 0; i < reading->word_count; i++)
        reading->words[i].data = buffer + (reading->words[i].data - from);
    reading->offset += needed;
    reading->len -= needed;
    reading->at -= needed;
}

/* Half of the buffer at least is free afterwards, so that moving costs no more than reading. */
static enum step make_room(struct reading *reading)
{
    size_t needed = (size_t)(reading->unit_begin - reading->offset);
    if (reading->len - needed <= reading->capacity / 2) {
        move_to(reading, reading->buffer, needed);
        return STEP_DONE;
    }
    char *buffer = mem_try_alloc(2 * reading->capacity);
    if (!buffer)
        return STEP_NO_MEMORY;
    move_to(reading, buffer, needed);
    mem_free(reading->buffer);
    reading->buffer = buffer;
    reading->capacity *= 2;
    return STEP_DONE;
}

static enum step refill(struct reading *reading)
{
    if (reading->at_end)
        return STEP_END;
    if (reading->len == reading->capacity && make_room(reading) != STEP_DONE)
        return STEP_NO_MEMORY;
    ssize_t got;
    do
        got = pread(reading->reader->fd, reading->buffer + reading->len, reading->capacity - reading->len,
                    (off_t)(reading->offset + reading->len));
    while (got < 0 && errno == EINTR);
    if (got < 0) {
        reading->reader->error = errno;
        return STEP_FAILED;
    }
    reading->at_end = got == 0;
    reading->len += (size_t)got;
    return got == 0 ? STEP_END : STEP_DONE;
}

/* Room for one more; the array may move. False: there is no memory. */
static bool grow(void *array, size_t *capacity, size_t count, size_t size)
{
    void **place_of_array = array;
    if (count < *capacity)
        return true;
    void *larger = mem_try_realloc(*place_of_array, 2 * *capacity * size);
    if (!larger)
        return false;
    *place_of_array = larger;
    *capacity *= 2;
    return true;
}

/* ---- what is handed out ---- */

static enum step hand_out(struct reading *reading, bool is_group)
{
    struct log_reader *reader = reading->reader;
    const struct bytes *words = reading->words;
    for (size_t i = 0; i < reading->command_count; i++) {
        reading->commands[i].words = words;
        words += reading->commands[i].count;
    }
    uint32_t count = (uint32_t)reading->command_count;
    if (count > 0 && reader->take && !reader->take(reader->context, count, reading->commands)) {
        reader->stopped_at = reading->unit_begin;
        return STEP_STOPPED;
    }
    reader->commands += count;
    reader->groups += is_group;
    reading->word_count = reading->command_count = 0;
    return STEP_DONE;
}

static bool is_alone(const struct reading *reading, const char *word)
{
    const struct bytes *last = &reading->words[reading->word_count - 1];
    return reading->word_total == 1 && last->len == strlen(word) && strncasecmp(last->data, word, last->len) == 0;
}

/* A line or command outside a group is over, or a group. */
static enum step end_unit(struct reading *reading)
{
    reading->unit_begin = reading->reader->group_end = place(reading);
    reading->reader->timestamp_s = reading->timestamp_s;
    return STEP_DONE;
}

/* The command's last word has come. */
static enum step end_command(struct reading *reading)
{
    struct log_reader *reader = reading->reader;
    size_t begin = (size_t)(reading->begin - reading->offset);
    bool is_multi = is_alone(reading, "MULTI"), is_exec = is_alone(reading, "EXEC");
    if (is_multi && reading->in_group)
        return bad(reading, begin, "MULTI in a group");
    if (is_exec && !reading->in_group)
        return bad(reading, begin, "EXEC without MULTI");
    reader->command_end = place(reading);
    atomic_store_explicit(&reader->done, place(reading), memory_order_relaxed);
    if (is_multi || is_exec) {
        reading->word_count--;
        reading->in_group = is_multi;
    } else {
        if (!grow(&reading->commands, &reading->command_capacity, reading->command_count, sizeof *reading->commands))
            return STEP_NO_MEMORY;
        reading->commands[reading->command_count++] =
            (struct log_command){.count = reading->word_total, .offset = reading->begin};
    }
    if (reading->in_group)
        return STEP_DONE;
    enum step step = hand_out(reading, is_exec);
    return step == STEP_DONE ? end_unit(reading) : step;
}

/* ---- parsing: each goes on where it can, and takes nothing before all of it is there ---- */

/* A line with a prefix and a number up to max. */
static enum step take_number(struct reading *reading, char prefix, uint64_t max, uint64_t *number_out)
{
    const char *line = reading->buffer + reading->at, *end = reading->buffer + reading->len, *digit = line + 1;
    uint64_t number = 0;
    if (line == end)
        return STEP_MORE;
    if (*line != prefix)
        return bad(reading, reading->at, prefix == '*' ? "no command begins there" : "no argument begins there");
    for (; digit < end && *digit >= '0' && *digit <= '9'; digit++) {
        number = number * 10 + (uint64_t)(*digit - '0');
        if (number > max)
            return bad(reading, reading->at,
                       prefix == '*' ? "more arguments than there can be"
                                     : "an argument longer than it may be (proto-max-bulk-len)");
        if (digit > line + 1 && line[1] == '0')
            break;
    }
    if (digit == end)
        return STEP_MORE;
    if (*digit != '\r' || digit == line + 1)
        return bad(reading, reading->at, "a number is malformed");
    if (digit + 1 == end)
        return STEP_MORE;
    if (digit[1] != '\n')
        return bad(reading, reading->at, "a number is malformed");
    reading->at += (size_t)(digit + 2 - line);
    *number_out = number;
    return STEP_DONE;
}

static enum step take_annotation(struct reading *reading)
{
    const char *line = reading->buffer + reading->at;
    size_t there = reading->len - reading->at, len;
    const char *feed = memchr(line, '\n', there < ANNOTATION_MAX ? there : ANNOTATION_MAX);
    int64_t timestamp_s;
    if (!feed)
        return there < ANNOTATION_MAX ? STEP_MORE : bad(reading, reading->at, "a line that is too long");
    len = (size_t)(feed - line);
    if (len > 5 && memcmp(line, "#TS:", 4) == 0 && line[len - 1] == '\r' &&
        number_parse_i64(line + 4, len - 5, &timestamp_s))
        reading->timestamp_s = timestamp_s;
    reading->at += len + 1;
    return reading->in_group ? STEP_DONE : end_unit(reading);
}

static enum step take_word(struct reading *reading)
{
    uint64_t length, max = reading->reader->max_bulk > 0 ? reading->reader->max_bulk : LOG_READ_MAX_BULK;
    if (reading->bulk < 0) {
        enum step step = take_number(reading, '$', max, &length);
        if (step != STEP_DONE)
            return step;
        reading->bulk = (int64_t)length;
    }
    size_t len = (size_t)reading->bulk, there = reading->len - reading->at;
    const char *word = reading->buffer + reading->at;
    if ((there > len && word[len] != '\r') || (there > len + 1 && word[len + 1] != '\n'))
        return bad(reading, reading->at + len, "an argument has another length than it says");
    if (there < len + 2)
        return STEP_MORE;
    if (!grow(&reading->words, &reading->word_capacity, reading->word_count, sizeof *reading->words))
        return STEP_NO_MEMORY;
    reading->words[reading->word_count++] = (struct bytes){word, len};
    reading->at += len + 2;
    reading->bulk = -1;
    return --reading->words_left == 0 ? end_command(reading) : STEP_DONE;
}

static enum step take_next(struct reading *reading)
{
    uint64_t count;
    if (reading->words_left > 0)
        return take_word(reading);
    if (reading->at < reading->len && reading->buffer[reading->at] == '#')
        return take_annotation(reading);
    reading->begin = place(reading);
    enum step step = take_number(reading, '*', INT32_MAX, &count);
    if (step == STEP_DONE && count == 0)
        return bad(reading, (size_t)(reading->begin - reading->offset), "a command without words");
    if (step == STEP_DONE)
        reading->words_left = reading->word_total = (uint32_t)count;
    return step;
}

/* ---- the whole ---- */

static enum step take_all(struct reading *reading)
{
    for (;;) {
        enum step step = take_next(reading);
        if (step == STEP_MORE)
            step = refill(reading);
        if (step != STEP_DONE)
            return step;
    }
}

/* It can go on only where a unit ends. */
static enum log_read_outcome outcome_at_end(struct reading *reading)
{
    struct log_reader *reader = reading->reader;
    if (reader->group_end == reading->offset + reading->len)
        return LOG_READ_WHOLE;
    reader->stopped_at = reader->group_end;
    reader->why = reading->in_group ? "it ends in the middle of a group (MULTI without EXEC)"
                                    : "it ends in the middle of a command";
    return LOG_READ_CUT;
}

static enum log_read_outcome outcome_of(struct reading *reading, enum step step)
{
    switch (step) {
    case STEP_DONE:
    case STEP_MORE:
    case STEP_END:
        return outcome_at_end(reading);
    case STEP_BAD:
        return LOG_READ_BAD;
    case STEP_STOPPED:
        return LOG_READ_STOPPED;
    case STEP_FAILED:
        reading->reader->stopped_at = reading->offset + reading->len;
        return LOG_READ_FAILED;
    case STEP_NO_MEMORY:
        break;
    }
    reading->reader->stopped_at = reading->unit_begin;
    return LOG_READ_NO_MEMORY;
}

static void begin(struct log_reader *reader, uint64_t offset)
{
    reader->commands = reader->groups = 0;
    reader->command_end = reader->group_end = reader->stopped_at = offset;
    reader->timestamp_s = 0;
    reader->why = NULL;
    reader->error = 0;
    atomic_store_explicit(&reader->done, offset, memory_order_relaxed);
}

enum log_read_outcome log_read(struct log_reader *reader, uint64_t offset)
{
    struct reading reading = {.reader = reader,
                              .offset = offset,
                              .unit_begin = offset,
                              .bulk = -1,
                              .capacity = BUFFER_SIZE,
                              .word_capacity = 64,
                              .command_capacity = 16};
    enum log_read_outcome outcome = LOG_READ_NO_MEMORY;
    begin(reader, offset);
    reading.buffer = mem_try_alloc(reading.capacity);
    reading.words = mem_try_alloc(reading.word_capacity * sizeof *reading.words);
    reading.commands = mem_try_alloc(reading.command_capacity * sizeof *reading.commands);
    if (reading.buffer && reading.words && reading.commands) {
        enum step step = refill(&reading);
        if (step == STEP_DONE && offset == 0 && reading.len >= 5 && memcmp(reading.buffer, "REDIS", 5) == 0)
            outcome = LOG_READ_RDB;
        else
            outcome = outcome_of(&reading, step == STEP_DONE ? take_all(&reading) : step);
    }
    mem_free(reading.buffer);
    mem_free(reading.words);
    mem_free(reading.commands);
    return outcome;
}
