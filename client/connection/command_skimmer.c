/*
 * A server answers nothing to a blank line and to "*0". It does not look at the two bytes after a word, nor at the
 * byte after a carriage return; so neither does this.
 */
#include "connection/command_skimmer.h"

#include <ctype.h>
#include <string.h>

#define MOST_DIGITS 15

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
            skimmer->words_left = skimmer->number;
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
            skimmer->bytes_left = skimmer->number + 2;
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
    while (at < end) {
        if (take(skimmer, &at, end)) {
            skimmer->commands++;
            break;
        }
    }
    return (size_t)(at - bytes);
}
