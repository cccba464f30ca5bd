#include "top/keys.h"

#include <curses.h>

#define CONTROL(LETTER) ((LETTER)&0x1f)
#define ESCAPE 27

/* clang-format off */
const struct key key_table[] = {
    {'1', ACTION_VIEW, "1", "overview: the figures, and what else has room", NULL},
    {'2', ACTION_VIEW + 1, "2", "commands: how often, how long, how many failed", NULL},
    {'3', ACTION_VIEW + 2, "3", "clients: who is connected", NULL},
    {'4', ACTION_VIEW + 3, "4", "sockets, and who may do what there", NULL},
    {'5', ACTION_VIEW + 4, "5", "workers: how busy each thread is", NULL},
    {'\t', ACTION_NEXT_VIEW, "Tab, arrows", "the next view, the one before", NULL},
    {KEY_RIGHT, ACTION_NEXT_VIEW, NULL, NULL, NULL},
    {KEY_LEFT, ACTION_PREVIOUS_VIEW, NULL, NULL, NULL},
    {KEY_BTAB, ACTION_PREVIOUS_VIEW, NULL, NULL, NULL},
    {KEY_UP, ACTION_UP, "Up, Down", "move in a table; PgUp, PgDn, Home and End as well", NULL},
    {KEY_DOWN, ACTION_DOWN, NULL, NULL, NULL},
    {KEY_PPAGE, ACTION_PAGE_UP, NULL, NULL, NULL},
    {KEY_NPAGE, ACTION_PAGE_DOWN, NULL, NULL, NULL},
    {KEY_HOME, ACTION_FIRST, NULL, NULL, NULL},
    {KEY_END, ACTION_LAST, NULL, NULL, NULL},
    {'s', ACTION_SORT, "s, S", "sort by the next column, by the one before", "sort"},
    {'S', ACTION_SORT_BACK, NULL, NULL, NULL},
    {'r', ACTION_REVERSE, "r", "sort the other way round", NULL},
    {'/', ACTION_FILTER, "/", "show only rows that contain a text; Esc shows all again", "filter"},
    {'k', ACTION_KILL, "k", "kill the client that is marked, after a question", "kill"},
    {'p', ACTION_PAUSE, "p, Space", "pause, and go on", "pause"},
    {' ', ACTION_PAUSE, NULL, NULL, NULL},
    {'+', ACTION_SLOWER, "+, -", "more or fewer seconds between two rounds", NULL},
    {'=', ACTION_SLOWER, NULL, NULL, NULL},
    {'-', ACTION_FASTER, NULL, NULL, NULL},
    {'z', ACTION_ZOOM, "z", "plots of a longer time", "zoom"},
    {'a', ACTION_PLAIN, "a", "plots of plain characters, or of dots", NULL},
    {CONTROL('l'), ACTION_REDRAW, "Ctrl-L", "draw the screen anew", NULL},
    {'h', ACTION_HELP, "h, ?", "this help; any key leaves it", "help"},
    {'?', ACTION_HELP, NULL, NULL, NULL},
    {ESCAPE, ACTION_ESCAPE, NULL, NULL, NULL},
    {'q', ACTION_LEAVE, "q, Ctrl-C", "leave", "quit"},
    {CONTROL('c'), ACTION_LEAVE, NULL, NULL, NULL},
};
/* clang-format on */

const size_t key_count = sizeof key_table / sizeof key_table[0];

enum action key_action(int code)
{
    for (size_t i = 0; i < key_count; i++) {
        if (key_table[i].code == code)
            return key_table[i].action;
    }
    return ACTION_NONE;
}
