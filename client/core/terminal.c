#include "core/terminal.h"

#include <locale.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

void terminal_choose_locale(void)
{
    setlocale(LC_CTYPE, "");
    if (MB_CUR_MAX == 1)
        setlocale(LC_CTYPE, "C.UTF-8");
}

void terminal_size(int *columns_out, int *lines_out)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    if (columns_out != NULL)
        *columns_out = size.ws_col > 0 ? size.ws_col : 80;
    if (lines_out != NULL)
        *lines_out = size.ws_row > 0 ? size.ws_row : 24;
}

bool terminal_has_color(void)
{
    const char *refused = getenv("NO_COLOR"), *kind = getenv("TERM");
    if (refused != NULL && *refused != '\0')
        return false;
    return isatty(STDOUT_FILENO) && kind != NULL && strcmp(kind, "dumb") != 0;
}
