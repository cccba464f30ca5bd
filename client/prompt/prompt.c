#include "prompt/prompt.h"

#include "core/interrupt.h"
#include "core/memory.h"
#include "core/terminal.h"
#include "output/output.h"
#include "prompt/command_line.h"
#include "prompt/documentation.h"
#include "prompt/editor.h"
#include "prompt/help.h"
#include "prompt/hint.h"
#include "prompt/history.h"
#include "prompt/outlet.h"
#include "prompt/question.h"
#include "session/line.h"
#include "session/runner.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct prompt {
    const struct options *options;
    struct session *session;
    struct runner *runner;
    FILE *screen; /* the terminal: standard output, or standard error when that is redirected */
    struct editor *editor;
    struct history *history;
    bool shows_hints;
    bool has_color;

    struct documentation *documentation;
    unsigned documented_generation; /* of the session, when it was loaded */
};

/* ---- what the editor asks ---- */

static void write_prompt(void *context, char *text, size_t size)
{
    const struct prompt *prompt = context;
    session_write_prompt(prompt->session, text, size);
}

static void write_hint(void *context, const char *line, size_t length, char *text, size_t size)
{
    const struct prompt *prompt = context;
    if (prompt->shows_hints && length > 0)
        hint_write(prompt->documentation, line, length, text, size);
}

static void complete(void *context, const char *line, size_t cursor, struct completion *completion_out)
{
    const struct prompt *prompt = context;
    completion_find(prompt->documentation, line, cursor, completion_out);
}

static int watched_fd(void *context)
{
    const struct prompt *prompt = context;
    struct connection *connection = session_connection(prompt->session);
    return connection ? connection_fd(connection) : -1;
}

/* Shows what was received though nothing was asked: messages, last words. CONNECTION_BROKEN: it is no reply. */
static enum connection_status show_received(struct prompt *prompt)
{
    const struct options *options = prompt->options;
    enum connection_status status;
    struct reply *reply;
    while ((status = connection_take(session_connection(prompt->session), &reply)) == CONNECTION_OK && reply) {
        if (reply->type != REPLY_PUSH || options->show_pushes) {
            editor_make_room(prompt->editor);
            format_push(stdout, reply, &options->style);
            output_flush();
        }
        reply_destroy(reply);
    }
    return status;
}

static void show_arrivals(void *context)
{
    struct prompt *prompt = context;
    enum connection_status ending = connection_read(session_connection(prompt->session));
    enum connection_status status = show_received(prompt);
    if (status == CONNECTION_OK)
        status = ending;
    if (status == CONNECTION_OK)
        return;
    editor_make_room(prompt->editor);
    session_lose(prompt->session, status);
}

/* What came together with a reply has been read already. */
static void show_left_over(struct prompt *prompt)
{
    if (!session_connection(prompt->session))
        return;
    enum connection_status status = show_received(prompt);
    if (status != CONNECTION_OK)
        session_lose(prompt->session, status);
}

static const struct editor_calls editor_calls = {
    .write_prompt = write_prompt,
    .write_hint = write_hint,
    .complete = complete,
    .watched_fd = watched_fd,
    .on_readable = show_arrivals,
};

/* ---- what the server documents ---- */

/* Another server or user may know other commands. What was known stays when nothing can be learned. */
static void prompt_learn_commands(struct prompt *prompt)
{
    size_t count;
    unsigned generation = session_generation(prompt->session); /* 0: never connected */
    bool can_learn = session_connection(prompt->session) && !session_is_in_multi(prompt->session);
    if (prompt->documentation && (generation == prompt->documented_generation || !can_learn))
        return;
    struct documentation *documentation = documentation_load(prompt->session);
    prompt->documented_generation = generation;
    documentation_entries(documentation, &count);
    if (count > 0 || !prompt->documentation) {
        documentation_destroy(prompt->documentation);
        prompt->documentation = documentation;
    } else {
        documentation_destroy(documentation);
    }
}

/* ---- running a line ---- */

static enum line_result run_setting(struct prompt *prompt, const struct arguments *arguments)
{
    bool is_hints = arguments_is(arguments, 1, "hints"), is_no_hints = arguments_is(arguments, 1, "nohints");
    if (arguments->count == 2 && arguments_is(arguments, 0, ":set") && (is_hints || is_no_hints))
        prompt->shows_hints = is_hints;
    else
        fputs("kvs-cli: what can be set is :set hints and :set nohints\n", stderr);
    return LINE_DONE;
}

static enum line_result run_words(struct prompt *prompt, struct arguments *arguments, FILE *out)
{
    long repeat;
    enum exit_code ignored;
    if (arguments_is(arguments, 0, "quit") || arguments_is(arguments, 0, "exit"))
        return LINE_QUIT;
    if (arguments->values[0][0] == ':')
        return run_setting(prompt, arguments);
    if (arguments_is(arguments, 0, "help") || arguments_is(arguments, 0, "?")) {
        help_print(out, prompt->documentation, arguments, prompt->has_color && out == stdout);
        fflush(out);
    } else if (arguments->count == 1 && arguments_is(arguments, 0, "clear")) {
        fputs("\033[H\033[2J", prompt->screen);
        fflush(prompt->screen);
    } else if (!line_take_repeat(arguments, &repeat)) {
        fprintf(stderr, "kvs-cli: a command can be repeated 1 to %ld times, not %s\n", LONG_MAX, arguments->values[0]);
    } else if (question_allows(prompt->session, arguments)) {
        line_run_command(prompt->runner, arguments, repeat, &ignored);
    }
    return LINE_DONE;
}

/* Replies for a program or a file are raw, unless another format for programs was asked for. */
static struct format_style redirected_style(const struct options *options)
{
    struct format_style style = options->style;
    if (style.format == FORMAT_TERMINAL || style.format == FORMAT_HUMAN)
        style.format = FORMAT_RAW;
    style.color = false;
    return style;
}

static enum line_result run_parts(struct prompt *prompt, struct command_line *parts)
{
    struct outlet outlet;
    struct format_style style = redirected_style(prompt->options);
    if (parts->arguments.count == 0 || !outlet_open(&outlet, parts->target, parts->target_text))
        return LINE_DONE;
    runner_redirect(prompt->runner, outlet.file, &style);
    enum line_result result = run_words(prompt, &parts->arguments, outlet.file ? outlet.file : stdout);
    runner_redirect(prompt->runner, NULL, NULL);
    outlet_close(&outlet);
    return result;
}

static enum line_result prompt_run_line(struct prompt *prompt, const char *line, size_t length)
{
    char error[160];
    struct command_line parts;
    if (!command_line_parse(line, length, &parts, error, sizeof error)) {
        fprintf(stderr, "%s\n", error);
        return LINE_DONE;
    }
    enum line_result result = run_parts(prompt, &parts);
    command_line_deinit(&parts);
    return result;
}

/* ---- the loop ---- */

static void prompt_remember(struct prompt *prompt, const char *line, size_t length)
{
    if (!command_line_may_be_kept(line, length))
        editor_forget_line(prompt->editor);
    else if (history_append(prompt->history, line))
        editor_remember(prompt->editor, line);
}

/* Reads and runs one line. False at the end. */
static bool prompt_step(struct prompt *prompt)
{
    char *line = NULL;
    size_t length = 0;
    show_left_over(prompt);
    prompt_learn_commands(prompt);
    enum editor_result read = editor_read(prompt->editor, &line, &length);
    interrupt_take();
    if (read != EDITOR_LINE)
        return read == EDITOR_CANCELLED;
    prompt_remember(prompt, line, length);
    enum line_result result = prompt_run_line(prompt, line, length);
    if (interrupt_take())
        putc('\n', prompt->screen); /* after the ^C */
    explicit_bzero(line, length);
    free(line);
    return result != LINE_QUIT;
}

static void remember_in_editor(void *context, const char *line)
{
    const struct prompt *prompt = context;
    editor_remember(prompt->editor, line);
}

static void prompt_open(struct prompt *prompt)
{
    const struct options *options = prompt->options;
    prompt->has_color = options->color == COLOR_ALWAYS || (options->color == COLOR_AUTO && terminal_has_color());
    prompt->shows_hints = options->hints;
    prompt->session = session_create(options, SESSION_PROMPT);
    prompt->runner = runner_create(prompt->session);
    terminal_choose_locale();
    prompt->screen = isatty(STDOUT_FILENO) ? stdout : stderr;
    prompt->editor = editor_create(prompt->screen, prompt->has_color, &editor_calls, prompt);
    prompt->history = history_create();
    history_load(prompt->history, remember_in_editor, prompt);
}

static void prompt_close(struct prompt *prompt)
{
    history_destroy(prompt->history);
    editor_destroy(prompt->editor);
    documentation_destroy(prompt->documentation);
    runner_destroy(prompt->runner);
    session_destroy(prompt->session);
}

enum exit_code prompt_run(const struct options *options)
{
    struct prompt prompt = {.options = options};
    interrupt_install();
    prompt_open(&prompt);
    session_connect(prompt.session);
    while (prompt_step(&prompt))
        continue;
    prompt_close(&prompt);
    return EXIT_CODE_OK;
}
