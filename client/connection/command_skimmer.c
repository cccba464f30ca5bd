/*
 * A server answers nothing to a blank line and to "*0". It does not look at the two bytes after a word, nor at the
 * byte after a carriage return; so neither does this.
 *
 * What a command is matters for CLIENT REPLY and RESET alone: the first bytes of short commands are kept for it.
 */
#include "connection/command_skimmer.h"

#include "core/quoting.h"

#include <ctype.h>
#include <string.h>

#define MOST_DIGITS 15

/* ---- which of them are answered ---- */

/* A command is complete. */
static void count_command(struct command_skimmer *skimmer, const struct arguments *command)
{
    if (silence_pass(&skimmer->silence, command))
        skimmer->commands++;
    else
        skimmer->silent++;
}

static void count_words(struct command_skimmer *skimmer)
{
    char *words[3] = {skimmer->first_words[0], skimmer->first_words[1], skimmer->first_words[2]};
    bool is_kept = skimmer->words <= 3 && !skimmer->has_long_word;
    struct arguments command = {.count = is_kept ? (size_t)skimmer->words : 0, .values = words};
    count_command(skimmer, &command);
}

static void count_line(struct command_skimmer *skimmer)
{
    struct arguments command = {0};
    const char *line = skimmer->line, *end = line + skimmer->line_length;
    while (line < end && isspace((unsigned char)*line))
        line++;
    bool can_matter = line < end && strchr("cCrR\"'", *line) && skimmer->line_length < SKIMMER_LINE;
    if (!can_matter || !quoting_split(line, (size_t)(end - line), &command))
        command = (struct arguments){0};
    count_command(skimmer, &command);
    arguments_deinit(&command);
}

static void keep_line(struct command_skimmer *skimmer, const char *bytes, size_t size)
{
    size_t room = SKIMMER_LINE - skimmer->line_length;
    size_t kept = size < room ? size : room;
    memcpy(skimmer->line + skimmer->line_length, bytes, kept);
    skimmer->line_length += kept;
}

static void begin_word(struct command_skimmer *skimmer)
{
    size_t index = (size_t)(skimmer->words - skimmer->words_left);
    if (skimmer->words > 3)
        return;
    if (skimmer->word_length >= SKIMMER_WORD)
        skimmer->has_long_word = true;
    memset(skimmer->first_words[index], 0, SKIMMER_WORD);
}

static void keep_word(struct command_skimmer *skimmer, const char *bytes, uint64_t size)
{
    size_t index = (size_t)(skimmer->words - skimmer->words_left);
    if (skimmer->words > 3 || skimmer->word_length >= SKIMMER_WORD)
        return;
    uint64_t at = skimmer->word_length + 2 - skimmer->bytes_left;
    for (uint64_t i = 0; i < size && at + i < skimmer->word_length; i++)
        skimmer->first_words[index][at + i] = bytes[i];
}

/* ---- finding their ends ---- */

static void begin_number(struct command_skimmer *skimmer, enum command_place place)
{
    skimmer->place = place;
    skimmer->number = 0;
    skimmer->digits = 0;
    skimmer->after_return = false;
}

/* A byte of a number's line. True at the end of the line. */
static bool take_number_byte(struct command_skimmer *skimmer, char byte)
{
    if (skimmer->after_return)
        return true;
    if (byte == '\r' && skimmer->digits > 0) {
        skimmer->after_return = true;
    } else if (byte >= '0' && byte <= '9' && skimmer->digits < MOST_DIGITS) {
        skimmer->number = skimmer->number * 10 + (uint64_t)(byte - '0');
        skimmer->digits++;
    } else {
        skimmer->place = PLACE_LOST;
    }
    return false;
}

/* Bytes of an inline command. True at its end, when it is not blank. */
static bool take_inline(struct command_skimmer *skimmer, const char **at, const char *end)
{
    const char *stop = memchr(*at, '\n', (size_t)(end - *at));
    const char *line_end = stop ? stop : end;
    for (const char *byte = *at; byte < line_end && !skimmer->line_has_word; byte++)
        skimmer->line_has_word = !isspace((unsigned char)*byte);
    keep_line(skimmer, *at, (size_t)(line_end - *at));
    *at = stop ? stop + 1 : end;
    if (!stop)
        return false;
    skimmer->lines++;
    skimmer->place = PLACE_BETWEEN;
    return skimmer->line_has_word;
}

/* A byte outside words and lines of text. True at the end of a command. */
static bool take_byte(struct command_skimmer *skimmer, char byte)
{
    switch (skimmer->place) {
    case PLACE_COUNT:
        if (take_number_byte(skimmer, byte)) {
            skimmer->words = skimmer->words_left = skimmer->number;
            skimmer->has_long_word = false;
            skimmer->place = skimmer->number > 0 ? PLACE_WORD : PLACE_BETWEEN;
        }
        return false;
    case PLACE_WORD:
        if (byte == '$')
            begin_number(skimmer, PLACE_LENGTH);
        else
            skimmer->place = PLACE_LOST;
        return false;
    default: /* PLACE_LENGTH */
        if (take_number_byte(skimmer, byte)) {
            skimmer->word_length = skimmer->number;
            skimmer->bytes_left = skimmer->number + 2;
            begin_word(skimmer);
            skimmer->place = PLACE_BYTES;
        }
        return false;
    }
}

/* Bytes of a word. True at the end of a command. */
static bool take_word(struct command_skimmer *skimmer, const char **at, const char *end)
{
    uint64_t arrived = (uint64_t)(end - *at);
    uint64_t taken = arrived < skimmer->bytes_left ? arrived : skimmer->bytes_left;
    keep_word(skimmer, *at, taken);
    *at += taken;
    skimmer->bytes_left -= taken;
    if (skimmer->bytes_left > 0)
        return false;
    skimmer->words_left--;
    skimmer->place = skimmer->words_left > 0 ? PLACE_WORD : PLACE_BETWEEN;
    return skimmer->words_left == 0;
}

static bool take(struct command_skimmer *skimmer, const char **at, const char *end)
{
    switch (skimmer->place) {
    case PLACE_BETWEEN:
        skimmer->line_has_word = false;
        skimmer->line_length = 0;
        if (**at != '*') {
            skimmer->place = PLACE_INLINE;
            return false;
        }
        ++*at;
        skimmer->has_resp = true;
        begin_number(skimmer, PLACE_COUNT);
        return false;
    case PLACE_INLINE:
        return take_inline(skimmer, at, end);
    case PLACE_BYTES:
        return take_word(skimmer, at, end);
    case PLACE_LOST:
        *at = end;
        return false;
    default:
        return take_byte(skimmer, *(*at)++);
    }
}

size_t command_skimmer_next(struct command_skimmer *skimmer, const char *bytes, size_t size)
{
    const char *at = bytes, *end = bytes + size;
    uint64_t before = skimmer->commands;
    while (at < end && skimmer->commands == before) {
        bool is_line = skimmer->place == PLACE_INLINE;
        if (!take(skimmer, &at, end))
            continue;
        if (is_line)
            count_line(skimmer);
        else
            count_words(skimmer);
    }
    return (size_t)(at - bytes);
}
