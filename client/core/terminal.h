/*
 * What the terminal can do, for those who write to one.
 */
#ifndef KVS_CLIENT_CORE_TERMINAL_H
#define KVS_CLIENT_CORE_TERMINAL_H

#include <stdbool.h>

/* Characters are those of the user's locale from now on; where that has single bytes only, UTF-8 is the better guess.
 * Call once, early. */
void terminal_choose_locale(void);

/* Of the terminal at standard output or standard error; 80 by 24 where there is none. Either may be NULL. */
void terminal_size(int *columns_out, int *lines_out);

/* Whether standard output is a terminal that shows colours and the user has not refused them (NO_COLOR, TERM=dumb). */
bool terminal_has_color(void);

#endif
