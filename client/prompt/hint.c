#include "prompt/hint.h"

#include "core/memory.h"
#include "prompt/argument_match.h"
#include "prompt/completion.h"
#include "prompt/syntax.h"
#include "prompt/unfinished_line.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Writes what can come after the first `count` words. False when they don't fit any command. */
static bool write_rest(const struct documentation *documentation, const struct arguments *words, size_t count,
                       FILE *out)
{
    if (arguments_is(words, 0, "help") && count == 1) {
        fputs(" [COMMAND|@GROUP]", out);
        return true;
    }
    if (arguments_is(words, 0, ":set") && count == 1) {
        fputs(" hints|nohints", out);
        return true;
    }
    const struct command_entry *entry = documentation_find(documentation, words->values[0], NULL);
    if (entry && entry->subcommand_count > 0 && count == 1) {
        syntax_write_arguments(out, entry);
        return true;
    }
    struct argument_match *match = argument_match_create(documentation, words, count);
    if (!match)
        return false;
    argument_match_write_rest(match, out);
    argument_match_destroy(match);
    return true;
}

/* Continues the last word, if it can become only one. */
static void write_continued(const struct documentation *documentation, const char *line, size_t length,
                            struct arguments *words, FILE *out)
{
    struct completion completion;
    completion_find(documentation, NULL, line, length, &completion);
    size_t last = words->count - 1;
    if (completion.count == 1 && completion.common > words->lengths[last]) {
        fputs(completion.words[0] + words->lengths[last], out);
        arguments_replace(words, last, completion.words[0], completion.common);
        write_rest(documentation, words, words->count, out);
    }
    completion_deinit(&completion);
}

void hint_write(const struct documentation *documentation, const char *line, size_t length, char *text, size_t size)
{
    struct unfinished_line typed;
    char *hint;
    size_t hint_length;
    if (size > 0)
        *text = '\0';
    if (size == 0 || !unfinished_line_read(line, length, &typed))
        return;
    FILE *out = memory_stream_open(&hint, &hint_length);
    size_t count = typed.words.count - !typed.has_begun;
    if (count > 0 && !write_rest(documentation, &typed.words, count, out) && typed.has_begun)
        write_continued(documentation, line, length, &typed.words, out);
    memory_stream_close(out);
    snprintf(text, size, "%s", hint + (!typed.has_begun && *hint == ' '));
    free(hint);
    unfinished_line_deinit(&typed);
}
