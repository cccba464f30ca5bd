#include "prompt/prompt.h"

#include "core/interrupt.h"
#include "core/memory.h"
#include "core/quantity.h"
#include "core/terminal.h"
#include "output/output.h"
#include "output/text.h"
#include "prompt/command_line.h"
#include "prompt/documentation.h"
#include "prompt/editor.h"
#include "prompt/help.h"
#include "prompt/hint.h"
#include "prompt/history.h"
#include "prompt/outlet.h"
#include "prompt/paste.h"
#include "prompt/question.h"
#include "session/line.h"
#include "session/runner.h"

#include <limits.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define ANSWER_MILLISECONDS 300 /* after which a completion's question can be given up */

struct prompt {
    const struct options *options;
    struct session *session;
    struct runner *runner;
    FILE *screen; /* the terminal: standard output, or standard error when that is redirected */
    struct editor *editor;
    struct history *history;
    bool shows_hints;
    bool has_color;
    bool has_told_how_to_leave;

    struct documentation *documentation;
    unsigned documented_generation; /* of the session, when it was loaded */
    bool owes_refusal;              /* it was refused, which nobody was told yet */
    struct server_names *server_names;
};

/* ---- what the server documents ---- */

/* For this server and user, or nothing can be learned now. */
static bool prompt_has_learned(const struct prompt *prompt)
{
    unsigned generation = session_generation(prompt->session); /* 0: never connected */
    return generation == prompt->documented_generation || !session_can_ask(prompt->session);
}

/* Another server or user may know other commands. What was known stays when nothing can be learned. */
static void prompt_learn_commands(struct prompt *prompt)
{
    size_t count;
    unsigned generation = session_generation(prompt->session);
    if (prompt_has_learned(prompt))
        return;
    struct documentation *documentation = documentation_load(prompt->session);
    prompt->documented_generation = generation;
    prompt->owes_refusal = documentation_refusal(documentation) != NULL;
    documentation_entries(documentation, &count);
    if (count > 0 || !prompt->documentation) {
        documentation_destroy(prompt->documentation);
        prompt->documentation = documentation;
    } else {
        documentation_destroy(documentation);
    }
}

/* A person wants to know. Once for each user it is told why nothing comes. */
static void prompt_want_commands(struct prompt *prompt)
{
    prompt_learn_commands(prompt);
    if (!prompt->owes_refusal)
        return;
    prompt->owes_refusal = false;
    editor_make_room(prompt->editor);
    fputs("kvs-cli: no completion, hints and help for commands: this user may not run COMMAND DOCS, which they come "
          "from\n",
          stderr);
}

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
    struct prompt *prompt = context;
    if (!prompt_has_learned(prompt)) { /* the server may not answer */
        editor_make_room(prompt->editor);
        editor_hear_control_c(prompt->editor);
    }
    prompt_want_commands(prompt);
    completion_find(prompt->documentation, prompt->server_names, line, cursor, completion_out);
}

static int watched_fd(void *context)
{
    const struct prompt *prompt = context;
    struct connection *connection = session_connection(prompt->session);
    return connection ? connection_fd(connection) : -1;
}

/* A message that came by itself. Takes it. */
static void show_push(struct prompt *prompt, struct reply *push)
{
    const struct options *options = prompt->options;
    if (push->type != REPLY_PUSH || options->show_pushes) {
        editor_make_room(prompt->editor);
        format_push(stdout, push, &options->style);
        output_flush();
    }
    reply_destroy(push);
}

/* Shows what was received though nothing was asked: messages, last words. CONNECTION_BROKEN: it is no reply. */
static enum connection_status show_received(struct prompt *prompt)
{
    enum connection_status status;
    struct reply *reply;
    while ((status = connection_take(session_connection(prompt->session), &reply)) == CONNECTION_OK && reply)
        show_push(prompt, reply);
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

/* ---- what completion asks ---- */

static unsigned asking_generation(void *context)
{
    const struct prompt *prompt = context;
    return session_can_ask(prompt->session) ? session_generation(prompt->session) : 0;
}

/* A server that answers at once is not given up for a Ctrl-C that was meant for the line. */
static void await_answer(struct prompt *prompt)
{
    struct pollfd wait = {.fd = connection_fd(session_connection(prompt->session)), .events = POLLIN};
    if (poll(&wait, 1, ANSWER_MILLISECONDS) == 0)
        editor_hear_control_c(prompt->editor);
}

/* Whatever has to be said meanwhile is said above the line. */
static struct reply *ask_for_completion(void *context, struct arguments *arguments)
{
    struct prompt *prompt = context;
    struct connection *connection = session_connection(prompt->session);
    enum connection_status status = connection_send(connection, arguments);
    arguments_deinit(arguments);
    if (status == CONNECTION_OK)
        await_answer(prompt);
    while (status == CONNECTION_OK) {
        struct reply *reply;
        status = connection_receive(connection, &reply);
        if (status == CONNECTION_OK && reply->type != REPLY_PUSH)
            return reply;
        if (status == CONNECTION_OK)
            show_push(prompt, reply);
    }
    editor_make_room(prompt->editor);
    session_lose(prompt->session, status);
    return NULL;
}

static const struct server_names_calls server_names_calls = {
    .generation = asking_generation,
    .ask = ask_for_completion,
};

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
        prompt_want_commands(prompt);
        help_print(out, prompt->session, prompt->documentation, arguments, prompt->has_color && out == stdout);
        fflush(out);
    } else if (arguments->count == 1 && arguments_is(arguments, 0, "clear")) {
        fputs("\033[H\033[2J", prompt->screen);
        fflush(prompt->screen);
    } else if (!line_take_repeat(arguments, &repeat)) {
        fprintf(stderr, "kvs-cli: a command can be repeated 1 to %ld times, not %s\n", LONG_MAX, arguments->values[0]);
    } else if (question_allows(prompt->session, arguments)) {
        return line_run_command(prompt->runner, arguments, repeat, &ignored);
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

/* The history has a line for each command. */
static void prompt_remember(struct prompt *prompt, const char *line, size_t length)
{
    if (!command_line_may_be_kept(line, length))
        editor_forget_line(prompt->editor);
    else if (!memchr(line, '\n', length) && history_append(prompt->history, line))
        editor_remember(prompt->editor, line);
}

/* Runs a command, remembered first. */
static enum line_result prompt_run_command(struct prompt *prompt, const char *command, size_t length)
{
    prompt_remember(prompt, command, length);
    enum line_result result = prompt_run_line(prompt, command, length);
    if (interrupt_take())
        putc('\n', prompt->screen); /* after the ^C */
    return result;
}

/* The command that is run next, as if it had been typed alone. */
static void show_command(const struct prompt *prompt, const char *command, size_t length)
{
    char text[512];
    session_write_prompt(prompt->session, text, sizeof text);
    fputs(text, prompt->screen);
    text_write_line(prompt->screen, command, length);
    putc('\n', prompt->screen);
    fflush(prompt->screen);
}

static void tell_unrun(const char *text, size_t length, size_t at)
{
    size_t start, command_length, count = 0;
    while (paste_next_command(text, length, &at, &start, &command_length))
        count++;
    if (count > 0)
        fprintf(stderr, "kvs-cli: %zu pasted %s not run\n", count,
                quantity_noun(count, "command behind it was", "commands behind it were"));
}

/* Runs what was pasted, one command after the other. Ctrl-C ends it all, and so does a connection that is lost: what
 * comes next may have counted on it. */
static enum line_result prompt_run_pasted(struct prompt *prompt, const char *text, size_t length)
{
    size_t at = 0, start, command_length;
    enum line_result result = LINE_DONE;
    int interrupts = interrupt_count();
    while (result == LINE_DONE && interrupt_count() == interrupts &&
           paste_next_command(text, length, &at, &start, &command_length)) {
        char *command = memory_copy_text(text + start, command_length);
        show_command(prompt, command, command_length);
        result = prompt_run_command(prompt, command, command_length);
        explicit_bzero(command, command_length);
        free(command);
        show_left_over(prompt);
    }
    if (result != LINE_QUIT)
        tell_unrun(text, length, at);
    return result;
}

/* To those who press Ctrl-C for it; once. */
static void tell_how_to_leave(struct prompt *prompt)
{
    if (!prompt->has_told_how_to_leave)
        fputs("Ctrl-D or exit leaves kvs-cli.\n", prompt->screen);
    fflush(prompt->screen);
    prompt->has_told_how_to_leave = true;
}

/* Reads and runs one line. False at the end. */
static bool prompt_step(struct prompt *prompt)
{
    char *line = NULL;
    size_t length = 0;
    show_left_over(prompt);
    if (session_is_default_user(prompt->session))
        prompt_learn_commands(prompt);
    enum editor_result read = editor_read(prompt->editor, &line, &length);
    if (read == EDITOR_CANCELLED_EMPTY)
        tell_how_to_leave(prompt);
    if (read != EDITOR_LINE) {
        interrupt_take(); /* one behind a line concerns the command */
        return read != EDITOR_END;
    }
    bool is_pasted = memchr(line, '\n', length);
    enum line_result result =
        is_pasted ? prompt_run_pasted(prompt, line, length) : prompt_run_command(prompt, line, length);
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
    prompt->server_names = server_names_create(&server_names_calls, prompt);
    prompt->history = history_create();
    history_load(prompt->history, remember_in_editor, prompt);
}

static void prompt_close(struct prompt *prompt)
{
    history_destroy(prompt->history);
    editor_destroy(prompt->editor);
    documentation_destroy(prompt->documentation);
    server_names_destroy(prompt->server_names);
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
