/*
 * To skip a reply, no stack of open aggregates is needed, only how many values are missing in all: an aggregate of n
 * values takes one off and puts n on. An attribute puts its values on and takes none off, since the value that it
 * belongs to is still to come.
 *
 * The reply's own type is that of the first line that is neither an attribute nor inside one. While only attributes
 * have been read, one value is missing between them, and more inside them.
 */
#include "connection/reply_skimmer.h"

#include <string.h>

#define LARGEST_BULK (UINT64_C(1) << 40) /* bytes */
#define MOST_VALUES (UINT64_C(1) << 40)  /* missing at a time */

static const char ok_line[] = {'+', 'O', 'K', '\r', '\n'};

static void keep(struct reply_skimmer *skimmer, const char *bytes, size_t size)
{
    size_t room = SKIMMER_TEXT - skimmer->text_length;
    size_t kept = size < room ? size : room;
    memcpy(skimmer->text + skimmer->text_length, bytes, kept);
    skimmer->text_length += kept;
}

/* The first byte of a value. */
static bool begin_line(struct reply_skimmer *skimmer, char type)
{
    if (type == '\0' || !strchr("+-:,(#_$=!*~>%|", type))
        return false;
    if (skimmer->missing == 0) {
        skimmer->missing = 1;
        skimmer->in_value = false;
        skimmer->text_length = 0;
    }
    skimmer->keeps = false;
    if (skimmer->missing == 1 && !skimmer->in_value && type != '|') {
        skimmer->in_value = true;
        skimmer->keeps = true;
        skimmer->type = type;
    }
    skimmer->in_line = true;
    skimmer->line_type = type;
    skimmer->after_return = false;
    skimmer->number_length = 0;
    return true;
}

static bool has_length(char type)
{
    return strchr("$=!*~>%|", type);
}

/* Bytes of the line, without its end. */
static void take_line_bytes(struct reply_skimmer *skimmer, const char *bytes, size_t size)
{
    if (has_length(skimmer->line_type)) {
        for (size_t i = 0; i < size; i++) {
            if (skimmer->number_length < sizeof skimmer->number)
                skimmer->number[skimmer->number_length++] = bytes[i];
        }
    } else if (skimmer->keeps) {
        keep(skimmer, bytes, size);
    }
}

/* Bytes up to the line's end, a carriage return and a line feed. True when that has been reached. */
static bool take_line(struct reply_skimmer *skimmer, const char **at, const char *end)
{
    while (*at < end) {
        if (skimmer->after_return) {
            skimmer->after_return = false;
            if (**at == '\n') {
                ++*at;
                return true;
            }
            take_line_bytes(skimmer, "\r", 1);
        }
        const char *stop = memchr(*at, '\r', (size_t)(end - *at));
        take_line_bytes(skimmer, *at, (size_t)((stop ? stop : end) - *at));
        skimmer->after_return = stop != NULL;
        *at = stop ? stop + 1 : end;
    }
    return false;
}

/* A length, or -1, which is a null. */
static bool read_length(const struct reply_skimmer *skimmer, int64_t *length_out)
{
    const char *digits = skimmer->number;
    size_t count = skimmer->number_length;
    int64_t value = 0;
    if (count == 2 && memcmp(digits, "-1", 2) == 0) {
        *length_out = -1;
        return true;
    }
    if (count == 0 || count > 15)
        return false;
    for (size_t i = 0; i < count; i++) {
        if (digits[i] < '0' || digits[i] > '9')
            return false;
        value = value * 10 + (digits[i] - '0');
    }
    *length_out = value;
    return true;
}

/* A value is complete. */
static enum skim_status end_value(struct reply_skimmer *skimmer)
{
    return --skimmer->missing == 0 ? SKIM_REPLY : SKIM_MORE;
}

static enum skim_status begin_bulk(struct reply_skimmer *skimmer, int64_t length)
{
    if (length < 0)
        return end_value(skimmer);
    if ((uint64_t)length > LARGEST_BULK)
        return SKIM_BAD;
    skimmer->in_bulk = true;
    skimmer->bulk_left = (uint64_t)length + 2;
    return SKIM_MORE;
}

static enum skim_status begin_aggregate(struct reply_skimmer *skimmer, int64_t length)
{
    bool is_attribute = skimmer->line_type == '|', has_pairs = is_attribute || skimmer->line_type == '%';
    if (length < 0)
        return is_attribute ? SKIM_BAD : end_value(skimmer);
    uint64_t values = (uint64_t)length * (has_pairs ? 2 : 1);
    if (values > MOST_VALUES || skimmer->missing + values > MOST_VALUES)
        return SKIM_BAD;
    skimmer->missing += values;
    return is_attribute ? SKIM_MORE : end_value(skimmer);
}

/* SKIM_MORE: the reply goes on. */
static enum skim_status end_line(struct reply_skimmer *skimmer)
{
    int64_t length;
    skimmer->in_line = false;
    if (!has_length(skimmer->line_type))
        return end_value(skimmer);
    if (!read_length(skimmer, &length))
        return SKIM_BAD;
    if (strchr("$=!", skimmer->line_type))
        return begin_bulk(skimmer, length);
    return begin_aggregate(skimmer, length);
}

static enum skim_status continue_bulk(struct reply_skimmer *skimmer, const char **at, const char *end)
{
    size_t arrived = (size_t)(end - *at);
    size_t size = arrived < skimmer->bulk_left ? arrived : (size_t)skimmer->bulk_left;
    uint64_t of_text = skimmer->bulk_left > 2 ? skimmer->bulk_left - 2 : 0;
    if (skimmer->keeps)
        keep(skimmer, *at, size < of_text ? size : (size_t)of_text);
    skimmer->bulk_left -= size;
    *at += size;
    if (skimmer->bulk_left > 0)
        return SKIM_MORE;
    skimmer->in_bulk = false;
    if ((*at)[-1] != '\n')
        return SKIM_BAD;
    return end_value(skimmer);
}

enum skim_status reply_skimmer_next(struct reply_skimmer *skimmer, const char **at, const char *end)
{
    if (skimmer->missing == 0 && (size_t)(end - *at) >= sizeof ok_line &&
        memcmp(*at, ok_line, sizeof ok_line) == 0) { /* what most replies are, quickly */
        *at += sizeof ok_line;
        skimmer->type = '+';
        memcpy(skimmer->text, "OK", 2);
        skimmer->text_length = 2;
        return SKIM_REPLY;
    }
    while (*at < end) {
        enum skim_status status = SKIM_MORE;
        if (skimmer->in_bulk) {
            status = continue_bulk(skimmer, at, end);
        } else if (!skimmer->in_line) {
            if (!begin_line(skimmer, *(*at)++))
                return SKIM_BAD;
        } else if (take_line(skimmer, at, end)) {
            status = end_line(skimmer);
        }
        if (status != SKIM_MORE)
            return status;
    }
    return SKIM_MORE;
}
