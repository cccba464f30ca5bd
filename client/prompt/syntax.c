#include "prompt/syntax.h"

#include <ctype.h>

/* What stands around an argument decides whether its alternatives need brackets. */
enum place {
    PLACE_LINE,  /* others, separated by blanks */
    PLACE_ALONE, /* brackets of its own, or the bars of an alternative */
    PLACE_GROUP, /* others, in the same brackets or alternative */
};

static void write_once(FILE *out, const struct command_argument *argument, enum place place);
static void write_argument(FILE *out, const struct command_argument *argument, enum place place);

static bool are_single_words(const struct command_argument *alternatives, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        const struct command_argument *argument = &alternatives[i];
        if (argument->is_multiple || argument->type == ARGUMENT_BLOCK)
            return false;
        if (argument->token && argument->type != ARGUMENT_PURE_TOKEN)
            return false;
        if (argument->type == ARGUMENT_ONEOF && !are_single_words(argument->arguments, argument->count))
            return false;
    }
    return true;
}

static void write_alternatives(FILE *out, const struct command_argument *argument, enum place place)
{
    bool is_single = are_single_words(argument->arguments, argument->count);
    bool is_bracketed = place == PLACE_GROUP || (place == PLACE_LINE && !is_single);
    if (is_bracketed)
        putc('<', out);
    for (size_t i = 0; i < argument->count; i++) {
        if (i > 0)
            putc('|', out);
        write_argument(out, &argument->arguments[i], PLACE_ALONE);
    }
    if (is_bracketed)
        putc('>', out);
}

/* Without its token. */
static void write_body(FILE *out, const struct command_argument *argument, enum place place)
{
    switch (argument->type) {
    case ARGUMENT_PURE_TOKEN:
        break;
    case ARGUMENT_VALUE:
    case ARGUMENT_KEY:
        fputs(argument->name, out);
        break;
    case ARGUMENT_ONEOF:
        write_alternatives(out, argument, place);
        break;
    case ARGUMENT_BLOCK:
        if (argument->count > 1 && place == PLACE_ALONE)
            place = PLACE_GROUP;
        for (size_t i = 0; i < argument->count; i++) {
            if (i > 0)
                putc(' ', out);
            write_argument(out, &argument->arguments[i], place);
        }
    }
}

static void write_once(FILE *out, const struct command_argument *argument, enum place place)
{
    if (!argument->token) {
        write_body(out, argument, place);
        return;
    }
    fputs(*argument->token != '\0' ? argument->token : "\"\"", out);
    if (argument->type != ARGUMENT_PURE_TOKEN) {
        putc(' ', out);
        write_body(out, argument, PLACE_GROUP);
    }
}

static void write_repetition(FILE *out, const struct command_argument *argument)
{
    putc('[', out);
    if (argument->is_multiple_token || argument->type == ARGUMENT_PURE_TOKEN)
        write_once(out, argument, PLACE_GROUP);
    else
        write_body(out, argument, PLACE_GROUP);
    fputs(" ...]", out);
}

/* Whether it can stand there twice. What holds others in turn never does: the text would double with each depth. */
static bool is_short(const struct command_argument *argument)
{
    for (size_t i = 0; i < argument->count; i++) {
        if (argument->arguments[i].count > 0 || argument->arguments[i].is_multiple)
            return false;
    }
    return argument->type != ARGUMENT_ONEOF;
}

static void write_long_multiple(FILE *out, const struct command_argument *argument)
{
    bool is_bracketed = argument->token || argument->type == ARGUMENT_BLOCK;
    if (is_bracketed)
        putc('<', out);
    write_once(out, argument, PLACE_GROUP);
    fputs(is_bracketed ? "> ..." : " ...", out);
}

static void write_argument(FILE *out, const struct command_argument *argument, enum place place)
{
    if (argument->is_optional) {
        putc('[', out);
        place = PLACE_ALONE;
    }
    if (argument->is_multiple && !is_short(argument)) {
        write_long_multiple(out, argument);
    } else if (argument->is_multiple) {
        write_once(out, argument, place == PLACE_ALONE ? PLACE_GROUP : place);
        putc(' ', out);
        write_repetition(out, argument);
    } else {
        write_once(out, argument, place);
    }
    if (argument->is_optional)
        putc(']', out);
}

void syntax_write_argument(FILE *out, const struct command_argument *argument)
{
    putc(' ', out);
    write_argument(out, argument, PLACE_LINE);
}

void syntax_write_body(FILE *out, const struct command_argument *argument)
{
    putc(' ', out);
    write_body(out, argument, PLACE_LINE);
}

void syntax_write_repetition(FILE *out, const struct command_argument *argument)
{
    putc(' ', out);
    write_repetition(out, argument);
}

void syntax_write_name(FILE *out, const char *name)
{
    for (; *name != '\0'; name++)
        putc(toupper((unsigned char)*name), out);
}

void syntax_write_arguments(FILE *out, const struct command_entry *entry)
{
    for (size_t i = 0; i < entry->subcommand_count; i++) {
        putc(i > 0 ? '|' : ' ', out);
        syntax_write_name(out, command_entry_last_name(&entry->subcommands[i]));
    }
    for (size_t i = 0; entry->subcommand_count == 0 && i < entry->argument_count; i++)
        syntax_write_argument(out, &entry->arguments[i]);
}
