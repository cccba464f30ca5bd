#include "survey/key_scan.h"

#include "core/interrupt.h"
#include "core/memory.h"
#include "core/quoting.h"
#include "output/text.h"
#include "session/session.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define DEFAULT_COUNT 1000 /* a fraction of a millisecond for the server, and few round trips */
#define SCANS_PER_PAUSE 100
#define LONGEST_CURSOR 20 /* digits of 64 bits */

struct key_scan {
    const struct options *options;
    struct arguments command; /* SCAN cursor ... */
    unsigned replies;         /* since the last pause */
    bool is_done;
};

static void append_text(struct arguments *arguments, const char *text)
{
    arguments_append(arguments, text, strlen(text));
}

static bool append_pattern(struct arguments *command, const struct options *options)
{
    struct arguments words = {0};
    append_text(command, "MATCH");
    if (!options->quoted_pattern) {
        append_text(command, options->pattern);
        return true;
    }
    bool balanced = quoting_split(options->pattern, strlen(options->pattern), &words);
    bool single = balanced && words.count == 1;
    if (single)
        arguments_append(command, words.values[0], words.lengths[0]);
    else
        fprintf(stderr, "kvs-cli: --quoted-pattern: '%s' is not one word with balanced quotes\n", options->pattern);
    arguments_deinit(&words);
    return single;
}

struct key_scan *key_scan_create(const struct options *options)
{
    char count[24];
    struct key_scan *scan = memory_alloc_zeroed(sizeof *scan);
    scan->options = options;
    append_text(&scan->command, "SCAN");
    append_text(&scan->command, "0");
    if (options->pattern && !append_pattern(&scan->command, options)) {
        key_scan_destroy(scan);
        return NULL;
    }
    snprintf(count, sizeof count, "%lld", options->scan_count > 0 ? options->scan_count : DEFAULT_COUNT);
    append_text(&scan->command, "COUNT");
    append_text(&scan->command, count);
    if (options->type) {
        append_text(&scan->command, "TYPE");
        append_text(&scan->command, options->type);
    }
    return scan;
}

void key_scan_destroy(struct key_scan *scan)
{
    arguments_deinit(&scan->command);
    free(scan);
}

bool key_scan_is_filtered(const struct key_scan *scan)
{
    return scan->options->pattern || scan->options->type;
}

bool key_scan_is_done(const struct key_scan *scan)
{
    return scan->is_done;
}

void key_scan_append(struct key_scan *scan, struct connection *connection)
{
    connection_append(connection, &scan->command);
}

static bool is_cursor(const struct reply *reply)
{
    return reply->type == REPLY_STRING && reply->length > 0 && reply->length <= LONGEST_CURSOR &&
           strspn(reply->text, "0123456789") == reply->length;
}

static bool are_keys(const struct reply *reply)
{
    if (reply->type != REPLY_ARRAY)
        return false;
    for (size_t i = 0; i < reply->count; i++) {
        if (reply->elements[i].type != REPLY_STRING)
            return false;
    }
    return true;
}

bool key_scan_take(struct key_scan *scan, const struct reply *reply, const struct reply **keys_out)
{
    if (reply->type != REPLY_ARRAY || reply->count != 2 || !is_cursor(&reply->elements[0]) ||
        !are_keys(&reply->elements[1]))
        return false;
    const struct reply *cursor = &reply->elements[0];
    arguments_replace(&scan->command, 1, cursor->text, cursor->length);
    scan->is_done = strtoumax(cursor->text, NULL, 10) == 0;
    scan->replies++;
    *keys_out = &reply->elements[1];
    return true;
}

enum exit_code key_scan_explain(const struct reply *reply)
{
    if (reply->type != REPLY_ERROR) {
        fputs("kvs-cli: the reply to SCAN is not a cursor and keys\n", stderr);
        return EXIT_CODE_NO_CONNECTION;
    }
    char *text = text_copy_message(reply->text, reply->length);
    fprintf(stderr, "SCAN error: %s\n", text);
    free(text);
    return session_code_of_error(reply);
}

bool key_scan_pause(struct key_scan *scan)
{
    if (scan->options->interval <= 0 || scan->replies < SCANS_PER_PAUSE)
        return true;
    scan->replies = 0;
    return interrupt_sleep(scan->options->interval);
}
