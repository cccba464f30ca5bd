/*
 * The page has one section per group, with one paragraph per command, in alphabetical order; subcommands stand
 * among them by their full names. Pure containers have no paragraph: they can't be called.
 */
#include "command/command_markdown.h"

#include "base/memory.h"
#include "base/text.h"
#include "command/command_table.h"

#include <ctype.h>
#include <stdlib.h>
#include <string.h>

/* ---- syntax ---- */

static void add_args(struct text *text, const struct command_arg *args, size_t count, const char *between);

/* The argument's value: its name, its alternatives, or its parts. */
static void add_arg_value(struct text *text, const struct command_arg *arg)
{
    if (arg->type == ARG_ONEOF)
        add_args(text, arg->args, arg->arg_count, " | ");
    else if (arg->type == ARG_BLOCK)
        add_args(text, arg->args, arg->arg_count, " ");
    else if (arg->type != ARG_PURE_TOKEN)
        text_add(text, arg->display ? arg->display : arg->name);
}

/* One occurrence: token and value. Alternatives get angle brackets if no other brackets enclose them. */
static void add_arg_once(struct text *text, const struct command_arg *arg, bool with_token, bool bracketed)
{
    if (with_token && arg->token) {
        text_add(text, arg->token);
        if (arg->type != ARG_PURE_TOKEN)
            text_add_char(text, ' ');
    }
    bool angles = arg->type == ARG_ONEOF && (!bracketed || (with_token && arg->token));
    if (angles)
        text_add_char(text, '<');
    add_arg_value(text, arg);
    if (angles)
        text_add_char(text, '>');
}

static void add_arg(struct text *text, const struct command_arg *arg)
{
    bool optional = arg->flags & ARG_OPTIONAL;
    bool multiple = arg->flags & ARG_MULTIPLE;

    if (optional)
        text_add_char(text, '[');
    add_arg_once(text, arg, true, optional && !multiple);
    if (multiple) {
        text_add(text, " [");
        add_arg_once(text, arg, arg->flags & ARG_MULTIPLE_TOKEN, false);
        text_add(text, " ...]");
    }
    if (optional)
        text_add_char(text, ']');
}

static void add_args(struct text *text, const struct command_arg *args, size_t count, const char *between)
{
    for (size_t i = 0; i < count; i++) {
        if (i > 0)
            text_add(text, between);
        add_arg(text, &args[i]);
    }
}

void command_syntax(struct text *text, const struct command *command)
{
    add_args(text, command->args, command->arg_count, " ");
}

/* "CONFIG GET" */
static void add_title(struct text *text, const struct command *command)
{
    for (const char *c = command->full_name; *c != '\0'; c++)
        text_add_char(text, *c == '|' ? ' ' : (char)toupper((unsigned char)*c));
}

/* ---- page ---- */

static void add_paragraph(struct text *text, const struct command *command)
{
    text_add(text, "### ");
    add_title(text, command);
    text_add(text, "\n\n    ");
    add_title(text, command);
    if (command->arg_count > 0)
        text_add_char(text, ' ');
    command_syntax(text, command);
    text_addf(text, "\n\n%s\n\nNeeds access=%s. Since Redis %s.", command->summary, access_level_name(command->access),
              command->since);
    if (command->complexity) {
        size_t len = strlen(command->complexity);
        text_addf(text, " %s%s", command->complexity, command->complexity[len - 1] == '.' ? "" : ".");
    }
    if (command->doc_flags & DOC_DEPRECATED)
        text_addf(text, " Deprecated since %s in favour of %s.", command->deprecated_since, command->replaced_by);
    text_add(text, "\n\n");
    for (size_t i = 0; i < command->history_count; i++)
        text_addf(text, "- %s: %s\n", command->history[i].since, command->history[i].change);
    if (command->history_count > 0)
        text_add_char(text, '\n');
}

static int compare_names(const void *a, const void *b)
{
    const struct command *const *left = a;
    const struct command *const *right = b;
    return strcmp((*left)->full_name, (*right)->full_name);
}

static void add_section(struct text *text, const char *title, enum command_group group)
{
    const struct command **members = mem_alloc(command_count() * sizeof *members);
    size_t count = 0;
    for (unsigned i = 0; i < command_count(); i++) {
        const struct command *command = command_by_number(i);
        if (command->group == group && command->run)
            members[count++] = command;
    }
    qsort(members, count, sizeof *members, compare_names);

    if (count > 0)
        text_addf(text, "## %s\n\n", title);
    for (size_t i = 0; i < count; i++)
        add_paragraph(text, members[i]);
    mem_free(members);
}

void command_markdown(struct text *text)
{
    static const struct {
        enum command_group group;
        const char *title;
    } sections[] = {
        {GROUP_STRING, "Strings"},
        {GROUP_GENERIC, "Keys"},
        {GROUP_LIST, "Lists"},
        {GROUP_HASH, "Hashes"},
        {GROUP_SET, "Sets"},
        {GROUP_SORTED_SET, "Sorted sets"},
        {GROUP_STREAM, "Streams"},
        {GROUP_BITMAP, "Bitmaps"},
        {GROUP_HYPERLOGLOG, "HyperLogLog"},
        {GROUP_GEO, "Geography"},
        {GROUP_PUBSUB, "Publish/subscribe"},
        {GROUP_TRANSACTIONS, "Transactions"},
        {GROUP_SCRIPTING, "Scripting"},
        {GROUP_CONNECTION, "Connection"},
        {GROUP_SERVER, "Server"},
    };

    text_add(text, "# Commands\n\n"
                   "Drawn from the server's command table by `kvs-server --commands-markdown`. Options and\n"
                   "replies are those of Redis 7.2; what differs on purpose is in\n"
                   "[compatibility.md](compatibility.md).\n\n"
                   "In the syntax, `[a]` may be left out, `<a | b>` is one of several, and `a [a ...]` takes one\n"
                   "or more. Words in capitals are written as they stand, in either case.\n\n"
                   "`access` is what the socket file that a client came through must allow at least: read, write or\n"
                   "admin.\n\n");
    for (size_t i = 0; i < sizeof sections / sizeof sections[0]; i++)
        add_section(text, sections[i].title, sections[i].group);
}
