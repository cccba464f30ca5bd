/*
 * libedit puts the terminal in its own mode only while a line is edited. There ISIG is off, so that Ctrl-C
 * arrives as a key, bound to prompt_cancel(); while a command runs it is a signal (interrupt.h).
 */
#include "prompt/prompt.h"

#include "core/interrupt.h"
#include "core/memory.h"
#include "core/terminal.h"
#include "prompt/history.h"
#include "session/line.h"
#include "session/runner.h"

#include <histedit.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <wchar.h>

struct prompt {
    struct session *session;
    struct runner *runner;
    EditLine *editor;
    FILE *screen;   /* the terminal: standard output, or standard error when that is redirected */
    History *lines; /* what the arrow keys walk through */
    struct history *history;
    bool cancelled; /* the line being edited was dropped with Ctrl-C */
    char text[512];
};

static struct prompt *prompt_of(EditLine *editor)
{
    struct prompt *prompt = NULL;
    el_get(editor, EL_CLIENTDATA, &prompt);
    return prompt;
}

static char *prompt_text(EditLine *editor)
{
    return prompt_of(editor)->text;
}

static unsigned char prompt_cancel(EditLine *editor, wint_t key)
{
    (void)key;
    const LineInfo *line = el_line(editor);
    if (line->lastchar == line->buffer)
        return CC_EOF;
    prompt_of(editor)->cancelled = true;
    return CC_NEWLINE;
}

static void prompt_add_line(void *context, const char *line)
{
    struct prompt *prompt = context;
    HistEvent event;
    history(prompt->lines, &event, H_ENTER, line);
}

static void prompt_open(struct prompt *prompt)
{
    HistEvent event;
    prompt->screen = isatty(STDOUT_FILENO) ? stdout : stderr;
    terminal_choose_locale();
    prompt->editor = el_init("kvs-cli", stdin, prompt->screen, stderr);
    prompt->lines = history_init();
    if (prompt->editor == NULL || prompt->lines == NULL)
        memory_fail();
    history(prompt->lines, &event, H_SETSIZE, HISTORY_MAX_LINES);
    history(prompt->lines, &event, H_SETUNIQUE, 1);
    el_set(prompt->editor, EL_CLIENTDATA, prompt);
    el_set(prompt->editor, EL_PROMPT, prompt_text);
    el_set(prompt->editor, EL_HIST, history, prompt->lines);
    el_set(prompt->editor, EL_SIGNAL, 1); /* for changes of the window's size */
    el_set(prompt->editor, EL_EDITOR, "emacs");
    /* the wide form keeps these pointers; the narrow one makes copies that it never frees */
    el_wset(prompt->editor, EL_ADDFN, L"kvs-cancel", L"Drop the line, or leave", prompt_cancel);
    el_set(prompt->editor, EL_BIND, "^C", "kvs-cancel", NULL);
    el_set(prompt->editor, EL_BIND, "^D", "em-delete-or-list", NULL);
    el_set(prompt->editor, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_set(prompt->editor, EL_SETTY, "-d", "-isig", NULL);
    el_source(prompt->editor, NULL); /* the user's ~/.editrc */
    prompt->history = history_create();
    history_load(prompt->history, prompt_add_line, prompt);
}

static void prompt_close(struct prompt *prompt)
{
    history_destroy(prompt->history);
    history_end(prompt->lines);
    el_end(prompt->editor);
}

static void prompt_remember(struct prompt *prompt, const char *line, size_t length)
{
    if (!line_may_be_kept(line, length))
        return;
    if (history_append(prompt->history, line))
        prompt_add_line(prompt, line);
}

/* Reads and runs one line. False at the end. */
static bool prompt_step(struct prompt *prompt)
{
    int length = 0;
    session_write_prompt(prompt->session, prompt->text, sizeof(prompt->text));
    prompt->cancelled = false;
    el_set(prompt->editor, EL_PREP_TERM, 1); /* before the prompt shows: el_gets() would do it just after */
    const char *typed = el_gets(prompt->editor, &length);
    interrupt_take();
    if (typed == NULL || length <= 0 || prompt->cancelled) {
        fputs(prompt->cancelled ? "^C\n" : "\n", prompt->screen);
        fflush(prompt->screen);
        return prompt->cancelled;
    }

    char *line = memory_copy_text(typed, (size_t)length);
    while (length > 0 && (line[length - 1] == '\n' || line[length - 1] == '\r'))
        line[--length] = '\0';
    enum exit_code ignored;
    prompt_remember(prompt, line, (size_t)length);
    enum line_result result = line_run(prompt->runner, line, (size_t)length, &ignored);
    free(line);
    return result != LINE_QUIT;
}

enum exit_code prompt_run(const struct options *options)
{
    struct prompt prompt = {.session = session_create(options, SESSION_PROMPT)};
    prompt.runner = runner_create(prompt.session);
    interrupt_install();
    prompt_open(&prompt);
    session_connect(prompt.session);
    while (prompt_step(&prompt))
        continue;
    prompt_close(&prompt);
    runner_destroy(prompt.runner);
    session_destroy(prompt.session);
    return EXIT_CODE_OK;
}
