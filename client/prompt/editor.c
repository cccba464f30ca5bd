/*
 * libedit draws the line, then asks for a key by calling editor_get_key(): all that it does not have itself happens
 * there.
 *
 * A hint is on the screen only while a key is waited for. It is cut to its row, so that it never wraps, and erased
 * before libedit sees the key, which therefore draws as if it had never been there.
 *
 * To print above the line, the cursor goes up to where the prompt begins and everything below is erased; then libedit
 * draws prompt and line anew. A terminal that cannot do this (TERM=dumb) gets neither hints nor room, but a new row.
 */
#include "prompt/editor.h"

#include "core/memory.h"
#include "core/terminal.h"
#include "prompt/history.h"
#include "prompt/keys.h"
#include "prompt/listing.h"
#include "prompt/place.h"

#include <histedit.h>
#include <stdlib.h>
#include <string.h>

#define CONTROL(letter) ((wchar_t)((letter)&0x1f))
#define ESCAPE L'\033'

struct editor {
    EditLine *libedit;
    History *lines;
    FILE *screen;
    const struct editor_calls *calls;
    void *context;
    const char *hint_color;
    bool has_escapes; /* the terminal understands them */

    /* the line being edited */
    char prompt[512];
    int columns;
    bool has_hint;
    bool has_room; /* the line was taken off the screen */
    bool is_reading;
    bool is_cancelled;
    bool only_cancels; /* Ctrl-C that ended a search doesn't leave, too */
    wchar_t key, previous_key;
    wchar_t held_keys[3]; /* to be the next ones; ends in 0 */
};

static struct editor *editor_of(EditLine *libedit)
{
    struct editor *editor = NULL;
    el_get(libedit, EL_CLIENTDATA, &editor);
    return editor;
}

static char *editor_prompt(EditLine *libedit)
{
    return editor_of(libedit)->prompt;
}

/* ---- where things stand ---- */

static struct place place_of(const struct editor *editor, const LineInfoW *line, const wchar_t *at, int columns)
{
    return place_find(editor->prompt, line->buffer, (size_t)(at - line->buffer), columns);
}

/* Searching, libedit has what is looked for in a second row of the line. */
static bool is_searching(const LineInfoW *line)
{
    return wmemchr(line->buffer, L'\n', (size_t)(line->lastchar - line->buffer));
}

/* Goes up some rows, to where the prompt begins, and erases what is below. */
static void clear_from(struct editor *editor, int rows)
{
    putc('\r', editor->screen);
    if (rows > 0)
        fprintf(editor->screen, "\033[%dA", rows);
    fputs("\033[J", editor->screen);
    fflush(editor->screen);
    editor->has_hint = false;
}

/* After the last character: what comes next on the screen begins in a new row. */
static void leave_line(struct editor *editor)
{
    const LineInfoW *line = el_wline(editor->libedit);
    struct place cursor = place_of(editor, line, line->cursor, editor->columns);
    struct place end = place_of(editor, line, line->lastchar, editor->columns);
    if (!editor->has_escapes)
        return;
    if (end.row > cursor.row)
        fprintf(editor->screen, "\033[%dB", end.row - cursor.row);
    fprintf(editor->screen, "\033[%dG", end.column + 1);
}

/* libedit shows nothing of a prompt that isn't text in the user's locale. */
static void ask_for_prompt(struct editor *editor)
{
    editor->calls->write_prompt(editor->context, editor->prompt, sizeof editor->prompt);
    if (mbstowcs(NULL, editor->prompt, 0) != (size_t)-1)
        return;
    for (char *c = editor->prompt; *c != '\0'; c++)
        *c = (char)((unsigned char)*c < 0x80 ? *c : '?');
}

static void draw_line(struct editor *editor)
{
    ask_for_prompt(editor);
    el_set(editor->libedit, EL_REFRESH);
}

void editor_make_room(struct editor *editor)
{
    const LineInfoW *line = el_wline(editor->libedit);
    if (editor->has_room || !editor->is_reading)
        return;
    editor->has_room = true;
    if (editor->has_escapes) {
        clear_from(editor, place_of(editor, line, line->cursor, editor->columns).row);
    } else {
        putc('\n', editor->screen);
        fflush(editor->screen);
    }
}

static void learn_size(struct editor *editor)
{
    terminal_size(&editor->columns, NULL);
    el_resize(editor->libedit);
}

/* The terminal may have wrapped the rows anew or not: the fewer rows are taken for the line, lest something above it is
 * lost. */
static void editor_resize(struct editor *editor)
{
    const LineInfoW *line = el_wline(editor->libedit);
    int before = place_of(editor, line, line->cursor, editor->columns).row;
    learn_size(editor);
    int after = place_of(editor, line, line->cursor, editor->columns).row;
    if (editor->has_escapes)
        clear_from(editor, before < after ? before : after);
    draw_line(editor);
}

/* ---- hints ---- */

static void draw_hint(struct editor *editor)
{
    char text[1024] = "";
    const LineInfoW *wide = el_wline(editor->libedit);
    if (!editor->has_escapes || editor->has_hint || wide->cursor != wide->lastchar || is_searching(wide))
        return;
    int room = editor->columns - place_of(editor, wide, wide->cursor, editor->columns).column - 1;
    const LineInfo *line = el_line(editor->libedit);
    editor->calls->write_hint(editor->context, line->buffer, (size_t)(line->lastchar - line->buffer), text,
                              sizeof text);
    int length = (int)strlen(text);
    length = length < room ? length : room;
    if (length <= 0)
        return;
    fprintf(editor->screen, "%s%.*s\033[0m\033[%dD", editor->hint_color, length, text, length);
    fflush(editor->screen);
    editor->has_hint = true;
}

static void erase_hint(struct editor *editor)
{
    if (!editor->has_hint)
        return;
    fputs("\033[K", editor->screen);
    fflush(editor->screen);
    editor->has_hint = false;
}

/* ---- keys ---- */

static void editor_end_by_signal(struct editor *editor)
{
    leave_line(editor);
    putc('\n', editor->screen);
    fflush(editor->screen);
    el_set(editor->libedit, EL_PREP_TERM, 0);
    keys_die();
}

/* What somebody else made of the terminal meanwhile is replaced; where the cursor is now is unknown. */
static void editor_continue(struct editor *editor)
{
    if (editor->has_escapes)
        clear_from(editor, 0);
    el_set(editor->libedit, EL_PREP_TERM, 0);
    el_set(editor->libedit, EL_PREP_TERM, 1);
    draw_line(editor);
}

static void editor_attend(struct editor *editor)
{
    editor->calls->on_readable(editor->context);
    if (!editor->has_room)
        return;
    editor->has_room = false;
    draw_line(editor);
}

/* Everything that isn't a key. False at the end of the input. */
static bool editor_handle_event(struct editor *editor, enum key_event event)
{
    switch (event) {
    case KEY_RESIZED:
        editor_resize(editor);
        break;
    case KEY_CONTINUED:
        editor_continue(editor);
        break;
    case KEY_ENDED:
        editor_end_by_signal(editor);
        break;
    case KEY_OTHER:
        editor_attend(editor);
        break;
    case KEY_END:
        return false;
    case KEY_NONE:
    case KEY_CHARACTER:
        break;
    }
    return true;
}

/*
 * libedit's search takes Ctrl-C for the end of the search alone, and of an arrow key's sequence the first byte for that
 * and the rest for text. So it is ended by a key that it knows (Ctrl-G: back to what was there before; Ctrl-E: with
 * what was found), and the key follows.
 */
static wchar_t translate_search_key(struct editor *editor, wchar_t key)
{
    wchar_t next;
    if (!is_searching(el_wline(editor->libedit)))
        return key;
    if (key == CONTROL('C')) {
        editor->held_keys[0] = key;
        editor->only_cancels = true;
        return CONTROL('G');
    }
    if (key == ESCAPE && keys_next(-1, false, &next) == KEY_CHARACTER) {
        editor->held_keys[0] = key;
        editor->held_keys[1] = next;
        return CONTROL('E');
    }
    return key;
}

static wchar_t editor_wait_for_key(struct editor *editor)
{
    wchar_t key;
    int fd = editor->calls->watched_fd(editor->context);
    enum key_event event = keys_next(fd, false, &key);
    while (event != KEY_CHARACTER) {
        if (!editor_handle_event(editor, event))
            return WEOF;
        draw_hint(editor);
        event = keys_next(editor->calls->watched_fd(editor->context), true, &key);
    }
    return translate_search_key(editor, key);
}

static int editor_get_key(EditLine *libedit, wchar_t *key_out)
{
    struct editor *editor = editor_of(libedit);
    wchar_t key = editor->held_keys[0];
    wmemmove(editor->held_keys, editor->held_keys + 1, 2);
    if (key == L'\0')
        key = editor_wait_for_key(editor);
    erase_hint(editor);
    if ((wint_t)key == WEOF)
        return 0;
    editor->previous_key = editor->key;
    editor->key = key;
    *key_out = key;
    return 1;
}

static unsigned char editor_cancel(EditLine *libedit, wint_t key)
{
    (void)key;
    struct editor *editor = editor_of(libedit);
    const LineInfoW *line = el_wline(libedit);
    if (line->lastchar == line->buffer && !editor->only_cancels)
        return CC_EOF;
    editor->is_cancelled = true;
    leave_line(editor);
    return CC_NEWLINE;
}

/* ---- completion ---- */

/* Puts text in the place of what is typed of the word. False when it is no text. */
static bool replace_word(struct editor *editor, size_t typed_bytes, const char *text, size_t length)
{
    const LineInfo *line = el_line(editor->libedit);
    char *word = memory_copy_text(text, length);
    char *typed = memory_copy_text(line->cursor - typed_bytes, typed_bytes);
    size_t characters = mbstowcs(NULL, typed, 0);
    bool is_text = mbstowcs(NULL, word, 0) != (size_t)-1 && characters != (size_t)-1;
    if (is_text) {
        el_deletestr(editor->libedit, (int)characters);
        is_text = el_insertstr(editor->libedit, word) == 0;
    }
    free(typed);
    free(word);
    return is_text;
}

/* Puts the cursor after a blank, which may be there already. */
static bool end_word(struct editor *editor)
{
    const LineInfoW *line = el_wline(editor->libedit);
    if (line->cursor == line->lastchar || *line->cursor != L' ')
        return el_insertstr(editor->libedit, " ") == 0;
    el_cursor(editor->libedit, 1);
    return true;
}

static bool confirm_listing(struct editor *editor, size_t count)
{
    wchar_t key = L'\0';
    enum key_event event;
    fprintf(editor->screen, "Show all %zu? [y/N] ", count);
    fflush(editor->screen);
    do {
        event = keys_next(-1, true, &key);
        if (event == KEY_ENDED)
            editor_end_by_signal(editor);
        if (event == KEY_RESIZED)
            learn_size(editor);
    } while (event != KEY_CHARACTER && event != KEY_END);
    fputs(editor->has_escapes ? "\r\033[K" : "\n", editor->screen);
    editor->key = L'\0'; /* another Tab is a first one */
    return event == KEY_CHARACTER && (key == L'y' || key == L'Y');
}

static void list_words(struct editor *editor, const struct completion *completion)
{
    int lines;
    terminal_size(NULL, &lines);
    leave_line(editor);
    putc('\n', editor->screen);
    size_t rows = listing_rows(completion->words, completion->count, editor->columns);
    if (rows < (size_t)lines || confirm_listing(editor, completion->count))
        listing_print(editor->screen, completion->words, completion->count, editor->columns);
    draw_line(editor);
}

/* What a Tab makes of the line, given what fits at the cursor. */
static unsigned char apply_completion(struct editor *editor, const struct completion *completion, size_t cursor)
{
    size_t typed = cursor - completion->start;
    if (completion->count == 0)
        return CC_ERROR;
    const char *word = completion->words[0];
    if (completion->count == 1) {
        bool is_done = replace_word(editor, typed, word, strlen(word)) && end_word(editor);
        return is_done ? CC_REFRESH : CC_REFRESH_BEEP;
    }
    if (completion->common > typed)
        return replace_word(editor, typed, word, completion->common) ? CC_REFRESH : CC_REFRESH_BEEP;
    if (editor->previous_key != L'\t')
        return CC_ERROR;
    list_words(editor, completion);
    return CC_NORM;
}

static unsigned char editor_complete(EditLine *libedit, wint_t key)
{
    (void)key;
    struct editor *editor = editor_of(libedit);
    const LineInfo *line = el_line(libedit);
    size_t cursor = (size_t)(line->cursor - line->buffer);
    char *text = memory_copy_text(line->buffer, (size_t)(line->lastchar - line->buffer));
    struct completion completion;
    editor->calls->complete(editor->context, text, cursor, &completion);
    unsigned char result = apply_completion(editor, &completion, cursor);
    completion_deinit(&completion);
    free(text);
    return result;
}

/* ---- life ---- */

/* The user's ~/.editrc may choose other keys, or vi's, except those that nothing else can do. */
static void bind_keys(EditLine *libedit)
{
    el_set(libedit, EL_EDITOR, "emacs");
    /* the wide form keeps these pointers; the narrow one makes copies that it never frees */
    el_wset(libedit, EL_ADDFN, L"kvs-cancel", L"Drop the line, or leave", editor_cancel);
    el_wset(libedit, EL_ADDFN, L"kvs-complete", L"Complete the word", editor_complete);
    el_set(libedit, EL_BIND, "^D", "em-delete-or-list", NULL);
    el_set(libedit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(libedit, NULL);
    el_set(libedit, EL_BIND, "^I", "kvs-complete", NULL);
    el_set(libedit, EL_BIND, "^C", "kvs-cancel", NULL);
    el_set(libedit, EL_BIND, "-a", "^C", "kvs-cancel", NULL);
}

struct editor *editor_create(FILE *screen, bool color, const struct editor_calls *calls, void *context)
{
    struct editor *editor = memory_alloc_zeroed(sizeof *editor);
    const char *kind = getenv("TERM");
    HistEvent event;
    editor->screen = screen;
    editor->calls = calls;
    editor->context = context;
    editor->hint_color = color ? "\033[90m" : "\033[2m";
    editor->has_escapes = kind && *kind != '\0' && strcmp(kind, "dumb") != 0;
    editor->libedit = el_init("kvs-cli", stdin, screen, stderr);
    editor->lines = history_init();
    if (!editor->libedit || !editor->lines)
        memory_fail();
    history(editor->lines, &event, H_SETSIZE, HISTORY_MAX_LINES);
    history(editor->lines, &event, H_SETUNIQUE, 1);
    el_set(editor->libedit, EL_CLIENTDATA, editor);
    el_set(editor->libedit, EL_PROMPT, editor_prompt);
    el_set(editor->libedit, EL_HIST, history, editor->lines);
    el_wset(editor->libedit, EL_GETCFN, editor_get_key);
    el_set(editor->libedit, EL_SETTY, "-d", "-isig", NULL);
    bind_keys(editor->libedit);
    return editor;
}

void editor_destroy(struct editor *editor)
{
    history_end(editor->lines);
    el_end(editor->libedit);
    free(editor);
}

void editor_remember(struct editor *editor, const char *line)
{
    HistEvent event;
    history(editor->lines, &event, H_ENTER, line);
}

void editor_forget_line(struct editor *editor)
{
    const LineInfoW *line = el_wline(editor->libedit);
    const LineInfo *narrow = el_line(editor->libedit);
    explicit_bzero((char *)narrow->buffer, (size_t)(narrow->lastchar - narrow->buffer));
    explicit_bzero((wchar_t *)line->buffer, (size_t)(line->lastchar - line->buffer) * sizeof *line->buffer);
}

/* ---- reading ---- */

static void editor_begin(struct editor *editor)
{
    editor->has_hint = editor->has_room = editor->is_cancelled = editor->only_cancels = false;
    editor->key = editor->previous_key = editor->held_keys[0] = L'\0';
    learn_size(editor); /* it may have changed while a command ran */
    ask_for_prompt(editor);
    keys_begin();
    el_set(editor->libedit, EL_PREP_TERM, 1); /* before the prompt shows: el_gets() would do it just after */
}

enum editor_result editor_read(struct editor *editor, char **line_out, size_t *length_out)
{
    int length = 0;
    editor_begin(editor);
    editor->is_reading = true;
    const char *typed = el_gets(editor->libedit, &length);
    editor->is_reading = false;
    keys_end();
    if (!typed || length <= 0 || editor->is_cancelled) {
        fputs(editor->is_cancelled ? "^C\n" : "\n", editor->screen);
        fflush(editor->screen);
        return editor->is_cancelled ? EDITOR_CANCELLED : EDITOR_END;
    }
    while (length > 0 && (typed[length - 1] == '\n' || typed[length - 1] == '\r'))
        length--;
    *line_out = memory_copy_text(typed, (size_t)length);
    *length_out = (size_t)length;
    return EDITOR_LINE;
}
