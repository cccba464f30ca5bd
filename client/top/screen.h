/*
 * The terminal as a screen: ncurses, opened and closed.
 *
 * One screen for the whole program; main thread only. While it is open, the terminal is given back when the program
 * ends by exit(), and when it crashes (crash.h); who ends it by a signal calls screen_close() first.
 */
#ifndef KVS_CLIENT_TOP_SCREEN_H
#define KVS_CLIENT_TOP_SCREEN_H

#include "output/format.h"

#include <stdbool.h>
#include <stddef.h>

/* In cells, from the screen's upper left corner. */
struct rectangle {
    int top, left, height, width;
};

enum look {
    LOOK_PLAIN,
    LOOK_TITLE,
    LOOK_VALUE,
    LOOK_DIM,
    LOOK_BAR, /* the line at the top, heads of tables */
    LOOK_SELECTED,
    LOOK_WARNING,
    LOOK_QUESTION,
    LOOK_PLOT, /* and those after it are for figures, each with a colour of its own */
    LOOK_COUNT = LOOK_PLOT + 6,
};

/* False: the terminal can't be one, and `reason_out` (borrowed for ever) says why. */
bool screen_open(enum color_choice color, const char **reason_out);
void screen_close(void);

/* After Ctrl-Z: gives the terminal back, stops the program as the shell expects, and takes it again afterwards. */
void screen_suspend(void);

/* The program was stopped and goes on: whoever had the terminal meanwhile may have changed it. */
void screen_resume(void);

/* The terminal may have another size now. */
void screen_resize(void);
struct rectangle screen_area(void);

/* True where plots are to be of ASCII alone. */
bool screen_is_plain(void);
void screen_set_plain(bool plain);

/* A frame is what is printed between these two. */
void screen_begin(void);
void screen_end(void);

/* Something else wrote to the terminal: everything is written anew with the next frame. */
void screen_spoil(void);

/* Text at a line and column of a rectangle; what does not fit is cut off. Bytes have to be printable. */
__attribute__((format(printf, 5, 6))) void screen_print(const struct rectangle *area, int line, int column,
                                                        enum look look, const char *format, ...);

/* The same for UTF-8 that is `columns` wide; nothing is cut. */
void screen_print_cells(const struct rectangle *area, int line, int column, enum look look, const char *text);

/* A line of the rectangle in that look, to be printed on. */
void screen_fill(const struct rectangle *area, int line, enum look look);

/* The next key typed: a byte, or a KEY_... of ncurses. False: none is there. */
bool screen_take_key(int *key_out);

#endif
