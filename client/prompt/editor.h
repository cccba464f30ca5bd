/*
 * A line editor on the terminal: libedit, and around it what libedit does not have: hints after the cursor, completion
 * in columns, and messages that come while a line is typed. Knows no server; for what it needs to know it asks its
 * owner.
 *
 * The terminal is in the editor's mode only inside editor_read(). There Ctrl-C is a key, which drops the line; outside
 * it is a signal (interrupt.h).
 */
#ifndef KVS_CLIENT_PROMPT_EDITOR_H
#define KVS_CLIENT_PROMPT_EDITOR_H

#include "prompt/completion.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

struct editor;

/* What the editor asks; each gets the `context` of editor_create(). Texts end in a zero byte. */
struct editor_calls {
    void (*write_prompt)(void *context, char *text, size_t size);

    /* What is shown after a line whose end the cursor is at: printable ASCII, or nothing. */
    void (*write_hint)(void *context, const char *line, size_t length, char *text, size_t size);

    /* As completion_find(). */
    void (*complete)(void *context, const char *line, size_t cursor, struct completion *completion_out);

    /* A descriptor to watch while nothing is typed, or -1; and what to do when it is readable. */
    int (*watched_fd)(void *context);
    void (*on_readable)(void *context);
};

/* `screen` is the terminal. Hints are grey with `color`, else dim. */
struct editor *editor_create(FILE *screen, bool color, const struct editor_calls *calls, void *context);
void editor_destroy(struct editor *editor);

/* Appends a line to those that the arrow keys and Ctrl-R find. */
void editor_remember(struct editor *editor, const char *line);

enum editor_result {
    EDITOR_LINE,
    EDITOR_CANCELLED,       /* with Ctrl-C */
    EDITOR_CANCELLED_EMPTY, /* with Ctrl-C, and nothing had been typed */
    EDITOR_END,
};

/* Reads a line, which the caller frees, without its end. What was pasted may have put ends of lines into it (paste.h).
 * The cursor is in a new row afterwards. */
enum editor_result editor_read(struct editor *editor, char **line_out, size_t *length_out);

/* Overwrites what the editor still holds of the last line: it had a password. */
void editor_forget_line(struct editor *editor);

/* From on_readable() or complete(), before anything is printed: takes the line off the screen. It is drawn again below.
 * Does nothing while no line is read. */
void editor_make_room(struct editor *editor);

/* From complete(), when it waits longer than a moment: until it returns, Ctrl-C is a signal (interrupt.h), which ends the
 * wait. Before, it is a key as ever. */
void editor_hear_control_c(struct editor *editor);

#endif
