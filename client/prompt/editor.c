/*
 * libedit draws the line, then asks for a key by calling editor_get_key(): all that it does not have itself happens
 * there.
 *
 * A hint is on the screen only while a key is waited for. It is cut to its row, so that it never wraps, and erased
 * before libedit sees the key, which therefore draws as if it had never been there.
 *
 * libedit knows nothing of pasting: what is between the terminal's signs is put into the line here, where several lines
 * of it stand with their ends between them, which libedit draws as such. When the line is done they come out as one
 * text.
 *
 * To print above the line, the cursor goes up to where the prompt begins and everything below is erased; then libedit
 * draws prompt and line anew. A terminal that cannot do this (TERM=dumb) gets neither hints nor room, but a new row.
 */
#include "prompt/editor.h"

#include "core/crash.h"
#include "core/memory.h"
#include "core/terminal.h"
#include "prompt/history.h"
#include "prompt/keys.h"
#include "prompt/listing.h"
#include "prompt/paste.h"
#include "prompt/place.h"

#include <histedit.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <termios.h>
#include <unistd.h>

#define CONTROL(letter) ((wchar_t)((letter)&0x1f))
#define ESCAPE L'\033'
#define HELD_KEYS 8

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
    bool has_paste;  /* of several lines, in the line */
    bool owes_paste; /* its text is the next to come */
    bool is_cancelled;
    bool was_empty;     /* what was cancelled */
    bool was_searching; /* Ctrl-C ended a search, which is no empty line */
    wchar_t key, previous_key;
    wchar_t held_keys[HELD_KEYS + 1]; /* to be the next ones; ends in 0 */
    struct termios outside;           /* the terminal's mode while no line is edited */
    bool hears_control_c;             /* as a signal; then `mode` is the one that is the editor's */
    struct termios mode;
};

static struct editor *editor_reading; /* NULL: none is */

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

/* Searching, libedit has what is looked for in another row of the line, behind a word of its own. */
static bool is_searching(const struct editor *editor)
{
    static const wchar_t *const words[] = {L"bck:", L"fwd:", L"bck?", L"fwd?", L"/", L"?", L": "};
    const LineInfoW *line = el_wline(editor->libedit);
    const wchar_t *start = line->lastchar;
    while (start > line->buffer && start[-1] != L'\n')
        start--;
    if (start == line->buffer || !editor->has_paste)
        return start != line->buffer;
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++) {
        size_t length = wcslen(words[i]);
        if ((size_t)(line->lastchar - start) >= length && wmemcmp(start, words[i], length) == 0)
            return true;
    }
    return false;
}

/* Of the lines that were pasted, or the only one: the one that the cursor is in, up to the cursor. */
static const char *typed_line(const struct editor *editor, size_t *length_out)
{
    const LineInfo *line = el_line(editor->libedit);
    const char *start = line->cursor;
    while (start > line->buffer && start[-1] != '\n')
        start--;
    *length_out = (size_t)(line->cursor - start);
    return start;
}

/* Whether the terminal puts signs around what is pasted. */
static void want_pastes(const struct editor *editor, bool is_wanted)
{
    if (!editor->has_escapes)
        return;
    fputs(is_wanted ? PASTE_MODE_ON : PASTE_MODE_OFF, editor->screen);
    fflush(editor->screen);
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
    if (!editor->has_escapes || editor->has_hint || wide->cursor != wide->lastchar || is_searching(editor))
        return;
    int room = editor->columns - place_of(editor, wide, wide->cursor, editor->columns).column - 1;
    size_t length;
    const char *line = typed_line(editor, &length);
    editor->calls->write_hint(editor->context, line, length, text, sizeof text);
    int width = (int)strlen(text);
    width = width < room ? width : room;
    if (width <= 0)
        return;
    fprintf(editor->screen, "%s%.*s\033[0m\033[%dD", editor->hint_color, width, text, width);
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

static void leave_terminal(struct editor *editor)
{
    want_pastes(editor, false);
    el_set(editor->libedit, EL_PREP_TERM, 0);
}

static void editor_end_by_signal(struct editor *editor)
{
    leave_line(editor);
    putc('\n', editor->screen);
    fflush(editor->screen);
    leave_terminal(editor);
    keys_die();
}

/* What somebody else made of the terminal meanwhile is replaced; where the cursor is now is unknown. */
static void editor_continue(struct editor *editor)
{
    if (editor->has_escapes)
        clear_from(editor, 0);
    el_set(editor->libedit, EL_PREP_TERM, 0);
    el_set(editor->libedit, EL_PREP_TERM, 1);
    want_pastes(editor, true);
    draw_line(editor);
}

/* The line stays where it is, and is drawn again below what comes meanwhile. */
static void editor_stop(struct editor *editor)
{
    erase_hint(editor);
    leave_line(editor);
    putc('\n', editor->screen);
    fflush(editor->screen);
    leave_terminal(editor);
    keys_stop();
    learn_size(editor);
    editor_continue(editor);
}

static void editor_take_back_room(struct editor *editor)
{
    if (!editor->has_room)
        return;
    editor->has_room = false;
    draw_line(editor);
}

static void editor_attend(struct editor *editor)
{
    editor->calls->on_readable(editor->context);
    editor_take_back_room(editor);
}

/* Everything that isn't a key. False at the end of the input. */
static bool editor_handle_event(struct editor *editor, enum key_event event)
{
    switch (event) {
    case KEY_RESIZED:
        editor_resize(editor);
        break;
    case KEY_STOPPED:
        editor_stop(editor);
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

/* ---- what is pasted ---- */

/* At the cursor. */
static void insert_paste(struct editor *editor, const struct paste *paste)
{
    const LineInfoW *line = el_wline(editor->libedit);
    if (editor->has_escapes && !editor->has_room)
        clear_from(editor, place_of(editor, line, line->cursor, editor->columns).row);
    if (paste->is_too_long)
        fprintf(
            stderr,
            "kvs-cli: nothing was taken of what was pasted: it has more than %d characters; kvs-cli < FILE runs the "
            "lines of a file\n",
            PASTE_LONGEST);
    else if (paste->length > 0 && el_winsertstr(editor->libedit, paste->text) == 0)
        editor->has_paste = editor->has_paste || wcschr(paste->text, L'\n');
    draw_line(editor);
}

/* Takes characters up to the sign that ends the paste. Ctrl-C, which is never pasted, ends one whose end got lost. False
 * at the end of the input. */
static bool take_paste(struct editor *editor)
{
    struct paste paste = {0};
    bool is_whole = false, goes_on = true, is_dropped = false;
    editor->owes_paste = false;
    while (!is_whole && !is_dropped && goes_on) {
        wchar_t key;
        enum key_event event = keys_next(-1, true, &key);
        if (event != KEY_CHARACTER)
            goes_on = editor_handle_event(editor, event);
        else if (key == CONTROL('C'))
            is_dropped = true;
        else
            is_whole = paste_add(&paste, key);
    }
    if (is_whole)
        insert_paste(editor, &paste);
    if (is_dropped)
        wmemcpy(editor->held_keys, (const wchar_t[]){CONTROL('C'), L'\0'}, 2);
    free(paste.text);
    editor->key = L'\0'; /* another Tab is a first one */
    return goes_on;
}

/* ---- keys that mean something ---- */

/* Behind an escape: what follows it at once is held, to be the next keys. True when it was the sign before a paste. */
static bool take_sequence(struct editor *editor)
{
    static const wchar_t sign[] = PASTE_BEGIN;
    size_t count = 0;
    wchar_t key;
    while (sign[count + 1] != L'\0' && keys_follow(&key) == KEY_CHARACTER) { /* the escape is its first character */
        editor->held_keys[count++] = key;
        editor->held_keys[count] = L'\0';
        if (key != sign[count])
            return false;
    }
    if (sign[count + 1] != L'\0')
        return false;
    editor->held_keys[0] = L'\0';
    return true;
}

/*
 * libedit's search takes Ctrl-C for the end of the search alone, and of an arrow key's sequence the first byte for that
 * and the rest for text. So it is ended by a key that it knows (Ctrl-G: back to what was there before; Ctrl-E: with
 * what was found), and the key follows. So does what is pasted.
 */
static wchar_t translate_search_key(struct editor *editor, wchar_t key)
{
    wchar_t *held = editor->held_keys;
    if (key == CONTROL('C')) {
        wmemcpy(held, (const wchar_t[]){key, L'\0'}, 2);
        editor->was_searching = true;
        return CONTROL('G');
    }
    if (key != ESCAPE)
        return key;
    editor->owes_paste = take_sequence(editor);
    if (editor->owes_paste)
        return CONTROL('E');
    if (held[0] == L'\0')
        return key;
    wmemmove(held + 1, held, HELD_KEYS - 1);
    held[0] = ESCAPE;
    return CONTROL('E');
}

static wchar_t take_held_key(struct editor *editor)
{
    wchar_t key = editor->held_keys[0];
    wmemmove(editor->held_keys, editor->held_keys + 1, HELD_KEYS);
    return key;
}

/* Attends to what isn't a key, and waits for the next key; WEOF at the end of the input. */
static wchar_t editor_wait_for_key(struct editor *editor)
{
    wchar_t key;
    enum key_event event = keys_next(editor->calls->watched_fd(editor->context), false, &key);
    while (event != KEY_CHARACTER) {
        if (!editor_handle_event(editor, event))
            return (wchar_t)WEOF;
        draw_hint(editor);
        event = keys_next(editor->calls->watched_fd(editor->context), true, &key);
    }
    return key;
}

/* The next key for libedit, which never sees that something was pasted. */
static wchar_t editor_next_key(struct editor *editor)
{
    for (;;) {
        if (editor->owes_paste && !take_paste(editor))
            return (wchar_t)WEOF;
        if (editor->held_keys[0] != L'\0')
            return take_held_key(editor);
        wchar_t key = editor_wait_for_key(editor);
        if (is_searching(editor))
            return translate_search_key(editor, key);
        if (key != ESCAPE)
            return key;
        erase_hint(editor);
        editor->owes_paste = take_sequence(editor);
        if (!editor->owes_paste)
            return key;
    }
}

static int editor_get_key(EditLine *libedit, wchar_t *key_out)
{
    struct editor *editor = editor_of(libedit);
    wchar_t key = editor_next_key(editor);
    erase_hint(editor);
    if (key == (wchar_t)WEOF)
        return 0;
    editor->previous_key = editor->key;
    editor->key = key;
    *key_out = key;
    return 1;
}

/* As a terminal does it whose Ctrl-Z is a signal: with all that was started together. The signal becomes an event. */
static unsigned char editor_ask_to_stop(EditLine *libedit, wint_t key)
{
    (void)libedit;
    (void)key;
    kill(0, SIGTSTP);
    return CC_NORM;
}

static unsigned char editor_cancel(EditLine *libedit, wint_t key)
{
    (void)key;
    struct editor *editor = editor_of(libedit);
    const LineInfoW *line = el_wline(libedit);
    editor->is_cancelled = true;
    editor->was_empty = line->lastchar == line->buffer && !editor->was_searching;
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
        if (event == KEY_CHARACTER && key == ESCAPE)
            editor->owes_paste = take_sequence(editor);
        if (event == KEY_STOPPED)
            editor_stop(editor);
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
    if (completion->is_partial)
        fputs("There may be more: the search was cut short.\n", editor->screen);
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
        bool is_done = replace_word(editor, typed, word, strlen(word)) && (completion->is_partial || end_word(editor));
        return is_done ? CC_REFRESH : CC_REFRESH_BEEP;
    }
    if (completion->extends && !completion->is_partial)
        return replace_word(editor, typed, word, completion->common) ? CC_REFRESH : CC_REFRESH_BEEP;
    if (editor->previous_key != L'\t')
        return CC_ERROR;
    list_words(editor, completion);
    return CC_NORM;
}

void editor_hear_control_c(struct editor *editor)
{
    struct termios mode;
    if (editor->hears_control_c || tcgetattr(STDIN_FILENO, &mode) < 0)
        return;
    editor->mode = mode;
    mode.c_lflag |= ISIG;
    mode.c_cc[VSUSP] = mode.c_cc[VQUIT] = _POSIX_VDISABLE;
    editor->hears_control_c = tcsetattr(STDIN_FILENO, TCSANOW, &mode) == 0;
}

static void stop_hearing_control_c(struct editor *editor)
{
    if (editor->hears_control_c)
        tcsetattr(STDIN_FILENO, TCSANOW, &editor->mode);
    editor->hears_control_c = false;
}

static unsigned char editor_complete(EditLine *libedit, wint_t key)
{
    (void)key;
    struct editor *editor = editor_of(libedit);
    size_t cursor;
    const char *line = typed_line(editor, &cursor);
    char *text = memory_copy_text(line, cursor);
    struct completion completion;
    editor->calls->complete(editor->context, text, cursor, &completion);
    stop_hearing_control_c(editor);
    editor_take_back_room(editor);
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
    el_wset(libedit, EL_ADDFN, L"kvs-cancel", L"Drop the line", editor_cancel);
    el_wset(libedit, EL_ADDFN, L"kvs-complete", L"Complete the word", editor_complete);
    el_wset(libedit, EL_ADDFN, L"kvs-stop", L"Stop the program", editor_ask_to_stop);
    el_set(libedit, EL_BIND, "^D", "em-delete-or-list", NULL);
    el_set(libedit, EL_BIND, "^R", "em-inc-search-prev", NULL);
    el_source(libedit, NULL);
    el_set(libedit, EL_BIND, "^I", "kvs-complete", NULL);
    el_set(libedit, EL_BIND, "^C", "kvs-cancel", NULL);
    el_set(libedit, EL_BIND, "-a", "^C", "kvs-cancel", NULL);
    el_set(libedit, EL_BIND, "^Z", "kvs-stop", NULL);
    el_set(libedit, EL_BIND, "-a", "^Z", "kvs-stop", NULL);
}

/* Memory may end in the middle of a line. */
static void leave_terminal_at_exit(void)
{
    if (!editor_reading)
        return;
    want_pastes(editor_reading, false);
    tcsetattr(STDIN_FILENO, TCSANOW, &editor_reading->outside);
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
    atexit(leave_terminal_at_exit);
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

/* Before the prompt shows: el_gets() would do it just after. */
static void enter_terminal(struct editor *editor)
{
    if (tcgetattr(STDIN_FILENO, &editor->outside) == 0)
        crash_arm(fileno(editor->screen), PASTE_MODE_OFF, editor->has_escapes ? strlen(PASTE_MODE_OFF) : 0,
                  &editor->outside);
    el_set(editor->libedit, EL_PREP_TERM, 1);
    want_pastes(editor, true);
}

static void editor_begin(struct editor *editor)
{
    editor->has_hint = editor->has_room = editor->is_cancelled = editor->was_searching = false;
    editor->has_paste = editor->owes_paste = false;
    editor->key = editor->previous_key = editor->held_keys[0] = L'\0';
    learn_size(editor); /* it may have changed while a command ran */
    ask_for_prompt(editor);
    keys_begin();
    enter_terminal(editor);
}

enum editor_result editor_read(struct editor *editor, char **line_out, size_t *length_out)
{
    int length = 0;
    editor_begin(editor);
    editor->is_reading = true;
    editor_reading = editor;
    const char *typed = el_gets(editor->libedit, &length);
    editor->is_reading = false;
    editor_reading = NULL;
    want_pastes(editor, false);
    crash_disarm();
    keys_end();
    if (!typed || length <= 0 || editor->is_cancelled) {
        fputs(editor->is_cancelled ? "^C\n" : "\n", editor->screen);
        fflush(editor->screen);
        if (!editor->is_cancelled)
            return EDITOR_END;
        return editor->was_empty ? EDITOR_CANCELLED_EMPTY : EDITOR_CANCELLED;
    }
    while (length > 0 && (typed[length - 1] == '\n' || typed[length - 1] == '\r'))
        length--;
    *line_out = memory_copy_text(typed, (size_t)length);
    *length_out = (size_t)length;
    return EDITOR_LINE;
}
