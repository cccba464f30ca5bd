/*
 * What the terminal can do, for those who write to one.
 */
#ifndef KVS_CLIENT_CORE_TERMINAL_H
#define KVS_CLIENT_CORE_TERMINAL_H

#include <stdbool.h>

/* Characters are those of the user's locale from now on; where that has single bytes only, UTF-8 is the better guess.
 * Call it early; calling it again does no harm. */
void terminal_choose_locale(void);

/* Whether that locale's characters are UTF-8. */
bool terminal_is_utf8(void);

/* Of the terminal at standard output or standard error; 80 by 24 where there is none. Either may be NULL. */
void terminal_size(int *columns_out, int *lines_out);

/* Whether standard output is a terminal that shows colours and the user has not refused them (NO_COLOR, TERM=dumb). */
bool terminal_has_color(void);

/*
 * Shows a question at standard output and reads a line from standard input, both terminals in their usual mode. The
 * line's first letter in lower case; 0 when it is empty, at the end of input, and for a Ctrl-C (interrupt.h), which is
 * left to be taken.
 */
int terminal_ask(const char *question);

#endif
