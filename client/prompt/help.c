#include "prompt/help.h"

#include "core/memory.h"
#include "core/nearest.h"
#include "core/terminal.h"
#include "output/output.h"
#include "prompt/completion.h"
#include "prompt/page.h"
#include "prompt/syntax.h"
#include "session/command_words.h"
#include "session/unserved_commands.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>

#define MAX_NEAREST 6 /* commands that are named for one that is unknown */

static void print_syntax(const struct page *page, const struct command_entry *entry)
{
    char *text;
    size_t length;
    FILE *stream = memory_stream_open(&text, &length);
    syntax_write_name(stream, entry->name);
    syntax_write_arguments(stream, entry);
    memory_stream_close(stream);
    page_write_syntax(page, text);
    free(text);
}

static void print_brief(const struct page *page, const struct command_entry *entry)
{
    print_syntax(page, entry);
    if (entry->summary)
        page_write_text(page, entry->summary);
}

/* kvs-cli itself. */

static const char *const rows_before_groups[][2] = {
    {"COMMAND [ARGUMENT ...]", "send a command; \"double\" and 'single' quotes as in a shell, "
                               "with \\n \\r \\t \\b \\a \\xHH between double quotes"},
    {"NUMBER COMMAND ...", "send it that many times"},
    {"COMMAND | PROGRAM", "pipe the raw reply into a shell command"},
    {"COMMAND > FILE", "write the raw reply to a file; >> appends to it"},
    {"HELP COMMAND", "what a command does: HELP SET, HELP CONFIG GET"},
};
static const char *const rows_after_groups[][2] = {
    {"Tab", "complete commands, options, directives and keys; what can still come is shown in grey"},
    {"Ctrl-R, arrow keys", "find lines that were typed earlier"},
    {"a paste", "waits for Enter, then runs line by line"},
    {"Ctrl-C", "drop the line; end MONITOR, SUBSCRIBE and every wait"},
    {"clear", "clear the screen"},
    {":set hints, nohints", "show or hide what can still come"},
    {"quit, exit, Ctrl-D", "leave"},
};

#define OWN_COLUMN 26

static void print_rows(const struct page *page, const char *const rows[][2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        page_write_row(page, rows[i][0], OWN_COLUMN, rows[i][1]);
}

/* The groups that there are: "@connection @generic". The caller frees the text, which is empty without any. */
static char *list_groups(const struct documentation *documentation)
{
    struct completion groups;
    char *text;
    size_t length;
    FILE *stream = memory_stream_open(&text, &length);
    completion_find(documentation, NULL, "help @", strlen("help @"), &groups);
    for (size_t i = 0; i < groups.count; i++)
        fprintf(stream, "%s%s", i > 0 ? " " : "", groups.words[i]);
    completion_deinit(&groups);
    memory_stream_close(stream);
    return text;
}

static void print_own_help(const struct page *page, const struct documentation *documentation)
{
    char *groups = list_groups(documentation), *text;
    if (asprintf(&text, "the commands of a group%s%s", *groups != '\0' ? ": " : "", groups) < 0)
        memory_fail();
    fputs("kvs-cli " KVS_VERSION "\n", page->out);
    print_rows(page, rows_before_groups, sizeof rows_before_groups / sizeof *rows_before_groups);
    page_write_row(page, "HELP @GROUP", OWN_COLUMN, text);
    print_rows(page, rows_after_groups, sizeof rows_after_groups / sizeof *rows_after_groups);
    fputs("Options of the program: kvs-cli --help\n", page->out);
    free(text);
    free(groups);
}

/* ---- commands ---- */

static void print_deprecation(const struct page *page, const struct command_entry *entry)
{
    char *text;
    if (!entry->deprecated_since && !entry->replaced_by)
        return;
    if (asprintf(&text, "%s%s%s%s", entry->deprecated_since ? "since " : "",
                 entry->deprecated_since ? entry->deprecated_since : "", entry->replaced_by ? " in favour of " : "",
                 entry->replaced_by ? entry->replaced_by : "") < 0)
        memory_fail();
    page_write_row(page, "deprecated", 14, text);
    free(text);
}

static void print_command(const struct page *page, const struct command_entry *entry)
{
    print_syntax(page, entry);
    page_write_row(page, "summary", 14, entry->summary);
    page_write_row(page, "since", 14, entry->since);
    print_deprecation(page, entry);
    page_write_row(page, "group", 14, entry->group);
    page_write_row(page, "complexity", 14, entry->complexity);
    if (!entry->summary && entry->subcommand_count == 0)
        fputs("  The server does not describe it.\n", page->out);
    for (size_t i = 0; i < entry->subcommand_count; i++)
        print_brief(page, &entry->subcommands[i]);
}

/* Names the entries that begin with a word; if none does, the one that was probably meant. False: there is nothing to
 * name. */
static bool print_nearest(FILE *out, const struct command_entry *entries, size_t count, const char *word)
{
    struct nearest nearest = nearest_begin(word);
    size_t named = 0;
    for (size_t i = 0; i < count && named < MAX_NEAREST; i++) {
        const char *name = command_entry_last_name(&entries[i]);
        nearest_offer(&nearest, name);
        if (strncasecmp(word, name, strlen(word)) != 0)
            continue;
        fputs(named++ == 0 ? "; there is " : ", ", out);
        syntax_write_name(out, name);
    }
    if (named == 0 && nearest.name) {
        fputs("; did you mean ", out);
        syntax_write_name(out, nearest.name);
        putc('?', out);
    }
    return named > 0 || nearest.name;
}

static void print_nearest_unserved(FILE *out, const char *word)
{
    struct nearest nearest = nearest_begin(word);
    for (size_t i = 0; unserved_command_at(i); i++) {
        if (!strchr(unserved_command_at(i), '|'))
            nearest_offer(&nearest, unserved_command_at(i));
    }
    if (!nearest.name)
        return;
    fputs("; did you mean ", out);
    syntax_write_name(out, nearest.name);
    fputs("? Redis has it, kvs-server doesn't yet", out);
}

/* What follows the words that there is no such command: whose it is, if it is Redis's, else what was meant. */
static void print_known_elsewhere(FILE *out, struct session *session, const struct command_entry *entries, size_t count,
                                  const char *word, const char *full_name)
{
    bool is_unserved = unserved_commands_have(full_name), is_command = !strchr(full_name, '|');
    if (!is_unserved && print_nearest(out, entries, count, word)) {
        putc('\n', out);
        return;
    }
    bool is_kvs = session && session_is_with_kvs(session);
    if (is_unserved)
        fputs(is_kvs ? ": Redis has it, kvs-server doesn't yet" : ", though Redis has it", out);
    else if (is_kvs && is_command)
        print_nearest_unserved(out, word);
    putc('\n', out);
}

/* Why nothing is known, and what helps. */
static void print_refusal(FILE *out, const char *what, const char *refusal)
{
    bool wants_login = strncmp(refusal, "NOAUTH", 6) == 0;
    fprintf(out, "No help for '%s': the server refused COMMAND DOCS, which it comes from (%s); %s\n", what, refusal,
            wants_login ? "--askpass and KVSCLI_AUTH log in, and so does AUTH at the prompt"
                        : "+command|docs among the rules of the user would allow it, and --user names another one");
}

static void print_unknown_command(FILE *out, struct session *session, const struct documentation *documentation,
                                  const char *word)
{
    size_t count;
    const struct command_entry *entries = documentation_entries(documentation, &count);
    char *name = quoting_copy_printable(word, strlen(word));
    if (count == 0 && documentation_refusal(documentation)) {
        print_refusal(out, name, documentation_refusal(documentation));
    } else if (count == 0) {
        fprintf(out, "No help for '%s': the server does not list its commands\n", name);
    } else {
        fprintf(out, "No command '%s' on this server", name);
        print_known_elsewhere(out, session, entries, count, word, word);
    }
    free(name);
}

static void print_unknown_subcommand(FILE *out, struct session *session, const struct command_entry *container,
                                     const char *word)
{
    char *name = quoting_copy_printable(word, strlen(word)), *full_name;
    if (asprintf(&full_name, "%s|%s", container->name, word) < 0)
        memory_fail();
    fprintf(out, "No subcommand '%s' (HELP ", name);
    syntax_write_name(out, container->name);
    fputs(" shows them all)", out);
    print_known_elsewhere(out, session, container->subcommands, container->subcommand_count, word, full_name);
    free(full_name);
    free(name);
}

static void print_for_words(const struct page *page, struct session *session, const struct documentation *documentation,
                            const struct arguments *arguments)
{
    const char *name = arguments->values[1], *subcommand = arguments->count > 2 ? arguments->values[2] : NULL;
    const struct command_entry *entry = documentation_find(documentation, name, NULL);
    if (!entry && completion_knows_own_word(name)) {
        print_own_help(page, documentation);
    } else if (!entry) {
        print_unknown_command(page->out, session, documentation, name);
    } else if (!subcommand || entry->subcommand_count == 0) {
        print_command(page, entry);
    } else {
        const struct command_entry *container = entry;
        entry = documentation_find(documentation, name, subcommand);
        if (entry)
            print_command(page, entry);
        else
            print_unknown_subcommand(page->out, session, container, subcommand);
    }
}

/* ---- groups ---- */

static bool is_in_group(const struct command_entry *entry, const char *group)
{
    return entry->group && strcasecmp(entry->group, group) == 0;
}

/* `group` is what stands behind the @. */
static void print_group(const struct page *page, const struct documentation *documentation, const char *group)
{
    size_t count, printed = 0;
    const struct command_entry *entries = documentation_entries(documentation, &count);
    for (size_t i = 0; i < count; i++) {
        const struct command_entry *entry = &entries[i];
        for (size_t j = 0; j < entry->subcommand_count; j++) {
            if (!is_in_group(&entry->subcommands[j], group))
                continue;
            print_brief(page, &entry->subcommands[j]);
            printed++;
        }
        if (entry->subcommand_count == 0 && is_in_group(entry, group)) {
            print_brief(page, entry);
            printed++;
        }
    }
    if (printed > 0)
        return;
    char *groups = list_groups(documentation), *name = quoting_copy_printable(group - 1, strlen(group) + 1);
    if (count == 0 && documentation_refusal(documentation))
        print_refusal(page->out, name, documentation_refusal(documentation));
    else if (*groups != '\0')
        fprintf(page->out, "No group '%s'; there are %s\n", name, groups);
    else
        fprintf(page->out, "No group '%s': the server does not name the groups of its commands\n", name);
    free(groups);
    free(name);
}

void help_print(FILE *out, struct session *session, const struct documentation *documentation,
                const struct arguments *arguments, bool color)
{
    int columns;
    terminal_size(&columns, NULL);
    struct page page = {.out = out, .width = (size_t)columns, .color = color};
    if (arguments->count < 2)
        print_own_help(&page, documentation);
    else if (arguments->values[1][0] == '@')
        print_group(&page, documentation, arguments->values[1] + 1);
    else
        print_for_words(&page, session, documentation, arguments);
}

enum exit_code help_run(const struct options *options)
{
    bool color = options->color == COLOR_ALWAYS || (options->color == COLOR_AUTO && terminal_has_color());
    struct arguments words = {0};
    struct session *session = NULL;
    struct documentation *documentation = NULL;
    enum exit_code code = command_words_append(options, &words);
    if (code == EXIT_CODE_OK && words.count > 1) {
        session = session_create(options, SESSION_ONE_SHOT);
        code = session_connect(session);
        documentation = code == EXIT_CODE_OK ? documentation_load(session) : NULL;
    }
    if (code == EXIT_CODE_OK)
        help_print(stdout, session, documentation, &words, color);
    output_flush();
    if (code == EXIT_CODE_OK && options->error_exit && documentation_refusal(documentation))
        code = EXIT_CODE_REFUSED;
    documentation_destroy(documentation);
    if (session)
        session_destroy(session);
    arguments_deinit(&words);
    return code;
}
