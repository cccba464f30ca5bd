#include "core/terminal.h"

#include "core/interrupt.h"

#include <ctype.h>
#include <errno.h>
#include <langinfo.h>
#include <locale.h>
#include <poll.h>
#include <stddef.h>
#include <stdio.h>
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

bool terminal_is_utf8(void)
{
    return strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
}

void terminal_size(int *columns_out, int *lines_out)
{
    struct winsize size = {0};
    if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) < 0)
        ioctl(STDERR_FILENO, TIOCGWINSZ, &size);
    if (columns_out)
        *columns_out = size.ws_col > 0 ? size.ws_col : 80;
    if (lines_out)
        *lines_out = size.ws_row > 0 ? size.ws_row : 24;
}

bool terminal_has_color(void)
{
    const char *refused = getenv("NO_COLOR"), *kind = getenv("TERM");
    if (refused && *refused != '\0')
        return false;
    return isatty(STDOUT_FILENO) && kind && strcmp(kind, "dumb") != 0;
}

/* One byte of standard input; -1 at its end and for Ctrl-C. */
static int read_byte(void)
{
    for (;;) {
        struct pollfd waits[] = {{.fd = STDIN_FILENO, .events = POLLIN}, {.fd = interrupt_fd(), .events = POLLIN}};
        unsigned char byte;
        int ready = poll(waits, 2, -1);
        if (ready < 0 && errno == EINTR)
            continue;
        if (ready < 0 || waits[1].revents != 0 || read(STDIN_FILENO, &byte, 1) != 1)
            return -1;
        return byte;
    }
}

int terminal_ask(const char *question)
{
    fputs(question, stdout);
    fflush(stdout);
    int byte = read_byte(), first = byte;
    while (byte != -1 && byte != '\n')
        byte = read_byte();
    if (byte == -1) { /* nobody has typed the end of the line */
        putc('\n', stdout);
        fflush(stdout);
        return 0;
    }
    return first == '\n' ? 0 : tolower(first);
}
