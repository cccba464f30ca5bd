#include "prompt/command_line.h"

#include "core/memory.h"
#include "session/commands.h"
#include "session/line.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

/* Where a line is cut. */
struct cut {
    enum target target;
    size_t command_length; /* bytes of the line before the sign */
    size_t target_start;   /* of the shell command, or of the file's name as it was typed */
};

static bool word_is(const char *line, const struct quoting_word *word, const char *text)
{
    size_t length = word->end - word->start;
    return !word->is_quoted && length == strlen(text) && strncasecmp(line + word->start, text, length) == 0;
}

static size_t skip_blanks(const char *line, size_t length, size_t at)
{
    while (at < length && isspace((unsigned char)line[at]))
        at++;
    return at;
}

/* What XREADGROUP takes for an ID: digits, $, > and +. */
static bool looks_like_id(const char *line, const struct quoting_word *word)
{
    return strchr("0123456789$>+", line[word->start]);
}

/* `sign` is the last word but one. */
static bool is_file_sign(const char *line, bool reads_group, const struct quoting_word *sign,
                         const struct quoting_word *last)
{
    if (!word_is(line, sign, ">") && !word_is(line, sign, ">>"))
        return false;
    return !word_is(line, last, ">") && !(reads_group && looks_like_id(line, last));
}

static struct cut cut_find(const char *line, size_t length)
{
    struct quoting_word word = {0}, before = {0}, last = {0};
    bool reads_group = false;
    size_t count = 0;
    for (; quoting_next_word(line, length, &word); count++) {
        size_t behind = skip_blanks(line, length, word.end);
        if (count > 0 && behind < length && word_is(line, &word, "|"))
            return (struct cut){TARGET_PROGRAM, word.start, behind};
        if (count < 2 && word_is(line, &word, "xreadgroup")) /* a number may stand before it */
            reads_group = true;
        before = last;
        last = word;
    }
    bool is_whole = skip_blanks(line, length, last.end) == length;
    if (is_whole && count > 2 && is_file_sign(line, reads_group, &before, &last)) {
        enum target target = word_is(line, &before, ">") ? TARGET_FILE : TARGET_FILE_END;
        return (struct cut){target, before.start, last.start};
    }
    return (struct cut){TARGET_SCREEN, length, length};
}

/* A file's name may be quoted, so that it can hold blanks. */
static char *copy_target(const char *line, size_t length, const struct cut *cut)
{
    const char *text = line + cut->target_start;
    size_t size = length - cut->target_start;
    if (cut->target == TARGET_SCREEN)
        return NULL;
    if (cut->target == TARGET_PROGRAM)
        return memory_copy_text(text, size);
    struct arguments words;
    quoting_split_anyway(text, size, &words);
    char *name = memory_copy_text(words.values[0], words.lengths[0]);
    arguments_deinit(&words);
    return name;
}

bool command_line_parse(const char *line, size_t length, struct command_line *parts_out, char *error, size_t error_size)
{
    struct cut cut = cut_find(line, length);
    struct command_line parts = {.target = cut.target};
    if (!quoting_split(line, cut.command_length, &parts.arguments)) {
        quoting_explain(line, cut.command_length, error, error_size);
        return false;
    }
    parts.target_text = copy_target(line, length, &cut);
    *parts_out = parts;
    return true;
}

void command_line_deinit(struct command_line *parts)
{
    for (size_t i = 0; i < parts->arguments.count; i++)
        explicit_bzero(parts->arguments.values[i], parts->arguments.lengths[i]); /* it may be a password */
    arguments_deinit(&parts->arguments);
    free(parts->target_text);
}

/* Programs have passwords among their arguments in too many ways to know: whatever looks like one counts. */
static bool program_may_be_kept(const char *text)
{
    return !strcasestr(text, "pass") && !strcasestr(text, "auth") && !strcasestr(text, "secret") &&
           !strcasestr(text, "token") && !strstr(text, " -a ") && !strstr(text, " -u ");
}

bool command_line_may_be_kept(const char *line, size_t length)
{
    struct cut cut = cut_find(line, length);
    struct arguments arguments;
    long repeat;
    quoting_split_anyway(line, cut.command_length, &arguments);
    bool keep = arguments.count > 0 && line_take_repeat(&arguments, &repeat) && !command_has_secret(&arguments);
    arguments_deinit(&arguments);
    char *program = cut.target == TARGET_PROGRAM ? copy_target(line, length, &cut) : NULL;
    keep = keep && (!program || program_may_be_kept(program));
    free(program);
    return keep;
}
