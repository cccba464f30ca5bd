/*
 * A command inside another reaches to the end of the request, so the walk only ever goes deeper: what the outer command
 * says of its arguments ends where the inner one begins, and no depth of nesting needs more than one struct.
 *
 * A mistake must not show a password: `CONFIG SET requirepass two words` without quotes hides all that follows the
 * name of a secret directive, since it can't be known which words belong to the value.
 */
#include "record/redact.h"

#include "command/command_table.h"
#include "config/config.h"

#include <limits.h>
#include <stddef.h>

/* A name that isn't in the table may be a mistyped AUTH. */
static const struct secret_spec secret_of_unknown = {SECRET_ARGUMENTS, .from = 1};

static bool is_directive_secret(const struct arg *name)
{
    return config_is_secret(name->data, name->len);
}

static bool are_directives(const struct arg *argv, int count)
{
    for (int i = 0; i < count; i += 2)
        if (!config_has(argv[i].data, argv[i].len))
            return false;
    return count % 2 == 0;
}

/* The command at this argument is the one that the next arguments belong to. */
static void enter(struct redaction *redaction, int at)
{
    const struct arg *argv = redaction->argv + at;
    int argc = redaction->argc - at;
    const struct command *command = argc > 0 ? command_find_call(argv, argc) : NULL;
    bool unknown = !command || (command->subcommand_count > 0 && argc > 1);
    redaction->command_at = at;
    redaction->secret = unknown ? &secret_of_unknown : command->secret;
    if (redaction->secret && redaction->secret->kind == SECRET_DIRECTIVES) {
        int from = redaction->secret->from;
        redaction->well_formed = are_directives(argv + from, argc - from);
    }
}

static bool is_before_command(const struct redaction *redaction, int number)
{
    const struct secret_spec *secret = redaction->secret;
    return number == secret->from - 1 && (!secret->word || arg_is(&redaction->argv[redaction->at], secret->word));
}

/* Draws the consequences of an argument that is shown. number: counted from the command's name on. */
static void look_at(struct redaction *redaction, int number)
{
    const struct secret_spec *secret = redaction->secret;
    const struct arg *arg = &redaction->argv[redaction->at];
    int next = redaction->at + 1;
    switch (secret->kind) {
    case SECRET_ARGUMENTS:
        if (number >= secret->from - 1)
            redaction->hidden_to = INT_MAX;
        break;
    case SECRET_BEHIND:
        if (number >= secret->from && arg_is(arg, secret->word)) {
            redaction->hidden_to = next + secret->count;
            redaction->hidden_until = secret->until;
        }
        break;
    case SECRET_DIRECTIVES:
        if (number >= secret->from && is_directive_secret(arg) &&
            (!redaction->well_formed || (number - secret->from) % 2 == 0))
            redaction->hidden_to = redaction->well_formed ? next + 1 : INT_MAX;
        break;
    case SECRET_COMMAND:
        if (is_before_command(redaction, number))
            enter(redaction, next);
        break;
    }
}

static bool is_hidden(struct redaction *redaction)
{
    if (redaction->at < redaction->hidden_to)
        return true;
    if (redaction->hidden_until && arg_is(&redaction->argv[redaction->at], redaction->hidden_until))
        redaction->hidden_until = NULL;
    return redaction->hidden_until;
}

struct redaction redact_begin(int argc, const struct arg *argv)
{
    struct redaction redaction = {.argc = argc, .argv = argv};
    enter(&redaction, 0);
    return redaction;
}

struct bytes redact_next(struct redaction *redaction)
{
    const struct arg *arg = &redaction->argv[redaction->at];
    struct bytes shown = {arg->data, arg->len};
    if (is_hidden(redaction))
        shown = (struct bytes){REDACTED, strlen(REDACTED)};
    else if (redaction->secret)
        look_at(redaction, redaction->at - redaction->command_at);
    redaction->at++;
    return shown;
}

struct bytes redact_argument(int argc, const struct arg *argv, int index)
{
    struct redaction redaction = redact_begin(argc, argv);
    while (redaction.at < index)
        redact_next(&redaction);
    return redact_next(&redaction);
}
