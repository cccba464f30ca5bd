/*
 * Signals that matter here are blocked (signals.h), so none of ncurses's own handlers ever runs; sizes, stops and ends
 * are this program's. The modes that the terminal had before are kept for a crash, with the bytes that end what ncurses
 * began: both are known before anything was changed.
 */
#include "top/screen.h"

#include "core/crash.h"
#include "core/terminal.h"

#include <curses.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <term.h>
#include <termios.h>
#include <unistd.h>

#define ESCAPE_DELAY 25 /* milliseconds that the rest of a key's sequence may take */

static SCREEN *screen; /* NULL: closed */
static bool is_plain;
static attr_t looks[LOOK_COUNT];

static char ending[256]; /* see crash.h */
static size_t ending_length;

/* ---- opening and closing ---- */

static int keep_byte(int byte)
{
    if (ending_length < sizeof ending)
        ending[ending_length++] = (char)byte;
    return byte;
}

static void keep_capability(const char *capability)
{
    if (capability && capability != (const char *)-1)
        tputs(capability, 1, keep_byte);
}

static void keep_ending(void)
{
    ending_length = 0;
    keep_capability(exit_attribute_mode);
    keep_capability(orig_pair);
    keep_capability(keypad_local);
    keep_capability(cursor_normal);
    keep_capability(exit_ca_mode);
    keep_byte('\r');
    keep_byte('\n');
}

static void choose_looks(bool has_color)
{
    static const short plot_colors[] = {COLOR_GREEN, COLOR_CYAN, COLOR_MAGENTA, COLOR_YELLOW, COLOR_RED, COLOR_BLUE};
    attr_t plain[] = {[LOOK_TITLE] = A_BOLD,
                      [LOOK_VALUE] = A_BOLD,
                      [LOOK_DIM] = A_NORMAL,
                      [LOOK_BAR] = A_REVERSE,
                      [LOOK_WARNING] = A_BOLD,
                      [LOOK_SELECTED] = A_REVERSE,
                      [LOOK_QUESTION] = A_BOLD | A_REVERSE};
    memset(looks, 0, sizeof looks);
    memcpy(looks, plain, sizeof plain);
    if (!has_color)
        return;
    for (size_t i = 0; i < LOOK_COUNT - LOOK_PLOT; i++) {
        init_pair((short)(i + 1), plot_colors[i], -1);
        looks[LOOK_PLOT + i] = COLOR_PAIR(i + 1);
    }
    looks[LOOK_DIM] = A_DIM;
    looks[LOOK_TITLE] = A_BOLD | COLOR_PAIR(2);
    looks[LOOK_WARNING] = A_BOLD | COLOR_PAIR(5);
}

static bool wants_color(enum color_choice color)
{
    return color == COLOR_ALWAYS || (color == COLOR_AUTO && terminal_has_color());
}

/* Consoles and old terminals have no characters for finer plots. */
static bool terminal_is_plain(const char *kind)
{
    return MB_CUR_MAX == 1 || strncmp(kind, "linux", 5) == 0 || strncmp(kind, "vt", 2) == 0;
}

/* Terminals that send these keys as they do outside of programs, whatever they are told. */
static void define_keys(void)
{
    static const struct {
        const char *bytes;
        int key;
    } keys[] = {{"\033[A", KEY_UP},   {"\033[B", KEY_DOWN}, {"\033[C", KEY_RIGHT}, {"\033[D", KEY_LEFT},
                {"\033[H", KEY_HOME}, {"\033[F", KEY_END},  {"\033[1~", KEY_HOME}, {"\033[4~", KEY_END}};
    for (size_t i = 0; i < sizeof keys / sizeof keys[0]; i++)
        define_key(keys[i].bytes, keys[i].key);
}

static void take_modes(void)
{
    struct termios modes;
    cbreak();
    noecho();
    nonl();
    if (tcgetattr(STDIN_FILENO, &modes) == 0) {
        modes.c_iflag &= ~(tcflag_t)IXON; /* Ctrl-S would stop a screen that nobody then can leave */
        tcsetattr(STDIN_FILENO, TCSANOW, &modes);
        def_prog_mode();
    }
    keypad(stdscr, TRUE);
    define_keys();
    nodelay(stdscr, TRUE);
    curs_set(0);
}

/* Whether the terminal is known, and its cursor goes where it is told to. */
static bool terminal_has_screen(const char *kind)
{
    int problem;
    if (!kind || *kind == '\0' || setupterm(kind, STDOUT_FILENO, &problem) != OK)
        return false;
    bool has_screen = cursor_address;
    del_curterm(cur_term);
    return has_screen;
}

bool screen_open(enum color_choice color, const char **reason_out)
{
    struct termios former;
    terminal_choose_locale();
    if (tcgetattr(STDIN_FILENO, &former) < 0) {
        *reason_out = "standard input is no terminal";
        return false;
    }
    const char *kind = getenv("TERM");
    if (!terminal_has_screen(kind) || !(screen = newterm(NULL, stdout, stdin))) {
        *reason_out = "TERM does not name a terminal with a screen";
        return false;
    }
    keep_ending();
    set_escdelay(ESCAPE_DELAY);
    bool has_color = wants_color(color) && has_colors() && start_color() == OK && use_default_colors() == OK;
    choose_looks(has_color);
    is_plain = terminal_is_plain(kind);
    crash_arm(STDOUT_FILENO, ending, ending_length, &former);
    atexit(screen_close);
    take_modes();
    screen_resize(); /* LINES and COLUMNS of the environment may be old */
    return true;
}

void screen_close(void)
{
    if (!screen)
        return;
    if (!isendwin())
        endwin();
    crash_disarm();
    delscreen(screen);
    screen = NULL;
}

void screen_suspend(void)
{
    sigset_t stop;
    struct sigaction standard = {.sa_handler = SIG_DFL}, former;
    endwin();
    sigemptyset(&stop);
    sigaddset(&stop, SIGTSTP);
    sigaction(SIGTSTP, &standard, &former);
    raise(SIGTSTP);
    sigprocmask(SIG_UNBLOCK, &stop, NULL); /* stops here, unless nobody could continue it */
    sigprocmask(SIG_BLOCK, &stop, NULL);
    sigaction(SIGTSTP, &former, NULL);
    screen_resume();
}

void screen_resume(void)
{
    reset_prog_mode();
    screen_resize();
}

void screen_resize(void)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0)
        resizeterm(size.ws_row, size.ws_col);
    screen_spoil();
}

struct rectangle screen_area(void)
{
    return (struct rectangle){.height = LINES, .width = COLS};
}

bool screen_is_plain(void)
{
    return is_plain;
}

void screen_set_plain(bool plain)
{
    is_plain = plain;
}

/* ---- frames ---- */

void screen_begin(void)
{
    erase();
}

void screen_end(void)
{
    refresh();
}

void screen_spoil(void)
{
    clearok(curscr, TRUE);
}

void screen_print_cells(const struct rectangle *area, int line, int column, enum look look, const char *text)
{
    if (line < 0 || line >= area->height)
        return;
    attrset(looks[look]);
    mvaddstr(area->top + line, area->left + column, text);
    attrset(A_NORMAL);
}

void screen_print(const struct rectangle *area, int line, int column, enum look look, const char *format, ...)
{
    char text[512];
    va_list values;
    if (column < 0 || column >= area->width)
        return;
    va_start(values, format);
    vsnprintf(text, sizeof text, format, values);
    va_end(values);
    size_t room = (size_t)(area->width - column);
    if (room < sizeof text)
        text[room] = '\0';
    screen_print_cells(area, line, column, look, text);
}

void screen_fill(const struct rectangle *area, int line, enum look look)
{
    if (line < 0 || line >= area->height)
        return;
    attrset(looks[look]);
    mvhline(area->top + line, area->left, ' ', area->width);
    attrset(A_NORMAL);
}

bool screen_take_key(int *key_out)
{
    int key;
    do {
        key = getch();
    } while (key == KEY_RESIZE); /* ncurses's own word on a size that is known already */
    *key_out = key;
    return key != ERR;
}
